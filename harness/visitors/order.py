"""Walks over one page: the app's events in any order in which one visitor may set them off.

What an event leaves on the page, the next one finds there: State, values, choices, buttons that
were hidden, components that a ``gr.render`` has drawn. Hypothesis draws what is typed. It does not
shrink: a walk that failed is cut down here, a step at a time. On two of the twins, three seeds
each, that and the confirmation took 11 to 18 calls; Hypothesis's own shrinker came to the same
walks with 60 to 141 over a drawn sequence, and with 74 to 152 over its state machine.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..checks.order import CHECKS as ORDER
from ..checks.order import Walked
from ..checks.outcome import Seen
from ..contract import Component, Contract, Event
from ..exploring.search import CHECKS, Stop
from ..finding import Finding, Repeats
from ..observation import Call
from ..plan import Plan
from ..reproduce import walk_snippet, walked
from ..run import Part, Skipped
from ..steps import Step, arrive, clicked, fields, moves, perform, typed
from ..stopwatch import Deadline
from ..visit import Driver, Visit
from .stage import Stage

__all__ = ["PACES", "Order", "Pace", "Walker", "order"]

#: Judged by the clock, or of each call alone: an order has no part in it.
ELSEWHERE = "streaming"

#: Of the calls that the user allows, for confirming what was found.
KEPT = 0.4

#: What tells the defects of walks apart: check, exception, place.
Sort = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Pace:
    """How long to walk: *steps* on each page, for *seconds* in all.

    *shrink_seconds* may then go into each defect, to be seen again with fewer steps.
    """

    steps: int
    seconds: float
    shrink_seconds: float


PACES: Mapping[str, Pace] = {
    "quick": Pace(steps=10, seconds=3.0, shrink_seconds=3.0),
    "standard": Pace(steps=14, seconds=12.0, shrink_seconds=8.0),
    "deep": Pace(steps=25, seconds=120.0, shrink_seconds=20.0),
}


@dataclass(frozen=True, slots=True)
class Order:
    """What came of the walks: *findings* by the label of the event whose test tells them.

    *unshown* is what the real queue did not show again, by event.
    """

    findings: Mapping[str, tuple[Finding, ...]] = field(default_factory=dict)
    unshown: tuple[Skipped, ...] = ()


@dataclass(slots=True)
class _Defect:
    """A defect and the walk that showed it; *alone* is its last step on a page just opened."""

    finding: Finding
    steps: tuple[Step, ...]
    alone: Step


class Walker:
    """Walks one running app, as many visitors one after another.

    *driver* takes the walks; what they show is confirmed by the stage's own. *known* says of a
    finding whether it is told already.
    """

    def __init__(
        self,
        stage: Stage,
        *,
        pace: Pace,
        driver: Driver | None = None,
        known: Callable[[Finding], bool] = lambda finding: False,
    ) -> None:
        self.stage = stage
        self.driver = driver or stage.direct or stage.driver
        self.plan = stage.plan
        self.pace = pace
        self.folder = str(stage.app.folder)
        self.known = known
        self.barred = {*stage.avoided, *stage.hung}
        self.contract: Contract = stage.app.contract
        self.defects: dict[Sort, _Defect] = {}
        self.hung = False
        self.unshown: list[Skipped] = []
        self.deadline = Deadline(0.0)
        self._strategies: dict[Any, Any] = {}

    def walk(self) -> Order:
        """Return what only an order of events shows, each defect with the fewest steps."""
        if apart(self.contract, self.plan):
            return Order()
        self._warm()
        self.deadline = Deadline(self.stage.share * self.pace.seconds)
        try:
            self._draw()
            told = self._told_by_event()
            return Order(told, tuple(self.unshown))
        finally:
            self.stage.note(())  # no call is on its way any more

    def _told_by_event(self) -> dict[str, tuple[Finding, ...]]:
        told: dict[str, tuple[Finding, ...]] = {}
        for defect in tuple(self.defects.values()):
            for finding in self._confirmed(defect):
                owner = self._owner(finding.event, defect.steps[-1].event)
                told[owner] = (*told.get(owner, ()), finding)
        return told

    def _warm(self) -> None:
        """Draw from each strategy once: what Hypothesis loads for it is no time of the app's."""
        import hypothesis
        from hypothesis import strategies as st

        from ..strategies import values

        made = (values(component) for component in self.contract.components.values())
        every = st.tuples(*(strategy for strategy in made if strategy is not None))
        once = hypothesis.settings(
            max_examples=1,
            database=None,
            deadline=None,
            phases=(hypothesis.Phase.generate,),
            suppress_health_check=list(hypothesis.HealthCheck),
        )
        once(hypothesis.seed(0)(hypothesis.given(every)(lambda drawn: None)))()

    # -- walking -----------------------------------------------------------------------

    def _draw(self) -> None:
        """Let Hypothesis draw walks until the time is over."""
        import hypothesis
        from hypothesis import HealthCheck, Phase, settings
        from hypothesis import strategies as st
        from hypothesis.errors import Flaky

        attempt = 0
        while not self.deadline.passed() and not self._over():
            run = settings(
                max_examples=50,
                database=None,
                deadline=None,
                phases=(Phase.generate,),
                suppress_health_check=list(HealthCheck),
                print_blob=False,
                verbosity=hypothesis.Verbosity.quiet,
            )(hypothesis.seed(self.stage.seed + attempt)(hypothesis.given(st.data())(self._walk)))
            attempt += 1
            # Flaky: the app offers another page than before after the same steps.
            with contextlib.suppress(Flaky):
                try:
                    run()
                except Stop:
                    return

    def _walk(self, data: Any) -> None:
        """Take one walk on a new page; keep what is wrong on the way.

        Which event comes next is left to chance: Hypothesis, who looks for the smallest of
        everything, would set off the first event of the page most of the time.
        """

        steps: list[Step] = []
        visit = self._arrive(self.driver, steps)
        try:
            self._take(visit, steps, data)
        finally:
            self._forget(visit)

    def _take(self, visit: Visit, steps: list[Step], data: Any) -> None:
        """Take the steps of one walk as they are drawn; *steps* are those that were taken."""
        from hypothesis import strategies as st

        visit.open()
        self._judged(visit, 0)
        begin = {event.label for event in moves(visit)}
        chance = random.Random(data.draw(st.integers(0, 2**63)))
        for _ in range(self.pace.steps):
            if self.deadline.passed() or self._over():
                raise Stop
            drawn = self._drawn(data, chance, visit, steps, begin)
            if drawn is None:
                if not steps:
                    raise Stop
                return
            alone = self._alone(visit, drawn)
            steps.append(drawn)
            place = len(visit.seen)
            done = perform(visit, drawn)
            if not done and len(visit.seen) == place:
                steps.pop()
            for sort, finding in self._judged(visit, place).items():
                kept = self.defects.get(sort)
                if kept is None or len(steps) < len(kept.steps):
                    self.defects[sort] = _Defect(finding, tuple(steps), alone)
            if self.hung:
                raise Stop

    def _drawn(
        self,
        data: Any,
        chance: random.Random,
        visit: Visit,
        steps: Sequence[Step],
        begin: set[str],
    ) -> Step | None:
        """Return the next step; None where the page has nothing left to do.

        The last event is drawn more often than others, for some things only break when they are
        done again, and so is what the page did not offer at first.
        """
        offered = [
            event
            for event in moves(visit)
            if event.label not in self.barred and not self._spent(self._owner(event.label))
        ]
        if not offered:
            return None
        weights = [
            1 + (event.label not in begin) + (bool(steps) and steps[-1].event == event.label)
            for event in offered
        ]
        (event,) = chance.choices(offered, weights)
        last = typed(visit, event)
        names = [
            n for n, c in fields(visit, event).items() if self._values(visit, event, c) is not None
        ]
        edited = {name for name in names if name not in last and chance.random() < 0.5}
        edited |= clicked(visit, event)
        if last:
            choices = [name for name in names if name in last]
            if not choices:
                return Step(event.label)  # which the page will not allow
            edited.add(chance.choice(choices))
        offered_fields = fields(visit, event)
        return Step(
            event.label,
            {
                name: data.draw(self._values(visit, event, offered_fields[name]))
                for name in names
                if name in edited
            },
        )

    def _values(self, visit: Visit, event: Event, component: Component) -> Any:
        """Return the strategy for *component* as the page shows it now, None if it has none.

        It is the user's where there is one for it as an input of *event*.
        """
        from ..strategies import values

        key = (event.label, component.id, repr(visit.props.get(component.id)))
        if component.rendered:
            return values(component)
        if key not in self._strategies:
            ours = functools.partial(values, component)
            self._strategies[key] = self.stage.own.replaced(event, component, ours)
        return self._strategies[key]

    def _alone(self, visit: Visit, step: Step) -> Step:
        """Return *step* with all that the page held before it typed in at once."""
        event = next((e for e in moves(visit) if e.label == step.event), None)
        if event is None:
            return step
        last = typed(visit, event)
        held = {
            name: visit.values.get(component.id)
            for name, component in fields(visit, event).items()
            if name not in last and self._values(visit, event, component) is not None
        }
        return Step(step.event, {**held, **step.values})

    def _arrive(self, driver: Driver, steps: Sequence[Step]) -> Visit:
        stage = self.stage
        told: list[Any] = [None, "", ""]

        def before(call: Call) -> None:
            root = self._owner(steps[-1].event if steps else call.event)
            if self._spent(root, keep=0):
                raise Stop
            stage.spent[root] += 1
            if told[0] != len(steps):  # the same words for all calls of a step
                told[:] = [len(steps), walked(steps), self._snippet(steps)]
            stage.before(root, call.event, told[1], told[2])

        timeout = stage.timeout_seconds
        return arrive(driver, self.contract, self.plan, before=before, timeout_seconds=timeout)

    def _forget(self, visit: Visit) -> None:
        """Let the app let go of a visitor who will not come again."""
        if self.stage.direct is not None:
            self.stage.direct.forget(visit.session)

    def _over(self) -> bool:
        return self.hung or all(self._spent(event.label) for event in self.stage.roots)

    def _spent(self, root: str, *, keep: float = KEPT) -> bool:
        """Whether no further call is allowed, with *keep* of all of them left over."""
        left = self.stage.left(root)
        return left is not None and left <= keep * (self.stage.calls or 0)

    def _judged(self, visit: Visit, begin: int) -> dict[Sort, Finding]:
        """Return what is wrong with the answers from *begin* on, and not told elsewhere."""
        found: dict[Sort, Finding] = {}
        self.stage.note(visit.seen[begin:])
        for observation, held in list(zip(visit.seen, visit.held, strict=True))[begin:]:
            event = visit.known[observation.call.index]
            error, evidence = observation.error, observation.evidence
            if error is not None and (error.kind == "left" or (evidence and evidence.needs)):
                self.barred.add(visit.contract.root(event).label)
                continue
            if error is not None and error.kind in ("timeout", "transport"):
                self.hung = True
            for check in CHECKS:
                if check.suite == ELSEWHERE:
                    continue
                for finding in check(Seen(observation, event, held, self.folder)):
                    if not self.known(finding):
                        found.setdefault(sort_of(finding), finding)
        return found

    # -- what to tell --------------------------------------------------------------------

    def _confirmed(self, defect: _Defect) -> list[Finding]:
        """Return the finding with the fewest steps that show it, if it takes more than one."""
        finding, steps = defect.finding, defect.steps
        if self.hung:
            return self._told(Walked(finding, walked(steps), len(steps), needed=False), steps)
        sort = sort_of(finding)
        self.deadline = Deadline(self.pace.shrink_seconds)
        tried = False
        try:
            if (alone := self._shows(sort, (defect.alone,))) is not None:
                return self._missed(sort, *alone)
            tried = True
            steps, finding = self._fewest(sort, steps, finding)
        except Stop:
            pass  # told as it was met: longer than it need be
        repeats = self._repeats(sort, steps) if len(steps) > 1 else None
        if repeats is not None and repeats.failed == 0:
            owner = self._owner(finding.event, steps[-1].event)
            why = (
                f"sessions.order: {finding.title} was seen after these steps straight to the "
                f"app, and not in {repeats.calls} tries over its queue: {walked(steps)}"
            )
            self.unshown.append(Skipped(owner, why))
            return []
        seen = Walked(finding, walked(steps), len(steps), repeats, tried)
        return self._told(seen, steps)

    def _missed(self, sort: Sort, steps: tuple[Step, ...], finding: Finding) -> list[Finding]:
        """Tell what one step shows, if the event was looked at alone and that went by it."""
        event = next((e for e in self.contract.events if e.label == finding.event), None)
        if event is None or self.contract.root(event).label not in self.stage.explored():
            return []
        steps, finding = self._fewest(sort, steps, finding)
        repeats = self._repeats(sort, steps)
        seen = Walked(finding, walked(steps), len(steps), repeats)
        script = self._snippet(steps, seen)
        return [dataclasses.replace(finding, input=seen.words, reproduce=script, repeats=repeats)]

    def _told(self, seen: Walked, steps: Sequence[Step]) -> list[Finding]:
        return [
            dataclasses.replace(finding, reproduce=self._snippet(steps, seen))
            for check in ORDER
            for finding in check(seen)
        ]

    def _snippet(self, steps: Sequence[Step], seen: Walked | None = None) -> str:
        return walk_snippet(
            self.stage.app.target.text,
            steps,
            folder=self.stage.folder,
            chosen=self.plan,
            check=seen.finding.check if seen else "",
            tries=seen.repeats.tries if seen and seen.repeats else 1,
        )

    def _shows(
        self, sort: Sort, steps: Sequence[Step], driver: Driver | None = None
    ) -> tuple[tuple[Step, ...], Finding] | None:
        """Return the steps that were taken until the defect showed, and the finding.

        None where it did not. Steps that the page does not allow without others are left out.
        """
        if self.deadline.passed():
            raise Stop
        done: list[Step] = []
        visit = self._arrive(driver or self.driver, done)
        try:
            return self._until(visit, sort, steps, done)
        finally:
            self._forget(visit)

    def _until(
        self, visit: Visit, sort: Sort, steps: Sequence[Step], done: list[Step]
    ) -> tuple[tuple[Step, ...], Finding] | None:
        """Take *steps* until the defect shows; *done* are those that the page allowed."""
        visit.open()
        for step in steps:
            place = len(visit.seen)
            done.append(step)
            if not perform(visit, step) and len(visit.seen) == place:
                done.pop()
            found = self._judged(visit, place).get(sort)
            if found is not None:
                return tuple(done), found
            if self.hung:
                raise Stop
        return None

    def _fewest(
        self, sort: Sort, steps: tuple[Step, ...], finding: Finding
    ) -> tuple[tuple[Step, ...], Finding]:
        """Leave out steps, then values, as long as the defect still shows; then simpler values."""
        size = len(steps) // 2
        try:
            while size:
                begin = 0
                while begin < len(steps) - 1:
                    rest = steps[:begin] + steps[min(begin + size, len(steps) - 1) :]
                    shown = self._shows(sort, rest)
                    if shown is None and size == 1 and steps[begin].values:
                        shown = self._shows(sort, _moved(steps, begin))
                    if shown is None:
                        begin += size
                    else:
                        steps, finding = shown
                size //= 2
            for number in reversed(range(len(steps))):
                for name in tuple(steps[number].values):
                    for smaller in self._simpler(steps, number, name):
                        shown = self._shows(sort, smaller)
                        if shown is not None and len(shown[0]) == len(steps):
                            steps, finding = shown
                            break
        except Stop:
            pass  # what is left may still be longer than it need be
        return steps, finding

    def _simpler(self, steps: tuple[Step, ...], number: int, name: str) -> list[tuple[Step, ...]]:
        """Return the walk with less in one field: untouched, the simplest text, half of it."""
        step = steps[number]
        rest = {key: value for key, value in step.values.items() if key != name}
        value = step.values[name]
        candidates = [Step(step.event, rest)]
        shorter = [""] if isinstance(value, str) else []
        if isinstance(value, str) and len(value) > 1:
            shorter += ["a", value[: len(value) // 2], value[:1]]
        for less in shorter:
            if self._free_text(step.event, name):
                candidates.append(Step(step.event, {**step.values, name: less}))
        return [(*steps[:number], smaller, *steps[number + 1 :]) for smaller in candidates]

    def _free_text(self, label: str, name: str) -> bool:
        """Whether any text may be typed there."""
        event = next((e for e in self.contract.events if e.label == label), None)
        if event is None:
            return False
        kinds = {
            p.component.type for m in self.contract.chain(event) for p in m.inputs if p.name == name
        }
        return kinds == {"textbox"}

    def _repeats(self, sort: Sort, steps: Sequence[Step]) -> Repeats | None:
        """Return how often the same walk showed it again, over the wire; None if it never was.

        Where it was walked over the wire, it counts as first seen.
        """
        history = ""
        self.deadline = Deadline(max(self.pace.shrink_seconds, 2.0))
        try:
            while len(history) < 3 or ("." in history and len(history) < 10):
                shown = self._shows(sort, steps, self.stage.driver)
                history += "." if shown is None else "F"
        except Stop:
            pass  # fewer tries than there should be, and the history says how many
        if not history:
            return None
        if "F" not in history and self.driver is self.stage.driver:
            history = "F" + history
        return Repeats(history.count("F"), len(history), history)

    def _owner(self, *labels: str) -> str:
        """Return the event whose test tells what these did: itself, its chain's or render's."""
        roots = {event.label for event in self.plan.roots}
        for label in labels:
            event = next((e for e in self.contract.events if e.label == label), None)
            head = self.contract.root(event).label if event is not None else label
            if head in roots:
                return head
        renders = [event.label for event in self.plan.roots if event.renders]
        return (renders or [event.label for event in self.plan.roots])[0]


def order(stage: Stage, event: Event) -> Part:
    """Return what only an order of events shows, of those that the test of *event* tells."""
    walks = stage.once("order", lambda: _walks(stage))
    unshown = tuple(row for row in walks.unshown if row.what == event.label)
    return Part(findings=walks.findings.get(event.label, ()), skipped=unshown)


def _walks(stage: Stage) -> Order:
    known = {sort_of(finding) for finding in stage.known()}
    walker = Walker(
        stage, pace=PACES[stage.profile], known=lambda finding: sort_of(finding) in known
    )
    return walker.walk()


def _moved(steps: tuple[Step, ...], place: int) -> tuple[Step, ...]:
    """Return the walk without the step at *place*; what was typed in it is so before the next."""
    after = steps[place + 1]
    values = {**steps[place].values, **after.values}
    return (*steps[:place], Step(after.event, values), *steps[place + 2 :])


def apart(contract: Contract, plan: Plan) -> str:
    """Return why an order cannot matter on the page, "" if it can: nothing flows back into it."""
    driven = [
        event
        for event in contract.events
        if event.index in plan.driven
        and event.backend
        and not (event.function is not None and event.function.builtin and event.after is None)
    ]
    if any(event.renders for event in driven):
        return ""
    writes = {component.id for event in driven for component in event.outputs}
    reads = {p.component.id for event in driven for p in event.inputs}
    sources = {t.component for event in driven for t in event.triggers}
    inside = {c.parent for c in contract.components.values()} & writes
    if len(plan.roots) > 1 or writes & (reads | sources) or inside:
        return ""
    return "one event, and nothing that it shows is sent again"


def sort_of(finding: Finding) -> Sort:
    """Return what tells a defect from others, whichever event met it."""
    return finding.check, finding.exception, finding.location or finding.event
