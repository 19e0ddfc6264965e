"""The calls that a handler's own lines make while it runs: how long each took, given what.

The handler's own thread is profiled. Only calls made by a line of the author's are looked at;
what is inside them is theirs.
"""

from __future__ import annotations

import contextlib
import dis
import functools
import hashlib
import inspect
import io
import sys
import time
import types
from collections.abc import AsyncIterator, Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import PosixPath, PurePosixPath, PureWindowsPath, WindowsPath
from typing import Any

from ..probe import is_own

__all__ = ["Tape", "Taped", "position", "site_name"]

#: Types whose own code may be run to see what is in a value.
PATHS = (PosixPath, WindowsPath, PurePosixPath, PureWindowsPath)
FILES = (io.TextIOWrapper, io.BufferedReader, io.BufferedRandom, io.FileIO)
#: Of what is larger, a sample is looked at.
MOST_BYTES = 1_000_000
#: A line that calls: the caller's code, where in it, and the code that is called.
Site = tuple[types.CodeType, int, types.CodeType]


@dataclass(slots=True)
class Taped:
    """What one site spent in one call: seconds, and the prints of arguments and results."""

    seconds: float = 0.0
    arguments: list[Any] = field(default_factory=list)
    results: list[Any] = field(default_factory=list)
    inside: set[Site] = field(default_factory=set)


class Tape:
    """What the author's lines called while it ran, a mapping of sites for each call."""

    def __init__(self, roots: Sequence[str]) -> None:
        self.roots = tuple(roots)
        self.calls: list[dict[Site, Taped]] = []
        self.whole: list[float] = []
        self.inputs: list[tuple[Any, ...]] = []
        #: Alive as long as the tape: an object that is gone lends its id to the next one.
        self.alive: list[Any] = []
        self._own: dict[types.CodeType, bool] = {}
        self._stack: list[tuple[types.FrameType, Site, float, Any]] = []
        #: Coroutines that wait, and were on the stack before.
        self._paused: dict[types.FrameType, tuple[types.FrameType, Site, float, Any]] = {}

    def around(self, fn: Callable[..., Any]) -> Callable[..., Any]:
        """Return *fn* so that its calls are taped."""
        inner = inspect.unwrap(fn)
        if inspect.iscoroutinefunction(inner):

            @functools.wraps(fn)
            async def answer(*args: Any, **kwargs: Any) -> Any:
                self._begin(args)
                return await self._stepped(fn(*args, **kwargs))

            return answer
        if inspect.isasyncgenfunction(inner):

            @functools.wraps(fn)
            async def later(*args: Any, **kwargs: Any) -> AsyncIterator[Any]:
                self._begin(args)
                steps = aiter(fn(*args, **kwargs))
                while True:
                    try:
                        step = await self._stepped(anext(steps))
                    except StopAsyncIteration:
                        return
                    yield step

            return later
        if inspect.isgeneratorfunction(inner):

            @functools.wraps(fn)
            def stream(*args: Any, **kwargs: Any) -> Iterator[Any]:
                self._begin(args)
                steps = iter(fn(*args, **kwargs))
                while True:
                    try:
                        with self._running():
                            step = next(steps)
                    except StopIteration:
                        return
                    yield step

            return stream

        @functools.wraps(fn)
        def call(*args: Any, **kwargs: Any) -> Any:
            self._begin(args)
            with self._running():
                return fn(*args, **kwargs)

        return call

    @types.coroutine
    def _stepped(self, awaited: Any) -> Generator[Any, Any, Any]:
        """Await what is *awaited*, taped from one pause to the next: then others may run."""
        steps = awaited.__await__()
        go_on: Callable[[], Any] = functools.partial(next, steps)
        while True:
            try:
                with self._running():
                    step = go_on()
            except StopIteration as end:
                return end.value
            ended = time.perf_counter()
            try:
                sent = yield step
                go_on = functools.partial(steps.send, sent)
            except BaseException as error:
                go_on = functools.partial(steps.throw, error)
            self.whole[-1] += time.perf_counter() - ended

    def _begin(self, args: tuple[Any, ...]) -> None:
        self.calls.append({})
        self.whole.append(0.0)
        self.inputs.append(tuple(self._print(value) for value in args))

    @contextlib.contextmanager
    def _running(self) -> Iterator[None]:
        before = sys.getprofile()
        begun = time.perf_counter()
        sys.setprofile(self._heard)
        try:
            yield
        finally:
            sys.setprofile(before)
            self._stack.clear()
            self.whole[-1] += time.perf_counter() - begun

    def _heard(self, frame: types.FrameType, event: str, arg: Any) -> None:
        # What is raised here would be raised in the author's function.
        with contextlib.suppress(Exception):
            self._note(frame, event, arg)

    def _note(self, frame: types.FrameType, event: str, arg: Any) -> None:
        if event == "call":
            caller = frame.f_back
            if caller is None or not self._is_own(caller.f_code) or _no_call(frame.f_code):
                return
            if any(other is frame for other, *_ in self._stack):
                return
            if frame in self._paused:
                self._stack.append(self._paused.pop(frame))
                return
            site = (caller.f_code, caller.f_lasti, frame.f_code)
            arguments = tuple(self._print(value) for value in _arguments(frame))
            self._stack.append((frame, site, time.perf_counter(), arguments))
        elif event == "return" and self._stack and self._stack[-1][0] is frame:
            entry = self._stack.pop()
            if _pauses(frame):
                self._paused[frame] = entry
                return
            _, site, begun, arguments = entry
            spent = self.calls[-1].setdefault(site, Taped())
            spent.seconds += time.perf_counter() - begun
            if len(spent.arguments) < 50:
                spent.arguments.append(arguments)
                spent.results.append(self._print(arg))
            spent.inside |= {other for _, other, _, _ in self._stack}

    def _is_own(self, code: types.CodeType) -> bool:
        known = self._own.get(code)
        if known is None:
            known = self._own[code] = is_own(code.co_filename, self.roots)
        return known

    def _print(self, value: Any, depth: int = 0) -> Any:
        """Return what tells *value* from others: itself where it is plain, else which it is.

        Types that the app may have made are told by who they are: none of its code is run.
        """
        kind = type(value)
        if kind is int and value.bit_length() > 64:
            return ("int", hash(value))
        if value is None or kind in (bool, int, float, complex):
            return (kind.__name__, repr(value))
        if kind in (str, bytes):
            return (kind.__name__, hash(value))
        if kind in PATHS:
            return ("path", str(value))
        if issubclass(kind, float):
            return (kind.__name__, float.__repr__(value))
        for base in (tuple, list):
            if depth < 4 and issubclass(kind, base) and base.__len__(value) <= 200:
                items = base.__iter__(value)
                return (kind.__name__, *(self._print(item, depth + 1) for item in items))
        if depth < 4 and kind is dict and len(value) <= 200:
            pairs = (
                (self._print(k, depth + 1), self._print(v, depth + 1)) for k, v in value.items()
            )
            return ("dict", *pairs)
        if kind in FILES and isinstance(value.name, str):
            return ("file", value.name)
        content = _content(value)
        if content is not None:
            return ("array", hashlib.sha1(content, usedforsecurity=False).hexdigest())
        self.alive.append(value)
        return ("object", id(value))


