"""The browser: found on the machine, opening pages as a visitor, driving events by hand."""

from __future__ import annotations

import base64
import contextlib
import os
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any
from urllib.parse import urlsplit

import gradio
import httpx
import pytest
from playwright.sync_api import Browser as Program
from playwright.sync_api import BrowserContext, sync_playwright
from sessions import environment, project, run

from gradio_harness import browsers
from gradio_harness.app import App, connect
from gradio_harness.browsers import BrowserChoice, find, launch_arguments
from gradio_harness.checks.page import CHECKS
from gradio_harness.contract import Event
from gradio_harness.drivers.browser import Browser, CannotDrive, visit
from gradio_harness.drivers.traffic import RECORDER, withholding
from gradio_harness.errors import BrowserMissing
from gradio_harness.finding import Finding
from gradio_harness.observation import Call, Media, Observation
from gradio_harness.page import ConsoleError, Missing, PageError, PageVisit
from gradio_harness.target import parse

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
TWINS = FIXTURES / "apps" / "twins"
MEDIA = FIXTURES / "media"
TRIANGLE = (
    b"solid t\nfacet normal 0 0 1\nouter loop\nvertex 0 0 0\nvertex 1 0 0\nvertex 0 1 0\n"
    b"endloop\nendfacet\nendsolid t\n"
)

Serve = Callable[..., App]
Opened = Callable[..., PageVisit]


def media(name: str, mime: str) -> Media:
    """A file of the fixtures as a visitor would choose it."""
    return Media(name, (MEDIA / name).read_bytes(), mime)


def told(name: str) -> tuple[str, int]:
    """What the components app says of such a file."""
    return name, (MEDIA / name).stat().st_size


@pytest.fixture(scope="module")
def program() -> Iterator[Program]:
    """One browser for all tests of this file."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(**launch_arguments(find()))
        yield started
        started.close()


@pytest.fixture
def context(program: Program) -> Iterator[BrowserContext]:
    """A visitor without cookies."""
    with program.new_context() as opened:
        yield opened


@pytest.fixture(scope="module")
def opened(program: Program, serve: Serve) -> Opened:
    """Return a function that opens an app's first page; each app's only once."""
    seen: dict[tuple[str, Path], PageVisit] = {}

    def once(name: str, folder: Path = FIXTURES / "apps") -> PageVisit:
        if (name, folder) not in seen:
            app = serve(name, folder)
            with program.new_context() as visitor:
                seen[name, folder] = visit(visitor, app, app.contract)
        return seen[name, folder]

    return once


@pytest.fixture(scope="module")
def components(program: Program, serve: Serve) -> Iterator[Browser]:
    """The driver on the app that has one of each component."""
    with program.new_context() as opened, Browser(opened, serve("components.py")) as driver:
        yield driver


def findings(seen: PageVisit) -> list[Finding]:
    """What the checks say of a page."""
    return [finding for check in CHECKS for finding in check(seen)]


def call(driver: Browser, event: str, *inputs: Any, session: str | None = "one") -> Observation:
    """Set one event off by hand."""
    known = driver.contract.event(event)
    return driver.call(Call(known.label, known.index, inputs, session))


def seen_page(**changes: Any) -> PageVisit:
    """A page without a fault, but for *changes*."""
    whole: dict[str, Any] = {"page": "", "url": "http://127.0.0.1:7860/", "status": 200}
    return PageVisit(**{**whole, "seconds": 1.0, "title": "T", "mounted": True, **changes})


# -- finding a browser ---------------------------------------------------------------


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine without a browser: empty PATH, empty folders."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "ms-playwright"))
    monkeypatch.setattr(browsers, "_standard_places", lambda *_: ())
    return tmp_path


def program_at(path: Path) -> str:
    """Put something executable there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\necho Chromium 99.1.2.3\n")
    path.chmod(0o755)
    return str(path)


def test_a_machine_without_a_browser_is_told_how_to_get_one(bare: Path) -> None:
    """The message names two ways to a browser, and one to do without."""
    with pytest.raises(BrowserMissing) as raised:
        find()

    said = str(raised.value)
    assert all(
        words in said
        for words in ("playwright install chromium", "--app-browser PATH", "--app-suites api")
    )


@pytest.mark.parametrize(("command", "name"), browsers.COMMANDS.items())
def test_a_browser_on_the_path_is_found(bare: Path, command: str, name: str) -> None:
    """Chrome, Chromium and Edge are found by the names of their commands."""
    path = program_at(bare / "bin" / command)

    assert BrowserChoice(name, path) == find()


