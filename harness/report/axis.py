"""Scales of a picture: where a value lies, which ticks are labelled, and how.

Coordinates and labels are shared by all pictures of a page.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["Axis", "apart", "axis_from_zero", "axis_over", "px", "tick_label"]

# From this ratio of largest to smallest on, a linear axis squeezes the small ones to nothing.
LOG_FROM = 12.0
SMALLEST_SECONDS = 1e-6


@dataclass(frozen=True, slots=True)
class Axis:
    """A scale of seconds from *low* to *high* with its *ticks*, linear or logarithmic."""

    low: float
    high: float
    ticks: tuple[float, ...]
    log: bool

    def share(self, seconds: float) -> float:
        """Return where *seconds* lies, 0 at the low end and 1 at the high one."""
        low, high, value = self.low, self.high, min(max(seconds, self.low), self.high)
        if self.log:
            low, high, value = math.log(low), math.log(high), math.log(value)
        return (value - low) / (high - low)

    def at(self, share: float) -> float:
        """Return the seconds at *share* of the way: the inverse of `share`."""
        if self.log:
            return float(self.low * (self.high / self.low) ** share)
        return self.low + (self.high - self.low) * share


def axis_over(values: Iterable[float]) -> Axis:
    """Return an axis that holds *values*, in seconds, and ends on ticks.

    Logarithmic (ticks 1, 2, 5) from a ratio of 12 on, else linear; anything that is not
    a positive number is left out. Without values: one second.
    """
    usable = [max(v, SMALLEST_SECONDS) for v in values if math.isfinite(v)] or [0.0001, 1.0]
    low, high = min(usable), max(usable)
    return _log_axis(low, high) if high / low >= LOG_FROM else _linear_axis(low, high)


def _log_axis(low: float, high: float) -> Axis:
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    steps = [s * 10.0**power for power in range(first - 1, last + 1) for s in (1, 2, 5)]
    start = max(step for step in steps if step <= low * 1.0001)
    end = min(step for step in [*steps, 10.0 ** (last + 1)] if step >= high * 0.9999)
    inside = [step for step in steps if start <= step <= end]
    decades = [step for step in inside if math.isclose(math.log10(step) % 1, 0, abs_tol=1e-9)]
    return Axis(start, end, tuple(inside if len(inside) <= 7 else decades), log=True)


def _linear_axis(low: float, high: float) -> Axis:
    # Equal values stand in the middle of an axis that is a tenth of them wide.
    width, middle = max(high - low, high * 0.1), (low + high) / 2
    low, high = min(low, middle - width / 2), max(high, middle + width / 2)
    step = _step(width)
    first, last = math.floor(low / step + 1e-6), math.ceil(high / step - 1e-6)
    last = max(last, first + 1)
    return Axis(
        first * step, last * step, tuple(n * step for n in range(first, last + 1)), log=False
    )


def axis_from_zero(values: Iterable[float]) -> Axis:
    """Return a linear axis from 0 to the largest of *values*, which lies on the last tick."""
    high = max([v for v in values if math.isfinite(v)], default=0.0) or 1.0
    step = _step(high)
    last = math.ceil(high / step - 1e-6)
    return Axis(0.0, last * step, tuple(n * step for n in range(last + 1)), log=False)


def _step(width: float) -> float:
    """Return a round step of which four to ten make *width*."""
    sizes = (s * 10.0 ** math.floor(math.log10(width / 5)) for s in (1, 2, 2.5, 5, 10))
    return next(size for size in sizes if size >= width / 5)


def apart(axis: Axis, distance: float) -> list[float]:
    """Return the ticks that leave room for labels: *distance* of the axis between two.

    At its end, where a label is set to the left of its tick, that is half as much again.
    """
    kept: list[float] = []
    for tick in axis.ticks:
        room = distance * (1.5 if at_end(axis, tick) else 1)
        if not kept or axis.share(tick) - axis.share(kept[-1]) >= room:
            kept.append(tick)
    return kept


def at_end(axis: Axis, tick: float) -> bool:
    """Whether a label in the middle below *tick* would be cut by the edge."""
    return axis.share(tick) > 0.9


def tick_label(seconds: float) -> str:
    """Return a tick's label without needless zeros: ``20 ms``, ``1.5 s``."""
    if seconds < 0.9995:
        return f"{seconds * 1000:.4g} ms"
    return f"{seconds:.4g} s" if seconds < 600 else f"{seconds / 60:.4g} min"


def px(value: float) -> str:
    """Return a coordinate with at most one decimal."""
    return f"{value:.1f}".removesuffix(".0")
