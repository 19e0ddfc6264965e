"""The folders below a report that show its findings again, and what makes and runs them."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from sessions import Session, project, run

from gradio_harness import replays
from gradio_harness.command import _found
from gradio_harness.errors import OptionError, ReplayError
from gradio_harness.finding import Finding, Severity
from gradio_harness.literals import literal
from gradio_harness.observation import Media
from gradio_harness.opening import alike, page_snippet

PICTURE = Media("A bé.PNG", b"\x89PNG", "image/png")
PAGES = Path(__file__).parent.parent / "fixtures" / "apps" / "twins" / "ui.console-error"
OTHER = Media("A bé.PNG", b"other", "image/png")

APP = """
import gradio as gr

def look(image):
    if image is not None:
        height, width, channels = image.shape
    return "seen"

with gr.Blocks() as demo:
    image = gr.Image(image_mode=None, label="Picture")
    gr.Button("Look").click(look, image, gr.Textbox())
demo.launch()
"""


def finding(body: str = "replay('app.py', 'go')", imports: str = "replay", **more: str) -> Finding:
    script = f"python - <<'EOF'\nfrom gradio_harness import {imports}\n\n{body}\nEOF"
    return Finding(
        "api.unhandled-exception",
        "go",
        Severity.ERROR,
        more.pop("title", "KeyError: 'a'"),
        reproduce=script,
        **more,  # type: ignore[arg-type]
    )


def source(folder: Path, *findings: Finding) -> str:
    """Write the replays of *findings* below *folder*, and return the source of the first."""
    replays.write(findings, folder, target="app.py", home=folder)
    return (folder / "replays" / findings[0].id / "replay.py").read_text("utf-8")


def done(text: str, folder: Path) -> tuple[object, ...]:
    """Return what the script in *text* calls its replay function with."""
    seen: list[tuple[object, ...]] = []
    text = text.replace("from gradio_harness import Media, replay", "")
    scope = {
        "__file__": str(folder / "replay.py"),
        "Media": Media,
        "replay": lambda *given, **named: seen.append((*given, named)),
    }
    exec(compile(text, "replay.py", "exec"), scope)
    scope["again"]("other.py")  # type: ignore[operator]
    return seen[0]


# -- written -------------------------------------------------------------------------------------


def test_files_are_real_files_and_the_target_can_be_another(tmp_path: Path) -> None:
    """Each file once, under a name that any disk takes; two of one name are told apart."""
    one, two = literal(PICTURE), literal(OTHER)
    body = f"replay('app.py', 'go', [{one}, {two}, {one}], tries=2)"
    told = finding(body, "Media, replay")

    text = source(tmp_path, told)

    folder = tmp_path / "replays" / told.id
    given = ("other.py", "go", [PICTURE, OTHER, PICTURE], {"tries": 2})
    assert (False, given, {"A_b_.PNG": PICTURE.content, "A_b_-2.PNG": OTHER.content}) == (
        "packed" in text,
        done(text, folder),
        {path.name: path.read_bytes() for path in folder.glob("*.PNG")},
    )


def test_old_replays_go_and_what_is_not_ours_stays(tmp_path: Path) -> None:
    """A finding that is gone leaves no folder behind; the user's own folder is not touched."""
    old = finding(title="old")
    source(tmp_path, old, finding(title="older", exception="E"))
    (tmp_path / "replays" / "0123456789").mkdir()
    (tmp_path / "replays" / "mine").mkdir()

    replays.write([old], tmp_path, target="app.py", home=tmp_path)

    there = sorted(path.name for path in (tmp_path / "replays").iterdir())
    assert sorted([old.id, "0123456789", "mine", "pytest.ini"]) == there


@pytest.mark.parametrize(
    "script", ["", "python - <<'EOF'\nnot python ***\nEOF"], ids=["none", "hidden"]
)
def test_a_finding_without_a_script_has_no_replay(tmp_path: Path, script: str) -> None:
    """A page or a type has none; one that the report must not show whole has none either."""
    told = Finding("ui.console", "", Severity.ERROR, "x", reproduce=script)

    replays.write([told], tmp_path, target="app.py", home=tmp_path)

    assert not (tmp_path / "replays").exists()
    with pytest.raises(ReplayError, match="nothing to send"):
        replays.replay(told, "app.py", folder=tmp_path)


@pytest.mark.parametrize(
    "title", ['"""', "a\\", "\x1b[31m\u202e", "line\nline", "\ud800"], ids=ascii
)
def test_no_text_of_an_app_breaks_the_test(tmp_path: Path, title: str) -> None:
    """The words are literals; the source is Python whatever they say."""
    text = source(tmp_path, finding(title=title))

    scope: dict[str, object] = {"__file__": "replay.py"}
    exec(compile(text, "replay.py", "exec"), scope)
    assert str(scope["WORDS"]).startswith(f"{title}\napi.unhandled-exception at go")


def test_a_script_of_several_lines_keeps_them(tmp_path: Path) -> None:
    """Whatever function of the package shows it: the first argument is the target."""
    body = "replay_visits('app.py', [\n    ('A', 'save', ['app.py']),\n], looked_for='app.py')"

    text = source(tmp_path, finding(body, "replay_visits"))

    assert "    replay_visits(target, [\n        ('A', 'save', ['app.py']),\n    ]," in text


# -- found ----------------------------------------------------------------------------------------


