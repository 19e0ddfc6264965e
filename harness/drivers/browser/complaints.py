"""What a page complains of while it is open, and whom it asks for more."""

from __future__ import annotations

from urllib.parse import urlsplit

from playwright.sync_api import ConsoleMessage, Page, Request, Response
from playwright.sync_api import Error as PlaywrightError

from ...page import ConsoleError, Missing, PageError

__all__ = ["Complaints"]


class Complaints:
    """Errors, failed requests and strange hosts of *page*, whose app is at *url*."""

    def __init__(self, page: Page, url: str) -> None:
        self.url = url
        self.console: list[ConsoleError] = []
        self.uncaught: list[PageError] = []
        self.missing: dict[Missing, None] = {}
        self.failed: dict[str, None] = {}
        self.hosts: dict[str, None] = {}
        self.unreachable: dict[str, None] = {}
        page.on("console", self._on_console)
        page.on("pageerror", self._on_page_error)
        page.on("response", self._on_response)
        page.on("requestfailed", self._on_failed)
        page.on("request", self._on_request)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            place = message.location
            self.console.append(
                ConsoleError(message.text, str(place.get("url", "")), place.get("lineNumber", 0))
            )

    def _on_page_error(self, error: PlaywrightError) -> None:
        self.uncaught.append(PageError(error.name or "Error", error.message, error.stack or ""))

    def _on_response(self, response: Response) -> None:
        if response.status >= 400 and self._own(response.url):
            self.missing[Missing(response.url, response.status)] = None
        elif response.status >= 400:
            self._lacks(response.request)

    def _on_failed(self, request: Request) -> None:
        # The page itself breaks off streams, heartbeats and media it has seen enough of.
        if not self._own(request.url):
            self._lacks(request)
        elif "ERR_ABORTED" not in (request.failure or ""):
            self.failed[f"{request.url}: {request.failure}"] = None

    def _lacks(self, request: Request) -> None:
        # Gradio 4 and 5 ask for that one themselves, and do without it.
        if request.resource_type == "script" and "iframeResizer" not in request.url:
            self.unreachable[request.url] = None

    def _on_request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https", "ws", "wss") and not self._own(request.url):
            self.hosts[parts.netloc] = None

    def _own(self, url: str) -> bool:
        return urlsplit(url).netloc == urlsplit(self.url).netloc
