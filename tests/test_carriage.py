"""Files that are handed through: what is lost or changed of one is told, a faithful app is not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from gradio_harness.app import App, launch
from gradio_harness.drivers.direct import Direct
from gradio_harness.drivers.wire import Wire
from gradio_harness.files.carriage import file_round_trip, replay_carriage
from gradio_harness.files.kinds import file_kind, replay_kind
from gradio_harness.finding import Finding
from gradio_harness.plan import plan
from gradio_harness.target import parse
from gradio_harness.visitors.stage import Stage

TWINS = Path(__file__).resolve().parent.parent / "fixtures" / "apps" / "twins"
WHOLE = "does not come back whole"

#: What is told of each defect.
DEFECTS: Mapping[str, tuple[str, ...]] = {
    "round-trip/defect": (f"File 'File': a file with Windows line ends {WHOLE}",),
    "round-trip/defect_bundle": (f"File 'Files': two files of one name {WHOLE}",),
    "round-trip/defect_names": ("File 'File': a name with two endings fails",),
    "round-trip/defect_head": ("File 'File': a file of 3 MB comes back cut after 65,536 bytes",),
    "round-trip/defect_archive": (
        f"File 'Archive': an archive with one name in two folders {WHOLE}",
    ),
    "kind/defect": (
        "File 'Picture': 'square.jpeg' is PNG in truth",
        "File 'Picture': 'square.webp' is PNG in truth",
    ),
    "kind/defect_chosen": ("File 'Picture' gives PNG whatever is chosen",),
}
MENDED = [name.replace("defect", "mended") for name in DEFECTS]


def look(app: App) -> list[Finding]:
    """Return what comes of files with seldom names and contents, and of each choice."""
    with Wire(app) as wire:
        stage = Stage(
            app, wire, plan(app.contract), "quick", seed=3, seconds=9.0, direct=Direct(app, wire)
        )
        event = stage.roots[0]
        drives = (file_round_trip, file_kind)
        return [finding for drive in drives for finding in drive(stage, event).findings]


def test_every_twin_is_tried() -> None:
    """A new pair of twins must say what is found in it."""
    apps = [p for name in ("round-trip", "kind") for p in TWINS.glob(f"files.{name}/*.py")]

    assert {*DEFECTS, *MENDED} == {
        f"{path.parent.name.removeprefix('files.')}/{path.stem}" for path in apps
    }


@pytest.mark.parametrize(
    ("name", "replay"),
    [("round-trip/defect_bundle", replay_carriage), ("kind/defect_chosen", replay_kind)],
)
def test_the_lines_to_paste_show_it_again(
    name: str, replay: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """They send the same files, or make the same choice, and end with what was found."""
    path = TWINS / f"files.{name}.py"
    monkeypatch.chdir(path.parent)
    with launch(parse(path.name, Path.cwd()), folder=Path.cwd(), timeout_seconds=60) as app:
        (finding,) = look(app)

    with pytest.raises(SystemExit) as ended:
        exec(finding.reproduce.splitlines()[-2], {replay.__name__: replay})

    assert finding.title == ended.value.code


@pytest.mark.parametrize("name", DEFECTS)
def test_what_does_not_come_back_whole_is_told(name: str, serve: Callable[..., App]) -> None:
    """By the file that was sent, and what came of it."""
    path = TWINS / f"files.{name}.py"

    assert list(DEFECTS[name]) == [one.title for one in look(serve(path.name, path.parent))]


@pytest.mark.parametrize("name", MENDED)
def test_nothing_is_told_of_the_mended_app(name: str, serve: Callable[..., App]) -> None:
    """Whatever its visitors send."""
    path = TWINS / f"files.{name}.py"

    assert [] == [one.title for one in look(serve(path.name, path.parent))]
