"""Walks over one page: the app's events in any order in which one visitor may set them off.

What an event leaves on the page, the next one finds there: State, values, choices, buttons that
were hidden, components that a ``gr.render`` has drawn. Hypothesis draws what is typed.
"""

from __future__ import annotations

import contextlib
import functools
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..contract import Component, Contract, Event
from ..exploring.search import Stop
from ..finding import Finding
from ..plan import Plan
from ..rows import Skipped
from ..run import Part
from ..steps import Step, clicked, fields, moves, perform, typed
from ..stopwatch import Deadline
from ..visit import Driver, Visit
from .retrace import Defect, Retrace
from .stage import Stage
from .walking import Sort, Walking, sort_of

__all__ = ["PACES", "Order", "Pace", "Walker", "order"]


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
        self.stage, self.pace = stage, pace
        self.walking = Walking(stage, driver, known)
        self.retrace = Retrace(self.walking, pace.shrink_seconds)
        self.defects: dict[Sort, Defect] = {}
        self.deadline = Deadline(0.0)
        self._strategies: dict[Any, Any] = {}

    def walk(self) -> Order:
        """Return what only an order of events shows, each defect with the fewest steps."""
        if apart(self.stage.app.contract, self.stage.plan):
            return Order()
        self._warm()
        self.deadline = Deadline(self.stage.share * self.pace.seconds)
        try:
            self._draw()
            told = self._told_by_event()
            return Order(told, tuple(self.retrace.unshown))
        finally:
            self.stage.note(())  # no call is on its way any more

    def _told_by_event(self) -> dict[str, tuple[Finding, ...]]:
        told: dict[str, tuple[Finding, ...]] = {}
        for defect in tuple(self.defects.values()):
            for finding in self.retrace.confirmed(defect):
                owner = self.walking.owner(finding.event, defect.steps[-1].event)
                told[owner] = (*told.get(owner, ()), finding)
        return told

    def _warm(self) -> None:
        """Draw from each strategy once: what Hypothesis loads for it is no time of the app's."""
        import hypothesis
        from hypothesis import strategies as st

        from ..strategies import values

        made = (values(component) for component in self.walking.contract.components.values())
        every = st.tuples(*(strategy for strategy in made if strategy is not None))
        once = hypothesis.settings(
            max_examples=1,
            database=None,
            deadline=None,
            phases=(hypothesis.Phase.generate,),
            suppress_health_check=list(hypothesis.HealthCheck),
        )
        once(hypothesis.seed(0)(hypothesis.given(every)(lambda drawn: None)))()

    def _draw(self) -> None:
        """Let Hypothesis draw walks until the time is over."""
        import hypothesis
        from hypothesis import HealthCheck, Phase, settings
        from hypothesis import strategies as st
        from hypothesis.errors import Flaky

        attempt = 0
        while not self.deadline.passed() and not self.walking.over():
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
        visit = self.walking.arrive(self.walking.driver, steps)
        try:
            self._take(visit, steps, data)
        finally:
            self.walking.forget(visit)

    def _take(self, visit: Visit, steps: list[Step], data: Any) -> None:
        """Take the steps of one walk as they are drawn; *steps* are those that were taken."""
        from hypothesis import strategies as st

        visit.open()
        self.walking.judged(visit, 0)
        begin = {event.label for event in moves(visit)}
        chance = random.Random(data.draw(st.integers(0, 2**63)))
        for _ in range(self.pace.steps):
            if self.deadline.passed() or self.walking.over():
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
            for sort, finding in self.walking.judged(visit, place).items():
                kept = self.defects.get(sort)
                if kept is None or len(steps) < len(kept.steps):
                    self.defects[sort] = Defect(finding, tuple(steps), alone)
            if self.walking.hung:
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
        walking = self.walking
        offered = [
            event
            for event in moves(visit)
            if event.label not in walking.barred and not walking.spent(walking.owner(event.label))
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
