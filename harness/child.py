"""The app in a process of its own: for measuring, and for going on after a crash or a hang.

    with child(parse("app.py", folder), folder=folder) as app:
        app.contract, app.evidence(...)  # as of an app in this process

The child serves through `launch` and talks with its parent over one private socket, a line of
JSON at a time: what it serves, then evidence by request, until the parent closes it. It is the
leader of a process group, which is killed whole; it ends by itself when its parent has died.

Starting it costs an import of Gradio, unless a `Zygote` was started: a copy of this process from
just after that import, which forks each child off in a fraction of the time.
"""

from __future__ import annotations

import atexit
import contextlib
import faulthandler
import functools
import gc
import json
import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, NoReturn, Protocol

from . import errors
from .app import App, Credentials, launch
from .contract import Function, read
from .errors import AppFailed, AppUnreachable, TargetError
from .observation import Effect, Evidence, Frame, Warned
from .target import Target, parse

__all__ = ["Zygote", "child", "memory_allows"]

#: How long a child may take for its author's own goodbye before its group is killed.
GOODBYE_SECONDS = 8.0
#: How long what it started may take after it.
LEFTOVER_SECONDS = 0.5
#: How often a child looks whether its parent still lives.
WATCH_SECONDS = 0.5
ANSWER_SECONDS = 5.0
IMPORT_SECONDS = 60.0


def child(
    target: Target,
    *,
    folder: Path,
    credentials: Sequence[Credentials] = (),
    home: Path | None = None,
    timeout_seconds: float = 120.0,
    environment: Mapping[str, str] | None = None,
    zygote: Zygote | None = None,
) -> App:
    """Serve a file or module target in a child process and return it running.

    As `launch`, with the same errors in the same words; *module* and *blocks* are None. Its
    temporary files, its own and Gradio's, are in one folder that goes with it. *environment* is
    added to this process's; a variable of it may be read at import, so no *zygote* is used then.
    """
    closers = contextlib.ExitStack()
    try:
        temp = tempfile.mkdtemp(prefix="gradio-harness-child-")
        closers.callback(shutil.rmtree, temp, ignore_errors=True)
        variables = {**os.environ, **_folders(temp), **(environment or {})}
        forks = zygote is not None and zygote.alive and not environment
        begin = zygote.begin if zygote is not None and forks else _Subprocess.begin
        channel, process = begin(target, variables)
        closers.callback(_end, process)
        closers.callback(channel.close)
        served = _served(channel, process, target, folder, home, temp, timeout_seconds)
        evidence = _Evidence(channel)
        app = App(
            target,
            served["url"],
            "child process",
            Path(served["folder"]),
            tuple(credentials) or tuple(Credentials(*pair) for pair in served["credentials"]),
            notes=tuple(served["notes"]),
            evidence_source=evidence,
            gatherer=evidence.gather,
            process_id=process.pid,
        )
        _read_contract(app, served["functions"])
        app._closers = closers.pop_all()
    except BaseException:
        closers.close()
        raise
    return app


def memory_allows(app_pid: int) -> tuple[bool, str]:
    """Return whether a second copy of the process fits in memory, and why, in words.

    A copy is taken to need what the process holds now and a fifth more. Where there is no
    /proc to read, it is taken to fit.
    """
    held = _kilobytes(f"/proc/{app_pid}/status", "VmRSS:")
    free = _kilobytes("/proc/meminfo", "MemAvailable:")
    if held is None or free is None:
        return True, "this system does not tell how much memory is free"
    free = min(free, _container_kilobytes() or free)
    needed = held * 1.2
    words = f"a second copy of the app needs about {_size(needed)}, and {_size(free)} are free"
    return needed < free, words


# -- the parent's side --------------------------------------------------------------------


class _Process(Protocol):
    """A child as its parent knows it."""

    pid: int

    def ended(self) -> bool: ...

    def last_words(self) -> str: ...


