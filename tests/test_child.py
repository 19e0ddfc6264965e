"""The app in a process of its own: the same app, the same words, and nothing left of it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from gradio_harness.app import App, launch
from gradio_harness.child import child, memory_allows
from gradio_harness.drivers.wire import Wire
from gradio_harness.errors import AppFailed, TargetError
from gradio_harness.observation import Call
from gradio_harness.target import parse

APPS = Path(__file__).parent.parent / "fixtures" / "apps"

#: Run with a fixture app's name, "fork" or not, and how to end: prints a line of JSON.
PARENT = """
import json, os, signal, sys, time
from pathlib import Path
from gradio_harness.child import Zygote, child
from gradio_harness.drivers.wire import Wire
from gradio_harness.observation import Call
from gradio_harness.target import parse

apps, start, end = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
if start == "fork":
    import gradio
zygote = Zygote.start()
assert (zygote is not None) == (start == "fork")
with child(parse("two_events.py", apps), folder=apps, zygote=zygote) as app, Wire(app) as wire:
    index = app.contract.event("greet").index
    seen = wire.call(Call("greet", index, ("Ada",)))
    print(json.dumps({
        "pid": app.process_id,
        "zygote": zygote.pid if zygote else None,
        "url": app.url,
        "outputs": seen.outputs,
        "steps": sorted(seen.evidence.seconds),
    }), flush=True)
    if end == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if end == "interrupted":
        time.sleep(60)
if zygote:
    zygote.close()
"""


def gone(pid: int) -> bool:
    """Whether there is no process of this number, nor a zombie of ours."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return _dead(pid) and os.getpid() != _parent_of(pid)


def _dead(pid: int) -> bool:
    return _stat(pid)[:1] in (["Z"], [])


def _parent_of(pid: int) -> int:
    return int([*_stat(pid), "0", "0"][1])


def _stat(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def soon(condition: Callable[[], bool], seconds: float = 20) -> bool:
    """Whether *condition* comes true in time."""
    limit = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > limit:
            return False
        time.sleep(0.05)
    return True


def shut(url: str) -> bool:
    """Whether nothing listens there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", urlsplit(url).port or 0)) != 0


def started(name: str, folder: Path = APPS) -> App:
    return child(parse(name, folder), folder=folder)


def temp_of(app: App) -> Path:
    """Return the folder that holds a child's temporary files."""
    variables = Path(f"/proc/{app.process_id}/environ").read_bytes().split(b"\0")
    value = next(v for v in variables if v.startswith(b"TMPDIR="))
    return Path(os.fsdecode(value.removeprefix(b"TMPDIR=")))


needs_proc = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc")


@needs_proc
def test_a_child_is_the_same_app_and_leaves_nothing() -> None:
    """Contract, answers and evidence are those of the app in this process."""
    name = "twins/api.unhandled-exception/defect.py"
    with launch(parse(name, APPS), folder=APPS) as near, Wire(near) as wire:
        event = near.contract.events[0]
        call = Call(event.label, event.index, ("",))
        here, events = wire.call(call), near.contract.events

    with started(name) as app, Wire(app) as wire:
        there = wire.call(call)
        temp, pid = temp_of(app), app.process_id
        assert temp.is_dir()
        assert app.where == "child process"
        assert [e.label for e in app.contract.events] == [e.label for e in events]
        assert [e.function for e in app.contract.events] == [e.function for e in events]

    assert here.error == there.error
    assert here.evidence is not None
    assert there.evidence is not None
    assert there.evidence.frames == here.evidence.frames
    assert there.evidence.exception == here.evidence.exception == "IndexError"
    assert gone(pid)
    assert shut(app.url)
    assert not temp.exists()


@pytest.mark.parametrize("name", ["two_apps.py", "raises_at_import.py"])
def test_what_cannot_be_served_is_told_in_the_same_words(name: str) -> None:
    """The error of a child is the one of `launch`: class and text."""
    with pytest.raises(TargetError) as here:
        launch(parse(name, APPS), folder=APPS)
    with pytest.raises(TargetError) as there:
        started(name)

    assert there.type is here.type
    assert str(there.value) == str(here.value)


def test_a_script_that_ends_its_process_is_told_with_its_last_words(tmp_path: Path) -> None:
    """os._exit at import: the exit code and the end of stderr."""
    (tmp_path / "app.py").write_text(
        "import os, sys\nsys.stderr.write('out of paper\\n'); sys.stderr.flush()\nos._exit(7)\n"
    )
    with pytest.raises(AppFailed, match=r"ended its process \(exit code 7\)") as raised:
        started("app.py", tmp_path)

    assert "out of paper" in str(raised.value)


@needs_proc
def test_an_app_that_hangs_or_has_children_of_its_own_is_ended_whole(tmp_path: Path) -> None:
    """A function that never returns and a program that it started go with the child."""
    (tmp_path / "app.py").write_text(
        "import gradio as gr, subprocess, time\n"
        "def hang(name):\n"
        "    sleeper = subprocess.Popen(['sleep', '600'])\n"
        "    open('sleeper', 'w').write(str(sleeper.pid))\n"
        "    time.sleep(600)\n"
        "gr.Interface(hang, 'text', 'text').launch()\n"
    )
    with started("app.py", tmp_path) as app, Wire(app) as wire:
        event = next(e for e in app.contract.events if not (e.function and e.function.builtin))
        seen = wire.call(Call(event.label, event.index, ("Ada",)), timeout_seconds=1)
        temp, pid = temp_of(app), app.process_id

    assert seen.error is not None
    assert seen.error.kind == "timeout"
    assert gone(pid)
    assert soon(lambda: gone(int((tmp_path / "sleeper").read_text())))
    assert not temp.exists()


def test_a_child_that_dies_is_an_observation_and_an_exception_ends_it() -> None:
    """os._exit during a call breaks the connection, not the harness; nor does the test's own."""
    app = started("exits.py")
    event = app.contract.event("clock_in")
    with pytest.raises(ZeroDivisionError), app, Wire(app) as wire:  # noqa: PT012
        seen = wire.call(Call(event.label, event.index, ("",)))
        raise ZeroDivisionError

    assert seen.error is not None
    assert seen.error.kind == "transport"
    assert app.evidence("anything", "") is None
    assert gone(app.process_id)


@needs_proc
@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("fork", "killed"),
        ("fork", "interrupted"),
        ("subprocess", "killed"),
    ],
)
def test_a_child_ends_with_its_parent(start: str, end: str, tmp_path: Path) -> None:
    """Killed, interrupted by Ctrl-C or at its own end: no process, port or folder stays."""
    process = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(APPS), start, end],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        start_new_session=True,
    )
    with process:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        if end == "interrupted":
            os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the whole group
        process.wait(30)

    assert told["outputs"] == ["Hello, Ada!"]
    assert "function" in told["steps"]
    assert soon(lambda: gone(told["pid"]))
    assert told["zygote"] is None or soon(lambda: gone(told["zygote"]))
    assert shut(told["url"])
    assert soon(lambda: not list(tmp_path.iterdir()))


def test_a_second_copy_is_weighed_against_free_memory() -> None:
    """A process of this size fits; the words name both sizes, or say that nobody knows."""
    fits, words = memory_allows(os.getpid())

    assert fits
    assert "free" in words
    assert memory_allows(2**30) == (True, "this system does not tell how much memory is free")
