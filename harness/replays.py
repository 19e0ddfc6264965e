"""A folder for each finding that shows it again: a test, and the files that a visitor uploads.

    reports/latest/replays/3f2a9c01d4/replay.py      fails as long as the defect is there
    reports/latest/replays/3f2a9c01d4/picture.png

Both are made from the finding's script (`Finding.reproduce`) and from nothing else, and so is what
``--app-replay`` does: there is one way to see a finding again, whatever kind of finding it is. The
script calls a function of this package with the target as its first argument; it ends with
SystemExit, or its process does, where the defect is seen.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TextIO

from .errors import HarnessError, ReplayError
from .finding import Finding
from .snippet import FOLDER, Snippet
from .watchdog import Watchdog

__all__ = ["located", "replay", "rerun", "told_again", "write"]

NAME = "replay.py"

#: What makes ``pytest replays/ID`` find the test, and ``pytest`` of a project not.
INI = f"""[pytest]
python_files = {NAME}
addopts = --import-mode=importlib
"""

#: Once it has been said what came, the app has so long to end.
GRACE_SECONDS = 15.0
#: A replay takes no longer, whatever it does.
MOST_SECONDS = 900.0
#: No thread of the process ran for so long: the app holds it.
HELD_SECONDS = 90.0

CHILD = "from gradio_harness.replays import child; child()"
CHAINED = ("During handling of the above exception,", "The above exception was the direct cause")


# -- written -----------------------------------------------------------------------------


def write(findings: Sequence[Finding], folder: Path, *, target: str, home: Path) -> None:
    """Write the folder of each finding that has a script below *folder*; take old ones away.

    *home* is the folder in which *target* was named.
    """
    scripts = {finding.id: finding for finding in findings if Snippet(finding.reproduce).calls}
    place = folder / FOLDER
    for old in place.iterdir() if place.is_dir() else ():
        if re.fullmatch(r"[0-9a-f]{10}(-\d+)?", old.name) and (old / NAME).is_file():
            shutil.rmtree(old, ignore_errors=True)
    for identity, finding in scripts.items():
        _write_one(finding, place / identity, target=target, home=home)
    if scripts:
        (place / "pytest.ini").write_text(INI, "utf-8")
    elif place.is_dir():
        (place / "pytest.ini").unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            place.rmdir()


def _write_one(finding: Finding, folder: Path, *, target: str, home: Path) -> None:
    script = Snippet(finding.reproduce)
    folder.mkdir(parents=True, exist_ok=True)
    for name, media in script.files.items():
        (folder / name).write_bytes(media.content)
    (folder / "pytest.ini").write_text(INI, "utf-8")
    try:
        back = os.path.relpath(home, folder)
    except ValueError:  # on another drive
        back = "."
    (folder / NAME).write_text(_test(finding, script, target, back), "utf-8", "backslashreplace")


def _test(finding: Finding, script: Snippet, target: str, back: str) -> str:
    """Return the source of a test that fails in the finding's own words."""
    at = f" at {finding.event}" if finding.event else ""
    words = [finding.title, f"{finding.check}{at}"]
    words += [f"input:  {finding.input}"] if finding.input else []
    words += [f"where:  {finding.location}"] if finding.location else []
    lines = "\n".join(words).replace("\n", "\n        ").split("\n        ")
    said = "\n".join(f"    {line!a}" for line in _broken(lines))
    imports = [line for line in script.imports if line != "import sys"]
    return (
        '"""Fails as long as the defect is there, passes once it is mended.\n\n'
        f"    pytest PATH/TO/{finding.id}                     # where the app was tested\n"
        f"    pytest PATH/TO/{finding.id} --app app.py        # anywhere else\n\n"
        "Logins of the app are read from GRADIO_HARNESS_AUTH, USER:PASSWORD.\n"
        '"""\n\n'
        "from pathlib import Path\n\n" + "\n".join(imports) + "\n\nHERE = Path(__file__).parent\n"
        f"TARGET = {target!a}\n"
        f"HOME = HERE / {back!a}\n"
        f"WORDS = (\n{said}\n)\n\n\n"
        "def again(target):\n"
        f"{textwrap.indent(script.told, '    ')}\n\n\n"
        "def test_again(gradio_replay):\n"
        "    gradio_replay(TARGET, WORDS, home=HOME)\n"
    )


def _broken(lines: Sequence[str]) -> Iterator[str]:
    for number, line in enumerate(lines):
        yield line + "\n" * (number < len(lines) - 1)


# -- done again ----------------------------------------------------------------------------


def replay(
    finding: Finding, target: str, *, folder: Path, logins: str | None = None, verbose: bool = False
) -> str:
    """Show *finding* again, the app named by *target* in *folder*; return what was seen.

    "" means that it is not seen any more. Raises ReplayError where it cannot be done.
    """
    if not Snippet(finding.reproduce).calls:
        raise ReplayError(f"{finding.id} has no script: nothing to send shows it")
    with tempfile.TemporaryDirectory(prefix="gradio-harness-") as made:
        place = Path(made) / finding.id
        _write_one(finding, place, target=target, home=folder)
        return rerun(place / NAME, target, folder=folder, logins=logins, verbose=verbose)


