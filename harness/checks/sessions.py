"""What several visitors of one app get to see of each other."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from ..contract import Event
from ..finding import Finding, Severity
from . import Check, place_of

__all__ = ["CHECKS", "Crowded", "Deadlocked", "Raced", "Surfaced", "Varied"]

NUMBER = re.compile(r"-?\d[\d.,]*")


@dataclass(frozen=True, slots=True)
class Surfaced:
    """Something that one visitor sent, seen by another.

    *value* is what it was, *sent* by which *source* event and into which *field*; *event* is
    the one whose answer had it, *where* says in which part: an output, a file. *folder* is
    the app's. *notice* says where visitors are told that they share it: at the "output", on the
    "page", or nowhere, "".
    """

    event: Event
    source: Event | None
    field: str
    value: str
    where: str
    folder: str = ""
    at_once: bool = False
    notice: str = ""


@dataclass(frozen=True, slots=True)
class Varied:
    """An answer to one visitor that follows what another sends.

    The one sent the same each time, the other *first* or *second* as *field* of *source*: the
    answers were *one* and *two*, as JSON, each time. *steady* says that visitors who come one
    after another and send the same get the same; *notice* is as in `Surfaced`.
    """

    event: Event
    source: Event
    field: str
    first: Any
    second: Any
    one: str
    two: str
    folder: str = ""
    steady: bool = True
    notice: str = ""

    @property
    def counts(self) -> bool:
        """Whether but numbers differ, which every visitor changes: a vote, a stock, a score."""
        one, two = (NUMBER.sub("0", answer) for answer in (self.one, self.two))
        return one == two and not self.steady


@dataclass(frozen=True, slots=True)
class Raced:
    """What visitors got who came at the same time, in no order of whom they would get it.

    *beside* are the labels of other events that were set off with *event*. *answers* has, for
    each visitor, what it got at the same time and what in turn, as JSON.
    """

    event: Event
    beside: tuple[str, ...]
    answers: tuple[tuple[str, str, str], ...]
    folder: str = ""


@dataclass(frozen=True, slots=True)
class Deadlocked:
    """Visitors at the same time who had no answer, and who have one in turn.

    *beside* are the labels of the events that were set off with *event*, *lines* where calls of
    the author's stood then.
    """

    event: Event
    beside: tuple[str, ...]
    lines: tuple[str, ...] = ()
    folder: str = ""


@dataclass(frozen=True, slots=True)
class Crowded:
    """Begin and end, in seconds, of the calls of visitors who came at the same time.

    The author allows *limit* of them at once. One by itself takes *alone* seconds, for *busy* of
    which the processor works; 0 where that was not tried.
    """

    event: Event
    limit: int
    spans: tuple[tuple[float, float], ...]
    alone: float = 0.0
    busy: float = 0.0
    folder: str = ""

    @property
    def most(self) -> int:
        """How many ran at the same time."""
        return max(
            (sum(b <= begin < e for b, e in self.spans) for begin, _ in self.spans), default=0
        )

    @property
    def seconds(self) -> float:
        """From the first begin to the last end."""
        if not self.spans:
            return 0.0
        return max(end for _, end in self.spans) - min(begin for begin, _ in self.spans)


def leak(seen: Surfaced | Varied) -> list[Finding]:
    """What one visitor typed, chose or uploaded was shown to another.

    Why: visitors take what they send for their own. One process serves all of them, so a
    module's variable, a default argument, a class attribute, a cache or a file name of the
    app belongs to everybody at once. It was found with made-up words, each sent by one visitor
    only, or because one visitor's answer follows what another sends while all else is the same.

    Mend: keep what belongs to a visitor in `gr.State`, or in a dictionary by
    `request.session_hash` or `request.username`; make files with `tempfile`; let a cache's key
    hold every input. Streams that read a variable between two yields need a local one.

    Silence: little tells a leak from what is meant for everybody: a board, a common chat, votes,
    the latest of all. Where the page says so beside it ("shared", "of all of us", "votes") it is
    told as information; where that is said elsewhere on the page or atop the author's file, or
    where only numbers differ that each visitor changes, as a warning. If it is shared on purpose,
    say so in the ini file under `app_ignore`: `sessions.leak@EVENT: shared on purpose`. For one
    run: `--app-ignore sessions.leak@EVENT`.
    """
    if isinstance(seen, Varied):
        return [_varied(seen)]
    title = f"One visitor gets what another sent: {seen.where}"
    if seen.source is None:
        detail = f"Only the other visitor ever sent {seen.value}."
    else:
        wrote = f", by {place_of(seen.source.function, seen.folder)}" * bool(seen.source.function)
        detail = (
            f"Only the other visitor ever sent {seen.value}, as {seen.field} of "
            f"{seen.source.label}{wrote}."
        )
    if seen.at_once:
        detail += " It takes two calls at the same time."
    severity, why = _graded(seen)
    detail += (
        f"{why} If it is meant for everybody: --app-ignore 'sessions.leak@{seen.event.label}'."
    )
    return [_finding("sessions.leak", seen.event, severity, title, detail, seen.folder)]


def _graded(seen: Surfaced | Varied) -> tuple[Severity, str]:
    """Return how grave it is that visitors see it, and why it is no more than that."""
    if seen.notice == "output":
        return Severity.INFO, " The page says there that visitors share it."
    if seen.notice:
        return Severity.WARNING, " The page says that visitors share something."
    if isinstance(seen, Varied) and seen.counts:
        return Severity.WARNING, " Only numbers differ, and each visitor changes them: a count?"
    return Severity.ERROR, ""


def _varied(seen: Varied) -> Finding:
    title = f"One visitor's answer depends on what another sent as {seen.field}"
    wrote = f" ({place})" if (place := place_of(seen.source.function, seen.folder)) else ""
    detail = (
        f"Both did the same each time, but for {seen.field} of the other visitor's "
        f"{seen.source.label}{wrote}.\n"
        f"With {seen.first!r} the answer was {_cut(seen.one)}\n"
        f"with {seen.second!r} it was {_cut(seen.two)}"
    )
    severity, why = _graded(seen)
    detail += f"\n{why.strip()}" * bool(why)
    return _finding("sessions.leak", seen.event, severity, title, detail, seen.folder)


def _cut(answer: str) -> str:
    """Return an answer as it is read: what was said instead, else the outputs."""
    if not answer:
        return "no answer"
    error, logs, outputs = json.loads(answer.rpartition("\n")[2])
    text = ", ".join(map(json.dumps, outputs or ())) if not error else f"an error, {error[1]!r}"
    text += f" and the message {logs[0]!r}" if logs else ""
    return text if len(text) <= 200 else f"{text[:190]}… ({len(text)} characters)"


def race(seen: Raced | Deadlocked) -> list[Finding]:
    """Visitors at the same time get what no order of theirs one after another would give.

    Why: two calls of one function, or of two that share a variable, run at the same time as
    soon as `concurrency_limit` allows more than one, or with `queue=False`. What one of them
    read may have changed when it writes: an update is lost, an answer is somebody else's. The
    calls were held back until all were there, and begun together. Or they get no answer at all:
    each holds what the other waits for, and nobody gets one until the app is started anew.

    Mend: keep what a call works on in local variables; put a `threading.Lock` around reading
    and writing what is shared, or give the events a `concurrency_limit=1` and one
    `concurrency_id`. Take several locks in the same order everywhere, and hold none while
    waiting for somebody else. Open connections and buffers in the call.

    Silence: `--app-ignore sessions.race@EVENT`.
    """
    others = f" and {', '.join(seen.beside)}" if set(seen.beside) - {seen.event.label} else ""
    if isinstance(seen, Deadlocked):
        return [_deadlocked(seen, others)]
    wrong = [(name, one, other) for name, one, other in seen.answers if one != other]
    title = (
        f"Visitors who set off {seen.event.label}{others} at the same time get what no order gives"
    )
    lines = [f"{name} got {_cut(one)}; in turn: {_cut(other)}" for name, one, other in wrong]
    lines.append("Each order of them was tried, and the app repeats itself in each.")
    detail = "\n".join(lines)
    return [_finding("sessions.race", seen.event, Severity.ERROR, title, detail, seen.folder)]


def _deadlocked(seen: Deadlocked, others: str) -> Finding:
    title = (
        f"Visitors who set off {seen.event.label}{others} at the same time get no answer: "
        "they wait for each other"
    )
    detail = "One after another each gets one."
    if seen.lines:
        detail += "\n".join((" At the same time they stood at", *seen.lines))
    return _finding("sessions.race", seen.event, Severity.ERROR, title, detail, seen.folder)


def concurrency_limit(seen: Crowded) -> list[Finding]:
    """More, or fewer, calls run at once than the author allows.

    Why: with `queue=False` nothing holds calls back, and a `concurrency_limit` beside it is for
    nothing: what it was to protect, a model's memory or a file, is used by everybody at once
    (error). And where a lock, or a call that blocks in an `async def`, lets calls run one after
    another only, visitors wait for each other though the limit says otherwise (warning).

    Mend: leave out `queue=False`, or the limit. In an `async def` await what takes long
    (`await asyncio.sleep`, an async client, `asyncio.to_thread`), or write a plain `def`, which
    Gradio runs in a thread; hold a lock only while something shared is changed.

    Silence: `--app-ignore sessions.concurrency-limit@EVENT`.
    """
    name, allowed = "sessions.concurrency-limit", f"concurrency_limit={seen.limit}"
    if seen.most > seen.limit:
        title = f"{seen.most} calls ran at once, and {allowed} allows {seen.limit}"
        detail = "The event has queue=False: calls that bypass the queue are not held back."
        return [_finding(name, seen.event, Severity.ERROR, title, detail, seen.folder)]
    in_turn = seen.alone * len(seen.spans)
    blocked = seen.alone >= LEAST_SECONDS and seen.seconds >= BLOCKED * in_turn
    if len(seen.spans) < 2 or not blocked or seen.busy - OWN_SECONDS > IDLE * seen.alone:
        return []
    title = f"{allowed}, and calls run one after another"
    detail = (
        f"One call takes {seen.alone:.2f} s, of which the processor works {seen.busy:.2f} s; "
        f"{len(seen.spans)} at the same time took {seen.seconds:.2f} s."
    )
    return [_finding(name, seen.event, Severity.WARNING, title, detail, seen.folder)]


#: A call this long, in seconds, can be told from noise; several that take this share of their
#: sum run in turn; one for which the processor works more than this share, beside what Gradio
#: and the harness take, would do so anyway. On a busy machine it may get little of its time.
LEAST_SECONDS = 0.05
BLOCKED = 0.85
IDLE = 0.05
OWN_SECONDS = 0.02


def _finding(
    check: str, event: Event, severity: Severity, title: str, detail: str, folder: str
) -> Finding:
    function = event.function
    return Finding(
        check,
        event.label,
        severity,
        title,
        detail,
        step="function",
        function=function.name if function else "",
        location=place_of(function, folder),
    )


CHECKS = (
    Check("sessions.leak", Severity.ERROR, leak),
    Check("sessions.race", Severity.ERROR, race),
    Check("sessions.concurrency-limit", Severity.ERROR, concurrency_limit),
)
