"""What happens, line by line, in a file that survives the process it happens in.

Each line is one JSON object, written at once: an app that ends the process (``os._exit``)
or holds it for ever leaves behind which call was on its way.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .finding import Finding
from .run import Part

__all__ = ["Account", "Journal", "read"]


class Journal:
    """Appends to one file; safe from several threads and after a fork."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def write(self, kind: str, **data: Any) -> None:
        """Write one line; *data* is plain JSON."""
        line = json.dumps({"kind": kind, **data}, default=str) + "\n"
        os.write(self._file, line.encode())

    def call(self, root: str, event: str, words: str, script: str) -> None:
        """A call of *event*, in the exploration of *root*, is on its way."""
        self.write("call", root=root, event=event, input=words, reproduce=script)

    def stuck(self, root: str, why: str, part: Part) -> None:
        """The app answers nobody since the exploration of *root*, and this process ends."""
        self.write("part", part=part.as_dict())
        self.write("stuck", root=root, why=why, findings=[f.as_dict() for f in part.findings])

    def answered(self) -> None:
        """The call on its way has ended, in whatever way."""
        self.write("answered")

    def close(self) -> None:
        """Close the file; it stays where it is."""
        os.close(self._file)


@dataclass(slots=True)
class Account:
    """What a journal says: *done* is the exit code of a session that came to its end.

    *items* are the ids of the tests that ended, *failed* those that did not pass, *current*
    the one that was running; *call* is the call that was on its way then. *stuck* says why
    a process ended itself because its app answered nobody, *lost* what it had found by then.
    *broken* is an exception that left pytest itself.
    """

    done: int | None = None
    items: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    meta: dict[str, Any] = field(default_factory=dict)
    current: str = ""
    call: Mapping[str, Any] | None = None
    stuck: str = ""
    broken: str = ""
    lost: tuple[Finding, ...] = ()


def read(path: Path, start: int = 0) -> Account:
    """Return what the lines from byte *start* on say; a line cut short is left out."""
    account = Account()
    content = path.read_bytes()[start:] if path.is_file() else b""
    for line in content.splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        _take(account, entry)
    return account


def _take(account: Account, entry: Mapping[str, Any]) -> None:
    match entry["kind"]:
        case "item":
            account.current, account.call = entry["id"], None
        case "ended":
            account.items.append(entry["id"])
            if entry["failed"]:
                account.failed.append(entry["id"])
            account.current = ""
        case "call":
            account.call = entry
        case "answered":
            account.call = None
        case "part":
            account.parts.append(Part.from_dict(entry["part"]))
        case "meta":
            account.meta.update({k: v for k, v in entry.items() if k != "kind"})
        case "stuck":
            account.stuck = entry["why"]
            account.call = {"root": entry["root"], "event": entry["root"]}
            account.lost = tuple(Finding.from_dict(item) for item in entry["findings"])
        case "broken":
            account.broken = entry["error"]
        case "done":
            account.done = entry["exit"]
