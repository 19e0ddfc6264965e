"""A finding's snippet, pasted into a shell in the app's folder, shows the same again."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from sessions import project, run

from gradio_harness.contract import Contract, read
from gradio_harness.drivers.wire import Wire
from gradio_harness.exploring.exploration import Budget
from gradio_harness.exploring.explore import Explorer
from gradio_harness.finding import Finding
from gradio_harness.observation import Media
from gradio_harness.plan import plan
from gradio_harness.reproduce import Case, described, snippet

SAME_LABEL = """
import gradio as gr

with gr.Blocks() as demo:
    one, two = gr.Textbox(label="Name"), gr.Textbox(label="Name")
    out = gr.Textbox(label="Out")
    go = gr.Button("Go").click(lambda: "", None, out, api_name="go")
    go.then(lambda first, second: first + second, [one, two], out, api_name="told")
demo.launch()
"""

APP = """
import gradio as gr

def text(name):
    return name.split()[0]

def nothing(image):
    return image.mean()

def picture(image):
    if image is not None:
        height, width, channels = image.shape
    return "seen"

def example(name, times):
    if name == "Grace":
        raise KeyError(name)
    return name

def first(name):
    return name

def second(coupon):
    return 10 / len(coupon)


with gr.Blocks() as demo:
    name = gr.Textbox("Ada", label="Name")
    times = gr.Number(1, label="Times")
    image = gr.Image(image_mode=None, label="Picture")
    coupon = gr.Textbox("none", label="Coupon")
    out = gr.Textbox(label="Out")
    gr.Button("Text").click(text, name, out)
    gr.Button("Nothing").click(nothing, image, out)
    gr.Button("Picture").click(picture, image, out)
    gr.Button("Example").click(example, [name, times], out)
    gr.Examples([["Ada", 2], ["Grace", 3]], [name, times])
    gr.Button("Chain").click(first, name, out).then(second, coupon, out)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an app that fails in five ways."""
    made = tmp_path_factory.mktemp("replay")
    (made / "app.py").write_text(dedent(APP), "utf-8")
    return made


@pytest.fixture(scope="module")
def findings(serve: Any, folder: Path) -> dict[str, Finding]:
    """What is found in it, by the event that was set off."""
    app = serve("app.py", folder)
    chosen = plan(app.contract)
    found = {}
    with Wire(app) as wire:
        budget = Budget(examples=25, seconds=6.0, own=3, shrink_seconds=2.0)
        explorer = Explorer(app, wire, chosen, budget=budget, seed=3)
        for event in chosen.roots:
            for finding in explorer.explore(event).part.findings:
                found[event.label] = finding
    return found


def pasted(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Paste *script* into a shell in *folder*, where ``python`` is this one."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["sh", "-c", script],
        cwd=folder,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("event", "call", "ends_with"),
    [
        ("text", "replay('app.py', 'text', [''])", "IndexError: list index out of range"),
        ("nothing", "replay('app.py', 'nothing')", "has no attribute 'mean'"),
        ("picture", "replay('app.py', 'picture', [Media.packed(", "(expected 3, got 2)"),
        ("example", "replay('app.py', 'example', example=('", "KeyError: 'Grace'"),
        (
            "first",
            "replay('app.py', 'first', ",
            "ZeroDivisionError: division by zero",
        ),
    ],
    ids=["text", "none", "media", "example", "chain"],
)
def test_a_snippet_shows_it_again(
    findings: dict[str, Finding], folder: Path, event: str, call: str, ends_with: str
) -> None:
    """With the author's own traceback at the end, and no line of the harness in it."""
    finding = findings[event]

    done = pasted(finding.reproduce, folder)

    traceback = done.stderr[done.stderr.rfind("Traceback") :].strip()
    files = re.findall(r'File "([^"]+)"', traceback)
    assert (True, 1, finding.traceback.strip(), {str(folder / "app.py")}) == (
        call in finding.reproduce,
        done.returncode,
        traceback,
        set(files),
    )
    assert traceback.endswith(ends_with)


def test_what_only_a_chains_later_event_reads_is_named_by_its_label(
    findings: dict[str, Finding],
) -> None:
    """The event that was clicked does not read it: it is set on the page before."""
    assert "also={\"Textbox 'Coupon'\": ''}" in findings["first"].reproduce


