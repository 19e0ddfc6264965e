"""The author's script run on a thread, and parked where it would serve."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import dataclasses
import functools
import importlib
import inspect
import sys
import threading
import time
import traceback
import types
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ..errors import AppFailed, AppUnreachable, TargetNotFound
from ..probe import Probe
from ..target import Target
from .discovery import Discovery
from .failure import Failure
from .kinds import blocks_class, mounted
from .loopback import (
    Served,
    Uvicorn,
    end_launched,
    given_to,
    launch_here,
    listening_here,
    name_elements,
    no_tunnel,
    own_root,
    quiet_signals,
    replaced,
    without_node,
)
from .main_module import MainModule

__all__ = ["Script"]

#: How long a script that does not wait in launch() is watched before it counts as served.
GRACE_SECONDS = 1.0


class Script:
    """The running script of a file or module target; `start` it, `close` it."""

    def __init__(
        self, target: Target, *, folder: Path, probe: Probe, timeout_seconds: float
    ) -> None:
        assert target.path is not None
        self.target = target
        self.path = target.path
        self.folder = folder
        self.probe = probe
        self.timeout_seconds = timeout_seconds
        self._main_module = MainModule(target, self.path, folder, probe.roots)
        self.module: types.ModuleType = self._main_module.module
        self._served: Served | None = None
        self._error: BaseException | None = None
        self._ready = threading.Event()
        self._end = threading.Event()
        self._parked = False
        self._mounts: list[tuple[Any, Any, str, dict[str, Any]]] = []
        self._declined: list[tuple[Any, dict[str, Any]]] = []
        self._servers: list[Uvicorn] = []
        self._launched: list[Any] = []
        self._notes: dict[str, None] = {}
        self._undo = contextlib.ExitStack()
        self._thread = threading.Thread(target=self._main, name="gradio-harness-app", daemon=True)

    def start(self) -> Served:
        """Run the script until it serves; raises TargetNotFound or AppFailed in words."""
        try:
            self._patch()
            self._thread.start()
            self._await()
        except BaseException:
            self.close()
            raise
        self._main_module.settled()
        if self._served is not None and self._error is None:
            notes = (*self._served.notes, *self._notes, *self._unserved())
            return dataclasses.replace(self._served, notes=notes)
        error = self._error
        self.close()
        assert error is not None
        if isinstance(error, TargetNotFound | AppFailed | AppUnreachable):
            raise error
        served = self._served is not None
        failure = Failure(error, self.target, self.path, self.folder, self.probe.roots, served)
        raise AppFailed(failure.words) from error

    def close(self) -> None:
        """Stop serving, let the script run to its end, and put everything back."""
        self._end.set()
        for blocks in self._launched:
            end_launched(blocks)
        for server in self._servers:
            server.close()
        self._stop_thread()
        self._undo.close()

    def _stop_thread(self) -> None:
        """End the script's thread: what waits in launch() goes on, what loops is interrupted."""
        thread = self._thread
        if not thread.is_alive() or thread is threading.current_thread():
            return
        thread.join(5 if self._parked else 0.3)
        if thread.is_alive():
            # Ctrl-C is how its author ends a loop; a script that was never served must not
            # go on to launch for real.
            kind = KeyboardInterrupt if self._served else SystemExit
            ctypes.pythonapi.PyThreadState_SetAsyncExc(
                ctypes.c_ulong(thread.ident or 0), ctypes.py_object(kind)
            )
            thread.join(2)

    # -- running ---------------------------------------------------------------

    def _await(self) -> None:
        """Wait until the app is served or failed.

        A script that launches with prevent_thread_lock goes on by itself, often for ever.
        """
        limit = time.monotonic() + self.timeout_seconds
        served_at = None
        while not self._ready.wait(0.05):
            now = time.monotonic()
            if self._served is not None:
                served_at = served_at or now
                if now - served_at > GRACE_SECONDS:
                    return
            elif now > limit:
                raise AppFailed(
                    f"{self.target} did not launch an app within {self.timeout_seconds:g} s; "
                    f"it was at {self._position()}. Give it longer with --app-start-timeout."
                )

    def _main(self) -> None:
        loop = asyncio.new_event_loop()  # as on a main thread: get_event_loop() works
        asyncio.set_event_loop(loop)
        try:
            with self.probe.starting():
                self._main_module.execute()
                if self._served is None:
                    self._serve(*self._discovered())
            self._park()
        except BaseException as error:
            ending = isinstance(error, SystemExit | KeyboardInterrupt)
            if self._served is None or not (ending or self._end.is_set()):
                self._error = error
            elif not ending:
                traceback.print_exc()
        finally:
            loop.close()
            self._ready.set()

    def _unserved(self) -> Iterator[str]:
        """Yield a note for each app that the script launches beside the one served."""
        names = {id(value): name for name, value in vars(self.module).items()}
        for blocks, _ in self._declined:
            name = names.get(id(blocks))
            if name and self._served is not None and blocks is not self._served.blocks:
                place = self.target.text.removesuffix(f":{self.target.name}")
                yield f"{name} is launched too; to test it: --app {place}:{name}"

    # -- serving ---------------------------------------------------------------

    def _discovered(self) -> tuple[Any, dict[str, Any], str]:
        names = vars(self.module)
        return Discovery(self.target, self.path, names, self._mounts, self._declined).found()

    def _serve(self, value: Any, arguments: dict[str, Any], path: str) -> None:
        if isinstance(value, blocks_class()):
            self._launch(value, (), arguments)
        else:
            self._serve_asgi(value, path, arguments)

    def _launch(self, blocks: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Launch on loopback with the author's arguments, less those that say where."""
        given = given_to(self._original_launch, blocks, args, kwargs)
        here = {**given, **self._root(given)}
        self._launched.append(blocks)
        with self.probe.looking_away():
            result, url = launch_here(self._original_launch, blocks, here)
        self._served = Served(url, blocks, given, asgi=getattr(blocks, "app", None))
        return result

    def _root(self, given: Mapping[str, Any]) -> dict[str, str]:
        root, notes = own_root(given)
        self._notes |= dict.fromkeys(notes)
        return root

    def _serve_asgi(
        self,
        asgi: Any,
        path: str,
        arguments: dict[str, Any],
        options: Mapping[str, Any] | None = None,
    ) -> None:
        recorded = {other: blocks for _, blocks, other, _ in self._mounts}
        mounts = mounted(asgi) or recorded
        if not mounts:
            raise TargetNotFound(
                f"{self.path.name} serves a {type(asgi).__name__} without a Gradio app. Mount one "
                "with gr.mount_gradio_app, or name the page itself: --app "
                f"{self.target.text.partition(':')[0]}:demo"
            )
        wanted = recorded.get(path)
        path = next((p for p, blocks in mounts.items() if blocks is wanted), next(iter(mounts)))
        server = Uvicorn(asgi, options or {})
        self._servers.append(server)
        if not server.start(self.timeout_seconds):
            raise AppFailed(f"{self.target}: uvicorn could not start the app.")
        others = (other for other in mounts if other != path)
        notes = tuple(f"another Gradio app is mounted at {other}" for other in others)
        url = f"http://127.0.0.1:{server.port}{path.rstrip('/')}"
        self._served = Served(url, mounts[path], arguments, notes, asgi)

    def _park(self) -> None:
        self._parked = True
        self._ready.set()
        self._end.wait()

    # -- what replaces Gradio's and uvicorn's own functions ----------------------

    def _patch(self) -> None:
        gradio_blocks = importlib.import_module("gradio.blocks")
        routes = importlib.import_module("gradio.routes")
        gradio = importlib.import_module("gradio")
        uvicorn = importlib.import_module("uvicorn")
        self._original_launch = gradio_blocks.Blocks.launch
        original_mount = routes.mount_gradio_app
        original_run, original_serve = uvicorn.Server.run, uvicorn.Server.serve
        script = self

        def launch(blocks: Any, *args: Any, **kwargs: Any) -> Any:
            return script._on_launch(blocks, args, kwargs)

        def mount(app: Any, blocks: Any, path: str = "/", *args: Any, **kwargs: Any) -> Any:
            name_elements(blocks)
            here = {**kwargs, **script._root(kwargs)}
            parent = original_mount(app, blocks, path, *args, **without_node(original_mount, here))
            script._mounts.append((parent, blocks, path.rstrip("/"), dict(kwargs)))
            return parent

        def run(app: Any, *_: Any, **options: Any) -> None:
            script._on_uvicorn(app, options)

        def run_server(server: Any, *args: Any, **kwargs: Any) -> Any:
            if threading.current_thread() is not script._thread:
                return original_run(listening_here(server), *args, **kwargs)
            return script._on_uvicorn(server.config.app, vars(server.config))

        async def serve(server: Any, *args: Any, **kwargs: Any) -> Any:
            if threading.current_thread() is not script._thread:
                return await original_serve(listening_here(server), *args, **kwargs)
            return script._on_uvicorn(server.config.app, vars(server.config))

        replacements = (
            (gradio_blocks.Blocks, "launch", launch),
            (gradio_blocks.Blocks, "block_thread", lambda blocks: script._park()),
            (routes, "mount_gradio_app", mount),
            (gradio, "mount_gradio_app", mount),
            (uvicorn, "run", run),
            (uvicorn.Server, "run", run_server),
            (uvicorn.Server, "serve", serve),
            (importlib.import_module("gradio.networking"), "setup_tunnel", no_tunnel),
        )
        for owner, name, value in replacements:
            self._undo.enter_context(replaced(owner, name, value))
        self._undo.enter_context(quiet_signals())
        self._undo.enter_context(self._main_module.in_place())

    def _on_launch(self, blocks: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if self._end.is_set() and self._served is None:
            raise SystemExit  # given up on: it must not serve behind our back
        wanted = vars(self.module).get(self.target.name) if self.target.name else None
        other = self.target.name and wanted is not blocks
        if other or self._served is not None:
            names = list(inspect.signature(self._original_launch).parameters)[1:]
            self._declined.append((blocks, {**dict(zip(names, args, strict=False)), **kwargs}))
            return None, "", None
        result = self._launch(blocks, args, kwargs)
        if not (self._served and self._served.arguments.get("prevent_thread_lock")):
            self._park()
        return result

    def _on_uvicorn(self, app: Any, options: Mapping[str, Any]) -> None:
        if self._end.is_set():
            raise SystemExit
        if self._served is not None:
            self._park()
            return
        if isinstance(app, str):
            module, _, name = app.partition(":")
            app = functools.reduce(getattr, name.split("."), importlib.import_module(module))
        if options.get("factory"):
            app = app()
        mount = next((m for m in self._mounts if m[0] is app), None)
        if mount is None and self._mounts:
            mount = self._mounts[0]
        if self.target.name:
            named = vars(self.module).get(self.target.name)
            mount = next((m for m in self._mounts if named is m[1]), mount)
        path, arguments = (mount[2], mount[3]) if mount else ("", {})
        self._serve_asgi(app, path, arguments, options)
        self._park()

    # -- words -------------------------------------------------------------------

    def _position(self) -> str:
        """Return the author's line at which the script is just now."""
        frame = sys._current_frames().get(self._thread.ident or 0)
        place = "an unknown place"
        while frame is not None:
            if frame.f_code.co_filename.startswith(str(self.path.parent)):
                return f"{frame.f_code.co_filename}:{frame.f_lineno} in {frame.f_code.co_name}"
            frame = frame.f_back
        return place
