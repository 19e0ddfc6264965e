"""What all walks over one app have in common: arriving, judging, leaving, and who tells it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..checks.order import Walked
from ..checks.outcome import Seen
from ..contract import Contract
from ..exploring.search import CHECKS, Stop
from ..finding import Finding
from ..observation import Call
from ..reproduce import walk_snippet, walked
from ..steps import Step, arrive
from ..visit import Driver, Visit
from .stage import Stage

__all__ = ["Sort", "Walking", "sort_of"]

#: Judged by the clock, or of each call alone: an order has no part in it.
ELSEWHERE = "streaming"
#: Of the calls that the user allows, for confirming what was found.
KEPT = 0.4

#: What tells the defects of walks apart: check, exception, place.
Sort = tuple[str, str, str]


class Walking:
    """What all walks of one running app have in common.

    *driver* takes them. *known* says of a finding whether it is told already. *barred* are the
    labels of events that are not set off any more; *hung* says that one of them came to no end.
    """

    def __init__(
        self,
        stage: Stage,
        driver: Driver | None = None,
        known: Callable[[Finding], bool] = lambda finding: False,
    ) -> None:
        self.stage = stage
        self.driver = driver or stage.direct or stage.driver
        self.plan = stage.plan
        self.folder = str(stage.app.folder)
        self.known = known
        self.barred = {*stage.avoided, *stage.hung}
        self.contract: Contract = stage.app.contract
        self.hung = False

    def arrive(self, driver: Driver, steps: Sequence[Step]) -> Visit:
        """Return the page of a new visitor; *steps* are the words for what is called on it."""
        stage = self.stage
        told: list[Any] = [None, "", ""]

        def before(call: Call) -> None:
            root = self.owner(steps[-1].event if steps else call.event)
            if self.spent(root, keep=0):
                raise Stop
            stage.spent[root] += 1
            if told[0] != len(steps):  # the same words for all calls of a step
                told[:] = [len(steps), walked(steps), self.snippet(steps)]
            stage.before(root, call.event, told[1], told[2])

        timeout = stage.timeout_seconds
        return arrive(driver, self.contract, self.plan, before=before, timeout_seconds=timeout)

    def forget(self, visit: Visit) -> None:
        """Let the app let go of a visitor who will not come again."""
        if self.stage.direct is not None:
            self.stage.direct.forget(visit.session)

    def over(self) -> bool:
        """Whether no further walk is to be taken."""
        return self.hung or all(self.spent(event.label) for event in self.stage.roots)

    def spent(self, root: str, *, keep: float = KEPT) -> bool:
        """Whether no further call is allowed, with *keep* of all of them left over."""
        left = self.stage.left(root)
        return left is not None and left <= keep * (self.stage.calls or 0)

    def judged(self, visit: Visit, begin: int) -> dict[Sort, Finding]:
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

    def snippet(self, steps: Sequence[Step], seen: Walked | None = None) -> str:
        """Return the lines to paste that take *steps* again, and judge what was *seen*."""
        return walk_snippet(
            self.stage.app.target.text,
            steps,
            folder=self.stage.folder,
            chosen=self.plan,
            check=seen.finding.check if seen else "",
            tries=seen.repeats.tries if seen and seen.repeats else 1,
        )

    def owner(self, *labels: str) -> str:
        """Return the event whose test tells what these did: itself, its chain's or render's."""
        roots = {event.label for event in self.plan.roots}
        for label in labels:
            event = next((e for e in self.contract.events if e.label == label), None)
            head = self.contract.root(event).label if event is not None else label
            if head in roots:
                return head
        renders = [event.label for event in self.plan.roots if event.renders]
        return (renders or [event.label for event in self.plan.roots])[0]


def sort_of(finding: Finding) -> Sort:
    """Return what tells a defect from others, whichever event met it."""
    return finding.check, finding.exception, finding.location or finding.event
