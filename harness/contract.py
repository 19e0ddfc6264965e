"""What an app offers: every event a visitor can set off, and the components it reads.

Read from `/config` and `/info`, and in-process also from the functions behind them
(`Function`), because the config does not name a validator or a concurrency limit. The
labels are those people know; component ids are process-global in Gradio and are kept
only to talk to the running app, never in a baseline.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from .errors import choices
from .schema import resolved

__all__ = [
    "LAYOUT",
    "Component",
    "Contract",
    "Event",
    "Function",
    "Parameter",
    "Trigger",
    "extended",
    "read",
]

Visibility = Literal["public", "undocumented", "private"]

#: Containers and texts: nothing to set, nothing sent.
LAYOUT = frozenset(
    (
        *("accordion", "column", "form", "group", "row", "sidebar", "step", "walkthrough"),
        *("tab", "tabitem", "tabs", "interpretation"),
    )
)


@dataclass(frozen=True, slots=True)
class Function:
    """The author's function behind an event, as the app's process knows it.

    *hints* are the resolved annotations by parameter name (``return`` included), as text.
    *keyed* is true where it gets its inputs as one dict by component: no parameter is one
    input's. *unread* are parameters that its code never looks at. *builtin* is true for
    Gradio's own functions (flagging, clearing, examples), *coroutine* of an ``async def``.
    As many calls of all functions with one *concurrency_id* run at once as *concurrency_limit*
    says (None: any number); it is *limited* where the author said so.
    """

    name: str
    module: str = ""
    file: str = ""
    line: int = 0
    parameters: tuple[str, ...] = ()
    hints: Mapping[str, str] = field(default_factory=dict)
    concurrency_limit: int | None = None
    concurrency_id: str = ""
    limited: bool = False
    validator: bool = False
    keyed: bool = False
    builtin: bool = False
    unread: tuple[str, ...] = ()
    coroutine: bool = False


@dataclass(frozen=True, slots=True)
class Component:
    """One component of the page. *reachable* is false inside anything hidden at the start.

    *parent* is what it stands in on the page, *maker* the ``gr.render`` that made it.
    """

    id: int
    type: str
    label: str
    props: Mapping[str, Any]
    reachable: bool = True
    schema: Mapping[str, Any] | None = None
    example: Any = None
    parent: int | None = None
    maker: int | None = None

    @property
    def rendered(self) -> bool:
        """Whether a ``gr.render`` made it, for one visitor."""
        return self.maker is not None

    @property
    def value(self) -> Any:
        """What the page shows at the start, as the page would send it back."""
        return self.props.get("value")

    @property
    def visible(self) -> bool:
        """Whether the page draws it at the start."""
        return self.reachable and self.type not in ("state", "browserstate", "timer", "api")

    @property
    def editable(self) -> bool:
        """Whether a visitor may change it (None in the props: it is an input, so yes)."""
        return self.props.get("interactive") is not False


@dataclass(frozen=True, slots=True)
class Trigger:
    """What sets an event off: a component and the name of its event, ``click`` or ``load``."""

    component: int | None
    label: str
    event: str

    def __str__(self) -> str:
        return f"{self.label}.{self.event}"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One input of an event under the name that people use for it."""

    name: str
    component: Component
    required: bool = True
    default: Any = None


