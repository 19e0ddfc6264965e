"""How often `--app-against` is wrong about latency, and how often it finds a fifth more.

    python bench/against.py DIR [--same 200] [--slower 120] [--seconds 600]

Two apps with two endpoints of 20 ms, one that computes and one that sleeps. For each comparison
both are started anew, in processes of their own, and held against each other as a run does. `same`
compares an app with itself, `slower` with one that takes a fifth longer. Each adds a line to
DIR/comparisons.jsonl, so it may be stopped and goes on; at the end the figures are printed, and
beside them what a stored baseline and a fixed threshold would have said of the same calls.
"""

from __future__ import annotations

import argparse
import importlib
import json
import platform
import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from gradio_harness.against.pace import Pace, paced
from gradio_harness.against.sides import Asked, Side, Sides
from gradio_harness.child import Zygote, child
from gradio_harness.contract import Event
from gradio_harness.observation import Observation
from gradio_harness.rows import Skipped
from gradio_harness.target import parse
from gradio_harness.visit import Visit

APP = """
import time
import gradio as gr

def busy(n):
    total = 0
    for i in range({loops}):
        total += i * i
    return n

def nap(n):
    time.sleep({seconds})
    return n

with gr.Blocks() as demo:
    n = gr.Number(1)
    gr.Button("Busy").click(busy, n, gr.Number())
    gr.Button("Nap").click(nap, n, gr.Number())
demo.launch()
"""
ENDPOINTS = ("busy", "nap")
SECONDS = 0.02
MORE = 1.2
#: What a naive check allows, over what it has stored.
THRESHOLDS = (1.1, 1.2)


class Clocked(Side):
    """A side that keeps how long each call took from end to end, as a client sees it."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.whole: list[float] = []

    def again(self, page: Visit, event: Event) -> list[Observation]:
        """Return what another visitor sees; the time is kept."""
        seen = super().again(page, event)
        self.whole += [observation.seconds for observation in seen[:1]]
        return seen


def loops(folder: Path) -> int:
    """Return how many turns take 20 ms of a processor's time here; measured once."""
    file = folder / "loops.txt"
    if not file.is_file():
        times = []
        for _ in range(15):
            begun = time.thread_time()
            total = 0
            for i in range(200_000):
                total += i * i
            times.append(time.thread_time() - begun)
        file.write_text(str(round(200_000 * SECONDS / statistics.median(times))))
    return int(file.read_text())


def compared(zygote: Zygote | None, folder: Path, kind: str, endpoint: str, seed: int) -> Any:
    """Return what one comparison says, with both apps started for it."""
    names = ("older", "older" if kind == "same" else "newer")
    first, second = (
        Clocked(name, child(parse(f"{name}.py", folder), folder=folder, zygote=zygote))
        for name in names
    )
    with Sides(first, second) as sides:
        begun = time.monotonic()
        found = paced(sides, endpoint, Asked("as it opens"), seconds=20.0, seed=seed)
        seconds = time.monotonic() - begun
    assert isinstance(found, Pace), found if isinstance(found, Skipped) else ""
    row = found.row("", endpoint)
    return {
        "kind": kind,
        "endpoint": endpoint,
        "verdict": row.verdict,
        "measure": row.measure,
        "rounds": row.rounds,
        "ratio": row.ratio,
        "low": row.low,
        "high": row.high,
        "seconds": seconds,
        "older_whole": statistics.median(first.whole),
        "newer_whole": statistics.median(second.whole),
    }


def wanted(done: Sequence[Mapping[str, Any]], same: int, slower: int) -> Iterator[tuple[str, str]]:
    """Yield the comparisons that are still to be made, kinds and endpoints in turns."""
    left = {
        (kind, endpoint): number // len(ENDPOINTS)
        - sum((row["kind"], row["endpoint"]) == (kind, endpoint) for row in done)
        for kind, number in (("same", same), ("slower", slower))
        for endpoint in ENDPOINTS
    }
    while any(number > 0 for number in left.values()):
        for key in left:
            if left[key] > 0:
                left[key] -= 1
                yield key


def table(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the figures, a line of a table each."""
    yield "| apps | endpoint | made | slower | same | inconclusive | rounds | > 1.1 | > 1.2 |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for kind in ("same", "slower"):
        for endpoint in ENDPOINTS:
            some = [r for r in rows if (r["kind"], r["endpoint"]) == (kind, endpoint)]
            if not some:
                continue
            words = [row["verdict"] for row in some]
            stored = next(r["older_whole"] for r in rows if r["endpoint"] == endpoint)
            naive = [
                sum(row["newer_whole"] > limit * stored for row in some) for limit in THRESHOLDS
            ]
            counts = [words.count(word) for word in ("slower", "same", "inconclusive")]
            rounds = statistics.median(row["rounds"] for row in some)
            yield (
                f"| {kind} | {endpoint} | {len(some)} | "
                + " | ".join(map(str, [*counts, f"{rounds:g}", *naive]))
                + " |"
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--same", type=int, default=200)
    parser.add_argument("--slower", type=int, default=120)
    parser.add_argument("--seconds", type=float, default=1e9, help="stop after these")
    options = parser.parse_args()
    folder = options.folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    number = loops(folder)
    for name, factor in (("older", 1.0), ("newer", MORE)):
        text = APP.format(loops=round(number * factor), seconds=SECONDS * factor)
        (folder / f"{name}.py").write_text(text)
    log = folder / "comparisons.jsonl"
    log.touch()
    rows = [json.loads(line) for line in log.read_text().splitlines()]
    gradio = importlib.import_module("gradio")
    zygote = Zygote.start()
    limit = time.monotonic() + options.seconds
    for kind, endpoint in wanted(rows, options.same, options.slower):
        if time.monotonic() > limit:
            break
        rows.append(compared(zygote, folder, kind, endpoint, len(rows)))
        with log.open("a") as file:
            file.write(json.dumps(rows[-1]) + "\n")
    if zygote is not None:
        zygote.close()
    print(f"Gradio {gradio.__version__}, Python {platform.python_version()}, {platform.platform()}")
    print("\n".join(table(rows)))


if __name__ == "__main__":
    main()
