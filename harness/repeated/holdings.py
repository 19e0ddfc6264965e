"""What an app in this process holds at a moment: containers by name, open files, threads.

Only what is the author's own is looked at: the globals of their modules, their classes and
instances, the defaults and closures of their functions. Nothing is changed on the way.
"""

from __future__ import annotations

import ast
import collections
import contextlib
import functools
import gc
import os
import queue
import sys
import threading
import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..app import App
from ..probe import is_own

__all__ = ["Holdings", "Source", "children", "handles", "resident_bytes", "size_of", "threads"]

#: How deep, and how many objects in all, are looked at.
DEPTH = 4
MOST = 3_000
#: Of longer ones only the length is taken: what is in them differs from call to call.
SHORT = 32
#: Threads of the server itself, and of the harness.
SERVERS = ("AnyIO worker", "asyncio_", "MainThread", "pydevd", "gradio-harness")


@dataclass(slots=True)
class Source:
    """The author's modules, read: where a name is bound, and whether it is ever cut back."""

    trees: Mapping[str, ast.Module]
    _limited: dict[str, bool] = field(default_factory=dict)

    @classmethod
    def of(cls, modules: Sequence[types.ModuleType]) -> Source:
        """Return the sources of *modules*, of those that can be read."""
        trees = {}
        for module in modules:
            file = getattr(module, "__file__", None)
            if file:
                with contextlib.suppress(OSError, SyntaxError, ValueError):
                    trees[file] = ast.parse(Path(file).read_text("utf-8"))
        return cls(trees)

    def place(self, name: str) -> str:
        """Return ``file:line`` of the first line that binds *name* or an attribute of that name."""
        for file, tree in self.trees.items():
            nodes = [node for node in ast.walk(tree) if _binds(node, name)]
            lines = [node.lineno for node in nodes if isinstance(node, ast.stmt)]
            if lines:
                return f"{file}:{min(lines)}"
        return ""

    def limited(self, name: str) -> bool:
        """Whether a line somewhere takes something out of *name*, or makes it anew."""
        if name not in self._limited:
            self._limited[name] = False  # meanwhile: a function may hand it to itself
            self._limited[name] = any(
                _cuts(node, name) or _bounds(node, name) or self._handed(node, name)
                for node in self._nodes()
            )
        return self._limited[name]

    def _nodes(self) -> Iterator[ast.AST]:
        return (node for tree in self.trees.values() for node in ast.walk(tree))

    def _handed(self, node: ast.AST, name: str) -> bool:
        """Whether *node* hands *name* to a function of the author's that cuts it back."""
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
            return False
        places = [place for place, given in enumerate(node.args) if _leaf(given) == name]
        called = [
            one
            for one in self._nodes()
            if places and isinstance(one, ast.FunctionDef) and one.name == node.func.id
        ]
        return any(
            _cuts(inner, one.args.args[place].arg)
            for one in called
            for place in places
            if place < len(one.args.args)
            for inner in ast.walk(one)
        )


#: Methods that take something out of what they are called on.
CUTTING = frozenset(("pop", "popleft", "popitem", "clear", "remove", "discard", "cache_clear"))


def _leaf(node: ast.AST) -> str:
    """Return the last name of ``store.history["a"]``: history."""
    while isinstance(node, ast.Subscript):
        node = node.value
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _targets(node: ast.AST) -> list[ast.expr]:
    if isinstance(node, ast.Assign):
        return node.targets
    return [node.target] if isinstance(node, ast.AnnAssign) else []


def _binds(node: ast.AST, name: str) -> bool:
    plain = [t for t in _targets(node) if isinstance(t, ast.Name | ast.Attribute)]
    if any(_leaf(target) == name for target in plain):
        return True
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name


def _cuts(node: ast.AST, name: str) -> bool:
    if isinstance(node, ast.Delete):
        return any(_leaf(target) == name for target in node.targets)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        # get takes something out of a queue; a dict's has an argument.
        takes = node.func.attr in CUTTING or (node.func.attr == "get" and not node.args)
        return takes and _leaf(node.func.value) == name
    for target in _targets(node):
        if _leaf(target) != name:
            continue
        if isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Slice):
            return True
        value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
        if isinstance(value, ast.Subscript | ast.ListComp | ast.SetComp | ast.DictComp):
            return True  # the last hundred, those that are still there
    return False


def _bounds(node: ast.AST, name: str) -> bool:
    """Whether *node* compares the length of *name* with a bound, or is a function that empties it.

    To be compared with 0 or 1 is no bound: whether there is anything at all.
    """
    if isinstance(node, ast.Compare):
        sides = [node.left, *node.comparators]
        others = [side for side in sides if not _is_length(side, name)]
        return len(others) < len(sides) and not all(
            isinstance(side, ast.Constant) and side.value in (0, 1) for side in others
        )
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or node.name == "__init__":
        return False
    inside = list(ast.walk(node))
    known = {found for one in inside if isinstance(one, ast.Global) for found in one.names}
    return any(
        _leaf(target) == name and (isinstance(target, ast.Attribute) or name in known)
        for one in inside
        if isinstance(one, ast.Assign) and _is_empty(one.value)
        for target in one.targets
    )


