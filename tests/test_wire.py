"""Gradio's own protocol, as the page speaks it."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import gradio
import pytest

from gradio_harness.app import App
from gradio_harness.drivers.exchange import applied
from gradio_harness.drivers.wire import Wire, new_session
from gradio_harness.observation import Call, CallError, Media, Observation

MAJOR = int(gradio.__version__.split(".")[0])

APP = """
import os
import time
import gradio as gr

def echo(text):
    return text

def broken(text):
    return text[1000]

def refuse(text):
    raise gr.Error("Not this one.")

def tell(text):
    gr.Info("so far so good")
    gr.Warning("careful")
    return text

def wait(text):
    time.sleep(float(text))
    return "done"

def wait_in_steps(seconds):
    for step in range(30):
        STEPS.append(step)
        time.sleep(float(seconds))
        yield str(step)

def steps():
    return len(STEPS)

def letters(text):
    for end in range(len(text) + 1):
        yield text[:end]

def rows(count):
    table = []
    for number in range(int(count)):
        table = [*table, {"n": number, "square": number * number}]
        yield table
    yield [{**row, "last": True} for row in table[1:]]

def count(seen):
    return seen + 1, seen + 1

def many(texts):
    BATCHES.append(len(texts))
    return [[text.upper() for text in texts]]

def size(path):
    return len(open(path, "rb").read()) if path else -1

def take(path):
    os.remove(path)
    return len(path) > 0

def names(paths):
    return ", ".join(os.path.basename(path) for path in paths or [])

def whole(request: gr.Request):
    return request.session_hash

def picked(event: gr.SelectData):
    return f"{event.value} at {event.index}"

STEPS, BATCHES = [], []

with gr.Blocks() as demo:
    text, out = gr.Textbox(label="T"), gr.Textbox(label="O")
    number, data = gr.Number(label="N"), gr.JSON(label="J")
    file, files = gr.File(label="F"), gr.File(label="Fs", file_count="multiple")
    state = gr.State(0)
    for fn in (echo, broken, refuse, tell, wait, letters, wait_in_steps):
        gr.Button(fn.__name__).click(fn, text, out, api_name=fn.__name__, concurrency_limit=8)
    for fn in (echo, broken, refuse):
        name = f"direct_{fn.__name__}"
        gr.Button(name).click(fn, text, out, api_name=name, queue=False)
    gr.Button("steps").click(steps, None, number, api_name="steps")
    gr.Button("rows").click(rows, number, data, api_name="rows")
    gr.Button("count").click(count, state, [state, number], api_name="count")
    gr.Button("many").click(many, text, out, batch=True, max_batch_size=4, api_name="many")
    gr.Button("size").click(size, file, number, api_name="size")
    gr.Button("take").click(take, file, number, api_name="take")
    gr.Button("names").click(names, files, out, api_name="names")
    gr.Button("whole").click(whole, None, out, api_name="whole")
    text.select(picked, None, out, api_name="picked")
    if hasattr(gr, "validate"):
        gr.Button("checked").click(
            echo, text, out, api_name="checked",
            validator=lambda text: gr.validate(len(text) < 4, "At most three letters."),
        )
