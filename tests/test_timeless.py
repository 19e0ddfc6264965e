"""How long something took is no part of an answer that is held against another's."""

from __future__ import annotations

import json

import pytest

from gradio_harness.visitors.interference import TIMED, timeless
from gradio_harness.visitors.races import SMALL


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("took 0.1s", "took 0.3s"),
        ("done in 12 ms", "done in 48 ms"),
        ("Elapsed: 0.11", "Elapsed: 0.35"),
        ("ready at 12:30:05", "ready at 12:30:07"),
        ("3 words\n0.1 seconds", "3 words\n0.4 seconds"),
        ("14.2 tok/s", "5.1 tok/s"),
        ("10/10 [00:01, 9.9it/s]", "10/10 [00:03, 3.3it/s]"),
    ],
)
def test_durations_make_no_difference(one: str, other: str) -> None:
    """A busy machine takes longer, and the app is right both times."""
    assert timeless(one) == timeless(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("balance: 45", "balance: 90"),
        ("you are number 2", "you are number 3"),
        ("a-b-c", "a-a-b"),
        ("3 items", "4 items"),
        ("45.12345 €", "90.5 €"),
    ],
)
def test_everything_else_does(one: str, other: str) -> None:
    """Sums, counts and texts are the app's."""
    assert SMALL.sub("0", timeless(one)) != SMALL.sub("0", timeless(other))


def test_a_small_number_by_itself_may_be_seconds() -> None:
    """What is left is JSON still."""
    assert [[], [0, 45.5, "0", "a\n0", 7]] == json.loads(
        SMALL.sub("0", json.dumps([[], [0.12, 45.5, "0.3", "a\n0.1", 7]]))
    )
    assert (True, True, False) == tuple(
        TIMED.fullmatch(key) is not None for key in ("elapsed", "time_taken", "total")
    )
