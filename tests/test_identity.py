"""Who may do what: logins, routes and users' data of spoilt apps and of mended ones."""

from __future__ import annotations

import functools
from pathlib import Path

import pytest

from gradio_harness.app import Credentials, launch
from gradio_harness.drivers.wire import Wire
from gradio_harness.identity import Identity, Look
from gradio_harness.plan import plan
from gradio_harness.run import Part
from gradio_harness.target import parse
from gradio_harness.visitors.stage import Stage

TWINS = Path(__file__).resolve().parent.parent / "fixtures" / "apps" / "twins"
USERS = (Credentials("ada", "Lovelace1"), Credentials("bob", "Builder22"))

#: Spoilt app -> what is said of it: severity and title, gravest first.
DEFECTS = {
    "auth.route/defect": {
        ("error", "GET /export answers without a login: it shows what a user has sent"),
        ("error", "GET /saved/{path:path} answers without a login: it shows what a user has sent"),
        ("warning", "GET /stats answers without a login"),
        ("warning", "POST /notes changes things without a login"),
        ("info", "GET /health answers without a login"),
    },
    "auth.login/defect_anybody": {("error", "The login admits anybody, with any password")},
    "auth.login/defect_same": {
        ("error", "The login admits whoever gives the same text as name and password")
    },
    "auth.login/defect_name": {("error", "The login admits a user with any password")},
    "auth.login/defect_part": {("error", "The login admits a part of the password")},
    "auth.login/defect_case": {("error", "The login admits a password in other case")},
    "auth.login/defect_anyones": {
        ("error", "The login admits a user with another user's password")
    },
    "auth.login/defect_backdoor": {
        ("error", "The login admits a text of the app's source as password")
    },
    "auth.login/defect_raises": {("error", "The login fails with HTTP 500: KeyError")},
    "auth.login/defect_refused": {
        ("error", "The login admits, spelt otherwise, a name that it refuses"),
        ("info", "The login admits a user's name in other case"),
    },
    "auth.login/defect_sql": {("error", "The login admits SQL in place of a name or a password")},
    "auth.enumeration/defect_time": {("warning", "The login tells by its time who is a user")},
    "auth.enumeration/defect_words": {("warning", "The login tells by its words who is a user")},
    "auth.session/defect_ends": {("error", "A session goes on after its user has logged out")},
    "auth.session/defect_cookie": {
        ("warning", "The cookie session, which lets a user in, is set without HttpOnly")
    },
    "auth.session/defect_claimed": {("error", "Whoever sends the query as is the user it names")},
    "auth.anothers-data/defect": {
        ("error", "A user gets another user's data by their name: user"),
        ("error", "A user gets another user's data by the number of a record: number"),
    },
    "auth.origin/defect": {("error", "Pages of any other site may read the app's answers")},
    "auth.origin/defect_alike": {
        ("error", "Pages of sites whose names begin like this one may read the app's answers")
    },
    "auth.redirect/defect": {("error", "GET /back sends visitors to any other site")},
    "auth.redirect/defect_slashes": {("error", "GET /back sends visitors to any other site")},
}
#: What is said of every app with a login, once.
BY_DESIGN = {
    ("info", "Gradio answers these routes without a login, by design"),
    ("info", "The login has no limit of attempts"),
}
MENDED = [
    path.relative_to(TWINS).with_suffix("").as_posix()
    for path in sorted(TWINS.glob("auth.*/mended*.py"))
    if path.parent.name != "auth.tells"  # an exploration finds that
]


@functools.cache
def look(name: str) -> Part:
    """Serve a twin and ask it as several people do, once for all tests."""
    path, check = TWINS / f"{name}.py", name.partition("/")[0]
    written = "auth=[" in path.read_text("utf-8") or "auth=USERS" in path.read_text("utf-8")
    with (
        launch(
            parse(path.name, path.parent),
            folder=path.parent,
            credentials=() if written or "auth" not in path.read_text("utf-8") else USERS,
        ) as app,
        Wire(app) as wire,
    ):
        stage = Stage(app, wire, plan(app.contract), "standard", seed=7, seconds=2.0)
        identity = Identity(Look(app, stage, seconds=30.0))
        part = identity.of(check)
        identity.close()
        stage.close()
    return part


def test_every_twin_is_tried() -> None:
    """A new pair of twins must say what is found in it."""
    spoilt = {
        path.relative_to(TWINS).with_suffix("").as_posix()
        for path in TWINS.glob("auth.*/defect*.py")
        if path.parent.name != "auth.tells"
    }

    assert set(DEFECTS) == spoilt


@pytest.mark.parametrize("name", DEFECTS)
def test_what_is_open_is_found(name: str) -> None:
    """All of it, and nothing else."""
    found = look(name).findings

    told = {(str(finding.severity), finding.title) for finding in found}
    assert DEFECTS[name] == told - BY_DESIGN


@pytest.mark.parametrize("name", MENDED)
def test_nothing_is_found_in_the_mended_app(name: str) -> None:
    """What is open by its name is told as information."""
    found = [finding.title for finding in look(name).findings if finding.severity != "info"]

    assert [] == found


def test_the_table_says_who_was_answered_and_whether_that_was_expected() -> None:
    """The author's routes and Gradio's, for everybody who asks."""
    rows = {(row.route, row.who): row for row in look("auth.route/defect").access}

    assert [(True, False), (True, True), (False, False), (True, True)] == [
        (rows[key].open, rows[key].expected)
        for key in (
            ("GET /export", "anonymous"),
            ("GET /export", "A"),
            ("GET /ui/config", "logged out"),
            ("GET /ui/config", "B"),
        )
    ]


@pytest.mark.parametrize("name", ["auth.anothers-data/defect", "auth.route/defect"])
def test_the_script_to_paste_shows_it_again(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It ends with what is seen."""
    finding = look(name).findings[0]
    script = finding.reproduce.partition("\n")[2].removesuffix("EOF")
    monkeypatch.chdir((TWINS / name).parent)

    with pytest.raises(SystemExit):
        exec(script, {})
