"""A child's process as its parent knows it: begun, asked for its last words, ended."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from ..target import Target
from .channel import Channel

__all__ = ["Forked", "Process", "Subprocess", "end", "kill"]

#: How long a child may take for its author's own goodbye before its group is killed.
GOODBYE_SECONDS = 8.0
#: How long what it started may take after it.
LEFTOVER_SECONDS = 0.5


class Process(Protocol):
    """A child as its parent knows it."""

    pid: int

    def ended(self) -> bool: ...

    def last_words(self) -> str: ...


class Subprocess:
    """A child started from nothing."""

    def __init__(self, process: subprocess.Popen[bytes], said: Path) -> None:
        self.pid, self._process, self._said = process.pid, process, said

    @classmethod
    def begin(
        cls, target: Target, variables: Mapping[str, str], python: str = sys.executable
    ) -> tuple[Channel, Process]:
        ours, theirs = socket.socketpair()
        said = Path(variables["TMPDIR"]) / "stderr.txt"
        with theirs, said.open("wb") as stderr:
            process = subprocess.Popen(
                [python, "-P", "-m", __package__, target.text, str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=stderr,
                env=dict(variables),
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )
        return Channel(ours), cls(process, said)

    def ended(self) -> bool:
        """Return whether it has ended; if so, it is no zombie."""
        return self._process.poll() is not None

    def last_words(self) -> str:
        """Return its exit code and the last lines of its stderr."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(1)
        return f" (exit code {self._process.returncode})" + _tail(self._said)


class Forked:
    """A child that a zygote forked off, and reaps."""

    def __init__(self, pid: int, said: Path) -> None:
        self.pid, self._said = pid, said

    def ended(self) -> bool:
        return not _exists(self.pid)

    def last_words(self) -> str:
        return _tail(self._said)


def end(process: Process) -> None:
    """See the child out; after this nothing of its group is left. Its channel is closed."""
    _wait(process.ended, GOODBYE_SECONDS)
    _wait(lambda: not _exists(-process.pid), LEFTOVER_SECONDS if process.ended() else 0)
    kill(process.pid, group_only=process.ended())
    _wait(process.ended, GOODBYE_SECONDS)


def kill(pid: int, *, group_only: bool = False) -> None:
    """Kill the process and its group, whichever of them there is."""
    for number in (-pid,) if group_only else (-pid, pid):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(number, signal.SIGKILL)


def _wait(condition: Callable[[], bool], seconds: float) -> None:
    limit = time.monotonic() + seconds
    while not condition() and time.monotonic() < limit:
        time.sleep(0.01)


def _exists(pid: int) -> bool:
    """Whether there is a process, or a group if *pid* is negative."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _tail(said: Path) -> str:
    """Return the last lines of what a process wrote to stderr, ready to be shown."""
    with contextlib.suppress(OSError):
        lines = said.read_bytes()[-20_000:].decode(errors="replace").splitlines()[-12:]
        return ":\n" + "\n".join(f"  {line}" for line in lines) if lines else ""
    return ""
