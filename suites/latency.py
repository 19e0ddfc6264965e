"""How long each event takes, one visitor at a time, and whether that is within its budget."""

from __future__ import annotations

from ..subjects import Timed


def budget(timed: Timed) -> None:
    """The event is as fast as its author asks in the ini file under ``app_latency``."""
    timed.expect_within_budget()