demo.queue(max_size=40).launch(max_file_size="2kb")
"""


@pytest.fixture(scope="module")
def app(serve: Callable[..., App], tmp_path_factory: pytest.TempPathFactory) -> App:
    """Serve an app in which each event does one thing."""
    folder = tmp_path_factory.mktemp("wired")
    (folder / "app.py").write_text(APP, encoding="utf-8")
    return serve("app.py", folder)


@pytest.fixture(scope="module")
def wire(app: App) -> Iterator[Wire]:
    """Return a driver of the app above."""
    with Wire(app, timeout_seconds=20) as driver:
        yield driver


def observed(wire: Wire, label: str, *inputs: Any, **more: Any) -> Observation:
    """Return one call of an event."""
    seconds = more.pop("timeout_seconds", None)
    index = wire.app.contract.event(label).index
    return wire.call(Call(label, index, inputs, **more), timeout_seconds=seconds)


@pytest.mark.parametrize("label", ["echo", "direct_echo"])
@pytest.mark.parametrize(
    "text",
    ["", "plain", "é 🙂 שלום", "a\u2028b\u2029c\x85d", 'data: {"x": 1}\n\ndata: y', "x" * 100_000],
    ids=["empty", "plain", "unicode", "separators", "like-a-message", "long"],
)
def test_a_text_comes_back_as_it_was_sent(wire: Wire, label: str, text: str) -> None:
    """Line separators of Unicode and text like a message do not break the stream."""
    observation = observed(wire, label, text)

    assert ((text,), None, "process_completed") == (
        observation.outputs,
        observation.error,
        observation.chunks[-1].kind,
    )
    assert observation.started <= observation.chunks[0].at <= observation.ended


@pytest.mark.parametrize("prefix", ["", "direct_"], ids=["queue", "direct"])
def test_an_error_of_the_app_is_unexpected(wire: Wire, prefix: str) -> None:
    """The wire hides the words; the probe knows them, and the step."""
    observation = observed(wire, f"{prefix}broken", "x")

    assert (None, CallError("unexpected", "string index out of range", "function")) == (
        observation.outputs,
        observation.error,
    )


@pytest.mark.parametrize("prefix", ["", "direct_"], ids=["queue", "direct"])
def test_a_gr_error_is_the_author_speaking(wire: Wire, prefix: str) -> None:
    """Its words are the author's (Gradio 4 puts them in quotes)."""
    observation = observed(wire, f"{prefix}refuse", "x")
    error = observation.error
    assert error is not None

    assert ("author", "Not this one.", "function") == (
        error.kind,
        error.message.strip("'"),
        error.step,
    )
    assert "Not this one." == (observation.evidence and observation.evidence.message)


def test_what_the_app_tells_the_visitor_is_kept(wire: Wire) -> None:
    """gr.Info and gr.Warning arrive as log messages, in order."""
    told = [(m.data["level"], m.data["log"]) for m in observed(wire, "tell", "x").logs]

    assert [("info", "so far so good"), ("warning", "careful")] == told


@pytest.mark.skipif(MAJOR < 6, reason="validators came with Gradio 6")
def test_a_validator_refuses_with_its_words(wire: Wire) -> None:
    """422 is the author speaking, at the route."""
    assert CallError("refused", "HTTP 422: At most three letters.", "route") == (
        observed(wire, "checked", "abcdef").error
    )
    assert ("abc",) == observed(wire, "checked", "abc").outputs


def test_an_upload_over_the_limit_is_refused(wire: Wire) -> None:
    """413 is a limit that the author set, not a broken connection."""
    error = observed(wire, "size", Media("big.txt", b"x" * 5000)).error

    assert ("refused", "route") == (error and error.kind, error and error.step)
    assert "413" in (error.message if error else "")


def test_files_are_uploaded_and_sent_as_the_page_sends_them(wire: Wire) -> None:
    """One, several, none, empty; names survive."""
    one, two = Media("one.txt", b"12345", "text/plain"), Media("zwei ä.csv", b"a,b", "text/csv")

    assert (5,) == observed(wire, "size", one).outputs
    assert (-1,) == observed(wire, "size", None).outputs
    assert (0,) == observed(wire, "size", Media("empty.txt", b"")).outputs
    assert ("one.txt, zwei ä.csv",) == observed(wire, "names", [one, two]).outputs


def test_every_visitor_uploads_anew(wire: Wire) -> None:
    """What the app takes away is gone for the visitor who sent it, and not for the next."""
    file = Media("private.txt", b"12345", "text/plain")
    index = wire.app.contract.event("take").index
    calls = [Call("take", index, (file,), session) for session in ("one", "two", "two")]

    assert [True, True, False] == [wire.call(call).error is None for call in calls]


def test_a_call_that_takes_too_long_is_cancelled(wire: Wire) -> None:
    """The observation says how long nothing came."""
    observation = observed(wire, "wait", "2", timeout_seconds=0.4)

    assert CallError("timeout", "nothing came for 0.4 s") == observation.error
    assert observation.seconds < 1.5


