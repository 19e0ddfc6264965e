"""The command line and the ini file, as they become `Options`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gradio_harness.checks.latency import parse_budgets
from gradio_harness.contract import Contract
from gradio_harness.contract import read as read_contract
from gradio_harness.errors import OptionError
from gradio_harness.options import SUITES, Options, read
from gradio_harness.record import command_line
from gradio_harness.selection import known_checks, known_events, silenced

#: Of a run that is held against nothing.
ALL = tuple(suite for suite in SUITES if suite != "regression")


@pytest.fixture
def options(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that reads a command line, below an ini file."""
    monkeypatch.delenv("GRADIO_HARNESS_AUTH", raising=False)

    def given(*arguments: str, ini: str = "") -> Options:
        if ini:
            pytester.makeini(f"[pytest]\n{ini}")
        found = read(pytester.parseconfig(*arguments))
        assert found is not None
        return found

    return given


def test_nothing_is_read_where_no_app_is_named(pytester: pytest.Pytester) -> None:
    """A session without a target has no options of ours."""
    assert read(pytester.parseconfig()) is None


def test_the_defaults(options: Any, pytester: pytest.Pytester) -> None:
    """All suites, the standard profile, errors fail, the report below the current folder."""
    found = options("--app", "app.py", "--app-seed", "7")

    assert (
        Options(
            target="app.py",
            suites=ALL,
            folder=pytester.path,
            report=pytester.path / "reports" / "latest",
            profile="standard",
            seed=7,
            same_inputs=True,
            history=pytester.path / "reports" / "history",
        )
        == found
    )


