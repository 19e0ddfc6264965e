"""What a child and its parent talk over."""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping
from typing import Any

__all__ = ["Channel"]


class Channel:
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
