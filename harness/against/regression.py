"""One app held against what it was, one event after the other."""

from __future__ import annotations

from dataclasses import asdict, replace

from ..app import App
from ..baseline import Baseline
from ..checks import place_of
from ..checks.regression import Changed, contract
from ..difference import difference
from ..outline import Outline
from ..run import ChangeRow, Part
from .offered import offered

__all__ = ["Regression"]


class Regression:
    """What came of holding *app* against its *baseline*."""

    def __init__(self, app: App, *, baseline: Baseline | None) -> None:
        self.app, self.baseline = app, baseline

    def contract(self, against: str) -> Part:
        """Return what changed of what callers rely on, since the baseline or in another app."""
        now, known = offered(self.app), self.baseline
        public = tuple(endpoint for endpoint in now.endpoints if endpoint.public)
        if known is None or known.contract is None:
            return Part(contract=public)
        part = self._changed(against, "the baseline", known.contract, now)
        return replace(part, contract=public, former=known.latency)

    def _changed(self, against: str, words: str, before: Outline, after: Outline) -> Part:
        changes = difference(before, after)
        folder = str(self.app.folder)
        places = {e.label: place_of(e.function, folder) for e in self.app.contract.events}
        found = contract(Changed(words, changes, places))
        rows = tuple(ChangeRow(against, **asdict(change)) for change in changes)
        return Part(findings=tuple(found), changes=rows)
