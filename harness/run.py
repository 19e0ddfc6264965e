"""What one session saw: the only thing that reports are made from.

A `Run` is filled by `Part`s, one a test item. Parts are plain JSON, so that they travel
on pytest's reports from xdist workers and through the journal of a process that died,
and `Run.as_dict` is what `results.json` holds (documented in docs/results.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from .finding import Finding, Severity, distinct, merged
from .outline import Endpoint
from .quantiles import percentile
from .snippet import uploads

__all__ = [
    "SCHEMA",
    "AnswerRow",
    "ChangeRow",
    "Checked",
    "CoverageRow",
    "CrowdRow",
    "EventRow",
    "FormerRow",
    "HistoryRow",
    "LatencyRow",
    "Part",
    "RatioRow",
    "Run",
    "Screenshot",
    "SideEffect",
    "SidesRow",
    "SizeRow",
    "Skipped",
    "SourceRow",
    "StreamRow",
    "SuiteRow",
]

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class SuiteRow:
    """One suite in numbers. *cases* are calls made, *queued_cases* those over the real queue."""

    name: str
    tests: int = 0
    cases: int = 0
    queued_cases: int = 0
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class EventRow:
    """One event of the contract and what was done with it.

    *answered* calls ended well, *refused* ones with the author's own error or a
    validator's no, *failed* ones in any other way; the three add up to *cases*. *queued* of
    them went over the app's real queue, the others straight to the app. *order* is
    the event's place in the contract: rows come in that order whichever worker was faster.
    """

    label: str
    kind: str
    triggers: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    visibility: str = ""
    function: str = ""
    cases: int = 0
    answered: int = 0
    refused: int = 0
    failed: int = 0
    queued: int = 0
    order: int = 0


@dataclass(frozen=True, slots=True)
class LatencyRow:
    """Latency of one event, in seconds, over the real queue, one visitor at a time.

    *p99* is None below 100 samples. *samples* are all of them in the order measured, those of
    the *warm_up* before them not counted. *first_output* is the median time to the first output,
    *gap* that between two outputs and *rate* the median of outputs a second, of a stream.
    *intervals* has for each of these, by name, between what it lies with 95 % (None: unbounded).
    *slices* has for each part of a call its seconds in each of the samples; *where* says whether
    the app ran in a process of its own. docs/latency.md defines all of them.
    """

    event: str
    count: int
    p50: float
    p95: float
    maximum: float
    p99: float | None = None
    first_output: float | None = None
    samples: tuple[float, ...] = ()
    where: str = ""
    p90: float | None = None
    gap: float | None = None
    rate: float | None = None
    warm_up: tuple[float, ...] = ()
    intervals: Mapping[str, tuple[float | None, float | None]] = field(default_factory=dict)
    slices: Mapping[str, tuple[float, ...]] = field(default_factory=dict)

    def waterfall(self, rank: float) -> dict[str, float]:
        """Return the slices of the call at *rank* (0-100): they add up to that percentile."""
        if not self.slices:
            return {}
        number = self.samples.index(percentile(self.samples, rank))
        return {name: seconds[number] for name, seconds in self.slices.items()}


@dataclass(frozen=True, slots=True)
class SizeRow:
    """How long the author's function takes, the more is in one *field*: *what* says of what.

    *seconds* go with *sizes*. They grow as the size to the power of *exponent*, give or take
    *error* (one standard error); None where no size took long enough to tell.
    """

    event: str
    field: str
    what: str
    sizes: tuple[int, ...]
    seconds: tuple[float, ...]
    exponent: float | None = None
    error: float | None = None


@dataclass(frozen=True, slots=True)
class CrowdRow:
    """How long *event* takes when so many *visitors* set it off at the same moment.

    For each number of them, in seconds from that moment: the median call and the slowest; and
    how many calls ended a second. *limit* is the author's ``concurrency_limit`` (None: no limit).
    """

    event: str
    visitors: tuple[int, ...]
    p50: tuple[float, ...]
    maximum: tuple[float, ...]
    rate: tuple[float, ...]
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class StreamRow:
    """One stream of *event*, as *driver* read it over the real queue: "wire" or "browser".

    Times are in seconds from the request, all of one clock. Of each output *yields* say when the
    author's function gave it (none where that was not seen), *arrivals* when its bytes were read,
    *painted* when the page had drawn it (none without a page), and *sizes* how many bytes it
    took. *ended* is when the last message came, None where the stream was left; *failed* says in
    words how it ended, "" if well. *progress* are the shares that `gr.Progress` told, 0 to 1, at
    the times *progressed*. Of a long stream the first outputs are kept; *outputs* are all.
    """

    event: str
    input: str
    driver: str
    outputs: int
    arrivals: tuple[float, ...]
    yields: tuple[float, ...] = ()
    painted: tuple[float, ...] = ()
    sizes: tuple[int, ...] = ()
    ended: float | None = None
    failed: str = ""
    progress: tuple[float, ...] = ()
    progressed: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Screenshot:
    """A picture of a page: a PNG in base64, its size in pixels and what it shows."""

    page: str
    caption: str
    png: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class SideEffect:
    """What the app wrote, connected to or started (*kind*) while *event* ran."""

    kind: str
    what: str
    event: str = ""
    count: int = 1


@dataclass(frozen=True, slots=True)
class CoverageRow:
    """How much of the author's code behind *event* has run: *reached* of *lines*.

    *missing* are the first lines that never ran, ``app.py:12``.
    """

    event: str
    reached: int
    lines: int
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One change of what callers rely on, *against* the baseline or another app.

    *breaks* is true where a caller of the older one gets an error from the newer one.
    """

    against: str
    event: str
    kind: str
    name: str = ""
    before: str = ""
    after: str = ""
    breaks: bool = True


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """What *event* answers to *input*, time and again, in two copies of the app.

    *outputs* are JSON texts, one an output, long ones by their beginning and digest; *chunks* is
    how many outputs came on the way.
    """

    event: str
    input: str
    outputs: tuple[str, ...] = ()
    chunks: int = 1


