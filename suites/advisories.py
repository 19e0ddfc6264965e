"""What is published about the Gradio on which the app runs, and what of it the app shows."""

from __future__ import annotations

from ..subjects import Published


def shown(published: Published) -> None:
    """No probe goes through a hole that is published about the app's Gradio."""
    published.expect_none("advisories.shown")


def version(published: Published) -> None:
    """Nothing is published about the app's Gradio that a later release mends."""
    published.expect_none("advisories.version")
