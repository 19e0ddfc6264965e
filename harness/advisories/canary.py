"""What nobody but the harness has, and who can prove that it was reached.

A file outside all folders that Gradio serves from, with a word in it that is nowhere else, and a
listener on this machine's loopback interface that notes who asks for it. Neither does any harm.
"""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from ..errors import HarnessError

__all__ = ["Canary", "NoCanary", "canary"]


class NoCanary(HarnessError):
    """Why there is none, in words."""


@dataclass(frozen=True, slots=True)
class Canary:
    """A file at *path* that holds *word*, and an address, *url*, with the paths asked of it."""

    path: Path
    word: str
    url: str
    asked: list[str] = field(default_factory=list)

    @property
    def content(self) -> bytes:
        """What is in the file."""
        return self.path.read_bytes()


@contextmanager
def canary() -> Iterator[Canary]:
    """Give a canary; nothing of it is left afterwards.

    The file lies in the user's cache and not where temporary files do: Gradio serves those to
    everybody by design. Raises NoCanary where nothing can be written there.
    """
    folder = _folder()
    try:
        word, asked = secrets.token_hex(12), list[str]()
        path = folder / f"{secrets.token_hex(6)}.txt"
        path.write_text(f"canary of gradio-harness: {word}\n", encoding="utf-8")
        with _listener(asked) as address:
            yield Canary(path, word, f"{address}/{secrets.token_hex(6)}.txt", asked)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _folder() -> Path:
    try:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "gradio-harness"
        base.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix="canary-", dir=base))
    except (OSError, RuntimeError) as error:  # RuntimeError: nobody knows where home is
        raise NoCanary(f"no file can be laid out below ~/.cache ({error})") from error


@contextmanager
def _listener(asked: list[str]) -> Iterator[str]:
    """Give the address of a server on 127.0.0.1 that notes each path it is asked for."""

    class Noted(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "text/plain")
            self.send_header("Content-Length", "3")
            self.end_headers()
            self.wfile.write(b"ok\n")

        do_HEAD = do_GET

        def log_message(self, format: str, *arguments: object) -> None:
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Noted)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, name="gradio-harness-canary")
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
