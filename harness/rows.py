"""The tables of a run: one row an event, a suite, a stream, a field, or a thing that was seen.

Rows are plain data, of numbers, words and tuples of them, and stand in `results.json` as they
are (documented in docs/results.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from .quantiles import percentile

__all__ = [
    "AccessRow",
    "AnswerRow",
    "ChangeRow",
    "Checked",
    "CoverageRow",
    "CrowdRow",
    "EventRow",
    "FormerRow",
    "HistoryRow",
    "LatencyRow",
    "RatioRow",
    "Screenshot",
    "SideEffect",
    "SidesRow",
    "SizeRow",
    "Skipped",
    "SourceRow",
    "StreamRow",
    "SuiteRow",
    "added",
    "made",
]


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
class AccessRow:
    """Whether *who* was answered who asked for a *route*, and whether that was *expected*, and why.

    *owner* is "author", "gradio" or "fastapi"; *whose* is what was asked for: "own", or what
    is another user's ("another's file"). *status* is HTTP's, 0 where no answer came.
    """

    route: str
    owner: str
    whose: str
    who: str
    status: int
    open: bool
    expected: bool
    why: str = ""


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
        row: HistoryRow = made(cls, data)
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


def made(kind: type[Any], data: Mapping[str, Any]) -> Any:
    """Return a *kind* from JSON, its lists as tuples; unknown keys of later schemas ignored."""
    known = {f.name for f in fields(kind)}
    return kind(**{k: _tuples(v) for k, v in data.items() if k in known})


def added(first: Any, second: Any, *but: str) -> Any:
    """Return *first* with its numbers, all *but* these, added to those of *second*."""
    numbers = {
        f.name: getattr(first, f.name) + getattr(second, f.name)
        for f in fields(first)
        if f.name not in but and isinstance(getattr(first, f.name), int | float)
    }
    return replace(first, **numbers)


def _tuples(value: Any) -> Any:
    """Return *value* with each list, also those in an object, as a tuple."""
    if isinstance(value, list):
        return tuple(value)
    if isinstance(value, dict):
        return {k: _tuples(v) for k, v in value.items()}
    return value