class _Subprocess:
    """A child started from nothing."""

    def __init__(self, process: subprocess.Popen[bytes], said: Path) -> None:
        self.pid, self._process, self._said = process.pid, process, said

    @classmethod
    def begin(cls, target: Target, variables: Mapping[str, str]) -> tuple[_Channel, _Process]:
        ours, theirs = socket.socketpair()
        said = Path(variables["TMPDIR"]) / "stderr.txt"
        with theirs, said.open("wb") as stderr:
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", __name__, target.text, str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=stderr,
                env=dict(variables),
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )
        return _Channel(ours), cls(process, said)

    def ended(self) -> bool:
        """Return whether it has ended; if so, it is no zombie."""
        return self._process.poll() is not None

    def last_words(self) -> str:
        """Return its exit code and the last lines of its stderr."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(1)
        return f" (exit code {self._process.returncode})" + _tail(self._said)


class _Forked:
    """A child that a zygote forked off, and reaps."""

    def __init__(self, pid: int, said: Path) -> None:
        self.pid, self._said = pid, said

    def ended(self) -> bool:
        return not _exists(self.pid)

    def last_words(self) -> str:
        return _tail(self._said)


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

    def spawn(self, target: Target, **options: Any) -> App:
        """Return `child` of the target, forked."""
        return child(target, zygote=self, **options)

    def begin(self, target: Target, variables: Mapping[str, str]) -> tuple[_Channel, _Process]:
        """Return the channel to a new child, and the child."""
        ours, theirs = socket.socketpair()
        channel = _Channel(ours)
        try:
            with theirs, self._lock:
                self._control.settimeout(ANSWER_SECONDS)
                socket.send_fds(self._control, [b"fork"], [theirs.fileno()])
                pid = int.from_bytes(self._control.recv(4), "big")
            channel.send({"environment": dict(variables)})
        except OSError:  # it was killed, or cannot fork: do without
            self.close()
            return _Subprocess.begin(target, variables)
        return channel, _Forked(pid, Path(variables["TMPDIR"]) / "stderr.txt")

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


class _Channel:
    """One line of JSON at a time over a socket."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._rest = b""

    def send(self, message: Mapping[str, Any]) -> None:
        self._connection.sendall(json.dumps(message).encode() + b"\n")

    def receive(self, timeout_seconds: float | None = None) -> dict[str, Any] | None:
        """Return the next message, None at the end; raises TimeoutError."""
        self._connection.settimeout(timeout_seconds)
        while b"\n" not in self._rest:
            try:
                piece = self._connection.recv(65536)
            except ConnectionError:
                return None
            if not piece:
                return None
            self._rest += piece
        line, _, self._rest = self._rest.partition(b"\n")
        return dict(json.loads(line))

    def close(self) -> None:
        self._connection.close()


class _Evidence:
    """Asks the probe in the child; None once the child is silent."""

    def __init__(self, channel: _Channel) -> None:
        self._channel: _Channel | None = channel
        self._lock = threading.Lock()

    def __call__(self, event_id: str, session: str) -> Evidence | None:
        answer = self._asked({"event_id": event_id, "session": session})
        return _evidence(answer["evidence"]) if answer is not None else None

    def gather(self, number: int, indices: Sequence[int]) -> None:
        """Have the probe hold calls back, as `Probe.gather` does."""
        self._asked({"gather": number, "indices": list(indices)})

    def _asked(self, question: Mapping[str, Any]) -> dict[str, Any] | None:
        with self._lock:
            if self._channel is None:
                return None
            try:
                self._channel.send(question)
                answer = self._channel.receive(ANSWER_SECONDS)
            except OSError:
                answer = None
            if answer is None:
                self._channel = None  # an answer that comes late would be taken for the next
            return answer


