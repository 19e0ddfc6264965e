"""How much longer an event takes in one of two apps: rounds until it is known, or time is up."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from ..contract import Event
from ..latency.look import Spent
from ..observation import Observation
from ..rows import RatioRow, Skipped
from ..visit import Visit
from .rounds import LOOKS, Verdict, judged
from .sides import Asked, Side, Sides

__all__ = ["Pace", "paced"]

#: So many rounds come before and count for nothing.
WARM_UP = 2


@dataclass(slots=True)
class Pace:
    """Samples of one event, in seconds: a round is one of each.

    *measure* is ``own`` while the probe on both sides tells how long the author's function took,
    then ``whole``: calls from end to end, which say something only of sides that run *alike*.
    """

    alike: bool = True
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
        found = judged(self.older, self.newer)
        return found if self.fair else replace(found, word="inconclusive")

    @property
    def fair(self) -> bool:
        """Whether the same is measured on both sides."""
        return self.alike or self.measure == "own"


def paced(
    sides: Sides,
    name: str,
    asked: Asked,
    *,
    seconds: float,
    seed: int = 0,
    clock: Callable[[], float] = time.monotonic,
) -> Pace | Skipped:
    """Return the samples of rounds in which both sides were asked *asked*, which is first by lot.

    Somebody looks after some of them: it ends when a verdict is reached, or when rounds, calls or
    the *seconds* are over. At least the first look is waited for, three times as long.
    """
    why = "too slow for a dozen rounds: a longer profile has time"
    begun = clock()
    both = (sides.older, sides.newer)
    events = [side.event(name) for side in both]
    lot, pace = random.Random(f"{seed} {name}"), Pace(sides.alike)
    try:
        pages = [s.page(e, asked) if e else None for s, e in zip(both, events, strict=True)]
        for number in range(-WARM_UP, LOOKS[-1]):
            taken = _round(both, pages, events, lot.sample((0, 1), 2))
            if not taken:
                why = "it fails, or has no end, on one of the sides"
                return Skipped(f"pace of {name}", why)
            if number >= 0:
                _take(pace, *taken)
            late = clock() - begun > seconds * (1 if number + 1 >= LOOKS[0] else 3)
            known = pace.verdict.word != "inconclusive" or not pace.fair
            if late or (number + 1 in LOOKS and known):
                break
    except Spent as error:
        why = str(error)
    return pace if len(pace.older) >= LOOKS[0] else Skipped(f"pace of {name}", why)


def _round(
    both: Sequence[Side],
    pages: Sequence[Visit | None],
    events: Sequence[Event | None],
    order: Sequence[int],
) -> list[Observation]:
    """Return what the older and the newer side say, asked in this *order*; [] if one fails."""
    taken: dict[int, Observation] = {}
    for place in order:
        page, event = pages[place], events[place]
        seen = both[place].again(page, event) if page and event else []
        if not seen or seen[0].error is not None:
            return []
        taken[place] = seen[0]
    return [taken[0], taken[1]]


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
