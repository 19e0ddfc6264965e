"""What a suite's test is about: an event or a page, tried when the first check asks for it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, NoReturn

import pytest

from .against.regression import Unusable
from .checks.forged import ROOT
from .checks.latency import budget, parse_budgets, unjudged
from .checks.page import CHECKS
from .errors import HarnessError
from .exploring.exploration import Exploration, Stuck
from .finding import Finding
from .opening import opened, page_snippet
from .page import PageVisit
from .report.text import printed, visible
from .rows import Skipped, SuiteRow
from .run import Part
from .selection import fails, marked, silenced
from .session import Session

__all__ = [
    "Answered",
    "Asked",
    "Compared",
    "Identified",
    "Judged",
    "Open",
    "Paced",
    "Published",
    "Timed",
    "Visited",
    "VisitedPage",
    "Watched",
    "asked_key",
    "expect_none",
    "part_key",
    "properties",
    "session_key",
    "told_as",
]

LONGEST_SCRIPT = 6_000

session_key = pytest.StashKey[Session]()
part_key = pytest.StashKey[Part]()
asked_key = pytest.StashKey[frozenset[tuple[str, str]]]()
answers_key = pytest.StashKey[dict[str, Part]]()
published_key = pytest.StashKey[list[Part]]()
visits_key = pytest.StashKey[dict[str, Part]]()


@dataclass(frozen=True, slots=True)
class Judged:
    """One event under test; its exploration is made when the first check asks for it."""

    session: Session
    label: str
    item: pytest.Item

    @property
    def root(self) -> str:
        """What the journal knows its calls by."""
        return self.label

    def expect_none(self, check: str) -> None:
        """Fail with what *check* found of this event; skip where it could not be tested."""
        exploration = self.explored()
        findings = [f for f in exploration.part.findings if f.check == check]
        expect_none(self.session, self.item, findings)
        if exploration.untested:
            pytest.skip(exploration.untested)

    def explored(self) -> Exploration:
        """Return what came of the event; noted for this test where no other has asked before."""
        try:
            exploration, new = self.session.explored(self.label)
        except Stuck as error:
            self.item.stash[part_key] = error.part
            self._give_up(error)
        if new:
            asked = self.item.config.stash.get(asked_key, frozenset())
            self.item.stash[part_key] = counted(exploration, asked)
        return exploration

    def _give_up(self, error: Stuck) -> NoReturn:
        """Leave this process: its app answers nobody, and the next events need one that does."""
        journal = self.session.journal
        if journal is None:
            pytest.exit(f"{error}; the rest could not be tested", returncode=1)
        secrets = self.session.secrets
        journal.stuck(self.root, secrets.hide(str(error)), secrets.part(error.part))
        os._exit(75)


@dataclass(frozen=True, slots=True)
class Asked(Judged):
    """One event that is asked for what no page asks, after all that pages do."""

    @property
    def root(self) -> str:
        """What the journal knows its calls by."""
        return ROOT + self.label

    def expect_none(self, check: str) -> None:
        """Fail with what came of it; skip where nothing may be sent."""
        try:
            forging = self.session.forged(self.label)
        except Stuck as error:
            self.item.stash[part_key] = error.part
            self._give_up(error)
        row = SuiteRow("api", cases=forging.cases, queued_cases=forging.queued)
        self.item.stash[part_key] = replace(forging.part, suites=(row,))
        expect_none(self.session, self.item, forging.part.findings)
        if forging.untested:
            pytest.skip(forging.untested)


@dataclass(frozen=True, slots=True)
class VisitedPage:
    """One page, opened once in a real browser when the first check asks for it."""

    session: Session
    path: str
    request: pytest.FixtureRequest

    def expect_none(self, check: str) -> None:
        """Fail with what *check* found on this page."""
        found = [f for f in self._findings() if f.check == check]
        expect_none(self.session, self.request.node, found)

    def _findings(self) -> tuple[Finding, ...]:
        known = self.request.config.stash.setdefault(visits_key, {})
        if self.path not in known:
            lost = self.session.carried.lost.get(f"page {self.path}")
            known[self.path] = Part(findings=lost) if lost else self._seen()
            self.request.node.stash[part_key] = known[self.path]
        return known[self.path].findings

    def _seen(self) -> Part:
        """Return what was seen of the page; without pytest-playwright's browser it is skipped."""
        try:
            browser = self.request.getfixturevalue("browser")
        except pytest.fail.Exception as error:
            row = Skipped(f"page {self.path}", str(error))
            self.request.node.stash[part_key] = Part(skipped=(row,))
            raise
        return self._visit(browser)

    def _visit(self, browser: Any) -> Part:
        session = self.session
        journal = session.journal
        if journal is not None:
            journal.call(f"page {self.path}", f"page {self.path}", "the page is opened", "")
        context = browser.new_context()
        try:
            seen = opened(context, session.app, session.plan, self.path)
        finally:
            context.close()
            if journal is not None:
                journal.answered()
        findings = [finding for check in CHECKS for finding in check(seen)]
        calls = len(seen.observations)
        queued = sum(observation.queued for observation in seen.observations)
        return Part(
            findings=tuple(map(self._shown_again, findings)),
            skipped=(*unsought(seen), *withheld(seen)),
            screenshots=(seen.screenshot,) if seen.screenshot else (),
            suites=(SuiteRow("ui", cases=calls, queued_cases=queued),),
        )

    def _shown_again(self, finding: Finding) -> Finding:
        """Return *finding* with the lines that open its page again."""
        session, options = self.session, self.session.options
        script = page_snippet(
            session.target.text,
            self.path,
            finding,
            chosen=session.plan,
            folder=options.app_folder,
            browser=options.browser,
        )
        return replace(finding, reproduce=script)


