"""As many visitors at the same time as an event's `concurrency_limit` lets in, or one more."""

from __future__ import annotations

import dataclasses
import random
import time

from ..checks.sessions import Crowded, concurrency_limit
from ..contract import Event
from ..run import Part
from .performance import Performance, loads
from .races import Meeting
from .stage import Stage

__all__ = ["crowd"]

#: A call has to take so long, in seconds, for its time to be told from the machine's noise.
LEAST_CALL_SECONDS = 0.05


def crowd(stage: Stage, event: Event) -> Part:
    """Return whether as many calls of *event* run at once as its author allows."""
    function = event.function
    if function is None or not function.limited or loads(event) or stage.app.probe is None:
        return Part()
    limit = function.concurrency_limit or 1
    if limit < 2 and event.queue:
        return Part()  # the queue sees to that
    number = min(limit, 4) if event.queue else min(limit + 1, 4)
    draw = random.Random(stage.seed)
    meeting = Meeting(stage, (event,) * number)
    if number > limit:
        seen = _crowded(meeting, draw, gathered=True)
        return _crowd_part(stage, Crowded(event, limit, seen, folder=str(stage.app.folder)))
    alone, busy = _alone(meeting, draw)
    crowded = [_crowded(meeting, draw, gathered=False) for _ in range(2)] if alone else []
    found = [
        Crowded(event, limit, seen, alone, busy, folder=str(stage.app.folder)) for seen in crowded
    ]
    if not found or not all(concurrency_limit(one) for one in found):
        return Part()
    return _crowd_part(stage, found[0])


def _alone(meeting: Meeting, draw: random.Random) -> tuple[float, float]:
    """Return how long one call takes, in seconds, and for how many of them the processor works.

    Nothing if it is over before one could tell.
    """
    took = []
    for move in meeting.own[:2]:
        worked = time.process_time()
        play = Performance(meeting.stage, draw).play([move])
        worked = time.process_time() - worked
        spans = [span for o in play.seen.get(0, ()) for span in _spans(o)]
        if not spans or any(o.error for o in play.seen.get(0, ())):
            return 0.0, 0.0
        took.append((sum(end - begin for begin, end in spans), worked))
    alone, worked = min(took)
    return (alone, worked) if alone >= LEAST_CALL_SECONDS else (0.0, 0.0)


def _crowded(
    meeting: Meeting, draw: random.Random, *, gathered: bool
) -> tuple[tuple[float, float], ...]:
    """Return begin and end of each call of visitors who come at the same time."""
    stage = meeting.stage
    first, *rest = meeting.own
    moves = [first, *(dataclasses.replace(move, beside=0.0) for move in rest)]
    if gathered:
        stage.app.gather(len(moves), [event.index for event in meeting.events])
    try:
        play = Performance(stage, draw).play(moves)
    finally:
        stage.app.gather(0)
    found = []
    for observations in play.seen.values():
        spans = [s for o in observations if o.call.index == first_index(meeting) for s in _spans(o)]
        if spans:
            found.append((spans[0][0], spans[-1][1]))
    return tuple(found)


def first_index(meeting: Meeting) -> int:
    """Return the index of the event that all of the visitors set off."""
    return meeting.events[0].index


def _spans(observation: object) -> tuple[tuple[float, float], ...]:
    evidence = getattr(observation, "evidence", None)
    return evidence.ran if evidence is not None else ()


def _crowd_part(stage: Stage, crowded: Crowded) -> Part:
    return Part(findings=tuple(concurrency_limit(crowded)))
