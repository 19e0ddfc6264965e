"""Pictures in inline SVG: outcomes of an event, spread and distribution of its latency.

Each picture says the same thing in words (``<title>`` and ``<desc>``), tells its parts
apart by shape or label as well as by colour, and takes its colours from page.css by class:
the page's content policy allows no ``style`` attribute.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from ..rows import EventRow, LatencyRow
from .axis import Axis, apart, at_end, axis_over, px, tick_label
from .text import Html, counted, duration, inside

__all__ = [
    "Axis",
    "Bins",
    "axis_over",
    "bins",
    "histogram",
    "in_words",
    "outcomes",
    "p99",
    "scale",
    "spread",
]

# A 99th percentile of fewer samples is the maximum by another name.
ENOUGH_FOR_P99 = 100


@dataclass(frozen=True, slots=True)
class Bins:
    """How many samples lie between each edge and the next; the last edge is included."""

    edges: tuple[float, ...]
    counts: tuple[int, ...]

    @property
    def words(self) -> tuple[str, ...]:
        """One phrase a bin that is not empty."""
        return tuple(
            f"{_between(low, high)}: {counted(count, 'call')}"
            for (low, high), count in zip(pairwise(self.edges), self.counts, strict=True)
            if count
        )


def p99(row: LatencyRow) -> float | None:
    """Return the 99th percentile, or None below 100 samples, whatever the row says."""
    return row.p99 if row.count >= ENOUGH_FOR_P99 else None


def bins(samples: Sequence[float], axis: Axis) -> Bins:
    """Return *samples* counted in slices of equal width on *axis*, 8 to 32 of them."""
    number = min(32, max(8, round(2.2 * math.sqrt(len(samples)))))
    counts = [0] * number
    for sample in samples:
        counts[min(number - 1, int(axis.share(sample) * number))] += 1
    return Bins(tuple(axis.at(i / number) for i in range(number + 1)), tuple(counts))


# --- one event's calls by outcome ---------------------------------------------------------


def outcomes(row: EventRow) -> Html:
    """Return a stacked bar: answered plain, refused hatched, failed solid and last."""
    words = f"{row.answered} answered, {row.refused} refused, {row.failed} failed"
    total = max(1, row.answered + row.refused + row.failed)
    parts, at = [], 0.0
    for name in ("answered", "refused", "failed"):
        count = getattr(row, name)
        # A single failure in a thousand calls must still be seen.
        width = max(3.0, 120 * count / total) if count else 0.0
        if count:
            left = 120 - width if name == "failed" else at
            parts.append(
                f'<rect class="c-{name}" x="{px(left)}" width="{px(width)}" height="8">'
                f"<title>{count} {name}</title></rect>"
            )
        at += width
    return Html(
        '<svg class="bar" viewBox="0 0 120 8" preserveAspectRatio="none" role="img" '
        f'aria-label="{words}">'
        f'<rect class="c-track" width="120" height="8"/>{"".join(parts)}</svg>'
    )


# --- latency: one line an event, all on one axis ------------------------------------------

_LINE_WIDTH, _PAD = 240, 24


def scale(axis: Axis) -> Html:
    """Return the tick labels that stand above the `spread` lines."""
    labels = "".join(
        f'<text x="{px(_line_x(axis, tick))}" y="10" text-anchor="middle">{tick_label(tick)}</text>'
        for tick in apart(axis, 50 / (_LINE_WIDTH - 2 * _PAD))
    )
    return Html(
        f'<svg class="spread" viewBox="0 0 {_LINE_WIDTH} 14" aria-hidden="true">{labels}</svg>'
    )


def spread(row: LatencyRow, axis: Axis) -> Html:
    """Return fastest to slowest as a line, p50 to p95 as a bar, p50 as a dot, max as a diamond."""
    if len(_marks(row)) < 3:
        return Html("")
    low = min(_usable(row) or [row.p50])
    x = {name: _line_x(axis, v) for name, v in _marks(row)} | {"min": _line_x(axis, low)}
    words = ", ".join(f"{name} {duration(value)}" for name, value in _marks(row))
    grid = "".join(f"M{px(_line_x(axis, tick))} 0v20" for tick in axis.ticks)
    bar = max(1.0, x["p95"] - x["p50"])
    most = x["max"]
    return Html(
        f'<svg class="spread" viewBox="0 0 {_LINE_WIDTH} 20" role="img" aria-label="{words}">'
        f'<g><title>{words}</title><rect class="hit" width="{_LINE_WIDTH}" height="20"/>'
        f'<path class="grid" d="{grid}"/>'
        f'<path class="whisker" d="M{px(x["min"])} 10H{px(most)}"/>'
        f'<rect class="body" x="{px(x["p50"])}" y="7" width="{px(bar)}" height="6" rx="1"/>'
        f'<path class="diamond" d="M{px(most)} 6l4 4-4 4-4-4z"/>'
        f'<circle class="dot" cx="{px(x["p50"])}" cy="10" r="4.5"/></g></svg>'
    )


def _line_x(axis: Axis, seconds: float) -> float:
    return _PAD + axis.share(seconds) * (_LINE_WIDTH - 2 * _PAD)


# --- latency: the distribution of one event ------------------------------------------------

_WIDTH, _LEFT, _RIGHT, _TOP, _BASE, _HEIGHT = 320, 20, 300, 44, 126, 154
_STROKES = {"p50": "", "p95": "6 3", "p99": "2 3", "max": "1 4"}


def histogram(row: LatencyRow, identity: str) -> Html:
    """Return the distribution of one event's samples with its percentiles marked.

    *identity* makes the ids of title and description unique in the page. Without samples
    there is nothing to draw: the empty string.
    """
    samples = _usable(row)
    if not samples:
        return Html("")
    axis, slices = _distribution(row)
    body = _ticks(axis) + _columns(slices, axis) + _rug(samples, axis) + _markers(row, axis)
    return Html(
        f'<svg class="histogram" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'aria-labelledby="{identity}-t {identity}-d">'
        f'<title id="{identity}-t">{_title(row)}</title>'
        f'<desc id="{identity}-d">{_description(row, axis)}</desc>{body}</svg>'
    )


def in_words(row: LatencyRow) -> str:
    """Return the numbers behind the `histogram`: ``20 ms to 22 ms: 5 calls; …``."""
    return "; ".join(_distribution(row)[1].words)


def _distribution(row: LatencyRow) -> tuple[Axis, Bins]:
    samples = _usable(row)
    axis = axis_over([*samples, *(value for _, value in _marks(row))])
    return axis, bins(samples, axis)


def _title(row: LatencyRow) -> str:
    return f"Latency of {inside(row.event, 120)}"


def _description(row: LatencyRow, axis: Axis) -> str:
    marks = ", ".join(f"{name} {duration(value)}" for name, value in _marks(row))
    kind = "logarithmic" if axis.log else "linear"
    return f"{counted(row.count, 'call')}; {marks}; {kind} axis."


def _ticks(axis: Axis) -> str:
    lines, labels = [], []
    for tick in apart(axis, 0.2):
        x = px(_x(axis, tick))
        lines.append(f"M{x} {_TOP}V{_BASE + 8}")
        anchor = "end" if at_end(axis, tick) else "middle"
        labels.append(
            f'<text x="{x}" y="{_HEIGHT - 5}" text-anchor="{anchor}">{tick_label(tick)}</text>'
        )
    return f'<path class="grid" d="{"".join(lines)}"/>{"".join(labels)}'


def _columns(slices: Bins, axis: Axis) -> str:
    most = max(slices.counts)
    parts = []
    for (low, high), count in zip(pairwise(slices.edges), slices.counts, strict=True):
        if not count:
            continue
        left, right = _x(axis, low), _x(axis, high)
        height = max(2.0, (_BASE - _TOP - 4) * count / most)
        parts.append(
            f'<rect x="{px(left + 0.5)}" y="{px(_BASE - height)}" width="{px(right - left - 1)}" '
            f'height="{px(height)}"><title>{_between(low, high)}: {counted(count, "call")}</title>'
            "</rect>"
        )
    return f'<g class="columns">{"".join(parts)}</g>'


def _rug(samples: Sequence[float], axis: Axis) -> str:
    """Return one short line a sample under the columns, samples of one pixel drawn once."""
    places = sorted({round(_x(axis, sample)) for sample in samples})
    ticks = "".join(f"M{x} {_BASE + 2}v6" for x in places)
    return f'<path class="rug" d="{ticks}"/><path class="base" d="M{_LEFT} {_BASE}H{_RIGHT}"/>'


def _markers(row: LatencyRow, axis: Axis) -> str:
    """Return a labelled line a percentile, labels moved up a row where they would touch."""
    parts: list[str] = []
    ends = [-1e9, -1e9, -1e9]
    for name, value in _marks(row):
        label = f"{name} {duration(value)}"
        x, width = _x(axis, value), 6.8 * len(label)
        left = min(max(x - width / 2, 2), _WIDTH - 2 - width)
        level = next((i for i, end in enumerate(ends) if left > end + 5), 2)
        ends[level] = left + width
        y = _TOP - 6 - 12 * level
        parts.append(
            f'<path class="mark" stroke-dasharray="{_STROKES[name]}" d="M{px(x)} {y + 3}V{_BASE}"/>'
            f'<text class="m-{name}" x="{px(left + width / 2)}" y="{y}" text-anchor="middle">'
            f"{label}</text>"
        )
    return "".join(parts)


def _x(axis: Axis, seconds: float) -> float:
    return _LEFT + axis.share(seconds) * (_RIGHT - _LEFT)


# --- shared --------------------------------------------------------------------------------


def _marks(row: LatencyRow) -> list[tuple[str, float]]:
    pairs = [("p50", row.p50), ("p95", row.p95), ("p99", p99(row)), ("max", row.maximum)]
    return [(name, v) for name, v in pairs if v is not None and math.isfinite(v)]


def _usable(row: LatencyRow) -> list[float]:
    return [sample for sample in row.samples if math.isfinite(sample)]


def _between(low: float, high: float) -> str:
    return f"{tick_label(low)} to {tick_label(high)}"