def _content(value: Any) -> bytes | None:
    """Return the bytes of a NumPy array or a Pillow image, of a large one so many; else None."""
    kind = type(value)
    try:
        if kind.__module__ == "numpy" and hasattr(kind, "dtype") and not value.dtype.hasobject:
            some = value if value.nbytes <= MOST_BYTES else value.flat[:: value.size // 4096 + 1]
            return f"{value.shape} {value.dtype}".encode() + bytes(some.tobytes())
        if kind.__module__.startswith("PIL."):
            some = value if value.width * value.height <= MOST_BYTES else value.resize((64, 64), 0)
            return f"{value.size} {value.mode}".encode() + bytes(some.tobytes())
    except Exception:  # an array of another kind, a file that cannot be read
        return None
    return None


def _no_call(code: types.CodeType) -> bool:
    """Whether a frame of *code* is a piece of its caller's, and not a call to be kept."""
    streams = code.co_flags & (inspect.CO_GENERATOR | inspect.CO_ASYNC_GENERATOR)
    return bool(streams) or code.co_name in ("<listcomp>", "<dictcomp>", "<setcomp>", "<module>")


def _pauses(frame: types.FrameType) -> bool:
    """Whether *frame* is a coroutine's that only waits, and has not come to its end."""
    if not frame.f_code.co_flags & inspect.CO_COROUTINE:
        return False
    return not dis.opname[frame.f_code.co_code[frame.f_lasti]].startswith("RETURN")


def _arguments(frame: types.FrameType) -> list[Any]:
    code = frame.f_code
    count = code.co_argcount + code.co_kwonlyargcount
    count += bool(code.co_flags & inspect.CO_VARARGS) + bool(code.co_flags & inspect.CO_VARKEYWORDS)
    return [frame.f_locals.get(name) for name in code.co_varnames[:count]]


def position(code: types.CodeType, offset: int) -> tuple[int | None, ...]:
    positions = list(code.co_positions())
    return positions[offset // 2] if offset // 2 < len(positions) else (None, None, None, None)


def site_name(site: Site) -> str:
    code = site[2]
    name = getattr(code, "co_qualname", code.co_name)
    return f"{name.replace('.<locals>', '').removesuffix('.__init__')}()"
