"""Visitors who leave a stream before its end: by the page's Stop button, or by closing it.

One visitor after another, at the first outputs and at the last one before the end. Threads, tasks,
child processes and open generators that are there afterwards and were not before are what one of
them left, and so are threads that stand at another line of the author's than before, and files that
are written on. The next one shows whether there is room.
"""

from __future__ import annotations

import asyncio
import dataclasses
import functools
import itertools
import math
import os
import queue
import random
import re
import sys
import threading
import time
import types
import weakref
from collections.abc import Callable, Container, Hashable, Iterator, Mapping, Sequence
from typing import Any, Literal

from ..app import App
from ..checks.departure import CHECKS, NEVER, Departure, Left
from ..contract import Event
from ..drivers.wire import Wire
from ..finding import Finding
from ..observation import Call, Observation
from ..probe import is_own
from ..redact import of_running
from ..reproduce import Case, case_of, described, enter, snippet
from ..run import Part
from ..stopwatch import Deadline, Stopwatch
from ..visit import Visit
from ..visitors.marking import filled
from ..visitors.stage import Spent, Stage, skipped, staged
from .holdings import children, threads

__all__ = ["Running", "blocks_next", "goes_on", "replay_departures"]

Way = Literal["stop", "gone"]

#: After how many different outputs somebody leaves: the first ones, and the last but one.
PLACES = {"quick": 3, "standard": 5, "deep": 16}
#: How long one event is looked at, and what one visitor left, in seconds.
SECONDS = {"quick": 8.0, "standard": 40.0, "deep": 240.0}
WATCHED = {"quick": 6.0, "standard": 15.0, "deep": 60.0}
#: What is under way when a visitor leaves may end: so long, and this many of the longest pauses.
GRACE_SECONDS, GRACE_PAUSES = 1.0, 3.0
#: The next visitor gets nothing: for so long, and for so many of the longest pauses.
SILENCE_SECONDS, SILENCE_PAUSES = 4.0, 10.0
#: A file that is written so often, in seconds, is written on.
RECENT_SECONDS = 0.5
#: How often to look.
GLANCE_SECONDS = 0.05


def goes_on(stage: Stage, event: Event) -> Part:
    """Return what goes on when a visitor has left a stream of *event*."""
    return _of("streaming.goes-on", stage, event)


def blocks_next(stage: Stage, event: Event) -> Part:
    """Return whether a visitor who left a stream of *event* keeps the next one out."""
    return _of("streaming.blocks-next", stage, event)


def _of(check: str, stage: Stage, event: Event) -> Part:
    """Return what *check* says of visitors who leave: they are sent once for all checks."""
    part = stage.once(f"departures: {event.label}", lambda: _departures(stage, event))
    return dataclasses.replace(part, findings=tuple(f for f in part.findings if f.check == check))


def _departures(stage: Stage, event: Event) -> Part:
    app = stage.app
    if app.where != "in-process" or app.probe is None:
        return skipped(event, f"leaving its stream: not seen from outside ({app.where})")
    try:
        return Part(findings=tuple(_Departures(stage, event).run()))
    except (Spent, _Unfit) as error:
        return skipped(event, f"leaving its stream: {error}")


class _Unfit(Exception):
    """There is no stream that could be left; the message says why."""


class _Reader:
    """A driver whose visitor leaves the stream of one event: after *outputs* or *seconds*."""

    def __init__(self, wire: Wire, index: int, outputs: int, seconds: float, way: Way) -> None:
        self.wire, self.index, self.way = wire, index, way
        self.outputs, self.seconds = outputs, seconds
        self.read: Observation | None = None

    def call(self, call: Call, *, timeout_seconds: float | None = None) -> Observation:
        """Return what came until the visitor left."""
        if call.index != self.index:
            return self.wire.call(call, timeout_seconds=timeout_seconds)
        self.read = self.wire.leave(
            call,
            outputs=self.outputs,
            seconds=self.seconds,
            stops=self.way == "stop",
            timeout_seconds=timeout_seconds,
        )
        return self.read


