"""The session shared among xdist's workers: who runs what, and who knows of what."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from . import journal as journals
from .checks.process import holds_everybody, process_exit
from .finding import Finding
from .foreword import base, meta
from .options import Options
from .record import PREFIX, Recorder
from .run import Part
from .selection import fails
from .session import Session
from .subjects import told_as

__all__ = ["explain", "hand_over", "learn_lost", "scheduler", "take_over", "turn"]

#: Below the folder that xdist workers share: a line for each event that ended one of them.
LOST = "lost.jsonl"

#: Suites that one worker runs from end to end, and those for which all others wait.
WHOLE = ("sessions", "files", "ui", "latency", "regression", "advisories")
ALONE = ("sessions", "latency", "regression")


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
        known = {"meta": meta(harness), "base": base(harness).as_dict()}
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
