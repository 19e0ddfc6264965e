"""The author's script, run as its author runs it and parked where it would serve.

The module runs as ``__main__`` (and under its own name) on a thread of its own, with
`Blocks.launch`, `mount_gradio_app` and `uvicorn.run` replaced: what they are given is
recorded, the app is served on loopback with the author's own arguments, and the thread
waits there until `Script.close`. So ``with`` blocks around ``launch()`` stay open, pickling
finds ``__main__``, and everything after ``launch()`` runs at the end, as it does for the author.
"""

from __future__ import annotations

import ast
import asyncio
import contextlib
import ctypes
import dataclasses
import functools
import importlib
import importlib.machinery
import inspect
import os
import signal
import socket
import sys
import threading
import time
import traceback
import types
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from .errors import AppFailed, AppUnreachable, TargetNotFound, choices
from .probe import Probe, frames_of, is_own, needs_of
from .target import Target

__all__ = ["Script", "Served", "free_port", "working_folder"]

NAMES = ("demo", "app", "iface", "interface", "block", "blocks", "ui")

#: Launch arguments that decide where and for whom to serve; the harness decides those.
REPLACED = (
    "share",
    "inbrowser",
    "server_port",
    "server_name",
    "debug",
    "prevent_thread_lock",
    "ssl_keyfile",
    "ssl_certfile",
    "ssl_keyfile_password",
    "ssl_verify",
    "inline",
    "quiet",
    "ssr_mode",
    "num_workers",
)

#: What of uvicorn.run's arguments belongs to the app and not to the machine it runs on.
KEPT_BY_UVICORN = (
    "root_path",
    "proxy_headers",
    "forwarded_allow_ips",
    "headers",
    "date_header",
    "server_header",
    "lifespan",
    "interface",
)

#: How long a script that does not wait in launch() is watched before it counts as served.
GRACE_SECONDS = 1.0

#: Where Gradio 6 wants what earlier versions took elsewhere.
MOVED = {
    "theme": "Gradio 6 takes theme in launch(), earlier versions in Blocks().",
    "css": "Gradio 6 takes css in launch(), earlier versions in Blocks().",
    "js": "Gradio 6 takes js in launch(), earlier versions in Blocks().",
    "head": "Gradio 6 takes head in launch(), earlier versions in Blocks().",
    "show_api": "Gradio 6 has no show_api; an event takes api_visibility instead.",
    "concurrency_count": "Gradio 4 and later take concurrency_limit on each event.",
    "enable_queue": "Gradio 4 and later always have the queue.",
    "allow_flagging": "Gradio 5 and later call it flagging_mode.",
    "type": "Gradio 6 knows only the messages format and has no type argument.",
}


#: Where the name to install differs from the name to import.
DISTRIBUTIONS = {
    "bs4": "beautifulsoup4",
    "cv2": "opencv-python",
    "docx": "python-docx",
    "dotenv": "python-dotenv",
    "fitz": "pymupdf",
    "PIL": "pillow",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "yaml": "pyyaml",
}


