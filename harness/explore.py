"""One exploration an event: examples, defaults and drawn inputs, every check on each answer.

The smallest input of each defect is kept, sent again to see whether it repeats, and told
once. Inputs come from Hypothesis, which also makes them smaller; time is bounded by a
budget, never by its own deadline.
"""

from __future__ import annotations

import contextlib
import dataclasses
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .app import App
from .checks import Check
from .checks.hints import CHECKS as HINTS
from .checks.outcome import CHECKS as OUTCOME
from .checks.outcome import Seen
from .checks.outputs import CHECKS as OUTPUTS
from .checks.streaming import CHECKS as STREAMING
from .contract import Component, Contract, Event
from .drivers.wire import new_session
from .errors import HarnessError
from .finding import Finding, Repeats
from .observation import Call, Effect
from .plan import Plan
from .reproduce import Case, described, enter, snippet
from .run import EventRow, Part, SideEffect, Skipped
from .visit import Driver, Visit, feeding

__all__ = ["CHECKS", "PROFILES", "Budget", "Exploration", "Explorer", "Stuck"]

#: Applied to every observation, and (hints) once to every event.
CHECKS: tuple[Check, ...] = (*OUTCOME, *OUTPUTS, *STREAMING)
PER_EVENT: tuple[Check, ...] = HINTS

#: How often drawing begins anew after it found something that was not known before.
ATTEMPTS = 6

#: So many inputs, and no other, that want what this machine lacks: the next ones will too.
MOST_LACKING = 3

#: Checks that go by the clock. A busy machine or a first call that warms up looks the same
#: once, but not every time.
TIMED = frozenset(("streaming.late",))


@dataclass(frozen=True, slots=True)
class Budget:
    """How long to look at one event.

    *examples* inputs are drawn, for at most *seconds*; *own* of the author's examples are
    tried before. *shrink_seconds* may then go into smaller inputs. *calls* caps them all
    (None: no cap). A call hangs when nothing came for *timeout_seconds*, or for ten times
    what the event's own example took, whichever is longer.
    """

    examples: int
    seconds: float
    own: int
    shrink_seconds: float
    calls: int | None = None
    timeout_seconds: float = 30.0


PROFILES: Mapping[str, Budget] = {
    "quick": Budget(examples=25, seconds=4.0, own=3, shrink_seconds=2.0),
    "standard": Budget(examples=80, seconds=20.0, own=10, shrink_seconds=8.0),
    "deep": Budget(examples=400, seconds=120.0, own=50, shrink_seconds=40.0),
}


class Stuck(HarnessError):
    """The app answers nobody any more; *part* is what was learnt before."""

    def __init__(self, message: str, part: Part) -> None:
        super().__init__(message)
        self.part = part


@dataclass(frozen=True, slots=True)
class Exploration:
    """What came of one event and its chain; *queued* calls of it went over the real queue."""

    event: Event
    part: Part
    queued: int = 0

    @property
    def untested(self) -> str:
        """Why nothing is known of the event; "" if it answered something, or was found broken."""
        own = (row for row in self.part.events if row.label == self.event.label)
        if self.part.findings or any(row.answered or row.refused for row in own):
            return ""
        return self.part.skipped[0].why if self.part.skipped else ""

    @property
    def cases(self) -> int:
        """How many calls were made."""
        return sum(row.cases for row in self.part.events)


class _Stop(BaseException):
    """Time or calls have run out. Not an Exception: Hypothesis would shrink it."""


class _Bug(Exception):
    """An input showed a defect, which is kept in `_Search.defects`."""


@dataclass(slots=True)
class _Defect:
    """The smallest case of one defect so far."""

    finding: Finding
    case: Case
    size: int


class Explorer:
    """Explores the events of one running app over one driver.

    *before* is told root, event, input and reproduction of each call on its way; *after*
    is called when it has ended. *folder* is where the app runs, if the user named it.
    """

    def __init__(
        self,
        app: App,
        driver: Driver,
        plan: Plan,
        *,
        budget: Budget,
        seed: int,
        folder: str = "",
        before: Callable[[str, str, str, str], None] = lambda root, event, words, script: None,
        after: Callable[[], None] = lambda: None,
    ) -> None:
        self.app = app
        self.driver = driver
        self.plan = plan
        self.budget = budget
        self.seed = seed
        self.folder = folder
        self.before = before
        self.after = after
        self.busy: dict[tuple[str, int], str] = {}

    def explore(self, event: Event) -> Exploration:
        """Return what came of *event*. Raises Stuck when the app answers nobody any more."""
        function = event.function
        holder = self.busy.get((function.file, function.line)) if function else None
        if holder is not None:
            why = f"its function hangs since a call of {holder}"
            return Exploration(event, Part(skipped=(Skipped(event.label, why),)))
        return _Search(self, event).run()


