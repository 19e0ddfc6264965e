"""One target for one session: launched once, explored once an event, closed at the end."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import os
import sys
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from . import own
from .advisories.advised import advised
from .against.reference import Reference, started
from .against.regression import Regression
from .allowance import SPENT, Allowance
from .app import App, start
from .checks.forged import ROOT
from .contract import Event
from .copies import Copies
from .coverage import Coverage
from .drivers.direct import Direct
from .drivers.wire import Wire
from .errors import CannotDrive
from .exploring.exploration import PROFILES, Budget, Exploration
from .exploring.explore import Explorer
from .exploring.memory import Memory, hypothesis_home
from .files.carriage import file_round_trip
from .files.exposure import exposure
from .files.fetching import fetches
from .files.kinds import file_kind
from .files.trespass import path_read, path_write
from .forgery import Forger, Forging
from .identity import Identity, Look
from .journal import Journal
from .observation import Effect
from .options import Options
from .painting import painted
from .plan import Plan, plan
from .redact import known, of_app
from .repeated.cost import fixed_cost
from .repeated.departures import blocks_next, goes_on
from .repeated.growth import growth
from .report.text import visible
from .rows import Skipped, StreamRow, SuiteRow
from .run import Part
from .selection import known_events
from .streams import telling
from .supervise import Carried
from .target import Target, parse
from .timing import Timing
from .visitors.crowd import crowd
from .visitors.leaks import leak
from .visitors.mixing import mixed
from .visitors.order import order
from .visitors.races import race
from .visitors.stage import Stage, skipped
from .watchdog import Watchdog

__all__ = ["Session"]

#: What drives an event for each check of several visitors, of one for long, or of one who leaves.
DRIVES: Mapping[str, Callable[[Stage, Event], Part]] = {
    "sessions.leak": leak,
    "sessions.race": race,
    "sessions.concurrency-limit": crowd,
    "sessions.order": order,
    "sessions.growth": growth,
    "sessions.fixed-cost": fixed_cost,
    "files.path-read": path_read,
    "files.path-write": path_write,
    "files.fetches": fetches,
    "files.round-trip": file_round_trip,
    "files.kind": file_kind,
    "streaming.mixed": mixed,
    "streaming.goes-on": goes_on,
    "streaming.blocks-next": blocks_next,
}
#: Who gets another's answer reads it in its stream, too: that is one defect.
CROSSED = ("sessions.leak", "sessions.race")
#: How many seconds each of them may take for one event.
VISITED_SECONDS = {"quick": 0.8, "standard": 2.0, "deep": 15.0}
#: How many seconds each check of who may do what takes at most, and what the journal calls them.
IDENTIFIED_SECONDS = {"quick": 4.0, "standard": 12.0, "deep": 60.0}
AUTH = "auth"
#: A stream that takes longer, in seconds, is not read once more by its page.
LONGEST_PAINTED = 10.0


class Session:
    """The app under test and everything known of it so far.

    *carried* is what earlier processes of this session left behind; *drained* is called
    now and then, so that what the app prints does not pile up. *strategies* returns what the
    user's conftests say of inputs.
    """

    def __init__(
        self,
        options: Options,
        *,
        journal: Journal | None = None,
        carried: Carried | None = None,
        watchdog: Path | None = None,
        drained: Callable[[], None] = lambda: None,
        strategies: Callable[[], Sequence[Mapping[str, Any]]] = tuple,
    ) -> None:
        self.options = options
        self.target: Target = parse(options.target, options.folder)
        self.secrets = known(
            options.target, options.auth, against=options.against, source=self.target.path
        )
        self.journal = journal
        self.carried = carried or Carried()
        self.drained = drained
        self.copies = Copies(self.target, options)
        self.strategies = strategies
        self.own = own.NOTHING
        self._watchdog: Watchdog | None = None
        if watchdog is not None:
            limit = 2 * options.timeout_seconds + 20
            self._watchdog = Watchdog(watchdog.open("a"), limit_seconds=limit)
        self._app: App | None = None
        self._plan: Plan | None = None
        self._wire: Wire | None = None
        self._explorer: Explorer | None = None
        self._explored: dict[str, Exploration] = {}
        self._stage: Stage | None = None
        self._blocked: set[str] = set()
        self._told: set[tuple[str, str]] = set()
        self._calls = 0
        self._visiting = ""
        self._before_visits: Counter[str] = Counter()
        #: Told the label of the event that a call is about, before each call.
        self.looked_at: Callable[[str], None] = lambda root: None

    @property
    def app(self) -> App:
        """The running app. Raises TargetError if it cannot be used."""
        if self._app is None:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # the app's own, and pytest may make them errors
                self._app = self._start()
                self.secrets |= of_app(self._app)
        return self._app

    @property
    def started(self) -> bool:
        """Whether the app runs."""
        return self._app is not None

    @property
    def plan(self) -> Plan:
        """Which events are set off."""
        if self._plan is None:
            known_events(self.options, self.app.contract)
            self._plan = plan(
                self.app.contract,
                include=self.options.include,
                exclude=self.options.exclude,
                local=self.target.loopback,
            )
            file = own.cases_file(self.target.path) if self.target.path else None
            self.own = own.read(file, self.strategies(), self.app.contract)
        return self._plan

    @property
    def wire(self) -> Wire:
        """The driver over the raw queue."""
        if self._wire is None:
            self._wire = Wire(self.app, timeout_seconds=self.options.timeout_seconds)
        return self._wire

    @property
    def direct(self) -> Direct | None:
        """The driver straight to the app; None where it does not run in this process.

        With GRADIO_HARNESS_QUEUE=1 in the environment everything goes over the queue: so what
        the two find can be held against each other.
        """
        if self.app.blocks is None or os.environ.get("GRADIO_HARNESS_QUEUE") == "1":
            return None
        return Direct(self.app, self.wire)

    def close(self) -> None:
        """End the app."""
        if "timing" in vars(self):
            self.timing.close()
        if "regression" in vars(self):
            self.regression.close()
        self.copies.close()
        if "identity" in vars(self):
            self.identity.close()
        if self._stage is not None:
            self._stage.close()
        if self._wire is not None:
            self._wire.close()
        if self._app is not None:
            self._app.close()
        if self._watchdog is not None:
            self._watchdog.close()
        self._watchdog = None
        self._app = self._wire = self._explorer = None
        self._stage = None

    def _start(self) -> App:
        options = self.options
        copied = {"latency", "sessions", "regression"} & {
            *options.suites
        } and options.isolation == "process"
        if copied and self.target.local:
            self.copies.prepare()
        return start(
            self.target,
            folder=options.folder,
            credentials=self.options.credentials,
            app_folder=options.app_folder,
            timeout_seconds=options.start_timeout_seconds,
        )

    # -- exploring ------------------------------------------------------------------

    def explored(self, label: str) -> tuple[Exploration, bool]:
        """Return what came of the event, and whether it was explored only now."""
        known = self._explored.get(label)
        if known is not None:
            return known, False
        event = self.app.contract.event(label)
        lost = self.carried.lost.get(label, ())
        if lost and label not in self.carried.half:
            exploration = Exploration(event, Part())
        else:
            exploration = self._explore(event, plainly=bool(lost))
            self.allowance.made[label] += exploration.cases
        if lost:
            why = "not looked at further: one of its calls ended the app's process or held it"
            found = (*lost, *exploration.part.findings)
            skipped = (*exploration.part.skipped, Skipped(label, why))
            part = dataclasses.replace(exploration.part, findings=found, skipped=skipped)
            exploration = dataclasses.replace(exploration, part=part)
        self._explored[label] = exploration
        return exploration, True

    def budget(self, *, calls: int | None, share: float = 1.0) -> Budget:
        """How long to look at one event, where there is that *share* of the usual time."""
        return dataclasses.replace(
            PROFILES[self.options.profile].scaled(share),
            calls=calls,
            timeout_seconds=self.options.timeout_seconds,
        )

    @functools.cached_property
    def allowance(self) -> Allowance:
        """What the whole run may take, and what is left of it."""
        options = self.options
        return Allowance(
            options.profile,
            options.suites,
            events=len(self.plan.roots),
            calls=options.calls,
        )

    def _left(self, root: str) -> int | None:
        """Return how many calls of *root* are left of --app-calls after all suites so far."""
        left = self.allowance.left(root)
        visits = self._stage.spent[root] if self._stage is not None else 0
        return None if left is None else max(left - visits + self._before_visits[root], 0)

    def _explore(self, event: Event, *, plainly: bool) -> Exploration:
        explorer = self.explorer
        calls = self.allowance.left(event.label, "api")
        with self.allowance.spending("api") as share, hypothesis_home(self.options.cache):
            explorer.budget = self.budget(calls=calls, share=share)
            return explorer.explore(event, plainly=plainly)

    @property
    def explorer(self) -> Explorer:
        """What explores single events."""
        if self._explorer is None:
            self._explorer = Explorer(
                self.app,
                self.wire,
                self.plan,
                direct=self.direct,
                coverage=self._coverage(),
                memory=Memory(
                    self.options.cache, self.options.target, quiet=self.options.same_inputs
                ),
                budget=self.budget(calls=self.options.calls),
                seed=self.options.seed,
                own=self.own,
                folder=self.options.app_folder,
                before=self._before,
                after=self._after,
            )
        return self._explorer

    def _coverage(self) -> Coverage | None:
        """Return what watches the app's functions: in a deep run, where nothing else does."""
        app, deep = self.app, self.options.profile == "deep"
        if not deep or app.probe is None or app.blocks is None or sys.gettrace() is not None:
            return None
        return Coverage(app.probe.roots)

    def forged(self, label: str) -> Forging:
        """Return what came of asking the event for what no page asks."""
        if not self.target.loopback:
            return Forging(Part(), untested="forged requests go to apps of this machine only")
        lost = self.carried.lost.get(ROOT + label)
        if lost is not None:
            return Forging(Part(findings=lost))
        if label in self._hangs:
            return Forging(Part(), untested="it hangs or ends the process as it is")
        known = self._explored.get(label)
        if known is not None and _abroad(known):
            return Forging(Part(), untested="it connects to other machines: somebody may pay")
        left = self._left(label)
        if left == 0:
            return Forging(Part(), untested=SPENT)
        forger = Forger(
            self.app,
            self.wire,
            self.plan,
            budget=self.budget(calls=left),
            seed=self.options.seed,
            folder=self.options.app_folder,
            secrets=self.secrets.values,
            copied=lambda: self.copies.copied(self.app),
            before=self._before,
            after=self._after,
        )
        looking = self.allowance.spending("api.out-of-contract")
        with looking, hypothesis_home(self.options.cache):
            return forger.forge(self.app.contract.event(label))

    @contextlib.contextmanager
    def noted(self, what: str, root: str) -> Iterator[None]:
        """Have it known that calls which are not an exploration's are on their way."""
        self._before(root, root, what, "")
        try:
            yield
        finally:
            self._after()

    def _before(self, root: str, event: str, words: str, script: str) -> None:
        self.looked_at(root)
        if self.journal is not None:
            hide = self.secrets.hide
            self.journal.call(root, event, hide(words), hide(script))
        if self._watchdog is not None:
            self._watchdog.arm()

    def _after(self) -> None:
        if self._watchdog is not None:
            self._watchdog.disarm()
        if self.journal is not None:
            self.journal.answered()
        self._calls += 1
        if self._calls % 20 == 0:
            self.drained()

    # -- several visitors ---------------------------------------------------------------

    def visited(self, check: str, label: str) -> Part:
        """Return what *check*'s visitors showed of the event."""
        event = self.app.contract.event(label)
        if not self.target.loopback:
            return skipped(event, "several visitors are let loose on apps of this machine only")
        if self._stage is None:
            self._stage = self._staged()
        stage, suite = self._stage, check.partition(".")[0]
        self._turn_to(suite, stage)
        if check == "sessions.race" and label in stage.deadlocks:
            return Part(findings=(stage.deadlocks[label],))
        if label in stage.avoided:
            return skipped(event, "not set off by several visitors: it hangs or ends the process")
        if label in stage.hung:
            return skipped(event, stage.hung[label])
        stage.abroad |= {name for name, one in self._explored.items() if _abroad(one)}
        with self.allowance.spending(check) as share, hypothesis_home(self.options.cache):
            stage.share, stage.seconds = share, share * VISITED_SECONDS[self.options.profile]
            part = DRIVES[check](stage, event)
        if any(f.check == "streaming.blocks-next" for f in part.findings):
            self._blocked.add(label)
        told = stage.told(suite)
        found = [f for f in part.findings if (check, f.event) not in self._told]
        self._told |= {("streaming.mixed", f.event) for f in found if check in CROSSED}
        return dataclasses.replace(
            part,
            findings=tuple(found),
            events=told.events,
            effects=told.effects,
            suites=told.suites,
        )

    @property
    def _hangs(self) -> frozenset[str]:
        """The labels of events that are known to hang, or to end the app."""
        checks = ("api.hang", "api.process-exit")
        known = self._explored.items()
        found = {name for name, one in known if any(f.check in checks for f in one.part.findings)}
        return frozenset(found | self._blocked | self.carried.lost.keys())

    def _staged(self) -> Stage:
        return Stage(
            self.app,
            self.wire,
            self.plan,
            profile=self.options.profile,
            seed=self.options.seed,
            seconds=VISITED_SECONDS[self.options.profile],
            timeout_seconds=self.options.timeout_seconds,
            calls=self.options.calls,
            folder=self.options.app_folder,
            avoided=self._hangs,
            before=self._before,
            after=self._after,
            copied=lambda: self.copies.copied(self.app),
            known=lambda: [f for known in self._explored.values() for f in known.part.findings],
            explored=lambda: self._explored.keys(),
            direct=self.direct,
            reserved=self._reserved,
            own=self.own,
        )

    def _turn_to(self, suite: str, stage: Stage) -> None:
        """Count what visitors have done so far as another suite's."""
        if suite != self._visiting:
            self.allowance.made.update(stage.spent - self._before_visits)
            self._visiting, self._before_visits = suite, Counter(stage.spent)

    def _reserved(self, root: str) -> int:
        """Return how many calls of *root* other suites have made, or may make yet."""
        left = self.allowance.left(root, self._visiting)
        if left is None:
            return 0
        return (self.options.calls or 0) - left - self._before_visits[root]

    # -- who may do what --------------------------------------------------------------------

    @functools.cached_property
    def guarded(self) -> bool:
        """Whether the app asks for a login, and may be asked what that keeps out."""
        return self.target.loopback and self.app.needs_login

    @functools.cached_property
    def identity(self) -> Identity:
        """Who may do what in the app."""
        stage = self._stage = self._stage or self._staged()
        seconds = IDENTIFIED_SECONDS[self.options.profile]
        secrets = self.secrets.values | known("").values
        return Identity(Look(self.app, stage, seconds, secrets, self.options.calls))

    def identified(self, check: str) -> Part:
        """Return what *check* found of who may do what in the app."""
        if AUTH in self.carried.lost:
            return Part(findings=self.carried.lost[AUTH])
        with self.noted(f"{check}, asked by several people", AUTH):
            part = self.identity.of(check)
        if not self.wire.welcome:
            self.wire.renew()
        told = self.identity.look.stage.told(AUTH)
        return dataclasses.replace(
            part, events=told.events, effects=told.effects, suites=(*part.suites, *told.suites)
        )

    # -- in the page ---------------------------------------------------------------------

    def painted(self, label: str, context: Any) -> Part:
        """Return what the page shows of the event's stream, in a browser's *context*."""
        row = self._to_paint(label)
        if isinstance(row, Skipped):
            return Part(skipped=(row,))
        options = self.options
        try:
            with self.noted("a page reads its stream", label):
                part = painted(
                    context,
                    self.app,
                    self.app.contract.event(row.event),
                    browser=options.browser,
                    folder=options.app_folder,
                )
        except CannotDrive as error:
            return Part(skipped=(Skipped(label, f"not read by its page: {error}"),))
        self.allowance.made[label] += sum(row.cases for row in part.suites)
        return part

    def _to_paint(self, label: str) -> StreamRow | Skipped:
        """Return the stream to look at in the page, or why there is none."""
        event = self.app.contract.event(label)
        known, _ = self.explored(label)
        ended = sorted((row for row in known.part.streams if row.ended is not None), key=telling)
        why = ""
        if event.live or any(trigger.event == "load" for trigger in event.triggers):
            why = "no visitor's hand sets it off"
        elif _abroad(known):
            why = "it connects to other machines: somebody may pay"
        elif label in self._hangs:
            why = "it hangs or ends the process"
        elif self._left(label) in (0, 1):
            why = SPENT
        elif any(finding.check == "streaming.late" for finding in known.part.findings):
            why = "what comes of it comes late already (streaming.late)"
        elif not ended:
            why = "no stream came to an end"
        elif (ended[-1].ended or 0) > LONGEST_PAINTED:
            why = f"it takes longer than {LONGEST_PAINTED:g} s"
        return Skipped(label, f"not read by its page: {why}") if why else ended[-1]

    # -- measuring --------------------------------------------------------------------

    @functools.cached_property
    def timing(self) -> Timing:
        """What measures how long events take."""
        return Timing(
            self.app,
            self.wire,
            self.plan,
            self.options,
            self.allowance,
            self.copies,
            left=self._left,
            spared=self._spared,
            noted=self.noted,
        )

    def shaped(self, check: str, root: str, label: str) -> Part:
        """Return what the time of the event *label*, in the chain of *root*, depends on."""
        return self.timing.shaped(check, root, label, self.explorer.source)

    def _spared(self, root: str) -> str:
        """Return why the event is not to be asked again and again, "" if it may be."""
        if root in self._hangs:
            return "it hangs or ends the process as it is"
        if root in self._explored and _abroad(self._explored[root]):
            return "it connects to other machines: somebody may pay"
        return ""

    # -- held against what it was ---------------------------------------------------------

    @functools.cached_property
    def regression(self) -> Regression:
        """What holds the app against what it was."""
        return Regression(
            self.app,
            self.plan,
            self.options,
            start=self._beside,
            why_not=self.copies.why_not(self.app),
        )

    def compared(self, label: str, *, paced: bool = False) -> Part:
        """Return where the event answers otherwise than it did, or how much longer it takes."""
        root = self.app.contract.root(self.app.contract.event(label)).label
        if why := self._spared(root):
            return Part(skipped=(Skipped(f"{label} against the other app", why),))
        ask = self.regression.pace if paced else self.regression.answers
        with hypothesis_home(self.options.cache):
            part, calls = ask(label, self._left(root))
        self.allowance.made[root] += calls
        return dataclasses.replace(
            part, suites=(SuiteRow("regression", cases=calls, queued_cases=calls),)
        )

    def _beside(self, reference: Reference, alike: bool) -> App:
        """Return the app of *reference*, in a process of its own; *alike* ones are both forked."""
        return started(
            reference,
            credentials=self.options.credentials,
            app_folder=self.options.app_folder,
            timeout_seconds=self.options.start_timeout_seconds,
            zygote=self.copies.zygote if alike else None,
        )

    def exposed(self) -> Part:
        """Return which files the app's routes give to whoever asks for them."""
        if not self.target.loopback:
            return Part(skipped=(Skipped("files.exposed", "asked of apps of this machine only"),))
        return exposure(self.app)

    # -- published advisories ---------------------------------------------------------------

    def advised(self) -> Part:
        """Return what is published about the app's Gradio, and what of it the app shows."""
        return advised(
            self.app,
            self.wire,
            self.plan,
            folder=self.options.app_folder,
            pay=self._pay,
            before=lambda label, words: self._before(label, label, words, ""),
            after=self._after,
        )

    def _pay(self, label: str) -> bool:
        """Whether the event may be called once more; the call is counted."""
        free = not self._spared(label) and self._left(label) != 0
        self.allowance.made[label] += free
        return free

    def said(self, error: Exception) -> str:
        """Return the message of *error* as it may be shown."""
        return visible(self.secrets.hide(str(error)))


def _abroad(known: Exploration) -> bool:
    """Whether the event has connected to other machines while it answered."""
    return any(
        one.kind == "connect" and Effect("connect", one.what).abroad for one in known.part.effects
    )
