"""Visitors at the same time of whom none gets an answer, though each would by itself.

What they wait for stays taken as long as the app runs: their events are left alone from then
on, and it is shown again in a fresh copy of the app, in turn first and then at the same time.
"""

from __future__ import annotations

import dataclasses
import itertools
import random
from collections import Counter
from collections.abc import Sequence

from ..checks.sessions import Deadlocked
from ..checks.sessions import race as judged
from ..finding import Finding, Repeats
from ..probe import standing
from .performance import Move, Performance, Play
from .stage import NoCopy, Stage
from .together import Step, described, snippet

__all__ = ["deadlock", "leave", "met"]

#: How often visitors meet in a copy until they wait for each other again.
MEETINGS = 5


def met(stage: Stage, moves: Sequence[Move], draw: random.Random, took: float = 0.0) -> Play:
    """Return what comes of *moves*, of which some begin while the one before them runs.

    Where there is no delay between those they are held back until all are there. In turn the
    longest of the moves *took* so many seconds.
    """
    beside = [number for number, move in enumerate(moves) if move.beside is not None]
    together = moves[beside[0] - 1 : beside[-1] + 1] if beside else ()
    held = len(together) > 1 and not any(move.beside for move in together)
    if held:
        indices = [move.event.index for move in together if move.event is not None]
        stage.app.gather(len(together), indices)
    try:
        return Performance(stage.patient(took), draw, guests=stage.regulars).play(moves)
    finally:
        if held:
            stage.app.gather(0)


def deadlock(stage: Stage, moves: Sequence[Move]) -> Finding | None:
    """Return what is wrong where *moves*, at the same time, had no answer; they hold their values.

    None where it is not known that they wait for each other: in a copy one of them gets no
    answer by itself, or it is not seen again and no two calls of the author's stand still.
    """
    lines = _standing(stage)
    shown: tuple[Sequence[Move], Repeats | None] | None = (moves, None)
    try:
        with stage.fresh() as copy:
            shown = _again(copy, moves)
    except NoCopy:
        pass  # it is judged by what is seen here
    finally:
        leave(stage, {move.event.label for move in moves if move.event is not None})
    if shown is None:
        return None
    again = shown[1] is not None and shown[1].failed > 1
    return _finding(stage, lines, *shown) if again or len(lines) > 1 else None


def _standing(stage: Stage) -> tuple[str, ...]:
    """Return where calls of the author's stand that did not stand when this was last asked."""
    known: Counter[str] = stage.once("standing", Counter)
    here = Counter(standing(stage.app.probe.roots) if stage.app.probe is not None else ())
    new = here - known
    known |= here
    return tuple(sorted(new.elements()))


def leave(stage: Stage, labels: set[str]) -> None:
    """Have the events of these *labels* not set off again; where nobody is answered, none."""
    stage.avoided |= labels if stage.app.answers() else {event.label for event in stage.roots}


def _again(copy: Stage, moves: Sequence[Move]) -> tuple[Sequence[Move], Repeats] | None:
    """Return the moves that showed it, and how often, the first time included.

    They begin at the very same time first, then with the delays that they had; it ends where
    they wait for each other, for nobody gets an answer any more. None if one of them hangs alone.
    """
    draw = random.Random(copy.seed)
    alone = met(copy, [dataclasses.replace(move, beside=None) for move in moves], draw)
    if alone.unanswered:
        return None
    first, *others = moves
    exactly = [first, *(dataclasses.replace(m, beside=m.beside and 0.0) for m in others)]
    took = max(alone.took.values(), default=0.0)
    history = "F"
    for met_by in itertools.islice(itertools.cycle((exactly, moves)), MEETINGS):
        history += "F" if met(copy, met_by, draw, took).unanswered else "."
        if history.endswith("F"):
            return met_by, Repeats(2, len(history), history)
    return moves, Repeats(1, len(history), history)


def _finding(
    stage: Stage, lines: tuple[str, ...], moves: Sequence[Move], repeats: Repeats | None
) -> Finding:
    contract = stage.app.contract
    steps = [Step(m.visitor, m.event, m.values or {}, m.beside) for m in moves]
    first, *others = [move.event for move in moves if move.event is not None]
    folder = str(stage.app.folder)
    near = tuple(line.removeprefix(f"{folder}/") for line in lines)
    beside = tuple(dict.fromkeys(event.label for event in others))
    (finding,) = judged(Deadlocked(first, beside, near, folder))
    return dataclasses.replace(
        finding,
        input=described(contract, steps),
        reproduce=snippet(
            stage.app.target.text,
            contract,
            steps,
            in_turn=True,
            folder=stage.folder,
            chosen=stage.plan,
        ),
        repeats=repeats,
    )
