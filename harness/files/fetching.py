"""Visitors who give an address of this machine, in every field that takes a text or a file."""

from __future__ import annotations

import contextlib
import itertools
import sys
import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..checks.fetching import CHECKS, Fetched
from ..contract import Component, Event
from ..finding import Finding
from ..redact import of_running
from ..run import Part
from ..visitors.stage import Spent, Stage, skipped, staged
from .listener import Listener, listening
from .look import Look, component_named
from .ways import META, Way, held, put

__all__ = ["fetches", "replay_fetching"]


def fetches(stage: Stage, event: Event) -> Part:
    """Return whether the app fetches what a visitor says who sets *event* off."""
    look = Look(stage, event)
    try:
        with listening(uuid.uuid4().hex) as listener:
            columns = [(field, list(_ways(field, listener))) for field in look.fields()]
            found = look.search(
                columns,
                lambda field, way: _findings(look, listener, field, way),
                lambda field, words: _again(look, field, words),
                call="replay_fetching",
            )
    except (Spent, OSError) as error:
        return skipped(event, f"addresses: {error}")
    return Part(findings=tuple(found))


def _ways(component: Component, listener: Listener) -> Iterator[Way]:
    """Yield the ways to give an address, the most telling first."""
    host = f"127.0.0.1:{listener.port}"
    texts = (
        ("an address of this machine", f"http://{host}/note.txt"),
        ("this machine's name", f"http://localhost:{listener.port}/note.json"),
        ("an address of this machine (.png)", f"http://{host}/note.png"),
        ("an address without http", f"{host}/note.txt"),
        ("this machine's address as one number", f"http://2130706433:{listener.port}/note.txt"),
        ("an address of this machine (.wav)", f"http://{host}/note.wav"),
        ("a text with an address in it", f"See http://{host}/note.html please."),
    )
    typed = (
        Way(words, value, typed) for words, text in texts for value, typed in put(component, text)
    )
    address = f"http://{host}/note.png"
    files = (
        ("a file that lies at an address", {"path": address, "meta": META}),
        ("a file with an address beside it", {"path": "", "url": address, "meta": META}),
        ("an address in place of a file", address),
    )
    named = (
        Way(words, whole, typed=False, forged=True)
        for words, value in files
        for whole in held(component, value)
    )
    for pair in itertools.zip_longest(typed, named):
        yield from filter(None, pair)


def _findings(look: Look, listener: Listener, field: Component, way: Way) -> list[Finding]:
    """Return what comes of one way to give an address in one field."""
    listener.asked.clear()
    probe = look.stage.app.probe
    with probe.watching(f":{listener.port}") if probe else contextlib.nullcontext():
        seen = look.entered(look.case(field, way))
    effects = [e for o in seen if o.evidence for e in o.evidence.effects]
    line = look.line(effects, "connect")
    asked = len(listener.asked) if line or not way.forged else 0
    told = Fetched(
        look.event.label,
        field.label,
        way.words,
        asked,
        function=look.function,
        typed=way.typed,
        shown=look.came_back(seen, listener.mark) if asked else "",
        line=line or look.place,
    )
    return [finding for check in CHECKS for finding in check(told)]


def _again(look: Look, field: Component, words: str) -> list[Finding]:
    """Return what comes of the same way to give another listener's address."""
    with listening(uuid.uuid4().hex) as listener:
        same = [way for way in _ways(field, listener) if way.words == words]
        return [finding for way in same for finding in _findings(look, listener, field, way)]


def replay_fetching(
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
    """Start *target*, listen on this machine, and give *field* the address as *words* say.

    Other arguments are as for `replay`. SystemExit is raised where the listener was called.
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
