"""Several turns on one page: what an event answers when it is fed its own answers.

A history is never made up: it grows out of what the app answers, turn by turn, as on the page,
and so do the retries, edits and likes of what was said. Where the visitor clicks on something
that the page shows, that is what the page holds by then.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..contract import Component, Event
from ..reproduce import Case, steps_of
from ..steps import Step
from .search import Search

__all__ = ["clicked", "conversation", "conversed", "talk"]

#: What a conversation is kept in; other components show the last answer only.
KEPT = ("chatbot", "state")
#: Turns of one conversation, by the seconds that an event gets.
TURNS_A_SECOND = 3
MOST_TURNS = 100
#: So many of the ways to click on one thing.
MOST_CLICKS = 4
#: So many texts of the author's source are said.
MOST_KNOWN = 6
#: So many pages on which the visitor has filled in first what is then clicked on.
OWN = 3
#: No message is sent by these.
PASSIVE = frozenset(("clear", "change", "load"))
SIMPLE = ("hello", "and then?", "why", "thanks", "42")


def clicked(search: Search) -> None:
    """Set an event off by clicks on what the page shows: as it opens, and once it is filled."""
    if search.event not in search.plan.clicked:
        return
    for ground in _grounds(search):
        for number, gesture in enumerate(search.offered(search.event, ground)):
            picked = {} if gesture.picked is ... else _picked(search.event, gesture.picked)
            values = {**ground.values, **picked}
            case = dataclasses.replace(ground, values=values, data=gesture.told)
            search.clicks.append(case)
            search.try_(case, queued=number == 0)


def conversed(search: Search) -> None:
    """Take many turns on one page, and after a few do what else the page offers by then."""
    kept = frozenset(component.id for component in conversation(search))
    by_itself = any(trigger.event in PASSIVE for trigger in search.event.triggers)
    if not kept or by_itself or search.event in search.plan.clicked:
        return
    most = min(int(TURNS_A_SECOND * search.budget.seconds), MOST_TURNS)
    untouched: list[dict[int, Any]] = [{}] * min(most, 6)
    drawn = search.draws(4 * most) or [{}]
    for messages in (_simple(search, most), drawn[:most], untouched):
        _try(search, talk(search, messages))
    for event in _beside(search, kept):
        _interrupted(search, event, 1)
    for begin in range(most, len(drawn), most):
        _try(search, talk(search, drawn[begin : begin + most]))
    for event in _beside(search, kept):
        for said in (0, 2):
            _interrupted(search, event, said)


def _interrupted(search: Search, event: Event, said: int) -> None:
    """Set *event* off after so many turns, and go on talking."""
    *before, last = _simple(search, said + 1)
    steps = tuple(_step(search, values) for values in before)
    clicks: list[Any] = [None]
    if event not in search.plan.roots:
        offered = search.offered(event, Case(turns=steps))[:MOST_CLICKS]
        clicks = [gesture.told for gesture in offered]
    for data in clicks:
        _try(search, Case(last, turns=(*steps, Step(event.label, {}, data))))


def _try(search: Search, case: Case) -> None:
    if search.allowed(case):
        search.try_(case)


def talk(search: Search, messages: Sequence[dict[int, Any]]) -> Case:
    """Return the case in which the *messages* are sent one after another on one page."""
    *before, last = messages
    return Case(last, turns=tuple(_step(search, values) for values in before))


def _step(search: Search, values: Mapping[int, Any]) -> Step:
    return steps_of(search.contract, search.event, Case(values))[-1]


def _simple(search: Search, count: int) -> list[dict[int, Any]]:
    """Return so many messages: the author's examples, what the source knows, and plain ones.

    Other fields stay as they are.
    """
    typed = [component for component in search.settable if component.type in TEXTS]
    known = [text for component in typed for text in _known(search, component)]
    texts = list(itertools.islice(itertools.cycle(dict.fromkeys((*known, *SIMPLE))), count))
    return [{component.id: _text(component, text) for component in typed} for text in texts]


def _known(search: Search, component: Component) -> Iterator[str]:
    """Yield what the author expects to be said: examples, and what the source compares with."""
    for shown in search.contract.components.values():
        for example in (shown.props.get("examples") or ()) if shown.type == "chatbot" else ():
            yield str(example.get("text") or "") if isinstance(example, Mapping) else str(example)
    clue = search.clue(component)
    yield from (text for text in clue.examples if isinstance(text, str))
    yield from clue.constants.texts[:MOST_KNOWN]


TEXTS = ("textbox", "multimodaltextbox")


def _text(component: Component, text: str) -> Any:
    return text if component.type == "textbox" else {"text": text, "files": []}


def conversation(search: Search) -> tuple[Component, ...]:
    """Return what the event's chain reads, and writes for its next turn."""
    reads = {p.component.id for member in search.chain for p in member.inputs}
    writes = {out.id: out for member in search.chain for out in member.outputs}
    return tuple(out for out in writes.values() if out.type in KEPT and out.id in reads)


def _beside(search: Search, kept: frozenset[int]) -> Iterator[Event]:
    """Yield the other events that change the conversation, or are about it."""
    plan, contract = search.plan, search.contract
    for event in (*plan.beside, *plan.clicked, *plan.roots):
        chain = contract.chain(event)
        writes = any(out.id in kept for member in chain for out in member.outputs)
        about = any(trigger.component in kept for trigger in event.triggers)
        loads = any(trigger.event in ("load", "change") for trigger in event.triggers)
        if event != search.event and (writes or about) and not loads:
            yield event


def _grounds(search: Search) -> Iterator[Case]:
    """Yield pages on which there may be something to click on."""
    yield Case()
    sources = {trigger.component for trigger in search.event.triggers}
    own = [component for component in search.settable if component.id in sources]
    for drawn in search.draws(OWN) if own else ():
        yield Case({c.id: drawn[c.id] for c in own if drawn[c.id] is not None})
    for root in search.plan.roots:
        chain = search.contract.chain(root)
        if any(out.id in sources for member in chain for out in member.outputs):
            values = {
                p.name: _text(p.component, SIMPLE[0])
                for p in root.inputs
                if p.component.type in TEXTS and p.component.editable
            }
            yield Case(turns=(Step(root.label, values),))


def _picked(event: Event, value: Any) -> dict[int, Any]:
    return {t.component: value for t in event.triggers if t.component is not None}
