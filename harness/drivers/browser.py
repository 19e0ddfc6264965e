"""A real browser on the app's pages: what a visitor sees, and what a visitor sets off.

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**launch_arguments(find()))
        seen = visit(browser.new_context(), app, app.contract)

The only module that imports Playwright. `visit` opens a page and looks at all of it;
`Browser` sets inputs and triggers events by hand, and gives what the page itself sent and
got. On Gradio 6 a component is found by the elem_id that the harness gave it, on 4 and 5
by ``#component-N``. On the page of a Gradio 6 that we did not launch it has neither: there
it is found by label and role, or not at all.
"""

from __future__ import annotations

import base64
import contextlib
import json
import re
import struct
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser as Program
from playwright.sync_api import (
    BrowserContext,
    ConsoleMessage,
    FilePayload,
    Locator,
    Page,
    Request,
    Response,
    Route,
)
from playwright.sync_api import Error as PlaywrightError

from ..app import App
from ..contract import LAYOUT, Component, Contract, Event, Trigger
from ..errors import BrowserMissing, HarnessError
from ..observation import Call, Media, Observation
from ..page import ConsoleError, EmptyPart, Missing, PageError, PageVisit
from ..run import Screenshot
from .traffic import RECORDER, Exchange, Traffic, withholding

__all__ = ["Browser", "CannotDrive", "start", "visit"]

WIDTH, HEIGHT, MOST_HEIGHT = 1280, 720, 2000
SHOTS = 4
#: After that the last picture will do: what draws without a graphics card is slow.
SHOT_SECONDS = 10
QUIET_SECONDS = 0.25
#: How long a load event may run on (a clock, a feed) once it has shown something.
ENDLESS_SECONDS = 5.0
#: How long a mounted page may take to fetch and draw what it shows at first.
DRAW_SECONDS = 2.0
#: How long to reach for something on the page that ought to be there.
HAND_SECONDS = 8
#: How long the page may take to send an event that it was made to set off.
SEND_SECONDS = 6.0

MEDIA = frozenset(
    [
        "image",
        "audio",
        "video",
        "file",
        "gallery",
        "model3d",
        "imageeditor",
        "uploadbutton",
        "multimodaltextbox",
    ]
)
#: Nothing of these is drawn as long as they hold nothing.
MAY_BE_EMPTY = frozenset(["html", "markdown", "dataset", "label", "downloadbutton", "json"])
#: Held by the page, out of any visitor's reach.
UNSEEN = frozenset(["state", "browserstate", "timer", "api"])

MOUNTED = """ids => {
  const app = document.querySelector(".gradio-container");
  if (!app) return false;
  return ids.some(id => document.getElementById(id)) ||
    !!app.querySelector(".contain > *, main > *");
}"""

#: What is read while it is written; the answer to anything else is read whole first.
STREAMS = re.compile(r"/(queue/data|heartbeat/[^/]+)$")

#: For each id: "" no node, "drawn" a box, "hidden" none by a style, "flat" none for no reason.
DRAWN = """ids => ids.map(id => {
  const nodes = [...document.querySelectorAll(`[id="${CSS.escape(id)}"]`)];
  if (!nodes.length) return "";
  const boxed = n => { const b = n.getBoundingClientRect(); return b.width > 0 && b.height > 0; };
  if (nodes.some(n => boxed(n) || [...n.querySelectorAll("*")].some(boxed))) return "drawn";
  for (let n = nodes[0]; n; n = n.parentElement)
    if (getComputedStyle(n).display === "none") return "hidden";
  return "flat";
})"""

#: For each (id, type) of a tab or an accordion: whether what lies in it shows.
OPEN = """all => all.map(([id, kind]) => {
  if (kind !== "accordion")
    return document.getElementById(id + "-button")?.getAttribute("aria-selected") === "true";
  const head = document.querySelector(`[id="${CSS.escape(id)}"] > button.label-wrap`);
  return !!head && head.classList.contains("open");
})"""

