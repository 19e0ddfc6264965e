"""What failed in one run is tried first in the next, as long as a visitor can still do it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sessions import project, run

from gradio_harness.contract import Contract, read
from gradio_harness.drivers.wire import Wire
from gradio_harness.exploring.exploration import Budget
from gradio_harness.exploring.explore import Explorer
from gradio_harness.exploring.memory import Memory
from gradio_harness.observation import Media
from gradio_harness.plan import plan
from gradio_harness.reproduce import Case


def contract_of(maximum: int = 9, label: str = "Times") -> Contract:
    """Return a contract of one event with a slider, an image and a text."""
    components = [
        {"id": 1, "type": "slider", "props": {"label": label, "maximum": maximum}},
        {"id": 2, "type": "image", "props": {"label": "Picture", "value": None}},
        {"id": 3, "type": "textbox", "props": {"label": "Text"}},
        {"id": 4, "type": "button", "props": {}},
    ]
    event = {"id": 0, "targets": [[4, "click"]], "inputs": [1, 2, 3], "outputs": []}
    config = {"version": "6.0.0", "components": components, "dependencies": [event]}
    return read({**config, "dependencies": [{**event, "api_name": "go"}]})


PICTURE = Media("a.png", b"\x89PNG and more", "image/png")
CASE = Case(values={1: 7, 2: PICTURE, 3: "né\0"})


def kept(memory: Memory, contract: Contract) -> list[Case]:
    return memory.cases(contract, contract.events[0])


def test_a_case_comes_back_as_it_was_kept(tmp_path: Path) -> None:
    """Files with their content; once, however often it was kept."""
    contract = contract_of()
    for _ in range(2):
        Memory(tmp_path, "app.py").keep(contract, contract.events[0], CASE)

    assert [CASE] == kept(Memory(tmp_path, "app.py"), contract)


@pytest.mark.parametrize(
    "now", [contract_of(maximum=5), contract_of(label="Often")], ids=["ends", "label"]
)
def test_what_the_page_no_longer_allows_is_forgotten(tmp_path: Path, now: Contract) -> None:
    """What was typed into a field that is another by now is no visitor's input."""
    before = contract_of()
    Memory(tmp_path, "app.py").keep(before, before.events[0], CASE)
    memory = Memory(tmp_path, "app.py")

    assert ([], []) == (kept(memory, now), kept(memory, before))


def test_what_fails_no_more_is_dropped(tmp_path: Path) -> None:
    """The others stay."""
    contract, other = contract_of(), Case(values={3: "b"})
    memory = Memory(tmp_path, "app.py")
    for case in (CASE, other):
        memory.keep(contract, contract.events[0], case)

    memory.drop(contract, contract.events[0], CASE)

    assert [other] == kept(memory, contract)


def test_each_target_has_cases_of_its_own(tmp_path: Path) -> None:
    """Two apps of one folder share the cache."""
    contract = contract_of()
    Memory(tmp_path, "app.py").keep(contract, contract.events[0], CASE)

    assert [] == kept(Memory(tmp_path, "other.py"), contract)


def test_who_asks_for_the_same_inputs_again_gets_no_others_before_them(tmp_path: Path) -> None:
    """What fails is kept all the same."""
    contract = contract_of()
    Memory(tmp_path, "app.py", quiet=True).keep(contract, contract.events[0], CASE)

    assert ([], [CASE]) == (
        kept(Memory(tmp_path, "app.py", quiet=True), contract),
        kept(Memory(tmp_path, "app.py"), contract),
    )


RARE = """
import gradio as gr

def order(text):
    if "rare" in text:
        raise KeyError(text)
    return text

with gr.Blocks() as demo:
    text = gr.Textbox("soup", label="Text")
    gr.Button("Order").click(order, text, text, api_name="order")
demo.launch()
"""


def test_a_bug_that_was_found_once_is_found_by_the_first_case_of_the_next_run(
    tmp_path: Path, serve: Any
) -> None:
    """With one call allowed, and in a session of its own; the user's folder stays clean."""
    folder = project(tmp_path / "app", RARE)
    cache = folder / ".pytest_cache" / "d" / "gradio-harness"
    app = serve("app.py", folder)
    event = app.contract.event("order")
    text = event.inputs[0].component.id
    # What drawing finds in one run of many.
    Memory(cache, "app.py").keep(app.contract, event, Case(values={text: "a rare soup"}))
    with Wire(app) as wire:
        first, second = (
            Explorer(
                app,
                wire,
                plan(app.contract),
                memory=Memory(cache, "app.py"),
                budget=Budget(examples=1, seconds=4.0, own=0, shrink_seconds=1.0, calls=calls),
                seed=7,
            ).explore(event)
            for calls in (20, 1)
        )

    session = run(folder, *COMMAND, "--app-calls", "1")

    rare = ["text = 'a rare soup'"]
    assert (rare, rare, rare, False) == (
        [finding.input for finding in first.part.findings],
        [finding.input for finding in second.part.findings],
        [finding["input"] for finding in session.report["findings"]],
        (folder / ".hypothesis").exists(),
    )


COMMAND = ("--app", "app.py", "--app-only", "--app-profile", "quick", "--app-suites", "api")
