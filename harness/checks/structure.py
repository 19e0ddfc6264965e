"""Whether an app keeps what it is fed: n numbered units in, n units out, in their order."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Literal

from ..contract import Component, Event
from ..finding import Finding, Severity
from . import Check, place_of

__all__ = ["CHECKS", "Fed", "Kept", "Shown", "kept", "limited"]

Order = Literal["as given", "backwards", "sorted", "falling", "any"]


@dataclass(frozen=True, slots=True)
class Shown:
    """*units* that went in, in their order, and every *one* of them that came out, in its.

    *cut* is true where the text breaks off in the midst of the unit that comes next.
    """

    units: tuple[str, ...]
    found: tuple[str, ...]
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Kept:
    """Every unit is there, each *times* times, in this *order*."""

    times: int
    order: Order


@dataclass(frozen=True, slots=True)
class Fed:
    """One output of an event that was fed more and more units (*what*: line, row, word).

    *small* are answers to a few of them, *large* the same many twice, *larger* about twice as
    many. *noted* is true where the answer or the visitor is told of a limit, *capped* where the
    page or the source speaks of one, *meant* where they speak of choosing among the units,
    *overlaps* where they speak of pieces, which may have a part in common.
    """

    event: Event
    component: Component
    what: str
    small: tuple[Shown, ...]
    large: tuple[Shown, ...]
    larger: Shown | None = None
    noted: bool = False
    capped: bool = False
    meant: bool = False
    overlaps: bool = False
    folder: str = ""


def kept(shown: Shown) -> Kept | None:
    """Return how the units were kept; None where not all of them were, or not equally often."""
    counts = Counter(shown.found)
    times = {counts[unit] for unit in shown.units}
    if len(times) != 1 or not shown.units:
        return None
    (once,) = times
    first = tuple(dict.fromkeys(shown.found))
    given = tuple(dict.fromkeys(shown.units))
    orders: tuple[tuple[Order, tuple[str, ...]], ...] = (
        ("as given", given),
        ("backwards", given[::-1]),
        ("sorted", tuple(sorted(given))),
        ("falling", tuple(sorted(given, reverse=True))),
    )
    order: Order = next((name for name, wanted in orders if first == wanted), "any")
    return Kept(once, order) if once else None


def structure(fed: Fed) -> list[Finding]:
    """Of a few units all are kept, of many some are lost, doubled or put into another order.

    Why: whoever pastes three lines to try the app sees three answers; whoever pastes
    sixty-seven gets sixty-four, and nothing says so. The last batch that is not full, the
    line at the edge of a chunk and the tenth item, sorted as text, are lost like that.

    Mend: handle the rest after the loop, sort by number, key by position and not by text;
    where only so many are meant to be shown, say so in the answer or with `gr.Warning`.

    Silence: `--app-ignore api.structure@EVENT`.
    """
    few = {kept(shown) for shown in fed.small}
    if None in few or not fed.small or len({one.times for one in few if one}) != 1:
        return []
    if len(fed.large) < 2 or fed.large[0] != fed.large[1] or fed.noted:
        return []
    large = fed.large[0]
    orders = {one.order for one in few if one}
    order = orders.pop() if len(orders) == 1 else "any"
    times = next(one.times for one in few if one)
    counts = Counter(large.found)
    lost = [unit for unit in large.units if counts[unit] < times]
    more = [unit for unit in large.units if counts[unit] > times]
    whole = kept(large)
    if whole is not None and whole.times == times:
        if order == "any" or whole.order == order:
            return []
        words = f"{len(large.units)} {fed.what}s come {_in(whole.order)}, {len(fed.small[0].units)}"
        return [_finding(fed, Severity.WARNING, f"{words} come {_in(order)}", "")]
    limit = bool(lost) and limited(fed)
    if not large.found or (lost and fed.meant) or (limit and (fed.capped or large.cut)):
        return []
    if not lost and fed.overlaps:
        return []
    mild = limit or not lost or fed.what == "word" or 2 * len(lost) > len(large.units)
    severity = Severity.WARNING if mild else Severity.ERROR
    number = len(large.units)
    if lost:
        there = number - len(lost)
        title = f"of {number} {fed.what}s {_are(there)} shown, of {len(fed.small[-1].units)} all"
    else:
        title = f"of {number} {fed.what}s {_are(len(more))} shown too often"
    return [_finding(fed, severity, title, _places(large, lost or more, fed.what))]


def limited(fed: Fed) -> bool:
    """Whether just as many are shown of twice as many: a limit, and no mistake of counting."""
    if fed.larger is None or not fed.large:
        return False
    large = fed.large[0]
    most = max(Counter(large.found).values(), default=0)
    whole = [sum(n == most for n in Counter(one.found).values()) for one in (large, fed.larger)]
    return abs(whole[0] - whole[1]) <= 1


def _are(number: int) -> str:
    return f"{number} is" if number == 1 else f"{number} are"


def _in(order: Order) -> str:
    return {
        "as given": "in the order given",
        "backwards": "in the order turned round",
        "sorted": "sorted",
        "falling": "sorted downwards",
        "any": "in another order",
    }[order]


def _places(large: Shown, units: list[str], what: str) -> str:
    place = {unit: number for number, unit in enumerate(large.units, start=1)}
    numbers = [place[unit] for unit in units]
    run = numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    if run and len(numbers) > 1:
        said = f"{what}s {numbers[0]} to {numbers[-1]} of {len(large.units)}"
    else:
        some = ", ".join(map(str, numbers[:8])) + (", …" if len(numbers) > 8 else "")
        said = f"{what} {some} of {len(large.units)}"
    return f"Wrong: {said}. No message, and no word in the answer, says so."


def _finding(fed: Fed, severity: Severity, title: str, detail: str) -> Finding:
    function = fed.event.function
    return Finding(
        "api.structure",
        fed.event.label,
        severity,
        f"{fed.component.label}: {title}",
        detail,
        step="function",
        function=function.name if function else "",
        exception=fed.what,
        location=place_of(function, fed.folder),
    )


def repeated(fed: Fed) -> list[Finding]:
    """Return what is wrong where a unit that is given twice is shown once; see `structure`."""
    if len(fed.large) < 2 or fed.large[0] != fed.large[1] or fed.noted or fed.meant:
        return []
    large = fed.large[0]
    few = {kept(shown) for shown in fed.small}
    if len(few) != 1 or None in few:
        return []
    (one,) = few
    assert one is not None
    given, found = Counter(large.units), Counter(large.found)
    short = [unit for unit in given if found[unit] < given[unit] * one.times]
    if not short or any(found[unit] != one.times for unit in given):
        return []
    a = "an" if fed.what == "item" else "a"
    words = f"{a} {fed.what} that is given {given[short[0]]} times is shown once"
    detail = "What is kept by its text alone loses what comes twice: a dict, a set."
    return [_finding(fed, Severity.WARNING, words, detail)]


CHECKS = (Check("api.structure", Severity.ERROR, structure),)
