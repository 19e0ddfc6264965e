"""Several visitors on one app, in turns, each with canaries of their own in all they send.

First a walk: every visitor sets every event off, in an order in which each event of one comes
before each of another. What then surfaces at the wrong visitor is made small, as a script of
the fewest calls, and played again with new visitors and new canaries to see whether it repeats.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .canaries import (
    STEM,
    Mark,
    Trace,
    carried,
    in_file,
    linked_paths,
    marked,
    new_mark,
    received,
    served_paths,
)
from .checks.sessions import Surfaced
from .checks.sessions import leak as judged
from .contract import Component, Contract, Event
from .finding import Finding, Repeats
from .guests import Guests
from .observation import Media, Observation
from .stage import NoCopy, Spent, Stage
from .stopwatch import Deadline, Stopwatch
from .together import Step, at_once, described, snippet
from .visit import Visit, at, feeding

__all__ = ["Move", "Performance", "Play", "Walk", "Walked", "loads", "settable"]

#: What leaves a file behind, and what takes it away.
FILLED = frozenset(("upload", "stop_recording", "start_recording", "stop", "play", "pause", "end"))
#: How often a finding is shown again, and how often at most if it comes and goes.
AGAIN = 3
MOST_AGAIN = 10
MOST_FILES = 60
#: So many rounds are played of all events: in turns, and one after the other.
NEEDED = 2
#: So many times an event's seconds may go into confirming after a walk's time is up.
PATIENCE = 3
#: A call that ends sooner, in seconds, has no midst that one could aim at.
SHORT = 0.004


@dataclass(frozen=True, slots=True)
class Move:
    """One visitor sets *event* off (None: only opens the page), drawing from *seed*.

    *plain* says that only the component of this id is set, and the others stay as they are (-1:
    none is set). *beside* is how many seconds after the move before it this one begins, while
    that still runs; None: when that has ended. *simple* text is a word and nothing else.
    *values*, where given, are what is set, by component id, and none of it is marked. What follows
    an event that is set off *alone* is not. The files of *namesake* moves have the same names.
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


@dataclass(slots=True)
class Walked:
    """What a walk found, by the event that was set off.

    *reached* are the labels it came to, *why* it did not come to others. *stuck* are moves at the
    same time, with their values, to which no answer came: it ended with them.
    """

    findings: dict[str, list[Finding]] = field(default_factory=dict)
    stuck: Sequence[Move] = ()
    reached: set[str] = field(default_factory=set)
    why: dict[str, str] = field(default_factory=dict)


