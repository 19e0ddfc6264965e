"""How late a stream's outputs are seen by each way of reading one: `python bench/streams.py`.

An app in a child process streams the time of the machine's clock every 5, 20 and 100 ms; an
output's error is the time at which it was read less the time that it holds. Every way has its
turn in every round. gradio_client is read as its documentation says: ``for output in job``.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import gradio
import gradio_client

from gradio_harness.child import child
from gradio_harness.drivers.wire import Wire
from gradio_harness.latency import percentile
from gradio_harness.observation import Call
from gradio_harness.streams import streamed
from gradio_harness.target import parse

HERE = Path(__file__).parent
STEPS = (5, 20, 100)
#: How long each stream goes on.
SECONDS = 2.0

#: When an output was read, and when it was given.
Read = tuple[float, float]


def main() -> None:
    """Print the table."""
    arguments = options()
    with contextlib.ExitStack() as stack:
        app = stack.enter_context(child(parse("clock.py", HERE), folder=HERE))
        plain = gradio_client.Client(app.url, verbose=False)
        wire = stack.enter_context(Wire(app))
        event = app.contract.event("tick")

        def by_wire(step: int, count: int) -> Iterator[Read]:
            seen = wire.call(Call(event.label, event.index, (step, count)))
            for message in streamed(seen):
                yield message.at, float(message.data["output"]["data"][0])

        def by_client(step: int, count: int) -> Iterator[Read]:
            for said in plain.submit(step, count, api_name="/tick"):
                yield time.monotonic(), float(said)

        ways: dict[str, Callable[[int, int], Iterator[Read]]] = {
            "wire": by_wire,
            "gradio_client": by_client,
        }
        for way in ways.values():
            list(way(20, 5))  # warm up
        errors: dict[tuple[int, str], list[float]] = {}
        for _ in range(arguments.rounds):
            for step in STEPS:
                count = round(1000 * SECONDS / step)
                for name, way in ways.items():
                    late = [at - given for at, given in way(step, count)]
                    errors.setdefault((step, name), []).extend(late)
    show(errors, arguments.rounds)


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=3)
    return parser.parse_args()


def show(errors: dict[tuple[int, str], list[float]], rounds: int) -> None:
    print(
        f"Gradio {gradio.__version__}, gradio_client {gradio_client.__version__}, "
        f"Python {platform.python_version()}, {os.cpu_count()} cores, {sys.platform}; "
        f"{rounds} rounds of {SECONDS:g} s each"
    )
    columns = f"{'outputs':>8}{'median':>10}{'p99':>10}{'ratio':>8}"
    print(f"\n{'an output every':<17}{'read by':<15}{columns}")
    for (step, name), late in errors.items():
        median, p99 = statistics.median(late), percentile(late, 99)
        ratio = median / statistics.median(errors[step, "wire"])
        print(
            f"{step:>4} ms{'':<10}{name:<15}{len(late):>8}"
            f"{1000 * median:>7.2f} ms{1000 * p99:>7.2f} ms{ratio:>8.1f}"
        )


if __name__ == "__main__":
    main()
