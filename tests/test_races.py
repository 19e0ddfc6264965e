"""Visitors at the same time get what they would get in turn; as many at once as allowed."""

from __future__ import annotations

import contextlib
import functools
import random
import socket
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from gradio_harness.app import launch
from gradio_harness.checks.sessions import Crowded, concurrency_limit
from gradio_harness.contract import Event
from gradio_harness.drivers.direct import Direct
from gradio_harness.drivers.wire import Wire
from gradio_harness.finding import Finding, Severity
from gradio_harness.plan import plan
from gradio_harness.run import Part
from gradio_harness.target import parse
from gradio_harness.visitors.crowd import crowd
from gradio_harness.visitors.moment import at_this_moment, shared
from gradio_harness.visitors.races import race
from gradio_harness.visitors.stage import Stage

TWINS = Path(__file__).resolve().parent.parent / "fixtures" / "apps" / "twins"
ERROR, WARNING = Severity.ERROR, Severity.WARNING
DRIVES: dict[str, Callable[[Stage, Event], Part]] = {
    "sessions.race": race,
    "sessions.concurrency-limit": crowd,
}


@functools.cache
def look(check: str, name: str) -> tuple[Finding, ...]:
    """Serve a twin, let visitors meet and return what was found: once for all tests."""
    folder = TWINS / check
    with (
        launch(parse(f"{name}.py", folder), folder=folder, timeout_seconds=60) as app,
        Wire(app, timeout_seconds=20) as wire,
    ):
        chosen = plan(app.contract)
        stage = Stage(
            app,
            wire,
            chosen,
            profile="quick",
            seed=7,
            timeout_seconds=6.0,
            seconds=20.0,  # for all: a busy machine is slow, and each meeting has its own limit
            direct=Direct(app, wire),
        )
        with contextlib.closing(stage):
            return tuple(f for event in chosen.roots for f in DRIVES[check](stage, event).findings)


DEFECTS = {
    "sessions.race": [
        ("deposit", ERROR),
        ("number", ERROR),
        ("spell", ERROR),
        ("raise_by", ERROR),
    ],
    "sessions.concurrency-limit": [("paint", ERROR), ("ask", WARNING), ("look_up", WARNING)],
}


@pytest.mark.parametrize("check", DEFECTS)
def test_the_defects_are_found(check: str) -> None:
    """Lost updates, mixed answers, two events of one variable; limits that are none."""
    assert DEFECTS[check] == [(f.event, f.severity) for f in look(check, "defect")]


@pytest.mark.parametrize("check", DEFECTS)
def test_nothing_is_found_in_the_mended_app(check: str) -> None:
    """Locks, locals and one queue for both; chance, and an author who says no, are no race."""
    assert () == look(check, "mended")


def test_what_visitors_got_is_told_beside_what_they_would_get() -> None:
    """Who differs, and a script in which they come at the same time."""
    found = {finding.event: finding for finding in look("sessions.race", "defect")}

    assert "got" in found["number"].detail
    assert "in_turn=True" in found["number"].reproduce
    assert "raise_by and lower_by" in found["raise_by"].title


