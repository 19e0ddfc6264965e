"""Requests that no page sends, on apps that mind them too much, and on the same apps mended.

In this process, one app after the other; the one that ends its process as a user runs it.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from pathlib import Path

import pytest
from sessions import TWINS, project, run

from gradio_harness.app import App, launch
from gradio_harness.checks.forged import Forged, out_of_contract
from gradio_harness.child import child
from gradio_harness.contract import Component, Event, Parameter
from gradio_harness.drivers.wire import Wire
from gradio_harness.exploring.exploration import Budget
from gradio_harness.finding import Finding, Severity
from gradio_harness.forgery import Forger, _Forging
from gradio_harness.observation import Call, CallError, Evidence, Message, Observation
from gradio_harness.onlooker import forge
from gradio_harness.plan import plan
from gradio_harness.strategies.wrong import DEPTH, forgeries, values
from gradio_harness.target import parse

FOLDER = TWINS / "api.out-of-contract"
NAME = "api.out-of-contract"
BUDGET = Budget(examples=25, seconds=80.0, own=3, shrink_seconds=4.0, timeout_seconds=1.0)


def serve(name: str) -> App:
    return launch(parse(f"{name}.py", FOLDER), folder=FOLDER, timeout_seconds=60)


@contextlib.contextmanager
def copy(name: str) -> Iterator[tuple[App, Wire]]:
    target = parse(f"{name}.py", FOLDER)
    with child(target, folder=FOLDER, timeout_seconds=60) as app, Wire(app) as wire:
        yield app, wire


@functools.cache
def look(name: str, seed: int = 7) -> tuple[Finding, ...]:
    """Serve a twin, send it what no page sends and return what was found: once for all tests."""
    with serve(name) as app, Wire(app, timeout_seconds=1.0) as wire:
        chosen = plan(app.contract)
        forger = Forger(app, wire, chosen, budget=BUDGET, seed=seed, copied=lambda: copy(name))
        return tuple(
            finding for event in chosen.roots for finding in forger.forge(event).part.findings
        )


#: What a sum cannot take: the first that meets a visitor who waits is told.
MEANWHILE = ("'text'", "[1]", "{'a': [1]}", f"a list in a list, {DEPTH} deep")

#: Spoilt app -> how what is found begins, and the one thing that may be wrong in the request:
#: Gradio 4 looks at less than the later ones, so it lets other things through first.
DEFECTS = {
    "defect": ("A forged request never gets an answer", ("start = 0.37", "start = -1")),
    "defect_global": (
        "A forged request harms the next visitor: TypeError on what was answered before",
        ("net = 'text'\nthe rest as the page sends it",),
    ),
    "defect_meanwhile": (
        "A forged request harms the next visitor: TypeError while an answer was on its way",
        tuple(f"minutes = {value}\nthe rest as the page sends it" for value in MEANWHILE),
    ),
    "defect_traceback": (
        "The answer to a forged request shows a traceback",
        ("number = 'text'",),
    ),
    "defect_path": (
        "The answer to a forged request shows where the app lies on its server",
        ("number = 1.37", "number = 'text'"),
    ),
}


@pytest.mark.parametrize("name", DEFECTS)
def test_what_a_forged_request_does_is_found(name: str) -> None:
    """One finding, a warning, with the one thing that is wrong in the request."""
    findings = look(name)

    title, inputs = DEFECTS[name]
    told = [(f.check, f.severity, f.title[: len(title)], f.input in inputs) for f in findings]
    assert [(NAME, Severity.WARNING, title, True)] == told


def test_harm_is_seen_again_in_an_app_that_was_just_started() -> None:
    """And the lines to paste send the same, with a visitor before and after."""
    (finding,) = look("defect_global")

    assert ("every time, 2 of 2", True, True) == (
        str(finding.repeats),
        "just started" in finding.detail,
        "forge('defect_global.py', 'gross', ['text', 19])" in finding.reproduce,
    )


@pytest.mark.parametrize(("name", "shows"), [("defect_path", True), ("mended_path", False)])
def test_an_answer_that_shows_the_inside_is_seen_again(
    name: str, shows: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The script ends with what it shows, and in the mended app with nothing."""
    monkeypatch.chdir(FOLDER)
    (finding,) = look("defect_path")
    script = finding.reproduce.partition("\n")[2].rpartition("\n")[0]
    said = ""
    try:
        exec(script.replace("defect_path.py", f"{name}.py"), {})
    except SystemExit as end:
        said = str(end.code)

    assert finding.title * shows == said.partition("\n")[0]


def test_what_is_excluded_is_not_called_by_the_script(tmp_path: Path) -> None:
    """Neither in the lines to paste, nor by the visitors of `forge`."""
    (tmp_path / "app.py").write_text(
        "import gradio as gr\n"
        "with gr.Blocks() as demo:\n"
        "    box = gr.Textbox()\n"
        "    demo.load(lambda: open('called', 'w') and 'x', None, box, api_name='greet')\n"
        "    gr.Button().click(lambda text: text, box, box, api_name='echo')\n"
        "demo.launch()\n"
    )
    with contextlib.chdir(tmp_path):
        forge("app.py", "echo", [1], exclude=["greet"])
        without = (tmp_path / "called").exists()
        with launch(parse("app.py", tmp_path), folder=tmp_path) as app, Wire(app) as wire:
            chosen = plan(app.contract, exclude=["greet"])
            echo = app.contract.event("echo")
            forger = Forger(app, wire, chosen, budget=BUDGET, seed=1, copied=lambda: copy("x"))
            script = _Forging(forger, echo)._script(echo, next(iter(forgeries(echo, ("a",)))))

    assert (False, True) == (without, "exclude=['greet']" in script)


