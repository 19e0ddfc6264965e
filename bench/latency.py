"""In which slice of a call an injected sleep is found: `python bench/latency.py`.

An app in a child process sleeps in a component, in its function, or lets a visitor wait in the
queue behind another. Each way has its turn in every round; the table shows medians over the
rounds, as a ratio of the sleep, and what Gradio's own profiling says of the same calls (6.x).
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

import gradio

from gradio_harness.app import App
from gradio_harness.child import child
from gradio_harness.drivers.wire import Wire
from gradio_harness.latency import slices
from gradio_harness.observation import Call, Observation
from gradio_harness.target import parse

APPS = Path(__file__).resolve().parent.parent / "fixtures" / "apps"
#: What the app sleeps.
SECONDS = 0.3
STEPS = ("preprocess", "function", "postprocess")
#: What Gradio's profiling calls each slice.
PROFILED = {
    "queue": "queue_wait_ms",
    "preprocess": "preprocess_ms",
    "function": "fn_call_ms",
    "postprocess": "postprocess_ms",
}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=10)
    rounds = parser.parse_args().rounds
    target = parse("sleeps.py", APPS)
    with (
        child(target, folder=APPS, environment={"GRADIO_PROFILING": "1"}) as app,
        Wire(app) as wire,
    ):
        event = app.contract.event("work")

        def work(step: str) -> Observation:
            return wire.call(Call(event.label, event.index, (step,)))

        work("nowhere")
        seen: dict[str, list[Observation]] = {name: [] for name in (*STEPS, "queue")}
        for _ in range(rounds):
            for step in STEPS:
                seen[step].append(work(step))
            seen["queue"].append(second(work))
        show(seen, traces(app))


def second(work: object) -> Observation:
    """Return the call of the visitor who waits, of two who come at the same moment."""
    assert callable(work)
    found: list[Observation] = []
    visitors = [threading.Thread(target=lambda: found.append(work("function"))) for _ in range(2)]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join()
    return max(found, key=lambda one: one.ended)


def traces(app: App) -> Mapping[str, Mapping[str, float]]:
    """Return what Gradio's own profiling has of each call; nothing where it has none."""
    with app.http() as http:
        answer = http.get(f"{app.url}{app.contract.prefix}/profiling/traces")
    rows = answer.json() if answer.status_code == 200 else []
    rows = rows.get("traces", []) if isinstance(rows, dict) else rows
    return {row["event_id"]: row for row in rows}


def show(
    seen: Mapping[str, Sequence[Observation]], known: Mapping[str, Mapping[str, float]]
) -> None:
    """Print a row for each place, *known* being what Gradio says of a call by its id."""
    print(
        f"Gradio {gradio.__version__}, Python {platform.python_version()}, {os.cpu_count()} cores, "
        f"{sys.platform}; {len(seen['queue'])} rounds, a sleep of {SECONDS * 1000:g} ms"
    )
    print(f"\n{'slept in':<14}{'its slice':>12}{'ratio':>8}{'Gradio says':>13}{'all others':>12}")
    for name, calls in seen.items():
        parts = [slices(one) for one in calls]
        own = statistics.median(part[name] for part in parts)
        waits = SECONDS if name == "queue" else 0.0  # who waited sleeps as well
        rest = statistics.median(sum(part.values()) - part[name] - waits for part in parts)
        said = [known[one.event_id][PROFILED[name]] for one in calls if one.event_id in known]
        gradios = f"{statistics.median(said):.1f} ms" if said else "-"
        print(
            f"{name:<14}{own * 1000:>9.1f} ms{own / SECONDS:>8.3f}{gradios:>13}"
            f"{rest * 1000:>9.1f} ms"
        )


if __name__ == "__main__":
    main()