def test_a_generator_that_talks_is_not_too_slow(wire: Wire) -> None:
    """The limit counts from the last message, not from the request."""
    observation = observed(wire, "wait_in_steps", "0.05", timeout_seconds=1)

    assert ("29",) == observation.outputs
    assert observation.seconds > 1.4


def test_a_generator_that_stalls_is_stopped(wire: Wire) -> None:
    """After the timeout the app is told to cancel, and does not go on to the next step."""
    steps = observed(wire, "steps").outputs
    error = observed(wire, "wait_in_steps", "0.6", timeout_seconds=0.3).error
    time.sleep(1.5)
    after = observed(wire, "steps").outputs
    assert steps is not None
    assert after is not None

    assert "timeout" == (error and error.kind)
    assert after[0] - steps[0] <= 2


def test_a_stream_that_goes_on_and_on_is_left(wire: Wire) -> None:
    """As a visitor leaves a clock: no failure, and the app is told to stop."""
    with Wire(wire.app, watched_seconds=0.5) as impatient:
        seen = [observed(impatient, "wait_in_steps", "0.1", timeout_seconds=0.5) for _ in "ab"]
    steps = observed(wire, "steps").outputs
    time.sleep(1)

    assert ["left", "left"] == [one.error.kind for one in seen if one.error]
    assert ["0", "1"] == [m.data["output"]["data"][0] for m in seen[0].chunks[:2]]
    assert all(one.seconds < 4 for one in seen)
    assert observed(wire, "steps").outputs == steps


def test_a_generator_is_seen_chunk_by_chunk(wire: Wire) -> None:
    """Differences are applied: each chunk holds the text so far."""
    observation = observed(wire, "letters", "wörd🙂")
    texts = [message.data["output"]["data"][0] for message in observation.chunks]

    assert ["", "w", "wö", "wör", "wörd", "wörd🙂", "wörd🙂"] == texts
    assert ("wörd🙂",) == observation.outputs
    assert sorted(m.at for m in observation.chunks) == [m.at for m in observation.chunks]


def test_structures_are_put_together_from_their_differences(wire: Wire) -> None:
    """Lists that grow, shrink and change inside."""
    observation = observed(wire, "rows", 3)
    values = [message.data["output"]["data"][0] for message in observation.chunks]
    rows = [{"n": n, "square": n * n} for n in range(3)]

    assert [rows[:1], rows[:2], rows] == values[:3]
    assert [[{**row, "last": True} for row in rows[1:]]] * 2 == values[3:]


@pytest.mark.parametrize(
    ("old", "edits", "new"),
    [
        ("ab", [["append", [], "c"]], "abc"),
        ("ab", [["replace", [], "x"]], "x"),
        ("ab", [], "ab"),
        ([1, 2], [["add", [2], 3]], [1, 2, 3]),
        ([1, 2, 3], [["delete", [1], None]], [1, 3]),
        ({"a": 1}, [["add", ["b"], 2], ["delete", ["a"], None]], {"b": 2}),
        ({"a": ["x"]}, [["append", ["a", 0], "y"]], {"a": ["xy"]}),
        ([{"t": "a"}], [["replace", [0, "t"], "b"]], [{"t": "b"}]),
        ([1], [[1, 2], [3, 4]], [[1, 2], [3, 4]]),
    ],
    ids=[
        "append",
        "replace",
        "nothing",
        "add",
        "delete",
        "keys",
        "deep-append",
        "deep-replace",
        "a-value",
    ],
)
def test_a_difference_is_applied(old: Any, edits: Any, new: Any) -> None:
    """append, replace, add, delete; a list that is no difference is the value itself."""
    before = repr(old)

    assert new == applied(old, edits)
    assert before == repr(old)


def test_a_session_keeps_its_state_and_another_has_its_own(wire: Wire) -> None:
    """State lives on the server by session; calls without one are new visitors."""
    label, index = "count", wire.app.contract.event("count").index
    one, two = new_session(), new_session()
    counts = [
        (wire.call(Call(label, index, (None,), session)).outputs or (None, None))[1]
        for session in (one, one, two, one, None, None)
    ]

    assert [1, 2, 1, 3, 1, 1] == counts


