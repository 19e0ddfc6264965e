"""An app that puts all it can into labels, texts, errors, logs and file names: it moves nothing.

What single functions make of such text is in test_report.py, test_annotations.py.
"""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sessions import Session, project, run

from gradio_harness.drivers.browser.program import launched
from gradio_harness.report.text import HIDDEN, printed

APP = r"""
    import tempfile

    import gradio as gr

    NASTY = (
        "<script>document.title='owned'</script></pre></title></style>]]>\n::error file=x::owned\n"
        "\x1b]0;owned\x07\x1b[2J\x9b31m\u202etxt.exe\u2066\x00\x7f\ud800 <svg onload=alert(1)>"
        "[x](javascript:alert(1)) ![y](http://127.0.0.1:9/y.png) `` | <a href=data:text/html,x>"
        "<img src=http://127.0.0.1:9/x onerror=\"document.title='owned'\">\r\n##[error]owned"
    )
    #: Without what no name of a file, and no JSON of Gradio's own, may hold.
    NAME = "<img src=x onerror=alert(1)> \x1b[31m\u202egpj.txt"
    TOLD = NASTY.replace("\ud800", "")

    class Odd(Exception):
        pass

    Odd.__name__ = Odd.__qualname__ = "Odd<b>\x1b[31m"

    def ask(text):
        print(TOLD)
        gr.Info(TOLD)
        raise Odd(NASTY + text)

    def save(text):
        path = f"{tempfile.mkdtemp()}/{NAME}"
        open(path, "w").write(text)
        return path

    def stream(text):
        yield TOLD
        yield TOLD + text
        raise KeyError(NASTY)

    with gr.Blocks(title="T " + TOLD) as demo:
        text = gr.Textbox("a", label="L " + TOLD)
        out = gr.Textbox(label="O")
        file = gr.File()
        gr.Button("Ask " + TOLD).click(ask, text, out)
        gr.Button("Save").click(save, text, file)
        gr.Button("Stream " + TOLD).click(stream, text, out, api_name=False)

    demo.launch()
"""


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """A session about that app, with everything that a session can write."""
    folder = project(tmp_path_factory.mktemp("hostile") / "own", APP)
    arguments = ("--app", "app.py", "--app-suites", "api,streaming", "--app-calls", "12")
    more = ("--junitxml", "junit.xml", "-rA", "-vv", "--app-profile", "quick")
    baseline = ("--app-baseline", "known.json", "--app-update-baseline")
    return run(folder, *arguments, *more, *baseline, GITHUB_ACTIONS="true")


def written(session: Session) -> Iterator[tuple[str, str]]:
    yield "terminal", session.out
    for file in session.folder.rglob("*"):
        if file.is_file() and file.name != "app.py" and ".pytest_cache" not in file.parts:
            yield str(file.relative_to(session.folder)), file.read_bytes().decode("utf-8")


@pytest.mark.slow
def test_nothing_written_steers_who_reads_it(session: Session) -> None:
    """No control character, no surrogate and nothing that turns text around, in name or content."""
    said = dict(written(session))

    assert {"terminal", "junit.xml", "known.json", "reports/latest/index.html"} <= {*said}
    assert {} == {name: re.findall(HIDDEN, text) for name, text in said.items() if hidden(text)}
    assert [] == [name for name in said if not re.fullmatch(r"[\w./-]+", name)]
    assert {"Odd", "KeyError"} <= {
        found["exception"].partition("<")[0] for found in session.report["findings"]
    }


def hidden(text: str) -> bool:
    return re.search(HIDDEN, text) is not None


@pytest.mark.slow
def test_nothing_printed_is_a_command_to_the_runner(session: Session) -> None:
    """Those that the harness itself gives, one a finding, and none of the app's."""
    lines = session.out.splitlines()

    commands = [line for line in lines if line.lstrip().startswith("::")]
    assert commands
    assert [] == [line for line in commands if not re.match(r"::\w+ [^:]*title=", line)]
    assert [] == [line for line in lines if "##[" in line]
    assert r"\x3a:error" == printed("::error::x")[:10]


@pytest.mark.slow
def test_what_machines_read_is_whole(session: Session) -> None:
    """JUnit is XML and results.json is JSON, with the words in them."""
    tree = ElementTree.parse(session.folder / "junit.xml")
    results = json.loads((session.folder / "reports" / "latest" / "results.json").read_text())

    assert "<script>" in "".join(tree.getroot().itertext())
    assert any("<script>" in found["title"] for found in results["findings"])


@pytest.mark.slow
@pytest.mark.browser
def test_its_page_runs_nothing_and_asks_for_nothing(session: Session, tmp_path: Path) -> None:
    """No message in the console; and what somebody put into it past all escaping stays still."""
    index = session.folder / "reports" / "latest" / "index.html"
    html = index.read_text("utf-8")
    spoilt = tmp_path / "index.html"
    spoilt.write_text(
        html.replace(
            "<main",
            "<script>document.title = 'owned'</script><svg onload=\"document.title='owned'\"></svg>"
            "<img src=http://127.0.0.1:9/x><link rel=stylesheet href=http://127.0.0.1:9/y>"
            "<iframe src=http://127.0.0.1:9/z></iframe><base href=http://127.0.0.1:9/><main",
            1,
        )
    )

    with launched() as program:
        sound, broken = (seen(program, path) for path in (index, spoilt))

    assert ([], [index.as_uri()], False) == sound
    said, asked, owned = broken
    assert ([spoilt.as_uri()], False) == (asked, owned)
    assert any("Content Security Policy" in message for message in said)


def seen(program: Any, path: Path) -> tuple[list[str], list[str], bool]:
    """Return what the page says in its console, what it gets, and whether it was taken over."""
    said: list[str] = []
    got: list[str] = []
    with program.new_context() as context:
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("dialog", lambda dialog: said.append(dialog.message))
        page.on("requestfinished", lambda request: got.append(request.url))
        page.goto(path.as_uri())
        page.locator("h1").wait_for()
        return said, [url for url in got if not url.startswith("data:")], page.title() == "owned"
