"""Files of an answer are fetched within the time that there is for them."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any, cast

import httpx

from gradio_harness.app import App
from gradio_harness.checks.outcome import Seen
from gradio_harness.downloads import Downloads


def fetched(until: float) -> list[str]:
    """Return the paths that were asked for where two more are wanted, the time over at *until*."""
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return httpx.Response(404)

    def http(timeout_seconds: float) -> httpx.Client:
        return httpx.Client(transport=httpx.MockTransport(answer))

    contract = SimpleNamespace(prefix="/gradio_api")
    app: Any = SimpleNamespace(url="http://app", contract=contract, http=http)
    with Downloads(cast(App, app)) as downloads:
        downloads.until = until
        for path in ("a.png", "b.png"):
            downloads._fetched("file", path, cast(Seen, None))
    return asked


def test_nothing_is_fetched_once_the_time_is_over() -> None:
    """What was not fetched is not judged."""
    assert [] == fetched(time.monotonic() - 1)
    assert ["/gradio_api/file=a.png", "/gradio_api/file=b.png"] == fetched(time.monotonic() + 60)
