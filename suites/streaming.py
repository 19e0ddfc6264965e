"""Events that stream: what is shown on the way, and how it ends."""

from __future__ import annotations

from ..subjects import Judged


def late(stream: Judged) -> None:
    """The first output comes before the work is done."""
    stream.expect_none("streaming.late")


def last_value(stream: Judged) -> None:
    """The page ends with what the stream led up to."""
    stream.expect_none("streaming.last-value")


def fails_midway(stream: Judged) -> None:
    """No stream that has begun ends with an exception."""
    stream.expect_none("streaming.fails-midway")
