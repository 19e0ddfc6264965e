"""An app driven without HTTP answers as it does over the queue, or goes over the queue."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio
import pytest

from gradio_harness.app import App
from gradio_harness.drivers.direct import Direct
from gradio_harness.drivers.wire import Wire, new_session
from gradio_harness.observation import Call, Media, Observation

MAJOR = int(gradio.__version__.split(".")[0])

#: One event for each thing that Gradio does for a call.
EVENTS = """
import asyncio
import threading

import gradio as gr

def plain(text, number):
    return f"{text} {number + 1}"

async def later(text):
    await asyncio.sleep(0)
    return f"{text} on {threading.current_thread().name.split('_')[0]}"

def stream(text):
    for end in range(1, len(text) + 1):
        yield text[:end]

async def stream_later(text):
    for end in range(1, len(text) + 1):
        yield text[:end]

def breaks(text):
    yield text
    raise KeyError(text)

def refuses(text):
    raise gr.Error(f"not {text}")

def warns(text, progress=gr.Progress()):
    gr.Warning("mind the step")
    gr.Info("this way")
    progress(0.5, desc="half")
    return text

def asks(text, request: gr.Request):
    agent = bool(request.headers["user-agent"])
    return f"{request.session_hash == text} {agent} {request.username}"

def counts(count):
    return count + 1, count + 1

def weighs(file):
    with open(file, "rb") as stream:
        return f"{file.rpartition('/')[2]} {len(stream.read())}"

def spoils(file):
    with open(file, "wb") as stream:
        stream.write(b"gone")
    return "gone"

def shouts(texts):
    return [[text.upper() for text in texts]]

def shapes(text):
    return float("nan"), {"a": (1, 2)}
with gr.Blocks() as demo:
    text = gr.Textbox("soup", label="Text")
    number = gr.Number(1, label="Number")
    state = gr.State(0)
    file = gr.File(label="File")
    out = gr.Textbox(label="Out")
    other = gr.JSON(label="Other")
    b = gr.Button("Go")
    b.click(plain, [text, number], out, api_name="plain")
    b.click(later, text, out, api_name="later")
    b.click(stream, text, out, api_name="stream")
    b.click(stream_later, text, out, api_name="stream_later")
    b.click(breaks, text, out, api_name="breaks")
    b.click(refuses, text, out, api_name="refuses")
    b.click(warns, text, out, api_name="warns")
    b.click(asks, text, out, api_name="asks")
    b.click(counts, state, [state, out], api_name="counts")
    b.click(weighs, file, out, api_name="weighs")
    b.click(spoils, file, out, api_name="spoils")
    b.click(shouts, text, out, api_name="shouts", batch=True, max_batch_size=4)
    b.click(shapes, text, [number, other], api_name="shapes")
    b.click(plain, [text, number], out, api_name="at_once", queue=False)
