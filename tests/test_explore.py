"""Which events are set off, with what, how often, and what is made of the answers."""

from __future__ import annotations

import itertools
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio
import pytest

from gradio_harness import stopwatch
from gradio_harness.app import App
from gradio_harness.contract import Contract, read
from gradio_harness.drivers.direct import Direct
from gradio_harness.drivers.wire import Wire
from gradio_harness.errors import OptionError
from gradio_harness.exploring.exploration import PROFILES, Budget, Exploration
from gradio_harness.exploring.explore import Explorer
from gradio_harness.observation import Call, Media, Observation
from gradio_harness.options import Options
from gradio_harness.plan import Plan, plan
from gradio_harness.repeated.growth import growth
from gradio_harness.rows import Skipped
from gradio_harness.session import Session
from gradio_harness.target import parse
from gradio_harness.visitors.stage import Stage

MAJOR = int(gradio.__version__.split(".")[0])
BUDGET = Budget(examples=20, seconds=6.0, own=3, shrink_seconds=2.0, timeout_seconds=10.0)


class Recording:
    """A driver that keeps what is sent."""

    def __init__(self, driver: Wire) -> None:
        self.driver = driver
        self.calls: list[Call] = []

    def call(self, call: Call, *, timeout_seconds: float | None = None) -> Observation:
        self.calls.append(call)
        return self.driver.call(call, timeout_seconds=timeout_seconds)


def explore(
    app: App,
    label: str,
    *,
    seed: int = 7,
    chosen: Plan | None = None,
    **budget: Any,
) -> tuple[Exploration, list[Call]]:
    """Return what came of one event, and the calls that were made."""
    given = {name: getattr(BUDGET, name) for name in Budget.__slots__}
    with Wire(app) as wire:
        driver = Recording(wire)
        explorer = Explorer(
            app,
            driver,
            chosen or plan(app.contract),
            budget=Budget(**{**given, **budget}),
            seed=seed,
        )
        return explorer.explore(app.contract.event(label)), driver.calls


@pytest.fixture
def app_of(serve: Any, write: Any) -> Callable[[str], App]:
    """Return a function that serves an app from its source."""

    def served(source: str) -> App:
        return serve("app.py", write(app=source))

    return served


# -- the plan --------------------------------------------------------------------------------


def contract_of(*names: str) -> Contract:
    """Return a contract of events with these API names, one button each."""
    components = [
        {"id": number, "type": "button", "props": {"value": name}}
        for number, name in enumerate(names)
    ]
    events = [
        {"id": number, "targets": [[number, "click"]], "inputs": [], "outputs": [], "api_name": n}
        for number, n in enumerate(names)
    ]
    return read({"version": "6.0.0", "components": components, "dependencies": events})


def labels(chosen: Plan) -> list[str]:
    return [event.label for event in chosen.roots]


SHOP = ("buy", "pay", "pay_later", "send")


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, ["buy", "pay", "pay_later", "send"]),
        ({"include": ["pay"]}, ["pay"]),
        ({"include": ["/pay"]}, ["pay"]),
        ({"include": ["pay*"]}, ["pay", "pay_later"]),
        ({"include": ["buy", "send"]}, ["buy", "send"]),
        ({"exclude": ["pay*"]}, ["buy", "send"]),
        ({"include": ["pay*"], "exclude": ["pay_later"]}, ["pay"]),
        ({"local": False}, []),
        ({"local": False, "include": ["buy"]}, ["buy"]),
    ],
    ids=[
        "all",
        "include",
        "by-api-name",
        "pattern",
        "two",
        "exclude",
        "both",
        "remote",
        "remote-include",
    ],
)
def test_the_user_says_which_events_are_set_off(options: Any, expected: list[str]) -> None:
    """By label or API name, with * for anything; elsewhere only what was named."""
    assert expected == labels(plan(contract_of(*SHOP), **options))


