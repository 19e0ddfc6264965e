"""The suites as pytest items: collected, selected, scheduled and judged."""

from __future__ import annotations

import contextlib
import importlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from . import journal as journals
from .browsers import find
from .checks.forged import NAME as FORGED
from .checks.forged import ROOT
from .checks.latency import budget, parse_budget, unjudged
from .checks.process import holds_everybody, process_exit
from .errors import HarnessError
from .exploration import Exploration, Stuck
from .finding import Finding
from .options import Options
from .page import PageVisit
from .record import ATTRIBUTE, PREFIX, Recorder
from .report.text import visible
from .run import Checked, Part, Skipped, SuiteRow
from .selection import fails, known_checks, marked, silenced, tested
from .session import Session

__all__ = [
    "Asked",
    "Judged",
    "SuiteModule",
    "Timed",
    "Visited",
    "VisitedPage",
    "attach_part",
    "collect_suites",
    "explain",
    "hand_over",
    "learn_lost",
    "note_asked",
    "parametrize",
    "scheduler",
    "take_ids",
    "take_over",
    "tidy",
    "turn",
]

SHOWN_OUTPUT = 4_000
LONGEST_SCRIPT = 6_000

#: Below the folder that xdist workers share: a line for each event that ended one of them.
LOST = "lost.jsonl"

session_key = pytest.StashKey[Session]()
part_key = pytest.StashKey[Part]()
ids_key = pytest.StashKey[list[str]]()
asked_key = pytest.StashKey[frozenset[tuple[str, str]]]()
visits_key = pytest.StashKey[dict[str, Part]]()


class SuiteModule(pytest.Module):
    """A built-in suite, with the same node id wherever the package is installed.

    Every public function that the module defines is a test; its name is the check's.
    """

    def _getobj(self) -> Any:
        pytest.register_assert_rewrite(f"gradio_harness.suites.{self.path.stem}")
        return importlib.import_module(f"gradio_harness.suites.{self.path.stem}")

    def istestfunction(self, obj: object, name: str) -> bool:
        """Whether *obj* is one of the suite's own functions."""
        own = getattr(obj, "__module__", "") == self.obj.__name__
        return own and callable(obj) and not isinstance(obj, type) and not name.startswith("_")

    def istestclass(self, obj: object, name: str) -> bool:
        """A suite has no classes."""
        return False


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
        try:
            exploration, new = self.session.explored(self.label)
        except Stuck as error:
            self.item.stash[part_key] = error.part
            self._give_up(error)
            return
        if new:
            asked = self.item.config.stash.get(asked_key, frozenset())
            self.item.stash[part_key] = counted(exploration, asked)
        findings = [f for f in exploration.part.findings if f.check == check]
        expect_none(self.session, findings)
        if exploration.untested:
            pytest.skip(exploration.untested)

    def _give_up(self, error: Stuck) -> None:
        """Leave this process: its app answers nobody, and the next events need one that does."""
        journal = self.session.journal
        if journal is None:
            pytest.exit(f"{error}; the rest could not be tested", returncode=1)
        import os

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
            return
        row = SuiteRow("api", cases=forging.cases, queued_cases=forging.queued)
        self.item.stash[part_key] = replace(forging.part, suites=(row,))
        expect_none(self.session, forging.part.findings)
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
        expect_none(self.session, [f for f in self._findings() if f.check == check])

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
        from .checks.page import CHECKS
        from .drivers.browser import visit

        session = self.session
        journal = session.journal
        if journal is not None:
            journal.call(f"page {self.path}", f"page {self.path}", "the page is opened", "")
        context = browser.new_context()
        try:
            contract = session.app.contract
            left_out = {event.index for event in contract.events} - session.plan.driven
            path = self.path.strip("/")
            seen = visit(context, session.app, contract, path, withheld=left_out)
        finally:
            context.close()
            if journal is not None:
                journal.answered()
        findings = [finding for check in CHECKS for finding in check(seen)]
        calls = len(seen.observations)
        queued = sum(observation.queued for observation in seen.observations)
        return Part(
            findings=tuple(findings),
            skipped=(*unsought(seen), *withheld(seen)),
            screenshots=(seen.screenshot,) if seen.screenshot else (),
            suites=(SuiteRow("ui", cases=calls, queued_cases=queued),),
        )


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
        expect_none(self.session, part.findings)
        if part.skipped and not part.findings:
            pytest.skip(part.skipped[0].why)


