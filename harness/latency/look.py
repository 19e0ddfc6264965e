"""One event while it is looked at what its time depends on: a page, and what may be spent."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from ..app import App
from ..clues import Clues
from ..contract import Component, Event
from ..drivers.wire import Wire
from ..errors import HarnessError
from ..observation import Observation
from ..stopwatch import Deadline
from ..visit import Visit
from .measure import visitor

__all__ = ["Look", "Spent"]

NO_CLUES = Clues()


class Spent(HarnessError):
    """The calls or the seconds of a look are used up; the message says which."""


@dataclass(slots=True)
class Look:
    """An event on a *page* that holds what its visitors find there.

    It is over when *deadline* has passed, and *calls* (None: no cap) are what may still be made;
    *made* are those that were, each counted (`pay`) before it is made. *seed* is that of what is
    sent. *beside* are looks at other events, which are quick.
    """

    app: App
    wire: Wire
    page: Visit
    event: Event
    deadline: Deadline
    calls: int | None = None
    clues: Mapping[int, Clues] | None = None
    seed: int = 0
    noted: Callable[[], AbstractContextManager[None]] = contextlib.nullcontext
    beside: Sequence[Look] = ()
    made: int = 0

    @property
    def folder(self) -> str:
        """Where the app runs."""
        return str(self.app.folder)

    @property
    def chain(self) -> list[Event]:
        """The event and what follows from it, as far as it may be called."""
        page = self.page
        return [e for e in page.contract.chain(self.event) if e.backend and page.driven(e)]

    def clue(self, component: Component) -> Clues:
        """What is known of the field beside its own properties."""
        return (self.clues or {}).get(component.id, NO_CLUES)

    def pay(self, visitors: int = 1) -> None:
        """Count the calls of so many visitors. Raises Spent where there is nothing left."""
        cost = visitors * len(self.chain)
        if self.deadline.passed():
            raise Spent("the time ran out")
        if self.calls is not None and cost > self.calls - self.made:
            raise Spent("the calls of --app-calls ran out")
        self.made += cost

    def set_off(self, values: Mapping[int, Any] | None = None) -> list[Observation]:
        """Return what a new visitor sees who fills in *values* and sets the event off."""
        one = visitor(self.page, {member.index for member in self.chain})
        one.values |= values or {}
        try:
            return one.fire(self.event)
        finally:
            self.wire.forget(one.session)