@pytest.mark.parametrize("option", ["include", "exclude"])
def test_a_name_that_fits_no_event_is_said(option: Any) -> None:
    """With the names there are, and the one that was probably meant."""
    with pytest.raises(OptionError) as error:
        plan(contract_of(*SHOP), **{option: ["sent"]})

    assert (
        "no event 'sent' in this app. Choose from buy, pay, pay_later, send. Did you mean 'send'?"
    ) == str(error.value)


def test_what_is_left_out_is_said_to_be_left_out() -> None:
    """Each event that is not set off has its reason."""
    chosen = plan(contract_of("buy", "pay"), include=["buy"])

    assert (Skipped("pay", "left out by --app-include or --app-exclude"),) == chosen.skipped


def test_a_remote_app_is_called_only_where_the_user_says_so() -> None:
    """Somebody else pays for the calls; the reason names the option."""
    chosen = plan(contract_of("buy"), local=False)

    why = "the app runs elsewhere: name the event with --app-include to have it called"
    assert ((), (Skipped("buy", why),), frozenset()) == (
        chosen.roots,
        chosen.skipped,
        chosen.driven,
    )


def test_what_fills_the_inputs_of_an_included_event_is_set_off_too() -> None:
    """By the page's load or an example; by itself it is not looked at, and can be excluded."""
    components = [{"id": number, "type": "textbox", "props": {}} for number in range(3)]
    raw = [
        {"id": 0, "api_name": "fill", "targets": [[None, "load"]], "inputs": [], "outputs": [0]},
        {"id": 1, "api_name": "other", "targets": [[None, "load"]], "inputs": [], "outputs": [2]},
        {"id": 2, "api_name": "greet", "targets": [[0, "submit"]], "inputs": [0], "outputs": [1]},
    ]
    contract = read({"version": "6.0.0", "components": components, "dependencies": raw})

    chosen = plan(contract, include=["greet"])
    without = plan(contract, include=["greet"], exclude=["fill"])

    assert (["greet"], {0, 2}, {2}) == (labels(chosen), chosen.driven, without.driven)
    assert "set off only to fill what an included event reads" == chosen.skipped[0].why


def chain_of(*events: dict[str, Any]) -> Contract:
    """Return a contract of one button and these events, each after the one before it."""
    first = {"targets": [[0, "click"]], "trigger_after": None}
    raw = [
        {
            "id": number,
            "targets": [[None, "then"]],
            "trigger_after": number - 1,
            "inputs": [],
            "outputs": [],
            **(first if number == 0 else {}),
            **event,
        }
        for number, event in enumerate(events)
    ]
    components = [{"id": 0, "type": "button", "props": {"value": "Go"}}]
    return read({"version": "6.0.0", "components": components, "dependencies": raw})


ORDER = tuple({"api_name": name} for name in ("order", "reserve", "pay"))


@pytest.mark.parametrize("local", [True, False], ids=["local", "remote"])
def test_including_one_event_of_a_chain_includes_the_chain(local: bool) -> None:
    """A visitor can reach what follows in no other way."""
    chosen = plan(chain_of(*ORDER), include=["pay"], local=local)

    assert (["order"], (), {0, 1, 2}) == (labels(chosen), chosen.skipped, set(chosen.driven))


@pytest.mark.parametrize(
    ("head", "options", "before"),
    [
        ({}, {"exclude": ["order"]}, "left out by --app-include or --app-exclude"),
        (
            {"collects_event_data": True},
            {},
            "needs to know what the visitor clicked on (event data)",
        ),
    ],
    ids=["excluded", "beyond"],
)
def test_what_follows_an_event_that_is_not_set_off_says_so(
    head: Any, options: Any, before: str
) -> None:
    """Each of the chain's events has its reason."""
    chosen = plan(chain_of({**ORDER[0], **head}, *ORDER[1:]), **options)

    why = f"follows order, which is not set off: {before}"
    assert ([], {"order": before, "reserve": why, "pay": why}, []) == (
        labels(chosen),
        {skipped.what: skipped.why for skipped in chosen.skipped},
        [event.label for event in chosen.clicked],
    )