@pytest.mark.parametrize(
    "name",
    [
        "mended",
        "mended_global",
        "mended_meanwhile",
        "mended_traceback",
        "mended_path",
        "mended_exit",
    ],
)
def test_nothing_is_found_in_the_mended_app(name: str) -> None:
    """Neither refusing in words nor an exception of its own is anything to tell."""
    assert () == look(name)


def test_what_ends_the_process_is_told_and_the_rest_goes_on(tmp_path: Path) -> None:
    """The supervisor blames the forged request, as a warning: no page sends it."""
    project(tmp_path, FOLDER / "defect_exit.py")
    session = run(
        tmp_path, "--app", "app.py", "--app-only", "--app-suites", "api", "-k", "contract"
    )

    (finding,) = session.report["findings"]
    assert (0, NAME, "warning", True, "fahrenheit = 'text'", True) == (
        session.code,
        finding["check"],
        finding["severity"],
        "ends the app for everybody" in finding["title"],
        finding["input"],
        "forge('app.py', 'celsius', ['text'])" in finding["reproduce"],
    )


def event(*components: Component) -> Event:
    parameters = tuple(Parameter(f"p{n}", c) for n, c in enumerate(components))
    return Event(0, "go", "go", "public", (), parameters, ())


def test_a_request_is_wrong_in_one_place() -> None:
    """So what goes wrong has one cause; the telling values of each input come first."""
    number = Component(1, "number", "Number", {})
    slider = Component(2, "slider", "Slider", {"minimum": 0, "maximum": 9})
    shown = (4, 5)

    sent = list(forgeries(event(number, slider), shown))

    whole = [f for f in sent if len(f.data) == 2]
    differing = {sum(a is not b for a, b in zip(f.data, shown, strict=True)) for f in whole}
    counts = sorted({len(f.data) for f in sent})
    assert ({0, 1}, [0, 1, 2, 3], ["p0 = 'text'", "p1 = 'text'"]) == (
        differing,
        counts,
        [f.words for f in sent[:2]],
    )


def test_every_component_has_something_wrong_to_send() -> None:
    """But for a State: Gradio takes no value of it from a request."""
    kinds = ("textbox", "dropdown", "checkboxgroup", "checkbox", "image", "dataframe", "chatbot")

    counts = [len(values(Component(1, kind, kind, {}))) for kind in (*kinds, "state")]

    assert ([True] * len(kinds), 0) == ([count > 3 for count in counts[:-1]], counts[-1])


def test_where_there_is_only_a_state_the_request_itself_is_wrong() -> None:
    """No value of it can be, but their number can."""
    sent = [f.words for f in forgeries(event(Component(1, "state", "State", {})), (None,))]

    assert ["no inputs at all", "one input too many", "event data that is a text"] == sent


def answer(*outputs: object, error: CallError | None = None, **more: object) -> Forged:
    """Return what a client received for a forged request."""
    message = Message("process_completed", 1.0, {"output": {"data": list(outputs)}})
    call = Call("go", 0, ("text",))
    messages = (message,) if error is None else ()
    seen = Observation(call, "wire", 0.0, 1.0, messages, outputs, error, Evidence())
    return Forged(seen, event(), "p0 = 'text'", folder="/srv/shop", **more)  # type: ignore[arg-type]


WHERE = "where the app lies on its server"
TOLD = 'Traceback (most recent call last):\n  File "/x/app.py", line 3, in go\nKeyError'


@pytest.mark.parametrize(
    ("forged", "shown"),
    [
        (answer(TOLD), "a traceback"),
        (answer(TOLD, valid=TOLD), ""),
        (answer({"log": ["see /srv/shop/data.db"]}), WHERE),
        (answer("see /srv/shopping/data.db"), ""),
        (answer({"path": "/srv/shop/a.png", "meta": {"_type": "gradio.FileData"}}), ""),
        (answer("key 9s8d7f6g", secrets=frozenset(["9s8d7f6g"])), "a secret"),
        (
            answer(error=CallError("author", "no /srv/shop/1.txt")),
            "where the app lies on its server",
        ),
        (answer(error=CallError("unexpected", "no /srv/shop/1.txt")), ""),
    ],
)
def test_what_of_the_inside_is_told(forged: Forged, shown: str) -> None:
    """What valid input shows as well, or ``show_error`` lets through, is the author's choice."""
    titles = [finding.title for finding in out_of_contract(forged)]

    assert ([f"The answer to a forged request shows {shown}"] if shown else []) == titles


@pytest.mark.parametrize(("value", "sent"), [("a", True), (None, False)])
def test_nothing_chosen_is_wrong_where_the_page_has_a_choice(value: str | None, sent: bool) -> None:
    """No visitor can take a choice away; before the first one there is none."""
    field = Component(1, "dropdown", "Kind", {"choices": [["A", "a"]], "value": value})

    assert sent == (None in values(field))
