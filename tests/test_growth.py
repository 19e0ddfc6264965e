"""What stays behind with each call: measured, named, and told from what is bounded or ends."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gradio_harness.app import App, launch
from gradio_harness.checks.growth import Series, Trend, steady, trend
from gradio_harness.checks.growth import growth as judge
from gradio_harness.drivers.direct import Direct
from gradio_harness.drivers.wire import Wire
from gradio_harness.finding import Finding, Severity
from gradio_harness.plan import plan
from gradio_harness.repeated.growth import CALLS, Pace, growth, replay_growth
from gradio_harness.repeated.holdings import Source, size_of
from gradio_harness.run import Part
from gradio_harness.target import parse
from gradio_harness.visitors.stage import Stage

TWINS = Path(__file__).resolve().parent.parent / "fixtures" / "apps" / "twins" / "sessions.growth"
PACE = Pace(rounds=1, seconds=120.0)
WARNING, INFO, ERROR = Severity.WARNING, Severity.INFO, Severity.ERROR

#: What is told of each defect: how grave, what, where.
DEFECTS = {
    "defect_cache": (
        *(WARNING, "known['de'] grows by 1 entry for each new input", "defect_cache.py:5"),
    ),
    "defect_lru": (WARNING, "counts grows by 1 entry for each new input", "defect_lru.py:9"),
    "defect": (WARNING, "made grows by 1 entry a call", "defect.py:5"),
    "defect_visitors": (WARNING, "talks.lines grows by 1 entry a call", "defect_visitors.py:8"),
    "defect_handles": (WARNING, "1 file a call left open: defect_handles.py", ""),
    "defect_threads": (WARNING, "1 thread a call left running: watch", "defect_threads.py:9"),
    "defect_files": (WARNING, "1 file a call left in the temporary folder: *.lines", ""),
}
#: What is told as well: the list that keeps the files open.
BESIDES = {
    "defect_handles": [(INFO, "Reader.opened grows by 1 entry a call", "defect_handles.py:7")]
}


def look(app: App, *, calls: int | None = None) -> Part:
    """Return what the first event of *app* leaves behind."""
    with Wire(app) as wire:
        stage = Stage(
            app, wire, plan(app.contract), "quick", 3, 1.0, calls=calls, direct=Direct(app, wire)
        )
        return growth(stage, stage.roots[0], pace=PACE)


def told(findings: tuple[Finding, ...]) -> list[tuple[Severity, str, str]]:
    return [(f.severity, f.title, f.location) for f in findings]


def test_every_twin_is_tried() -> None:
    """A new pair of twins must say what is found in it."""
    names = {path.stem for path in TWINS.glob("*.py")}

    assert {*DEFECTS, *(name.replace("defect", "mended") for name in DEFECTS)} == names


def test_the_lines_to_paste_show_it_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """They make the calls, print what grew, and end with it. (First: no two apps at once.)"""
    monkeypatch.chdir(TWINS)
    with launch(parse("defect_visitors.py", TWINS), folder=TWINS, timeout_seconds=60) as app:
        (finding,) = look(app).findings
    script = finding.reproduce.splitlines()[-2]

    with pytest.raises(SystemExit) as ended:
        exec(script, {"replay_growth": replay_growth})

    assert "talks.lines grows by 1 entry a call" == ended.value.code
    assert "95 %: 1 to 1" in capsys.readouterr().out


@pytest.mark.parametrize("name", DEFECTS)
def test_what_grows_is_told_by_its_name(name: str, serve: Callable[..., App]) -> None:
    """With the line that makes it, and how much one call adds."""
    part = look(serve(f"{name}.py", TWINS))

    found = [
        (severity, title.split(": ")[0] + ": *.lines" if "temporary" in title else title, place)
        for severity, title, place in told(part.findings)
    ]
    assert [*BESIDES.get(name, []), DEFECTS[name]] == found


@pytest.mark.parametrize("name", DEFECTS)
def test_what_is_bounded_or_ends_is_not(name: str, serve: Callable[..., App]) -> None:
    """Bounded caches, trimmed lists, a visitor's own State, threads that end, timers."""
    part = look(serve(f"{name.replace('defect', 'mended')}.py", TWINS))

    assert Part() == part


def test_forty_calls_are_made_or_none_is_told(serve: Callable[..., App]) -> None:
    """Too few that are allowed are a reason to say, not to guess."""
    part = look(serve("defect.py", TWINS), calls=20)

    assert f"growth: takes {CALLS} calls, 20 are left of --app-calls 20" == part.skipped[0].why


