"""The browser's own program, started."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from playwright.sync_api import Browser as Program
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import sync_playwright

from ...browsers import find, launch_arguments
from ...errors import BrowserMissing

__all__ = ["launched", "start"]


def start(launch: Callable[[], Program], program: str) -> Program:
    """Return the browser that *launch* starts; *program* is its path, for the message.

    Raises BrowserMissing, in words, instead of Playwright's log of all that it tried.
    """
    try:
        return launch()
    except PlaywrightError as error:
        log = error.message
    own = [line.split("[err]", 1)[1].strip() for line in log.splitlines() if "[err]" in line]
    # The last line that it wrote itself says why; without one, Playwright's first does.
    reason = own[-1] if own else log.strip().partition("\n")[0]
    raise BrowserMissing(
        f"The browser did not start: {program or 'the one that Playwright chose'}: {reason}\n"
        "To see all that it says, start it yourself with --headless. For another one: "
        "--app-browser PATH. To test without pages: --app-suites api,streaming,latency"
    )


@contextlib.contextmanager
def launched(named: str = "") -> Iterator[Program]:
    """Have a browser of this machine running: the one *named*, or the one that `find` finds."""
    choice = find(named or None)
    arguments = launch_arguments(choice)
    with sync_playwright() as playwright:
        program = start(lambda: playwright.chromium.launch(**arguments), choice.executable)
        try:
            yield program
        finally:
            program.close()
