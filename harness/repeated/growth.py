"""Whether an event leaves something behind with each call, as long as the app runs.

Calls that are all alike, each by a new visitor, and after each of them a look at what the app
holds. What seems to grow is measured further before anything is said.
"""

from __future__ import annotations

import dataclasses
import gc
import itertools
import os
import random
import sys
import tempfile
import threading
import time
import tracemalloc
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..checks.growth import CHECKS, Series, steady, trend
from ..contract import Event
from ..finding import Finding
from ..observation import Observation
from ..probe import is_own
from ..redact import of_running
from ..reproduce import Case, case_of, described, snippet
from ..run import Part
from ..stopwatch import Deadline, Stopwatch
from ..visit import Visit, at, feeding
from ..visitors.canaries import STEM, carried, new_mark
from ..visitors.marking import filled, marked
from ..visitors.stage import Spent, Stage, skipped, staged
from .holdings import Holdings, children, handles, resident_bytes, threads

__all__ = ["CALLS", "PACES", "Pace", "growth", "replay_growth"]

#: So many calls at least, and as many again and again for what seems to grow.
CALLS = 40


@dataclass(frozen=True, slots=True)
class Pace:
    """How often *CALLS* calls are made of one event at most, and how long that may take."""

    rounds: int
    seconds: float


PACES: Mapping[str, Pace] = {
    "quick": Pace(rounds=2, seconds=5.0),
    "standard": Pace(rounds=3, seconds=10.0),
    "deep": Pace(rounds=10, seconds=90.0),
}

#: So often the memory is counted in as many calls: each time takes as long as several of them.
COUNTED = 8
#: A process that grows by less a call is not looked into: Gradio keeps 13 to 20 KiB a visitor.
SWELLS_BYTES = 64 * 1024
#: So many calls with different inputs, if something grew with each of the first: more than
#: `functools.lru_cache` keeps.
UNLIKE, FIRST = 160, 6
#: How long a thread or a process may still run after the last call.
GRACE_SECONDS = 2.0
#: Frames of each allocation that are kept, to find the author's line in them.
FRAMES = 8

Thing = tuple[str, str]


def growth(stage: Stage, event: Event, *, pace: Pace | None = None) -> Part:
    """Return what of *event* stays behind with each call."""
    app = stage.app
    if app.where != "in-process" or app.probe is None:
        return skipped(event, f"growth: a call is not seen from outside ({app.where})")
    left = stage.left(event.label)
    if left is not None and left < CALLS + 4:
        return skipped(
            event, f"growth: takes {CALLS} calls, {left} are left of {stage.limit(event.label)}"
        )
    try:
        return Part(findings=tuple(_Growth(stage, event, pace or PACES[stage.profile]).run()))
    except (_Unfit, Spent) as error:
        return skipped(event, f"growth: {error}")


class _Unfit(Exception):
    """The event cannot be called so often; the message says why."""


