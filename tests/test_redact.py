"""Passwords and tokens: known from where they come, and shown nowhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sessions import Session, project, run

from gradio_harness.finding import Finding, Severity
from gradio_harness.redact import Secrets, known, of_app
from gradio_harness.rows import LatencyRow, SideEffect, Skipped
from gradio_harness.run import Part

APP = """
    import os
    import subprocess
    import sys

    import gradio as gr

    for line in open(".env"):
        os.environ.setdefault(*line.strip().split("="))

    TOKEN = os.environ["SERVICE_TOKEN"]
    subprocess.run([sys.executable, "-c", "pass", "--token", TOKEN], check=True)

    def ask(key, text):
        print("asking with", TOKEN)
        if not text:
            raise RuntimeError(f"401 for {key} and {TOKEN} at https://me:swordfish@example.com/")
        return text

    def upload(text, request: gr.Request):
        print(os.environ["STORE_PASS"], dict(request.headers))
        token = "hf_" + "aBcDeFgHiJkLmNoPqRsTuVwXyZ012345"
        yield f"Authorization: Bearer {token[3:]}"
        raise RuntimeError(f"{token}: {request.headers['cookie']}, {os.environ['STORE_PASS']}")

    with gr.Blocks() as demo:
        key = gr.Textbox("sk-live-0123456789", type="password", label="Key")
        text = gr.Textbox(label="Text")
        out = gr.Textbox(label="Out")
        gr.Button("Ask").click(ask, [key, text], out)
        gr.Button("Upload").click(upload, text, out)

    if __name__ == "__main__":
        demo.launch(auth=("admin", "hunter2-secret"))
"""

SECRET = (
    *("tok-9f8e7d6c", "sk-live-0123456789", "hunter2-secret", "swordfish", "of-the-user"),
    *("from-the-file-77", "aBcDeFgHiJkLmNoPqRsTuVwXyZ012345"),
)
SOURCES = ("app.py", ".env")
#: What a login leaves with a visitor is another one each time.
COOKIE = re.compile(r"access-token[\w-]*(?:=|[\"']*: [\"']*)[\w-]{6,}")


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """A session about an app that holds, prints, passes on and quotes its secrets."""
    files = {".env": "STORE_PASS=from-the-file-77\n"}
    folder = project(tmp_path_factory.mktemp("secret") / "project", APP, files)
    arguments = ("--app", "app.py", "--app-suites", "api,streaming", "--app-calls", "8", "-vv")
    logins = ("--app-auth", "admin:hunter2-secret", "--app-auth", "eve:of-the-user")
    more = ("--junitxml", "reports/latest/junit.xml", "-rA")
    baseline = ("--app-baseline", "known.json", "--app-update-baseline")
    variables = {"SERVICE_TOKEN": "tok-9f8e7d6c", "GITHUB_ACTIONS": "true"}
    return run(folder, *arguments, *logins, *more, *baseline, **variables)


@pytest.mark.slow
def test_no_secret_is_in_the_terminal_or_in_a_file(session: Session) -> None:
    """Neither the author's and the user's logins, nor tokens, nor what a password box shows.

    In no file at all: report, history, baseline, replays, and what is kept for the next run.
    """
    files = [f for f in session.folder.rglob("*") if f.is_file() and f.name not in SOURCES]
    said = {str(f): f.read_text("utf-8", "replace") for f in files} | {"terminal": session.out}

    shown = {(name, secret) for name, text in said.items() for secret in SECRET if secret in text}
    assert set() == shown
    assert set() == {
        (name, cookie) for name, text in said.items() for cookie in COOKIE.findall(text)
    }
    names = {f.name for f in files}
    assert {"index.html", "junit.xml", "results.json", "summary.md", "replay.py"} <= names
    assert "known.json" in names
    assert "::error" in session.out
    assert any(f.parent.name == "history" for f in files)


@pytest.mark.slow
def test_what_is_no_secret_is_told_as_ever(session: Session) -> None:
    """Each secret is three stars, and everything around it is there."""
    titles = {found["endpoint"]: found["title"] for found in session.report["findings"]}
    assert "RuntimeError: 401 for *** and *** at https://***@example.com/" == titles["ask"]
    assert "RuntimeError: ***: access-token" in titles["upload"]
    started = [e["what"] for e in session.report["effects"] if e["kind"] == "start"]
    assert [True] == [what.endswith("-c pass --token ***") for what in started]
    assert "asking with ***" in session.out


@pytest.mark.slow
def test_a_password_in_a_line_that_fails_is_not_quoted(tmp_path: Path) -> None:
    """The author's line is shown, the password in it is not."""
    app = """
        import gradio as gr
        gr.Blocks().launch(auth=("admin", "hunter2-secret"), no_such_argument=True)
    """
    session = run(project(tmp_path / "project", app), "--app", "app.py", "--app-suites", "api")

    assert 4 == session.code
    assert 'launch(auth=("admin", "***"), no_such_argument=True)' in session.out
    assert "hunter2" not in session.out + str(session.report)


