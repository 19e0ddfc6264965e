"""Each family of inputs on an app with a defect that only such inputs find, and on it mended."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path

import pytest

from gradio_harness.app import launch
from gradio_harness.clues import Constants, source
from gradio_harness.contract import Function
from gradio_harness.drivers.wire import Wire
from gradio_harness.exploration import Budget
from gradio_harness.explore import Explorer
from gradio_harness.plan import plan
from gradio_harness.target import parse

TWINS = Path(__file__).resolve().parent.parent / "fixtures" / "apps" / "twins" / "inputs"
BUDGET = Budget(examples=80, seconds=6.0, own=3, shrink_seconds=1.0)

#: Family -> the exception and the author's line that only its inputs reach.
DEFECTS: Mapping[str, tuple[str, str]] = {
    "constants": ("ValueError", "defect_constants.py:11 in answer"),
    "numbers": ("IndexError", "defect_numbers.py:12 in price"),
    "shapes": ("ValueError", "defect_shapes.py:13 in weekday"),
}


@functools.cache
def look(name: str) -> tuple[tuple[str, str], ...]:
    """Return exception and place of all that is found in one of the apps."""
    with launch(parse(f"{name}.py", TWINS), folder=TWINS, timeout_seconds=60) as app:
        chosen = plan(app.contract)
        with Wire(app) as wire:
            explorer = Explorer(app, wire, chosen, budget=BUDGET, seed=7)
            found = [f for e in chosen.roots for f in explorer.explore(e).part.findings]
    return tuple((finding.exception or finding.title, finding.location) for finding in found)


def test_every_family_has_its_twins() -> None:
    """A new pair must say what is found in it."""
    names = {f"{half}_{family}" for family in DEFECTS for half in ("defect", "mended")}

    assert names == {path.stem for path in TWINS.glob("*.py")}


@pytest.mark.parametrize("family", DEFECTS)
def test_the_defect_is_found_and_nothing_else(family: str) -> None:
    """At the author's own line."""
    assert (DEFECTS[family],) == look(f"defect_{family}")


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
