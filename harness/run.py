"""What one session saw: the only thing that reports are made from.

A `Run` is filled by `Part`s, one a test item. Parts are plain JSON, so that they travel
on pytest's reports from xdist workers and through the journal of a process that died,
and `Run.as_dict` is what `results.json` holds (documented in docs/results.md).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, get_args, get_type_hints

from .finding import Finding, Severity, distinct, merged
from .outline import Endpoint
from .rows import (
    AccessRow,
    AnswerRow,
    ChangeRow,
    Checked,
    CoverageRow,
    CrowdRow,
    EventRow,
    FormerRow,
    HistoryRow,
    LatencyRow,
    RatioRow,
    Screenshot,
    SideEffect,
    SidesRow,
    SizeRow,
    Skipped,
    SourceRow,
    StreamRow,
    SuiteRow,
    added,
    made,
)
from .snippet import uploads

__all__ = ["INNER", "SCHEMA", "TABLES", "Part", "Run"]

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Part:
    """What one test item adds to a run."""

    suites: tuple[SuiteRow, ...] = ()
    findings: tuple[Finding, ...] = ()
    events: tuple[EventRow, ...] = ()
    latency: tuple[LatencyRow, ...] = ()
    streams: tuple[StreamRow, ...] = ()
    sizes: tuple[SizeRow, ...] = ()
    crowds: tuple[CrowdRow, ...] = ()
    coverage: tuple[CoverageRow, ...] = ()
    contract: tuple[Endpoint, ...] = ()
    changes: tuple[ChangeRow, ...] = ()
    answers: tuple[AnswerRow, ...] = ()
    sides: tuple[SidesRow, ...] = ()
    ratios: tuple[RatioRow, ...] = ()
    former: tuple[FormerRow, ...] = ()
    access: tuple[AccessRow, ...] = ()
    effects: tuple[SideEffect, ...] = ()
    screenshots: tuple[Screenshot, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    checked: tuple[Checked, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON."""
        return {name: _plain(getattr(self, name)) for name in TABLES}

    def beside(self, other: Part) -> Part:
        """Return the rows of both."""
        return Part(**{name: getattr(self, name) + getattr(other, name) for name in TABLES})

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Part:
        """Return the part that `as_dict` wrote."""
        return cls(
            **{
                name: tuple(_read(kind, item) for item in data.get(name, ()))
                for name, kind in TABLES.items()
            }
        )


#: Every table of a part, and what its rows are.
TABLES: Mapping[str, type[Any]] = {
    name: get_args(hint)[0] for name, hint in get_type_hints(Part).items()
}
#: The tables that `results.json` leaves out, as they are for this session only.
INNER = {"checked"}
#: What it calls a table otherwise than a run does.
OUTER = {"events": "endpoints"}


#: A file or folder to which nobody gave a name, as `tempfile` calls it, what lies in it, and what
#: is said of all of them.
UNNAMED = re.compile(
    r"/(?:\S*/)?(?:tmp|T|gradio-harness-[^/]+)/(?:tmp[a-z0-9_]{8}(?:[./].*)?|[a-z0-9_]{8})",
    re.DOTALL,
)
TEMPORARY = "temporary files"


