"""Several visitors on one app: what one sends, no other gets; on spoilt apps and mended ones."""

from __future__ import annotations

import functools
from pathlib import Path

import pytest
from sessions import project, run

from gradio_harness.app import Credentials, launch
from gradio_harness.drivers.wire import Wire
from gradio_harness.finding import Finding
from gradio_harness.plan import plan
from gradio_harness.target import parse
from gradio_harness.visitors.leaks import leak
from gradio_harness.visitors.stage import Stage

APPS = Path(__file__).resolve().parent.parent / "fixtures" / "apps"
TWINS = APPS / "twins"
SEED = 7


@functools.cache
def look(name: str, calls: int | None = None) -> tuple[tuple[Finding, ...], tuple[str, ...], int]:
    """Serve a twin and let visitors loose on it, once for all tests.

    Returns what was found, why events were not looked at, and the calls of the busiest event.
    """
    folder = TWINS / "sessions.leak"
    with (
        launch(parse(f"{name}.py", folder), folder=folder, timeout_seconds=60) as app,
        Wire(app, timeout_seconds=20) as wire,
    ):
        chosen = plan(app.contract)
        stage = Stage(app, wire, chosen, profile="standard", seed=SEED, seconds=0.8, calls=calls)
        parts = [leak(stage, event) for event in chosen.roots]
    found = tuple(finding for part in parts for finding in part.findings)
    why = tuple(row.why for part in parts for row in part.skipped)
    return found, why, max(stage.spent.values())


#: Spoilt app -> the events at which another's data surfaces, and those at which it does so only
#: once in the life of a process: the first of a list, a cache that is filled.
LEAKS = {
    "defect": ({"show", "chat", "buy", "collect", "report"}, {"remember", "shout"}),
    "defect_at_once": ({"convert", "tell", "finish"}, set[str]()),
    "defect_fallback": ({"translate"}, set[str]()),
    "defect_cookie": ({"show", "greet"}, set[str]()),
    "defect_login": ({"recall"}, set[str]()),
    "defect_parts": ({"people", "drafts", "orders", "listen"}, set[str]()),
    "defect_kept": ({"convert", "greet"}, set[str]()),  # and price, in a fresh copy of the app
    "defect_namesake": ({"count"}, set[str]()),
    "defect_told": ({"answer"}, set[str]()),
}


def test_every_twin_is_tried() -> None:
    """A new pair of twins must say what is found in it."""
    spoilt = {path.stem for path in TWINS.glob("sessions.leak/defect*.py")}

    assert set(LEAKS) == spoilt


@pytest.mark.parametrize("name", LEAKS)
def test_what_surfaces_at_another_visitor_is_found(name: str) -> None:
    """At the event whose answer has it, and again with new visitors where it can come again."""
    found, _, _ = look(name)
    again, once = LEAKS[name]

    assert sorted(again | once) == sorted(finding.event for finding in found)
    assert again == {f.event for f in found if f.repeats is not None and f.repeats.failed}


def test_the_fewest_calls_are_told() -> None:
    """Who sends it, who gets it, and the line of the author's function."""
    found, _, _ = look("defect")
    (show,) = (finding for finding in found if finding.event == "show")

    first, second = show.input.splitlines()
    assert ("A: save(note = '", "B: show()", "defect.py:26 in show") == (
        first[:16],
        second,
        show.location,
    )


def test_an_answer_that_follows_what_another_sent_is_told_with_both() -> None:
    """There is no word to be told by: a tick, and the answers to it."""
    found, _, _ = look("defect_kept")
    (greet,) = (finding for finding in found if finding.event == "greet")

    assert "One visitor's answer depends on what another sent as loud" == greet.title
    assert all(words in greet.detail for words in ('"hello"', '"HELLO"', "set_rate"))


def test_a_key_that_is_too_weak_is_found_in_fresh_copies(tmp_path: Path) -> None:
    """Whoever asks first decides for everybody, once in the life of a process."""
    folder = project(tmp_path / "own", TWINS / "sessions.leak" / "defect_kept.py")

    session = run(
        folder, "--app", "app.py", "--app-suites", "sessions", "-k", "leak", "--app-seed", "7"
    )

    assert {("sessions.leak", name) for name in ("convert", "greet", "price")} == {
        *session.findings
    }, session.out


@pytest.mark.parametrize("name", LEAKS)
def test_the_script_to_paste_shows_it_again(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It ends with what went astray."""
    finding = look(name)[0][-1]
    script = finding.reproduce.partition("\n")[2].removesuffix("EOF")
    monkeypatch.chdir(TWINS / "sessions.leak")

    words = r"got '\w+', which only [AB] sent|the last visitor did the same, and got"
    with pytest.raises(SystemExit, match=words):
        exec(script, {})

    assert finding.event in capsys.readouterr().out


@pytest.mark.parametrize("name", [name.replace("defect", "mended") for name in LEAKS])
def test_nothing_is_found_in_the_mended_app(name: str) -> None:
    """What is kept for each visitor by itself surfaces nowhere else; a counter is no leak."""
    assert ((), ()) == look(name)[:2]


def test_visitors_keep_to_the_number_of_calls() -> None:
    """What was not looked at for want of calls is told."""
    _, why, spent = look("mended", calls=1)

    names = ("save", "show", "remember", "chat", "buy", "shout", "collect", "report", "visit")
    assert (1, tuple(f"--app-calls 1 are used up for {name}" for name in names)) == (spent, why)


def test_visitors_whom_the_app_takes_for_one_user_are_not_judged() -> None:
    """Of an app that asks for a login one account is known: how to name a second one is told."""
    one = (Credentials("bob", "builder"),)
    with (
        launch(parse("login.py", APPS), folder=APPS, credentials=one, timeout_seconds=60) as app,
        Wire(app, timeout_seconds=20) as wire,
    ):
        chosen = plan(app.contract)
        stage = Stage(app, wire, chosen, profile="quick", seed=SEED, seconds=0.1)
        part = leak(stage, chosen.roots[0])

    assert () == part.findings
    assert [True] == ["--app-auth OTHER:PASSWORD" in row.why for row in part.skipped]


def test_an_event_that_gives_no_answer_is_set_off_once(tmp_path: Path) -> None:
    """What it was given is told; nobody waits for it again."""
    (tmp_path / "app.py").write_text(STANDS)
    with (
        launch(parse("app.py", tmp_path), folder=tmp_path, timeout_seconds=60) as app,
        Wire(app, timeout_seconds=20) as wire,
    ):
        chosen = plan(app.contract)
        stage = Stage(
            app, wire, chosen, profile="quick", seed=SEED, seconds=0.2, timeout_seconds=4.0
        )
        parts = [leak(stage, event) for event in chosen.roots]

    assert 1 == stage.spent["wait"]
    assert "wait gave no answer to ['" in parts[0].skipped[0].why


STANDS = """
import time

import gradio as gr


def wait(word):
    while True:
        time.sleep(0.05)


with gr.Blocks() as demo:
    word, out = gr.Textbox(), gr.Textbox()
    gr.Button("Wait").click(wait, word, out, api_name="wait")

if __name__ == "__main__":
    demo.launch()
"""
