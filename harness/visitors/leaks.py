"""What one visitor sends and another gets: told by its marks, else by answers that vary."""

from __future__ import annotations

from ..contract import Event
from ..run import Part
from .deadlock import deadlock
from .interference import Interference
from .stage import Stage, skipped
from .walk import Walk, Walked

__all__ = ["leak"]


def leak(stage: Stage, event: Event) -> Part:
    """Return where *event* hands one visitor what another sent; one look serves all events."""
    if stage.alike:
        return skipped(event, f"leak: {stage.alike}")
    walked = stage.once("leaks", lambda: _look(stage))
    found = walked.findings.get(event.label, ())
    if not found and event.label not in walked.reached:
        late = "leak: time ran out before two visitors had set it off"
        return skipped(event, walked.why.get(event.label, late))
    return Part(findings=tuple(found))


def _look(stage: Stage) -> Walked:
    walked = Walk(stage).run()
    if walked.stuck:
        waiting = deadlock(stage, walked.stuck)
        if waiting is not None:
            stage.deadlocks[waiting.event] = waiting
    known = {finding.event for found in walked.findings.values() for finding in found}
    for label, found in Interference(stage, known | set(walked.why)).run().items():
        walked.findings.setdefault(label, []).extend(found)
    return walked
