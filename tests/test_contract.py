"""What an app offers is read alike from Gradio 4.44, 5 and 6."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio
import pytest

from gradio_harness.app import App, connect
from gradio_harness.checks.hints import type_hint
from gradio_harness.contract import Contract, Event, extended, read
from gradio_harness.drivers.wire import Wire
from gradio_harness.observation import Call
from gradio_harness.target import parse

MAJOR = int(gradio.__version__.split(".")[0])
APPS = Path(__file__).resolve().parent.parent / "fixtures" / "apps"

#: Whether an event without a function is called private (6) or undocumented (4 and 5).
SCRIPT = "private" if MAJOR >= 6 else "undocumented"

#: label: (kind, visibility, what sets it off, inputs, outputs, further marks)
TABS: dict[str, tuple[Any, ...]] = {
    "welcome": ("load", "public", ["Page.load"], [], ["Markdown"], []),
    "add": (
        "call",
        "public",
        ["Button 'Add'.click"],
        [("task", "Textbox 'Task'"), ("tasks", "State")],
        ["State", "Textbox 'Task'"],
        [],
    ),
    "summarise": (
        "chain",
        "public",
        ["add.then"],
        [("tasks", "State")],
        ["Textbox 'Summary'"],
        ["after add"],
    ),
    "Button 'Forget all'.click": (
        "call",
        "private",
        ["Button 'Forget all'.click"],
        [],
        ["State", "Textbox 'Summary'"],
        [],
    ),
    "Page.load": (
        "load",
        "undocumented",
        ["Page.load", "State.change"],
        [("items", "State")],
        ["Column"],
        ["renders"],
    ),
    "picked": (
        "call",
        "public",
        ["Dataframe.select"],
        [],
        ["Textbox 'Picked'"],
        ["collects event data"],
    ),
    "measure": (
        "batch",
        "public",
        ["Button 'Measure'.click"],
        [("words", "Textbox 'Word'")],
        ["Textbox 'Length'"],
        ["at most 4"],
    ),
    "Button 'Loud'.click": (
        "script",
        SCRIPT,
        ["Button 'Loud'.click"],
        [("Textbox 'Word'", "Textbox 'Word'")],
        ["Textbox 'Loud'"],
        ["no backend", "javascript", "no queue"],
    ),
    "vowels": (
        "call",
        "public",
        ["Textbox 'Word'.change"],
        [("text", "Textbox 'Word'")],
        ["Number 'Vowels'"],
        ["no queue"],
    ),
}


def row(contract: Contract, event: Event) -> tuple[Any, ...]:
    """Return *event* as a row of the table above."""
    before = contract.by_index(event.after) if event.after is not None else None
    marks = {
        "no backend": not event.backend,
        "javascript": event.javascript,
        "no queue": not event.queue,
        "renders": event.renders,
        "collects event data": event.collects_event_data,
        f"at most {event.max_batch_size}": event.batch,
        f"after {before.label if before else ''}": before is not None,
    }
    return (
        event.kind,
        event.visibility,
        [str(trigger) for trigger in event.triggers],
        [(parameter.name, parameter.component.label) for parameter in event.inputs],
        [component.label for component in event.outputs],
        [name for name, holds in marks.items() if holds],
    )


def names(contract: Contract) -> list[str]:
    """Return the labels, in order."""
    return [event.label for event in contract.events]


@pytest.mark.parametrize("label", TABS)
def test_every_event_of_a_page_is_on_the_contract(label: str, serve: Callable[..., App]) -> None:
    """Named, private, chained, load, batch, rendered and script events alike."""
    contract = serve("tabs.py").contract

    assert list(TABS) == names(contract)
    assert TABS[label] == row(contract, contract.event(label))


def test_the_contract_knows_the_page(serve: Callable[..., App]) -> None:
    """Version, title and mode come from the config."""
    contract = serve("tabs.py").contract

    assert (gradio.__version__, "Notebook", "blocks", "" if MAJOR == 4 else "/gradio_api") == (
        contract.gradio,
        contract.title,
        contract.mode,
        contract.prefix,
    )


def test_no_label_is_an_id(serve: Callable[..., App]) -> None:
    """Component ids are process-global: the same page keeps its labels when served again."""
    first = serve("tabs.py").contract
    serve("text_tool.py")
    again = serve("tabs.py").contract

    assert [row(first, e) for e in first.events] == [row(again, e) for e in again.events]
    assert [c.label for c in first.components.values()] == [
        c.label for c in again.components.values()
    ]
    assert set(first.components) != set(again.components)


def test_a_url_gives_the_labels_that_the_process_gives(serve: Callable[..., App]) -> None:
    """A baseline of one kind of target holds for the other."""
    app = serve("tabs.py")
    remote = connect(parse(app.url, APPS), folder=APPS).contract

    assert names(app.contract) == names(remote)
    assert {None} == {event.function for event in remote.events}
    assert "task" == remote.event("add").inputs[0].name


def test_an_event_is_found_by_label_or_api_name(serve: Callable[..., App]) -> None:
    """With or without the slash; a wrong one names the choices."""
    contract = serve("text_tool.py").contract

    assert contract.event("change") is contract.event("/change")
    with pytest.raises(KeyError, match="Did you mean 'change'"):
        contract.event("chang")


def test_a_chain_is_followed_both_ways(serve: Callable[..., App]) -> None:
    """What follows an event, and what it follows from."""
    contract = serve("tabs.py").contract
    add, summarise = contract.event("add"), contract.event("summarise")

    assert (add, summarise) == contract.chain(add)
    assert add is contract.root(summarise)
    assert (summarise,) == contract.followers(add)


def test_the_function_behind_an_event_is_known(serve: Callable[..., App]) -> None:
    """Name, line and file are the author's, Gradio's own functions are told apart."""
    function = serve("tabs.py").contract.event("add").function

    assert function is not None
    assert ("add", "tabs.py", 12, ("task", "tasks"), False) == (
        function.name,
        Path(function.file).name,
        function.line,
        function.parameters,
        function.builtin,
    )


def test_the_function_of_a_render_is_the_authors(serve: Callable[..., App]) -> None:
    """Gradio wraps it; the author wrote `show(items)`."""
    function = serve("tabs.py").contract.event("Page.load").function

    assert function is not None
    assert ("show", ("items",), False) == (function.name, function.parameters, function.builtin)


def test_what_gradio_passes_itself_is_no_parameter(
    serve: Callable[..., App], write: Callable[..., Path]
) -> None:
    """Requests, event data and progress take no input, wherever they stand."""
    folder = write(
        app="""
        import functools
        from typing import Optional
        import gradio as gr

        def one(request: gr.Request, first: str, progress=gr.Progress(), second: "int" = 2):
            return first
        def two(event: gr.SelectData, first: Optional[float] = None, *rest):
            return first
        class Three:
            def __call__(self, first: list[str], second):
                return second
        class Four:
            def run(self, first: bool, second: str) -> str:
                return second
        def five(zero, first, second):
            return first

        with gr.Blocks() as demo:
            a, b = gr.Textbox(label="A"), gr.Textbox(label="B")
            out = gr.Textbox(label="Out")
            for name, fn in [("one", one), ("two", two), ("three", Three()),
                             ("four", Four().run), ("five", functools.partial(five, 1))]:
                gr.Button(name).click(fn, [a, b], out, api_name=name)
        demo.launch()
        """
    )
    contract = serve("app.py", folder).contract
    found = {
        event.label: [p.name for p in event.inputs]
        for event in contract.events
        if event.label != "two"
    }

    assert found == {
        "one": ["first", "second"],
        "three": ["first", "second"],
        "four": ["first", "second"],
        "five": ["first", "second"],
    }
    hints = {e.label: dict(e.function.hints) for e in contract.events if e.function}
    assert "gradio.route_utils.Request" == hints["one"]["request"]
    assert "builtins.str" == hints["four"]["return"]


def test_inputs_given_as_a_set_have_the_names_of_their_components(
    serve: Callable[..., App], write: Callable[..., Path]
) -> None:
    """The function gets one dict, so none of its parameters is the name of an input."""
    folder = write(
        keyed="""
        import gradio as gr

        def both(data: dict) -> float:
            return float(len(data))

        with gr.Blocks() as demo:
            a, b = gr.Textbox(label="A"), gr.Number(label="B")
            gr.Button("Both").click(both, {a, b}, gr.Number(label="N"), api_name="both")
        demo.launch()
        """
    )
    event = serve("keyed.py", folder).contract.event("both")

    assert ["Textbox 'A'", "Number 'B'"] == [parameter.name for parameter in event.inputs]
    assert [] == type_hint(event)


@pytest.mark.skipif(
    "inputs_kwargs" not in inspect.signature(gradio.on).parameters, reason="newer than this Gradio"
)
def test_inputs_given_by_name_have_these_names(
    serve: Callable[..., App], write: Callable[..., Path]
) -> None:
    """Those without a name fill the parameters that are left."""
    folder = write(
        named="""
        import gradio as gr

        def join(last: int, first: str) -> str:
            return f"{first} {last}"

        with gr.Blocks() as demo:
            a, b, out = gr.Textbox(label="A"), gr.Number(label="B"), gr.Textbox(label="O")
            gr.Button("Join").click(join, b, out, inputs_kwargs={"first": a}, api_name="join")
            both = {"first": a, "last": b}
            gr.Button("Both").click(join, None, out, inputs_kwargs=both, api_name="both")
        demo.launch()
        """
    )
    contract = serve("named.py", folder).contract
    names = {e.label: [p.name for p in e.inputs] for e in contract.events}

    assert {"join": ["last", "first"], "both": ["first", "last"]} == names
    assert [] == [finding for event in contract.events for finding in type_hint(event)]


def test_names_and_defaults_come_from_the_info(serve: Callable[..., App]) -> None:
    """A component with a value makes its parameter optional; State has none in /info."""
    contract = serve("tabs.py").contract
    add, measure = contract.event("add"), contract.event("measure")

    assert [True, True] == [parameter.required for parameter in add.inputs]
    assert [(False, "harbour")] == [(p.required, p.default) for p in measure.inputs]


def test_a_generator_and_limits_are_known(
    serve: Callable[..., App], write: Callable[..., Path]
) -> None:
    """Streams, concurrency limits and validators are read in-process."""
    extra = "validator=lambda text: gr.validate(True, ''), " if MAJOR >= 6 else ""
    folder = write(
        app=f"""
        import gradio as gr
        def stream(text):
            yield text
        with gr.Blocks() as demo:
            a = gr.Textbox(label="A")
            gr.Button("Go").click(stream, a, a, {extra}concurrency_limit=3, api_name=False)
            stop = gr.Button("Stop")
            go = gr.Button("Run").click(stream, a, a)
            stop.click(None, None, None, cancels=[go])
        demo.launch()
        """
    )
    contract = serve("app.py", folder).contract
    event = contract.events[0]

    assert ("generator", "Button 'Go'.click", 3, MAJOR >= 6) == (
        event.kind,
        event.label,
        event.function and event.function.concurrency_limit,
        event.function and event.function.validator,
    )
    assert (1,) == next(e for e in contract.events if e.cancels).cancels


CHAINS = """
import gradio as gr
def ok(a): return a
with gr.Blocks() as demo:
    a = gr.Textbox(label="A")
    a.submit(lambda x: x, a, a).success(lambda x: x, a, a).then(ok, a, a).then(lambda x: x, a, a)
    gr.on([a.change, a.blur], lambda x: x, a, a, api_name=False)