class _Departures:
    """The streams that one event sets off, each read to its end once and then left."""

    def __init__(self, stage: Stage, event: Event) -> None:
        self.stage, self.event = dataclasses.replace(stage, hung={}), event
        self.running = Running(stage.app)
        self.places = PLACES[stage.profile]
        self.deadline = Deadline(SECONDS[stage.profile])
        contract = stage.app.contract
        self.stopped = {index for other in contract.events for index in other.cancels}
        self.case = Case()

    def run(self, case: Case | None = None) -> list[Finding]:
        """Return what is found, the first of each kind for each stream."""
        found: dict[tuple[str, str], Finding] = {}
        for stream in self.stage.app.contract.chain(self.event):
            if stream.generator and stream.backend and self.stage.driven(stream):
                there = self.running.now()
                for seen in self._left(stream, self._whole(stream, case), there):
                    for check in CHECKS:
                        for finding in check(stream.label, seen):
                            key = (finding.check, finding.event)
                            found.setdefault(key, self._dressed(finding))
        return list(found.values())

    def _whole(self, stream: Event, case: Case | None) -> Observation:
        """Return the stream read to its end, with the first input that makes one."""
        contract = self.stage.app.contract
        tables = contract.examples(self.event)[:2]
        read = [p.component for member in contract.chain(self.event) for p in member.inputs]
        cases = [Case(), *(Case(example=(table.label, row)) for table, row in tables)]
        cases.append(Case(filled(read, random.Random(self.stage.seed))))
        why = "the page as it opens does not set it off"
        for self.case in cases if case is None else [case]:
            seen = self._read(stream, seconds=self.deadline.left)
            if seen is None:
                continue
            if seen.error is None or seen.error.kind == "left":
                if len(_times(seen)) > 1:
                    return seen
                why = "it has fewer than two outputs"
            else:
                why = f"it fails: {seen.failure}"
        raise _Unfit(why)

    def _read(
        self,
        stream: Event,
        *,
        outputs: int = sys.maxsize,
        seconds: float = math.inf,
        way: Way = "gone",
        silence: float | None = None,
    ) -> Observation | None:
        """Return the call of a new visitor who leaves then; None if the page made none."""
        reader = _Reader(self.stage.driver, stream.index, outputs, seconds, way)
        visit = self.stage.visit(driver=reader)
        visit.timeout_seconds = silence or visit.timeout_seconds
        try:
            enter(visit, self.event, self.case)
            if way == "stop" and reader.read is not None:
                self._press(visit, stream)
        finally:
            self.stage.note(visit.seen)
            self.stage.hung.clear()  # who gets nothing after a visitor who left is asked again
        return reader.read

    def _press(self, visit: Visit, stream: Event) -> None:
        """Have the function called that the page's button has beside what it cancels."""
        for button in visit.contract.events:
            if stream.index in button.cancels and button.backend and self.stage.driven(button):
                visit.fire(button)

    def _left(
        self, stream: Event, whole: Observation, there: Mapping[Hashable, Left]
    ) -> Iterator[Departure]:
        """Yield what visitors left, and whether the next one after them was served.

        What was *there* before the first of them, and what stays when a stream has been read to
        its end, is nobody's.
        """
        times = _times(whole)
        pause = max(b - a for a, b in zip([whole.started, *times], times, strict=False))
        grace = GRACE_SECONDS + GRACE_PAUSES * pause
        silence = max(SILENCE_SECONDS, SILENCE_PAUSES * pause)
        ended = whole.error is None
        stays = self.running.since(there, frozenset(), grace) if ended else {}
        usual = frozenset((one.name, one.works) for one in stays.values())
        ways: Sequence[Way] = ("stop", "gone") if stream.index in self.stopped else ("gone",)
        name = stream.function.name if stream.function else ""
        last: Departure | None = None
        for outputs, way in itertools.product(_places(len(times) - 1, self.places), ways):
            rest = whole.ended - times[outputs - 1] if ended else math.inf
            leaving = Departure(way, outputs, grace, rest, function=name)
            left: dict[Hashable, Left] = {}
            before: dict[Hashable, Left] = {}
            for _ in range(2):  # a busy machine looks the same once
                now = self.running.now(written=there).items()
                # A thread that was there and works may do so for the visitor just before.
                known = frozenset(before)
                before |= {k: v for k, v in now if not isinstance(k, tuple) or k[0] not in known}
                seen = self._read(stream, outputs=outputs, way=way, silence=silence)
                if last is not None and seen is not None and not _times(seen):
                    yield from self._silent(stream, last, silence, again=1)
                    return
                last = leaving
                still = self.running.since(before, usual, grace)
                left = still and (left or still)  # what one visitor left, and the next one as well
                if not left:
                    break
            if left:
                more = functools.partial(self.running.more, before, usual)
                yield self._watched(dataclasses.replace(leaving, left=tuple(left.values())), more)
                break
            if self.deadline.passed():
                break
        if last is not None:
            yield from self._silent(stream, last, silence, again=2)

    def _silent(
        self, stream: Event, last: Departure, silence: float, *, again: int
    ) -> Iterator[Departure]:
        """Yield the *last* departure where the next visitor gets nothing, asked *again*."""
        for _ in range(again):
            seen = self._read(stream, outputs=1, silence=silence)
            if seen is None or _times(seen) or seen.error is None or seen.error.kind != "timeout":
                return
        yield dataclasses.replace(last, left=(), silence=silence)

    def _watched(
        self, leaving: Departure, more: Callable[[], Mapping[Hashable, Left]]
    ) -> Departure:
        """Return *leaving* with when that ended which it left: there is no *more* of it then."""
        enough = NEVER * leaving.rest + leaving.grace + 2 * GLANCE_SECONDS
        begun = time.monotonic() - leaving.grace
        limit = begun + min(enough, WATCHED[self.stage.profile])
        ended = None
        while ended is None and time.monotonic() < limit:
            time.sleep(GLANCE_SECONDS)
            if not more():
                ended = time.monotonic() - begun
        watched = time.monotonic() - begun
        return dataclasses.replace(leaving, ended=ended, watched=watched)

    def _dressed(self, finding: Finding) -> Finding:
        stage, contract = self.stage, self.stage.app.contract
        script = snippet(
            stage.app.target.text,
            contract,
            self.event,
            self.case,
            folder=stage.folder,
            chosen=stage.plan,
            call="replay_departures",
        )
        return dataclasses.replace(
            finding, input=described(contract, self.event, self.case), reproduce=script
        )


