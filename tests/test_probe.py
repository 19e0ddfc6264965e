"""What really happened inside the app is known, and to which call it belongs."""

from __future__ import annotations

import asyncio
import http.server
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import gradio
import pytest

from gradio_harness.app import App
from gradio_harness.drivers.wire import Wire
from gradio_harness.observation import Call, Effect, Evidence, Observation, Warned
from gradio_harness.probe import needs_of
from gradio_harness.probe.record import evidence_of
from gradio_harness.probe.warned import warned

MAJOR = int(gradio.__version__.split(".")[0])

APP = """
import logging, os, pathlib, shutil, socket, sqlite3, subprocess, sys
import tempfile, threading, time, warnings
import gradio as gr

HERE = pathlib.Path(__file__).parent

def index(text):
    words = (text or "").split()
    return helper(words)

def helper(words):
    return words[3]

def intended(text):
    raise gr.Error("Write more.")

def raised(text):
    if text != "never":
        raise ValueError("no " + text)

def asserted(text):
    assert text == "never", "only never"

def chained(text):
    try:
        return {}[text]
    except KeyError as error:
        raise RuntimeError("not there") from error

def library(text):
    import json
    return json.loads("{" + text)

async def waits(text):
    import asyncio
    await asyncio.sleep(0.01)
    return text[10]

def stream(text):
    for number in range(3):
        time.sleep(0.02)
        yield str(number)

def stream_fails(text):
    yield "one"
    raise LookupError("midway")

async def astream(text):
    yield "one"
    yield "two"
    raise LookupError("async midway")

def writes(text):
    (HERE / f"out-{text}.txt").write_text(text)
    return text

def moves(text):
    made = HERE / f"made-{text}"
    made.mkdir()
    made.mkdir(exist_ok=True)
    HERE.mkdir(exist_ok=True)
    os.symlink("nowhere", made / "symlink")
    os.link(HERE / "start.txt", made / "link")
    os.rename(made / "link", made / "renamed")
    shutil.rmtree(made)
    return text

def keeps(text):
    for place in (HERE / "kept.db", ":memory:", f"file:{HERE}/kept.db?mode=ro"):
        with sqlite3.connect(place, uri=str(place).startswith("file:")) as database:
            database.execute("select 1")
    return text

def copies(text):
    child = os.fork()
    if not child:
        os.execv(sys.executable, [sys.executable, "-c", "pass"])
    os.waitpid(child, 0)
    return text

def connects(text):
    with socket.create_connection(("127.0.0.1", int(text))):
        pass
    return text

def starts(text):
    subprocess.run([sys.executable, "-c", "pass", text], check=True)
    return text

def logs(text):
    logging.getLogger("app").warning("careful with %s", text)
    logging.getLogger("app").info("not this")
    print("nor this")
    return text

def postprocess_fails(text):
    return object()

def two(text):
    return text, text

class Model:
    def __call__(self, text):
        return text.nothing

def slow(text):
    time.sleep(0.15)
    (HERE / f"slow-{text}.txt").write_text(text)
    logging.getLogger("app").warning("slow %s", text)
    if int(text) % 2:
        raise KeyError(text)
    return text

print("started", file=open(HERE / "start.txt", "w"))

with gr.Blocks() as demo:
    text, out, table = gr.Textbox(label="T"), gr.Textbox(label="O"), gr.Dataframe(label="P")
    for fn in (index, intended, raised, asserted, chained, library, waits, stream, stream_fails,
               astream, writes, moves, keeps, copies, connects, starts, logs, two):
        gr.Button(fn.__name__).click(fn, text, out, api_name=fn.__name__)
    gr.Button("model").click(Model(), text, out, api_name="model")
    gr.Button("slow").click(slow, text, out, api_name="slow", concurrency_limit=8)
    gr.Button("post").click(postprocess_fails, text, table, api_name="post")
    gr.Button("direct").click(index, text, out, api_name="direct", queue=False)
    pick = gr.Number(label="At least 5", minimum=5)
    gr.Button("pre").click(lambda x: x, pick, out, api_name="pre")
demo.launch()
"""


@pytest.fixture(scope="module")
def app(serve: Callable[..., App], tmp_path_factory: pytest.TempPathFactory) -> App:
    """Serve an app in which each event does one thing."""
    folder = tmp_path_factory.mktemp("probed")
    (folder / "app.py").write_text(APP, encoding="utf-8")
    return serve("app.py", folder)


@pytest.fixture(scope="module")
def wire(app: App) -> Iterator[Wire]:
    """Return a driver of the app above."""
    with Wire(app, timeout_seconds=20) as driver:
        yield driver


