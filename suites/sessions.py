"""Several visitors at once, or one for long: nobody's data goes astray, nothing wears out."""

from __future__ import annotations

from ..subjects import Visited


def leak(visited: Visited) -> None:
    """Nothing that one visitor sent reaches another."""
    visited.expect_none("sessions.leak")


def race(visited: Visited) -> None:
    """Visitors at the same time get what they would get one after another."""
    visited.expect_none("sessions.race")


def concurrency_limit(visited: Visited) -> None:
    """As many calls run at once as the author allows."""
    visited.expect_none("sessions.concurrency-limit")


def order(visited: Visited) -> None:
    """What one visitor did before on the page breaks nothing."""
    visited.expect_none("sessions.order")


def growth(visited: Visited) -> None:
    """No call leaves something behind for as long as the app runs."""
    visited.expect_none("sessions.growth")


def fixed_cost(visited: Visited) -> None:
    """No call does again what could have been done once."""
    visited.expect_none("sessions.fixed-cost")
