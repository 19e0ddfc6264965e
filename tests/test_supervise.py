"""A session that is cut short: by Ctrl-C, by a kill, by an app that ends its process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sessions import BRIEF, command, environment, left, processes, project, run

from gradio_harness.finding import Finding, Severity
from gradio_harness.journal import Journal, read
from gradio_harness.run import Part
from gradio_harness.supervise import Carried, Supervisor

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
PATIENCE_SECONDS = 60.0

SLOW = """
    import os
    import time
    import gradio as gr

    def think(text):
        if not text:
            raise KeyError("nothing")
        with open("called.txt", "a") as file:
            file.write(f"{os.getpid()}\\n")
        time.sleep(0.5)
        return text

    with gr.Blocks() as demo:
        text = gr.Textbox("a", label="Text")
        gr.Button("Think").click(think, text, text)
"""


def until(true: Callable[[], Any], what: str) -> None:
    """Wait until *true*; fail with *what* where that never comes."""
    limit = time.monotonic() + PATIENCE_SECONDS
    while not true():
        assert time.monotonic() < limit, f"never: {what}"
        time.sleep(0.05)


class Started:
    """A session on its way, in a process group of its own."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.folder = folder
        self.marker = f"HARNESS_TEST={uuid.uuid4()}"
        name, _, value = self.marker.partition("=")
        self.output = folder / "output.txt"
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                command("--app", "app.py", *BRIEF, *arguments),
                cwd=folder,
                env=environment(folder, **{name: value}),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def until_called(self, times: int = 2) -> None:
        """Wait until the app is in the midst of its calls."""
        called = self.folder / "called.txt"
        until(
            lambda: called.is_file() and len(called.read_text().split()) >= times,
            f"a call. {self.output.read_text('utf-8', 'replace')[-2000:]}",
        )

    @property
    def running(self) -> list[int]:
        """The processes that belong to it, however they were started."""
        return list(processes(self.marker))

    @property
    def report(self) -> dict[str, Any]:
        return json.loads((self.folder / "reports/latest/results.json").read_text("utf-8"))

    def end(self) -> None:
        for process in self.running:
            os.kill(process, signal.SIGKILL)
        self.process.wait(PATIENCE_SECONDS)


@pytest.fixture(params=["api", "latency"])
def started(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Started]:
    """A session about a slow app, in the midst of its calls; latency has a process more."""
    session = Started(project(tmp_path / "shop", SLOW), "--app-suites", request.param)
    try:
        session.until_called()
        yield session
    finally:
        session.end()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_ctrl_c_writes_the_report_and_leaves_nothing(started: Started) -> None:
    """Exit code 2, a report that says so, and no process or temporary folder of ours."""
    os.killpg(started.process.pid, signal.SIGINT)
    code = started.process.wait(PATIENCE_SECONDS)

    report = started.report
    assert (2, False, "interrupted", True, [], []) == (
        code,
        report["complete"],
        report["ended"],
        (started.folder / "reports/latest/index.html").is_file(),
        started.running,
        left(started.folder),
    )


@pytest.mark.slow
@pytest.mark.parametrize("started", ["api"], indirect=True)
@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_ctrl_c_twice_ends_it_as_well(started: Started) -> None:
    """An impatient user leaves no process behind either."""
    os.killpg(started.process.pid, signal.SIGINT)
    time.sleep(0.2)
    os.killpg(started.process.pid, signal.SIGINT)
    code = started.process.wait(PATIENCE_SECONDS)

    assert (True, [], []) == (code != 0, started.running, left(started.folder))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_a_session_that_is_asked_to_end_ends(started: Started) -> None:
    """SIGTERM, as a CI job sends it when it is cancelled, is Ctrl-C: with a report."""
    started.process.terminate()
    code = started.process.wait(PATIENCE_SECONDS)

    ended = started.report["ended"]
    assert (2, "interrupted", [], []) == (code, ended, started.running, left(started.folder))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_a_session_that_is_killed_leaves_no_process(started: Started) -> None:
    """The child ends with its parent, whatever ended that."""
    assert len(started.running) > 1

    started.process.kill()
    started.process.wait(PATIENCE_SECONDS)

    until(lambda: not started.running, "the end of the child")


FORKS = """
    import os

    def forked():
        with open(os.path.join(os.path.dirname(__file__), "forks.txt"), "a") as file:
            file.write("forked\\n")

    os.register_at_fork(before=forked)
"""