demo.launch(max_file_size=1000, auth=("ada", "secret"))
"""


@pytest.fixture(scope="module")
def app(serve: Any, tmp_path_factory: pytest.TempPathFactory) -> App:
    folder = tmp_path_factory.mktemp("direct")
    (folder / "app.py").write_text(EVENTS, "utf-8")
    return serve("app.py", folder)


@pytest.fixture(scope="module")
def wire(app: App) -> Iterator[Wire]:
    with Wire(app) as opened:
        yield opened


@pytest.fixture(scope="module")
def direct(app: App, wire: Wire) -> Direct:
    """A driver that has been introduced by a first call over the wire."""
    driver = Direct(app, wire)
    driver.call(call(app, "plain", "a", 1))
    return driver


def call(app: App, label: str, *inputs: Any, session: str | None = None) -> Call:
    return Call(label, app.contract.event(label).index, inputs, session)


SAMPLED = ("progress", "close_stream", "heartbeat")


def seen(observation: Observation) -> tuple[Any, ...]:
    """Return what two drivers must agree on: all but times, ids and what is sampled by a clock."""
    evidence = observation.evidence
    messages = [m for m in observation.messages if m.kind not in SAMPLED]
    return (
        observation.outputs,
        observation.error,
        [(m.kind, m.data.get("log"), m.data.get("success")) for m in messages],
        [(m.data.get("output") or {}).get("data") for m in messages],
        evidence and (evidence.exception, evidence.step, evidence.frames, len(evidence.yields)),
        evidence and (evidence.intended, evidence.returned, evidence.logged),
    )


NOTE = Media("note.txt", b"seven", "text/plain")
CASES: tuple[tuple[str, tuple[Any, ...]], ...] = (
    ("plain", ("soup", 2)),
    ("plain", ("soup", None)),
    ("plain", ("soup", "two")),
    ("plain", ("soup",)),
    ("later", ("soup",)),
    ("stream", ("soup",)),
    ("stream", ("",)),
    ("stream_later", ("soup",)),
    ("breaks", ("soup",)),
    ("refuses", ("soup",)),
    ("warns", ("soup",)),
    ("asks", ("soup",)),
    ("counts", (None,)),
    ("weighs", (NOTE,)),
    ("weighs", (None,)),
    ("weighs", (Media("large.txt", b"x" * 2000),)),
    ("weighs", ({"path": "/etc/hostname", "meta": {"_type": "gradio.FileData"}},)),
    ("shouts", ("soup",)),
    ("shapes", ("soup",)),
)


@pytest.mark.parametrize(
    ("label", "inputs"), CASES, ids=[f"{label}-{n}" for n, (label, _) in enumerate(CASES)]
)
def test_a_call_straight_to_the_app_is_answered_as_over_the_queue(
    app: App, wire: Wire, direct: Direct, label: str, inputs: Any
) -> None:
    """The same outputs, messages, errors and evidence, for whatever Gradio does for a call."""
    queued = wire.call(call(app, label, *inputs))
    straight = direct.call(call(app, label, *inputs))

    assert (("wire", "direct"), seen(queued)) == (
        (queued.driver, straight.driver),
        seen(straight),
    )


def test_the_first_call_goes_over_the_wire(app: App, wire: Wire) -> None:
    """It brings the request, with its headers and the login, that the others carry on."""
    driver = Direct(app, wire)
    sessions = [new_session(), new_session()]

    made = [driver.call(call(app, "asks", one, session=one)) for one in sessions]

    assert [("wire", ("True True ada",)), ("direct", ("True True ada",))] == [
        (observation.driver, observation.outputs) for observation in made
    ]


def test_state_is_the_visitors_own_whichever_way_they_come(
    app: App, wire: Wire, direct: Direct
) -> None:
    """A session goes on from one driver to the other; a new one begins anew."""
    one, other = new_session(), new_session()

    counts = [
        driver.call(call(app, "counts", None, session=session)).outputs
        for driver, session in ((direct, one), (wire, one), (direct, one), (direct, other))
    ]

    assert ["1", "2", "3", "1"] == [outputs and outputs[1] for outputs in counts]


def test_what_one_visitor_does_to_a_file_the_next_does_not_meet(app: App, direct: Direct) -> None:
    """As over the wire: each uploads anew, and finds its own copy again."""
    session = new_session()
    made = [
        direct.call(call(app, label, NOTE, session=who)).outputs
        for label, who in (("spoils", session), ("weighs", session), ("weighs", new_session()))
    ]

    assert [("gone",), ("note.txt 4",), ("note.txt 5",)] == made


def test_what_the_queue_does_not_do_goes_over_the_wire(app: App, direct: Direct) -> None:
    """An event with queue=False is another route."""
    assert "wire" == direct.call(call(app, "at_once", "a", 1)).driver


def test_a_forgotten_visitor_leaves_nothing_behind(app: App, direct: Direct) -> None:
    """Neither state in Gradio, nor messages, nor uploads in the drivers."""
    session = new_session()
    direct.call(call(app, "weighs", NOTE, session=session))
    before = session in app.blocks.state_holder.session_data

    direct.forget(session)
    direct.call(call(app, "plain", "a", 1))  # the loop has had a turn

    queue = app.blocks._queue
    assert (True, False, False, False) == (
        before,
        session in app.blocks.state_holder.session_data,
        session in queue.pending_messages_per_session,
        session in queue.pending_event_ids_session,
    )


VALIDATED = """
import gradio as gr

def long_enough(text):
    return gr.validate(len(text) > 2, "too short")

with gr.Blocks() as demo:
    text = gr.Textbox("soup", label="Text")
    gr.Button("Go").click(str.upper, text, text, validator=long_enough, api_name="up")
"""


@pytest.mark.skipif(not hasattr(gradio, "validate"), reason="newer than this Gradio")
@pytest.mark.parametrize("text", ["soup", "so"])
def test_a_validator_is_asked(serve: Any, tmp_path: Any, text: str) -> None:
    """Its no is a refusal with the author's words."""
    (tmp_path / "app.py").write_text(VALIDATED, "utf-8")
    app = serve("app.py", tmp_path)
    with Wire(app) as wire:
        driver = Direct(app, wire)
        queued, straight = (driver.call(call(app, "up", text)) for _ in range(2))

    assert (("wire", "direct"), seen(queued)) == (
        (queued.driver, straight.driver),
        seen(straight),
    )


HANGS = """
import threading
import gradio as gr

held = threading.Event()

def wait(text):
    if text == "wait":
        held.wait()
    return text

with gr.Blocks() as demo:
    text = gr.Textbox("a", label="Text")
    gr.Button("Wait").click(wait, text, text, api_name="wait")
"""


def test_a_call_that_hangs_is_left_and_the_next_one_is_served(serve: Any, tmp_path: Any) -> None:
    """Over the queue too, so that the hang can be seen again there; its place is counted once."""
    (tmp_path / "app.py").write_text(HANGS, "utf-8")
    app = serve("app.py", tmp_path)
    with Wire(app) as wire:
        driver = Direct(app, wire)
        driver.call(call(app, "wait", "a"))
        hung = driver.call(call(app, "wait", "wait"), timeout_seconds=0.6)
        after = [d.call(call(app, "wait", "b"), timeout_seconds=5) for d in (driver, wire)]
        app.module.held.set()
        last = driver.call(call(app, "wait", "c"), timeout_seconds=5)

    (waiting,) = app.blocks._queue.event_queue_per_concurrency_id.values()
    assert ("timeout", ["b", "b"], ("c",), 0) == (
        hung.error and hung.error.kind,
        [observation.outputs and observation.outputs[0] for observation in after],
        last.outputs,
        waiting.current_concurrency,
    )