def test_an_event_that_only_stops_others_is_said_to_do_that() -> None:
    """It is no script of the page."""
    stop = {"api_name": "stop", "backend_fn": False, "cancels": [0], "trigger_after": None}

    chosen = plan(chain_of(ORDER[0], {**stop, "targets": [[0, "click"]]}))

    why = "only stops other events (cancels=…); it has no function of its own"
    assert (Skipped("stop", why),) == chosen.skipped


def test_a_head_without_a_function_is_set_off_for_what_follows_it() -> None:
    """It has its reason all the same: no call of it reaches the app."""
    chosen = plan(chain_of({**ORDER[0], "backend_fn": False, "cancels": [5]}, ORDER[1]))

    why = "only stops other events (cancels=…); it has no function of its own"
    assert (["order"], (Skipped("order", why),)) == (labels(chosen), chosen.skipped)


CHAT = """
import gradio as gr

def answer(message, history, style):
    return f"{style} {message}"

chat = gr.ChatInterface(answer, additional_inputs=[gr.Textbox("You", label="Style")])
upper = gr.Interface(str.upper, "text", "text")
gr.TabbedInterface([chat, upper], ["Chat", "Upper"]).launch()
"""


def test_every_event_is_set_off_or_has_a_reason(app_of: Any) -> None:
    """Gradio's own events of a chat and an interface too."""
    contract = app_of(CHAT).contract
    chosen = plan(contract)
    heads = (*chosen.explored, *chosen.beside)
    reached = {member.label for head in heads for member in contract.chain(head)}

    told = {skipped.what for skipped in chosen.skipped}
    assert {event.label for event in contract.events} == reached | told


def test_what_only_the_page_can_do_is_said(serve: Any) -> None:
    """A notebook's script; a table where a row must be clicked is explored; chains have no test."""
    chosen = plan(serve("tabs.py").contract)

    assert (
        {"welcome", "add", "Button 'Forget all'.click", "measure", "vowels"},
        {
            "Button 'Loud'.click": "runs in the page only (JavaScript); nothing of it reaches "
            "the app",
        },
        ["picked"],
    ) == (
        {event.label for event in chosen.roots if not event.renders},
        {skipped.what: skipped.why for skipped in chosen.skipped},
        [event.label for event in chosen.clicked],
    )


# -- budgets -----------------------------------------------------------------------------------


@pytest.mark.parametrize("calls", [1, 4], ids=["one", "four"])
def test_no_more_calls_are_made_than_allowed(serve: Any, calls: int) -> None:
    """Whatever the profile would draw."""
    exploration, made = explore(serve("two_events.py"), "greet", calls=calls)

    assert (calls, calls) == (len(made), exploration.cases)


@pytest.mark.parametrize("calls", [1, 2, 4], ids=["one", "two", "four"])
def test_confirming_a_defect_takes_no_more_calls_than_allowed(serve: Any, calls: int) -> None:
    """The finding is told, repeated or not: calls may cost money."""
    app = serve("twins/api.output-count/defect.py")

    exploration, made = explore(app, "count", calls=calls)

    assert (calls, ["api.output-count"]) == (
        len(made),
        [finding.check for finding in exploration.part.findings],
    )


CHAIN = """
import gradio as gr

def take(order):
    return f"taken: {order}"

def price(order, coupon):
    return 3 * len(order) / (len(coupon) - 1)

with gr.Blocks() as demo:
    order = gr.Textbox("soup", label="Order")
    coupon = gr.Textbox("none", label="Coupon")
    taken = gr.Textbox(label="Taken")
    total = gr.Number(label="Total")
    gr.Button("Take").click(take, order, taken).then(price, [taken, coupon], total)
"""


def test_a_chain_is_cut_where_the_calls_run_out(app_of: Any) -> None:
    """Its calls count one by one; what was seen of it counts."""
    exploration, made = explore(app_of(CHAIN), "take", calls=3)

    assert (["take", "price", "take"], 3) == ([call.event for call in made], exploration.cases)


def test_as_many_inputs_are_drawn_as_the_budget_says(serve: Any) -> None:
    """Beside what the page shows as it opens, and texts that grow."""
    app = serve("two_events.py")
    (_, few), (_, more) = (explore(app, "greet", examples=count) for count in (5, 12))

    assert (("Ada",), 7) == (few[0].inputs, len(more) - len(few))


