"""An app driven by its page, as a visitor's hand would."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

from playwright.sync_api import BrowserContext, Locator, Page
from playwright.sync_api import Error as PlaywrightError

from ...app import App
from ...contract import Component, Contract, Event, Trigger
from ...errors import CannotDrive
from ...observation import Call, Observation
from ...painted import Painted
from ..traffic import Exchange
from . import paint
from .gestures import ABSENT, GESTURES, SETTING, easiest, value_for
from .layout import node_id
from .login import log_in
from .nodes import HAND_SECONDS
from .page import SEND_SECONDS, OpenPage
from .widgets import SETTERS

__all__ = ["Browser"]

#: Held by the page, out of any visitor's reach.
UNSEEN = frozenset(["state", "browserstate", "timer", "api"])


class Browser:
    """Drives an app by its page, as a visitor's hand would.

    A call without a session opens the page anew; calls of one session share a page, as
    they do for a visitor. Raises CannotDrive for what no visitor could do, or what this
    driver does not know how to do; an app that fails is an observation.
    """

    def __init__(
        self,
        context: BrowserContext,
        app: App,
        contract: Contract | None = None,
        page: str = "",
        *,
        timeout_seconds: float = 30.0,
    ) -> None:
        self.context = context
        self.app = app
        self.contract = contract or app.contract
        self.path = page
        self.timeout_seconds = timeout_seconds
        self._pages: dict[str | None, OpenPage] = {}
        self._since: dict[str | None, int] = {}
        log_in(context, app)

    def close(self) -> None:
        """Close every page."""
        for page in self._pages.values():
            page.close()
        self._pages.clear()

    def __enter__(self) -> Browser:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def call(self, call: Call, *, timeout_seconds: float | None = None) -> Observation:
        """Set the inputs, set the event off, and return what the page sent and got.

        A link of a chain is reached by its head, which is set off with what the page holds.
        The observation's first message, of the kind "sent", is the body that the page
        posted. *timeout_seconds* is how long the app may say nothing.
        """
        limit = timeout_seconds or self.timeout_seconds
        event = self.contract.by_index(call.index)
        if event is None:
            raise CannotDrive(call.event, "the contract has no such event")
        if not event.backend:
            raise CannotDrive(event.label, "it is a script that never leaves the page")
        page = self._page(call.session)
        try:
            return self._driven(page, event, call, limit)
        except PlaywrightError as error:
            said = error.message.splitlines()[0]
            raise CannotDrive(event.label, f"the page did not let it ({said})") from error

    def watched(self, call: Call, stream: Event) -> Painted:
        """Return what a new visitor's page got of *stream*, which *call* leads to, and when it
        showed it.

        What a failed stream leaves behind is looked at when all that follows from it is over.
        Raises CannotDrive where it is not set off.
        """
        call = replace(call, session=f"painted {len(self._pages)}")
        tab = self._page(call.session)
        paint.begin(tab.page, [node_id(component) for component in stream.outputs])
        self.call(call)
        followed = self.followed(call.session)
        seen = [o for o in followed if o.call.index == stream.index]
        others = (self.contract.by_index(o.call.index) for o in followed)
        writes = [c.id for e in others if e is not None and e is not stream for c in e.outputs]
        frames = paint.end(tab.page, tab.traffic.time)
        tab.close()
        del self._pages[call.session]
        if not seen:
            raise CannotDrive(stream.label, "the page did not come to it")
        alone = not {component.id for component in stream.outputs} & {*writes}
        return Painted(stream, seen[0], frames, alone)

    def followed(self, session: str | None = None) -> tuple[Observation, ...]:
        """Return all that the session's last call set off, itself included, once it is over.

        That is the chain of its event, and what listens to the changes it made.
        """
        page = self._pages[session]
        page.settle()
        since = self._since.get(session, 0)
        return tuple(e.observation(self.app) for e in page.traffic.exchanges[since:])

    def page(self, session: str | None = None) -> Page:
        """Return Playwright's page of a session, to look at after a call."""
        return self._pages[session].page

    def _page(self, session: str | None) -> OpenPage:
        page = self._pages.get(session)
        if page is None:
            page = self._pages[session] = OpenPage(self.context, self.app, self.contract, self.path)
            page.open(timeout_seconds=self.timeout_seconds)
        elif session is None:
            page.open(timeout_seconds=self.timeout_seconds)
        if not page.mounted:
            raise CannotDrive(page.url, f"the page did not come up (HTTP {page.status})")
        return page

    def _driven(self, page: OpenPage, event: Event, call: Call, limit: float) -> Observation:
        head = self.contract.root(event)
        trigger = easiest(head, call.trigger)
        before = len(page.traffic.read())
        for parameter, value in zip(event.inputs, call.inputs, strict=False):
            if parameter.component.id != trigger.component or trigger.event not in SETTING:
                self._set(page, parameter.component, value)
        page.settle(seconds=0.05)
        page.took_place(before)
        before = self._since[call.session] = len(page.traffic.exchanges)
        if trigger.event == "load":
            before = self._since[call.session] = 0
            page.open(timeout_seconds=limit)
        else:
            self._set_off(page, head, trigger, value_for(trigger, event, call))
        exchange = self._awaited(page, event, before, limit)
        page.took_place(before)
        return exchange.observation(self.app, call)

    def _set(self, page: OpenPage, component: Component, value: Any) -> None:
        """Leave *value* in the component, by hand, unless it is there already."""
        if component.type in UNSEEN or page.holds(component, value):
            return
        if component.type == "dataset":
            return  # its rows are clicked, not set
        self._change(page, component, value)

    def _change(self, page: OpenPage, component: Component, value: Any) -> None:
        setter = SETTERS.get(component.type)
        if setter is None:
            raise CannotDrive(component.label, f"a {component.type} takes nothing by hand")
        if not component.editable:
            raise CannotDrive(component.label, "it is not interactive")
        setter(page, self._reachable(page, component), component, value)
        page.held[component.id] = value

    def _reachable(self, page: OpenPage, component: Component) -> Locator:
        page.nodes.name()
        for container in page.layout.containers([component.id]):
            if not page.nodes.reveal(container, harmless=False):
                raise CannotDrive(component.label, f"its {container.label} does not open")
            page.nodes.name()
        node = page.nodes.node(component)
        try:
            node.wait_for(state="visible", timeout=HAND_SECONDS * 1000)
        except PlaywrightError as error:
            drawn = "is hidden" if node.count() else "has no node that can be told apart"
            raise CannotDrive(component.label, f"it {drawn} in the page") from error
        return node

    def _set_off(self, page: OpenPage, event: Event, trigger: Trigger, value: Any) -> None:
        """Do what the trigger says; *value* is what its own component is to be given."""
        component = self.contract.components.get(
            -1 if trigger.component is None else trigger.component
        )
        if trigger.event == "tick":
            return  # a timer needs no hand
        if component is None:
            raise CannotDrive(event.label, f"{trigger} is nothing that a hand can do")
        if component.type == "dataset":
            rows = "tbody tr, .gallery-item, .gallery > button"
            self._reachable(page, component).locator(rows).nth(int(value or 0)).click()
        elif trigger.event in GESTURES:
            GESTURES[trigger.event](self._reachable(page, component), component)
        elif value is ABSENT:
            raise CannotDrive(event.label, f"nothing says what to give {component.label}")
        elif page.holds(component, value):
            raise CannotDrive(component.label, "it holds that value already, so nothing changes")
        else:
            self._change(page, component, value)

    def _awaited(self, page: OpenPage, event: Event, before: int, limit: float) -> Exchange:
        """Return the last exchange of *event* since *before*, once it has ended."""
        begun = time.monotonic()
        ended: Exchange | None = None
        while True:
            page.traffic.read()
            found = page.traffic.of(event.index, since=before)
            now = time.monotonic()
            if found and found[-1].done:
                if found[-1] is ended:
                    return found[-1]
                ended = found[-1]  # typing may set it off again: one more look
                page.pause(0.06)
                continue
            if not found and now - begun > self._patience(page, before, limit):
                raise CannotDrive(event.label, "the page sent nothing when it was set off")
            if found and now - _spoke(found[-1]) > limit:
                found[-1].given_up, found[-1].done = now, True
                return found[-1]
            page.pause(0.02)

    def _patience(self, page: OpenPage, before: int, limit: float) -> float:
        """Return how long to wait for the page to send: longer while an earlier link runs."""
        running = any(not e.done for e in page.traffic.exchanges[before:])
        return limit if running else SEND_SECONDS


def _spoke(exchange: Exchange) -> float:
    """Return when the app last said anything of it."""
    return max((message.at for message in exchange.messages), default=exchange.started)
