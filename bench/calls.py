"""How many calls a second each way of driving an app makes: `python bench/calls.py`.

One trivial event of one app in a child process. Every way has its turn in every round, so that
whatever else the machine does meets all of them; the table shows medians over the rounds, and
the ratio is the median of the rounds' own ratios.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import gradio
import gradio_client

from gradio_harness.child import child
from gradio_harness.drivers.client import Client
from gradio_harness.drivers.wire import Wire
from gradio_harness.observation import Call
from gradio_harness.target import parse
from gradio_harness.visit import Driver

HERE = Path(__file__).parent
IN_FLIGHT = 8


def main() -> None:
    """Print the table."""
    arguments = options()
    target = parse("trivial.py", HERE)
    with contextlib.ExitStack() as stack:
        app = stack.enter_context(child(target, folder=HERE))
        event = app.contract.event("greet")
        call = Call(event.label, event.index, ("Ada",))
        plain = gradio_client.Client(app.url, verbose=False)
        ours = stack.enter_context(Client(app))
        wire = stack.enter_context(Wire(app))
        ways: dict[str, Callable[[], float]] = {
            "gradio_client, as it comes": lambda: rate(
                lambda: plain.predict("Ada", api_name="/greet"), arguments.seconds
            ),
            "our client driver": lambda: rate(checked(ours, call), arguments.seconds),
            "wire, one at a time": lambda: rate(checked(wire, call), arguments.seconds),
            f"wire, {IN_FLIGHT} in flight": lambda: rate_of_threads(
                checked(wire, call), arguments.seconds
            ),
        }
        for way in ways.values():
            way()  # warm up
        rounds = [{name: way() for name, way in ways.items()} for _ in range(arguments.rounds)]
    show(rounds, arguments)


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=1.0, help="of each way in each round")
    return parser.parse_args()


def checked(driver: Driver, call: Call) -> Callable[[], object]:
    """Return one call by *driver* that raises if the answer is not the app's."""

    def once() -> None:
        outputs = driver.call(call).outputs
        if outputs != ("Hello, Ada!",):
            raise AssertionError(f"{driver} got {outputs}")

    return once


def rate(once: Callable[[], object], seconds: float) -> float:
    """Return the calls a second, of calls one after another for *seconds*."""
    count, begun = 0, time.monotonic()
    while time.monotonic() - begun < seconds:
        once()
        count += 1
    return count / (time.monotonic() - begun)


def rate_of_threads(once: Callable[[], object], seconds: float) -> float:
    """Return the calls a second of `IN_FLIGHT` threads together."""
    with ThreadPoolExecutor(IN_FLIGHT) as pool:
        return sum(pool.map(lambda _: rate(once, seconds), range(IN_FLIGHT)))


def show(rounds: list[dict[str, float]], arguments: argparse.Namespace) -> None:
    first = next(iter(rounds[0]))
    print(
        f"Gradio {gradio.__version__}, gradio_client {gradio_client.__version__}, "
        f"Python {platform.python_version()}, {os.cpu_count()} cores, {sys.platform}; "
        f"{arguments.rounds} rounds of {arguments.seconds:g} s each"
    )
    print(f"\n{'':<28}{'calls/s':>9}{'ms/call':>9}{'ratio':>8}   lowest-highest ratio")
    for name in rounds[0]:
        median = statistics.median(each[name] for each in rounds)
        ratios = [each[name] / each[first] for each in rounds]
        milliseconds = 1000 / median * (IN_FLIGHT if "flight" in name else 1)
        print(
            f"{name:<28}{median:>9.1f}{milliseconds:>9.1f}{statistics.median(ratios):>8.1f}   "
            f"{min(ratios):.1f}-{max(ratios):.1f}"
        )


if __name__ == "__main__":
    main()