#: Write the id of each (id, role, label) on its node, where as many nodes that show bear the
#: label in that role as there are components; how many ids were written.
NAME = """all => {
  const app = document.querySelector(".gradio-container");
  if (!app) return 0;
  const every = css => [...app.querySelectorAll(css)];
  const found = {
    tab: every("button[role=tab]").map(n => [n, n]),
    accordion: every("button.label-wrap").map(n => [n.parentElement, n.querySelector("span")]),
    button: every("button:not([role=tab], .label-wrap)").map(n => [n, n]),
    field: every("[data-testid=block-info], [data-testid=block-label], .label-text")
      .map(n => [n.closest(".block"), n]),
  };
  const words = n => n.textContent.trim().split(/\\s+/).join(" ");
  const shows = n => { const b = n.getBoundingClientRect(); return b.width > 0 && b.height > 0; };
  const written = ([id, role]) => role === "tab" ? id + "-button" : id;
  const missing = all.filter(one => !document.getElementById(written(one)));
  let count = 0;
  for (const [, role, label] of missing) {
    const wanted = missing.filter(one => one[1] === role && one[2] === label);
    const nodes = new Set(found[role]
      .filter(([n, title]) => n && title && !n.id && shows(n) && words(title) === label)
      .map(([n]) => n));
    if (nodes.size !== wanted.length) continue;
    for (const node of nodes) { node.id = written(wanted.shift()); count++; }
  }
  return count;
}"""

LAYOUT_OF_PAGE = "() => (window.gradio_config || {}).layout || null"
DEPENDENCIES = "() => ((window.gradio_config || {}).dependencies || []).map(d => d.id)"
FONTS = "() => Promise.race([document.fonts.ready, new Promise(r => setTimeout(r, 3000))]).then()"
TALL = "() => Math.max(document.body.scrollHeight, document.documentElement.scrollHeight)"


class CannotDrive(HarnessError):
    """A component cannot be set, or an event set off, by hand on the page."""

    def __init__(self, what: str, why: str) -> None:
        super().__init__(f"{what} cannot be driven on the page: {why}.")
        self.what, self.why = what, why


def start(launch: Callable[[], Program], program: str) -> Program:
    """Return the browser that *launch* starts; *program* is its path, for the message.

    Raises BrowserMissing, in words, instead of Playwright's log of all that it tried.
    """
    try:
        return launch()
    except PlaywrightError as error:
        log = error.message
    own = [line.split("[err]", 1)[1].strip() for line in log.splitlines() if "[err]" in line]
    # The last line that it wrote itself says why; without one, Playwright's first does.
    reason = own[-1] if own else log.strip().partition("\n")[0]
    raise BrowserMissing(
        f"The browser did not start: {program or 'the one that Playwright chose'}: {reason}\n"
        "To see all that it says, start it yourself with --headless. For another one: "
        "--app-browser PATH. To test without pages: --app-suites api,streaming,latency"
    )


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
        shot = tab.screenshot()
        drawn, absent, unsought = tab.looked_over() if tab.mounted else ((), (), ())
        tab.settle()
        return tab.seen(shot, drawn, absent, unsought)
    finally:
        tab.close()


