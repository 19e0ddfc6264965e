"""How a time grows with a size: the exponent of a power law, and its error.

Definitions and formulas: docs/latency.md.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["ABOVE_FLOOR", "FEWEST", "MOST", "Fit", "fitted"]

#: What counts takes at least so long, in seconds, and so many times as long as the smallest size:
#: below that, what every call costs hides what the size costs.
LEAST_SECONDS = 0.002
ABOVE_FLOOR = 4.0
#: So many of the largest sizes are fitted, and so few say nothing.
MOST = 6
FEWEST = 4


@dataclass(frozen=True, slots=True)
class Fit:
    """Time goes as size to the power of *exponent*, give or take *error*, one standard error."""

    exponent: float
    error: float


def fitted(sizes: Sequence[float], seconds: Sequence[float]) -> Fit | None:
    """Return the fit through the largest *sizes*; None where too few of them took time.

    It is the straight line of least squares through the logarithms: its slope is the exponent.
    A constant that each call costs makes the slope smaller, never larger.
    """
    floor = max(LEAST_SECONDS, ABOVE_FLOOR * min(seconds, default=0.0))
    # A small size that took long once, by chance, is none of them.
    largest = itertools.takewhile(
        lambda pair: pair[1] >= floor, sorted(zip(sizes, seconds, strict=True), reverse=True)
    )
    points = [(math.log(size), math.log(taken)) for size, taken in largest][:MOST]
    if len(points) < FEWEST:
        return None
    count = len(points)
    x_mean = sum(x for x, _ in points) / count
    y_mean = sum(y for _, y in points) / count
    spread = sum((x - x_mean) ** 2 for x, _ in points)
    slope = sum((x - x_mean) * (y - y_mean) for x, y in points) / spread
    rest = sum((y - y_mean - slope * (x - x_mean)) ** 2 for x, y in points)
    return Fit(slope, math.sqrt(rest / (count - 2) / spread))
