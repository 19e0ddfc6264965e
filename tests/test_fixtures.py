"""The fixtures, in users' own tests: three lines each, on the app that the ini file names."""

from __future__ import annotations

import pytest
from sessions import APPS, Session, project, run

pytestmark = pytest.mark.slow

APP = """
    import gradio as gr

    def load_model():
        raise RuntimeError("no model here")

    def classify(text):
        return load_model()(text)

    def greet(name, times=1):
        return " ".join([f"Hello, {name}!"] * int(times or 1))

    def size(path):
        with open(path, "rb") as file:
            return len(file.read())

    def both(text):
        return text.upper(), len(text)

    def remember(word, words):
        return [*words, word], len(words) + 1

    def refuse(text):
        raise gr.Error("Not this one.")

    def fail(text):
        return text[1000]

    def ping():
        print("pong")

    with gr.Blocks() as demo:
        name = gr.Textbox("Ada", label="Name")
        times = gr.Number(1, label="Times")
        file = gr.File(label="File")
        words = gr.State([])
        out = gr.Textbox(label="Out")
        number = gr.Number(label="Number")
        gr.Button("Classify").click(classify, name, out)
        gr.Button("Greet").click(greet, [name, times], out)
        gr.Button("Size").click(size, file, number)
        gr.Button("Both").click(both, name, [out, number])
        gr.Button("Remember").click(remember, [name, words], [words, number])
        gr.Button("Refuse").click(refuse, name, out)
        gr.Button("Fail").click(fail, name, out)
        gr.Button("Ping").click(ping, None, None)
"""

TESTS = """
    import asyncio
    import pytest
    from pathlib import Path

    def test_an_output(gradio_events):
        assert gradio_events["greet"]("Bob") == "Hello, Bob!"

    def test_by_name(gradio_events):
        assert gradio_events["greet"](times=2) == "Hello, Ada! Hello, Ada!"

    def test_by_api_name(gradio_events):
        assert gradio_events["/greet"]("Bob") == "Hello, Bob!"

    def test_several_outputs(gradio_events):
        assert gradio_events["both"]("ab") == ("AB", 2)

    def test_no_output(gradio_events):
        assert gradio_events["ping"]() is None

    def test_a_file(gradio_events, tmp_path):
        (tmp_path / "a.txt").write_text("12345")
        assert gradio_events["size"](tmp_path / "a.txt") == 5

    def test_state_is_kept_on_one_page(gradio_events):
        remember = gradio_events["remember"]
        assert [remember("a")[1], remember("b")[1]] == [1, 2]

    def test_state_is_that_of_one_page(gradio_events):
        assert gradio_events["remember"]("a")[1] == 1

    def test_whether_there_is_an_event(gradio_events):
        assert (True, False) == ("greet" in gradio_events, "/nothing" in gradio_events)
        assert gradio_events.get("nothing") is None

    def test_all_events(gradio_events):
        assert len(gradio_events) == 8 and "greet" in list(gradio_events)

    def test_a_slow_model_is_stubbed(gradio_app, gradio_events, monkeypatch):
        monkeypatch.setattr(gradio_app.module, "load_model", lambda: str.title)
        assert gradio_events["classify"]("a boat") == "A Boat"

    def test_the_app(gradio_app):
        assert gradio_app.url.startswith("http://127.0.0.1:")
        assert gradio_app.contract.event("greet").inputs[0].name == "name"

    def test_an_observation(gradio_events):
        seen = gradio_events["refuse"].observe("a")
        assert (seen.error.kind, seen.error.message) == ("author", "Not this one.")

    def test_the_wire(gradio_wire, gradio_app):
        from gradio_harness.observation import Call
        event = gradio_app.contract.event("greet")
        assert gradio_wire.call(Call("greet", event.index, ("Eve", 1))).outputs == ("Hello, Eve!",)

    def test_the_official_client(gradio_api):
        assert gradio_api.predict("Bob", 1, api_name="/greet") == "Hello, Bob!"

    def test_the_same_app_in_every_test(gradio_app, request):
        assert gradio_app is request.getfixturevalue("gradio_app")

    def test_asyncio(gradio_events):
        async def wait():
            await asyncio.sleep(0)
            return gradio_events["greet"]("Bob")
        assert asyncio.run(wait()) == "Hello, Bob!"

    @pytest.mark.anyio
    async def test_async(gradio_events, anyio_backend):
        assert gradio_events["greet"]("Bob") == "Hello, Bob!"

    @pytest.fixture
    def anyio_backend():
        return "asyncio"

    # These fail, each with words for it.

    def test_FAILS_unknown_event(gradio_events):
        gradio_events["gret"]("Bob")

    def test_FAILS_app(gradio_events):
        gradio_events["fail"]("Bob")

    def test_FAILS_refused(gradio_events):
        gradio_events["refuse"]("Bob")

    def test_FAILS_too_many(gradio_events):
        gradio_events["both"]("a", "b")

    def test_FAILS_no_such_input(gradio_events):
        gradio_events["both"](word="a")
"""


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """A plain ``pytest``, with the app named in the ini file."""
    files = {"test_own.py": TESTS, "pytest.ini": "[pytest]\napp = app.py\n"}
    return run(project(tmp_path_factory.mktemp("own") / "own", APP, files), "-v")


def test_each_fixture_works_in_a_test_of_three_lines(session: Session) -> None:
    """All that should pass do, and all that should fail do."""
    outcomes = {name.partition("::test_")[2]: how for name, how in session.ran.items()}

    assert {
        name: "failed" if name.startswith("FAILS") else "passed" for name in outcomes
    } == outcomes
    assert (23, 1) == (len(outcomes), session.code)


