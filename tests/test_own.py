"""What the user says of inputs: strategies in a conftest, cases in a file by the app."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st
from sessions import APPS, project, run

from gradio_harness.app import App
from gradio_harness.contract import Contract
from gradio_harness.errors import OptionError
from gradio_harness.observation import Media
from gradio_harness.own import cases_file, read

CONFTEST = """
from hypothesis import strategies as st

def pytest_gradio_strategies():
    return {"greet.name": st.just("postcode"), "letters.name": lambda ours: ours | st.just("AB1")}
"""
SPOILT = """
import gradio as gr

def greet(name):
    return {"Ada": 1, "postcode": 2}[name]

def letters(name):
    return {"from a file": []}.get(name, [1])[0]

with gr.Blocks() as demo:
    name = gr.Textbox("Ada", label="Name")
    out = gr.Number(label="Out")
    gr.Button("Greet").click(greet, name, out)
    gr.Button("Count").click(letters, name, out)
demo.launch()
"""


@pytest.fixture
def contract(serve: Callable[..., App]) -> Contract:
    """Return the contract of an app with two events that read one text."""
    return serve("two_events.py").contract


def test_a_session_sends_what_the_user_says(tmp_path: Path) -> None:
    """A strategy that replaces ours sends nothing else; a case of the file is found first."""
    cases = '{"letters": [{"name": "from a file"}]}'
    files = {"conftest.py": CONFTEST, "app.cases.json": cases}
    folder = project(tmp_path / "own", SPOILT, files)

    result = run(folder, "--app", "app.py", "--app-suites", "api", "--app-profile", "quick")

    found = [(f["endpoint"], f["input"]) for f in result.report["findings"]]
    assert [("letters", "name = 'from a file'")] == found


LOGGED = """
import threading, gradio as gr

sent = set()

def book(code, plan):
    sent.add(code)
    if code not in ("AB1", "CD2", "EF3"):
        print("SENT", repr(code), flush=True)
    return f"{code} {plan}"

with gr.Blocks() as demo:
    code = gr.Textbox("AB1", label="Code")
    plan = gr.Radio(["a", "b"], value="a", label="Plan")
    out = gr.Textbox(label="Out")
    gr.Button("Book").click(book, [code, plan], out)
    gr.Button("Show").click(lambda: str(len(sent)), None, out)
demo.launch()
"""
CODES = """
from hypothesis import strategies as st

def pytest_gradio_strategies():
    return {"Code": st.sampled_from(["AB1", "CD2", "EF3"])}
"""


def test_what_the_user_says_holds_for_visitors_orders_growth_and_cost(tmp_path: Path) -> None:
    """Nothing else is sent, whoever sends it."""
    folder = project(tmp_path / "own", LOGGED, {"conftest.py": CODES})
    chosen = ("--app-suites", "sessions", "--app-profile", "quick")

    result = run(folder, "--app", "app.py", *chosen, "-s", "-k", "book")

    assert (0, False) == (result.code, "SENT" in result.out)


@pytest.mark.parametrize(
    ("key", "found"),
    [("greet.name", True), ("Name", True), ("textbox", True), ("letters.name", False)],
)
def test_a_strategy_is_for_a_parameter_a_label_or_a_type(
    contract: Contract, key: str, found: bool
) -> None:
    """And for no other event."""
    mine = st.just("mine")
    event = contract.event("greet")

    own = read(None, [{key: mine}], contract)

    assert (mine if found else None) is own.of(event, event.inputs[0].component)


def test_the_nearest_word_counts(contract: Contract) -> None:
    """A parameter before a label, a label before a type; the nearer conftest before the other."""
    near, far, other = (st.just(word) for word in ("near", "far", "other"))
    event = contract.event("greet")

    own = read(None, [{"greet.name": near}, {"greet.name": far, "Name": other}], contract)

    assert near is own.of(event, event.inputs[0].component)


def test_a_strategy_for_an_event_draws_all_of_its_inputs(contract: Contract) -> None:
    """A dict by parameter becomes values by component."""
    event = contract.event("greet")
    own = read(None, [{"greet": st.just({"name": "both"})}], contract)

    assert {event.inputs[0].component.id: "both"} == own.values(event, {"name": "both"})


def test_files_of_a_case_are_found_from_the_json(contract: Contract, tmp_path: Path) -> None:
    """Wherever pytest was started."""
    (tmp_path / "cat.txt").write_bytes(b"meow")
    path = cases_file(tmp_path / "app.py")
    path.write_text('{"greet": [{"name": [{"file": "cat.txt"}]}]}')

    own = read(path, [], contract)

    ((values,),) = own.cases.values()
    assert [[Media("cat.txt", b"meow", "text/plain")]] == list(values.values())


WRONG: Mapping[str, tuple[Any, str]] = {
    "strategy for nothing": ({"Nam": st.text()}, "nothing here is called 'Nam'"),
    "no strategy": ({"Name": "Ada"}, "'Name' is 'Ada'. It wants a strategy"),
    "no dict": ("Name", "returned 'Name'"),
    "no json": (b"{", "app.cases.json: Expecting"),
    "no event": (b'{"grete": []}', "no event 'grete'"),
    "no list": (b'{"greet": {}}', "'greet' wants a list of cases"),
    "no parameter": (b'{"greet": [{"nam": 1}]}', "greet has no input 'nam'"),
    "no file": (b'{"greet": [{"name": {"file": "dog.png"}}]}', "there is no file"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_fits_nothing_is_one_clear_line(contract: Contract, tmp_path: Path, name: str) -> None:
    """Which file or hook, and what is wrong with it."""
    given, words = WRONG[name]
    path = tmp_path / "app.cases.json"
    if isinstance(given, bytes):
        path.write_bytes(given)

    with pytest.raises(OptionError) as told:
        read(path, [] if isinstance(given, bytes) else [given], contract)

    assert (True, 1) == (words in str(told.value), len(str(told.value).splitlines()))


def test_a_mistake_ends_the_session_with_four(tmp_path: Path) -> None:
    """Before anything is sent."""
    files = {"app.cases.json": '{"greet": [{"nam": 1}]}'}
    folder = project(tmp_path / "own", APPS / "two_events.py", files)

    result = run(folder, "--app", "app.py", "--app-suites", "api")

    assert (4, True) == (result.code, "greet has no input 'nam'" in result.out)
