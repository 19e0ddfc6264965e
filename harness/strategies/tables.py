"""Tables as a visitor edits them in the page."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from ..contract import Component

__all__ = ["dataframe"]

CELLS: dict[str, st.SearchStrategy[Any]] = {
    "str": st.sampled_from(["", "a", "two words", "é", "0"]),
    "number": st.sampled_from([0, 1, -1, 2.5, 1000]),
    "bool": st.booleans(),
    "date": st.sampled_from(["2024-02-29", "1999-12-31"]),
    "markdown": st.sampled_from(["", "**bold**"]),
    "html": st.sampled_from(["", "<b>x</b>"]),
}


def dataframe(component: Component) -> st.SearchStrategy[Any]:
    """The table as shown, and tables of the same columns with other cells and row counts."""
    headers = _headers(component)
    kinds = component.props.get("datatype") or "str"
    named = kinds if isinstance(kinds, list) else [kinds] * len(headers)
    named = [*named, *["str"] * len(headers)]
    columns = [CELLS.get(str(kind), CELLS["str"]) for kind in named[: len(headers)]]
    rows, fixed = _rows(component)
    row = st.tuples(*columns).map(list)
    table = st.lists(row, min_size=rows if fixed else 1, max_size=rows if fixed else 5)
    shown = _shown(component)
    drawn = table.map(lambda data: {"headers": headers, "data": data, "metadata": None})
    return st.just(shown) | drawn if shown else drawn


def _shown(component: Component) -> dict[str, Any] | None:
    value = component.value
    if isinstance(value, dict) and value.get("headers"):
        return {"headers": value["headers"], "data": value.get("data") or [], "metadata": None}
    return None


def _headers(component: Component) -> list[str]:
    shown = _shown(component)
    if shown:
        return [str(header) for header in shown["headers"]]
    given = component.props.get("headers")
    if given:
        return [str(header) for header in given]
    props = component.props
    count = props.get("col_count") or props.get("column_count") or (3, "dynamic")
    number = count[0] if isinstance(count, list | tuple) else count
    return [str(i + 1) for i in range(int(number or 3))]


def _rows(component: Component) -> tuple[int, bool]:
    count = component.props.get("row_count") or (1, "dynamic")
    if isinstance(count, int):
        return count, False
    return int(count[0] or 1), count[1] == "fixed"
