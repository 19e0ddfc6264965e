"""The same session on two workers: the same findings, in the same order, and no worker's words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sessions import APPS, SUITES, Session, left, project, run

pytest.importorskip("xdist")
pytestmark = pytest.mark.slow

#: Three events with a defect each, one at the head of a chain; and one that has none.
SHOP = """
    import gradio as gr

    def greet(name):
        return name.split()[0]

    def divide(number):
        return 10 / (number or 0)

    def order(dish):
        if not dish:
            raise ValueError("Name a dish.")
        return dish

    def shout(dish):
        return (dish or "").upper()

    with gr.Blocks(title="Shop") as demo:
        name = gr.Textbox("Ada", label="Name")
        number = gr.Number(3, label="Number")
        dish = gr.Textbox("soup", label="Dish")
        out = gr.Textbox(label="Out")
        gr.Button("Greet").click(greet, name, out)
        gr.Button("Divide").click(divide, number, out)
        gr.Button("Order").click(order, dish, out).then(shout, dish, out)
        gr.Button("Shout").click(shout, dish, out)
"""
ARGUMENTS = (
    *("--app", "app.py", "--app-profile", "quick", "--app-suites", "api,streaming"),
    *("--app-seed", "3", "-v"),
)


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Session]:
    """Return a function that tests an app with more arguments."""

    def of(app: Any, *arguments: str) -> Session:
        files = {"test_own.py": "def test_own():\n    assert 'always'\n"}
        folder = project(tmp_path_factory.mktemp("shop") / "shop", app, files)
        return run(folder, *ARGUMENTS, *arguments)

    return of


@pytest.fixture(scope="module")
def alone(ran: Any) -> Session:
    return ran(SHOP)


@pytest.fixture(scope="module")
def together(ran: Any) -> Session:
    return ran(SHOP, "-n2")


def told(session: Session) -> list[Any]:
    """Return what is the same in every run with this seed, in the report's order."""
    keys = ("id", "check", "endpoint", "title", "input", "location", "reproduce", "number")
    return [{key: finding[key] for key in keys} for finding in session.report["findings"]]


def test_the_same_findings_come_out(alone: Session, together: Session) -> None:
    """With the same ids and inputs, in the same order, and the same exit code."""
    assert (alone.code, told(alone)) == (together.code, told(together))
    assert [
        ("api.unhandled-exception", "divide"),
        ("api.unhandled-exception", "greet"),
        ("api.explicit-raise", "order"),
    ] == together.findings


def rows(session: Session) -> list[tuple[str, int]]:
    return [(row["label"], row["cases"]) for row in session.report["endpoints"]]


def test_the_rows_are_in_the_order_of_the_app(alone: Session, together: Session) -> None:
    """Whichever worker was faster; and each event was driven once."""
    assert [label for label, _ in rows(alone)] == [label for label, _ in rows(together)]
    assert ["greet", "divide", "order", "shout", "shout_1"] == [x for x, _ in rows(together)]


def test_the_suites_count_the_same_tests(alone: Session, together: Session) -> None:
    """Tests that passed and failed add up to the same numbers."""
    counts = ("name", "tests", "passed", "failed", "skipped")

    def counted(session: Session) -> list[Any]:
        return [{key: suite[key] for key in counts} for suite in session.report["suites"]]

    assert counted(alone) == counted(together)


def test_an_event_stays_on_one_worker(together: Session) -> None:
    """Its tests share one exploration; what no page sends comes last, wherever there is room."""
    workers: dict[str, set[str]] = {}
    for line in together.out.splitlines():
        if line.startswith("[gw") and SUITES in line and "::out_of_contract" not in line:
            event = line.partition("::")[2].partition("[")[2].partition("]")[0]
            workers.setdefault(event, set()).add(line.partition("]")[0])

    assert {"greet": 1, "divide": 1, "order": 1, "shout_1": 1} == {
        event: len(used) for event, used in workers.items()
    }


def test_users_tests_run_and_nothing_is_left(together: Session) -> None:
    """On some worker; and no temporary folder stays."""
    assert (True, []) == ("PASSED test_own.py::test_own" in together.out, left(together.folder))


def test_the_last_lines_are_those_of_one_session(alone: Session, together: Session) -> None:
    """Verdict and report are said once."""
    assert (1, 1) == (
        together.out.count(together.report["verdict"]),
        together.out.count("\nreport: reports/latest/index.html\n"),
    )


@pytest.fixture(scope="module")
def ended(ran: Any) -> Session:
    """A session about an app that ends its process on an empty text."""
    return ran(APPS / "exits.py", "-n2", "--app-calls", "16")


def test_an_app_that_ends_a_worker_is_a_finding(ended: Session) -> None:
    """The run is not green, the report has the input, and the other event is tested."""
    (finding,) = ended.report["findings"]

    assert (1, ("api.process-exit", "clock_in", "name = ''"), True) == (
        ended.code,
        (finding["check"], finding["endpoint"], finding["input"]),
        f"PASSED {SUITES}/api.py::process_exit[length]" in ended.out,
    )


def test_what_ended_a_worker_is_not_tried_again(ended: Session) -> None:
    """One worker is replaced, one test fails, the event's others go on from what is known."""
    outcomes = [line for line in ended.out.splitlines() if "[clock_in]" in line and "%]" in line]

    assert (1, 1, 14) == (
        ended.out.count("replacing crashed worker"),
        sum("FAILED" in line for line in outcomes),
        len(outcomes),
    )


def test_what_ended_a_worker_is_told_as_any_finding(ended: Session) -> None:
    """With event, input and a command to paste, under the test's own name."""
    block = ended.block("process_exit[clock_in]")

    assert [
        "One call ended the app's whole process (the worker died)",
        "event:  clock_in",
        "input:  name = ''",
        "replay('app.py', 'clock_in', [''])",
    ] == [line for line in block.splitlines() if line.startswith(("One", "event", "input", "repl"))]


def test_an_unusable_target_is_said_once(ran: Any) -> None:
    """Exit code 4 and one message, not one of each worker; a report that says so."""
    session = ran(APPS / "raises_at_import.py", "-n2")

    assert (4, 1, False, False) == (
        session.code,
        session.out.count("KeyError: 'city'"),
        "Traceback" in session.out,
        session.report["complete"],
    )