def test_chrome_comes_before_chromium_and_both_before_playwrights(bare: Path) -> None:
    """The machine's own browser is preferred to a downloaded one."""
    program_at(bare / "ms-playwright/chromium-1200/chrome-linux/chrome")
    program_at(bare / "bin/chromium")
    path = program_at(bare / "bin/google-chrome")

    assert BrowserChoice("Google Chrome", path) == find()


def test_the_newest_browser_of_playwright_is_found(bare: Path) -> None:
    """Of several downloaded revisions the newest is taken, by number and not by text."""
    program_at(bare / "ms-playwright/chromium-999/chrome-linux/chrome")
    path = program_at(bare / "ms-playwright/chromium-1200/chrome-linux64/chrome")

    assert BrowserChoice("Playwright's Chromium", path) == find()


def test_playwrights_headless_shell_will_do(bare: Path) -> None:
    """``playwright install --only-shell`` leaves no whole browser behind."""
    folder = bare / "ms-playwright/chromium_headless_shell-1200"
    path = program_at(folder / "chrome-linux/headless_shell")

    assert path == find().executable


def test_the_named_browser_is_taken(bare: Path) -> None:
    """A path and a command are both names."""
    program_at(bare / "bin/chromium")
    path = program_at(bare / "elsewhere/google-chrome-beta")

    assert BrowserChoice("Google Chrome", path) == find(path)
    assert "Chromium" == find("chromium").name


def test_a_named_browser_that_is_not_there_lists_those_that_are(bare: Path) -> None:
    """The choices are the browsers of this machine."""
    path = program_at(bare / "bin/chromium")

    with pytest.raises(BrowserMissing, match="no browser 'crome'") as raised:
        find("crome")

    assert f"Choose from {path}." in str(raised.value)


def test_standard_places_of_windows_and_macos() -> None:
    """Below each root that Windows names, and below / and home on macOS."""
    windows = dict(browsers._standard_places("win32", {"PROGRAMFILES": "P"}))
    macos = [str(path) for path, _ in browsers._standard_places("darwin", {})]

    assert "Microsoft Edge" == windows[Path("P/Microsoft/Edge/Application/msedge.exe")]
    assert "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" in macos


def test_the_version_is_asked_of_the_program(bare: Path) -> None:
    """Only its number is kept; a program that does not answer has none."""
    path = program_at(bare / "bin/chromium")

    assert "99.1.2.3" == BrowserChoice("Chromium", path).version()
    assert "" == BrowserChoice("Chromium", path + "-gone").version()


@pytest.mark.parametrize(("user", "expected"), [(0, True), (1000, False)], ids=["root", "user"])
def test_the_sandbox_is_left_out_only_for_root(
    monkeypatch: pytest.MonkeyPatch, user: int, expected: bool
) -> None:
    """Chromium refuses to sandbox itself as root; anybody else keeps the sandbox."""
    monkeypatch.setattr(os, "geteuid", lambda: user, raising=False)

    arguments = launch_arguments(BrowserChoice("Chromium", "/usr/bin/chromium"))

    assert expected == ("--no-sandbox" in arguments["args"])
    assert "/usr/bin/chromium" == arguments["executable_path"]


