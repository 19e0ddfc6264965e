"""Two apps that run side by side, each in a process of its own, and are asked the same in turns.

    with Sides(older, newer) as sides:
        sides.older.ask("greet", Asked("the page as it opens"))

One visitor at a time, each a new one. Both are asked equally often, in the same order: what an app
remembers of its visitors, it remembers on both sides.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..app import App
from ..contract import Event
from ..drivers.wire import Wire, new_session
from ..observation import Observation
from ..visit import Visit, feeding

__all__ = ["Asked", "Side", "Sides"]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a visitor does before the event: *values* by the input's position, an *example* clicked.

    *words* say so in a report.
    """

    words: str
    values: Mapping[int, Any] = field(default_factory=dict)
    example: int | None = None


class Side:
    """One running app. *words* are how a report calls it."""

    def __init__(
        self,
        words: str,
        app: App,
        *,
        driven: Callable[[Event], bool] = lambda event: True,
        timeout_seconds: float = 30.0,
    ) -> None:
        self.words, self.app, self.driven = words, app, driven
        self.wire = Wire(app, timeout_seconds=timeout_seconds)
        #: How many were made so far.
        self.calls = 0

    def event(self, name: str) -> Event | None:
        """Return the event of this label, or API name."""
        with contextlib.suppress(KeyError):
            return self.app.contract.event(name)
        return None

    def page(self, event: Event, asked: Asked) -> Visit | None:
        """Return a new visitor's page on which all is done but the event; None if it cannot be."""
        contract = self.app.contract
        wanted = feeding(contract, event)
        page = Visit(self.wire, contract, new_session(), driven=self.driven, wanted=wanted)
        page.open()
        examples = (
            contract.examples(event)[asked.example :][:1] if asked.example is not None else ()
        )
        if asked.example is not None and not (examples and page.choose(*examples[0])):
            return None
        for position, value in asked.values.items():
            if not page.set(event.inputs[position].component, value, but=event):
                return None
        return page

    def ask(self, event: Event, asked: Asked) -> list[Observation]:
        """Return what a new visitor sees who sets *event* off; [] if the page does not let one."""
        page = self.page(event, asked)
        return self._fired(page, event) if page is not None else []

    def again(self, page: Visit, event: Event) -> list[Observation]:
        """Return what another visitor sees on a page that holds what *page* does."""
        visit = Visit(self.wire, page.contract, new_session(), driven=self.driven)
        visit.values, visit.props = dict(page.values), dict(page.props)
        visit.unknown = set(page.unknown)
        return self._fired(visit, event)

    def _fired(self, page: Visit, event: Event) -> list[Observation]:
        seen = page.fire(event)
        self.calls += len(seen)
        return seen

    def close(self) -> None:
        """End it."""
        self.wire.close()
        self.app.close()


class Sides:
    """An *older* app and a *newer* one, both running, until the end."""

    def __init__(self, older: Side, newer: Side) -> None:
        self.older, self.newer = older, newer

    def close(self) -> None:
        """End both."""
        self.newer.close()
        self.older.close()

    def __enter__(self) -> Sides:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
