"""Two visitors who read streams at the same time: what is the other's is told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import gradio
import pytest

from gradio_harness.app import App
from gradio_harness.checks.mixing import foreign
from gradio_harness.drivers.wire import Wire
from gradio_harness.finding import Finding
from gradio_harness.plan import plan
from gradio_harness.visitors.mixing import mixed
from gradio_harness.visitors.stage import Stage

TWINS = Path(__file__).resolve().parent.parent / "fixtures" / "apps" / "twins" / "streaming.mixed"
MAJOR = int(gradio.__version__.split(".")[0])
DEFECTS = {
    "defect": {"thank", "refuse"},
    "defect_chat": {"_clear_and_save_textbox", *({"_delete_prev_fn"} if MAJOR < 5 else ())},
    "defect_queue": {"tell"},
}


def look(app: App, seed: int = 7) -> dict[str, Finding]:
    """Return what is found, by the event that a visitor set off."""
    with Wire(app, timeout_seconds=20) as wire:
        stage = Stage(app, wire, plan(app.contract), "quick", seed, 1.0)
        found = {root.label: mixed(stage, root).findings for root in stage.roots}
        stage.close()
    return {label: findings[0] for label, findings in found.items() if findings}


def test_every_twin_is_tried() -> None:
    """A new pair of twins must say what is found in it."""
    assert {*DEFECTS} == {path.stem for path in TWINS.glob("defect*.py")}


ALONE = (("", "a"), ("b", "ab"), ("b", "abc"))


@pytest.mark.parametrize(
    ("got", "expected"),
    [
        (ALONE, None),
        ((("", "a"), ("b", "abc")), None),
        ((("", "ab"), ("b", "abx")), (1, 1)),
        ((("", "a"), ("b", "abc"), ("b", "abcd")), (2, 1)),
        ((("c", "a"),), (0, 0)),
    ],
    ids=["the same", "cut elsewhere", "another letter", "more than all", "another value"],
)
def test_what_is_not_shown_alone_is_foreign(
    got: tuple[tuple[str, str], ...], expected: tuple[int, int] | None
) -> None:
    """The same text in other pieces is not."""
    assert expected == foreign(got, ALONE)


@pytest.mark.parametrize("name", DEFECTS)
def test_streams_that_mix_are_told(name: str, serve: Callable[..., App]) -> None:
    """With the one who reads it, the one who comes meanwhile, and lines to paste."""
    found = look(serve(f"{name}.py", TWINS))

    assert DEFECTS[name] == {*found}
    for finding in found.values():
        assert "meanwhile B: " in finding.input
        assert "in_turn=True" in finding.reproduce


@pytest.mark.parametrize("name", [name.replace("defect", "mended") for name in DEFECTS])
def test_streams_of_their_own_are_not_told(name: str, serve: Callable[..., App]) -> None:
    """However many there are at once."""
    assert {} == look(serve(f"{name}.py", TWINS))