def test_a_long_temporary_folder_is_not_the_browsers(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Chromium makes a socket there; with a longer path than sockets have, it ends at once."""
    long = tmp_path / ("x" * 60)
    long.mkdir()
    choice = BrowserChoice("Chromium", "/usr/bin/chromium")
    monkeypatch.setattr(tempfile, "tempdir", "/tmp")
    assert "env" not in launch_arguments(choice)

    monkeypatch.setattr(tempfile, "tempdir", str(long))

    assert "/tmp" == launch_arguments(choice)["env"]["TMPDIR"]


@pytest.mark.browser
def test_a_browser_starts_in_a_long_temporary_folder(tmp_path: Path) -> None:
    """As pytest's own temporary folders are, and those of some CI servers."""
    long = tmp_path / ("x" * 60)
    long.mkdir()
    code = (
        "from playwright.sync_api import sync_playwright as start\n"
        "from gradio_harness.browsers import find, launch_arguments\n"
        "with start() as p: p.chromium.launch(**launch_arguments(find())).close()\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "TMPDIR": str(long)}, timeout=60
    )

    assert 0 == done.returncode


def test_finding_a_browser_does_not_import_playwright() -> None:
    """The import costs a moment that a session without pages need not spend."""
    source = Path(browsers.__file__).read_text(encoding="utf-8")

    assert "import playwright" not in source
    assert "from playwright" not in source


# -- opening a page ------------------------------------------------------------------


@pytest.mark.browser
@pytest.mark.parametrize(
    "name",
    ["text_tool", "classifier", "chat", "converter", "tabs", "login", "mounted", "components"],
)
def test_healthy_apps_give_no_finding(opened: Opened, name: str) -> None:
    """Gradio's own page is no finding of anybody's, and every component is drawn."""
    seen = opened(f"{name}.py")

    assert [] == findings(seen)
    assert () == seen.absent
    assert len(seen.rendered) > 2


@pytest.mark.browser
@pytest.mark.parametrize("check", ["ui.console-error", "ui.missing-resource", "ui.render"])
@pytest.mark.parametrize(("twin", "times"), [("defect", 1), ("mended", 0)])
def test_twins(opened: Opened, check: str, twin: str, times: int) -> None:
    """Each defect is exactly one finding of its own check; mended, there is none."""
    found = findings(opened(f"{twin}.py", TWINS / check))

    assert [check] * times == [finding.check for finding in found]


@pytest.mark.browser
def test_a_failed_render_names_the_exception(opened: Opened) -> None:
    """The finding carries the app's own traceback and place."""
    (found,) = findings(opened("defect.py", TWINS / "ui.render"))

    assert ("KeyError", "show") == (found.exception, found.function)
    assert "defect.py:" in found.location
    assert "plum" in found.title


CALLED = """
import gradio as gr

CALLED = []

def bill():
    CALLED.append("bill")
    return "billed"

def show(word):
    CALLED.append("show")
    return f"shown {word}"

with gr.Blocks() as demo:
    invoice = gr.Textbox("none", label="Invoice")
    word = gr.Textbox("a word", label="Word")
    shown = gr.Textbox(label="Shown")
    demo.load(bill, None, invoice, queue=QUEUE).then(show, word, shown)
    demo.load(show, word, shown)
    invoice.change(bill, None, word)
    gr.Timer(0.2).tick(bill, None, invoice)
"""


@pytest.mark.browser
@pytest.mark.parametrize("queue", [True, False], ids=["queued", "direct"])
def test_what_is_left_out_is_held_back_from_a_page(
    program: Program, serve: Serve, write: Any, queue: bool
) -> None:
    """Nothing of it reaches the app, the page stays calm, and what is wanted goes on."""
    app = serve("app.py", write(app=CALLED.replace("QUEUE", str(queue))))
    wanted = next(e for e in app.contract.events if e.label == "show_1")
    withheld = {event.index for event in app.contract.events} - {wanted.index}

    with program.new_context() as visitor:
        seen = visit(visitor, app, app.contract, withheld=withheld)

    assert (["show"], ["show_1"], ["bill"], [], ()) == (
        app.module.CALLED,
        [observation.call.event for observation in seen.observations],
        [event.label for event in seen.withheld],
        findings(seen),
        seen.absent,
    )


@pytest.mark.browser
def test_what_is_left_out_does_not_leave_the_page(
    program: Program, serve: Serve, write: Any
) -> None:
    """Even where the page learnt of its events in another way: a server that renders it first."""
    app = serve("app.py", write(app=CALLED.replace("QUEUE", "True")))
    bill = app.contract.event("bill").index
    script = """([address, index]) => Promise.race([
        fetch(address, {method: "POST", body: JSON.stringify({fn_index: index, data: []})}),
        new Promise(resolve => setTimeout(() => resolve("nothing"), 500)),
    ])"""

    with program.new_context() as visitor:
        page = visitor.new_page()
        page.add_init_script(withholding({e.index for e in app.contract.events}) + RECORDER)
        page.goto(app.url)
        came = page.evaluate(script, [f"{app.url}{app.contract.prefix}/queue/join", bill])

    assert ("nothing", []) == (came, app.module.CALLED)


@pytest.mark.browser
def test_load_events_are_waited_for_and_told(opened: Opened) -> None:
    """What the page sets off by itself comes as observations with outputs and evidence."""
    seen = opened("tabs.py")

    welcome = next(o for o in seen.observations if o.call.event == "welcome")
    assert ("There are 5 planets in the table.",) == welcome.outputs
    assert "browser" == welcome.driver
    assert welcome.evidence is not None
    assert "Page.load" in {o.call.event for o in seen.observations}


@pytest.mark.browser
def test_components_in_other_tabs_are_looked_for_there(opened: Opened) -> None:
    """A tab that is not selected is selected, to see what it draws."""
    seen = opened("tabs.py")

    assert {"Textbox 'Task'", "Textbox 'Picked'", "Textbox 'Word'"} <= {
        component.label for component in seen.rendered
    }


@pytest.mark.browser
def test_the_screenshot_is_a_picture_of_the_size_it_says(opened: Opened) -> None:
    """A PNG, 1280 wide, and of a long page the first 2000 pixels."""
    shot = opened("components.py").screenshot

    assert shot is not None
    png = base64.b64decode(shot.png)
    assert (1280, 2000) == (shot.width, shot.height) == struct.unpack(">II", png[16:24])


@pytest.mark.browser
def test_a_page_that_is_not_there(context: BrowserContext, serve: Serve) -> None:
    """A status of 400 and more is one finding, and nothing is waited for."""
    app = serve("text_tool.py")

    seen = visit(context, app, app.contract, "no/such/page", timeout_seconds=3)

    assert ["ui.page-load"] == [finding.check for finding in findings(seen)]


LOADS = """
    import gradio as gr

    with gr.Blocks() as demo:
        shown = gr.Textbox("not yet", label="Shown")
        demo.load(lambda: "loaded", None, shown)

    if __name__ == "__main__":
        demo.launch(ROOT)
"""


@pytest.mark.browser
@pytest.mark.parametrize("root", ["/myapp", "https://example.com/myapp"])
def test_a_page_below_another_root_talks_to_the_app_under_test(
    root: str, context: BrowserContext, serve: Serve, write: Callable[..., Path]
) -> None:
    """A root_path that is a whole address would lead to the deployed app: its path is kept."""
    app = serve("app.py", write(app=LOADS.replace("ROOT", f"root_path={root!r}")))
    asked: list[str] = []
    context.on("request", lambda request: asked.append(urlsplit(request.url).netloc))

    seen = visit(context, app, app.contract)

    assert ([], [("loaded",)], False, "//" in root) == (
        findings(seen),
        [observation.outputs for observation in seen.observations],
        "example.com" in asked,
        any(f"root_path is {root}" in note for note in app.notes),
    )


@pytest.mark.browser
def test_a_page_that_cannot_reach_its_app(
    context: BrowserContext, serve: Serve, write: Callable[..., Path]
) -> None:
    """It looks whole, and what it is to load never leaves it."""
    app = serve("app.py", write(app=LOADS.replace("ROOT", "")))
    context.route("**/queue/join*", lambda route: route.abort())

    found = findings(visit(context, app, app.contract))

    assert [("ui.page-load", "The page / cannot reach the app")] == [
        (f.check, f.title) for f in found
    ]


@pytest.mark.browser
def test_blank_page(context: BrowserContext, serve: Serve, write: Callable[..., Path]) -> None:
    """A page that Gradio never draws is one finding, with what the page said."""
    folder = write(
        blank="""
        import gradio as gr

        with gr.Blocks() as demo:
            gr.HTML("<p>never seen</p>")

        if __name__ == "__main__":
            import fastapi, uvicorn
            from fastapi.responses import HTMLResponse

            app = fastapi.FastAPI()
            app = gr.mount_gradio_app(app, demo, "/")

            @app.middleware("http")
            async def empty(request, call_next):
                if request.url.path == "/":
                    return HTMLResponse("<html><body></body></html>")
                return await call_next(request)

            uvicorn.run(app)
        """
    )
    app = serve("blank.py", folder)

    seen = visit(context, app, app.contract, timeout_seconds=3)

    found = findings(seen)
    assert ["ui.page-load"] == [finding.check for finding in found]
    assert "stays blank" in found[0].title


# -- the checks without a browser ----------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "Failed to load resource: net::ERR_NAME_NOT_RESOLVED",
        "Unable to preload CSS for https://fonts.googleapis.com/css2?family=Source+Sans+Pro",
    ],
)
def test_what_the_browser_says_of_requests_is_no_error_of_a_script(text: str) -> None:
    """Requests are judged where they are answered."""
    seen = seen_page(console_errors=(ConsoleError(text, "http://127.0.0.1:7860/x.js", 1),))

    assert [] == findings(seen)


