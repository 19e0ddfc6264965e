"""What really happens inside the app's process, attributed to the call that caused it.

The probe wraps Gradio's queue and `Blocks` while an app runs, so that it sees the true
exception (the wire hides it), each step's time, each yield of a generator, and, by
`sys.addaudithook`, files written, connections opened and programs started. What it sees
is kept by event id; a call that bypasses the queue is kept by its session hash.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import dis
import functools
import importlib
import inspect
import linecache
import logging
import math
import numbers
import os
import re
import site
import sys
import sysconfig
import threading
import time
import traceback
import types
import warnings
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from .observation import Effect, Evidence, Frame, Step, Warned

__all__ = ["Probe", "evidence_of", "frames_of", "is_own", "needs_of"]

#: Of how many calls something is kept, the latest ones: a page may make hundreds in one visit.
KEPT = 1_000
#: How long a call waits at most for others to begin with.
PATIENCE_SECONDS = 0.5
#: How long a thread keeps the interpreter, as Python has it and while calls are to interfere.
USUAL_SECONDS = sys.getswitchinterval()
EAGER_SECONDS = 1e-5
HERE = str(Path(__file__).resolve().parent)
INSTALLED = tuple(
    {
        str(Path(folder).resolve())
        for folder in (
            *site.getsitepackages(),
            site.getusersitepackages(),
            *(sysconfig.get_paths()[key] for key in ("stdlib", "platstdlib", "purelib")),
        )
    }
)

#: What an exception says when something is missing on this machine and not in the app.
NEEDS = (
    (
        "the network",
        re.compile(
            r"gaierror|NameResolution|ConnectError|ConnectionError|MaxRetryError|URLError"
            r"|LocalEntryNotFound|OfflineModeIsEnabled|couldn't connect to"
            r"|Name or service not known"
            r"|Temporary failure in name resolution|Network is unreachable|ProxyError|SSLError"
        ),
    ),
    (
        "a key or a login",
        re.compile(
            r"api[_ -]?key|AuthenticationError|GatedRepo|401 Client Error|_TOKEN'|_KEY'"
            r"|KeyError: '[A-Z_]*(KEY|TOKEN|SECRET)[A-Z_]*'|OAuthToken",
        ),
    ),
    (
        "a GPU",
        re.compile(r"No CUDA GPUs|NVIDIA driver|CUDA is not available|not compiled with CUDA"),
    ),
    (
        "a program",
        re.compile(
            r"(?i)(could not|cannot|couldn't) find ff(mpeg|probe)"
            r"|ff(mpeg|probe)[^.]{0,40} not (found|installed)"
        ),
    ),
    ("a model", re.compile(r"RepositoryNotFound|is not a local folder and is not a valid model")),
)


class _Record:
    """What is being gathered about one call; one call runs in one context at a time."""

    __slots__ = (
        *("cause", "effects", "ignored", "logged", "nonfinite", "returned", "roots", "seconds"),
        *("ran", "step", "told", "warned", "yields"),
    )

    def __init__(self, ignored: tuple[str, ...], roots: tuple[str, ...] | None = None) -> None:
        self.ignored = ignored
        self.roots = roots
        self.step: Step = "queue"
        self.cause: BaseException | None = None
        self.returned: tuple[int, int] | None = None
        self.seconds: dict[str, float] = {}
        self.yields: list[float] = []
        self.effects: dict[Effect, None] = {}
        self.logged: list[str] = []
        self.nonfinite: tuple[tuple[int, str], ...] = ()
        self.warned: list[Warned] = []
        self.ran: list[tuple[float, float]] = []
        self.told: Evidence | None = None


_current: contextvars.ContextVar[_Record | None] = contextvars.ContextVar(
    "gradio_harness_record", default=None
)
_hook = threading.Lock()
_hooked = False


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
        self._records: OrderedDict[str, _Record] = OrderedDict()
        self._lock = threading.Lock()
        self._undo: list[Callable[[], None]] = []
        self._logs = _LogHandler(level=logging.WARNING)
        self.startup = _Record(self.ignored, self.roots)
        self.on_record: Callable[[str, Evidence], None] | None = None
        self._gate: _Gate | None = None

    def install(self) -> None:
        """Begin to watch; needs Gradio to be imported already."""
        queueing = importlib.import_module("gradio.queueing")
        blocks = importlib.import_module("gradio.blocks")
        self._wrap(queueing.Queue, "process_events", self._process_events)
        self._wrap(blocks.Blocks, "process_api", self._process_api)
        steps: tuple[tuple[str, Step], ...] = (
            ("preprocess_data", "preprocess"),
            ("call_function", "function"),
            ("postprocess_data", "postprocess"),
        )
        for name, step in steps:
            self._wrap(blocks.Blocks, name, functools.partial(self._stepped, step))
        logging.getLogger().addHandler(self._logs)
        self._listen_to_warnings()
        _install_audit_hook()

    def remove(self) -> None:
        """End it: Gradio's own functions are back as they were."""
        while self._undo:
            self._undo.pop()()
        logging.getLogger().removeHandler(self._logs)

    def _listen_to_warnings(self) -> None:
        """Keep what is said by ``warnings.warn``, also where a filter hides it."""
        original = warnings.warn
        roots = self.roots

        @functools.wraps(original)
        def warn(
            message: Any, category: Any = None, stacklevel: int = 1, source: Any = None, **more: Any
        ) -> None:
            record = _current.get()
            if record is not None and len(record.warned) < 20:
                record.warned.append(_warned(message, category, source, roots))
            original(message, category, stacklevel + 1, source, **more)

        warnings.warn = warn
        self._undo.append(lambda: setattr(warnings, "warn", original))

    @contextmanager
    def starting(self) -> Iterator[None]:
        """Attribute what happens in this thread to the start of the app."""
        token = _current.set(self.startup)
        try:
            yield
        finally:
            _current.reset(token)

    @contextmanager
    def looking_away(self) -> Iterator[None]:
        """Attribute what happens in this thread to nobody: Gradio's own start, not the app's."""
        token = _current.set(None)
        try:
            yield
        finally:
            _current.reset(token)

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
        return await _stepped(step, original, blocks, *args, **kwargs)

    def evidence(self, event_id: str, session: str = "") -> Evidence | None:
        """Return what was seen of a call by its event id, else by its session hash."""
        with self._lock:
            record = self._records.get(event_id) or self._records.get(session)
        return self._told(record) if record else None

    def _told(self, record: _Record) -> Evidence:
        """Return *record* as plain data, and let go of the exception that ended the call.

        By its traceback it holds all that the author's function, and Gradio, had in hand.
        """
        told = record.told or evidence_of(record, self.roots)
        if record.cause is not None:
            # In this order: who reads it meanwhile in another thread finds one of the two.
            record.told = told
            record.cause = None
        return record.told or told

    def _keep(self, key: str, record: _Record) -> None:
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

    async def _process_events(
        self,
        original: Callable[..., Any],
        queue: Any,
        events: Sequence[Any],
        *rest: Any,
        **more: Any,
    ) -> Any:
        record = _Record(self.ignored)
        keys = [event._id for event in events]
        for key in keys:
            self._keep(key, record)
        token = _current.set(record)
        try:
            return await original(queue, events, *rest, **more)
        finally:
            _current.reset(token)
            if self.on_record is not None:
                for key in keys:
                    self.on_record(key, self._told(record))

    async def _process_api(
        self, original: Callable[..., Any], blocks: Any, *args: Any, **kwargs: Any
    ) -> Any:
        record = _current.get()
        direct = record is None or record is self.startup
        token = None
        session = kwargs.get("session_hash")
        if direct and session:
            record = _Record(self.ignored)
            self._keep(session, record)
            token = _current.set(record)
        try:
            return await original(blocks, *args, **kwargs)
        except BaseException as error:
            if record is not None and not isinstance(error, GeneratorExit):
                record.cause, record.told = error, None
            raise
        finally:
            if token is not None:
                _current.reset(token)
                if self.on_record is not None and record is not None:
                    self.on_record(str(session), self._told(record))