@dataclass(frozen=True, slots=True)
class Served:
    """What the script serves: its address and how its author launched it."""

    url: str
    blocks: Any
    arguments: Mapping[str, Any] = field(default_factory=dict, repr=False)
    notes: tuple[str, ...] = ()


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
        self.module: types.ModuleType = types.ModuleType("__main__")
        self._served: Served | None = None
        self._error: BaseException | None = None
        self._ready = threading.Event()
        self._end = threading.Event()
        self._parked = False
        self._argv: list[str] = []
        self._brought: tuple[list[str], list[str]] | None = None
        self._mounts: list[tuple[Any, Any, str, dict[str, Any]]] = []
        self._declined: list[tuple[Any, dict[str, Any]]] = []
        self._servers: list[tuple[Any, threading.Thread]] = []
        self._launched: list[Any] = []
        self._notes: dict[str, None] = {}
        self._undo = contextlib.ExitStack()
        self._thread = threading.Thread(target=self._main, name="gradio-harness-app", daemon=True)

    def start(self) -> Served:
        """Run the script until it serves; raises TargetNotFound or AppFailed in words."""
        self._argv = sys.argv[:]
        try:
            self._patch()
            self._thread.start()
            self._await()
        except BaseException:
            self.close()
            raise
        sys.argv[:] = self._argv  # parsed by now; pytest and its plugins read it later
        self._brought = self._brought_in()
        if self._served is not None and self._error is None:
            notes = (*self._served.notes, *self._notes, *self._unserved())
            return dataclasses.replace(self._served, notes=notes)
        error = self._error
        self.close()
        assert error is not None
        if isinstance(error, TargetNotFound | AppFailed | AppUnreachable):
            raise error
        raise AppFailed(self._explained(error)) from error

    def close(self) -> None:
        """Stop serving, let the script run to its end, and put everything back."""
        self._end.set()
        for blocks in self._launched:
            with contextlib.suppress(Exception):
                blocks.close(verbose=False)
            server = getattr(blocks, "server", None)
            if server is not None and server.thread.is_alive():  # a handler that hangs
                server.force_exit = True
                server.thread.join(2)
        for server, thread in self._servers:
            server.should_exit = True
            thread.join(5)
            if thread.is_alive():
                server.force_exit = True
                thread.join(2)
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
                self._execute()
                if self._served is None:
                    self._serve(*self._discover())
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

    def _execute(self) -> None:
        if self.module.__package__:
            importlib.import_module(self.module.__package__)  # as `python -m` does
        source = self.path.read_bytes()
        code = compile(source, str(self.path), "exec", dont_inherit=True)
        exec(code, self.module.__dict__)

    def _discover(self) -> tuple[Any, dict[str, Any], str]:
        """Return Blocks or ASGI app, launch arguments and mount path from the module's names."""
        names = vars(self.module)
        if self.target.name:
            return self._named(names)
        if self._mounts:
            parent, _, path, arguments = self._mounts[0]
            return parent, arguments, path
        blocks = _blocks_class()
        for name in NAMES:
            if isinstance(names.get(name), blocks) and not _nested(names[name]):
                return names[name], self._arguments_for(names[name]), ""
        found = {k: v for k, v in names.items() if isinstance(v, blocks) and not k.startswith("_")}
        outer = [v for v in dict.fromkeys(found.values()) if not _nested(v)]
        if len(outer) == 1:
            return outer[0], {}, ""
        raise TargetNotFound(self._nothing(sorted(found), names))

    def _named(self, names: Mapping[str, Any]) -> tuple[Any, dict[str, Any], str]:
        name = self.target.name
        if name not in names:
            known = [k for k, v in names.items() if not k.startswith("_") and _servable(v)]
            raise TargetNotFound(f"{self.path.name} has no {name!r}. {choices(name, known)}")
        value = names[name]
        arguments: dict[str, Any] | None = None
        if callable(value) and not isinstance(value, _blocks_class()) and not _is_asgi(value):
            value = self._made(name, value)
            if len(self._declined) == 1:  # the script launches what the same factory makes
                arguments = self._declined[0][1]
        for parent, blocks, path, arguments in self._mounts:
            if value is blocks or value is parent:
                return parent, arguments, path
        if not (isinstance(value, _blocks_class()) or _is_asgi(value)):
            raise TargetNotFound(
                f"{name!r} in {self.path.name} is a {type(value).__name__}; the harness can serve "
                "a gr.Blocks (gr.Interface, gr.ChatInterface …), a FastAPI app with a Gradio app "
                "mounted, or a function without required arguments that returns one of these."
            )
        return value, arguments or self._arguments_for(value), ""

    def _made(self, name: str, factory: Callable[..., Any]) -> Any:
        required = [
            p.name
            for p in inspect.signature(factory).parameters.values()
            if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
        ]
        if required:
            raise TargetNotFound(
                f"{name}() in {self.path.name} needs {', '.join(required)}; a factory must work "
                "without arguments. Give them defaults, or name a function that calls it."
            )
        return factory()

    def _arguments_for(self, value: Any) -> dict[str, Any]:
        return next((kwargs for blocks, kwargs in self._declined if blocks is value), {})

    def _nothing(self, found: list[str], names: Mapping[str, Any]) -> str:
        """Return what was looked for and what there is, for a file that launches nothing."""
        if found:
            return (
                f"{self.path.name} has {len(found)} apps and launches none: {', '.join(found)}. "
                f"Say which: --app {self.target.text}:{found[0]}"
            )
        makers = [
            k
            for k, v in names.items()
            if inspect.isfunction(v) and v.__module__ == "__main__" and _no_arguments(v)
        ]
        hint = f" Is one of these a factory? {', '.join(makers[:8])}." if makers else ""
        example = makers[0] if makers else "demo"
        return (
            f"{self.path.name} ran to its end without launching a Gradio app, and none of its "
            f"names holds one (looked for {', '.join(NAMES)} and any gr.Blocks).{hint} "
            f"Name it: --app {self.target.text}:{example}"
        )

    # -- serving ---------------------------------------------------------------

    def _serve(self, value: Any, arguments: dict[str, Any], path: str) -> None:
        if isinstance(value, _blocks_class()):
            self._launch(value, (), arguments)
        else:
            self._serve_asgi(value, path, arguments)

    def _launch(self, blocks: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Launch on loopback with the author's arguments, less those that say where."""
        original = self._original_launch
        signature = inspect.signature(original)
        bound = signature.bind(blocks, *args, **kwargs)  # a wrong argument fails as for the author
        given = {k: v for k, v in bound.arguments.items() if k != next(iter(signature.parameters))}
        given.update(given.pop("kwargs", {}))
        kept = {k: v for k, v in given.items() if k not in REPLACED} | self._root(given)
        _name_elements(blocks)
        ours: dict[str, Any] = {
            "server_name": "127.0.0.1",
            "server_port": free_port(),
            "prevent_thread_lock": True,
            "quiet": True,
            "inbrowser": False,
            "share": False,
            "inline": False,
            "ssr_mode": False,
        }
        ours = {k: v for k, v in ours.items() if k in signature.parameters}
        networking = importlib.import_module("gradio.networking")
        self._launched.append(blocks)
        with self.probe.looking_away(), _replaced(networking, "url_ok", _answers):
            result = original(blocks, **kept, **ours)
        self._served = Served(f"http://127.0.0.1:{ours['server_port']}", blocks, given)
        return result

    def _root(self, given: Mapping[str, Any]) -> dict[str, str]:
        """Return the path of a *given* root_path that is a whole address, {} if it is none.

        The page sends everything to that address: the deployed app, and not this one.
        """
        root = given.get("root_path")
        if root is None:
            root = os.environ.get("GRADIO_ROOT_PATH", "")
        parts = urlsplit(str(root))
        if parts.scheme not in ("http", "https"):
            return {}
        path = parts.path.rstrip("/")
        self._notes[
            f"root_path is {root}: only its path, {path or '/'}, is kept here, so that the page "
            "talks to the app under test and not to that address"
        ] = None
        return {"root_path": path}

    def _serve_asgi(
        self,
        asgi: Any,
        path: str,
        arguments: dict[str, Any],
        options: Mapping[str, Any] | None = None,
    ) -> None:
        import uvicorn

        recorded = {other: blocks for _, blocks, other, _ in self._mounts}
        mounts = _mounted(asgi) or recorded
        if not mounts:
            raise TargetNotFound(
                f"{self.path.name} serves a {type(asgi).__name__} without a Gradio app. Mount one "
                "with gr.mount_gradio_app, or name the page itself: --app "
                f"{self.target.text.partition(':')[0]}:demo"
            )
        wanted = recorded.get(path)
        path = next((p for p, blocks in mounts.items() if blocks is wanted), next(iter(mounts)))
        port = free_port()
        kept = {k: v for k, v in (options or {}).items() if k in KEPT_BY_UVICORN}
        config = uvicorn.Config(asgi, host="127.0.0.1", port=port, log_level="warning", **kept)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, name="gradio-harness-uvicorn", daemon=True)
        self._servers.append((server, thread))
        with _replaced(signal, "signal", lambda *_: None):
            thread.start()
            limit = time.monotonic() + self.timeout_seconds
            while not server.started:
                if not thread.is_alive() or time.monotonic() > limit:
                    raise AppFailed(f"{self.target}: uvicorn could not start the app.")
                time.sleep(0.01)
        notes = tuple(
            f"another Gradio app is mounted at {other}" for other in mounts if other != path
        )
        self._served = Served(
            f"http://127.0.0.1:{port}{path.rstrip('/')}", mounts[path], arguments, notes
        )

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
            _name_elements(blocks)
            here = {**kwargs, **script._root(kwargs)}
            parent = original_mount(app, blocks, path, *args, **here)
            script._mounts.append((parent, blocks, path.rstrip("/"), dict(kwargs)))
            return parent

        def run(app: Any, *_: Any, **options: Any) -> None:
            script._on_uvicorn(app, options)

        def run_server(server: Any, *args: Any, **kwargs: Any) -> Any:
            if threading.current_thread() is not script._thread:
                return original_run(server, *args, **kwargs)
            return script._on_uvicorn(server.config.app, vars(server.config))

        async def serve(server: Any, *args: Any, **kwargs: Any) -> Any:
            if threading.current_thread() is not script._thread:
                return await original_serve(server, *args, **kwargs)
            return script._on_uvicorn(server.config.app, vars(server.config))

        replacements = (
            (gradio_blocks.Blocks, "launch", launch),
            (gradio_blocks.Blocks, "block_thread", lambda blocks: script._park()),
            (routes, "mount_gradio_app", mount),
            (gradio, "mount_gradio_app", mount),
            (uvicorn, "run", run),
            (uvicorn.Server, "run", run_server),
            (uvicorn.Server, "serve", serve),
        )
        for owner, name, value in replacements:
            self._undo.enter_context(_replaced(owner, name, value))
        self._undo.enter_context(_quiet_signals())
        self._undo.enter_context(self._as_main())

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

    @contextlib.contextmanager
    def _as_main(self) -> Iterator[None]:
        """Be ``__main__`` and one's own name, with the folder, argv and path of the author."""
        module, name = self.module, self.target.module or self.path.stem
        module.__file__ = str(self.path)
        module.__dict__["__builtins__"] = __builtins__
        if self.target.module:
            package = self.path.name == "__init__.py"
            module.__package__ = name if package else name.rpartition(".")[0]
            module.__spec__ = importlib.machinery.ModuleSpec(
                name, None, origin=str(self.path), is_package=package
            )
            if package:
                module.__path__ = [str(self.path.parent)]
        names = ["__main__"]
        if name not in sys.stdlib_module_names and name.replace(".", "_").isidentifier():
            names.append(name)
        first = str(self.folder) if self.target.module else str(self.path.parent)
        before = {key: sys.modules.get(key) for key in names}
        cwd = os.getcwd()
        self._path, self._modules = sys.path[:], frozenset(sys.modules)
        sys.path.insert(0, first)
        sys.argv[:] = [str(self.path)]
        sys.modules.update(dict.fromkeys(names, module))
        os.chdir(self.folder)
        try:
            yield
        finally:
            modules, paths = self._brought or self._brought_in()
            for key in modules:
                sys.modules.pop(key, None)
            for key, value in before.items():
                if value is None:
                    sys.modules.pop(key, None)
                else:
                    sys.modules[key] = value
            sys.argv[:] = self._argv
            for path in (first, *paths):
                with contextlib.suppress(ValueError):
                    sys.path.remove(path)
            with contextlib.suppress(OSError):
                os.chdir(cwd)

    def _brought_in(self) -> tuple[list[str], list[str]]:
        """Return the author's modules and paths that came with the script.

        They go with it, so that the next app's ``import utils`` finds its own.
        """
        modules = [
            name
            for name, module in list(sys.modules.items())
            if name not in self._modules
            and is_own(str(getattr(module, "__file__", None) or "<none>"), self.probe.roots)
        ]
        first = str(self.folder) if self.target.module else str(self.path.parent)
        paths = [path for path in sys.path if path not in self._path and path != first]
        return modules, paths

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

    def _explained(self, error: BaseException) -> str:
        """Return why the script failed: what was tried, what was found, what to type."""
        frames = frames_of(error, self.probe.roots)
        own = next((frame for frame in reversed(frames) if frame.own), None)
        where = f"{own.file}:{own.line}" if own else str(self.path)
        said = f"{type(error).__name__}: {error}".strip(": ")
        line = f"\n    {own.code}" if own and own.code else ""
        when = "before it launched an app"
        if self._served:
            when = "after it launched, which ends the app"
        head = f"{self.target} failed {when}.\n  {where}{line}\n  {said}\n"
        if isinstance(error, SyntaxError):
            place = f"{error.filename}:{error.lineno}"
            return f"{self.target} is not valid Python.\n  {place}\n  {said}"
        return head + "  " + self._advice(error, said)

    def _advice(self, error: BaseException, said: str) -> str:
        needs = needs_of(error)
        if isinstance(error, SystemExit):
            return (
                f"The script ended itself (exit code {error.code}) before launching. Arguments are "
                "not passed on: does it need some? Wrap it in a factory: --app app.py:make_demo"
            )
        if isinstance(error, ModuleNotFoundError):
            package = (error.name or "").partition(".")[0]
            return (
                f"The package {error.name!r} is not installed for {sys.executable}. "
                f"Type: {sys.executable} -m pip install {DISTRIBUTIONS.get(package, package)}"
            )
        if isinstance(error, ImportError) and "no known parent package" in said:
            module = ".".join((self.path.parent.name, self.path.stem))
            return (
                "It belongs to a package: go to the folder above and name the module, as "
                f"`python -m` takes it: --app {module}"
            )
        if isinstance(error, EOFError) or "reading from stdin" in said:
            return (
                "It asks for input, and nobody answers here. Put input() under a factory, or give "
                "the answer a default."
            )
        if _of_gradio(error) and "unexpected keyword argument" in said:
            argument = said.rpartition("argument ")[2].split("'")[1] if "'" in said else ""
            version = importlib.import_module("gradio").__version__
            moved = MOVED.get(argument, "Take it out, or install the version the app is for.")
            return f"Gradio {version} does not know {argument!r} here. {moved}"
        if needs:
            return (
                f"It needs {needs}, which this machine does not have. Run it where there is, or "
                "load the model in a function that a test can replace."
            )
        if isinstance(error, FileNotFoundError):
            return (
                f"It ran in {self.folder}. If its files are relative to another folder, say "
                "which: --app-folder DIR"
            )
        return "Run it by hand to see the same: " + f"cd {self.folder} && python {self.path}"


