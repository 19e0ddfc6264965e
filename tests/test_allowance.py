"""What each look at an event may take, where the time and the calls are those of a whole run."""

from __future__ import annotations

import pytest

from gradio_harness.allowance import LEAST, LOOKS, SECONDS, Allowance

SUITES = ("api", "streaming", "sessions", "files", "latency")


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def allowance(
    *, events: int = 1, calls: int | None = None, clock: Clock | None = None
) -> Allowance:
    return Allowance("quick", SUITES, events=events, calls=calls, clock=clock or Clock())


def test_what_takes_no_longer_than_usual_leaves_all_of_its_time_to_the_next() -> None:
    """A fast app is looked at for as long as the profile says, to the last look."""
    clock = Clock()
    allowed = allowance(clock=clock)

    shares = []
    for look, part in LOOKS.items():
        with allowed.spending(look) as share:
            clock.now += part * SECONDS["quick"]
        shares.append(round(share, 9))

    assert [1.0] * len(LOOKS) == shares


def test_what_takes_longer_leaves_less_to_all_that_follow() -> None:
    """But never so little that nothing could be found."""
    clock = Clock()
    allowed = allowance(clock=clock)
    with allowed.spending("api"):
        clock.now += 1.3 * LOOKS["api"] * SECONDS["quick"]

    some = allowed.share
    clock.now += 100
    with allowed.spending("sessions.leak"):
        clock.now += 100

    assert (True, LEAST) == (LEAST < some < 1, allowed.share)


def test_only_the_chosen_suites_count() -> None:
    """The time of those that do not run is nobody's."""
    clock = Clock()
    allowed = Allowance("quick", ("api",), events=1, calls=None, clock=clock)
    with allowed.spending("api"):
        clock.now += SECONDS["quick"]

    assert LEAST == allowed.share


@pytest.mark.parametrize(
    ("suites", "shared"),
    [(SUITES, (9, 4, 2, 1)), (("api", "latency"), (14, 2)), (("api",), (16,))],
    ids=["all", "two", "one"],
)
def test_the_calls_of_an_event_are_divided_among_the_suites(
    suites: tuple[str, ...], shared: tuple[int, ...]
) -> None:
    """Each leaves some to those that come later; together they make no more than is allowed."""
    allowed = Allowance("quick", suites, events=2, calls=16)

    made = []
    for suite in allowed.suites:
        made.append(allowed.left("greet", suite))
        allowed.made["greet"] += made[-1] or 0

    assert (list(shared), 0, 16) == (made, allowed.left("greet"), allowed.left("other"))


def test_calls_that_were_not_made_are_left_to_those_that_come_later() -> None:
    """An event that needs few inputs is visited the more often."""
    allowed = allowance(calls=16)
    allowed.made["greet"] += 1

    assert 8 == allowed.left("greet", "sessions")


def test_without_a_cap_there_is_none() -> None:
    """For any suite."""
    assert (None, None) == (allowance().left("greet"), allowance().left("greet", "sessions"))
