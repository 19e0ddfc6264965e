"""The state of one exploration: what may be sent, what was sent, and what is wrong with it.

A phase is a function over it that tries cases until it has no more, or until `Stop` is raised
because its time or the calls have run out:

    def shown(search: Search) -> None:
        search.try_(Case())

Every check is applied to each answer; the smallest case of each defect is kept.
"""

from __future__ import annotations

import dataclasses
import math
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ..app import App
from ..checks import Check
from ..checks.disclosure import CHECKS as DISCLOSURE
from ..checks.files import CHECKS as FILES
from ..checks.outcome import CHECKS as OUTCOME
from ..checks.outcome import Seen
from ..checks.outputs import CHECKS as OUTPUTS
from ..checks.streaming import CHECKS as STREAMING
from ..checks.warned import CHECKS as WARNED
from ..clues import NO_CLUES, Clues
from ..confidential import confidential
from ..contract import Component, Contract, Event
from ..downloads import Downloads
from ..drivers.direct import Direct
from ..drivers.wire import new_session
from ..finding import Finding, Repeats
from ..gestures import Gesture, gestures
from ..observation import Call, Effect, Observation
from ..own import NOTHING, Own
from ..plan import Plan
from ..reproduce import Case, described, enter, prepared, snippet
from ..rows import SideEffect, Skipped, StreamRow
from ..run import Part
from ..stopwatch import Stopwatch
from ..streams import stream_row, streamed, telling
from ..visit import Driver, Visit, at, feeding
from .exploration import Budget, row_of
from .memory import Memory

__all__ = ["CHECKS", "TIMED", "Defect", "Key", "Search", "Stop", "key_of"]

#: Applied to every observation.
CHECKS: tuple[Check, ...] = (*OUTCOME, *OUTPUTS, *FILES, *WARNED, *STREAMING, *DISCLOSURE)

#: Checks that go by the clock: a busy machine or a first call that warms up looks the same
#: once, but not every time. Those by which only what came over the queue is judged.
TIMED = frozenset(("streaming.late", "streaming.stall"))
ARRIVAL = frozenset(("streaming.late",))

#: One of so many cases goes over the queue even where the app can be driven without it.
QUEUED_ONE_OF = 16

#: So many inputs, and no other, that want what this machine lacks: the next ones will too.
MOST_LACKING = 3

#: What a visitor can do only once there is a file.
FILLED = frozenset(
    ["upload", "stop_recording", "start_recording", "stop", "play", "pause", "end", "apply"]
)

#: How a case ended: every call of it was answered, or the worst of them.
Outcome = Literal["answered", "refused", "failed"]

#: What tells two defects apart.
Key = tuple[str, ...]


class Stop(BaseException):
    """Time or calls have run out. Not an Exception: Hypothesis would shrink it."""


@dataclass(slots=True)
class Defect:
    """The smallest case of one defect so far; *queued* if the queue has shown the defect."""

    finding: Finding
    case: Case
    size: int
    queued: bool


