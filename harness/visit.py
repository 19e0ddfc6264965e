"""A visitor's page without a browser: what it holds, and what it does with each answer.

The page sends the values its components hold, takes the outputs in, and then sets off
what follows: ``.then`` events, and ``.change`` of what an answer changed. A chain's later
events only ever see what the earlier ones left, so they are driven through `Visit.fire`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from .contract import Component, Contract, Event, extended
from .observation import Call, Media, Observation
from .schema import plainest

__all__ = ["Driver", "Visit"]

#: What a visitor's own typing or picking sets off, before any button is pressed.
EDITS = ("change", "input", "upload")
MOST_FOLLOWERS = 24
#: What Gradio 4's editor sends when nobody has drawn: an empty picture.
BLANK = Media.packed(
    "background.png",
    "c-rd>@N?(olHy`uVBq!ia0vp^4nS<c!3HE3de_JUDJ4%A$B>F!Zx1r^0(plPeD}}gXBS~WfDdT~1`LcH39mt#7(8A5T-G@yGywn-G!pg",
    "image/png",
)


class Driver(Protocol):
    """Anything that can set an event off: wire, client or browser."""

    def call(self, call: Call, *, timeout_seconds: float | None = None) -> Observation:
        """Return what happened."""
        ...


class Visit:
    """One visitor on one page. *seen* holds every observation, in order.

    *driven* says which events may be set off (the user's include and exclude), *wanted*
    which of those that an edit or a page load sets off are worth a call. *before* is
    called with each call on its way. *held* has, for each observation, the properties that
    earlier answers had changed by then, *outputs_held* what the event's outputs held.
    """

    def __init__(
        self,
        driver: Driver,
        contract: Contract,
        session: str,
        *,
        driven: Callable[[Event], bool] = lambda event: True,
        wanted: Callable[[Event], bool] = lambda event: True,
        before: Callable[[Call], None] = lambda call: None,
        timeout_seconds: float | None = None,
    ) -> None:
        self.driver = driver
        self.contract = contract
        self.session = session
        self.driven = driven
        self.wanted = wanted
        self.before = before
        self.timeout_seconds = timeout_seconds
        self.major = contract.major
        self.values: dict[int, Any] = {
            c.id: _first(c, self.major) for c in contract.components.values()
        }
        self.props: dict[int, dict[str, Any]] = {}
        self.held: list[dict[int, dict[str, Any]]] = []
        self.outputs_held: list[dict[int, Any]] = []
        self.unknown: set[int] = set()
        self.seen: list[Observation] = []
        #: Every event that was ever on this page: what a render made may be gone again.
        self.known: dict[int, Event] = {event.index: event for event in contract.events}

    def open(self) -> None:
        """Load the page: everything it sets off by itself."""
        for event in self.contract.events:
            loads = any(t.event == "load" for t in event.triggers)
            if loads and event.after is None and self.wanted(event):
                self.fire(event)

    def set(self, component: Component, value: Any, *, but: Event | None = None) -> bool:
        """Type or pick *value*; False if the page does not allow it (any more)."""
        props = self.shown(component)
        if props.get("interactive") is False or not self.reaches(component):
            return False
        if component.id in self.props and "choices" in self.props[component.id]:
            known = [c[1] if isinstance(c, list) else c for c in props["choices"] or ()]
            picked = value if isinstance(value, list) else [value]
            if not props.get("allow_custom_value") and any(p not in known for p in picked):
                return False
        rows = len(props.get("samples") or ()) if component.type == "dataset" else 0
        if component.type == "dataset" and value is not None and not 0 <= value < rows:
            return False
        if self.values.get(component.id) == value:
            return True
        self.values[component.id] = value
        if but is not None and component in (but.inputs[n].component for n in but.live):
            self.unknown.add(component.id)  # what the page holds of a recording is its own affair
            return True
        self.unknown.discard(component.id)
        for event in self.contract.listeners(component.id, EDITS):
            same = but is not None and event.index == but.index
            alone = event.after is None and not event.collects_event_data
            if alone and not same and self.wanted(event):
                self.fire(event)
        return True

    def shown(self, component: Component) -> dict[str, Any]:
        """Return the properties of *component* as they are now."""
        return {**component.props, **self.props.get(component.id, {})}

    def reaches(self, component: Component) -> bool:
        """Whether the page shows *component* now: neither it nor what it stands in is hidden."""
        if component.id not in self.contract.components:
            return False  # made by a render that has made something else since
        around: Component | None = component
        while around is not None:
            props = self.shown(around)
            shut = around.type == "tabitem" and props.get("interactive") is False
            if shut or props.get("visible") in (False, "hidden"):
                return False
            inside = around.parent
            around = None if inside is None else self.contract.components.get(inside)
        return True

    def choose(self, source: Event, row: int) -> bool:
        """Click row *row* of the author's examples behind *source*; False if that failed."""
        self.values[source.inputs[0].component.id] = row
        return all(seen.error is None for seen in self.fire(source))

    def clear(self, event: Event) -> None:
        """Empty what *event* is the clearing of, as the cross in its corner does."""
        for trigger in event.triggers:
            component = self.contract.components.get(trigger.component or -1)
            if component is not None:
                self.values[component.id] = [] if component.type == "chatbot" else None

    def fire(
        self, event: Event, event_data: Any = None, *, alone: bool = False
    ) -> list[Observation]:
        """Set *event* off and, unless *alone*, all that the page sets off after it.

        Returns what happened.
        """
        begin = len(self.seen)
        waiting: list[tuple[Event, Any]] = [(event, event_data)]
        fired: set[int] = set()
        while waiting and len(fired) < MOST_FOLLOWERS:
            current, data = waiting.pop(0)
            if current.index in fired:
                continue
            fired.add(current.index)
            failed, changed = self._one(current, data)
            if failed is None or alone:
                continue
            waiting += [(e, None) for e in self.contract.followers(current, failed=failed)]
            waiting += [
                (listener, None)
                for component in changed
                for listener in self.contract.listeners(component, ("change",))
                if not listener.collects_event_data
            ]
        return self.seen[begin:]

    def inputs(self, event: Event) -> tuple[Any, ...]:
        """Return what the page would send for *event* now."""
        return tuple(
            self._sent(p.component, whole=position in event.whole_inputs)
            for position, p in enumerate(event.inputs)
        )

    def _sent(self, component: Component, *, whole: bool) -> Any:
        value = None if component.type == "state" else self.values.get(component.id)
        if not whole:
            return value
        return {**self.shown(component), "value": value}

    def _one(self, event: Event, data: Any) -> tuple[bool | None, list[int]]:
        """Run one event; return whether it failed (None: it never ended), and what it changed."""
        reads = {p.component.id for n, p in enumerate(event.inputs) if n not in event.live}
        writes = {component.id for component in event.outputs}
        scripted = event.javascript and bool(event.inputs)  # the script's result is sent
        if not event.backend or scripted or reads & self.unknown or not self.driven(event):
            self.unknown |= writes  # what a script or an event left out would have put there
            return False, []
        call = Call(event.label, event.index, self.inputs(event), self.session, data)
        self.before(call)
        self.held.append(dict(self.props))
        self.outputs_held.append({c.id: self.values.get(c.id) for c in event.outputs})
        observation = self.driver.call(call, timeout_seconds=self.timeout_seconds)
        self.seen.append(observation)
        if observation.error is not None and observation.error.kind == "left":
            self._take(event, observation, observation.chunks[-1].data["output"]["data"])
            return None, []
        if observation.error is not None or observation.outputs is None:
            return True, []
        self._render(event, observation)
        return False, self._take(event, observation, observation.outputs)

    def _take(self, event: Event, observation: Observation, outputs: Sequence[Any]) -> list[int]:
        changed = []
        for component, value in zip(event.outputs, outputs, strict=False):
            before = self.values.get(component.id)
            if isinstance(value, dict) and value.get("__type__") == "update":
                props = {k: v for k, v in value.items() if k not in ("__type__", "value")}
                self.props[component.id] = {**self.props.get(component.id, {}), **props}
                if "value" not in value:
                    continue
                value = value["value"]
            if value is None:
                value = _emptied(component, self.shown(component))
            self.values[component.id] = value
            self.unknown.discard(component.id)
            if value != before and component.type != "state":
                changed.append(component.id)
        end = observation.messages[-1].data if observation.messages else {}
        for message in observation.messages:
            if message.kind == "process_completed":
                end = message.data
        states = (end.get("output") or {}).get("changed_state_ids") or ()
        return changed + [i for i in states if i in self.contract.components]

    def _render(self, event: Event, observation: Observation) -> None:
        """Take in what a ``gr.render`` made for this session."""
        for message in observation.messages:
            config = (message.data.get("output") or {}).get("render_config")
            if message.kind == "process_completed" and config:
                self.contract = extended(self.contract, event, config)
                self.known |= {event.index: event for event in self.contract.events}
                for component in self.contract.components.values():
                    if component.rendered:
                        self.values.setdefault(component.id, _first(component, self.major))


def _emptied(component: Component, props: Mapping[str, Any]) -> Any:
    """Return what the page sends of a component that an answer has set to None.

    Read off the pages of Gradio 4.44, 5.49 and 6.31, which agree.
    """
    match component.type:
        case "textbox" | "code":
            return ""
        case "checkbox":
            return False
        case "checkboxgroup":
            return []
        case "slider":
            return props.get("minimum", 0)
    return None


def _first(component: Component, major: str) -> Any:
    """Return what the page sends for a component that nobody has touched.

    Read off the pages of Gradio 4.44, 5.49 and 6.31 (*major* is "4", "5" or "6").
    """
    value = component.value
    if value is not None:
        return value
    match component.type:
        case "textbox" | "code":
            return ""
        case "number":
            return 0
        case "checkbox":
            return False
        case "checkboxgroup":
            return []
        case "dropdown":
            return [] if component.props.get("multiselect") and major != "4" else None
        case "slider":
            return component.props.get("minimum", 0)
        case "datetime":
            return "" if major in ("4", "5") else None
        case "multimodaltextbox":
            return {"text": "", "files": []}
        case "imageeditor":
            blank = BLANK if major == "4" else None
            return {"background": blank, "layers": [], "composite": blank}
        case "browserstate":
            return component.props.get("default_value")
        case "api":  # of no page: what a caller has to send
            return plainest(component.schema or {})
    return None


def feeding(contract: Contract, event: Event) -> Callable[[Event], bool]:
    """Return whether another event matters to *event*: it fills what its chain reads."""
    reads = {p.component.id for member in contract.chain(event) for p in member.inputs}

    def fills(other: Event) -> bool:
        if other.renders and event.parent is not None:
            return True
        return bool({component.id for component in other.outputs} & reads)

    return fills


def at(visit: Visit, event: Event) -> Event:
    """Return *event* as the visit knows it now (a render makes it anew with other ids)."""
    same = [e for e in visit.contract.events if e.label == event.label]
    return dataclasses.replace(same[-1]) if same else event
