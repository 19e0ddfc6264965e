"""What only an order of events shows, on one page: found, cut down, told once, and shown again."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gradio_harness.app import App
from gradio_harness.checks.order import Walked
from gradio_harness.checks.order import order as judge
from gradio_harness.drivers.direct import Direct
from gradio_harness.drivers.wire import Wire
from gradio_harness.finding import Finding, Repeats, Severity
from gradio_harness.plan import plan
from gradio_harness.steps import Step, arrive, fields, moves, perform
from gradio_harness.visitors.order import Order, Pace, Walker, apart
from gradio_harness.visitors.stage import Stage

TWINS = Path(__file__).resolve().parent.parent / "fixtures" / "apps" / "twins" / "sessions.order"
PACE = Pace(steps=8, seconds=30.0, shrink_seconds=30.0)

#: What is told of each defect: the event whose test says so, exception and place, the walk.
DEFECTS = {
    "defect": (
        "remove",
        "IndexError: pop from empty list",
        "defect.py:14 in remove",
        "1. add()\n2. remove()\n3. remove()",
    ),
    "defect_choices": (
        "tell",
        "KeyError: None",
        "defect_choices.py:17 in tell",
        "1. forget()\n2. tell()",
    ),
    "defect_render": (
        "Page.load",
        "ZeroDivisionError: division by zero",
        "defect_render.py:24 in finish",
        "1. add()\n2. finish()",
    ),
    "defect_shown": (
        "grow",
        "IndexError: list index out of range",
        "defect_shown.py:11 in undo",
        "1. grow()\n2. undo()\n3. undo()",
    ),
}


def stage_of(app: App, wire: Wire, **more: Any) -> Stage:
    return Stage(app, wire, plan(app.contract), "quick", 3, 1.0, direct=Direct(app, wire), **more)


def walk(app: App, *, calls: int = 40, **more: Any) -> Order:
    """Return what came of walking *app* with so many calls an event: no test waits for a clock."""
    with Wire(app) as wire:
        return Walker(stage_of(app, wire, calls=calls, **more), pace=PACE).walk()


def told(walks: Order) -> list[tuple[str, str, str, str]]:
    return [
        (label, finding.title, finding.location, finding.input)
        for label, findings in walks.findings.items()
        for finding in findings
    ]


def test_every_twin_is_tried() -> None:
    """A new pair of twins must say what is found in it."""
    names = {path.stem for path in TWINS.glob("*.py")}

    assert {*DEFECTS, *(name.replace("defect", "mended") for name in DEFECTS)} == names


@pytest.mark.parametrize("name", DEFECTS)
def test_the_defect_is_found_with_the_fewest_steps(name: str, serve: Callable[..., App]) -> None:
    """Under the exception that it is, at the author's line, with the walk as its input."""
    walks = walk(serve(f"{name}.py", TWINS))

    assert [DEFECTS[name]] == told(walks)
    ((finding,),) = walks.findings.values()
    assert ("sessions.order", Severity.ERROR, Repeats(3, 3, "FFF")) == (
        finding.check,
        finding.severity,
        finding.repeats,
    )


@pytest.mark.parametrize("name", DEFECTS)
def test_nothing_is_found_in_the_mended_app(name: str, serve: Callable[..., App]) -> None:
    """Whatever is done there, in whatever order."""
    assert [] == told(walk(serve(f"{name.replace('defect', 'mended')}.py", TWINS)))


ALONE = """
import gradio as gr

def split(bill, people):
    return bill / people

def double(bill):
    return bill * 2

def refuse(bill):
    raise gr.Error("No.")

with gr.Blocks() as demo:
    bill = gr.Number(10, label="Bill", minimum=1, maximum=100)
    people = gr.Slider(0, 3, 2, step=1, label="People")
    share = gr.Number(label="Share", interactive=False)
    gr.Button("Split").click(split, [bill, people], share)
    gr.Button("Double").click(double, share, share)
    gr.Button("Refuse").click(refuse, bill, bill)
    note = gr.Textbox("n", label="Note")
    some = [note, gr.Slider(2, 9, 5), gr.Checkbox(True), gr.CheckboxGroup(["a"], value=["a"])]
    empty = gr.Button("Empty").click(lambda: [None] * 5, None, [*some, bill], api_name="empty")
    empty.then(lambda *values: None, some, None)

demo.launch()
"""


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory, serve: Callable[..., App]) -> App:
    folder = tmp_path_factory.mktemp("alone")
    (folder / "app.py").write_text(ALONE, "utf-8")
    return serve("app.py", folder)


def test_what_a_page_just_opened_shows_is_not_told_again(alone: App) -> None:
    """A division by what the visitor picked, a value that is missing at first, a refusal."""
    assert [] == told(walk(alone))


def test_what_the_look_at_single_events_missed_is_told_under_its_own_check(alone: App) -> None:
    """Here it found nothing in any of them: nothing that is seen goes by."""
    events = [event.label for event in alone.contract.events]
    walks = walk(alone, explored=lambda: events)

    findings = [finding for some in walks.findings.values() for finding in some]
    assert {("api.unhandled-exception", 1)} == {
        (finding.check, len(finding.input.splitlines())) for finding in findings
    }


def test_a_page_makes_its_own_of_none(alone: App) -> None:
    """Seen in a browser: it sends back an empty text, the least, not ticked, none of them."""
    with Wire(alone) as wire:
        visit = arrive(wire, alone.contract, plan(alone.contract))
        perform(visit, Step("empty"))

    written = [visit.values[c.id] for c in alone.contract.event("empty").outputs]
    assert ["", 2, False, [], None] == written