def _evidence(data: dict[str, Any] | None) -> Evidence | None:
    if data is None:
        return None
    plain = _tuples(data)
    plain["frames"] = tuple(Frame(**_tuples(frame)) for frame in data["frames"])
    plain["ran"] = tuple((begun, ended) for begun, ended in data["ran"])
    plain["effects"] = tuple(Effect(**effect) for effect in data["effects"])
    plain["nonfinite"] = tuple((place, word) for place, word in data["nonfinite"])
    plain["warned"] = tuple(
        Warned(item["category"], item["message"], item["frame"] and Frame(**item["frame"]))
        for item in data["warned"]
    )
    return Evidence(**plain)


def _folders(temp: str) -> dict[str, str]:
    """Return the variables that keep every temporary file of a child in one folder."""
    gradio = os.path.join(temp, "gradio")
    cached = os.path.join(gradio, "cached_examples")
    return {"TMPDIR": temp, "GRADIO_TEMP_DIR": gradio, "GRADIO_EXAMPLES_CACHE": cached}


def _served(
    channel: _Channel,
    process: _Process,
    target: Target,
    folder: Path,
    home: Path | None,
    temp: str,
    timeout_seconds: float,
) -> dict[str, Any]:
    """Ask for the target to be served and return what is; raises what the child raised."""
    request = {
        "target": target.text,
        "folder": str(folder),
        "home": str(home) if home else None,
        "timeout_seconds": timeout_seconds,
        "path": sys.path,
        "temp": temp,
    }
    try:
        channel.send(request)
        answer = channel.receive(timeout_seconds + IMPORT_SECONDS)
    except TimeoutError:
        _kill(process.pid)
        raise AppFailed(f"{target} did not launch an app within {timeout_seconds:g} s.") from None
    except OSError:
        answer = None  # it ended before it read the request
    except BaseException:  # Ctrl-C: a script that still starts would not hear a goodbye
        _kill(process.pid)
        raise
    if answer is None:
        raise AppFailed(
            f"{target} ended its process{process.last_words()}\nbefore it launched an app."
        )
    if "error" in answer:
        raise getattr(errors, answer["error"], TargetError)(answer["message"])
    return answer


def _read_contract(app: App, functions: Mapping[str, Any]) -> None:
    """Read the contract as in-process, with the functions that only the child knows."""
    with contextlib.suppress(AppUnreachable), app.http() as http:
        config = http.get(f"{app.url}/config")
        if config.status_code != 200:
            return  # asking for it will say why
        prefix = config.json().get("api_prefix") or ""
        info = http.get(f"{app.url}{prefix}/info")
        known = {int(index): Function(**_tuples(data)) for index, data in functions.items()}
        told = info.json() if info.status_code == 200 else None
        app._contract = read(config.json(), told, known)


def _tuples(data: Mapping[str, Any]) -> dict[str, Any]:
    return {k: tuple(v) if isinstance(v, list) else v for k, v in data.items()}


def _end(process: _Process) -> None:
    """See the child out; after this nothing of its group is left. Its channel is closed."""
    _wait(process.ended, GOODBYE_SECONDS)
    _wait(lambda: not _exists(-process.pid), LEFTOVER_SECONDS if process.ended() else 0)
    _kill(process.pid, group_only=process.ended())
    _wait(process.ended, GOODBYE_SECONDS)


def _kill(pid: int, *, group_only: bool = False) -> None:
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


def _kilobytes(path: str, name: str) -> int | None:
    with contextlib.suppress(OSError):
        for line in Path(path).read_text().splitlines():
            if line.startswith(name):
                return int(line.split()[1])
    return None


def _container_kilobytes() -> int | None:
    """Return what this container may still take; None outside of one, or without a limit."""
    with contextlib.suppress(OSError, ValueError):
        limit = int(Path("/sys/fs/cgroup/memory.max").read_text())
        return (limit - int(Path("/sys/fs/cgroup/memory.current").read_text())) // 1024
    return None


