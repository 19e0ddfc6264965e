"""Time that is spent again in each call on what does not depend on it."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from gradio_harness.app import App
from gradio_harness.checks.cost import Spending
from gradio_harness.checks.cost import fixed_cost as judge
from gradio_harness.drivers.direct import Direct
from gradio_harness.drivers.wire import Wire
from gradio_harness.finding import Severity
from gradio_harness.plan import plan
from gradio_harness.repeated.cost import fixed_cost
from gradio_harness.repeated.tape import Tape
from gradio_harness.run import Part
from gradio_harness.visitors.stage import Stage

TWINS = Path(__file__).resolve().parent.parent / "fixtures" / "apps" / "twins"
COSTS = TWINS / "sessions.fixed-cost"

DEFECTS = {
    "defect": ("load_model()", "defect.py:23 in rate"),
    "defect_async": ("load_model()", "defect_async.py:23 in rate"),
    "defect_choice": ("load()", "defect_choice.py:29 in rate"),
    "defect_table": ("read_table()", "defect_table.py:16 in look_up"),
}


def look(app: App) -> Part:
    """Return what the first event of *app* does again and again."""
    with Wire(app) as wire:
        stage = Stage(app, wire, plan(app.contract), "deep", 3, 1.0, direct=Direct(app, wire))
        return fixed_cost(stage, stage.roots[0])


def test_every_twin_is_tried() -> None:
    """A new pair of twins must say what is found in it."""
    names = {path.stem for path in COSTS.glob("*.py")}

    assert {*DEFECTS, *(name.replace("defect", "mended") for name in DEFECTS)} == names


@pytest.mark.parametrize("name", DEFECTS)
def test_what_is_done_anew_in_each_call_is_told(name: str, serve: Callable[..., App]) -> None:
    """With the function, the line that calls it, and what to do: only the outermost."""
    (finding,) = look(serve(f"{name}.py", COSTS)).findings

    function, location = DEFECTS[name]
    assert (function, location, Severity.WARNING, True) == (
        finding.function,
        finding.location,
        finding.severity,
        finding.title.startswith(f"{function} takes "),
    )


@pytest.mark.parametrize("name", DEFECTS)
def test_what_is_kept_or_depends_on_the_input_is_not(name: str, serve: Callable[..., App]) -> None:
    """A cache, work on what was typed, a pause, the time of day, what begins with the State."""
    part = look(serve(f"{name.replace('defect', 'mended')}.py", COSTS))

    assert Part() == part


# -- judging, on numbers made up --------------------------------------------------------------

LONG = (0.3, 0.31, 0.3)
WHOLE = (0.4, 0.4, 0.5)


@pytest.mark.parametrize(
    ("spending", "expected"),
    [
        (Spending("load()", "app.py:3", LONG, WHOLE, True, True), 1),
        (Spending("load()", "app.py:3", LONG, WHOLE, False, True), 0),
        (Spending("load()", "app.py:3", LONG, WHOLE, True, False), 0),
        (Spending("load()", "app.py:3", (0.3, 0.3, 0.0), WHOLE, True, True), 0),
        (Spending("load()", "app.py:3", (0.02,) * 3, (0.03,) * 3, True, True), 0),
        (Spending("load()", "app.py:3", LONG, (5.0,) * 3, True, True), 0),
        (Spending("load()", "app.py:3", LONG[:2], WHOLE[:2], True, True), 0),
    ],
    ids=["fixed", "depends", "no-result", "kept-later", "quick", "small-part", "too-few"],
)
def test_what_counts_as_fixed(spending: Spending, expected: int) -> None:
    """The same arguments, a result, and a good part of the time, in every call."""
    assert expected == len(judge("rate", (spending,)))


def test_a_finding_says_what_it_costs() -> None:
    """The median, in seconds and as a part of the handler's own time."""
    (finding,) = judge("rate", (Spending("load()", "app.py:3", LONG, WHOLE, True, True),))

    assert "load() takes 0.30 s of each call (75%), always for the same arguments" == finding.title


# -- the tape -----------------------------------------------------------------------------------


def helper(number: int) -> list[int]:
    return [number, *inner(number)]


def inner(number: int) -> list[int]:
    return [number + 1]


def stream(number: int) -> object:
    for place in range(number):
        yield helper(place)


def test_a_tape_knows_who_called_what_with_what() -> None:
    """Every call by a line of the author's, those inside another one as well."""
    tape = Tape([str(Path(__file__).parent)])
    taped = tape.around(lambda number: helper(number))
    taped(3)
    (call,) = tape.calls

    found = {site[2].co_name: (spent.arguments, len(spent.inside)) for site, spent in call.items()}
    assert {"helper": ([(("int", "3"),)], 0), "inner": ([(("int", "3"),)], 1)} == {
        name: value for name, value in found.items() if name != "<lambda>"
    }


class Proxy:
    """What answers every question with an error, as one does whose request is over."""

    def __getattr__(self, name: str) -> object:
        raise RuntimeError(name)

    def __repr__(self) -> str:
        raise RuntimeError("repr")


def hand_on(*given: object) -> int:
    return len(given)


def test_a_tape_runs_nothing_of_the_apps_own_to_tell_values_apart() -> None:
    """Nor does a number fail whose digits are too many to be written."""
    tape = Tape([str(Path(__file__).parent)])
    taped = tape.around(lambda *given: hand_on(*given))
    answer = taped(Proxy(), 10**6000)

    (spent,) = (one for site, one in tape.calls[0].items() if site[2].co_name == "hand_on")
    kinds = [print_[0] for print_ in spent.arguments[0][0][1:]]
    assert (2, ["object", "int"]) == (answer, kinds)


def test_a_tape_follows_a_generator() -> None:
    """One call, however often it yields."""
    tape = Tape([str(Path(__file__).parent)])
    taped = tape.around(stream)
    list(taped(2))

    (call,) = tape.calls
    assert [2] == [len(s.arguments) for site, s in call.items() if site[2].co_name == "helper"]


async def waits(number: int) -> list[int]:
    await asyncio.sleep(0)
    return helper(number)


async def answers(number: int) -> list[int]:
    return [*await waits(number), *helper(number)]


async def streams(number: int) -> AsyncIterator[list[int]]:
    for place in range(number):
        yield await waits(place)


async def listed(steps: AsyncIterator[Any]) -> list[Any]:
    return [step async for step in steps]


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        (lambda tape: tape.around(answers)(2), {"waits": 1, "sleep": 1, "helper": 2, "inner": 2}),
        (
            lambda tape: listed(tape.around(streams)(2)),
            {"waits": 2, "sleep": 2, "helper": 2, "inner": 2},
        ),
    ],
    ids=["coroutine", "generator"],
)
def test_a_tape_follows_what_is_asynchronous(run: Any, expected: dict[str, int]) -> None:
    """One call, and of each function that it awaits as well, however often it waits."""
    tape = Tape([str(Path(__file__).parent)])
    before = sys.getprofile()
    asyncio.run(run(tape))

    (call,) = tape.calls
    found: Counter[str] = Counter()
    for site, spent in call.items():
        found[site[2].co_name] += len(spent.arguments)
    assert (expected, before) == (found, sys.getprofile())
