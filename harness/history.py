"""The last runs of an app, one small file each, and what a run brought against those before it.

    reports/history/20261121T183152Z-1f0c9d2e-405849.json

A defect is *open* from the run that finds it until one that is as thorough makes the same check of
the same event, comes to its end and does not find it: so a run of one test (``-k``, ``--lf``)
mends nothing that it did not look for.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from .finding import Severity
from .rows import HistoryRow
from .run import Run

__all__ = ["KEPT", "SHOWN", "Entry", "keep"]

SCHEMA = 1
#: So many runs of an app are kept, and so many are shown.
KEPT, SHOWN = 50, 24
PROFILES = ("quick", "standard", "deep")


@dataclass(frozen=True, slots=True)
class Entry:
    """A defect that is open, and the *profile* of the run that found it last."""

    id: str
    check: str
    events: tuple[str, ...]
    title: str
    profile: str

    def told(self) -> dict[str, str]:
        """Return what is told of it once it is not found any more."""
        return {"id": self.id, "check": self.check, "event": self.events[0], "title": self.title}


def keep(run: Run, folder: Path) -> None:
    """Set the run's `history`, itself last, and write its file into *folder*.

    A run in which no event was driven is not kept. Raises OSError where nothing can be written.
    """
    paths = sorted(folder.glob(f"*Z-{_digest(run.target)}-*.json"))
    before = [past for past in map(_read, paths) if past is not None]
    rows = [row for row, _ in before]
    run.history = rows[-SHOWN:]
    if not any(event.cases for event in run.events):
        return
    open_before = before[-1][1] if before else None
    row, still_open = _row(run, open_before)
    run.history = [*rows, row][-SHOWN:]
    _write(folder / _name(run), run.target, row, still_open)
    for path in paths[: max(0, len(paths) + 1 - KEPT)]:
        path.unlink(missing_ok=True)


def _row(run: Run, before: Sequence[Entry] | None) -> tuple[HistoryRow, list[Entry]]:
    """Return what is told of the run, and what is open after it; *before* is None at the first."""
    found = [Entry(f.id, f.check, f.events, f.title, run.profile) for f in run.findings]
    ids = {f.id: set(f.ids) for f in run.findings}
    known = {entry.id for entry in before or ()}
    again = set().union(*ids.values()) if ids else set()
    gone = [entry for entry in before or () if entry.id not in again]
    mended = [entry for entry in gone if _looked_for(entry, run)]
    numbers = {severity: sum(f.severity is severity for f in run.new) for severity in Severity}
    row = HistoryRow(
        started=run.started,
        seconds=run.seconds,
        complete=run.complete,
        profile=run.profile,
        versions=dict(run.versions),
        calls=sum(suite.cases for suite in run.suites),
        errors=numbers[Severity.ERROR],
        warnings=numbers[Severity.WARNING],
        notes=numbers[Severity.INFO],
        known=len(run.known),
        new=tuple(e.id for e in found if before is not None and not ids[e.id] & known),
        mended=tuple(entry.told() for entry in mended),
    )
    return row, [*found, *(entry for entry in gone if entry not in mended)]


def _looked_for(entry: Entry, run: Run) -> bool:
    """Whether the run would have found it: it is not there any more, or nor is its event."""
    if not run.complete or PROFILES.index(run.profile) < PROFILES.index(entry.profile):
        return False
    if entry.events[0] and not {*entry.events} & {event.label for event in run.events}:
        return True
    return all((entry.check, event) in run.checked for event in entry.events)


# --- files ------------------------------------------------------------------------------------


def _name(run: Run) -> str:
    moment = run.started.partition("+")[0]
    stamp = "".join(letter for letter in moment if letter.isalnum())
    return f"{stamp}Z-{_digest(run.target)}-{run.seed}.json"


def _digest(target: str) -> str:
    return hashlib.sha256(target.encode("utf-8", "backslashreplace")).hexdigest()[:8]


def _read(path: Path) -> tuple[HistoryRow, list[Entry]] | None:
    """Return a run and what was open after it; None for a file that holds no such thing."""
    try:
        data = json.loads(path.read_bytes())
        if data["schema"] != SCHEMA:
            return None
        return HistoryRow.from_dict(data["run"]), list(_entries(data["open"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _entries(items: Iterable[Mapping[str, Any]]) -> Iterator[Entry]:
    for item in items:
        entry = Entry(**item)
        yield replace(entry, events=tuple(entry.events))


def _write(path: Path, target: str, row: HistoryRow, entries: Sequence[Entry]) -> None:
    data = {
        "schema": SCHEMA,
        "target": target,
        "run": asdict(row),
        "open": [asdict(entry) for entry in entries],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    part.write_text(json.dumps(data, indent=1), encoding="utf-8")
    part.replace(path)