class Running:
    """What the app has running in its process beside its calls."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.roots = app.probe.roots if app.probe else ()

    def now(self, *, written: Container[Hashable] | None = None) -> dict[Hashable, Left]:
        """Return threads, the author's tasks, child processes, generators and files *written* on.

        A thread that works at another line of the author's is another. Of files only those in
        *written*, where that is given: others may be written for who has left.
        """
        frames = sys._current_frames()
        frames.pop(threading.get_ident())  # this frame would hold itself, and all the others
        found: dict[Hashable, Left] = {}
        for thread in threads():
            name = re.sub(r".*\((\w+)\)|-\d+(_\d+)?", r"\1", thread.name)
            frame = frames.get(thread.ident or -1)
            left = Left("thread", name, self._place(frame))
            found[thread] = left
            if left.location and not _waits(frame):
                found[thread, left.location] = left
        for task in self._tasks():
            code = getattr(task.get_coro(), "cr_code", None)
            if code is not None and is_own(code.co_filename, self.roots):
                place = self._near(f"{code.co_filename}:{code.co_firstlineno}")
                found[task] = Left("task", code.co_name, place)
        for process, name in children().items():
            found[process] = Left("process", name)
        found |= self._generators()
        for path in self.app.probe.written(RECENT_SECONDS) if self.app.probe else ():
            if written is None or ("writer", path) in written:
                found["writer", path] = Left("writer", os.path.basename(path))
        return found

    def since(
        self, before: Mapping[Hashable, Left], usual: frozenset[tuple[str, bool]], grace: float
    ) -> dict[Hashable, Left]:
        """Return what is there after *grace* seconds and was not *before*, the *usual* left out."""
        watch = Stopwatch()
        while True:
            left = self.more(before, usual)
            if not left or watch.over(grace):
                return left
            time.sleep(GLANCE_SECONDS)

    def more(
        self, before: Mapping[Hashable, Left], usual: frozenset[tuple[str, bool]]
    ) -> dict[Hashable, Left]:
        """Return what is there now and was not *before*, the *usual* left out."""
        now = self.now().items()
        more = {k: v for k, v in now if k not in before and (v.name, v.works) not in usual}
        return {k: v for k, v in more.items() if (k, v.location) not in more}  # threads once

    def _generators(self) -> dict[Hashable, Left]:
        """Return the generators that are open; none is held here, or it would not be closed."""
        if self.app.probe is None or self.app.contract.major == "4":
            return {}  # Gradio 4 does not close one that was stopped
        known = list(self.app.probe.generators)
        # One that is closed may still be in somebody's traceback.
        return {
            weakref.ref(one): Left("generator", one.__qualname__)
            for one in known
            if _frame(one) is not None
        }

    def _tasks(self) -> set[asyncio.Task[Any]]:
        loop = self.app.probe.loop if self.app.probe else None
        return asyncio.all_tasks(loop) if loop is not None else set()

    def _place(self, frame: types.FrameType | None) -> str:
        while frame is not None and not is_own(frame.f_code.co_filename, self.roots):
            frame = frame.f_back
        if frame is None:
            return ""
        return self._near(f"{frame.f_code.co_filename}:{frame.f_lineno}")

    def _near(self, place: str) -> str:
        return place.removeprefix(f"{self.app.folder}{os.sep}")


def _waits(frame: types.FrameType | None) -> bool:
    """Whether a thread waits for another one: for a job, a lock, an event."""
    return frame is not None and frame.f_code.co_filename in (queue.__file__, threading.__file__)


def _frame(generator: Any) -> types.FrameType | None:
    """Return where a generator stands, plain or async; None if it is closed."""
    frame: types.FrameType | None = getattr(generator, "gi_frame", None)
    return frame or getattr(generator, "ag_frame", None)


def _times(seen: Observation) -> list[float]:
    return [m.at for m in seen.chunks if m.kind == "process_generating"]


def _places(last: int, number: int) -> list[int]:
    """Return the first *number* places up to *last*, which is the last of them."""
    return sorted({*range(1, min(last, number)), last})


def replay_departures(
    target: str,
    event: str,
    inputs: Sequence[Any] = (),
    *,
    also: Mapping[str, Any] | None = None,
    example: tuple[str, int] | None = None,
    folder: str = "",
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
) -> None:
    """Start *target*, have visitors leave the stream of *event*, and print what they left.

    Arguments are as for `replay`. SystemExit is raised where something went on or was blocked.
    """
    with staged(target, folder=folder, include=include, exclude=exclude) as stage:
        hide = of_running(stage.app).hide
        contract = stage.app.contract
        case = case_of(contract, contract.event(event), inputs, also, example)
        found = _Departures(stage, contract.event(event)).run(case)
    for finding in found:
        print(hide(f"{finding.title}  {finding.location}\n  {finding.detail}"))
    if found:
        sys.exit(hide("; ".join(finding.title for finding in found)))