demo.launch()
"""


def test_unnamed_events_are_named_by_what_sets_them_off(
    serve: Callable[..., App], write: Callable[..., Path]
) -> None:
    """Lambdas in chains are called after the head of their chain."""
    contract = serve("app.py", write(app=CHAINS)).contract

    assert [
        "Textbox 'A'.submit",
        "Textbox 'A'.submit.success",
        "ok",
        "ok.then",
        "Textbox 'A'.change",
    ] == names(contract)
    assert ["", "success", "", "", ""] == [event.after_only for event in contract.events]


def test_what_is_hidden_cannot_be_reached(
    serve: Callable[..., App], write: Callable[..., Path]
) -> None:
    """Inside a hidden row or column, or a button that is not interactive."""
    folder = write(
        app="""
        import gradio as gr
        def f(): return ""
        with gr.Blocks() as demo:
            out = gr.Textbox(label="Out", visible=False)
            with gr.Row(visible=False):
                with gr.Column():
                    gr.Button("Hidden").click(f, None, out)
            gr.Button("Shut", interactive=False).click(f, None, out)
            gr.Button("Open").click(f, None, out)
        demo.launch()
        """
    )
    contract = serve("app.py", folder).contract

    assert [False, False, True] == [event.reachable for event in contract.events]
    assert [False] == [c.visible for c in contract.components.values() if c.type == "textbox"]


def test_examples_of_the_author_are_found(serve: Callable[..., App]) -> None:
    """Each row of the examples fills in the event's inputs."""
    contract = serve("classifier.py").contract
    event = contract.events[0]

    assert [0, 1, 2] == [number for _, number in contract.examples(event)]
    assert "Image 'Picture'" == event.inputs[0].component.label