def observed(wire: Wire, label: str, value: Any = "x") -> Observation:
    """Return one call of an event with one input."""
    return wire.call(Call(label, wire.app.contract.event(label).index, (value,)))


def seen(wire: Wire, label: str, value: Any = "x") -> Evidence:
    """Return what the probe saw of one call."""
    evidence = observed(wire, label, value).evidence
    assert evidence is not None
    return evidence


def line_of(text: str) -> int:
    """Return the line of the app above that has *text*."""
    return next(n for n, line in enumerate(APP.splitlines(), 1) if text in line)


@pytest.mark.parametrize(
    ("label", "value", "exception", "message", "step", "code"),
    [
        ("index", "a b", "IndexError", "list index out of range", "function", "words[3]"),
        ("raised", "x", "ValueError", "no x", "function", 'ValueError("no "'),
        ("asserted", "x", "AssertionError", "only never", "function", "assert text"),
        ("chained", "x", "RuntimeError", "not there", "function", "from error"),
        ("waits", "x", "IndexError", "string index out of range", "function", "text[10]"),
        ("stream_fails", "x", "LookupError", "midway", "function", 'LookupError("midway")'),
        ("astream", "x", "LookupError", "async midway", "function", '"async midway"'),
        (
            "model",
            "x",
            "AttributeError",
            "'str' object has no attribute 'nothing'",
            "function",
            "text.nothing",
        ),
        ("direct", "a b", "IndexError", "list index out of range", "function", "words[3]"),
    ],
    ids=lambda value: value if isinstance(value, str) and value.isidentifier() else "",
)
def test_the_true_exception_and_its_line_are_known(
    wire: Wire, label: str, value: str, exception: str, message: str, step: str, code: str
) -> None:
    """Whatever the wire hides: type, message, step, and the author's innermost line."""
    evidence = seen(wire, label, value)

    assert (exception, message, step, line_of(code), True) == (
        evidence.exception,
        evidence.message,
        evidence.step,
        evidence.frame and evidence.frame.line,
        "app.py" in evidence.traceback,
    )


def test_a_traceback_begins_with_the_authors_first_line(wire: Wire) -> None:
    """No line of Gradio's before it, and none of the harness anywhere."""
    lines = seen(wire, "index", "a b").traceback.splitlines()

    assert "Traceback (most recent call last):" == lines[0]
    assert f'app.py", line {line_of("return helper(words)")}, in index' in lines[1]
    assert "IndexError: list index out of range" == lines[-1]
    assert [] == [line for line in lines if "gradio_harness" in line or "/harness/" in line]
    assert [] == [line for line in lines if "site-packages" in line]


def test_a_cause_is_shown_with_its_own_lines(wire: Wire) -> None:
    """`raise … from …` shows both parts, each from the author's first line."""
    text = seen(wire, "chained").traceback

    assert text.index("KeyError: 'x'") < text.index("direct cause") < text.index("RuntimeError")
    assert "site-packages" not in text


@pytest.mark.parametrize(
    ("label", "raised", "intended"),
    [
        ("raised", True, False),
        ("asserted", True, False),
        ("chained", True, False),
        ("intended", True, True),
        ("index", False, False),
        ("library", False, False),
        ("post", False, False),
    ],
)
def test_what_the_author_raised_is_told_from_what_happened(
    wire: Wire, label: str, raised: bool, intended: bool
) -> None:
    """An own `raise` is a decision; gr.Error is one that speaks to the visitor."""
    evidence = seen(wire, label)

    assert (raised, intended) == (evidence.raised, evidence.intended)


def test_an_exception_in_a_library_has_the_authors_line_too(wire: Wire) -> None:
    """The innermost line of the author's, and the library's below it."""
    evidence = seen(wire, "library")

    assert evidence.frame is not None
    assert ("JSONDecodeError", line_of("json.loads"), True) == (
        evidence.exception,
        evidence.frame.line,
        not evidence.frames[-1].own,
    )


def test_a_value_that_cannot_be_shown_fails_after_the_function(wire: Wire) -> None:
    """The step says that Gradio's postprocess raised, and on whose output."""
    evidence = seen(wire, "post")

    assert ("ValueError", "postprocess", None) == (
        evidence.exception,
        evidence.step,
        evidence.frame,
    )


def test_a_value_that_is_not_allowed_fails_before_the_function(wire: Wire) -> None:
    """Gradio's own refusal of a number is its preprocess step."""
    evidence = seen(wire, "pre", 1)

    assert "preprocess" == evidence.step
    assert evidence.intended


