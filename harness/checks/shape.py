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
    "Waiting",
    "call_number",
    "held_up",
    "holds",
    "size",
    "slowed",
    "turn",
    "waited",
    "waits",
]

#: A size matters that makes one call take so long, in seconds.
SLOW_SECONDS = 2.0
#: An exponent above this is no straight line, nor one with a logarithm to it.
STEEP = 1.5
#: Above this one, twice as much can never be waited for.
VERY_STEEP = 5.0
#: An answer grows with the size that is so many times as long at the largest one.
GROWN = 4.0
#: Who holds others up for less is not worth a word: an ``async def``, and what runs in a thread, of
#: which the machine's other work is to be told apart. In seconds.
HELD_SECONDS = 0.2
HELD_BY_THREAD_SECONDS = 0.5
#: Who waits for another takes so many times as long as alone.
LONGER = 10.0
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

    *passes* are two, one after the other, with pairs of size and seconds. *answers* are pairs of
    size and of how many characters came of it, where that is known.
    """

    event: Event
    field: str
    what: str
    passes: tuple[tuple[tuple[int, float], ...], ...]
    folder: str = ""
    answers: tuple[tuple[int, int], ...] = ()

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

    @property
    def answer_fit(self) -> Fit | None:
        """The power law of the time over how much is answered, where that grows with the size."""
        count = dict(self.answers)
        points = [(count[n], taken) for n, taken in self.shortest if count.get(n)]
        grown = bool(points) and points[-1][0] >= GROWN * points[0][0]
        return _fit(points) if grown else None


def size(climb: Climb) -> list[Finding]:
    """The time grows faster than what the visitor sends, and faster than what is answered.

    Why: twice as much text takes four times as long, and somewhere below what a page lets a visitor
    paste one call takes seconds. It was tried with twice as much each time, two passes, and both
    have to say so: an exponent above 1.5 (a straight line is 1, the square is 2), by two standard
    errors where the shorter times are taken, and at least 2 s at the largest size. The time is that
    of the author's function alone. A number is no size: there it is held against how much is
    answered.

    Mend: look for a loop inside a loop, `in` on a list, a string or a table put together piece by
    piece, `list.pop(0)`. With a set, a dict, `"".join(…)` or a `deque` the time goes as the size.
    Or limit what is sent: `gr.Textbox(max_length=…)`, a validator.

    Silence: `--app-ignore latency.size@EVENT`. A time in proportion to the size, or to an answer
    that grows with it, and a loop that only ever takes milliseconds, are never told.
    """
    fit = climb.fit
    fits = [one for points in climb.passes if (one := _fit(points)) is not None]
    if fit is None or not climb.slow or len(fits) < 2:
        return []
    if fit.exponent - 2 * fit.error <= STEEP or any(one.exponent <= STEEP for one in fits):
        return []
    answer = climb.answer_fit
    if answer is not None and answer.exponent <= STEEP:
        return []
    largest, seconds = climb.shortest[-1]
    points = ", ".join(f"{n:,}: {taken:.3g} s" for n, taken in climb.shortest[-6:])
    return [
        Finding(
            "latency.size",
            climb.event.label,
            Severity.WARNING,
            f"{climb.field}: {largest:,} {climb.what} take {seconds:.1f} s, and {_more(fit)}",
            f"Measured: {points}. The time goes as the number of {climb.what} to the power of "
            f"{fit.exponent:.2f} ± {fit.error:.2f}.",
            input=f"{climb.field} = {largest:,} {climb.what}",
            function=climb.event.function.name if climb.event.function else "",
            location=place_of(climb.event.function, climb.folder),
        )
    ]


def _more(fit: Fit) -> str:
    """Return in words how the time grows: of a steep one, what a tenth more costs."""
    factor, words = (2.0, "twice as many") if fit.exponent <= VERY_STEEP else (1.1, "a tenth more")
    return f"{words} {factor**fit.exponent:.1f} times as long"


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


@dataclass(frozen=True, slots=True)
class Waiting:
    """A step of *event* and one of a quick *other* one that was set off meanwhile, several times.

    Begin and end of both; *alone* is how long the other takes while nothing else runs, in seconds.
    """

    event: Event
    other: Event
    calls: tuple[tuple[tuple[float, float], tuple[float, float]], ...]
    alone: float
    folder: str = ""


def held_up(held: Held) -> list[Finding]:
    """While an event works, the app answers nobody, or another event waits for it.

    Why: Gradio runs an `async def` in the one loop that serves all pages. Where it calls something
    that blocks (`time.sleep`, `requests`, a model), no other visitor gets an answer, a page or
    a progress bar until it has returned, whatever `concurrency_limit` says. So does a plain `def`
    that calls into C and keeps the interpreter. It is told where, in each of three calls, a small
    request to the app had to wait for 80 % of the step and 0.2 s at least (0.5 s for a `def`). And
    a lock that a slow function holds while it works holds up the quick ones that take it too: told
    where one that takes 0.1 s at most waits, in each of three calls, for 80 % of what is left.

    Mend: write a plain `def`, which Gradio runs in a thread, or await what takes long:
    `await asyncio.sleep(…)`, an async client, `await asyncio.to_thread(work, …)`. Keep the
    interpreter free by smaller pieces, or a process. Hold a lock only where shared data is changed.

    Silence: `--app-ignore latency.held-up@EVENT`. Who waits in Gradio's queue is never told.
    """
    waits = [_waited(spans, requests) for spans, requests in held.calls]
    quiet = all(held.idle <= QUIET * wait for wait, _ in waits)
    if not waits or not quiet or not all(holds(held.event, *call) for call in held.calls):
        return []
    wait, span = min(waits)
    function = held.event.function
    kind = "async def" if function is not None and function.coroutine else "def"
    return [
        Finding(
            "latency.held-up",
            held.event.label,
            Severity.WARNING,
            f"{kind} {function.name if function else held.event.label} works for {span:.2f} s, "
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


def holds(
    event: Event,
    spans: Sequence[tuple[float, float]],
    requests: Sequence[tuple[float, float]],
) -> bool:
    """Whether one of *requests* had to wait for nearly all of the longest step of *event*."""
    wait, span = _waited(spans, requests)
    thread = event.function is not None and not event.function.coroutine
    return wait >= max(HELD_BY_THREAD_SECONDS if thread else HELD_SECONDS, HELD * span)


def waits(waiting: Waiting) -> list[Finding]:
    """An event waits for another one: a part of `held_up`."""
    found = [waited(*call) for call in waiting.calls]
    if not found or any(wait < LONGER * waiting.alone for wait in found) or not all(found):
        return []
    event, other, function = waiting.event, waiting.other, waiting.event.function
    return [
        Finding(
            "latency.held-up",
            event.label,
            Severity.WARNING,
            f"while {event.label} works, {other.label} waits for it: {min(found):.2f} s, and "
            f"{waiting.alone:.3f} s alone",
            f"Another visitor set {other.label} off a moment after {event.label}, {len(found)} "
            f"times: its function was begun at once, and ended when that of {event.label} did. "
            "Both need something that only one may have, as a lock.",
            input=other.label,
            function=function.name if function else "",
            location=place_of(function, waiting.folder),
        )
    ]


def waited(slow: tuple[float, float], quick: tuple[float, float]) -> float:
    """Return how long *quick*, begun during *slow*, took; 0 where it did not wait for its end."""
    left = slow[1] - quick[0]
    wait = quick[1] - quick[0]
    begun_meanwhile = slow[0] < quick[0] < slow[1]
    return wait if begun_meanwhile and wait >= max(HELD_SECONDS, HELD * left) else 0.0


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
