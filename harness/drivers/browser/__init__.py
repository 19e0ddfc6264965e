"""A real browser on the app's pages: what a visitor sees, and what a visitor sets off.

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**launch_arguments(find()))
        seen = visit(browser.new_context(), app, app.contract)

The only package that imports Playwright. `visit` opens a page and looks at all of it;
`Browser` sets inputs and triggers events by hand, and gives what the page itself sent and
got. On Gradio 6 a component is found by the elem_id that the harness gave it, on 4 and 5
by ``#component-N``. On the page of a Gradio 6 that we did not launch it has neither: there
it is found by label and role, or not at all.
"""

from __future__ import annotations

from collections.abc import Collection

from playwright.sync_api import BrowserContext

from ...app import App
from ...contract import Contract
from ...errors import CannotDrive
from ...page import PageVisit
from .driver import Browser
from .login import log_in
from .page import OpenPage
from .picture import picture
from .program import launched, start

__all__ = ["Browser", "CannotDrive", "launched", "start", "visit"]


def visit(
    context: BrowserContext,
    app: App,
    contract: Contract,
    page: str = "",
    *,
    withheld: Collection[int] = (),
    timeout_seconds: float = 30,
) -> PageVisit:
    """Open *page*, wait for it, look into every tab and accordion; return what was seen.

    An app that fails is something seen, never an exception. Logs in first where the app
    asks for it. The events with the indices *withheld* are not set off, whatever the page does.
    """
    log_in(context, app)
    tab = OpenPage(context, app, contract, page, withheld)
    try:
        tab.open(timeout_seconds=timeout_seconds)
        shot = picture(tab.page, page)
        drawn, absent, unsought = (
            tab.nodes.looked_over(tab.shown()) if tab.mounted else ((), (), ())
        )
        tab.settle()
        return tab.seen(shot, drawn, absent, unsought)
    finally:
        tab.close()
