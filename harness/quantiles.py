"""Percentiles of times, and how sure they are: distribution-free, from ranks alone.

Definitions and formulas: docs/latency.md.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence

__all__ = ["Interval", "interval", "percentile"]

#: Below and above what the true percentile lies with `SURE`; None where nothing seen bounds it.
Interval = tuple[float | None, float | None]

#: How sure an interval is, both of its ends together.
SURE = 0.95


def percentile(samples: Sequence[float], rank: float) -> float:
    """Return the sample at *rank* (0-100), by nearest rank: every value returned was seen.

    Raises ValueError if there are none.
    """
    if not samples:
        raise ValueError("no samples to take a percentile of")
    ordered = sorted(samples)
    return ordered[place(len(ordered), rank)]


def place(count: int, rank: float) -> int:
    """Return which of *count* ordered samples, from 0 on, is the one at *rank*."""
    return max(math.ceil(rank / 100 * count), 1) - 1


def interval(samples: Sequence[float], rank: float, *, sure: float = SURE) -> Interval:
    """Return between which samples the true percentile at *rank* lies, by order statistics.

    How many of n independent calls are below the true percentile p follows the binomial
    distribution B(n, p), however the times are spread. So the sample of rank l is an end below it
    where P(B < l) is half of what is missing to *sure* at most, and that of rank u one above it
    where P(B >= u) is. Where no rank is that sure, None: with 50 samples nothing bounds a p95 from
    above.
    """
    ordered = sorted(samples)
    low, high = _ranks(len(ordered), rank / 100, sure)
    return (ordered[low - 1] if low else None), (ordered[high - 1] if high else None)


@functools.lru_cache(maxsize=64)
def _ranks(count: int, share: float, sure: float) -> tuple[int, int]:
    """Return the ranks of both ends among *count* samples, from 1 on; 0 where there is none."""
    tail = (1 - sure) / 2
    low = high = 0
    below = 0.0  # P(B < rank)
    for rank in range(1, count + 1):
        below += _binomial(count, rank - 1, share)
        if below <= tail:
            low = rank
        if not high and below >= 1 - tail:
            high = rank
    return low, high


def _binomial(count: int, number: int, share: float) -> float:
    """Return P(B = *number*); by logarithms, for the factors of large counts are no floats."""
    ways = math.lgamma(count + 1) - math.lgamma(number + 1) - math.lgamma(count - number + 1)
    return math.exp(ways + number * math.log(share) + (count - number) * math.log1p(-share))
