"""Where several visitors act on one app: what they may set off, how long, how often.

    visit = stage.visit()           # one more visitor, whose calls are counted
    with stage.fresh() as other:    # the same app from a start of its own, in another process

A stage is given to each driving function of the sessions suite, ``(stage, event) -> Part``;
what such a function finds for all events at once it keeps by `Stage.once`.
"""

from __future__ import annotations

import contextlib
import dataclasses
import random
import threading
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from ..app import App, start_here
from ..contract import Event
from ..drivers.direct import Direct
from ..drivers.wire import Wire, new_session
from ..errors import HarnessError
from ..exploring.exploration import row_of
from ..finding import Finding
from ..literals import told
from ..observation import Call, Effect, Evidence, Observation
from ..own import NOTHING, Own
from ..plan import Plan, plan
from ..rows import EventRow, SideEffect, Skipped, SuiteRow
from ..run import Part
from ..visit import Driver, Visit
from .guests import Door, Guests, door

__all__ = ["NoCopy", "Spent", "Stage", "skipped", "staged"]

T = TypeVar("T")

#: So many calls may be made of an event that connects to other machines: somebody may pay.
ABROAD = 25

#: So many values are drawn of the user's own strategies.
OWN_DRAWS = 50

#: Visitors at the same time wait so long for an answer, in seconds, and so many times as long as
#: one by itself.
LEAST_WAIT_SECONDS = 10.0
LONGER = 10


class Spent(HarnessError):
    """The calls that the user allows are used up."""


class NoCopy(HarnessError):
    """The app cannot be started a second time; the message says why."""


