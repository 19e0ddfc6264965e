"""Time as a search counts it: what the machine gave this process, not what it gave to others."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

__all__ = ["Deadline", "Stopwatch", "waited"]

#: So many times what was meant is taken by the clock at most.
LONGEST = 3.0
TASKS = "/proc/self/task"


class Stopwatch:
    """Tells when so many seconds are over, those left out in which threads waited for a processor.

    So a search gets as far on a busy machine as on one that is idle, and takes longer by the clock:
    `LONGEST` times as long at most. Where the system does not say how long threads wait, it
    is the clock's time.
    """

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Begin anew."""
        self._begun, self._before, self._waited = time.monotonic(), waited(), 0.0

    @property
    def seconds(self) -> float:
        """How many have gone by."""
        passed = time.monotonic() - self._begun
        return max(passed - (waited() - self._before), passed / LONGEST)

    def until(self, seconds: float) -> float:
        """Return when *seconds* are over, by `time.monotonic`, as far as is known by now."""
        return self._begun + seconds + min(self._waited, (LONGEST - 1) * seconds)

    def over(self, seconds: float) -> bool:
        """Whether *seconds* have gone by."""
        now = time.monotonic()
        if now <= self.until(seconds):
            return False
        self._waited = max(self._waited, waited() - self._before)
        return now > self.until(seconds)


class Deadline:
    """The end of so many seconds, counted as a `Stopwatch` does. It can be put off."""

    def __init__(self, seconds: float) -> None:
        self._watch = Stopwatch()
        self._seconds = seconds

    @property
    def left(self) -> float:
        """How many seconds there are until then; less than none when it has passed."""
        return self._seconds - self._watch.seconds

    def passed(self, *, late: float = 0.0) -> bool:
        """Whether it has, so many seconds ago at least."""
        return self._watch.over(self._seconds + late)

    def put_off(self, seconds: float) -> None:
        """Have it come so much later."""
        self._seconds += seconds


def waited() -> float:
    """Return how many seconds the threads of this process were ready to run and did not."""
    total = 0
    with contextlib.suppress(OSError):
        for task in os.listdir(TASKS):
            with contextlib.suppress(OSError, ValueError, IndexError):
                total += int(Path(TASKS, task, "schedstat").read_text("ascii").split()[1])
    return total / 1e9
