"""Visitors who name files that are not for them, in every field that takes a text or a file."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..checks.trespass import CHECKS, Trespass
from ..contract import Component, Event
from ..finding import Finding
from ..observation import Effect
from ..redact import of_running
from ..run import Part
from ..visitors.stage import Spent, Stage, skipped, staged
from .archives import archives
from .bait import Bait, laid
from .look import Look, component_named
from .ways import Way, ways

__all__ = ["path_read", "path_write", "replay_trespass"]


def path_read(stage: Stage, event: Event) -> Part:
    """Return what visitors get to read of files that are not for them, who set *event* off."""
    return _of("files.path-read", stage, event)


def path_write(stage: Stage, event: Event) -> Part:
    """Return what visitors get written where they may write nothing, who set *event* off."""
    return _of("files.path-write", stage, event)


def _of(check: str, stage: Stage, event: Event) -> Part:
    """Return what *check* says: the files are named once for all checks."""
    part = stage.once(f"trespass: {event.label}", lambda: _trespass(stage, event))
    return dataclasses.replace(part, findings=tuple(f for f in part.findings if f.check == check))


def _trespass(stage: Stage, event: Event) -> Part:
    look = Look(stage, event)
    try:
        with laid(stage.app) as bait:
            columns = [(field, _ways(look, field, bait)) for field in look.fields()]
            found = look.search(
                columns,
                lambda field, way: _findings(look, bait, field, way),
                lambda field, words: _again(look, field, words),
                call="replay_trespass",
            )
    except (Spent, OSError) as error:
        return skipped(event, f"paths: {error}")
    return Part(findings=tuple(found))


def _ways(look: Look, field: Component, bait: Bait) -> list[Way]:
    source, folder = look.source(), look.stage.app.folder
    named = ways(field, bait, folder=folder, shown=look.shown(field), source=source)
    return [*archives(field, bait, source=source), *named]


def _findings(look: Look, bait: Bait, field: Component, way: Way) -> list[Finding]:
    """Return what comes of one way to name a file in one field."""
    probe = look.stage.app.probe
    with probe.watching(bait.word) if probe else contextlib.nullcontext():
        seen = look.entered(look.case(field, way))
    effects = [e for o in seen if o.evidence for e in o.evidence.effects]
    touched = bait.touched()
    if touched:
        bait.lay()
    _sweep(bait, effects)
    read = look.line(effects, "read", bait.folders)
    told = Trespass(
        look.event.label,
        field.label,
        way.words,
        function=look.function,
        typed=way.typed,
        temporary=way.temporary,
        shown=look.came_back(seen, bait.mark) if read or not way.forged else "",
        read=read,
        written=tuple(touched),
        wrote=look.line(effects, "write", bait.folders),
    )
    return [finding for check in CHECKS for finding in check(told)]


def _again(look: Look, field: Component, words: str) -> list[Finding]:
    """Return what comes of the same way to name other files of ours, with another mark."""
    with laid(look.stage.app) as bait:
        same = [way for way in _ways(look, field, bait) if way.words == words]
        return [finding for way in same for finding in _findings(look, bait, field, way)]


def _sweep(bait: Bait, effects: Sequence[Effect]) -> None:
    """Remove what the app has written under our name in folders that are not ours."""
    made = [e.what for e in effects if e.kind == "write"]
    strays = [path for path in made if bait.word in path and not path.startswith(bait.folders)]
    for stray in strays:
        before, word, after = stray.partition(bait.word)
        root = Path(before + word + after.partition(os.sep)[0])
        if root.is_dir():
            shutil.rmtree(root, ignore_errors=True)
        else:
            root.unlink(missing_ok=True)
    for folder in sorted(made, key=len, reverse=True):
        if any(stray.startswith(folder + os.sep) for stray in strays):
            with contextlib.suppress(OSError):
                os.rmdir(folder)


def replay_trespass(
    target: str,
    event: str,
    field: str,
    words: str,
    *,
    also: Mapping[str, Any] | None = None,
    example: tuple[str, int] | None = None,
    folder: str = "",
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
) -> None:
    """Start *target*, lay out marked files, and name one in *field* in the way that *words* say.

    Other arguments are as for `replay`. SystemExit is raised where the file is read or written.
    """
    with staged(target, folder=folder, include=include, exclude=exclude) as stage:
        hide = of_running(stage.app).hide
        look = Look(stage, stage.app.contract.event(event))
        look.as_told(also, example)
        found = _again(look, component_named(look.contract, field), words)
    for finding in found:
        print(hide(f"{finding.title}  {finding.location}\n  {finding.detail}"))
    if found:
        sys.exit(hide("; ".join(finding.title for finding in found)))
