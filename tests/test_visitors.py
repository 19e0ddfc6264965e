"""Several visitors on one app: what one sends, no other gets; on spoilt apps and mended ones."""

from __future__ import annotations

import functools
from pathlib import Path

import pytest

from gradio_harness.app import launch
from gradio_harness.drivers.wire import Wire
from gradio_harness.finding import Finding
from gradio_harness.plan import plan
from gradio_harness.stage import Stage
from gradio_harness.target import parse
from gradio_harness.visitors import leak

APPS = Path(__file__).resolve().parent.parent / "fixtures" / "apps"
TWINS = APPS / "twins"
SEED = 7


@functools.cache
def look(name: str) -> tuple[Finding, ...]:
    """Serve a twin, let visitors loose on it and return what was found: once for all tests."""
    with (
        launch(parse(f"twins/{name}.py", APPS), folder=APPS, timeout_seconds=60) as app,
        Wire(app, timeout_seconds=20) as wire,
    ):
        stage = Stage(app, wire, plan(app.contract), profile="standard", seed=SEED, seconds=3.0)
        return tuple(f for event in stage.plan.roots for f in leak(stage, event).findings)


#: Spoilt app -> the event at which another's data surfaces.
LEAKS = {"sessions.leak/defect": ["show"]}


def test_every_twin_is_tried() -> None:
    """A new pair of twins must say what is found in it."""
    spoilt = {f"{path.parent.name}/{path.stem}" for path in TWINS.glob("sessions.leak/defect*.py")}

    assert set(LEAKS) == spoilt


@pytest.mark.parametrize("name", LEAKS)
def test_what_surfaces_at_another_visitor_is_found(name: str) -> None:
    """At the event whose answer has it, and again with new visitors."""
    found = look(name)

    assert LEAKS[name] == [finding.event for finding in found]
    assert {"every time, 3 of 3"} == {str(finding.repeats) for finding in found}


@pytest.mark.parametrize("name", [name.replace("defect", "mended") for name in LEAKS])
def test_nothing_is_found_in_the_mended_app(name: str) -> None:
    """What is kept for each visitor by itself surfaces nowhere else."""
    assert () == look(name)
