"""The app's own functions watched while it runs."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import importlib
import logging
import math
import numbers
import sys
import threading
import time
import warnings
import weakref
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..digest import digests
from ..observation import Evidence, Step
from . import audit
from .record import Record, Watch, evidence_of, running
from .threads import clocked, in_thread
from .warned import Logs, warned

__all__ = ["Probe"]

#: Of how many calls something is kept, the latest ones: a page may make hundreds in one visit.
KEPT = 1_000
#: Of so many yields of one call it is kept what they were to show.
MOST_SENT = 500
#: How long a call waits at most for others to begin with.
PATIENCE_SECONDS = 0.5
#: How long a thread keeps the interpreter, as Python has it and while calls are to interfere.
USUAL_SECONDS = sys.getswitchinterval()
EAGER_SECONDS = 1e-5


class _Gate:
    """Lets calls pass when *number* of them are there, or after a while."""

    def __init__(self, number: int, indices: frozenset[int]) -> None:
        self.number, self.indices = number, indices
        self.there = 0
        self.open: asyncio.Event | None = None

    async def passed(self) -> None:
        """Wait for the others. All calls of an app run in one event loop."""
        self.open = self.open or asyncio.Event()
        self.there += 1
        if self.there >= self.number:
            self.open.set()
        with contextlib.suppress(TimeoutError, asyncio.TimeoutError):
            await asyncio.wait_for(self.open.wait(), PATIENCE_SECONDS)


class Probe:
    """Watches every Gradio app of this process between `install` and `remove`.

    *roots* are the author's folders: a traceback line below one of them, and outside
    every installed package, is the author's own.
    """

    def __init__(self, roots: Sequence[Path], ignored: Sequence[Path] = ()) -> None:
        self.roots = tuple(str(Path(root).resolve()) for root in roots)
        self.ignored = tuple(str(Path(path).resolve()) for path in ignored)
        self._records: OrderedDict[str, Record] = OrderedDict()
        self._queued: OrderedDict[str, float] = OrderedDict()
        self._lock = threading.Lock()
        self._undo: list[Callable[[], None]] = []
        self._logs = Logs(level=logging.WARNING)
        self.startup = Record(self.ignored, self.roots)
        #: What is done by the author's lines beside every call: in threads, by timers.
        self.beside = Record(self.ignored, self.roots)
        #: The generators of the author's functions that are not closed yet.
        self.generators: weakref.WeakSet[Any] = weakref.WeakSet()
        self.on_record: Callable[[str, Evidence], None] | None = None
        self._gate: _Gate | None = None
        self._watch: Watch | None = None
        #: The loop that the app's calls run in, once there was one.
        self.loop: asyncio.AbstractEventLoop | None = None

    def install(self) -> None:
        """Begin to watch; needs Gradio to be imported already."""
        queueing = importlib.import_module("gradio.queueing")
        blocks = importlib.import_module("gradio.blocks")
        self._wrap(queueing.Queue, "push", self._push)
        self._wrap(queueing.Queue, "process_events", self._process_events)
        self._wrap(blocks.Blocks, "process_api", self._process_api)
        steps: tuple[tuple[str, Step], ...] = (
            ("preprocess_data", "preprocess"),
            ("call_function", "function"),
            ("postprocess_data", "postprocess"),
        )
        for name, step in steps:
            self._wrap(blocks.Blocks, name, functools.partial(self._stepped, step))
        self._clock_threads()
        logging.getLogger().addHandler(self._logs)
        self._listen_to_warnings()
        audit.install()
        audit.beside.append(self.beside)

    def remove(self) -> None:
        """End it: Gradio's own functions are back as they were."""
        while self._undo:
            self._undo.pop()()
        audit.beside.remove(self.beside)
        logging.getLogger().removeHandler(self._logs)

    def _clock_threads(self) -> None:
        """Have the author's functions clocked in the threads in which Gradio runs them."""
        workers: Any = importlib.import_module("anyio.to_thread")
        original = workers.run_sync
        workers.run_sync = functools.partial(in_thread, original)
        self._undo.append(lambda: setattr(workers, "run_sync", original))

    def _listen_to_warnings(self) -> None:
        """Keep what is said by ``warnings.warn``, also where a filter hides it."""
        original = warnings.warn
        roots = self.roots

        @functools.wraps(original)
        def warn(
            message: Any, category: Any = None, stacklevel: int = 1, source: Any = None, **more: Any
        ) -> None:
            record = running.get()
            if record is not None and len(record.warned) < 20:
                record.warned.append(warned(message, category, source, roots))
            original(message, category, stacklevel + 1, source, **more)

        warnings.warn = warn
        self._undo.append(lambda: setattr(warnings, "warn", original))

    @contextmanager
    def starting(self) -> Iterator[None]:
        """Attribute what happens in this thread to the start of the app."""
        token = running.set(self.startup)
        try:
            yield
        finally:
            running.reset(token)

    @contextmanager
    def looking_away(self) -> Iterator[None]:
        """Attribute what happens in this thread to nobody: Gradio's own start, not the app's."""
        token = running.set(None)
        try:
            yield
        finally:
            running.reset(token)

    @contextmanager
    def watching(self, word: str) -> Iterator[None]:
        """Note of calls meanwhile which paths with *word* in them they read, and at which line."""
        self._watch = Watch(word, self.roots)
        try:
            yield
        finally:
            self._watch = None

    def written(self, seconds: float) -> set[str]:
        """Return the files that were written in the last *seconds*, by calls and beside them."""
        since = time.monotonic() - seconds
        with self._lock:
            records = [self.beside, *self._records.values()]
        return {
            effect.what
            for record in records
            for effect, at in tuple(record.effects.items())
            if effect.kind == "write" and at > since
        }

    def gather(self, number: int, indices: Sequence[int] = ()) -> None:
        """Hold calls of these events back until *number* of them are there; 0: no more of that.

        They then begin at the same moment, and threads take turns as often as they can.
        """
        self._gate = _Gate(number, frozenset(indices)) if number else None
        sys.setswitchinterval(EAGER_SECONDS if number else USUAL_SECONDS)

    async def _stepped(
        self, step: Step, original: Callable[..., Any], blocks: Any, *args: Any, **kwargs: Any
    ) -> Any:
        gate = self._gate
        index = getattr(args[0], "_id", None) if args else None
        if gate is not None and step == "function" and index in gate.indices:
            await gate.passed()
        result = await _stepped(step, original, blocks, *args, **kwargs)
        if step == "function" and isinstance(result, dict):
            iterator = result.get("iterator")
            with contextlib.suppress(TypeError):  # none, or one that nothing can look at
                self.generators.add(getattr(iterator, "iterator", iterator))
        return result

    def evidence(self, event_id: str, session: str = "") -> Evidence | None:
        """Return what was seen of a call by its event id, else by its session hash."""
        with self._lock:
            record = self._records.get(event_id) or self._records.get(session)
        return self._told(record) if record else None

    def _told(self, record: Record) -> Evidence:
        """Return *record* as plain data, and let go of the exception that ended the call.

        By its traceback it holds all that the author's function, and Gradio, had in hand.
        """
        told = record.told or evidence_of(record, self.roots)
        if record.cause is not None:
            # In this order: who reads it meanwhile in another thread finds one of the two.
            record.told = told
            record.cause = None
        return record.told or told

    def _keep(self, key: str, record: Record) -> None:
        with self._lock:
            self._records[key] = record
            while len(self._records) > KEPT:
                self._records.popitem(last=False)

    def _wrap(self, owner: type, name: str, around: Callable[..., Any]) -> None:
        original = getattr(owner, name)

        @functools.wraps(original)
        async def wrapped(this: Any, *args: Any, **kwargs: Any) -> Any:
            return await around(original, this, *args, **kwargs)

        setattr(owner, name, wrapped)
        self._undo.append(lambda: setattr(owner, name, original))

    async def _push(
        self, original: Callable[..., Any], queue: Any, *args: Any, **kwargs: Any
    ) -> Any:
        """Note when a call has come into the queue."""
        answer = await original(queue, *args, **kwargs)
        if answer[0] is True:
            self._queued[answer[1]] = time.monotonic()
            if len(self._queued) > KEPT:
                self._queued.popitem(last=False)
        return answer

    async def _process_events(
        self,
        original: Callable[..., Any],
        queue: Any,
        events: Sequence[Any],
        *rest: Any,
        **more: Any,
    ) -> Any:
        self.loop = asyncio.get_running_loop()
        record = Record(self.ignored, watch=self._watch)
        record.begun = time.monotonic()
        keys = [event._id for event in events]
        for key in keys:
            record.queued = self._queued.pop(key, record.queued)
            self._keep(key, record)
        token = running.set(record)
        try:
            return await original(queue, events, *rest, **more)
        finally:
            running.reset(token)
            if self.on_record is not None:
                for key in keys:
                    self.on_record(key, self._told(record))

    async def _process_api(
        self, original: Callable[..., Any], blocks: Any, *args: Any, **kwargs: Any
    ) -> Any:
        record = running.get()
        direct = record is None or record is self.startup
        token = None
        session = kwargs.get("session_hash")
        if direct and session:
            record = Record(self.ignored, watch=self._watch)
            record.begun = time.monotonic()
            self._keep(session, record)
            token = running.set(record)
        try:
            return await original(blocks, *args, **kwargs)
        except BaseException as error:
            if record is not None and not isinstance(error, GeneratorExit):
                record.cause, record.told = error, None
            raise
        finally:
            if token is not None:
                running.reset(token)
                if self.on_record is not None and record is not None:
                    self.on_record(str(session), self._told(record))


