"""A stream read by its own page: when it shows what has come, and what it keeps.

from gradio_harness import replay_painted

replay_painted("app.py", "answer", check="streaming.late-paint")
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Iterator
from typing import Any

from .app import App, start_here
from .checks.painting import CHECKS
from .contract import Event
from .errors import CannotDrive
from .finding import Finding
from .literals import literal
from .observation import Call
from .painted import Painted
from .redact import of_running
from .reproduce import Case, described, script
from .rows import StreamRow, SuiteRow
from .run import Part
from .streams import stream_row
from .visit import Visit

__all__ = ["painted", "replay_painted"]

#: What a visitor types into a text that is empty when the page opens.
WORDS = "one two three four five six seven eight"


def painted(context: Any, app: App, stream: Event, *, browser: str = "", folder: str = "") -> Part:
    """Return what the page of a browser's *context* shows of *stream*.

    Only what two visits in a row show is told. Raises CannotDrive where no visitor's hand sets
    it off.
    """
    from .drivers.browser import Browser

    with Browser(context, app) as driver:
        case, seen = _watched(driver, app, stream)
        found = list(_judged(seen))
        visits = 1
        if found:
            visits = 2
            again = {finding.check for finding in _judged(_watched(driver, app, stream)[1])}
            found = [finding for finding in found if finding.check in again]
    words = described(app.contract, app.contract.root(stream), case)
    arguments = [literal(app.target.text), literal(stream.label)]
    more = {"browser": browser, "folder": folder}
    arguments += [f"{name}={literal(value)}" for name, value in more.items() if value]
    return Part(
        findings=tuple(
            dataclasses.replace(f, input=words, reproduce=_script([*arguments], f.check))
            for f in found
        ),
        streams=(_row(seen, words),),
        suites=(SuiteRow("streaming", cases=visits, queued_cases=visits),),
    )


def replay_painted(
    target: str, event: str, *, check: str, browser: str = "", folder: str = ""
) -> None:
    """Start *target*, have a page read the stream of *event*, and print when it showed it.

    SystemExit is raised where *check* finds something. *browser* is a path or a command; found on
    this machine as ever unless named. *folder* is as for `replay`.
    """
    from .drivers.browser import Browser, launched

    with start_here(target, app_folder=folder) as app, launched(browser) as program:
        hide = of_running(app).hide
        with Browser(program.new_context(), app) as driver:
            _, seen = _watched(driver, app, app.contract.event(event))
    for number, (given, drawn) in enumerate(zip(seen.given, seen.painted, strict=False), 1):
        print(f"output {number}: {given - seen.observation.started:.3f} s, {drawn - given:+.3f} s")
    print(f"the page last changed {seen.frames[-1].at - seen.given[-1]:.3f} s after the last one")
    told = [finding for finding in _judged(seen) if finding.check == check]
    if told:
        sys.exit(hide("\n".join(f"{finding.title}\n{finding.detail}" for finding in told)))


def _watched(driver: Any, app: App, stream: Event) -> tuple[Case, Painted]:
    """Return what a new visitor sees who has filled what is empty, and what that was."""
    root = app.contract.root(stream)
    page = Visit(driver, app.contract, "")
    filled: dict[int, Any] = {}
    for parameter in root.inputs:
        identity, value = parameter.component.id, page.values.get(parameter.component.id)
        if value == "" and parameter.component.editable:
            filled[identity] = WORDS
        elif isinstance(value, dict) and value.get("text") == "":
            filled[identity] = {**value, "text": WORDS}
    page.values |= filled
    seen = driver.watched(Call(root.label, root.index, page.inputs(root)), stream)
    if len(seen.given) < 2 or not seen.painted:
        raise CannotDrive(stream.label, "its page shows fewer than two outputs")
    return Case(filled), seen


def _judged(seen: Painted) -> Iterator[Finding]:
    for check in CHECKS:
        yield from check(seen)


def _row(seen: Painted, words: str) -> StreamRow:
    row = stream_row(seen.observation, words)
    since = (round(at - seen.observation.started, 6) for at in seen.painted)
    return dataclasses.replace(row, painted=tuple(since)[: len(row.arrivals)])


def _script(arguments: list[str], check: str) -> str:
    return script([*arguments, f"check={literal(check)}"], media=False, call="replay_painted")