def log_in(context: BrowserContext, app: App) -> None:
    """Let *context* into the app: with the headers that it needs, and its first user's cookie."""
    if app.headers:
        own = urlsplit(app.url).netloc
        context.route(lambda url: urlsplit(url).netloc == own, lambda route: _with(route, app))
    if app.credentials and app.needs_login:
        who = app.credentials[0]
        form: dict[str, str | float | bool] = {"username": who.user, "password": who.password}
        context.request.post(f"{app.url}/login", form=form, headers=dict(app.headers))


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
        self._parents: dict[int, int] = {}
        self._here: tuple[Component, ...] = ()
        self._console: list[ConsoleError] = []
        self._uncaught: list[PageError] = []
        self._missing: dict[Missing, None] = {}
        self._failed: dict[str, None] = {}
        self._hosts: dict[str, None] = {}
        self._unreachable: dict[str, None] = {}
        self._listen()

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
            self._failed[f"{self.url}: {error.message.splitlines()[0]}"] = None
            self.seconds = time.monotonic() - begun
            self.traffic = Traffic(self._evaluate, time.monotonic)
            return
        self.traffic = Traffic(self._evaluate, time.monotonic)
        self._read_layout()
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

    def _read_layout(self) -> None:
        layout = self._evaluate(LAYOUT_OF_PAGE, None)
        for parent, child in _pairs(layout) if layout else ():
            self._parents[child] = parent
        self._here = tuple(
            component
            for identity, component in self.contract.components.items()
            if identity in self._parents and component.visible and component.type not in LAYOUT
        )

    def _wait_for_mount(self, limit: float) -> None:
        ids = [node_id(component) for component in self._here]
        while not self.mounted and time.monotonic() < limit:
            self.mounted = bool(self._evaluate(MOUNTED, ids))
            if not self.mounted:
                self.pause(0.05)

    def _wait_for_load_events(self, limit: float) -> None:
        here = self._evaluate(DEPENDENCIES, None) or [e.index for e in self.contract.events]
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
        shut = self._shut()
        here = [c for c in self._here if self._marked(c)]
        ids = [node_id(c) for c in here if not shut & {*self._ancestors(c.id)}]
        tall = -1
        while time.monotonic() < limit:
            before, tall = tall, self._evaluate(TALL, None)
            states = self._evaluate(DRAWN, ids)
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

    def _evaluate(self, script: str, argument: Any) -> Any:
        try:
            return self.page.evaluate(script, argument)
        except PlaywrightError:  # the page is going elsewhere, or is gone
            return 0 if "performance.now" in script else None

    # -- what the page says ------------------------------------------------------

    def _listen(self) -> None:
        self.page.on("console", self._on_console)
        self.page.on("pageerror", self._on_page_error)
        self.page.on("response", self._on_response)
        self.page.on("requestfailed", self._on_failed)
        self.page.on("request", self._on_request)
        self.page.on("dialog", lambda dialog: dialog.dismiss())

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            place = message.location
            self._console.append(
                ConsoleError(message.text, str(place.get("url", "")), place.get("lineNumber", 0))
            )

    def _on_page_error(self, error: PlaywrightError) -> None:
        self._uncaught.append(PageError(error.name or "Error", error.message, error.stack or ""))

    def _on_response(self, response: Response) -> None:
        if response.status >= 400 and self._own(response.url):
            self._missing[Missing(response.url, response.status)] = None
        elif response.status >= 400:
            self._lacks(response.request)

    def _on_failed(self, request: Request) -> None:
        # The page itself breaks off streams, heartbeats and media it has seen enough of.
        if not self._own(request.url):
            self._lacks(request)
        elif "ERR_ABORTED" not in (request.failure or ""):
            self._failed[f"{request.url}: {request.failure}"] = None

    def _lacks(self, request: Request) -> None:
        # Gradio 4 and 5 ask for that one themselves, and do without it.
        if request.resource_type == "script" and "iframeResizer" not in request.url:
            self._unreachable[request.url] = None

    def _on_request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https", "ws", "wss") and not self._own(request.url):
            self._hosts[parts.netloc] = None

    def _own(self, url: str) -> bool:
        return urlsplit(url).netloc == urlsplit(self.app.url).netloc

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
            title=str(self._evaluate("() => document.title", None) or ""),
            mounted=self.mounted,
            console_errors=tuple(self._console),
            page_errors=tuple(self._uncaught),
            missing=tuple(self._missing),
            failed=tuple(self._failed),
            external=tuple(self._hosts),
            unreachable=tuple(self._unreachable),
            rendered=tuple(drawn),
            absent=tuple(absent),
            unsought=tuple(unsought),
            withheld=self._kept_back,
            observations=observations,
            empty=tuple(self._empty_parts(observations)),
            screenshot=shot,
            folder=str(self.app.folder),
        )

    def screenshot(self) -> Screenshot | None:
        """Return a picture of the page that came out twice alike; the last of four otherwise."""
        self._evaluate(FONTS, None)
        height = min(int(self._evaluate(TALL, None) or HEIGHT), MOST_HEIGHT)
        before = None
        limit = time.monotonic() + SHOT_SECONDS
        for _ in range(SHOTS):
            try:
                png = self.page.screenshot(
                    full_page=True,
                    clip={"x": 0, "y": 0, "width": WIDTH, "height": max(height, HEIGHT)},
                    animations="disabled",
                    caret="hide",
                    scale="css",
                    timeout=SHOT_SECONDS * 1000,
                )
            except PlaywrightError:
                return None
            if png == before or time.monotonic() > limit:
                break
            before = png
        width, tall = struct.unpack(">II", png[16:24])
        shown = f"/{self.path}"
        return Screenshot(
            self.path, f"{shown} as opened", base64.b64encode(png).decode(), width, tall
        )

    # -- what the page draws -----------------------------------------------------

    def looked_over(self) -> tuple[tuple[Component, ...], ...]:
        """Return the visible components that are drawn, those that are not, and the unsought.

        Tabs and accordions are opened on the way, but for those whose opening sets off an
        event; what lies in them is not sought, nor is what nothing tells apart in the page.
        """
        waiting = {component.id: component for component in self._shown()}
        drawn: list[Component] = []
        unsought: list[Component] = []
        self._take_drawn(waiting, drawn)
        for shut in self._containers(waiting):
            inside = [i for i in waiting if shut.id in self._ancestors(i)]
            if not inside:
                continue
            if not self.reveal(shut):
                unsought += [waiting.pop(identity) for identity in inside]
                continue
            self._take_drawn(waiting, drawn)
        left = [c for c in waiting.values() if not self._folded(c)]
        unsought += [c for c in left if not self._marked(c)]
        return tuple(drawn), tuple(c for c in left if self._marked(c)), tuple(unsought)

    def _folded(self, component: Component) -> bool:
        """Whether it lies in what only a visitor's own way through the page unfolds."""
        above = (self.contract.components.get(i) for i in self._ancestors(component.id))
        return any(c.type in ("step", "walkthrough", "sidebar") for c in above if c)

    def _take_drawn(self, waiting: dict[int, Component], drawn: list[Component]) -> None:
        """Move what is drawn by now; patience is for what Gradio fetches as it is needed."""
        for wait in (0.01, 0.1, 0.3, 0.8):
            self.pause(wait)
            self._name()
            ids = [node_id(component) for component in waiting.values()]
            states = dict(zip(list(waiting), self._evaluate(DRAWN, ids) or (), strict=False))
            shut = self._shut()
            for identity, state in states.items():
                # Hidden by the author's style is drawn; hidden by a shut tab is not seen yet.
                styled = state == "hidden" and not shut & {*self._ancestors(identity)}
                empty = state == "flat" and waiting[identity].type in MAY_BE_EMPTY
                if state == "drawn" or styled or empty:
                    drawn.append(waiting.pop(identity))
            if all(
                shut & {*self._ancestors(identity)} or not (self._marked(c) or _title(c))
                for identity, c in waiting.items()
            ):
                return

    def _marked(self, component: Component) -> bool:
        """Whether its node carries an id from the start, so that a missing node is a fault."""
        early = self.contract.gradio.partition(".")[0] in ("4", "5")
        return early or bool(component.props.get("elem_id"))

    def _name(self) -> None:
        """Give what is in sight and carries no id its own, where label and role tell it apart."""
        every = {c.id: c for c in (*self._containers(self._parents), *self._here)}
        nameless = [c for c in every.values() if not self._marked(c) and _title(c)]
        count = len(nameless)
        while count:  # a tab that is told apart now shows what lies in it
            shut = self._shut()
            sight = [c for c in nameless if not shut & {*self._ancestors(c.id)}]
            count = self._evaluate(NAME, [[node_id(c), _role(c), _title(c)] for c in sight]) or 0

    def _shut(self) -> set[int]:
        """Return the tabs and accordions that are not open just now."""
        known = self._containers(self._parents)
        states = self._evaluate(OPEN, [[node_id(c), c.type] for c in known]) or ()
        return {c.id for c, is_open in zip(known, states, strict=False) if not is_open}

    def _shown(self) -> Iterator[Component]:
        """Yield what ought to be drawn: no event has made it, or what it lies in, invisible."""
        gone = {i for e in self.traffic.read() for i in _made_invisible(e, self.contract)}
        for component in self._here:
            if not gone & {component.id, *self._ancestors(component.id)}:
                yield component

    def _ancestors(self, identity: int) -> tuple[int, ...]:
        """Return what it lies in, the outermost first."""
        found: list[int] = []
        while (parent := self._parents.get(identity)) is not None:
            found.insert(0, parent)
            identity = parent
        return tuple(found)

    def _containers(self, identities: Iterable[int]) -> tuple[Component, ...]:
        """Return the tabs and accordions above any of these, outer ones first."""
        above = [a for identity in identities for a in (*self._ancestors(identity), identity)]
        known = (self.contract.components.get(i) for i in dict.fromkeys(above))
        return tuple(c for c in known if c and c.type in ("tabitem", "tab", "accordion"))

    def _is_open(self, container: Component) -> bool:
        return bool(self._evaluate(OPEN, [[node_id(container), container.type]]) == [True])

    def _tab_head(self, container: Component) -> Locator:
        return self.page.locator(f'[id="{node_id(container)}-button"]').first

    def reveal(self, container: Component, *, harmless: bool = True) -> bool:
        """Open a tab or an accordion; False if that cannot be, or would set off an event."""
        with contextlib.suppress(PlaywrightError):
            if self._is_open(container):
                return True
            if harmless and self._listens(container):
                return False
            if container.type == "accordion":
                self.node(container).locator("> button.label-wrap").first.click(
                    timeout=HAND_SECONDS * 1000
                )
            else:
                self._select_tab(container)
            self.pause(0.05)
            return self._is_open(container)
        return False

    def _select_tab(self, container: Component) -> None:
        head = self._tab_head(container)
        if head.count() and head.is_visible():
            head.click(timeout=HAND_SECONDS * 1000)
            return
        # Tabs that do not fit into the row are in a menu of their own.
        tabs = self.page.locator(f'[id="{self._node_of(self._parents.get(container.id))}"]')
        tabs.locator(".overflow-menu > button").first.click(timeout=HAND_SECONDS * 1000)
        label = str(container.props.get("label") or "")
        menu = tabs.locator(".overflow-dropdown button")
        menu.get_by_text(label, exact=True).click(timeout=HAND_SECONDS * 1000)

    def _node_of(self, identity: int | None) -> str:
        component = self.contract.components.get(identity) if identity is not None else None
        return node_id(component) if component else ""

    def _listens(self, container: Component) -> bool:
        parent = self._parents.get(container.id, -1)
        names = ("select", "change", "expand", "collapse")
        return any(self.contract.listeners(i, names) for i in (container.id, parent))

    def node(self, component: Component) -> Locator:
        """Return where the component is in the page."""
        return self.page.locator(f'[id="{node_id(component)}"]').first

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
        trigger = _trigger(head, call.trigger)
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
            self._set_off(page, head, trigger, _value_for(trigger, event, call))
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
        page._name()
        for container in page._containers([component.id]):
            if not page.reveal(container, harmless=False):
                raise CannotDrive(component.label, f"its {container.label} does not open")
            page._name()
        node = page.node(component)
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