def test_a_lost_update_is_seen_again_by_the_script(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It ends with what they got at the same time and in turn."""
    found = {finding.event: finding for finding in look("sessions.race", "defect")}
    script = found["number"].reproduce.partition("\n")[2].removesuffix("EOF")
    monkeypatch.chdir(TWINS / "sessions.race")

    with pytest.raises(SystemExit, match=r"at the same time they got .* in turn"):
        exec(script, {})

    assert "another start of the app" in capsys.readouterr().out


EVENT = Event(0, "ask", "ask", "public", (), (), ())


def spans(*begins: float, seconds: float = 0.1) -> tuple[tuple[float, float], ...]:
    return tuple((begin, begin + seconds) for begin in begins)


@pytest.mark.parametrize(
    ("crowded", "expected"),
    [
        (Crowded(EVENT, 1, spans(0, 0.01)), [ERROR]),
        (Crowded(EVENT, 1, spans(0, 0.1)), []),
        (Crowded(EVENT, 4, spans(0, 0.1, 0.2, 0.3), alone=0.1), [WARNING]),
        (Crowded(EVENT, 4, ((0, 0.1), (0, 0.2), (0, 0.3), (0, 0.4)), alone=0.1), [WARNING]),
        (Crowded(EVENT, 4, spans(0, 0.01, 0.02, 0.03), alone=0.1), []),
        (Crowded(EVENT, 4, spans(0, 0.1, 0.2, 0.3), alone=0.1, busy=0.09), []),
        (Crowded(EVENT, 4, spans(0, 0.02, 0.04, seconds=0.02), alone=0.02), []),
        (Crowded(EVENT, 4, (), alone=0.1), []),
    ],
    ids=["over", "kept", "in turn", "behind a lock", "at once", "busy", "short", "nothing seen"],
)
def test_a_limit_is_judged_by_begins_and_ends(crowded: Crowded, expected: list[Severity]) -> None:
    """More than allowed is an error; in turn, though more are allowed, a warning."""
    assert expected == [finding.severity for finding in concurrency_limit(crowded)]


def test_what_happens_in_a_copy_does_not_happen_here() -> None:
    """The app is called in a copy of the process; here it goes on from where it was."""
    folder = TWINS / "sessions.race"
    with (
        launch(parse("mended.py", folder), folder=folder, timeout_seconds=60) as app,
        Wire(app, timeout_seconds=20) as wire,
        contextlib.closing(
            Stage(app, wire, plan(app.contract), "quick", 7, 1.0, direct=Direct(app, wire))
        ) as stage,
    ):
        number = app.contract.event("number")

        def called(on: Stage, times: int = 1) -> list[object]:
            guests = on.regulars
            visit = on.visit(driver=guests.direct("A") if on.direct else guests.driver("A"))
            return [o.outputs for _ in range(times) for o in visit.fire(number)]

        assert [("you are number 1",)] == called(stage)
        there = at_this_moment(stage, lambda copy: called(copy, 2))
        assert [["you are number 2"], ["you are number 3"]] == there
        assert [("you are number 2",)] == called(stage)
        chances = [at_this_moment(stage, lambda copy: random.random()) for _ in range(3)]
        assert 3 == len(set(chances))


def test_visitors_who_wait_for_each_other_are_told() -> None:
    """Locks taken in two orders, permits taken twice: both events, and where the calls stand."""
    found = look("sessions.race", "defect_locks")

    assert [("save", ERROR), ("both", ERROR)] == [(f.event, f.severity) for f in found]
    assert "save and spend at the same time get no answer" in found[0].title
    assert all(f"defect_locks.py:{line}" in found[0].detail for line in (15, 22))


def test_a_step_of_a_chain_is_met_at_by_itself() -> None:
    """Two tickets with one number are told; that the board then shows both is as it should be."""
    found = look("sessions.race", "defect_chain")

    assert [("create", ERROR)] == [(f.event, f.severity) for f in found]
    assert "('A', 'check'" in found[0].reproduce
    assert () == look("sessions.race", "mended_chain")


def test_locks_that_are_taken_in_one_order_are_no_finding() -> None:
    """Visitors wait for their turn, and each gets an answer."""
    assert () == look("sessions.race", "mended_locks")


def test_what_a_copy_would_share_is_seen(tmp_path: Path) -> None:
    """An open SQLite database; a connection whose other end is not in this process."""
    assert "" == shared()
    with contextlib.closing(sqlite3.connect(tmp_path / "kept")) as database:
        database.execute("create table line (text)")
        database.commit()
        assert "the database" in shared()
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            assert f"a connection to 127.0.0.1:{port}" == shared()
            other, _ = server.accept()
            with other:
                assert "" == shared()
            assert "" == shared()  # it has hung up


def test_every_twin_is_tried() -> None:
    """A new pair of twins must say what is found in it."""
    names = {path.parent.name for check in DEFECTS for path in TWINS.glob(f"{check}/*.py")}

    assert set(DEFECTS) == names
