"""See to it that there is a browser: one of the machine's, else a download, else a package.

Run by the Python of an environment that has gradio-harness in it. Exits 1, in words, where no
browser is to be had.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator

from gradio_harness.browsers import BrowserChoice, find
from gradio_harness.errors import BrowserMissing

PLAYWRIGHT = (sys.executable, "-m", "playwright")

#: How each system installs Chromium.
MANAGERS = {
    "apt-get": "apt-get update -q && apt-get install -y -q --no-install-recommends chromium",
    "dnf": "dnf install -y -q chromium",
    "apk": "apk add --quiet chromium",
    "pacman": "pacman -Sy --noconfirm chromium",
    "zypper": "zypper --non-interactive install chromium",
}


def main() -> None:
    choice = usable()
    for words, command, limit_seconds in () if choice else ways():
        print(f"browser: none yet; {words} ...", flush=True)
        attempt(command, limit_seconds)
        choice = usable()
        if choice is not None:
            break
    if choice is None:
        raise SystemExit(
            "browser: none could be installed. Install Chrome or Chromium yourself and type make "
            "again; without one: pytest --app app.py "
            "--app-suites api,streaming,sessions,files,latency"
        )
    print(f"browser: {choice.name} {choice.version()} at {choice.executable}")


def ways() -> Iterator[tuple[str, tuple[str, ...], float]]:
    """Yield what to say, what to run and how long it may take, until there is a browser."""
    yield "Playwright downloads one", (*PLAYWRIGHT, "install", "chromium"), 180
    may = rights()
    if may is None:
        return
    if found() is not None:  # and it does not start
        yield "Playwright installs its libraries", (*may, *PLAYWRIGHT, "install-deps"), 300
    for manager, line in MANAGERS.items():
        if shutil.which(manager):
            yield f"{manager} installs one", (*may, "sh", "-c", line), 600
            return


def usable() -> BrowserChoice | None:
    """Return a browser that starts: one that was downloaded may lack the system's libraries."""
    choice = found()
    return choice if choice is not None and choice.version() else None


def found() -> BrowserChoice | None:
    try:
        return find()
    except BrowserMissing:
        return None


def rights() -> tuple[str, ...] | None:
    """Return what goes before a command that installs packages; None where we may not."""
    if getattr(os, "geteuid", lambda: 1)() == 0:
        return ()
    if shutil.which("sudo"):
        asked = subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False)
        if asked.returncode == 0:
            return ("sudo", "-n")
    return None


def attempt(command: tuple[str, ...], limit_seconds: float) -> None:
    try:
        done = subprocess.run(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=limit_seconds,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        print(f"browser: that failed: {error}", flush=True)
        return
    if done.returncode:
        print(f"browser: that failed: {' '.join(done.stdout.split())[-200:]}", flush=True)


if __name__ == "__main__":
    main()
