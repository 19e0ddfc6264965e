"""Environments of their own, made by uv and kept: another Gradio, other requirements.

    python = environment(["gradio==5.49.1"])

Only what differs is in them. What the app needs besides is found in the environment in which the
harness runs: it stands last on the path of the process.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from ..errors import OptionError
from .requirements import needed

__all__ = ["environment"]

#: What versions of Gradio need and do not say: without it they answer 500.
PINS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        r"4\.",
        (
            *("starlette<0.38", "fastapi<0.113", "pydantic<2.11"),
            *("huggingface_hub<0.26", "numpy<2"),
        ),
    ),
    (r"5\.([0-9]|[12][0-9]|3[01])(\.|$)", ("starlette<0.47", "fastapi<0.116")),
)


def environment(requirements: Sequence[str] = (), *, files: Sequence[Path] = ()) -> str:
    """Return the Python of an environment with these *requirements* and those of *files*.

    Raises OptionError with the next step where it cannot be made.
    """
    wanted = [*requirements, *_pins(requirements)]
    content = "\0".join([sys.version, sys.prefix, *wanted, *needed(files)])
    name = re.sub(r"[^\w.]+", "-", "-".join(requirements)) or "requirements"
    folder = _cache() / f"{name}-{hashlib.sha256(content.encode()).hexdigest()[:12]}"
    python = folder / "bin" / "python"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with open(f"{folder}.lock", "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the workers of pytest-xdist want it at the same time
        if not (folder / "made").is_file():
            files_of = [part for file in files for part in ("-r", str(file))]
            _make(folder, python, [*wanted, *files_of])
            _add_this_one(folder)
            (folder / "made").touch()
    return str(python)


def _make(folder: Path, python: Path, wanted: Sequence[str]) -> None:
    uv = shutil.which("uv")
    if uv is None:
        raise OptionError(
            "--app-against needs uv to make an environment beside this one, and there is none. "
            "Type: pip install uv"
        )
    _run(uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(folder))
    _run(uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", str(python), *wanted)


def _add_this_one(folder: Path) -> None:
    """Have packages that are not in *folder* looked for in the environment of this process."""
    ours = [entry for entry in sys.path if entry.endswith(("site-packages", "dist-packages"))]
    lines = [f"import site; site.addsitedir({entry!r})\n" for entry in ours]
    for packages in (folder / "lib").glob("python*/site-packages"):
        (packages / "zz_gradio_harness.pth").write_text("".join(lines), encoding="utf-8")


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, errors="replace")
    if done.returncode:
        said = " ".join(done.stderr.split())[-600:]
        raise OptionError(
            f"--app-against: uv could not make the environment ({' '.join(command[1:3])}). It "
            f"says: {said}. Is the version right, and the package index within reach?"
        )


def _pins(requirements: Sequence[str]) -> list[str]:
    versions = [text.removeprefix("gradio==") for text in requirements]
    return [pin for known, pins in PINS for v in versions if re.match(known, v) for pin in pins]


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "gradio-harness" / "environments"