@pytest.mark.slow
def test_components_of_one_label_are_told_apart(tmp_path: Path) -> None:
    """The first is known by its label, the next by its number too, in snippet and replay alike."""
    (tmp_path / "app.py").write_text(dedent(SAME_LABEL), "utf-8")
    both = [{"id": number, "type": "textbox", "props": {"label": "Name"}} for number in (7, 8)]
    go = {"id": 0, "api_name": "go", "targets": [], "inputs": [], "outputs": []}
    contract = read({"version": "6.0.0", "components": both, "dependencies": [go]})

    text = snippet("app.py", contract, contract.event("go"), Case({7: "a", 8: "b"}))
    done = pasted(text, tmp_path)

    assert "also={\"Textbox 'Name'\": 'a', \"Textbox 'Name' (2)\": 'b'}" in text
    assert (0, "told('a', 'b')") == (done.returncode, done.stdout.splitlines()[-2]), done.stderr


BILLS = """
import gradio as gr

def bill():
    open("billed.txt", "w").close()
    return "billed"

with gr.Blocks() as demo:
    text = gr.Textbox("a", label="Text")
    gr.Button("Go").click(lambda text: text[9], text, text, api_name="go").then(bill, None, text)
    demo.load(bill, None, text)
    demo.load(bill, None, gr.Textbox())

demo.launch()
"""


@pytest.mark.slow
@pytest.mark.parametrize("exclude", [["bill*"], []], ids=["left-out", "called"])
def test_what_was_left_out_is_left_out_again(tmp_path: Path, exclude: list[str]) -> None:
    """A page load that bills somebody is not called by showing a finding of something else."""
    (tmp_path / "app.py").write_text(BILLS, "utf-8")
    go = {"id": 0, "api_name": "go", "targets": [[7, "click"]], "inputs": [7], "outputs": []}
    bill = {"id": 1, "api_name": "bill", "targets": [[7, "click"]], "inputs": [], "outputs": []}
    box = {"id": 7, "type": "textbox", "props": {"label": "Text"}}
    contract = read({"version": "6.0.0", "components": [box], "dependencies": [go, bill]})
    chosen = plan(contract, exclude=exclude)

    text = snippet("app.py", contract, contract.event("go"), Case({7: "b"}), chosen=chosen)
    done = pasted(text, tmp_path)

    assert (bool(exclude), not exclude, True) == (
        "exclude=['bill*']" in text,
        (tmp_path / "billed.txt").exists(),
        "string index out of range" in done.stderr,
    ), done.stderr


@pytest.mark.slow
def test_a_snippet_of_what_was_mended_passes(
    findings: dict[str, Finding], folder: Path, tmp_path: Path
) -> None:
    """Exit code 0, and what came is printed."""
    mended = dedent(APP).replace("name.split()[0]", '(name.split() or ["nobody"])[0]')
    (tmp_path / "app.py").write_text(mended, "utf-8")

    done = pasted(findings["text"].reproduce, tmp_path)

    assert (0, True) == (done.returncode, "text('')\n  -> ('nobody',)  [" in done.stdout)


# -- written down, without an app ---------------------------------------------------------------

CONTRACT: Contract = read(
    {
        "version": "6.0.0",
        "components": [
            {"id": 1, "type": "textbox", "props": {"label": "Name"}},
            {"id": 2, "type": "number", "props": {"label": "Times"}},
            {"id": 3, "type": "textbox", "props": {"label": "Coupon"}},
            {"id": 4, "type": "button", "props": {"value": "Go"}},
        ],
        "dependencies": [
            {
                "id": 0,
                "targets": [[4, "click"]],
                "inputs": [1, 2],
                "outputs": [1],
                "api_name": "go",
            },
            {
                "id": 1,
                "targets": [[4, "then"]],
                "trigger_after": 0,
                "inputs": [3],
                "outputs": [1],
                "api_name": "next",
            },
        ],
    }
)
GO = CONTRACT.event("go")


def call_of(case: Case) -> str:
    return snippet("app.py", CONTRACT, GO, case).splitlines()[-2]


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        (Case(), "replay('app.py', 'go')"),
        (Case({1: "a", 2: 3}), "replay('app.py', 'go', ['a', 3])"),
        (Case({1: "a"}), "replay('app.py', 'go', ['a'])"),
        (Case({2: 3}), "replay('app.py', 'go', [..., 3])"),
        (Case({1: None}), "replay('app.py', 'go', [None])"),
        (Case({1: "é'\n"}), "replay('app.py', 'go', [\"\\xe9'\\n\"])"),
        (Case({2: float("nan")}), "replay('app.py', 'go', [..., float('nan')])"),
        (Case({2: float("-inf")}), "replay('app.py', 'go', [..., float('-inf')])"),
        (Case({3: "x"}), "replay('app.py', 'go', also={\"Textbox 'Coupon'\": 'x'})"),
        (
            Case(example=("load_example", 1)),
            "replay('app.py', 'go', example=('load_example', 1))",
        ),
        (
            Case({1: {"text": "a", "files": []}}),
            "replay('app.py', 'go', [{'text': 'a', 'files': []}])",
        ),
    ],
    ids=[
        "untouched",
        "all",
        "first",
        "second",
        "none",
        "odd-characters",
        "nan",
        "infinite",
        "chain",
        "example",
        "mapping",
    ],
)
def test_a_case_as_a_call(case: Case, expected: str) -> None:
    """What was not touched is left out, or stands as three dots; no odd character is left."""
    assert expected == call_of(case)