# -- by hand: one function a kind of component, (page, node, component, value) ----------


def _type(page: OpenPage, node: Locator, component: Component, value: Any) -> None:
    node.locator("textarea, input").first.fill(_text(value))


def _number(page: OpenPage, node: Locator, component: Component, value: Any) -> None:
    field = node.locator("input[type=number]").first
    field.fill("" if value is None else json.dumps(value))
    field.press("Tab")


def _checkbox(page: OpenPage, node: Locator, component: Component, value: Any) -> None:
    node.locator("input").first.set_checked(bool(value))


def _checkboxes(page: OpenPage, node: Locator, component: Component, value: Any) -> None:
    wanted = [_position(component, item) for item in value or ()]
    boxes = node.locator("input[type=checkbox]:not([data-select-all])")
    extra = boxes.count() - len(component.props.get("choices") or ())  # "select all" comes first
    for place in range(extra, boxes.count()):
        boxes.nth(place).set_checked(place - extra in wanted)


def _radio(page: OpenPage, node: Locator, component: Component, value: Any) -> None:
    node.locator("input").nth(_position(component, value)).check()


def _dropdown(page: OpenPage, node: Locator, component: Component, value: Any) -> None:
    field = node.locator("input").first
    if component.props.get("multiselect"):
        _clear_tokens(node, field)
        for item in value or ():
            _pick(page, field, component, item)
        field.press("Escape")
        field.press("Tab")
    else:
        _pick(page, field, component, value)


