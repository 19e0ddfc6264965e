"""A walk that showed a defect, taken again with fewer steps, and over the real queue.

Hypothesis does not shrink it. On two of the twins, three seeds each, this and the confirmation
took 11 to 18 calls; Hypothesis's own shrinker came to the same walks with 60 to 141 over a drawn
sequence, and with 74 to 152 over its state machine.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from ..checks.order import CHECKS as ORDER
from ..checks.order import Walked
from ..exploring.search import Stop
from ..finding import Finding, Repeats
from ..reproduce import walked
from ..rows import Skipped
from ..steps import Step, perform
from ..stopwatch import Deadline
from ..visit import Driver, Visit
from .walking import Sort, Walking, sort_of

__all__ = ["Defect", "Retrace"]


@dataclass(slots=True)
class Defect:
    """A defect and the walk that showed it; *alone* is its last step on a page just opened."""

    finding: Finding
    steps: tuple[Step, ...]
    alone: Step


class Retrace:
    """Takes walks again; *seconds* may go into making each of them shorter.

    *unshown* is what the real queue did not show again.
    """

    def __init__(self, walking: Walking, seconds: float) -> None:
        self.walking, self.seconds = walking, seconds
        self.deadline = Deadline(0.0)
        self.unshown: list[Skipped] = []

    def confirmed(self, defect: Defect) -> list[Finding]:
        """Return the finding with the fewest steps that show it, if it takes more than one."""
        finding, steps = defect.finding, defect.steps
        if self.walking.hung:
            return self._told(Walked(finding, walked(steps), len(steps), needed=False), steps)
        sort = sort_of(finding)
        self.deadline = Deadline(self.seconds)
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
            owner = self.walking.owner(finding.event, steps[-1].event)
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
        event = next((e for e in self.walking.contract.events if e.label == finding.event), None)
        if (
            event is None
            or self.walking.contract.root(event).label not in self.walking.stage.explored()
        ):
            return []
        steps, finding = self._fewest(sort, steps, finding)
        repeats = self._repeats(sort, steps)
        seen = Walked(finding, walked(steps), len(steps), repeats)
        script = self.walking.snippet(steps, seen)
        return [dataclasses.replace(finding, input=seen.words, reproduce=script, repeats=repeats)]

    def _told(self, seen: Walked, steps: Sequence[Step]) -> list[Finding]:
        return [
            dataclasses.replace(finding, reproduce=self.walking.snippet(steps, seen))
            for check in ORDER
            for finding in check(seen)
        ]

    def _shows(
        self, sort: Sort, steps: Sequence[Step], driver: Driver | None = None
    ) -> tuple[tuple[Step, ...], Finding] | None:
        """Return the steps that were taken until the defect showed, and the finding.

        None where it did not. Steps that the page does not allow without others are left out.
        """
        if self.deadline.passed():
            raise Stop
        done: list[Step] = []
        visit = self.walking.arrive(driver or self.walking.driver, done)
        try:
            return self._until(visit, sort, steps, done)
        finally:
            self.walking.forget(visit)

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
            found = self.walking.judged(visit, place).get(sort)
            if found is not None:
                return tuple(done), found
            if self.walking.hung:
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
        contract = self.walking.contract
        event = next((e for e in contract.events if e.label == label), None)
        if event is None:
            return False
        kinds = {
            p.component.type
            for m in self.walking.contract.chain(event)
            for p in m.inputs
            if p.name == name
        }
        return kinds == {"textbox"}

    def _repeats(self, sort: Sort, steps: Sequence[Step]) -> Repeats | None:
        """Return how often the same walk showed it again, over the wire; None if it never was.

        Where it was walked over the wire, it counts as first seen.
        """
        history = ""
        self.deadline = Deadline(max(self.seconds, 2.0))
        try:
            while len(history) < 3 or ("." in history and len(history) < 10):
                shown = self._shows(sort, steps, self.walking.stage.driver)
                history += "." if shown is None else "F"
        except Stop:
            pass  # fewer tries than there should be, and the history says how many
        if not history:
            return None
        if "F" not in history and self.walking.driver is self.walking.stage.driver:
            history = "F" + history
        return Repeats(history.count("F"), len(history), history)


def _moved(steps: tuple[Step, ...], place: int) -> tuple[Step, ...]:
    """Return the walk without the step at *place*; what was typed in it is so before the next."""
    after = steps[place + 1]
    values = {**steps[place].values, **after.values}
    return (*steps[:place], Step(after.event, values), *steps[place + 2 :])
