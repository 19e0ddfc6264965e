"""Every check on a real app that has its defect, where it fires, and on the same app mended.

In this process, one app after the other. The pages' twins are in test_browser.py, those of
latency in test_latency.py, those of several visitors in test_visitors.py, those of visitors who
leave in test_departures.py, of streams read by their pages in test_painting.py.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from gradio_harness.app import App, launch
from gradio_harness.drivers.direct import Direct
from gradio_harness.drivers.wire import Wire
from gradio_harness.exploring.exploration import Budget, Exploration
from gradio_harness.exploring.explore import Explorer
from gradio_harness.finding import Finding, Severity, distinct
from gradio_harness.plan import plan
from gradio_harness.target import parse

APPS = Path(__file__).resolve().parent.parent / "fixtures" / "apps"
TWINS = APPS / "twins"
SEED = 7
#: The same twins over the queue alone: ``TWINS=queue pytest tests/test_twins.py``.
DIRECT = os.environ.get("TWINS") != "queue"

BUDGET = Budget(examples=25, seconds=3.0, own=3, shrink_seconds=2.0)
#: A function that never answers is given up sooner than a user would.
SHORT = Budget(examples=25, seconds=4.0, own=3, shrink_seconds=2.0, timeout_seconds=1.5)
#: Lists are fed in a share of the time, and each to its end; few other inputs are needed.
UNHURRIED = Budget(examples=5, seconds=30.0, own=3, shrink_seconds=2.0)
#: Healthy apps are looked at for as long as it takes to try each kind of input.
BRIEF = Budget(examples=10, seconds=2.0, own=3, shrink_seconds=1.0)


def explored(
    app: App, budget: Budget = BUDGET, seed: int = SEED, *, direct: bool = DIRECT
) -> list[Exploration]:
    """Return what came of every event that a visitor can set off."""
    chosen = plan(app.contract)
    with Wire(app, timeout_seconds=budget.timeout_seconds) as wire:
        explorer = Explorer(
            app,
            wire,
            chosen,
            direct=Direct(app, wire) if direct else None,
            budget=budget,
            seed=seed,
        )
        return [explorer.explore(event) for event in chosen.explored]


def found(explorations: list[Exploration]) -> list[Finding]:
    """Return the findings of all of them, gravest first."""
    return distinct([f for one in explorations for f in one.part.findings])


@functools.cache
def look(name: str) -> tuple[Finding, ...]:
    """Serve a twin, explore it, close it and return what was found: once for all tests."""
    slow = {"api.hang": SHORT, "api.structure": UNHURRIED}
    budget = slow.get(name.partition("/")[0], BUDGET)
    with launch(parse(f"twins/{name}.py", APPS), folder=APPS, timeout_seconds=60) as app:
        return tuple(found(explored(app, budget)))


@dataclass(frozen=True)
class Defect:
    """One finding as a user reads it: what, how grave, with which input, and where."""

    check: str
    exception: str = ""
    input: str = ""
    location: str = ""
    severity: Severity = Severity.ERROR

    @classmethod
    def of(cls, finding: Finding) -> Defect:
        return cls(
            finding.check,
            finding.exception,
            finding.input,
            finding.location,
            finding.severity,
        )


ERROR, WARNING = Severity.ERROR, Severity.WARNING
UNTOUCHED = "the page as it opens, nothing touched"
RAISES = "api.unhandled-exception"

#: Spoilt app -> what is found in it. An input of "*" may be any: several are as small.
DEFECTS: Mapping[str, tuple[Defect, ...]] = {
    "api.unhandled-exception/defect": (
        Defect(RAISES, "IndexError", "name = ''", "defect.py:7 in greet"),
    ),
    "api.unhandled-exception/defect_camera": (
        Defect(RAISES, "ZeroDivisionError", "*", "defect_camera.py:8 in expose"),
    ),
    "api.unhandled-exception/defect_microphone": (
        Defect(RAISES, "ZeroDivisionError", "*", "defect_microphone.py:11 in listen"),
    ),
    "api.explicit-raise/defect": (
        Defect("api.explicit-raise", "ValueError", "title = ''", "defect.py:9 in enter", WARNING),
        Defect("api.explicit-raise", "ValueError", "*", "defect.py:11 in enter", WARNING),
    ),
    "api.two-bugs/defect": (
        Defect(RAISES, "IndexError", "*", "defect.py:7 in lay_out"),
        Defect(RAISES, "ZeroDivisionError", "*", "defect.py:8 in lay_out"),
    ),
    "api.intermittent/defect": (Defect(RAISES, "RuntimeError", "*", "defect.py:12 in price"),),
    "api.hang/defect": (Defect("api.hang", input="*"),),
    "api.image-modes/defect": (
        Defect(RAISES, "AttributeError", UNTOUCHED, "defect.py:7 in measure"),
    ),
    "api.image-modes/defect_grey": (
        Defect(RAISES, "ValueError", "*", "defect_grey.py:9 in measure"),
    ),
    "api.image-modes/defect_rgba": (
        Defect(RAISES, "ValueError", "*", "defect_rgba.py:13 in warm"),
    ),
    "api.slider-edge/defect": (
        Defect(RAISES, "ZeroDivisionError", "people = 0", "defect.py:9 in split"),
    ),
    "api.output-count/defect": (Defect("api.output-count", input=UNTOUCHED),),
    "api.output-count/defect_few": (Defect("api.output-count", "ValueError", "text = ''"),),
    "api.progress-bar/defect": (Defect("api.progress-bar", "", UNTOUCHED, "", WARNING),),
    "api.output-type/defect": (Defect("api.output-type", "label", UNTOUCHED, "", WARNING),),
    "api.output-type/defect_choice": (Defect("api.output-type", "radio", "*"),),
    "api.output-type/defect_nan": (Defect("api.output-type", "label", "text = ''"),),
    "api.output-type/defect_number": (Defect("api.output-type", "number", UNTOUCHED),),
    "api.output-type/defect_shown": (
        Defect("api.output-type", "colorpicker", UNTOUCHED),
        Defect("api.output-type", "html", UNTOUCHED),
        Defect("api.output-type", "dataframe", UNTOUCHED),
        Defect("api.output-type", "number", UNTOUCHED, "", WARNING),
        Defect("api.output-type", "textbox", UNTOUCHED, "", WARNING),
        Defect("api.output-type", "datetime", UNTOUCHED, "", WARNING),
        Defect("api.output-type", "dropdown", UNTOUCHED, "", WARNING),
    ),
    "api.output-file/defect": (
        Defect("api.output-file", "gallery", UNTOUCHED),
        Defect("api.output-file", "image", UNTOUCHED),
        Defect("api.output-file", "audio", UNTOUCHED),
    ),
    "api.app-warning/defect": (
        Defect("api.app-warning", "RuntimeWarning", UNTOUCHED, "defect.py:16 in enter"),
        Defect("api.app-warning", "UserWarning", UNTOUCHED, "", WARNING),
    ),
    "api.triggers-differ/defect": (
        Defect("api.triggers-differ", "", UNTOUCHED, "defect.py:6 in divide", WARNING),
    ),
    "api.client-differs/defect": (
        Defect("api.client-differs", "", UNTOUCHED, "defect.py:6 in quote", WARNING),
    ),
    "auth.tells/defect": (
        Defect("auth.tells", "", "*", "defect.py:32 in check"),
        Defect("auth.tells", "", "*", "defect.py:22 in look_up"),
        Defect("auth.tells", "", "*", "defect.py:25 in explain", WARNING),
    ),
    "api.structure/defect": (
        Defect("api.structure", "row", "*", "defect.py:47 in load"),
        Defect("api.structure", "item", "*", "defect.py:41 in pack"),
        Defect("api.structure", "line", "*", "defect.py:20 in polish"),
        Defect("api.structure", "line", "*", "defect.py:12 in translate"),
        Defect("api.structure", "line", "*", "defect.py:33 in measure", WARNING),
        Defect("api.structure", "line", "*", "defect.py:28 in number", WARNING),
        Defect("api.structure", "line", "*", "defect.py:37 in tidy", WARNING),
    ),
    "api.type-hint/defect": (Defect("api.type-hint", "", "", "defect.py:6 in book", WARNING),),
    "api.type-hint/defect_image": (
        Defect("api.type-hint", "", "", "defect_image.py:7 in measure", WARNING),
    ),
    "streaming.fails-midway/defect": (
        Defect("streaming.fails-midway", "IndexError", UNTOUCHED, "defect.py:19 in tell"),
    ),
    "streaming.last-value/defect_words": (Defect("streaming.last-value", "", UNTOUCHED),),
    "streaming.last-value/defect": (Defect("streaming.last-value", "", UNTOUCHED, "", WARNING),),
    "streaming.late/defect": (Defect("streaming.late", "", UNTOUCHED, "", WARNING),),
    "streaming.lost/defect": (Defect("streaming.lost", "", UNTOUCHED),),
    "streaming.empty/defect": (
        Defect("streaming.empty", "", "*", "", WARNING),
        Defect("streaming.empty", "", "*", "", Severity.INFO),
    ),
    "streaming.backwards/defect": (Defect("streaming.backwards", "", UNTOUCHED),),
    "streaming.stall/defect": (Defect("streaming.stall", "", UNTOUCHED, "", WARNING),),
    "streaming.stall/defect_long": (Defect("streaming.stall", "", "*", "", WARNING),),
}
ELSEWHERE = (
    *("ui.", "latency.", "sessions.", "inputs", "api.out-of-contract", "regression.", "files."),
    *("auth.route", "auth.login", "auth.enumeration", "auth.session", "auth.anothers-data"),
    *("auth.origin", "auth.redirect", "streaming.mixed"),
    *("streaming.goes-on", "streaming.blocks-next", "streaming.late-paint", "streaming.taken-back"),
)
MENDED = sorted(
    f"{path.parent.name}/{path.stem}"
    for path in TWINS.glob("*/mended*.py")
    if not path.parent.name.startswith(ELSEWHERE)
)
HEALTHY = (
    "text_tool.py",
    "classifier.py",
    "chat.py",
    "converter.py",
    "login.py",
    "tabs.py",
    "mounted.py",
    "streaming.py",
    "own_folder/app.py",
    "from_root/src/app.py",
    "bom.py",
    "factory.py:make_demo",
    "launch_at_import.py",
    "main_function.py",
    "package.web:demo",
    "two_events.py",
    "changes_folder.py",
    "components.py",
)


def test_every_twin_is_tried() -> None:
    """A new pair of twins must say what is found in it."""
    spoilt = {
        f"{path.parent.name}/{path.stem}"
        for path in TWINS.glob("*/defect*.py")
        if not path.parent.name.startswith(ELSEWHERE)
    }
    mended = {name.replace("defect", "mended") for name in spoilt}

    assert (set(DEFECTS), set()) == (spoilt, mended - {*MENDED})


@pytest.mark.parametrize("name", DEFECTS)
def test_the_defect_is_found_and_nothing_else(name: str) -> None:
    """With its check, its place in the author's file and the smallest input that shows it."""
    findings = look(name)

    told = [Defect.of(finding) for finding in findings]
    wanted = DEFECTS[name]
    assert (
        list(wanted)
        == [
            replace(told_one, input="*") if one.input == "*" else told_one
            for told_one, one in zip(told, wanted, strict=False)
        ]
        + told[len(wanted) :]
    )


