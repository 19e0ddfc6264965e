"""Two apps side by side: how much longer each event takes in the newer one, and how sure that is.

One line an event, all on one axis: a square at the ratio, a line over its interval, short
strokes for the rounds, and one line from top to bottom where nothing has changed.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..rows import RatioRow
from .axis import Axis, apart, axis_over, px
from .text import Html, inside

__all__ = ["change", "forest", "forest_axis", "forest_scale"]

#: What is further away is no part of the axis.
NEAR = (0.5, 3.0)
_WIDTH, _PAD, _HEIGHT = 300, 30, 26


def change(ratio: float) -> str:
    """Return a ratio as people say it: ``+20 %``, ``−5 %``, ``× 3.1``."""
    if ratio >= 2.995:
        return f"× {ratio:.3g}"
    per_cent = round((ratio - 1) * 100)
    return f"{'+' if per_cent > 0 else '−' if per_cent < 0 else '±'}{abs(per_cent)} %"


def forest_axis(rows: Sequence[RatioRow]) -> Axis:
    """Return an axis with 1 on it and all intervals, but for what of them is far away.

    Of a function that takes no time at all an interval says nothing: it ends at the edge.
    """
    ends = (end for row in rows for end in (row.low, row.ratio, row.high))
    return axis_over([0.95, 1.05, *(min(max(end, NEAR[0]), NEAR[1]) for end in ends)])


def forest_scale(axis: Axis) -> Html:
    """Return the tick labels that stand above the lines."""
    labels = "".join(
        f'<text x="{px(_x(axis, tick))}" y="10" text-anchor="middle">{change(tick)}</text>'
        for tick in apart(axis, 48 / (_WIDTH - 2 * _PAD))
    )
    return Html(f'<svg class="forest" viewBox="0 0 {_WIDTH} 14" aria-hidden="true">{labels}</svg>')


def forest(row: RatioRow, axis: Axis) -> Html:
    """Return one event's line."""
    words = f"{change(row.ratio)}, between {change(row.low)} and {change(row.high)}: {row.verdict}"
    grid = "".join(f"M{px(_x(axis, tick))} 0v{_HEIGHT}" for tick in axis.ticks)
    middle, x = _HEIGHT // 2, _x(axis, row.ratio)
    return Html(
        f'<svg class="forest" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'aria-label="{inside(words, 120)}"><g><title>{inside(words, 120)}</title>'
        f'<rect class="hit" width="{_WIDTH}" height="{_HEIGHT}"/><path class="grid" d="{grid}"/>'
        f'<path class="mark" d="M{px(_x(axis, 1.0))} 0v{_HEIGHT}"/>{_rounds(row, axis)}'
        f'<path class="reach" d="M{px(_x(axis, row.low))} {middle}H{px(_x(axis, row.high))}"/>'
        f'<rect class="own" x="{px(x - 4)}" y="{middle - 4}" width="8" height="8"/></g></svg>'
    )


def _rounds(row: RatioRow, axis: Axis) -> str:
    """Return a stroke for each round, those outside of the axis left out."""
    ratios = [new / old for old, new in zip(row.older, row.newer, strict=False) if old > 0]
    places = sorted({round(_x(axis, one)) for one in ratios if axis.low <= one <= axis.high})
    return f'<path class="rug" d="{"".join(f"M{x} {_HEIGHT - 5}v4" for x in places)}"/>'


def _x(axis: Axis, ratio: float) -> float:
    return _PAD + axis.share(ratio) * (_WIDTH - 2 * _PAD)