def test_each_yield_is_stamped(wire: Wire) -> None:
    """Three yields, at least as far apart as the generator sleeps."""
    observation = observed(wire, "stream")
    evidence = observation.evidence
    assert evidence is not None
    gaps = [b - a for a, b in zip(evidence.yields, evidence.yields[1:], strict=False)]

    assert 3 == len(evidence.yields)
    assert all(gap >= 0.02 for gap in gaps)
    assert observation.started <= evidence.yields[0] <= evidence.yields[-1] <= observation.ended
    assert evidence.seconds["function"] >= 0.06


def test_a_call_that_ends_well_has_no_exception(wire: Wire) -> None:
    """Nothing is made up: no exception, no frames, no effects."""
    evidence = seen(wire, "two")

    assert ("", "", (), (), ()) == (
        evidence.exception,
        evidence.traceback,
        evidence.frames,
        evidence.effects,
        evidence.logged,
    )
    assert {"preprocess", "function", "postprocess"} == set(evidence.seconds)


def test_files_written_are_known(wire: Wire) -> None:
    """A file in the author's folder; what Gradio writes for itself is left out."""
    evidence = seen(wire, "writes", "a")

    assert (Effect("write", str(wire.app.folder / "out-a.txt")),) == evidence.effects


def test_what_is_moved_linked_and_removed_is_known(wire: Wire) -> None:
    """Each name that comes or goes, also with a folder that is removed; not one that stays."""
    effects = seen(wire, "moves", "b").effects

    made = wire.app.folder / "made-b"
    names = [made / name for name in ("symlink", "link", "renamed")]
    assert {Effect("write", str(path)) for path in (made, *names)} == set(effects)


def test_databases_opened_for_writing_are_known(wire: Wire) -> None:
    """The file of an SQLite database; not one in memory, nor one that is only read."""
    evidence = seen(wire, "keeps")

    assert (Effect("write", str(wire.app.folder / "kept.db")),) == evidence.effects


def test_a_fork_is_known(wire: Wire) -> None:
    """As a program that is started; what becomes of the copy happens in another process."""
    evidence = seen(wire, "copies")

    assert (Effect("start", "a copy of its own process (fork)"),) == evidence.effects


def test_connections_are_known(wire: Wire) -> None:
    """Host and port of each connection that the app opens."""
    server = http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
    try:
        evidence = seen(wire, "connects", str(server.server_port))
    finally:
        server.server_close()

    assert (Effect("connect", f"127.0.0.1:{server.server_port}"),) == evidence.effects


def test_programs_started_are_known(wire: Wire) -> None:
    """The command line of each program that the app starts."""
    started = [effect for effect in seen(wire, "starts", "abc").effects if effect.kind == "start"]

    assert 1 == len(started)
    assert started[0].what.endswith("-c pass abc")


def test_warnings_logged_are_known(wire: Wire) -> None:
    """Level, logger and text of what the app logs from warning on."""
    assert ("WARNING app: careful with x",) == seen(wire, "logs").logged


def test_eight_calls_at_once_keep_their_own_evidence(wire: Wire) -> None:
    """Exceptions, files and log lines go to the call that caused them."""
    app = wire.app
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda n: seen(wire, "slow", str(n)), range(8)))

    for number, evidence in enumerate(found):
        assert ("KeyError" if number % 2 else "", f"'{number}'" if number % 2 else "") == (
            evidence.exception,
            evidence.message,
        )
        assert (Effect("write", str(app.folder / f"slow-{number}.txt")),) == evidence.effects
        assert (f"WARNING app: slow {number}",) == evidence.logged


def test_what_happens_at_the_start_is_kept_apart(app: App) -> None:
    """Files written while the module runs belong to the start, not to a call."""
    assert app.probe is not None
    effects = evidence_of(app.probe.startup, app.probe.roots).effects

    assert Effect("write", str(app.folder / "start.txt")) in effects


def test_evidence_is_told_as_it_comes(wire: Wire) -> None:
    """A listener hears of each call as soon as it has ended, by its event id."""
    probe = wire.app.probe
    assert probe is not None
    heard: dict[str, str] = {}
    probe.on_record = lambda key, evidence: heard.__setitem__(key, evidence.exception)
    try:
        observation = observed(wire, "index", "a")
        limit = time.monotonic() + 5
        while not heard and time.monotonic() < limit:
            time.sleep(0.01)  # the answer is sent before the call has quite ended
    finally:
        probe.on_record = None

    assert {observation.event_id: "IndexError"} == heard


def test_a_failed_call_holds_nothing_of_the_app_once_it_was_told(wire: Wire) -> None:
    """The exception is let go of, with all that its frames hold; what it says is told again."""
    probe = wire.app.probe
    assert probe is not None
    told = observed(wire, "index", "a")

    again = probe.evidence(told.event_id)

    assert told.evidence is not None
    assert again is not None
    assert (told.evidence.exception, told.evidence.frames, told.evidence.traceback) == (
        again.exception,
        again.frames,
        again.traceback,
    )
    assert probe._records[told.event_id].cause is None


