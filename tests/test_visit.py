"""A visit holds what the page holds, and sets off what the page sets off."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from gradio_harness.app import App
from gradio_harness.contract import Component
from gradio_harness.drivers.wire import Wire, new_session
from gradio_harness.visit import Visit, at

APP = """
import gradio as gr

LOG = []

def named(name):
    LOG.append(name)

def first(text):
    LOG.append("first")
    if text == "bad":
        raise gr.Error("bad")
    return text + "1"

def second(text):
    LOG.append("second")
    return text + "2"

def cities(country):
    LOG.append("cities")
    known = {"France": ["Paris", "Lyon"], "Spain": ["Madrid"]}[country]
    return gr.Dropdown(choices=known, value=known[0])

def shut():
    return gr.Textbox(interactive=False), gr.Textbox(visible=False)

def add(count):
    return count + 1, count + 1

def reset():
    return 0

with gr.Blocks() as demo:
    text, out, copy = gr.Textbox("a", label="Text"), gr.Textbox(label="Out"), gr.Textbox(label="C")
    go = gr.Button("Go").click(first, text, out, api_name="first")
    go.then(second, out, out, api_name="second")
    go.success(lambda: named("success"), None, None, api_name="success")
    if hasattr(go, "failure"):
        go.failure(lambda: named("failure"), None, None, api_name="failure")
    out.change(lambda value: value, out, copy, api_name="copied")

    demo.load(lambda: "welcome", None, text, api_name="welcome")

    country = gr.Dropdown(["France", "Spain"], value="France", label="Country")
    city = gr.Dropdown(["Paris", "Lyon"], value="Paris", label="City")
    country.change(cities, country, city, api_name="cities")

    one, two = gr.Textbox(label="One"), gr.Textbox(label="Two")
    gr.Button("Shut").click(shut, None, [one, two], api_name="shut")

    count, shown = gr.State(0), gr.Number(label="Shown")
    gr.Button("Add").click(add, count, [count, shown], api_name="add")
    gr.Button("Reset").click(reset, None, count, api_name="reset")

    loud = gr.Textbox(label="Loud")
    gr.Button("Script").click(None, text, loud, js="(x) => x + '!'")
    gr.Button("Shout").click(lambda x: x, loud, out, api_name="shout")

    rows = gr.Dataset(components=[text], samples=[], label="Rows")
    gr.Button("Pick").click(lambda row: repr(row), rows, out, api_name="pick")

    gr.ClearButton([text, out], value="Clear")
demo.launch()
"""


@pytest.fixture(scope="module")
def app(serve: Callable[..., App], tmp_path_factory: pytest.TempPathFactory) -> App:
    """Serve a page on which one thing leads to another."""
    folder = tmp_path_factory.mktemp("visited")
    (folder / "app.py").write_text(APP, encoding="utf-8")
    return serve("app.py", folder)


@pytest.fixture
def visit(app: App) -> Iterator[Visit]:
    """Return a new visitor's page, not loaded yet."""
    app.module.LOG.clear()  # type: ignore[union-attr]
    with Wire(app, timeout_seconds=20) as wire:
        yield Visit(wire, app.contract, new_session())


def part(visit: Visit, label: str) -> Component:
    """Return a component by its label."""
    return next(c for c in visit.contract.components.values() if c.props.get("label") == label)


def value(visit: Visit, label: str) -> Any:
    """Return what the page holds in a component."""
    return visit.values[part(visit, label).id]


def fired(visit: Visit, label: str) -> list[str]:
    """Set an event off; return the labels of all that followed."""
    return [seen.call.event for seen in visit.fire(visit.contract.event(label))]


def test_a_page_holds_what_its_components_show(visit: Visit) -> None:
    """Before anything is touched, the page would send these."""
    assert ("a", "", "France", 0) == (
        value(visit, "Text"),
        value(visit, "Out"),
        value(visit, "Country"),
        value(visit, "Shown"),
    )


def test_opening_a_page_sets_its_loads_off(visit: Visit) -> None:
    """Only those, and their outputs are taken in."""
    visit.open()

    assert (["welcome"], "welcome") == (
        [seen.call.event for seen in visit.seen],
        value(visit, "Text"),
    )


def test_a_chain_sees_what_the_event_before_it_left(visit: Visit) -> None:
    """`.then` and `.success` follow, and a change of the output is listened to."""
    labels = fired(visit, "first")

    assert ["copied", "first", "second", "success"] == sorted(labels)
    assert "first" == labels[0]
    assert ("a12", "a1") == (value(visit, "Out"), visit.seen[labels.index("second")].call.inputs[0])


