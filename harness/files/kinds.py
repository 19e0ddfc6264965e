"""Files that an event gives: whether they are what they are called, and what a visitor chose."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..checks.carriage import SAME, Kind, kind
from ..contract import Component, Event
from ..finding import Finding, Repeats
from ..redact import of_running
from ..reproduce import Case, case_of, described, snippet
from ..run import Part
from ..strategies.choices import allowed
from ..visitors.stage import Spent, Stage, skipped, staged
from .look import Look
from .parcels import content_kind
from .returns import returned

__all__ = ["file_kind", "replay_kind"]

#: What a choice is called that is one of a kind of file which its first bytes tell.
CHOICES = frozenset(("png", "jpg", "gif", "webp", "bmp", "tiff", "pdf", "wav", "flac", "ogg"))
#: What gives a file as it is.
GIVES = frozenset(("file", "downloadbutton", "audio", "video"))


def file_kind(stage: Stage, event: Event) -> Part:
    """Return which files that *event* gives are not what they are called, or were to be."""
    chain = stage.app.contract.chain(event)
    if not any(c.type in GIVES for member in chain for c in member.outputs):
        return Part()
    try:
        return Part(findings=tuple(_found(Look(stage, event))))
    except (Spent, OSError) as error:
        return skipped(event, f"kinds of files: {error}")


def _found(look: Look) -> Iterator[Finding]:
    told: set[str] = set()
    for case in _cases(look):
        if look.deadline.passed(late=look.stage.seconds):
            return
        for finding in _judged(look, case):
            if finding.title in told:
                continue
            told.add(finding.title)
            if any(one.title == finding.title for one in _judged(look, case)):
                yield _dressed(look, finding, case)


def _cases(look: Look) -> Iterator[Case]:
    """Yield what the page is set to: as a visitor finds it, and each kind of file chosen."""
    look.base = look.usual()
    yield look.base
    for field in _pickers(look):
        for choice in allowed(field):
            if choice != field.value:
                values = {**look.base.values, field.id: choice}
                yield dataclasses.replace(look.base, values=values)


def _pickers(look: Look) -> list[Component]:
    """Return the fields in which a visitor chooses a kind of file."""
    single = [
        c
        for c in look.fields()
        if c.type in ("radio", "dropdown") and not c.props.get("multiselect")
    ]
    return [c for c in single if sum(bool(_named(choice)) for choice in allowed(c)) > 1]


def _named(choice: Any) -> str:
    """Return the kind of file that a choice says, "" if it says none."""
    known = str(choice).strip().lower().lstrip(".")
    known = SAME.get(known, known)
    return known if known in CHOICES else ""


def _judged(look: Look, case: Case) -> list[Finding]:
    pickers = _pickers(look) if case.example is None else []
    chosen = {c.label: _named(case.values.get(c.id, c.value)) for c in pickers}
    found = []
    for got in returned(look, look.entered(case)):
        if got.output.type in GIVES and not got.inside:
            told = Kind(
                look.event.label,
                got.output.label,
                got.name,
                content_kind(got.content),
                chosen=chosen,
                function=look.function,
                place=look.place,
            )
            found += kind(told)
    return found


def _dressed(look: Look, finding: Finding, case: Case) -> Finding:
    stage = look.stage
    script = snippet(
        stage.app.target.text,
        look.contract,
        look.event,
        case,
        folder=stage.folder,
        chosen=stage.plan,
        call="replay_kind",
    )
    return dataclasses.replace(
        finding,
        input=described(look.contract, look.event, case),
        reproduce=script,
        repeats=Repeats(2, 2, "FF"),
    )


def replay_kind(
    target: str,
    event: str,
    inputs: Sequence[Any] = (),
    *,
    also: Mapping[str, Any] | None = None,
    example: tuple[str, int] | None = None,
    folder: str = "",
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
) -> None:
    """Start *target*, set *event* off, and look into the files that it gives.

    Arguments are as for `replay`. SystemExit is raised where one is not what it is called.
    """
    with staged(target, folder=folder, include=include, exclude=exclude) as stage:
        hide = of_running(stage.app).hide
        look = Look(stage, stage.app.contract.event(event))
        found = _judged(look, case_of(look.contract, look.event, inputs, also, example))
    for finding in found:
        print(hide(f"{finding.title}\n  {finding.detail}"))
    if found:
        sys.exit(hide("; ".join(finding.title for finding in found)))
