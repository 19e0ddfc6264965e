"""A stream on a line of time: when each output was given, when it came, when it was drawn.

One lane each, told apart by place and name; a thread joins what is one output, so that what is
held back leans. Without the picture the same is in the words above it and the table below.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from statistics import median

from ..rows import StreamRow
from .axis import Axis, apart, axis_from_zero, px, tick_label
from .text import Html, counted, duration, thousands

__all__ = ["lines", "story", "timeline"]

_WIDTH, _LEFT, _RIGHT, _TOP, _LANE, _MARK = 960, 76, 936, 8, 34, 16
#: So many outputs have a thread, can be pointed at, and have a line in the table.
_JOINED, _POINTED, _LISTED = 120, 60, 40


def story(row: StreamRow) -> str:
    """Return the stream in a sentence: outputs, first one, rhythm, delay, end."""
    told = [_counted(row)]
    if row.arrivals:
        told.append(f"first after {duration(row.arrivals[0])}")
    if gaps := [after - before for before, after in pairwise(row.arrivals)]:
        told.append(f"then one in {duration(median(gaps))}, the longest gap {duration(max(gaps))}")
    if held := [came - given for given, came in zip(row.yields, row.arrivals, strict=False)]:
        told.append(
            f"{duration(median(held))} from given to arrived, at most {duration(max(held))}"
        )
    if row.ended is None:
        told.append("left before its end")
    return f"{'; '.join(told)}."


def timeline(row: StreamRow, identity: str) -> Html:
    """Return the lanes of one stream; "" where nothing came at all."""
    lanes = _lanes(row)
    if not lanes:
        return Html("")
    axis = axis_from_zero([time for _, times in lanes for time in times] + [row.ended or 0.0])
    base = _TOP + _LANE * (len(lanes) - 1) + _MARK
    body = _grid(axis, base) + _threads(lanes, axis) + _ends(row, axis, base)
    for number, (name, times) in enumerate(lanes):
        body += _lane(number, name, _strokes(number, times, axis))
    if row.progressed:
        body += _progress(row, axis, base + 12)
        base += 44
    body += _labels(axis, base + 18) + _points(row, axis, base)
    return Html(
        f'<svg class="timeline" viewBox="0 0 {_WIDTH} {base + 24}" role="img" '
        f'aria-labelledby="{identity}-t {identity}-d"><title id="{identity}-t">Outputs over time'
        f'</title><desc id="{identity}-d">{story(row)}</desc>{body}</svg>'
    )


def lines(row: StreamRow) -> tuple[list[tuple[str, ...]], int]:
    """Return the first outputs, one line of a table each, and how many more there are.

    Number, given, arrived, drawn, since the one before, bytes.
    """
    shown = range(min(len(row.arrivals), _LISTED))
    table = [
        (
            str(n + 1),
            *(duration(_at(times, n)) for times in (row.yields, row.arrivals, row.painted)),
            duration(row.arrivals[n] - row.arrivals[n - 1]) if n else "—",
            thousands(row.sizes[n]) if n < len(row.sizes) else "—",
        )
        for n in shown
    ]
    return table, row.outputs - len(table)


def _counted(row: StreamRow) -> str:
    more = len(row.arrivals) < row.outputs
    first = f", the first {len(row.arrivals)} of them shown" if more else ""
    return f"{counted(row.outputs, 'output')}{first}"


def _lanes(row: StreamRow) -> list[tuple[str, Sequence[float]]]:
    named = (("given", row.yields), ("arrived", row.arrivals), ("drawn", row.painted))
    return [(name, times) for name, times in named if times]


def _at(times: Sequence[float], number: int) -> float | None:
    return times[number] if number < len(times) else None


def _x(axis: Axis, seconds: float) -> float:
    return _LEFT + axis.share(seconds) * (_RIGHT - _LEFT)


def _y(lane: int) -> int:
    return _TOP + lane * _LANE


def _grid(axis: Axis, base: int) -> str:
    strokes = "".join(f"M{px(_x(axis, tick))} {_TOP}V{base + 4}" for tick in axis.ticks)
    return f'<path class="grid" d="{strokes}"/>'


def _labels(axis: Axis, y: int) -> str:
    return "".join(
        f'<text x="{px(_x(axis, tick))}" y="{y}" text-anchor="middle">{tick_label(tick)}</text>'
        for tick in apart(axis, 0.07)
    )


def _lane(number: int, name: str, strokes: str) -> str:
    y = _y(number)
    return (
        f'<text x="{_LEFT - 14}" y="{y + 12}" text-anchor="end">{name}</text>'
        f'<path class="base" d="M{_LEFT} {y + _MARK}H{_RIGHT}"/>'
        f'<path class="stroke" d="{strokes}"/>'
    )


def _strokes(number: int, times: Sequence[float], axis: Axis) -> str:
    """Return one stroke for each output, those of one half pixel drawn once."""
    places = sorted({round(_x(axis, time) * 2) / 2 for time in times})
    return "".join(f"M{px(x)} {_y(number)}v{_MARK}" for x in places)


def _threads(lanes: Sequence[tuple[str, Sequence[float]]], axis: Axis) -> str:
    """Return the threads from each lane to the next one, of a long stream every so many."""
    every = -(-max(len(times) for _, times in lanes) // _JOINED)
    strokes = [
        f"M{px(_x(axis, before))} {_y(number) + _MARK}L{px(_x(axis, after))} {_y(number + 1)}"
        for number, ((_, first), (_, second)) in enumerate(pairwise(lanes))
        for before, after in zip(first[::every], second[::every], strict=False)
    ]
    return f'<path class="thread" d="{"".join(dict.fromkeys(strokes))}"/>'


def _ends(row: StreamRow, axis: Axis, base: int) -> str:
    """Return the line at which the stream ended, and whether it did so well."""
    if row.ended is None:
        return ""
    x = _x(axis, row.ended)
    word = "failed" if row.failed else "ended"
    anchor = "end" if axis.share(row.ended) > 0.9 else "start"
    beside = x - 5 if anchor == "end" else x + 5
    return (
        f'<path class="mark" d="M{px(x)} {_TOP - 4}V{base + 4}"/>'
        f'<text class="m-p50" x="{px(beside)}" y="{base - 3}" text-anchor="{anchor}">{word}</text>'
    )


def _progress(row: StreamRow, axis: Axis, top: int) -> str:
    """Return the shares that were told as steps from 0 at the bottom to 1 at the top."""
    height, path = 20, f"M{_LEFT} {top + 20}"
    for time, share in zip(row.progressed, row.progress, strict=False):
        path += f"H{px(_x(axis, time))}V{px(top + height * (1 - min(max(share, 0), 1)))}"
    return (
        f'<text x="{_LEFT - 14}" y="{top + 14}" text-anchor="end">progress</text>'
        f'<path class="base" d="M{_LEFT} {top + height}H{_RIGHT}"/>'
        f'<path class="steps-line" d="{path}"/>'
    )


def _points(row: StreamRow, axis: Axis, base: int) -> str:
    """Return what a pointer finds: some outputs, evenly taken where there are many."""
    every = -(-len(row.arrivals) // _POINTED) or 1
    return "".join(
        f'<path class="point" d="M{px(_x(axis, row.arrivals[n]))} {_TOP}V{base}">'
        f"<title>{'; '.join(_told(row, n))}</title></path>"
        for n in range(0, len(row.arrivals), every)
    )


def _told(row: StreamRow, number: int) -> Iterator[str]:
    yield f"output {number + 1}"
    for name, times in _lanes(row):
        if (time := _at(times, number)) is not None:
            yield f"{name} {duration(time)}"
    if number < len(row.sizes):
        yield counted(row.sizes[number], "byte")
