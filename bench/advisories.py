"""Each probe on the last release that has its advisory, and on the first that has not.

    make advisories

Each release runs in an environment of its own, kept in .venvs. The app is served there and probed
from here, over 127.0.0.1, so the old environments need nothing of ours. Prints the table of
docs/advisories.md; exits 1 where a probe says otherwise. Names of advisories as arguments: only
those.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from gradio_harness.advisories.canary import canary
from gradio_harness.advisories.prober import Prober
from gradio_harness.advisories.probes import PROBES
from gradio_harness.advisories.table import read
from gradio_harness.app import App, connect
from gradio_harness.drivers.wire import Wire
from gradio_harness.errors import AppUnreachable
from gradio_harness.plan import plan
from gradio_harness.target import parse

ROOT = Path(__file__).resolve().parent.parent
APP = ROOT / "bench" / "advisories_app.py"
#: By advisory: the last release on which a probe shows it, and the first on which none does. Of two
#: osv.dev counts more releases than a probe does: CVE-2024-47084 and CVE-2024-47872.
PAIRS = {
    "CVE-2023-51449": ("4.10.0", "4.11.0"),
    "CVE-2024-1561": ("4.12.0", "4.13.0"),
    "CVE-2024-1727": ("4.19.1", "4.19.2"),
    "CVE-2024-1728": ("4.19.1", "4.19.2"),
    "CVE-2024-4941": ("4.31.2", "4.31.4"),
    "CVE-2024-47084": ("4.37.2", "4.38.1"),
    "CVE-2024-47872": ("4.40.0", "4.41.0"),
    "CVE-2024-47165": ("4.44.1", "5.0.0"),
    "CVE-2024-47167": ("4.44.1", "5.0.0"),
    "CVE-2024-47868": ("4.44.1", "5.0.0"),
    "GHSA-26jh-r8g2-6fpr": ("4.44.1", "5.0.0"),
    "CVE-2024-51751": ("5.4.0", "5.5.0"),
    "CVE-2026-49119": ("6.15.2", "6.16.0"),
    "CVE-2026-59806": ("6.19.0", "6.20.0"),
}
#: What old releases do not say that they break with.
PINS = {
    "4": (
        *("starlette<0.38", "fastapi<0.113", "pydantic<2.11", "huggingface_hub<0.26"),
        *("numpy<2", "httpx<0.28"),
    ),
    "5": ("starlette<0.47", "fastapi<0.116", "pydantic<2.11", "huggingface_hub<1"),
    "6": (),
}


def main() -> int:
    wanted = sys.argv[1:] or list(PAIRS)
    releases = sorted({v for name in wanted for v in PAIRS[name]}, key=_order)
    found = {release: probed(release, wanted) for release in releases}
    wrong = 0
    print("| advisory | last to have it | seen there | first without | seen there |")
    print("|---|---|---|---|---|")
    for name in wanted:
        last, first = PAIRS[name]
        seen = [("yes" if name in found[release] else "no") for release in (last, first)]
        wrong += seen != ["yes", "no"]
        title = read().named(name).title
        print(f"| {name}: {title} | {last} | {seen[0]} | {first} | {seen[1]} |")
    return int(wrong > 0)


def probed(release: str, names: list[str]) -> list[str]:
    """Return the advisories that probes show on *release*, whatever is published about it."""
    with served(release) as app, canary() as bird:
        shown = []
        for name in names:
            with Wire(app, timeout_seconds=10) as wire:
                prober = Prober(app, wire, plan(app.contract), bird)
                bird.asked.clear()
                if PROBES[name](prober) is not None:
                    shown.append(name)
    print(f"Gradio {release}: {', '.join(shown) or 'nothing'}", file=sys.stderr, flush=True)
    return shown


@contextmanager
def served(release: str) -> Iterator[App]:
    """Give the app as it runs on *release*, in a process of its own."""
    python = environment(release)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        variables = {
            "GRADIO_SERVER_NAME": "127.0.0.1",
            "GRADIO_SERVER_PORT": str(port),
            "GRADIO_ANALYTICS_ENABLED": "False",
            "GRADIO_TEMP_DIR": f"{folder}/files",
        }
        process = subprocess.Popen(
            [str(python), str(APP)],
            cwd=folder,
            env={**os.environ, **variables},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            yield reached(f"http://127.0.0.1:{port}", process)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def environment(release: str) -> Path:
    """Return the Python of an environment with that Gradio and little else, made if need be."""
    folder = ROOT / ".venvs" / f"advisories-{release}"
    stamp = folder / ".made"
    if not stamp.is_file():
        folder.parent.mkdir(exist_ok=True)
        packages = [f"gradio=={release}", *PINS[release.partition(".")[0]]]
        maker = [sys.executable, str(ROOT / ".ci" / "environment.py"), str(folder), *packages]
        subprocess.run(maker, check=True, stdout=sys.stderr)
        stamp.touch()
    return folder / "bin" / "python"


def reached(url: str, process: subprocess.Popen[bytes]) -> App:
    """Return the app at *url* once it answers there."""
    limit = time.monotonic() + 120
    while True:
        try:
            return connect(parse(url, Path.cwd()), folder=Path.cwd())
        except AppUnreachable:
            if process.poll() is not None or time.monotonic() > limit:
                raise
            time.sleep(0.5)


def _order(release: str) -> tuple[int, ...]:
    return tuple(map(int, release.split(".")))


if __name__ == "__main__":
    sys.exit(main())
