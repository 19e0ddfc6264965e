"""Percentiles, measuring and budgets, on synthetic times; one real pair of twins."""

from __future__ import annotations

import dataclasses
import random
import re
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gradio_harness.app import launch
from gradio_harness.checks.latency import CHECKS, Budget, parse_budgets, unjudged
from gradio_harness.checks.shape import (
    SLOW_SECONDS,
    Climb,
    Held,
    Series,
    Waiting,
    call_number,
    held_up,
    size,
    slowed,
    turn,
    waits,
)
from gradio_harness.child import child
from gradio_harness.contract import Contract, read
from gradio_harness.drivers.wire import Wire
from gradio_harness.errors import OptionError
from gradio_harness.finding import Severity
from gradio_harness.latency import measure, opened, slices, summary
from gradio_harness.latency.answered import by_answer
from gradio_harness.observation import Call, CallError, Evidence, Message, Observation
from gradio_harness.quantiles import interval, percentile
from gradio_harness.rows import LatencyRow, Skipped
from gradio_harness.target import parse

APPS = Path(__file__).parent.parent / "fixtures" / "apps"
(CHECK,) = CHECKS


class Clock:
    """A clock that only moves when somebody works."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Fake:
    """A driver whose n-th call takes ``seconds(n)``, with its first output after a quarter."""

    def __init__(self, clock: Clock, seconds: Callable[[int], float], fails_at: int = -1) -> None:
        self.clock, self.seconds, self.fails_at = clock, seconds, fails_at
        self.calls: list[Call] = []

    def call(self, call: Call, *, timeout_seconds: float | None = None) -> Observation:
        number, started = len(self.calls), self.clock.now
        self.calls.append(call)
        taken = self.seconds(number)
        self.clock.now += taken
        failed = number == self.fails_at
        data = {"output": {"data": [number]}, "success": True}
        return Observation(
            call,
            "wire",
            started,
            self.clock.now,
            (
                Message("process_generating", started + taken / 4, data),
                Message("process_completed", self.clock.now, data),
            ),
            None if failed else (number,),
            CallError("unexpected", "boom") if failed else None,
        )


def contract_of(*dependencies: dict[str, Any]) -> Contract:
    """Return a contract of one textbox, one number, and these events."""
    components = [
        {"id": 1, "type": "textbox", "props": {"label": "Word", "value": "harbour"}},
        {"id": 2, "type": "number", "props": {"label": "Count"}},
        {"id": 3, "type": "button", "props": {"value": "Go"}},
    ]
    raw = [{"targets": [[3, "click"]], "inputs": [1], "outputs": [2], **d} for d in dependencies]
    return read({"version": "6.0.0", "components": components, "dependencies": raw})


ONE = contract_of({"id": 0, "api_name": "go"})


def measured(fake: Fake, contract: Contract = ONE, label: str = "go", **options: Any) -> Any:
    root = contract.root(contract.event(label))
    return measure(opened(fake, contract, root), root, clock=fake.clock, **options)[label]


@pytest.mark.parametrize(
    ("rank", "expected"), [(0, 15), (5, 15), (30, 20), (40, 20), (50, 35), (95, 50), (100, 50)]
)
def test_a_percentile_is_a_sample(rank: float, expected: float) -> None:
    """Nearest rank: the textbook's five samples."""
    assert percentile([50, 15, 35, 20, 40], rank) == expected


@pytest.mark.parametrize(
    ("count", "rank", "expected"),
    [
        (5, 50, (None, None)),
        (6, 50, (1, 6)),
        (50, 50, (18, 33)),
        (100, 50, (40, 61)),
        (50, 95, (44, None)),
        (72, 95, (64, 72)),
        (100, 95, (90, 100)),
        (100, 99, (97, None)),
    ],
)
def test_an_interval_has_the_ranks_of_the_textbooks(
    count: int, rank: float, expected: tuple[int | None, int | None]
) -> None:
    """Order statistics by the binomial distribution, as in the tables for 95 %."""
    assert expected == interval(range(1, count + 1), rank)


