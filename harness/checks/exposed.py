"""Files that an app gives to whoever asks for them, past every event."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..finding import Finding, Severity
from . import Check

__all__ = ["CHECKS", "Exposed", "FileKind"]

FileKind = Literal["source", "secret", "outside", "blocked"]


@dataclass(frozen=True, slots=True)
class Exposed:
    """A file that came back from a *route* when it was asked for as *asked*.

    By its *kind* it is the app's own source, something secret of the app's folder, what the author
    has blocked, or a file of ours that lies outside. *location* is the author's route, "" for
    Gradio's own.
    """

    name: str
    kind: FileKind
    route: str
    asked: str
    location: str = ""


WORDS = {
    "source": "the app's own source",
    "secret": "what the app's folder has for itself",
    "outside": "any file of this machine",
    "blocked": "what blocked_paths names",
}


def exposed(seen: Exposed) -> list[Finding]:
    """Anybody gets files that are not for visitors, by asking a route for them.

    Why: it takes an address and no event. With `allowed_paths=["/"]` or a home folder that is every
    key and every `.env` of the machine, with the working folder the app's own secrets.

    Mend: name the one folder whose files are for visitors in `allowed_paths`, `set_static_paths` or
    `StaticFiles(directory=…)`, and keep source and secrets elsewhere; in a route of your own
    resolve the path and refuse it unless it `is_relative_to` that folder.

    Silence: `--app-ignore files.exposed`. Source that is public anyway is a warning, no error.
    """
    grave = Severity.WARNING if seen.kind == "source" else Severity.ERROR
    return [
        Finding(
            "files.exposed",
            "",
            grave,
            f"{seen.route} gives {WORDS[seen.kind]} to anybody",
            f"{seen.name} came back from {seen.asked}.",
            step="route",
            exception=f"{seen.route} {seen.kind}",
            location=seen.location,
        )
    ]


CHECKS = (Check("files.exposed", Severity.ERROR, exposed),)