def working_folder(path: Path, invoked_from: Path) -> Path:
    """Return the folder that the author runs *path* from: its own, or *invoked_from*.

    The relative paths written in its source decide: whichever folder has more of them.
    """
    own = path.parent
    if own == invoked_from or invoked_from not in own.parents:
        return own
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):
        return own
    texts = {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and 2 < len(node.value) < 200
        and ("/" in node.value or "." in node.value)
        and not node.value.startswith(("/", "http", "~"))
        and "\n" not in node.value
    }
    candidates = [own, *(p for p in own.parents if p == invoked_from or invoked_from in p.parents)]
    counts = [sum((folder / text).exists() for text in texts) for folder in candidates]
    return candidates[counts.index(max(counts))]


def free_port() -> int:
    """Return a port of the loopback interface that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(url: str) -> bool:
    """Whether *url* answers within half a minute; Gradio itself asks once for three seconds."""
    limit = time.monotonic() + 30
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while time.monotonic() < limit:
        try:
            with opener.open(urllib.request.Request(url, method="HEAD"), timeout=10):
                return True
        except urllib.error.HTTPError as error:
            return error.code < 500
        except OSError:
            time.sleep(0.05)
    return False


def _name_elements(blocks: Any) -> None:
    """Give every block without an elem_id one, so that its node can be found in the page.

    Only from Gradio 6 on: earlier versions put ``#component-N`` there, which authors style.
    """
    gradio = importlib.import_module("gradio")
    if int(gradio.__version__.split(".")[0]) < 6:
        return
    for identity, block in getattr(blocks, "blocks", {}).items():
        if getattr(block, "elem_id", "") is None:
            block.elem_id = f"gt-{identity}"
    with contextlib.suppress(Exception):
        blocks.config = blocks.get_config_file()


@contextlib.contextmanager
def _replaced(owner: Any, name: str, value: Any) -> Iterator[None]:
    original = getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, original)


@contextlib.contextmanager
def _quiet_signals() -> Iterator[None]:
    """Let scripts that set signal handlers do so off the main thread, without effect."""
    original = signal.signal

    def tolerant(number: Any, handler: Any) -> Any:
        if threading.current_thread() is threading.main_thread():
            return original(number, handler)
        return signal.getsignal(number)

    with _replaced(signal, "signal", tolerant):
        yield


def _mounted(asgi: Any) -> dict[str, Any]:
    """Return the Gradio apps by mount path that an ASGI app's routes lead to."""
    if isinstance(getattr(asgi, "blocks", None), _blocks_class()):
        return {"": asgi.blocks}
    found: dict[str, Any] = {}
    for route in getattr(asgi, "routes", None) or ():
        inner = getattr(route, "app", None)
        if inner is not None and hasattr(route, "path"):
            found |= {f"{route.path}{path}": blocks for path, blocks in _mounted(inner).items()}
    inner = getattr(asgi, "app", None)
    return found or (_mounted(inner) if inner is not None and inner is not asgi else {})


def _of_gradio(error: BaseException) -> bool:
    """Whether a TypeError is about a call of Gradio's and not of the author's own function."""
    if not isinstance(error, TypeError):
        return False
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{os.sep}gradio{os.sep}" in last.filename or last.filename == inspect.__file__


def _blocks_class() -> type:
    return importlib.import_module("gradio.blocks").Blocks  # type: ignore[no-any-return]


def _is_asgi(value: Any) -> bool:
    starlette = importlib.import_module("starlette.applications")
    if isinstance(value, starlette.Starlette):
        return True
    call = vars(type(value)).get("__call__")  # an app wrapped in a middleware
    names = list(inspect.signature(call).parameters)[1:] if inspect.isfunction(call) else []
    return names == ["scope", "receive", "send"]


def _servable(value: Any) -> bool:
    return (
        isinstance(value, _blocks_class())
        or _is_asgi(value)
        or (inspect.isfunction(value) and _no_arguments(value))
    )


def _no_arguments(function: Callable[..., Any]) -> bool:
    return all(
        p.default is not p.empty or p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
        for p in inspect.signature(function).parameters.values()
    )


def _nested(blocks: Any) -> bool:
    return getattr(blocks, "parent", None) is not None
