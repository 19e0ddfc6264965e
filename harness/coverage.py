"""Which lines of the author's code have run, and what they compared: the app's functions, watched.

    coverage = Coverage(roots)
    with coverage.watching(blocks):   # the functions behind the app's events
        ...
        coverage.taken()              # what ran since it was last asked

Python's own tracing, set only while a function of the app runs and only in its thread; lines
of installed packages cost one look each. Where a debugger or coverage.py traces already,
nothing is watched.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import inspect
import operator
import sys
import types
from collections.abc import AsyncIterator, Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .contract import Function
from .probe import is_own
from .rows import CoverageRow

__all__ = ["Compared", "Coverage", "Taken"]

#: Of one call: a loop compares again and again.
MOST_COMPARED = 48
#: Lines never reached that a report names.
MOST_NAMED = 12
LONGEST = 10_000

Arc = tuple[types.CodeType, int, int]


@dataclass(frozen=True, slots=True)
class Compared:
    """One comparison as it was about to be made: ``==``, ``<``, ``in``, ``startswith`` …"""

    how: str
    left: Any
    right: Any


@dataclass(frozen=True, slots=True)
class Taken:
    """What one call did: its steps from line to line, and what was compared.

    Each step has how often it was taken, roughly: once, up to three times, up to seven …
    """

    steps: frozenset[tuple[Arc, int]]
    compared: tuple[Compared, ...]


class Coverage:
    """Watches the author's functions of one app in this process."""

    def __init__(self, roots: Sequence[str]) -> None:
        self.roots = tuple(roots)
        self.lines: dict[types.CodeType, set[int]] = {}
        self._own: dict[types.CodeType, bool] = {}
        self._arcs: dict[Arc, int] = {}
        self._compared: list[Compared] = []
        self._tests: dict[str, Mapping[int, Sequence[_Test]]] = {}

    @contextlib.contextmanager
    def watching(self, blocks: Any) -> Iterator[Coverage]:
        """Have every function behind an event of *blocks* watched, until the end."""
        fns = getattr(blocks, "fns", {})
        known = list(fns.values() if isinstance(fns, Mapping) else fns)
        before = [(block_fn, block_fn.fn) for block_fn in known]
        for block_fn, fn in before:
            if inspect.isroutine(fn):
                block_fn.fn = self.watched(fn)
        try:
            yield self
        finally:
            for block_fn, fn in before:
                block_fn.fn = fn

    def watched(self, fn: Callable[..., Any]) -> Callable[..., Any]:
        """Return *fn*, watched whenever it runs."""
        if inspect.isasyncgenfunction(fn):

            @functools.wraps(fn)
            async def stepped(*args: Any, **kwargs: Any) -> AsyncIterator[Any]:
                source = fn(*args, **kwargs)
                try:
                    while True:
                        try:
                            item = await _Steps(self, source.__anext__())
                        except StopAsyncIteration:
                            return
                        yield item
                finally:
                    await source.aclose()

            return stepped
        if inspect.iscoroutinefunction(fn):

            @functools.wraps(fn)
            async def awaited(*args: Any, **kwargs: Any) -> Any:
                return await _Steps(self, fn(*args, **kwargs))

            return awaited
        if inspect.isgeneratorfunction(fn):

            @functools.wraps(fn)
            def generated(*args: Any, **kwargs: Any) -> Iterator[Any]:
                source = fn(*args, **kwargs)
                try:
                    while True:
                        with self._tracing():
                            try:
                                item = next(source)
                            except StopIteration:
                                return
                        yield item
                finally:
                    source.close()

            return generated

        @functools.wraps(fn)
        def called(*args: Any, **kwargs: Any) -> Any:
            with self._tracing():
                return fn(*args, **kwargs)

        return called

    def taken(self) -> Taken:
        """Return what ran since this was last asked."""
        steps = frozenset((arc, times.bit_length()) for arc, times in self._arcs.items())
        taken = Taken(steps, tuple(self._compared))
        self._arcs, self._compared = {}, []
        return taken

    def row(self, event: str, functions: Sequence[Function], folder: str) -> CoverageRow | None:
        """Return what was reached of the *functions* of *event* and of what they called.

        None where nothing of the author's ran.
        """
        wanted = {(f.file, f.line) for f in functions}
        codes = [c for c in self.lines if (c.co_filename, c.co_firstlineno) in wanted]
        for code in codes:
            codes += [c for c in self.lines if c not in codes and c.co_name in code.co_names]
            codes += [c for c in _inner(code) if c not in codes]
        if not codes:
            return None
        reached = {(c.co_filename, n) for c in codes for n in self.lines.get(c, ())}
        there = {(c.co_filename, n) for c in codes for n in _lines(c)}
        missing = sorted(there - reached)
        named = [f"{file.removeprefix(folder + '/')}:{n}" for file, n in missing[:MOST_NAMED]]
        return CoverageRow(event, len(there & reached), len(there), tuple(named))

    # -- tracing -----------------------------------------------------------------------

    @contextlib.contextmanager
    def _tracing(self) -> Iterator[None]:
        if sys.gettrace() is not None:  # a debugger, or coverage.py: it goes first
            yield
            return
        sys.settrace(self._enter)
        try:
            yield
        finally:
            sys.settrace(None)

    def _enter(self, frame: types.FrameType, event: str, arg: Any) -> Any:
        code = frame.f_code
        own = self._own.get(code)
        if own is None:
            own = self._own[code] = is_own(code.co_filename, self.roots)
        if not own:
            return None
        reached = self.lines.setdefault(code, {code.co_firstlineno})
        tests = self._tests_of(code.co_filename)
        arcs, last = self._arcs, 0

        def step(frame: types.FrameType, event: str, arg: Any) -> Any:
            nonlocal last
            if event == "line":
                line = frame.f_lineno
                reached.add(line)
                arc = (code, last, line)
                arcs[arc] = arcs.get(arc, 0) + 1
                last = line
                if line in tests and len(self._compared) < MOST_COMPARED:
                    self._look(frame, tests[line])
            return step

        return step

    def _tests_of(self, file: str) -> Mapping[int, Sequence[_Test]]:
        if file not in self._tests:
            found: dict[int, list[_Test]] = {}
            with contextlib.suppress(OSError, SyntaxError, ValueError):
                for node in ast.walk(ast.parse(Path(file).read_bytes())):
                    for test in _tests(node):
                        found.setdefault(test.line, []).append(test)
            self._tests[file] = found
        return self._tests[file]

    def _look(self, frame: types.FrameType, tests: Sequence[_Test]) -> None:
        names = {**frame.f_globals, **frame.f_locals}
        for test in tests:
            try:
                left, right = _value(test.left, names), _value(test.right, names)
            except Exception:  # what cannot be told without running the author's code
                continue
            self._compared.append(Compared(test.how, left, right))


