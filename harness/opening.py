"""A page opened as a visitor opens it, and opened again to show what was seen there.

from gradio_harness import replay_page

replay_page("app.py", "/", check="ui.console-error")
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from typing import Any

from .app import App, start_here
from .checks.page import CHECKS
from .finding import Finding
from .literals import literal
from .page import PageVisit
from .plan import Plan, plan
from .redact import of_running
from .reproduce import run_as, script

__all__ = ["alike", "opened", "page_snippet", "replay_page"]

#: What differs from one opening to the next: ports, seconds, parts of generated names.
PASSING = re.compile(r"\b(?=\w*\d)[0-9a-f]{6,}\b|\d+(\.\d+)?")


def opened(context: Any, app: App, chosen: Plan, path: str) -> PageVisit:
    """Open the page at *path* in a browser's *context* with nothing set off that is left out."""
    from .drivers.browser import visit

    left_out = {event.index for event in app.contract.events} - chosen.driven
    return visit(context, app, app.contract, path.strip("/"), withheld=left_out)


def replay_page(
    target: str,
    page: str = "/",
    *,
    check: str,
    title: str = "",
    browser: str = "",
    folder: str = "",
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
) -> PageVisit:
    """Start *target*, open its *page* in a browser, and return what was seen of it.

    SystemExit is raised where *check* finds something, of this *title* if one is given; numbers in
    it may differ. *browser* is a path or a command; found on this machine as ever unless named.
    The rest is as for `replay`.
    """
    from .drivers.browser import launched

    with start_here(target, app_folder=folder) as app, launched(browser) as program:
        chosen = plan(app.contract, include=include, exclude=exclude)
        hide = of_running(app).hide
        seen = opened(program.new_context(), app, chosen, page)
    print(hide(f"{seen.url}: HTTP {seen.status}, {seen.seconds:.1f} s"))
    judges = (judge for judge in CHECKS if judge.name == check)
    found = [finding for judge in judges for finding in judge(seen)]
    told = [f for f in found if not title or alike(hide(f.title), title)]
    if told:
        sys.exit(hide("\n\n".join(f"{f.title}\n{f.detail}".strip() for f in told)))
    return seen


def page_snippet(
    target: str,
    page: str,
    finding: Finding,
    *,
    chosen: Plan | None = None,
    folder: str = "",
    browser: str = "",
) -> str:
    """Return a shell command that opens the page again and shows *finding*."""
    arguments = [literal(target), literal(page), f"check={literal(finding.check)}"]
    arguments.append(f"title={literal(finding.title)}")
    arguments += [f"browser={literal(browser)}"] if browser else []
    arguments += run_as(folder, chosen)
    return script(arguments, media=False, call="replay_page")


def alike(title: str, other: str) -> bool:
    """Whether two openings of a page may have worded one defect in these two ways."""
    return PASSING.sub("0", title) == PASSING.sub("0", other)