@pytest.mark.slow
def test_a_session_without_an_app_forks_nothing(tmp_path: Path) -> None:
    """One with an app does, once, before anything is collected."""
    files = {"conftest.py": FORKS, "test_one.py": "def test_one():\n    pass\n"}
    without = project(tmp_path / "without", SLOW, files)
    beside = project(tmp_path / "beside", SLOW, files)

    plain = run(without)
    supervised = run(beside, "--app", "app.py", "--app-suites", "none")

    assert (0, False, 0, "forked\n") == (
        plain.code,
        (without / "forks.txt").exists(),
        supervised.code,
        (beside / "forks.txt").read_text(),
    )


HELD = SLOW.replace("time.sleep(0.5)", "__import__('ctypes').PyDLL(None).sleep(300)")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_ctrl_c_ends_what_holds_the_interpreter(tmp_path: Path) -> None:
    """The process cannot end by itself; the report is written all the same."""
    session = Started(project(tmp_path / "shop", HELD), "--app-suites", "api")
    try:
        session.until_called(1)
        os.killpg(session.process.pid, signal.SIGINT)

        assert 2 == session.process.wait(PATIENCE_SECONDS)
        assert session.report["ended"].startswith("interrupted; the app did not let go")
        assert [] == session.running
    finally:
        session.end()


# -- the supervisor by itself -----------------------------------------------------------------


@pytest.fixture
def supervisor(tmp_path: Path) -> Supervisor:
    """A supervisor whose words are kept."""
    said: list[str] = []
    made = Supervisor(tmp_path, said.append)
    made.said = said  # type: ignore[attr-defined]
    return made


def call(supervisor: Supervisor, event: str = "greet") -> None:
    supervisor.journal.call(event, event, "name = ''", "replay('app.py')")


def test_the_childs_exit_code_is_the_sessions(supervisor: Supervisor) -> None:
    """Where the session came to its end."""
    assert (3, 1) == (supervisor.run(lambda carried: 3), supervisor.carried.starts)


@pytest.mark.parametrize("broken", [False, True])
def test_an_interrupt_in_the_middle_of_a_hook_is_no_internal_error(
    supervisor: Supervisor, broken: bool
) -> None:
    """Whatever pytest makes of it: who pressed Ctrl-C knows why the session has ended."""

    def session(carried: Carried) -> int:
        os.kill(os.getppid(), signal.SIGINT)
        time.sleep(0.2)  # until the parent has it
        if broken:
            raise KeyboardInterrupt
        return 3

    assert 2 == supervisor.run(session)


def test_an_exit_in_the_midst_of_a_call_is_a_finding_and_the_rest_goes_on(
    supervisor: Supervisor,
) -> None:
    """The second child knows what was lost."""

    def session(carried: Carried) -> int:
        if not carried.lost:
            call(supervisor)
            os._exit(0)
        return 1

    code = supervisor.run(session)

    ((finding,),) = supervisor.carried.lost.values()
    assert (1, 2, "api.process-exit", "greet", "name = ''", "replay('app.py')") == (
        code,
        supervisor.carried.starts,
        finding.check,
        finding.event,
        finding.input,
        finding.reproduce,
    )


def test_an_exit_in_a_users_test_is_told_and_the_test_not_run_again(
    supervisor: Supervisor,
) -> None:
    """There is no event to blame."""

    def session(carried: Carried) -> int:
        if not carried.died:
            supervisor.journal.write("item", id="test_own.py::test_one")
            os._exit(0)
        return 0

    code = supervisor.run(session)

    assert (0, {"test_own.py::test_one": "exit status 0"}, {"test_own.py::test_one"}) == (
        code,
        supervisor.carried.died,
        supervisor.carried.ended,
    )


def test_a_signal_is_named(supervisor: Supervisor) -> None:
    """A crash in native code, or too little memory, is told by its signal."""

    def session(carried: Carried) -> int:
        if not carried.lost:
            call(supervisor)
            os.kill(os.getpid(), signal.SIGKILL)
        return 1

    supervisor.run(session)

    ((finding,),) = supervisor.carried.lost.values()
    assert "One call ended the app's whole process (signal SIGKILL)" == finding.title


def test_an_exit_before_the_first_test_is_no_session(supervisor: Supervisor) -> None:
    """There is nothing to go on with; how it ended is known."""
    code = supervisor.run(lambda carried: os._exit(0))  # type: ignore[func-returns-value]

    assert (None, "exit status 0", 1) == (code, supervisor.how, supervisor.carried.starts)


