"""What a page says is shared, and how grave it is then that another visitor sees it."""

from __future__ import annotations

import pytest

from gradio_harness.checks.sessions import Surfaced, Varied, leak
from gradio_harness.contract import Component, Contract, Event
from gradio_harness.finding import Severity
from gradio_harness.visitors.notice import notice


def event(label: str) -> Event:
    """Return an event that shows something in a field of this *label*."""
    out = Component(1, "textbox", label, {})
    return Event(0, "save", "save", "public", (), (), (out,))


def page(words: str, shown: Event) -> Contract:
    """Return the contract of a page with *words* on it."""
    parts = {2: Component(2, "markdown", "Markdown", {"value": words})}
    return Contract("6.31.0", "App", "blocks", "", (shown,), parts | {1: shown.outputs[0]})


@pytest.mark.parametrize(
    ("label", "words", "expected"),
    [
        ("Board (all of us)", "", "output"),
        ("Guestbook", "", "output"),
        ("Answer", "One shared list for the team", "page"),
        ("Answer", "Der Zettel ist für alle", "page"),
        ("Answer", "What you type is never shared", ""),
        ("Answer", "We don't keep it, and it is not shared with anybody", ""),
        ("Answer", "A tool for all your texts, easy for everyday use", ""),
        ("History", "Welcome", ""),
    ],
)
def test_a_page_says_what_is_shared(label: str, words: str, expected: str) -> None:
    """Beside what is shown or elsewhere, in words of several languages, and not by the contrary."""
    shown = event(label)

    assert expected == notice(page(words, shown), shown)


@pytest.mark.parametrize(
    ("where", "expected"),
    [("", Severity.ERROR), ("page", Severity.WARNING), ("output", Severity.INFO)],
)
def test_what_the_page_says_is_shared_is_no_error(where: str, expected: Severity) -> None:
    """It is told all the same."""
    (finding,) = leak(Surfaced(event("Out"), None, "text", "'abc'", "in Out", notice=where))

    assert expected == finding.severity


@pytest.mark.parametrize(
    ("one", "two", "steady", "expected"),
    [
        ("3 votes", "4 votes", False, Severity.WARNING),
        ("3 votes", "4 votes", True, Severity.ERROR),
        ("3 votes for A", "3 votes for B", False, Severity.ERROR),
    ],
    ids=["a count", "a number of another's", "words of another's"],
)
def test_a_count_that_all_visitors_change_is_a_warning(
    one: str, two: str, steady: bool, expected: Severity
) -> None:
    """Where visitors who come in turn get the same, a number is another's; words always are."""
    answers = (f'[[], [], ["{text}"]]' for text in (one, two))
    seen = Varied(event("Out"), event("In"), "choice", "A", "B", *answers, steady=steady)

    assert [expected] == [finding.severity for finding in leak(seen)]
