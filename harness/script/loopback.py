"""An app served on a free port of this machine with its author's own arguments."""

from __future__ import annotations

import contextlib
import importlib
import inspect
import os
import signal
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

__all__ = [
    "Served",
    "Uvicorn",
    "end_launched",
    "given_to",
    "launch_here",
    "listening_here",
    "name_elements",
    "no_tunnel",
    "own_root",
    "quiet_signals",
    "replaced",
    "without_node",
]

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

#: Addresses that nobody reaches from another machine.
HERE = ("127.0.0.1", "localhost", "::1")
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


@dataclass(frozen=True, slots=True)
class Served:
    """What the script serves: its address and how its author launched it.

    *asgi* is what the server was given: the author's own app, where Gradio is mounted in one.
    """

    url: str
    blocks: Any
    arguments: Mapping[str, Any] = field(default_factory=dict, repr=False)
    notes: tuple[str, ...] = ()
    asgi: Any = field(default=None, repr=False)


def free_port() -> int:
    """Return a port of the loopback interface that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(url: str) -> bool:
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


def name_elements(blocks: Any) -> None:
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
def replaced(owner: Any, name: str, value: Any) -> Iterator[None]:
    """Have *value* in the place of an attribute of *owner*."""
    original = getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, original)


@contextlib.contextmanager
def quiet_signals() -> Iterator[None]:
    """Let scripts that set signal handlers do so off the main thread, without effect."""
    original = signal.signal

    def tolerant(number: Any, handler: Any) -> Any:
        if threading.current_thread() is threading.main_thread():
            return original(number, handler)
        return signal.getsignal(number)

    with replaced(signal, "signal", tolerant):
        yield


def given_to(
    launch: Callable[..., Any], blocks: Any, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> dict[str, Any]:
    """Return by name what the author gives to *launch*; a wrong argument fails as it does there."""
    signature = inspect.signature(launch)
    bound = signature.bind(blocks, *args, **kwargs)
    first = next(iter(signature.parameters))
    given = {name: value for name, value in bound.arguments.items() if name != first}
    given.update(given.pop("kwargs", {}))
    return given


def launch_here(
    launch: Callable[..., Any], blocks: Any, given: Mapping[str, Any]
) -> tuple[Any, str]:
    """Launch with what is *given*, less what says where; return the result and the address."""
    name_elements(blocks)
    port = free_port()
    kept = {name: value for name, value in given.items() if name not in REPLACED}
    ours: dict[str, Any] = {
        "server_name": "127.0.0.1",
        "server_port": port,
        "prevent_thread_lock": True,
        "quiet": True,
        "inbrowser": False,
        "share": False,
        "inline": False,
        "ssr_mode": False,
    }
    known = inspect.signature(launch).parameters
    ours = {name: value for name, value in ours.items() if name in known}
    networking = importlib.import_module("gradio.networking")
    with replaced(networking, "url_ok", answers):
        return launch(blocks, **kept, **ours), f"http://127.0.0.1:{port}"


def without_node(mount: Callable[..., Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is *given* to *mount* with no second server, of Node, for what pages show."""
    known = "ssr_mode" in inspect.signature(mount).parameters
    return {**given, "ssr_mode": False} if known else dict(given)


def no_tunnel(*_: Any, **__: Any) -> str:
    """Open none, whoever asks for one: nobody outside of this machine has to do with a test."""
    raise RuntimeError("gradio-harness opens no tunnel: the app is under test")


def listening_here(server: Any) -> Any:
    """Return a uvicorn *server* that its author runs beside the app, kept to this machine."""
    if server.config.host not in HERE:
        server.config.host = HERE[0]
    return server


def end_launched(blocks: Any) -> None:
    """End what `launch_here` began, also where a handler hangs."""
    with contextlib.suppress(Exception):  # half-launched, or closed by its author
        blocks.close(verbose=False)
    server = getattr(blocks, "server", None)
    if server is not None and server.thread.is_alive():
        server.force_exit = True
        server.thread.join(2)


def own_root(given: Mapping[str, Any]) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return the path of a *given* root_path that is a whole address, and a note on it.

    The page sends everything to that address: the deployed app, and not this one.
    """
    root = given.get("root_path")
    if root is None:
        root = os.environ.get("GRADIO_ROOT_PATH", "")
    parts = urlsplit(str(root))
    if parts.scheme not in ("http", "https"):
        return {}, ()
    path = parts.path.rstrip("/")
    note = (
        f"root_path is {root}: only its path, {path or '/'}, is kept here, so that the page "
        "talks to the app under test and not to that address"
    )
    return {"root_path": path}, (note,)


class Uvicorn:
    """An ASGI app served by uvicorn on a thread of its own, with its author's *options*."""

    def __init__(self, asgi: Any, options: Mapping[str, Any]) -> None:
        uvicorn = importlib.import_module("uvicorn")
        self.port = free_port()
        kept = {name: value for name, value in options.items() if name in KEPT_BY_UVICORN}
        config = uvicorn.Config(asgi, host="127.0.0.1", port=self.port, log_level="warning", **kept)
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(
            target=self.server.run, name="gradio-harness-uvicorn", daemon=True
        )

    def start(self, timeout_seconds: float) -> bool:
        """Return whether it serves within that time."""
        limit = time.monotonic() + timeout_seconds
        with replaced(signal, "signal", lambda *_: None):
            self.thread.start()
            while not self.server.started:
                if not self.thread.is_alive() or time.monotonic() > limit:
                    return False
                time.sleep(0.01)
        return True

    def close(self) -> None:
        """End it, also where a handler hangs."""
        self.server.should_exit = True
        self.thread.join(5)
        if self.thread.is_alive():
            self.server.force_exit = True
            self.thread.join(2)