@pytest.mark.parametrize(("count", "rank"), [(20, 50), (80, 95), (30, 90)])
def test_an_interval_holds_the_true_percentile_as_often_as_it_says(count: int, rank: float) -> None:
    """In 19 of 20 runs at least, whatever the times are like: here each is once far off."""
    draw = random.Random(1)
    held = 0
    for _ in range(400):
        low, high = interval([draw.random() ** -2 for _ in range(count)], rank)
        true = (1 - rank / 100) ** -2
        held += (low is None or low <= true) and (high is None or true <= high)

    assert held >= 0.94 * 400


def test_nothing_has_no_percentile() -> None:
    """Without samples there is nothing to say."""
    with pytest.raises(ValueError, match="no samples"):
        percentile([], 50)


def test_a_p99_takes_a_hundred_samples() -> None:
    """Below a hundred, p99 is not told."""
    assert summary("go", [1.0] * 99).p99 is None
    assert summary("go", [n / 100 for n in range(1, 101)]).p99 == 0.99


def test_the_row_holds_what_was_measured() -> None:
    """All samples in their order, nearest-rank percentiles, the median first output."""
    fake = Fake(Clock(), lambda n: n + 1.0)

    row = measured(fake, count=4, seconds=1000, warm_up=0, where="child process")

    assert row == LatencyRow(
        event="go",
        count=4,
        p50=2.0,
        p90=4.0,
        p95=4.0,
        maximum=4.0,
        first_output=0.625,
        samples=(1.0, 2.0, 3.0, 4.0),
        where="child process",
        intervals={
            "p50": (None, None),
            "p90": (2.0, None),
            "p95": (3.0, None),
            "first_output": (None, None),
        },
    )


def test_warming_up_counts_for_nothing() -> None:
    """The slow first calls are made and told, and not counted."""
    fake = Fake(Clock(), lambda n: 100.0 if n < 2 else 1.0)

    row = measured(fake, count=3, seconds=1000, warm_up=2)

    assert (row.warm_up, row.samples) == ((100.0, 100.0), (1.0, 1.0, 1.0))
    assert len(fake.calls) == 5


@pytest.mark.parametrize(
    ("seconds", "expected"), [(2.5, 3), (0.0, 1), (1000, 10)], ids=["time", "no time", "count"]
)
def test_it_ends_with_the_count_or_the_time(seconds: float, expected: int) -> None:
    """Whichever comes first, and at least one call."""
    fake = Fake(Clock(), lambda n: 1.0)

    row = measured(fake, count=10, seconds=seconds, warm_up=0)

    assert row.count == expected


def test_each_call_is_a_new_visitor_with_the_pages_values() -> None:
    """Each has a session of its own; inputs are the defaults."""
    fake = Fake(Clock(), lambda n: 1.0)

    measured(fake, count=2, seconds=10, warm_up=0)

    assert [c.inputs for c in fake.calls] == [("harbour",)] * 2
    assert len({c.session for c in fake.calls}) == 2


@pytest.mark.parametrize("fails_at", [0, 4], ids=["warming up", "measured"])
def test_an_event_that_fails_has_no_latency(fails_at: int) -> None:
    """A failing call yields no row, but says why."""
    fake = Fake(Clock(), lambda n: 1.0, fails_at)

    assert measured(fake, count=5, seconds=100, warm_up=2) == Skipped(
        "latency of go", "it fails on the page's own values (go: boom)"
    )


def test_a_chains_member_is_measured_after_the_others() -> None:
    """Each visitor sets off the head; only the member's own time counts."""
    contract = contract_of(
        {"id": 0, "api_name": "head"}, {"id": 1, "api_name": "tail", "trigger_after": 0}
    )
    fake = Fake(Clock(), lambda n: 1.0 if n % 2 else 7.0)

    row = measured(fake, contract, "tail", count=3, seconds=100, warm_up=0)

    assert row.samples == (1.0, 1.0, 1.0)
    assert [c.event for c in fake.calls] == ["head", "tail"] * 3
    assert len({c.session for c in fake.calls}) == 3


