"""Files and addresses that are not for visitors: an app that opens one is told, no other is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import gradio
import pytest

from gradio_harness.app import App, launch
from gradio_harness.drivers.direct import Direct
from gradio_harness.drivers.wire import Wire
from gradio_harness.files.fetching import fetches
from gradio_harness.files.trespass import path_read, path_write, replay_trespass
from gradio_harness.finding import Finding
from gradio_harness.plan import plan
from gradio_harness.target import parse
from gradio_harness.visitors.stage import Stage

TWINS = Path(__file__).resolve().parent.parent / "fixtures" / "apps" / "twins"
OPENS, RETURNS = (
    "opens any file that a visitor names",
    "hands out files of its temporary and working folder by their path",
)

AREAS = ("path-read", "path-write", "fetches")
FETCHES = "has the server fetch any address that a visitor gives"

#: What is told of each defect: in which words, of which line.
DEFECTS: Mapping[str, tuple[str, str]] = {
    "path-read/defect": (f"Textbox 'Note' {OPENS}", "defect.py:12 in read"),
    "path-read/defect_checked": (f"Textbox 'Page' {OPENS}", "defect_checked.py:12 in show"),
    "path-read/defect_returned": (f"Textbox 'Report' {RETURNS}", ""),
    "path-read/defect_silent": (f"Dataframe 'Pictures' {OPENS}", "defect_silent.py:11 in measure"),
    "fetches/defect": (f"Textbox 'Address' {FETCHES}", "defect.py:12 in load"),
    "fetches/defect_blind": (f"Textbox 'Address' {FETCHES}", "defect_blind.py:7 in check"),
    "path-read/defect_link": (f"File 'Archive' {OPENS}", ""),
    "path-write/defect_unpack": (
        "File 'Archive' writes wherever a visitor says",
        "defect_unpack.py:17 in unpack",
    ),
    "path-write/defect": (
        "Textbox 'Name' writes wherever a visitor says",
        "defect.py:14 in save",
    ),
}
MENDED = [name.replace("defect", "mended") for name in DEFECTS]


def look(app: App, seed: int = 3) -> list[Finding]:
    """Return what comes of paths in every field of the first event."""
    with Wire(app) as wire:
        stage = Stage(
            app, wire, plan(app.contract), "quick", seed, seconds=5.0, direct=Direct(app, wire)
        )
        event = stage.roots[0]
        return [
            f for drive in (path_read, path_write, fetches) for f in drive(stage, event).findings
        ]


def test_every_twin_is_tried() -> None:
    """A new pair of twins must say what is found in it."""
    apps = [p for name in AREAS for p in TWINS.glob(f"files.{name}/*.py")]

    assert {*DEFECTS, *MENDED} == {
        f"{path.parent.name.removeprefix('files.')}/{path.stem}" for path in apps
    }


def test_the_lines_to_paste_show_it_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """They lay out marked files of their own, and end with what was found."""
    monkeypatch.chdir(TWINS / "files.path-read")
    with launch(parse("defect.py", Path.cwd()), folder=Path.cwd(), timeout_seconds=60) as app:
        (finding,) = look(app)

    with pytest.raises(SystemExit) as ended:
        exec(finding.reproduce.splitlines()[-2], {"replay_trespass": replay_trespass})

    assert finding.title == ended.value.code
    assert "It came back in Textbox 'Text'." in capsys.readouterr().out


@pytest.mark.parametrize("name", DEFECTS)
def test_a_file_that_is_not_for_visitors_is_told(name: str, serve: Callable[..., App]) -> None:
    """By the field, in the way that was enough, with the author's line, seen twice."""
    if name == "path-read/defect_returned" and gradio.__version__.startswith("4."):
        pytest.skip("this Gradio serves any path that is returned, and fetches any address")
    path = TWINS / f"files.{name}.py"
    (finding,) = look(serve(path.name, path.parent))

    assert (*DEFECTS[name], "every time, 2 of 2") == (
        finding.title,
        finding.location,
        str(finding.repeats),
    )


@pytest.mark.parametrize("name", MENDED)
def test_nothing_is_told_of_the_mended_app(name: str, serve: Callable[..., App]) -> None:
    """Whatever path it is given."""
    path = TWINS / f"files.{name}.py"

    assert [] == look(serve(path.name, path.parent))