class Walk:
    """Visitors walking through an app."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.draw = random.Random(stage.seed)
        self.folder = str(stage.app.folder)
        count = len(stage.roots)
        self.patience = PATIENCE * stage.seconds
        self.deadline = Deadline(stage.seconds * count)
        self.took: dict[str, float] = {}
        self.played = Play()
        self.result = Walked()

    def run(self) -> Walked:
        """Walk, and tell what surfaced at the wrong visitor."""
        roots, contract = self.stage.roots, self.stage.app.contract
        # What nobody has set off twice, with all sorts of text, and with itself at the same time,
        # has not been looked at, whatever the time is.
        needed = NEEDED + 2 * sum(overlapping(contract, root, root) for root in roots)
        for number, moves in enumerate(self._rounds()):
            if number >= needed and self.deadline.passed():
                break
            sightings = self._look(moves, 2 * self.patience if number < needed else 0.0)
            if self.result.stuck:
                break
            watch = Stopwatch()
            self._tell(moves, sightings)
            self.deadline.put_off(min(watch.seconds, self.patience))
        return self.result

    def _rounds(self) -> Iterator[list[Move]]:
        """Yield the scripts: taking turns at each event, one after the other, and at once.

        In turns they send what differs by nothing but their marks; then a third visitor comes,
        who fills in nothing: an empty field is where an app falls back on what it had last.
        """
        roots = [event for event in self.stage.roots if not loads(event)]
        both = [Move("A", None), Move("B", None)]
        alike = [self._move("A", event, simple=True) for event in roots]
        turns = [dataclasses.replace(move, visitor=who) for move in alike for who in "AB"]
        bare = [Move("C", event, plain=-1) for event in roots]
        yield [*both, *turns, Move("C", None), *bare]
        if roots:
            first = [self._move("A", event) for event in roots]
            second = [self._move("B", event) for event in reversed(roots)]
            third = [self._move("A", event) for event in reversed(roots)]
            yield [*both, *first, *second, *third]
        for first_event, second_event in self._pairs(roots):
            delay = self._took(first_event) / 2
            delays = (delay, 0.0) if first_event is second_event else (delay,)
            for later in delays:
                beside = dataclasses.replace(
                    self._move("B", second_event), beside=later if later > SHORT else 0.0
                )
                # In its midst, and in that of its file: another's has the same name.
                pair = [self._move("A", first_event), beside]
                yield [dataclasses.replace(move, namesake=later > 0) for move in pair]

    def _pairs(self, roots: Sequence[Event]) -> list[tuple[Event, Event]]:
        """Return the pairs of events of which two visitors may be in the midst at once.

        Those with the longest first call come first: there is more to be in the midst of.
        """
        contract = self.stage.app.contract
        pairs = [(a, b) for a in roots for b in roots if overlapping(contract, a, b)]
        return sorted(pairs, key=lambda pair: (pair[0] is not pair[1], -self._took(pair[0])))

    def _took(self, event: Event) -> float:
        chain = self.stage.app.contract.chain(event)
        return sum(self.took.get(member.label, 0.0) for member in chain)

    def _move(self, who: str, event: Event, *, simple: bool = False) -> Move:
        return Move(who, event, self.draw.randrange(2**32), simple=simple, namesake=simple)

    def _look(self, moves: Sequence[Move], more: float) -> list[Sighting]:
        """Return what surfaced of *moves*, for which there are so many *more* seconds."""
        together = any(move.beside is not None for move in moves)
        took = max(map(self._took, filter(None, (move.event for move in moves))), default=0.0)
        stage = self.stage.patient(took) if together else self.stage
        deadline = Deadline(max(self.deadline.left, 0.0) + more)
        self.played = play = Performance(stage, self.draw, deadline).play(moves)
        for label, seconds in play.took.items():
            self.took[label] = max(seconds, self.took.get(label, 0.0))
        done = moves[: len(play.values)]
        if together and play.unanswered:
            self.result.stuck = [
                dataclasses.replace(move, values=values)
                for move, values in zip(done, play.values, strict=True)
            ]
        labels = [m.event.label for n, m in enumerate(done) if m.event and n not in play.refused]
        self.result.reached |= {label for label in labels if labels.count(label) > 1}
        self.result.reached |= {event.label for event in self.stage.roots if loads(event)}
        for number, why in play.refused.items():
            self.result.why.setdefault(label_of(moves[number]), why)
        return play.sightings

    def _tell(self, moves: Sequence[Move], sightings: Sequence[Sighting]) -> None:
        """Make each sighting small, see whether it repeats, and keep it as a finding."""
        known = {f.event for found in self.result.findings.values() for f in found}
        for sighting in sorted(sightings, key=lambda one: not _is_word(one.trace)):
            if sighting.reader.label in known:
                continue
            known.add(sighting.reader.label)
            finding = self._confirmed(moves, sighting)
            if finding is None:
                continue
            event = moves[sighting.move].event
            label = event.label if event is not None else sighting.reader.label
            if label not in {root.label for root in self.stage.plan.roots}:
                label = self.stage.roots[0].label
            self.result.findings.setdefault(label, []).append(finding)

    def _confirmed(self, moves: Sequence[Move], sighting: Sighting) -> Finding | None:
        """Return the finding with the fewest moves that show it.

        A word seen once is true: nobody else has it. Where it never comes again here (a cache
        that is full, the first of a list), it is sought in fresh copies of the app. A number or
        a colour may be there by chance: None if it does not come again.
        """
        wanted = sighting.reader.label
        for play in (self._play, self._play_afresh):
            fewest = self._fewest(moves, sighting, play)
            if fewest is None:
                continue
            plays = [play(fewest) for _ in range(AGAIN)]
            while not all(found := [shown(p, wanted) for p in plays]) and len(plays) < MOST_AGAIN:
                if self.deadline.passed(late=self.patience):
                    break
                plays.append(play(fewest))
            history = "".join("F" if one else "." for one in found)
            if sum(map(bool, found)) >= (1 if _is_word(sighting.trace) else 2):
                last, same = next((p, s) for p, s in zip(plays, found, strict=True) if s)
                repeats = Repeats(history.count("F"), len(history), history)
                return self._finding(fewest, last.values, same, repeats)
        if not _is_word(sighting.trace):
            return None
        whole = moves[: max(sighting.move, sighting.sent.move) + 1]
        return self._finding(whole, self.played.values[: len(whole)], sighting, None)

    def _play(self, moves: Sequence[Move]) -> Play:
        return Performance(self.stage, self.draw).play(moves)

    def _play_afresh(self, moves: Sequence[Move]) -> Play:
        """Return what comes of the script where nobody has called the app before."""
        if self.deadline.passed(late=self.patience):
            return Play()
        try:
            with self.stage.fresh() as copy:
                return Performance(copy, self.draw).play(moves)
        except NoCopy:
            return Play()

    def _fewest(
        self, moves: Sequence[Move], sighting: Sighting, play: Callable[[Sequence[Move]], Play]
    ) -> list[Move] | None:
        """Return the shortest script that shows it: what wrote and what read, else a few more.

        None if nothing does.
        """
        source, reader = moves[sighting.sent.move], moves[sighting.move]
        plain = dataclasses.replace(source, plain=sighting.sent.component.id)
        bare = dataclasses.replace(reader, plain=-1)
        own = dataclasses.replace(reader, plain=sighting.sent.component.id)
        wanted = sighting.reader.label
        together = any(move.beside is not None for move in moves)
        for writes, reads in ((plain, bare), (plain, own), (plain, reader), (source, reader)):
            script = [writes, reads]
            if together and sighting.move < sighting.sent.move:
                script.reverse()
            if any(shown(play(script), wanted) for _ in range(2 if together else 1)):
                return script
        if together:
            return list(moves)
        pair = (source.visitor, reader.visitor)
        last = max(sighting.move, sighting.sent.move)
        script = [move for move in moves[: last + 1] if move.visitor in pair]
        if not shown(play(script), wanted):
            return None
        place = 0
        deadline = Deadline(self.patience)
        while place < len(script) - 1 and not deadline.passed():
            shorter = script[:place] + script[place + 1 :]
            if shown(play(shorter), wanted):
                script = shorter
            else:
                place += 1
        return script

    def _finding(
        self,
        moves: Sequence[Move],
        values: Sequence[Mapping[int, Any]],
        seen: Sighting,
        repeats: Repeats | None,
    ) -> Finding:
        stage = self.stage
        source = moves[seen.sent.move].event
        names = dict(zip(dict.fromkeys(move.visitor for move in moves), "ABC", strict=False))
        steps = [
            Step(names[move.visitor], move.event, given, move.beside)
            for move, given in zip(moves, values, strict=True)
        ]
        fields = {p.component.id: p.name for p in (source.inputs if source else ())}
        surfaced = Surfaced(
            seen.reader,
            source,
            fields.get(seen.sent.component.id, seen.sent.component.label),
            _shown(seen.sent),
            seen.where,
            self.folder,
            any(move.beside is not None for move in moves),
        )
        (finding,) = judged(surfaced)
        return dataclasses.replace(
            finding,
            input=described(stage.app.contract, steps),
            reproduce=snippet(
                stage.app.target.text,
                stage.app.contract,
                steps,
                looked_for=seen.trace,
                folder=stage.folder,
                chosen=stage.plan,
            ),
            repeats=repeats,
        )


def _is_word(trace: Trace) -> bool:
    """Whether a made-up word was seen, which nothing but another's input can have brought."""
    return isinstance(trace, str) and trace.isalpha() and len(trace) > STEM


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


def label_of(move: Move) -> str:
    """Return the label of the event that *move* sets off, "" if it only opens the page."""
    return move.event.label if move.event is not None else ""


def shown(play: Play, label: str) -> Sighting | None:
    """Return what surfaced at the event *label*, if that was where it surfaced first."""
    first: dict[Mark, Sighting] = {}
    for sighting in play.sightings:
        first.setdefault(sighting.sent.mark, sighting)
    return next((s for s in first.values() if s.reader.label == label), None)


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


def _shown(sent: Sent) -> str:
    if isinstance(sent.value, Media):
        return f"the file {sent.value.name!r}"
    return repr(sent.value) if isinstance(sent.value, str | int | float) else repr(sent.mark.word)