async def _stepped(
    step: Step, original: Callable[..., Any], blocks: Any, *args: Any, **kwargs: Any
) -> Any:
    """Run one step of a call and note how long it took and what came of it."""
    record = _current.get()
    if record is None:
        return await original(blocks, *args, **kwargs)
    record.step = step
    begun = time.monotonic()
    try:
        result = await original(blocks, *args, **kwargs)
    finally:
        now = time.monotonic()
        record.seconds[step] = record.seconds.get(step, 0.0) + now - begun
        if step == "function" and len(record.ran) < 100:
            record.ran.append((begun, now))
    if step == "function" and isinstance(result, dict):
        if result.get("is_generating"):
            record.yields.append(now)
        block_fn = args[0] if args else None
        record.returned = _returned(block_fn, result.get("prediction"))
        record.nonfinite = _nonfinite(block_fn, result.get("prediction"))
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


def _warned(message: Any, category: Any, source: Any, roots: Sequence[str]) -> Warned:
    """Return a warning with the author's line that it is about: the innermost on the stack.

    A coroutine that nobody awaits is about the author's call, where that line has it, or else
    about its own function: it may have been collected while somebody else's lines ran.
    """
    kind = type(message) if isinstance(message, Warning) else category or UserWarning
    frame: types.FrameType | None = sys._getframe(2)
    while frame is not None and not is_own(frame.f_code.co_filename, roots):
        frame = frame.f_back
    code = getattr(source, "cr_code", None)
    place = None
    text = ""
    if frame is not None:
        text = linecache.getline(frame.f_code.co_filename, frame.f_lineno).strip()
    called = code is not None and _calls_it(text, code.co_name)
    if frame is not None and (source is None or called):
        file, line = frame.f_code.co_filename, frame.f_lineno
        place = Frame(file, line, frame.f_code.co_name, text, own=True)
    elif code is not None and is_own(code.co_filename, roots):
        place = Frame(code.co_filename, code.co_firstlineno, code.co_name, own=True)
    return Warned(getattr(kind, "__name__", str(kind)), str(message)[:500], place)