@dataclass(frozen=True, slots=True)
class Event:
    """One event: who sets it off, what it reads, what it writes, how it runs.

    *label* is unique in the contract. *after* is the index of the event that this one
    follows (``.then``), *parent* that of the ``gr.render`` that makes it. *whole_inputs*
    are the positions at which the page sends all of a component's properties, not its value.
    """

    index: int
    label: str
    api_name: str | None
    visibility: Visibility
    triggers: tuple[Trigger, ...]
    inputs: tuple[Parameter, ...]
    outputs: tuple[Component, ...]
    backend: bool = True
    javascript: bool = False
    queue: bool = True
    generator: bool = False
    batch: bool = False
    max_batch_size: int = 4
    cancels: tuple[int, ...] = ()
    collects_event_data: bool = False
    after: int | None = None
    after_only: Literal["", "success", "failure"] = ""
    renders: bool = False
    parent: int | None = None
    connection: str = "sse"
    time_limit: float | None = None
    stream_every: float | None = None
    reachable: bool = True
    whole_inputs: tuple[int, ...] = ()
    function: Function | None = None

    @property
    def live(self) -> tuple[int, ...]:
        """The positions of the inputs that come frame by frame, from a camera or a microphone."""
        if self.connection != "stream":
            return ()
        sources = {trigger.component for trigger in self.triggers}
        return tuple(n for n, p in enumerate(self.inputs) if p.component.id in sources)

    @property
    def kind(self) -> str:
        """One word for tables: chain, load, stream, generator, batch, script or call."""
        if not self.backend:
            return "script"
        if self.connection == "stream":
            return "stream"
        if self.after is not None:
            return "chain"
        if any(trigger.event == "load" for trigger in self.triggers):
            return "load"
        return "generator" if self.generator else "batch" if self.batch else "call"


@dataclass(frozen=True, slots=True)
class Contract:
    """Everything an app offers, in the order of its config."""

    gradio: str
    title: str
    mode: str
    prefix: str
    events: tuple[Event, ...]
    components: Mapping[int, Component]
    pages: tuple[str, ...] = ("",)
    protocol: str = "sse_v3"
    show_error: bool = False

    @property
    def major(self) -> str:
        """Which Gradio it is, "4", "5" or "6": what differs between them asks here."""
        return self.gradio.partition(".")[0]

    def event(self, label: str) -> Event:
        """Return the event of this label or API name; KeyError names the choices."""
        wanted = label.removeprefix("/")
        for event in self.events:
            if label == event.label or wanted in (event.label, event.api_name):
                return event
        known = [event.label for event in self.events]
        raise KeyError(f"no event {label!r}. {choices(wanted, known)}")

    def by_index(self, index: int) -> Event | None:
        """Return the event with Gradio's own number, if there is one."""
        return next((event for event in self.events if event.index == index), None)

    def followers(self, event: Event, *, failed: bool = False) -> tuple[Event, ...]:
        """Return the events that the page sets off when *event* has ended.

        After a failure Gradio 4 and 5 go on with ``.then``, the page of Gradio 6 does not.
        """
        following = tuple(e for e in self.events if e.after == event.index)
        if not failed:
            return tuple(e for e in following if e.after_only != "failure")
        stops = self.major not in ("4", "5")
        only = ("failure",) if stops else ("failure", "")
        return tuple(e for e in following if e.after_only in only)

    def chain(self, event: Event) -> tuple[Event, ...]:
        """Return *event* and all that follows from it, in the page's order."""
        found = [event]
        for member in found:
            found += [e for e in self.events if e.after == member.index and e not in found]
        return tuple(found)

    def root(self, event: Event) -> Event:
        """Return the event at the head of the chain that *event* stands in."""
        seen = {event.index}
        while event.after is not None:
            before = self.by_index(event.after)
            if before is None or before.index in seen:
                break
            seen.add(before.index)
            event = before
        return event

    def examples(self, event: Event) -> tuple[tuple[Event, int], ...]:
        """Return what a visitor clicks to fill in the author's examples for *event*.

        Each is the event behind a table of examples and the number of a row in it.
        """
        wanted = {parameter.component.id for parameter in event.inputs}
        found: list[tuple[Event, int]] = []
        for source in self.events:
            datasets = [p.component for p in source.inputs if p.component.type == "dataset"]
            fills = wanted & {component.id for component in source.outputs}
            if fills and len(datasets) == 1 == len(source.inputs) and source is not event:
                rows = datasets[0].props.get("samples") or ()
                found += [(source, row) for row in range(len(rows))]
        return tuple(found)

    def listeners(self, component: int, names: Iterable[str]) -> tuple[Event, ...]:
        """Return the events that *component* sets off by an event of these names."""
        wanted = set(names)
        return tuple(
            event
            for event in self.events
            if any(t.component == component and t.event in wanted for t in event.triggers)
        )


