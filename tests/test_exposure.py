"""Routes that give files to whoever asks: a too wide one is told, a narrow one is not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from gradio_harness.app import App
from gradio_harness.files.exposure import exposure, replay_exposure
from gradio_harness.finding import Severity

TWINS = Path(__file__).resolve().parent.parent / "fixtures" / "apps" / "twins" / "files.exposed"
FILE = "GET /gradio_api/file={path}"

#: What is told of each defect: what gives what, and which line of the author's.
DEFECTS: Mapping[str, tuple[str, str]] = {
    "defect": (f"{FILE} gives any file of this machine to anybody", ""),
    "defect_route": (
        "GET /notes gives any file of this machine to anybody",
        "defect_route.py:14 in note",
    ),
    "defect_static": ("GET /pictures/{path:path} gives the app's own source to anybody", ""),
}


@pytest.mark.parametrize("name", DEFECTS)
def test_a_route_that_gives_too_much_is_told(name: str, serve: Callable[..., App]) -> None:
    """What it gives, and what was asked."""
    app = serve(f"{name}.py", TWINS)
    told = [
        (f.title.replace(" /file=", " /gradio_api/file="), f.location)
        for f in exposure(app).findings
    ]

    assert DEFECTS[name] in told


@pytest.mark.parametrize("name", [name.replace("defect", "mended") for name in DEFECTS])
def test_nothing_is_told_of_the_mended_app(name: str, serve: Callable[..., App]) -> None:
    """However it is asked."""
    assert () == exposure(serve(f"{name}.py", TWINS)).findings


def test_secrets_beside_the_app_weigh_more_than_its_source(
    serve: Callable[..., App], write: Callable[..., Path]
) -> None:
    """Source is a warning, for it is often public; an .env is an error. And it is shown again."""
    source = """
        import gradio as gr

        with gr.Blocks() as demo:
            gr.Markdown("Welcome.")

        if __name__ == "__main__":
            demo.launch(allowed_paths=["."])
    """
    folder = write(app=source)
    (folder / ".env").write_text("KEY=planted-for-a-test\n", "utf-8")

    found = {f.exception.rpartition(" ")[2]: f for f in exposure(serve("app.py", folder)).findings}

    assert {"source": Severity.WARNING, "secret": Severity.ERROR} == {
        kind: finding.severity for kind, finding in found.items()
    }
    assert not any("planted" in f"{finding}" for finding in found.values())


def test_the_lines_to_paste_show_it_again(
    serve: Callable[..., App], monkeypatch: pytest.MonkeyPatch
) -> None:
    """They ask the same, and end with what came."""
    serve("mended.py", TWINS).close()
    monkeypatch.chdir(TWINS)

    with pytest.raises(SystemExit) as ended:
        replay_exposure("defect_route.py")

    assert DEFECTS["defect_route"][0] == ended.value.code