def _calls_it(text: str, name: str) -> bool:
    """Whether a line of source calls *name* and awaits nothing."""
    return bool(re.search(rf"\b{re.escape(name)}\s*\(", text)) and "await" not in text


def evidence_of(record: _Record, roots: Sequence[str]) -> Evidence:
    """Return *record* as plain data; tracebacks are made only here, when somebody asks."""
    error = record.cause
    common: dict[str, Any] = {
        "seconds": dict(record.seconds),
        "yields": tuple(record.yields),
        "effects": tuple(record.effects),
        "logged": tuple(record.logged),
        "returned": record.returned,
        "nonfinite": record.nonfinite,
        "warned": tuple(record.warned),
        "ran": tuple(record.ran),
    }
    if error is None:
        return Evidence(**common)
    whole = error
    if type(error).__name__ == "ComponentProcessingError" and error.__cause__ is not None:
        error = error.__cause__  # Gradio 6 wraps what a component raises; its words stay below
    frames = frames_of(error, roots)
    own_last = bool(frames) and frames[-1].own
    return Evidence(
        exception=type(error).__name__,
        message=str(getattr(error, "message", error) if _intended(error) else error),
        module=type(error).__module__ or "",
        intended=_intended(error),
        raised=own_last and frames[-1].code.startswith(("raise", "assert")),
        step=record.step,
        frames=frames,
        traceback=traceback_of(whole, roots),
        needs=needs_of(error),
        **common,
    )


