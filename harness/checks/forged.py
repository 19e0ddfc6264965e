"""What an app does with requests that no page sends: the four things that it must not do."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..contract import Event
from ..finding import Finding, Severity
from ..observation import Observation
from . import Check
from .outcome import place

__all__ = ["CHECKS", "NAME", "ROOT", "Forged", "crashed", "received", "texts"]

NAME = "api.out-of-contract"
#: Before the label of the event, in the journal: a crash is the forged request's.
ROOT = "forged "

#: Python's own words for "here is my inside", and the line of a file that follows them.
TRACEBACK = "Traceback (most recent call last)"
LINE = re.compile(r'File "([^"\n]{1,300})", line \d+')
#: Where Gradio says where a file of its own lies: the page needs that.
PLACES = frozenset(("path", "url", "orig_name", "name"))
SHOWN = 160


@dataclass(frozen=True, slots=True)
class Forged:
    """One forged request with what came of it, and of the next visitor.

    *valid* is the text of everything that the app answers on what pages send, *secrets* what
    must never be seen. *harm* says in words what happened to the visitor who came after, if
    anything did: established by sending the same before and after. *folder* is the app's.
    """

    observation: Observation
    event: Event
    words: str
    valid: str = ""
    secrets: frozenset[str] = field(default_factory=frozenset)
    harm: str = ""
    folder: str = ""


def out_of_contract(forged: Forged) -> list[Finding]:
    """A request that no page sends hangs the app, ends it, harms others or shows its inside.

    Why: anybody can write such a request by hand: a text where the page has a number, a
    value outside the slider. Gradio passes much of it on to the function. One of them must not
    be able to keep the app busy for ever, to spoil it for the next visitor, or to read a
    traceback, a path of the server or a secret in the answer. Failing on it is fine, and
    never a finding.

    Mend: check type and range where the function begins and refuse with `raise gr.Error("…")`;
    change what visitors share only after that; answer with your own words, not with
    `traceback.format_exc()` or `str(error)`.

    Silence: `--app-ignore api.out-of-contract@EVENT`; it is a warning and fails a run only
    with `--app-fail-on warning`.
    """
    observation = forged.observation
    error, evidence = observation.error, observation.evidence
    if evidence is not None and evidence.exception == "SystemExit":
        return [_finding(forged, "A forged request ends the app's server", "It calls sys.exit().")]
    if error is not None and error.kind == "timeout":
        title = f"A forged request never gets an answer ({error.message})"
        detail = "What the page sends is answered. The function keeps its worker busy meanwhile."
        return [_finding(forged, title, detail)]
    if forged.harm:
        return [_finding(forged, f"A forged request harms the next visitor: {forged.harm}")]
    told = next(_inside(forged), None)
    if told is None:
        return []
    what, where = told
    return [_finding(forged, f"The answer to a forged request shows {what}", where)]


def crashed(call: Mapping[str, Any], how: str) -> Finding:
    """Return the finding about a forged request that ended the app's whole process, or held it."""
    return Finding(
        NAME,
        str(call["event"]),
        Severity.WARNING,
        f"A forged request ends the app for everybody ({how})",
        "No visitor gets an answer any more.",
        step="function",
        input=str(call.get("input", "")),
        reproduce=str(call.get("reproduce", "")),
    )


def _inside(forged: Forged) -> Iterator[tuple[str, str]]:
    """Yield what of the app's inside the client got to see that it did not see or say itself."""
    fields = (str(p.component.props) for p in forged.event.inputs)  # what any page shows
    known = "\0".join((forged.valid, *texts(forged.observation.call.inputs), *fields))
    home = forged.folder.rstrip("/") + "/"
    for text in received(forged.observation):
        if TRACEBACK in text and TRACEBACK not in known:
            yield "a traceback", _around(text, TRACEBACK)
        for match in LINE.finditer(text):
            if match[0] not in known:
                yield "lines of a traceback", _around(text, match[0])
        for secret in forged.secrets:
            if secret in text and secret not in known:
                yield "a secret", _around(text, secret)
        if len(home) > 5 and home in text and home not in known:
            yield "where the app lies on its server", _around(text, home)


def received(observation: Observation) -> Iterator[str]:
    """Yield the texts that came from the author: outputs, messages and ``gr.Error``.

    The text of an exception that Gradio passes on because of ``show_error=True`` is none: the
    author chose to show those.
    """
    for message in observation.messages:
        output = message.data.get("output")
        if isinstance(output, dict):
            yield from texts(output.get("data"))
        if message.kind == "log":
            yield str(message.data.get("log", ""))
    error = observation.error
    if error is not None and error.kind in ("author", "refused"):
        yield error.message


def texts(value: Any) -> Iterator[str]:
    """Yield every text in *value*, but for where a file lies."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | tuple):
        for item in value:
            yield from texts(item)
    elif isinstance(value, Mapping):
        file = "path" in value and ("meta" in value or "url" in value)
        for key, item in value.items():
            if not (file and key in PLACES):
                yield from texts(item)


def _around(text: str, what: str) -> str:
    at = text.find(what)
    part = text[max(0, at - 40) : at + SHOWN]
    return f"The client received: {'…' if at > 40 else ''}{part}{'…' if text[at + SHOWN :] else ''}"


def _finding(forged: Forged, title: str, detail: str = "") -> Finding:
    evidence, function = forged.observation.evidence, forged.event.function
    found = Finding(NAME, forged.event.label, Severity.WARNING, title, detail, input=forged.words)
    if evidence is None or not evidence.exception:
        return replace(found, function=function.name if function else "")
    frame = evidence.frame
    return replace(
        found,
        step=evidence.step,
        exception=evidence.exception,
        function=frame.function if frame else "",
        location=place(frame, forged.folder),
        traceback=evidence.traceback,
    )


CHECKS = (Check(NAME, Severity.WARNING, out_of_contract),)
