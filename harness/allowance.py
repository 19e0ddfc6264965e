"""How much of a run's time and calls each look at an event may have.

    allowance = Allowance("quick", ("api", "sessions"), events=3, calls=None)
    with allowance.spending("sessions.leak") as share:
        ...  # the part of its usual seconds that there is

The profile says how many seconds there are for each event, in all suites together. What one
look does not need, later ones may use; where the time runs short, each gets less of it.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping

from .stopwatch import Stopwatch

__all__ = ["SECONDS", "SPENT", "Allowance"]

#: Why an event that could be asked for something was not.
SPENT = "the calls of --app-calls went into what came before"

#: For one event, in all suites together.
SECONDS: Mapping[str, float] = {"quick": 6.0, "standard": 17.0, "deep": 200.0}
#: What part of them each look takes where there is time; what few events need is not in it.
LOOKS: Mapping[str, float] = {
    "api": 0.4,
    "api.out-of-contract": 0.1,
    "sessions.leak": 0.15,
    "sessions.race": 0.08,
    "sessions.concurrency-limit": 0.02,
    "sessions.order": 0.08,
    "sessions.growth": 0.1,
    "sessions.fixed-cost": 0.02,
    "files.path-read": 0.1,
    "files.fetches": 0.05,
    "files.round-trip": 0.03,
    "files.kind": 0.02,
    "latency": 0.05,
    "latency.held-up": 0.03,
    "latency.call-number": 0.01,
    "latency.size": 0.05,
}
#: No look gets less than this part of its usual seconds: it would find nothing.
LEAST = 0.6
#: The parts of an event's calls that suites may make; what is left over is for what comes later.
CALLS: Mapping[str, int] = {"api": 5, "sessions": 2, "files": 1, "latency": 1, "regression": 2}


class Allowance:
    """What is left of the time for *events* events, and of the *calls* of each (None: no cap)."""

    def __init__(
        self,
        profile: str,
        suites: Collection[str],
        *,
        events: int,
        calls: int | None,
        clock: Callable[[], float] | None = None,
    ) -> None:
        self.suites = [suite for suite in CALLS if suite in suites]
        self.calls = calls
        self.made: Counter[str] = Counter()
        watch = Stopwatch()
        self._clock = clock or (lambda: watch.seconds)
        self._ahead = Counter({look: events for look in LOOKS if look.partition(".")[0] in suites})
        self._seconds = SECONDS[profile]
        self._left = self._needed

    @property
    def _needed(self) -> float:
        """The seconds that all looks ahead take where there is time."""
        return self._seconds * sum(LOOKS[look] * count for look, count in self._ahead.items())

    @property
    def share(self) -> float:
        """What part of its usual seconds a look may have now."""
        needed = self._needed
        return max(LEAST, min(1.0, self._left / needed)) if needed else 1.0

    @contextlib.contextmanager
    def spending(self, look: str) -> Iterator[float]:
        """Give the share there is for *look*, and count the seconds it takes."""
        begun = self._clock()
        try:
            yield self.share
        finally:
            self._left -= self._clock() - begun
            if self._ahead[look]:
                self._ahead[look] -= 1

    def left(self, event: str, suite: str = "") -> int | None:
        """Return how many calls of *event* are left, for *suite* and not those after it."""
        if self.calls is None:
            return None
        left = max(self.calls - self.made[event], 0)
        if suite not in self.suites:
            return left
        after = [CALLS[each] for each in self.suites[self.suites.index(suite) :]]
        return -(-left * after[0] // sum(after))
