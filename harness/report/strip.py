"""The last runs side by side: how many findings each had, what was new in it, what mended.

A column a run, the present one last. Errors are solid, warnings hatched, notes hollow; a run
without findings is a dot, one that was cut short stands on a broken line.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..rows import HistoryRow
from .text import Html, counted, inside

__all__ = ["story", "strip"]

_LEFT, _STEP, _BAR, _TOP, _ROOM = 62, 30, 18, 16, 64
#: How high one finding is drawn at most.
_UNIT = 14.0
#: From so many columns on there is room for words below the first and the last one.
FAR_APART = 8
KINDS = ("errors", "warnings", "notes")


def story(row: HistoryRow) -> str:
    """Return one run in words: ``2 errors, 1 warning; 1 new``."""
    counts = [
        counted(number, name.removesuffix("s")) for name in KINDS if (number := getattr(row, name))
    ]
    told = [", ".join(counts) or "nothing found"]
    told += [f"{number} {word}" for word, number in _changes(row) if number]
    return "; ".join(told if row.complete else [*told, "cut short"])


def strip(rows: Sequence[HistoryRow], moments: Sequence[str]) -> Html:
    """Return the runs as columns; *moments* say when each of them was."""
    most = max(sum(getattr(row, kind) for kind in KINDS) for row in rows)
    unit = min(_UNIT, _ROOM / max(most, 1))
    base = _TOP + max(20, round(unit * most))
    width = _LEFT + _STEP * len(rows)
    columns = "".join(
        _column(_LEFT + _STEP * number, base, row, moment, unit)
        for number, (row, moment) in enumerate(zip(rows, moments, strict=True))
    )
    names = "".join(
        f'<text x="{_LEFT - 12}" y="{base + y}" text-anchor="end">{name}</text>'
        for name, y in (("new", 18), ("mended", 33))
    )
    last = width - _STEP + _BAR / 2
    ends = f'<text x="{last}" y="{base + 54}" text-anchor="middle">this run</text>'
    if len(rows) >= FAR_APART:
        ends += f'<text x="{_LEFT - 4}" y="{base + 54}">{inside(moments[0])}</text>'
    label = f"Findings of the last {len(rows)} runs: " + "; ".join(
        f"{inside(moment)}: {story(row)}"
        for row, moment in zip(rows[-3:], moments[-3:], strict=True)
    )
    return Html(
        f'<svg class="strip" viewBox="0 0 {width + 20} {base + 60}" width="{width + 20}" '
        f'height="{base + 60}" role="img" aria-label="{label}">{names}{columns}{ends}</svg>'
    )


def _changes(row: HistoryRow) -> tuple[tuple[str, int], ...]:
    return ("new", len(row.new)), ("mended", len(row.mended))


def _column(x: int, base: int, row: HistoryRow, moment: str, unit: float) -> str:
    parts, y = [], float(base)
    for kind in KINDS:
        if number := getattr(row, kind):
            height = max(3.0, unit * number)
            y -= height
            parts.append(
                f'<rect class="s-{kind}" x="{x}" y="{y + 1:.1f}" width="{_BAR}" '
                f'height="{height - 1:.1f}"/>'
            )
    total = sum(getattr(row, kind) for kind in KINDS)
    middle = x + _BAR / 2
    if total:
        parts.append(f'<text x="{middle}" y="{y - 3:.1f}" text-anchor="middle">{total}</text>')
    else:
        parts.append(f'<circle class="s-none" cx="{middle}" cy="{base - 5}" r="3"/>')
    dashes = "" if row.complete else ' stroke-dasharray="3 3"'
    parts.append(f'<path class="base"{dashes} d="M{x - 4} {base + 1}h{_BAR + 8}"/>')
    parts += [
        f'<text class="m-p50" x="{middle}" y="{base + at}" text-anchor="middle">'
        f"{sign}{number}</text>"
        for (_, number), sign, at in zip(_changes(row), "+−", (18, 33), strict=True)
        if number
    ]
    return f"<g><title>{inside(moment)}: {story(row)}</title>{''.join(parts)}</g>"
