"""Findings on the terminal as they come, and the line that says what is being looked at."""

from __future__ import annotations

import os
from dataclasses import replace

from gradio_harness.finding import Finding, Severity
from gradio_harness.news import News, Ticker, brief, whole

FINDING = Finding(
    "api.unhandled-exception",
    "share",
    Severity.ERROR,
    "ZeroDivisionError: division by zero",
    input="people = 0\ncosts = 1",
    exception="ZeroDivisionError",
    location="app.py:5 in share",
    reproduce="python - <<'EOF'\nEOF",
)


def test_a_finding_takes_two_lines_of_the_terminal() -> None:
    """What is wrong where, then the check and the input; both are cut to the width."""
    assert [
        "  error: [share] ZeroDivisionError: division by zero",
        "         api.unhandled-exception, people = 0, costs = 1",
    ] == brief(FINDING, 80)
    assert ["  error: [share] ZeroDivi…", "         api.unhandled-ex…"] == brief(FINDING, 26)


def test_the_last_lines_tell_input_and_how_to_see_it_again() -> None:
    """In full: nothing comes after them."""
    assert [
        "  error: api.unhandled-exception [share] ZeroDivisionError: division by zero",
        f"         people = 0, costs = 1  (--app-replay {FINDING.id})",
    ] == whole(FINDING)


def test_what_an_app_says_does_not_reach_the_terminal_as_it_is() -> None:
    """Escapes are shown, in title and input."""
    nasty = replace(FINDING, title="\x1b[2J", input="a = '\x07'")

    assert "\x1b" not in "".join(brief(nasty, 80) + whole(nasty))


def test_a_defect_is_told_once() -> None:
    """Another event that runs into the same line is no news; what is by design never is."""
    news = News()
    other = replace(FINDING, event="divide")
    note = replace(FINDING, severity=Severity.INFO, location="app.py:9 in note")

    first = list(news.of([FINDING, note]))

    assert ([FINDING], []) == (first, list(news.of([other, FINDING])))


def test_the_line_is_written_behind_the_dots_and_taken_away() -> None:
    """The cursor stays where pytest left it; a narrow rest of a line is left alone."""
    read, write = os.pipe()
    ticker = Ticker(write)

    ticker.call("share", 10)
    ticker.call("share", 30)
    ticker.clear()
    ticker.clear()
    ticker.close()
    ticker.close()
    ticker.call("share", 30)

    with os.fdopen(read, "rb") as pipe:
        assert b"\x1b7\x1b[K share: 2 calls\x1b8\x1b[K" == pipe.read()