def frames_of(error: BaseException, roots: Sequence[str]) -> tuple[Frame, ...]:
    """Return the traceback's lines from the outermost, those of the harness left out."""
    return tuple(
        Frame(
            file=item.filename,
            line=item.lineno or 0,
            function=item.name,
            code=item.line or "",
            own=is_own(item.filename, roots),
        )
        for item in traceback.extract_tb(error.__traceback__)
        if not item.filename.startswith(HERE)
    )


def traceback_of(error: BaseException, roots: Sequence[str]) -> str:
    """Return the traceback as Python prints it, from the author's first line on.

    Where no line is the author's, the last six are shown.
    """
    whole = traceback.TracebackException.from_exception(error)
    part: traceback.TracebackException | None = whole
    seen: set[int] = set()
    while part is not None and id(part) not in seen:
        seen.add(id(part))
        frames = [item for item in part.stack if not item.filename.startswith(HERE)]
        first = next((i for i, f in enumerate(frames) if is_own(f.filename, roots)), None)
        kept = frames[first:] if first is not None else frames[-6:]
        part.stack = traceback.StackSummary.from_list(kept)
        part = part.__cause__ or part.__context__
    return "".join(whole.format()).rstrip()


def needs_of(error: BaseException | None) -> str:
    """Return what this machine lacks for the app to work, "" if nothing is known.

    Only words that say so count, anywhere in the chain of causes.
    """
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        kinds = " ".join(kind.__name__ for kind in type(error).__mro__)
        if isinstance(error, ImportError) and _from_elsewhere(error):
            return "a package that is not installed"
        if isinstance(error, BrokenPipeError):  # a process of the app's own that has ended
            kinds = ""
        text = f"{kinds} {type(error).__name__}: {error}"[:4000]
        for what, pattern in NEEDS:
            if pattern.search(text):
                return what
        hidden = error.__suppress_context__
        error = error.__cause__ or (None if hidden else error.__context__)
    return ""


def _from_elsewhere(error: ImportError) -> bool:
    """Whether what cannot be imported is to be installed: not Python's own, not the author's."""
    if (error.name or "").partition(".")[0] in sys.stdlib_module_names:
        return False
    found = error.path or ""  # of a module that is there and lacks the name
    return not found or "site-packages" in found or "dist-packages" in found


def _intended(error: BaseException) -> bool:
    """Whether Gradio shows this exception to the visitor as the author's own words."""
    exceptions = importlib.import_module("gradio.exceptions")
    kinds = tuple(
        getattr(exceptions, name) for name in ("Error", "AppError") if hasattr(exceptions, name)
    )
    return isinstance(error, kinds)


@functools.lru_cache(maxsize=4096)
def _own_cached(filename: str, roots: tuple[str, ...]) -> bool:
    if filename.startswith("<"):  # <string>, <frozen importlib._bootstrap>
        return False
    path = os.path.realpath(filename)
    if not any(path.startswith(root.rstrip(os.sep) + os.sep) for root in roots):
        return False
    return "site-packages" not in path and not path.startswith(INSTALLED)


def is_own(filename: str, roots: Sequence[str]) -> bool:
    """Whether *filename* is the author's: below one of *roots*, and not an installed package."""
    return _own_cached(filename, tuple(roots))


class _LogHandler(logging.Handler):
    """Keeps warnings and errors that the app logs with the call that logged them."""

    def emit(self, record: logging.LogRecord) -> None:
        current = _current.get()
        if current is not None and len(current.logged) < 20:
            try:
                text = record.getMessage()
            except Exception:  # a wrong format string is the app's business
                text = str(record.msg)
            current.logged.append(f"{record.levelname} {record.name}: {text[:500]}")


COPY = "a copy of its own process (fork)"
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def _install_audit_hook() -> None:
    """Install the hook once: Python has no way to take one out again."""
    global _hooked  # the interpreter's state, mirrored
    with _hook:
        if not _hooked:
            sys.addaudithook(_audit)
            _hooked = True


