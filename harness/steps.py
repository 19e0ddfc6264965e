"""What a visitor may do next on a page, and a page on which it is done.

A `Step` is written down by names and not by Gradio's numbers, which differ from one visit to
the next: what ``gr.render`` makes gets new ones each time.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .contract import Component, Contract, Event, Trigger
from .drivers.wire import new_session
from .gestures import sent
from .observation import Call
from .plan import CLICKED, Plan, matches, unfit
from .visit import EDITS, Driver, Visit

__all__ = ["Step", "arrive", "by_name", "clicked", "fields", "moves", "now", "perform", "typed"]


@dataclass(frozen=True, slots=True)
class Step:
    """*values* are typed or picked, by name, then *event* is set off.

    Where editing sets the event off by itself, the last value does so. *data* is what the page
    sends along where the visitor clicks on something that it shows.
    """

    event: str
    values: Mapping[str, Any] = field(default_factory=dict)
    data: Any = None


def arrive(
    driver: Driver,
    contract: Contract,
    plan: Plan,
    *,
    before: Callable[[Call], None] = lambda call: None,
    timeout_seconds: float | None = None,
) -> Visit:
    """Return a new visitor's page, not opened yet, on which the *plan* says what is set off.

    What a ``gr.render`` makes is set off where the render is, unless it is excluded by name.
    """
    visit: Visit

    def driven(event: Event) -> bool:
        if event.parent is None:
            return event.index in plan.driven
        if any(matches(pattern, event) for pattern in plan.exclude):
            return False
        maker = visit.known.get(event.parent)
        return maker is not None and driven(maker)

    visit = Visit(
        driver,
        contract,
        new_session(),
        driven=driven,
        before=before,
        timeout_seconds=timeout_seconds,
    )
    return visit


def moves(visit: Visit) -> tuple[Event, ...]:
    """Return the events that the visitor can set off now."""
    return tuple(event for event in visit.contract.events if _possible(visit, event))


def fields(visit: Visit, event: Event) -> dict[str, Component]:
    """Return what the visitor may edit before *event*, by name, each as the page shows it now."""
    return {
        name: now(visit, component)
        for name, component in by_name(visit.contract, event).items()
        if _editable(visit, component)
    }


def now(visit: Visit, component: Component) -> Component:
    """Return *component* with what earlier answers have changed: choices, bounds, visibility."""
    changed = visit.props.get(component.id)
    if not changed and component.reachable:
        return component
    return dataclasses.replace(component, props=visit.shown(component), reachable=True)


def typed(visit: Visit, event: Event) -> frozenset[str]:
    """Return the names of the fields whose editing is all that sets *event* off; none else."""
    ways = _ways(visit, event)
    if not ways or any(trigger.event not in EDITS for trigger in ways):
        return frozenset()
    sources = {trigger.component for trigger in ways}
    named = by_name(visit.contract, event)
    return frozenset(name for name, component in named.items() if component.id in sources)


def clicked(visit: Visit, event: Event) -> frozenset[str]:
    """Return the names of the tables of examples a row of which sets *event* off."""
    sources = {trigger.component for trigger in _ways(visit, event)}
    return frozenset(
        name
        for name, component in by_name(visit.contract, event).items()
        if component.type == "dataset" and component.id in sources
    )


def perform(visit: Visit, step: Step) -> bool:
    """Do *step* on the page as it is now; False if the page does not allow it (any more)."""
    event = _labelled(visit, step)
    if event is None:
        return False
    named = by_name(visit.contract, event)
    if not clicked(visit, event) <= step.values.keys():
        return False  # no row is clicked
    last = typed(visit, event)
    ordered = sorted(step.values.items(), key=lambda item: item[0] in last)
    if last and not any(_new(visit, named[name], value) for name, value in ordered if name in last):
        return False
    for name, value in ordered:
        component = named.get(name)
        if component is None or not _editable(visit, component):
            return False
        if not (_fits(visit, component, value) and visit.set(component, value)):
            return False
    if last:
        return True  # the edit has set it off
    again = _labelled(visit, step)  # an edit may have hidden it, or drawn it anew
    if again is None:
        return False
    if {trigger.event for trigger in _ways(visit, again)} == {"clear"}:
        visit.clear(again)
    visit.fire(again, None if step.data is None else sent(visit, again, step.data))
    return True


def _labelled(visit: Visit, step: Step) -> Event | None:
    """Return the event of *step*, if the page allows it now, and what is clicked on is there."""
    if step.data is None:
        return next((event for event in moves(visit) if event.label == step.event), None)
    for event in visit.contract.events:
        if event.label == step.event and unfit(visit.contract, event) == CLICKED:
            offered = visit.driven(event) and sent(visit, event, step.data) is not None
            return event if offered else None
    return None


def _new(visit: Visit, component: Component, value: Any) -> bool:
    return bool(visit.values.get(component.id) != value)


def _possible(visit: Visit, event: Event) -> bool:
    chain = visit.contract.chain(event)
    if event.after is not None or not any(member.backend for member in chain):
        return False
    if not visit.driven(event):
        return False
    rows = any(p.component.type == "dataset" for p in event.inputs) and len(event.inputs) == 1
    if not rows and unfit(visit.contract, event) is not None:
        return False
    return bool(_ways(visit, event))


def _ways(visit: Visit, event: Event) -> list[Trigger]:
    """Return what of the event's triggers a visitor can reach for now."""
    return [trigger for trigger in event.triggers if _within_reach(visit, trigger)]