CHAIN = contract_of(
    {"id": 0, "api_name": "head"},
    {"id": 1, "api_name": "tail", "trigger_after": 0},
    {"id": 2, "api_name": "end", "trigger_after": 0},
)


def test_every_event_of_a_chain_has_its_row() -> None:
    """The chain is set off once for all of them; each call is timed by itself."""
    fake = Fake(Clock(), lambda n: n % 3 + 1.0)
    head = CHAIN.event("head")

    rows = measure(opened(fake, CHAIN, head), head, count=2, warm_up=0, clock=fake.clock)

    assert {label: row.samples for label, row in rows.items() if isinstance(row, LatencyRow)} == {
        "head": (1.0, 1.0),
        "tail": (2.0, 2.0),
        "end": (3.0, 3.0),
    }
    assert len(fake.calls) == 6


def test_a_link_that_fails_leaves_the_others_their_rows() -> None:
    """It is set off no more, and says why it has none."""
    fake = Fake(Clock(), lambda n: 1.0, fails_at=1)
    head = CHAIN.event("head")

    rows = measure(opened(fake, CHAIN, head), head, count=3, warm_up=1, clock=fake.clock)

    why = "it fails on the page's own values (tail: boom)"
    assert Skipped("latency of tail", why) == rows["tail"]
    assert [3, 3] == [getattr(rows[label], "count", 0) for label in ("head", "end")]


def test_what_only_follows_a_failure_has_no_latency_where_nothing_fails() -> None:
    """And says so."""
    contract = contract_of(
        {"id": 0, "api_name": "go"},
        {"id": 1, "api_name": "sorry", "trigger_after": 0, "trigger_only_on_failure": True},
    )
    fake = Fake(Clock(), lambda n: 1.0)

    why = "with the page's own values, what comes before does not lead to it"
    assert measured(fake, contract, "sorry", count=2) == Skipped("latency of sorry", why)


def test_what_is_left_out_is_not_called_for_a_measurement() -> None:
    """Neither a page load that fills the input, nor what follows the event."""
    load = {"id": 3, "targets": [[None, "load"]], "api_name": "load", "inputs": [], "outputs": [1]}
    contract = contract_of(
        {"id": 0, "api_name": "go"}, {"id": 1, "api_name": "bill", "trigger_after": 0}, load
    )
    fake = Fake(Clock(), lambda n: 1.0)
    event = contract.event("go")

    page = opened(fake, contract, event, driven=lambda other: other.label == "go")
    rows = measure(page, event, count=2, warm_up=0, clock=fake.clock)

    assert [] == fake.calls
    why = "a fresh page does not set it off without a browser"
    assert {"go": Skipped("latency of go", why)} == rows


def test_what_only_a_browser_can_set_off_is_not_measured() -> None:
    """An event behind a script of the page is skipped with that reason."""
    contract = contract_of({"id": 0, "api_name": "go", "js": "() => 1"})
    fake = Fake(Clock(), lambda n: 1.0)

    assert measured(fake, contract) == Skipped(
        "latency of go", "a fresh page does not set it off without a browser"
    )


GO = Call("go", 0, ())
STREAM = tuple(
    Message(kind, at, {})
    for kind, at in (
        ("process_starts", 10.1),
        *(("process_generating", at) for at in (11.0, 11.5, 11.6, 12.0)),
        ("process_completed", 12.5),
    )
)


def test_a_streams_gaps_are_those_between_its_outputs() -> None:
    """The median of 0.5, 0.1 and 0.4 s; three gaps in one second; the last message repeats."""

    class Streams:
        def call(self, call: Call, *, timeout_seconds: float | None = None) -> Observation:
            return Observation(call, "wire", 10.0, 12.5, STREAM, ("all",))

    event = ONE.event("go")
    row = measure(opened(Streams(), ONE, event), event, count=6)["go"]

    assert isinstance(row, LatencyRow)
    assert (1.0, 0.4, 3.0) == (row.first_output, pytest.approx(row.gap), pytest.approx(row.rate))
    assert {"p50", "p90", "p95", "first_output", "gap", "rate"} == {*row.intervals}