def test_the_same_error_is_told_once() -> None:
    """An exception that is logged too, or comes again, is one finding."""
    error = PageError("TypeError", "x is null", "TypeError: x is null\n at http://127.0.0.1:7860/")
    seen = seen_page(
        page_errors=(error, error), console_errors=(ConsoleError("Uncaught TypeError: x is null"),)
    )

    (found,) = CHECKS[1](seen)

    assert "A script of the page fails: TypeError: x is null" == found.title
    assert "2 times" in found.detail


@pytest.mark.parametrize(
    ("path", "times"),
    [("favicon.ico", 0), ("manifest.json", 0), ("a/b.js.map", 0), ("file=logo.png", 1)],
)
def test_optional_resources_may_be_missing(path: str, times: int) -> None:
    """What a browser or Gradio asks for without the author is not the author's to bring."""
    seen = seen_page(missing=(Missing(f"http://127.0.0.1:7860/{path}", 404),))

    assert times == len(findings(seen))


@pytest.mark.parametrize(
    "error",
    [
        PageError("ReferenceError", "Plotly is not defined"),
        PageError("Error", "Failed to load script: https://cdn.example/plotly.js"),
        PageError("TypeError", "Failed to fetch"),
        PageError("TypeError", "x", "TypeError: x\n  at https://cdn.example/frame.js:1:1"),
    ],
    ids=["lacking a library", "a library", "a request", "a script of another host"],
)
def test_a_machine_without_network_is_not_the_apps_fault(error: PageError) -> None:
    """Scripts of other hosts, and what fails for want of them, are no findings."""
    seen = seen_page(page_errors=(error,), unreachable=("https://cdn.example/plotly.js",))

    assert [] == CHECKS[1](seen)