class _Steps:
    """An awaitable that runs *steps*, traced from each of its waits to the next."""

    def __init__(self, coverage: Coverage, steps: Any) -> None:
        self.coverage, self.steps = coverage, steps

    def __await__(self) -> Generator[Any, Any, Any]:
        advance, value = self.steps.send, None
        while True:
            with self.coverage._tracing():
                try:
                    waited = advance(value)
                except StopIteration as end:
                    return end.value
            try:
                advance, value = self.steps.send, (yield waited)
            except BaseException as error:
                advance, value = self.steps.throw, error


def _lines(code: types.CodeType) -> set[int]:
    """Return the lines that can run, those of functions made inside included."""
    found = {line for _, _, line in code.co_lines() if line}
    return found | {code.co_firstlineno}


def _inner(code: types.CodeType) -> list[types.CodeType]:
    return [c for c in code.co_consts if isinstance(c, types.CodeType)]


# -- what is compared ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Test:
    """A comparison in the source: its line, how it compares, and both sides."""

    line: int
    how: str
    left: ast.expr
    right: ast.expr


HOW: Mapping[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "==",
    ast.Lt: "<",
    ast.LtE: "<",
    ast.Gt: "<",
    ast.GtE: "<",
    ast.In: "in",
    ast.NotIn: "in",
}
ENDS = ("startswith", "endswith")
#: What may be worked out again: it changes nothing and costs little.
SUMS: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
PLAIN = (str, int, float, bool, type(None))
METHODS = frozenset(("lower", "upper", "strip", "casefold", "title", "count", "split", "find"))
CALLS: Mapping[str, Callable[..., Any]] = {"len": len, "int": int, "float": float, "abs": abs}


def _tests(node: ast.AST) -> Iterator[_Test]:
    if isinstance(node, ast.Compare):
        sides = [node.left, *node.comparators]
        for how, left, right in zip(node.ops, sides, sides[1:], strict=False):
            if type(how) in HOW:
                yield _Test(node.lineno, HOW[type(how)], left, right)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if node.func.attr in ENDS and len(node.args) == 1:
            yield _Test(node.lineno, node.func.attr, node.func.value, node.args[0])
    elif isinstance(node, ast.Match):
        for case in node.cases:
            for part in ast.walk(case.pattern):
                if isinstance(part, ast.MatchValue):
                    yield _Test(node.lineno, "==", node.subject, part.value)


def _value(node: ast.expr, names: Mapping[str, Any]) -> Any:
    """Return what *node* is worth; raises where that would run code of the author's."""
    match node:
        case ast.Constant():
            return node.value
        case ast.Name():
            return _plain(names[node.id])
        case ast.UnaryOp(op=ast.USub()):
            return -_value(node.operand, names)
        case ast.Tuple() | ast.List() | ast.Set():
            return [_value(item, names) for item in node.elts]
        case ast.BinOp():
            left, right = _value(node.left, names), _value(node.right, names)
            if not isinstance(left, int | float) or not isinstance(right, int | float):
                raise TypeError
            return SUMS[type(node.op)](left, right)
        case ast.Subscript():
            return _plain(_value(node.value, names)[_value(node.slice, names)])
        case ast.Call(func=ast.Name(), args=[argument], keywords=[]):
            if node.func.id in names:  # type: ignore[attr-defined]
                raise TypeError
            return CALLS[node.func.id](_value(argument, names))  # type: ignore[attr-defined]
        case ast.Call(func=ast.Attribute(), keywords=[]):
            owner = _value(node.func.value, names)  # type: ignore[attr-defined]
            method = node.func.attr  # type: ignore[attr-defined]
            if not isinstance(owner, str) or method not in METHODS:
                raise TypeError
            return getattr(owner, method)(*(_value(a, names) for a in node.args))
    raise TypeError


def _plain(value: Any) -> Any:
    """Return *value* if it is data and not long; raises TypeError for anything else."""
    if type(value) in PLAIN:
        if isinstance(value, str) and len(value) > LONGEST:
            raise TypeError
        return value
    if type(value) in (list, tuple, set, frozenset, dict) and len(value) <= 60:
        return [_plain(item) for item in value] if type(value) is not dict else dict(value)
    raise TypeError
