"""One event asked for in ways that no page asks: a visitor before, meanwhile and after.

First the visitor: what the page sends is answered, again in the same way, and still so when
others have sent other things that the page allows. Then one forged request after the other,
each while the same visitor waits for an answer. Only what a forged request does
to the app or to that visitor counts; that it fails itself is as it should be.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, TypeVar

from .app import App
from .checks.forged import ROOT, Forged, out_of_contract, received
from .contract import Event
from .drivers.wire import Wire, new_session
from .exploring.exploration import Budget, Stuck
from .finding import Finding, Repeats
from .literals import literal
from .observation import Call, Observation
from .plan import Plan
from .reproduce import Case, described, enter, run_as, script
from .run import Part
from .stopwatch import Deadline
from .visit import Visit, feeding
from .visitors.stage import NoCopy

if TYPE_CHECKING:
    from .strategies.wrong import Forgery
from .onlooker import MEETING_SECONDS

__all__ = ["Forger", "Forging"]

#: The part of an exploration's time that goes into an event.
SHARE = 0.1
#: Below which an event is hardly looked at: quick explorations take no more than this, either.
LEAST_SECONDS = 0.8
#: So many calls are made even where they take longer, up to so many times as long.
LEAST_CALLS = 24
PATIENCE = 3
#: So often a visitor who waits is met by another one, and by the forged request again.
MEETINGS = 3
T = TypeVar("T")
#: So many other visitors send what the page allows before a change is blamed on a forgery.
OTHERS = 6


@dataclasses.dataclass(frozen=True, slots=True)
class Forging:
    """What came of one event: *cases* calls were made, *queued* of them over the queue.

    *untested* is why nothing was sent, "" if something was.
    """

    part: Part
    cases: int = 0
    queued: int = 0
    untested: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Answer:
    """What one visitor got: the same *words* twice is the same answer. *well*: without an error."""

    words: str
    well: bool
    seen: tuple[Observation, ...] = ()

    @property
    def end(self) -> str:
        """How it ended, in words."""
        bad = [o for o in self.seen if o.error is not None and o.error.kind != "left"]
        if not bad:
            return "another answer"
        evidence, error = bad[0].evidence, bad[0].error
        assert error is not None
        name = evidence.exception if evidence is not None else ""
        return name or error.message or error.kind


class _Stop(BaseException):
    """Time or calls have run out."""


class Forger:
    """Sends forged requests to one running app.

    *copied* gives a copy of the app and a driver for it as `Stage.copied` does, or raises
    `NoCopy`; *before* and *after* are told of each call as `Explorer` tells them.
    """

    def __init__(
        self,
        app: App,
        driver: Wire,
        plan: Plan,
        *,
        budget: Budget,
        seed: int,
        folder: str = "",
        secrets: frozenset[str] = frozenset(),
        copied: Callable[[], AbstractContextManager[tuple[App, Wire]]],
        before: Callable[[str, str, str, str], None] = lambda root, event, words, script: None,
        after: Callable[[], None] = lambda: None,
    ) -> None:
        self.app, self.driver, self.plan = app, driver, plan
        self.budget, self.seed, self.folder = budget, seed, folder
        self.secrets, self.copied = secrets, copied
        self.before, self.after = before, after
        self.enveloped = False

    def forge(self, event: Event) -> Forging:
        """Return what came of *event* and its chain. Raises Stuck as an exploration does."""
        return _Forging(self, event).run()


class _Forging:
    """The state of one event's forging."""

    def __init__(self, forger: Forger, event: Event) -> None:
        self.forger, self.event = forger, event
        self.contract = forger.app.contract
        self.calls = self.queued = 0
        self.seconds = max(SHARE * forger.budget.seconds, LEAST_SECONDS)
        self.deadline = Deadline(self.seconds)
        self.found: dict[tuple[str, str], Finding] = {}
        self.valid: dict[str, None] = {}
        self.case = Case()
        self.session = new_session()
        self.slowest, self.quickest = 0.0, float("inf")

    def run(self) -> Forging:
        stuck = ""
        try:
            stuck = self._look()
        except _Stop:
            pass  # time or calls are spent; what was found by then is told
        part = Part(findings=tuple(self.found.values()))
        if stuck:
            raise Stuck(stuck, part)
        return Forging(part, self.calls, self.queued)

    def _look(self) -> str:
        """Send everything; return why the app answers nobody any more, "" if it does."""
        usual = self._usual()
        steady = usual.well and self._steady(usual)
        sent = {o.call.index: o.call.inputs for o in usual.seen}
        for member, forgery in self._requests(sent):
            if steady:
                forged, waiting = self._meeting(functools.partial(self._send, member, forgery))
            else:
                forged, waiting = self._send(member, forgery), usual
            if _held(forged.observation) and not forgery.of_gradio:
                self._take(forged, forgery)
                answers = self.forger.app.answers()
                return "" if answers else f"the app answers nobody since a call of {member.label}"
            if steady and _reached(forged.observation):
                harm = self._harm(usual)
                if harm:
                    self._blame(forged, forgery, harm)
                    return ""
                if not waiting.well:
                    self._take_meanwhile(forged, forgery, usual)
            if not forgery.of_gradio:
                self._take(forged, forgery)
        return ""

    def _meeting(self, other: Callable[[], T]) -> tuple[T, Answer]:
        """Return what came of *other*, done while the visitor waits, and of the visitor."""
        on_its_way = threading.Event()
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(self._visited, self.case, sent=on_its_way.set)
            on_its_way.wait(self._limit())
            time.sleep(MEETING_SECONDS)
            return other(), waiting.result()

    def _take_meanwhile(self, forged: Forged, forgery: Forgery, usual: Answer) -> None:
        """Keep the finding if only the forged request makes the waiting visitor's call fail.

        Where another visitor who sends what the page allows does so, too, that is a race.
        """
        self.deadline = Deadline(self.seconds + 10 * self.slowest)
        for _ in range(MEETINGS):
            another, waiting = self._meeting(lambda: self._visited(self.case))
            if not (another.well and waiting.well):
                return
        ends = [
            self._meeting(lambda: self._send(forged.event, forgery))[1] for _ in range(MEETINGS)
        ]
        failed = [one for one in ends if not one.well]
        if 2 * len(failed) <= MEETINGS or self._harm(usual):
            return
        history = "F" + "".join("." if one.well else "F" for one in ends)
        harm = f"{failed[0].end} while an answer was on its way"
        for finding in out_of_contract(dataclasses.replace(forged, harm=harm)):
            told = self._told(finding, forgery, meanwhile=True)
            repeats = Repeats(history.count("F"), len(history), history)
            self.found[(told.event, told.title)] = dataclasses.replace(told, repeats=repeats)

    def _requests(self, sent: dict[int, tuple[Any, ...]]) -> Iterator[tuple[Event, Forgery]]:
        """Yield the requests for each event of the chain in turn: all get some of the time."""
        from .strategies.wrong import envelopes, forgeries  # brings Hypothesis: half a second

        columns = []
        if not self.forger.enveloped and self.event.index in sent:
            self.forger.enveloped = True  # the same for each event
            columns.append([(self.event, f) for f in envelopes(sent[self.event.index])])
        for member in self.contract.chain(self.event):
            own = member.function is None or not member.function.builtin
            if own and member.index in sent and member.index in self.forger.plan.driven:
                columns.append([(member, f) for f in forgeries(member, sent[member.index])])
        for row in itertools.zip_longest(*columns):
            yield from filter(None, row)

    # -- the visitor who came before, and comes after ------------------------------------

    def _usual(self) -> Answer:
        """Return what a visitor gets who is answered well, if one of a few is."""
        first = answer = self._visited(Case())
        rows = self.contract.examples(self.event)[:1]
        cases = [Case(example=(source.label, row)) for source, row in rows]
        for case in itertools.chain(cases, () if answer.well else self._drawn()):
            if answer.well:
                break
            self.case, answer = case, self._visited(case)
        if not answer.well:
            self.case = Case()
        return answer if answer.well else first

    def _steady(self, usual: Answer) -> bool:
        """Whether the visitor's answer stays, whatever others send that the page allows."""
        if self._visited(self.case).words != usual.words:
            return False
        if self.quickest * OTHERS > self.seconds:
            return False  # a slow app: the time goes into the forged requests
        for case in self._drawn():
            self._visited(case)
        return self._visited(self.case).words == usual.words

    def _drawn(self) -> list[Case]:
        """Return a few inputs that the page allows."""
        from .strategies import draws, values

        found: dict[int, Any] = {}
        for parameter in self.event.inputs:
            strategy = values(parameter.component)
            if strategy is not None:
                found[parameter.component.id] = strategy
        return [Case(values=drawn) for drawn in draws(found, OTHERS, seed=self.forger.seed)]

    def _visited(
        self,
        case: Case,
        app: App | None = None,
        driver: Wire | None = None,
        *,
        sent: Callable[[], None] | None = None,
    ) -> Answer:
        """Return what a new visitor gets who does what *case* says.

        *sent* is called as soon as the event itself is on its way: what is in the journal then
        is what another one sends meanwhile.
        """
        contract = (app or self.forger.app).contract
        event = contract.event(self.event.label)
        words = described(contract, event, case)

        def before(call: Call) -> None:
            self._spend()
            if sent is None:
                self.forger.before(self.event.label, call.event, words, "")
            elif call.index == event.index:
                sent()

        visit = Visit(
            driver or self.forger.driver,
            contract,
            self._arrived(),
            driven=lambda other: other.index in self.forger.plan.driven,
            wanted=feeding(contract, event),
            before=before,
            timeout_seconds=self._limit(),
        )
        begun = time.monotonic()
        try:
            enter(visit, event, case)
        finally:
            if sent is None:
                self.forger.after()
            else:
                sent()  # nobody waits for a visit that did not get so far
        took = time.monotonic() - begun
        self.slowest, self.quickest = max(self.slowest, took), min(self.quickest, took)
        self.queued += sum(bool(o.event_id) for o in visit.seen)
        chain = {member.index for member in contract.chain(event)}
        seen = tuple(o for o in visit.seen if o.call.index in chain)
        errors = [o.error for o in seen if o.error is not None and o.error.kind != "left"]
        for observation in seen:
            self.valid.update(dict.fromkeys(received(observation)))
        told = [(o.call.event, o.outputs, o.error and o.error.message) for o in seen]
        return Answer(json.dumps(told, default=str), bool(seen) and not errors, seen)

    def _arrived(self) -> str:
        """Return the session of a new visitor: one that somebody else might get to know."""
        self.session = new_session()
        return self.session

    def _harm(self, usual: Answer) -> str:
        """Return what happened to the next visitor, "" if nothing that lasts did."""
        first = self._visited(self.case)
        if first.words == usual.words:
            return ""
        again = self._visited(self.case)
        if usual.words == again.words or first.well != again.well:
            return ""
        end = again.end
        return end if again.well else f"{end} on what was answered before"

    # -- the forged requests --------------------------------------------------------------

    def _send(
        self, member: Event, forgery: Forgery, app: App | None = None, driver: Wire | None = None
    ) -> Forged:
        self._spend()
        forger = self.forger
        there = (app or forger.app).contract.event(member.label)
        index = there.index if forgery.index is None else forgery.index
        session = self.session if forgery.foreign else new_session()
        call = Call(there.label, index, forgery.data, session, forgery.event_data, forgery.trigger)
        script = self._script(member, forgery)
        forger.before(ROOT + self.event.label, member.label, forgery.words, script)
        try:
            observation = (driver or forger.driver).call(call, timeout_seconds=self._limit())
        finally:
            forger.after()
        self.queued += bool(observation.event_id)
        return Forged(
            observation,
            member,
            forgery.words,
            "\0".join(self.valid),
            forger.secrets,
            folder=str(forger.app.folder),
        )

    def _take(self, forged: Forged, forgery: Forgery) -> None:
        """Keep what the check says, the first of each kind; send it again to see it twice."""
        for finding in out_of_contract(forged):
            key = (finding.event, finding.title)
            if key in self.found:
                continue
            self.found[key] = self._told(finding, forgery)
            error = forged.observation.error
            if error is None or error.kind not in ("timeout", "transport"):
                again = out_of_contract(self._send(forged.event, forgery))
                same = any(f.title == finding.title for f in again)
                repeats = Repeats(1 + same, 2, "FF" if same else "F.")
                self.found[key] = dataclasses.replace(self.found[key], repeats=repeats)

    def _told(self, finding: Finding, forgery: Forgery, *, meanwhile: bool = False) -> Finding:
        event = self.contract.event(finding.event)
        rest = "\nthe rest as the page sends it" if len(event.inputs) > 1 else ""
        return dataclasses.replace(
            finding,
            input=finding.input + rest,
            reproduce=self._script(event, forgery, meanwhile=meanwhile),
        )

    def _blame(self, forged: Forged, forgery: Forgery, harm: str) -> None:
        """Keep the finding if the same happens in a copy of the app that was just started."""
        seen_again: bool | None
        try:
            with self.forger.copied() as (app, driver):
                self.deadline = Deadline(self.seconds + 10 * self.slowest)
                seen_again = self._harms_afresh(app, driver, forged.event, forgery)
        except NoCopy:
            seen_again = None if harm.endswith("before") else False
        if seen_again is False:
            return
        for finding in out_of_contract(dataclasses.replace(forged, harm=harm)):
            told = self._told(finding, forgery)
            detail = "The visitor sends what the page sends, before and after. " + (
                "The same happens in an app that was just started."
                if seen_again
                else "It was not tried in an app that was just started: this one starts only once."
            )
            repeats = Repeats(2, 2, "FF") if seen_again else None
            self.found[(told.event, told.title)] = dataclasses.replace(
                told, detail=detail, repeats=repeats
            )

    def _harms_afresh(self, app: App, driver: Wire, member: Event, forgery: Forgery) -> bool:
        case = self._elsewhere(app)
        first = self._visited(case, app, driver)
        if self._visited(case, app, driver).words != first.words or not first.well:
            return False
        self._send(member, forgery, app, driver)
        after = [self._visited(case, app, driver) for _ in range(2)]
        return all(a.words != first.words for a in after) and after[0].well == after[1].well

    def _elsewhere(self, app: App) -> Case:
        """Return the visitor's case with the components' numbers in another process."""
        here = [p.component.id for p in self.event.inputs]
        there = [p.component.id for p in app.contract.event(self.event.label).inputs]
        ids = dict(zip(here, there, strict=True))
        values = {ids[i]: value for i, value in self.case.values.items()}
        return dataclasses.replace(self.case, values=values)

    def _limit(self) -> float:
        return max(self.forger.budget.timeout_seconds, 10 * self.slowest)

    def _spend(self) -> None:
        """Count a call. Raises _Stop where none is left, or no time."""
        most = self.forger.budget.calls
        if most is not None and self.calls >= most:
            raise _Stop
        late = (PATIENCE - 1) * self.seconds if self.calls < LEAST_CALLS else 0.0
        if self.deadline.passed(late=late):
            raise _Stop
        self.calls += 1

    def _script(self, member: Event, forgery: Forgery, *, meanwhile: bool = False) -> str:
        arguments = [
            literal(self.forger.app.target.text),
            literal(member.label),
            literal(forgery.data),
        ]
        if forgery.event_data is not None:
            arguments.append(f"event_data={literal(forgery.event_data)}")
        values = self.case.values
        visitor = [
            literal(values[p.component.id]) if p.component.id in values else "..."
            for p in self.event.inputs
        ]
        if values:
            arguments.append(f"visitor=[{', '.join(visitor)}]")
        if self.case.example is not None:
            arguments.append(f"example={self.case.example!r}")
        if self.event.label != member.label:
            arguments.append(f"before={literal(self.event.label)}")
        if meanwhile:
            arguments.append("meanwhile=True")
        arguments += run_as(self.forger.folder, self.forger.plan)
        return script(arguments, media="Media" in str(arguments), call="forge")


def _held(observation: Observation) -> bool:
    """Whether the request got no answer, or ended its worker."""
    error, evidence = observation.error, observation.evidence
    if error is not None and error.kind in ("timeout", "transport"):
        return True
    return evidence is not None and evidence.exception == "SystemExit"


def _reached(observation: Observation) -> bool:
    """Whether the app's own code may have run."""
    evidence = observation.evidence
    if evidence is None:
        return observation.error is None or observation.error.kind != "refused"
    return "function" in evidence.seconds or observation.outputs is not None