def _audit(event: str, args: tuple[Any, ...]) -> None:
    record = _current.get() if event in _AUDITED else None
    if record is None or len(record.effects) > 200:
        return
    try:
        effect = _AUDITED[event](args)
    except Exception:  # evidence only: a hook that raises would break the app
        return
    if effect is None or (effect.kind == "write" and effect.what.startswith(record.ignored)):
        return
    if record.roots is None or _asked_for(record.roots):
        record.effects[effect] = None


def _asked_for(roots: tuple[str, ...]) -> bool:
    """Whether a line of the author's own is on the stack: Gradio's import writes as well."""
    frame: types.FrameType | None = sys._getframe(2)
    while frame is not None:
        module = frame.f_code.co_name == "<module>"
        if is_own(frame.f_code.co_filename, roots) and not (module and _importing(frame)):
            return True
        frame = frame.f_back
    return False


def _importing(frame: types.FrameType) -> bool:
    """Whether the line that *frame* stands at is an import statement."""
    line = linecache.getline(frame.f_code.co_filename, frame.f_lineno).strip()
    return line.startswith(("import ", "from "))


def _opened(args: tuple[Any, ...]) -> Effect | None:
    path, mode, flags = (*args, None, None)[:3]
    writes = any(c in mode for c in "wax+") if isinstance(mode, str) else False
    if mode is None and isinstance(flags, int):
        writes = bool(flags & _WRITING)
    return _written(path) if writes else None


def _written(path: Any, folder: Any = -1) -> Effect | None:
    """Return the effect of a write to *path*, which is below the open *folder* if one is given."""
    if not isinstance(path, str | bytes | os.PathLike):
        return None
    name = os.fsdecode(path)
    if isinstance(folder, int) and folder >= 0 and not os.path.isabs(name):
        name = os.path.join(os.readlink(f"/proc/self/fd/{folder}"), name)
    name = os.path.abspath(name)
    if name.startswith(("/dev/", "/proc/")) or "__pycache__" in name:
        return None
    return Effect("write", name)


def _database(args: tuple[Any, ...]) -> Effect | None:
    """Return the file of an SQLite database, which is opened for writing unless it says not to."""
    name = os.fsdecode(args[0])
    if name.startswith("file:"):
        parts = urlsplit(name)
        options = parse_qs(parts.query)
        if options.get("mode", [""])[0] in ("ro", "memory") or "immutable" in options:
            return None
        name = unquote(parts.path)
    return _written(name) if name not in ("", ":memory:") else None


def _connected(args: tuple[Any, ...]) -> Effect | None:
    address = args[1]
    if isinstance(address, tuple) and len(address) >= 2:
        return Effect("connect", f"{address[0]}:{address[1]}")
    return None


def _started(args: tuple[Any, ...]) -> Effect | None:
    command = args[1] if len(args) > 1 and args[1] else args[0]
    if isinstance(command, list | tuple):
        command = " ".join(os.fsdecode(part) for part in command)
    return Effect("start", os.fsdecode(command)[:300])


_AUDITED: dict[str, Callable[[tuple[Any, ...]], Effect | None]] = {
    "open": _opened,
    "os.mkdir": lambda args: _written(args[0], args[2]),
    "os.rmdir": lambda args: _written(*args),
    "os.remove": lambda args: _written(*args),
    "os.rename": lambda args: _written(args[1], args[3]),
    "os.link": lambda args: _written(args[1], args[3]),
    "os.symlink": lambda args: _written(args[1], args[2]),
    "os.truncate": lambda args: _written(args[0]),
    "sqlite3.connect": _database,
    "socket.connect": _connected,
    "subprocess.Popen": _started,
    "os.system": _started,
    "os.posix_spawn": _started,
    "os.exec": _started,
    "os.startfile": _started,
    "os.fork": lambda args: Effect("start", COPY),
    "os.forkpty": lambda args: Effect("start", COPY),
}


