"""Each family of inputs on an app with a defect that only such inputs find, and on it mended."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping
from pathlib import Path

import pytest

from gradio_harness.app import launch
from gradio_harness.clues import Constants, source
from gradio_harness.contract import Function
from gradio_harness.drivers.wire import Wire
from gradio_harness.exploring.exploration import Budget
from gradio_harness.exploring.explore import Explorer
from gradio_harness.exploring.ladder import Rung, climb
from gradio_harness.literals import literal
from gradio_harness.plan import plan
from gradio_harness.target import parse

TWINS = Path(__file__).resolve().parent.parent / "fixtures" / "apps" / "twins" / "inputs"
#: What is seen in a few calls needs no more.
SECONDS = {"blank": 3.0, "clicks": 3.0, "talk": 4.0}
BUDGET = Budget(examples=60, seconds=12.0, own=3, shrink_seconds=1.0)

#: Family -> exceptions and author's lines that only its inputs reach.
DEFECTS: Mapping[str, set[tuple[str, str]]] = {
    "blank": {("ValueError", "defect_blank.py:7 in <genexpr>")},
    "clicks": {
        ("IndexError", "defect_clicks.py:10 in initial"),
        ("AttributeError", "defect_clicks.py:19 in caption"),
    },
    "constants": {("ValueError", "defect_constants.py:11 in answer")},
    "fields": {
        ("IndexError", "defect_fields.py:12 in left_out"),
        ("ValueError", "defect_fields.py:18 in weekday"),
        ("IndexError", "defect_fields.py:23 in <genexpr>"),
    },
    "letters": {("ValueError", "defect_letters.py:12 in shortened")},
    "media": {
        ("ZeroDivisionError", "defect_media.py:12 in contrast"),
        ("ZeroDivisionError", "defect_media.py:19 in gain"),
        ("ValueError", "defect_media.py:25 in pair"),
        ("IndexError", "defect_media.py:34 in first_row"),
    },
    "numbers": {("IndexError", "defect_numbers.py:12 in price")},
    "opinion": {("OverflowError", "defect_opinion.py:12 in opinion")},
    "rows": {("IndexError", "defect_rows.py:12 in total")},
    "scale": {("IndexError", "defect_scale.py:12 in grade")},
    "shapes": {("ValueError", "defect_shapes.py:13 in weekday")},
    "talk": {
        ("KeyError", "defect_talk.py:8 in reply"),
        ("IndexError", "defect_talk.py:19 in undo"),
    },
    "words": {("IndexError", "defect_words.py:14 in longest")},
}


@functools.cache
def look(name: str) -> tuple[tuple[str, str, str], ...]:
    """Return exception, place and input of all that is found in one of the apps."""
    with launch(parse(f"{name}.py", TWINS), folder=TWINS, timeout_seconds=60) as app:
        chosen = plan(app.contract)
        with Wire(app) as wire:
            budget = dataclasses.replace(BUDGET, seconds=SECONDS.get(name.partition("_")[2], 12.0))
            explorer = Explorer(app, wire, chosen, budget=budget, seed=7)
            found = [f for e in chosen.explored for f in explorer.explore(e).part.findings]
    return tuple((one.exception or one.title, one.location, one.input) for one in found)


#: Family -> how long the input of the finding is told to be: the smallest that fails.
LENGTHS = {
    "letters": "text = 'a' * 5001  (5001 characters)",
    "rows": "table = {'headers': ['Hours'], 'data': [[8.0], [7.5], [6.0]] * 21 + [[8.0], [7.5]]",
    "words": "text = 'w' + ' w'.join(map(str, range(201)))  (894 characters)",
}


def test_every_family_has_its_twins() -> None:
    """A new pair must say what is found in it."""
    names = {f"{half}_{family}" for family in DEFECTS for half in ("defect", "mended")}

    assert names == {path.stem for path in TWINS.glob("*.py")}


@pytest.mark.parametrize("family", DEFECTS)
def test_the_defect_is_found_and_nothing_else(family: str) -> None:
    """At the author's own line."""
    found = look(f"defect_{family}")

    assert DEFECTS[family] == {one[:2] for one in found}


