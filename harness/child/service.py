"""The child's side: serve what the parent asks for until it closes the channel or dies."""

from __future__ import annotations

import atexit
import contextlib
import functools
import os
import shutil
import signal
import socket
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, NoReturn

from ..app import App, launch
from ..errors import TargetError
from ..target import parse
from .channel import Channel
from .process import GOODBYE_SECONDS

__all__ = ["be_child", "main"]

#: How often a child looks whether its parent still lives.
WATCH_SECONDS = 0.5


def be_child(channel: Channel, parent: int) -> NoReturn:
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


def _serve(channel: Channel, request: Mapping[str, Any]) -> None:
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
            shortcuts=False,  # what is measured is the app as it is
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
        "door": asdict(app.door),
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


def main() -> NoReturn:
    """Be the child that `Subprocess.begin` started."""
    connection = socket.socket(fileno=int(sys.argv[2]))
    connection.set_inheritable(False)
    be_child(Channel(connection), os.getppid())