@dataclass(frozen=True, slots=True)
class SidesRow:
    """How many inputs of *event* two apps were asked, and for how many they said the *same*.

    What one of them does not repeat (*unsteady*) is not compared.
    """

    against: str
    event: str
    inputs: int = 0
    same: int = 0
    differ: int = 0
    unsteady: int = 0


@dataclass(frozen=True, slots=True)
class RatioRow:
    """How much longer *event* takes than in the older app: *ratio*, and *low* and *high* of it.

    The true ratio lies between them with 99 % confidence. *before* and *after* are medians in
    seconds of what *measure* names: ``own`` is the author's function, without its waiting for a
    processor, ``whole`` from the request to the last message. *older* and *newer* have a sample of
    each round. *verdict* is slower, faster, same or inconclusive.
    """

    against: str
    event: str
    measure: str
    rounds: int
    before: float
    after: float
    ratio: float
    low: float
    high: float
    verdict: str
    older: tuple[float, ...] = ()
    newer: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class FormerRow:
    """Latency of one event as the baseline has it, in seconds: another day, another machine."""

    event: str
    count: int
    p50: float
    p95: float


@dataclass(frozen=True, slots=True)
class Skipped:
    """What was not tested, and why, in words that say what would change that."""

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One of the last runs of the app: how many findings of each kind no baseline knew.

    *new* are the ids of those that were not open before it, *mended* what was and is not found
    any more, though the run looked for it.
    """

    started: str
    seconds: float = 0.0
    complete: bool = True
    profile: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    calls: int = 0
    errors: int = 0
    warnings: int = 0
    notes: int = 0
    known: int = 0
    new: tuple[str, ...] = ()
    mended: tuple[Mapping[str, str], ...] = ()

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> HistoryRow:
        """Return the row that was written as JSON."""
        row: HistoryRow = _made(cls, data)
        return row


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One of the runs that a run was merged from.

    *events* are the labels that it drove, *findings* the ids, in the merged run, of what it found.
    """

    name: str
    target: str
    command: str
    seed: int
    profile: str
    started: str
    seconds: float
    complete: bool
    versions: Mapping[str, str]
    events: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Checked:
    """A test that came to its end: its *check* was made for *event*."""

    check: str
    event: str


