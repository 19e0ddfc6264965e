"""Lines to paste for what a forged request does: a visitor before and after it, or meanwhile.

forge("app.py", "square", ["no number"])
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Container, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from .app import App, start_here
from .checks.forged import Forged, out_of_contract, received
from .contract import Event
from .drivers.wire import Wire, new_session
from .observation import Call, Observation
from .plan import plan
from .redact import of_running
from .reproduce import Case, enter, line_of
from .visit import Visit, feeding

__all__ = ["forge"]

#: A visitor's call is on its way by then.
MEETING_SECONDS = 0.03


def forge(
    target: str,
    event: str,
    data: Sequence[Any],
    *,
    event_data: Any = None,
    visitor: Sequence[Any] = (),
    example: tuple[str, int] | None = None,
    before: str = "",
    meanwhile: bool = False,
    folder: str = "",
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
) -> list[Observation]:
    """Start *target*, send *data* for *event* as no page does, and show who notices.

    A visitor sends what the page sends for the event (or for *before*, at the head of its
    chain) twice before and twice after; *visitor* and *example* say what, as ``inputs`` and
    ``example`` of `replay` do. *meanwhile*, the visitor waits for an answer while it is sent, and
    that one is judged. *folder*, *include* and *exclude* are as there. What comes is
    printed. SystemExit is raised where the forged request is not answered or its answer shows
    the app's inside, and where the visitor is answered in another way after it.
    """
    with start_here(target, app_folder=folder) as app, Wire(app) as wire:
        driven = plan(app.contract, include=include, exclude=exclude).driven
        wanted = app.contract.event(before or event)
        given = zip(wanted.inputs, visitor, strict=False)
        values = {parameter.component.id: value for parameter, value in given if value is not ...}
        onlooker = _Onlooker(app, wire, driven, wanted, Case(values, example))
        there = app.contract.event(event)
        call = Call(there.label, there.index, tuple(data), new_session(), event_data)
        return onlooker.watch(call, there, meanwhile=meanwhile)


class _Onlooker:
    """A visitor who does the same before and after a forged request, and while it is sent."""

    def __init__(
        self, app: App, wire: Wire, driven: Container[int], event: Event, case: Case
    ) -> None:
        self.app, self.wire, self.driven = app, wire, driven
        self.event, self.case = event, case
        self.secrets = of_running(app)
        self.seen: list[Observation] = []

    def watch(self, call: Call, event: Event, *, meanwhile: bool) -> list[Observation]:
        """Return what came; SystemExit is raised where *call* of *event* did harm."""
        first, again = self._visited(), self._visited()
        valid = "\0".join(text for one in self.seen for text in received(one))
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(self._visited) if meanwhile else None
            time.sleep(MEETING_SECONDS if meanwhile else 0)
            forged = self.wire.call(call)
            met = waiting.result() if waiting is not None else first
        self.seen.append(forged)
        print(self.secrets.hide(f"forged: {line_of(forged)}"))
        self._judge(forged, event, valid)
        if first == again != met:
            sys.exit("the visitor who waited is answered in another way by the forged request")
        if first == again and first not in (self._visited(), self._visited()):
            sys.exit("the visitor is answered in another way since the forged request")
        return self.seen

    def _judge(self, forged: Observation, event: Event, valid: str) -> None:
        hide = self.secrets.hide
        if forged.error is not None and forged.error.kind in ("timeout", "transport"):
            sys.exit(hide(f"no answer: {forged.error.message}"))
        folder = str(self.app.folder)
        judged = Forged(forged, event, "", valid, self.secrets.values, folder=folder)
        if shown := out_of_contract(judged):
            sys.exit(hide(f"{shown[0].title}\n{shown[0].detail}"))

    def _visited(self) -> str:
        """Do what the visitor does, print what came, and return it."""
        visit = Visit(
            self.wire,
            self.app.contract,
            new_session(),
            driven=lambda other: other.index in self.driven,
            wanted=feeding(self.app.contract, self.event),
        )
        enter(visit, self.event, self.case)
        self.seen += visit.seen
        for observation in visit.seen:
            print(self.secrets.hide(line_of(observation)))
        return json.dumps([(o.call.event, o.outputs, str(o.error)) for o in visit.seen])
