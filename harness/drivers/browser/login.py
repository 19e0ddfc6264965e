"""A browser context let into an app that asks for headers or a login."""

from __future__ import annotations

import contextlib
import re
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Route
from playwright.sync_api import Error as PlaywrightError

from ...app import App

__all__ = ["log_in"]

#: What is read while it is written; the answer to anything else is read whole first.
STREAMS = re.compile(r"/(queue/data|heartbeat/[^/]+)$")


def log_in(context: BrowserContext, app: App) -> None:
    """Let *context* into the app: with the headers that it needs, and its first user's cookie."""
    if app.headers:
        own = urlsplit(app.url).netloc
        context.route(lambda url: urlsplit(url).netloc == own, lambda route: _with(route, app))
    if app.credentials and app.needs_login:
        who, door = app.credentials[0], app.door
        said = door.body(who.user, who.password)
        context.request.post(
            f"{app.origin}{door.path}",
            form=said.get("data"),
            data=said.get("json"),
            headers=dict(app.headers),
        )


def _with(route: Route, app: App) -> None:
    """Send a request of the page to *app* with its headers."""
    headers = {**route.request.headers, **app.headers}
    try:
        if STREAMS.search(urlsplit(route.request.url).path):
            route.continue_(headers=headers)
        else:  # a redirect goes back to the page: `continue_` would take the headers along
            route.fulfill(response=route.fetch(headers=headers, max_redirects=0))
    except PlaywrightError:
        with contextlib.suppress(PlaywrightError):
            route.abort()