def function_details(
    block_fn: Any, roots: Sequence[str], default_limit: int | None = 1
) -> dict[str, Any]:
    """Return what the contract's `Function` holds of a Gradio `BlockFunction`.

    *default_limit* is how many calls run at once where the author does not say.
    """
    fn = getattr(block_fn, "fn", None)
    target = inspect.unwrap(fn) if callable(fn) else None
    maker = getattr(target, "__self__", None)
    if maker is not None and type(maker).__name__ == "Renderable":
        target = inspect.unwrap(maker.fn)  # what the author's gr.render fills a box with
    called = target
    while isinstance(target, functools.partial):
        target = target.func
    call = vars(type(target)).get("__call__")  # an instance that is called
    code = getattr(target, "__code__", None) or getattr(call, "__code__", None)
    module = getattr(target, "__module__", "") or type(target).__module__
    hints = _hints(target)
    limit = getattr(block_fn, "concurrency_limit", "default")
    return {
        "name": getattr(target, "__name__", type(target).__name__) if target else "",
        "module": module,
        "file": code.co_filename if code else "",
        "line": code.co_firstlineno if code else 0,
        "parameters": _filled(block_fn, _parameters(called, hints)),
        "hints": hints,
        "concurrency_limit": default_limit if limit == "default" else limit,
        "concurrency_id": str(getattr(block_fn, "concurrency_id", "")),
        "limited": isinstance(limit, int),
        "validator": bool(getattr(block_fn, "validator", None)),
        "keyed": bool(getattr(block_fn, "inputs_as_dict", False)),
        "builtin": module.split(".")[0] in ("gradio", "gradio_client"),
        "unread": _unread(code),
    }


def _unread(code: types.CodeType | None) -> tuple[str, ...]:
    """Return the parameters that no instruction of the function names."""
    if code is None:
        return ()
    named: set[Any] = set(code.co_cellvars)
    for instruction in dis.get_instructions(code):
        argument = instruction.argval
        named |= set(argument) if isinstance(argument, tuple) else {argument}
    return tuple(name for name in code.co_varnames[: code.co_argcount] if name not in named)


def _filled(block_fn: Any, parameters: tuple[str, ...]) -> tuple[str, ...]:
    """Return the parameter that each input fills, in the order of the event's inputs."""
    if getattr(block_fn, "inputs_as_dict", False):
        return ()
    named = tuple(getattr(block_fn, "input_keyword_names", None) or ())  # inputs_kwargs={...}
    free = [name for name in parameters if name not in named]
    return (*free[: len(block_fn.inputs) - len(named)], *named) if named else parameters


#: What Gradio itself passes, told by the hint, wherever it stands among the parameters.
PASSED = re.compile(
    r"\bgradio\.events\.\w+|\bfastapi\.[\w.]*Request\b|\b(gr|gradio)\.([\w]+\.)*"
    r"(Request|Header|Progress|OAuthProfile|OAuthToken|(Event|Select|Like|KeyUp|Edit)Data)\b"
)


def _parameters(target: Any, hints: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names of the parameters that the event's inputs fill, in their order."""
    try:
        parameters = inspect.signature(target).parameters.values() if target else ()
    except (TypeError, ValueError):
        return ()
    return tuple(
        p.name
        for p in parameters
        if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
        and not PASSED.search(hints.get(p.name, ""))
        and type(p.default).__name__ != "Progress"
    )


def _hints(target: Any) -> dict[str, str]:
    if not inspect.isroutine(target):
        return {}
    try:
        import typing

        raw = typing.get_type_hints(target)
    except Exception:  # forward references that only exist for type checkers
        written = getattr(target, "__annotations__", {})
        raw = {name: hint for name, hint in written.items() if isinstance(hint, type | str)}
    return {
        name: f"{hint.__module__}.{hint.__qualname__}" if isinstance(hint, type) else str(hint)
        for name, hint in raw.items()
    }
