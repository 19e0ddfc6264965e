"""Where the time of one call goes: a bar for each slice, from where the last one ended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..rows import LatencyRow
from .axis import axis_from_zero, px
from .text import Html, duration, inside

__all__ = ["slices", "waterfall"]

_WIDTH, _LEFT, _RIGHT, _ROW = 320, 78, 262, 15


def waterfall(row: LatencyRow, identity: str) -> Html:
    """Return the call at the median as bars; "" where the app was not seen from inside."""
    parts = row.waterfall(50)
    if not parts:
        return Html("")
    total = sum(parts.values())
    axis = axis_from_zero([total])
    scale = (_RIGHT - _LEFT) / max(total, axis.high * 1e-9)
    bars, begun = [], 0.0
    for number, (name, seconds) in enumerate(parts.items()):
        x, y = _LEFT + begun * scale, _ROW * number
        bars.append(_bar(name, seconds, x, y, max(1.0, seconds * scale)))
        begun += seconds
    height = _ROW * len(parts) + 4
    return Html(
        f'<svg class="waterfall" viewBox="0 0 {_WIDTH} {height}" role="img" '
        f'aria-labelledby="{identity}-t {identity}-d"><title id="{identity}-t">Where the time of '
        f'the median call goes</title><desc id="{identity}-d">{inside(_words(parts), 300)}</desc>'
        f'<path class="grid" d="M{_LEFT} 0v{height}M{_RIGHT} 0v{height}"/>{"".join(bars)}</svg>'
    )


def slices(row: LatencyRow) -> Iterator[tuple[str, str, str]]:
    """Yield each slice with its time in the call at the median and in the one at p95."""
    median, slow = row.waterfall(50), row.waterfall(95)
    for name in row.slices:
        yield name, duration(median[name]), duration(slow[name])


def _bar(name: str, seconds: float, x: float, y: float, width: float) -> str:
    told = inside(f"{name} {duration(seconds)}")
    kind = "own" if name == "function" else "around"
    return (
        f'<g><title>{told}</title><rect class="hit" y="{px(y)}" width="{_WIDTH}" height="{_ROW}"/>'
        f'<text x="{_LEFT - 8}" y="{px(y + 11)}" text-anchor="end">{inside(name)}</text>'
        f'<rect class="{kind}" x="{px(x)}" y="{px(y + 3)}" width="{px(width)}" height="9"/>'
        f'<text x="{_WIDTH - 2}" y="{px(y + 11)}" text-anchor="end">{duration(seconds)}</text></g>'
    )


def _words(parts: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {duration(seconds)}" for name, seconds in parts.items())
