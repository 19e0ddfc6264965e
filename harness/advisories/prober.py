"""One who probes a running app: sends what no page sends, and sees whether a canary was reached."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import httpx

from ..app import App
from ..checks.advisories import Shown
from ..contract import Component, Event
from ..drivers.wire import Wire
from ..literals import told
from ..observation import Call, Observation
from ..plan import Plan
from .canary import Canary

__all__ = ["FILES", "Prober"]

#: Components whose value is a file, as inputs and as outputs.
FILES = frozenset(("file", "uploadbutton", "image", "audio", "video", "downloadbutton", "gallery"))
#: So many events are tried with each probe: what Gradio does with one, it does with all.
MOST_EVENTS = 3
#: Of one call, in seconds.
PATIENCE = 10.0


@dataclasses.dataclass(slots=True)
class Prober:
    """Probes *app* with a *canary*.

    *pay* is asked before each call of an event, by its label, and says whether it may be made;
    *before* and *after* are told of it.
    """

    app: App
    wire: Wire
    plan: Plan
    canary: Canary
    pay: Callable[[str], bool] = lambda label: True
    before: Callable[[str, str], None] = lambda label, words: None
    after: Callable[[], None] = lambda: None
    calls: int = 0

    @property
    def base(self) -> str:
        """The address below which Gradio's own routes are."""
        return f"{self.app.url}{self.app.contract.prefix}"

    def ask(self, url: str, headers: Mapping[str, str] | None = None) -> httpx.Response:
        """Return what a GET is answered, where it leads elsewhere the redirect itself."""
        with self.app.http() as http:
            return http.get(url, headers=headers, follow_redirects=False)

    def post(self, url: str, body: Any) -> httpx.Response:
        """Return what JSON is answered."""
        with self.app.http() as http:
            return http.post(url, json=body)

    def send(
        self, field: Callable[[Component], bool], value: Any, shows: frozenset[str] | None = None
    ) -> Iterator[tuple[Observation, Shown]]:
        """Yield what comes of *value* in each first input that *field* wants, of a few events.

        The rest is as the page opens. *shows* are the kinds of output that one of them must be.
        """
        for event in self._events(field, shows):
            if not self.pay(event.label):
                continue
            place = next(n for n, p in enumerate(event.inputs) if field(p.component))
            inputs = [p.component.value for p in event.inputs]
            inputs[place] = value
            words = f"{event.inputs[place].name} = {told(value)}"
            self.calls += 1
            self.before(event.label, words)
            try:
                call = Call(event.label, event.index, tuple(inputs))
                yield self.wire.call(call, timeout_seconds=PATIENCE), Shown("", event.label, words)
            finally:
                self.after()

    def _events(
        self, field: Callable[[Component], bool], shows: frozenset[str] | None
    ) -> list[Event]:
        """Return the events to try; none of Gradio's own, for those may write."""
        return [
            event
            for event in self.app.contract.events
            if event.index in self.plan.driven
            and event.backend
            and event.after is None
            and event.connection != "stream"
            and not (event.function is not None and event.function.builtin)
            and any(field(parameter.component) for parameter in event.inputs)
            and (shows is None or any(output.type in shows for output in event.outputs))
        ][:MOST_EVENTS]

    def read(self, seen: Observation) -> bool:
        """Whether the canary's file came back: in what is shown, or by a path that it names."""
        if self.canary.word in json.dumps(seen.outputs, default=str):
            return True
        return any(self.served(path) for path in set(_paths(seen.outputs)))

    def served(self, path: str) -> bool:
        """Whether the app serves the canary's file to whoever asks for *path*."""
        content = self.wire.served(path)
        return content is not None and self.canary.word.encode() in content


def _paths(value: Any) -> Iterator[str]:
    """Yield each path of a file in an answer."""
    if isinstance(value, Mapping):
        if isinstance(value.get("path"), str):
            yield value["path"]
        for item in value.values():
            yield from _paths(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _paths(item)
