"""The hooks that a user's conftest.py may have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["pytest_gradio_strategies"]


def pytest_gradio_strategies() -> Mapping[str, Any]:  # type: ignore[empty-body]
    """Return Hypothesis strategies for inputs of the app, by what they are for.

    A key is an event and a parameter (``greet.name``), a component's label (``Postcode``) or
    its type (``textbox``); the first of these counts. A value is a strategy, which replaces
    the harness's own, or a function that is given that one and returns another. For an event
    (``greet``) it is a strategy of dicts by parameter:

        def pytest_gradio_strategies():
            return {"Postcode": st.from_regex(r"[A-Z]{2}[0-9]{4}", fullmatch=True)}
    """