SLOW = """
import time
import gradio as gr

def think(text):
    time.sleep(1.5)
    return text

with gr.Blocks() as demo:
    text = gr.Textbox("a", label="Text")
    gr.Button("Think").click(think, text, text)
"""


@pytest.fixture
def idle(monkeypatch: pytest.MonkeyPatch) -> None:
    """No thread ever waits for a processor: a search's time is the clock's."""
    monkeypatch.setattr(stopwatch, "waited", lambda: 0.0)


@pytest.mark.usefixtures("idle")
def test_nothing_is_sent_after_the_time_is_over(app_of: Any) -> None:
    """A call that takes longer than all of it is the only one."""
    _, made = explore(app_of(SLOW), "think", seconds=1.2)

    assert 1 == len(made)


# -- inputs --------------------------------------------------------------------------------------


def sent(app: App, label: str, **options: Any) -> list[tuple[Any, ...]]:
    return [call.inputs for call in explore(app, label, **options)[1]]


def test_the_same_seed_draws_the_same_inputs(serve: Any) -> None:
    """In the same order; another seed draws others."""
    app = serve("text_tool.py")

    first, again, other = (sent(app, "change", seed=seed) for seed in (3, 3, 4))

    assert (True, False) == (first == again, first == other)


def test_every_input_of_the_event_is_drawn(serve: Any) -> None:
    """Texts, choices, numbers and ticks, each as its component allows."""
    rows = sent(serve("text_tool.py"), "change", examples=60)

    texts, ways, times, trims, between = (set(column) for column in zip(*rows, strict=True))
    assert (
        True,
        {None, "as it is", "reverse", "title case", "upper case"},
        True,
        {True, False},
        {None, "none", "space", "line"},
    ) == (
        "" in texts,
        ways | {None},
        all(1 <= number <= 10 for number in times if number is not None),
        trims,
        between | {None},
    )


EXAMPLES = """
import gradio as gr

def greet(name, times):
    if name == "Grace" and times == 3:
        raise KeyError(name)
    return f"Hello, {name}!" * int(times or 1)

with gr.Blocks() as demo:
    name = gr.Textbox("Ada", label="Name")
    times = gr.Number(1, label="Times", minimum=0, maximum=9)
    out = gr.Textbox(label="Greeting")
    gr.Button("Greet").click(greet, [name, times], out)
    gr.Examples([["Ada", 2], ["Grace", 3]], [name, times])
"""


def test_the_authors_examples_are_clicked(app_of: Any) -> None:
    """A defect that only an example shows is told with the row that shows it."""
    exploration, made = explore(app_of(EXAMPLES), "greet")

    assert (
        [("Ada", 1), ("Ada", 2), ("Grace", 3)],
        [("KeyError: 'Grace'", "the author's example in row 2")],
    ) == (
        [call.inputs for call in made if call.event == "greet"][:3],
        [(finding.title, finding.input) for finding in exploration.part.findings],
    )


def test_only_so_many_examples_are_clicked(app_of: Any) -> None:
    """As the profile says."""
    _, made = explore(app_of(EXAMPLES), "greet", own=1, examples=1)

    assert [("Ada", 1), ("Ada", 2)] == [c.inputs for c in made if c.event == "greet"][:2]


UPLOAD = """
import gradio as gr

def weigh(file):
    with open(file, "rb") as stream:
        return len(stream.read())

def cleared():
    return 0

with gr.Blocks() as demo:
    file = gr.File(label="Parcel")
    weight = gr.Number(label="Weight")
    file.upload(weigh, file, weight)
    file.clear(cleared, None, weight)
"""


def test_an_upload_leaves_a_file_behind(app_of: Any) -> None:
    """An event that an upload sets off is never called without one."""
    exploration, made = explore(app_of(UPLOAD), "weigh")

    assert ([], True, {True}) == (
        list(exploration.part.findings),
        len(made) > 3,
        {isinstance(call.inputs[0], Media) for call in made},
    )


