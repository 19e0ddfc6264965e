"""The parent's side: a child begun, its app read, and its probe asked for evidence."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .. import errors
from ..app import App, Credentials
from ..contract import Function, read
from ..errors import AppFailed, AppUnreachable, TargetError
from ..observation import Effect, Evidence, Frame, Warned
from ..routes import Door
from ..target import Target
from .channel import Channel
from .process import Process, Subprocess, end, kill
from .zygote import Zygote

__all__ = ["child"]

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
    python: str = sys.executable,
) -> App:
    """Serve a file or module target in a child process and return it running.

    As `launch`, with the same errors in the same words; *module* and *blocks* are None. Its
    temporary files, its own and Gradio's, are in one folder that goes with it. *environment* is
    added to this process's; a variable of it may be read at import, so no *zygote* is used then,
    nor where *python* is that of another environment.
    """
    closers = contextlib.ExitStack()
    try:
        temp = tempfile.mkdtemp(prefix="gradio-harness-child-")
        closers.callback(shutil.rmtree, temp, ignore_errors=True)
        variables = {**os.environ, **_folders(temp), **(environment or {})}
        own = not environment and python == sys.executable
        if zygote is not None and own and zygote.alive:
            channel, process = zygote.begin(target, variables)
        else:
            channel, process = Subprocess.begin(target, variables, python)
        closers.callback(end, process)
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
            _door=Door(**served["door"]),
        )
        _read_contract(app, served["functions"])
        app._closers = closers.pop_all()
    except BaseException:
        closers.close()
        raise
    return app


class _Evidence:
    """Asks the probe in the child; None once the child is silent."""

    def __init__(self, channel: Channel) -> None:
        self._channel: Channel | None = channel
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
    channel: Channel,
    process: Process,
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
        kill(process.pid)
        raise AppFailed(f"{target} did not launch an app within {timeout_seconds:g} s.") from None
    except OSError:
        answer = None  # it ended before it read the request
    except BaseException:  # Ctrl-C: a script that still starts would not hear a goodbye
        kill(process.pid)
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