def test_with_its_libraries_there_a_reference_error_is_the_apps() -> None:
    """The same words, on a page that got every script it asked for."""
    seen = seen_page(page_errors=(PageError("ReferenceError", "Plotly is not defined"),))

    assert ["ReferenceError"] == [finding.exception for finding in CHECKS[1](seen)]


@pytest.mark.browser
def test_a_component_without_a_node_is_not_drawn(
    context: BrowserContext, serve: Serve, write: Callable[..., Path]
) -> None:
    """What the page takes away is missed; what a style or an event hides is not."""
    folder = write(
        taken="""
        import gradio as gr

        PIXEL = "data:image/gif;base64,R0lGODlhAQABAIAAAP///wAAACwAAAAAAQABAAACAkQBADs="
        TAKE = "setInterval(() => document.getElementById('taken')?.remove(), 1)"

        with gr.Blocks() as demo:
            gr.HTML(f'<style>#styled {{display: none}}</style><img src="{PIXEL}" onload="{TAKE}">')
            gr.Textbox(label="Taken", elem_id="taken")
            gr.Textbox(label="Styled", elem_id="styled")
            told = gr.Textbox(label="Told to hide")
            gr.Textbox(label="Stays")
            demo.load(lambda: gr.update(visible=False), None, told)
        """
    )
    app = serve("taken.py", folder)

    seen = visit(context, app, app.contract)

    assert ["Textbox 'Taken'"] == [component.label for component in seen.absent]
    (found,) = findings(seen)
    assert "Not drawn on the page /: Textbox 'Taken'" == found.title


# -- an app that was running already -----------------------------------------------------

RUNNING = """
    import gradio as gr

    TAKE = "setInterval(() => document.getElementById('taken')?.remove(), 1)"

    with gr.Blocks() as demo:
        gr.Markdown("# Title")
        with gr.Tabs():
            with gr.Tab("First"):
                name = gr.Textbox(label="Name")
                twice = gr.Textbox(label="Twice")
            with gr.Tab("Second"):
                gr.Image(label="Picture")
                gr.Textbox(label="Twice")
                with gr.Accordion("More", open=False):
                    gr.Checkbox(label="Sure")
        answer = gr.Textbox(label="Answer")
        gr.Button("Go").click(lambda name: f"Hello, {name}!", name, answer, api_name="go")
        TAKEN

    demo.launch()
"""
TAKEN = """gr.Textbox(label="Taken", elem_id="taken")
        gr.HTML(f'<img src="data:," onerror="{TAKE}">')"""


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """Return a function that runs an app's source as its author does, and returns its address."""
    started: list[subprocess.Popen[bytes]] = []

    def address(source: str) -> str:
        path = tmp_path / "running" / "app.py"
        path.parent.mkdir()
        path.write_text(dedent(source), "utf-8")
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        more = {"GRADIO_SERVER_PORT": str(port), "GRADIO_ANALYTICS_ENABLED": "False"}
        program = [sys.executable, str(path)]
        started.append(subprocess.Popen(program, env=environment(path.parent, **more)))
        url = f"http://127.0.0.1:{port}"
        limit = time.monotonic() + 60
        while time.monotonic() < limit and started[0].poll() is None:
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(f"{url}/config").status_code == 200:
                    return url
            time.sleep(0.1)
        raise AssertionError("the app did not start")

    yield address
    for process in started:
        process.terminate()
        process.wait(20)