@pytest.mark.parametrize(
    ("arguments", "field", "expected"),
    [
        (["--app-suites", "api"], "suites", ("api",)),
        (["--app-suites", "ui, api"], "suites", ("api", "ui")),
        (["--app-suites", "none"], "suites", ()),
        (["--app-only"], "only", True),
        (["--app-include", "a", "--app-include", "b*"], "include", ("a", "b*")),
        (["--app-exclude", "a"], "exclude", ("a",)),
        (["--app-select", "api.hang"], "selected", ("api.hang",)),
        (["--app-ignore", "api.hang@a"], "ignored", (("api.hang@a", "--app-ignore"),)),
        (["--app-profile", "deep"], "profile", "deep"),
        (["--app-calls", "9"], "calls", 9),
        (["--app-timeout", "2.5"], "timeout_seconds", 2.5),
        (["--app-start-timeout", "9"], "start_timeout_seconds", 9.0),
        (["--app-auth", "ada:a:b", "--app-auth", "bob:"], "auth", (("ada", "a:b"), ("bob", ""))),
        (["--app-isolation", "thread"], "isolation", "thread"),
        (["--app-seed", "0"], "seed", 0),
        (["--app-fail-on", "info"], "fail_on", "info"),
        (["--app-browser", "/usr/bin/chrome"], "browser", "/usr/bin/chrome"),
        (["--app-folder", "web"], "app_folder", "web"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_an_option_of_the_command_line(
    options: Any, arguments: list[str], field: str, expected: Any
) -> None:
    """Each has its field."""
    assert expected == getattr(options("--app", "app.py", *arguments), field)


@pytest.mark.parametrize(
    ("ini", "field", "expected"),
    [
        ("app_suites = api, ui", "suites", ("api", "ui")),
        ("app_include =\n  a\n  b", "include", ("a", "b")),
        ("app_exclude = a", "exclude", ("a",)),
        ("app_select = api.*", "selected", ("api.*",)),
        (
            "app_ignore =\n  api.hang@a: slow on purpose: ticket 3",
            "ignored",
            (("api.hang@a", "slow on purpose: ticket 3"),),
        ),
        ("app_profile = quick", "profile", "quick"),
        ("app_fail_on = warning", "fail_on", "warning"),
        ("app_browser = /usr/bin/chrome", "browser", "/usr/bin/chrome"),
        ("app_folder = web", "app_folder", "web"),
        ("app_latency =\n  p95 < 2 s\n  p50 < 1 s", "budgets", ("p95 < 2 s", "p50 < 1 s")),
    ],
    ids=lambda value: value.partition(" =")[0] if isinstance(value, str) else "",
)
def test_an_option_of_the_ini_file(options: Any, ini: str, field: str, expected: Any) -> None:
    """As on the command line, a line each."""
    assert expected == getattr(options("--app", "app.py", ini=ini), field)


@pytest.mark.parametrize(
    ("arguments", "ini", "field", "expected"),
    [
        (["--app-suites", "ui"], "app_suites = api", "suites", ("ui",)),
        (["--app-suites", "none"], "app_suites = api", "suites", ()),
        (["--app-profile", "deep"], "app_profile = quick", "profile", "deep"),
        (["--app-fail-on", "error"], "app_fail_on = warning", "fail_on", "error"),
        (["--app-include", "b"], "app_include = a", "include", ("b",)),
    ],
    ids=["suites", "none", "profile", "fail-on", "include"],
)
def test_the_command_line_comes_first(
    options: Any, arguments: list[str], ini: str, field: str, expected: Any
) -> None:
    """It takes the place of what the ini file says."""
    assert expected == getattr(options("--app", "app.py", *arguments, ini=ini), field)


def test_what_is_ignored_adds_up(options: Any) -> None:
    """For today on the command line, for good in the ini file."""
    found = options("--app", "a.py", "--app-ignore", "api.hang", ini="app_ignore = api.x: why")

    assert (("api.hang", "--app-ignore"), ("api.x", "why")) == found.ignored


def test_a_target_of_the_ini_file_is_for_fixtures_only(options: Any) -> None:
    """The suites run only with --app on the command line."""
    found = options(ini="app = shop.py\napp_suites = api")

    assert ("shop.py", ()) == (found.target, found.suites)


def test_a_target_of_the_command_line_takes_the_place_of_the_ini_files(options: Any) -> None:
    """And the suites run."""
    found = options("--app", "other.py", ini="app = shop.py")

    assert ("other.py", ALL) == (found.target, found.suites)


def test_paths_are_as_seen_from_where_they_were_written(
    options: Any, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command line's from the current folder, the ini file's from its own."""
    below = pytester.mkdir("below")
    ini = "app = shop.py\napp_report = out"
    pytester.makeini(f"[pytest]\n{ini}")
    monkeypatch.chdir(below)

    typed = options("--app", "app.py", "--app-report", "here", "--rootdir", "..")
    written = options("--rootdir", "..")

    assert (below, below / "here") == (typed.folder, typed.report)
    assert (pytester.path, pytester.path / "out") == (written.folder, written.report)


def test_the_report_stays_where_it_is_when_the_folder_changes(
    options: Any, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Paths are absolute as soon as they are read."""
    found = options("--app", "app.py", "--app-report", "out")
    monkeypatch.chdir(tmp_path)

    assert pytester.path / "out" == found.report.absolute()


def test_logins_come_from_the_environment_too(
    options: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One a line, after those of the command line."""
    monkeypatch.setenv("GRADIO_HARNESS_AUTH", "bob:builder\neve:x:y\n")

    found = options("--app", "app.py", "--app-auth", "ada:lovelace")

    assert (("ada", "lovelace"), ("bob", "builder"), ("eve", "x:y")) == found.auth


def test_a_password_is_not_shown(options: Any) -> None:
    """Wherever options are printed."""
    assert "lovelace" not in repr(options("--app", "app.py", "--app-auth", "ada:lovelace"))


@pytest.mark.parametrize(
    ("arguments", "ini", "expected"),
    [
        (
            ["--app-suites", "latncy"],
            "",
            "no suite 'latncy'. Choose from advisories, api, auth, files, latency, none, "
            "regression, sessions, streaming, ui. "
            "Did you mean 'latency'?",
        ),
        (
            ["--app-suites", "api,none"],
            "",
            "no suite 'none' beside others: none means no suite at all.",
        ),
        ([], "app_suites = ap", "no suite 'ap'."),
        ([], "app_profile = fast", "app_profile = 'fast'. Choose from deep, quick, standard."),
        ([], "app_fail_on = never", "app_fail_on = 'never'. Choose from error, info, warning."),
        (["--app-calls", "0"], "", "--app-calls must be above 0, not 0."),
        (["--app-timeout", "-1"], "", "--app-timeout must be above 0, not -1.0."),
        (["--app-timeout", "nan"], "", "--app-timeout must be above 0, not nan."),
        (["--app-auth", "lovelace"], "", "--app-auth wants USER:PASSWORD."),
        (
            [],
            "app_ignore = api.hang",
            "app_ignore: 'api.hang' has no reason. Write: api.hang: why",
        ),
        (
            [],
            "app_ignore = api.hang:",
            "app_ignore: 'api.hang:' has no reason. Write: api.hang: why",
        ),
    ],
    ids=[
        "suite",
        "none-and",
        "suite-ini",
        "profile",
        "fail-on",
        "calls",
        "timeout",
        "timeout-nan",
        "auth",
        "ignore",
        "ignore-colon",
    ],
)
def test_a_value_that_cannot_be_used_is_said(
    options: Any, arguments: list[str], ini: str, expected: str
) -> None:
    """In words that name the option, the choices and the next step; never with a password."""
    with pytest.raises(OptionError) as error:
        options("--app", "app.py", *arguments, ini=ini)

    assert expected == str(error.value)[: len(expected)]
    assert "lovelace" not in str(error.value)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--app-profile", "fast"], "argument --app-profile: invalid choice: 'fast'"),
        (["--app-calls", "many"], "argument --app-calls: invalid int value: 'many'"),
        (["--app-fail-on", "never"], "argument --app-fail-on: invalid choice: 'never'"),
    ],
    ids=["profile", "calls", "fail-on"],
)
def test_what_pytest_itself_refuses(
    pytester: pytest.Pytester, arguments: list[str], expected: str
) -> None:
    """Exit code 4, as for any option of pytest."""
    done = pytester.runpytest_subprocess("--app", "app.py", *arguments)

    assert (4, True) == (done.ret, expected in done.stderr.str())


@pytest.mark.parametrize(
    ("arguments", "ini", "expected"),
    [
        (["--app-suites", "latncy"], "", "ERROR: no suite 'latncy'. Choose from "),
        ([], "app_ignore = api.hang", "ERROR: app_ignore: 'api.hang' has no reason. Write: "),
        (["--app-auth", "lovelace"], "", "ERROR: --app-auth wants USER:PASSWORD."),
        (["--app-report", "/dev/null/x"], "", "no report can be written there (/dev/null: Not a "),
        (["--app-report", "/proc/nope"], "", "ERROR: --app-report /proc/nope: no report can be"),
        (["--app-report", "/proc/nope", "-n2"], "", "ERROR: --app-report /proc/nope: no report"),
    ],
    ids=["suite", "ignore", "auth", "report in a file", "report", "report of workers"],
)
def test_a_session_with_such_a_value_ends_with_one_line(
    pytester: pytest.Pytester, arguments: list[str], ini: str, expected: str
) -> None:
    """Exit code 4, no traceback, nothing started."""
    pytester.makeini(f"[pytest]\n{ini}")
    pytester.makepyfile(app="raise SystemExit('started')")

    done = pytester.runpytest_subprocess("--app", "app.py", *arguments)

    text = done.stdout.str() + done.stderr.str()
    assert (4, 1, False, False) == (
        done.ret,
        text.count(expected),
        "Traceback" in text,
        "started" in text,
    )


def test_help_shows_one_group(pytester: pytest.Pytester) -> None:
    """Every option begins with --app, in one place."""
    done = pytester.runpytest_subprocess("--help", "--app", "app.py")

    group = done.stdout.str().partition("Gradio apps (gradio-harness):\n")[2].partition("\n\n")[0]
    assert 0 == done.ret
    assert {
        *("--app", "--app-suites", "--app-only", "--app-include", "--app-exclude"),
        *("--app-select", "--app-ignore", "--app-profile", "--app-calls", "--app-timeout"),
        *("--app-start-timeout", "--app-folder", "--app-report", "--app-auth"),
        *("--app-isolation", "--app-seed", "--app-fail-on", "--app-browser", "--app-replay"),
    } <= {word.partition("=")[0] for word in group.split() if word.startswith("--")}


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--app", "a.py", "--app-auth", "ada:secret", "-q"], "--app-auth 'USER:***' -q"),
        (["--app", "a.py", "--app-auth=ada:secret", "-q"], "'--app-auth=USER:***' -q"),
        (["--app", "my app.py"], "pytest --app 'my app.py'"),
    ],
    ids=["apart", "with-equals", "quoted"],
)
def test_the_command_in_the_report_has_no_password(arguments: list[str], expected: str) -> None:
    """It is there to be typed again."""
    shown = command_line(arguments)

    assert (True, False) == (shown.endswith(expected), "secret" in shown)


@pytest.mark.parametrize(
    ("selected", "ignored", "expected"),
    [
        ([], [], False),
        ([], ["api.hang"], True),
        ([], ["api"], True),
        ([], ["api.*"], True),
        ([], ["api.h"], False),
        ([], ["api.hang@greet"], True),
        ([], ["api.hang@gr*"], True),
        ([], ["api.hang@order"], False),
        (["api.hang"], [], False),
        (["streaming"], [], True),
        (["api.hang@order"], [], True),
        (["api"], ["api.hang"], True),
    ],
)
def test_a_check_is_silenced_for_an_event(
    options: Any, selected: list[str], ignored: list[str], expected: bool
) -> None:
    """By its name, its suite or a pattern, for one event or all; ignoring comes last."""
    arguments = [a for s in selected for a in ("--app-select", s)]
    arguments += [a for s in ignored for a in ("--app-ignore", s)]

    found = options("--app", "app.py", *arguments)

    assert expected == silenced(found, "api.hang", "greet")


def contract_of(**more: Any) -> Contract:
    """Return a contract of one event, greet."""
    event = {"id": 0, "targets": [[1, "click"]], "inputs": [], "outputs": [], "api_name": "greet"}
    button = {"id": 1, "type": "button", "props": {"value": "Greet"}}
    config = {"version": "6.0.0", "components": [button], "dependencies": [{**event, **more}]}
    return read_contract(config)


@pytest.mark.parametrize(
    ("arguments", "ini", "expected"),
    [
        (["--app-ignore", "api.hung"], "", "--app-ignore api.hung: no check 'api.hung'. Choose"),
        (
            ["--app-select", "apo.*"],
            "",
            "--app-select apo.*: no check 'apo.*'. Choose from advisories.",
        ),
        ([], "app_ignore = api.hung@a: why", "app_ignore api.hung@a: no check 'api.hung'. "),
        ([], "app_latency = p59 < 2 s", "'p59 < 2 s': no measure 'p59'."),
    ],
    ids=["ignore", "select", "ini", "budget"],
)
def test_a_check_that_there_is_not_is_said(
    options: Any, arguments: list[str], ini: str, expected: str
) -> None:
    """Before the app is started, with those there are."""
    with pytest.raises(OptionError) as error:
        known_checks(options("--app", "app.py", *arguments, ini=ini))

    assert expected == str(error.value)[: len(expected)]


@pytest.mark.parametrize(
    ("arguments", "ini", "expected"),
    [
        (
            ["--app-ignore", "api.hang@great"],
            "",
            "--app-ignore api.hang@great: no event 'great'. Choose from greet, page /. Did you",
        ),
        (["--app-select", "api@g?"], "", "--app-select api@g?: no event 'g?'. "),
        ([], "app_latency = great: p95 < 2 s", "app_latency 'great: p95 < 2 s': no event 'great'."),
    ],
    ids=["ignore", "select", "budget"],
)
def test_an_event_that_there_is_not_is_said(
    options: Any, arguments: list[str], ini: str, expected: str
) -> None:
    """A budget or a silence for nobody would pass without a word."""
    with pytest.raises(OptionError) as error:
        known_events(options("--app", "app.py", *arguments, ini=ini), contract_of())

    assert expected == str(error.value)[: len(expected)]


@pytest.mark.parametrize(
    ("where", "contract"),
    [
        ("api.hang@greet", contract_of()),
        ("ui@page /", contract_of()),
        ("api.hang@gr*", contract_of()),
        ("api.hang@drawn", contract_of(render_id=1)),
    ],
    ids=["label", "page", "pattern", "gr.render"],
)
def test_an_event_that_there_may_be_is_taken(options: Any, where: str, contract: Contract) -> None:
    """What gr.render makes has its labels only once a visitor is there."""
    found = options("--app", "app.py", "--app-ignore", where)

    assert (None, None) == (known_checks(found), known_events(found, contract))


def test_what_the_documentation_writes_into_the_ini_file_can_be_used(
    pytester: pytest.Pytester,
) -> None:
    """Every line of the example below docs, on an app with those events."""
    page = (Path(__file__).parent.parent / "docs" / "options.md").read_text("utf-8")
    toml = page.partition("```toml\n")[2].partition("```")[0]
    pytester.makepyprojecttoml(toml)
    found = read(pytester.parseconfig("--app", "app.py"))
    assert found is not None
    button = {"id": 1, "type": "button", "props": {"value": "Go"}}
    events = [
        {"id": n, "targets": [[1, "click"]], "inputs": [], "outputs": [], "api_name": name}
        for n, name in enumerate(("greet", "convert", "summarise", "send_invoice"))
    ]
    app = {"version": "6.0.0", "components": [button], "dependencies": events}

    known_checks(found)
    known_events(found, read_contract(app))

    assert ["", "summarise"] == [parse_budgets(text)[0].event for text in found.budgets]


@pytest.mark.parametrize(
    "typed",
    [["--app", ""], ["--app-replay", "abc"], ["--app-profile=quick"]],
    ids=["empty", "replay", "profile"],
)
def test_an_option_without_an_app_says_how_to_name_one(
    pytester: pytest.Pytester, typed: list[str]
) -> None:
    """An empty variable in a CI file is no green run of nothing."""
    pytester.makepyfile("def test_own(): pass")

    result = pytester.runpytest_subprocess(*typed)

    name = typed[0].partition("=")[0]
    result.stderr.fnmatch_lines([f"ERROR: {name}: No app is named. Type pytest --app app.py,*"])
    assert 4 == result.ret