def _clear_tokens(node: Locator, field: Locator) -> None:
    field.click()
    for _ in range(node.locator(".token").count()):
        field.press("Backspace")


def _pick(page: OpenPage, field: Locator, component: Component, value: Any) -> None:
    choices = [choice[1] for choice in component.props.get("choices") or ()]
    if value not in choices:
        if not component.props.get("allow_custom_value"):
            raise CannotDrive(component.label, f"it does not offer {value!r}")
        field.fill(_text(value))
        field.press("Enter")
        return
    option = page.page.locator(f"[role=option][data-index='{choices.index(value)}']").first
    if not option.is_visible():
        field.click()
    option.click()


def _upload(page: OpenPage, node: Locator, component: Component, value: Any) -> None:
    """Choose files, and wait until the page has sent them to the app and shows them."""
    clear = node.locator('[aria-label="Clear"], [aria-label="Remove Image"]').first
    if clear.count() and clear.is_visible():
        clear.click()
    if value is None or value == []:
        return
    files = _payload(component, value)
    with page.page.expect_response(_is_upload):
        node.locator("input[type=file]").first.set_input_files(files)
    node.locator(SHOWN[component.type]).first.wait_for(state="attached")


def _upload_outside(page: OpenPage, node: Locator, component: Component, value: Any) -> None:
    files = _payload(component, value)
    with page.page.expect_response(_is_upload):
        with page.page.expect_file_chooser() as chosen:
            node.click()
        chosen.value.set_files(files)
    page.pause(0.1)