@pytest.mark.browser
def test_the_ui_suite_passes_on_an_address(running: Callable[[str], str], tmp_path: Path) -> None:
    """Of a page that we did not launch, what cannot be looked for is said and never missed."""
    url = running(RUNNING.replace("TAKEN", ""))

    session = run(project(tmp_path / "tests", ""), "--app", url, "--app-suites", "ui")

    assert (0, []) == (session.code, session.findings), session.out
    said = [s["why"].partition(". ")[0] for s in session.report["skipped"] if "page" in s["what"]]
    unmarked = not gradio.__version__.startswith(("4.", "5."))
    assert ["not looked for in the page: Markdown"] * unmarked == said


@pytest.mark.browser
def test_a_page_of_an_address_is_looked_over_and_driven(
    context: BrowserContext, running: Callable[[str], str], tmp_path: Path
) -> None:
    """Tab, accordion and field are known by their labels; what the author named is missed."""
    app = connect(parse(running(RUNNING.replace("TAKEN", TAKEN)), tmp_path), folder=tmp_path)

    seen = visit(context, app, app.contract)
    with Browser(context, app) as driver:
        answered = call(driver, "go", "Ada")

    labels = ("Name", "Twice", "Picture", "Twice", "Sure", "Answer")
    drawn = [str(component.props.get("label")) for component in seen.rendered]
    assert sorted(labels) == sorted(label for label in drawn if label in labels)
    assert ["Textbox 'Taken'"] == [component.label for component in seen.absent]
    assert ("Hello, Ada!",) == answered.outputs


# -- driving by hand -----------------------------------------------------------------

PICTURE, SOUND = ("rgb.png", "image/png"), ("tone.wav", "audio/wav")
TABLE, NOTES = ("people.csv", "text/csv"), ("notes.txt", "text/plain")
HAND = {
    "text": ("a\tb é 😀", "a\tb é 😀"),
    "lines": ("one\ntwo", "one\ntwo"),
    "secret": ("pass word", "pass word"),
    "number": (-3.5, -3.5),
    "slider": (7.5, 7.5),
    "checkbox": (True, True),
    "boxes": (["a", "c"], ["a", "c"]),
    "radio": (3, 3),
    "dropdown": (3, 3),
    "several": (["b", "c"], ["b", "c"]),
    "own": ("mine", "mine"),
    "image": (media(*PICTURE), told("rgb.png")),
    "audio": (media(*SOUND), told("tone.wav")),
    "video": (Media("clip.mp4", b"\0" * 64, "video/mp4"), ("clip.mp4", 64)),
    "file": (media(*TABLE), told("people.csv")),
    "files": ([media(*TABLE), media(*NOTES)], [told("people.csv"), told("notes.txt")]),
    "gallery": ([media(*PICTURE)], [[told("rgb.png"), None]]),
    "upload": (media(*NOTES), told("notes.txt")),
    "multimodal": (
        {"text": "hello", "files": [media(*NOTES)]},
        {"text": "hello", "files": [told("notes.txt")]},
    ),
    "table": (
        {"headers": ["x", "y"], "data": [["1", "2"], ["3", "77"]]},
        [["1", "2"], ["3", "77"]],
    ),
    "code": ("x = 1\nprint(x)", "x = 1\nprint(x)"),
    "colour": ("#12ab34", "#12ab34"),
    "date": ("2024-05-06 07:08:09", "2024-05-06 07:08:09"),
    "hidden_away": ("in an accordion", "in an accordion"),
    "entered": ("then Enter", "then Enter"),
    "typed": ("changes", "changes"),
    # Last: it is drawn without a graphics card from then on, which slows the page down.
    "model": (Media("t.stl", TRIANGLE, "model/stl"), ("t.stl", len(TRIANGLE))),
}