def test_an_app_that_ends_every_process_is_given_up(supervisor: Supervisor) -> None:
    """After six starts: each of them lost another event."""

    def session(carried: Carried) -> int:
        call(supervisor, f"event {carried.starts}")
        os._exit(0)

    code = supervisor.run(session)

    assert (None, 6, 6) == (code, supervisor.carried.starts, len(supervisor.carried.lost))


def test_what_a_dead_child_had_found_is_kept(supervisor: Supervisor) -> None:
    """Its parts, its tests and its failures, and what ended it: no test may come to tell that."""
    finding = Finding("api.hang", "wait", Severity.ERROR, "No answer")

    def session(carried: Carried) -> int:
        if carried.starts == 1:
            supervisor.journal.write("item", id="a")
            supervisor.journal.write("part", part=Part(findings=(finding,)).as_dict())
            supervisor.journal.write("ended", id="a", failed=True)
            supervisor.journal.write("item", id="b")
            call(supervisor)
            os._exit(9)
        return 0

    supervisor.run(session)

    carried = supervisor.carried
    lost = carried.lost["greet"]
    assert ([(finding,), lost], "api.process-exit", {"a"}, {"a"}) == (
        [part.findings for part in carried.parts],
        lost[0].check,
        carried.ended,
        carried.failed,
    )


def test_a_child_that_never_ends_after_it_is_done_is_ended(
    supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thread of the app keeps it alive: its exit code stands."""
    monkeypatch.setattr("gradio_harness.supervise.GRACE_SECONDS", 0.1)

    def session(carried: Carried) -> int:
        supervisor.journal.write("done", exit=0)
        while True:
            time.sleep(1)

    assert 0 == supervisor.run(session)


def test_handlers_of_signals_are_as_before(supervisor: Supervisor) -> None:
    """Whatever the session was, the process that ran it is as it was."""
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]

    supervisor.run(lambda carried: 0)

    assert before == [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]


QUICK = ("--app-profile", "quick")
EXITS_SOMETIMES = """
import os
import gradio as gr

def check(title):
    if not title:
        return "nothing"
    if len(title) > 30:
        os._exit(0)
    return title, len(title)

with gr.Blocks() as demo:
    title, text, size = gr.Textbox("Ada"), gr.Textbox(), gr.Number()
    gr.Button().click(check, title, [text, size])
demo.launch()
"""


def test_what_any_visitor_runs_into_is_told_beside_what_ends_the_process(tmp_path: Path) -> None:
    """In the new process the event is looked at once more, as any visitor would use it."""
    folder = project(tmp_path, EXITS_SOMETIMES)

    session = run(folder, "--app", "app.py", "--app-only", "--app-suites", "api", *QUICK)

    found = {finding["check"] for finding in session.report["findings"]}
    assert {"api.process-exit", "api.output-count"} == found


# -- the journal -----------------------------------------------------------------------------


@contextmanager
def journal_in(folder: Path) -> Iterator[Journal]:
    journal = Journal(folder / "journal.jsonl")
    try:
        yield journal
    finally:
        journal.close()


def test_a_journal_tells_which_call_was_on_its_way(tmp_path: Path) -> None:
    """The last that was not answered, and the test it belongs to."""
    with journal_in(tmp_path) as journal:
        journal.write("item", id="a")
        journal.call("greet", "greet", "name = 'a'", "")
        journal.answered()
        journal.call("greet", "then", "name = ''", "replay()")

    account = read(journal.path)
    assert ("a", "then", "name = ''", None) == (
        account.current,
        account.call and account.call["event"],
        account.call and account.call["input"],
        account.done,
    )


def test_a_line_that_was_cut_short_is_left_out(tmp_path: Path) -> None:
    """The process may have died while it was writing."""
    with journal_in(tmp_path) as journal:
        journal.write("ended", id="a", failed=False)
        os.write(journal._file, b'{"kind": "ended", "id": "b", "fai')

    assert ["a"] == read(journal.path).items


def test_a_journal_is_read_from_where_a_child_began(tmp_path: Path) -> None:
    """What an earlier child wrote is known already."""
    with journal_in(tmp_path) as journal:
        journal.write("done", exit=1)
        begin = journal.path.stat().st_size
        journal.write("ended", id="b", failed=True)

    account = read(journal.path, begin)
    assert (None, ["b"], ["b"]) == (account.done, account.items, account.failed)


def test_a_journal_that_is_not_there_says_nothing(tmp_path: Path) -> None:
    """A worker may die before it writes."""
    account = read(tmp_path / "nothing.jsonl")

    assert (None, [], "") == (account.done, account.items, account.current)