SEEN = Evidence(
    seconds={"preprocess": 0.5, "function": 3.0, "postprocess": 0.25},
    queued=1.125,
    begun=2.125,
    finished=6.0,
)


def test_slices_add_up_to_the_call() -> None:
    """Each has what lies between two stamps; what no step has is Gradio's own."""
    observation = Observation(GO, "wire", 1.0, 6.5, evidence=SEEN)

    found = slices(observation)

    assert {
        "connect": 0.125,
        "queue": 1.0,
        "preprocess": 0.5,
        "function": 3.0,
        "postprocess": 0.25,
        "transfer": 0.5,
        "gradio": 0.125,
    } == found
    assert observation.seconds == sum(found.values())


def test_a_call_past_the_queue_waits_in_none() -> None:
    """All of the time until it begins is connect."""
    past = dataclasses.replace(SEEN, queued=None)

    found = slices(Observation(GO, "wire", 1.0, 6.5, evidence=past))

    assert (1.125, 0.0) == (found["connect"], found["queue"])


def test_what_nobody_saw_from_inside_has_no_slices() -> None:
    """As with an app that runs elsewhere."""
    assert {} == slices(Observation(GO, "wire", 1.0, 6.5))
    assert {} == slices(Observation(GO, "wire", 1.0, 6.5, evidence=Evidence()))


def test_the_waterfall_is_that_of_one_call() -> None:
    """The call at the rank that is asked for: its slices add up to the percentile."""
    parts = [slices(Observation(GO, "wire", 1.0, end, evidence=SEEN)) for end in (9.0, 7.0, 8.0)]
    row = summary("go", [8.0, 6.0, 7.0], parts=parts)

    assert row.p50 == sum(row.waterfall(50).values())
    assert (1.0, 3.0) == (row.waterfall(0)["transfer"], row.waterfall(100)["transfer"])
    assert {} == summary("go", [1.0]).waterfall(50)


def test_a_sleep_is_in_its_own_slice() -> None:
    """In a component's preprocess or postprocess, the function, or in the queue behind others."""
    with launch(parse("sleeps.py", APPS), folder=APPS) as app, Wire(app) as wire:
        event = app.contract.event("work")

        def longest(step: str) -> str:
            found = slices(wire.call(Call(event.label, event.index, (step,))))
            return max(found, key=found.__getitem__)

        longest("nowhere")  # the first call of all is Gradio's own
        steps = ["preprocess", "function", "postprocess"]
        assert steps == [longest(step) for step in steps]

        waited: list[str] = []
        visitors = [
            threading.Thread(target=lambda: waited.append(longest("function"))) for _ in range(3)
        ]
        for visitor in visitors:
            visitor.start()
        for visitor in visitors:
            visitor.join()
        assert "queue" == waited[-1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("p95 < 2 s", Budget("p95", 2.0)),
        ("first_output<500ms", Budget("first_output", 0.5)),
        ("max < 1.5 s @ greet", Budget("max", 1.5, "greet")),
        ("p99 < 3 s @ Button 'Go'.click", Budget("p99", 3.0, "Button 'Go'.click")),
        ("greet: max < 1.5 s", Budget("max", 1.5, "greet")),
        ("Button 'Go: 1'.click: p99 < 3 s", Budget("p99", 3.0, "Button 'Go: 1'.click")),
    ],
)
def test_a_budget_is_read(text: str, expected: Budget) -> None:
    """Measure, number, unit and, if named, the event before or after."""
    assert (expected,) == parse_budgets(text)
    assert (expected,) == parse_budgets(str(expected))


