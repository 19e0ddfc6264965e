"""Visitors who leave a stream: what goes on for nobody is told, and who gets nothing after them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path

import gradio
import pytest

from gradio_harness import stopwatch
from gradio_harness.app import App, launch
from gradio_harness.drivers.wire import Wire
from gradio_harness.finding import Finding, Severity
from gradio_harness.observation import Call
from gradio_harness.plan import plan
from gradio_harness.repeated.departures import (
    Running,
    blocks_next,
    goes_on,
    replay_departures,
)
from gradio_harness.target import parse
from gradio_harness.visitors.stage import Stage

TWINS = Path(__file__).resolve().parent.parent / "fixtures" / "apps" / "twins"
ERROR, WARNING = Severity.ERROR, Severity.WARNING

#: What is told of each defect: how grave, what, where.
DEFECTS: Mapping[str, tuple[Severity, str, str]] = {
    "goes-on/defect": (
        ERROR,
        "1 thread (write) goes on after the visitor has left",
        "defect.py:16",
    ),
    "goes-on/defect_task": (
        WARNING,
        "1 task (count) goes on after the visitor has left",
        "defect_task.py:8",
    ),
    "goes-on/defect_process": (
        WARNING,
        "1 process (python) goes on after the visitor has left",
        "",
    ),
    "goes-on/defect_pool": (
        WARNING,
        "1 thread (ThreadPoolExecutor) goes on after the visitor has left",
        "defect_pool.py",
    ),
    "goes-on/defect_worker": (
        WARNING,
        "1 thread (work) goes on after the visitor has left",
        "defect_worker.py:",
    ),
    "goes-on/defect_files": (
        ERROR,
        "1 writer (kept.txt) goes on after the visitor has left",
        "",
    ),
    "goes-on/defect_stop": (
        WARNING,
        "1 thread (write) goes on after the visitor has left",
        "defect_stop.py:",
    ),
    "blocks-next/defect": (
        ERROR,
        "After a visitor has left, the next one gets nothing for 4 s",
        "",
    ),
}
MAJOR = int(gradio.__version__.split(".")[0])
if MAJOR < 5:  # there a stream that was stopped is not closed, whatever its author does
    DEFECTS = {name: told for name, told in DEFECTS.items() if not name.endswith("_stop")}
MENDED = [name.replace("defect", "mended") for name in DEFECTS]


@pytest.fixture(autouse=True)
def _idle(monkeypatch: pytest.MonkeyPatch) -> None:
    """No thread ever waits for a processor: a grace is the clock's."""
    monkeypatch.setattr(stopwatch, "waited", lambda: 0.0)


def look(app: App) -> list[Finding]:
    """Return what visitors leave behind who leave the first event's stream."""
    with Wire(app) as wire:
        stage = Stage(app, wire, plan(app.contract), "quick", 3, 1.0)
        event = stage.roots[0]
        return [f for drive in (goes_on, blocks_next) for f in drive(stage, event).findings]


def test_every_twin_is_tried() -> None:
    """A new pair of twins must say what is found in it."""
    apps = [p for name in ("goes-on", "blocks-next") for p in TWINS.glob(f"streaming.{name}/*.py")]

    names = {f"{path.parent.name.removeprefix('streaming.')}/{path.stem}" for path in apps}
    assert {*DEFECTS, *MENDED} == {n for n in names if MAJOR > 4 or not n.endswith("_stop")}


def test_the_lines_to_paste_show_it_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """They send the visitors, print what these left, and end with it."""
    monkeypatch.chdir(TWINS / "streaming.blocks-next")
    with launch(parse("defect.py", Path.cwd()), folder=Path.cwd(), timeout_seconds=60) as app:
        (finding,) = look(app)
    script = finding.reproduce.splitlines()[-2]

    with pytest.raises(SystemExit) as ended:
        exec(script, {"replay_departures": replay_departures})

    # For how many seconds follows from the pauses of either look.
    assert finding.title.rpartition(" for ")[0] == str(ended.value.code).rpartition(" for ")[0]
    assert "closed the page after output 1" in capsys.readouterr().out


@pytest.mark.skipif(MAJOR < 5, reason="Gradio 4 leaves it open where it was stopped")
def test_a_generator_is_open_until_it_is_closed_for_its_visitor(serve: Callable[..., App]) -> None:
    """Its `finally` comes when the visitor has left, and not at the end of the stream."""
    app = serve("mended.py", TWINS / "streaming.goes-on")
    event = app.contract.events[0]
    running = Running(app)

    def generators() -> list[str]:
        return [left.name for left in running.now().values() if left.kind == "generator"]

    with Wire(app) as wire:
        call = Call(event.label, event.index, ("Sea",))
        wire.leave(call, outputs=1, seconds=9.0, stops=False)
        left = generators()
        deadline = time.monotonic() + 5
        while generators() and time.monotonic() < deadline:
            time.sleep(0.01)

    assert (["tell"], []) == (left, generators())


@pytest.mark.parametrize("name", DEFECTS)
def test_what_a_visitor_leaves_is_told(name: str, serve: Callable[..., App]) -> None:
    """A thread, a task or a process by its name and the author's line; a lock by its effect."""
    path = TWINS / f"streaming.{name}.py"
    (finding,) = look(serve(path.name, path.parent))

    severity, title, place = DEFECTS[name]
    assert (severity, title) == (finding.severity, finding.title)
    assert finding.location.startswith(place)


@pytest.mark.parametrize("name", MENDED)
def test_what_ends_with_its_visitor_is_not_told(name: str, serve: Callable[..., App]) -> None:
    """Nor what is given back."""
    path = TWINS / f"streaming.{name}.py"

    assert [] == look(serve(path.name, path.parent))