def _size(kilobytes: float) -> str:
    return (
        f"{kilobytes / 1024:.0f} MB" if kilobytes < 1 << 20 else f"{kilobytes / (1 << 20):.1f} GB"
    )


# -- the child's side ----------------------------------------------------------------------


def _serve(channel: _Channel, request: Mapping[str, Any]) -> None:
    """Serve what the parent asks for until it closes the channel or dies."""
    sys.path += [entry for entry in request["path"] if entry not in sys.path]
    folder = Path(request["folder"])
    try:
        target = parse(request["target"], folder)
        app = launch(
            target,
            folder=folder,
            home=Path(request["home"]) if request["home"] else None,
            timeout_seconds=request["timeout_seconds"],
        )
    except TargetError as error:
        channel.send({"error": type(error).__name__, "message": str(error)})
        return
    with app:
        channel.send(_announced(app))
        while (question := channel.receive()) is not None:
            if "gather" in question:
                app.gather(question["gather"], question["indices"])
                channel.send({})
                continue
            evidence = app.evidence(question["event_id"], question["session"])
            channel.send({"evidence": asdict(evidence) if evidence else None})


def _announced(app: App) -> dict[str, Any]:
    """Return what the parent has to know of *app*."""
    functions = {}
    with contextlib.suppress(TargetError):  # it asks for a login that only the parent knows
        functions = {e.index: asdict(e.function) for e in app.contract.events if e.function}
    return {
        "url": app.url,
        "folder": str(app.folder),
        "credentials": [(who.user, who.password) for who in app.credentials],
        "notes": app.notes,
        "functions": functions,
    }


def _watch(parent: int, temp: str) -> None:
    """End this process and all it started once its parent has died."""
    while os.getppid() == parent:
        time.sleep(WATCH_SECONDS)
    time.sleep(GOODBYE_SECONDS / 2)  # the closed channel lets the author's own code end first
    _vanish(temp)


def _vanish(temp: str) -> NoReturn:
    shutil.rmtree(temp, ignore_errors=True)
    os.killpg(os.getpgrp(), signal.SIGKILL)
    raise SystemExit


def _be_child(channel: _Channel, parent: int) -> NoReturn:
    """Serve, then leave without waiting for threads: a hanging function's never ends."""
    code = 1
    request = channel.receive()
    if request is None:
        os._exit(code)
    watch = functools.partial(_watch, parent, request["temp"])
    threading.Thread(target=watch, name="gradio-harness-watch", daemon=True).start()
    try:
        _serve(channel, request)
        code = 0
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        with contextlib.suppress(BaseException):
            atexit._run_exitfuncs()
        if os.getppid() != parent:
            _vanish(request["temp"])
        os._exit(code)


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
        channel = _Channel(connection)
        first = channel.receive()
        if first is None:
            os._exit(0)
        os.environ.clear()
        os.environ.update(first["environment"])
        _use_folders()
        said = os.open(os.path.join(os.environ["TMPDIR"], "stderr.txt"), os.O_WRONLY | os.O_CREAT)
        os.dup2(said, 2)
        if "numpy" in sys.modules:
            sys.modules["numpy"].random.seed()
    except BaseException:
        os._exit(1)
    _be_child(channel, parent)


def _use_folders() -> None:
    """Have this process's folders used where others were looked up at import."""
    tempfile.tempdir = None
    for name in ("gradio.routes", "gradio.route_utils", "gradio.mcp"):
        if hasattr(sys.modules.get(name), "DEFAULT_TEMP_DIR"):
            sys.modules[name].DEFAULT_TEMP_DIR = os.environ["GRADIO_TEMP_DIR"]  # type: ignore[attr-defined]


def main() -> NoReturn:
    """Be the child that `_Subprocess.begin` started."""
    connection = socket.socket(fileno=int(sys.argv[2]))
    connection.set_inheritable(False)
    _be_child(_Channel(connection), os.getppid())


if __name__ == "__main__":
    main()