@pytest.mark.browser
@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("several", ["a"], ["a"]),
        ("boxes", ["b"], ["b"]),
        ("image", media("forest.png", "image/png"), told("forest.png")),
        ("file", media(*NOTES), told("notes.txt")),
        ("multimodal", {"text": "again", "files": []}, {"text": "again", "files": []}),
    ],
)
def test_a_value_takes_the_place_of_the_one_before(
    components: Browser, name: str, value: Any, expected: Any
) -> None:
    """A component that holds something is emptied first, as a visitor would."""
    call(components, name, HAND[name][0])

    assert (repr(expected),) == call(components, name, value).outputs


@pytest.mark.browser
def test_messages_come_with_times_and_evidence(components: Browser) -> None:
    """First what the page posted, then the queue's messages, on this process's clock."""
    begun = time.monotonic()

    observation = call(components, "text", "timed")

    kinds = ["sent", "estimation", "process_starts", "process_completed"]
    assert kinds == [message.kind for message in observation.messages]
    assert ["timed"] == observation.messages[0].data["data"]
    times = [begun, *(message.at for message in observation.messages), time.monotonic()]
    assert sorted(times) == times
    assert observation.evidence is not None
    assert "function" in observation.evidence.seconds


@pytest.mark.browser
def test_a_change_needs_another_value(components: Browser) -> None:
    """A value that is there already changes nothing, and the page sends nothing."""
    call(components, "typed", "once")

    with pytest.raises(CannotDrive, match="holds that value already"):
        call(components, "typed", "once")


@pytest.mark.browser
def test_what_no_hand_can_set_is_said(components: Browser) -> None:
    """The component and the reason are named."""
    with pytest.raises(CannotDrive, match=r"JSON'.*a json takes nothing by hand"):
        call(components, "json", {"b": 2})
    with pytest.raises(CannotDrive, match=r"Radio.*does not offer 'z'"):
        call(components, "radio", "z")


@pytest.mark.browser
@pytest.mark.parametrize("name", HAND)
def test_the_server_receives_what_the_hand_set(components: Browser, name: str) -> None:
    """Each kind of component is set as a visitor sets it, and the function gets that value."""
    value, expected = HAND[name]

    observation = call(components, name, value)

    assert observation.error is None
    assert (repr(expected),) == observation.outputs


@pytest.mark.browser
def test_text_tool(context: BrowserContext, serve: Serve) -> None:
    """Several inputs of one event, of several kinds."""
    with Browser(context, serve("text_tool.py")) as driver:
        changed = call(driver, "change", "ab", "reverse", 3, False, "line")
        counted = call(driver, "count", "a, b.", ["commas", "full stops"])

    assert ("ba\nba\nba",) == changed.outputs
    assert (2, "a,", "1 commas, 1 full stops") == counted.outputs


@pytest.mark.browser
def test_a_call_without_a_session_is_a_new_visitor(context: BrowserContext, serve: Serve) -> None:
    """The page is opened anew, with another session and nothing left of the call before."""
    with Browser(context, serve("text_tool.py")) as driver:
        seen = [
            call(driver, "change", "ab", "reverse", 1, True, "none", session=None) for _ in range(2)
        ]

    sessions = {observation.messages[0].data["session_hash"] for observation in seen}
    assert [("ba",), ("ba",)] == [observation.outputs for observation in seen]
    assert 2 == len(sessions)


@pytest.mark.browser
def test_tabs(context: BrowserContext, serve: Serve) -> None:
    """Tabs are selected on the way; chains, batches, changes and State work."""
    with Browser(context, serve("tabs.py")) as driver:
        call(driver, "add", "water the plants", None)
        chain = driver.followed("one")
        measured = call(driver, "measure", "lighthouse")
        counted = call(driver, "vowels", "aeiou")
        with pytest.raises(CannotDrive, match="script that never leaves the page"):
            call(driver, "Button 'Loud'.click", "x")

    summed_up = next(o for o in chain if o.call.event == "summarise")
    assert ("1 to do",) == summed_up.outputs
    assert {"add", "summarise", "Page.load"} == {o.call.event for o in chain}
    assert ("10 letters",) == measured.outputs
    assert (5,) == counted.outputs


@pytest.mark.browser
def test_a_link_of_a_chain_is_reached_by_its_head(
    context: BrowserContext, serve: Serve, write: Callable[..., Path]
) -> None:
    """The head is set off with what the page holds, and the link waited for."""
    folder = write(
        chain="""
        import gradio as gr

        with gr.Blocks() as demo:
            word = gr.Textbox("harbour", label="Word")
            loud, length = gr.Textbox(label="Loud"), gr.Number(label="Length")
            gr.Button("Go").click(str.upper, word, loud, api_name="shout").then(
                len, loud, length, api_name="length"
            )
        """
    )
    with Browser(context, serve("chain.py", folder)) as driver:
        observation = call(driver, "length", None)

    assert (7,) == observation.outputs
    assert ["HARBOUR"] == observation.messages[0].data["data"]


