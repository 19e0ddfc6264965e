"""Several visitors on one app, in turns, each with canaries of their own in all they send.

Every visitor sets every event off, in an order in which each event of one comes before each of
another. What then surfaces at the wrong visitor is made small, as a script of the fewest calls,
and played again with new visitors and new canaries to see whether it repeats.
"""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..checks.sessions import Surfaced
from ..checks.sessions import leak as judged
from ..contract import Event
from ..finding import Finding, Repeats
from ..observation import Media
from ..stopwatch import Deadline, Stopwatch
from .canaries import STEM, Mark, Trace
from .notice import notice
from .performance import (
    Move,
    Performance,
    Play,
    Sent,
    Sighting,
    loads,
    overlapping,
)
from .phrases import Phrases
from .stage import NoCopy, Stage
from .together import Step, described, snippet

__all__ = ["Walk", "Walked"]

#: How often a finding is shown again, and how often at most if it comes and goes.
AGAIN = 3
MOST_AGAIN = 10
#: So many rounds are played of all events: in turns, one after the other, and in the app's words.
NEEDED = 3
#: So many times an event's seconds may go into confirming after a walk's time is up.
PATIENCE = 3
#: A call that ends sooner, in seconds, has no midst that one could aim at.
SHORT = 0.004


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
            if number < NEEDED and not sightings and self._turned_away(moves):
                self.played = self._play_afresh(moves)
                sightings = self.played.sightings
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
        yield from self._in_its_words(roots)
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

    def _in_its_words(self, roots: Sequence[Event]) -> Iterator[list[Move]]:
        """Yield a script in which A says what the app listens to, and B asks for it."""
        phrases = Phrases(self.stage)
        told = {event.label: phrases.told(event) for event in roots}
        moves = [
            dataclasses.replace(self._move("A", event), phrases=told[event.label])
            for event in roots
            if told[event.label]
        ]
        if moves:
            asked = [Move("B", event, values=phrases.asked(event)) for event in roots]
            yield [Move("A", None), Move("B", None), *moves, *asked]

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

    def _turned_away(self, moves: Sequence[Move]) -> bool:
        """Whether an event answered nobody: what others have left in the app may be too much."""
        answered: dict[str, bool] = {}
        for number, move in enumerate(moves[: len(self.played.values)]):
            if move.event is not None:
                seen = self.played.seen.get(number, [])
                own = [o for o in seen if o.call.index == move.event.index]
                well = any(o.error is None for o in own)
                answered[move.event.label] = answered.get(move.event.label, False) or well
        return not all(answered.values())

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
            notice(stage.app.contract, seen.reader),
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


def label_of(move: Move) -> str:
    """Return the label of the event that *move* sets off, "" if it only opens the page."""
    return move.event.label if move.event is not None else ""


def shown(play: Play, label: str) -> Sighting | None:
    """Return what surfaced at the event *label*, if that was where it surfaced first."""
    first: dict[Mark, Sighting] = {}
    for sighting in play.sightings:
        first.setdefault(sighting.sent.mark, sighting)
    return next((s for s in first.values() if s.reader.label == label), None)


def _shown(sent: Sent) -> str:
    if isinstance(sent.value, Media):
        return f"the file {sent.value.name!r}"
    return repr(sent.value) if isinstance(sent.value, str | int | float) else repr(sent.mark.word)
