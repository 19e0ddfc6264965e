"""What each section of the page shows: of long lists the first rows, of pictures the first few.

All are in results.json; the page says how many more there are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ..finding import Severity
from ..rows import EventRow
from ..run import Run
from .axis import axis_over
from .forest import forest_axis
from .matrix import lines, people
from .text import moment, thousands

__all__ = ["Limits", "contents"]


@dataclass(frozen=True, slots=True)
class Limits:
    """How many of each kind the page shows."""

    rows: int = 80
    histograms: int = 12
    streams: int = 6
    curves: int = 9

    @property
    def fewer(self) -> Limits:
        """Two thirds of each, one at least."""
        return Limits(*(max(1, getattr(self, name) * 2 // 3) for name in self.__slots__))


def contents(run: Run, limits: Limits) -> dict[str, object]:
    """Return what the template shows besides the findings' cards."""
    return {
        "run": run,
        **_verdict(run),
        **_coverage(run),
        **_changes(run),
        **_events(run, limits),
        **_first("streams", run.streams, limits.streams),
        **_latency(run, limits),
        **_shape(run, limits),
        **_regression(run, limits),
        **_first("access", lines(run.access), limits.rows),
        "access_people": people(run.access),
        **_first("reached", run.coverage, limits.rows),
        **_first("effects", run.effects, limits.rows),
        **_first("skipped", run.skipped, limits.rows),
    }


def _first(name: str, rows: Sequence[object], limit: int) -> dict[str, object]:
    """Return the first of the rows by *name*, and how many more there are."""
    return {name: rows[:limit], f"more_{name}": max(0, len(rows) - limit)}


def _verdict(run: Run) -> dict[str, object]:
    # The reason has a banner of its own.
    verdict = run.verdict if run.complete else run.verdict.replace(f" ({run.ended})", "", 1)
    lead, _, scope = verdict.rpartition("; ")
    word, tone = _status(run)
    findings = [*run.new, *run.known]
    return {
        "lead": lead,
        "scope": scope[:1].upper() + scope[1:],
        "status": word,
        "tone": tone,
        "findings": findings,
        "chips": [(s, sum(f.severity == s for f in run.new)) for s in Severity],
        "known_count": len(run.known),
        "suite_names": sorted({f.suite for f in findings}),
    }


def _changes(run: Run) -> dict[str, object]:
    """Return what is other than in the baseline and in the runs before this one."""
    past, last = run.history[:-1], run.history[-1:]
    counts = [(len(row.new), "new") for row in last] + [(len(row.mended), "mended") for row in last]
    told = [f"{number} {word}" for number, word in counts if number]
    since = f"Since the last run, {moment(past[-1].started)}: " if past else ""
    return {
        "mended": run.mended,
        "history": run.history,
        "moments": [moment(row.started) for row in run.history],
        "new_ids": {name for row in last for name in row.new},
        "gone": [entry for row in last for entry in row.mended],
        "since": since + (", ".join(told) or "nothing new, nothing mended"),
        "differing": [name for name, version in run.versions.items() if _differs(run, name)],
        "finders": _finders(run),
    }


def _differs(run: Run, name: str) -> bool:
    """Whether the runs that the run was merged from had different versions of *name*."""
    return len({source.versions.get(name, "") for source in run.sources}) > 1


def _finders(run: Run) -> dict[str, tuple[str, ...]]:
    """Return which runs found a finding, where others drove its event and did not."""
    found: dict[str, tuple[str, ...]] = {}
    for finding in run.findings:
        seen = [source.name for source in run.sources if finding.id in source.findings]
        drove = [s for s in run.sources if not finding.event or {*finding.events} & {*s.events}]
        if seen and len(drove) > len(seen):
            found[finding.id] = tuple(seen)
    return found


def _coverage(run: Run) -> dict[str, object]:
    events = run.events
    return {
        "driven": [event for event in events if event.cases],
        "total": (total := _total(events)),
        "beside": _beside(run, total.cases),
        "calls": sum(suite.cases for suite in run.suites),
        "queued": sum(suite.queued_cases for suite in run.suites),
        "tests": sum(suite.tests for suite in run.suites),
        "failed_tests": sum(suite.failed for suite in run.suites),
        "skipped_count": len(run.skipped),
    }


def _events(run: Run, limits: Limits) -> dict[str, object]:
    findings = run.findings
    return {
        **_first("events", run.events, limits.rows),
        "event_count": len(run.events),
        "numbers": {event.label: n for n, event in enumerate(run.events[: limits.rows], 1)},
        "worst_of": {label: f for f in reversed(findings) for label in f.events},
        "found_of": Counter(label for f in findings for label in f.events),
    }


def _status(run: Run) -> tuple[str, str]:
    """Return the run's outcome in a word or two, and the tone in which it is set."""
    if not run.complete:
        return ("Cut short" if run.ended else "Not finished"), "cut"
    if run.failing or any(suite.failed for suite in run.suites):
        return "Failed", "error"
    if not any(event.cases for event in run.events):
        return "Nothing driven", "none"
    if any(finding.severity is Severity.WARNING for finding in run.new):
        return "Passed, with warnings", "warning"
    return "Passed", "ok"


def _total(events: Sequence[EventRow]) -> EventRow:
    """Return one row for all events together."""
    cases, answered, refused, failed = (
        sum(getattr(event, name) for event in events)
        for name in ("cases", "answered", "refused", "failed")
    )
    return EventRow("", "", cases=cases, answered=answered, refused=refused, failed=failed)


def _beside(run: Run, counted_cases: int) -> list[str]:
    """Return in words the calls of the run that are not counted by how they ended."""
    of = {suite.name: suite.cases for suite in run.suites}
    timed, opening = of.get("latency", 0), of.get("ui", 0)
    forged = sum(of.values()) - counted_cases - timed - opening
    kinds = (("timed", timed), ("made by pages as they open", opening), ("forged", forged))
    return [f"{thousands(number)} {kind}" for kind, number in kinds if number > 0]


def _latency(run: Run, limits: Limits) -> dict[str, object]:
    rows = run.latency[: limits.rows]
    axis = axis_over(value for row in rows for value in (*row.samples, row.p50, row.maximum))
    slowest = sorted((row for row in rows if row.samples), key=lambda row: -row.p50)
    pictured = slowest[: limits.histograms]
    return {
        **_first("latency", run.latency, limits.rows),
        "axis": axis,
        "pictured": [row for row in rows if row in pictured],
        "sliced": any(row.slices for row in pictured),
    }


def _shape(run: Run, limits: Limits) -> dict[str, object]:
    """Return what makes an event slower, where that is known."""
    return {
        **_first("sizes", [row for row in run.sizes if row.exponent is not None], limits.curves),
        **_first("level", [row for row in run.sizes if row.exponent is None], limits.rows),
        **_first("crowds", run.crowds, limits.curves),
    }


def _regression(run: Run, limits: Limits) -> dict[str, object]:
    breaking = sorted(run.changes, key=lambda row: not row.breaks)
    return {
        **_first("ratios", run.ratios, limits.rows),
        "ratio_axis": forest_axis(run.ratios[: limits.rows]),
        **_first("changes", breaking, limits.rows),
        **_first("sides", run.sides, limits.rows),
        **_first("former", run.former, limits.rows),
        "latency_of": {row.event: row for row in run.latency},
    }
