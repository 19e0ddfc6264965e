"""A copy of this process from just after Gradio's import, which forks children off."""

from __future__ import annotations

import atexit
import contextlib
import faulthandler
import gc
import logging
import os
import signal
import socket
import sys
import tempfile
import threading
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NoReturn

from ..environment import use_temp_folder
from ..target import Target
from .channel import Channel
from .process import Forked, Process, Subprocess
from .service import be_child

__all__ = ["Zygote"]

#: How often a child looks whether its parent still lives.
WATCH_SECONDS = 0.5
ANSWER_SECONDS = 5.0


class Zygote:
    """A copy of this process that forks off children with Gradio imported.

    `start` it right after ``import gradio``, before anything starts a thread: a thread's locks
    would stay locked in the copy. It lives in a session of its own, out of reach of Ctrl-C, holds
    no file of this process open, and ends when this process does, or by `close`.
    """

    def __init__(self, pid: int, control: socket.socket) -> None:
        self.pid = pid
        self._control = control
        self._lock = threading.Lock()

    @classmethod
    def start(cls) -> Zygote | None:
        """Return a zygote; None where this process cannot be copied (any more), or not on Linux."""
        alone = threading.active_count() == 1
        if not (alone and sys.platform == "linux" and "gradio" in sys.modules):
            return None
        ours, theirs = socket.socketpair()
        parent = os.getpid()
        with warnings.catch_warnings():
            # Python counts the threads of OpenBLAS too, which is made to be forked.
            warnings.simplefilter("ignore", DeprecationWarning)
            pid = os.fork()
        if pid == 0:
            _be_zygote(theirs, parent)
        theirs.close()
        return cls(pid, ours)

    @property
    def alive(self) -> bool:
        """Whether it can still fork."""
        if self._control.fileno() < 0:
            return False
        with contextlib.suppress(ChildProcessError):
            return os.waitpid(self.pid, os.WNOHANG)[0] == 0
        return False

    def begin(self, target: Target, variables: Mapping[str, str]) -> tuple[Channel, Process]:
        """Return the channel to a new child, and the child."""
        ours, theirs = socket.socketpair()
        channel = Channel(ours)
        try:
            with theirs, self._lock:
                self._control.settimeout(ANSWER_SECONDS)
                socket.send_fds(self._control, [b"fork"], [theirs.fileno()])
                pid = int.from_bytes(self._control.recv(4), "big")
            channel.send({"environment": dict(variables)})
        except OSError:  # it was killed, or cannot fork: do without
            self.close()
            return Subprocess.begin(target, variables)
        return channel, Forked(pid, Path(variables["TMPDIR"]) / "stderr.txt")

    def close(self) -> None:
        """End it; children that still run go with it."""
        self._control.close()
        with contextlib.suppress(ProcessLookupError, ChildProcessError):
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)

    def __enter__(self) -> Zygote:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _be_zygote(control: socket.socket, parent: int) -> NoReturn:
    """Fork off a child for each request until the parent dies or closes *control*."""
    try:
        _forget(keep=control.fileno())
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the system then reaps the children
        for descriptor in _requests(control, parent):
            this = os.getpid()
            pid = os.fork()
            if pid == 0:
                control.close()
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                _be_fork(socket.socket(fileno=descriptor), this)
            os.close(descriptor)
            control.sendall(pid.to_bytes(4, "big"))
    finally:
        os._exit(0)


def _requests(control: socket.socket, parent: int) -> Iterator[int]:
    """Yield the socket that each new child is to talk over."""
    control.settimeout(WATCH_SECONDS)
    while os.getppid() == parent:
        try:
            message, descriptors, _, _ = socket.recv_fds(control, 16, 1)
        except TimeoutError:
            continue
        if not message:
            return
        yield descriptors[0]


def _forget(*, keep: int) -> None:
    """Let go of all that the copied process was in the middle of: files, handlers, goodbyes."""
    os.setsid()
    for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
        with contextlib.suppress(OSError, ValueError):
            signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    atexit._clear()
    faulthandler.disable()
    logging.root.handlers.clear()
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in {0, 1, 2, *map(int, os.listdir("/proc/self/fd"))} - {keep, null}:
        # Not closed: an object that owns the number may still close it, whosever it is by then.
        with contextlib.suppress(OSError):
            os.dup2(null, descriptor, inheritable=descriptor < 3)
    sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w")  # noqa: SIM115
    gc.freeze()  # pages that no collection writes to stay shared


def _be_fork(connection: socket.socket, parent: int) -> NoReturn:
    """Take on the environment that the parent sends, then be a child like any other."""
    try:
        os.setsid()
        channel = Channel(connection)
        first = channel.receive()
        if first is None:
            os._exit(0)
        os.environ.clear()
        os.environ.update(first["environment"])
        tempfile.tempdir = None
        use_temp_folder()
        said = os.open(os.path.join(os.environ["TMPDIR"], "stderr.txt"), os.O_WRONLY | os.O_CREAT)
        os.dup2(said, 2)
        if "numpy" in sys.modules:
            sys.modules["numpy"].random.seed()
    except BaseException:  # whatever it is, a copy must not go on where its original was
        os._exit(1)
    be_child(channel, parent)