def _draw(page: OpenPage, node: Locator, component: Component, value: Any) -> None:
    """Lay a picture under the editor; it is uploaded only when the event is set off."""
    if isinstance(value, Mapping):
        value = value.get("background") or value.get("composite")
    node.locator("canvas").first.wait_for(state="attached", timeout=20_000)
    node.locator("input[type=file]").first.set_input_files(_payload(component, value))
    page.pause(1.0)


def _multimodal(page: OpenPage, node: Locator, component: Component, value: Any) -> None:
    value = value or {}
    shown = node.locator('[aria-label="Remove file"], .delete-button')
    while shown.count():
        shown.first.click()
    if value.get("files"):
        with page.page.expect_response(_is_upload):
            files = _payload(component, value["files"])
            node.locator("input[type=file]").first.set_input_files(files)
        node.locator(".thumbnail-item").first.wait_for(state="attached")
    node.locator("textarea").first.fill(_text(value.get("text")))


def _table(page: OpenPage, node: Locator, component: Component, value: Any) -> None:
    rows = value.get("data", ()) if isinstance(value, Mapping) else value
    held = page.held.get(component.id) or {}
    before = held.get("data", ()) if isinstance(held, Mapping) else held
    if [len(row) for row in before] != [len(row) for row in rows]:
        raise CannotDrive(component.label, "its cells can be typed into, its size not changed")
    for place, row in enumerate(rows):
        for column, cell in enumerate(row):
            if cell != before[place][column]:
                _cell(page, node, place, column, _text(cell))


def _cell(page: OpenPage, node: Locator, row: int, column: int, text: str) -> None:
    spot = node.locator(f'[data-row="{row}"][data-col="{column}"]').last
    if not spot.count():  # Gradio 4 has no such marks, and draws a hidden table to measure
        spot = node.locator("tbody").last.locator("tr").nth(row).locator("td").nth(column)
    spot.dblclick()
    field = node.locator("td input, td textarea, [role=gridcell] textarea, [role=textbox]").last
    field.fill(text)
    field.press("Enter")


def _code(page: OpenPage, node: Locator, component: Component, value: Any) -> None:
    node.locator(".cm-content").first.fill(_text(value))


def _colour(page: OpenPage, node: Locator, component: Component, value: Any) -> None:
    plain = node.locator("input[type=color]")
    if plain.count():
        plain.first.fill(_text(value))
        return
    node.locator(".dialog-button").first.click()
    field = node.locator("input[type=text]").last
    field.fill(_text(value))
    field.press("Enter")
    node.locator(".dialog-button").first.click()


def _date(page: OpenPage, node: Locator, component: Component, value: Any) -> None:
    field = node.locator("input.time").first
    field.fill(_text(value))
    field.press("Enter")


Setter = Callable[[OpenPage, Locator, Component, Any], None]

SETTERS: Mapping[str, Setter] = {
    "textbox": _type,
    "number": _number,
    "slider": _number,
    "checkbox": _checkbox,
    "checkboxgroup": _checkboxes,
    "radio": _radio,
    "dropdown": _dropdown,
    "image": _upload,
    "audio": _upload,
    "video": _upload,
    "file": _upload,
    "gallery": _upload,
    "model3d": _upload,
    "imageeditor": _draw,
    "uploadbutton": _upload_outside,
    "multimodaltextbox": _multimodal,
    "dataframe": _table,
    "code": _code,
    "colorpicker": _colour,
    "datetime": _date,
}

