"""What pytest-playwright's fixtures are given, so that ``page`` is already at the app.

Registered only where a target is named, and after pytest-playwright and pytest-base-url,
so that these take the place of theirs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest

from .browsers import find, launch_arguments
from .errors import HarnessError
from .subjects import session_key


@pytest.fixture(scope="session")
def base_url(request: pytest.FixtureRequest) -> str:
    """Return ``--base-url`` if given, else the app's address: ``page.goto("./")`` opens it.

    The slash at its end keeps what is below it below it, where the app is mounted at a path.
    """
    given = request.config.getoption("base_url", None)
    return str(given or f"{request.getfixturevalue('gradio_app').url}/")


@pytest.fixture(scope="session", autouse=True)
def _verify_url(request: pytest.FixtureRequest) -> None:
    """Take pytest-base-url's place: it would start the app for tests that do not need it."""


@pytest.fixture(scope="session")
def browser_type_launch_args(
    request: pytest.FixtureRequest, browser_type_launch_args: dict[str, Any]
) -> dict[str, Any]:
    """Return pytest-playwright's, with a browser that is on this machine."""
    config = request.config
    if config.getoption("browser_channel", None) or config.getoption("browser", None):
        return browser_type_launch_args
    options = config.stash[session_key].options
    try:
        ours = launch_arguments(find(options.browser or None))
    except HarnessError as error:
        raise pytest.fail.Exception(str(error), pytrace=False) from None
    return {**ours, **browser_type_launch_args}


@pytest.fixture(scope="session")
def launch_browser(
    browser_type_launch_args: dict[str, Any], launch_browser: Callable[..., Any]
) -> Callable[..., Any]:
    """Return pytest-playwright's, which says in words why a browser does not start."""
    from .drivers.browser import start

    def launched(**more: Any) -> Any:
        program = {**browser_type_launch_args, **more}.get("executable_path", "")
        try:
            return start(lambda: launch_browser(**more), str(program))
        except HarnessError as error:
            raise pytest.fail.Exception(str(error), pytrace=False) from None

    return launched


@pytest.fixture(scope="session")
def browser_context_args(
    request: pytest.FixtureRequest, browser_context_args: dict[str, Any]
) -> dict[str, Any]:
    """Return pytest-playwright's, logged in where the app asks for that."""
    app = request.getfixturevalue("gradio_app")
    if not (app.credentials and app.needs_login):
        return browser_context_args
    host = urlsplit(app.url).hostname or ""
    with app.http() as http:
        cookies = [
            {"name": c.name, "value": c.value or "", "domain": host, "path": "/"}
            for c in http.cookies.jar
        ]
    return {**browser_context_args, "storage_state": {"cookies": cookies, "origins": []}}