# -- judging, on numbers made up --------------------------------------------------------------


def test_the_slope_is_that_of_the_last_half() -> None:
    """A warm-up is none, and one reading that stands out moves nothing."""
    flat = (*range(20), *[20.0] * 20)
    outlier = (*[0.0] * 20, *(float(n) for n in range(19)), 500.0)

    assert Trend(0.0, 0.0, 0.0) == trend(flat)
    assert 1.0 == trend(outlier).slope
    assert trend(outlier).low <= 1.0 <= trend(outlier).high


UP = tuple(float(n) for n in range(1, 41))
STEPS = tuple(float(n // 4) for n in range(40))


@pytest.mark.parametrize(
    ("series", "expected"),
    [
        (Series("container", "log", UP), True),
        (Series("container", "log", UP, limited=True), False),
        (Series("container", "cache", (*UP[:30], *[31.0] * 10)), False),
        (Series("container", "seen", STEPS), False),
        (Series("container", "log", (1.0, 2.0, 3.0)), False),
        (Series("thread", "", UP), True),
        (Series("thread", "", STEPS), False),
        (Series("handle", "a.csv", tuple(2 * n for n in UP)), True),
        (Series("memory", "app.py:3", tuple(100_000 * n for n in UP)), True),
        (Series("memory", "app.py:3", tuple(10_000 * n for n in UP)), False),
    ],
    ids=[
        *("grows", "cut-back", "fills-up", "now-and-then", "too-few"),
        *("threads", "some-threads", "handles", "memory", "little-memory"),
    ],
)
def test_what_grows_without_an_end(series: Series, expected: bool) -> None:
    """Each call adds, to the last; what the source cuts back has an end."""
    assert expected is steady(series)


@pytest.mark.parametrize(
    ("series", "expected"),
    [
        (Series("container", "times", UP, each_bytes=32), [INFO]),
        (Series("container", "texts", UP, each_bytes=5_000), [WARNING]),
        (Series("container", "pictures", UP, each_bytes=3_000_000), [ERROR]),
        (Series("file", "/tmp/tmp*.wav", UP, returned=True), [INFO]),
        (Series("file", "/tmp/tmp*.wav", UP), [WARNING]),
        (Series("memory", "app.py:3", tuple(2_000_000 * n for n in UP)), [ERROR]),
    ],
    ids=["numbers", "texts", "pictures", "returned", "forgotten", "memory"],
)
def test_how_grave_it_is_depends_on_what_a_call_leaves(series: Series, expected: Any) -> None:
    """A number in a list is no matter of a demo's; a picture is."""
    assert expected == [finding.severity for finding in judge("make", 40, (series,))]


def test_memory_that_a_container_holds_is_not_told_twice() -> None:
    """The container has the name."""
    memory = Series("memory", "app.py:3", tuple(100_000 * n for n in UP))
    container = Series("container", "pictures", UP, each_bytes=90_000)

    titles = [finding.title for finding in judge("make", 40, (container, memory))]
    assert ["pictures grows by 1 entry a call"] == titles


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("log.append(1)", False),
        ("log.pop(0)", True),
        ("store.log.clear()", True),
        ("del log[:-10]", True),
        ("log = log[-10:]", True),
        ("log[:] = [x for x in log if x]", True),
        ("log = [x for x in log if x > 3]", True),
        ("other.pop()", False),
        ("value = log[0]", False),
        ("log = log + [1]", False),
        ("item = log.get()", True),
        ("item = log.get('a')", False),
        ("if len(log) < MOST: log.append(1)", True),
        ("if len(log) > 0: log.append(1)", False),
        ("def f():\n    global log\n    log = []", True),
        ("def f():\n    log = []", False),
        ("def trim(all):\n    all.pop()\ntrim(log)", True),
        ("def show(all):\n    print(all)\nshow(log)", False),
    ],
)
def test_a_source_that_cuts_back_is_read(line: str, expected: bool) -> None:
    """Wherever it does so: nobody wants to hear of a log that is trimmed at ten thousand."""
    import ast

    assert expected is Source({"app.py": ast.parse(f"log = []\n{line}\n")}).limited("log")


def test_a_size_is_that_of_all_that_is_held() -> None:
    """Of nested containers; what is there twice counts once."""
    text = "x" * 1000

    assert 1000 < size_of([text, text, {"a": text}]) < 2000
