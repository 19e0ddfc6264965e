"""What a person sees who types ``pytest --app app.py``: exit codes, the terminal, the files.

Sessions are run once and read by several tests: each has a process of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sessions import APPS, BRIEF, SUITES, TWINS, Session, left, project, run

pytestmark = pytest.mark.slow

BAD = TWINS / "api.unhandled-exception" / "defect.py"
Once = Callable[..., Session]

OWN_TESTS = '''
    """A user's own tests, beside those of the suites."""

    import asyncio

    def test_passes():
        assert True

    def test_fails():
        assert not "mended"

    def test_greets(gradio_events):
        assert gradio_events["greet"]("Ada Lovelace") == "Hello, Ada!"

    async def greeted():
        await asyncio.sleep(0)
        return "Ada"

    def test_waits(gradio_events):
        assert asyncio.run(greeted()) == "Ada"
'''


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Once:
    """Return a function that runs a session the first time it is asked for it."""
    known: dict[str, Session] = {}

    def ran(name: str, app: Any = None, *arguments: str, **options: Any) -> Session:
        if name not in known:
            files = options.pop("files", None)
            folder = project(tmp_path_factory.mktemp("project") / name, app, files)
            known[name] = run(folder, "--app", "app.py", *arguments, **options)
        return known[name]

    return ran


@pytest.fixture(scope="module")
def bad(once: Once) -> Session:
    """A session about an app that fails on an empty text, with a user's own tests beside."""
    return once("bad", BAD, *BRIEF, "--app-seed", "5", "-v", files={"test_own.py": OWN_TESTS})


# -- one defect ------------------------------------------------------------------------------


def test_a_finding_fails_the_run(bad: Session) -> None:
    """Exit code 1, and the finding is in the report."""
    assert (1, [("api.unhandled-exception", "greet")], True) == (
        bad.code,
        bad.findings,
        bad.report["complete"],
    )


def test_the_terminal_says_what_where_with_what_and_how_to_see_it_again(bad: Session) -> None:
    """Event, input, the author's file and line, their traceback, a command to paste."""
    assert f"""\
IndexError: list index out of range
event:  greet
input:  name = ''
where:  app.py:7 in greet
again:  every time, 3 of 3

Traceback (most recent call last):
  File "{bad.folder}/app.py", line 7, in greet
    first = (name or "").split()[0]
            ~~~~~~~~~~~~~~~~~~~~^^^
IndexError: list index out of range

python - <<'EOF'
from gradio_harness import replay

replay('app.py', 'greet', [''])
EOF
""" == bad.block("unhandled_exception[greet]")


def test_no_line_of_ours_is_in_the_terminal(bad: Session) -> None:
    """Neither of the harness nor of Gradio: the author's app is what failed."""
    assert [] == [
        line
        for line in bad.out.splitlines()
        if 'File "' in line and str(bad.folder / "app.py") not in line
    ]


def test_the_last_lines_are_verdict_and_report(bad: Session) -> None:
    """One sentence, and a path relative to where the command was typed."""
    verdict = bad.report["verdict"]

    # A list that --app-calls left no calls for is told in a line between.
    said = f"{verdict}\nnot tested: 1 (see the report)\nreport: reports/latest/index.html\n"
    assert said in bad.out
    assert verdict.startswith("1 error; 1 of 1 event driven with 1")


def test_the_opening_line_says_what_is_tested(bad: Session) -> None:
    """Target, Gradio, events, profile and seed."""
    gradio = bad.report["versions"]["gradio"]

    assert f"gradio-harness: app.py on Gradio {gradio}, 1 event, profile quick, seed 5" in bad.out


def test_three_files_are_written(bad: Session) -> None:
    """The page, the data and the summary; and a folder with what shows each finding again."""
    assert {"index.html", "results.json", "summary.md", "replays"} == {
        path.name for path in (bad.folder / "reports" / "latest").iterdir()
    }


def test_the_users_own_tests_run_first(bad: Session) -> None:
    """So that a page or an event loop of the suites is never in their way."""
    own = [name for name in bad.ran if name.startswith("test_own.py")]

    assert own == list(bad.ran)[: len(own)]
    assert ["passed", "failed", "passed", "passed"] == [bad.ran[name] for name in own]


def test_every_check_is_a_test_of_every_event(bad: Session) -> None:
    """By ids that are the same on every machine."""
    checks = {name: how for name, how in bad.ran.items() if name.startswith(SUITES)}

    assert {
        f"{SUITES}/api.py::process_exit[greet]": "passed",
        f"{SUITES}/api.py::unhandled_exception[greet]": "failed",
        f"{SUITES}/api.py::hang[greet]": "passed",
        f"{SUITES}/api.py::output_count[greet]": "passed",
        f"{SUITES}/api.py::output_type[greet]": "passed",
        f"{SUITES}/api.py::output_file[greet]": "passed",
        f"{SUITES}/api.py::structure[greet]": "passed",
        f"{SUITES}/api.py::app_warning[greet]": "passed",
        f"{SUITES}/api.py::triggers_differ[greet]": "passed",
        f"{SUITES}/api.py::client_differs[greet]": "passed",
        f"{SUITES}/api.py::explicit_raise[greet]": "passed",
        f"{SUITES}/api.py::type_hint[greet]": "passed",
        f"{SUITES}/api.py::progress_bar[greet]": "passed",
        f"{SUITES}/api.py::out_of_contract[greet]": "skipped",  # --app-calls are spent
    } == checks


def test_nothing_is_left_behind(bad: Session) -> None:
    """No temporary folder of ours."""
    assert [] == left(bad.folder)


# -- again --------------------------------------------------------------------------------------


def again(session: Session, *arguments: str) -> Session:
    """Run pytest once more in the same folder."""
    return run(session.folder, "--app", "app.py", *BRIEF, "-v", *arguments)


@pytest.fixture(scope="module")
def last_failed(bad: Session) -> Session:
    """A session with ``--lf`` after one with a failure of the user's and one of a suite."""
    return again(bad, "--lf", "--app-seed", "5")


def test_last_failed_runs_both_failures_and_nothing_else(last_failed: Session) -> None:
    """The user's and the suite's; what passed is not run again."""
    assert {
        "test_own.py::test_fails": "failed",
        f"{SUITES}/api.py::unhandled_exception[greet]": "failed",
    } == last_failed.ran


def test_the_same_seed_tells_the_same(bad: Session, last_failed: Session) -> None:
    """Down to the input and the snippet."""
    assert bad.report["findings"] == last_failed.report["findings"]


def test_a_printed_id_runs_that_test(bad: Session) -> None:
    """And no other, though the user has tests of their own; a finding keeps its id."""
    printed = f"{SUITES}/api.py::unhandled_exception[greet]"
    known = bad.report["findings"][0]["id"]

    session = again(bad, printed)

    assert (1, {printed: "failed"}, known) == (
        session.code,
        session.ran,
        session.report["findings"][0]["id"],
    )


@pytest.mark.parametrize("workers", ["0", "2"], ids=["alone", "xdist"])
def test_a_run_that_stops_at_the_first_failure_is_cut_short(once: Once, workers: str) -> None:
    """What no test came to is not told as tested."""
    stopped = once(f"first{workers}", BAD, *BRIEF, "-x", "-n", workers)

    assert (False, True) == (
        stopped.report["complete"],
        stopped.report["verdict"].startswith("Cut short (stopp"),
    )


def test_an_id_that_is_not_there_is_said(bad: Session) -> None:
    """Exit code 4 and one line."""
    session = again(bad, f"{SUITES}/api.py::unhandled_exception[gret]")

    assert (4, True) == (
        session.code,
        f"ERROR: no test '{SUITES}/api.py::unhandled_exception[gret]' for app.py" in session.out,
    )


def collected(session: Session, *arguments: str) -> list[str]:
    """Return the node ids of what is collected."""
    listed = run(session.folder, "--app", "app.py", "--collect-only", "-q", *arguments)
    return listed.collected


OWN = "test_own.py::test_"
API = f"{SUITES}/api.py::"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (
            ("--app-suites", "api", "-k", "hang or waits"),
            [f"{OWN}waits", f"{API}hang[greet]"],
        ),
        (("--app-only", "--app-suites", "api", "-k", "hang or waits"), [f"{API}hang[greet]"]),
        (("test_own.py", "-k", "hang or waits"), [f"{OWN}waits"]),
        (
            ("test_own.py", "--app-suites", "api", "-k", "hang or waits"),
            [f"{OWN}waits", f"{API}hang[greet]"],
        ),
        (
            (f"{SUITES}/api.py::hang", "test_own.py::test_waits"),
            [f"{OWN}waits", f"{API}hang[greet]"],
        ),
        (
            ("--app-select", "api.hang", "--app-suites", "api", "-k", "greet"),
            [f"{OWN}greets", f"{API}hang[greet]"],
        ),
    ],
    ids=[
        "k",
        "app-only",
        "path",
        "path-and-suites",
        "id-and-path",
        "select",
    ],
)
def test_what_is_collected(bad: Session, arguments: tuple[str, ...], expected: list[str]) -> None:
    """Own tests and suites, or as much of them as was asked for."""
    assert expected == collected(bad, *arguments)


# -- what else an app can be -------------------------------------------------------------------


def test_a_mended_app_passes(once: Once) -> None:
    """Exit code 0, and nothing in the report but what was done."""
    session = once("mended", TWINS / "api.unhandled-exception" / "mended.py", *BRIEF)

    assert (0, [], 1) == (session.code, session.findings, len(session.report["endpoints"]))
    assert f"{session.report['verdict']}\n" in session.out
    assert session.report["verdict"].startswith("Nothing found; 1 of 1 event driven with ")


def test_two_bugs_of_one_function_are_two_findings(once: Once) -> None:
    """Both in one test of one event, each with its own input, place and id."""
    session = once("two", TWINS / "api.two-bugs" / "defect.py", *BRIEF, "--app-calls", "60")

    block = session.block("unhandled_exception[lay_out]")
    assert (1, 2, 2, True, True) == (
        session.code,
        len(session.findings),
        len({finding["id"] for finding in session.report["findings"]}),
        "IndexError: string index out of range" in block,
        "ZeroDivisionError: " in block,
    )


@pytest.fixture(scope="module")
def warned(once: Once) -> Session:
    """A session about an app that refuses with a ValueError: a warning."""
    return once("warned", TWINS / "api.explicit-raise" / "defect.py", *BRIEF)


def test_a_warning_does_not_fail_the_run(warned: Session) -> None:
    """It is told at the end and in the report."""
    assert (0, True) == (
        warned.code,
        "  warning: api.explicit-raise [enter] ValueError: The title must not be empty."
        in warned.out,
    )


def test_a_warning_fails_the_run_where_the_user_wants_it(warned: Session) -> None:
    """By --app-fail-on, and only the test that is about it."""
    session = again(warned, "--app-fail-on", "warning", "--app-ignore", "api.type-hint")

    assert (1, [f"{API}explicit_raise[enter]"], False) == (
        session.code,
        [name for name, how in session.ran.items() if how == "failed"],
        f"{API}type_hint[enter]" in session.ran,
    )


def test_a_check_is_silenced_in_the_ini_file_with_a_reason(bad: Session, once: Once) -> None:
    """The run passes, and the report says what was silenced and why."""
    ini = """
        [pytest]
        app_ignore =
            api.unhandled-exception@greet: known, ticket 12
        app_profile = quick
        app_suites = api
    """
    session = once("silenced", BAD, "--app-calls", "6", files={"pytest.ini": ini})

    assert (0, [], "silenced: known, ticket 12", "quick", ["api"]) == (
        session.code,
        session.findings,
        session.report["skipped"][0]["why"],
        session.report["profile"],
        [suite["name"] for suite in session.report["suites"]],
    )


def test_included_and_excluded_events(once: Once) -> None:
    """What is left out is in the report, with the reason."""
    session = once("included", APPS / "two_events.py", *BRIEF, "--app-exclude", "let*", "-v")

    assert (0, {"greet"}, ["left out by --app-include or --app-exclude"]) == (
        session.code,
        {name.partition("[")[2].removesuffix("]") for name in session.ran},
        [s["why"] for s in session.report["skipped"] if s["what"] == "letters"],
    )


# -- nasty apps: never a green run, in bounded time, and the report is written ---------------------


def test_an_app_that_hangs(once: Once) -> None:
    """The event that hangs is an error; the others are tested all the same."""
    session = once("hangs", APPS / "hangs.py", *BRIEF, "--app-timeout", "2", "-v")

    assert (1, [("api.hang", "wait")], {"post", "shout", "wait"}, True) == (
        session.code,
        session.findings,
        {row["label"] for row in session.report["endpoints"] if row["cases"]},
        session.report["complete"],
    )


FREEZES = """
    import time
    import gradio as gr

    async def freeze(text):
        if not text:
            time.sleep(10_000)
        return text

    def shout(text):
        return text.upper()

    with gr.Blocks() as demo:
        text = gr.Textbox("a", label="Text")
        gr.Button("Freeze").click(freeze, text, text)
        gr.Button("Shout").click(shout, text, text)
"""


def test_an_app_that_answers_nobody_any_more(once: Once) -> None:
    """Blocking work in an async function: told, and the rest is tested in a new process."""
    session = once("freezes", FREEZES, *BRIEF, "--app-timeout", "2", "-v")

    assert (1, [("api.hang", "freeze")], True, f"{API}hang[shout]") == (
        session.code,
        session.findings,
        session.report["complete"],
        next((name for name in session.ran if name == f"{API}hang[shout]"), ""),
    )


@pytest.fixture(scope="module")
def exits(once: Once) -> Session:
    """A session about an app that ends its process on an empty text."""
    return once("exits", APPS / "exits.py", *BRIEF, "-v")


def test_an_app_that_ends_its_process(exits: Session) -> None:
    """os._exit(0) is an error with its input; the other event is tested in a new process."""
    (finding,) = exits.report["findings"]

    assert (
        1,
        ("api.process-exit", "clock_in", "name = ''", True),
        True,
        {f"{API}process_exit[clock_in]": "failed", f"{API}process_exit[length]": "passed"},
    ) == (
        exits.code,
        (
            finding["check"],
            finding["endpoint"],
            finding["input"],
            "replay('app.py', 'clock_in', [''])" in finding["reproduce"],
        ),
        exits.report["complete"],
        {name: how for name, how in exits.ran.items() if "process_exit" in name},
    )


@pytest.mark.parametrize("workers", ["0", "2"], ids=["alone", "xdist"])
def test_an_ended_process_can_be_silenced(once: Once, workers: str) -> None:
    """As any other finding: it does not fail the run, and the report says why nothing is known."""
    ignored = ("--app-ignore", "api.process-exit", "-n", workers)
    session = once(f"hushed{workers}", APPS / "exits.py", *BRIEF, *ignored)

    skipped = {row["what"]: row["why"] for row in session.report["skipped"]}
    assert (0, [], "silenced: --app-ignore") == (
        session.code,
        session.findings,
        skipped["check api.process-exit"],
    )


def test_nothing_is_left_behind_of_a_process_that_died(exits: Session) -> None:
    """No temporary folder of ours."""
    assert [] == left(exits.folder)


def test_an_app_that_prints_megabytes(once: Once) -> None:
    """It is tested as any other; its output does not pile up in the terminal."""
    session = once("prints", APPS / "prints_megabytes.py", *BRIEF)

    assert (0, [], True, True) == (
        session.code,
        session.findings,
        session.report["complete"],
        len(session.out) < 100_000,
    )


def test_an_app_that_changes_the_folder(once: Once) -> None:
    """The report is where the user said, as seen from where they typed it."""
    session = once("moves", APPS / "changes_folder.py", *BRIEF, "--app-report", "out/here")

    assert (0, True, "\nreport: out/here/index.html\n") == (
        session.code,
        (session.folder / "out" / "here" / "results.json").is_file(),
        session.out[session.out.find("\nreport: ") :][: len("\nreport: out/here/index.html\n")],
    )


VANISHES = """
    import os
    import gradio as gr

    os._exit(0)
"""


def test_an_app_that_raises_while_it_starts(once: Once) -> None:
    """Exit code 4, the author's line and exception, no traceback; a report that says so."""
    session = once("raises", APPS / "raises_at_import.py", *BRIEF)

    assert (4, 1, False, True) == (
        session.code,
        session.out.count("KeyError: 'city'"),
        "Traceback" in session.out,
        "app.py:7" in session.out,
    )
    assert (False, True) == (
        session.report["complete"],
        session.report["ended"].startswith("app.py failed before it launched an app."),
    )


def test_an_app_that_exits_while_it_starts(once: Once) -> None:
    """sys.exit(3) in the app is not the session's exit code."""
    session = once("gives-up", APPS / "exits_at_import.py", *BRIEF)

    assert (4, False, False) == (
        session.code,
        "Traceback" in session.out,
        session.report["complete"],
    )


def test_an_app_that_vanishes_while_it_starts(once: Once) -> None:
    """os._exit(0) at import: exit code 4 in words, and a report."""
    session = once("vanishes", VANISHES, *BRIEF)

    words = (
        "app.py ended the process (exit status 0) while it was starting, before it launched "
        "an app. Look for os._exit or a crash in native code at import."
    )
    assert (4, True, words) == (
        session.code,
        f"ERROR: {words}" in session.out,
        session.report["ended"],
    )


VANISHING_TEST = """
    import os

    def test_before():
        pass

    def test_vanishes():
        os._exit(0)

    def test_after():
        pass
"""


def test_a_users_own_test_that_ends_the_process(once: Once) -> None:
    """The run is not green; what came after is run all the same."""
    session = once(
        "own-exit",
        APPS / "two_events.py",
        *BRIEF,
        "-v",
        files={"test_own.py": VANISHING_TEST},
    )

    assert (1, "passed", True, True) == (
        session.code,
        session.ran.get("test_own.py::test_after"),
        "test_own.py::test_vanishes" in session.out,
        f"{API}hang[greet]" in session.ran,
    )


# -- passwords -------------------------------------------------------------------------------------

SAFE = """
    import gradio as gr

    def greet(name, request: gr.Request):
        return f"{request.username}: {name[0]}"

    with gr.Blocks() as demo:
        name = gr.Textbox("Ada", label="Name")
        gr.Button("Greet").click(greet, name, name)

    demo.launch(auth=lambda user, password: len(password) == 14)
"""


@pytest.mark.parametrize("way", ["option", "environment"])
def test_a_password_appears_nowhere(once: Once, way: str) -> None:
    """Not in the terminal and in none of the files, however it was given."""
    login = "ada:open-sesame-77"
    arguments = (f"--app-auth={login}",) if way == "option" else ()
    more = {"GRADIO_HARNESS_AUTH": login} if way == "environment" else {}
    session = once(f"safe-{way}", SAFE, *BRIEF, "-vv", *arguments, **more)

    files = [path for path in (session.folder / "reports/latest").rglob("*") if path.is_file()]
    texts = [path.read_text("utf-8") for path in files]
    assert (1, [("api.unhandled-exception", "greet")], True, False) == (
        session.code,
        session.findings,
        len(texts) > 3,
        any("open-sesame-77" in text for text in (session.out, *texts)),
    )


def test_a_login_that_the_app_refuses_is_said(once: Once) -> None:
    """Exit code 4 in words, without the password."""
    session = once("locked", SAFE, *BRIEF, "--app-auth", "ada:wrong-word")

    assert (4, False, False) == (
        session.code,
        "wrong-word" in session.out,
        "Traceback" in session.out,
    )


VANISHES_ON_LOAD = """
    import os
    import gradio as gr

    with gr.Blocks() as demo:
        name = gr.Textbox("Ada", label="Name")
        demo.load(lambda: os._exit(0), None, name)
"""


@pytest.mark.browser
def test_a_finding_that_no_test_of_its_own_tells_is_told_at_the_end(once: Once) -> None:
    """Opening the page ends the process; of the suites that ran, none has that check."""
    session = once("page", VANISHES_ON_LOAD, "--app-suites", "ui", "--app-profile", "quick")

    assert (1, [("api.process-exit", "page /")], True) == (
        session.code,
        session.findings,
        "\n  error: api.process-exit [page /] One call ended the app's whole process"
        in session.out,
    )


BROKEN = "#!/bin/sh\necho cannot open libnss3.so >&2; exit 127\n"


@pytest.mark.browser
def test_a_browser_that_does_not_start_is_one_message(tmp_path: Path) -> None:
    """Not Playwright's log of its own flags; and the report says that no page was tested."""
    folder = project(tmp_path / "own", APPS / "text_tool.py")
    program = tmp_path / "chrome"
    program.write_text(BROKEN)
    program.chmod(0o755)

    session = run(folder, "--app", "app.py", "--app-suites", "ui", "--app-browser", str(program))

    assert 1 == session.code
    assert f"The browser did not start: {program}: cannot open libnss3.so" in session.out
    assert "--disable-field-trial-config" not in session.out
    assert "Nothing found, but ui failed without a finding" in session.report["verdict"]
    assert "page /" in [row["what"] for row in session.report["skipped"]]


def test_a_label_in_any_script_is_reported(tmp_path: Path) -> None:
    """pytest writes such a test's id in escapes; the report has the label as it is."""
    app = """
        import gradio as gr

        with gr.Blocks() as demo:
            text = gr.Textbox(label="Wort")
            gr.Button("Größe 大小").click(lambda word: word[0], text, text, api_name=False)
    """
    folder = project(tmp_path / "own", app)

    session = run(folder, "--app", "app.py", *BRIEF)

    (event,) = {finding["endpoint"] for finding in session.report["findings"]}
    assert (1, True) == (session.code, "Größe 大小" in event)