@pytest.mark.browser
def test_classifier(context: BrowserContext, serve: Serve) -> None:
    """A picture is chosen, uploaded and judged; without one the author speaks."""
    with Browser(context, serve("classifier.py")) as driver:
        classify = next(e for e in driver.contract.events if _judges_a_picture(e)).label
        refused = call(driver, classify, None)
        answered = call(driver, classify, media("sunset.jpg", "image/jpeg"))

    assert refused.error is not None
    assert "author" == refused.error.kind
    assert "Choose a picture first." in refused.error.message
    assert answered.outputs is not None
    assert "sunset" == answered.outputs[0]["label"]


@pytest.mark.browser
def test_a_row_of_examples_is_clicked(context: BrowserContext, serve: Serve) -> None:
    """The input of a table of examples is the number of the row."""
    with Browser(context, serve("classifier.py")) as driver:
        observation = call(driver, "load_example", 1)

    assert observation.outputs is not None
    assert "forest.png" in str(observation.outputs[0])


@pytest.mark.browser
def test_a_silent_app_is_a_timeout(context: BrowserContext, serve: Serve) -> None:
    """The call ends after the time it was given, and says how long nothing came."""
    with Browser(context, serve("defect.py", TWINS / "api.hang")) as driver:
        (event,) = [e for e in driver.contract.events if e.backend]
        values = [
            True if p.component.type == "checkbox" else p.component.value for p in event.inputs
        ]
        observation = driver.call(
            Call(event.label, event.index, tuple(values)), timeout_seconds=1.0
        )

    assert observation.error is not None
    assert ("timeout", "nothing came for 1 s") == (
        observation.error.kind,
        observation.error.message,
    )
    assert 1.0 <= observation.seconds < 3.0


def _judges_a_picture(event: Event) -> bool:
    return [p.component.type for p in event.inputs] == ["image"] and event.backend


@pytest.mark.browser
def test_chat(context: BrowserContext, serve: Serve) -> None:
    """A message is typed and entered; what streams comes whole in every message."""
    with Browser(context, serve("chat.py")) as driver:
        entered = next(e for e in driver.contract.events if _is_entered(e))
        driver.call(Call(entered.label, entered.index, ("I like my garden",), "one"))
        said = driver.followed("one")

    (answer,) = [o for o in said if len(o.chunks) > 1]
    shown = [str(message.data["output"]["data"]) for message in answer.chunks]
    assert any(
        "Why do you say:" in text and "garden" not in text.split("say:")[1] for text in shown
    )
    assert "Why do you say: you like your garden?" in shown[-1]


def _is_entered(event: Event) -> bool:
    submits = any(t.event == "submit" for t in event.triggers)
    return submits and event.inputs[0].component.type == "textbox"


@pytest.mark.browser
def test_converter(context: BrowserContext, serve: Serve) -> None:
    """A file goes in, a file comes out."""
    with Browser(context, serve("converter.py")) as driver:
        observation = call(driver, "convert", media(*TABLE), True)

    assert observation.outputs is not None
    assert "table.json" == observation.outputs[0]["orig_name"]


@pytest.mark.browser
def test_login(context: BrowserContext, serve: Serve, opened: Opened) -> None:
    """The app's first user is logged in before the page is opened."""
    seen = opened("login.py")
    with Browser(context, serve("login.py")) as driver:
        written = call(driver, "write", "dear diary")

    assert ("Welcome, ada.",) == seen.observations[0].outputs
    assert ("dear diary", "") == written.outputs


@pytest.mark.browser
def test_a_failing_event_is_an_observation(context: BrowserContext, serve: Serve) -> None:
    """The app's exception comes as the error, with the evidence of the probe."""
    with Browser(context, serve("defect.py", TWINS / "api.unhandled-exception")) as driver:
        (event,) = [e for e in driver.contract.events if e.backend]
        observation = driver.call(Call(event.label, event.index, ("   ",)))

    assert observation.error is not None
    assert "unexpected" == observation.error.kind
    assert observation.evidence is not None
    assert "IndexError" == observation.evidence.exception