# -- what is made of the answers -------------------------------------------------------------------


def test_a_chains_events_are_judged_with_its_head(app_of: Any) -> None:
    """The chain is one test; the finding names the event that failed and what was typed."""
    app = app_of(CHAIN)

    exploration, made = explore(app, "take")

    (finding,) = exploration.part.findings
    assert (
        ["take"],
        ("price", "ZeroDivisionError: division by zero", "app.py:8 in price"),
        True,
        {"take", "price"},
    ) == (
        labels(plan(app.contract)),
        (finding.event, finding.title, finding.location),
        finding.input.endswith("coupon = 'a'") or "coupon = " in finding.input,
        {row.label for row in exploration.part.events},
    )
    firsts = [call for call in made if call.event == "take"]
    assert {("take", "price")} == {
        (a.event, b.event) for a, b in itertools.pairwise(made) if b.event == "price"
    }
    assert len(firsts) > 3


NETWORK = """
import urllib.request
import gradio as gr

def fetch(page):
    return urllib.request.urlopen(f"https://example.invalid/{len(page)}").read().decode()

with gr.Blocks() as demo:
    page = gr.Textbox("a", label="Page")
    gr.Button("Fetch").click(fetch, page, page)
"""


def test_what_needs_the_network_is_not_tested_and_said_to_be(app_of: Any) -> None:
    """Three inputs, and none that works without, are enough to know; it is no finding."""
    exploration, made = explore(app_of(NETWORK), "fetch")

    (skipped,) = exploration.part.skipped
    assert (3, (), "fetch", True) == (
        len(made),
        exploration.part.findings,
        skipped.what,
        skipped.why.startswith("needs the network, which is not there: "),
    )


ABROAD = """
import socket
import gradio as gr

def ask(text):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        try:
            other.connect(("203.0.113.1", 9))  # sends nothing
        except OSError:
            pass
    return text

with gr.Blocks() as demo:
    text = gr.Textbox("a", label="Text")
    gr.Button("Ask").click(ask, text, text, api_name="ask")
"""


def test_of_what_connects_to_other_machines_few_calls_are_made(app_of: Any) -> None:
    """Somebody may pay for each: in every phase, and by several visitors."""
    app = app_of(ABROAD)
    _, made = explore(app, "ask", abroad=10)
    with Wire(app) as wire:
        stage = Stage(app, wire, plan(app.contract), "quick", 3, 1.0, direct=Direct(app, wire))
        (skipped,) = growth(stage, stage.roots[0]).skipped

    assert (True, True, True) == (
        0 < len(made) <= 12,
        "connects to other machines" in skipped.why,
        0 < stage.spent["ask"] <= 25,
    )


SOME_NETWORK = """
import urllib.request
import gradio as gr

def look(source, name):
    if source == "web":
        urllib.request.urlopen("https://example.invalid/")
    return name[0]

with gr.Blocks() as demo:
    source = gr.Radio(["web", "own"], value="own", label="Source")
    name = gr.Textbox("Ada", label="Name")
    gr.Button("Look").click(look, [source, name], name)
"""


def test_what_needs_the_network_hides_no_bug_of_other_inputs(app_of: Any) -> None:
    """Only the inputs that need it are excused, and that is said."""
    exploration, _ = explore(app_of(SOME_NETWORK), "look")

    assert (["IndexError"], "", ["with some inputs needs the network, which is not there: "]) == (
        [finding.exception for finding in exploration.part.findings],
        exploration.untested,
        [row.why.partition("URLError")[0] for row in exploration.part.skipped],
    )


def test_what_does_not_matter_is_left_as_the_page_has_it(app_of: Any) -> None:
    """The smallest input is the one with the least that a visitor has to do."""
    source = """
    import gradio as gr

    def share(costs, people, currency):
        return f"{costs / (people - 7)} {currency}"

    with gr.Blocks() as demo:
        costs = gr.Number(100, label="Costs", precision=0)
        people = gr.Number(6, label="People", precision=0, minimum=6, maximum=7)
        currency = gr.Radio(["euro", "franc"], value="franc", label="Currency")
        gr.Button("Share").click(share, [costs, people, currency], gr.Textbox())
    """
    exploration, _ = explore(app_of(source), "share")

    inputs = {f.exception: f.input for f in exploration.part.findings if f.location}
    assert "people = 7" == inputs["ZeroDivisionError"]


