"""The same input sent two ways: by the page's protocol and by gradio_client; by two triggers.

First it is shown that the app repeats itself: A, A, then B, B, and A once more.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..checks.agreement import Answers, client_differs, said, triggers_differ
from ..contract import Component, Event
from ..finding import Finding, Repeats
from ..observation import Observation
from ..reproduce import Case, described
from ..visit import Driver
from .search import Search

__all__ = ["compared", "two_ways"]

#: What takes more of the event's time than this is not asked so often.
SHARE = 1 / 12
#: A, A, B, B, A: so many calls, and as many for what the page sets off by itself.
CALLS = 10


def two_ways(search: Search) -> None:
    """Tell where the event answers otherwise to gradio_client, or to another trigger."""
    calls = search.budget.calls
    if search.slowest > SHARE * search.budget.seconds:
        return
    if calls is not None and calls - search.calls < 3 * CALLS:
        return
    search.told += _triggers(search, (Case(), _varied(search)))
    if not search.over:
        search.told += _clients(search, Case())


def compared(search: Search, case: Case, check: str) -> list[Finding]:
    """Return what *check* finds where *case* is sent two ways once more."""
    clients = check == "api.client-differs"
    return _clients(search, case) if clients else _triggers(search, (case,))


def _clients(search: Search, case: Case) -> list[Finding]:
    if not (_open_to_clients(search) and search.allowed(case)):
        return []
    from ..drivers.client import Client
    from ..drivers.wire import Wire

    # Both are new to the app: neither has a cookie of an earlier visit.
    limit = search.budget.timeout_seconds
    with (
        Client(search.app, timeout_seconds=limit) as client,
        Wire(search.app, timeout_seconds=limit) as wire,
    ):
        return _client(search, client, wire, case)


def _client(search: Search, client: Driver, wire: Driver, case: Case) -> list[Finding]:
    event = search.event
    by_wire = _asked(search, event, case, wire, 2)
    if said(by_wire[0], event) in (None, "[]") or len({said(one, event) for one in by_wire}) > 1:
        return []
    by_client = _asked(search, event, case, client, 1)
    left_out = _left_out(event, by_client[0])
    first = [said(one, event, left_out) for one in by_wire]
    second = [said(one, event, left_out) for one in by_client]
    if second == first[:1] or None in second:
        return []
    second += [said(one, event, left_out) for one in _asked(search, event, case, client, 1)]
    first += [said(one, event, left_out) for one in _asked(search, event, case, wire, 1)]
    answers = _answers(search, event, "gradio_client", first, second)
    return [_written(search, case, finding) for finding in client_differs(answers)]


def _triggers(search: Search, cases: Sequence[Case]) -> list[Finding]:
    return [found for other in _siblings(search) for found in _trigger(search, other, cases)]


def _trigger(search: Search, other: Event, cases: Sequence[Case]) -> list[Finding]:
    event, wire = search.event, search.driver
    for case in cases:
        if not search.allowed(case):
            continue
        first = [said(one, event) for one in _asked(search, event, case, wire, 2)]
        second = [said(one, other) for one in _asked(search, other, case, wire, 2)]
        first += [said(one, event) for one in _asked(search, event, case, wire, 1)]
        inputs = ", ".join(p.component.label for p in other.inputs)
        answers = _answers(search, event, _named(other), first, second, inputs)
        found = triggers_differ(answers)
        if found:
            return [_written(search, case, finding) for finding in found]
    return []


def _left_out(event: Event, observation: Observation) -> frozenset[int]:
    """Return the outputs that gradio_client leaves out, as it does with buttons."""
    outputs = zip(event.outputs, observation.outputs or (), strict=False)
    return frozenset(component.id for component, value in outputs if value is None)


def _asked(
    search: Search, event: Event, case: Case, driver: Driver, times: int
) -> list[Observation]:
    return [search.ask(event, case, driver) for _ in range(times)]


def _answers(
    search: Search,
    event: Event,
    other: str,
    first: list[str | None],
    second: list[str | None],
    inputs: str = "",
) -> Answers:
    known = [tuple(one for one in some if one is not None) for some in (first, second)]
    return Answers(event, other, known[0], known[1], inputs, search.folder)


def _written(search: Search, case: Case, finding: Finding) -> Finding:
    return dataclasses.replace(
        finding,
        input=described(search.contract, search.event, case),
        reproduce=search.snippet(case, finding.check, call="replay_compared"),
        repeats=Repeats(2, 2, "FF"),
    )


def _open_to_clients(search: Search) -> bool:
    """Whether gradio_client may call the event, and can send all that the page sends."""
    from ..drivers.client import why_not

    event = search.event
    if event.visibility != "public" or event.javascript or event.whole_inputs or why_not(event):
        return False
    kept = ("state", "browserstate", "dataset")
    if any(c.type in kept for c in (*(p.component for p in event.inputs), *event.outputs)):
        return False
    return not any(_holds_file(parameter.component.value) for parameter in event.inputs)


def _holds_file(value: Any) -> bool:
    if isinstance(value, Mapping):
        return "path" in value or any(map(_holds_file, value.values()))
    return isinstance(value, list) and any(map(_holds_file, value))


def _siblings(search: Search) -> Iterator[Event]:
    """Yield what calls the same function with the same fields in another order.

    Two buttons may mean to ("from A to B", "from B to A"); a button and a key do not.
    """
    event, function = search.event, search.event.function
    if function is None or function.builtin or function.keyed or not function.file:
        return
    for other in search.contract.events:
        if other.index >= event.index or other.index not in search.plan.driven:
            continue
        if other.after is not None or other.collects_event_data or other.function is None:
            continue
        there = (other.function.file, other.function.line, other.function.name)
        if there != (function.file, function.line, function.name):
            continue
        if {t.event for t in other.triggers} & {t.event for t in event.triggers}:
            continue
        if _ids(event) != _ids(other) and all(
            sorted(one) == sorted(two) for one, two in zip(_ids(event), _ids(other), strict=True)
        ):
            yield other


def _named(event: Event) -> str:
    return str(event.triggers[0]) if event.triggers else event.label


def _ids(event: Event) -> tuple[list[int], list[int]]:
    return [p.component.id for p in event.inputs], [c.id for c in event.outputs]


def _varied(search: Search) -> Case:
    """Return a page on which no two fields of one kind hold the same."""
    values: dict[int, Any] = {}
    for number, component in enumerate(search.settable, start=2):
        value = _own(component, number)
        if value is not None:
            values[component.id] = value
    return Case(values)


def _own(component: Component, number: int) -> Any:
    props = component.props
    match component.type:
        case "textbox":
            return f"text {number}"
        case "number" | "slider":
            low = props.get("minimum")
            return number + (low if isinstance(low, int | float) else 0)
        case "radio" | "dropdown" if not props.get("multiselect"):
            choices = props.get("choices") or ()
            if not choices:
                return None
            choice = choices[number % len(choices)]
            return choice[1] if isinstance(choice, list | tuple) else choice
    return None
