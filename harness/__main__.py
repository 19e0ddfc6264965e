"""``python -m gradio_harness report A.json B.json -o index.html``: one report of several runs."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from . import report
from .errors import ResultsError
from .merging import merge, read
from .report.text import visible
from .run import Run

__all__ = ["main"]

REPORT = """\
Make one report of the results of several runs of one app: shards, machines, versions.
Of one results.json it makes the same report again."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; return 0, or 2 for what cannot be done."""
    parser = _parser()
    given = parser.parse_args(arguments)
    try:
        run = merge(_runs(given.results))
        written = _write(run, Path(given.output))
    except ResultsError as error:
        parser.exit(2, f"{parser.prog} report: {visible(str(error))}\n")
    except OSError as error:
        parser.exit(2, f"{parser.prog} report: {error.filename}: {error.strerror}\n")
    print(visible(run.verdict))
    print(f"report: {written}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m gradio_harness")
    commands = parser.add_subparsers(dest="command", required=True, metavar="report")
    command = commands.add_parser("report", help="one report of several runs", description=REPORT)
    command.add_argument(
        "results", nargs="+", metavar="RESULTS", help="a results.json, or the folder of a report"
    )
    command.add_argument(
        "-o",
        "--output",
        default="reports/merged",
        metavar="PATH",
        help="a folder for index.html, results.json, summary.md and replays/ (default "
        "%(default)s), or one file that ends in .html, .json or .md",
    )
    return parser


def _runs(names: Sequence[str]) -> dict[str, Run]:
    """Return the runs by what tells their files' names apart."""
    paths = list(map(Path, names))
    twice = next((path for path in paths if paths.count(path) > 1), None)
    if twice is not None:
        raise ResultsError(f"{twice} is named twice: its calls would count twice.")
    common = Path(os.path.commonpath([path.absolute().parent for path in paths]))
    return {str(path.absolute().relative_to(common)): read(path) for path in paths}


def _write(run: Run, output: Path) -> Path:
    """Write the report and return where it is."""
    if output.suffix in report.FORMATS and not output.is_dir():
        return report.write_one(run, output)
    return report.write(run, output)


if __name__ == "__main__":
    sys.exit(main())
