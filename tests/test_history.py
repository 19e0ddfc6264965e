"""The last runs: what is new in one, what is mended, and what of it is kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from gradio_harness import history
from gradio_harness.finding import Finding, Severity
from gradio_harness.history import keep
from gradio_harness.rows import Checked, EventRow, SuiteRow
from gradio_harness.run import Part, Run

SHARE = Finding("api.hang", "share", Severity.ERROR, "It hung", location="app.py:3 in share")
GREET = Finding("api.race", "greet", Severity.WARNING, "It mixed", location="app.py:9 in greet")
ALL = (Checked("api.hang", "share"), Checked("api.race", "greet"))


def run_of(
    *findings: Finding,
    checked: tuple[Checked, ...] = ALL,
    events: tuple[str, ...] = ("share", "greet"),
    complete: bool = True,
    profile: str = "quick",
    target: str = "app.py",
) -> Run:
    """Return a run that found *findings* and whose checks came to their end."""
    rows = tuple(EventRow(label, "call", cases=2) for label in events)
    passed = tuple(c for c in checked if c not in [Checked(f.check, f.event) for f in findings])
    part = Part(findings=findings, events=rows, checked=passed, suites=(SuiteRow("api", cases=4),))
    return Run(target, complete=complete, profile=profile, parts=[part])


def kept(folder: Path, *runs: Run) -> Run:
    """Keep the runs one after another, a minute apart, and return the last one."""
    for run in runs:
        number = len(list(folder.glob("*.json")))
        run.started = f"2026-11-21T10:{number:02d}:00+00:00"
        keep(run, folder)
    return runs[-1]


def told(run: Run) -> tuple[list[str], list[str]]:
    """Return the new ids and the mended titles of the run."""
    return list(run.history[-1].new), [gone["title"] for gone in run.history[-1].mended]


def test_nothing_is_new_in_the_first_run(tmp_path: Path) -> None:
    """There is nothing that it could be new against."""
    run = kept(tmp_path, run_of(SHARE, GREET))

    assert ([], []) == told(run)
    assert (1, 1, 0, 4) == tuple(
        getattr(run.history[0], name) for name in ("errors", "warnings", "notes", "calls")
    )


def test_new_and_mended_are_told_against_all_runs_before(tmp_path: Path) -> None:
    """A finding is new where it was not open, and mended once it was looked for in vain."""
    second = kept(tmp_path, run_of(SHARE), run_of(GREET))

    assert ([GREET.id], ["It hung"]) == told(second)
    assert ([], ["It mixed"]) == told(kept(tmp_path, run_of()))
    assert ([SHARE.id], []) == told(kept(tmp_path, run_of(SHARE)))


@pytest.mark.parametrize(
    "other",
    [
        run_of(checked=()),
        run_of(complete=False),
        run_of(profile="quick"),
    ],
    ids=["of one test", "cut short", "less thorough"],
)
def test_a_run_that_looked_less_mends_nothing(other: Run, tmp_path: Path) -> None:
    """Its findings stay open: the next run that shows them does not call them new."""
    first, third = run_of(SHARE, profile="standard"), run_of(SHARE, profile="standard")

    assert ([], []) == told(kept(tmp_path, first, other))
    assert ([], []) == told(kept(tmp_path, third))


def test_what_several_events_show_is_mended_where_it_is_for_all(tmp_path: Path) -> None:
    """Found under another of its events, it is the same finding."""
    both = replace(SHARE, also=("greet",))
    ran = (Checked("api.hang", "share"), Checked("api.hang", "greet"))
    other = replace(SHARE, event="greet", also=("share",))

    assert ([], []) == told(kept(tmp_path, run_of(both, checked=ran), run_of(other, checked=ran)))
    assert ([], []) == told(kept(tmp_path, run_of(checked=ran[:1])))
    assert ([], ["It hung"]) == told(kept(tmp_path, run_of(checked=ran)))


def test_what_an_event_had_is_mended_with_the_event_gone(tmp_path: Path) -> None:
    """Nothing could look for it any more."""
    run = kept(tmp_path, run_of(SHARE), run_of(checked=(), events=("greet",)))

    assert ([], ["It hung"]) == told(run)


def test_apps_are_kept_apart(tmp_path: Path) -> None:
    """What one app had is not missed in another that reports into the same folder."""
    kept(tmp_path, run_of(SHARE))
    other = kept(tmp_path, run_of(GREET, target="other.py"))

    assert (1, ([], [])) == (len(other.history), told(other))


def test_so_many_are_kept_and_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest go first, and the report does not show all that are kept."""
    monkeypatch.setattr(history, "KEPT", 5)
    monkeypatch.setattr(history, "SHOWN", 3)
    for number in range(8):
        run = run_of()
        run.started = f"2026-11-21T10:{number:02d}:00+00:00"
        keep(run, tmp_path)

    names = sorted(path.name for path in tmp_path.iterdir())
    assert (5, "20261121T100300Z") == (len(names), names[0].partition("-")[0])
    assert ["10:05", "10:06", "10:07"] == [row.started[11:16] for row in run.history]


def test_a_file_that_holds_something_else_is_passed_over(tmp_path: Path) -> None:
    """Whatever happened to it, the run before it counts."""
    first = kept(tmp_path, run_of(SHARE))
    (name,) = [path.name for path in tmp_path.iterdir()]
    for number, text in enumerate(("", "[]", '{"schema": 1}', '{"schema": 9}', "\0")):
        (tmp_path / name.replace("T1000", f"T11{number:02d}")).write_text(text, "utf-8")

    run = kept(tmp_path, run_of())

    assert (2, ["It hung"]) == (len(run.history), told(run)[1])
    assert first.history[0] == run.history[0]


def test_a_run_that_drove_nothing_is_not_kept(tmp_path: Path) -> None:
    """An app that did not start says nothing of its findings; the last runs are still shown."""
    first = kept(tmp_path, run_of(SHARE))
    run = kept(tmp_path, Run("app.py"))

    assert (first.history, 1) == (run.history, len(list(tmp_path.iterdir())))