@dataclass(frozen=True, slots=True)
class Timed:
    """One event to be measured."""

    session: Session
    label: str
    item: pytest.Item

    def expect_within_budget(self) -> None:
        """Measure the event; fail where it takes longer than the ini file allows."""
        session = self.session
        contract = session.app.contract
        event = contract.event(self.label)
        root = contract.root(event).label
        if root in session.carried.lost:
            pytest.skip("not measured: one of its calls ended the app's process or held it")
        session.begin(f"latency of {self.label}", root)
        row = session.measured(self.label)
        session.end()
        if isinstance(row, Skipped):
            self.item.stash[part_key] = Part(skipped=(row,))
            pytest.skip(row.why)
        budgets = [parse_budget(text) for text in session.options.budgets]
        findings = budget(row, budgets)
        self.item.stash[part_key] = Part(
            findings=tuple(findings),
            latency=(row,),
            skipped=unjudged(row, budgets),
            suites=(SuiteRow("latency", cases=row.count, queued_cases=row.count * event.queue),),
        )
        expect_none(session, findings)


def counted(exploration: Exploration, asked: frozenset[tuple[str, str]]) -> Part:
    """Return what was found, calls counted for the api suite; only checks that were *asked*.

    An exploration applies all checks, a selection (``-k``, an id, --lf) asks for some.
    """
    part, cases = exploration.part, exploration.cases
    label = exploration.event.label
    found = tuple(f for f in part.findings if (f.check, label) in asked)
    row = SuiteRow("api", cases=cases, queued_cases=exploration.queued)
    return replace(part, findings=found, suites=(row,))


def note_asked(session: pytest.Session) -> None:
    """Note which checks of which events are left after every selection.

    Not by node id: pytest escapes what is not ASCII in a label.
    """
    checks = catalogue_by_item()
    asked = set()
    for item in session.items:
        suite, _, _ = item.nodeid.removeprefix(PREFIX).partition(".py")
        check = checks.get((suite, getattr(item, "originalname", "")))
        if check is not None and isinstance(item, pytest.Function):
            asked |= {(check.name, str(label)) for label in item.callspec.params.values()}
    session.config.stash[asked_key] = frozenset(asked)


def expect_none(session: Session, findings: Iterable[Finding]) -> None:
    """Fail the test with the findings that count and are grave enough."""
    told = [marked(session.options, f) for f in findings if fails(session.options, f)]
    if told:
        pytest.fail("\n\n".join(map(told_as, told)), pytrace=False)


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
    return visible("\n".join(lines))


# -- node ids --------------------------------------------------------------------------


def take_ids(config: pytest.Config) -> None:
    """Take ids of suite items out of the arguments: no file of that name is to be looked for."""
    ids = [own for a in config.args if (own := own_id(str(a)))]
    config.stash[ids_key] = ids
    if ids:
        config.args[:] = [a for a in config.args if not own_id(str(a))]


def own_id(argument: str) -> str:
    """Return *argument* as an id of a suite's test, "" if it is none.

    pytest prints ids relative to the folder it was called in: ``../gradio_harness/suites/…``.
    """
    path, colons, rest = argument.partition("::")
    before, found, after = path.replace("\\", "/").partition(PREFIX)
    return f"{PREFIX}{after}{colons}{rest}" if found and not before.strip("./") else ""


def wanted_suites(config: pytest.Config, options: Options) -> tuple[str, ...]:
    """Return the suites to collect: none beside named paths, unless they are asked for."""
    ids = config.stash.get(ids_key, [])
    if ids:
        names = {i[len(PREFIX) :].partition(".py")[0] for i in ids}
        return tuple(suite for suite in options.suites if suite in names)
    asked = config.getoption("--app-suites") or options.only
    paths_named = config.args_source == pytest.Config.ArgsSource.ARGS
    return options.suites if asked or not paths_named else ()


