"""Whether one app takes longer than another, from rounds in which both were asked: pure numbers.

    verdict = judged(older, newer)  # Verdict("slower", 1.21, 1.18, 1.24)

Each round gives a ratio, newer to older, of two calls that were made one right after the other:
what the machine had to do just then slowed both. The median ratio is bounded by ranks, which asks
for no shape of the times, with a confidence that holds over all looks at the growing numbers.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from ..quantiles import interval

__all__ = ["LOOKS", "Verdict", "judged"]

#: After so many rounds somebody looks whether that is enough.
LOOKS = (12, 24, 48, 96, 192)
#: How sure all looks together are of their intervals: each gets its share of what is left to 1.
SURE = 0.99
#: What a visitor does not notice is the same, however sure it is: seconds.
NOTICED = 0.002
#: Slower is what takes surely more than a tenth longer; the same is what surely does not.
MARGIN = 1.1


@dataclass(frozen=True, slots=True)
class Verdict:
    """*word* is slower, faster, same or inconclusive; *ratio* is the median of all rounds."""

    word: str
    ratio: float
    low: float
    high: float


def judged(older: Sequence[float], newer: Sequence[float]) -> Verdict:
    """Return what the rounds say; both have a sample of each round, in seconds.

    Of fewer rounds than the first look wants, nothing is known.
    """
    rounds = [(a, b) for a, b in zip(older, newer, strict=True) if a > 0]
    if not rounds:
        return Verdict("inconclusive", 1.0, 0.0, math.inf)
    ratios = [b / a for a, b in rounds]
    low, high = _bounds(ratios, 0.0)
    less, more = _bounds([b - a for a, b in rounds], -math.inf)
    small = -NOTICED < less and more < NOTICED
    word = "same" if small else _word(low, high)
    return Verdict(word, statistics.median(ratios), low, high)


def _bounds(samples: Sequence[float], least: float) -> tuple[float, float]:
    """Return between which two the median of what was sampled lies; *least* is the least it is."""
    low, high = interval(samples, 50, sure=1 - (1 - SURE) / len(LOOKS))
    return (least if low is None else low, math.inf if high is None else high)


def _word(low: float, high: float) -> str:
    if low > MARGIN:
        return "slower"
    if high < 1 / MARGIN:
        return "faster"
    return "same" if 1 / MARGIN < low and high < MARGIN else "inconclusive"