class _Growth:
    """The calls of one event and what there was after each."""

    def __init__(self, stage: Stage, event: Event, pace: Pace) -> None:
        self.stage, self.event = stage, event
        self.pace = dataclasses.replace(pace, seconds=stage.share * pace.seconds)
        self.holdings = Holdings(stage.app)
        self.deadline = Deadline(self.pace.seconds)
        self.added: dict[str, float] = {}
        self.series: dict[Thing, list[float]] = {}
        self.resident: list[float] = []
        self.files: set[Path] = set()
        self.threads: dict[int, threading.Thread] = {}
        self.returned: set[str] = set()
        self.calls = 0
        self.sessions: list[str] = []

    def run(self, case: Case | None = None) -> list[Finding]:
        """Call it with *case*, or one that is found, and tell what grew and went on growing."""
        case = case or self._case()
        grown = self._alike(case) or self._unlike(case)
        found = [
            finding
            for check in CHECKS
            for finding in check(self.event.label, self.calls, tuple(grown))
        ]
        return [self._dressed(finding, case) for finding in found]

    def _alike(self, case: Case) -> list[Series]:
        """Return what grows with calls that are all alike."""
        grown: list[Series] = []
        for _ in range(self.pace.rounds):
            self._calls(case)
            grown = [one for one in self._told() if steady(one)]
            if not grown or self.deadline.passed() or not self._allowed(CALLS):
                break
        if self._swells() and not any(one.kind == "container" for one in grown):
            grown += self._lines(case)
        if any(one.kind in ("thread", "process") for one in grown):
            grown = self._after_grace(grown)
        return grown

    def _unlike(self, case: Case) -> list[Series]:
        """Return the containers that grow where each call brings another input.

        A cache holds one entry for calls that are all alike. What does not grow with each of a
        few calls, or stops growing later on, is not followed any further.
        """
        self.added.clear()
        self.series.clear()
        self.calls = 0
        for fresh in itertools.islice(self._fresh(case), 2 * UNLIKE):
            grown = [
                dataclasses.replace(one, varied=True) for one in self._containers() if steady(one)
            ]
            if self.calls == UNLIKE or (self.calls >= FIRST and not grown):
                return grown
            if self.deadline.passed(late=self.pace.seconds) or not self._allowed(1):
                if not grown:
                    break
                names = ", ".join(one.name for one in grown)
                raise _Unfit(
                    f"{names} grew with each of {self.calls} different inputs; "
                    f"there was no time, or no call, to see {UNLIKE}"
                )
            seen = self._call(fresh)
            if seen and all(one.error is None for one in seen):
                self.calls += 1
                self._look_at_containers()
        return []

    # -- calling -----------------------------------------------------------------------

    def _allowed(self, calls: int) -> bool:
        left = self.stage.left(self.event.label)
        return left is None or left >= calls

    def _case(self) -> Case:
        """Return input with which a call succeeds, and soon enough to be made so often."""
        why = ""
        for case in self._cases():
            seen, took = self._timed(case)
            own = [s for s in seen if s.call.index == self.event.index]
            if not own:
                why = why or "the page does not allow it when it has just been opened"
                continue
            failed = next((s for s in seen if s.error is not None), None)
            if failed is None or failed.error is None:
                for _ in range(3):  # the first call of all warms up, and others come in between
                    if took * CALLS > self.pace.seconds:
                        took = min(took, self._timed(case)[1])
                if took * CALLS > self.pace.seconds:
                    raise _Unfit(
                        f"a call takes {took:.2g} s, and {CALLS} of them longer than the "
                        "profile allows"
                    )
                return case
            why = why or f"no call of it succeeded: {failed.failure}"
            if failed.error.kind in ("timeout", "transport", "left"):
                break
        raise _Unfit(why or "there is no input for it")

    def _timed(self, case: Case) -> tuple[list[Observation], float]:
        watch = Stopwatch()
        return self._call(case), watch.seconds

    def _cases(self) -> Iterator[Case]:
        chain = self.stage.app.contract.chain(self.event)
        read = [parameter.component for member in chain for parameter in member.inputs]
        draw = random.Random(self.stage.seed)
        values = filled(read, draw) | self.stage.owned(self.event, draw)
        if values:
            yield Case(values)
        yield Case()
        for source, row in self.stage.app.contract.examples(self.event)[:2]:
            yield Case(example=(source.label, row))

    def _fresh(self, case: Case) -> Iterator[Case]:
        """Yield *case* with other values, never the same twice; choices stay as they are."""
        draw = random.Random(self.stage.seed)
        chain = self.stage.app.contract.chain(self.event)
        read = {p.component.id: p.component for member in chain for p in member.inputs}
        stems: set[str] = set()
        while True:
            mark = new_mark(draw, stems)
            stems.add(mark.word[:STEM])
            known = {identity: marked(c, mark, draw) for identity, c in read.items()}
            fresh = {i: v for i, (fits, v) in known.items() if fits and carried(mark, v)}
            fresh |= self.stage.owned(self.event, draw)
            if not fresh:
                return
            yield dataclasses.replace(case, values={**case.values, **fresh})

    def _call(self, case: Case) -> list[Observation]:
        """Have a new visitor open the page and set the event off; count what that adds."""
        feeds = feeding(self.stage.app.contract, self.event)
        visit = self.stage.visit(
            wanted=lambda e: e.index != self.event.index and feeds(e), driver=self.stage.direct
        )
        self.sessions.append(visit.session)
        try:
            visit.open()
            if not self._enter(visit, case):
                return []
            before = self.holdings.lengths()
            place = len(visit.seen)
            visit.fire(at(visit, self.event))
            seen = visit.seen[place:]
            after = self.holdings.lengths()
        finally:
            self.stage.note(visit.seen)
        for name in before.keys() & after.keys():
            self.added[name] = self.added.get(name, 0) + after[name] - before[name]
        for observation in seen:
            self._took(observation)
        return seen

    def _enter(self, visit: Visit, case: Case) -> bool:
        if case.example is not None:
            label, row = case.example
            if not visit.choose(visit.contract.event(label), row):
                return False
        here = at(visit, self.event)
        return all(
            visit.set(visit.contract.components[identity], value, but=here)
            for identity, value in case.values.items()
        )

    def _took(self, observation: Observation) -> None:
        """Note the temporary files that a call wrote, and what it answered with."""
        home = Path(tempfile.gettempdir()).resolve()
        effects = observation.evidence.effects if observation.evidence else ()
        for effect in effects:
            path = Path(effect.what)
            if effect.kind == "write" and path.is_relative_to(home) and path != home:
                self.files.add(home / path.relative_to(home).parts[0])
        self.returned |= set(_names(observation.outputs))

    def _calls(self, case: Case) -> None:
        for _ in range(CALLS):
            self._again(case)
            self.calls += 1
            self._look()

    def _again(self, case: Case) -> None:
        seen = self._call(case)
        if any(s.error is not None for s in seen) or not seen:
            raise _Unfit("the same call fails now and then")
        if self.deadline.passed(late=self.pace.seconds):
            raise _Unfit(f"{CALLS} calls take longer than the profile allows")

    def _lines(self, case: Case) -> list[Series]:
        """Call it further, and return which of the author's lines take memory and keep it.

        The resident size of a process says that it swells, not why: the harness, Gradio and the
        allocator are in it as well. Tracing says why, and takes ten times as long.
        """
        held: list[dict[str, float]] = []
        each = CALLS // COUNTED
        with _traced():
            for number in range(1, CALLS + 1):
                if not self._allowed(1) or self.deadline.passed():
                    return []
                self._again(case)
                if number % each == 0:
                    held.append(self._traced())
        lines = {line for one in held for line in one}
        return [
            one
            for line in sorted(lines)
            if steady(one := self._of_line(line, [there.get(line, 0.0) for there in held], each))
        ]

    def _of_line(self, line: str, values: Sequence[float], each: int) -> Series:
        """Return the memory of *line* after each call, from what it was after every *each*."""
        between = [
            before + (after - before) * part / each
            for before, after in itertools.pairwise(values)
            for part in range(each)
        ]
        return Series("memory", self._near(line), (*between, values[-1]), self._near(line))

    # -- looking -------------------------------------------------------------------------

    def _look_at_containers(self) -> None:
        for name, count in self.added.items():
            self._append(("container", name), count)

    def _look(self) -> None:
        self._look_at_containers()
        self._append(("file", ""), sum(path.exists() for path in self.files))
        for name, count in handles().items():
            self._append(("handle", name), count)
        here = threads()
        self.threads |= {id(thread): thread for thread in here}
        self._append(("thread", ""), len(here))
        self._append(("process", ""), len(children()))
        self.resident.append(resident_bytes())

    def _append(self, thing: Thing, value: float) -> None:
        values = self.series.setdefault(thing, [])
        values += [0.0] * (self.calls - 1 - len(values))  # not there before
        values.append(value)

    def _swells(self) -> bool:
        """Whether the process has grown, call by call, by more than Gradio keeps of a visitor."""
        return trend(tuple(self.resident)).low > SWELLS_BYTES

    def _traced(self) -> dict[str, float]:
        """Return the memory that each of the author's lines has taken and that is still held."""
        self._forget_visitors()
        gc.collect()
        assert self.stage.app.probe is not None
        roots = self.stage.app.probe.roots
        held: dict[str, float] = {}
        for trace in tracemalloc.take_snapshot().traces:
            own = (f for f in reversed(trace.traceback) if is_own(f.filename, roots))
            frame = next(own, None)
            if frame is not None:
                line = f"{frame.filename}:{frame.lineno}"
                held[line] = held.get(line, 0.0) + trace.size
        return held

    def _forget_visitors(self) -> None:
        """Have Gradio forget the visitors that were here, as it does an hour after they leave."""
        blocks = self.stage.app.blocks
        holder = getattr(blocks, "state_holder", None)
        holder = holder or getattr(getattr(blocks, "app", None), "state_holder", None)
        known = getattr(holder, "session_data", None)
        if known is not None:
            for session in self.sessions:
                known.pop(session, None)
        self.sessions.clear()

    # -- telling ---------------------------------------------------------------------------

    def _told(self) -> list[Series]:
        """Return everything that was measured so far."""
        return [*self._containers(), *self._others()]

    def _containers(self) -> Iterator[Series]:
        holdings = self.holdings
        for (kind, name), values in self.series.items():
            if kind != "container" or values[-1] <= values[0]:
                continue
            one = Series("container", name, tuple(values), self._near(holdings.place(name)))
            if steady(one):
                yield Series(
                    "container",
                    name,
                    tuple(values),
                    one.location,
                    each_bytes=holdings.added_bytes(name) * _step(values),
                    limited=holdings.limited(name),
                )

    def _others(self) -> Iterator[Series]:
        open_files: dict[str, list[float]] = {}
        for (kind, name), values in self.series.items():
            if kind == "handle":
                path = Path(name)
                key = name if values[-1] > 1 else str(path.parent / f"*{path.suffix}")
                values = [*values, *[0.0] * (self.calls - len(values))]
                known = open_files.setdefault(key, [0.0] * self.calls)
                open_files[key] = [a + b for a, b in zip(known, values, strict=True)]
            elif kind == "file":
                there = sorted(path for path in self.files if path.exists())
                returned = bool(there) and all(
                    self._is_returned(path) for path in there[-CALLS // 2 :]
                )
                yield Series("file", _pattern(there), tuple(values), returned=returned)
            elif kind == "thread":
                name, location = self._thread()
                yield Series("thread", name, tuple(values), location)
            elif kind == "process":
                yield Series("process", "", tuple(values))
        for name, values in open_files.items():
            yield Series("handle", self._near(name), tuple(values))

    def _is_returned(self, path: Path) -> bool:
        inside = [path.name]
        if path.is_dir():
            inside = [found.name for found in path.rglob("*")]
        return any(name in self.returned for name in inside)

    def _thread(self) -> tuple[str, str]:
        """Return a name for the threads that are there now, and the author's line in one."""
        assert self.stage.app.probe is not None
        roots = self.stage.app.probe.roots
        running = threads()
        frames = sys._current_frames()
        for thread in reversed(running):
            frame = frames.get(thread.ident or -1)
            while frame is not None:
                code = frame.f_code
                if is_own(code.co_filename, roots):
                    return code.co_name, self._near(f"{code.co_filename}:{frame.f_lineno}")
                frame = frame.f_back
        return (running[-1].name if running else ""), ""

    def _after_grace(self, grown: Sequence[Series]) -> list[Series]:
        """Leave out threads and processes that end a little later."""
        limit = time.monotonic() + GRACE_SECONDS
        kept = list(grown)
        while time.monotonic() < limit:
            counts = {"thread": len(threads()), "process": len(children())}
            kept = [o for o in kept if o.kind not in counts or counts[o.kind] >= 0.8 * o.values[-1]]
            if all(one.kind not in counts for one in kept):
                break
            time.sleep(0.1)
        return kept

    def _near(self, place: str) -> str:
        return place.removeprefix(f"{self.stage.app.folder}{os.sep}")

    def _dressed(self, finding: Finding, case: Case) -> Finding:
        stage, contract = self.stage, self.stage.app.contract
        script = snippet(
            stage.app.target.text,
            contract,
            self.event,
            case,
            folder=stage.folder,
            chosen=stage.plan,
            call="replay_growth",
        )
        return dataclasses.replace(
            finding, input=described(contract, self.event, case), reproduce=script
        )


def replay_growth(
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
    """Start *target*, call *event* forty times or more, and print what grew with each call.

    Arguments are as for `replay`. SystemExit is raised where something grew.
    """
    with staged(target, folder=folder, include=include, exclude=exclude) as stage:
        hide = of_running(stage.app).hide
        contract = stage.app.contract
        case = case_of(contract, contract.event(event), inputs, also, example)
        found = _Growth(stage, contract.event(event), PACES["standard"]).run(case)
    for finding in found:
        print(hide(f"{finding.title}  {finding.location}\n  {finding.detail}"))
    if found:
        sys.exit(hide("; ".join(finding.title for finding in found)))


@contextmanager
def _traced() -> Iterator[None]:
    """Trace allocations meanwhile; what is there already is left out of collections."""
    ours = not tracemalloc.is_tracing()
    if ours:
        gc.freeze()
        tracemalloc.start(FRAMES)
    try:
        yield
    finally:
        if ours:
            tracemalloc.stop()
            gc.unfreeze()


def _step(values: Sequence[float]) -> float:
    half = len(values) // 2
    return (values[-1] - values[half]) / max(1, len(values) - 1 - half)


def _pattern(paths: Sequence[Path]) -> str:
    """Return what the latest of *paths* is like: ``/tmp/tmp*.wav``."""
    if not paths:
        return ""
    last = sorted(paths)[-1]
    return str(last.parent / f"{last.name[:3]}*{last.suffix}")


def _names(value: Any) -> Iterator[str]:
    """Yield the file names in an answer."""
    if isinstance(value, dict):
        for item in value.values():
            yield from _names(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _names(item)
    elif isinstance(value, str) and len(value) < 1_000:
        yield value.replace("\\", "/").rpartition("/")[2]
