"""What is known of an app, in a file that a reviewer reads: defects, and why they may stay.

    {
     "schema": 1,
     "findings": [
      {
       "check": "api.unhandled-exception",
       "event": "share",
       "title": "ZeroDivisionError: division by zero",
       "exception": "ZeroDivisionError",
       "function": "share",
       "code": "return total / people",
       "reason": "ticket 12: the field gets a minimum",
       "expires": "2026-12-31"
      }
     ]
    }

A finding that is in it is shown as known and fails nothing, until the day that *expires* names is
over. ``contract`` is what callers rely on, ``answers`` what the app says to its author's examples
wherever it repeats itself, ``latency`` how fast it was: shown, and judged by nobody. A key that is
not understood is kept when the file is written anew.
"""

from __future__ import annotations

import datetime as dt
import json
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from .errors import OptionError
from .finding import Finding, Known
from .outline import Outline
from .rows import AnswerRow, FormerRow
from .run import Run

__all__ = ["SCHEMA", "Baseline", "Entry", "read"]

SCHEMA = 1
#: The keys of the file that are understood.
OWN = ("schema", "findings", "contract", "answers", "latency")
WORDS = ("check", "event", "title", "exception", "function", "code", "reason", "expires")


@dataclass(frozen=True, slots=True)
class Entry:
    """One known finding.

    *code* is the text of the author's line, "" where any line of the function will do; *also* are
    other events that run into it.
    """

    check: str
    event: str
    title: str = ""
    exception: str = ""
    function: str = ""
    code: str = ""
    also: tuple[str, ...] = ()
    reason: str = ""
    expires: str = ""
    more: Mapping[str, Any] = field(default_factory=dict, compare=False, hash=False)

    @property
    def events(self) -> tuple[str, ...]:
        """All the events at which it is known."""
        return (self.event, *self.also)

    @property
    def name(self) -> str:
        """How a line of a terminal names it: ``api.hang@greet``."""
        return f"{self.check}@{self.event}" if self.event else self.check

    def over(self, today: dt.date) -> bool:
        """Whether its time is over."""
        return bool(self.expires) and dt.date.fromisoformat(self.expires) < today

    def fits(self, finding: Finding) -> bool:
        """Whether it is about *finding*: never by a line number, an input or a title."""
        mine = (self.check, self.exception, self.function)
        theirs = (finding.check, finding.exception, finding.function)
        here = not self.code or not finding.code or self.code == finding.code
        return mine == theirs and here and finding.event in self.events

    def as_dict(self) -> dict[str, Any]:
        """Return what the file holds of it; what does not apply is left out, a reason never."""
        words = {name: getattr(self, name) for name in WORDS}
        also = {"also": list(self.also)} if self.also else {}
        kept = {k: v for k, v in words.items() if v or k in ("check", "event", "title", "reason")}
        return {**kept, **also, **self.more}


@dataclass(frozen=True, slots=True)
class Baseline:
    """The known findings of one app, and what else the file holds (*more*).

    *contract* is None where the file has none, as those of before there was one.
    """

    entries: tuple[Entry, ...] = ()
    contract: Outline | None = None
    answers: tuple[AnswerRow, ...] = ()
    latency: tuple[FormerRow, ...] = ()
    more: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def knows(self, finding: Finding, today: dt.date) -> Known | None:
        """Return what is known of *finding*; None for a new one.

        An entry whose time is over counts only where none does that goes on.
        """
        found = [entry for entry in self.entries if entry.fits(finding)]
        if not found:
            return None
        entry = min(found, key=lambda e: (e.over(today), e.title != finding.title))
        return Known(entry.reason, entry.expires, entry.over(today))

    def mended(self, findings: Iterable[Finding], ran: set[tuple[str, str]]) -> tuple[Entry, ...]:
        """Return the entries that no finding is about, though their checks *ran* for their events.

        *ran* holds check and event of each test that came to its end.
        """
        told = list(findings)
        return tuple(
            entry
            for entry in self.entries
            if all((entry.check, event) in ran for event in entry.events)
            and not any(entry.fits(replace(f, event=e)) for f in told for e in f.events)
        )

    def updated(self, findings: Sequence[Finding], mended: Iterable[Entry]) -> Baseline:
        """Return the baseline with the new *findings* and without what is *mended*.

        Reasons and dates stay; what is new has none yet.
        """
        gone = set(mended)
        kept: list[Entry] = []
        told = Counter[tuple[str, ...]]()
        for finding in findings:
            same = [replace(finding, event=label) for label in finding.events]
            old = [entry for entry in self.entries if any(map(entry.fits, same))]
            key = (finding.check, finding.exception, finding.function, *sorted(finding.events))
            fresh = Entry(finding.check, finding.event)
            before = old[min(told[key], len(old) - 1)] if old else fresh
            told[key] += 1
            event = before.event if before.event in finding.events else finding.event
            also = {*before.events, *finding.events} - {event}
            new = replace(
                before,
                event=event,
                title=finding.title,
                exception=finding.exception,
                function=finding.function,
                code=finding.code or before.code,
                also=tuple(sorted(also)),
            )
            gone |= set(old)
            if new not in kept:
                kept.append(new)
        kept += [entry for entry in self.entries if entry not in gone]
        order = sorted(kept, key=lambda e: (e.event, e.check, e.function, e.exception, e.title))
        return replace(self, entries=tuple(order))

    def renewed(self, run: Run) -> Baseline:
        """Return the baseline with what *run* has seen of the app beside defects.

        An event that it did not ask, or did not measure, stays as it was.
        """
        if not run.contract:
            return self
        names = {endpoint.event for endpoint in run.contract}
        asked = {row.event for row in run.sides if row.against == "baseline"}
        old = [row for row in self.answers if row.event in names - asked]
        timed = {row.event for row in run.latency}
        former = [row for row in self.latency if row.event in names - timed]
        former += [
            FormerRow(row.event, row.count, round(row.p50, 4), round(row.p95, 4))
            for row in run.latency
            if row.event in names
        ]
        return replace(
            self,
            contract=Outline(run.versions.get("gradio", ""), tuple(run.contract)),
            answers=tuple(sorted([*old, *run.answers], key=lambda row: (row.event, row.input))),
            latency=tuple(sorted(former, key=lambda row: row.event)),
        )

    def write(self, path: Path) -> None:
        """Write the file: the same baseline, the same bytes; it is replaced in one step."""
        data: dict[str, Any] = {"schema": SCHEMA, "findings": [e.as_dict() for e in self.entries]}
        if self.contract is not None:
            data["contract"] = self.contract.as_dict()
            data["answers"] = [asdict(row) for row in self.answers]
            data["latency"] = [asdict(row) for row in self.latency]
        data |= self.more
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}.{os.getpid()}.part")
        text = json.dumps(data, indent=1, ensure_ascii=False)
        part.write_text(text + "\n", encoding="utf-8", errors="backslashreplace")
        part.replace(path)