class HTTPError(Exception):
    """Named as libraries name theirs."""


class GatedRepoError(HTTPError):
    """Named as the hub's library names its own."""


@pytest.mark.parametrize(
    ("error", "needs"),
    [
        (ConnectionRefusedError(111, "Connection refused"), "the network"),
        (OSError("[Errno -2] Name or service not known"), "the network"),
        (HTTPError("couldn't connect to 'https://huggingface.co'"), "the network"),
        (KeyError("OPENAI_API_KEY"), "a key or a login"),
        (KeyError("HF_TOKEN"), "a key or a login"),
        (GatedRepoError("403"), "a key or a login"),
        (RuntimeError("No CUDA GPUs are available"), "a GPU"),
        (RuntimeError("Cannot load audio from file: `ffprobe` not found."), "a program"),
        (OSError("x is not a local folder and is not a valid model identifier"), "a model"),
        (
            ModuleNotFoundError("No module named 'torch'", name="torch"),
            "a package that is not installed",
        ),
        (ImportError("cannot import name 'x'", name="json", path="json/__init__.py"), ""),
        (ImportError("cannot import name 'x'", name="own", path="/home/ada/own.py"), ""),
        (BrokenPipeError(32, "Broken pipe"), ""),
        (KeyError("city"), ""),
        (ValueError("the key is wrong"), ""),
        (KeyError("keyboard"), ""),
        (RuntimeError("tokens exceed the limit"), ""),
        (None, ""),
    ],
    ids=lambda value: f"{type(value).__name__}-{value}"[:40],
)
def test_what_the_machine_lacks_is_read_from_the_error(
    error: BaseException | None, needs: str
) -> None:
    """Only words that say so count: an app's own KeyError is the app's."""
    assert needs == needs_of(error)


def test_what_the_machine_lacks_is_read_from_the_cause() -> None:
    """An app that wraps the network's error is still without a network."""
    error = RuntimeError("could not load")
    error.__cause__ = ConnectionRefusedError(111, "Connection refused")

    assert "the network" == needs_of(error)


def test_what_an_author_hid_is_no_cause() -> None:
    """`raise ... from None` says that the first error does not matter."""
    error = KeyError("city")
    error.__context__ = ConnectionRefusedError(111, "Connection refused")

    before, error.__suppress_context__ = needs_of(error), True

    assert ("the network", "") == (before, needs_of(error))


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_handler_that_exits_takes_its_server_down_and_is_named(
    serve: Callable[..., App], write: Callable[..., Path]
) -> None:
    """sys.exit() in a handler ends Gradio's server thread; the harness goes on."""
    folder = write(
        app="""
        import sys
        import gradio as gr
        def leave(text):
            sys.exit(4)
        with gr.Blocks() as demo:
            text = gr.Textbox(label="T")
            gr.Button("Leave").click(leave, text, text)
        demo.launch()
        """
    )
    with Wire(serve("app.py", folder), timeout_seconds=1) as wire:
        observation = observed(wire, "leave")

    assert ("SystemExit", "4") == (
        observation.evidence and observation.evidence.exception,
        observation.evidence and observation.evidence.message,
    )


def test_the_app_is_as_it_was_after_the_probe(serve: Callable[..., App]) -> None:
    """Gradio's functions are its own again, and no audit is kept."""
    import gradio.blocks
    import gradio.queueing

    app = serve("two_events.py")
    app.close()
    functions = (
        gradio.queueing.Queue.process_events,
        gradio.blocks.Blocks.process_api,
        gradio.blocks.Blocks.call_function,
        gradio.blocks.Blocks.launch,
    )

    assert [] == [f for f in functions if "harness" in f.__code__.co_filename]
    assert [] == [t.name for t in threading.enumerate() if "gradio-harness" in t.name]
    assert Path.cwd().exists()


async def forgotten() -> None:
    """Nobody awaits it."""


def told_of(source: Any) -> Warned:
    """Return what is kept of the warning, as Python's own function would tell it."""
    message = f"coroutine '{source.__name__}' was never awaited"
    return (lambda: warned(message, RuntimeWarning, source, [str(Path(__file__).parent)]))()


def test_a_coroutine_is_the_authors_or_called_on_the_authors_line() -> None:
    """One of a library's, collected while the author's lines run, is not theirs."""
    collected = asyncio.sleep(0)
    own = forgotten()

    of_a_library, of_the_author = told_of(collected), told_of(own)
    collected.close()
    own.close()
    assert (None, "forgotten") == (
        of_a_library.frame,
        of_the_author.frame and of_the_author.frame.function,
    )