#: What a component shows once it has taken a file.
SHOWN = {
    "image": "img",
    "audio": '[aria-label="Play"], [aria-label*="lay"], audio',
    "video": "video",
    "file": ".file-preview",
    "gallery": ".thumbnail-item, .thumbnail-lg, img",
    "model3d": "canvas",
}


def _press_enter(node: Locator, component: Component) -> None:
    field = node.locator("textarea, input").first
    many = component.type == "textbox" and int(component.props.get("lines") or 1) > 1
    field.press("Shift+Enter" if many else "Enter")


#: What the visitor does for each event that is not the setting of a value.
GESTURES: Mapping[str, Callable[[Locator, Component], None]] = {
    "click": lambda node, _: node.click(),
    "submit": _press_enter,
    "focus": lambda node, _: node.locator("textarea, input").first.focus(),
    "blur": lambda node, _: node.locator("textarea, input").first.press("Tab"),
}
#: Events that the setting of a value sets off.
SETTING = ("change", "input", "upload", "release", "select")
PREFERRED = ("click", "submit", *SETTING, "blur", "focus", "tick", "load")
ABSENT = object()


def _trigger(event: Event, wanted: int | None) -> Trigger:
    """Return the way to set *event* off that a hand finds easiest."""
    known = [t for t in event.triggers if wanted is None or t.component == wanted]
    for name in PREFERRED:
        for trigger in known:
            if trigger.event == name and (trigger.component is not None or name == "load"):
                return trigger
    ways = ", ".join(map(str, known)) or "nothing"
    raise CannotDrive(event.label, f"{ways} sets it off, which no hand on the page can do")


def _value_for(trigger: Trigger, event: Event, call: Call) -> Any:
    """Return what the call gives to the component that sets the event off; ABSENT if nothing."""
    pairs = zip(event.inputs, call.inputs, strict=False)
    return next((v for p, v in pairs if p.component.id == trigger.component), ABSENT)


def node_id(component: Component) -> str:
    """Return the id of the component's node in the page."""
    return str(component.props.get("elem_id") or f"component-{component.id}")


def _role(component: Component) -> str:
    """Return the role in which a visitor knows the component by its title."""
    if component.type in ("tab", "tabitem"):
        return "tab"
    if component.type.endswith("button"):
        return "button"
    return "accordion" if component.type == "accordion" else "field"


def _title(component: Component) -> str:
    """Return the words on the component that a visitor knows it by, "" if it has none."""
    words = component.props.get("value" if component.type == "button" else "label")
    return " ".join(words.split()) if isinstance(words, str) else ""


def _position(component: Component, value: Any) -> int:
    """Return the place of *value* among the choices; labels may repeat, places do not."""
    choices = [choice[1] for choice in component.props.get("choices") or ()]
    if value not in choices:
        raise CannotDrive(component.label, f"it does not offer {value!r}")
    return choices.index(value)


def _payload(component: Component, value: Any) -> list[FilePayload]:
    files = list(_files(value))
    if not files:
        raise CannotDrive(component.label, "it takes files, and was given none to choose")
    return [{"name": f.name, "mimeType": f.mime, "buffer": f.content} for f in files]


def _files(value: Any) -> Iterator[Media]:
    if isinstance(value, Media):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _files(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _files(item)


def _is_upload(response: Response) -> bool:
    return urlsplit(response.url).path.endswith("/upload")


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def _same(held: Any, value: Any) -> bool:
    """Whether two values are one to a visitor: nothing is shown for None, "" and []."""
    if held in (None, "", [], {}) and value in (None, "", [], {}):
        return True
    return type(held) is type(value) and bool(held == value)


def _pairs(layout: Mapping[str, Any]) -> Iterator[tuple[int, int]]:
    """Yield (parent, child) for the whole layout."""
    for child in layout.get("children") or ():
        yield layout["id"], child["id"]
        yield from _pairs(child)


def _spoke(exchange: Exchange) -> float:
    """Return when the app last said anything of it."""
    return max((message.at for message in exchange.messages), default=exchange.started)


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