@dataclass(slots=True, eq=False)
class Stage:
    """One running app, its plan and what may still be spent on it.

    *calls* caps the calls of each event with its chain (None: no cap), less what is *reserved* for
    other suites. *seconds* is how long one driving function may take for one event; those with
    seconds of their own take this *share* of them. *before* and
    *after* tell the journal of each call, as of an exploration's. *avoided* are the labels of
    events that hang or end the process: they are not set off again. *known* tells what the
    explorations of single events have found, *explored* which there were. *direct* is the driver
    past the queue, for what is to be tried often; None where there is none. *abroad* are the
    events that have connected to other machines: of these few calls are made. *deadlocks* are
    what was found of visitors who wait for each other, by the label of their first
    event. *own* is what the user says of inputs, *stems* are how words begin that visitors have
    sent: none is sent again. *hung* says of events, by
    label, to what they gave no answer: they are not set off again.
    """

    app: App
    driver: Wire
    plan: Plan
    profile: str
    seed: int
    seconds: float
    timeout_seconds: float = 30.0
    calls: int | None = None
    folder: str = ""
    avoided: frozenset[str] = frozenset()
    before: Callable[[str, str, str, str], None] = lambda root, event, words, script: None
    after: Callable[[], None] = lambda: None
    copied: Callable[[], AbstractContextManager[tuple[App, Wire]]] | None = None
    known: Callable[[], Iterable[Finding]] = lambda: ()
    explored: Callable[[], Container[str]] = lambda: ()
    direct: Direct | None = None
    share: float = 1.0
    reserved: Callable[[str], int] = lambda root: 0
    own: Own = NOTHING
    abroad: set[str] = field(default_factory=set)
    spent: Counter[str] = field(default_factory=Counter)
    effects: Counter[tuple[str, Effect]] = field(default_factory=Counter)
    deadlocks: dict[str, Finding] = field(default_factory=dict)
    stems: set[str] = field(default_factory=set)
    hung: dict[str, str] = field(default_factory=dict)
    _seen: list[Observation] = field(default_factory=list)
    _kept: dict[str, Any] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def roots(self) -> tuple[Event, ...]:
        """The events that may be set off and that are known to come back."""
        return tuple(event for event in self.plan.roots if event.label not in self.avoided)

    @property
    def users(self) -> int | None:
        """As how many users visitors may log in; None where the app asks for no login."""
        return len(self.door.logins) if self.app.credentials else None

    @property
    def alike(self) -> str:
        """Why all visitors are one user to the app, in words; "" if they are not."""
        if self.users is None or self.users > 1:
            return ""
        return (
            "all visitors would be the same user, for the app asks for a login and one is known: "
            "name a second one, --app-auth USER:PASSWORD --app-auth OTHER:PASSWORD"
        )

    @property
    def door(self) -> Door:
        """What the app asks of those who come."""
        return self.once("door", lambda: door(self.app))

    @property
    def regulars(self) -> Guests:
        """Visitors who come again and again, each with the browser that it had before."""
        return self.once("regulars", self.guests)

    def guests(self) -> Guests:
        """Return visitors whom nobody has seen before; who asks for them closes them."""
        return Guests(self.app, self.door, timeout_seconds=self.driver.timeout_seconds)

    def once(self, name: str, make: Callable[[], T]) -> T:
        """Return what *make* returned when it was first asked for under *name*."""
        if name not in self._kept:
            self._kept[name] = make()
        kept: T = self._kept[name]
        return kept

    def visit(
        self,
        *,
        session: str = "",
        wanted: Callable[[Event], bool] = lambda event: True,
        driver: Driver | None = None,
    ) -> Visit:
        """Return a new visitor's page, not opened yet; its calls are counted.

        Raises `Spent` from the call that would be one too many.
        """
        return Visit(
            driver or self.driver,
            self.app.contract,
            session or new_session(),
            driven=self.driven,
            wanted=wanted,
            before=self.count,
            timeout_seconds=self.timeout_seconds,
        )

    def owned(self, event: Event, draw: random.Random) -> dict[int, Any]:
        """Return values that the user's strategies give for *event*, by component id."""
        chain = self.app.contract.chain(event)
        known = self.once(
            f"own of {event.label}", lambda: self.own.drawn(chain, OWN_DRAWS, seed=self.seed)
        )
        return draw.choice(known) if known else {}

    def met_by(self, regulars: Guests, **changes: Any) -> Stage:
        """Return this stage with other visitors who come again, and with *changes*."""
        return dataclasses.replace(self, _kept={**self._kept, "regulars": regulars}, **changes)

    def patient(self, took: float) -> Stage:
        """Return this stage for visitors at the same time: a call by itself *took* so long.

        Who then gets no answer for much longer, in seconds, waits for somebody.
        """
        limit = min(self.timeout_seconds, max(LEAST_WAIT_SECONDS, LONGER * took))
        return dataclasses.replace(self, timeout_seconds=limit, hung={})

    def close(self) -> None:
        """Send those home who came again and again."""
        if "regulars" in self._kept:
            self.regulars.close()

    def driven(self, event: Event) -> bool:
        """Whether *event* may be called at all."""
        return event.index in self.plan.driven and event.label not in self.avoided

    def count(self, call: Call) -> None:
        """Note a call on its way. Raises `Spent` where no further one is allowed."""
        root = self.root(call)
        with self._lock:
            if root in self.hung:
                raise Spent(self.hung[root])
            if self.left(root) == 0:
                raise Spent(f"{self.limit(root)} are used up for {root}")
            self.spent[root] += 1
        self.before(root, call.event, "several visitors", "")

    def root(self, call: Call) -> str:
        """Return the label of the event that a visitor set off to have *call* made."""
        contract = self.app.contract
        event = contract.by_index(call.index)
        return contract.root(event).label if event is not None else call.event

    def left(self, root: str) -> int | None:
        """Return how many calls the event *root* with its chain has left; None: any number."""
        caps = [] if self.calls is None else [self.calls - self.reserved(root)]
        caps += [ABROAD] if root in self.abroad else []
        return max(min(caps) - self.spent[root], 0) if caps else None

    def limit(self, root: str) -> str:
        """Return what holds for the calls of *root*, in words."""
        if root in self.abroad and (self.calls is None or self.calls > ABROAD):
            return f"the {ABROAD} calls of an event that connects to other machines"
        return f"--app-calls {self.calls}"

    def note(self, observations: Sequence[Observation]) -> None:
        """Take what came of calls into the report's numbers."""
        with self._lock:
            self._seen += observations
            for observation in observations:
                if observation.error is not None and observation.error.kind == "timeout":
                    call = observation.call
                    self.hung[self.root(call)] = (
                        f"{call.event} gave no answer to {told(list(call.inputs))} within "
                        f"{self.timeout_seconds:g} s, and is not set off again"
                    )
                if observation.evidence is not None:
                    label = observation.call.event
                    effects = _beside(observation.evidence)
                    self.effects.update((label, effect) for effect in effects)
                    if any(effect.abroad for effect in effects):
                        self.abroad.add(self.root(observation.call))
        self.after()

    def told(self, suite: str) -> Part:
        """Return the numbers of what was noted since the last time, counted for *suite*."""
        with self._lock:
            seen = tuple(self._seen)
            self._seen.clear()  # not a new list: a copy's stage has this one too
        if not seen:
            return Part()
        queued = sum(observation.queued for observation in seen)
        row = SuiteRow(suite, cases=len(seen), queued_cases=queued)
        return Part(
            events=tuple(self._rows(seen)), effects=tuple(self._effects(seen)), suites=(row,)
        )

    def _effects(self, seen: Sequence[Observation]) -> Iterator[SideEffect]:
        home = f"{self.app.folder}/"
        told = ((o.call.event, e) for o in seen if o.evidence for e in _beside(o.evidence))
        for (label, effect), count in Counter(told).items():
            yield SideEffect(effect.kind, effect.what.removeprefix(home), label, count)

    def _rows(self, seen: Sequence[Observation]) -> Iterator[EventRow]:
        known = {e.label: (e, n) for n, e in enumerate(self.app.contract.events)}
        counts: dict[str, Counter[str]] = {}
        for observation in seen:
            counts.setdefault(observation.call.event, Counter())[outcome(observation)] += 1
        for label, count in counts.items():
            event, order = known.get(label, (None, len(known)))
            yield dataclasses.replace(
                row_of(event, label, order),
                cases=sum(count.values()),
                answered=count["answered"],
                refused=count["refused"],
                failed=count["failed"],
            )

    @contextlib.contextmanager
    def fresh(self) -> Iterator[Stage]:
        """Give the stage of a copy of the app that nobody has called yet, in a process of its own.

        What is spent there is spent here. Raises `NoCopy` where there can be none.
        """
        if self.copied is None:
            raise NoCopy("it was running already")
        with self.copied() as (app, driver):
            if _ids(app) != _ids(self.app):
                raise NoCopy("a second copy numbers its parts in another way")
            yield dataclasses.replace(
                self, app=app, driver=driver, _kept={}, copied=None, direct=None
            )


