"""Known findings: what a baseline says of a run, and how it is read and written."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path

import pytest
from sessions import project, run

from gradio_harness.baseline import Baseline, Entry, read
from gradio_harness.errors import OptionError
from gradio_harness.finding import Finding, Known, Severity
from gradio_harness.rows import Checked
from gradio_harness.run import Part, Run

TODAY = dt.date(2026, 6, 1)
FINDING = Finding(
    "api.unhandled-exception",
    "share",
    Severity.ERROR,
    "ZeroDivisionError: division by zero",
    exception="ZeroDivisionError",
    function="share",
    location="app.py:5 in share",
    traceback="""Traceback (most recent call last):
  File "/home/me/app.py", line 9, in shared_out
    return share(total, 0)
  File "/home/me/app.py", line 5, in share
    return total  / people
           ~~~~~~~^~~~~~~~
ZeroDivisionError: division by zero""",
)
ENTRY = Entry(
    "api.unhandled-exception",
    "share",
    "as it was called then",
    "ZeroDivisionError",
    "share",
    reason="ticket 12",
)


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (ENTRY, Known("ticket 12")),
        (replace(ENTRY, event="other", also=("share",)), Known("ticket 12")),
        (replace(ENTRY, expires="2026-06-01"), Known("ticket 12", "2026-06-01")),
        (replace(ENTRY, expires="2026-05-31"), Known("ticket 12", "2026-05-31", over=True)),
        (replace(ENTRY, code="return total / people"), Known("ticket 12")),
        (replace(ENTRY, code="return share / total"), None),
        (replace(ENTRY, event="other"), None),
        (replace(ENTRY, exception="KeyError"), None),
        (replace(ENTRY, function="shared"), None),
        (replace(ENTRY, check="api.hang"), None),
    ],
    ids=[
        *("same", "also", "last-day", "over", "code", "another-line"),
        *("event", "exception", "function", "check"),
    ],
)
def test_a_finding_is_known_by_check_event_exception_function_and_code(
    entry: Entry, expected: Known | None
) -> None:
    """Never by its title, its line's number or its input; the last day counts.

    A file from before there was a code means any line of the function.
    """
    assert expected == Baseline((entry,)).knows(FINDING, TODAY)


def test_of_two_entries_the_one_that_goes_on_counts() -> None:
    """Whoever adds a new entry need not take the old one out first."""
    old, new = replace(ENTRY, expires="2020-01-01"), replace(ENTRY, reason="again")

    assert Known("again") == Baseline((old, new)).knows(FINDING, TODAY)


@pytest.mark.parametrize(
    ("findings", "ran", "expected"),
    [
        ([], {("api.unhandled-exception", "share")}, (ENTRY,)),
        ([FINDING], {("api.unhandled-exception", "share")}, ()),
        ([], {("api.unhandled-exception", "other"), ("api.hang", "share")}, ()),
        ([replace(FINDING, event="a", also=("share",))], {(ENTRY.check, "share")}, ()),
    ],
    ids=["mended", "still-there", "not-run", "told-under-another"],
)
def test_only_what_was_looked_for_is_mended(
    findings: list[Finding], ran: set[tuple[str, str]], expected: tuple[Entry, ...]
) -> None:
    """An event that was not driven, a check that was not made, say nothing of it."""
    assert expected == Baseline((ENTRY,)).mended(findings, ran)


def test_an_update_keeps_what_people_wrote(tmp_path: Path) -> None:
    """Reasons, dates and keys of their own; what is new has no reason, what is mended is out."""
    gone, unseen = replace(ENTRY, event="gone"), replace(ENTRY, event="unseen")
    path = tmp_path / "sub" / "known.json"
    new = replace(FINDING, event="new", also=("newer",))
    old = replace(ENTRY, expires="2027-01-01", more={"ticket": 12})
    before = Baseline((unseen, gone, old), more={"team": {"a": 1}})

    before.updated([FINDING, new], [gone]).write(path)

    data = json.loads(path.read_text("utf-8"))
    assert {"a": 1} == data["team"]
    assert [
        ("new", "", None, ["newer"], None),
        ("share", "ticket 12", "2027-01-01", None, 12),
        ("unseen", "ticket 12", None, None, None),
    ] == [
        (e["event"], e["reason"], e.get("expires"), e.get("also"), e.get("ticket"))
        for e in data["findings"]
    ]
    assert "ZeroDivisionError: division by zero" == data["findings"][1]["title"]
    again = read(path)
    assert again == again.updated([FINDING, new], [])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{", "line 1 is no JSON .*--app-update-baseline"),
        ("[]", "an object with a list 'findings' was expected"),
        ('{"schema": 9, "findings": []}', "schema 9 is not understood, only 1"),
        ('{"schema": 1, "findings": [1]}', "finding 1 is no object"),
        ('{"schema": 1, "findings": [{"check": "a"}]}', "finding 1 has no 'event'"),
        (
            '{"schema": 1, "findings": [{"check": "a", "event": "b", "expires": "soon"}]}',
            "finding 1 expires on 'soon'. Write a date: 2026-12-31",
        ),
        ('{"schema": 1, "findings": [{"check": 1, "event": "b"}]}', "'check' is no text"),
    ],
)
def test_a_file_that_cannot_be_used_says_so_in_a_line(
    tmp_path: Path, text: str, expected: str
) -> None:
    """With the place in it and what to do."""
    path = tmp_path / "known.json"
    path.write_text(text, "utf-8")

    with pytest.raises(OptionError, match=expected) as caught:
        read(path)

    assert "\n" not in str(caught.value)


def test_a_missing_file_is_no_baseline_but_where_it_is_to_be_made(tmp_path: Path) -> None:
    """The message names the option that makes it."""
    with pytest.raises(OptionError, match=r"there is no .*known.json.* add --app-update-baseline"):
        read(tmp_path / "known.json")

    assert Baseline() == read(tmp_path / "known.json", update=True)


def test_a_known_finding_fails_nothing_and_is_counted_apart() -> None:
    """Until its time is over; an event that is new to it makes the whole defect new."""
    known = replace(FINDING, known=Known("ticket 12"))
    over = replace(
        FINDING, event="b", location="app.py:9 in b", known=Known("", "2020-01-01", True)
    )
    further = replace(FINDING, event="z")
    told = Run("app.py", parts=[Part(findings=(known, over))], complete=True)
    more = Run("app.py", parts=[Part(findings=(known, further))], complete=True)

    assert (["b"], ["share"], "1 error, 1 known; no event driven.") == (
        [f.event for f in told.failing],
        [f.event for f in told.known],
        told.verdict,
    )
    assert [None] == [f.known for f in more.failing]
    assert (
        "Nothing new, 1 known; " in Run("a", parts=[Part(findings=(known,))], complete=True).verdict
    )


def test_checked_tests_travel_as_plain_data() -> None:
    """Through a journal and from an xdist worker."""
    part = Part(
        checked=(Checked("api.hang", "greet"),), findings=(replace(FINDING, known=Known("x")),)
    )

    assert part == Part.from_dict(json.loads(json.dumps(part.as_dict())))


APP = """
import gradio as gr

