"""What options and fixtures say where no app is named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

WORDS = (
    "No app is named. Type pytest --app app.py, or put app = app.py into the pytest section "
    "of your ini file."
)


def check(config: pytest.Config) -> None:
    """Raise pytest.UsageError (exit code 4) where an option was typed that is about an app."""
    if config.getoption("help"):
        return  # the words after --help are not read
    words = map(str, config.invocation_params.args)
    typed = next((word for word in words if word.startswith("--app")), "")
    if typed and not hasattr(config, "workerinput"):
        raise pytest.UsageError(f"{typed.partition('=')[0]}: {WORDS}")


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


@pytest.fixture
def gradio_replay(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Return what a test of a report's `replays` calls: it fails where the defect is seen."""

    def again(target: str, words: str, *, home: Path) -> None:
        from .errors import HarnessError
        from .redact import known
        from .replays import located, rerun, told_again
        from .target import parse

        try:
            target, folder = located(target, home, request.config.invocation_params.dir)
            hide = known(target, source=parse(target, folder).path).hide
            seen = hide(rerun(request.path, target, folder=folder))
        except HarnessError as error:
            raise pytest.fail.Exception(f"{words}\n\n{error}", pytrace=False) from None
        if seen:
            pytest.fail(told_again(words, seen), pytrace=False)

    return again
