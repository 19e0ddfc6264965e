"""A script of several visitors' moves, played once: who sets what off, and what each of them gets.

Each visitor has a page and a driver of its own, and marks that nobody has seen before in all
that it sends; a mark that surfaces at another one is a sighting.
"""

from __future__ import annotations

import contextlib
import functools
import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..contract import Component, Contract, Event
from ..observation import Observation
from ..stopwatch import Deadline
from ..visit import Visit, at, feeding
from .canaries import (
    STEM,
    Mark,
    Trace,
    carried,
    in_file,
    linked_paths,
    new_mark,
    received,
    served_paths,
)
from .guests import Guests
from .marking import marked
from .phrases import PLACE
from .stage import Spent, Stage
from .together import at_once

__all__ = [
    "Move",
    "Performance",
    "Play",
    "Sighting",
    "loads",
    "overlapping",
    "settable",
    "worked_seconds",
]

#: What leaves a file behind, and what takes it away.
FILLED = frozenset(("upload", "stop_recording", "start_recording", "stop", "play", "pause", "end"))
MOST_FILES = 60


@dataclass(frozen=True, slots=True)
class Move:
    """One visitor sets *event* off (None: only opens the page), drawing from *seed*.

    *plain* says that only the component of this id is set, and the others stay as they are (-1:
    none is set). *beside* is how many seconds after the move before it this one begins, while
    that still runs; None: when that has ended. *simple* text is a word and nothing else.
    *values*, where given, are what is set, by component id, and none of it is marked. What follows
    an event that is set off *alone* is not. The files of *namesake* moves have the same names.
    *phrases* are texts by component id with places for the mark.
    """

    visitor: str
    event: Event | None
    seed: int = 0
    plain: int | None = None
    beside: float | None = None
    simple: bool = False
    values: Mapping[int, Any] | None = None
    alone: bool = False
    namesake: bool = False
    phrases: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sent:
    """One mark, who sent it, in which move, into which component."""

    mark: Mark
    move: int
    component: Component
    value: Any


@dataclass(frozen=True, slots=True)
class Sighting:
    """A mark of one visitor's move *source* in what *reader* got in move *move*."""

    sent: Sent
    move: int
    reader: Event
    where: str
    trace: Trace


@dataclass(slots=True)
class Play:
    """What came of a script: sightings in order, values set in each move.

    *took* are the seconds for which the longest call of each event ran, by label; *refused* are
    the moves that the user's number of calls did not allow, and the words for it; *seen* is what
    came in each move.
    """

    sightings: list[Sighting] = field(default_factory=list)
    values: list[Mapping[int, Any]] = field(default_factory=list)
    took: dict[str, float] = field(default_factory=dict)
    refused: dict[int, str] = field(default_factory=dict)
    seen: dict[int, list[Observation]] = field(default_factory=dict)

    @property
    def unanswered(self) -> bool:
        """Whether a call came to no end."""
        calls = (seen for observations in self.seen.values() for seen in observations)
        return any(seen.error is not None and seen.error.kind == "timeout" for seen in calls)


