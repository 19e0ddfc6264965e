"""One pytest session about an app: supervised, configured, recorded, reported."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
import tempfile
from collections import deque
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

import pytest

from . import collect, outcomes, workers
from .errors import HarnessError, OptionError, choices
from .finding import Finding, Severity
from .foreword import base, headline, meta
from .journal import Journal
from .news import News, Ticker, brief
from .options import Options, random_seed, read
from .record import PREFIX, Recorder, command_line
from .redact import known
from .replays import replay
from .report import why_not_writable
from .report.text import printed, script
from .run import Run
from .selection import fails
from .session import Session
from .subjects import session_key
from .supervise import Carried, Supervisor, possible
from .target import parse

__all__ = ["Hooks", "configure", "supervised"]

status_key = pytest.StashKey[int]()
supervisor_key = pytest.StashKey[Supervisor]()

#: Where the app's temporary folder goes, so that the parent can remove it after a crash.
FOLDER = "GRADIO_HARNESS_FOLDER"


def supervised(config: pytest.Config) -> int | None:
    """Run the session in a child and return its exit code; None to go on in this process.

    Under xdist the workers are processes already, and xdist replaces those that die.
    """
    if supervisor_key in config.stash or not possible() or _distributed(config):
        return None
    if config.getoption("help") or config.getoption("version", 0):
        return None
    if config.getoption("--app-replay"):
        return _replayed(config)
    folder = Path(tempfile.mkdtemp(prefix="gradio-harness-"))
    supervisor = Supervisor(folder, say=_say)
    config.stash[supervisor_key] = supervisor
    os.environ[FOLDER] = str(folder)

    if config.option.app_seed is None:
        config.option.app_seed = random_seed()  # the same in every child
        config.option.app_seed_drawn = True

    def session(carried: Carried) -> int:
        config.option.no_header = config.option.no_header or carried.starts > 1
        try:
            return int(config.hook.pytest_cmdline_main(config=config))
        except pytest.UsageError as error:  # as pytest.main does, which is in the parent
            for message in error.args:
                print(f"ERROR: {message}\n", file=sys.stderr, flush=True)
            return int(pytest.ExitCode.USAGE_ERROR)
        except Exception as error:
            if not _only_warnings(error) or status_key not in config.stash:
                raise
            # Under -W error: sockets that Gradio left open, found by pytest at the very end.
            return config.stash[status_key]

    try:
        code = supervisor.run(session)
        if code is None or (code == 2 and supervisor.account.done is None):
            code = _ended_early(config, supervisor, interrupted=code == 2)
        elif supervisor.carried.died or supervisor.carried.failed or _lost(config, supervisor):
            code = code or 1
        return code
    finally:
        _forget_output(config)
        os.environ.pop(FOLDER, None)
        supervisor.journal.close()
        shutil.rmtree(folder, ignore_errors=True)


def _lost(config: pytest.Config, supervisor: Supervisor) -> bool:
    """Whether a call that ended or held a process is a finding that fails the run."""
    lost = [finding for found in supervisor.carried.lost.values() for finding in found]
    options = read(config) if lost else None
    return options is not None and any(fails(options, finding) for finding in lost)


def _only_warnings(error: Exception) -> bool:
    group = error if isinstance(error, ExceptionGroup) else ExceptionGroup("", [error])
    return group.split(Warning)[1] is None


def _replayed(config: pytest.Config) -> int:
    """Run the reproduction of one finding of the last report; 1 if it shows it again.

    Raises pytest.UsageError where there is no such report or finding.
    """
    wanted = config.getoption("--app-replay")
    try:
        options = read(config)
    except HarnessError as error:
        raise pytest.UsageError(str(error)) from None
    assert options is not None
    path = options.report / "results.json"
    if not path.is_file():
        raise pytest.UsageError(
            f"--app-replay: there is no report at {path}; name it: --app-report"
        )
    try:
        finding = _found(Run.from_dict(json.loads(path.read_text("utf-8"))).findings, wanted)
        print(printed(f"{finding.title}\n\n{script(finding.reproduce, 6_000)}\n"), flush=True)
        seen = replay(
            finding,
            options.target,
            folder=options.folder,
            logins="\n".join(f"{user}:{password}" for user, password in options.auth),
            verbose=config.get_verbosity() > 0,
        )
    except HarnessError as error:
        raise pytest.UsageError(printed(f"--app-replay: {error}")) from None
    except KeyboardInterrupt:
        return int(pytest.ExitCode.INTERRUPTED)
    target = parse(options.target, options.folder)
    hide = known(options.target, options.auth, source=target.path).hide
    print(printed(hide(seen) or "Not seen any more."), flush=True)
    return int(bool(seen))


def _found(findings: Sequence[Finding], wanted: str) -> Finding:
    """Return the finding of this id, or the only one whose id begins so."""
    for fits in (str.__eq__, str.startswith):
        found = [finding for finding in findings if fits(finding.id, wanted)]
        if wanted and len(found) == 1:
            return found[0]
    if found and wanted:
        names = ", ".join(finding.id for finding in found)
        raise OptionError(f"several findings begin with {wanted!r}: {names}.")
    known_ids = [finding.id for finding in findings]
    if not known_ids:
        raise OptionError(f"no finding {wanted!r}: the last report has none.")
    raise OptionError(f"no finding {wanted!r}. {choices(wanted, known_ids)}")


def _distributed(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput") or bool(config.getoption("numprocesses", None))


def _say(words: str) -> None:
    print(f"\ngradio-harness: {printed(words)}", flush=True)


def _forget_output(config: pytest.Config) -> None:
    """Drop what a dead child had printed: pytest would print it at the end as its own."""
    capture = config.pluginmanager.getplugin("capturemanager")
    if capture is not None:
        with contextlib.suppress(Exception):  # closed by now: then there is nothing to drop
            capture.read_global_capture()


def _ended_early(config: pytest.Config, supervisor: Supervisor, *, interrupted: bool) -> int:
    """Write the report of a session whose last process could not do so; return the exit code.

    The app ended it before a test ran (4) or again and again (1), or it did not end by itself
    after Ctrl-C (2).
    """
    options = read(config)
    assert options is not None
    how = supervisor.how
    recorder = _recorder(config, options, None)
    for part in (*supervisor.carried.parts, *supervisor.account.parts):
        recorder.keep(part)
    if interrupted:
        words = "interrupted; the app did not let go, and its process was ended"
        code = 2
    elif supervisor.carried.starts > 1:
        words = f"the app ended its process again and again ({how}); the rest was not tested"
        code = 1
    else:
        words = (
            f"{options.target} ended the process ({how}) while it was starting, before it "
            "launched an app. Look for os._exit or a crash in native code at import."
        )
        code = 4
    path = recorder.write(ended=words)
    words = printed(recorder.run.ended)
    print(f"\nERROR: {words}\nreport: {path}\n", flush=True)
    return code


def configure(config: pytest.Config) -> None:
    """Make the session's state and register its hooks and fixtures.

    Raises pytest.UsageError (exit code 4) in words for an option that cannot be used.
    """
    from . import fixtures, pages

    supervisor = config.stash.get(supervisor_key, None)
    try:
        options = read(config)
        assert options is not None
        _need_report(config, options)
        harness = None
        if not _controls_workers(config):
            harness = Session(
                options,
                journal=_journal(config, supervisor),
                carried=supervisor.carried if supervisor else None,
                watchdog=_watchdog(config, supervisor),
                drained=lambda: _forget_output(config),
                strategies=config.hook.pytest_gradio_strategies,
            )
    except HarnessError as error:
        target = str(config.getoption("--app") or config.getini("app"))
        raise pytest.UsageError(printed(known(target).hide(str(error)))) from None
    if harness is not None:
        config.stash[session_key] = harness
    recorder = None
    if not hasattr(config, "workerinput"):
        recorder = _recorder(config, options, supervisor.journal if supervisor else None)
        if _controls_workers(config):
            recorder.folder = tempfile.mkdtemp(prefix="gradio-harness-")
        for part in supervisor.carried.parts if supervisor else ():
            recorder.keep(part)
        if supervisor and supervisor.carried.meta:
            recorder.about(supervisor.carried.meta)
    if options.only:
        config.args[:] = [a for a in config.args if collect.own_id(str(a))]
    collect.take_ids(config)
    register = config.pluginmanager.register
    register(Hooks(options, harness, recorder, supervisor), "gradio_harness_hooks")
    register(fixtures, "gradio_harness_fixtures")
    if config.pluginmanager.hasplugin("playwright"):
        register(pages, "gradio_harness_pages")


def _need_report(config: pytest.Config, options: Options) -> None:
    """Raise OptionError where the report could not be written at the end."""
    if not options.suites or config.getoption("collectonly") or hasattr(config, "workerinput"):
        return
    if why := why_not_writable(options.report):
        raise OptionError(
            f"--app-report {options.report}: no report can be written there ({why}). "
            "Name a folder that can be made: --app-report DIR"
        )


def _recorder(config: pytest.Config, options: Options, journal: Journal | None) -> Recorder:
    return Recorder(options, command_line(config.invocation_params.args), journal)


def _controls_workers(config: pytest.Config) -> bool:
    return bool(config.getoption("numprocesses", None)) and not hasattr(config, "workerinput")


def _journal(config: Any, supervisor: Supervisor | None) -> Journal | None:
    if supervisor is not None:
        return supervisor.journal
    folder = getattr(config, "workerinput", {}).get("gradio_harness_folder")
    if folder:
        os.environ[FOLDER] = folder  # of the controller, which removes it where a worker dies
    return Journal(Path(folder) / f"{config.workerinput['workerid']}.jsonl") if folder else None


def _watchdog(config: pytest.Config, supervisor: Supervisor | None) -> Path | None:
    """Return where a held interpreter is noted; None where pytest uses the same timer."""
    if float(config.getini("faulthandler_timeout") or 0):
        return None
    if supervisor is not None:
        return supervisor.watchdog
    return Path(os.devnull) if hasattr(config, "workerinput") else None


def _stopped(session: pytest.Session) -> str:
    """Return why pytest ended before its last test, "" if it did not."""
    if session.shouldfail:
        number = session.config.getoption("maxfail")
        return f"stopped after {'the first failure' if number == 1 else f'{number} failures'}"
    return str(session.shouldstop or "")


class Hooks:
    """The hooks of a session about an app."""

    def __init__(
        self,
        options: Options,
        harness: Session | None,
        recorder: Recorder | None,
        supervisor: Supervisor | None,
    ) -> None:
        self.options, self.harness = options, harness
        self.recorder, self.supervisor = recorder, supervisor
        self.ended = self.unusable = ""
        self.begun = 0
        self.news = News()
        self.terminal: Any = None
        self.ticker: Ticker | None = None
        if recorder is not None:  # what a process before this one has told
            deque(self.news.of(recorder.found), maxlen=0)
            recorder.found = ()

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(
        self, session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        """Append the suites' tests; leave out what ran in a process that died."""
        if self.options.suites:
            try:
                collect.collect_suites(session, items)
            except pytest.UsageError as error:
                self.ended = str(error)
                folder = getattr(config, "workerinput", {}).get("gradio_harness_folder")
                if folder is None:
                    raise
                # xdist would show a worker's error as its own: the controller says it.
                (Path(folder) / "unusable.txt").write_text(str(error), encoding="utf-8")
        if self.supervisor is not None and self.supervisor.carried.ended:
            items[:] = [i for i in items if i.nodeid not in self.supervisor.carried.ended]

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Give the suites' functions their events and pages."""
        collect.parametrize(metafunc)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Hand on what is known before the first test."""
        collect.note_asked(session)
        harness, recorder = self.harness, self.recorder
        if harness is None or not harness.started or not self.options.suites or self.ended:
            return  # pytest comes here even after a target that cannot be used
        if recorder is not None:
            recorder.about(meta(harness))
            recorder.add(base(harness))

    def pytest_report_collectionfinish(self) -> str | None:
        """Say what is tested."""
        harness = self.harness
        usable = harness and harness.started and self.options.suites and not self.ended
        return headline(harness) if harness and usable else None

    @pytest.hookimpl(trylast=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Know where findings are printed."""
        self.terminal = session.config.pluginmanager.getplugin("terminalreporter")
        if self.harness is not None and self.terminal is not None and self.recorder is not None:
            self.ticker = Ticker.where_possible() if self.terminal.verbosity > -1 else None
            self.harness.looked_at = self._tick

    def _tick(self, root: str) -> None:
        if self.ticker is not None:
            line = self.terminal._tw
            self.ticker.call(root, line.fullwidth - line.width_of_current_line)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Note which test begins."""
        self.begun += 1
        if self.supervisor is not None:
            self.supervisor.journal.write("item", id=nodeid)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, Any, Any]:
        """Let what a test found travel on its report."""
        if self.ticker is not None:
            self.ticker.clear()
        report = yield
        outcomes.attach_part(item, report)
        outcomes.tidy(item, report)
        return report

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Record what a test found."""
        if self.recorder is not None:
            self.recorder.take(report)
            self._tell(report)

    def _tell(self, report: pytest.TestReport) -> None:
        """Print what is new, where pytest prints at all."""
        assert self.recorder is not None
        new = list(self.news.of(self.recorder.found))
        self.recorder.found = ()
        if not new or self.terminal is None or self.terminal.verbosity < -1:
            return
        self.terminal.ensure_newline()
        for finding in new:
            red = finding.severity is Severity.ERROR
            for line in brief(finding, self.terminal._tw.fullwidth - 1):
                self.terminal.write_line(line, red=red, yellow=not red)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, Any]:
        """Run timed work alone, whatever the other workers do."""
        with workers.turn(item):
            workers.learn_lost(item.config, self.harness)
            return (yield)

    @pytest.hookimpl(tryfirst=True)
    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Note that the run is cut short."""
        self.ended = "interrupted" if excinfo.type is KeyboardInterrupt else str(excinfo.value)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Write the report, and end the app."""
        try:
            self._finish(session, int(exitstatus))
        finally:
            session.config.stash[status_key] = int(session.exitstatus)
            if self.ticker is not None:
                self.ticker.close()
            if self.harness is not None:
                self.harness.close()

    def _finish(self, session: pytest.Session, exitstatus: int) -> None:
        harness, config = self.harness, session.config
        if hasattr(config, "workerinput"):
            workers.hand_over(config, harness, self.options)
            return
        assert self.recorder is not None
        told = Path(self.recorder.folder) / "unusable.txt"
        if self.recorder.folder and told.is_file():
            self.ended = self.unusable = told.read_text(encoding="utf-8")
            session.exitstatus = exitstatus = 4
        if self._reports(config):
            if self.begun < len(session.items) and not self.ended:
                self.ended = _stopped(session)
            if exitstatus in (3, 4) and not self.ended:
                self.ended = "pytest itself failed; see its output"
            if self._selected(session):
                self.recorder.write(ended=self.ended)
            if exitstatus == 4 and not self.unusable:
                self.recorder.path = None  # pytest says what is wrong, and nothing else

    def pytest_unconfigure(self) -> None:
        """Leave no folder behind."""
        if self.recorder is not None and self.recorder.folder:
            shutil.rmtree(self.recorder.folder, ignore_errors=True)

    def _selected(self, session: pytest.Session) -> bool:
        """Whether the run is about the suites: one of the user's tests only leaves no report."""
        assert self.recorder is not None
        ours = any(item.nodeid.startswith(PREFIX) for item in session.items)
        return bool(ours or self.ended or self.recorder.run.suites)

    def _reports(self, config: pytest.Config) -> bool:
        return bool(self.options.suites) and not config.getoption("collectonly")

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Say what came of it and where the report is."""
        if self.recorder is None or self.recorder.path is None:
            return
        terminalreporter.section("gradio-harness", "-")
        if self.unusable:
            terminalreporter.write_line(f"ERROR: {self.unusable}", red=True)
        for line in (*self.recorder.last_lines(), *self.recorder.annotations()):
            terminalreporter.write_line(line)

    # -- under xdist: absent without it, so pytest must not insist on them ----------------

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Give every worker the same seed, and a folder for its journal."""
        node.workerinput["gradio_harness_seed"] = self.options.seed
        if self.recorder is not None:
            node.workerinput["gradio_harness_folder"] = self.recorder.folder

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: Any) -> None:
        """Take in what a worker knows of the whole."""
        if self.recorder is not None:
            workers.take_over(node, self.recorder)

    @pytest.hookimpl(optionalhook=True)
    def pytest_handlecrashitem(self, crashitem: str, report: Any, sched: Any) -> None:
        """Say what ended a worker as any other finding is said."""
        if self.recorder is not None:
            workers.explain(crashitem, report, self.recorder)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> Any:
        """Keep all tests of one event on one worker."""
        if self.recorder is None:
            return None
        return workers.scheduler(config, log, self.options, self.recorder)