def collect_suites(session: pytest.Session, items: list[pytest.Item]) -> None:
    """Append the suites' items to the user's own; the app is launched for them.

    Raises pytest.UsageError (exit code 4) in words where target or browser cannot be used.
    """
    config = session.config
    harness = config.stash.get(session_key, None)
    if harness is None:
        return
    suites = wanted_suites(config, harness.options)
    if not suites:
        return
    try:
        if "ui" in suites and not config.getoption("browser_channel", None):
            find(harness.options.browser or None)
        known_checks(harness.options)
        ours = _items(session, suites)
    except HarnessError as error:
        raise pytest.UsageError(harness.said(error)) from None
    known = {item.nodeid for item in ours}
    ids = config.stash.get(ids_key, [])
    for wanted in ids:
        if not any(_selects(wanted, nodeid) for nodeid in known):
            raise pytest.UsageError(f"no test {wanted!r} for {harness.target}")
    if ids:
        ours = [item for item in ours if any(_selects(w, item.nodeid) for w in ids)]
    items += ours


def _selects(wanted: str, nodeid: str) -> bool:
    return nodeid == wanted or nodeid.startswith((f"{wanted}::", f"{wanted}["))


def _items(session: pytest.Session, suites: Sequence[str]) -> list[pytest.Item]:
    harness = session.config.stash[session_key]
    checks = catalogue_by_item()
    package = importlib.import_module("gradio_harness.suites")
    folder = Path(str(package.__file__)).parent
    items: list[pytest.Item] = []
    for suite in suites:
        if not ABOUT[suite](harness):
            continue
        module = SuiteModule.from_parent(
            session, path=folder / f"{suite}.py", nodeid=f"{PREFIX}{suite}.py"
        )
        found = [item for item in module.collect() if isinstance(item, pytest.Item)]
        found = [item for item in found if _tested(harness, checks, item)]
        for item in found:
            # The app's and Gradio's own warnings are not the suites'; under -W error they
            # would fail calls that no visitor would see fail.
            item.add_marker(pytest.mark.filterwarnings("ignore"))
        # Whoever counts or caches what is collected learns of it as of any other module.
        report = pytest.CollectReport(module.nodeid, "passed", None, list(found))
        session.config.hook.pytest_collectreport(report=report)
        items += found
    # Whatever a forged request leaves behind, nothing that is judged comes after it.
    return sorted(items, key=_last)


def _last(item: pytest.Item) -> bool:
    return getattr(item, "originalname", "") == FORGED.partition(".")[2].replace("-", "_")


def _tested(harness: Session, checks: Any, item: pytest.Item) -> bool:
    suite = item.nodeid[len(PREFIX) :].partition(".py")[0]
    check = checks.get((suite, getattr(item, "originalname", item.name)))
    return check is None or tested(harness.options, check)


def catalogue_by_item() -> dict[tuple[str, str], Any]:
    """Return every check by suite and item name."""
    from .catalogue import CHECKS

    return {(check.suite, check.item): check for check in CHECKS}


def parametrize(metafunc: pytest.Metafunc) -> None:
    """Give each of a suite's functions the events, streams or pages it is about."""
    harness = metafunc.config.stash.get(session_key, None)
    if harness is None or not metafunc.module.__name__.startswith("gradio_harness.suites."):
        return
    for fixture, labels in (
        ("exploration", _roots),
        ("forging", _asked),
        ("stream", _streams),
        ("visited", _roots),
        ("page_visit", _pages),
        ("timed", _timed),
    ):
        if fixture in metafunc.fixturenames:
            names = labels(harness)
            metafunc.parametrize(fixture, names, ids=names, indirect=True)


def _roots(harness: Session) -> list[str]:
    return [event.label for event in harness.plan.roots]


