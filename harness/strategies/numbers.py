"""Numbers as a field or a slider sends them."""

from __future__ import annotations

import math
from typing import Any

from hypothesis import strategies as st

from ..contract import Component

__all__ = ["number", "slider"]

#: Small on purpose: a count of ten billion is a question of load, not of a handler's logic.
PLAIN = (0, 1, -1, 2, 3, 0.5, -0.5, 7, 10, 100, -100, 0.1, 1e-9, 1000)


def number(component: Component) -> st.SearchStrategy[Any]:
    """Numbers within minimum and maximum, and None: a visitor can empty the field."""
    low, high = _bound(component, "minimum"), _bound(component, "maximum")
    inside = [n for n in PLAIN if (low is None or n >= low) and (high is None or n <= high)]
    edges = [n for n in (low, high) if n is not None]
    start, end = -100.0 if low is None else low, 100.0 if high is None else high
    if end < start:
        start, end = (low, low + 100) if low is not None else (end - 100, end)
    first, last = math.ceil(start), math.floor(end)
    if component.props.get("precision") == 0 and first <= last:
        drawn: st.SearchStrategy[Any] = st.integers(first, last)
        inside = [n for n in inside if float(n).is_integer()]
        edges = [n for n in edges if float(n).is_integer()]
    else:
        drawn = st.integers(first, last) if first <= last else st.nothing()
        drawn = drawn | st.floats(start, end, allow_nan=False, allow_infinity=False)
    known = list(dict.fromkeys([*inside, *edges]))
    return (st.sampled_from(known) if known else st.nothing()) | drawn | st.none()


def slider(component: Component) -> st.SearchStrategy[Any]:
    """Both ends and the steps between."""
    low = _bound(component, "minimum") or 0
    high = _bound(component, "maximum")
    high = 100 if high is None else high
    step = component.props.get("step") or 0
    if high <= low:
        return st.just(low)
    if not isinstance(step, int | float) or step <= 0:
        step = 1 if high - low > 1 else (high - low) / 100
    count = max(1, math.floor((high - low) / step + 1e-9))

    def at(index: int) -> float | int:
        value = low + index * step
        whole = float(value).is_integer() and isinstance(low, int) and float(step).is_integer()
        return int(value) if whole else round(min(value, high), 10)

    return st.sampled_from([low, high]) | st.integers(0, count).map(at)


def _bound(component: Component, name: str) -> Any:
    value = component.props.get(name)
    return value if isinstance(value, int | float) and math.isfinite(value) else None
