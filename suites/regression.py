"""The app held against what it was: a baseline, another commit, another Gradio, another app."""

from __future__ import annotations

from ..subjects import Compared


def contract(compared: Compared) -> None:
    """Who called the older app may call this one as before."""
    compared.expect_unbroken()