def test_after_a_failure_only_what_follows_a_failure_is_set_off(visit: Visit, app: App) -> None:
    """`.success` never, `.failure` where this Gradio has it, `.then` before Gradio 6."""
    visit.set(part(visit, "Text"), "bad")
    labels = fired(visit, "first")
    failure = ["failure"] if "failure" in [e.label for e in app.contract.events] else []

    assert "success" not in labels
    assert failure == [label for label in labels if label == "failure"]
    assert app.contract.gradio.startswith(("4.", "5.")) is ("second" in labels)


def test_picking_sets_listeners_off_and_choices_are_updated(visit: Visit) -> None:
    """A choice that the page no longer offers cannot be picked."""
    assert visit.set(part(visit, "Country"), "Spain")

    city = part(visit, "City")
    assert ("Madrid", ["cities"]) == (
        value(visit, "City"),
        [seen.call.event for seen in visit.seen],
    )
    assert (False, True) == (visit.set(city, "Paris"), visit.set(city, "Madrid"))


def test_the_same_value_again_is_no_change(visit: Visit) -> None:
    """Typing what is there already sets nothing off."""
    assert visit.set(part(visit, "Country"), "France")

    assert [] == visit.seen


def test_in_a_table_without_rows_nothing_is_picked(visit: Visit) -> None:
    """As on the page: it sends null, and takes no row."""
    rows = part(visit, "Rows")

    assert (True, False) == (visit.set(rows, None), visit.set(rows, 0))
    assert "pick" in fired(visit, "pick")
    assert ("None",) == visit.seen[0].outputs


def test_what_an_answer_shut_or_hid_cannot_be_set(visit: Visit) -> None:
    """interactive=False and visible=False of an update hold from then on."""
    before = [visit.set(part(visit, label), "x") for label in ("One", "Two")]
    fired(visit, "shut")
    after = [visit.set(part(visit, label), "y") for label in ("One", "Two")]

    assert ([True, True], [False, False]) == (before, after)


def test_state_is_kept_on_the_server_and_cleared_there(visit: Visit) -> None:
    """The page sends nothing for State; a reset is seen by the next call."""
    for label in ("add", "add", "reset", "add"):
        fired(visit, label)

    assert [2, 1] == [visit.seen[i].outputs[1] for i in (1, 3)]  # type: ignore[index]
    assert {(None,)} == {s.call.inputs for s in visit.seen if s.call.event == "add"}


def test_another_visitor_has_a_state_of_its_own(visit: Visit, app: App) -> None:
    """Two visits, two sessions."""
    fired(visit, "add")
    other = Visit(visit.driver, app.contract, new_session())
    fired(other, "add")

    assert (1, 1) == (value(visit, "Shown"), value(other, "Shown"))


def test_what_a_script_would_have_put_there_is_not_made_up(visit: Visit) -> None:
    """Javascript does not run here: an event that reads its output is left out."""
    assert [] == fired(visit, "Button 'Script'.click")
    assert [] == fired(visit, "shout")

    visit.set(part(visit, "Loud"), "typed")
    assert "shout" in fired(visit, "shout")


def test_events_left_out_by_the_user_are_not_set_off(app: App) -> None:
    """Neither by name nor as what follows another."""
    with Wire(app) as wire:
        visit = Visit(wire, app.contract, new_session(), driven=lambda e: e.label != "second")
        labels = fired(visit, "first")

    assert "second" not in labels
    assert "first" in labels


def test_a_render_adds_its_events_to_the_page(serve: Callable[..., App]) -> None:
    """What a gr.render makes for this session can be set off, and is made anew."""
    app = serve("tabs.py")
    with Wire(app, timeout_seconds=20) as wire:
        visit = Visit(wire, app.contract, new_session())
        visit.open()
        for task in ("milk", "bread"):
            visit.set(part(visit, "Task"), task)
            fired(visit, "add")
        made = [event for event in visit.contract.events if event.parent is not None]
        assert ["Button 'Done'.click"] == sorted({str(e.triggers[0]) for e in made})

        summary = [s.call.event for s in visit.fire(at(visit, made[-1]))]
        left = value(visit, "Summary")

    assert made[-1].label in summary
    assert ("1 to do", True) == (left, len(app.contract.events) < len(visit.contract.events))


def test_a_chat_answers_through_its_whole_chain(serve: Callable[..., App]) -> None:
    """What a visitor types in a ChatInterface goes through every step of the page."""
    app = serve("chat.py")
    with Wire(app, timeout_seconds=20) as wire:
        visit = Visit(wire, app.contract, new_session())
        visit.open()
        box = next(c for c in app.contract.components.values() if c.type == "textbox")
        visit.set(box, "You like tea")
        submit = next(
            e
            for e in app.contract.events
            if e.after is None and e.inputs and any(t.event == "submit" for t in e.triggers)
        )
        seen = visit.fire(submit)

    assert [] == [s.error for s in seen if s.error]
    assert "Why do you say: I like tea?" in repr([s.outputs for s in seen])
