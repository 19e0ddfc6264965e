"""Several visitors on one app, in turns, each with canaries of their own in all they send.

First a walk: every visitor sets every event off, in an order in which each event of one comes
before each of another. What then surfaces at the wrong visitor is made small, as a script of
the fewest calls, and played again with new visitors and new canaries to see whether it repeats.
"""

from __future__ import annotations

import dataclasses
import json
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .canaries import Mark, carried, in_file, marked, new_mark, received, served_paths
from .checks.sessions import Surfaced
from .checks.sessions import leak as judged
from .contract import Component, Event
from .finding import Finding, Repeats
from .observation import Media, Observation
from .run import Part
from .stage import Spent, Stage, skipped
from .together import Step, described, snippet
from .visit import Visit, at, feeding

__all__ = ["leak"]

#: What leaves a file behind, and what takes it away.
FILLED = frozenset(("upload", "stop_recording", "start_recording", "stop", "play", "pause", "end"))
AGAIN = 3


@dataclass(frozen=True, slots=True)
class Move:
    """One visitor sets *event* off (None: only opens the page), drawing from *seed*.

    *plain* says that only the component of this id is set, and the others stay as they are.
    """

    visitor: str
    event: Event | None
    seed: int = 0
    plain: int | None = None


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


@dataclass(slots=True)
class Play:
    """What came of a script: the sightings, in order, and the values set in each move."""

    sightings: list[Sighting] = field(default_factory=list)
    values: list[Mapping[int, Any]] = field(default_factory=list)


def leak(stage: Stage, event: Event) -> Part:
    """Return where *event* hands one visitor what another sent; one walk serves all events."""
    walk = stage.once("walk", lambda: Walk(stage).run())
    found = walk.findings.get(event.label, ())
    if not found and event.label not in walk.reached:
        return skipped(event, walk.why or "time ran out before two visitors had set it off")
    return Part(findings=tuple(found))


@dataclass(slots=True)
class Walked:
    """What a walk found, by the event that was set off; *reached* are the labels it came to."""

    findings: dict[str, list[Finding]] = field(default_factory=dict)
    reached: set[str] = field(default_factory=set)
    why: str = ""