def rerun(
    path: Path, target: str, *, folder: Path, logins: str | None = None, verbose: bool = False
) -> str:
    """Do what the test at *path* does, in a process of its own; return what was seen.

    That the app ends its process or holds it is seen too. *logins* are ``USER:PASSWORD`` lines,
    the environment's unless given. Tracebacks that Gradio prints of calls are left out, but if
    *verbose*: the one that counts comes last.
    """
    with tempfile.TemporaryDirectory(prefix="gradio-harness-") as made:
        told, held = Path(made) / "told.json", Path(made) / "held.txt"
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        if logins is not None:
            environment["GRADIO_HARNESS_AUTH"] = logins
        sys.stdout.flush()
        process = subprocess.Popen(
            [sys.executable, "-P", "-c", CHILD, str(path), target, str(told), str(held)],
            cwd=folder,
            env=environment,
            stderr=None if verbose else subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="backslashreplace",
            start_new_session=True,
        )
        reader = threading.Thread(target=_pass_on, args=(process.stderr,), daemon=True)
        reader.start()
        try:
            over = not _wait(process, told)
        finally:
            _end(process)
        reader.join(2)  # what the app has started may hold its stderr open
        if not told.is_file():
            if over:
                raise ReplayError(f"it did not come to its end in {MOST_SECONDS:.0f} s")
            if held.is_file() and held.stat().st_size:
                return "One call made the whole app stop answering"
            return f"One call ended the app's whole process ({_how(process.returncode)})"
        said = json.loads(told.read_text("utf-8"))
    if said["error"]:
        raise ReplayError(said["error"])
    return str(said["seen"])


def told_again(words: str, seen: str) -> str:
    """Return what a test says: the finding's own words, and what was seen where that says more."""
    first = words.partition("\n")[0]
    return words if seen == first else f"{words}\n\n{seen}"


def located(target: str, home: Path, here: Path) -> tuple[str, Path]:
    """Return the target that a replay is about, and the folder in which it is named.

    That is GRADIO_HARNESS_TARGET of the environment; else *target*, where it is found: *here*, or
    in *home*, the folder of the run that wrote the replay. Raises ReplayError in words.
    """
    if named := os.environ.get("GRADIO_HARNESS_TARGET"):
        return named, here
    file = Path(re.split(r"(?<=\.py):", target)[0])
    if file.suffix != ".py" or "://" in target:
        return target, here
    for folder in (here, home):
        if (folder / file).is_file():
            return target, folder.resolve()
    raise ReplayError(
        f"there is no {target} in {here}. Say where the app is: --app path/to/app.py, or "
        "GRADIO_HARNESS_TARGET in the environment."
    )


def _wait(process: subprocess.Popen[str], told: Path) -> bool:
    """Wait for the end of the replay; return whether it came in time."""
    end = time.monotonic() + MOST_SECONDS
    while not told.is_file():
        if time.monotonic() > end:
            return False
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.2)
            return True
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(GRACE_SECONDS)
    return True


def _end(process: subprocess.Popen[str]) -> None:
    """End the process and what the app in it has started; it leads a session of its own."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _how(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit status {code}"


def _pass_on(stream: TextIO | None) -> None:
    """Print what the app writes to stderr, less the tracebacks that Gradio prints of calls."""
    block: list[str] = []
    for line in stream or ():
        if block or line.startswith("Traceback (most recent call last):"):
            block.append(line)
            if line[:1].isspace() or len(block) == 1:
                continue
            if not any("/gradio/" in frame.replace("\\", "/") for frame in block):
                sys.stderr.write("".join(block))
            block = []
        elif not line.startswith(CHAINED):
            sys.stderr.write(line)
    sys.stderr.write("".join(block))
    sys.stderr.flush()


def child() -> None:
    """Do what the test at the first argument does; say in a file what came of it."""
    path, target, told, held = sys.argv[1:]
    sys.argv[1:] = []  # the app's own
    seen = error = ""
    watchdog = Watchdog(open(held, "w"), limit_seconds=HELD_SECONDS)  # noqa: SIM115
    watchdog.arm()
    try:
        scope = {"__file__": path, "__name__": "gradio_harness_replay"}
        exec(compile(Path(path).read_text("utf-8"), path, "exec"), scope)
        scope["again"](target)  # type: ignore[operator]
    except SystemExit as end:
        seen = "" if end.code in (None, 0) else str(end.code)
    except HarnessError as problem:
        error = str(problem)
    except KeyError as problem:  # an event or a field that is not there any more
        error = str(problem.args[0])
    watchdog.disarm()
    part = Path(f"{told}.part")
    part.write_text(json.dumps({"seen": seen, "error": error}), "utf-8")
    part.replace(told)