def test_a_line_may_have_several_budgets() -> None:
    """Of one event, or with a star of all of them."""
    two = (Budget("p95", 2.0, "greet"), Budget("first_output", 0.5, "greet"))

    assert two == parse_budgets("greet: p95 < 2 s, first output < 500 ms")
    assert two == parse_budgets("p95<2s , first  output<500ms @ greet")
    assert (Budget("p90", 1.0), Budget("max", 3.0)) == parse_budgets("*: p90 < 1 s, max < 3 s")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("fast", "'fast' is not a latency budget. Write it as 'p95 < 2 s'"),
        ("p59 < 2 s", "no measure 'p59'. Choose from first_output, max, p50, p90, p95, p99. Did"),
        ("p95 < 2", "the number has no unit. Choose from ms, s."),
        ("p95 < 2 min", "no unit 'min'. Choose from ms, s."),
        ("p95 < 1.2.3 s", "'1.2.3' is not a number"),
        ("p95 < 0 s", "nothing is faster than that"),
        ("p95 < 2 s @ ", "no event beside the @"),
        (": p95 < 2 s", "no event beside the :"),
        ("a: p95 < 2 s @ b", "two events, 'a' and 'b'"),
        ("p95 > 2 s", "is not a latency budget"),
    ],
)
def test_a_budget_that_cannot_be_read_says_what_can(text: str, words: str) -> None:
    """The message names the thing, the choices and the form."""
    with pytest.raises(OptionError) as raised:
        parse_budgets(text)

    assert words in str(raised.value)


ROW = summary("greet", [0.1, 0.2, 0.3], [0.05] * 6, where="child process")


def test_a_budget_that_is_kept_is_silent() -> None:
    """Nothing is said below the budget, nor of another event's budget."""
    assert CHECK(ROW, [Budget("p95", 0.5), Budget("max", 0.01, "other")]) == []


def test_a_broken_budget_is_one_finding() -> None:
    """All measures in one finding, with how the calls were spread."""
    (found,) = CHECK(ROW, [Budget("p95", 0.15), Budget("first_output", 0.02), Budget("p50", 1)])

    assert found.severity == Severity.ERROR
    assert found.event == "greet"
    assert found.title == (
        "p95 is 300 ms, the budget is 150 ms; first_output is 50 ms, the budget is 20 ms"
    )
    assert found.detail == (
        "3 calls, one visitor at a time, the app in a child process: "
        "p50 200 ms, p90 300 ms, p95 300 ms, max 300 ms, first_output 50 ms."
    )


def test_what_is_not_sure_is_inconclusive() -> None:
    """A p50 of three calls, or a p95 that one call of fifty is to blame for, is no error."""
    (few,) = CHECK(ROW, [Budget("p50", 0.15)])
    row = summary("greet", [*(0.1,) * 47, 0.4, 0.4, 0.4])
    (busy,) = CHECK(row, [Budget("p95", 0.3)])

    assert [Severity.INFO] * 2 == [few.severity, busy.severity]
    assert "p95 is 400 ms, the budget is 300 ms: inconclusive" == busy.title
    assert busy.detail.startswith("The true p95 lies above 100 ms (95 %, 50 calls): allow more")


def test_an_events_own_budget_takes_the_place_of_the_one_for_all() -> None:
    """`greet: p95 < 5 s` silences `p95 < 150 ms` for greet."""
    assert CHECK(ROW, [Budget("p95", 5.0, "greet"), Budget("p95", 0.15)]) == []


def test_a_budget_without_a_measurement_is_told_as_unjudged() -> None:
    """A p99 of three samples is no finding, and not silent either."""
    budgets = [Budget("p99", 0.1)]

    assert CHECK(ROW, budgets) == []
    (skipped,) = unjudged(ROW, budgets)
    assert skipped.what == "budget p99 < 100 ms of greet"
    assert "there are 3" in skipped.why


@pytest.mark.parametrize(("name", "fires"), [("defect.py", True), ("mended.py", False)])
def test_the_twins(name: str, fires: bool) -> None:
    """300 ms break a budget of 150, 3 ms do not: measured in a child process."""
    target = parse(f"twins/latency.budget/{name}", APPS)
    with child(target, folder=APPS) as app, Wire(app) as wire:
        (event,) = app.contract.events
        page = opened(wire, app.contract, event)
        row = measure(page, event, count=6, seconds=10, warm_up=1, where=app.where)[event.label]

    assert isinstance(row, LatencyRow)
    assert row.where == "child process"
    assert bool(CHECK(row, [*parse_budgets("p50 < 150 ms")])) == fires


