"""What the time of an event depends on: how much is sent, who else is there, which call it is."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from ..contract import Event
from ..finding import Finding, Severity
from ..scaling import Fit, fitted
from . import Check, place_of

__all__ = [
    "CHECKS",
    "Climb",
    "Held",
    "Series",
    "call_number",
    "held_up",
    "size",
    "slowed",
    "turn",
]

#: A size matters that makes one call take so long, in seconds.
SLOW_SECONDS = 2.0
#: An exponent above this is no straight line, nor one with a logarithm to it.
STEEP = 1.5
#: A call of an ``async def`` that holds all others up for less is not worth a word, in seconds.
HELD_SECONDS = 0.2
#: Others wait for this part of it at least, and, while nothing runs, for this part at most.
HELD = 0.8
QUIET = 0.2
#: A call that stands out takes so many times as long as the others, and so many seconds more.
TIMES = 5.0
MORE_SECONDS = 0.1
#: So often it has to stand out, at the same distance each time, before there is a doubt.
OFTEN = 3
#: Of the others, this part may stand out by chance.
STRAY = 0.05
#: Calls that get slower and slower are so many times as slow in the end.
SLOWER = 3.0
#: So many calls tell a trend.
TREND = 20


@dataclass(frozen=True, slots=True)
class Climb:
    """The seconds that *event*'s function took, the more of *what* there was in *field*.

    *passes* are two, one after the other, with pairs of size and seconds.
    """

    event: Event
    field: str
    what: str
    passes: tuple[tuple[tuple[int, float], ...], ...]
    folder: str = ""

    @property
    def shortest(self) -> tuple[tuple[int, float], ...]:
        """For each size of the first pass the shorter of its times."""
        again = dict(self.passes[1]) if len(self.passes) > 1 else {}
        return tuple((n, min(taken, again.get(n, taken))) for n, taken in self.passes[0])

    @property
    def slow(self) -> bool:
        """Whether the largest size takes long enough to matter."""
        return bool(self.passes[0]) and self.passes[0][-1][1] >= SLOW_SECONDS

    @property
    def fit(self) -> Fit | None:
        """The power law through the shorter times."""
        return _fit(self.shortest)


def size(climb: Climb) -> list[Finding]:
    """The time grows faster than what the visitor sends.

    Why: twice as much text takes four times as long, and somewhere below what a page lets a visitor
    paste one call takes seconds. It was tried with twice as much each time, two passes, and both
    have to say so: an exponent above 1.5 (a straight line is 1, the square is 2), by two standard
    errors where the shorter times are taken, and at least 2 s at the largest size. The time is that
    of the author's function alone.

    Mend: look for a loop inside a loop, `in` on a list, a string or a table put together piece by
    piece, `list.pop(0)`. With a set, a dict, `"".join(…)` or a `deque` the time goes as the size.
    Or limit what is sent: `gr.Textbox(max_length=…)`, a validator.

    Silence: `--app-ignore latency.size@EVENT`. A time in proportion to the size, and a loop that
    only ever takes milliseconds, are never told.
    """
    fit = climb.fit
    fits = [one for points in climb.passes if (one := _fit(points)) is not None]
    if fit is None or not climb.slow or len(fits) < 2:
        return []
    if fit.exponent - 2 * fit.error <= STEEP or any(one.exponent <= STEEP for one in fits):
        return []
    largest, seconds = climb.shortest[-1]
    points = ", ".join(f"{n:,}: {taken:.3g} s" for n, taken in climb.shortest[-6:])
    return [
        Finding(
            "latency.size",
            climb.event.label,
            Severity.WARNING,
            f"{climb.field}: {largest:,} {climb.what} take {seconds:.1f} s, and twice as many "
            f"{2**fit.exponent:.1f} times as long",
            f"Measured: {points}. The time goes as the number of {climb.what} to the power of "
            f"{fit.exponent:.2f} ± {fit.error:.2f}.",
            input=f"{climb.field} = {largest:,} {climb.what}",
            function=climb.event.function.name if climb.event.function else "",
            location=place_of(climb.event.function, climb.folder),
        )
    ]


def _fit(points: Sequence[tuple[int, float]]) -> Fit | None:
    return fitted([n for n, _ in points], [taken for _, taken in points])


@dataclass(frozen=True, slots=True)
class Held:
    """Calls of *event*, and a page asked for something small again and again meanwhile.

    For each call begin and end of its function's steps, and of each small request; *idle* is the
    longest of those that were made while nothing ran, in seconds.
    """

    event: Event
    calls: tuple[tuple[tuple[tuple[float, float], ...], tuple[tuple[float, float], ...]], ...]
    idle: float
    folder: str = ""


def held_up(held: Held) -> list[Finding]:
    """While an `async def` works, the app answers nobody.

    Why: Gradio runs an `async def` in the one loop that serves all pages. Where it calls something
    that blocks (`time.sleep`, `requests`, a model), no other visitor gets an answer, a page or
    a progress bar until it has returned, whatever `concurrency_limit` says. It is told where, in
    each of three calls, a small request to the app had to wait for 80 % of the step and 0.2 s at
    least.

    Mend: write a plain `def`, which Gradio runs in a thread, or await what takes long:
    `await asyncio.sleep(…)`, an async client, `await asyncio.to_thread(work, …)`.

    Silence: `--app-ignore latency.held-up@EVENT`. A plain `def` is never told.
    """
    waits = [_waited(spans, requests) for spans, requests in held.calls]
    if not waits or not all(_blocks(wait, span, held.idle) for wait, span in waits):
        return []
    wait, span = min(waits)
    function = held.event.function
    return [
        Finding(
            "latency.held-up",
            held.event.label,
            Severity.WARNING,
            f"async def {function.name if function else held.event.label} works for {span:.2f} s, "
            f"and the app answers nobody for {wait:.2f} s of it",
            f"While it ran, another visitor's request for a few bytes took {wait:.2f} s or more, "
            f"in each of {len(waits)} calls; while nothing ran, {held.idle:.3f} s at most.",
            function=function.name if function else "",
            location=place_of(function, held.folder),
        )
    ]


def _waited(
    spans: Sequence[tuple[float, float]], requests: Sequence[tuple[float, float]]
) -> tuple[float, float]:
    """Return how long one request waited during the longest step, and how long that took."""
    begun, ended = max(spans, key=lambda span: span[1] - span[0], default=(0.0, 0.0))
    waits = [min(end, ended) - max(begin, begun) for begin, end in requests]
    return max(waits, default=0.0), ended - begun


def _blocks(wait: float, span: float, idle: float) -> bool:
    return wait >= max(HELD_SECONDS, HELD * span) and idle <= QUIET * wait


@dataclass(frozen=True, slots=True)
class Series:
    """The seconds of calls that were all alike, in order.

    The first *known* of them raised a doubt; what came after them was measured to settle it.
    """

    event: Event
    seconds: tuple[float, ...]
    known: int
    folder: str = ""


def call_number(series: Series) -> list[Finding]:
    """Which call it is decides how long it takes.

    Why: the same call was made again and again, each time by a new visitor. Where each tenth takes
    ten times as long, or each a little longer than the one before, something is saved, rebuilt
    or searched through that grows, and some visitor waits for all. It is told where calls stand
    out at one distance three times at least, and again where they are then awaited, or where the
    fastest calls of each quarter are slower than those before, three times as slow in the end,
    and it goes on so.

    Mend: do what is done for many calls at once beside them, in a thread or `gr.Timer`, and give
    what grows a bound or an index.

    Silence: `--app-ignore latency.call-number@EVENT`. Slow first calls, and calls that are slow at
    no distance that repeats, are never told.
    """
    before, after = series.seconds[: series.known], series.seconds[series.known :]
    times = series.seconds
    step = turn(times)
    title = detail = ""
    if step and step == turn(before) and len(after) >= 2 * step:
        slow = [taken for number, taken in enumerate(times) if _out(taken, times) and number]
        usual = median(taken for taken in times if not _out(taken, times))
        title = f"each {_ordinal(step)} call takes {median(slow):.2f} s, others {usual:.3f} s"
        detail = f"{len(times)} calls alike: {len(slow)} of them stood out, {step} calls apart."
    elif slowed(before) and after and min(after) > _fastest(before)[-1]:
        first, last = _fastest(before)[0], min(after)
        title = f"the more calls, the slower: {first:.3f} s at first, {last:.3f} s later"
        fastest = ", ".join(f"{taken:.3f} s" for taken in (*_fastest(before), last))
        detail = f"{len(times)} calls alike; the fastest of each quarter, and after: {fastest}."
    if not title:
        return []
    function = series.event.function
    return [
        Finding(
            "latency.call-number",
            series.event.label,
            Severity.WARNING,
            title,
            detail,
            function=function.name if function else "",
            location=place_of(function, series.folder),
        )
    ]


def turn(seconds: Sequence[float]) -> int:
    """Return how many calls apart those are that stand out; 0 where there is no such distance.

    All at that distance do, and few others: any call may be slow on a busy machine. The
    first of all is left out, for it may load something.
    """
    slow = [bool(number) and _out(taken, seconds) for number, taken in enumerate(seconds)]
    for step in range(2, len(slow) // OFTEN + 1):
        for phase in range(1, step + 1):
            at = slow[phase::step]
            if len(at) >= OFTEN and all(at) and sum(slow) - len(at) <= STRAY * len(slow):
                return step
    return 0


def _out(taken: float, seconds: Sequence[float]) -> bool:
    usual = median(seconds)
    return taken >= TIMES * usual and taken >= usual + MORE_SECONDS


def slowed(seconds: Sequence[float]) -> bool:
    """Whether calls get slower and slower: by the fastest ones, which a busy machine spares."""
    if len(seconds) < TREND:
        return False
    fastest = _fastest(seconds)
    rising = all(before < after for before, after in itertools.pairwise(fastest))
    return rising and fastest[-1] >= max(SLOWER * fastest[0], fastest[0] + MORE_SECONDS / 2)


def _fastest(seconds: Sequence[float]) -> list[float]:
    """Return the fastest call of each quarter."""
    each = len(seconds) // 4
    return [min(seconds[number * each : (number + 1) * each]) for number in range(4)]


def _ordinal(number: int) -> str:
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10 if number % 100 // 10 != 1 else 0, "th")
    return f"{number}{ending}"


CHECKS = (
    Check("latency.held-up", Severity.WARNING, held_up),
    Check("latency.call-number", Severity.WARNING, call_number),
    Check("latency.size", Severity.WARNING, size),
)
