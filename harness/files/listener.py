"""A server of ours on this machine, which counts who calls it and answers with a mark."""

from __future__ import annotations

import contextlib
import http.server
import random
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from ..visitors.canaries import Mark, new_mark
from .bait import contents

__all__ = ["Listener", "listening"]

#: What each ending is answered as.
TYPES = {
    ".png": "image/png",
    ".wav": "audio/wav",
    ".json": "application/json",
    ".html": "text/html",
    ".csv": "text/csv",
}


@dataclass(slots=True)
class Listener:
    """Where it listens, the *mark* in all that it answers, and the paths that it was asked for."""

    port: int
    mark: Mark
    asked: list[str] = field(default_factory=list)


@contextlib.contextmanager
def listening(seed: str) -> Iterator[Listener]:
    """Listen on 127.0.0.1 for a while."""
    mark = new_mark(random.Random(seed))
    answers = contents(mark)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            listener.asked.append(self.path)
            ending = PurePosixPath(self.path.partition("?")[0]).suffix
            content = answers.get(ending, answers[".txt"])
            self.send_response(200)
            self.send_header("Content-Type", TYPES.get(ending, "text/plain"))
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        do_HEAD = do_POST = do_GET

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing: what was asked is kept."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        listener = Listener(server.server_port, mark)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield listener
        finally:
            server.shutdown()
            thread.join()