def read(path: Path, *, update: bool = False) -> Baseline:
    """Return the baseline in *path*; an empty one where there is none and it is to be made.

    Raises OptionError in one line, with the next step, where it cannot be used.
    """
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        if update:
            return Baseline()
        raise OptionError(
            f"--app-baseline: there is no {path}. Make it: add --app-update-baseline"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise OptionError(f"--app-baseline {path}: it cannot be read ({error}).") from None
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise OptionError(
            f"--app-baseline {path}: line {error.lineno} is no JSON ({error.msg}). Mend it, or "
            "take the file away and make a new one with --app-update-baseline"
        ) from None
    return _understood(data, path)


def _understood(data: Any, path: Path) -> Baseline:
    if not isinstance(data, dict) or not isinstance(data.get("findings"), list):
        raise OptionError(f"--app-baseline {path}: an object with a list 'findings' was expected.")
    if data.get("schema") != SCHEMA:
        raise OptionError(
            f"--app-baseline {path}: schema {data.get('schema')!r} is not understood, only "
            f"{SCHEMA}. A newer gradio-harness may have written it."
        )
    entries = tuple(_entry(item, n, path) for n, item in enumerate(data["findings"], 1))
    more = {key: value for key, value in data.items() if key not in OWN}
    if "contract" not in data:
        return Baseline(entries, more=more)
    try:
        contract = Outline.from_dict(data["contract"])
        answers = tuple(AnswerRow(**_listed(row)) for row in data.get("answers", ()))
        latency = tuple(FormerRow(**row) for row in data.get("latency", ()))
    except (AttributeError, KeyError, TypeError) as error:
        raise OptionError(
            f"--app-baseline {path}: 'contract', 'answers' or 'latency' is not as it was written "
            f"({error}). Take the three out, and add --app-update-baseline"
        ) from None
    return Baseline(entries, contract, answers, latency, more)


def _listed(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "outputs": tuple(row.get("outputs", ()))}


def _entry(item: Any, number: int, path: Path) -> Entry:
    where = f"--app-baseline {path}: finding {number}"
    if not isinstance(item, dict):
        raise OptionError(f"{where} is no object.")
    for name in WORDS:
        if not isinstance(item.get(name, ""), str):
            raise OptionError(f"{where}: {name!r} is no text.")
    for name in ("check", "event"):
        if name not in item:
            raise OptionError(f"{where} has no {name!r}.")
    also = item.get("also", [])
    if not isinstance(also, list) or not all(isinstance(label, str) for label in also):
        raise OptionError(f"{where}: 'also' is no list of events.")
    expires = item.get("expires", "")
    try:
        if expires:
            dt.date.fromisoformat(expires)
    except ValueError:
        raise OptionError(f"{where} expires on {expires!r}. Write a date: 2026-12-31") from None
    more = {key: value for key, value in item.items() if key not in (*WORDS, "also")}
    return Entry(**{name: item.get(name, "") for name in WORDS}, also=tuple(also), more=more)
