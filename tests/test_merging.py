"""``python -m gradio_harness report``: one report of several runs."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from test_report import run_of as everything

from gradio_harness.__main__ import main
from gradio_harness.errors import ResultsError
from gradio_harness.finding import Finding, Severity
from gradio_harness.merging import merge
from gradio_harness.report import results
from gradio_harness.rows import EventRow, LatencyRow, Skipped, SuiteRow
from gradio_harness.run import Part, Run

FOUND = Finding("api.hang", "share", Severity.ERROR, "It hung", location="app.py:3 in share")


def run_of(*findings: Finding, **other: Any) -> Run:
    """Return a run that drove *share* with three calls and found *findings*."""
    parts = [
        Part(
            findings=findings,
            events=(
                EventRow("share", "call", cases=3, answered=3),
                EventRow("greet", "call", order=1),
            ),
            latency=(LatencyRow("share", 20, 0.01, 0.02, 0.03, where="child process"),),
            suites=(SuiteRow("api", tests=2, cases=3, passed=2),),
        )
    ]
    plain = {"target": "app.py", "title": "Demo", "complete": True, "versions": {"python": "3.11"}}
    return Run(**{**plain, "parts": parts, **other})


def test_calls_add_up_and_a_defect_is_told_once() -> None:
    """A merged run says what a single one would say that had made all the calls."""
    whole = merge({"A": run_of(FOUND, seed=1), "B": run_of(FOUND, seed=2)})

    assert [("share", 6), ("greet", 0)] == [(row.label, row.cases) for row in whole.events]
    assert (1, 4, True) == (len(whole.findings), whole.suites[0].tests, whole.complete)
    assert whole.as_dict() == Run.from_dict(whole.as_dict()).as_dict()


def test_a_merged_run_says_which_runs_found_what() -> None:
    """A defect of one Python version is not taken for one of both."""
    whole = merge({"A": run_of(FOUND), "B": run_of(seed=2, versions={"python": "3.12"})})

    assert [(FOUND.id,), ()] == [source.findings for source in whole.sources]
    assert {"python": "3.11 (A), 3.12 (B)"} == whole.versions


def test_what_one_run_drove_is_not_left_out() -> None:
    """An event that any of them set off is tested; what none did is still not."""
    left_out = Skipped("share", "by --app-exclude")
    part = Part(events=(EventRow("share", "call"), EventRow("greet", "call")), skipped=(left_out,))

    whole = merge({"A": run_of(), "B": run_of(seed=2, parts=[part])})

    assert ["greet"] == [item.what for item in whole.skipped]


def test_nothing_of_a_run_is_lost() -> None:
    """Whatever kind of row a run has, the merged one has it too."""
    full, other = everything(findings=3), everything(findings=3)
    other.seed += 1
    whole = merge({"A": full, "B": other}).as_dict()

    lists = {key for key, value in full.as_dict().items() if isinstance(value, list) and value}
    assert {"history", "mended"} >= {key for key in lists if not whole[key]}


def test_times_are_never_mixed() -> None:
    """Of an event that both measured, the one with more calls is shown, and named."""
    more = Part(latency=(LatencyRow("share", 200, 0.05, 0.06, 0.07),))

    whole = merge({"A": run_of(), "B": run_of(seed=2, parts=[more])})

    assert [(200, 0.05, "B")] == [(row.count, row.p50, row.where) for row in whole.latency]


def test_one_that_was_cut_short_cuts_the_whole() -> None:
    """And it is said which one it was."""
    whole = merge({"A": run_of(), "B": run_of(seed=2, complete=False, ended="interrupted")})

    assert (False, "B: interrupted") == (whole.complete, whole.ended)


def test_what_another_run_found_is_not_mended() -> None:
    """An entry of the baseline that one run missed and another one has is known still."""
    entry = {"check": "api.hang", "event": "share", "title": "", "reason": ""}
    from_known = Finding.from_dict({**FOUND.as_dict(), "known": {"reason": "", "expires": ""}})

    whole = merge({"A": run_of(mended=[entry]), "B": run_of(from_known, seed=2)})

    assert ([], [entry]) == (whole.mended, merge({"A": run_of(mended=[entry])}).mended)


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (run_of(target="src/other.py"), "different apps: 'app.py' (Demo) in A, 'other.py'"),
        (run_of(title="Chat", seed=2), "'app.py' (Chat) in B"),
        (run_of(), "B is the same run as A"),
    ],
    ids=["another file", "another title", "the same run"],
)
def test_what_cannot_be_merged_is_refused(other: Run, words: str) -> None:
    """Two apps are never mixed up in silence, and no call counts twice."""
    with pytest.raises(ResultsError) as refused:
        merge({"A": run_of(), "B": other})

    assert words in str(refused.value)


def test_one_app_may_lie_in_two_folders() -> None:
    """Each machine has its own."""
    whole = merge({"A": run_of(), "B": run_of(target="/build/7/app.py", seed=2)})

    assert "app.py" == whole.target


# --- the command ------------------------------------------------------------------------------


@pytest.fixture
def saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the results of two runs, in which the command is typed."""
    monkeypatch.chdir(tmp_path)
    for name, run in {"A": run_of(FOUND), "B": run_of(seed=2)}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "results.json").write_bytes(results.render(run))
    return tmp_path


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("index.html", ["index.html"]),
        ("all.md", ["all.md"]),
        ("all.json", ["all.json"]),
        ("out", ["out", "out/index.html", "out/results.json", "out/summary.md"]),
    ],
)
def test_the_command_writes_what_is_asked_for(
    output: str, expected: list[str], saved: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One file by its ending, or a folder with all of them."""
    assert 0 == main(["report", "A/results.json", "B", "-o", output])

    written = [path.relative_to(saved).as_posix() for path in saved.rglob("*")]
    assert expected == sorted(name for name in written if name[:1] not in "AB")
    assert "1 error; 1 of 2 events driven with 6 calls" in capsys.readouterr().out


def test_one_run_is_reported_again_as_it_is(saved: Path) -> None:
    """The same run, the same bytes."""
    main(["report", "A", "-o", "again.json"])

    assert (saved / "A/results.json").read_bytes() == (saved / "again.json").read_bytes()


def test_a_page_alone_points_at_nothing_beside_it(saved: Path) -> None:
    """It may be sent by mail: no folder of replays, no results.json, no last report."""
    script = "python - <<'EOF'\nfrom gradio_harness import replay\n\nreplay('app.py', 'share')\nEOF"
    found = replace(FOUND, reproduce=script)
    (saved / "A/results.json").write_bytes(results.render(run_of(found)))

    main(["report", "A", "-o", "alone.html"])
    main(["report", "A", "-o", "folder"])

    beside = ("pytest replays/", "--app-replay", "beside this file")
    pages = [(saved / name).read_text("utf-8") for name in ("alone.html", "folder/index.html")]
    assert [[False] * 3, [True] * 3] == [[words in page for words in beside] for page in pages]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "there is no such file"),
        ("{", "this is no JSON"),
        ("[]", "not a results.json of gradio-harness"),
        ('{"schema": 2, "findings": []}', "schema 2 is not understood, only 1"),
        ('{"schema": 1, "findings": [{}], "target": ""}', "not a whole results.json"),
        ('{"schema": 1, "findings": []}', "not a whole results.json"),
    ],
    ids=["missing", "broken", "other", "later", "half a finding", "no target"],
)
def test_a_file_that_cannot_be_read_is_named(
    content: str | None, words: str, saved: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In one line, with exit code 2 and no traceback of ours."""
    if content is not None:
        (saved / "C.json").write_text(content, "utf-8")

    with pytest.raises(SystemExit) as ended:
        main(["report", "A", "C.json"])

    (said,) = capsys.readouterr().err.splitlines()
    assert (2, True, True) == (ended.value.code, "C.json" in said, words in said)


def test_a_file_that_is_named_twice_is_refused(
    saved: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its calls would count twice, and nothing is written."""
    with pytest.raises(SystemExit):
        main(["report", "A", "A", "-o", "out"])

    assert "A is named twice" in capsys.readouterr().err
    assert not (saved / "out").exists()


def test_the_names_tell_the_runs_apart(saved: Path) -> None:
    """What is the same in all paths is left out of them."""
    main(["report", "A/results.json", "B/results.json", "-o", "all.json"])

    sources = json.loads((saved / "all.json").read_bytes())["sources"]
    assert ["A/results.json", "B/results.json"] == [source["name"] for source in sources]
