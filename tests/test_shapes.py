"""What the time of an event depends on, end to end: each defect and the same app mended.

The checks alone, on synthetic times, are in test_latency.py.
"""

from __future__ import annotations

import functools
from pathlib import Path

import pytest

from gradio_harness import replay_latency
from gradio_harness.app import launch
from gradio_harness.child import child
from gradio_harness.clues import clues, source
from gradio_harness.drivers.wire import Wire
from gradio_harness.finding import Finding
from gradio_harness.latency import SHAPES, Look, measure, opened
from gradio_harness.rows import LatencyRow
from gradio_harness.run import Part
from gradio_harness.stopwatch import Deadline
from gradio_harness.target import parse

APPS = Path(__file__).resolve().parent.parent / "fixtures" / "apps"


@functools.cache
def shaped(check: str, name: str) -> Part:
    """Serve a twin and return what its one event's time depends on."""
    # Who keeps the interpreter keeps it from a test in the same process, too.
    start = child if "interpreter" in name else launch
    with start(parse(f"twins/{check}/{name}.py", APPS), folder=APPS) as app, Wire(app) as wire:
        event, *others = app.contract.events
        page = opened(wire, app.contract, event)
        calls = 45 if check == "latency.call-number" else 1
        row = measure(page, event, count=calls, seconds=20)[event.label]
        assert isinstance(row, LatencyRow)
        files = [event.function.file] if event.function else []
        known = clues(app.contract, event, source(files, [app.folder]))
        look = Look(app, wire, page, event, Deadline(6), clues=known)
        look.beside = [
            Look(app, wire, opened(wire, app.contract, one), one, look.deadline) for one in others
        ]
        return SHAPES[check](look, row)


def words(findings: tuple[Finding, ...]) -> list[str]:
    """Return each finding in short: its check, and where it is."""
    return [f"{one.check} {one.location.partition(':')[2]}" for one in findings]


@pytest.mark.parametrize(
    ("check", "name", "place"),
    [
        ("latency.size", "defect", "6 in unique"),
        ("latency.size", "defect_number", "6 in primes"),
        ("latency.held-up", "defect", "8 in ask"),
        ("latency.held-up", "defect_lock", "12 in train"),
        ("latency.held-up", "defect_interpreter", "6 in digits"),
        ("latency.call-number", "defect", "15 in count"),
        ("latency.call-number", "defect_slower", "10 in ask"),
    ],
)
def test_the_twins(check: str, name: str, place: str) -> None:
    """The defect is told once, with the author's function; mended, nothing is."""
    assert [f"{check} {place}"] == words(shaped(check, name).findings)
    assert [] == words(shaped(check, name.replace("defect", "mended")).findings)


def test_the_curve_of_sizes_and_that_of_visitors_are_kept() -> None:
    """Also where nothing is wrong: each size with its time, each number of visitors with theirs."""
    (row,) = shaped("latency.size", "mended").sizes
    (crowd,) = shaped("latency.held-up", "mended").crowds

    assert "text" == row.field
    assert (row.exponent or 0.0) < 1.5
    assert len(row.sizes) == len(row.seconds) >= 5
    assert 1 == crowd.visitors[0]
    assert 1 == crowd.limit


def test_a_replay_shows_it_again_until_it_is_mended() -> None:
    """The lines to paste end with SystemExit, and say what takes how long."""
    twins = APPS / "twins" / "latency.held-up"

    with pytest.raises(SystemExit, match="async def ask works for"):
        replay_latency(str(twins / "defect.py"), "ask", check="latency.held-up")
    replay_latency(str(twins / "mended.py"), "ask", check="latency.held-up")