class Walk:
    """Visitors walking through an app."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.draw = random.Random(stage.seed)
        self.folder = str(stage.app.folder)
        count = len(stage.roots)
        self.limit = time.monotonic() + stage.seconds * count
        self.result = Walked()

    def run(self) -> Walked:
        """Walk, and tell what surfaced at the wrong visitor."""
        for moves in self._rounds():
            sightings = self._look(moves)
            if time.monotonic() > self.limit:
                break
            self._tell(moves, sightings)
        return self.result

    def _rounds(self) -> Iterator[list[Move]]:
        """Yield the scripts: taking turns at each event, then one after the other, both ways."""
        roots = [event for event in self.stage.roots if not _loads(event)]
        both = [Move("A", None), Move("B", None)]
        turns = [self._move(who, event) for event in roots for who in "AB"]
        yield [*both, *turns, Move("C", None)]
        if len(roots) > 1:
            first = [self._move("A", event) for event in roots]
            second = [self._move("B", event) for event in reversed(roots)]
            third = [self._move("A", event) for event in reversed(roots)]
            yield [*both, *first, *second, *third]

    def _move(self, who: str, event: Event) -> Move:
        return Move(who, event, self.draw.randrange(2**32))

    def _look(self, moves: Sequence[Move]) -> list[Sighting]:
        try:
            sightings = Performance(self.stage, self.draw, self.limit).play(moves).sightings
        except Spent as error:
            self.result.why = str(error)
            return []
        labels = [move.event.label for move in moves if move.event]
        self.result.reached |= {label for label in labels if labels.count(label) > 1}
        self.result.reached |= {event.label for event in self.stage.roots if _loads(event)}
        return sightings

    def _tell(self, moves: Sequence[Move], sightings: Sequence[Sighting]) -> None:
        """Make each sighting small, see whether it repeats, and keep it as a finding."""
        known = {f.event for found in self.result.findings.values() for f in found}
        for sighting in sightings:
            if sighting.reader.label in known:
                continue
            known.add(sighting.reader.label)
            finding = self._confirmed(moves, sighting)
            if finding is not None:
                event = moves[sighting.move].event
                label = event.label if event is not None else sighting.reader.label
                if label not in {root.label for root in self.stage.plan.roots}:
                    label = self.stage.roots[0].label
                self.result.findings.setdefault(label, []).append(finding)

    def _confirmed(self, moves: Sequence[Move], sighting: Sighting) -> Finding | None:
        """Return the finding with the fewest moves that show it; None if it never comes again."""
        fewest: Sequence[Move] = self._fewest(moves, sighting)
        history = ""
        shown: tuple[Sequence[Move], Play, Sighting] | None = None
        while len(history) < AGAIN or ("." in history and "F" in history and len(history) < 10):
            if history and time.monotonic() > self.limit + 2 * self.stage.seconds:
                break
            play = self._play(fewest)
            same = next(
                (s for s in play.sightings if s.reader.label == sighting.reader.label), None
            )
            history += "F" if same else "."
            if same:
                shown = (fewest, play, same)
        if shown is None:
            return None
        fewest, play, same = shown
        return self._finding(fewest, play, same, Repeats(history.count("F"), len(history), history))

    def _play(self, moves: Sequence[Move]) -> Play:
        try:
            return Performance(self.stage, self.draw).play(moves)
        except Spent:
            return Play()

    def _fewest(self, moves: Sequence[Move], sighting: Sighting) -> list[Move]:
        """Return the shortest script found: first what wrote and what read, else a few less."""
        source, reader = moves[sighting.sent.move], moves[sighting.move]
        plain = dataclasses.replace(source, plain=sighting.sent.component.id)
        bare = dataclasses.replace(reader, plain=-1)
        wanted = sighting.reader.label
        for script in ([plain, bare], [plain, reader], [source, bare], [source, reader]):
            if self._shows(script, wanted):
                return script
        script = [
            m for m in moves[: sighting.move + 1] if m.visitor in (source.visitor, reader.visitor)
        ]
        place = 0
        while place < len(script) - 1 and time.monotonic() < self.limit:
            shorter = script[:place] + script[place + 1 :]
            if self._shows(shorter, wanted):
                script = shorter
            else:
                place += 1
        return script

    def _shows(self, script: Sequence[Move], wanted: str) -> bool:
        return any(s.reader.label == wanted for s in self._play(script).sightings)

    def _finding(
        self, moves: Sequence[Move], play: Play, seen: Sighting, repeats: Repeats
    ) -> Finding:
        stage = self.stage
        source = moves[seen.sent.move].event
        steps = [
            Step(move.visitor, move.event, values)
            for move, values in zip(moves, play.values, strict=True)
        ]
        names = {p.component.id: p.name for p in (source.inputs if source else ())}
        surfaced = Surfaced(
            seen.reader,
            source,
            names.get(seen.sent.component.id, seen.sent.component.label),
            _shown(seen.sent),
            seen.where,
            self.folder,
        )
        (finding,) = judged(surfaced)
        return dataclasses.replace(
            finding,
            input=described(stage.app.contract, steps),
            reproduce=snippet(
                stage.app.target.text,
                stage.app.contract,
                steps,
                looked_for=seen.sent.mark.word,
                folder=stage.folder,
                chosen=stage.plan,
            ),
            repeats=repeats,
        )


class Performance:
    """A script played once, with visitors and marks that nobody has seen before."""

    def __init__(self, stage: Stage, draw: random.Random, limit: float | None = None) -> None:
        self.stage, self.draw, self.limit = stage, draw, limit
        self.visits: dict[str, Visit] = {}
        self.sent: dict[str, list[Sent]] = {}
        self.known: dict[str, set[Mark]] = {}
        self.fetched: set[tuple[str, str]] = set()
        self.result = Play()

    def play(self, moves: Sequence[Move]) -> Play:
        """Return what surfaced at the wrong visitor. Raises `Spent`."""
        for number, move in enumerate(moves):
            if self.limit is not None and time.monotonic() > self.limit:
                break
            self._move(number, move)
        return self.result

    def _move(self, number: int, move: Move) -> None:
        visit = self.visits.get(move.visitor)
        if visit is None:
            visit = self.visits[move.visitor] = self.stage.visit(wanted=self._any)
            self._act(number, move, visit, visit.open)
        if move.event is None:
            self.result.values.append({})
            return
        here = at(visit, move.event)
        values = self._values(number, move, visit, here)
        self.result.values.append(values)
        visit.wanted = feeding(visit.contract, here)

        def gesture() -> None:
            for identity, value in values.items():
                if identity in visit.contract.components:
                    visit.set(visit.contract.components[identity], value, but=here)
            visit.fire(here)

        self._act(number, move, visit, gesture)

    @staticmethod
    def _any(event: Event) -> bool:
        return True

    def _act(self, number: int, move: Move, visit: Visit, gesture: Callable[[], None]) -> None:
        begin = len(visit.seen)
        try:
            gesture()
        finally:
            seen = visit.seen[begin:]
            self.stage.note(seen)
        known = {event.index: event for event in visit.contract.events}
        for observation in seen:
            self._watch(number, move.visitor, observation, known[observation.call.index])

    def _values(self, number: int, move: Move, visit: Visit, here: Event) -> dict[int, Any]:
        """Return what is set in *move*, by component id; note what is marked."""
        draw = random.Random(move.seed)
        asked = _asked(here)
        values: dict[int, Any] = {}
        for component in _settable(self.stage, visit, here):
            mark = new_mark(self.draw)
            known, value = marked(component, mark, draw)
            needed = component.id in asked
            if not known or not (needed or move.plain in (None, component.id)):
                continue
            values[component.id] = value = None if _clears(here) and needed else value
            if carried(mark, value):
                sent = Sent(mark, number, component, value)
                self.sent.setdefault(move.visitor, []).append(sent)
        return values

    def _watch(self, number: int, visitor: str, seen: Observation, event: Event) -> None:
        """Look for the others' marks in what *visitor* got, each one once."""
        known = self.known.setdefault(visitor, set())
        theirs = {
            sent.mark: sent
            for other, all_sent in self.sent.items()
            if other != visitor
            for sent in all_sent
            if sent.mark not in known
        }
        if not theirs:
            return
        found = {mark: _part(event, seen, mark) for mark in received(seen, theirs)}
        for path, name in served_paths(seen.outputs or ()):
            if (visitor, path) in self.fetched or len(self.fetched) > 200:
                continue
            self.fetched.add((visitor, path))
            content = self.stage.driver.served(path)
            for mark in in_file(name, content or b"", tuple(theirs)):
                found.setdefault(mark, f"in the file {name!r}")
        for mark, where in found.items():
            known.add(mark)
            self.result.sightings.append(Sighting(theirs[mark], number, event, where))