def _is_length(node: ast.AST, name: str) -> bool:
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
        return False
    return node.func.id == "len" and [name] == [_leaf(given) for given in node.args]


def _is_empty(node: ast.AST) -> bool:
    if isinstance(node, ast.Call):
        return not (node.args or node.keywords)
    return ast.unparse(node) in ("{}", "[]")


class Holdings:
    """The author's own containers in the process of *app*, by name."""

    def __init__(self, app: App) -> None:
        assert app.probe is not None
        self.roots = app.probe.roots
        self.main = app.module
        self.modules = self._modules()
        self.names = {module.__name__ for module in self.modules} | {"__main__"}
        self.functions = [
            fn
            for block_fn in _functions(app)
            if isinstance(fn := getattr(block_fn, "fn", None), types.FunctionType)
        ]

    @functools.cached_property
    def source(self) -> Source:
        """The author's modules, read once something of them is asked for."""
        return Source.of(self.modules)

    def _modules(self) -> list[types.ModuleType]:
        found: dict[int, types.ModuleType] = {}
        for module in (self.main, *tuple(sys.modules.values())):
            file = getattr(module, "__file__", None)
            if isinstance(module, types.ModuleType) and file and is_own(file, self.roots):
                found.setdefault(id(module), module)
        return list(found.values())

    def lengths(self) -> dict[str, int]:
        """Return how many entries each container has now that could grow for ever."""
        return {name: length for name, _, length in self._walk()}

    def added_bytes(self, name: str) -> float:
        """Return about how much the latest entry of the container *name* takes, 0 if unknown."""
        for other, value, _ in self._walk():
            if other == name:
                return _last_bytes(value)
        return 0.0

    def leaf(self, name: str) -> str:
        """Return the author's own last name in *name*."""
        return name.partition("[")[0].rpartition(".")[2].partition(" ")[0]

    def place(self, name: str) -> str:
        """Return ``file:line`` where *name* is bound, "" where that is not known."""
        return self.source.place(self.leaf(name))

    def limited(self, name: str) -> bool:
        """Whether the author's source takes something out of it somewhere."""
        return self.source.limited(self.leaf(name))

    def _walk(self) -> Iterator[tuple[str, Any, int]]:
        """Yield name, value and length of each container, each once."""
        seen: set[int] = set()
        waiting: collections.deque[tuple[str, Any, int]] = collections.deque()
        for module in self.modules:
            prefix = "" if module is self.main else f"{module.__name__}."
            for name, value in list(vars(module).items()):
                if not name.startswith("__"):
                    waiting.append((f"{prefix}{name}", value, 0))
        waiting.extend((fn.__name__, fn, 1) for fn in self.functions)
        while waiting and len(seen) < MOST:
            name, value, depth = waiting.popleft()
            if id(value) in seen or isinstance(value, types.ModuleType | int | float | bool):
                continue
            seen.add(id(value))
            length = _length(value)
            if length is not None:
                yield name, value, length
            if depth < DEPTH:
                waiting.extend((n, v, depth + 1) for n, v in self._inside(name, value))

    def _inside(self, name: str, value: Any) -> list[tuple[str, Any]]:
        """Return what of *value* may hold containers in turn, with its name."""
        if isinstance(value, dict):
            items = list(value.items()) if len(value) <= SHORT else []
            return [(f"{name}[{key!r}]", item) for key, item in items if isinstance(key, str | int)]
        if isinstance(value, list | tuple):
            return [(f"{name}[{place}]", item) for place, item in enumerate(value[:SHORT])]
        if isinstance(value, types.MethodType):
            return [(name, value.__self__), (name, value.__func__)]
        if hasattr(value, "cache_info") and hasattr(value, "__wrapped__"):
            return [(name, value.__wrapped__)]
        if isinstance(value, types.FunctionType):
            return self._of_function(name, value)
        if isinstance(value, type):
            own = value.__module__ in self.names
            held = vars(value).items() if own else ()
            return [(f"{name}.{k}", v) for k, v in held if not k.startswith("__")]
        if type(value).__module__ in self.names or isinstance(value, types.SimpleNamespace):
            held = getattr(value, "__dict__", {}).items()
            return [(f"{name}.{k}", v) for k, v in list(held)] + [
                (f"{type(value).__name__}", type(value))
            ]
        return []

    def _of_function(self, name: str, fn: types.FunctionType) -> list[tuple[str, Any]]:
        if not is_own(fn.__code__.co_filename, self.roots):
            inner = getattr(fn, "__wrapped__", None)
            return [(name, inner)] if inner is not None else []
        names = fn.__code__.co_varnames[: fn.__code__.co_argcount]
        defaults = fn.__defaults__ or ()
        given = list(zip(names[len(names) - len(defaults) :], defaults, strict=False))
        given += list((fn.__kwdefaults__ or {}).items())
        found = [(f"{fn.__name__} (the default of {key})", value) for key, value in given]
        found += [(f"{fn.__name__}.{key}", value) for key, value in vars(fn).items()]
        for key, cell in zip(fn.__code__.co_freevars, fn.__closure__ or (), strict=False):
            with contextlib.suppress(ValueError):  # not filled yet
                found.append((key, cell.cell_contents))
        return found


