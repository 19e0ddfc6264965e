"""Values drawn past Hypothesis' engine, and made smaller by it."""

from __future__ import annotations

import pytest
from hypothesis import strategies as st

from gradio_harness.exploring.draws import Draws

WORDS = st.lists(st.sampled_from(["red", "green", "blue"]), max_size=8)


def test_the_same_seed_draws_the_same_values() -> None:
    """And another seed others."""
    first, again, other = (
        [drawn.value for drawn in (draws.draw() for _ in range(20)) if drawn]
        for draws in (Draws(WORDS, seed=1), Draws(WORDS, seed=1), Draws(WORDS, seed=2))
    )

    assert (True, False) == (first == again, first == other)


def test_what_fails_is_made_as_small_as_it_can_be() -> None:
    """From the value that failed: none other is drawn."""
    draws = Draws(WORDS, seed=1)
    drawn = next(d for d in iter(draws.draw, None) if d.value.count("blue") > 2)
    asked: list[list[str]] = []

    def fails(words: list[str]) -> bool:
        asked.append(words)
        return words.count("blue") > 1

    draws.smaller(drawn, fails)

    failing = [words for words in asked if words.count("blue") > 1]
    assert (drawn.value, ["blue", "blue"]) == (asked[0], min(failing, key=len))


def test_what_fails_no_more_is_asked_of_once() -> None:
    """A defect that comes and goes is no error of Hypothesis."""
    draws = Draws(st.integers(), seed=1)
    drawn = draws.draw()
    assert drawn is not None
    asked: list[int] = []

    draws.smaller(drawn, lambda number: bool(asked.append(number)))

    assert [drawn.value] == asked


def test_what_the_question_raises_ends_it() -> None:
    """Time and calls run out while values are made smaller."""

    class Over(BaseException):
        pass

    draws = Draws(st.integers(), seed=1)
    drawn = draws.draw()
    assert drawn is not None

    def fails(number: int) -> bool:
        raise Over

    with pytest.raises(Over):
        draws.smaller(drawn, fails)


def test_what_a_filter_refuses_is_no_value() -> None:
    """It is told apart from a drawn None."""
    draws = Draws(st.integers().filter(lambda number: False), seed=1)

    assert draws.draw() is None
