"""Files and paths: nobody reads or writes what is not theirs."""

from __future__ import annotations

from ..subjects import Open, Visited


def path_read(visited: Visited) -> None:
    """No visitor has a file read by its path that is not for visitors."""
    visited.expect_none("files.path-read")


def path_write(visited: Visited) -> None:
    """No visitor has a file written outside the app's own folders."""
    visited.expect_none("files.path-write")


def fetches(visited: Visited) -> None:
    """The app fetches no address of its own machine because a visitor gave it."""
    visited.expect_none("files.fetches")


def round_trip(visited: Visited) -> None:
    """What hands plain files through whole does so with any file."""
    visited.expect_none("files.round-trip")


def kind(visited: Visited) -> None:
    """A file that comes back is what its name says, and what the visitor chose."""
    visited.expect_none("files.kind")


def exposed(open_routes: Open) -> None:
    """No route gives a file that is not for visitors."""
    open_routes.expect_none()