@dataclass(frozen=True, slots=True)
class Watched:
    """One event whose stream is read by its page, once for all checks."""

    session: Session
    label: str
    request: pytest.FixtureRequest

    def expect_none(self, check: str) -> None:
        """Fail with what *check* found; skip where no page could read it."""
        known = self.request.config.stash.setdefault(visits_key, {})
        name = f"stream {self.label}"
        if name not in known:
            judged = Judged(self.session, self.label, self.request.node)
            judged.explored()  # what comes of it is this test's where no other has asked for it
            context = self.request.getfixturevalue("browser").new_context()
            try:
                known[name] = self.session.painted(self.label, context)
            finally:
                context.close()
            explored = self.request.node.stash.get(part_key, Part())
            self.request.node.stash[part_key] = explored.beside(known[name])
        found = [f for f in known[name].findings if f.check == check]
        expect_none(self.session, self.request.node, found)
        if known[name].skipped:
            pytest.skip(known[name].skipped[0].why)


@dataclass(frozen=True, slots=True)
class Visited:
    """One event that several visitors set off, or one visitor many times."""

    session: Session
    label: str
    item: pytest.Item

    def expect_none(self, check: str) -> None:
        """Fail with what *check* found of this event; skip where it could not be tested."""
        part = self.session.visited(check, self.label)
        self.item.stash[part_key] = part
        expect_none(self.session, self.item, part.findings)
        if part.skipped and not part.findings:
            pytest.skip(part.skipped[0].why)