def test_a_visitor_is_one_session(wire: Wire) -> None:
    """The app sees the session that the call names."""
    session = new_session()

    assert (session,) == observed(wire, "whole", session=session).outputs


def test_a_batch_event_answers_each_visitor(wire: Wire) -> None:
    """One call, and four at once, of an event that works on lists."""
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda t: observed(wire, "many", t).outputs, "abcd"))

    assert [("A",), ("B",), ("C",), ("D",)] == answers


def test_event_data_is_sent_along(wire: Wire) -> None:
    """What was selected reaches gr.SelectData."""
    data = {"index": [1, 2], "value": "Venus", "selected": True}

    assert ("Venus at [1, 2]",) == observed(wire, "picked", event_data=data).outputs


def test_several_threads_share_one_driver(wire: Wire) -> None:
    """Sixteen visitors at once: each gets its own answer, none waits for another."""
    begun = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: observed(wire, "echo", str(n)).outputs, range(16)))
        waited = list(pool.map(lambda n: observed(wire, "wait", "0.3").outputs, range(8)))

    assert [(str(number),) for number in range(16)] == answers
    assert [("done",)] * 8 == waited
    assert time.monotonic() - begun < 5


def test_calls_of_one_session_follow_one_another(wire: Wire) -> None:
    """Gradio allows one reader a session; no message is lost or read by another call."""
    session = new_session()
    with ThreadPoolExecutor(6) as pool:
        answers = list(
            pool.map(lambda n: observed(wire, "echo", str(n), session=session), range(6))
        )

    assert [(str(number),) for number in range(6)] == [a.outputs for a in answers]
    assert {1} == {len([m for m in a.messages if m.kind == "process_completed"]) for a in answers}


def test_a_socket_that_the_server_dropped_is_no_failure(wire: Wire) -> None:
    """Gradio closes idle connections after five seconds, and after some errors at once."""
    observed(wire, "echo", "x")
    pool = wire._http._transport._pool  # type: ignore[attr-defined]
    for connection in pool.connections:
        stream = connection._connection._network_stream
        stream.get_extra_info("socket").shutdown(socket.SHUT_RDWR)

    assert ("y",) == observed(wire, "echo", "y").outputs


def test_an_app_that_is_gone_is_an_observation(wire: Wire) -> None:
    """Nothing listens any more: transport, and never an exception of ours."""
    with Wire(wire.app, timeout_seconds=2) as gone:
        gone._base = "http://127.0.0.1:9"
        error = observed(gone, "echo", "x").error

    assert "transport" == (error and error.kind)


def test_an_event_that_does_not_exist_is_an_observation(wire: Wire) -> None:
    """A wrong number is Gradio's 500 or an error, not an exception of ours."""
    error = wire.call(Call("nothing", 999, ("x",))).error

    assert error is not None
    assert error.kind in ("unexpected", "refused", "author")


@pytest.mark.parametrize("user", ["ada", "bob"])
def test_a_login_is_kept_for_every_call(serve: Callable[..., App], user: str) -> None:
    """Join, stream and upload are sent as the user."""
    app = serve("login.py")
    everybody = app.credentials
    app.credentials = tuple(who for who in everybody if who.user == user)
    try:
        with Wire(app) as wire:
            assert (f"Welcome, {user}.",) == observed(wire, "greet").outputs
    finally:
        app.credentials = everybody


def test_an_anonymous_visitor_of_a_private_app_is_refused(serve: Callable[..., App]) -> None:
    """401 is the login saying no."""
    app = serve("login.py")
    with Wire(app) as wire:
        wire._http = app.http(login=False)
        error = observed(wire, "greet").error

    assert ("refused", "route") == (error and error.kind, error and error.step)


def test_no_thread_is_left_of_a_driver(wire: Wire) -> None:
    """Closing a driver closes its connections; it starts no thread of its own."""
    before = threading.active_count()
    with Wire(wire.app) as another:
        observed(another, "echo", "x")

    assert before >= threading.active_count() - 8  # the app's own worker threads