class Search:
    """One event of a running app, its chain, and everything seen of them so far.

    *defects* are yet to be confirmed, *known* of them failed in earlier runs too; what a phase
    knows for sure it adds to *told*. *seen* is what the last case brought. Cases no larger than
    *most_size* are tried for *seconds* after the search began, and for the budget's
    `shrink_seconds` longer once something is wrong. They are tried over *direct*, and told by
    *driver*, the real queue; what that does not show is in *unshown*.
    """

    def __init__(
        self,
        app: App,
        driver: Driver,
        plan: Plan,
        event: Event,
        *,
        clues: Mapping[int, Clues],
        own: Own = NOTHING,
        direct: Direct | None = None,
        memory: Memory,
        budget: Budget,
        seed: int,
        folder: str = "",
        before: Callable[[str, str, str, str], None],
        after: Callable[[], None],
    ) -> None:
        self.app, self.plan, self.event = app, plan, event
        self.driver = driver
        self.direct = direct
        self.memory = memory
        self.clues, self.own = clues, own
        self.budget, self.seed = budget, seed
        self.before, self.after = before, after
        self.named_folder = folder
        self.folder = str(app.folder)
        self.secrets = confidential(app.target.path)
        self.contract: Contract = app.contract
        self.chain = self.contract.chain(event)
        self.defects: dict[Key, Defect] = {}
        self.known: set[Key] = set()
        self.told: list[Finding] = []
        self.unshown: list[Skipped] = []
        self.clicks: list[Case] = []
        self.seen: Sequence[Seen] = ()
        self.tried: Callable[[Case], None] = lambda case: None
        self.rows: dict[str, Counter[str]] = {}
        self.effects: Counter[tuple[str, Effect]] = Counter()
        self.streams: dict[str, StreamRow] = {}
        self.calls = self.tries = 0
        self.slowest, self.quickest = 0.0, math.inf
        self.needs = ""
        self.lacks = False
        self.lacking = 0
        self.left: dict[str, str] = {}
        self.hung = False
        self.cut = False
        self.outcome: Outcome = "answered"
        self.took = 0.0
        self.answered = 0
        self.accepted: Case | None = None
        self.downloads = Downloads(app)
        self.seconds = budget.seconds
        self.live = {event.inputs[place].component.id for place in event.live}
        self.most_size = math.inf
        self.reads = self._reads()
        self.settable = self._settable()
        # Not before: the first search of all imports Hypothesis.
        self.watch = Stopwatch()

    @property
    def most_drawn(self) -> int:
        """How many inputs may be drawn, by what the app has done so far."""
        few = min(self.budget.examples, self.budget.abroad)
        return few if self.abroad else self.budget.examples

    @property
    def abroad(self) -> bool:
        """Whether the app connects to other machines while it answers."""
        return any(effect.abroad for _, effect in self.effects)

    @property
    def _dear(self) -> bool:
        """Whether somebody may have paid for as many calls as may be; twice that makes smaller."""
        return self.abroad and self.tries >= self.budget.abroad * (2 if self.defects else 1)

    @property
    def over(self) -> bool:
        """Whether no phase has anything left to do: no call is allowed, or none is of use."""
        return self.hung or self._keeps_lacking() or self.spent(keep=3 * len(self.defects))

    # -- what may be sent ----------------------------------------------------------------

    def _reads(self) -> set[int]:
        """The components that the event and its chain read, or are made by."""
        return {p.component.id for member in self.chain for p in member.inputs}

    def _settable(self) -> list[Component]:
        found: dict[int, Component] = {}
        for member in self.chain:
            if member.index in self.plan.driven:
                for parameter in member.inputs:
                    found.setdefault(parameter.component.id, parameter.component)
        return [c for c in found.values() if self._strategy(c) is not None]

    def _strategy(self, component: Component) -> Any:
        """Return the user's strategy for the component, else ours; None where it has none."""
        from ..strategies import recordings, values  # Hypothesis: not before the first test

        def ours() -> Any:
            if component.id in self.live:
                return recordings(component)
            return values(component, self.clue(component))

        reader = next(m for m in self.chain if component in (p.component for p in m.inputs))
        return self.own.replaced(reader, component, ours)

    def owned(self, component: Component) -> bool:
        """Whether the user said what may be sent for the component."""
        named = any(self.own.of(member, component) is not None for member in self.chain)
        return named or self.own.whole(self.event) is not None

    def allowed(self, case: Case) -> bool:
        """Whether the visitor's gesture fits the case: an upload leaves a file behind."""
        if case.size > self.most_size:
            return False
        asked = (p.component for p in self.event.inputs if p.required)
        if any(c.type == "api" and c.id not in case.values for c in asked):
            return False  # on no page: its caller has to say it
        if self.event in self.plan.clicked and case.data is None:
            return False
        if any(identity not in case.values for identity in self.live):
            return False  # nothing was recorded
        wanted = self._gesture()
        if wanted is None:
            return True
        component, filled = wanted
        value = case.values.get(component.id, component.value)
        return (value is not None and value != []) == filled

    def _gesture(self) -> tuple[Component, bool] | None:
        triggers = self.event.triggers
        names = {trigger.event for trigger in self.event.triggers}
        for component in (self.contract.components.get(t.component or -1) for t in triggers):
            if component is not None and component.type == "dataset" and len(triggers) == 1:
                return component, True  # a row of it is clicked
        for names_wanted, filled in ((FILLED, True), ({"clear"}, False)):
            if names and names <= names_wanted:
                component = self.contract.components.get(triggers[0].component or -1)
                if component is not None and component.id in self.reads:
                    return component, filled
        return None

    def values(self, component: Component) -> Any:
        """Return the strategy for what a visitor may put into *component* before the event."""
        strategy = self._strategy(component)
        assert strategy is not None
        wanted = self._gesture()
        if wanted is not None and wanted[0].id == component.id:
            from hypothesis import strategies as st

            return strategy.filter(lambda v: v is not None) if wanted[1] else st.none()
        return strategy

    def clue(self, component: Component) -> Clues:
        """Return what is known of the field beside its own properties."""
        return self.clues.get(component.id, NO_CLUES)

    # -- sending it -----------------------------------------------------------------

    def try_(self, case: Case, *, queued: bool = False) -> list[Key]:
        """Send *case*; keep what is wrong with the answers; return the defects' keys.

        Straight to the app where that can be done, but for one case of some, and where the
        real queue is asked for (*queued*). Raises Stop when the phase's time or the calls have
        run out.
        """
        limit = self.seconds + (self.budget.shrink_seconds if self.defects else 0)
        if self.watch.over(limit) or self.over or self._dear:
            raise Stop
        self.downloads.until = self.watch.until(limit)
        self.tries += 1
        queued = queued or case.fingerprint[0] % QUEUED_ONE_OF == 0
        found = self.send(case, queued=queued)
        if self.tries == 1 and self._warmed_up():
            self.watch.restart()
        self.tried(case)
        self.lacking += self.lacks
        size = case.size
        shown = queued or self.direct is None
        for key, finding in found.items():
            kept = self.defects.get(key)
            if kept is None or size < kept.size:
                before = kept is not None and kept.queued
                self.defects[key] = Defect(finding, case, size, before or shown)
            else:
                kept.queued |= shown
        if self.hung or self._keeps_lacking():
            raise Stop
        if self.outcome == "answered" and not found and not self.cut:
            self.accepted = case
        return list(found)

    def _keeps_lacking(self) -> bool:
        """Whether all inputs so far wanted what this machine lacks."""
        return self.lacking == MOST_LACKING == self.tries

    def _warmed_up(self) -> bool:
        """Whether Gradio took the greater part of the last case: it imports matplotlib once."""
        told = [seen.observation.evidence for seen in self.seen]
        steps = sum(sum(evidence.seconds.values()) for evidence in told if evidence is not None)
        return None not in told and steps < self.took / 2

    def spent(self, *, keep: int = 0) -> bool:
        """Whether no further call is allowed, with *keep* of them left over.

        Some are kept to see whether the defects repeat.
        """
        return self.budget.calls is not None and self.calls + keep >= self.budget.calls

    def send(self, case: Case, *, queued: bool = False) -> dict[Key, Finding]:
        """Return what the checks say of *case*, by the key that tells defects apart."""
        self.lacks = False
        self.outcome, self.answered = "answered", 0
        visit = self._visit(case, self.driver if queued else self.direct or self.driver)
        found: dict[Key, Finding] = {}
        self.seen = self._enter(visit, case)
        for seen in self.seen:
            self._count(seen)
            self._keep_stream(seen, case)
            evidence = seen.observation.evidence
            if evidence is not None and evidence.needs and seen.observation.error is not None:
                said = f"{evidence.exception}: {evidence.message}"[:300]
                self.needs = self.needs or f"{evidence.needs}, which is not there: {said}"
                self.lacks = True
                return found
            for check in CHECKS:
                if check.name not in ARRIVAL or seen.observation.driver != "direct":
                    for finding in check(seen):
                        found.setdefault(key_of(finding), finding)
            error = seen.observation.error
            ended = evidence is not None and evidence.exception == "SystemExit"
            if ended or (error is not None and error.kind in ("timeout", "transport")):
                self.hung = True
        return found

    def ask(self, event: Event, case: Case, driver: Driver) -> Observation:
        """Return what *event* alone answers over *driver*, from the page as *case* leaves it.

        A driver other than the search's own is a visitor of its own.
        """
        if self._dear:
            raise Stop
        visit = self._visit(case, self.driver)
        try:
            visit.open()
            for identity, value in case.values.items():
                visit.set(self.contract.components[identity], value, but=event)
            session = visit.session if driver is self.driver else None
            call = Call(event.label, event.index, visit.inputs(event), session)
            visit.before(call)
            observation = driver.call(call, timeout_seconds=visit.timeout_seconds)
        finally:
            self.after()
        self._count(Seen(observation, event, folder=self.folder))
        return observation

    def offered(self, event: Event, case: Case) -> tuple[Gesture, ...]:
        """Return what a visitor can click on to set *event* off, on the page after *case*."""
        if self.over or self._dear or self.watch.over(self.seconds):
            raise Stop
        visit = self._visit(case, self.direct or self.driver)
        try:
            here = prepared(visit, event, case)
        finally:
            self.after()
            if self.direct is not None:
                self.direct.forget(visit.session)
        return gestures(visit, at(visit, event)) if here is not None else ()

    def draws(self, count: int) -> list[dict[int, Any]]:
        """Return so many drawn values of all fields that can be set; none where there is none."""
        from ..strategies import draws

        return draws({c.id: self.values(c) for c in self.settable}, count, seed=self.seed)

    def _visit(self, case: Case, driver: Driver) -> Visit:
        words = described(self.contract, self.event, case)
        script = self.snippet(case)

        def before(call: Call) -> None:
            if self.spent():
                raise Stop
            self.calls += 1
            self.before(self.event.label, call.event, words, script)

        return Visit(
            driver,
            self.contract,
            new_session(),
            driven=lambda event: event.index in self.plan.driven,
            wanted=feeding(self.contract, self.event),
            before=before,
            timeout_seconds=max(self.budget.timeout_seconds, 10 * self.slowest),
        )

    def _enter(self, visit: Visit, case: Case) -> Sequence[Seen]:
        """Do on the page what the case says; return what was seen, examples' tables left out."""
        own = {source.index for source, _ in self.contract.examples(self.event)}
        begun = time.monotonic()
        self.cut = False
        try:
            enter(visit, self.event, case)
        except Stop:
            self.cut = True  # calls ran out in the midst of a chain
        finally:
            self.after()
            if self.direct is not None:
                self.direct.forget(visit.session)
        self.took = time.monotonic() - begun
        self.quickest = min(self.quickest, self.took)
        if not self.rows:
            self.slowest = self.took
        seen = [
            Seen(observation, visit.known[observation.call.index], held, self.folder, shown)
            for observation, held, shown in zip(
                visit.seen, visit.held, visit.outputs_held, strict=True
            )
            if observation.call.index not in own
        ]
        return [
            dataclasses.replace(one, served=self.downloads.of(one), secrets=self.secrets)
            for one in seen
        ]

    def _count(self, seen: Seen) -> None:
        observation = seen.observation
        kind = "answered"
        if observation.error is not None:
            told = {"author": "refused", "refused": "refused", "left": "answered"}
            kind = told.get(observation.error.kind, "failed")
            if observation.error.kind == "left":
                self.left[seen.event.label] = observation.error.message
        row = self.rows.setdefault(seen.event.label, Counter())
        row[kind] += 1
        row["queued"] += observation.queued
        if kind != "answered":
            self.outcome = "failed" if "failed" in (kind, self.outcome) else "refused"
        self.answered += len(repr(observation.outputs))
        if observation.evidence is not None:
            for effect in observation.evidence.effects:
                self.effects[(seen.event.label, effect)] += 1

    def _keep_stream(self, seen: Seen, case: Case) -> None:
        """Keep the stream that shows most, for the report."""
        if seen.observation.queued and streamed(seen.observation):
            row = stream_row(seen.observation, described(self.contract, self.event, case))
            kept = self.streams.setdefault(row.event, row)
            self.streams[row.event] = max(kept, row, key=telling)

    def snippet(
        self,
        case: Case,
        check: str = "",
        repeats: Repeats | None = None,
        *,
        call: str = "replay",
    ) -> str:
        """Return the lines to paste that *call* what does the same again, judged by *check*."""
        return snippet(
            self.app.target.text,
            self.contract,
            self.event,
            case,
            folder=self.named_folder,
            chosen=self.plan,
            call=call,
            check=check,
            tries=repeats.tries if repeats is not None else 1,
            timeout_seconds=max(self.budget.timeout_seconds, round(10 * self.slowest)),
        )

    def part(self, findings: Sequence[Finding]) -> Part:
        """Return what came of it all, with the *findings* that are told."""
        skipped: tuple[Skipped, ...] = ()
        if self.needs:
            some = "" if self.lacking == self.tries else "with some inputs "
            skipped = (Skipped(self.event.label, f"{some}needs {self.needs}"),)
        skipped += tuple(self.unshown)
        skipped += tuple(
            Skipped(label, f"{why}; what comes later was not judged")
            for label, why in self.left.items()
        )
        order = {event.label: number for number, event in enumerate(self.contract.events)}
        events = {event.label: event for event in self.contract.events}
        rows = tuple(
            dataclasses.replace(
                row_of(events.get(label), label, order.get(label, len(order))),
                cases=counts["answered"] + counts["refused"] + counts["failed"],
                answered=counts["answered"],
                refused=counts["refused"],
                failed=counts["failed"],
                queued=counts["queued"],
            )
            for label, counts in self.rows.items()
        )
        effects = tuple(
            SideEffect(effect.kind, _relative(effect.what, self.folder), label, count)
            for (label, effect), count in self.effects.items()
        )
        return Part(
            findings=tuple(findings),
            events=rows,
            streams=tuple(self.streams.values()),
            effects=effects,
            skipped=skipped,
        )


def key_of(finding: Finding) -> Key:
    """Return what tells the defect from others."""
    return (
        finding.check,
        finding.event,
        finding.exception,
        finding.location or finding.function,
        str(finding.severity),
    )


def _relative(what: str, folder: str) -> str:
    return what.removeprefix(folder + "/")
