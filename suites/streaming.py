"""Events that stream: what is shown on the way, and how it ends."""

from __future__ import annotations

from ..subjects import Judged, Visited, Watched


def late(stream: Judged) -> None:
    """The first output comes before the work is done."""
    stream.expect_none("streaming.late")


def last_value(stream: Judged) -> None:
    """The page ends with what the stream led up to."""
    stream.expect_none("streaming.last-value")


def fails_midway(stream: Judged) -> None:
    """No stream that has begun ends with an exception."""
    stream.expect_none("streaming.fails-midway")


def lost(stream: Judged) -> None:
    """Every output arrives as it was yielded, in order, and none after the end."""
    stream.expect_none("streaming.lost")


def empty(stream: Judged) -> None:
    """A visitor who asks for something is shown something."""
    stream.expect_none("streaming.empty")


def backwards(stream: Judged) -> None:
    """What was read of a text stays."""
    stream.expect_none("streaming.backwards")


def stall(stream: Judged) -> None:
    """A stream that flows keeps flowing."""
    stream.expect_none("streaming.stall")


def goes_on(visited: Visited) -> None:
    """Nothing works on for a visitor who has left."""
    visited.expect_none("streaming.goes-on")


def blocks_next(visited: Visited) -> None:
    """Who leaves a stream makes room for the next one."""
    visited.expect_none("streaming.blocks-next")


def mixed(visited: Visited) -> None:
    """A visitor reads its own stream, whoever reads one at the same time."""
    visited.expect_none("streaming.mixed")


def late_paint(watched: Watched) -> None:
    """The page shows what has come, as soon as it has come."""
    watched.expect_none("streaming.late-paint")


def taken_back(watched: Watched) -> None:
    """What a stream has shown before it fails stays on the page."""
    watched.expect_none("streaming.taken-back")
