"""How many cases a second each way of trying inputs makes: `python bench/explore.py`.

One trivial event of one app in this process, one call at a time. Every way has its turn in every
round; the table shows medians over the rounds, and the ratios are medians of the rounds' own.
Where other work shares the machine, CPU time says more than the clock. With ``--profile``, where
the time of the two explorers goes.
"""

from __future__ import annotations

import argparse
import contextlib
import cProfile
import json
import os
import platform
import pstats
import statistics
import sys
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import gradio
import gradio_client
import httpx
import hypothesis
from hypothesis import strategies as st

from gradio_harness.app import App, launch
from gradio_harness.drivers.direct import Direct
from gradio_harness.drivers.wire import Wire
from gradio_harness.exploring.exploration import Budget
from gradio_harness.exploring.explore import PHASES, Explorer
from gradio_harness.exploring.search import Stop
from gradio_harness.plan import plan
from gradio_harness.target import parse

HERE = Path(__file__).parent
PLAIN, QUEUE, BARE, DIRECT = (
    "Hypothesis and gradio_client, as they come",
    "the explorer, over the queue",
    "a bare loop of the wire protocol",
    "the explorer, straight to the app",
)


def main() -> None:
    """Print the table."""
    arguments = options()
    with contextlib.ExitStack() as stack:
        app = stack.enter_context(launch(parse("trivial.py", HERE), folder=HERE))
        wire = stack.enter_context(Wire(app))
        http = stack.enter_context(httpx.Client())
        client = gradio_client.Client(app.url, verbose=False)
        seconds = arguments.seconds
        ways: dict[str, Callable[[], float]] = {
            PLAIN: lambda: plain(client, seconds),
            QUEUE: lambda: explored(app, wire, None, seconds),
            BARE: lambda: bare(app, http, seconds),
            DIRECT: lambda: explored(app, wire, Direct(app, wire), seconds),
        }
        for way in ways.values():
            way()  # warm up
        rounds = [
            {name: measured(way) for name, way in ways.items()} for _ in range(arguments.rounds)
        ]
        show(rounds, arguments)
        if arguments.profile:
            for name in (QUEUE, DIRECT):
                profiled(name, ways[name])


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=2.0, help="of each way in each round")
    parser.add_argument("--profile", action="store_true")
    return parser.parse_args()


def plain(client: gradio_client.Client, seconds: float) -> float:
    """Return the cases a second of what a tester writes first."""
    count, begun = 0, time.monotonic()

    @hypothesis.settings(max_examples=10**6, deadline=None, database=None)
    @hypothesis.given(st.text())
    def greets(name: str) -> None:
        nonlocal count
        if time.monotonic() - begun > seconds:
            raise Stop
        assert client.predict(name, api_name="/greet") == f"Hello, {name}!"
        count += 1

    with contextlib.suppress(Stop):
        greets()
    return count / (time.monotonic() - begun)


def explored(app: App, wire: Wire, direct: Direct | None, seconds: float) -> float:
    """Return the cases a second of an exploration, from its first call to its end."""
    drawing = [phase for phase in PHASES if phase.run.__name__ in ("suggested", "drawn")]
    budget = Budget(examples=10**6, seconds=seconds, own=0, shrink_seconds=0.1)
    explorer = Explorer(
        app, wire, plan(app.contract), direct=direct, budget=budget, seed=7, phases=drawing
    )
    begun = time.monotonic()
    exploration = explorer.explore(app.contract.event("greet"))
    assert not exploration.part.findings
    return exploration.cases / (time.monotonic() - begun)


def bare(app: App, http: httpx.Client, seconds: float) -> float:
    """Return the calls a second of two requests each, and nothing else."""
    index, base = app.contract.event("greet").index, f"{app.url}{app.contract.prefix}"
    count, begun = 0, time.monotonic()
    while time.monotonic() - begun < seconds:
        session = uuid.uuid4().hex[:11]
        body = {"data": ["Ada"], "fn_index": index, "session_hash": session}
        http.post(f"{base}/queue/join", json=body).raise_for_status()
        address = f"{base}/queue/data?session_hash={session}"
        with http.stream("GET", address) as response:
            messages = [json.loads(line[5:]) for line in response.iter_lines() if line]
        done = [message for message in messages if message["msg"] == "process_completed"]
        assert done[0]["output"]["data"] == ["Hello, Ada!"]
        count += 1
    return count / (time.monotonic() - begun)


@dataclass(frozen=True, slots=True)
class Measured:
    """Cases a second, and milliseconds of CPU a case: of all threads, the app's included."""

    rate: float
    cpu_ms: float


def measured(way: Callable[[], float]) -> Measured:
    begun, used = time.monotonic(), time.process_time()
    rate = way()
    cases = rate * (time.monotonic() - begun)
    return Measured(rate, 1000 * (time.process_time() - used) / cases)


def show(rounds: list[dict[str, Measured]], arguments: argparse.Namespace) -> None:
    print(
        f"Gradio {gradio.__version__}, gradio_client {gradio_client.__version__}, Hypothesis "
        f"{hypothesis.__version__}, Python {platform.python_version()}, {os.cpu_count()} cores, "
        f"{sys.platform}; {arguments.rounds} rounds of {arguments.seconds:g} s each"
    )
    print(f"\n{'':<44}{'cases/s':>9}{'ms/case':>9}{'CPU ms':>8}   lowest-highest")
    for name in rounds[0]:
        rates = [each[name].rate for each in rounds]
        median = statistics.median(rates)
        used = statistics.median(each[name].cpu_ms for each in rounds)
        print(
            f"{name:<44}{median:>9.1f}{1000 / median:>9.2f}{used:>8.2f}   "
            f"{min(rates):.1f}-{max(rates):.1f}"
        )
    for name, other in ((QUEUE, BARE), (DIRECT, PLAIN), (DIRECT, QUEUE)):
        ratios = [each[name].rate / each[other].rate for each in rounds]
        cpu = [each[other].cpu_ms / each[name].cpu_ms for each in rounds]
        words = f"{statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})"
        print(f"{name} / {other}: {words}; by CPU time {statistics.median(cpu):.2f}")


def profiled(name: str, way: Callable[[], float]) -> None:
    """Print what this thread does; the app's work on the server's loop counts as waiting."""
    profile = cProfile.Profile()
    profile.runcall(way)
    print(f"\n{name}")
    pstats.Stats(profile).sort_stats("tottime").print_stats(18)


if __name__ == "__main__":
    main()