@pytest.mark.parametrize("family", LENGTHS)
def test_the_smallest_size_is_told_in_a_line(family: str) -> None:
    """Found by doubling, then halving; written so that it can be pasted."""
    ((_, _, words),) = look(f"defect_{family}")

    assert (LENGTHS[family], True) == (words[: len(LENGTHS[family])], "\n" not in words)


@pytest.mark.parametrize("limit", [1, 5, 63, 64, 65, 1000])
def test_the_largest_size_that_is_accepted_is_tried(limit: int) -> None:
    """And the first that the author refuses, by doubling and halving."""
    sent: list[int] = []

    def send(size: int) -> Rung:
        sent.append(size)
        return Rung("answered" if size <= limit else "refused")

    reached = climb([2**n for n in range(12)], send)

    assert (limit, True, True) == (reached, limit in sent, limit + 1 in sent)
    assert len(sent) < 24


def test_what_costs_more_and_more_is_not_doubled() -> None:
    """A call that took long is the last: load is not what is looked for."""
    sent: list[int] = []

    def send(size: int) -> Rung:
        sent.append(size)
        return Rung("answered", far=size >= 16)

    assert (16, [1, 2, 4, 8, 16]) == (climb([2**n for n in range(12)], send), sent)


LONG: Mapping[str, tuple[object, str]] = {
    "letters": ("ab" * 2048, "'ab' * 2048"),
    "rest": ("ab" * 200 + "a", "'ab' * 200 + 'a'"),
    "counted": (" ".join(f"w{n}" for n in range(99)), "'w' + ' w'.join(map(str, range(99)))"),
    "from": ("\n".join(map(str, range(5, 99))), "'\\n'.join(map(str, range(5, 99)))"),
    "rows": ({"data": [["a", 1]] * 65}, "{'data': [['a', 1]] * 65}"),
    "short": (["ab", None, 2.5, float("nan")], "['ab', None, 2.5, float('nan')]"),
    "odd": ("x" + "\u202e" * 3 + "\0", r"'x\u202e\u202e\u202e\x00'"),
}


@pytest.mark.parametrize("name", LONG)
def test_a_long_value_is_written_short(name: str) -> None:
    """As Python source that gives the same value again."""
    value, source = LONG[name]

    assert source == literal(value)
    assert repr(value) == repr(eval(source))  # as its reader will


@pytest.mark.parametrize("family", DEFECTS)
def test_nothing_is_found_in_the_mended_app(family: str) -> None:
    """Whatever is drawn."""
    assert () == look(f"mended_{family}")


READ = """
import json, re
from datetime import datetime
from rates import rate

def answer(text, most=-7):
    "Docstrings are for people."
    if text.startswith("/help"):
        print("shown to people")
        raise ValueError("this too")
    day, _, rest = text.partition(";")
    datetime.strptime(day, "%d.%m.%Y")
    re.fullmatch(r"\\\\d+kg", rest)
    return json.loads(rest), rate(f"in words {rest}"), len(text) > 280

def elsewhere():
    return "not called"
"""
RATES = """
CODES = {"EU": 1.2}
def rate(code): return CODES[code]
"""


def test_the_source_says_what_a_function_waits_for(tmp_path: Path) -> None:
    """Its own constants and those of what it calls, in another file too; nothing told to people."""
    (tmp_path / "app.py").write_text(READ)
    (tmp_path / "rates.py").write_text(RATES)
    file = str(tmp_path / "app.py")
    line = READ[: READ.index("def answer")].count("\n") + 1

    known = source([file]).constants(Function("answer", file=file, line=line))

    assert (
        Constants(
            texts=("/help", "EU", ";", "%d.%m.%Y", "\\\\d+kg"),
            numbers=(-7, 280, 1.2),
            separators=(";",),
            formats=("%d.%m.%Y",),
            patterns=("\\\\d+kg",),
            readers=("date", "json"),
        )
        == known
    )


def test_what_cannot_be_read_is_left_out(tmp_path: Path) -> None:
    """A file that is gone or broken costs its constants, never the run."""
    (tmp_path / "broken.py").write_text("def f(:")
    files = [str(tmp_path / name) for name in ("broken.py", "gone.py")]

    assert [] == list(source(files).trees)
