"""The app as it stands at this moment, in a copy of this process: to see what would come if.

    outcome = at_this_moment(stage, lambda copy: play(copy))

The process is forked, the calls run in the copy on an event loop of its own, what they come to
is sent back as JSON, and the copy ends. The app here has not been called. Chance falls out anew
in each copy, as it would here: Gradio's queue draws from the same `random`. What an app keeps
outside of its process would be the same for both, and a copy that used its connections would
spoil them: there is none of an app that has any, or whose calls write, connect or start.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import select
import signal
import socket
import stat
import sys
import threading
import time
import warnings
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, NoReturn

from ..drivers.direct import Direct
from ..errors import HarnessError
from ..observation import Call, Observation
from .guests import Guests
from .stage import NoCopy, Stage

__all__ = ["at_this_moment", "shared"]

#: How long a copy may take for what it is asked, in seconds.
MOST_SECONDS = 10.0
#: What Linux calls a connection that the other end has closed.
CLOSE_WAIT = 8


class _Here:
    """Drives the app inside a copy, where nothing serves it over HTTP."""

    def __init__(self, direct: Direct) -> None:
        self.direct = direct

    def call(self, call: Call, *, timeout_seconds: float | None = None) -> Observation:
        """Return what happened. Raises NoCopy where the call would have gone over the wire."""
        if not self.direct.can(call):
            raise NoCopy(f"{call.event} bypasses the queue")
        return self.direct.call(call, timeout_seconds=timeout_seconds)

    def served(self, path: str, **_: Any) -> bytes | None:
        """Return the file itself."""
        with contextlib.suppress(OSError):
            return Path(path).read_bytes()
        return None


class _Copied(Guests):
    """The visitors of an app in its copy, each as *guests* know them already."""

    def __init__(self, guests: Guests, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(guests.app, guests.door)
        self.guests, self.loop = guests, loop

    def driver(self, name: str) -> Any:
        """Return what drives the visitor *name*. Raises RuntimeError before its first call."""
        return _Here(self.guests.direct(name).on(self.loop))


def at_this_moment(stage: Stage, work: Callable[[Stage], Any], events: Collection[str] = ()) -> Any:
    """Return, as JSON gives it back, what *work* returns of a stage in a copy of this process.

    *events* are the labels of those that it sets off. Raises NoCopy where this process cannot be
    copied, or the copy did not come to an end.
    """
    if sys.platform != "linux" or stage.app.where != "in-process" or stage.direct is None:
        raise NoCopy("the app does not run in this process")
    cuda = getattr(sys.modules.get("torch"), "cuda", None)
    if cuda is not None and cuda.is_initialized():
        raise NoCopy("the app uses a GPU")
    why = _outside(stage, events) or shared()
    if why:
        raise NoCopy(f"a copy of this process would share what the app has outside: {why}")
    ours, theirs = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Python 3.12 warns: threads are not copied, as is meant
        pid = os.fork()
    if pid == 0:
        os.close(ours)
        _be_copy(stage, work, theirs)
    os.close(theirs)
    try:
        text = _read(ours, time.monotonic() + MOST_SECONDS)
    finally:
        os.close(ours)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, 0)
    if not text.endswith(b"\n"):
        raise NoCopy("a copy of this process came to no end")
    result, why, spent = json.loads(text)
    stage.spent.clear()
    stage.spent.update(spent)
    if why:
        raise NoCopy(why)
    return result


def _outside(stage: Stage, events: Collection[str]) -> str:
    """Return what the app was seen to do outside of its process, at its start or in calls."""
    startup = stage.app.probe.startup.effects if stage.app.probe else ()
    for effect in startup:
        if effect.kind != "write":
            return f"{effect.kind} {effect.what}, at its start"
    for label, effect in list(stage.effects):
        if label in events:
            return f"{effect.kind} {effect.what}, in {label}"
    return ""


def shared() -> str:
    """Return an open connection or SQLite database of this process, in words; "" if it has none.

    Drivers in C connect without Python's knowing. Files are not opened for it: closing one
    would give up SQLite's locks.
    """
    pairs = set()
    for name in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):
            number = int(name)
            mode = os.fstat(number).st_mode
            if stat.S_ISREG(mode) and os.pread(number, 16, 0) == b"SQLite format 3\0":
                return f"the database {os.readlink(f'/proc/self/fd/{name}')}"
            if stat.S_ISSOCK(mode):
                with socket.socket(fileno=os.dup(number)) as one:
                    if _hung_up(one):
                        continue
                    pairs.add((_address(one.getsockname()), _address(one.getpeername())))
    # Both ends of what the harness has to the app are here.
    abroad = [there for here, there in pairs if there and (there, here) not in pairs]
    return f"a connection to {abroad[0]}" if abroad else ""


def _hung_up(one: socket.socket) -> bool:
    """Whether the other end of a connection is closed: nothing can be said over it any more."""
    over_ip = one.family in (socket.AF_INET, socket.AF_INET6) and one.type == socket.SOCK_STREAM
    return over_ip and one.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] == CLOSE_WAIT


def _address(address: Any) -> str:
    return f"{address[0]}:{address[1]}" if isinstance(address, tuple) else str(address or "")


def _read(descriptor: int, limit: float) -> bytes:
    text = b""
    while select.select([descriptor], [], [], max(limit - time.monotonic(), 0))[0]:
        piece = os.read(descriptor, 65536)
        if not piece:
            break
        text += piece
    return text


def _shake() -> None:
    """Let chance fall out anew: a copy would draw the same as every other."""
    random.seed()
    numpy_random = sys.modules.get("numpy.random")
    if numpy_random is not None:
        numpy_random.seed()


def _be_copy(stage: Stage, work: Callable[[Stage], Any], descriptor: int) -> NoReturn:
    """Do the work, send what came of it, and end without a goodbye."""
    try:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        null = os.open(os.devnull, os.O_RDWR)
        for number in (0, 1, 2):
            os.dup2(null, number)
        _shake()
        loop = asyncio.new_event_loop()
        threading.Thread(target=loop.run_forever, daemon=True).start()
        copy = stage.met_by(
            _Copied(stage.regulars, loop),
            direct=None,
            copied=None,
            before=lambda root, event, words, script: None,
            after=lambda: None,
        )
        try:
            result, why = work(copy), ""
        except HarnessError as error:
            result, why = None, str(error)
        except Exception as error:
            result, why = None, f"{type(error).__name__}: {error}"
        text = json.dumps([result, why, copy.spent]).encode() + b"\n"
        while text:
            text = text[os.write(descriptor, text) :]
    finally:
        os._exit(0)