def share(people):
    return 10 / people

with gr.Blocks() as demo:
    people = gr.Number(2, label="People")
    gr.Button("Share").click(share, people, gr.Number())
demo.launch()
"""


@pytest.mark.slow
def test_what_is_known_passes_and_what_is_mended_is_named(tmp_path: Path) -> None:
    """Written by one run, read by the next; a reason is asked for. What is silenced stays."""
    folder = project(tmp_path / "shop", APP)
    about = ("--app", "app.py", "--app-suites", "api", "--app-calls", "12")
    baseline = ("--app-baseline", "known.json")

    made = run(folder, *about, *baseline, "--app-update-baseline")
    file = folder / "known.json"
    data = json.loads(file.read_text("utf-8"))
    data["findings"][0]["expires"] = "2020-01-01"
    data["findings"] += [{"check": "api.hang", "event": "share", "title": "It hung", "reason": "x"}]
    data["findings"] += [{"check": "api.type-hint", "event": "share", "title": "A", "reason": "x"}]
    file.write_text(json.dumps(data), "utf-8")
    again = run(folder, *about, *baseline, "--app-ignore", "api.type-hint@share")

    over = data["findings"][0]["exception"]
    assert (0, 1) == (made.code, again.code), again.out
    assert "without a reason: write into the file why it may stay" in made.out
    assert {over} == {
        f["exception"] for f in again.report["findings"] if f["known"] and f["known"]["over"]
    }
    assert "not found any more: api.hang [share] It hung" in again.out
    assert ["It hung"] == [entry["title"] for entry in again.report["mended"]]
