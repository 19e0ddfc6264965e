"""Two visitors who read streams at the same time: each of them reads its own."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..checks.mixing import Mixed, foreign, pieces_of
from ..checks.mixing import mixed as judged
from ..contract import Event
from ..finding import Finding, Repeats
from ..observation import Observation
from ..run import Part
from ..stopwatch import Deadline
from ..streams import streamed
from .canaries import new_mark
from .marking import marked
from .performance import Move, Performance, loads, overlapping, settable
from .stage import Spent, Stage, skipped
from .together import Step, described, snippet

__all__ = ["mixed"]

#: After which shares of the first one's time the second begins; so often the first one has to read
#: what is not its own.
BEGINS, SURE = (0.5, 0.1, 0.3), 2
#: A stream that takes less, in seconds, has no midst that one could aim at.
SHORT = 0.01
#: How many of the time that an event has it may take: a stream is read four times at least.
TIMES = 4.0


def mixed(stage: Stage, event: Event) -> Part:
    """Return what a visitor's stream of *event* shows while another visitor has one run."""
    if stage.app.where != "in-process":
        return skipped(event, f"two streams at once: not seen from outside ({stage.app.where})")
    try:
        found = _Mixing(stage, event).run()
    except (Spent, _Unfit) as error:
        return skipped(event, f"two streams at once: {error}")
    return Part(findings=() if found is None else (found,))


class _Unfit(Exception):
    """There is no stream that could be held against itself; the message says why."""


class _Mixing:
    """One event's streams, read alone and beside others."""

    def __init__(self, stage: Stage, event: Event) -> None:
        self.stage, self.event = stage, event
        self.draw = random.Random(f"{stage.seed}-{event.label}")
        self.deadline = Deadline(TIMES * stage.seconds)
        self.contract = stage.app.contract

    def run(self) -> Finding | None:
        """Return the first finding, None if there is none."""
        values = self._values(self.event)
        stream, first, took = self._alone(values)
        again = self._alone(values)[1]
        if foreign(again, first) is not None or foreign(first, again) is not None:
            raise _Unfit("by itself it shows another text each time")
        for other in self._others():
            theirs = self._values(other)
            history = ""
            for share in BEGINS:
                move = Move("B", other, values=theirs, beside=share * took)
                got = self._read(stream, [Move("A", self.event, values=values), move])
                place = foreign(got, first)
                history += "." if place is None else "F"
                if place is not None:
                    wrong, after = self._seen(stream, other, first, got, place), share * took
                elif history.count(".") > len(BEGINS) - SURE:
                    break
            if history.count("F") >= SURE and foreign(self._alone(values)[1], first) is None:
                repeats = Repeats(history.count("F"), len(history), history)
                return self._finding(wrong, values, theirs, after, repeats)
        return None

    def _seen(
        self,
        stream: Event,
        other: Event,
        alone: Sequence[tuple[str, ...]],
        got: Sequence[tuple[str, ...]],
        place: tuple[int, int],
    ) -> Mixed:
        step, number = place
        folder = str(self.stage.app.folder)
        return Mixed(stream, other, alone[-1][number], got[step][number], step + 1, folder)

    def _others(self) -> Iterator[Event]:
        """Yield the events with streams that may run beside this one, itself first."""
        roots = [self.event, *(e for e in self.stage.roots if e is not self.event)]
        for other in roots:
            if self.deadline.passed() and other is not self.event:
                return
            beside = not loads(other) and overlapping(self.contract, self.event, other)
            if beside and _streams(self.stage, other):
                yield other

    def _values(self, event: Event) -> dict[int, Any]:
        """Return what a visitor fills in, with marks of its own."""
        values = {}
        for component in settable(self.stage, self.contract, event):
            fits, value = marked(component, new_mark(self.draw), self.draw)
            if fits:
                values[component.id] = value
        return values | self.stage.owned(event, self.draw)

    def _alone(self, values: Mapping[int, Any]) -> tuple[Event, Sequence[tuple[str, ...]], float]:
        """Return the stream that is read, what it shows to one visitor, and until when it does."""
        seen = self._played([Move("A", self.event, values=values)])
        for stream in _streams(self.stage, self.event):
            for observation in seen:
                if observation.call.index == stream.index and observation.error is None:
                    pieces = pieces_of(observation, stream)
                    if len(set(pieces)) > 1 and observation.seconds > SHORT:
                        return stream, pieces, _last(observation) - seen[0].started
        raise _Unfit("it shows no text in more than one output")

    def _read(self, stream: Event, moves: Sequence[Move]) -> Sequence[tuple[str, ...]]:
        """Return what the first of *moves* shows of *stream*; nothing where that failed."""
        seen = self._played(moves)
        mine = [o for o in seen if o.call.index == stream.index and o.error is None]
        return pieces_of(mine[0], stream) if mine else ()

    def _played(self, moves: Sequence[Move]) -> list[Observation]:
        """Return what came to the first of *moves*, played by new visitors."""
        play = Performance(self.stage, self.draw, guests=self.stage.regulars).play(moves)
        for why in play.refused.values():
            raise Spent(why)
        return play.seen.get(0, [])

    def _finding(
        self,
        seen: Mixed,
        values: Mapping[int, Any],
        theirs: Mapping[int, Any],
        after: float,
        repeats: Repeats,
    ) -> Finding:
        stage = self.stage
        steps = [Step("A", self.event, values), Step("B", seen.other, theirs, beside=after)]
        (finding,) = judged(seen)
        return dataclasses.replace(
            finding,
            input=described(self.contract, steps),
            reproduce=snippet(
                stage.app.target.text,
                self.contract,
                steps,
                in_turn=True,
                folder=stage.folder,
                chosen=stage.plan,
            ),
            repeats=repeats,
        )


def _last(seen: Observation) -> float:
    """Return when the last output was given, or came."""
    yields = seen.evidence.yields if seen.evidence is not None else ()
    return yields[-1] if yields else streamed(seen)[-1].at


def _streams(stage: Stage, event: Event) -> list[Event]:
    chain = stage.app.contract.chain(event)
    return [one for one in chain if one.generator and one.backend and stage.driven(one)]