def _functions(app: App) -> list[Any]:
    fns = getattr(app.blocks, "fns", {})
    return list(fns.values()) if isinstance(fns, Mapping) else list(fns)


def _length(value: Any) -> int | None:
    """Return the number of entries of a container without a bound; None for all else."""
    if isinstance(value, collections.deque):
        return len(value) if value.maxlen is None else None
    if isinstance(value, list | dict | set | bytearray | str | bytes | collections.UserDict):
        return len(value)
    if isinstance(value, queue.Queue):
        return value.qsize() if value.maxsize <= 0 else None
    info = getattr(value, "cache_info", None)
    if callable(info) and hasattr(value, "__wrapped__"):
        known = info()
        return known.currsize if getattr(known, "maxsize", 0) is None else None
    if type(value).__module__.partition(".")[0] in ("numpy", "pandas"):
        shape = getattr(value, "shape", ())
        return int(shape[0]) if isinstance(shape, tuple) and shape else None
    return None


def _last_bytes(value: Any) -> float:
    if hasattr(value, "cache_info"):
        kept = [one for one in gc.get_referents(value) if type(one) is dict and one]
        return max(map(_last_bytes, kept), default=0.0)
    if isinstance(value, dict | collections.UserDict) and value:
        key = next(reversed(value))
        return size_of(key) + size_of(value[key])
    if isinstance(value, list | collections.deque) and value:
        return 8.0 + size_of(value[-1])
    if isinstance(value, set) and value:
        return size_of(next(iter(value)))
    if type(value).__module__.partition(".")[0] == "numpy" and len(value):
        return float(value.nbytes / len(value))
    return 0.0


def size_of(value: Any, *, most: int = 2_000) -> float:
    """Return about how many bytes *value* and what it holds take, of at most *most* objects."""
    total, seen, waiting = 0.0, set[int](), [value]
    while waiting and len(seen) < most:
        one = waiting.pop()
        if id(one) in seen or isinstance(one, type | types.ModuleType | types.FunctionType):
            continue
        seen.add(id(one))
        total += sys.getsizeof(one, 64)
        if isinstance(one, Mapping):
            waiting += [*one.keys(), *one.values()]
        elif isinstance(one, list | tuple | set | frozenset | collections.deque):
            waiting += one
        elif isinstance(getattr(one, "nbytes", None), int) and not isinstance(one, memoryview):
            total += one.nbytes if getattr(one, "base", None) is not None else 0
        elif hasattr(one, "getbands") and hasattr(one, "size"):  # a picture
            total += one.size[0] * one.size[1] * len(one.getbands())
        elif hasattr(one, "__dict__"):
            waiting.append(vars(one))
    return total


def handles() -> dict[str, int]:
    """Return how often each file is open in this process; nothing where there is no /proc."""
    found: collections.Counter[str] = collections.Counter()
    with contextlib.suppress(OSError):
        for entry in os.listdir("/proc/self/fd"):
            with contextlib.suppress(OSError):
                path = os.readlink(f"/proc/self/fd/{entry}")
                if path.startswith("/") and not path.startswith(("/dev/", "/proc/", "/memfd:")):
                    found[path.removesuffix(" (deleted)")] += 1
    return found


def threads() -> list[threading.Thread]:
    """Return the threads that the app has started: no server's, and no timer, which ends."""
    return [
        thread
        for thread in threading.enumerate()
        if not thread.name.startswith(SERVERS) and not isinstance(thread, threading.Timer)
    ]


def children() -> dict[int, str]:
    """Return the children of this process that still run, by id; none where there is no /proc."""
    found: dict[int, str] = {}
    with contextlib.suppress(OSError):
        for task in os.listdir("/proc/self/task"):
            with contextlib.suppress(OSError):
                text = Path(f"/proc/self/task/{task}/children").read_text("ascii")
                found |= {int(child): name for child in text.split() if (name := _runs(child))}
    return found


def resident_bytes() -> int:
    """Return how much memory this process holds; 0 where there is no /proc."""
    with contextlib.suppress(OSError):
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
        return pages * os.sysconf("SC_PAGESIZE")
    return 0


def _runs(process: str) -> str:
    """Return the name of a process, "" if it has ended."""
    try:
        before, _, after = Path(f"/proc/{process}/stat").read_text("utf-8").rpartition(")")
    except OSError:
        return ""
    return "" if after.split()[0] == "Z" else before.partition("(")[2]