class Performance:
    """A script played once, with marks that nobody has seen before.

    So are the visitors, but where *guests* are given.
    """

    def __init__(
        self,
        stage: Stage,
        draw: random.Random,
        deadline: Deadline | None = None,
        guests: Guests | None = None,
    ) -> None:
        self.stage, self.draw, self.deadline = stage, draw, deadline
        self.guests = guests if guests is not None else stage.guests()
        self.known_guests = guests is not None
        self.namesake = f"upload-{draw.randrange(10**6)}"
        self.visits: dict[str, Visit] = {}
        self.sent: dict[str, list[Sent]] = {}
        self.known: dict[str, set[Mark]] = {}
        self.fetched: set[tuple[str, str]] = set()
        self.linked: dict[tuple[str, str], tuple[int, Event]] = {}
        self.result = Play()

    def play(self, moves: Sequence[Move]) -> Play:
        """Return what surfaced at the wrong visitor."""
        try:
            return self._play(moves)
        finally:
            if not self.known_guests:
                self.guests.close()

    def _play(self, moves: Sequence[Move]) -> Play:
        groups: list[list[int]] = []
        for number, move in enumerate(moves):
            if move.beside is None:
                groups.append([])
            groups[-1].append(number)
        for group in groups:
            if self.deadline is not None and self.deadline.passed():
                break
            try:
                self._together([(number, moves[number]) for number in group])
            except Spent as error:
                self.result.refused |= dict.fromkeys(group, str(error))
            self.result.values += [{}] * (group[-1] + 1 - len(self.result.values))
        self._look_again()
        return self.result

    def _together(self, group: Sequence[tuple[int, Move]]) -> None:
        """Play moves that begin while the first of them runs; mostly it is one."""
        gestures: list[Callable[[], object]] = []
        for number, move in group:
            visit = self.visits.get(move.visitor)
            if visit is None:
                visit = self.stage.visit(driver=self.guests.driver(move.visitor))
                self.visits[move.visitor] = visit
                with self._watched(number, move):
                    visit.open()
            if move.event is None:
                self.result.values.append({})
                continue
            here = at(visit, move.event)
            visit.wanted = feeding(visit.contract, here)
            values = self._values(number, move, visit, here)
            self.result.values.append(values)
            with self._watched(number, move):
                self._fill(visit, here, values)
            gestures.append(functools.partial(visit.fire, here, alone=move.alone))
        with contextlib.ExitStack() as watched:
            for number, move in group:
                watched.enter_context(self._watched(number, move))
            delays = [move.beside or 0.0 for _, move in group if move.event is not None]
            at_once(gestures, delays)

    @staticmethod
    def _fill(visit: Visit, here: Event, values: Mapping[int, Any]) -> None:
        for identity, value in values.items():
            if identity in visit.contract.components:
                visit.set(visit.contract.components[identity], value, but=here)

    @contextlib.contextmanager
    def _watched(self, number: int, move: Move) -> Iterator[None]:
        """Look through all that the move's visitor gets meanwhile."""
        visit = self.visits[move.visitor]
        begin = len(visit.seen)
        try:
            yield
        finally:
            seen = visit.seen[begin:]
            self.stage.note(seen)
            self.result.seen.setdefault(number, []).extend(seen)
        known = {event.index: event for event in visit.contract.events}
        for observation in seen:
            event = known[observation.call.index]
            took = self.result.took
            took[event.label] = max(took.get(event.label, 0.0), worked_seconds(observation))
            self._watch(number, move.visitor, observation, event)

    def _values(self, number: int, move: Move, visit: Visit, here: Event) -> dict[int, Any]:
        """Return what is set in *move*, by component id; note what is marked."""
        if move.values is not None:
            return dict(move.values)
        draw = random.Random(move.seed)
        asked = _asked(here)
        own = self.stage.owned(here, draw)
        values: dict[int, Any] = {}
        for component in settable(self.stage, visit.contract, here):
            mark = new_mark(self.draw, self.stage.stems)
            self.stage.stems.add(mark.word[:STEM])
            alone = move.plain == component.id
            known, value = marked(
                component,
                mark,
                draw,
                simple=alone or move.simple,
                full=not (alone or move.simple),
                namesake=self.namesake if move.namesake else "",
            )
            if component.id in move.phrases:
                value = move.phrases[component.id].replace(PLACE, mark.word)
            known, value = known or component.id in own, own.get(component.id, value)
            needed = component.id in asked
            if not known or not (needed or alone or move.plain is None):
                continue
            values[component.id] = value = None if _clears(here) and needed else value
            mark = mark.sent_as(value)
            if carried(mark, value):
                sent = Sent(mark, number, component, value)
                self.sent.setdefault(move.visitor, []).append(sent)
        return values

    def _theirs(self, visitor: str) -> dict[Mark, Sent]:
        """Return other users' marks that *visitor* has not come to know yet."""
        known = self.known.setdefault(visitor, set())
        user = self.guests.user
        return {
            sent.mark: sent
            for other, all_sent in self.sent.items()
            if user(other) != user(visitor)
            for sent in all_sent
            if sent.mark not in known
        }

    def _watch(self, number: int, visitor: str, seen: Observation, event: Event) -> None:
        """Look for the others' marks in what *visitor* got, each one once."""
        theirs = self._theirs(visitor)
        for path in linked_paths(seen.outputs):
            self.linked.setdefault((visitor, path), (number, event))
        if not theirs:
            return
        for mark, trace in received(seen, theirs).items():
            self._surfaced(visitor, theirs[mark], number, event, _part(event, seen, mark), trace)
        for path, name in served_paths(seen.outputs or ()):
            if (visitor, path) not in self.fetched and len(self.fetched) < MOST_FILES:
                self.fetched.add((visitor, path))
                self._fetch(visitor, path, name, number, event)

    def _look_again(self) -> None:
        """Fetch the files that texts link to: another visitor's may have taken their place."""
        for (visitor, path), (number, event) in list(self.linked.items())[:MOST_FILES]:
            self._fetch(visitor, path, path.rpartition("/")[2], number, event)

    def _fetch(self, visitor: str, path: str, name: str, number: int, event: Event) -> None:
        theirs = self._theirs(visitor)
        content = self.guests.driver(visitor).served(path) if theirs else None
        for mark, trace in in_file(name, content or b"", theirs).items():
            where = f"in the file {name!r}"
            self._surfaced(visitor, theirs[mark], number, event, where, trace)

    def _surfaced(
        self, visitor: str, sent: Sent, number: int, event: Event, where: str, trace: Trace
    ) -> None:
        if sent.mark not in self.known[visitor]:
            if not (isinstance(trace, str) and len(trace) == STEM):
                self.known[visitor].add(sent.mark)  # who has a part does not know the whole
            self.result.sightings.append(Sighting(sent, number, event, where, trace))


