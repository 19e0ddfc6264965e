"""Time against the size of what is sent: each field filled with twice as much, again and again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from ..checks.shape import SLOW_SECONDS, Climb, size
from ..contract import Component
from ..observation import Observation
from ..rows import SizeRow
from ..scaling import ABOVE_FLOOR, FEWEST, MOST
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

#: Of each event of a chain, by its index: pairs of size and seconds.
Taken = dict[int, list[tuple[int, float]]]


def climbs(look: Look) -> Iterator[Climb]:
    """Yield how long each function of the chain takes as each field is filled with more and more.

    Raises Spent when time or calls have run out.
    """
    from ..strategies.growth import growths  # Hypothesis is half a second

    for component in _fields(look):
        scale = MEDIA_SCALE if component.type in MEDIA else SCALE
        for growth in growths(component, look.clue(component), scale=scale):
            if growth.factor > 2:
                continue  # it is only a number
            found = list(_climbed(look, component, growth))
            yield from found
            if any(size(one) for one in found):
                break  # other ways to fill it would say the same again


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
    rungs = sorted({n for n in growth.rungs() if n >= growth.most // SMALL} | {growth.most})
    if len(rungs) < FEWEST:
        return
    passes = [_pass(look, component, growth, rungs, quick=True)]
    dear = [each for each in passes[0].values() if _dear(each)]
    if dear:
        largest, seconds = max((each[-1] for each in dear), key=lambda one: one[1])
        look.deadline.put_off(LONGER * seconds)
        end = sum(n**growth.dimensions <= largest for n in rungs)
        top = rungs[max(end - MOST, 0) :]  # the time may have been the machine's: beyond, too
        passes = [_pass(look, component, growth, top, less=1 + less) for less in range(2)]
    names = {p.component.id: p.name for p in look.event.inputs}
    for member in look.chain:
        taken = tuple(tuple(one.get(member.index, ())) for one in passes)
        if all(taken):
            field = names[component.id]
            yield Climb(member, field, growth.what, taken, look.folder)


def _dear(points: Sequence[tuple[int, float]]) -> bool:
    """Whether the largest size takes long, and a small one does not."""
    return points[-1][1] >= max(SLOW_SECONDS, ABOVE_FLOOR * points[0][1])


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
    longest = first = 0.0
    for number, rung in enumerate(rungs):
        even = longest <= max(QUICK_SECONDS, 2 * first)
        if quick and even and number % 2 and rung != rungs[-1]:
            continue
        look.pay()
        with look.noted():
            seen = look.set_off({component.id: growth.value(rung - less)})
        seconds = _function_seconds(seen)
        if not seconds or any(one.error is not None for one in seen):
            break
        for index, value in seconds.items():
            taken.setdefault(index, []).append((rung**growth.dimensions, value))
        longest = max(seconds.values())
        first = first or longest
        abroad = (e.abroad for one in seen if one.evidence for e in one.evidence.effects)
        if longest >= SLOW_SECONDS or any(abroad):  # somebody may pay for it
            break
    return taken


def _function_seconds(seen: Sequence[Observation]) -> Mapping[int, float]:
    return {
        one.call.index: one.evidence.seconds["function"]
        for one in seen
        if one.evidence is not None and "function" in one.evidence.seconds
    }