def _asked(harness: Session) -> list[str]:
    contract = harness.app.contract
    return [
        event.label
        for event in harness.plan.roots
        if any(member.backend and member.inputs for member in contract.chain(event))
    ]


def _timed(harness: Session) -> list[str]:
    plan, contract = harness.plan, harness.app.contract
    return [
        member.label
        for root in plan.roots
        for member in contract.chain(root)
        if member.backend and member.index in plan.driven
    ]


def _streams(harness: Session) -> list[str]:
    contract = harness.app.contract
    return [
        event.label
        for event in harness.plan.roots
        if any(member.generator for member in contract.chain(event))
    ]


def _pages(harness: Session) -> list[str]:
    return [f"/{page}" for page in harness.app.contract.pages]


#: What each suite's tests are about; one that is about nothing has no tests.
ABOUT = {
    "api": _roots,
    "streaming": _streams,
    "sessions": _roots,
    "ui": _pages,
    "latency": _timed,
}
#: Suites that one worker runs from end to end, and those for which all others wait.
WHOLE = ("sessions", "ui", "latency")
ALONE = ("sessions", "latency")


# -- reports -----------------------------------------------------------------------------


def attach_part(item: pytest.Item, report: Any) -> None:
    """Let what the item found travel with its report, as text: execnet moves plain data."""
    if report.when != "call":
        return
    checked = tuple(_checked(item)) if report.passed else ()
    if part_key in item.stash or checked:
        part = item.stash.get(part_key, Part())
        part = replace(part, checked=checked)
        part = item.config.stash[session_key].secrets.part(part)
        setattr(report, ATTRIBUTE, json.dumps(part.as_dict()))
        item.stash[part_key] = Part()


def _checked(item: pytest.Item) -> Iterator[Checked]:
    """Yield the check that a test is, and its event.

    Nothing where the user silences it: that its test passes does not say that it is mended.
    """
    options = item.config.stash[session_key].options
    if item.nodeid.startswith(PREFIX) and isinstance(item, pytest.Function):
        suite = item.nodeid[len(PREFIX) :].partition(".py")[0]
        check = catalogue_by_item().get((suite, item.originalname))
        if check is not None and hasattr(item, "callspec"):
            for event in map(str, item.callspec.params.values()):
                if not silenced(options, check.name, event):
                    yield Checked(check.name, event)


def tidy(item: pytest.Item, report: Any) -> None:
    """Say what failed without "Failed:", and keep little of what the app printed (-vv: all).

    What must not be shown is in none of it.
    """
    if not item.nodeid.startswith(PREFIX):
        return
    hide = item.config.stash[session_key].secrets.hide
    crash = getattr(report.longrepr, "reprcrash", None)
    if crash is not None:
        crash.message = hide(crash.message.removeprefix("Failed: "))
    for trace, *_ in getattr(report.longrepr, "chain", ()):
        for entry in trace.reprentries:
            entry.lines = [hide(line) for line in entry.lines]
    if isinstance(report.longrepr, tuple):  # of a test that was skipped
        report.longrepr = (*report.longrepr[:2], hide(report.longrepr[2]))
    report.sections = [(name, hide(text)) for name, text in report.sections]
    if item.config.get_verbosity() > 1:
        return
    # Gradio prints the traceback of every failed call; the finding has the one that counts.
    report.sections = [
        (name, text[-SHOWN_OUTPUT:]) for name, text in report.sections if "stderr" not in name
    ]


