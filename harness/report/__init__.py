"""Reports: what one `Run` looks like to a machine, to a reader and to a CI job page.

`write` makes three files from a run and from nothing else (no clock, no chance, no network, so
the same run gives the same bytes), and beside them a folder for each finding that can be shown
again. Jinja2 is loaded when it is called, never before: pytest imports this package in every
session of the environment.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from .. import replays
from ..run import Run

__all__ = ["FORMATS", "why_not_writable", "write", "write_one"]

#: How the files that `write_one` makes may end.
FORMATS = (".html", ".json", ".md")


def write(run: Run, folder: Path, *, home: Path | None = None) -> Path:
    """Write results.json, summary.md, index.html and `replays`; return the path of index.html.

    *folder* is made if need be; *home* is the one in which the run's target was named. Each file
    replaces its predecessor at once and whole, and the one that machines read comes first, so
    that it is there whatever befalls the others.
    """
    from . import page, results, summary

    folder.mkdir(parents=True, exist_ok=True)
    _replace(folder / "results.json", results.render(run))
    _replace(folder / "summary.md", summary.render(run).encode())
    index = folder / "index.html"
    _replace(index, page.render(run).encode())
    replays.write(run.findings, folder, target=run.target, home=home or Path.cwd())
    return index


def write_one(run: Run, path: Path) -> Path:
    """Write the page, the results or the summary, as *path* ends, and return it."""
    from . import page, results, summary

    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".html":
        content = page.render(run, alone=True).encode()
    else:
        content = results.render(run) if path.suffix == ".json" else summary.render(run).encode()
    _replace(path, content)
    return path


def why_not_writable(folder: Path) -> str:
    """Return why no report can be written into *folder*, "" if one can; nothing is left there.

    Tried, not asked for: what root may do by its rights, a file system may refuse.
    """
    there = next(place for place in (folder, *folder.parents) if os.path.lexists(place))
    try:
        with tempfile.TemporaryFile(dir=there):
            return ""
    except OSError as error:
        return f"{there}: {error.strerror}"


def _replace(path: Path, content: bytes) -> None:
    """Put *content* at *path*; a reader sees the old file or the new one, never a part."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_bytes(content)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
