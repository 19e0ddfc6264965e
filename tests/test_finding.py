"""One defect is told once, whichever events run into it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gradio_harness.finding import Finding, Known, Severity
from gradio_harness.report import page, summary
from gradio_harness.rows import EventRow
from gradio_harness.run import Part, Run

FOUND = Finding(
    "api.unhandled-exception",
    "add",
    Severity.ERROR,
    "TypeError: no",
    exception="TypeError",
    function="total",
    location="app.py:7 in total",
)
KNOWN = Known("ticket 12")
OVER = Known("ticket 12", "2026-05-31", over=True)


def run_of(*findings: Finding, labels: str = "add remove clear") -> Run:
    """Return a run over events in this order."""
    rows = tuple(EventRow(label, "call", order=n) for n, label in enumerate(labels.split()))
    return Run("app.py", complete=True, parts=[Part(findings=findings, events=rows)])


def at(event: str, **fields: Any) -> Finding:
    return replace(FOUND, event=event, **fields)


def told(run: Run) -> list[tuple[str, ...]]:
    return [finding.events for finding in run.findings]


def test_a_line_that_several_events_run_into_is_one_finding() -> None:
    """Under the first event of the contract, whichever was driven first."""
    assert [("add", "remove", "clear")] == told(run_of(at("clear"), at("remove"), at("add")))


def test_its_id_is_that_of_the_first_event() -> None:
    """It stays what it was when only that event was driven."""
    (finding,) = run_of(at("remove"), at("add")).findings

    assert (FOUND.id, (FOUND.id, at("remove").id)) == (finding.id, finding.ids)


@pytest.mark.parametrize(
    "other",
    [
        at("remove", location="app.py:9 in total"),
        at("remove", exception="KeyError"),
        at("remove", check="api.hang"),
        at("remove", severity=Severity.WARNING),
        at("", location="app.py:7 in total"),
    ],
    ids=["line", "exception", "check", "severity", "no-event"],
)
def test_what_differs_is_told_apart(other: Finding) -> None:
    """Two defects of one function, and one that is no event's."""
    assert 2 == len(run_of(FOUND, other).findings)


@pytest.mark.parametrize(
    ("second", "expected"),
    [("out.change(lambda n: n + 1, n)", 1), ("out.change(lambda n: n - 1, n)", 2), ("n + 1", 2)],
    ids=["copied", "another", "part-of-one"],
)
def test_a_lambda_that_was_copied_is_one_defect(second: str, expected: int) -> None:
    """On another line, with the same text."""
    found = [
        at(
            event,
            function="<lambda>",
            location=f"app.py:{line} in <lambda>",
            traceback=f'  File "/a/app.py", line {line}, in <lambda>\n    {text}\n',
        )
        for event, line, text in (
            ("add", 7, "out.change(lambda n: n + 1, n)"),
            ("remove", 19, second),
        )
    ]

    assert expected == len(run_of(*found).findings)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"location": "", "check": "api.output-type"}, 1),
        ({"location": "", "check": "api.output-type", "function": "<lambda>"}, 2),
        ({"location": "", "check": "api.output-type", "function": ""}, 2),
        ({"check": "sessions.leak"}, 2),
    ],
    ids=["named", "lambda", "unknown", "sessions"],
)
def test_an_answer_without_a_line_is_known_by_function_and_words(
    fields: dict[str, Any], expected: int
) -> None:
    """Every lambda has the same name; what visitors do to each other is each event's own."""
    assert expected == len(run_of(at("add", **fields), at("remove", **fields)).findings)


def test_the_others_are_named_wherever_it_is_told() -> None:
    """In the page, in the summary, and in what is read by programs."""
    run = run_of(at("add"), at("remove"), at("clear"))
    shown = page.render(run), summary.render(run)

    again = Run.from_dict(run.as_dict())
    assert ([("add", "remove", "clear")], [True, True]) == (
        told(again),
        ["remove" in text and "lso" in text for text in shown],
    )


def test_no_event_with_a_finding_is_told_as_never_set_off() -> None:
    """An event that is named beside another one was driven."""
    assert ["clear"] == [item.what for item in run_of(at("add"), at("remove")).skipped]


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ({"add": KNOWN}, ("remove", "clear", "add")),
        ({"add": KNOWN, "remove": KNOWN, "clear": OVER}, ("clear", "add", "remove")),
        ({"add": KNOWN, "remove": KNOWN, "clear": KNOWN}, ("add", "remove", "clear")),
    ],
    ids=["one", "over", "all"],
)
def test_the_event_of_which_it_is_not_known_comes_first(
    known: dict[str, Known], expected: tuple[str, ...]
) -> None:
    """Its test is the one that fails."""
    found = [at(event, known=known.get(event)) for event in ("add", "remove", "clear")]

    assert [expected] == told(run_of(*found))
