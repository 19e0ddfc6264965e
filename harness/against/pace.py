"""How much longer an event takes in one of two apps: rounds until it is known, or time is up."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from ..observation import Observation
from ..rows import RatioRow, Skipped
from .rounds import LOOKS, Verdict, judged
from .sides import Asked, Sides

__all__ = ["Pace", "paced"]

#: So many rounds come before and count for nothing.
WARM_UP = 2


@dataclass(slots=True)
class Pace:
    """Samples of one event, in seconds: a round is one of each.

    *measure* is ``own`` while the probe on both sides tells how long the author's function took.
    """

    measure: str = "own"
    older: list[float] = field(default_factory=list)
    newer: list[float] = field(default_factory=list)

    def row(self, against: str, event: str) -> RatioRow:
        """Return what came of it."""
        verdict = self.verdict
        return RatioRow(
            against,
            event,
            self.measure,
            len(self.older),
            statistics.median(self.older),
            statistics.median(self.newer),
            verdict.ratio,
            verdict.low,
            min(verdict.high, 1e9),  # JSON knows no infinity
            verdict.word,
            tuple(self.older),
            tuple(self.newer),
        )

    @property
    def verdict(self) -> Verdict:
        """What the rounds so far say."""
        return judged(self.older, self.newer)


def paced(
    sides: Sides,
    name: str,
    asked: Asked,
    *,
    seconds: float,
    rounds: int = LOOKS[-1],
    seed: int = 0,
    clock: Callable[[], float] = time.monotonic,
) -> Pace | Skipped:
    """Return the samples of rounds in which both sides were asked *asked*, which is first by lot.

    Somebody looks after some of them: it ends when a verdict is reached, after *rounds*, or when
    the *seconds* are over. At least the first look is waited for, three times as long.
    """
    begun = clock()
    both = (sides.older, sides.newer)
    events = [side.event(name) for side in both]
    pages = [s.page(e, asked) if e else None for s, e in zip(both, events, strict=True)]
    lot, pace = random.Random(f"{seed} {name}"), Pace()
    for number in range(-WARM_UP, rounds):
        taken: list[Observation] = []
        for place in lot.sample((0, 1), 2):
            page, event = pages[place], events[place]
            seen = both[place].again(page, event) if page is not None and event is not None else []
            if not seen or seen[0].error is not None:
                return Skipped(f"pace of {name}", "it fails, or has no end, on one of the sides")
            taken.insert(place, seen[0])
        if number >= 0:
            _take(pace, *taken)
        late = clock() - begun > seconds * (1 if number + 1 >= LOOKS[0] else 3)
        if late or (number + 1 in LOOKS and pace.verdict.word != "inconclusive"):
            break
    if len(pace.older) < LOOKS[0]:
        return Skipped(f"pace of {name}", "too slow for a dozen rounds: a longer profile has time")
    return pace


def _take(pace: Pace, older: Observation, newer: Observation) -> None:
    own = [o.evidence.own_seconds if o.evidence else None for o in (older, newer)]
    if pace.measure == "own" and own[0] is not None and own[1] is not None:
        pace.older.append(own[0])
        pace.newer.append(own[1])
        return
    if pace.measure == "own" and not pace.older:
        pace.measure = "whole"
    if pace.measure == "whole":
        pace.older.append(older.seconds)
        pace.newer.append(newer.seconds)
