"""Run the harness over Gradio's own demos and write docs/demos.md: `make demos DEMOS=FOLDER`.

FOLDER is the `demo` folder of a checkout of Gradio; each demo is copied before it is run.
What a person says of each finding is kept in docs/demos.toml by demo and finding id, so that a
new run keeps it, and a finding that nobody has read stands out. Exit code 1 as long as there
is such a finding, or an error that was judged to be a false alarm.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
JUDGEMENTS = HERE / "demos.toml"
PAGE = HERE / "demos.md"
SECONDS = 600
UNREAD = "**not read yet**"

HEAD = """# What it finds in Gradio's own demos

Every finding of `pytest --app run.py --app-only --app-profile {profile} --app-suites {suites}
--app-seed {seed}` on demos of Gradio's repository (names a to m) that start here without network,
model weights or a graphics card, and what a person who read the source says of each. Made by
`make demos DEMOS=path/to/gradio/demo` from a real run; the judgements are in
[demos.toml](demos.toml).

Gradio {gradio}, gradio-harness {harness}, Python {python}. {demos} demos ran: {clean} with no
finding, {errors} errors and {warnings} warnings in the others, {false} of the errors judged to be
false alarms. {calls:,} calls, {queued:,} of them over the queue.
"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One demo: its results.json, or in words why there is none."""

    name: str
    run: dict[str, Any] | None
    why: str = ""


def main() -> int:
    """Run the demos, write the page, say what is left to be read."""
    arguments = options()
    judged = tomllib.loads(JUDGEMENTS.read_text("utf-8")) if JUDGEMENTS.exists() else {}
    names = arguments.names or judged.get("demos") or sorted(found(arguments.folder))
    print(f"{len(names)} demos, {arguments.jobs} at a time", flush=True)
    with tempfile.TemporaryDirectory() as scratch:
        kept = Path(arguments.keep or scratch)

        def one(name: str) -> Outcome:
            outcome = ran(arguments, name, kept / name)
            print(f"{name}: {outcome.run['verdict'] if outcome.run else outcome.why}", flush=True)
            return outcome

        with ThreadPoolExecutor(arguments.jobs) as pool:
            outcomes = list(pool.map(one, names))
    words = judged.get("judgements", {})
    PAGE.write_text(page(outcomes, words, arguments), encoding="utf-8")
    unread = [key for key, finding in listed(outcomes) if key not in words]
    wrong = [
        key
        for key, finding in listed(outcomes)
        if finding["severity"] == "error" and words.get(key, "").startswith("False")
    ]
    for key in unread:
        print(f"not read yet: {key}")
    for key in wrong:
        print(f"false alarm: {key}")
    return 1 if unread or wrong else 0


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path, help="the demo folder of a checkout of Gradio")
    parser.add_argument("names", nargs="*", help="demos to run (default: those in demos.toml)")
    parser.add_argument("--profile", default="quick")
    parser.add_argument("--suites", default="api,streaming,sessions")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=max(1, (os.cpu_count() or 2) // 2))
    parser.add_argument("--keep", help="keep each demo's report and output in this folder")
    return parser.parse_args()


def found(folder: Path) -> Iterator[str]:
    """Yield the demos from a to m."""
    for path in folder.glob("*/run.py"):
        if path.parent.name[0].lower() <= "m":
            yield path.parent.name


def ran(arguments: argparse.Namespace, name: str, kept: Path) -> Outcome:
    """Return what came of one demo, run on a copy of its folder."""
    copy, report = kept / "app", kept / "report"
    if not (arguments.folder / name / "run.py").exists():
        return Outcome(name, None, "there is no such demo")
    shutil.rmtree(kept, ignore_errors=True)
    shutil.copytree(arguments.folder / name, copy)
    command = [
        *(sys.executable, "-m", "pytest", "--app", "run.py", "--app-only", "-q"),
        *("-p", "no:cacheprovider", "--app-profile", arguments.profile),
        *("--app-suites", arguments.suites, "--app-seed", str(arguments.seed)),
        *("--app-timeout", "15", "--app-report", str(report)),
    ]
    try:
        done = subprocess.run(
            command, cwd=copy, capture_output=True, text=True, errors="replace", timeout=SECONDS
        )
    except subprocess.TimeoutExpired:
        return Outcome(name, None, f"did not end within {SECONDS} s")
    (kept / "output.txt").write_text(done.stdout + done.stderr, encoding="utf-8")
    if done.returncode in (0, 1) and (report / "results.json").exists():
        return Outcome(name, json.loads((report / "results.json").read_text("utf-8")))
    said = re.findall(r"^(?:ERROR|[\w.]*Error): .*|^ModuleNotFound.*", done.stderr, re.MULTILINE)
    last = (said or done.stderr.strip().splitlines() or ["no output"])[-1]
    return Outcome(name, None, f"not run (exit {done.returncode}): {last[:160]}")


def listed(outcomes: Sequence[Outcome]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every finding with the key of its judgement."""
    for outcome in outcomes:
        for finding in (outcome.run or {}).get("findings", ()):
            yield f"{outcome.name}/{finding['id']}", finding


def page(outcomes: Sequence[Outcome], words: dict[str, str], arguments: argparse.Namespace) -> str:
    """Return docs/demos.md."""
    runs = [outcome.run for outcome in outcomes if outcome.run is not None]
    told = list(listed(outcomes))
    versions = runs[0]["versions"] if runs else {}
    grave = [key for key, finding in told if finding["severity"] == "error"]
    text = HEAD.format(
        profile=arguments.profile,
        suites=arguments.suites,
        seed=arguments.seed,
        gradio=versions.get("gradio", "?"),
        harness=versions.get("gradio-harness", "?"),
        python=versions.get("python", "?"),
        demos=len(runs),
        clean=sum(not run["findings"] for run in runs),
        errors=len(grave),
        warnings=sum(finding["severity"] == "warning" for _, finding in told),
        false=sum(words.get(key, "").startswith("False") for key in grave),
        calls=sum(suite["cases"] for run in runs for suite in run["suites"]),
        queued=sum(suite["queued_cases"] for run in runs for suite in run["suites"]),
    )
    text += "\n| demo | event | check | finding | input | judgement |\n|---|---|---|---|---|---|\n"
    for key, finding in told:
        demo = key.partition("/")[0]
        row = (
            f"`{demo}`",
            cell(finding["endpoint"], 40),
            f"{finding['severity']} `{finding['check']}`",
            cell(finding["title"], 120),
            cell(finding["input"], 80),
            words.get(key, UNREAD).replace("|", "\\|"),
        )
        text += f"| {' | '.join(row)} |\n"
    silent = ", ".join(f"`{o.name}`" for o in outcomes if o.run and not o.run["findings"])
    text += f"\n**No finding:** {silent}.\n"
    left = [outcome for outcome in outcomes if outcome.run is None]
    if left:
        text += "\n**Not run:**\n\n"
        text += "".join(f"- `{outcome.name}`: {cell(outcome.why, 170)}\n" for outcome in left)
    return text


def cell(text: str, most: int) -> str:
    """Return *text* for one cell of a table: one line, not too long, as code."""
    line = re.sub(r"/[^\s'\"]*/app/", "", " ".join(text.split()))  # where the copy lay
    line = line.replace("|", "\\|").replace("`", "'")
    return f"`{line if len(line) <= most else line[: most - 1] + '…'}`" if line else ""


if __name__ == "__main__":
    sys.exit(main())
