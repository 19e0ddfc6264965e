"""Whether the harness's memory stays flat: `python bench/memory.py`.

An exploration of one trivial event that goes on for ten thousand calls, with the app in this
process; after every tenth of it, the memory of the process and what Python's own allocator says.
What is shown is the slope over the second half.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import platform
import statistics
import sys
import tracemalloc
from pathlib import Path

import gradio

from gradio_harness.app import launch
from gradio_harness.drivers.direct import Direct
from gradio_harness.drivers.wire import Wire
from gradio_harness.exploring.exploration import Budget
from gradio_harness.exploring.explore import PHASES, Explorer
from gradio_harness.plan import plan
from gradio_harness.target import parse

HERE = Path(__file__).parent
TENTHS = 10


def main() -> None:
    """Print a line after every tenth, and the slope."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--trace", action="store_true", help="say which lines allocate")
    arguments = parser.parse_args()
    with contextlib.ExitStack() as stack:
        app = stack.enter_context(launch(parse("trivial.py", HERE), folder=HERE))
        wire = stack.enter_context(Wire(app))
        direct = Direct(app, wire)
        drawing = [phase for phase in PHASES if phase.run.__name__ in ("suggested", "drawn")]
        points: list[tuple[int, float]] = []
        calls = 0
        before = None
        for tenth in range(TENTHS):
            while calls < arguments.cases * (tenth + 1) // TENTHS:
                budget = Budget(examples=200, seconds=60.0, own=0, shrink_seconds=1.0)
                explorer = Explorer(
                    app,
                    wire,
                    plan(app.contract),
                    direct=direct,
                    budget=budget,
                    seed=calls,
                    phases=drawing,
                )
                calls += explorer.explore(app.contract.event("greet")).cases
            gc.collect()
            points.append((calls, resident_kib()))
            print(f"{calls:>7} calls  {points[-1][1]:>9.0f} KiB resident", flush=True)
            if arguments.trace and tenth == TENTHS // 2 - 1:
                tracemalloc.start(4)
                before = tracemalloc.take_snapshot()
        half = points[TENTHS // 2 - 1 :]
        slope = statistics.linear_regression(*zip(*half, strict=True)).slope
        print(
            f"\nGradio {gradio.__version__}, Python {platform.python_version()}, {sys.platform}: "
            f"{slope * 1024:.0f} bytes a call over the second half"
        )
        if before is not None:
            for line in tracemalloc.take_snapshot().compare_to(before, "lineno")[:12]:
                print(line)


def resident_kib() -> float:
    """Return what the process holds in memory (Linux)."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return float(line.split()[1])
    return 0.0


if __name__ == "__main__":
    main()
