"""Tables as a visitor edits them in the page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from ..clues import Clues
from ..contract import Component

__all__ = ["blanked", "dataframe", "of_rows", "rows"]

CELLS: dict[str, st.SearchStrategy[Any]] = {
    "str": st.sampled_from(["", "a", "two words", "é", "0", "1.5", " ", "-", "nan", "None", "🙂"]),
    "number": st.sampled_from([0, 1, -1, 2.5, 1000, 0.1, -2.5, 1000000]),
    "bool": st.booleans(),
    "date": st.sampled_from(["2024-02-29", "1999-12-31"]),
    "markdown": st.sampled_from(["", "**bold**"]),
    "html": st.sampled_from(["", "<b>x</b>"]),
}

#: What is typed into a cell for numbers arrives as text, a word too, as the pages of Gradio 5.49
#: and 6.31 were seen to send it; a cell that was emptied as "0" and as "".
TYPED = st.sampled_from(["0", "1", "-1", "2.5", "1000", "0.1", "-2.5", "1000000", "two"])
NUMBERS: dict[str, st.SearchStrategy[Any]] = {"5": TYPED, "6": TYPED | st.just("")}
#: Where a cell of any kind that is emptied, and each cell of a row that is added, arrives as "";
#: the last row of a table cannot be deleted there. Seen on the page of Gradio 6.31.
BLANK = frozenset(("6",))

#: A cell with nothing odd about it.
PLAIN: dict[str, Any] = {"number": 1, "bool": True, "date": "2024-02-29"}


def dataframe(component: Component, clues: Clues) -> st.SearchStrategy[Any]:
    """The table as shown and edited here and there; an empty one filled in."""
    headers = _headers(component)
    cells = {**CELLS, "number": NUMBERS.get(clues.major, CELLS["number"])}
    columns = [cells.get(kind, cells["str"]) for kind in _kinds(component, len(headers))]
    blank = clues.major in BLANK
    if blank:
        columns = [column | st.just("") for column in columns]
    count, fixed = rows(component)
    shown = _shown(component)
    if shown is not None and any(any(row) for row in shown["data"]):
        added = st.just([[""] * len(headers)]) if blank and not fixed else st.nothing()
        return st.just(shown) | _edited(shown, columns, st.just([]) | added, fixed=fixed)
    row = st.tuples(*columns).map(list)
    table = st.lists(row, min_size=count if fixed else 1, max_size=count if fixed else 5)
    drawn = table.map(lambda data: {"headers": headers, "data": data, "metadata": None})
    return st.just(shown) | drawn if shown else drawn


def of_rows(component: Component) -> Callable[[int], Any]:
    """Return what makes a table of so many rows: those shown again and again, else plain ones."""
    shown = _shown(component)
    headers = _headers(component)
    known = (shown or {}).get("data") or []
    if not any(any(row) for row in known):
        kinds = _kinds(component, len(headers))
        known = [[PLAIN.get(kind, "a") for kind in kinds]]

    def table(count: int) -> dict[str, Any]:
        data = [list(known[n % len(known)]) for n in range(count)]
        return {"headers": headers, "data": data, "metadata": None}

    return table


def blanked(component: Component, clues: Clues) -> tuple[dict[str, Any], ...]:
    """Return the table with a blank row below it, and with its first cell for numbers emptied."""
    shown = _shown(component)
    if clues.major not in BLANK or shown is None or not shown["data"]:
        return ()
    first, *others = shown["data"]
    found = [] if rows(component)[1] else [[first, *others, [""] * len(first)]]
    kinds = _kinds(component, len(first))
    if "number" in kinds:
        place = kinds.index("number")
        found.append([[*first[:place], "", *first[place + 1 :]], *others])
    return tuple({**shown, "data": data} for data in found)


def _edited(
    shown: dict[str, Any],
    columns: list[st.SearchStrategy[Any]],
    added: st.SearchStrategy[list[Any]],
    *,
    fixed: bool,
) -> st.SearchStrategy[Any]:
    """The table with up to three cells changed, with fewer rows where that is allowed, or more.

    Nobody retypes a table of data to try an app; a table drawn anew would say more about
    cells that all changed their type than about the app.
    """
    data = shown["data"]
    places = st.tuples(
        st.integers(0, len(data) - 1), st.integers(0, max(len(columns) - 1, 0))
    ).flatmap(lambda at: st.tuples(st.just(at), columns[at[1]]))
    kept = st.just(len(data)) if fixed else st.integers(1, len(data)) | st.just(len(data))

    def applied(edits: list[Any], count: int, more: list[Any]) -> dict[str, Any]:
        table = [list(row) for row in data]
        for (row, column), value in edits:
            if column < len(table[row]):
                table[row][column] = value
        return {**shown, "data": [*table[:count], *more]}

    return st.builds(applied, st.lists(places, min_size=1, max_size=3), kept, added)


def _kinds(component: Component, count: int) -> list[str]:
    """Return the datatype of each column."""
    given = component.props.get("datatype") or "str"
    named = given if isinstance(given, list) else [given] * count
    return [str(kind) for kind in [*named, *["str"] * count][:count]]


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


def rows(component: Component) -> tuple[int, bool]:
    count = component.props.get("row_count") or (1, "dynamic")
    if isinstance(count, int):
        return count, False
    return int(count[0] or 1), count[1] == "fixed"