@dataclass(frozen=True, slots=True)
class Timed:
    """One event to be measured."""

    session: Session
    label: str
    item: pytest.Item

    @property
    def root(self) -> str:
        """The event that sets it off; no more is called of what ended the app or held it."""
        contract = self.session.app.contract
        root = contract.root(contract.event(self.label)).label
        if root in self.session.carried.lost:
            pytest.skip("not measured: one of its calls ended the app's process or held it")
        return root

    def expect_none(self, check: str) -> None:
        """Fail with what *check* found its time to depend on; skip where that was not seen."""
        part = self.session.shaped(check, self.root, self.label)
        self.item.stash[part_key] = part
        expect_none(self.session, self.item, part.findings)
        if part.skipped and not (part.findings or part.sizes or part.crowds):
            pytest.skip(part.skipped[0].why)

    def expect_within_budget(self) -> None:
        """Measure the event; fail where it takes longer than the ini file allows."""
        session = self.session
        event = session.app.contract.event(self.label)
        row = session.timing.measured(self.root, self.label)
        if isinstance(row, Skipped):
            self.item.stash[part_key] = Part(skipped=(row,))
            pytest.skip(row.why)
        budgets = [one for text in session.options.budgets for one in parse_budgets(text)]
        findings = budget(row, budgets)
        self.item.stash[part_key] = Part(
            findings=tuple(findings),
            latency=(row,),
            skipped=unjudged(row, budgets),
            suites=(SuiteRow("latency", cases=row.count, queued_cases=row.count * event.queue),),
        )
        expect_none(session, self.item, findings)


@dataclass(frozen=True, slots=True)
class Identified:
    """The app as a whole, asked by several people."""

    session: Session
    item: pytest.Item

    def expect_none(self, check: str) -> None:
        """Fail with what *check* found."""
        part = self.session.identified(check)
        self.item.stash[part_key] = part
        expect_none(self.session, self.item, part.findings)
        if part.skipped and not part.findings:
            pytest.skip(part.skipped[0].why)


@dataclass(frozen=True, slots=True)
class Compared:
    """What the app is held against: *against* is "baseline" or "against", as the options are."""

    session: Session
    against: str
    item: pytest.Item

    def expect_unbroken(self) -> None:
        """Fail where what callers rely on is there no longer."""
        with in_words(self.session):
            part = self.session.regression.contract(self.against)
        self.item.stash[part_key] = part
        expect_none(self.session, self.item, part.findings)


@dataclass(frozen=True, slots=True)
class Answered:
    """One event that is asked what it was asked in an older app, once for all checks."""

    session: Session
    label: str
    item: pytest.Item

    def expect_none(self, check: str) -> None:
        """Fail with what *check* found; skip where nothing could be compared."""
        known = self.item.config.stash.setdefault(answers_key, {})
        if self.label not in known:
            self.session.looked_at(self.label)
            with in_words(self.session):
                known[self.label] = self.session.compared(self.label)
            self.item.stash[part_key] = known[self.label]
        part = known[self.label]
        expect_none(self.session, self.item, [f for f in part.findings if f.check == check])
        if part.skipped:
            pytest.skip(part.skipped[0].why)


@dataclass(frozen=True, slots=True)
class Paced:
    """One event that is timed beside an older app."""

    session: Session
    label: str
    item: pytest.Item

    def expect_none_slower(self) -> None:
        """Fail where it takes longer than it did; skip where that could not be measured."""
        self.session.looked_at(self.label)
        with in_words(self.session):
            part = self.session.compared(self.label, paced=True)
        self.item.stash[part_key] = part
        expect_none(self.session, self.item, part.findings)
        if part.skipped:
            pytest.skip(part.skipped[0].why)


@dataclass(frozen=True, slots=True)
class Published:
    """What is published about the app's Gradio, looked for once for all checks."""

    session: Session
    item: pytest.Item

    def expect_none(self, check: str) -> None:
        """Fail with what *check* found."""
        known = self.item.config.stash.setdefault(published_key, [])
        if not known:
            known.append(self.session.advised())
            self.item.stash[part_key] = known[0]
        found = [f for f in known[0].findings if f.check == check]
        expect_none(self.session, self.item, found)
        if any(row.what == check for row in known[0].skipped):
            pytest.skip(known[0].skipped[0].why)


