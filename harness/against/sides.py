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
from ..contract import Component, Event
from ..drivers.wire import Wire, new_session
from ..latency.look import Spent
from ..observation import Call, Observation
from ..visit import Visit, feeding

__all__ = ["Asked", "Purse", "Side", "Sides"]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a visitor does before the event: *values* by the input's position, an *example* clicked.

    *words* say so in a report.
    """

    words: str
    values: Mapping[int, Any] = field(default_factory=dict)
    example: int | None = None


@dataclass(slots=True)
class Purse:
    """The calls that were *made*, and how many there may be (*limit*, None: no cap)."""

    limit: int | None = None
    made: int = 0

    def pay(self) -> None:
        """Count one call. Raises Spent where there is none left."""
        if self.limit is not None and self.made >= self.limit:
            raise Spent("the calls of --app-calls ran out")
        self.made += 1


class Side:
    """One running app. *words* are how a report calls it; *purse* pays for each call."""

    def __init__(
        self,
        words: str,
        app: App,
        *,
        driven: Callable[[Event], bool] = lambda event: True,
        timeout_seconds: float = 30.0,
        purse: Purse | None = None,
    ) -> None:
        self.words, self.app, self.driven = words, app, driven
        self.wire = Wire(app, timeout_seconds=timeout_seconds)
        self.purse = purse or Purse()

    @property
    def watched(self) -> bool:
        """Whether it is seen from inside, as what the harness has started."""
        return self.app.probe is not None or self.app.evidence_source is not None

    def event(self, name: str) -> Event | None:
        """Return the event of this label, or API name."""
        with contextlib.suppress(KeyError):
            return self.app.contract.event(name)
        return None

    def page(self, event: Event, asked: Asked) -> Visit | None:
        """Return a new visitor's page on which all is done but the event; None if it cannot be."""
        contract = self.app.contract
        wanted = feeding(contract, event)
        page = Visit(self, contract, new_session(), driven=self.driven, wanted=wanted)
        page.open()
        examples = (
            contract.examples(event)[asked.example :][:1] if asked.example is not None else ()
        )
        if asked.example is not None and not (examples and page.choose(*examples[0])):
            return None
        for position, value in asked.values.items():
            component = event.inputs[position].component
            if not _offers(page, component, value) or not page.set(component, value, but=event):
                return None
        return page

    def ask(self, event: Event, asked: Asked) -> list[Observation]:
        """Return what a new visitor sees who sets *event* off; [] if the page does not let one."""
        page = self.page(event, asked)
        return page.fire(event) if page is not None else []

    def again(self, page: Visit, event: Event) -> list[Observation]:
        """Return what another visitor sees on a page that holds what *page* does."""
        visit = Visit(self, page.contract, new_session(), driven=self.driven)
        visit.values, visit.props = dict(page.values), dict(page.props)
        visit.unknown = set(page.unknown)
        return visit.fire(event)

    def call(self, call: Call, *, timeout_seconds: float | None = None) -> Observation:
        """Return what came of it, as any driver does. Raises Spent where there is none left."""
        self.purse.pay()
        return self.wire.call(call, timeout_seconds=timeout_seconds)

    def close(self) -> None:
        """End it."""
        self.wire.close()
        self.app.close()


class Sides:
    """An *older* app and a *newer* one, both running, until the end."""

    def __init__(self, older: Side, newer: Side) -> None:
        self.older, self.newer = older, newer

    @property
    def alike(self) -> bool:
        """Whether both run on this machine, and both watched or neither."""
        here = all(side.app.target.loopback for side in (self.older, self.newer))
        return here and self.older.watched == self.newer.watched

    def close(self) -> None:
        """End both."""
        self.newer.close()
        self.older.close()

    def __enter__(self) -> Sides:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _offers(page: Visit, component: Component, value: Any) -> bool:
    """Whether the page has *value* among its choices: one of the two apps may have more of them."""
    props = page.shown(component)
    if value is None or "choices" not in props or props.get("allow_custom_value"):
        return True
    known = [c[1] if isinstance(c, list | tuple) else c for c in props["choices"] or ()]
    return all(one in known for one in (value if isinstance(value, list) else [value]))