class _Search:
    """The state of one exploration."""

    def __init__(self, explorer: Explorer, event: Event) -> None:
        self.explorer, self.event = explorer, event
        self.contract: Contract = explorer.app.contract
        self.budget = explorer.budget
        self.folder = str(explorer.app.folder)
        self.chain = self.contract.chain(event)
        self.defects: dict[tuple[str, ...], _Defect] = {}
        self.rows: dict[str, Counter[str]] = {}
        self.effects: Counter[tuple[str, Effect]] = Counter()
        self.calls = self.tries = self.queued = 0
        self.slowest = 0.0
        self.needs = ""
        self.lacks = False
        self.lacking = 0
        self.left: dict[str, str] = {}
        self.hung = False
        self.cut = False
        self.deadline = time.monotonic() + self.budget.seconds
        self.settable = self._settable()
        self.reads = self._reads()

    def run(self) -> Exploration:
        """Try what the author and the page suggest, then drawn inputs; confirm what was found."""
        with contextlib.suppress(_Stop):
            for case in self._first_cases():
                self._try(case)
            self._draw()
        findings = [f for f in map(self._confirmed, self.defects.values()) if f is not None]
        for check in PER_EVENT:
            for member in self.chain:
                findings += check(member, self.folder)
        result = Exploration(self.event, self._part(findings), self.queued)
        if self.hung:
            self._after_hang(result)
        return result

    # -- what to send --------------------------------------------------------------

    def _reads(self) -> set[int]:
        """The components that the event and its chain read, or are made by."""
        return {p.component.id for member in self.chain for p in member.inputs}

    def _settable(self) -> list[Component]:
        from .strategies import values  # Hypothesis is half a second: not before the first test

        found: dict[int, Component] = {}
        for member in self.chain:
            if member.index in self.explorer.plan.driven:
                for parameter in member.inputs:
                    found.setdefault(parameter.component.id, parameter.component)
        return [c for c in found.values() if values(c) is not None]

    def _first_cases(self) -> Iterator[Case]:
        shown = Case()
        if self._allowed(shown):
            yield shown
        for number, (source, row) in enumerate(self.contract.examples(self.event)):
            if number < self.budget.own:
                yield Case(example=(source.label, row))
        if not self.settable:
            yield from [shown] * 2  # nothing to vary: the same again, in case it is not the same

    def _allowed(self, case: Case) -> bool:
        """Whether the visitor's gesture fits the case: an upload leaves a file behind."""
        asked = (p.component for p in self.event.inputs if p.required)
        if any(c.type == "api" and c.id not in case.values for c in asked):
            return False  # on no page: its caller has to say it
        wanted = self._gesture()
        if wanted is None:
            return True
        component, filled = wanted
        value = case.values.get(component.id, component.value)
        return (value is not None) == filled

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

    def _draw(self) -> None:
        """Let Hypothesis draw inputs, and make those that fail smaller."""
        if not self.settable:
            return
        import hypothesis
        from hypothesis import HealthCheck, Phase, settings
        from hypothesis import strategies as st

        strategy = st.fixed_dictionaries({c.id: self._values(c) for c in self.settable})
        # A type of its own for each defect: Hypothesis tells failures apart by it.
        bugs: dict[tuple[str, ...], type[_Bug]] = {}

        def example(drawn: dict[int, Any]) -> None:
            found = self._try(Case(values={c.id: drawn[c.id] for c in self.settable}))
            new = [key for key in found if key not in known]
            if new:
                raise bugs.setdefault(new[0], type("Bug", (_Bug,), {}))()

        # Hypothesis looks little further once something failed: the bug that is easy to find
        # would hide the others. So it is run again, and what is known passes.
        known: set[tuple[str, ...]] = set()
        for attempt in range(ATTEMPTS):
            run = settings(
                max_examples=self.budget.examples,
                database=None,
                deadline=None,
                phases=(Phase.generate, Phase.shrink),
                suppress_health_check=list(HealthCheck),
                report_multiple_bugs=True,
                print_blob=False,
                verbosity=hypothesis.Verbosity.quiet,
            )(hypothesis.seed(self.explorer.seed + attempt)(hypothesis.given(strategy)(example)))
            try:
                run()
            except Exception as error:
                if not _of_bugs(error):
                    raise
                known = set(self.defects)
            else:
                break

    def _values(self, component: Component) -> Any:
        from .strategies import values

        strategy = values(component)
        assert strategy is not None
        wanted = self._gesture()
        if wanted is not None and wanted[0].id == component.id:
            from hypothesis import strategies as st

            return strategy.filter(lambda v: v is not None) if wanted[1] else st.none()
        return strategy

    # -- sending it -----------------------------------------------------------------

    def _try(self, case: Case) -> list[tuple[str, ...]]:
        """Send *case*; keep what is wrong with the answers; return the defects' keys."""
        limit = self.budget.seconds + (self.budget.shrink_seconds if self.defects else 0)
        if time.monotonic() > self.deadline - self.budget.seconds + limit:
            raise _Stop
        if self._spent(keep=3 * len(self.defects)):  # to see whether they repeat
            raise _Stop
        self.tries += 1
        found = self._send(case)
        self.lacking += self.lacks
        size = case.size
        for key, finding in found.items():
            kept = self.defects.get(key)
            if kept is None or size < kept.size:
                self.defects[key] = _Defect(finding, case, size)
        if self.hung or self.lacking == MOST_LACKING == self.tries:
            raise _Stop
        return list(found)

    def _spent(self, *, keep: int = 0) -> bool:
        """Whether no further call is allowed, with *keep* of them left over."""
        return self.budget.calls is not None and self.calls + keep >= self.budget.calls

    def _send(self, case: Case) -> dict[tuple[str, ...], Finding]:
        """Return what the checks say of *case*, by the key that tells defects apart."""
        self.lacks = False
        visit = self._visit(case)
        found: dict[tuple[str, ...], Finding] = {}
        for seen in self._enter(visit, case):
            self._count(seen)
            evidence = seen.observation.evidence
            if evidence is not None and evidence.needs and seen.observation.error is not None:
                said = f"{evidence.exception}: {evidence.message}"[:300]
                self.needs = self.needs or f"{evidence.needs}, which is not there: {said}"
                self.lacks = True
                return found
            for check in CHECKS:
                for finding in check(seen):
                    found.setdefault(_key(finding), finding)
            error = seen.observation.error
            ended = evidence is not None and evidence.exception == "SystemExit"
            if ended or (error is not None and error.kind in ("timeout", "transport")):
                self.hung = True
        return found

    def _visit(self, case: Case) -> Visit:
        explorer = self.explorer
        words = described(self.contract, self.event, case)
        script = self._snippet(case)

        def before(call: Call) -> None:
            if self._spent():
                raise _Stop
            self.calls += 1
            explorer.before(self.event.label, call.event, words, script)

        return Visit(
            explorer.driver,
            self.contract,
            new_session(),
            driven=lambda event: event.index in explorer.plan.driven,
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
        except _Stop:
            self.cut = True  # calls ran out in the midst of a chain
        finally:
            self.explorer.after()
        if not self.rows:
            self.slowest = time.monotonic() - begun
        known = {event.index: event for event in visit.contract.events}
        return [
            Seen(observation, known[observation.call.index], held, self.folder)
            for observation, held in zip(visit.seen, visit.held, strict=True)
            if observation.call.index not in own
        ]

    def _count(self, seen: Seen) -> None:
        observation = seen.observation
        self.queued += bool(observation.event_id)
        kind = "answered"
        if observation.error is not None:
            told = {"author": "refused", "refused": "refused", "left": "answered"}
            kind = told.get(observation.error.kind, "failed")
            if observation.error.kind == "left":
                self.left[seen.event.label] = observation.error.message
        self.rows.setdefault(seen.event.label, Counter())[kind] += 1
        if observation.evidence is not None:
            for effect in observation.evidence.effects:
                self.effects[(seen.event.label, effect)] += 1

    # -- what to tell -----------------------------------------------------------------

    def _confirmed(self, defect: _Defect) -> Finding | None:
        """Return the finding with its smallest input, sent again to see whether it repeats.

        None for what was told by the clock and is not seen again: that was the machine.
        """
        finding, case = defect.finding, defect.case
        repeats = None
        if not self.hung and finding.check != "api.hang":
            finding, case = self._reduced(finding, case)
            repeats = self._repeats(_key(finding), case)
        if finding.check in TIMED and (repeats is None or repeats.intermittent):
            return None
        return dataclasses.replace(
            finding,
            input=described(self.contract, self.event, case),
            reproduce=self._snippet(case),
            repeats=repeats,
        )

    def _snippet(self, case: Case) -> str:
        target, folder = self.explorer.app.target.text, self.explorer.folder
        return snippet(
            target, self.contract, self.event, case, folder=folder, chosen=self.explorer.plan
        )

    def _reduced(self, finding: Finding, case: Case) -> tuple[Finding, Case]:
        """Leave out every value for which the page's own does as well."""
        key = _key(finding)
        limit = time.monotonic() + self.budget.shrink_seconds
        for identity in tuple(case.values):
            rest = {k: v for k, v in case.values.items() if k != identity}
            smaller = dataclasses.replace(case, values=rest)
            if self.hung or self._spent(keep=3) or time.monotonic() > limit:
                break
            if self._allowed(smaller) and (same := self._send(smaller).get(key)):
                finding, case = same, smaller
        return finding, case

    def _repeats(self, key: tuple[str, ...], case: Case) -> Repeats | None:
        """Return how often the same case failed again; None where no call is left to see."""
        history = ""
        limit = time.monotonic() + max(self.budget.shrink_seconds, 3 * self.slowest)
        while len(history) < 3 or ("." in history and len(history) < 20):
            if self._spent() or (history and time.monotonic() > limit):
                break
            failed = key in self._send(case)
            if self.cut and not failed:
                break
            history += "F" if failed else "."
        if not history:
            return None
        if "F" not in history:
            history = "F" + history  # as first seen
        return Repeats(history.count("F"), len(history), history)

    def _part(self, findings: list[Finding]) -> Part:
        skipped: tuple[Skipped, ...] = ()
        if self.needs:
            some = "" if self.lacking == self.tries else "with some inputs "
            skipped = (Skipped(self.event.label, f"{some}needs {self.needs}"),)
        skipped += tuple(
            Skipped(label, f"{why}; what comes later was not judged")
            for label, why in self.left.items()
        )
        order = {event.label: number for number, event in enumerate(self.contract.events)}
        events = {event.label: event for event in self.contract.events}
        rows = tuple(
            dataclasses.replace(
                row_of(events.get(label), label, order.get(label, len(order))),
                cases=sum(counts.values()),
                answered=counts["answered"],
                refused=counts["refused"],
                failed=counts["failed"],
            )
            for label, counts in self.rows.items()
        )
        effects = tuple(
            SideEffect(effect.kind, _relative(effect.what, self.folder), label, count)
            for (label, effect), count in self.effects.items()
        )
        return Part(findings=tuple(findings), events=rows, effects=effects, skipped=skipped)

    def _after_hang(self, result: Exploration) -> None:
        function = self.event.function
        if function is not None:
            self.explorer.busy[(function.file, function.line)] = self.event.label
        if not self.explorer.app.answers():
            raise Stuck(f"the app answers nobody since a call of {self.event.label}", result.part)


def row_of(event: Event | None, label: str, order: int) -> EventRow:
    """Return the report's row for an event, nothing counted yet."""
    if event is None:  # made by gr.render for one visitor
        return EventRow(label, "call", order=order)
    return EventRow(
        label,
        event.kind,
        tuple(str(trigger) for trigger in event.triggers),
        tuple(f"{p.name}: {p.component.label}" for p in event.inputs),
        tuple(component.label for component in event.outputs),
        event.visibility,
        event.function.name if event.function else "",
        order=order,
    )


FILLED = frozenset(
    ["upload", "stop_recording", "start_recording", "stop", "play", "pause", "end", "apply"]
)


def _of_bugs(error: BaseException) -> bool:
    """Whether this is how Hypothesis ends when inputs showed defects, and nothing else."""
    from hypothesis.errors import Flaky

    if isinstance(error, BaseExceptionGroup):
        return all(map(_of_bugs, error.exceptions))
    return isinstance(error, _Bug | Flaky)


def _key(finding: Finding) -> tuple[str, ...]:
    return (
        finding.check,
        finding.event,
        finding.exception,
        finding.location or finding.function,
        str(finding.severity),
    )


def _relative(what: str, folder: str) -> str:
    return what.removeprefix(folder + "/")