def test_no_suite_runs_for_an_app_of_the_ini_file(session: Session) -> None:
    """Only --app on the command line runs them; no report is written either."""
    assert (False, False) == ("gradio_harness/suites" in session.out, bool(session.report))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("FAILS_unknown_event", "no event 'gret'. Choose from both, classify, fail, greet, "),
        ("FAILS_app", "fail ended with unexpected error: string index out of range"),
        ("FAILS_refused", "refuse ended with author error: Not this one."),
        ("FAILS_too_many", "both takes 1 input (text)"),
        ("FAILS_no_such_input", "both has no input 'word': text"),
    ],
)
def test_what_a_failed_call_says(session: Session, name: str, words: str) -> None:
    """Which event, how it ended, and what there is to choose from."""
    assert words in session.block(f"test_{name}")


def test_a_failed_call_shows_the_apps_own_traceback(session: Session) -> None:
    """From the author's first line on."""
    block = session.block("test_FAILS_app")

    assert f'File "{session.folder}/app.py", line ' in block
    assert "return text[1000]" in block


BROKEN = """
    def test_one(gradio_events):
        gradio_events["greet"]("Bob")

    def test_two(gradio_app):
        assert gradio_app

    def test_other():
        assert True
"""


def test_an_app_that_does_not_start_fails_the_tests_that_want_it(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """In words, with the author's line; others pass."""
    files = {"test_own.py": BROKEN, "pytest.ini": "[pytest]\napp = app.py\n"}
    folder = project(tmp_path_factory.mktemp("own"), APPS / "raises_at_import.py", files)

    session = run(folder, "-v")

    assert (1, ["error", "error", "passed"], True, False) == (
        session.code,
        list(session.ran.values()),
        "KeyError: 'city'" in session.out,
        "Traceback" in session.out,
    )


ABSENT = "".join(
    f"    def test_{name}({name}):\n        pass\n\n"
    for name in ("gradio_app", "gradio_events", "gradio_wire", "gradio_api")
)


def test_a_fixture_says_how_to_name_an_app(tmp_path_factory: pytest.TempPathFactory) -> None:
    """On the command line or in the ini file."""
    folder = project(tmp_path_factory.mktemp("own"), APPS / "two_events.py")
    (folder / "test_own.py").write_text("if True:\n" + ABSENT, "utf-8")

    session = run(folder, "-v")

    words = "No app is named. Type pytest --app app.py, or put app = app.py into the pytest"
    assert (1, ["error"] * 4, 4) == (
        session.code,
        list(session.ran.values()),
        session.out.count(words),
    )


PAGES = """
    import asyncio

    def test_before():
        assert asyncio.run(asyncio.sleep(0, "slept")) == "slept"

    def test_page(page):
        page.goto("/")
        page.get_by_role("button", name="Greet").click()
        page.wait_for_function(
            "() => [...document.querySelectorAll('textarea,input')]"
            ".some(box => box.value === 'Hello, Ada!')"
        )

    def test_events(gradio_events):
        assert gradio_events["greet"]("Bob") == "Hello, Bob!"
"""


@pytest.mark.browser
def test_a_page_is_already_at_the_app(tmp_path_factory: pytest.TempPathFactory) -> None:
    """pytest-playwright's own fixture, beside the others."""
    files = {"test_own.py": PAGES, "pytest.ini": "[pytest]\napp = app.py\n"}
    folder = project(tmp_path_factory.mktemp("own"), APPS / "two_events.py", files)

    session = run(folder, "-v")

    assert (0, 3) == (session.code, list(session.ran.values()).count("passed"))


@pytest.mark.browser
def test_the_ui_suite_runs_after_tests_with_pages_and_loops(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """A user's page, a user's loop and the suite's page in one session."""
    files = {"test_own.py": PAGES}
    folder = project(tmp_path_factory.mktemp("own"), APPS / "two_events.py", files)

    session = run(folder, "--app", "app.py", "--app-suites", "ui", "-v")

    names = [name.partition("::")[0] for name in session.ran]
    assert (0, ["test_own.py"] * 3 + ["gradio_harness/suites/ui.py"] * 4) == (
        session.code,
        names,
    )


MOUNTED = """
    from playwright.sync_api import expect

    def test_page(page):
        page.goto("./")
        page.get_by_role("button", name="Exchange").click()
        expect(page.get_by_label("Result")).to_have_value("110")

    def test_beside_it(page):
        page.goto("/rates")
        assert page.evaluate("document.body.textContent").startswith('{"EUR":1.0')
"""


LOGIN = """
    def test_page(page):
        page.goto("/")
        page.get_by_text("Welcome, ada.").wait_for()
"""


@pytest.mark.browser
@pytest.mark.parametrize(
    ("app", "tests", "passed"),
    [("mounted.py", MOUNTED, 2), ("login.py", LOGIN, 1)],
    ids=["mounted", "login"],
)
def test_a_page_is_the_apps(
    tmp_path_factory: pytest.TempPathFactory, app: str, tests: str, passed: int
) -> None:
    """``./`` is a mounted app, ``/`` its server's root; it is logged in as the first user."""
    files = {"test_own.py": tests, "pytest.ini": "[pytest]\napp = app.py\n"}
    folder = project(tmp_path_factory.mktemp("own"), APPS / app, files)

    session = run(folder, "-v")

    assert (0, ["passed"] * passed) == (session.code, list(session.ran.values()))
