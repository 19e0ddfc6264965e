"""What is published about the app's Gradio, and what of that the running app shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..advisories.table import Advisory, mending
from ..finding import Finding, Severity
from . import Check

__all__ = ["CHECKS", "Advised", "Shown"]


@dataclass(frozen=True, slots=True)
class Shown:
    """What a probe has *seen*: of which *event*, "" for none, with what *words* sent.

    *grave* is false where nobody has anything of it unless a visitor is led there, too.
    """

    seen: str
    event: str = ""
    words: str = ""
    grave: bool = True


@dataclass(frozen=True, slots=True)
class Advised:
    """An app on a release of *package*, the *advisories* that it has, and those *shown*, by name.

    *date* is the table's, *reproduce* a script by name, that of the release itself by "".
    """

    package: str
    version: str
    advisories: tuple[Advisory, ...]
    shown: Mapping[str, Shown] = field(default_factory=dict)
    date: str = ""
    reproduce: Mapping[str, str] = field(default_factory=dict)


def shown(advised: Advised) -> list[Finding]:
    """A published hole of the app's Gradio is open in this app: a probe went through it.

    Why: it is known to everybody, with the request to send. The probe is that request, with
    harmless ends: a marked file in a folder of its own, a listener on this machine. It came back
    with the file, or the listener was called: an error. What takes a visitor who is led to the
    app by another site (a redirect, another origin, a page that somebody uploaded), and a choice
    that was not offered, is a warning. Nothing in the app's own code need be wrong.

    Mend: install the release that the finding names, or a later one. Until then keep the app away
    from people that you do not know.

    Silence: `--app-ignore advisories.shown`. Only apps on this machine are probed, and only for
    what their release is known to have.
    """
    return [
        Finding(
            "advisories.shown",
            "",
            Severity.ERROR if advised.shown[advisory.name].grave else Severity.WARNING,
            f"{advisory.name} is open in this app: {advisory.title}",
            _seen(advised, advisory),
            step="route" if not advised.shown[advisory.name].event else "preprocess",
            input=advised.shown[advisory.name].words,
            exception=advisory.name,
            reproduce=advised.reproduce.get(advisory.name, ""),
        )
        for advisory in advised.advisories
        if advisory.name in advised.shown
    ]


def version(advised: Advised) -> list[Finding]:
    """Advisories are published about the release of Gradio on which the app runs.

    Why: whoever looks at the app's page reads its release, and finds in a list what is known of
    it. Which of it this app can be made to show is another matter: what a probe has shown is in
    `advisories.shown`, and the rest is here. Some need Windows, a component or an argument that
    this app does not have.

    Mend: install the release that the finding names, or a later one.

    Silence: `--app-ignore advisories.version`. It is a warning, one for all of them; the table is
    that of osv.dev on the date in the finding.
    """
    rest = [a for a in advised.advisories if a.name not in advised.shown]
    if not rest:
        return []
    more = "more " * bool(advised.shown)
    many = f"{len(rest)} {more}published advisor{'ies' if len(rest) > 1 else 'y'}"
    listed = "\n".join(f"{a.name}: {a.title}" for a in rest)
    mends = f"Mended by {advised.package} {mending(rest)}. As osv.dev had it on {advised.date}."
    return [
        Finding(
            "advisories.version",
            "",
            Severity.WARNING,
            f"{advised.package} {advised.version} has {many}",
            f"{mends}\n{listed}",
            exception=advised.package,
            reproduce=advised.reproduce.get("", ""),
        )
    ]


def _seen(advised: Advised, advisory: Advisory) -> str:
    seen = advised.shown[advisory.name]
    where = f"Event {seen.event}: " if seen.event else ""
    ids = ", ".join((advisory.id, *advisory.aliases))
    mended = f"Mended by {advisory.package} {mending([advisory])} ({ids})."
    return f"{where}{seen.seen}. This app runs on {advised.package} {advised.version}. {mended}"


CHECKS = (
    Check("advisories.shown", Severity.ERROR, shown),
    Check("advisories.version", Severity.WARNING, version),
)
