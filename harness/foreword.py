"""What a report and the terminal say of a session before the first test of it."""

from __future__ import annotations

import importlib.metadata
import platform
import sys
from typing import Any

from .contract import Contract
from .exploring.exploration import row_of
from .report.text import visible
from .rows import SideEffect, Skipped
from .run import Part
from .session import Session

__all__ = ["base", "headline", "meta"]

#: What an app that runs elsewhere is spared.
GENTLE = "it runs elsewhere: no forged requests, and its fields are not filled with more and more"


def base(session: Session) -> Part:
    """Every event of the contract with no calls yet, and why some get none."""
    contract = session.app.contract
    rows = tuple(row_of(e, e.label, number) for number, e in enumerate(contract.events))
    hushed = tuple(
        Skipped(f"check {pattern}", f"silenced: {reason}")
        for pattern, reason in session.options.ignored
    )
    said = (*session.app.notes, *(() if session.target.loopback else (GENTLE,)))
    notes = tuple(Skipped(str(session.target), note) for note in said)
    begun = session.app.probe.startup.effects if session.app.probe else ()
    home = f"{session.app.folder}/"
    effects = tuple(SideEffect(e.kind, e.what.removeprefix(home), "at the start") for e in begun)
    skipped = (*session.plan.skipped, *hushed, *notes)
    return session.secrets.part(Part(events=rows, effects=effects, skipped=skipped))


def meta(session: Session) -> dict[str, Any]:
    """Title and versions."""
    return {
        "title": session.secrets.hide(session.app.contract.title),
        "versions": _versions(session.app.contract),
    }


def _versions(contract: Contract) -> dict[str, str]:
    """Name and version of everything that has a say in the results."""
    found = {"gradio": contract.gradio, "python": platform.python_version()}
    for name in ("gradio-harness", "gradio_client", "pytest", "hypothesis", "playwright"):
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    found["system"] = f"{platform.system()} {platform.machine()}, {sys.platform}"
    return found


def headline(session: Session) -> str:
    """One line about what is tested, printed before the first test."""
    contract = session.app.contract
    target = visible(session.secrets.hide(str(session.target)))
    left_out = {row.what for row in session.plan.skipped}
    number = sum(event.label not in left_out for event in contract.events)
    chosen = f"{number} event{'s' if number != 1 else ''}"
    if len(contract.events) != number:
        chosen += f" of {len(contract.events)}"
    if session.carried.starts > 1:
        return f"gradio-harness: {target}, started again"
    return (
        f"gradio-harness: {target} on Gradio {contract.gradio}, {chosen}, "
        f"profile {session.options.profile}, seed {session.options.seed}"
    )
