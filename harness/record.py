"""From test reports to a `Run`, and from a `Run` to the three files and the last lines."""

from __future__ import annotations

import datetime as dt
import json
import os
import shlex
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from .annotations import commands, roots, wanted
from .baseline import Baseline
from .finding import Finding, Severity
from .history import keep
from .journal import Journal
from .news import whole
from .options import Options
from .redact import known
from .report import write
from .report.text import counted, printed
from .rows import CoverageRow, SuiteRow
from .run import Part, Run
from .selection import marked, silenced
from .target import parse

__all__ = ["ATTRIBUTE", "PREFIX", "Recorder", "command_line"]

#: What the suites' node ids begin with, whatever machine they run on.
PREFIX = "gradio_harness/suites/"

#: The attribute of a test report that carries a `Part`, as JSON: execnet moves text only.
ATTRIBUTE = "gradio_harness_part"


class Recorder:
    """Gathers one session; lives in the process that owns the terminal.

    *folder* is where xdist workers keep their journals, "" without workers.
    """

    def __init__(self, options: Options, command: str, journal: Journal | None = None) -> None:
        self.options = options
        self.journal = journal
        self.secrets = known(options.target, options.auth, against=options.against)
        self.run = Run(
            target=self.secrets.hide(options.target),
            seed=options.seed,
            profile=options.profile,
            command=self.secrets.hide(command),
            started=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
            fail_on=Severity(options.fail_on),
        )
        self.path: Path | None = None
        self.folder = ""
        #: Why the run is not in the history, "" if it is or was not to be.
        self.unkept = ""
        #: The baseline as it was written anew, where it was.
        self.written: Baseline | None = None
        #: What came since somebody looked last.
        self.found: tuple[Finding, ...] = ()
        self._begun = time.monotonic()

    def about(self, meta: dict[str, Any]) -> None:
        """Take in title and versions."""
        self.run.title = meta.get("title", self.run.title)
        self.run.versions.update(meta.get("versions", {}))
        if self.journal is not None:
            self.journal.write("meta", **meta)

    def add(self, part: Part) -> None:
        """Take in what an item or a worker found."""
        self.keep(part)
        if self.journal is not None:
            self.journal.write("part", part=part.as_dict())

    def keep(self, part: Part) -> None:
        """Take in what the journal has already; what is silenced is left out."""
        options = self.options
        kept = tuple(
            marked(options, f) for f in part.findings if not silenced(options, f.check, f.event)
        )
        self.run.add(Part(**{**_fields(part), "findings": kept}))
        self.found += kept

    def take(self, report: Any) -> None:
        """Take in what travels on a pytest report, and count its suite."""
        if report.when == "call" or (report.when == "setup" and not report.passed):
            self._count(report)
        carried = getattr(report, ATTRIBUTE, None)
        if carried:
            self.add(Part.from_dict(json.loads(carried)))
        if self.journal is not None and report.when == "teardown":
            self.journal.write("ended", id=report.nodeid, failed=False)
        elif self.journal is not None and report.failed:
            self.journal.write("ended", id=report.nodeid, failed=True)

    def _count(self, report: Any) -> None:
        if not report.nodeid.startswith(PREFIX):
            return
        name = report.nodeid[len(PREFIX) :].partition(".py")[0]
        row = SuiteRow(
            name,
            tests=1,
            passed=int(report.passed),
            failed=int(report.failed),
            skipped=int(report.skipped),
            seconds=report.duration,
        )
        self.add(Part(suites=(row,)))

    def write(self, *, ended: str = "") -> Path:
        """Write the three files; *ended* says how a run ended that did not come to its end."""
        self.run.seconds = time.monotonic() - self._begun
        self.run.complete = not ended
        self.run.ended = self.secrets.hide(ended)
        self._hold()
        self._keep()
        self.path = write(self.run, self.options.report, home=self.options.folder)
        return self.path

    def _hold(self) -> None:
        """Hold the run against the baseline, and write that anew if asked to."""
        options, run = self.options, self.run
        if options.known is None:
            return
        mended = options.known.mended(run.findings, run.checked)
        run.mended = [entry.as_dict() for entry in mended]
        if not options.update_baseline or options.baseline is None or not run.complete:
            return
        rank = run.fail_on.rank
        told = [f for f in run.findings if f.known is not None or f.severity.rank <= rank]
        # What has changed is no longer a change of what is written now.
        told = [f for f in told if f.known is not None or f.suite != "regression"]
        self.written = options.known.updated(told, mended).renewed(run)
        self.written.write(options.baseline)

    def _keep(self) -> None:
        """Add the run to the last ones."""
        if self.options.history is not None:
            try:
                keep(self.run, self.options.history)
            except OSError as error:
                self.unkept = f"{self.options.history}: {error.strerror}"

    def _of_history(self) -> Iterator[str]:
        """Yield what is other than in the runs before this one."""
        if self.unkept:
            yield f"history: this run could not be kept ({self.unkept})"
        last = self.run.history[-1:]
        if not last or last[0].started != self.run.started:
            return
        if new := len(last[0].new):
            yield f"since the last run: {counted(new, 'new finding')}"
        for gone in last[0].mended:
            at = f" [{gone['event']}]" if gone["event"] else ""
            yield printed(
                f"  since the last run, not found any more: {gone['check']}{at} {gone['title']}"
            )

    def annotations(self) -> Iterator[str]:
        """Yield the findings for GitHub Actions, where it reads them."""
        if wanted():
            options = self.options
            repository = Path(os.environ.get("GITHUB_WORKSPACE") or options.folder)
            target = parse(options.target, options.folder)
            folders = roots(target, options.folder, options.app_folder)
            yield from commands(self.run, repository, folders)

    def _of_baseline(self) -> Iterator[str]:
        """Yield what a user has to know of the baseline, and to do about it."""
        options, run = self.options, self.run
        if options.baseline is None:
            return
        name = _near(options.baseline, options.folder)
        for finding in run.findings:
            if finding.known is not None and finding.known.over:
                yield f"  known until {finding.known.expires}, which is over: {_named(finding)}"
        if options.update_baseline:
            if self.written is None:
                yield f"baseline: {name} is left as it was; the run did not come to its end"
                return
            number = len(self.written.entries)
            yield f"baseline: {number} finding{'s' * (number != 1)} in {name}"
            bare = sum(not entry.reason for entry in self.written.entries)
            if bare:
                yield f"  {bare} without a reason: write into the file why it may stay"
            return
        for entry in run.mended:
            at = f" [{entry['event']}]" if entry["event"] else ""
            yield printed(f"  not found any more: {entry['check']}{at} {entry['title']}")
        if run.mended:
            yield f"  if mended, take it out of {name}: --app-update-baseline does"
        bare = sum(not f.known.reason for f in run.findings if f.known is not None)
        if bare:
            yield f"  {bare} known without a reason: write into {name} why it may stay"

    def last_lines(self) -> Iterator[str]:
        """Yield what a user reads at the end: verdict, what no test has told, the report."""
        run = self.run
        yield printed(run.verdict)
        failing = {f.id for f in run.failing}
        ran = {suite.name for suite in run.suites if suite.tests}
        for finding in run.findings:
            cut = run.ended.startswith("interrupted")  # its test may not have come to its end
            if finding.known is not None and not finding.known.over:
                continue
            if cut or finding.id not in failing or finding.suite not in ran:
                yield from whole(finding)
        if run.coverage:
            yield printed(_reached(run.coverage))
        yield from self._of_baseline()
        yield from self._of_history()
        if run.skipped:
            yield f"not tested: {len(run.skipped)} (see the report)"
        if self.path is not None:
            yield f"report: {_near(self.path, self.options.folder)}"


