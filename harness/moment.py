"""The app as it stands at this moment, in a copy of this process: to see what would come if.

    outcome = at_this_moment(stage, lambda copy: play(copy))

The process is forked, the calls run in the copy on an event loop of its own, what they come to
is sent back as JSON, and the copy ends. The app here has not been called. What an app keeps
outside of its process (a file, a database) is the same for both; who compares what comes has to
see first that it repeats itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
import os
import select
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from .drivers.direct import Direct
from .observation import Call, Observation
from .stage import NoCopy, Stage

__all__ = ["at_this_moment"]

#: How long a copy may take for what it is asked, in seconds.
MOST_SECONDS = 10.0


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


def at_this_moment(stage: Stage, work: Callable[[Stage], Any]) -> Any:
    """Return, as JSON gives it back, what *work* returns of a stage in a copy of this process.

    Raises NoCopy where this process cannot be copied, or the copy did not come to an end.
    """
    direct = stage.direct
    if sys.platform != "linux" or stage.app.where != "in-process" or direct is None:
        raise NoCopy("the app does not run in this process")
    cuda = getattr(sys.modules.get("torch"), "cuda", None)
    if cuda is not None and cuda.is_initialized():
        raise NoCopy("the app uses a GPU")
    ours, theirs = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Python 3.12 warns: threads are not copied, as is meant
        pid = os.fork()
    if pid == 0:
        os.close(ours)
        _be_copy(stage, direct, work, theirs)
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


def _read(descriptor: int, limit: float) -> bytes:
    text = b""
    while select.select([descriptor], [], [], max(limit - time.monotonic(), 0))[0]:
        piece = os.read(descriptor, 65536)
        if not piece:
            break
        text += piece
    return text


def _be_copy(
    stage: Stage, direct: Direct, work: Callable[[Stage], Any], descriptor: int
) -> NoReturn:
    """Do the work, send what came of it, and end without a goodbye."""
    try:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        null = os.open(os.devnull, os.O_RDWR)
        for number in (0, 1, 2):
            os.dup2(null, number)
        loop = asyncio.new_event_loop()
        threading.Thread(target=loop.run_forever, daemon=True).start()
        driver: Any = _Here(direct.on(loop))
        copy = dataclasses.replace(
            stage,
            driver=driver,
            direct=None,
            copied=None,
            before=lambda root, event, words, script: None,
            after=lambda: None,
        )
        try:
            result, why = work(copy), ""
        except Exception as error:
            result, why = None, f"{type(error).__name__}: {error}"
        text = json.dumps([result, why, copy.spent]).encode() + b"\n"
        while text:
            text = text[os.write(descriptor, text) :]
    finally:
        os._exit(0)