def test_inputs_are_the_authors_first_example() -> None:
    """Where there is a table of examples, its first row is clicked."""
    with launch(parse("classifier.py", APPS), folder=APPS) as app, Wire(app) as wire:
        event = app.contract.events[0]
        inputs = opened(wire, app.contract, event).inputs(event)

    assert inputs[0] is not None
    assert "sunset" in str(inputs[0])


def loops(power: float, *, start: int = 256, cost: float = 1e-8) -> tuple[tuple[int, float], ...]:
    """Return sizes with their times, up to the first that takes two seconds."""
    points: list[tuple[int, float]] = []
    size = start
    while size <= 131_072 and (not points or points[-1][1] < SLOW_SECONDS):
        points.append((size, 0.001 + cost * size**power))
        size *= 2
    return tuple(points)


def climb(*passes: tuple[tuple[int, float], ...]) -> Climb:
    return Climb(ONE.event("go"), "text", "lines", passes)


@pytest.mark.parametrize(("power", "cost"), [(2.0, 1e-8), (3.0, 1e-11)], ids=["square", "cube"])
def test_a_time_that_grows_faster_than_the_size_is_told(power: float, cost: float) -> None:
    """With the exponent, its error and what was measured."""
    points = loops(power, cost=cost)

    (found,) = size(climb(points, points))

    assert ("latency.size", Severity.WARNING) == (found.check, found.severity)
    (more,) = re.findall(r"twice as many ([\d.]+) times as long", found.title)
    assert 2**power == pytest.approx(float(more), rel=0.05)
    exponent, error = re.findall(r"to the power of ([\d.]+) ± ([\d.]+)\.", found.detail)[0]
    assert power == pytest.approx(float(exponent), abs=0.05)
    assert float(error) < 0.1
    assert found.input == f"text = {points[-1][0]:,} lines"


@pytest.mark.parametrize(
    "passes",
    [
        (loops(1.0, cost=3e-5), loops(1.0, cost=3e-5)),
        (loops(1.15, cost=1e-5), loops(1.15, cost=1e-5)),
        (loops(2.0, cost=1e-10), loops(2.0, cost=1e-10)),
        (loops(2.0), loops(1.0, cost=3e-5)),
        (loops(2.0),),
        (tuple((n, 2.5) for n, _ in loops(2.0)),) * 2,
    ],
    ids=["as the size", "with a logarithm", "short", "not again", "once", "always slow"],
)
def test_other_times_are_not_told(passes: tuple[tuple[tuple[int, float], ...], ...]) -> None:
    """In proportion, in milliseconds, in one pass of two, or whatever the size."""
    assert [] == size(climb(*passes))


def test_an_exponent_has_the_error_of_its_points() -> None:
    """Noise of a quarter either way: the true exponent is within two errors."""
    noisy = [(n, taken * (1.25 if i % 2 else 0.8)) for i, (n, taken) in enumerate(loops(2.0))]

    fit = climb(tuple(noisy)).fit

    assert fit is not None
    assert 0.05 < fit.error < 0.4
    assert abs(fit.exponent - 2) < 2 * fit.error


BLOCKED = (((10.0, 11.0),), ((9.99, 10.0), (10.01, 11.0), (11.01, 11.02)))
SERVED = (((10.0, 11.0),), tuple((10.0 + n / 20, 10.02 + n / 20) for n in range(20)))


@pytest.mark.parametrize(("power", "told"), [(2.0, False), (1.0, True)], ids=["all pairs", "one"])
def test_a_time_in_proportion_to_what_is_answered_is_not_told(power: float, told: bool) -> None:
    """An answer that is the square of what was sent takes its time."""
    points = loops(2.0)
    answers = tuple((n, int(n**power)) for n, _ in points)

    assert told == bool(size(replace(climb(points, points), answers=answers)))


def test_what_a_number_asks_for_is_its_size() -> None:
    """A number is none; what is answered to it is, if there is more and more of it."""
    points = loops(1.0)
    grows = replace(climb(points), answers=tuple((n, 10 * n) for n, _ in points))
    stays = replace(climb(points), answers=tuple((n, 10) for n, _ in points))

    found = by_answer(grows)

    assert found is not None
    assert (10 * points[0][0], 10 * points[-1][0]) == (found.shortest[0][0], found.shortest[-1][0])
    assert by_answer(stays) is None


