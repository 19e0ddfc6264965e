"""One visitor held fixed, another varied: answers that then vary hand something over.

Where nothing that is sent could be told wherever it surfaces (a number that goes into a sum, a
tick, a choice, an answer that is kept under too weak a key), two visitors send the same, but
for one field of the first. The second's answers may not depend on it. As many calls are made
each time, each time in a fresh copy of the app, so that counters count alike; and the same is
played twice before, so that what a clock or chance makes of an answer is not taken for it.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import itertools
import json
import random
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ..checks.sessions import Varied
from ..checks.sessions import leak as judged
from ..contract import Component, Event
from ..finding import Finding, Repeats
from ..observation import Observation
from ..stopwatch import Deadline, Stopwatch
from .canaries import new_mark
from .marking import marked
from .notice import notice
from .performance import Move, Performance, loads, settable
from .stage import NoCopy, Stage
from .together import Step, described, snippet

__all__ = ["Interference"]

#: How often both ways are played before they are held against each other for good: as a rule,
#: and where the event answers now one thing, now another by itself.
ROUNDS = 3
MORE_ROUNDS = 7
SOLO = 5
#: The least time for which copies are started, in seconds, by profile.
LEAST_SECONDS = {"quick": 3.0, "standard": 20.0, "deep": 60.0}
#: What is found may take so many seconds more until it is sure.
SURE_SECONDS = 15.0

#: How long something took or when it was, which is the machine's and not the app's to say.
WORDS = r"(?:elapsed|took|takes|taken|time|timestamp|duration|latency|runtime|seconds)"
UNITS = r"(?:µs|us|ns|ms|msecs?|s|secs?|seconds?|milliseconds?|mins?|minutes?|[\w ]{1,12}/s(?:ec)?)"
CLOCK = re.compile(
    rf"\d{{1,2}}:\d\d(?::\d\d)?(?:\.\d+)?|\d[\d.,]*(?:e-?\d+)?\s*{UNITS}(?!\w)"
    rf"|(?<=\b)(?P<word>{WORDS}\b[^\d\n]{{0,12}})\d[\d.,]*(?:e-?\d+)?",
    re.IGNORECASE,
)
TIMED = re.compile(rf"(?:.*_)?{WORDS}(?:_.*)?", re.IGNORECASE)
#: Other values that A sends, before what B gets is held to come of them.
MORE_VALUES = 3

#: How all files are called: what tells them apart is what is in them.
NAME = "upload"

Answers = Mapping[tuple[int, int], str]


class Interference:
    """Two visitors, one of whom sends now this, now that.

    *known* are the labels of events that are known to hand things over already. First both act
    on the app as it runs, which costs little; what is left is looked for in fresh copies of it.
    """

    def __init__(self, stage: Stage, known: set[str]) -> None:
        self.stage = stage
        self.known = set(known)
        self.draw = random.Random(stage.seed + 1)
        least = stage.share * LEAST_SECONDS[stage.profile]
        self.deadline = Deadline(max(stage.seconds * len(stage.roots), least))
        self.apart = False
        self.roots = [event for event in stage.roots if not loads(event)]
        self.fields = {event.label: self._settable(event) for event in self.roots}
        most = max(map(len, self.fields.values()), default=0)
        self.bases = [self._drawn() for _ in range(most)]
        self.others = [self._varied(place) for place in range(most)]
        self.findings: dict[str, list[Finding]] = {}
        #: The event of each answer to a move, by the move's event and the number of the call.
        self.shown: dict[tuple[str, int], Event] = {}

    def run(self) -> dict[str, list[Finding]]:
        """Return what was found, by the event at which it was."""
        if self.bases:
            self._look()
            self.apart = True
            with contextlib.suppress(NoCopy):
                self._look()
        return self.findings

    def _look(self) -> None:
        same, varied = self._script(varied=False), self._script(varied=True)
        watch = Stopwatch()
        first = self._play(same)
        if self.deadline.left < 2 * watch.seconds:
            return
        second, third = self._play(same), self._play(varied)
        for key, got in third.items():
            number, place = key
            if first.get(key) == second.get(key) != got and key in first:
                self._tell(same[number], number // (2 * len(self.roots)), place)

    # -- what is sent ------------------------------------------------------------------

    def _settable(self, event: Event) -> list[Component]:
        """Return what a visitor can fill in for *event*, but for what the user says of inputs."""
        known = settable(self.stage, self.stage.app.contract, event)
        own = self.stage.owned(event, self.draw)
        return [c for c in known if c.id not in own and self._value(c)[0]]

    def _value(self, component: Component) -> tuple[bool, Any]:
        return marked(component, new_mark(self.draw), self.draw, simple=True, namesake=NAME)

    def _drawn(self) -> dict[int, Any]:
        """Return a value for every field of every event."""
        fields = {field.id: field for known in self.fields.values() for field in known}
        return {identity: self._value(field)[1] for identity, field in fields.items()}

    def _varied(self, place: int) -> dict[str, tuple[Component, Any]]:
        """Return, by event, the field that is varied in *place*, and its other value."""
        found: dict[str, tuple[Component, Any]] = {}
        for label, fields in self.fields.items():
            for field, _ in itertools.product(fields[place : place + 1], range(8)):
                value = self._value(field)[1]
                if value != self.bases[place][field.id]:
                    found[label] = field, value
                    break
        return found

    def _script(self, *, varied: bool) -> list[Move]:
        """Return the moves: A sets every event off, one field of each *varied*, then B, backwards.

        Once for each place of a field, each time with other values.
        """
        moves: list[Move] = []
        for place in range(len(self.bases)):
            moves += [self._move("A", event, place, varied=varied) for event in self.roots]
            moves += [self._move("B", event, place) for event in reversed(self.roots)]
        return moves

    def _move(self, who: str, event: Event, place: int, *, varied: bool = False) -> Move:
        values = {field.id: self.bases[place][field.id] for field in self.fields[event.label]}
        if varied and event.label in self.others[place]:
            field, value = self.others[place][event.label]
            values[field.id] = value
        return Move(who, event, values=values)

    # -- what comes --------------------------------------------------------------------

    def _play(self, moves: Sequence[Move]) -> Answers:
        """Return what B got: the answers by the number of the move and that of the call in it.

        Raises `NoCopy`.
        """
        if not self.apart:
            return self._answers(self.stage, moves)
        with self.stage.fresh() as copy:
            return self._answers(copy, moves)

    def _answers(self, stage: Stage, moves: Sequence[Move]) -> Answers:
        play = Performance(stage, self.draw).play(moves)
        found: dict[tuple[int, int], str] = {}
        known = {event.index: event for event in stage.app.contract.events}
        for number, observations in play.seen.items():
            event = moves[number].event
            if moves[number].visitor != "B" or number in play.refused or event is None:
                continue
            for place, seen in enumerate(observations):
                found[number, place] = answer(seen, stage.driver)
                self.shown[event.label, place] = known.get(seen.call.index, event)
        return found

    # -- what is told ------------------------------------------------------------------

    def _tell(self, reader: Move, place: int, call: int) -> None:
        """Find out whose field in *place* the answer to *reader* follows, and keep the finding."""
        assert reader.event is not None
        label = reader.event.label
        for source in sorted(self.roots, key=lambda event: event.label != label):
            if label in self.known or self.deadline.passed(late=SURE_SECONDS):
                return
            if source.label in self.others[place]:
                found = self._confirmed(source, place, reader, call)
                if found is not None:
                    self.known.add(label)
                    self.findings.setdefault(label, []).append(found)

    def _confirmed(self, source: Event, place: int, reader: Move, call: int) -> Finding | None:
        """Return the finding if B's answer follows A's field each time, both ways."""
        assert reader.event is not None
        shown = self.shown.get((reader.event.label, call), reader.event)
        one = [self._move("A", source, place), reader]
        other = [self._move("A", source, place, varied=True), reader]
        ways: tuple[list[str], list[str]] = ([], [])
        rounds, steady = ROUNDS, True
        while len(ways[1]) < rounds:
            for way, moves in zip(ways, (one, other), strict=True):
                way.append(self._play(moves).get((1, call), ""))
                if len(set(way)) > 1 or not way[-1]:
                    return None
            if ways[0][0] == ways[1][0]:
                return None
            if len(ways[1]) == 1:
                steady = self._repeats_itself(reader, call)
                rounds = ROUNDS if steady else MORE_ROUNDS
        if self._kept_for_same(source, place, reader, call, ways[1][0]):
            return None
        field = self.others[place][source.label][0]
        seen = Varied(
            shown,
            source,
            self._name(source, field),
            (one[0].values or {})[field.id],
            (other[0].values or {})[field.id],
            ways[0][0],
            ways[1][0],
            str(self.stage.app.folder),
            steady=steady,
            notice=notice(self.stage.app.contract, shown),
        )
        return self._finding(seen, one, other, rounds)

    def _kept_for_same(self, source: Event, place: int, reader: Move, call: int, got: str) -> bool:
        """Whether B gets *got* whatever A sends but B's own value: the app keeps its answers.

        "cached: yes" comes of having asked the same, and of nothing that A sent.
        """
        field, second = self.others[place][source.label]
        first = self.bases[place][field.id]
        if (reader.values or {}).get(field.id) != first:
            return False  # B asks something else, or nothing
        draw = random.Random(f"{self.stage.seed}-{source.label}")
        others = [
            marked(field, new_mark(draw), draw, simple=True, namesake=NAME)[1]
            for _ in range(8 * MORE_VALUES)
        ]
        others = [value for value in others if value not in (first, second)][:MORE_VALUES]
        for value in others:
            move = self._move("A", source, place)
            sent = dataclasses.replace(move, values={**(move.values or {}), field.id: value})
            if self._play([sent, reader]).get((1, call), "") != got:
                return False
        if others:
            return True
        try:
            with self.stage.fresh() as copy:  # there are but two values: A sends nothing
                return self._answers(copy, [reader]).get((0, call), "") == got
        except NoCopy:
            return True

    def _repeats_itself(self, reader: Move, call: int) -> bool:
        """Whether new visitors who do the same get the same, one after another."""
        answers = set()
        for _ in range(SOLO):
            play = Performance(self.stage, self.draw).play([reader])
            answers |= {answer(o, self.stage.driver) for o in play.seen.get(0, ())[call : call + 1]}
        return len(answers) == 1

    def _name(self, source: Event, field: Component) -> str:
        contract = self.stage.app.contract
        names = {p.component.id: p.name for m in contract.chain(source) for p in m.inputs}
        return names.get(field.id, field.label)

    def _finding(
        self, seen: Varied, one: Sequence[Move], other: Sequence[Move], rounds: int
    ) -> Finding:
        stage, contract = self.stage, self.stage.app.contract
        scripts = [
            [Step(m.visitor, m.event, m.values or {}) for m in moves] for moves in (one, other)
        ]
        (finding,) = judged(seen)
        return dataclasses.replace(
            finding,
            input=described(contract, scripts[1]),
            reproduce=snippet(
                stage.app.target.text,
                contract,
                scripts[0],
                otherwise=scripts[1],
                folder=stage.folder,
                chosen=stage.plan,
            ),
            repeats=Repeats(rounds, rounds, "F" * rounds),
        )


def answer(seen: Observation, driver: Any) -> str:
    """Return what a visitor got as text that can be held against another's.

    Files are there by content; how long something took, and when it was, is left out.
    """
    said = [seen.error.kind, timeless(seen.error.message)] if seen.error is not None else []
    logs = [timeless(str(message.data.get("log"))) for message in seen.logs]
    plain = _plain(seen.outputs, driver) if seen.error is None else None
    return json.dumps([said, logs, plain], ensure_ascii=False, default=str, sort_keys=True)


def _plain(value: Any, driver: Any) -> Any:
    if isinstance(value, Mapping):
        path = value.get("path")
        if isinstance(path, str) and "url" in value:
            content = driver.served(path) or b""
            return ["file", value.get("orig_name"), hashlib.sha256(content).hexdigest()]
        return {
            str(key): 0 if _is_time(key, item) else _plain(item, driver)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [_plain(item, driver) for item in value]
    return timeless(value) if isinstance(value, str) else value


def _is_time(key: Any, value: Any) -> bool:
    return isinstance(value, int | float) and TIMED.fullmatch(str(key)) is not None


def timeless(text: str) -> str:
    """Return *text* without how long something took, and without the time of day."""
    return CLOCK.sub(lambda found: f"{found['word'] or ''}…", text)