@dataclass(frozen=True, slots=True)
class Open:
    """The routes of the app, asked for files that are not for visitors."""

    session: Session
    item: pytest.Item

    def expect_none(self) -> None:
        """Fail with what they gave."""
        part = self.session.exposed()
        self.item.stash[part_key] = part
        expect_none(self.session, self.item, part.findings)
        if part.skipped:
            pytest.skip(part.skipped[0].why)


@contextlib.contextmanager
def in_words(session: Session) -> Iterator[None]:
    """Fail with the message alone where what is compared with cannot be used; once."""
    try:
        yield
    except Unusable as error:
        pytest.skip(session.said(error))
    except HarnessError as error:
        raise pytest.fail.Exception(session.said(error), pytrace=False) from None


def unsought(seen: PageVisit) -> tuple[Skipped, ...]:
    """Say which components of the page were not looked for, and why."""
    names = ", ".join(component.label for component in seen.unsought)
    why = (
        f"not looked for in the page: {names}. A component is left out in a tab whose opening "
        "sets off an event, and on the page of an app that was running already where neither "
        "an elem_id nor a label that is its own tells it apart"
    )
    return (Skipped(f"page /{seen.page}", why),) if names else ()


def withheld(seen: PageVisit) -> tuple[Skipped, ...]:
    """Say which events the page would have set off by itself, had they not been left out."""
    names = ", ".join(event.label for event in seen.withheld)
    why = f"seen without what these events fill, which are left out: {names}"
    return (Skipped(f"page /{seen.page}", why),) if names else ()


def counted(exploration: Exploration, asked: frozenset[tuple[str, str]]) -> Part:
    """Return what was found, calls counted for the api suite; only checks that were *asked*.

    An exploration applies all checks, a selection (``-k``, an id, --lf) asks for some.
    """
    part, cases = exploration.part, exploration.cases
    label = exploration.event.label
    found = tuple(f for f in part.findings if (f.check, label) in asked)
    row = SuiteRow("api", cases=cases, queued_cases=exploration.queued)
    return replace(part, findings=found, suites=(row,))


def expect_none(session: Session, item: pytest.Item, findings: Iterable[Finding]) -> None:
    """Fail the test with the findings that count and are grave enough."""
    findings = [f for f in findings if not silenced(session.options, f.check, f.event)]
    hide = session.secrets.hide
    item.user_properties += [(name, hide(word)) for name, word in properties(findings)]
    told = [marked(session.options, f) for f in findings if fails(session.options, f)]
    if told:
        pytest.fail("\n\n".join(map(told_as, told)), pytrace=False)


def properties(findings: Iterable[Finding]) -> Iterator[tuple[str, str]]:
    """Yield what ``--junitxml`` has of each finding beside the text of the failure."""
    for number, finding in enumerate(findings, 1):
        end = "" if number == 1 else f"-{number}"
        words = {
            "check": finding.check,
            "severity": str(finding.severity),
            "id": finding.id,
            "event": finding.event,
            "location": finding.location,
        }
        yield from ((f"{name}{end}", visible(word)) for name, word in words.items() if word)


def told_as(finding: Finding) -> str:
    """Return a finding as it is read in a terminal: what, where, with what, the traceback."""
    lines = [f"{finding.title}"]
    if finding.event:
        lines.append(f"event:  {finding.event}")
    if finding.input:
        lines.append("input:  " + finding.input.replace("\n", "\n        "))
    if finding.location:
        lines.append(f"where:  {finding.location}")
    if finding.known is not None:
        reason = f": {finding.known.reason}" if finding.known.reason else ""
        lines.append(f"known:  until {finding.known.expires}, which is over{reason}")
    if finding.repeats is not None:
        lines.append(f"again:  {finding.repeats}")
    lines_to_paste = finding.reproduce
    if len(lines_to_paste) > LONGEST_SCRIPT:  # of files that no terminal takes
        lines_to_paste = f"pytest … --app-replay {finding.id}"
    for block in (finding.detail, finding.traceback, lines_to_paste):
        if block:
            lines += ["", block]
    return printed("\n".join(lines))
