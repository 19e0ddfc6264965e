"""Sizes by a ladder: each field filled with more and more, and looked at just below its limit.

The size is doubled until the app fails, the author refuses it (`gr.Error`), an answer takes
long or the page's own limit is reached. Between the last size that was answered and the first
that was not, the boundary is found by halving: whatever breaks there is at its smallest, and
the largest size that the author accepts has been tried.
"""

from __future__ import annotations

import dataclasses
import math
import resource
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ..reproduce import Case
from .search import Search

if TYPE_CHECKING:
    from ..strategies.growth import Growth

__all__ = ["Rung", "climb", "grown"]

#: What takes so long is not doubled: load is not what is looked for.
SLOW_SECONDS = 1.0
#: A number that makes the app this slow, or its answer this long, counts something.
LATE_SECONDS = 0.25
LONG_ANSWER = 100_000
#: An app that took this much more memory for one call will not be asked for twice as much.
COSTLY_BYTES = 100 * 2**20
#: Halvings between two rungs.
HALVINGS = 20


@dataclass(frozen=True, slots=True)
class Rung:
    """What came of one size; *far* is true where a larger one would only cost more."""

    outcome: Literal["answered", "refused", "failed"]
    far: bool = False


def climb(sizes: Sequence[int], send: Callable[[int], Rung], *, good: int = 0) -> int:
    """Return the largest size that was answered, having looked right above it too.

    *good* is one that was answered already.
    """
    for size in sizes:
        rung = send(size)
        if rung.outcome == "answered":
            good = size
        else:
            return _between(good, size, send)
        if rung.far:
            break
    return good


def _between(good: int, bad: int, send: Callable[[int], Rung]) -> int:
    for _ in range(HALVINGS):
        if bad - good <= 1:
            break
        middle = math.isqrt(good * bad) if bad > 8 * good > 0 else (good + bad) // 2
        rung = send(middle)
        if rung.outcome == "answered":
            good = middle
            if rung.far:
                break
        else:
            bad = middle
    return good


def grown(search: Search) -> None:
    """Fill each field with more and more, the others as the page or an example has them."""
    from ..strategies.growth import growths

    scale = min(max(round(search.budget.seconds / 5), 1), 4)
    for component in search.settable:
        if search.owned(component):
            continue  # how long it may be is the user's to say
        clues = search.clue(component)
        for growth in growths(component, clues, scale=scale):
            ground = _ground(search, component.id, growth)
            if ground is not None:  # else nothing is answered: there is no limit to look for
                base, good = ground
                rungs = [size for size in growth.rungs() if size > good]
                climb(rungs, _sender(search, base, component.id, growth), good=good)


def _sender(search: Search, base: Case, identity: int, growth: Growth) -> Callable[[int], Rung]:
    """Return what sends a size of the field *identity*, the others as in *base*."""
    counts = growth.factor > 2  # the size is only a number

    def send(size: int) -> Rung:
        before = _peak()
        case = dataclasses.replace(base, values={**base.values, identity: growth.value(size)})
        search.try_(case)
        slow = search.took > (LATE_SECONDS if counts else SLOW_SECONDS)
        far = slow or _peak() - before > COSTLY_BYTES
        return Rung(search.outcome, far or (counts and search.answered > LONG_ANSWER))

    return send


def _ground(search: Search, identity: int, growth: Growth) -> tuple[Case, int] | None:
    """Return a case in which the field is answered, and with how much in it."""
    for case in _bases(search):
        for size in dict.fromkeys((growth.first, min(4, growth.first))):
            values = {**case.values, identity: growth.value(size)}
            tried = dataclasses.replace(case, values=values)
            if search.allowed(tried):
                search.try_(tried)
                if search.outcome == "answered":
                    return case, size
    return None


def _bases(search: Search) -> Iterator[Case]:
    yield Case()
    for number, (source, row) in enumerate(search.contract.examples(search.event)):
        if number < 2:
            yield Case(example=(source.label, row))
    if search.accepted is not None:
        yield search.accepted


def _peak() -> int:
    """Return the most memory that this process had, in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
