"""One page of the app, open in a tab of the browser."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import partial
from typing import Any

from playwright.sync_api import BrowserContext, Page
from playwright.sync_api import Error as PlaywrightError

from ...app import App
from ...contract import LAYOUT, Component, Contract, Event
from ...observation import Observation
from ...page import EmptyPart, PageVisit
from ...rows import Screenshot
from ..traffic import RECORDER, Exchange, Traffic, withholding
from .complaints import Complaints
from .layout import Layout, node_id
from .nodes import Nodes, evaluated
from .picture import HEIGHT, TALL, WIDTH

__all__ = ["SEND_SECONDS", "OpenPage"]

QUIET_SECONDS = 0.25
#: How long a load event may run on (a clock, a feed) once it has shown something.
ENDLESS_SECONDS = 5.0
#: How long a mounted page may take to fetch and draw what it shows at first.
DRAW_SECONDS = 2.0
#: How long the page may take to send an event that it was made to set off.
SEND_SECONDS = 6.0

MOUNTED = """ids => {
  const app = document.querySelector(".gradio-container");
  if (!app) return false;
  return ids.some(id => document.getElementById(id)) ||
    !!app.querySelector(".contain > *, main > *");
}"""

LAYOUT_OF_PAGE = "() => (window.gradio_config || {}).layout || null"
DEPENDENCIES = "() => ((window.gradio_config || {}).dependencies || []).map(d => d.id)"


class OpenPage:
    """One page of the app in a tab of the browser, with all that it says and does."""

    def __init__(
        self,
        context: BrowserContext,
        app: App,
        contract: Contract,
        path: str,
        withheld: Collection[int] = (),
    ) -> None:
        self.app, self.contract, self.path = app, contract, path
        self.withheld = frozenset(withheld)
        self._kept_back: tuple[Event, ...] = ()
        self.url = f"{app.url}/{path}".rstrip("/") + ("" if path else "/")
        self.page: Page = context.new_page()
        self.page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
        self.page.add_init_script(withholding(self.withheld) + RECORDER)
        self.status, self.seconds, self.mounted = 0, 0.0, False
        self.held: dict[int, Any] = {}
        self.complaints = Complaints(self.page, app.url)
        self.page.on("dialog", lambda dialog: dialog.dismiss())

    # -- opening -----------------------------------------------------------------

    def open(self, *, timeout_seconds: float = 30) -> None:
        """Load the page (again) and wait until Gradio has mounted and load events ended."""
        begun = time.monotonic()
        limit = begun + timeout_seconds
        try:
            answer = self.page.goto(
                self.url, wait_until="domcontentloaded", timeout=timeout_seconds * 1000
            )
            self.status = answer.status if answer else 0
        except PlaywrightError as error:
            self.complaints.failed[f"{self.url}: {error.message.splitlines()[0]}"] = None
            self.seconds = time.monotonic() - begun
            self._begin()
            return
        self._begin()
        self._wait_for_mount(limit)
        if self.mounted:
            self._wait_for_load_events(limit)
            self._wait_for_drawing(min(limit, time.monotonic() + DRAW_SECONDS))
        self.seconds = time.monotonic() - begun
        self.held = {c.id: c.value for c in self.contract.components.values()}
        self._forget_outputs(self.traffic.exchanges)

    def close(self) -> None:
        """Close the tab."""
        with contextlib.suppress(PlaywrightError):
            self.page.close()

    def _begin(self) -> None:
        """Look at the page that is there now."""
        evaluate = partial(evaluated, self.page)
        self.traffic = Traffic(evaluate, time.monotonic)
        self.layout = Layout.of(self.contract, evaluate(LAYOUT_OF_PAGE))
        self.nodes = Nodes(self.page, self.layout)

    def _wait_for_mount(self, limit: float) -> None:
        ids = [node_id(component) for component in self.layout.components]
        while not self.mounted and time.monotonic() < limit:
            self.mounted = bool(evaluated(self.page, MOUNTED, ids))
            if not self.mounted:
                self.pause(0.05)

    def _wait_for_load_events(self, limit: float) -> None:
        here = evaluated(self.page, DEPENDENCIES) or [e.index for e in self.contract.events]
        loads = [e for e in self.contract.events if e.index in here and _loads(e)]
        self._kept_back = tuple(e for e in loads if e.index in self.withheld)
        expected = {e.index for e in loads} - self.withheld
        mounted = time.monotonic()
        quiet_since = mounted
        while time.monotonic() < limit:
            exchanges = self.traffic.read()
            now = time.monotonic()
            sent = {exchange.index for exchange in exchanges}
            begun = expected <= sent or now - mounted > SEND_SECONDS
            if any(self._goes_on(e, expected, now) for e in exchanges) or not begun:
                quiet_since = now
            elif now - quiet_since > QUIET_SECONDS:
                return
            self.pause(0.03)

    def _wait_for_drawing(self, limit: float) -> None:
        """Wait until what shows at first is there; Gradio fetches each kind as it is needed."""
        sought = self.nodes.in_sight()
        tall = -1
        while time.monotonic() < limit:
            before, tall = tall, evaluated(self.page, TALL)
            states = self.nodes.states(sought)
            if tall == before and states is not None and "" not in states:
                return
            self.pause(0.05)

    def _goes_on(self, exchange: Exchange, expected: set[int], now: float) -> bool:
        """Whether to wait for it: a ticking timer is not waited for, nor a clock without end."""
        if exchange.done:
            return False
        event = self.contract.by_index(exchange.index)
        if event is not None and all(t.event == "tick" for t in event.triggers) and event.triggers:
            return False
        spoke = any(message.kind == "process_generating" for message in exchange.messages)
        return not (spoke and now - exchange.started > ENDLESS_SECONDS)

    def settle(self, *, seconds: float = QUIET_SECONDS, timeout_seconds: float = 10) -> None:
        """Wait until nothing that the page sent is on its way any more."""
        limit = time.monotonic() + timeout_seconds
        quiet_since = time.monotonic()
        while time.monotonic() < limit:
            exchanges = self.traffic.read()
            now = time.monotonic()
            if any(self._goes_on(e, set(), now) for e in exchanges):
                quiet_since = now
            elif now - quiet_since >= seconds:
                return
            self.pause(0.02)

    def pause(self, seconds: float) -> None:
        """Let the page go on; Playwright's own events arrive meanwhile."""
        self.page.wait_for_timeout(seconds * 1000)

    # -- what was seen -----------------------------------------------------------

    def seen(
        self,
        shot: Screenshot | None,
        drawn: Sequence[Component],
        absent: Sequence[Component],
        unsought: Sequence[Component],
    ) -> PageVisit:
        """Return everything seen so far."""
        observations = tuple(e.observation(self.app) for e in self.traffic.read())
        return PageVisit(
            page=self.path,
            url=self.url,
            status=self.status,
            seconds=self.seconds,
            title=str(evaluated(self.page, "() => document.title") or ""),
            mounted=self.mounted,
            console_errors=tuple(self.complaints.console),
            page_errors=tuple(self.complaints.uncaught),
            missing=tuple(self.complaints.missing),
            failed=tuple(self.complaints.failed),
            external=tuple(self.complaints.hosts),
            unreachable=tuple(self.complaints.unreachable),
            rendered=tuple(drawn),
            absent=tuple(absent),
            unsought=tuple(unsought),
            withheld=self._kept_back,
            observations=observations,
            empty=tuple(self._empty_parts(observations)),
            screenshot=shot,
            folder=str(self.app.folder),
        )

    def shown(self) -> Iterator[Component]:
        """Yield what ought to be drawn: no event has made it, or what it lies in, invisible."""
        gone = {i for e in self.traffic.read() for i in _made_invisible(e, self.contract)}
        for component in self.layout.components:
            if not gone & {component.id, *self.layout.ancestors(component.id)}:
                yield component

    def _empty_parts(self, observations: Iterable[Observation]) -> Iterator[EmptyPart]:
        """Yield what a failed load event left empty. `gr.Error` told the visitor why."""
        for observation in observations:
            event = self.contract.by_index(observation.call.index)
            error = observation.error
            if event is None or error is None or error.kind != "unexpected":
                continue
            if event.renders:
                yield EmptyPart("the part that gr.render draws", observation)
            elif _loads(event) and event.outputs:
                outputs = [c for c in event.outputs if c.visible and c.type not in LAYOUT]
                if outputs and all(c.value in (None, "", [], {}) for c in outputs):
                    yield EmptyPart(", ".join(c.label for c in outputs), observation)

    # -- what the page holds -----------------------------------------------------

    def holds(self, component: Component, value: Any) -> bool:
        """Whether the page is known to hold *value* there already."""
        if component.id not in self.held:
            return False
        return _same(self.held[component.id], value)

    def _forget_outputs(self, exchanges: Iterable[Exchange]) -> None:
        """Leave out of `held` what an event has written since."""
        for exchange in exchanges:
            event = self.contract.by_index(exchange.index)
            for component in event.outputs if event else ():
                self.held.pop(component.id, None)

    def took_place(self, since: int) -> None:
        """Take note of what the exchanges from number *since* on have changed."""
        self._forget_outputs(self.traffic.exchanges[since:])


def _same(held: Any, value: Any) -> bool:
    """Whether two values are one to a visitor: nothing is shown for None, "" and []."""
    if held in (None, "", [], {}) and value in (None, "", [], {}):
        return True
    return type(held) is type(value) and bool(held == value)


def _loads(event: Event) -> bool:
    """Whether opening the page sets it off, over the wire and as a link of no chain."""
    opened = any(trigger.event == "load" for trigger in event.triggers)
    return opened and event.backend and event.after is None


def _made_invisible(exchange: Exchange, contract: Contract) -> Iterator[int]:
    """Yield the components that the answer told the page to hide."""
    event = contract.by_index(exchange.index)
    for message in exchange.messages if event else ():
        data = (message.data.get("output") or {}).get("data") or ()
        for component, value in zip(event.outputs if event else (), data, strict=False):
            if isinstance(value, dict) and value.get("visible") in (False, "hidden"):
                yield component.id
