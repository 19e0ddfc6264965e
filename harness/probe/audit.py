"""What Python's audit events tell: files written, connections opened, programs started."""

from __future__ import annotations

import dataclasses
import linecache
import os
import sys
import threading
import time
import types
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from ..observation import Effect
from .frames import is_own
from .record import Record, Watch, running

__all__ = ["beside", "install"]

IMPORT = "<frozen importlib._bootstrap>"
COPY = "a copy of its own process (fork)"
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_hook = threading.Lock()
_hooked = False
#: The records of what is done beside every call.
beside: list[Record] = []


def install() -> None:
    """Install the hook once: Python has no way to take one out again."""
    global _hooked  # the interpreter's state, mirrored
    with _hook:
        if not _hooked:
            sys.addaudithook(_audit)
            _hooked = True


def _audit(event: str, args: tuple[Any, ...]) -> None:
    if event not in _AUDITED:
        return
    record = running.get()
    for one in [record] if record is not None else beside:
        _note(event, args, one)


def _note(event: str, args: tuple[Any, ...], record: Record) -> None:
    if len(record.effects) > 200:
        return
    try:
        effect = _AUDITED[event](args)
        if record.watch is not None:
            effect = _watched(effect, event, args, record.watch)
    except Exception:  # evidence only: a hook that raises would break the app
        return
    if effect is None or (effect.kind == "write" and effect.what.startswith(record.ignored)):
        return
    if effect.kind == "write" and record.roots is None and _by_import():
        return  # matplotlib makes a folder for its fonts, once
    if record.roots is None or _asked_for(record.roots):
        record.effects[effect] = time.monotonic()


def _watched(
    effect: Effect | None, event: str, args: tuple[Any, ...], watch: Watch
) -> Effect | None:
    """Return *effect*, or that a path was read, with the author's line where it is a watched one.

    What is not there cannot be read.
    """
    if effect is None and event in _READING and isinstance(args[0], str | bytes | os.PathLike):
        name = os.fsdecode(args[0])
        if watch.word in name and os.path.exists(name):
            effect = Effect("read", os.path.abspath(name))
    if effect is None or watch.word not in effect.what:
        return effect
    return dataclasses.replace(effect, where=_own_line(watch.roots))


def _own_line(roots: tuple[str, ...]) -> str:
    """Return the innermost line of the author's on the stack, "" if none is."""
    frame: types.FrameType | None = sys._getframe(4)
    while frame is not None and not is_own(frame.f_code.co_filename, roots):
        frame = frame.f_back
    if frame is None:
        return ""
    return f"{frame.f_code.co_filename}:{frame.f_lineno} in {frame.f_code.co_name}"


def _by_import() -> bool:
    """Whether an import does it, which is done once and not in each call."""
    frame: types.FrameType | None = sys._getframe(3)
    while frame is not None and frame.f_code.co_filename != IMPORT:
        frame = frame.f_back
    return frame is not None


def _asked_for(roots: tuple[str, ...]) -> bool:
    """Whether a line of the author's own is on the stack: Gradio's import writes as well."""
    frame: types.FrameType | None = sys._getframe(3)
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


def _made(args: tuple[Any, ...]) -> Effect | None:
    """Return the effect of making a folder; none where it is there already."""
    effect = _written(args[0], args[2])
    return None if effect is None or os.path.isdir(effect.what) else effect


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


_READING = frozenset(("open", "os.listdir", "os.scandir"))
_AUDITED: dict[str, Callable[[tuple[Any, ...]], Effect | None]] = {
    "open": _opened,
    "os.listdir": lambda args: None,
    "os.scandir": lambda args: None,
    "os.mkdir": _made,
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