def read(
    config: Mapping[str, Any],
    info: Mapping[str, Any] | None = None,
    functions: Mapping[int, Function] | None = None,
) -> Contract:
    """Return the contract in *config* (GET /config) and *info* (GET {prefix}/info).

    *functions* are known in-process only. Works for Gradio 4.44, 5 and 6.
    """
    components = _components(config.get("components", ()), config.get("layout"), config)
    named = (info or {}).get("named_endpoints", {})
    events = _events(config.get("dependencies", ()), components, named, functions or {})
    return Contract(
        gradio=str(config.get("version", "")).strip(),
        title=str(config.get("title") or "Gradio"),
        mode=str(config.get("mode", "blocks")),
        prefix=config.get("api_prefix") or "",
        events=_unique(events),
        components=components,
        pages=tuple(page[0] for page in config.get("pages") or [("",)]),
        protocol=str(config.get("protocol", "")),
        show_error=bool(config.get("show_error")),
    )


def extended(contract: Contract, parent: Event, render_config: Mapping[str, Any]) -> Contract:
    """Return *contract* with what a ``gr.render`` of *parent* made for one session.

    What it had made before is no longer on the page, nor what was made by that in turn.
    """
    gone = {parent.index}
    for event in contract.events:  # what is made stands after what makes it
        gone |= {event.index} if event.parent in gone else set()
    kept = {i: c for i, c in contract.components.items() if c.maker not in gone}
    inner = _components(
        render_config.get("components", ()), render_config.get("layout"), {}, maker=parent.index
    )
    components = {**kept, **inner}
    before = [event for event in contract.events if event.parent not in gone]
    known = {event.index for event in before}
    raw = [d for d in render_config.get("dependencies", ()) if d["id"] not in known]
    names = {event.label for event in contract.events} | {d.get("api_name") for d in raw}
    events = [
        dataclasses.replace(event, parent=parent.index, label=_first_name(event.label, names))
        for event in _events(raw, components, {}, {})
    ]
    return dataclasses.replace(contract, events=_unique([*before, *events]), components=components)


def _first_name(label: str, names: Container[str]) -> str:
    """Return *label* without the number that Gradio adds where a name is taken.

    It counts on with each drawing; what is drawn again is to be called the same again.
    """
    first = re.sub(r"_\d+$", "", label)
    return first if first in names else label


def _components(
    raw: Iterable[Mapping[str, Any]],
    layout: Mapping[str, Any] | None,
    config: Mapping[str, Any],
    *,
    maker: int | None = None,
) -> dict[int, Component]:
    raw = list(raw)
    parents = _parents([layout, *(p["layout"] for p in (config.get("page") or {}).values())])
    props = {item["id"]: item.get("props", {}) for item in raw}
    kinds = {item["id"]: item["type"] for item in raw}

    def reachable(identity: int) -> bool:
        seen: int | None = identity
        while seen is not None:
            given = props.get(seen, {})
            shut = kinds.get(seen) == "tabitem" and given.get("interactive") is False
            if shut or given.get("visible") in (False, "hidden"):
                return False
            seen = parents.get(seen)
        return True

    counts: dict[str, int] = {}
    result: dict[int, Component] = {}
    for item in raw:
        kind, given = item["type"], item.get("props", {})
        counts[kind] = counts.get(kind, 0) + 1
        result[item["id"]] = Component(
            id=item["id"],
            type=kind,
            label=_component_label(kind, given, counts[kind]),
            props=given,
            reachable=reachable(item["id"]),
            schema=resolved(item.get("api_info_as_input") or item.get("api_info") or {}),
            example=item.get("example_inputs"),
            parent=parents.get(item["id"]),
            maker=maker,
        )
    return result


