"""How long each event takes, whether that is within its budget, and what it depends on."""

from __future__ import annotations

from ..subjects import Timed


def budget(timed: Timed) -> None:
    """The event is as fast as its author asks in the ini file under ``app_latency``."""
    timed.expect_within_budget()


def call_number(timed: Timed) -> None:
    """No call takes longer for being the tenth, or later than others."""
    timed.expect_none("latency.call-number")


def held_up(shaped: Timed) -> None:
    """While the event works, the app answers other visitors."""
    shaped.expect_none("latency.held-up")


def size(shaped: Timed) -> None:
    """Twice as much input does not take four times as long."""
    shaped.expect_none("latency.size")