def test_walks_keep_to_the_calls_that_are_allowed(alone: App) -> None:
    """With all that it takes to confirm what they showed."""
    sent: list[str] = []
    with Wire(alone) as wire:
        stage = stage_of(alone, wire, calls=9, before=lambda *told: sent.append(told[1]))
        Walker(stage, pace=PACE).walk()

    assert ({True}, True) == ({sent.count(name) <= 9 for name in sent}, "split" in sent)


def test_what_is_left_out_is_never_set_off(serve: Callable[..., App]) -> None:
    """Not by a step, and not by what follows one."""
    app = serve("defect.py", TWINS)
    with Wire(app) as wire:
        chosen = plan(app.contract, exclude=["remove"])
        stage = Stage(app, wire, chosen, "quick", seed=3, seconds=1.0, calls=10)
        Walker(stage, pace=PACE).walk()

    assert {"add"} == set(stage.spent)


def test_a_page_says_what_can_be_done_on_it_now(serve: Callable[..., App]) -> None:
    """A button that was hidden, once it is shown; what was emptied cannot be picked from."""
    app = serve("defect_shown.py", TWINS)
    with Wire(app) as wire:
        visit = arrive(wire, app.contract, plan(app.contract))
        visit.open()
        before = [event.label for event in moves(visit)]
        hidden = perform(visit, Step("undo"))
        done = perform(visit, Step("grow", {"size": 3}))
        after = [event.label for event in moves(visit)]

    assert (["grow"], False, True, ["grow", "undo"]) == (before, hidden, done, after)
    assert ["size"] == list(fields(visit, visit.contract.event("grow")))
    assert [6] == [visit.values[p.component.id] for p in app.contract.event("grow").inputs[:1]]


def test_what_was_emptied_cannot_be_picked_from(serve: Callable[..., App]) -> None:
    """Nor what has no empty choice be cleared."""
    app = serve("defect_choices.py", TWINS)
    with Wire(app) as wire:
        visit = arrive(wire, app.contract, plan(app.contract))
        picked = [perform(visit, Step("tell", {"picture": p})) for p in ("tower.png", None)]
        perform(visit, Step("forget"))
        gone = perform(visit, Step("tell", {"picture": "tower.png"}))

    assert ([True, False], False) == (picked, gone)


def test_what_a_render_draws_anew_replaces_what_it_had_drawn(serve: Callable[..., App]) -> None:
    """Two tasks, two buttons; one done, one button, and under the same name."""
    app = serve("mended_render.py", TWINS)
    counted = []
    with Wire(app) as wire:
        visit = arrive(wire, app.contract, plan(app.contract))
        visit.open()
        for step in (Step("add"), Step("add"), Step("finish (2)"), Step("finish")):
            perform(visit, step)
            counted.append([e.label for e in moves(visit) if e.label != "add"])

    assert [["finish"], ["finish", "finish (2)"], ["finish"], []] == counted


def test_a_walk_is_shown_again_by_the_lines_to_paste(serve: Callable[..., App]) -> None:
    """In a process of its own: the same steps, and the app's own traceback at the end."""
    ((finding,),) = walk(serve("defect.py", TWINS)).findings.values()
    script = finding.reproduce.partition("\n")[2].removesuffix("\nEOF")

    done = subprocess.run(
        [sys.executable, "-c", script], cwd=TWINS, capture_output=True, text=True, timeout=60
    )

    assert 'replay("defect.py", steps=[("add",), ("remove",), ("remove",)])' == (
        script.splitlines()[-1].replace("'", '"')
    )
    assert (1, "IndexError: pop from empty list") == (
        done.returncode,
        done.stderr.strip().splitlines()[-1],
    )


def test_one_event_whose_answer_nobody_reads_is_not_walked(serve: Callable[..., App]) -> None:
    """There is no order in it, and it has been called often enough."""
    app = serve("classifier.py")

    assert "one event, and nothing that it shows is sent again" == apart(
        app.contract, plan(app.contract)
    )


FINDING = Finding(
    "api.unhandled-exception", "remove", Severity.ERROR, "IndexError: pop from empty list"
)


def test_a_step_that_fails_by_itself_is_no_matter_of_order() -> None:
    """Another check tells it."""
    assert [] == judge(Walked(FINDING, "1. remove()", 1))


def test_what_was_not_seen_to_need_its_steps_does_not_say_so() -> None:
    """The last step may do it alone, where time ran out before that was tried."""
    (finding,) = judge(Walked(FINDING, "1. add()\n2. remove()", 2, needed=False))

    assert "no time to see whether it takes them all" in finding.detail


@pytest.mark.parametrize(
    ("repeats", "words"),
    [
        (Repeats(3, 3, "FFF"), "It takes these 2 steps on one page, in this order."),
        (
            Repeats(1, 3, "F.."),
            "It was met after these 2 steps on one page, and not every time: it may hang on what "
            "visitors before had done.",
        ),
    ],
    ids=["every-time", "intermittent"],
)
def test_the_walk_is_the_input(repeats: Repeats, words: str) -> None:
    """And how sure it is that these steps are all it takes."""
    (finding,) = judge(Walked(FINDING, "1. add()\n2. remove()", 2, repeats))

    assert ("sessions.order", "1. add()\n2. remove()", words, repeats) == (
        finding.check,
        finding.input,
        finding.detail,
        finding.repeats,
    )
