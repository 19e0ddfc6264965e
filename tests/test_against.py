"""What two apps answer and how long they take: twins, held against the app that they were."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from sessions import TWINS, project, run

from gradio_harness.against.environments import environment
from gradio_harness.against.reference import Reference, resolved
from gradio_harness.against.regression import Regression
from gradio_harness.app import App, launch
from gradio_harness.child import child
from gradio_harness.errors import OptionError
from gradio_harness.finding import Severity
from gradio_harness.options import Options
from gradio_harness.plan import plan
from gradio_harness.run import Part
from gradio_harness.target import parse

BEFORE = "regression.output/before.py"


@pytest.fixture(scope="module")
def before() -> Iterator[App]:
    """Return the older app, in a process of its own, for all tests."""
    with child(parse(BEFORE, TWINS), folder=TWINS) as app:
        yield app


def compared(before: App, name: str, seed: int, *events: str, calls: int | None = None) -> Part:
    """Return what is found of a twin's events beside the older app."""
    options = Options(
        target=name,
        suites=(),
        folder=TWINS,
        report=TWINS,
        profile="quick",
        against=BEFORE,
        seed=seed,
    )
    with launch(parse(name, TWINS), folder=TWINS, timeout_seconds=60) as app:

        def start(reference: Reference, alike: bool) -> App:
            return before if reference.target.text == BEFORE else app

        regression = Regression(app, plan(app.contract), options, start=start)
        parts = [regression.answers(event, calls)[0] for event in events]
        if "look_up" in events:
            parts.append(regression.pace("look_up", calls)[0])
    return Part(
        findings=tuple(f for part in parts for f in part.findings),
        sides=tuple(row for part in parts for row in part.sides),
        ratios=tuple(row for part in parts for row in part.ratios),
    )


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("output/defect", ("plan", "it answers otherwise than", Severity.WARNING)),
        ("output/defect_fails", ("plan", "it fails where", Severity.ERROR)),
        ("stream/defect", ("tell", "2 outputs come, and 5 in", Severity.WARNING)),
    ],
)
def test_what_is_answered_otherwise_is_told(
    before: App, name: str, expected: tuple[str, str, Severity], seed: int
) -> None:
    """By whatever seed, with the fields that matter; an app's clock is not compared."""
    event, title, severity = expected

    part = compared(before, f"regression.{name}.py", seed, "plan", "greet", "tell", "draw")

    (found,) = part.findings
    assert (f"regression.{name.partition('/')[0]}", event, severity) == (
        found.check,
        found.event,
        found.severity,
    )
    assert found.title.startswith(title)
    assert [0] == [row.same + row.differ for row in part.sides if row.event == "draw"]
    if event == "plan":
        assert "style = 'long'" in found.input
        assert "place" not in found.input


@pytest.mark.parametrize("name", ["output/mended", "stream/mended"])
def test_what_is_answered_the_same_is_silent(before: App, name: str) -> None:
    """Whatever the way to it."""
    assert () == compared(before, f"regression.{name}.py", 1, "plan", "greet", "tell").findings


def test_what_a_process_fixes_at_its_start_is_silent() -> None:
    """Two starts of one app: what each has drawn, and the folder that each was given."""
    target = parse("regression.output/mended_start.py", TWINS)
    options = Options(
        "", (), TWINS, TWINS, profile="quick", against="regression.output/mended_start.py", seed=1
    )
    with launch(target, folder=TWINS, timeout_seconds=60) as app:
        regression = Regression(
            app,
            plan(app.contract),
            options,
            start=lambda reference, alike: child(target, folder=TWINS),
        )
        with closing(regression):
            parts = [regression.answers(event, None)[0] for event in ("run", "kept")]

    assert () == tuple(finding for part in parts for finding in part.findings)
    assert [0, 0] == [row.differ for part in parts for row in part.sides]


def test_what_takes_ten_times_as_long_is_told_and_what_takes_as_long_is_not(before: App) -> None:
    """With the ratio and its interval."""
    slower = compared(before, "regression.latency/defect.py", 1, "look_up")
    same = compared(before, "regression.latency/mended.py", 1, "look_up")

    assert [("regression.latency", "look_up", Severity.ERROR)] == [
        (f.check, f.event, f.severity) for f in slower.findings
    ]
    assert () == same.findings
    assert ["slower"] == [row.verdict for row in slower.ratios]