def overlapping(contract: Contract, first: Event, second: Event) -> bool:
    """Whether two visitors can be in the midst of *first* and *second* at the same time."""
    chains = contract.chain(first), contract.chain(second)
    if max(map(len, chains)) > 1 or not (first.queue and second.queue):
        return True
    one, other = first.function, second.function
    if one is None or other is None or one.concurrency_id != other.concurrency_id:
        return first is not second
    return one.concurrency_limit != 1


def worked_seconds(seen: Observation) -> float:
    """Return how long the app's function ran, or the whole call where no probe is."""
    if seen.evidence is not None and "function" in seen.evidence.seconds:
        return seen.evidence.seconds["function"]
    return seen.seconds


def _asked(event: Event) -> set[int]:
    """Return the components that have to be filled, or emptied, for *event* to be set off."""
    names = {trigger.event for trigger in event.triggers}
    if not names or not (names <= FILLED or _clears(event)):
        return set()
    return {trigger.component for trigger in event.triggers if trigger.component is not None}


def _clears(event: Event) -> bool:
    return {trigger.event for trigger in event.triggers} == {"clear"}


def settable(stage: Stage, contract: Contract, event: Event) -> list[Component]:
    """Return what the calls of *event* and its chain read, State and all, each once."""
    found: dict[int, Component] = {}
    for member in contract.chain(event):
        if stage.driven(member):
            for parameter in member.inputs:
                found.setdefault(parameter.component.id, parameter.component)
    return list(found.values())


def _part(event: Event, seen: Observation, mark: Mark) -> str:
    """Return in which part of an answer *mark* is."""
    for component, value in zip(event.outputs, seen.outputs or (), strict=False):
        text = json.dumps(value, ensure_ascii=False, default=str).lower()
        if mark.trace(text):
            return f"in {component.label}"
    if seen.error is not None:
        return "in an error message"
    return "in a message" if seen.logs else "in an output on the way"


def loads(event: Event) -> bool:
    """Whether the page sets *event* off when it is opened, and nothing else does."""
    return all(trigger.event == "load" for trigger in event.triggers) and bool(event.triggers)
