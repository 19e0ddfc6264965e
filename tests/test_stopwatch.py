"""A search's time: the clock's, less what the machine gave to others."""

from __future__ import annotations

import threading
import time

import pytest

from gradio_harness import stopwatch
from gradio_harness.stopwatch import LONGEST, Deadline, Stopwatch, waited


class Machine:
    """A clock, and how long threads had to wait by then."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.now = self.waited = 100.0
        patch.setattr(stopwatch.time, "monotonic", lambda: self.now)
        patch.setattr(stopwatch, "waited", lambda: self.waited)

    def goes_on(self, seconds: float, *, waiting: float = 0.0) -> None:
        self.now += seconds
        self.waited += waiting


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(monkeypatch)


def test_on_an_idle_machine_it_is_the_clock(machine: Machine) -> None:
    """Time that an app sleeps or waits for the network counts."""
    watch = Stopwatch()
    machine.goes_on(4.0)

    assert (False, 104.0) == (watch.over(4.0), watch.until(4.0))
    machine.goes_on(0.1)
    assert watch.over(4.0)


def test_time_that_others_had_does_not_count(machine: Machine) -> None:
    """Half of it waited: only half has gone by."""
    watch = Stopwatch()
    machine.goes_on(6.0, waiting=3.0)

    assert 3.0 == watch.seconds
    assert (False, True) == (watch.over(4.0), watch.over(2.9))
    assert 107.0 == watch.until(4.0)


def test_it_ends_on_the_busiest_machine(machine: Machine) -> None:
    """Many threads may wait at once, for longer than has gone by."""
    watch = Stopwatch()
    machine.goes_on(4.0 * LONGEST, waiting=100.0)

    assert (False, True) == (watch.over(4.01), watch.over(3.99))


def test_it_can_begin_anew(machine: Machine) -> None:
    """With what was waited before forgotten."""
    watch = Stopwatch()
    machine.goes_on(6.0, waiting=5.0)
    watch.over(1.0)
    watch.restart()

    assert 110.0 == watch.until(4.0)


def test_a_deadline_goes_by_the_same_time(machine: Machine) -> None:
    """It passes when its seconds have, and can be put off."""
    deadline = Deadline(4.0)
    machine.goes_on(6.0, waiting=3.0)

    assert (False, 1.0) == (deadline.passed(), deadline.left)
    machine.goes_on(2.0)
    assert (True, False) == (deadline.passed(), deadline.passed(late=1.5))
    deadline.put_off(2.0)
    assert (False, 1.0) == (deadline.passed(), deadline.left)


def test_threads_that_want_the_processor_wait() -> None:
    """Read from this process: it never goes down while they live."""
    before = waited()
    ended = time.monotonic() + 0.05
    while time.monotonic() < ended:
        threading.Event().wait(0)

    assert waited() >= before >= 0.0
