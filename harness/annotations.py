"""Findings as GitHub Actions shows them: beside the author's line that each is about.

    ::error file=app.py,line=27,title=api.unhandled-exception at share::ZeroDivisionError: …

A line of a log that begins so is a command to the runner; nothing of an app can end one early or
begin another.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from .finding import Finding, Severity
from .report.text import cut, visible
from .run import Run
from .target import Target

__all__ = ["commands", "roots", "wanted"]

LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}
#: GitHub shows no more of each level for one step.
MOST = 10
LOCATION = re.compile(r"(?P<file>.+?):(?P<line>\d+)(?: in .*)?")


def wanted(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether a runner of GitHub Actions, or one that does as it does, reads what is printed."""
    return environment.get("GITHUB_ACTIONS") == "true"


def roots(target: Target, folder: Path, app_folder: str) -> tuple[Path, ...]:
    """Return the folders from which the locations of findings may be told."""
    named = (folder / app_folder,) if app_folder else ()
    return (*named, *((target.path.parent,) if target.path else ()), folder)


def commands(run: Run, repository: Path, folders: Sequence[Path]) -> Iterator[str]:
    """Yield a command for each finding that the baseline does not know, gravest first.

    *repository* is the folder from which GitHub names files, *folders* are those from which
    locations are told. A finding without a line of a file in the repository is one of the job.
    """
    told = Counter[Severity]()
    for finding in run.new:
        told[finding.severity] += 1
        if told[finding.severity] <= MOST:
            yield _command(finding, _place(finding, repository.resolve(), folders))


def _command(finding: Finding, place: Mapping[str, str]) -> str:
    at = f" at {finding.event}" if finding.event else ""
    properties = {**place, "title": visible(f"{finding.check}{at}")}
    words = [finding.title, cut(finding.input, 300), finding.detail]
    if finding.reproduce:
        words.append(f"See it again: pytest --app … --app-replay {finding.id}")
    message = visible("\n".join(word for word in words if word))
    shown = ",".join(f"{name}={_escaped(value, ':,')}" for name, value in properties.items())
    return f"::{LEVELS[finding.severity]} {shown}::{_escaped(message)}"


def _place(finding: Finding, repository: Path, folders: Sequence[Path]) -> dict[str, str]:
    """Return the file, seen from the repository, and the line; nothing where it is not in there."""
    found = LOCATION.fullmatch(finding.location)
    if found is None:
        return {}
    for folder in folders:
        path = (folder / found["file"]).resolve()
        if path.is_file() and path.is_relative_to(repository):
            return {"file": path.relative_to(repository).as_posix(), "line": found["line"]}
    return {}


def _escaped(text: str, more: str = "") -> str:
    """Return *text* as the runner wants it: what has a meaning to it by its number."""
    for character in f"%\r\n{more}":
        text = text.replace(character, f"%{ord(character):02X}")
    return text
