"""What finds bugs behind conditions: drawing, `hypothesis.target`, or inputs made from inputs?

Each small app of bench/mazes has bugs that only some inputs reach (the lines with ``# bug``).
Each method gets the same calls of each app, with the same seeds, one method after the other
for each seed: `drawn` is what every profile does, `target` the same with Hypothesis told to
reach as many lines as it can, `guided` half drawn, half made from what reached new lines.

    python bench/coverage.py [--seeds 10] [--calls 200] [APP ...]
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import functools
import io
import logging
import math
import os
import random
import statistics
import sys
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from gradio_harness.app import App, launch
from gradio_harness.clues import clues, source
from gradio_harness.coverage import Coverage
from gradio_harness.drivers.direct import Direct
from gradio_harness.drivers.wire import Wire
from gradio_harness.exploring import phases
from gradio_harness.exploring.corpus import Corpus
from gradio_harness.exploring.exploration import Budget
from gradio_harness.exploring.memory import Memory
from gradio_harness.exploring.search import Search, Stop
from gradio_harness.plan import plan
from gradio_harness.reproduce import Case
from gradio_harness.target import parse

MAZES = Path(__file__).parent / "mazes"


def drawn(search: Search, corpus: Corpus) -> None:
    """Draw all."""
    phases.drawn(search)


def target(search: Search, corpus: Corpus) -> None:
    """Draw all, and let Hypothesis climb towards cases that run many lines."""
    import hypothesis
    from hypothesis import HealthCheck, Phase, settings

    reached = 0

    def take(case: Case) -> None:
        nonlocal reached
        reached = len({(code, line) for (code, _, line), _ in corpus.coverage.taken().steps})

    search.tried = take

    def example(case: Case) -> None:
        if search.allowed(case):
            search.try_(case)
            hypothesis.target(float(reached))

    run = settings(
        max_examples=search.budget.examples,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.target),
        suppress_health_check=list(HealthCheck),
        verbosity=hypothesis.Verbosity.quiet,
    )
    given = hypothesis.given(phases._cases(search))(example)
    run(hypothesis.seed(search.seed)(given))()


def guided(search: Search, corpus: Corpus) -> None:
    """Draw half, then make inputs from those that reached something."""
    whole = search.budget
    search.budget = dataclasses.replace(whole, calls=whole.calls and whole.calls // 2)
    with contextlib.suppress(Stop):
        phases.drawn(search)
    search.budget = dataclasses.replace(whole, examples=10 * whole.examples)
    corpus.guided(search)


METHODS: dict[str, Callable[[Search, Corpus], None]] = {
    "drawn": drawn,
    "target": target,
    "guided": guided,
}


def searched(app: App, wire: Wire, direct: Direct, method: str, seed: int, calls: int):
    """Return the bugs that one search found, and the part of the lines that it ran."""
    chosen = plan(app.contract)
    (event,) = chosen.roots
    coverage = Coverage(app.probe.roots)
    corpus = Corpus(coverage)
    budget = Budget(calls, 1e6, 0, 1e6, calls=calls)
    known = source([event.function.file], [app.folder])
    search = Search(
        app,
        wire,
        chosen,
        event,
        clues=clues(app.contract, event, known),
        direct=direct,
        memory=Memory(None, ""),
        budget=budget,
        seed=seed,
        before=lambda root, event, words, script: None,
        after=lambda: None,
    )
    search.tried = corpus.take
    with coverage.watching(app.blocks):
        for phase in (phases.suggested, functools.partial(METHODS[method], corpus=corpus)):
            with contextlib.suppress(Stop):
                phase(search)
    search.downloads.close()
    row = coverage.row(event.label, [event.function], str(app.folder))
    bugs = {d.finding.location for d in search.defects.values() if d.finding.location}
    return len(bugs), row.reached / row.lines, search.calls


def interval(values: list[float]) -> tuple[float, float]:
    """Return the 95 % interval of the mean, by bootstrap."""
    dice = random.Random(1)
    means = sorted(statistics.fmean(dice.choices(values, k=len(values))) for _ in range(2000))
    return means[50], means[1949]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("apps", nargs="*")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--calls", type=int, default=200)
    given = parser.parse_args()
    logging.disable(logging.CRITICAL)
    names = given.apps or sorted(path.stem for path in MAZES.glob("*.py"))
    bugs: dict[str, dict[str, list[float]]] = {n: defaultdict(list) for n in names}
    lines: dict[str, list[float]] = defaultdict(list)
    planted = {}
    for name in names:
        planted[name] = (MAZES / f"{name}.py").read_text("utf-8").count("# bug")
        hushed = io.StringIO()
        with contextlib.redirect_stdout(hushed), contextlib.redirect_stderr(hushed):
            app = launch(parse(f"{name}.py", MAZES), folder=MAZES, timeout_seconds=60)
            with app, Wire(app) as wire:
                direct = Direct(app, wire)
                for seed in range(given.seeds):
                    for method in METHODS:
                        found, reached, _ = searched(app, wire, direct, method, seed, given.calls)
                        bugs[name][method].append(found)
                        lines[method].append(100 * reached)
        told = "  ".join(f"{m} {statistics.fmean(bugs[name][m]):.1f}" for m in METHODS)
        print(f"{name}: {told} of {planted[name]}", file=sys.stderr, flush=True)
    print(table(names, planted, bugs, lines, given.seeds, given.calls))


def table(names, planted, bugs, lines, seeds, calls) -> str:
    """Return the results in Markdown."""
    rows = [f"| app | planted | {' | '.join(METHODS)} |", "|---|---|" + "---|" * len(METHODS)]
    for name in names:
        cells = [f"{statistics.fmean(bugs[name][m]):.1f}" for m in METHODS]
        rows.append(f"| {name} | {planted[name]} | {' | '.join(cells)} |")
    sums = {m: [sum(bugs[n][m][s] for n in names) for s in range(seeds)] for m in METHODS}
    cells = [f"{statistics.fmean(sums[m]):.1f} ({_span(sums[m])})" for m in METHODS]
    rows.append(f"| all, with its 95 % interval | {sum(planted.values())} | {' | '.join(cells)} |")
    thousands = len(names) * calls / 1000
    cells = [f"{statistics.fmean(sums[m]) / thousands:.1f}" for m in METHODS]
    rows.append(f"| bugs in 1,000 calls | | {' | '.join(cells)} |")
    cells = [f"{statistics.fmean(lines[m]):.0f} % ({_span(lines[m])})" for m in METHODS]
    rows.append(f"| lines reached | | {' | '.join(cells)} |")
    head = f"Bugs found in {calls} calls of each app, the mean of {seeds} seeds.\n"
    return "\n".join([head, *rows])


def _span(values: list[float]) -> str:
    low, high = interval(values)
    return f"{low:.1f} to {high:.1f}" if not math.isnan(low) else "?"


if __name__ == "__main__":
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    main()
