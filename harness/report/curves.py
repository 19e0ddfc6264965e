"""Time against what makes it longer: the size of an input, the number of visitors.

Both axes carry their units. Where they are logarithmic a fitted power is a straight line, and a
broken one beside it shows what a time in proportion to the size would be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import exp, log

from ..rows import CrowdRow, SizeRow
from .axis import Axis, apart, at_end, axis_from_zero, axis_over, px, tick_label
from .text import Html, counted, duration, inside, thousands

__all__ = ["crowd", "crowd_lines", "crowd_story", "growth", "growth_lines", "growth_story"]

_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BASE = 320, 190, 60, 306, 12, 150


@dataclass(frozen=True, slots=True)
class Plot:
    """Two axes and their place in the picture."""

    x: Axis
    y: Axis

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Return the place of a point."""
        return (
            _LEFT + self.x.share(x) * (_RIGHT - _LEFT),
            _BASE - self.y.share(y) * (_BASE - _TOP),
        )

    def line(self, points: Sequence[tuple[float, float]], kind: str) -> str:
        """Return the points joined by straight lines."""
        places = "L".join(f"{px(x)} {px(y)}" for x, y in (self.at(*point) for point in points))
        return f'<path class="{kind}" d="M{places}"/>'

    def frame(self, below: str, name: Callable[[float], str]) -> str:
        """Return ticks, labels and the words *below*; *name* tells a value of the lower axis."""
        parts = []
        for tick in apart(self.y, 0.16):
            _, y = self.at(self.x.low, tick)
            parts.append(f'<path class="grid" d="M{_LEFT} {px(y)}H{_RIGHT}"/>')
            parts.append(
                f'<text x="{_LEFT - 6}" y="{px(y + 4)}" text-anchor="end">{tick_label(tick)}</text>'
            )
        for tick in apart(self.x, 0.2):
            x, _ = self.at(tick, self.y.low)
            anchor = "end" if at_end(self.x, tick) else "middle"
            parts.append(
                f'<text x="{px(x)}" y="{_BASE + 16}" text-anchor="{anchor}">{name(tick)}</text>'
            )
        parts.append(f'<path class="base" d="M{_LEFT} {_BASE}H{_RIGHT}"/>')
        parts.append(
            f'<text x="{(_LEFT + _RIGHT) / 2}" y="{_HEIGHT - 6}" text-anchor="middle">'
            f"{inside(below)}</text>"
        )
        return "".join(parts)


# --- against size -----------------------------------------------------------------------------


def growth_story(row: SizeRow) -> str:
    """Return in a sentence how the time grows, where that is known."""
    give = f" ± {row.error:.2f}" if row.error is not None else ""
    return f"Time grows as the size to the power of {row.exponent:.2f}{give}."


def growth(row: SizeRow, identity: str) -> Html:
    """Return the sizes that were tried and the power that was fitted to them."""
    points = [(float(size), time) for size, time in _tried(row)]
    if not points:
        return Html("")
    times = axis_over(time for _, time in points)
    if not times.log:  # or a picture would make much of little
        times = axis_from_zero(time for _, time in points)
    plot = Plot(axis_over(size for size, _ in points), times)
    body = plot.frame(f"{row.what} in {row.field}", lambda value: f"{value:,.0f}")
    if plot.x.log and plot.y.log:
        body += plot.line(_power(plot, points, 1.0), "reference")
        body += plot.line(_power(plot, points, row.exponent or 0.0), "fit")
    for size, time in points:
        x, y = plot.at(size, time)
        body += (
            f"<g><title>{size:,.0f} {inside(row.what)}: {duration(time)}</title>"
            f'<circle class="dot" cx="{px(x)}" cy="{px(y)}" r="4"/></g>'
        )
    return _picture("growth", identity, f"Time against {row.what}", growth_story(row), body)


def growth_lines(row: SizeRow) -> Iterator[tuple[str, str]]:
    """Yield each size and its time."""
    return ((thousands(size), duration(time)) for size, time in _tried(row))


def _tried(row: SizeRow) -> list[tuple[int, float]]:
    pairs = zip(row.sizes, row.seconds, strict=False)
    return [(size, time) for size, time in pairs if size > 0 and time > 0]


def _power(
    plot: Plot, points: Sequence[tuple[float, float]], exponent: float
) -> list[tuple[float, float]]:
    """Return the ends of the line of this power through the middle of the points.

    Where it would leave the picture it ends: both axes are logarithmic.
    """
    x = sum(log(size) for size, _ in points) / len(points)
    y = sum(log(time) for _, time in points) / len(points)
    low, high = log(plot.x.low), log(plot.x.high)
    if exponent > 0:
        low = max(low, x + (log(plot.y.low) - y) / exponent)
        high = min(high, x + (log(plot.y.high) - y) / exponent)
    return [(exp(at), exp(y + exponent * (at - x))) for at in (low, high)]


# --- against visitors -------------------------------------------------------------------------


def crowd_story(row: CrowdRow) -> str:
    """Return in a sentence what more visitors do to the time of one."""
    limit = "no concurrency_limit" if row.limit is None else f"concurrency_limit {row.limit}"
    times = f"{duration(row.p50[0])} alone, {duration(row.p50[-1])} with {row.visitors[-1]}"
    return f"The median call takes {times}; {limit}."


def crowd(row: CrowdRow, identity: str) -> Html:
    """Return the median and the slowest call by the number of visitors."""
    places = tuple(map(float, range(len(row.visitors))))
    steps = Axis(-0.3, len(places) - 0.7, places, log=False)
    plot = Plot(steps, axis_from_zero(row.maximum))
    body = plot.frame("visitors at the same moment", lambda at: str(row.visitors[round(at)]))
    body += plot.line(list(enumerate(row.maximum)), "whisker")
    body += plot.line(list(enumerate(row.p50)), "fit")
    for number, (people, median, most, rate) in enumerate(crowd_points(row)):
        (x, y), (_, high) = plot.at(number, median), plot.at(number, most)
        told = f"{counted(people, 'visitor')}: median {duration(median)}, slowest {duration(most)}"
        body += (
            f"<g><title>{told}, {rate:.3g} calls a second</title>"
            f'<path class="diamond" d="M{px(x)} {px(high - 5)}l5 5-5 5-5-5z"/>'
            f'<circle class="dot" cx="{px(x)}" cy="{px(y)}" r="4"/></g>'
        )
    return _picture("crowd", identity, "Time against visitors", crowd_story(row), body)


def crowd_lines(row: CrowdRow) -> Iterator[tuple[str, ...]]:
    """Yield visitors, median, slowest and calls a second."""
    for people, median, most, rate in crowd_points(row):
        yield thousands(people), duration(median), duration(most), f"{rate:.3g}"


def crowd_points(row: CrowdRow) -> Iterator[tuple[int, float, float, float]]:
    """Yield each number of visitors with its figures."""
    return zip(row.visitors, row.p50, row.maximum, row.rate, strict=False)


def _picture(kind: str, identity: str, title: str, words: str, body: str) -> Html:
    return Html(
        f'<svg class="{kind}" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'aria-labelledby="{identity}-t {identity}-d"><title id="{identity}-t">{inside(title)}'
        f'</title><desc id="{identity}-d">{inside(words, 300)}</desc>{body}</svg>'
    )