def _parents(layouts: Iterable[Mapping[str, Any] | None]) -> dict[int, int]:
    parents: dict[int, int] = {}
    waiting = [layout for layout in layouts if layout]
    while waiting:
        node = waiting.pop()
        for child in node.get("children") or ():
            parents[child["id"]] = node["id"]
            waiting.append(child)
    return parents


#: Names as authors write them, where the config's lower case would hide them.
NAMES = {
    name.lower(): name
    for name in (
        *("AnnotatedImage", "BrowserState", "CheckboxGroup", "ColorPicker", "DateTime"),
        *("DownloadButton", "FileExplorer", "HTML", "HighlightedText", "ImageEditor"),
        *("ImageSlider", "JSON", "LoginButton", "Model3D", "MultimodalTextbox", "ParamViewer"),
        *("UploadButton", "DuplicateButton", "DeepLinkButton"),
    )
} | {"tabitem": "Tab", "nativeplot": "Plot"}


def _component_label(kind: str, props: Mapping[str, Any], ordinal: int) -> str:
    name = props.get("label")
    if not name and kind.endswith("button"):
        name = props.get("value")
    if not name and kind in ("textbox", "multimodaltextbox"):
        name = props.get("placeholder")
    shown = NAMES.get(kind, kind.capitalize())
    if isinstance(name, str) and name.startswith("__i18n__"):
        return shown if ordinal == 1 else f"{shown} {ordinal}"
    if isinstance(name, str) and name.strip():
        return f"{shown} {' '.join(name.split())[:40]!r}"
    return shown if ordinal == 1 else f"{shown} {ordinal}"


def _events(
    raw: Iterable[Mapping[str, Any]],
    components: Mapping[int, Component],
    named: Mapping[str, Any],
    functions: Mapping[int, Function],
) -> list[Event]:
    events: dict[int, Event] = {}
    for number, known in enumerate(raw):  # what an event follows stands before it
        item = {"id": number, **known}  # older Gradio says it by the place
        before = events.get(item.get("trigger_after", -1))
        head = before.label.removesuffix(f".{before.triggers[0].event}") if before else "Page"
        if before and before.after is None:
            head = before.label
        event = _event(item, components, named, functions.get(item["id"]), head)
        events[event.index] = event
    return list(events.values())


def _event(
    item: Mapping[str, Any],
    components: Mapping[int, Component],
    named: Mapping[str, Any],
    function: Function | None,
    head: str,
) -> Event:
    name = item.get("api_name")
    api_name = name if isinstance(name, str) and name and name.lower() != "false" else None
    visibility: Visibility
    if "api_visibility" in item:
        visibility = item["api_visibility"]
    else:
        visibility = "public" if item.get("show_api", True) else "undocumented"
    if api_name is None:
        visibility = "private"
    triggers = tuple(_triggers(item.get("targets") or (), components, head))
    types = item.get("types") or {}
    outputs = tuple(components[i] for i in item.get("outputs") or () if i in components)
    only = "success" if item.get("trigger_only_on_success") else ""
    return Event(
        index=item["id"],
        label=_label(api_name, triggers, function),
        api_name=api_name,
        visibility=visibility,
        triggers=triggers,
        inputs=_parameters(item, components, named.get(f"/{api_name}"), function),
        outputs=outputs,
        backend=bool(item.get("backend_fn", True)),
        javascript=isinstance(item.get("js"), str) and bool(item["js"]),
        queue=item.get("queue") is not False,
        generator=bool(types.get("generator")),
        batch=bool(item.get("batch")),
        max_batch_size=item.get("max_batch_size") or 4,
        cancels=tuple(item.get("cancels") or ()),
        collects_event_data=bool(item.get("collects_event_data")),
        after=item.get("trigger_after"),
        after_only="failure" if item.get("trigger_only_on_failure") else only,  # type: ignore[arg-type]
        renders=_renders(item, outputs),
        connection=item.get("connection") or _connection(triggers),
        time_limit=item.get("time_limit"),
        stream_every=item.get("stream_every"),
        reachable=_reachable(item, components),
        whole_inputs=tuple(item.get("component_prop_inputs") or ()),
        function=function,
    )


