"""One stream as a page showed it: what came, and the frames in which something changed."""

from __future__ import annotations

import bisect
from dataclasses import dataclass

from .contract import Event
from .observation import Observation
from .streams import streamed

__all__ = ["Frame", "Painted"]

#: So many steps of a function the probe notes, and no more.
STEPS = 100


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame in which the outputs of a stream show something else; *size* is how much."""

    at: float
    size: int


@dataclass(frozen=True, slots=True)
class Painted:
    """One stream of *event*, read by a page. The first of *frames* is how it was before.

    *alone* is true where nothing else that the page set off writes the same outputs.
    """

    event: Event
    observation: Observation
    frames: tuple[Frame, ...]
    alone: bool = True

    @property
    def given(self) -> tuple[float, ...]:
        """When the app gave each output, else when the page got it.

        A page that is busy gets its outputs late, too.
        """
        arrivals = tuple(message.at for message in streamed(self.observation))
        evidence = self.observation.evidence
        yields = evidence.yields[: len(arrivals)] if evidence is not None else ()
        return yields if len(yields) == len(arrivals) else arrivals

    @property
    def ended(self) -> float | None:
        """When the app had given everything; None where that is not known."""
        evidence = self.observation.evidence
        if evidence is None or not 0 < len(evidence.ran) < STEPS:
            return None
        return max(evidence.ran[-1][1], *self.given)

    @property
    def painted(self) -> tuple[float, ...]:
        """When the page next showed something else after each output was given.

        None for any where it never did, for then nothing was looked at. An output that changes
        nothing counts as shown when it was given.
        """
        times = [frame.at for frame in self.frames[1:]]
        places = [bisect.bisect_left(times, at) for at in self.given] if times else []
        pairs = zip(places, self.given, strict=False)
        return tuple(times[place] if place < len(times) else at for place, at in pairs)

    @property
    def kept(self) -> bool:
        """Whether the page still shows more in the end than before, if it ever did."""
        sizes = [frame.size for frame in self.frames]
        return len({*sizes}) < 2 or sizes[-1] > sizes[0]
