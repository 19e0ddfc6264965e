"""What several visitors did, written down: in words, and as a script that does it again.

from gradio_harness import replay_visits

replay_visits("app.py", [("A", "save", ["kestrel"]), ("B", "show")], looked_for="kestrel")
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .canaries import served_paths
from .contract import Contract, Event
from .observation import Observation
from .plan import Plan, plan
from .reproduce import _has_media, _labels, _line, _literal, _short
from .visit import Visit, at, feeding

__all__ = ["Step", "described", "replay_visits", "snippet"]


@dataclass(frozen=True, slots=True)
class Step:
    """A visitor sets *values*, by component id, and then *event* off; None: opens the page."""

    visitor: str
    event: Event | None
    values: Mapping[int, Any] = field(default_factory=dict)


def described(contract: Contract, steps: Sequence[Step]) -> str:
    """Return the steps in words, one a line: ``A: save(note = 'kestrel')``."""
    return "\n".join(
        f"{step.visitor}: {_words(contract, step)}" if step.event else f"{step.visitor}: the page"
        for step in steps
    )


def _words(contract: Contract, step: Step) -> str:
    assert step.event is not None
    names = {p.component.id: p.name for member in contract.chain(step.event) for p in member.inputs}
    given = [f"{names.get(key, '?')} = {_short(value)}" for key, value in step.values.items()]
    return f"{step.event.label}({', '.join(given)})"


def snippet(
    target: str,
    contract: Contract,
    steps: Sequence[Step],
    *,
    looked_for: str,
    folder: str = "",
    chosen: Plan | None = None,
) -> str:
    """Return a shell command that starts the app and has the visitors do the same again.

    *looked_for* is what one of them sent and another may not get.
    """
    labels = _labels(contract)
    lines = "".join(f"    {_step(step, labels)},\n" for step in steps)
    arguments = [f"looked_for={_literal(looked_for)}"]
    if folder:
        arguments.append(f"folder={_literal(folder)}")
    for name in ("include", "exclude") if chosen is not None else ():
        if patterns := getattr(chosen, name):
            arguments.append(f"{name}={_literal(patterns)}")
    media = any(_has_media(value) for step in steps for value in step.values.values())
    names = "Media, replay_visits" if media else "replay_visits"
    return (
        f"python - <<'EOF'\nfrom gradio_harness import {names}\n\n"
        f"replay_visits({_literal(target)}, [\n{lines}], {', '.join(arguments)})\nEOF"
    )


def _step(step: Step, labels: Mapping[int, str]) -> str:
    parts = [repr(step.visitor)]
    if step.event is not None:
        own = [parameter.component.id for parameter in step.event.inputs]
        inputs = [_literal(step.values[i]) if i in step.values else "..." for i in own]
        while inputs and inputs[-1] == "...":
            inputs.pop()
        also = {labels[i]: v for i, v in step.values.items() if i not in own and i in labels}
        parts.append(_literal(step.event.label))
        if inputs or also:
            parts.append(f"[{', '.join(inputs)}]")
        if also:
            parts.append(_literal(also))
    return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"


def replay_visits(
    target: str,
    steps: Sequence[tuple[Any, ...]],
    *,
    looked_for: str,
    folder: str = "",
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
) -> list[Observation]:
    """Start *target*, have several visitors do the *steps*, and return what came, in order.

    A step is ``("A", "save", ["kestrel"])``: a visitor's name, an event, its inputs (``...`` for
    what stays as the page shows it) and, by their labels, further components; ``("B",)`` opens
    the page. *folder*, *include* and *exclude* are as for `replay`. What comes is printed;
    where *looked_for*, which one visitor sent, comes to another, SystemExit is raised.
    """
    from .app import Credentials, connect, launch, named_home
    from .drivers.wire import Wire, new_session
    from .redact import known, of_app
    from .target import parse

    here = Path.cwd()
    parsed = parse(target, here)
    who = Credentials.listed(os.environ.get("GRADIO_HARNESS_AUTH", ""))
    if parsed.local:
        running = launch(parsed, folder=here, credentials=who, home=named_home(folder, here))
    else:
        running = connect(parsed, folder=here, credentials=who)
    everything: list[Observation] = []
    astray = ""
    with running as app, Wire(app) as wire:
        contract = app.contract
        hide = (known(target, source=parsed.path) | of_app(app)).hide
        driven = plan(contract, include=include, exclude=exclude).driven
        identities = {label: identity for identity, label in _labels(contract).items()}
        visits: dict[str, Visit] = {}
        owners: set[str] = set()
        for name, *rest in steps:
            visit = visits.get(name)
            begin = len(visit.seen) if visit else 0
            if visit is None:
                visit = visits[name] = Visit(
                    wire, contract, new_session(), driven=lambda event: event.index in driven
                )
                visit.open()
            if rest:
                event = at(visit, contract.event(rest[0]))
                visit.wanted = feeding(visit.contract, event)
                inputs, also = (*rest[1:], (), {})[0], (*rest[2:], {})[0]
                values = {
                    p.component.id: value
                    for p, value in zip(event.inputs, inputs, strict=False)
                    if value is not ...
                } | {identities[label]: value for label, value in also.items()}
                if looked_for in repr(values).lower():
                    owners.add(name)
                for identity, value in values.items():
                    visit.set(visit.contract.components[identity], value, but=event)
                visit.fire(event)
            for seen in visit.seen[begin:]:
                print(hide(f"{name}: {_line(seen)}"))
                if name not in owners and _has(wire, seen, looked_for):
                    astray = (
                        astray or f"{name} got {looked_for!r}, which only {_others(owners)} sent"
                    )
            everything += visit.seen[begin:]
    if astray:
        sys.exit(astray)
    return everything


def _has(wire: Any, seen: Observation, looked_for: str) -> bool:
    """Whether *looked_for* is in what came, or in a file that came with it."""
    said = json.dumps([m.data for m in seen.messages], ensure_ascii=False, default=str).lower()
    if looked_for in said or looked_for[::-1] in said:
        return True
    return any(
        looked_for in (wire.served(path) or b"").decode("utf-8", "replace").lower()
        for path, _ in served_paths(seen.outputs or ())
    )


def _others(owners: set[str]) -> str:
    return " and ".join(sorted(owners)) or "another"
