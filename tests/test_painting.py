"""Streams read by their pages: what is shown late, or taken away, is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from gradio_harness.app import App
from gradio_harness.browsers import find, launch_arguments
from gradio_harness.checks.painting import late_paint, taken_back
from gradio_harness.contract import Component, Event
from gradio_harness.drivers.traffic import Traffic
from gradio_harness.observation import Call, CallError, Evidence, Message, Observation
from gradio_harness.painted import Frame, Painted
from gradio_harness.painting import painted

TWINS = Path(__file__).resolve().parent.parent / "fixtures" / "apps" / "twins"
OUT = Component(1, "textbox", "Out", {})
TELL = Event(0, "tell", "tell", "public", (), (), (OUT,), generator=True)

TITLES = {
    "late-paint/defect": "streaming.late-paint",
    "taken-back/defect": "streaming.taken-back",
}


@pytest.fixture(scope="module")
def program() -> Iterator[Browser]:
    """One browser for all tests of this file."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(**launch_arguments(find()))
        yield started
        started.close()


def seen(
    *frames: tuple[float, int], error: CallError | None = None, alone: bool = True, **more: Any
) -> Painted:
    """Return a stream whose three outputs were given at 1, 2 and 3 s; it ended at 3 s."""
    messages = tuple(
        Message("process_generating", at + 0.01, {"output": {"data": ["a" * at]}})
        for at in (1, 2, 3)
    )
    evidence = Evidence(yields=(1.0, 2.0, 3.0), ran=((0.0, 1.0), (1.0, 2.0), (2.0, 3.0)))
    observation = Observation(
        *(Call("tell", 0, ()), "browser", 0.0, 3.1, messages),
        error=error,
        evidence=evidence,
        **more,
    )
    shown = ((0.0, 0), *frames)
    return Painted(TELL, observation, tuple(Frame(at, size) for at, size in shown), alone)


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        (seen((1.1, 1), (2.1, 2), (3.1, 3)), None),
        (seen((1.1, 1), (2.1, 2), (3.1, 3), (5.5, 3)), "last output 2.5 s"),
        (seen((1.1, 1), (2.1, 2), (3.1, 3), (5.5, 3), alone=False), None),
        (seen((3.2, 3)), "first output 2.2 s"),
        (seen(), None),
    ],
    ids=["soon", "the last one late", "somebody else's", "all at once", "nothing looked at"],
)
def test_a_page_that_shows_an_output_late_is_told(stream: Painted, expected: str | None) -> None:
    """The first after it was given, the last after the function had ended."""
    titles = [finding.title for finding in late_paint(stream)]

    wanted = [f"The page shows the {expected} after the app gave it"] if expected else []
    assert wanted == titles


BROKEN = CallError("unexpected", "it broke")


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        (seen((1.1, 1), (3.1, 3), error=BROKEN), 0),
        (seen((1.1, 1), (3.1, 0), error=BROKEN), 1),
        (seen((1.1, 1), (3.1, 0)), 0),
        (seen((1.1, 1), (3.1, 0), error=CallError("author", "no more")), 0),
    ],
    ids=["kept", "emptied", "emptied at a good end", "the author speaks"],
)
def test_what_a_stream_had_shown_stays_when_it_fails(stream: Painted, expected: int) -> None:
    """Who empties a field after a good end, or says why, has a reason."""
    assert expected == len(taken_back(stream))


def test_an_output_is_painted_in_the_next_frame_that_shows_anything_else() -> None:
    """Two outputs in one frame are shown together."""
    assert (1.1, 3.2, 3.2) == seen((0.5, 0), (1.1, 1), (3.2, 3)).painted


@pytest.mark.browser
@pytest.mark.parametrize("name", [*TITLES, *(n.replace("defect", "mended") for n in TITLES)])
def test_twins(name: str, program: Browser, serve: Callable[..., App]) -> None:
    """What is spoilt is told with its own check; what is mended has a row and no finding."""
    path = TWINS / f"streaming.{name}.py"
    app = serve(path.name, path.parent)

    with program.new_context() as context:
        part = painted(context, app, app.contract.events[0])

    (row,) = part.streams
    found = [finding.check for finding in part.findings]
    assert ([TITLES[name]] if name in TITLES else []) == found
    assert ("browser", row.outputs) == (row.driver, len(row.painted))


def test_the_clock_of_a_page_is_read_while_it_is_quick_to_answer() -> None:
    """One that is busy with opening answers late, and late readings say little."""
    here = 100.0
    delays = iter([(0.2, 0.001), (0.1, 0.001), (0.0005, 0.0005)])

    def now() -> float:
        return here

    def evaluate(_: str, __: object) -> float:
        nonlocal here
        before, after = next(delays)
        here += before
        read = (here - 93.0) * 1000
        here += after
        return read

    assert 93.0 == pytest.approx(Traffic(evaluate, now).offset, abs=1e-6)