def _ids(app: App) -> list[tuple[int, str]]:
    contract = app.contract
    parts = [(identity, component.type) for identity, component in contract.components.items()]
    return parts + [(event.index, event.label) for event in contract.events]


@contextlib.contextmanager
def staged(
    target: str, *, folder: str = "", include: Sequence[str] = (), exclude: Sequence[str] = ()
) -> Iterator[Stage]:
    """Start *target*, and give the stage of it: for lines to paste."""
    with start_here(target, app_folder=folder) as app, Wire(app) as wire:
        chosen = plan(app.contract, include=include, exclude=exclude)
        yield Stage(app, wire, chosen, "standard", seed=0, seconds=0.0)


def _beside(evidence: Evidence) -> list[Effect]:
    """Return what a call did beside its answer; what lies in wait for it is ours, and left out."""
    return [effect for effect in evidence.effects if effect.kind != "read" and not effect.where]


def outcome(observation: Observation) -> str:
    """Return answered, refused or failed: how the report counts the call.

    What Gradio itself does not let through to the author's function is refused.
    """
    if observation.error is None or observation.error.kind == "left":
        return "answered"
    seen = observation.evidence
    before = seen is not None and seen.step == "preprocess" and not seen.raised
    refused = before or observation.error.kind in ("author", "refused")
    return "refused" if refused else "failed"


def skipped(event: Event, why: str) -> Part:
    """Return what says that *event* was not looked at."""
    return Part(skipped=(Skipped(event.label, why),))
