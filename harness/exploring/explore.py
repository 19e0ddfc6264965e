"""One exploration an event: phase by phase, every check on each answer, told once.

Inputs come from `phases`, are sent and judged by `search`, and what is wrong is sent again by
`confirm` before it is told. Time is bounded by a budget, never by an input's own deadline.
"""

from __future__ import annotations

import contextlib
import dataclasses
import math
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from ..app import App
from ..checks import Check
from ..checks.hints import CHECKS as HINTS
from ..clues import clues, source
from ..contract import Event
from ..coverage import Coverage
from ..drivers.direct import Direct
from ..own import NOTHING, Own
from ..plan import Plan
from ..rows import Skipped
from ..run import Part
from ..visit import Driver
from .agreement import two_ways
from .confirmation import confirmed
from .conversation import clicked, conversed
from .corpus import Corpus
from .exploration import Budget, Exploration, Stuck
from .feeding import many_units
from .ladder import grown
from .memory import Memory
from .phases import drawn, emptied, remembered, suggested
from .search import Search, Stop
from .stretch import stretched

__all__ = ["PHASES", "Explorer", "Phase"]

#: Applied once to every event.
PER_EVENT: tuple[Check, ...] = HINTS


@dataclass(frozen=True, slots=True)
class Phase:
    """One way to find inputs: *run* tries cases, until it has no more or `Stop` is raised.

    It ends where this part of the budget's seconds has gone by: *until* 0.6 leaves the last
    four tenths to later phases.
    """

    run: Callable[[Search], None]
    until: float = 1.0


#: In this order. What finds most comes first: on a slow machine the last ones get little.
PHASES: tuple[Phase, ...] = (
    Phase(remembered),
    Phase(suggested),
    Phase(clicked, until=0.3),
    Phase(emptied, until=0.35),
    Phase(conversed, until=0.55),
    Phase(many_units, until=0.7),
    Phase(stretched, until=0.8),
    Phase(drawn, until=0.87),
    Phase(grown, until=0.95),
    Phase(two_ways),
)
#: What any visitor does sooner or later, and how much is typed: all that is tried where something
#: else ends the process.
PLAIN = (suggested, clicked, emptied)
PLAIN_SIZE = 100
#: These send much at once: only to an app of this machine.
HEAVY = (grown, many_units, stretched)
#: What is recorded live is never as the page has it.
LIVE = (remembered, drawn)


class Explorer:
    """Explores the events of one running app over *driver*, its real queue.

    Where *direct* is given, inputs are tried over it, and what it shows is told once the queue
    has shown it too. *memory* has what failed in earlier runs. Where *coverage* watches the app's
    functions, half of the inputs are made from those that reached new lines. *before* is told
    root, event, input and reproduction of each call on its way; *after* is called when it has
    ended. *folder* is where the app runs, if the user named it.
    """

    def __init__(
        self,
        app: App,
        driver: Driver,
        plan: Plan,
        *,
        direct: Direct | None = None,
        memory: Memory | None = None,
        phases: Sequence[Phase] = PHASES,
        coverage: Coverage | None = None,
        budget: Budget,
        seed: int,
        own: Own = NOTHING,
        folder: str = "",
        before: Callable[[str, str, str, str], None] = lambda root, event, words, script: None,
        after: Callable[[], None] = lambda: None,
    ) -> None:
        self.app = app
        self.driver = driver
        self.direct = direct
        self.phases: Sequence[Phase] = [
            p for p in phases if app.target.loopback or p.run not in HEAVY
        ]
        self.memory = memory or Memory(None, "")
        self.coverage = coverage
        self.plan = plan
        self.budget = budget
        self.seed = seed
        self.own = own
        self.folder = folder
        self.before = before
        self.after = after
        self.busy: dict[tuple[str, int], str] = {}
        files = (event.function.file for event in app.contract.events if event.function)
        self.source = source(files, [app.folder])

    def explore(self, event: Event, *, plainly: bool = False) -> Exploration:
        """Return what came of *event*; *plainly*, of what any visitor does with it.

        Raises Stuck when the app answers nobody any more.
        """
        function = event.function
        holder = self.busy.get((function.file, function.line)) if function else None
        if holder is not None:
            why = f"its function hangs since a call of {holder}"
            return Exploration(event, Part(skipped=(Skipped(event.label, why),)))
        search = self.search(event)
        phases = self.phases
        if plainly:
            phases = [phase for phase in phases if phase.run in PLAIN]
            search.most_size = PLAIN_SIZE
        elif event.live:
            phases = [phase for phase in phases if phase.run in LIVE]
        elif self.coverage is not None:
            phases = self._guided(search, self.coverage)
        with search.downloads:
            with self._watching():
                for phase in phases:
                    search.seconds = phase.until * self.budget.seconds
                    search.downloads.until = search.watch.until(search.seconds)
                    with contextlib.suppress(Stop):
                        phase.run(search)
            search.downloads.until = math.inf  # what is told is confirmed, a few calls each
            told = []
            for defect in search.defects.values():
                finding = confirmed(search, defect)
                if finding is not None:
                    told.append(finding)
                    self.memory.keep(search.contract, event, defect.case)
            told += search.told
            for check in PER_EVENT:
                for member in search.chain:
                    told += check(member, search.folder)
        part = search.part(told)
        if self.coverage is not None:
            functions = [m.function for m in search.chain if m.function and not m.function.builtin]
            row = self.coverage.row(event.label, functions, search.folder)
            part = dataclasses.replace(part, coverage=(row,) if row else ())
        result = Exploration(event, part)
        if search.hung:
            self._after_hang(result)
        return result

    def search(self, event: Event) -> Search:
        """Return the state of an exploration of *event*, before its first phase."""
        return Search(
            self.app,
            self.driver,
            self.plan,
            event,
            clues=clues(self.app.contract, event, self.source),
            own=self.own,
            direct=self.direct,
            memory=self.memory,
            budget=self.budget,
            seed=self.seed,
            folder=self.folder,
            before=self.before,
            after=self.after,
        )

    def _watching(self) -> AbstractContextManager[Any]:
        if self.coverage is None:
            return contextlib.nullcontext()
        return self.coverage.watching(self.app.blocks)

    def _guided(self, search: Search, coverage: Coverage) -> Sequence[Phase]:
        """Return the phases, half of the drawn inputs replaced by some made from others."""
        corpus = Corpus(coverage)
        search.tried = corpus.take
        search.budget = dataclasses.replace(self.budget, examples=self.budget.examples // 2)
        runs = [phase.run for phase in self.phases]
        after = 1 + runs.index(drawn) if drawn in runs else len(runs)
        return [*self.phases[:after], Phase(corpus.guided, until=0.9), *self.phases[after:]]

    def _after_hang(self, result: Exploration) -> None:
        function = result.event.function
        if function is not None:
            self.busy[(function.file, function.line)] = result.event.label
        if not self.app.answers():
            raise Stuck(f"the app answers nobody since a call of {result.event.label}", result.part)