def test_the_budget_of_calls_holds_for_each_app(before: App) -> None:
    """Two calls an input, and half of them are kept for its pace: with eleven no third one."""
    part = compared(before, "regression.output/defect.py", 1, "greet", calls=11)

    assert [2] == [row.inputs for row in part.sides]


@pytest.mark.slow
def test_a_commit_is_checked_out_beside_the_app(tmp_path: Path) -> None:
    """Its own modules are imported there; the repository is as it was."""
    app = """
        import gradio as gr
        from words import greeting

        def greet(name):
            return f"{greeting} {name}"

        with gr.Blocks() as demo:
            name = gr.Textbox("Ada", label="Name")
            gr.Button("Greet").click(greet, name, gr.Textbox())
        demo.launch()
    """
    folder = project(tmp_path / "shop", app, {"words.py": "greeting = 'Hello'"})
    git = ("git", "-C", str(folder), "-c", "user.name=A", "-c", "user.email=a@b.c")
    for words in (("init", "-q"), ("add", "-A"), ("commit", "-qm", "one")):
        subprocess.run((*git, *words), check=True)
    (folder / "words.py").write_text("greeting = 'Good day'", "utf-8")

    about = ("--app", "app.py", "--app-suites", "regression", "--app-profile", "quick")
    done = run(folder, *about, "--app-against", "git:HEAD", "--app-fail-on", "warning")
    found, (told,) = done.findings, done.report["findings"]
    again = run(folder, "--app", "app.py", "--app-replay", told["id"])
    with ExitStack() as closers, pytest.raises(OptionError, match="such a commit, tag or branch"):
        resolved("git:nowhere", parse("app.py", folder), folder, "6.31.0", closers)

    assert (1, [("regression.output", "greet")]) == (done.code, found), done.out
    assert '"Hello Ada"' in told["detail"]
    assert (1, True) == (again.code, "it answers otherwise than git:HEAD" in again.out), again.out
    assert not (folder / ".git" / "worktrees").exists()


@pytest.mark.slow
def test_a_baseline_has_answers_that_last(tmp_path: Path) -> None:
    """What draws by chance, tells the time or follows the order of a set is not in it."""
    app = """
        import random, time
        import gradio as gr

        with gr.Blocks() as demo:
            name = gr.Textbox("Ada and Grace", label="Name")
            out = gr.Textbox()
            gr.Button("A").click(lambda n: f"Hello {n}", name, out, api_name="greet")
            gr.Button("B").click(lambda: str(random.random()), None, out, api_name="draw")
            gr.Button("C").click(lambda: time.strftime("%Y-%m-%d"), None, out, api_name="day")
            gr.Button("D").click(lambda n: "".join(set(n)), name, out, api_name="mix")
        demo.launch()
    """
    folder = project(tmp_path / "shop", app)
    about = ("--app", "app.py", "--app-suites", "regression", "--app-baseline", "known.json")
    about += ("--app-profile", "quick")

    made = run(folder, *about, "--app-update-baseline")
    data = json.loads((folder / "known.json").read_text("utf-8"))
    source = (folder / "app.py").read_text("utf-8")
    same = run(folder, *about, "--app-fail-on", "warning")
    (folder / "app.py").write_text(source.replace("Hello", "Good day"), "utf-8")
    other = run(folder, *about, "--app-fail-on", "warning")

    assert 0 == made.code, made.out
    assert [("greet", "the page as it opens", ['"Hello Ada and Grace"'])] == [
        (row["event"], row["input"], row["outputs"]) for row in data["answers"]
    ]
    assert (0, 1) == (same.code, other.code), same.out + other.out
    assert [("regression.output", "greet")] == other.findings
    again = run(folder, "--app", "app.py", "--app-replay", other.report["findings"][0]["id"])
    assert (1, True) == (again.code, "otherwise than the baseline" in again.out), again.out


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("git:HEAD", "Is the app in a git repository"),
        ("nowhere.py", "there is no file nowhere.py"),
    ],
)
def test_what_cannot_be_compared_with_is_said(tmp_path: Path, text: str, expected: str) -> None:
    """In a line, with the next step."""
    folder = project(tmp_path / "shop", "")
    target = parse("app.py", folder)

    with ExitStack() as closers, pytest.raises(Exception, match=expected):
        resolved(text, target, folder, "6.31.0", closers)


def test_without_uv_no_environment_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the message says how to get it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(shutil, "which", lambda name: None)

    with pytest.raises(OptionError, match="pip install uv"):
        environment(["gradio==5.49.1"])