@dataclass(slots=True)
class Run:
    """One session: what it was about, and everything its items said.

    *started* is ISO 8601 in UTC, *seconds* the wall time. *complete* is false while the
    session goes on and stays so when it was cut short; *ended* then says how. *mended* are the
    baseline's entries that this run should have found and has not, *history* are the last
    runs, this one last, *sources* the runs that it was merged from, if it was.
    """

    target: str
    title: str = ""
    versions: dict[str, str] = field(default_factory=dict)
    seed: int = 0
    profile: str = "standard"
    command: str = ""
    started: str = ""
    seconds: float = 0.0
    complete: bool = False
    ended: str = ""
    fail_on: Severity = Severity.ERROR
    mended: list[dict[str, Any]] = field(default_factory=list)
    history: list[HistoryRow] = field(default_factory=list)
    sources: list[SourceRow] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)

    def add(self, part: Part) -> None:
        """Take in what one item, one worker or one dead process said."""
        self.parts.append(part)

    @property
    def findings(self) -> list[Finding]:
        """Each defect once, gravest first, with all the events that show it."""
        once: dict[tuple[str, ...], Finding] = {}
        for part in self.parts:
            for f in part.findings:
                key = (f.check, f.event, f.exception, f.location or f.title)
                if key not in once or f.severity.rank < once[key].severity.rank:
                    once[key] = f
        order = {row.label: row.order for row in self.events}
        return distinct(merged(list(once.values()), order))

    @property
    def failing(self) -> list[Finding]:
        """The findings that fail the run."""
        return [f for f in self.new if f.severity.rank <= self.fail_on.rank]

    @property
    def new(self) -> list[Finding]:
        """The findings that the baseline does not know, or whose time there is over."""
        return [f for f in self.findings if f.known is None or f.known.over]

    @property
    def known(self) -> list[Finding]:
        """The findings that the baseline knows: they fail nothing."""
        return [f for f in self.findings if f.known is not None and not f.known.over]

    @property
    def checked(self) -> set[tuple[str, str]]:
        """Check and event of each test that came to its end."""
        return {(row.check, row.event) for part in self.parts for row in part.checked}

    @property
    def events(self) -> list[EventRow]:
        """One row an event, calls added up."""
        rows: dict[str, EventRow] = {}
        for row in (row for part in self.parts for row in part.events):
            before = rows.get(row.label)
            rows[row.label] = row if before is None else added(before, row, "order")
        return sorted(rows.values(), key=lambda row: row.order)

    @property
    def suites(self) -> list[SuiteRow]:
        """One row a suite, numbers added up."""
        rows: dict[str, SuiteRow] = {}
        for row in (row for part in self.parts for row in part.suites):
            before = rows.get(row.name)
            rows[row.name] = row if before is None else added(before, row)
        return sorted(rows.values(), key=lambda row: row.name)

    @property
    def access(self) -> list[AccessRow]:
        """One row a route, person and what was asked for; what was not expected comes first."""
        rows = {(r.route, r.whose, r.who): r for part in self.parts for r in part.access}
        return sorted(rows.values(), key=lambda row: row.open == row.expected)

    @property
    def effects(self) -> list[SideEffect]:
        """What the app did beside its answers, each thing once with its count."""
        rows: dict[tuple[str, str, str], SideEffect] = {}
        for row in (row for part in self.parts for row in part.effects):
            what = TEMPORARY if UNNAMED.fullmatch(row.what) else row.what
            key = (row.kind, what, row.event)
            count = row.count + (rows[key].count if key in rows else 0)
            rows[key] = replace(row, what=what, count=count)
        return sorted(rows.values(), key=lambda row: (row.kind, row.what, row.event))

    @property
    def latency(self) -> list[LatencyRow]:
        """One row an event; the last measurement counts."""
        return self._in_order({r.event: r for part in self.parts for r in part.latency}.values())

    @property
    def sizes(self) -> list[SizeRow]:
        """One row a field and what fills it."""
        rows = {(r.event, r.field, r.what): r for part in self.parts for r in part.sizes}
        return self._in_order(rows.values())

    @property
    def crowds(self) -> list[CrowdRow]:
        """One row an event."""
        return self._in_order({r.event: r for part in self.parts for r in part.crowds}.values())

    def _in_order(self, rows: Iterable[Any]) -> list[Any]:
        order = {row.label: row.order for row in self.events}
        return sorted(rows, key=lambda row: order.get(row.event, len(order)))

    @property
    def streams(self) -> list[StreamRow]:
        """One row an event and driver, in the order of the events; the last one counts."""
        rows = {(row.event, row.driver): row for part in self.parts for row in part.streams}
        order = {row.label: row.order for row in self.events}
        return sorted(
            rows.values(), key=lambda row: (order.get(row.event, len(order)), row.driver != "wire")
        )

    @property
    def coverage(self) -> list[CoverageRow]:
        """One row an event, in the order of the events; only of a deep run."""
        return self._in_order({r.event: r for part in self.parts for r in part.coverage}.values())

    @property
    def contract(self) -> list[Endpoint]:
        """What callers rely on, by name; of a run that was held against a baseline or an app."""
        found = {endpoint.name: endpoint for part in self.parts for endpoint in part.contract}
        return sorted(found.values(), key=lambda endpoint: endpoint.name)

    @property
    def changes(self) -> list[ChangeRow]:
        """What breaks a caller first."""
        once = dict.fromkeys(row for part in self.parts for row in part.changes)
        return sorted(once, key=lambda row: (row.against, not row.breaks))

    @property
    def answers(self) -> list[AnswerRow]:
        """What the app repeats, in the order of the events; for the baseline."""
        rows = {(row.event, row.input): row for part in self.parts for row in part.answers}
        return self._in_order(rows.values())

    @property
    def sides(self) -> list[SidesRow]:
        """One row an event and app that was compared."""
        rows = {(row.against, row.event): row for part in self.parts for row in part.sides}
        return self._in_order(rows.values())

    @property
    def ratios(self) -> list[RatioRow]:
        """One row an event and app that was compared."""
        rows = {(row.against, row.event): row for part in self.parts for row in part.ratios}
        return self._in_order(rows.values())

    @property
    def former(self) -> list[FormerRow]:
        """Latency as the baseline has it."""
        rows = {row.event: row for part in self.parts for row in part.former}
        return self._in_order(rows.values())

    @property
    def screenshots(self) -> list[Screenshot]:
        """In the order taken."""
        return [shot for part in self.parts for shot in part.screenshots]

    @property
    def skipped(self) -> list[Skipped]:
        """What was not tested, each thing once; every event that was never set off is in it."""
        once = {item for part in self.parts for item in part.skipped}
        told = {item.what for item in once} | {label for f in self.findings for label in f.events}
        for rows in (self.latency, self.sides, self.ratios):
            told |= {row.event for row in rows}
        once |= {
            Skipped(row.label, self._never(row))
            for row in self.events
            if not row.cases and row.label not in told
        }
        return sorted(once, key=lambda item: (item.what, item.why))

    def _never(self, row: EventRow) -> str:
        """Return why an event that could have been set off was not, as far as rows tell."""
        if not self.complete:
            return "the run ended before it was set off"
        if row.kind == "chain" and any(event.cases for event in self.events):
            return "nothing led to it: what it follows was not set off, or ended in another way"
        return "no test of this run was about it"

    @property
    def unfinished(self) -> list[str]:
        """The suites with a failed test, where no finding can have failed it."""
        return [] if self.failing else [suite.name for suite in self.suites if suite.failed]

    @property
    def verdict(self) -> str:
        """One sentence, the first thing that a reader sees."""
        found = self.new
        counts = [
            f"{number} {severity}{'s' if number != 1 and severity != Severity.INFO else ''}"
            for severity in Severity
            if (number := sum(f.severity == severity for f in found))
        ]
        if known := len(self.known):
            counts = [*(counts or ["nothing new"]), f"{known} known"]
            counts[0] = counts[0][:1].upper() + counts[0][1:]
        timed = {row.event for rows in (self.latency, self.sides, self.ratios) for row in rows}
        tried = [event for event in self.events if event.cases or event.label in timed]
        calls = sum(suite.cases for suite in self.suites)
        queued = sum(suite.queued_cases for suite in self.suites)
        some = f", {queued} of them over the queue" if queued < calls else ""
        scope = (
            f"{len(tried)} of {_counted(len(self.events), 'event')} driven with "
            f"{_counted(calls, 'call')}{some}"
            if self.events
            else "no event driven"
        )
        if not self.complete:
            found_so_far = ", ".join(counts) or "nothing found so far"
            ended = self.ended.partition("\n")[0].rstrip(".:") or "still running"
            return f"Cut short ({ended}): {found_so_far}; {scope}."
        lead = ", ".join(counts) or "Nothing found"
        if unfinished := self.unfinished:
            lead += f", but {' and '.join(unfinished)} failed without a finding"
        return f"{lead}; {scope}."

    def as_dict(self) -> dict[str, Any]:
        """Return what `results.json` holds."""
        return {
            "schema": SCHEMA,
            "target": self.target,
            "title": self.title,
            "verdict": self.verdict,
            "complete": self.complete,
            "ended": self.ended,
            "versions": dict(self.versions),
            "seed": self.seed,
            "profile": self.profile,
            "command": self.command,
            "started": self.started,
            "seconds": self.seconds,
            "fail_on": str(self.fail_on),
            **{
                OUTER.get(name, name): _plain(getattr(self, name))
                for name in TABLES
                if name not in INNER
            },
            "findings": [self._told(finding) for finding in self.findings],
            "mended": [dict(entry) for entry in self.mended],
            "history": _plain(self.history),
            "sources": _plain(self.sources),
        }

    @staticmethod
    def _told(finding: Finding) -> dict[str, Any]:
        files = [
            {"name": u.name, "mime": u.media.mime, "bytes": len(u.media.content), "path": u.path}
            for u in uploads(finding)
        ]
        return {**finding.as_dict(), "files": files}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Run:
        """Return the run that `as_dict` wrote."""
        part = Part.from_dict({**data, "events": data.get("endpoints", ())})
        plain = {f.name: data[f.name] for f in fields(cls) if f.name in data and f.name != "parts"}
        plain["fail_on"] = Severity(data.get("fail_on", "error"))
        plain["history"] = [made(HistoryRow, item) for item in data.get("history", ())]
        plain["sources"] = [made(SourceRow, item) for item in data.get("sources", ())]
        run = cls(**plain)
        run.add(part)
        return run


def _plain(rows: Iterable[Any]) -> list[dict[str, Any]]:
    return [row.as_dict() if hasattr(row, "as_dict") else asdict(row) for row in rows]


def _read(kind: type[Any], data: Mapping[str, Any]) -> Any:
    return kind.from_dict(data) if hasattr(kind, "from_dict") else made(kind, data)


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