def _connection(triggers: tuple[Trigger, ...]) -> str:
    """Return what Gradio 4 does not say: whether a camera or a microphone feeds the event."""
    return "stream" if {trigger.event for trigger in triggers} == {"stream"} else "sse"


def _renders(item: Mapping[str, Any], outputs: tuple[Component, ...]) -> bool:
    """Whether the event is a ``gr.render``; Gradio 4 does not say so, but only they fill a box."""
    if "render_id" in item:
        return item.get("rendered_in") is None and item["render_id"] is not None
    name = str(item.get("api_name"))
    boxed = len(outputs) == 1 and outputs[0].type in ("column", "row")
    return boxed and re.fullmatch(r"apply(_\d+)?", name) is not None


def _reachable(item: Mapping[str, Any], components: Mapping[int, Component]) -> bool:
    """Whether the page, as first shown, lets a visitor set the event off."""
    for identity, event in item.get("targets") or ():
        component = components.get(identity) if identity is not None else None
        if component is None or event in ("load", "unload", "tick"):
            return True
        shut = component.type.endswith("button") and component.props.get("interactive") is False
        if component.reachable and not shut:
            return True
    return item.get("trigger_after") is not None


def _triggers(
    targets: Iterable[tuple[int | None, str]], components: Mapping[int, Component], head: str
) -> Iterable[Trigger]:
    """Yield what sets an event off; what follows another is named by the *head* of its chain."""
    for identity, event in targets:
        component = components.get(identity) if identity is not None else None
        follows = event in ("then", "success", "failure")
        nobody = head if follows else "Page"
        yield Trigger(identity, component.label if component else nobody, event)


def _label(api_name: str | None, triggers: tuple[Trigger, ...], function: Function | None) -> str:
    """Return the API name; what sets the event off, where Gradio made the name up."""
    made_up = api_name is None or re.fullmatch(r"(lambda|js_fn|apply)(_\d+)?", api_name)
    if api_name and not made_up:
        return api_name
    if triggers:
        return str(triggers[0])
    if function and function.name and not function.name.startswith("<"):
        return function.name
    return api_name or "event"


def _parameters(
    item: Mapping[str, Any],
    components: Mapping[int, Component],
    endpoint: Mapping[str, Any] | None,
    function: Function | None,
) -> tuple[Parameter, ...]:
    """Return the inputs; /info leaves State out, so its rows are dealt to the others in order."""
    inputs = [components[i] for i in item.get("inputs") or () if i in components]
    rows = iter((endpoint or {}).get("parameters", ()))
    skipped = ("state", "button", "downloadbutton", "uploadbutton", "browserstate")
    told = [c for c in inputs if c.type not in skipped]
    fits = endpoint is not None and len(endpoint.get("parameters", ())) == len(told)
    names = list(function.parameters) if function else []
    result = []
    for position, component in enumerate(inputs):
        row: Mapping[str, Any] = next(rows, {}) if fits and component.type not in skipped else {}
        name = names[position] if position < len(names) else row.get("parameter_name")
        if function and function.keyed:
            name = component.label
        result.append(
            Parameter(
                name=name or component.label,
                component=component,
                required=not row.get("parameter_has_default", False),
                default=row.get("parameter_default"),
            )
        )
    return tuple(result)


def _unique(events: Iterable[Event]) -> tuple[Event, ...]:
    """Return the events with labels that differ; ``::`` would split a pytest node id."""
    seen: dict[str, int] = {}
    result = []
    for event in events:
        label = event.label.replace("::", ":").replace("[", "(").replace("]", ")")
        seen[label] = seen.get(label, 0) + 1
        if seen[label] > 1:
            label = f"{label} ({seen[label]})"
        result.append(dataclasses.replace(event, label=label))
    return tuple(result)
