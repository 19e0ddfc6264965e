"""Who may do what: the app's routes, its login and its users' data, asked for by several people.

identity = Identity(look)
identity.of("auth.login")  # a Part
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping

from ..app import start_here
from ..drivers.wire import Wire
from ..finding import Finding
from ..literals import literal
from ..plan import plan
from ..redact import of_running
from ..reproduce import run_as, script
from ..rows import SuiteRow
from ..run import Part
from ..visitors.stage import Stage
from .access import access
from .belongings import Belongings
from .elsewhere import origins, redirects
from .entry import admitted, told_apart
from .look import Look
from .sessions import sessions

__all__ = ["Identity", "Look", "replay_identity"]

REPLAY_SECONDS = 60.0


class Identity:
    """One look at one app; each check asks what it needs."""

    def __init__(self, look: Look) -> None:
        self.look, self.belongings = look, Belongings(look)
        self._asked = 0

    def of(self, check: str) -> Part:
        """Return what *check* found, with the lines that show it again."""
        looks: Mapping[str, Callable[[], Part]] = {
            "auth.route": self._routes,
            "auth.anothers-data": self._belongings,
            "auth.session": lambda: Part(findings=tuple(sessions(self.look))),
            "auth.login": lambda: Part(findings=tuple(admitted(self.look))),
            "auth.enumeration": lambda: Part(findings=tuple(told_apart(self.look))),
            "auth.origin": lambda: Part(findings=tuple(origins(self.look))),
            "auth.redirect": lambda: Part(findings=tuple(redirects(self.look))),
        }
        self.look.begin()
        part = looks[check]()
        findings = tuple(f if f.reproduce else self._shown_again(f) for f in part.findings)
        asked = sum(self.look.made.values())
        row = SuiteRow("auth", cases=asked - self._asked)
        self._asked = asked
        return dataclasses.replace(part, findings=findings, suites=(row,))

    def close(self) -> None:
        """Send everybody home."""
        self.look.close()

    def _routes(self) -> Part:
        found = access(self.look, self.belongings)
        return Part(findings=tuple(found.findings), access=tuple(found.rows))

    def _belongings(self) -> Part:
        own = [r for r in self.look.app.routes if r.owner == "author" and r.reads]
        found = (*self.belongings.of_events(), *self.belongings.of_routes(own))
        return Part(findings=found)

    def _shown_again(self, finding: Finding) -> Finding:
        stage = self.look.stage
        arguments = [literal(self.look.app.target.text), literal(finding.check)]
        arguments += [literal(finding.title), *run_as(stage.folder, stage.plan)]
        lines = script(arguments, media=False, call="replay_identity")
        return dataclasses.replace(finding, reproduce=lines)


def replay_identity(
    target: str,
    check: str,
    title: str,
    *,
    folder: str = "",
    include: tuple[str, ...] = (),
    exclude: tuple[str, ...] = (),
) -> None:
    """Start *target* and look again for what *check* says; SystemExit where it still says *title*.

    GRADIO_HARNESS_AUTH in the environment holds the logins that the app's source does not.
    """
    with start_here(target, app_folder=folder) as app, Wire(app) as wire:
        chosen = plan(app.contract, include=include, exclude=exclude)
        stage = Stage(app, wire, chosen, "standard", seed=0, seconds=REPLAY_SECONDS, folder=folder)
        identity = Identity(Look(app, stage, REPLAY_SECONDS))
        found = identity.of(check).findings
        identity.close()
        stage.close()
        hide = of_running(app).hide
    for finding in found:
        print(hide(f"{finding.title}\n{finding.input}"))
    if any(finding.title == title for finding in found):
        raise SystemExit(hide(title))
