"""What of the author's code has run, and inputs made from those that reached something."""

from __future__ import annotations

import asyncio
import functools
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from gradio_harness.app import launch
from gradio_harness.contract import Component, Event, Function, Parameter
from gradio_harness.coverage import Compared, Coverage
from gradio_harness.drivers.direct import Direct
from gradio_harness.drivers.wire import Wire
from gradio_harness.exploring.corpus import NOTHING, Corpus, Kept, changes, fitted
from gradio_harness.exploring.exploration import Budget, Exploration
from gradio_harness.exploring.explore import Explorer
from gradio_harness.exploring.search import Search
from gradio_harness.own import Own
from gradio_harness.plan import plan
from gradio_harness.record import _reached
from gradio_harness.reproduce import Case
from gradio_harness.rows import CoverageRow
from gradio_harness.target import parse

MAZES = Path(__file__).resolve().parent.parent / "bench" / "mazes"

SOURCE = """\
def halve(number):
    if number > 7:
        return inner(number)
    return number / 2

def inner(number):
    return number - 1

def count(number):
    for value in range(number):
        yield value

async def wait(number):
    import asyncio
    await asyncio.sleep(0)
    return number == 3

async def stream(number):
    yield number
    yield number + 1
"""


@pytest.fixture
def module(tmp_path: Path) -> dict[str, Any]:
    """An author's file, and what it defines."""
    path = tmp_path / "app.py"
    path.write_text(SOURCE, "utf-8")
    names: dict[str, Any] = {"__file__": str(path)}
    exec(compile(SOURCE, str(path), "exec"), names)
    return names


def lines(coverage: Coverage) -> list[int]:
    return sorted({n for found in coverage.lines.values() for n in found})


async def collected(source: Any) -> list[Any]:
    return [item async for item in source]


def test_what_a_function_and_those_it_calls_run_is_known(module: dict[str, Any]) -> None:
    """Line by line, and what is never reached is named."""
    coverage = Coverage([str(Path(module["__file__"]).parent)])
    path = module["__file__"]

    halved = coverage.watched(module["halve"])(4)
    half = coverage.row("halve", [Function("halve", file=path, line=1)], str(Path(path).parent))
    coverage.watched(module["halve"])(9)
    whole = coverage.row("halve", [Function("halve", file=path, line=1)], str(Path(path).parent))

    assert (
        2.0,
        CoverageRow("halve", 3, 4, ("app.py:3",)),
        CoverageRow("halve", 6, 6, ()),
    ) == (halved, half, whole)


@pytest.mark.parametrize(
    ("name", "reached", "call"),
    [
        ("count", [9, 10, 11], lambda fn: list(fn(2))),
        ("wait", [13, 14, 15, 16], lambda fn: asyncio.run(fn(3))),
        ("stream", [18, 19, 20], lambda fn: asyncio.run(collected(fn(1)))),
    ],
)
def test_every_kind_of_function_is_watched(
    module: dict[str, Any], name: str, reached: list[int], call: Any
) -> None:
    """With the same answer as ever, and no trace is left set."""
    coverage = Coverage([str(Path(module["__file__"]).parent)])
    before = sys.gettrace()

    watched = call(coverage.watched(module[name]))

    assert (call(module[name]), reached, before) == (watched, lines(coverage), sys.gettrace())


def test_a_tracer_that_is_set_goes_first(module: dict[str, Any]) -> None:
    """A debugger, or coverage.py: nothing is watched then, and it stays."""
    coverage = Coverage([str(Path(module["__file__"]).parent)])

    def tracer(frame: Any, event: str, arg: Any) -> Any:
        return None

    before = sys.gettrace()
    sys.settrace(tracer)
    try:
        coverage.watched(module["halve"])(4)
        kept = sys.gettrace() is tracer
    finally:
        sys.settrace(before)

    assert (True, []) == (kept, lines(coverage))


def test_what_is_compared_is_known(module: dict[str, Any]) -> None:
    """With the values that were there."""
    coverage = Coverage([str(Path(module["__file__"]).parent)])

    coverage.watched(module["halve"])(4)

    assert ((Compared("<", 4, 7),), ()) == (coverage.taken().compared, coverage.taken().compared)


def test_functions_are_given_back(module: dict[str, Any]) -> None:
    """The app's own are in place again when nothing watches any more."""
    coverage = Coverage([])
    block = SimpleNamespace(fn=module["halve"])

    with coverage.watching(SimpleNamespace(fns={0: block})):
        during = block.fn

    assert (True, True) == (during is not module["halve"], block.fn is module["halve"])