def _asked(event: Event) -> set[int]:
    """Return the components that have to be filled, or emptied, for *event* to be set off."""
    names = {trigger.event for trigger in event.triggers}
    if not names or not (names <= FILLED or _clears(event)):
        return set()
    return {trigger.component for trigger in event.triggers if trigger.component is not None}


def _clears(event: Event) -> bool:
    return {trigger.event for trigger in event.triggers} == {"clear"}


def _settable(stage: Stage, visit: Visit, event: Event) -> list[Component]:
    found: dict[int, Component] = {}
    for member in visit.contract.chain(event):
        if stage.driven(member):
            for parameter in member.inputs:
                found.setdefault(parameter.component.id, parameter.component)
    return list(found.values())


def _part(event: Event, seen: Observation, mark: Mark) -> str:
    """Return in which part of an answer *mark* is."""
    for component, value in zip(event.outputs, seen.outputs or (), strict=False):
        text = json.dumps(value, ensure_ascii=False, default=str).lower()
        if any(trace in text for trace in mark.traces()):
            return f"in {component.label}"
    if seen.error is not None:
        return "in an error message"
    return "in a message" if seen.logs else "in an output on the way"


def _loads(event: Event) -> bool:
    return all(trigger.event == "load" for trigger in event.triggers) and bool(event.triggers)


def _shown(sent: Sent) -> str:
    if isinstance(sent.value, Media):
        return f"the file {sent.value.name!r}"
    return repr(sent.value) if isinstance(sent.value, str | int | float) else repr(sent.mark.word)
