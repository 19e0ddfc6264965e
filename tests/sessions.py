"""One pytest session about an app, run in a process of its own as a user runs it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import Any

APPS = Path(__file__).resolve().parent.parent / "fixtures" / "apps"
TWINS = APPS / "twins"
SUITES = "gradio_harness/suites"

#: Enough to find what is planted, and little else.
BRIEF = ("--app-profile", "quick", "--app-calls", "16", "--app-suites", "api,streaming")

#: What an outer session says to its own tests, and not to those of the project under test. On a
#: CI server pytest does not cut the lines of its summary to the width of a terminal.
OUTER = ("PYTEST_", "GRADIO_", "COV_", "COVERAGE_", "PY_COLORS", "FORCE_COLOR")
SERVER = ("CI", "BUILD_NUMBER")


@dataclass(frozen=True)
class Session:
    """How a session ended, what it printed and where it ran."""

    code: int
    out: str
    folder: Path

    @property
    def report(self) -> dict[str, Any]:
        """What `results.json` holds; empty where none was written."""
        path = self.folder / "reports" / "latest" / "results.json"
        return json.loads(path.read_text("utf-8")) if path.is_file() else {}

    @property
    def findings(self) -> list[tuple[str, str]]:
        """Check and event of every finding."""
        return [(f["check"], f["endpoint"]) for f in self.report["findings"]]

    @property
    def ran(self) -> dict[str, str]:
        """Outcome by node id, of a session with ``-v``."""
        found = re.findall(r"^(\S.*?::.*?) (PASSED|FAILED|SKIPPED|ERROR)", self.out, re.M)
        return {name: outcome.lower() for name, outcome in found}

    @property
    def collected(self) -> list[str]:
        """The node ids of a session with ``--collect-only -q``."""
        return [line for line in self.out.splitlines() if "::" in line and " - " not in line]

    def block(self, title: str) -> str:
        """Return what is printed under *title*, up to the next one."""
        found = re.search(
            rf"^_+ {re.escape(title)} _+$\n(.*?)(?=^[_=-]{{6,}})", self.out, re.M | re.S
        )
        return found.group(1) if found else ""


def project(folder: Path, app: str | Path, files: Mapping[str, str] | None = None) -> Path:
    """Return *folder*, made, with *app* (source or a file) as app.py and further *files*."""
    folder.mkdir(parents=True, exist_ok=True)
    if isinstance(app, Path):
        shutil.copy(app, folder / "app.py")
    else:
        (folder / "app.py").write_text(dedent(app), "utf-8")
    for name, text in (files or {}).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text), "utf-8")
    return folder


def environment(folder: Path, **more: str) -> dict[str, str]:
    """Return this process's environment without what concerns only itself.

    Temporary files go into a folder beside *folder*, where a test can count them.
    """
    temporary = folder.parent / f"{folder.name}-tmp"
    temporary.mkdir(exist_ok=True)
    kept = {k: v for k, v in os.environ.items() if not k.startswith(OUTER) and k not in SERVER}
    return {**kept, "TMPDIR": str(temporary), "COLUMNS": "120", **more}


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "pytest", *arguments]


def run(folder: Path, *arguments: str, seconds: float = 180, **more: str) -> Session:
    """Run ``pytest`` with *arguments* in *folder*; fails where it takes longer than *seconds*."""
    done = subprocess.run(
        command(*arguments),
        cwd=folder,
        env=environment(folder, **more),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=seconds,
        text=True,
        errors="replace",
    )
    return Session(done.returncode, done.stdout, folder)


def processes(marker: str) -> Iterator[int]:
    """Yield the ids of the processes that have *marker* in their environment (Linux only)."""
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if marker.encode() in (entry / "environ").read_bytes():
                yield int(entry.name)
        except OSError:
            continue


def left(folder: Path) -> list[str]:
    """Return the harness's temporary folders that are still there after a run in *folder*."""
    return sorted(p.name for p in (folder.parent / f"{folder.name}-tmp").glob("gradio-harness*"))
