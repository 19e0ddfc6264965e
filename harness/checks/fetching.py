"""Addresses that a visitor gives and the app's server fetches."""

from __future__ import annotations

from dataclasses import dataclass

from ..finding import Finding, Severity
from . import Check

__all__ = ["CHECKS", "Fetched"]


@dataclass(frozen=True, slots=True)
class Fetched:
    """One call in which a visitor gave an address of this machine, and what came of it.

    *field* got it in the way that *words* tell, *typed* where the page lets a visitor send that.
    *requests* are how often it was asked for. *shown* is where what it answers came back, "" if
    it did not, *line* the author's that connected.
    """

    event: str
    field: str
    words: str
    requests: int
    function: str = ""
    typed: bool = True
    shown: str = ""
    line: str = ""


def fetches(seen: Fetched) -> list[Finding]:
    """The app's server fetches an address of its own machine because a visitor gave it.

    Why: what only that machine can reach, a visitor then reaches too: a database's port, an
    administrator's page, the cloud's address that hands out credentials (169.254.169.254). It is an
    error where the visitor is shown what was fetched.

    Mend: where the visitor is to name a source, let it be one of a list. Else resolve the host
    first, refuse every address that is not global (`ipaddress.ip_address(a).is_global`), connect
    to the address that was looked at, and follow no redirects; `gradio.processing_utils` has
    `ssrf_protected_download` for it.

    Silence: `--app-ignore files.fetches@EVENT`.
    """
    if not seen.requests:
        return []
    times = "once" if seen.requests == 1 else f"{seen.requests} times"
    how = "" if seen.typed else ", in a request that no page sends"
    detail = f"{seen.field} was given {seen.words}{how}: a listener of ours was called {times}. "
    detail += f"What it answered came back in {seen.shown}." if seen.shown else ""
    return [
        Finding(
            "files.fetches",
            seen.event,
            Severity.ERROR if seen.shown else Severity.WARNING,
            f"{seen.field} has the server fetch any address that a visitor gives",
            detail.strip(),
            step="function",
            function=seen.function,
            exception=seen.field,
            location=seen.line,
        )
    ]


CHECKS = (Check("files.fetches", Severity.ERROR, fetches),)
