"""Time against the size of what is sent, or of what is answered: twice as much, again and again."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..checks.shape import SLOW_SECONDS, Climb, size
from ..contract import Component
from ..observation import Observation
from ..rows import SizeRow
from ..scaling import ABOVE_FLOOR, FEWEST, MOST
from .answered import COUNTING, MOST_ANSWERED, answered, by_answer, counting
from .look import Look

if TYPE_CHECKING:
    from ..strategies.growth import Growth

__all__ = ["climbs", "row"]

#: What a field may be filled with at most, in times of what a search fills it with: text of
#: 131,072 characters, 2,048 rows, pictures of 2,048 pixels a side.
SCALE = 8
MEDIA_SCALE = 4
MEDIA = ("image", "audio", "gallery", "file", "uploadbutton")
#: What is quicker can be asked for four times as much at once, in seconds.
QUICK_SECONDS = 0.1
#: Two more passes take so many times as long as the largest size did, if it was no mistake.
LONGER = 8.0
#: Smaller than this part of the most that a field takes, nothing takes long enough.
SMALL = 512
#: What is sent in parts has them in order in so many of the runs, else shuffled: by the seed.
IN_ORDER = 0.25
#: So many ways to fill a field are climbed again, where they seem to take long.
MOST_DOUBTS = 2
#: A number so many times the first that makes no difference to the answer is left alone.
EARLY = 16

#: Of each event of a chain, by its index: size, seconds, and how many characters were answered.
Taken = dict[int, list[tuple[int, float, int]]]


def climbs(look: Look) -> Iterator[Climb]:
    """Yield how long each function of the chain takes as each field is filled with more and more.

    Raises Spent when time or calls have run out.
    """
    from ..strategies.growth import growths  # Hypothesis is half a second

    for component in _fields(look):
        doubts = 0
        scale = MEDIA_SCALE if component.type in MEDIA else SCALE
        for growth in growths(component, look.clue(component), scale=scale):
            if growth.factor > 2:
                continue  # it is only a number
            found = list(_climbed(look, component, growth))
            yield from found
            doubts += any(len(one.passes) > 1 for one in found)
            if doubts == MOST_DOUBTS or any(size(one) for one in found):
                break  # other ways to fill it would say the same again
    for component in _fields(look):
        if (number := counting(component)) is not None:
            yield from filter(None, map(by_answer, _climbed(look, component, number)))


def row(climb: Climb) -> SizeRow:
    """Return what the report shows of a climb."""
    points, fit = climb.shortest, climb.fit
    return SizeRow(
        climb.event.label,
        climb.field,
        climb.what,
        tuple(n for n, _ in points),
        tuple(taken for _, taken in points),
        fit.exponent if fit else None,
        fit.error if fit else None,
    )


def _fields(look: Look) -> list[Component]:
    """Return what a visitor can fill in for the event."""
    page = look.page
    inputs = {p.component.id: p.component for p in look.event.inputs}
    return [
        component
        for component in inputs.values()
        if page.reaches(component) and page.shown(component).get("interactive") is not False
    ]


def _climbed(look: Look, component: Component, growth: Growth) -> Iterator[Climb]:
    """Yield a climb of each function; what is slow at last is climbed twice more, step by step."""
    least = 1 if component.type in COUNTING else growth.most // SMALL
    rungs = sorted({n for n in growth.rungs() if n >= least} | {growth.most})
    if len(rungs) < FEWEST:
        return
    passes = [_pass(look, component, growth, rungs, quick=True)]
    dear = [each for each in passes[0].values() if _dear(each)]
    if dear:
        points = max(dear, key=lambda each: each[-1][1])
        look.deadline.put_off(LONGER * min(points[-1][1], 2 * SLOW_SECONDS))
        last = round(points[-1][0] ** (1 / growth.dimensions))
        beyond = [n for n in rungs if n > last]  # the time may have been the machine's
        top = [*_steps(points, growth.dimensions), *beyond]
        passes = [_pass(look, component, growth, top, less=1 + less) for less in range(2)]
    names = {p.component.id: p.name for p in look.event.inputs}
    for member in look.chain:
        seen = [one.get(member.index, []) for one in passes]
        if all(seen):
            yield Climb(
                member,
                names[component.id],
                growth.what,
                tuple(tuple((n, seconds) for n, seconds, _ in one) for one in seen),
                look.folder,
                tuple((n, count) for n, _, count in seen[0]),
            )


def _dear(points: Sequence[tuple[int, float, int]]) -> bool:
    """Whether the largest size takes long, and a small one does not."""
    return points[-1][1] >= max(SLOW_SECONDS, ABOVE_FLOOR * points[0][1])


def _steps(points: Sequence[tuple[int, float, int]], dimensions: int) -> list[int]:
    """Return sizes of which each takes twice as long as the one before, up to the last point.

    By the last two of these. They go on where 2 s are over: one may have been slow by chance. The
    first point is among them: what every call costs.
    """
    (before, quick, _), (largest, slow, _) = points[-2:]
    steep = max(math.log(slow / max(quick, 1e-6)) / math.log(largest / before), 1.0)
    count = MOST + math.ceil(math.log2(slow / SLOW_SECONDS))
    sizes = [points[0][0], *(largest / 2 ** (step / steep) for step in range(count))]
    return sorted({max(round(n ** (1 / dimensions)), 1) for n in sizes})


def _pass(
    look: Look,
    component: Component,
    growth: Growth,
    rungs: Sequence[int],
    *,
    quick: bool = False,
    less: int = 0,
) -> Taken:
    """Return the seconds of each size, up to one that takes long, or that is not answered.

    A *quick* pass leaves out every other size for as long as size makes no difference. A size
    is made *less* by so much, for an answer may be kept for who sends the same again.
    """
    taken: Taken = {}
    filled = _mixed(growth, random.Random(f"{look.seed} {growth.what}"))
    counts = component.type in COUNTING
    longest = first = 0.0
    for number, rung in enumerate(rungs):
        even = longest <= max(QUICK_SECONDS, 2 * first)
        if quick and even and number % 2 and rung != rungs[-1]:
            continue
        look.pay()
        with look.noted():
            seen = look.set_off({component.id: filled(max(rung - less, 1))})
        seconds = _function_seconds(seen)
        if not seconds or any(one.error is not None for one in seen):
            break
        count = {one.call.index: answered(one) for one in seen}
        for index, value in seconds.items():
            taken.setdefault(index, []).append((rung**growth.dimensions, value, count[index]))
        longest = max(seconds.values())
        first = first or longest
        abroad = (e.abroad for one in seen if one.evidence for e in one.evidence.effects)
        if longest >= SLOW_SECONDS or any(abroad):  # somebody may pay for it
            break
        if max(count.values()) > MOST_ANSWERED or (counts and not _grows(taken)):
            break
    return taken


def _grows(taken: Taken) -> bool:
    """Whether a number says how much is answered, as far as can be told by now."""
    ends = [(points[0], points[-1]) for points in taken.values()]
    return any(last[0] < EARLY * first[0] or last[2] > 2 * first[2] for first, last in ends)


def _mixed(growth: Growth, lot: random.Random) -> Callable[[int], Any]:
    """Return what makes the values: often with their parts shuffled, for sorting may cost more."""
    joint = growth.joint
    if not joint or lot.random() < IN_ORDER:
        return growth.value

    def shuffled(size: int) -> Any:
        value = growth.value(size)
        parts = value.split(joint)
        return joint.join(lot.sample(parts, len(parts)))

    return shuffled


def _function_seconds(seen: Sequence[Observation]) -> Mapping[int, float]:
    return {
        one.call.index: one.evidence.seconds["function"]
        for one in seen
        if one.evidence is not None and "function" in one.evidence.seconds
    }