def test_a_failure_of_ours_is_no_end_of_the_search(app_of: Any) -> None:
    """It is raised: nothing found would be said of what nobody looked at."""

    class Broken(Wire):
        def call(self, call: Call, *, timeout_seconds: float | None = None) -> Observation:
            if call.inputs != ("a",):
                raise TypeError("ours")
            return super().call(call, timeout_seconds=timeout_seconds)

    app = app_of(NETWORK.replace("urllib.request.urlopen", "str").replace(".read().decode()", ""))
    explorer = Explorer(app, Broken(app), plan(app.contract), budget=BUDGET, seed=7)

    with pytest.raises(TypeError, match="ours"):
        explorer.explore(app.contract.event("fetch"))


ENDPOINTS = """
import gradio as gr

def add(first: int, second: int, times: float = 1.0) -> float:
    return (first + second) * times

def share(total: int, heads: int = 2) -> float:
    return total / heads

def vague(rows: list) -> int:
    return len(rows)

with gr.Blocks() as demo:
    for fn in (add, share, vague):
        gr.api(fn, api_name=fn.__name__)
demo.launch()
"""


@pytest.mark.skipif(not hasattr(gradio, "api"), reason="newer than this Gradio")
def test_an_endpoint_without_a_page_gets_what_its_types_say(
    app_of: Callable[[str], App],
) -> None:
    """Never nothing for a number; what its types leave open is not called, and that is said."""
    app = app_of(ENDPOINTS)

    (added, calls), (shared, _) = explore(app, "add"), explore(app, "share")

    sent = {tuple(map(type, call.inputs)) for call in calls}
    assert (set(), {(int, int, float)}) == ({f.title for f in added.part.findings}, sent)
    assert [("ZeroDivisionError", True)] == [
        (f.exception, "heads = 0" in f.input) for f in shared.part.findings
    ]
    why = "the type hint of rows does not say what callers of the API send"
    assert (Skipped("vague", why),) == plan(app.contract).skipped


CLOCK = """
import time
import gradio as gr

def clock():
    for second in range(600):
        time.sleep(0.05)
        yield str(second)

with gr.Blocks() as demo:
    now = gr.Textbox(label="Now")
    gr.Button("Clock").click(clock, None, now)
"""


@pytest.mark.usefixtures("idle")
def test_a_stream_without_end_is_watched_for_a_while(app_of: Any) -> None:
    """It is no hang, and what was not seen of it is said."""
    app = app_of(CLOCK)
    explorer = Explorer(
        app,
        Wire(app, watched_seconds=1),
        plan(app.contract),
        budget=Budget(examples=5, seconds=1, own=0, shrink_seconds=1, timeout_seconds=1),
        seed=7,
    )

    part = explorer.explore(app.contract.event("clock")).part

    why = "the stream went on after 1 s; what comes later was not judged"
    assert ((), [("clock", why)]) == (
        part.findings,
        [(row.what, row.why) for row in part.skipped],
    )


HANGS = """
import threading
import gradio as gr

def wait(text):
    threading.Event().wait()

def post(text):
    return text

with gr.Blocks() as demo:
    text = gr.Textbox("a", label="Text")
    gr.Button("Wait").click(wait, text, text)
    text.submit(wait, text, text)
    gr.Button("Post").click(post, text, text)
"""


def test_other_events_of_a_function_that_hangs_are_said_not_to_be_tested(app_of: Any) -> None:
    """They would wait for the first; events of other functions go on."""
    app = app_of(HANGS)
    chosen = plan(app.contract)
    with Wire(app) as wire:
        explorer = Explorer(
            app, wire, chosen, budget=Budget(5, 4.0, 1, 1.0, timeout_seconds=1.0), seed=1
        )
        first, second, third = (explorer.explore(event) for event in chosen.roots)

    why = f"its function hangs since a call of {first.event.label}"
    assert (
        ["api.hang"],
        (Skipped(second.event.label, why),),
        ([], True),
    ) == (
        [finding.check for finding in first.part.findings],
        second.part.skipped,
        (list(third.part.findings), third.cases > 1),
    )


