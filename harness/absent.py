"""What the fixtures say where no app is named."""

from __future__ import annotations

from typing import NoReturn

import pytest

WORDS = (
    "No app is named. Type pytest --app app.py, or put app = app.py into the pytest section "
    "of your ini file."
)


def _absent() -> NoReturn:
    pytest.fail(WORDS, pytrace=False)


@pytest.fixture
def gradio_app() -> None:
    """Say how to name an app."""
    _absent()


@pytest.fixture
def gradio_events() -> None:
    """Say how to name an app."""
    _absent()


@pytest.fixture
def gradio_wire() -> None:
    """Say how to name an app."""
    _absent()


@pytest.fixture
def gradio_api() -> None:
    """Say how to name an app."""
    _absent()
