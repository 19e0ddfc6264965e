"""What answers and errors tell that is for nobody's eyes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ..finding import Finding, Severity
from . import Check, place_of
from .forged import LINE, TRACEBACK, received, texts
from .outcome import Seen, place

__all__ = ["CHECKS"]

#: So much of a text is told, and so much of what stands before a secret: others may follow it.
SHOWN, BEFORE = 160, 26


def tells(seen: Seen) -> list[Finding]:
    """An answer, a message or an error shows a visitor a secret, or the app's inside.

    Why: error texts often hold what the call that failed was given: a key, an address with
    a password, the whole environment. A traceback shows files, versions and lines. Secrets are
    variables of the environment and of the source that are called so, and one that the harness
    has put into the environment and that nothing else holds.

    Mend: say in your own words what went wrong, `raise gr.Error("The service does not answer.")`,
    and log the rest; leave `show_error` off where exceptions are not yours.

    Silence: `--app-ignore auth.tells@EVENT`; a traceback is a warning.
    """
    known = "\0".join(_known(seen))
    for text in _told(seen):
        for secret in seen.secrets:
            if secret in text and secret not in known:
                begin = text.find(secret)
                shown = f"…{text[max(0, begin - BEFORE) : begin]}***"
                return [_finding(seen, Severity.ERROR, "A visitor is shown a secret", shown)]
        lines = LINE.findall(text)
        own = any(line.startswith(f"{seen.folder}/") for line in lines)
        if TRACEBACK in text and own and TRACEBACK not in known:
            title = "A visitor is shown a traceback of the app"
            return [_finding(seen, Severity.WARNING, title, text)]
    return []


def _told(seen: Seen) -> Iterator[str]:
    """Yield the texts that come to the visitor: outputs, messages, and errors as they are shown."""
    yield from received(seen.observation)
    error = seen.observation.error
    if error is not None and error.kind == "unexpected":
        yield error.message


def _known(seen: Seen) -> Iterator[str]:
    """Yield what the visitor has sent, and what the page shows anyway."""
    yield from texts(seen.observation.call.inputs)
    components = (*(p.component for p in seen.event.inputs), *seen.event.outputs)
    yield from (str(component.props) for component in components)


def _finding(seen: Seen, severity: Severity, title: str, text: str) -> Finding:
    evidence, function = seen.observation.evidence, seen.event.function
    found = Finding(
        "auth.tells",
        seen.event.label,
        severity,
        title,
        f"The visitor reads: {text[:SHOWN]}{'…' if text[SHOWN:] else ''}",
        step="function",
        function=function.name if function else "",
        location=place_of(function, seen.folder),
    )
    if evidence is None or evidence.frame is None:
        return found
    return replace(found, location=place(evidence.frame, seen.folder))


CHECKS = (Check("auth.tells", Severity.ERROR, tells),)
