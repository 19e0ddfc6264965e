"""How much an event answers: what its time is held against where a number asks for more."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..checks.shape import GROWN, Climb
from ..contract import Component
from ..observation import Observation

if TYPE_CHECKING:
    from ..strategies.growth import Growth

__all__ = ["COUNTING", "MOST_ANSWERED", "answered", "by_answer", "counting"]

#: Components whose number may say how much there is to be answered.
COUNTING = ("number", "slider")
#: The largest number that is tried in a field that has no end.
LARGEST = 65_536
#: Answers of more characters are asked for no longer.
MOST_ANSWERED = 2_000_000


def answered(observation: Observation) -> int:
    """Return how many characters were answered; 0 where files are among it."""
    outputs = observation.outputs or ()
    return 0 if _has_file(outputs) else len(json.dumps(outputs, default=str))


def counting(component: Component) -> Growth | None:
    """Return how a number grows: doubled, from its least to its most; None for other fields."""
    from ..strategies.growth import Growth  # Hypothesis is half a second
    from ..strategies.numbers import bounds

    if component.type not in COUNTING:
        return None
    low, high = bounds(component)
    start = low or 0
    first, most = max(math.ceil(start), 1), math.floor(min(high or LARGEST, LARGEST))
    step = component.props.get("step") if component.type == "slider" else None

    def value(number: int) -> float:
        if not isinstance(step, int | float) or step <= 0:
            return max(number, start)
        return start + max(round((number - start) / step), 0) * step

    return Growth("the number", value, first, most) if most > first else None


def by_answer(climb: Climb) -> Climb | None:
    """Return *climb* with how much was answered in place of the number; None if that stays."""
    count = dict(climb.answers)
    passes = tuple(
        tuple((count[n], seconds) for n, seconds in one if count.get(n)) for one in climb.passes
    )
    if not all(passes) or passes[0][-1][0] < GROWN * passes[0][0][0]:
        return None
    return replace(climb, what="characters answered", passes=passes, answers=())


def _has_file(value: Any) -> bool:
    if isinstance(value, Mapping):
        return isinstance(value.get("path"), str) or any(map(_has_file, value.values()))
    return isinstance(value, Sequence) and not isinstance(value, str) and any(map(_has_file, value))
