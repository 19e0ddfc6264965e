"""Numbers as a field or a slider sends them."""

from __future__ import annotations

import math
from typing import Any

from hypothesis import strategies as st

from ..clues import Clues
from ..contract import Component

__all__ = ["bounds", "number", "slider", "told"]

#: Small on purpose: a count of ten billion is a question of load, not of a handler's logic.
PLAIN = (0, 1, -1, 2, 3, 0.5, -0.5, 7, 10, 100, -100, 0.1, 1e-9, 1000)
#: Of the numbers in the source, too: what is larger is tried on the ladder, step by step.
LARGEST = 10_000


def number(component: Component, clues: Clues) -> st.SearchStrategy[Any]:
    """Numbers within minimum and maximum, and None: a visitor can empty the field."""
    low, high = bounds(component)
    inside = [n for n in PLAIN if (low is None or n >= low) and (high is None or n <= high)]
    edges = [n for n in (low, high) if n is not None]
    start = low if low is not None else _sent(min(-100, -100 if high is None else high - 100))
    end = high if high is not None else _sent(max(100, start + 200))
    if end < start:
        return st.none()  # no number is allowed
    first, last = math.ceil(start), math.floor(end)
    whole = st.integers(first, last).map(_sent) if first <= last else st.nothing()
    if component.props.get("precision") == 0 and first <= last:
        drawn: st.SearchStrategy[Any] = whole
        inside = [n for n in inside if float(n).is_integer()]
        edges = [n for n in edges if float(n).is_integer()]
    else:
        drawn = whole | st.floats(start, end, allow_nan=False, allow_infinity=False)
    named = [n for n in told(clues) if start <= n <= end or (low is None and high is None)]
    if component.props.get("precision") == 0:
        named = [n for n in named if float(n).is_integer()]
    known = list(dict.fromkeys([*inside, *edges]))
    for more in (edges, named):
        if more:
            drawn = st.sampled_from(list(dict.fromkeys(more))) | drawn
    return (st.sampled_from(known) if known else st.nothing()) | drawn | st.none()


def slider(component: Component, clues: Clues) -> st.SearchStrategy[Any]:
    """Both ends and the steps between."""
    low, high = bounds(component)
    low, high = low or 0, 100 if high is None else high
    step = component.props.get("step") or 0
    if high <= low:
        given = component.props.get("minimum")
        return st.just(low if given is None else given)
    if not isinstance(step, int | float) or step <= 0:
        step = 1 if high - low > 1 else (high - low) / 100
    try:
        count = max(1, math.floor((high - low) / step + 1e-9))
    except OverflowError:
        count = 2**53

    def at(index: int) -> float | int:
        value = low + index * step
        whole = float(value).is_integer() and isinstance(low, int) and float(step).is_integer()
        # Without the dust of the sum: 0.1 + 2 * 0.1 is 0.3 to a visitor.
        value = _sent(int(value)) if whole else float(f"{value:.12g}")
        return min(max(value, low), high)

    near = [round((n - low) / step) for n in told(clues) if low <= n <= high]
    named = list(dict.fromkeys(at(min(max(index, 0), count)) for index in near))
    drawn = st.sampled_from([low, high]) | st.integers(0, count).map(at)
    return drawn | st.sampled_from(named) if named else drawn


def told(clues: Clues) -> list[int | float]:
    """Return the numbers of the author's examples, of the other fields and of the source.

    Of those of the fields and of the source the neighbours, too.
    """
    given = [n for n in clues.examples if type(n) in (int, float) and math.isfinite(n)]
    known = [n for n in (*clues.beside, *clues.constants.numbers) if abs(n) <= LARGEST]
    near = [m for n in known for m in ((n, n + 1, n - 1) if isinstance(n, int) else (n,))]
    return [_sent(n) for n in dict.fromkeys([*given, *near])]


def bounds(component: Component) -> tuple[Any, Any]:
    """Return minimum and maximum as the page can send them, None for one that is not there.

    The page's numbers are doubles: of a bound that is none, the next one within is taken.
    """
    low, high = _bound(component, "minimum"), _bound(component, "maximum")
    if low is not None and float(low) < low:
        low = int(math.nextafter(float(low), math.inf))
    if high is not None and float(high) > high:
        high = int(math.nextafter(float(high), -math.inf))
    return low if low is None else _sent(low), high if high is None else _sent(high)


def _bound(component: Component, name: str) -> Any:
    value = component.props.get(name)
    try:
        return value if isinstance(value, int | float) and math.isfinite(value) else None
    except OverflowError:  # beyond all doubles: infinite to the page
        return None


def _sent(value: Any) -> Any:
    """Return the number as a page can send it: a double, written as an integer if it is one."""
    return int(float(value)) if isinstance(value, int) else value + 0.0  # never -0.0