def test_an_interface_is_named_as_this_version_names_it(serve: Callable[..., App]) -> None:
    """6 calls the event after the function, 4 and 5 `predict`."""
    contract = serve("classifier.py").contract

    assert ("classify" if MAJOR >= 6 else "predict", "public") == (
        contract.events[0].label,
        contract.events[0].visibility,
    )


def test_a_chat_has_one_public_event(serve: Callable[..., App]) -> None:
    """The rest is how the page works; the stream is a generator."""
    contract = serve("chat.py").contract
    public = [event for event in contract.events if event.visibility == "public"]

    assert [("reply" if MAJOR >= 6 else "chat", "generator")] == [(e.label, e.kind) for e in public]
    assert len(set(names(contract))) == len(names(contract))


def test_what_a_render_makes_extends_the_contract(serve: Callable[..., App]) -> None:
    """The events of one session's gr.render, with labels of their own and their parent."""
    app = serve("tabs.py")
    contract = app.contract
    add, show = contract.event("add"), contract.event("Page.load")
    with Wire(app) as wire:
        for task in ("milk", "bread"):
            wire.call(Call("add", add.index, (task, None), "s1"))
        seen = wire.call(Call("show", show.index, (None,), "s1"))
    output = seen.chunks[-1].data["output"]

    whole = extended(contract, show, output["render_config"])
    made = whole.events[len(contract.events) :]

    assert ["finish", "finish (2)"] == [event.label for event in made]
    assert {show.index} == {event.parent for event in made}
    assert {True} == {whole.components[t.component].rendered for e in made for t in e.triggers}


def test_a_small_config_is_enough() -> None:
    """Whatever a version leaves out has a default."""
    contract = read(
        {
            "components": [{"id": 7, "type": "textbox", "props": {"label": "Two::[words]"}}],
            "dependencies": [
                {"id": 0, "targets": [[7, "submit"]], "inputs": [7], "outputs": [7]},
                {"id": 1, "targets": [[7, "submit"]], "inputs": [], "outputs": []},
            ],
        }
    )

    assert ["Textbox 'Two:(words)'.submit", "Textbox 'Two:(words)'.submit (2)"] == names(contract)
    assert ("Gradio", "", "private") == (
        contract.title,
        contract.prefix,
        contract.events[0].visibility,
    )