def _source(contract: Contract, trigger: Trigger) -> Component | None:
    return None if trigger.component is None else contract.components.get(trigger.component)


def _within_reach(visit: Visit, trigger: Trigger) -> bool:
    component = _source(visit.contract, trigger)
    if component is None or trigger.event in ("load", "unload"):
        return False
    props = visit.shown(component)
    if component.type == "timer":
        return props.get("active") is not False
    if not component.visible and component.type in ("state", "browserstate", "api"):
        return False
    if not visit.reaches(component):
        return False
    if component.type == "dataset":
        return bool(props.get("samples"))
    if component.type.endswith("button") or component.type in ("tab", "tabitem", "tabs"):
        return props.get("interactive") is not False
    if component.type in ("accordion", "sidebar", "html", "markdown"):
        return trigger.event not in EDITS
    filled = visit.values.get(component.id) is not None
    if trigger.event in ("stop", "play", "pause", "end"):
        return filled
    return _editable(visit, component) and (filled or trigger.event != "clear")


def _editable(visit: Visit, component: Component) -> bool:
    """Whether the page takes input there: as its author says, else where an event reads it."""
    if not visit.reaches(component):
        return False
    interactive = visit.shown(component).get("interactive")
    if interactive is not None:
        return bool(interactive)
    events = visit.contract.events
    if any(p.component.id == component.id for event in events for p in event.inputs):
        return True
    return not any(out.id == component.id for event in events for out in event.outputs)


def _fits(visit: Visit, component: Component, value: Any) -> bool:
    """Whether the page as it is now lets *value* be chosen: bounds and choices may have moved."""
    if value == visit.values.get(component.id):
        return True
    props = visit.shown(component)
    match component.type:
        case "slider":
            low, high = props.get("minimum"), props.get("maximum")
            number = isinstance(value, int | float)
            return number and (low is None or value >= low) and (high is None or value <= high)
        case "dropdown" | "radio" | "checkboxgroup":
            many = isinstance(value, list)
            if not many and value is None:
                return component.value is None
            free = component.type == "dropdown" and props.get("allow_custom_value")
            known = [c[1] if isinstance(c, list | tuple) else c for c in props.get("choices") or ()]
            return bool(free) or all(one in known for one in (value if many else [value]))
    return True


def by_name(contract: Contract, event: Event) -> dict[str, Component]:
    """Return the components that *event* and its chain read, and whose editing sets it off."""
    found: dict[str, Component] = {}
    seen: set[int] = set()

    def add(name: str, component: Component) -> None:
        if component.id in seen or component.type in ("state", "timer"):
            return
        seen.add(component.id)
        number = 1
        first = name
        while name in found:
            number += 1
            name = f"{first} ({number})"
        found[name] = component

    for member in contract.chain(event):
        for parameter in member.inputs:
            # A parameter of the author's may stand for what a render made anew.
            known = contract.components.get(parameter.component.id, parameter.component)
            add(parameter.name, known)
    for trigger in event.triggers:
        component = _source(contract, trigger)
        if component is not None and trigger.event in EDITS:
            add(component.label, component)
    return found