@pytest.mark.parametrize(
    ("now", "compared", "wanted"),
    [
        ("sale", Compared("==", "sale", "swap"), "swap"),
        ("a sale now", Compared("==", "sale", "swap"), "a swap now"),
        ("Hello", Compared("==", "hello", "bye"), "bye"),
        ("ab", Compared("<", 2, 5), "ababa"),
        (4, Compared("<", 4, 10), 11),
        (4, Compared("==", 12, 30), 22),
        ("x", Compared("in", "@", "x"), "x@"),
        ("x", Compared("startswith", "x", "/"), "/x"),
        ("1999-12-01", Compared("==", 12, 2), "1999-2-01"),
    ],
)
def test_a_value_is_made_towards_what_it_is_compared_with(
    now: Any, compared: Compared, wanted: Any
) -> None:
    """Where one side is the value, a part of it, its length, or grows with it."""
    assert wanted in list(changes(now, [compared]))


@pytest.mark.parametrize(
    ("kind", "props", "value", "fit"),
    [
        ("slider", {"minimum": 0, "maximum": 10, "step": 2}, 4.7, 4),
        ("slider", {"minimum": 0, "maximum": 10, "step": 2}, 99, 10),
        ("number", {"precision": 0}, 4.6, 5),
        ("number", {}, float("inf"), NOTHING),
        ("number", {}, True, NOTHING),
        ("textbox", {"max_length": 3}, "abcdef", "abc"),
        ("textbox", {"lines": 1}, "a\nb", "a b"),
        ("textbox", {}, 7, NOTHING),
        ("radio", {"choices": [["A", "a"]]}, "b", NOTHING),
        ("checkboxgroup", {"choices": [["A", "a"], ["B", "b"]]}, ["b", "x", "b"], ["b"]),
        ("checkbox", {}, 1, NOTHING),
        ("image", {}, "x", NOTHING),
    ],
)
def test_only_what_the_page_allows_is_made(
    kind: str, props: dict[str, Any], value: Any, fit: Any
) -> None:
    """A slider's steps, a field's length, a list's choices."""
    assert fit == fitted(Component(1, kind, kind, props), value)


@functools.cache
def looked(guided: bool) -> Exploration:
    """Explore an app whose bug lies behind four conditions: once for all tests."""
    with launch(parse("password.py", MAZES), folder=MAZES, timeout_seconds=60) as app:
        assert app.probe is not None
        coverage = Coverage(app.probe.roots) if guided else None
        budget = Budget(examples=400, seconds=40.0, own=3, shrink_seconds=4.0, calls=500)
        with Wire(app) as wire:
            chosen = plan(app.contract)
            direct = Direct(app, wire)
            explorer = Explorer(
                app, wire, chosen, direct=direct, coverage=coverage, budget=budget, seed=3
            )
            return explorer.explore(chosen.roots[0])


def test_a_bug_behind_conditions_is_found() -> None:
    """Each is passed by a change to an input that had passed those before."""
    (finding,) = looked(True).part.findings

    assert ("api.unhandled-exception", "IndexError", "password.py:15 in judge") == (
        finding.check,
        finding.exception,
        finding.location,
    )


def test_an_exploration_says_what_it_reached() -> None:
    """All lines of the handler, for the bug lies on the last one."""
    (row,) = looked(True).part.coverage

    assert ("judge", True, True) == (row.event, row.reached >= row.lines - 1, row.lines > 8)


def test_one_line_tells_it() -> None:
    """With the first lines that never ran."""
    rows = [CoverageRow("a", 3, 4, ("app.py:7",)), CoverageRow("b", 2, 2)]

    assert "lines reached: 5 of 6; never app.py:7" == _reached(rows)


def test_what_the_users_own_strategies_draw_is_not_changed() -> None:
    """They say what may be sent, and nothing else is."""
    field = Component(1, "textbox", "Code", {})
    event = Event(0, "go", "go", "public", (), (Parameter("code", field),), ())
    corpus = Corpus(Coverage([]))
    corpus.kept.append(Kept(Case({1: "x"}), ()))
    sent: list[Case] = []
    search = SimpleNamespace(
        own=Own({"Code": object()}),
        event=event,
        settable=[field],
        seed=1,
        budget=Budget(5, 1.0, 0, 1.0),
        try_=sent.append,
    )

    corpus.guided(cast(Search, search))

    assert [] == sent