@pytest.mark.parametrize("name", MENDED)
def test_nothing_is_found_in_the_mended_app(name: str) -> None:
    """Not an error, not a warning."""
    findings = look(name)

    assert [] == [Defect.of(finding) for finding in findings]


@pytest.mark.slow
@pytest.mark.parametrize("name", HEALTHY)
def test_nothing_is_found_in_a_healthy_app(name: str) -> None:
    """Whatever is drawn, and every event that a visitor can set off has been called."""
    with launch(parse(name, APPS), folder=APPS, timeout_seconds=60) as app:
        explorations = explored(app, BRIEF)

    findings = [Defect.of(finding) for finding in found(explorations)]
    uncalled = [one.event.label for one in explorations if not one.cases]
    assert ([], []) == (findings, uncalled)


def test_the_queue_alone_finds_the_same() -> None:
    """What cannot be driven in its process is explored over the queue, with the same result."""
    name = "api.unhandled-exception/defect"
    with launch(parse(f"twins/{name}.py", APPS), folder=APPS, timeout_seconds=60) as app:
        findings = found(explored(app, direct=False))

    assert list(DEFECTS[name]) == [Defect.of(finding) for finding in findings]


def test_what_comes_and_goes_is_told_with_its_history() -> None:
    """A crash in every tenth call is intermittent: n of m, in order."""
    (finding,) = look("api.intermittent/defect")

    repeats = finding.repeats
    assert repeats is not None
    assert (True, repeats.failed, repeats.calls, {"F", "."}) == (
        repeats.intermittent,
        repeats.history.count("F"),
        len(repeats.history),
        set(repeats.history),
    )


def test_what_fails_every_time_says_so() -> None:
    """The smallest input was sent again before it was told."""
    (finding,) = look("api.unhandled-exception/defect")

    assert "every time, 3 of 3" == str(finding.repeats)


def test_two_bugs_have_two_inputs_that_differ() -> None:
    """One is small in the name, the other in the number."""
    index, division = look("api.two-bugs/defect")

    assert ("name = ''", True) == (
        index.input.partition("\n")[0],
        division.input.endswith(("per_row = 0", "per_row = None")),
    )


def test_the_ids_of_two_findings_of_one_type_differ() -> None:
    """Both are a ValueError of the same function: numbered in the order of the source."""
    empty, long = look("api.explicit-raise/defect")

    assert (1, 2, f"{empty.id}-2") == (empty.number, long.number, long.id)