SLOW = (0.0, 1.0)


@pytest.mark.parametrize(
    ("quick", "alone", "told"),
    [
        (((0.1, 1.0),) * 3, 0.01, True),
        (((0.1, 0.15),) * 3, 0.01, False),
        (((0.1, 1.0), (0.1, 1.0), (0.1, 0.2)), 0.01, False),
        (((0.1, 1.0),) * 3, 0.5, False),
        (((1.1, 2.0),) * 3, 0.01, False),
        ((), 0.01, False),
    ],
    ids=["waits", "at once", "not each time", "slow itself", "later", "none"],
)
def test_who_waits_for_another_event_is_told(quick: Any, alone: float, told: bool) -> None:
    """Where each time its step ends when that of the other does, and alone it is quick."""
    calls = tuple((SLOW, span) for span in quick)
    found = waits(Waiting(ONE.event("go"), ONE.event("go"), calls, alone))

    assert ["latency.held-up"] * told == [one.check for one in found]


@pytest.mark.parametrize(
    ("calls", "idle", "told"),
    [
        ((BLOCKED,) * 3, 0.01, True),
        ((SERVED,) * 3, 0.01, False),
        ((BLOCKED, BLOCKED, SERVED), 0.01, False),
        ((BLOCKED,) * 3, 0.5, False),
        ((), 0.0, False),
    ],
    ids=["blocked", "served", "not each time", "busy machine", "none"],
)
def test_who_holds_others_up_is_told(calls: Any, idle: float, told: bool) -> None:
    """Where each call does, and the app answers at once while nothing runs."""
    found = held_up(Held(ONE.event("go"), calls, idle))

    assert ["latency.held-up"] * told == [one.check for one in found]
    assert all("works for 1.00 s, and the app answers nobody for 0.99 s" in f.title for f in found)


def calls_of(count: int, *, each: int = 0, slow: float = 0.5, stray: int = 0) -> list[float]:
    """Return the seconds of calls, of which each so many-th is slow, and one more may be."""
    times = [slow if each and n % each == each - 1 else 0.02 for n in range(count)]
    times[stray] = slow if stray else times[stray]
    return times


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        (calls_of(53, each=10), 10),
        (calls_of(53, each=2), 2),
        (calls_of(53, each=10, stray=4), 10),
        ([0.5, *calls_of(53, each=7)], 7),
        (calls_of(53, each=10, slow=0.09), 0),
        (calls_of(53, stray=20), 0),
        (calls_of(25, each=10), 0),
        ([0.5 if n in (3, 9, 21, 30, 44) else 0.02 for n in range(53)], 0),
    ],
    ids=["tenth", "second", "and one more", "and first", "slightly", "one", "few", "at random"],
)
def test_calls_that_stand_out_at_one_distance(times: list[float], expected: int) -> None:
    """All at that distance do, three at least; calls at random are no distance."""
    assert expected == turn(times)


def test_each_tenth_call_is_told_where_it_comes_again() -> None:
    """The calls after the doubt have to bear it out."""
    event = ONE.event("go")

    (found,) = call_number(Series(event, tuple(calls_of(73, each=10)), 53))
    quiet = Series(event, (*calls_of(53, each=10), *calls_of(20)), 53)

    assert "each 10th call takes 0.50 s, others 0.020 s" == found.title
    assert [] == call_number(quiet)


def test_calls_that_get_slower_and_slower_are_told_where_they_go_on() -> None:
    """Not where they stop, and not where a machine was busy for a while."""
    event = ONE.event("go")
    rising = [0.02 + n * 0.004 for n in range(73)]
    busy = [*calls_of(30), *(0.2,) * 23]

    (found,) = call_number(Series(event, tuple(rising), 53))

    assert "the more calls, the slower: 0.020 s at first, 0.232 s later" == found.title
    assert [] == call_number(Series(event, (*rising[:53], *rising[:20]), 53))
    assert not slowed(busy)