def test_the_app_is_looked_for_here_and_where_the_report_was_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The environment comes first; where there is no such file, the message says what to do."""
    (tmp_path / "made").mkdir()
    (tmp_path / "made" / "app.py").touch()
    here, home = tmp_path, tmp_path / "made"

    assert ("app.py:demo", home) == replays.located("app.py:demo", home, here)
    assert ("app.py", home) == replays.located("app.py", here, home)
    assert ("https://a.b/x.py", here) == replays.located("https://a.b/x.py", home, here)
    with pytest.raises(ReplayError, match=r"no other.py in .*--app path/to/app.py, or GRADIO_HARN"):
        replays.located("other.py", home, here)
    monkeypatch.setenv("GRADIO_HARNESS_TARGET", "mine.py")
    assert ("mine.py", here) == replays.located("other.py", home, here)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("{0}", 0),
        ("{0}-2", 1),
        ("{2}", 2),
        ("{2:.4}", 2),
        ("{0:.4}", "several findings begin with"),
        ("zz", "no finding 'zz'. Choose from "),
        ("", "no finding ''. Choose from "),
    ],
)
def test_an_id_may_be_cut_short(wanted: str, expected: int | str) -> None:
    """As long as it fits one finding; a whole id is that one, though another goes on with it."""
    first, second, third = finding(), finding(number=2), finding(exception="KeyError")  # type: ignore[arg-type]
    known = [first, second, third]
    typed = wanted.format(*(item.id for item in known))

    if isinstance(expected, int):
        assert known[expected] is _found(known, typed)
    else:
        with pytest.raises(OptionError, match=expected):
            _found(known, typed)


# -- done again ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """A report with one finding that has a picture, of an app that is then mended."""
    folder = project(tmp_path_factory.mktemp("made") / "shop", APP)
    return run(folder, "--app", "app.py", "--app-suites", "api", "--app-seed", "3")


@pytest.mark.slow
def test_the_folder_shows_the_finding_anywhere_until_it_is_mended(
    report: Session, tmp_path: Path
) -> None:
    """Copied elsewhere, with the app named on the command line; the report is left alone."""
    [found] = report.report["findings"]
    [file] = found["files"]
    shutil.copytree(report.folder / "reports" / "latest" / "replays" / found["id"], tmp_path / "it")
    mended = tmp_path / "mended" / "app.py"
    mended.parent.mkdir()
    mended.write_text(APP.replace("height, width, channels = image.shape", "pass"), "utf-8")

    broken = run(tmp_path, "it", "--app", str(report.folder / "app.py"))
    passed = run(tmp_path, "it", GRADIO_HARNESS_TARGET=str(mended))

    assert (1, True, True, False) == (
        broken.code,
        f"{found['title']}\napi.unhandled-exception at look" in broken.out,
        f'File "{report.folder}/app.py", line 6, in look' in broken.out,
        (tmp_path / "reports").exists(),
    ), broken.out
    assert 0 == passed.code, passed.out
    assert (f"replays/{found['id']}/{file['name']}", "image/png", True) == (
        file["path"],
        file["mime"],
        (report.folder / "reports" / "latest" / file["path"]).stat().st_size == file["bytes"],
    )


@pytest.mark.slow
def test_app_replay_shows_it_in_the_authors_words(report: Session) -> None:
    """A few letters of the id will do; Gradio's own frames are left out."""
    [found] = report.report["findings"]

    again = run(report.folder, "--app", "app.py", "--app-replay", found["id"][:5])

    assert (1, True, 0) == (
        again.code,
        again.out.endswith(found["traceback"].strip() + "\n"),
        again.out.count("site-packages"),
    ), again.out


@pytest.mark.slow
def test_a_selection_of_nothing_leaves_the_report_alone(report: Session) -> None:
    """-k with a word that no test has is no run."""
    path = report.folder / "reports" / "latest" / "results.json"
    before = json.loads(path.read_text("utf-8"))

    session = run(report.folder, "--app", "app.py", "--app-suites", "api", "-k", "nothing_of_it")

    assert (5, before) == (session.code, json.loads(path.read_text("utf-8")))


@pytest.mark.browser
def test_a_page_is_opened_again_until_it_is_mended() -> None:
    """In a browser of this machine, as the ui suite opens it."""
    title = "A script of the page fails: TypeError: Cannot set properties of null"
    title += " (setting 'textContent')"
    found = replace(finding(title=title), check="ui.console-error", event="")

    def again(app: str) -> str:
        script = page_snippet(app, "/", found)
        return replays.replay(replace(found, reproduce=script), app, folder=PAGES)

    assert (title, "") == (again("defect.py").partition("\n")[0], again("mended.py"))


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("slow: 812.25 ms, http://127.0.0.1:41999/x", True),
        ("slow: 3 ms, http://127.0.0.1:7860/y", False),
        ("fast: 3 ms, http://127.0.0.1:7860/x", False),
    ],
    ids=["numbers", "path", "word"],
)
def test_a_page_says_the_same_with_other_numbers(title: str, expected: bool) -> None:
    """A port and a time are others each time it is opened."""
    assert expected is alike("slow: 3 ms, http://127.0.0.1:7860/x", title)


def test_what_the_app_has_started_ends_with_the_replay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that does not come to its end is ended with all that runs in its session."""
    monkeypatch.setattr(replays, "MOST_SECONDS", 0.0)
    source = "import subprocess, time; p = subprocess.Popen(['sleep', '60']); time.sleep(60)"
    process = subprocess.Popen(
        [sys.executable, "-c", source], text=True, stdout=subprocess.PIPE, start_new_session=True
    )

    assert not replays._wait(process, tmp_path / "told.json")
    replays._end(process)

    assert process.stdout is not None
    with process.stdout:
        assert "" == process.stdout.read()  # nobody holds the other end any more
    assert -signal.SIGKILL == process.returncode