async def _stepped(
    step: Step, original: Callable[..., Any], blocks: Any, *args: Any, **kwargs: Any
) -> Any:
    """Run one step of a call and note how long it took and what came of it."""
    record = running.get()
    if record is None:
        return await original(blocks, *args, **kwargs)
    record.step = step
    begun = time.monotonic()
    try:
        with clocked(record) if step == "function" else contextlib.nullcontext():
            result = await original(blocks, *args, **kwargs)
    finally:
        now = record.finished = time.monotonic()
        record.seconds[step] = record.seconds.get(step, 0.0) + now - begun
        if step == "function" and len(record.ran) < 100:
            record.ran.append((begun, now))
    if step == "function" and isinstance(result, dict):
        if result.get("is_generating"):
            record.yields.append(now)
        block_fn = args[0] if args else None
        record.returned = _returned(block_fn, result.get("prediction"))
        record.nonfinite = _nonfinite(block_fn, result.get("prediction"))
    if step == "postprocess" and len(record.sent) < min(len(record.yields), MOST_SENT):
        record.sent.append(digests(result))
    return result


def _returned(block_fn: Any, prediction: Any) -> tuple[int, int] | None:
    """Return how many values came and how many outputs there are, where that can differ."""
    outputs = len(getattr(block_fn, "outputs", None) or ())
    if outputs < 2 or isinstance(prediction, dict):
        return None
    return (len(prediction) if isinstance(prediction, list | tuple) else 1), outputs


def _nonfinite(block_fn: Any, prediction: Any) -> tuple[tuple[int, str], ...]:
    """Return which outputs are nan or infinite; on the wire they are null, like None."""
    outputs = len(getattr(block_fn, "outputs", None) or ())
    if isinstance(prediction, dict) or getattr(block_fn, "batch", False):
        return ()
    several = outputs > 1 and isinstance(prediction, list | tuple)
    values = prediction if several else (prediction,)
    return tuple(
        (place, str(float(value)))
        for place, value in enumerate(values)
        if isinstance(value, numbers.Real) and not _finite(value)
    )


def _finite(value: numbers.Real) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # an int beyond every float
        return True
