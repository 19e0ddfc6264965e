"""One run of several: of the machines of a CI, of shards, of Python or Gradio versions.

Calls add up, a defect that several runs found is told once, and what was driven in one run was not
left out because another one left it out. Times do not add up: of an event that was measured in
several runs, those of one of them are taken, and named.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePath
from typing import Any

from .errors import ResultsError
from .finding import Finding
from .rows import LatencyRow, Skipped, SourceRow
from .run import INNER, SCHEMA, TABLES, Part, Run

__all__ = ["merge", "read"]


def read(path: Path) -> Run:
    """Return the run in *path*: a results.json, or the folder of a report.

    Raises ResultsError in one line where there is none.
    """
    file = path / "results.json" if path.is_dir() else path
    try:
        data = json.loads(file.read_bytes())
    except FileNotFoundError:
        raise ResultsError(f"{file}: there is no such file. Name a results.json") from None
    except OSError as error:
        raise ResultsError(f"{file}: it cannot be read ({error.strerror}).") from None
    except ValueError:
        raise ResultsError(f"{file}: this is no JSON. Name a results.json") from None
    if not isinstance(data, dict) or "schema" not in data or "findings" not in data:
        raise ResultsError(f"{file}: this is not a results.json of gradio-harness.")
    if data["schema"] != SCHEMA:
        raise ResultsError(
            f"{file}: schema {data['schema']!r} is not understood, only {SCHEMA}. "
            "A newer gradio-harness may have written it."
        )
    try:
        return Run.from_dict(data)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ResultsError(f"{file}: this is not a whole results.json ({error!r}).") from None


def merge(runs: Mapping[str, Run]) -> Run:
    """Return one run of the runs by their names; a single one stays as it is.

    Raises ResultsError for runs of different apps, and for one that is named twice.
    """
    _need_one_app(runs)
    _need_different(runs)
    first, *others = runs.values()
    if not others:
        return first
    whole = Run(
        target=first.target,
        title=first.title,
        versions=_versions(runs),
        seed=first.seed,
        profile=_joined(run.profile for run in runs.values()),
        command=first.command,
        started=min(run.started for run in runs.values()),
        seconds=sum(run.seconds for run in runs.values()),
        complete=all(run.complete for run in runs.values()),
        ended="; ".join(f"{name}: {run.ended}" for name, run in runs.items() if run.ended),
        fail_on=max((run.fail_on for run in runs.values()), key=lambda severity: severity.rank),
        mended=_mended(list(runs.values())),
    )
    for part in _parts(runs):
        whole.add(part)
    whole.sources = [_source(name, run, whole.findings) for name, run in runs.items()]
    return whole


# --- what cannot be merged ----------------------------------------------------------------------


def _need_one_app(runs: Mapping[str, Run]) -> None:
    """Raise ResultsError where targets differ in more than the folder they lie in."""
    apps: dict[tuple[str, str], str] = {}
    for name, run in runs.items():
        apps.setdefault((PurePath(run.target).name, run.title), name)
    if len(apps) > 1:
        told = ", ".join(
            f"{target!r} ({title}) in {name}" for (target, title), name in apps.items()
        )
        raise ResultsError(
            f"these are results of different apps: {told}. Make one report for each of them."
        )


def _need_different(runs: Mapping[str, Run]) -> None:
    seen: dict[tuple[str, int, float, str], str] = {}
    for name, run in runs.items():
        key = (run.started, run.seed, run.seconds, run.command)
        if key in seen:
            raise ResultsError(
                f"{name} is the same run as {seen[key]}: its calls would count twice."
            )
        seen[key] = name


# --- what a merged run holds ----------------------------------------------------------------------


def _versions(runs: Mapping[str, Run]) -> dict[str, str]:
    """Return each version once, with the names of its runs where they differ."""
    names = dict.fromkeys(name for run in runs.values() for name in run.versions)
    found: dict[str, str] = {}
    for name in names:
        by_version: dict[str, list[str]] = {}
        for of, run in runs.items():
            by_version.setdefault(run.versions.get(name, "none"), []).append(of)
        told = [f"{version} ({', '.join(of)})" for version, of in by_version.items()]
        found[name] = next(iter(by_version)) if len(by_version) == 1 else ", ".join(told)
    return found


def _joined(words: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(words))


def _mended(runs: Sequence[Run]) -> list[dict[str, object]]:
    """Return the baseline's entries that a run missed and no run has found."""
    known = {
        (finding.check, event) for run in runs for finding in run.known for event in finding.events
    }
    entries = {json.dumps(entry, sort_keys=True): entry for run in runs for entry in run.mended}
    return [e for e in entries.values() if (e.get("check"), e.get("event")) not in known]


#: What is measured and cannot be added up, and how much of it a row holds.
MEASURED: Mapping[str, Callable[[Any], int]] = {
    "latency": lambda row: row.count,
    "streams": lambda row: row.outputs,
    "sizes": lambda row: len(row.sizes),
    "crowds": lambda row: len(row.visitors),
    "sides": lambda row: row.inputs,
    "ratios": lambda row: row.rounds,
}


def _parts(runs: Mapping[str, Run]) -> list[Part]:
    """Return what the runs say, without what one of them contradicts another in."""
    driven = {event.label for run in runs.values() for event in run.events if event.cases}
    best = {kind: _best(runs, kind) for kind in MEASURED}
    parts, shots = [], set()
    for name, run in runs.items():
        measured = {
            kind: tuple(row for row in getattr(run, kind) if best[kind][row.event] == name)
            for kind in MEASURED
        }
        measured["latency"] = tuple(_named(row, name) for row in measured["latency"])
        tables = {table: tuple(getattr(run, table)) for table in TABLES if table not in INNER}
        skipped = tuple(item for item in run.skipped if not _refuted(item, driven, run))
        new = tuple(shot for shot in run.screenshots if shot not in shots)
        part = Part(**{**tables, **measured, "skipped": skipped, "screenshots": new})
        parts.append(part)
        shots |= {*run.screenshots}
    return parts


def _refuted(item: Skipped, driven: set[str], run: Run) -> bool:
    """Whether the item says that an event was not driven that another run drove."""
    own = {event.label for event in run.events if event.cases}
    return item.what in driven - own


def _best(runs: Mapping[str, Run], kind: str) -> dict[str, str]:
    """Return, for each event that was measured, the name of the run that measured most of it."""
    best: dict[str, tuple[int, str]] = {}
    for name, row in ((name, row) for name, run in runs.items() for row in getattr(run, kind)):
        much = MEASURED[kind](row)
        if much > best.get(row.event, (-1, ""))[0]:
            best[row.event] = (much, name)
    return {event: name for event, (_, name) in best.items()}


def _named(row: LatencyRow, name: str) -> LatencyRow:
    return replace(row, where=", ".join(filter(None, (row.where, name))))


def _source(name: str, run: Run, findings: Sequence[Finding]) -> SourceRow:
    own = {key for finding in run.findings for key in _keys(finding)}
    return SourceRow(
        name=name,
        target=run.target,
        command=run.command,
        seed=run.seed,
        profile=run.profile,
        started=run.started,
        seconds=run.seconds,
        complete=run.complete,
        versions=dict(run.versions),
        events=tuple(event.label for event in run.events if event.cases),
        findings=tuple(f.id for f in findings if own & set(_keys(f))),
    )


def _keys(finding: Finding) -> Iterable[tuple[str, str, str, str]]:
    """Return what tells the finding from others, for each event that shows it."""
    place = finding.location or finding.title
    return [(finding.check, event, finding.exception, place) for event in finding.events]