@dataclass(frozen=True, slots=True)
class Part:
    """What one test item adds to a run."""

    findings: tuple[Finding, ...] = ()
    events: tuple[EventRow, ...] = ()
    latency: tuple[LatencyRow, ...] = ()
    streams: tuple[StreamRow, ...] = ()
    sizes: tuple[SizeRow, ...] = ()
    crowds: tuple[CrowdRow, ...] = ()
    screenshots: tuple[Screenshot, ...] = ()
    effects: tuple[SideEffect, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    suites: tuple[SuiteRow, ...] = ()
    coverage: tuple[CoverageRow, ...] = ()
    checked: tuple[Checked, ...] = ()
    contract: tuple[Endpoint, ...] = ()
    changes: tuple[ChangeRow, ...] = ()
    answers: tuple[AnswerRow, ...] = ()
    sides: tuple[SidesRow, ...] = ()
    ratios: tuple[RatioRow, ...] = ()
    former: tuple[FormerRow, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON."""
        return {f.name: [_plain(item) for item in getattr(self, f.name)] for f in fields(self)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Part:
        """Return the part that `as_dict` wrote."""
        return cls(
            findings=tuple(Finding.from_dict(item) for item in data.get("findings", ())),
            events=tuple(_made(EventRow, item) for item in data.get("events", ())),
            latency=tuple(_made(LatencyRow, item) for item in data.get("latency", ())),
            streams=tuple(_made(StreamRow, item) for item in data.get("streams", ())),
            sizes=tuple(_made(SizeRow, item) for item in data.get("sizes", ())),
            crowds=tuple(_made(CrowdRow, item) for item in data.get("crowds", ())),
            screenshots=tuple(_made(Screenshot, item) for item in data.get("screenshots", ())),
            effects=tuple(_made(SideEffect, item) for item in data.get("effects", ())),
            skipped=tuple(_made(Skipped, item) for item in data.get("skipped", ())),
            suites=tuple(_made(SuiteRow, item) for item in data.get("suites", ())),
            coverage=tuple(_made(CoverageRow, item) for item in data.get("coverage", ())),
            checked=tuple(_made(Checked, item) for item in data.get("checked", ())),
            contract=tuple(map(Endpoint.from_dict, data.get("contract", ()))),
            changes=tuple(_made(ChangeRow, item) for item in data.get("changes", ())),
            answers=tuple(_made(AnswerRow, item) for item in data.get("answers", ())),
            sides=tuple(_made(SidesRow, item) for item in data.get("sides", ())),
            ratios=tuple(_made(RatioRow, item) for item in data.get("ratios", ())),
            former=tuple(_made(FormerRow, item) for item in data.get("former", ())),
        )


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
            rows[row.label] = row if before is None else _sum(before, row, "order")
        return sorted(rows.values(), key=lambda row: row.order)

    @property
    def suites(self) -> list[SuiteRow]:
        """One row a suite, numbers added up."""
        rows: dict[str, SuiteRow] = {}
        for row in (row for part in self.parts for row in part.suites):
            before = rows.get(row.name)
            rows[row.name] = row if before is None else _sum(before, row)
        return sorted(rows.values(), key=lambda row: row.name)

    @property
    def effects(self) -> list[SideEffect]:
        """What the app did beside its answers, each thing once with its count."""
        rows: dict[tuple[str, str, str], SideEffect] = {}
        for row in (row for part in self.parts for row in part.effects):
            key = (row.kind, row.what, row.event)
            before = rows.get(key)
            rows[key] = replace(row, count=row.count + (before.count if before else 0))
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
        tried = [event for event in self.events if event.cases]
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
            "suites": [_plain(row) for row in self.suites],
            "findings": [self._told(finding) for finding in self.findings],
            "endpoints": [_plain(row) for row in self.events],
            "latency": [_plain(row) for row in self.latency],
            "streams": [_plain(row) for row in self.streams],
            "sizes": [_plain(row) for row in self.sizes],
            "crowds": [_plain(row) for row in self.crowds],
            "coverage": [_plain(row) for row in self.coverage],
            "contract": [_plain(row) for row in self.contract],
            "changes": [_plain(row) for row in self.changes],
            "answers": [_plain(row) for row in self.answers],
            "sides": [_plain(row) for row in self.sides],
            "ratios": [_plain(row) for row in self.ratios],
            "former": [_plain(row) for row in self.former],
            "effects": [_plain(row) for row in self.effects],
            "screenshots": [_plain(row) for row in self.screenshots],
            "skipped": [_plain(row) for row in self.skipped],
            "mended": [dict(entry) for entry in self.mended],
            "history": [_plain(row) for row in self.history],
            "sources": [_plain(row) for row in self.sources],
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
        plain["history"] = [_made(HistoryRow, item) for item in data.get("history", ())]
        plain["sources"] = [_made(SourceRow, item) for item in data.get("sources", ())]
        run = cls(**plain)
        run.add(part)
        return run


def _plain(item: Any) -> dict[str, Any]:
    return item.as_dict() if isinstance(item, Finding | Endpoint) else asdict(item)


def _made(kind: type[Any], data: Mapping[str, Any]) -> Any:
    """Return a *kind* from JSON, its lists as tuples; unknown keys of later schemas ignored."""
    known = {f.name for f in fields(kind)}
    return kind(**{k: _tuples(v) for k, v in data.items() if k in known})


def _tuples(value: Any) -> Any:
    """Return *value* with each list, also those in an object, as a tuple."""
    if isinstance(value, list):
        return tuple(value)
    if isinstance(value, dict):
        return {k: _tuples(v) for k, v in value.items()}
    return value


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _sum(first: Any, second: Any, *but: str) -> Any:
    """Return *first* with its numbers, all *but* these, added to those of *second*."""
    numbers = {
        f.name: getattr(first, f.name) + getattr(second, f.name)
        for f in fields(first)
        if f.name not in but and isinstance(getattr(first, f.name), int | float)
    }
    return replace(first, **numbers)
