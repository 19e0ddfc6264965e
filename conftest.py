"""For the project's own tests: fixture apps served in this process, and pytest inside pytest.

The plugin under test comes through its entry point, as it does to every user: nothing of it
is registered here.
"""

from __future__ import annotations

import signal
import textwrap
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from gradio_harness.app import App, launch
from gradio_harness.target import parse

pytest_plugins = ["pytester"]

# A shell without job control has what it runs in the background ignore Ctrl-C, and tests press it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

APPS = Path(__file__).resolve().parent / "fixtures" / "apps"


@pytest.fixture(scope="module")
def serve() -> Iterator[Callable[..., App]]:
    """Return a function that serves a fixture app, or any target in *folder*.

    Two apps in one process get in each other's way, so the one before is closed; asked
    for the same again, it is the same app.
    """
    running: dict[tuple[str, Path], App] = {}

    def close() -> None:
        while running:
            running.popitem()[1].close()

    def served(name: str, folder: Path = APPS) -> App:
        if (name, folder) not in running:
            close()
            running[name, folder] = launch(parse(name, folder), folder=folder, timeout_seconds=60)
        return running[name, folder]

    yield served
    close()


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes Python files into a new folder, and returns the folder."""

    def written(files: Mapping[str, str] | None = None, **more: str) -> Path:
        for name, source in {**(files or {}), **more}.items():
            path = tmp_path / f"{name}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(source), encoding="utf-8")
        return tmp_path

    return written