WARMS_UP = """
import time
import gradio as gr

warm = []

def tell(text):
    if not warm:
        time.sleep(1.5)
        warm.append(True)
    for end in range(1, 5):
        yield "word " * end

with gr.Blocks() as demo:
    text = gr.Textbox("a", label="Text")
    out = gr.Textbox(label="Story")
    gr.Button("Tell").click(tell, text, out)
"""


def test_a_stream_that_is_late_only_once_is_no_finding(app_of: Any) -> None:
    """A first call loads the model, a busy machine stalls: what goes by the clock must repeat."""
    exploration, made = explore(app_of(WARMS_UP), "tell")

    assert ([], True) == (list(exploration.part.findings), len(made) > 3)


def test_what_an_app_does_beside_its_answer_is_kept(app_of: Any) -> None:
    """Files written, with the event that wrote them."""
    app = app_of(
        """
        import gradio as gr

        def save(text):
            with open("notes.txt", "w", encoding="utf-8", errors="replace") as file:
                file.write(text)
            return text

        with gr.Blocks() as demo:
            text = gr.Textbox("a", label="Text")
            gr.Button("Save").click(save, text, text)
        """
    )

    exploration, made = explore(app, "save", examples=3)

    (effect,) = exploration.part.effects
    assert ("write", "notes.txt", "save", True) == (
        effect.kind,
        Path(effect.what).name,
        effect.event,
        # And three times where gradio_client is held against a visitor who is as new.
        0 <= effect.count - len(made) <= 3,
    )


def test_calls_are_counted_by_how_they_ended(serve: Any) -> None:
    """Answered, refused by the author, failed."""
    exploration, made = explore(serve("twins/api.explicit-raise/mended.py"), "enter")

    (row,) = exploration.part.events
    # Three more where gradio_client was held against a visitor who is as new.
    assert (True, 0, True) == (0 <= row.cases - len(made) <= 3, row.failed, row.refused > 0)
    assert row.cases == row.answered + row.refused + row.failed


DIRECT = """
import gradio as gr

with gr.Blocks() as demo:
    text = gr.Textbox("a", label="Text")
    gr.Button("Queued").click(str.upper, text, text, api_name="queued")
    gr.Button("Direct").click(str.upper, text, text, api_name="direct", queue=False)
"""


def test_only_calls_that_went_over_the_queue_are_counted_as_queued(app_of: Any) -> None:
    """An event with queue=False is answered at once."""
    app = app_of(DIRECT)

    queued, _ = explore(app, "queued", calls=4)
    direct, _ = explore(app, "direct", calls=4)

    assert [(4, 4), (4, 0)] == [(e.cases, e.queued) for e in (queued, direct)]


@pytest.mark.parametrize(
    ("url", "spared"), [("https://a.invalid", True), ("http://[::1]:1", False)]
)
def test_an_app_elsewhere_is_sent_nothing_heavy_and_nothing_forged(url: str, spared: bool) -> None:
    """Somebody else pays for it, and others are its visitors."""
    elsewhere: Any = types.SimpleNamespace(
        target=parse(url, Path.cwd()),
        contract=types.SimpleNamespace(events=()),
        folder=Path.cwd(),
    )
    explorer = Explorer(
        elsewhere, elsewhere, Plan((), (), frozenset()), budget=PROFILES["quick"], seed=1
    )
    names = {phase.run.__name__ for phase in explorer.phases}
    session = Session(Options(url, (), Path.cwd(), Path.cwd(), calls=0))
    untested = session.forged("go").untested if spared else ""

    assert (spared, spared, True) == (
        names.isdisjoint({"grown", "many_units"}),
        "this machine only" in untested,
        {"suggested", "drawn"} <= names,
    )
