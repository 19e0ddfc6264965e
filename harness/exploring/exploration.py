"""What one exploration may cost, and what it brought: pure data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ..contract import Event
from ..errors import HarnessError
from ..rows import EventRow
from ..run import Part

__all__ = ["PROFILES", "Budget", "Exploration", "Stuck", "row_of"]


@dataclass(frozen=True, slots=True)
class Budget:
    """How long to look at one event.

    *examples* inputs are drawn, for at most *seconds*; *own* of the author's examples are
    tried before. *shrink_seconds* may then go into smaller inputs. *calls* caps them all
    (None: no cap). An app that connects to other machines while it answers gets *abroad* drawn
    inputs at most: somebody may pay for each of them. A call hangs when nothing came for
    *timeout_seconds*, or for ten times what the event's own example took, whichever is longer.
    """

    examples: int
    seconds: float
    own: int
    shrink_seconds: float
    calls: int | None = None
    timeout_seconds: float = 30.0
    abroad: int = 80

    def scaled(self, share: float) -> Budget:
        """Return a budget with that part of the seconds."""
        seconds, shrinking = share * self.seconds, share * self.shrink_seconds
        return replace(self, seconds=seconds, shrink_seconds=shrinking)


#: The seconds are what counts: so many examples are drawn in them as only a quick app answers.
PROFILES: Mapping[str, Budget] = {
    "quick": Budget(examples=400, seconds=4.0, own=3, shrink_seconds=2.0, abroad=25),
    "standard": Budget(examples=2_000, seconds=12.0, own=10, shrink_seconds=8.0, abroad=80),
    "deep": Budget(examples=20_000, seconds=120.0, own=50, shrink_seconds=40.0, abroad=400),
}


class Stuck(HarnessError):
    """The app answers nobody any more; *part* is what was learnt before."""

    def __init__(self, message: str, part: Part) -> None:
        super().__init__(message)
        self.part = part


@dataclass(frozen=True, slots=True)
class Exploration:
    """What came of one event and its chain."""

    event: Event
    part: Part

    @property
    def untested(self) -> str:
        """Why nothing is known of the event; "" if it answered something, or was found broken."""
        own = (row for row in self.part.events if row.label == self.event.label)
        if self.part.findings or any(row.answered or row.refused for row in own):
            return ""
        return self.part.skipped[0].why if self.part.skipped else ""

    @property
    def cases(self) -> int:
        """How many calls were made."""
        return sum(row.cases for row in self.part.events)

    @property
    def queued(self) -> int:
        """How many of them went over the real queue."""
        return sum(row.queued for row in self.part.events)


def row_of(event: Event | None, label: str, order: int) -> EventRow:
    """Return the report's row for an event, nothing counted yet."""
    if event is None:  # made by gr.render for one visitor
        return EventRow(label, "call", order=order)
    return EventRow(
        label,
        event.kind,
        tuple(str(trigger) for trigger in event.triggers),
        tuple(f"{p.name}: {p.component.label}" for p in event.inputs),
        tuple(component.label for component in event.outputs),
        event.visibility,
        event.function.name if event.function else "",
        order=order,
    )