@pytest.mark.parametrize("text", ["EOF", "\nEOF\n", "$HOME `id` \\", "\ud800"], ids=ascii)
def test_no_text_breaks_out_of_the_shell(text: str) -> None:
    """The quoted here-document ends where it should, and Python reads the same text."""
    lines = snippet("app.py", CONTRACT, GO, Case({1: text})).splitlines()

    assert ("python - <<'EOF'", "EOF", 1, True) == (
        lines[0],
        lines[-1],
        lines.count("EOF"),
        f"[{text!a}]" in lines[-2],
    )


def test_a_file_is_packed_into_the_snippet() -> None:
    """Byte for byte, on one line."""
    media = Media("a.png", bytes(range(256)) * 20, "image/png")

    line = call_of(Case({1: media}))
    scope: dict[str, Any] = {"Media": Media, "replay": lambda *given: given}

    assert ("app.py", "go", [media]) == eval(line, scope)


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        (Case(), "the page as it opens, nothing touched"),
        (Case({1: "", 2: 0}), "Textbox 'Name' = ''\nNumber 'Times' = 0"),
        (Case(example=("load_example", 1)), "the author's example in row 2"),
        (Case({3: "x"}), "Textbox 'Coupon' = 'x'"),
        (
            Case({1: Media("a.png", b"123", "image/png")}),
            "Textbox 'Name' = <file 'a.png', image/png, 3 bytes>",
        ),
        (Case({1: "x" * 1000}), "Textbox 'Name' = 'x' * 1000  (1000 characters)"),
    ],
    ids=["untouched", "all", "example", "chain", "file", "long"],
)
def test_a_case_in_words(case: Case, expected: str) -> None:
    """One line a parameter; long values are cut."""
    assert expected == described(CONTRACT, GO, case)


@pytest.mark.parametrize(
    ("smaller", "larger"),
    [
        (Case(), Case({1: ""})),
        (Case({1: ""}), Case({1: "a"})),
        (Case({1: None}), Case({1: "abc"})),
        (Case({1: "a"}), Case({1: "a", 2: 0})),
        (Case({1: Media("a", b"1")}), Case({1: Media("a", b"1" * 6400)})),
        (Case({1: ["a"]}), Case({1: ["a", "b"]})),
    ],
    ids=["untouched", "empty", "none", "fewer", "file", "list"],
)
def test_the_smaller_case_is_told(smaller: Case, larger: Case) -> None:
    """By how much there is to read."""
    assert smaller.size < larger.size


BEHIND = """
import gradio as gr

open("data.txt").read()

def first(text):
    if not text:
        raise KeyError("in-the-box")
    return text

with gr.Blocks() as demo:
    text = gr.Textbox("a", label="Text")
    gr.Textbox("in-the-box", type="password")
    gr.Button("First").click(first, text, gr.Textbox())
demo.launch(auth=lambda user, password: password == "lovelace")
"""


@pytest.mark.slow
def test_a_named_folder_and_a_login_are_handed_on(tmp_path: Path) -> None:
    """To the copy that is measured, to the snippet (the folder only), to --app-replay (both)."""
    folder = project(tmp_path / "project", BEHIND, {"work/data.txt": "1,2"})
    about = ("--app", "app.py", "--app-folder", "work", "--app-auth", "ada:lovelace")
    brief = ("--app-suites", "api,latency", "--app-calls", "8", "--app-profile", "quick")
    session = run(folder, *about, *brief)
    [finding] = session.report["findings"]
    [row] = session.report["latency"]

    again = run(folder, *about, "--app-replay", finding["id"])

    assert "replay('app.py', 'first', [''], folder='work'" in finding["reproduce"]
    assert "lovelace" not in session.out + str(session.report) + again.out
    assert "child process" == row["where"]
    assert (1, True) == (again.code, again.out.endswith("KeyError: '***'\n"))