@pytest.mark.parametrize(
    ("value", "text", "expected"),
    [
        ("sk-live-0123", "Bearer_sk-live-0123!", "Bearer_***!"),
        ("secret", "a secret of secrets", "a *** of secrets"),
        ("secret", r"'one\nsecret'", r"'one\n***'"),
        ("pw", "auth=('pw', \"pw\") in pwd, pw", "auth=('***', \"***\") in pwd, pw"),
        ("two\nlines", "KeyError: 'two\\nlines'", "KeyError: '***'"),
        ("grüße-an-alle", r'"gr\u00fc\u00dfe-an-alle"', '"***"'),
        ("p@ss/word", "http://h/?k=p%40ss/word", "http://h/?k=***"),
        ("", "nothing", "nothing"),
    ],
    ids=["inside", "a word", "after an escape", "short", "lines", "escaped", "address", "empty"],
)
def test_a_secret_is_found_as_it_is_written(value: str, text: str, expected: str) -> None:
    """As a literal, in JSON, in an address; a short one only as a whole literal."""
    assert expected == Secrets(frozenset([value])).hide(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hf_aBcDeFgHiJkLmNoPqRsTuVwXyZ of hf_hub_download()", "*** of hf_hub_download()"),
        ("'sk-proj-a1b2c3d4e5f6g7h8i9j0', a risk-averse-1", "'***', a risk-averse-1"),
        ("Authorization: Bearer abcdEFGH1234==, none", "Authorization: Bearer ***, none"),
        ("{'authorization': 'Basic YWRhOmxvdmVsYWNl'}", "{'authorization': 'Basic ***'}"),
        ("the bearer of this: Basic knowledge", "the bearer of this: Basic knowledge"),
        ("Set-Cookie: a=b; HttpOnly\nnext", "Set-Cookie: ***\nnext"),
        ("(b'cookie', b'a=b; c=d'), cookie = dough", "(b'cookie', b'***'), cookie = dough"),
        ("{'access-token-x': 'abcdefghij'}", "{'access-token-x': '***'}"),
        ("ey: eyJhbGciOiJI.eyJzdWIiOiIx.c2lnbmF0", "ey: ***"),
        ("a -----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY----- b", "a *** b"),
    ],
)
def test_a_token_is_known_by_its_shape(text: str, expected: str) -> None:
    """Also one that the author wrote into the code; ordinary words stay."""
    assert expected == Secrets().hide(text)


def test_the_password_of_any_address_is_hidden() -> None:
    """Databases are named so too; an address without one stays."""
    text = "postgres://bob:pw@db/x http://localhost/?a=b@c http://127.0.0.1:80/a@b"
    expected = "postgres://***@db/x http://localhost/?a=b@c http://127.0.0.1:80/a@b"
    assert expected == Secrets().hide(text)


def test_secrets_are_known_by_their_variables_names() -> None:
    """Those that a name says, at least six characters long: "true" is a word as well."""
    environment = {
        "OPENAI_API_KEY": "sk-0000001",
        "DB_PASSWORD_FILE": "/run/pw-file",
        "HF_TOKEN": "hf_000001",
        "USE_TOKEN": "true",
        "KEYBOARD": "qwertz-de",
        "HOME": "/home/ada",
    }
    expected = {"sk-0000001", "/run/pw-file", "hf_000001"}
    assert expected == known("app.py", environment=environment).values


def test_secrets_are_known_by_address_option_and_source(tmp_path: Path) -> None:
    """``https://user:password@host``, --app-auth, and each literal ``auth=`` of the app."""
    source = tmp_path / "app.py"
    source.write_text("x.launch(auth=[('a', 'b1'), ['c', 'd1']]); y(auth=z); z(auth=('e', 'f1'))")

    found = known("https://me:in%20url@host", [("u", "given")], source=source, environment={})

    assert {"in url", "given", "b1", "d1", "f1"} == found.values


def test_an_app_adds_its_logins_and_password_boxes(serve: Any, write: Any) -> None:
    """However its author came by them."""
    source = """
        import gradio as gr
        with gr.Blocks() as demo:
            gr.Textbox("in-the-box", type="password")
            gr.Textbox("shown")
        logins = [("ada", "love" + "lace")]
        demo.launch(auth=logins)
    """
    assert {"in-the-box", "lovelace"} == of_app(serve("app.py", write(app=source))).values


def test_every_word_of_a_part_is_without_secrets() -> None:
    """Labels and names, which tests and baselines go by, stay as they are."""
    finding = Finding(
        "api.x", "tokens", Severity.ERROR, "tokens", "tokens", input="tokens", traceback="tokens"
    )
    part = Part(
        findings=(finding,),
        latency=(LatencyRow("tokens", 1, 1.0, 1.0, 1.0, where="tokens"),),
        effects=(SideEffect("start", "tokens", "tokens"),),
        skipped=(Skipped("tokens", "tokens"),),
    )

    hidden = Secrets(frozenset(["tokens"])).part(part)

    rows = (*hidden.findings, *hidden.latency, *hidden.effects, *hidden.skipped)
    assert ["tokens", "tokens", "tokens"] == [rows[0].event, rows[1].event, rows[2].event]
    assert 8 == sum(str(row).count("***") for row in rows)


def test_what_several_visitors_got_is_told_without_secrets(tmp_path: Path) -> None:
    """In what is printed, and in the words with which the script ends."""
    (tmp_path / "app.py").write_text(
        "import os\n"
        "import gradio as gr\n"
        "with gr.Blocks() as demo:\n"
        "    box = gr.Textbox()\n"
        "    key = os.environ['SHOP_TOKEN']\n"
        "    gr.Button().click(lambda text: key + text, box, box, api_name='echo')\n"
        "demo.launch()\n"
    )
    script = (
        "from gradio_harness import replay_visits\n"
        "replay_visits('app.py', [('A', 'echo', [' 1'])], otherwise=[('A', 'echo', [' 2'])])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env={**os.environ, "SHOP_TOKEN": "kestrel-9s8d7f6g"},
        capture_output=True,
        text=True,
    )

    said = done.stdout + done.stderr
    assert (1, True, False) == (
        done.returncode,
        "*** 1" in said and "*** 2" in said,
        "kestrel" in said,
    )