def _reached(rows: Sequence[CoverageRow]) -> str:
    """Return how much of the app's code has run, in one line."""
    reached, lines = sum(row.reached for row in rows), sum(row.lines for row in rows)
    missing = list(dict.fromkeys(line for row in rows for line in row.missing))
    never = f"; never {', '.join(missing[:5])}{' …' if missing[5:] else ''}" if missing else ""
    return f"lines reached: {reached} of {lines}{never}"


def command_line(arguments: Sequence[str]) -> str:
    """Return the command as typed, passwords left out."""
    shown = []
    hide = False
    for argument in map(str, arguments):
        name, equals, _ = argument.partition("=")
        if hide:
            shown.append("USER:***")
        elif name == "--app-auth" and equals:
            shown.append("--app-auth=USER:***")
        else:
            shown.append(argument)
        hide = argument == "--app-auth"
    return shlex.join(["pytest", *shown])


def _named(finding: Finding) -> str:
    at = f" [{finding.event}]" if finding.event else ""
    return printed(f"{finding.check}{at} {finding.title}")


def _near(path: Path, folder: Path) -> str:
    return str(path.relative_to(folder)) if path.is_relative_to(folder) else str(path)


def _fields(part: Part) -> dict[str, Any]:
    return {name: getattr(part, name) for name in Part.__slots__}
