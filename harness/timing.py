"""How long each event takes, and on what that depends, once an event for all that asks."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from .allowance import SPENT, Allowance
from .app import App
from .clues import Source, clues
from .contract import Event
from .copies import Copies
from .drivers.wire import Wire
from .errors import TargetError
from .latency import QUICK_SECONDS, SECONDS, SHAPES, SLOW_SECONDS, Look, measure, opened, snippet
from .options import Options
from .plan import Plan
from .rows import LatencyRow, Skipped, SuiteRow
from .run import Part
from .stopwatch import Deadline
from .visit import Visit
from .visitors.marking import filled

__all__ = ["Timing"]

#: How often, and for how many seconds at most, each event is measured.
SAMPLES = {"quick": (20, 1.5), "standard": (50, 6.0), "deep": (200, 30.0)}
#: So often is an event set off before it is measured, where calls are not counted.
WARM_UP = 3
#: What is said of times that the page's own values did not give.
FILLED = "its fields filled in"
#: So many quick events at most are set off while a slow one works.
BESIDE = 4


@dataclass
class Timing:
    """Measures the events of *app*, a copy of it where there can be one.

    *left* says how many calls of an event may still be made (None: no cap), *spared* why it is
    not to be asked again and again ("": it may be), *noted* has it known what goes on meanwhile.
    """

    app: App
    wire: Wire
    plan: Plan
    options: Options
    allowance: Allowance
    copies: Copies
    left: Callable[[str], int | None]
    spared: Callable[[str], str]
    noted: Callable[[str, str], AbstractContextManager[None]]
    _copy: tuple[App, Wire, str] | None = None
    _rows: dict[str, dict[str, LatencyRow | Skipped]] = field(default_factory=dict)
    _pages: dict[str, Visit] = field(default_factory=dict)

    def close(self) -> None:
        """End the copy."""
        if self._copy is not None and self._copy[0] is not self.app:
            self._copy[1].close()
            self._copy[0].close()
        self._copy = None

    def measured(self, root: str, label: str) -> LatencyRow | Skipped:
        """Return the latency of one event, its app in a child process where that is possible.

        The events of the chain of *root* are measured together, when the first is asked for.
        """
        return self._chain(root)[label]

    def _chain(self, root: str) -> dict[str, LatencyRow | Skipped]:
        if root not in self._rows:
            with self.noted(f"latency of {root}", root):
                self._rows[root] = self._measure(root)
        return self._rows[root]

    def _measure(self, label: str) -> dict[str, LatencyRow | Skipped]:
        app, wire, where = self._place()
        wire.endless |= self.wire.endless
        event = app.contract.event(label)
        page = self._pages[label] = opened(
            wire,
            app.contract,
            event,
            driven=lambda other: other.index in self.plan.driven,
            timeout_seconds=self.options.timeout_seconds,
        )
        rows = self._timed(page, event, where)
        # Of an event that only the page runs, what follows it is timed as it is.
        if not isinstance(rows.get(label), Skipped) or event.index in wire.endless:
            return rows
        fields = [given.component for member in rows for given in app.contract.event(member).inputs]
        page.values |= filled(fields, random.Random(self.options.seed))
        again = self._timed(page, event, f"{where}, {FILLED}")
        return again if isinstance(again[label], LatencyRow) else rows

    def _timed(self, page: Visit, event: Event, where: str) -> dict[str, LatencyRow | Skipped]:
        """Return the rows of the events of its chain, all on what *page* holds."""
        count, seconds = SAMPLES[self.options.profile]
        chain = page.contract.chain(event)
        left = self.left(event.label)
        if left is not None:
            count = min(count, left // len(chain))
        if count == 0:
            return {member.label: Skipped(member.label, SPENT) for member in chain}
        with self.allowance.spending("latency") as share:
            rows = measure(
                page,
                event,
                count=count,
                seconds=share * seconds,
                warm_up=WARM_UP if left is None else 0,
                where=where,
            )
        self.allowance.made[event.label] += sum(
            row.count for row in rows.values() if isinstance(row, LatencyRow)
        )
        return rows

    def shaped(self, check: str, root: str, label: str, source: Source) -> Part:
        """Return what the time of the event *label*, in the chain of *root*, depends on.

        *source* is what the author's files say, for inputs that the app has a use for.
        """
        row = self.measured(root, label)
        if isinstance(row, Skipped):
            return Part(skipped=(row,))
        if not row.slices:
            return Part(skipped=(Skipped(check, "the app is not seen from inside"),))
        if why := self.spared(root):
            return Part(skipped=(Skipped(f"{check} of {label}", why),))
        quick = self._quick(root) if check == "latency.held-up" and row.p50 >= SLOW_SECONDS else []
        with self.allowance.spending(check) as share:
            limit = Deadline(share * SECONDS[self.options.profile])
            look = self._look(check, root, source, limit)
            look.beside = [self._look(check, other, source, limit) for other in quick]
            part = SHAPES[check](look, row)
        self.allowance.made[root] += look.made
        script = snippet(
            self.options.target,
            label,
            check,
            folder=self.options.app_folder,
            chosen=self.plan,
            seed=self.options.seed,
        )
        findings = tuple(dataclasses.replace(f, reproduce=script) for f in part.findings)
        calls = SuiteRow("latency", cases=look.made, queued_cases=look.made * look.event.queue)
        return dataclasses.replace(part, findings=findings, suites=(calls,))

    def _quick(self, root: str) -> list[str]:
        """Return a few other events that are quick; none where calls are counted."""
        if self.left(root) is not None:
            return []
        names = [one.label for one in self.plan.roots if one.label != root]
        rows = {name: self._chain(name).get(name) for name in names if not self.spared(name)}
        found = [
            name
            for name, row in rows.items()
            if isinstance(row, LatencyRow) and row.p50 <= QUICK_SECONDS
        ]
        return found[:BESIDE]

    def _look(self, check: str, root: str, source: Source, deadline: Deadline) -> Look:
        app, wire, _ = self._place()
        event = app.contract.event(root)
        return Look(
            app,
            wire,
            self._pages[root],
            event,
            deadline,
            calls=self.left(root),
            clues=clues(app.contract, event, source),
            seed=self.options.seed,
            noted=lambda: self.noted(f"{check} of {root}", root),
        )

    def _place(self) -> tuple[App, Wire, str]:
        """Return the app to measure, a driver for it, and where it runs, in words."""
        if self._copy is None:
            self._copy = self._apart()
        return self._copy

    def _apart(self) -> tuple[App, Wire, str]:
        if why := self.copies.why_not(self.app):
            return self.app, self.wire, f"{self.app.where} ({why})"
        try:
            app = self.copies.start()
        except TargetError as error:
            first = str(error).splitlines()[0]
            return self.app, self.wire, f"{self.app.where} (a second copy did not start: {first})"
        return app, Wire(app, timeout_seconds=self.options.timeout_seconds), app.where
