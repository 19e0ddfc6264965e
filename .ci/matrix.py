"""The tests that depend on Gradio, on each version we support: `make matrix`.

Each version has its own environment in .venvs, made once and again when what goes into it
changes. Arguments that name versions choose those, all others are pytest's. Ends with a table;
exits 1 if any version fails.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from gradio_harness.browsers import find

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".venvs"

#: Gradio 4 does not say which newer versions of its own dependencies it breaks with.
WITH_4 = (
    "fastapi<0.113",
    "starlette<0.38",
    "pydantic==2.10.*",
    "huggingface_hub<0.26",
    "numpy<2",
)
VERSIONS = {
    "4.44.1": ("gradio==4.44.1", *WITH_4),
    "5.49.1": ("gradio==5.49.1",),
    "6": ("gradio>=6,<7",),
}
TESTS = (
    *("target", "app", "contract", "probe", "wire", "client"),
    *("strategies", "visit", "twins", "whole", "advisories"),
)


def main() -> int:
    find()  # says in words what to do if there is none
    chosen = [name for name in VERSIONS if name in sys.argv[1:]] or list(VERSIONS)
    rows = [tested(name, VERSIONS[name]) for name in chosen]
    print(f"\n{'Gradio':<10}{'passed':>8}{'failed':>8}{'skipped':>9}{'seconds':>9}")
    for gradio, counts, seconds, code in rows:
        passed, failed, skipped = counts
        note = "" if code == 0 else f"   pytest ended with {code}"
        print(f"{gradio:<10}{passed:>8}{failed:>8}{skipped:>9}{seconds:>9.0f}{note}")
    return int(any(code for *_, code in rows))


def tested(name: str, packages: tuple[str, ...]) -> tuple[str, tuple[int, int, int], float, int]:
    """Return the version, (passed, failed, skipped), seconds and pytest's exit code."""
    python = environment(name, packages)
    gradio = answer(python, "import importlib.metadata as m; print(m.version('gradio'))")
    print(f"\nmatrix: Gradio {gradio}", flush=True)
    told = FOLDER / f"gradio-{name}.xml"
    told.unlink(missing_ok=True)
    files = [f"tests/test_{test}.py" for test in TESTS]
    others = [argument for argument in sys.argv[1:] if argument not in VERSIONS]
    begun = time.monotonic()
    code = subprocess.run(
        [
            *(
                str(python),
                "-m",
                "pytest",
                "-q",
                "-n",
                "2",
                "--dist",
                "loadfile",
                "--disable-warnings",
            ),
            *("-p", "no:cacheprovider", f"--junit-xml={told}", *others, *files),
        ],
        cwd=ROOT,
        check=False,
    ).returncode
    return gradio, counted(told), time.monotonic() - begun, code


def environment(name: str, packages: tuple[str, ...]) -> Path:
    """Return the Python of an environment with *packages*, made now if need be."""
    folder = FOLDER / f"gradio-{name}"
    stamp = folder / ".made"
    python = folder / "bin" / "python"
    maker = ROOT / ".ci" / "environment.py"
    parts = (repr(packages), (ROOT / "pyproject.toml").read_text(), maker.read_text())
    state = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    if not stamp.is_file() or stamp.read_text() != state:
        FOLDER.mkdir(exist_ok=True)
        arguments = [*packages, "--group", "test", "--editable", "."]
        subprocess.run([sys.executable, str(maker), str(folder), *arguments], cwd=ROOT, check=True)
        stamp.write_text(state)
    return python


def counted(told: Path) -> tuple[int, int, int]:
    if not told.is_file():
        return 0, 0, 0
    suites = list(ElementTree.parse(told).iter("testsuite"))
    tests, failed, errors, skipped = (
        sum(int(suite.get(kind, 0)) for suite in suites)
        for kind in ("tests", "failures", "errors", "skipped")
    )
    return tests - failed - errors - skipped, failed + errors, skipped


def answer(python: Path, code: str) -> str:
    done = subprocess.run([str(python), "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
