"""The app held against what it was: a baseline, another commit, another Gradio, another app."""

from __future__ import annotations

from ..subjects import Answered, Compared, Paced


def contract(compared: Compared) -> None:
    """Who called the older app may call this one as before."""
    compared.expect_unbroken()


def output(answered: Answered) -> None:
    """The same input is answered as it was."""
    answered.expect_none("regression.output")


def stream(answered: Answered) -> None:
    """As many outputs come on the way as came."""
    answered.expect_none("regression.stream")


def latency(paced: Paced) -> None:
    """The event takes no longer than it did."""
    paced.expect_none_slower()