@contextlib.contextmanager
def turn(item: pytest.Item) -> Iterator[None]:
    """Let timed work run alone: under xdist, other suites wait for it, and it for them."""
    folder = getattr(item.config, "workerinput", {}).get("gradio_harness_folder")
    if folder is None or not item.nodeid.startswith(PREFIX):
        yield
        return
    import fcntl

    alone = item.nodeid.startswith(tuple(f"{PREFIX}{suite}.py" for suite in ALONE))
    with open(Path(folder) / "turn.lock", "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        yield


# -- under xdist ---------------------------------------------------------------------------


def scheduler(config: pytest.Config, log: Any, options: Options, recorder: Recorder) -> Any:
    """Return a scheduler that keeps an event on one worker; None where the user chose one."""
    if config.getoption("dist") != "load" or not options.suites:
        return None
    from xdist.scheduler import LoadScopeScheduling

    class ByEvent(LoadScopeScheduling):  # type: ignore[misc]
        """Tests of one event share an exploration; the user's own go wherever there is room."""

        def _split_scope(self, nodeid: str) -> str:
            if not nodeid.startswith(PREFIX):
                return nodeid
            suite = nodeid[len(PREFIX) :].partition(".py")[0]
            if nodeid.startswith(f"{PREFIX}api.py::out_of_contract"):
                return nodeid  # a unit of its own, after all others
            return suite if suite in WHOLE else nodeid.partition("[")[2] or nodeid

        def remove_node(self, node: Any) -> str | None:
            """As xdist's, but the test that ended the worker is not run once more."""
            units = list(self.assigned_work.pop(node).values())
            waiting = [(unit, test) for unit in units for test, done in unit.items() if not done]
            if not waiting:
                return None
            unit, crashed = waiting[0]
            unit[crashed] = True
            note_lost(recorder, crashed, node.gateway.id)
            for unit in units:
                left = {test: done for test, done in unit.items() if not done}
                if left:
                    self.workqueue[self._split_scope(next(iter(left)))] = left
            for other in self.assigned_work:
                self._reschedule(other)
            return str(crashed)

    return ByEvent(config, log)


def hand_over(config: Any, harness: Session | None, options: Options) -> None:
    """Let the controller know what this worker knows of the whole."""
    if harness is not None and harness.started and options.suites:
        known = {"meta": harness.meta(), "base": harness.base().as_dict()}
        config.workeroutput["gradio_harness"] = json.dumps(known)


def take_over(node: Any, recorder: Recorder) -> None:
    """Take in what a worker handed over; any of them will do, they all know the same."""
    text = getattr(node, "workeroutput", {}).get("gradio_harness")
    if text and not recorder.run.title:
        known = json.loads(text)
        recorder.about(known["meta"])
        recorder.add(Part.from_dict(known["base"]))


def note_lost(recorder: Recorder, crashed: str, worker: str) -> None:
    """Record what ended *worker* in *crashed*, and let the other workers know of it."""
    if not crashed.startswith(PREFIX):
        return
    event = crashed.partition("[")[2].removesuffix("]")
    folder = Path(recorder.folder)
    account = journals.read(folder / f"{worker}.jsonl")
    call = account.call or {"root": event, "event": event}
    judge = holds_everybody if account.stuck else process_exit
    found = account.lost or tuple(judge(call, account.stuck or "the worker died"))
    recorder.add(Part(findings=found))
    line = {"root": call["root"], "findings": [finding.as_dict() for finding in found]}
    with (folder / LOST).open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def explain(crashed: str, report: Any, recorder: Recorder) -> None:
    """Let the report of a test that ended its worker say which call did."""
    path = Path(recorder.folder) / LOST
    if not crashed.startswith(PREFIX) or not path.is_file():
        return
    *_, last = path.read_text("utf-8").splitlines()
    found = [Finding.from_dict(item) for item in json.loads(last)["findings"]]
    report.longrepr = "\n\n".join(map(told_as, found))
    report.location = (report.location[0], None, crashed.rpartition("::")[2])
    if not any(fails(recorder.options, finding) for finding in found):
        report.outcome = "skipped"
        report.longrepr = (crashed, None, f"Skipped: {found[0].title}, which is silenced")


def learn_lost(config: pytest.Config, session: Session | None) -> None:
    """Take over what ended other workers: this one is not to try it again."""
    folder = getattr(config, "workerinput", {}).get("gradio_harness_folder")
    path = Path(folder) / LOST if folder else None
    if session is None or path is None or not path.is_file():
        return
    for line in path.read_text("utf-8").splitlines():
        known = json.loads(line)
        found = tuple(map(Finding.from_dict, known["findings"]))
        session.carried.lost.setdefault(known["root"], found)
