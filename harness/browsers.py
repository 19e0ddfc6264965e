"""Which browser of this machine opens the pages, and how it is started.

Looked for without Playwright, which takes a moment to import: a session without pages
never pays for it, and a session with pages fails in words before anything is started.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import BrowserMissing

__all__ = ["BrowserChoice", "find", "launch_arguments"]

#: Commands on PATH, in the order in which they are taken.
COMMANDS = {
    "google-chrome": "Google Chrome",
    "google-chrome-stable": "Google Chrome",
    "chromium": "Chromium",
    "chromium-browser": "Chromium",
    "microsoft-edge": "Microsoft Edge",
    "microsoft-edge-stable": "Microsoft Edge",
}

#: Where the browsers' own installers put them on macOS, and on Windows below each root.
MACOS = (
    ("Applications/Google Chrome.app/Contents/MacOS/Google Chrome", "Google Chrome"),
    ("Applications/Chromium.app/Contents/MacOS/Chromium", "Chromium"),
    ("Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge", "Microsoft Edge"),
)
WINDOWS = (
    ("Google/Chrome/Application/chrome.exe", "Google Chrome"),
    ("Chromium/Application/chrome.exe", "Chromium"),
    ("Microsoft/Edge/Application/msedge.exe", "Microsoft Edge"),
)
WINDOWS_ROOTS = ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA")

#: The executables inside Playwright's own folder of browsers, the whole browser first.
DOWNLOADED = (
    "chromium-*/chrome-linux*/chrome",
    "chromium-*/chrome-mac*/*.app/Contents/MacOS/*",
    "chromium-*/chrome-win*/chrome.exe",
    "chromium_headless_shell-*/chrome-*/headless_shell*",
    "chromium_headless_shell-*/chrome-*/chrome-headless-shell*",
)

#: So that the browser asks no host for anything that the page does not ask for.
ARGUMENTS = (
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
)


#: Chromium makes a socket in its temporary folder, and a socket's path has room for 107 bytes.
LONGEST_TEMP = 60


@dataclass(frozen=True, slots=True)
class BrowserChoice:
    """A browser of this machine: what people call it and the path of its program."""

    name: str
    executable: str

    def version(self) -> str:
        """Ask the program itself; "" if it does not say within ten seconds."""
        try:
            answer = subprocess.run(
                [self.executable, "--version"], capture_output=True, text=True, timeout=10
            )
        except (OSError, subprocess.TimeoutExpired):
            return ""
        number = re.search(r"\d+(\.\d+)+", answer.stdout)
        return number[0] if number else ""


def find(named: str | None = None) -> BrowserChoice:
    """Return the browser to use: the one *named*, one of the machine's, or Playwright's.

    *named* is a path or a command on PATH. Raises BrowserMissing with what to type.
    """
    known = tuple(_installed()) + tuple(_downloaded())
    if named:
        return _named(named, known)
    if known:
        return known[0]
    raise BrowserMissing(
        "No browser was found on this machine, and the UI suite needs one. Either type "
        "`playwright install chromium`, or install Chrome or Chromium with the system's package "
        "manager (one that is elsewhere: --app-browser PATH). To test without pages: "
        "--app-suites api,streaming,latency"
    )


def launch_arguments(choice: BrowserChoice) -> dict[str, Any]:
    """Return what Playwright's ``chromium.launch`` is given to start *choice*."""
    # Chromium refuses to sandbox itself for root, as in most containers.
    as_root = getattr(os, "geteuid", lambda: 1)() == 0
    arguments: dict[str, Any] = {
        "executable_path": choice.executable,
        "args": [*ARGUMENTS, *(["--no-sandbox"] if as_root else [])],
    }
    if len(tempfile.gettempdir()) > LONGEST_TEMP and os.access("/tmp", os.W_OK):
        arguments["env"] = {**os.environ, "TMPDIR": "/tmp"}
    return arguments


def _named(named: str, known: Iterable[BrowserChoice]) -> BrowserChoice:
    path = shutil.which(os.path.expanduser(named))
    if path is not None:
        return BrowserChoice(_name_of(path), path)
    found = ", ".join(choice.executable for choice in known)
    raise BrowserMissing(
        f"There is no browser {named!r}: neither a program at that path nor a command on PATH. "
        + (f"Choose from {found}." if found else "Type `playwright install chromium` for one.")
    )


def _name_of(path: str) -> str:
    stem = Path(path).name.lower()
    for part, name in (("edge", "Microsoft Edge"), ("google", "Google Chrome")):
        if part in stem:
            return name
    return "Google Chrome" if stem in ("chrome", "chrome.exe") else "Chromium"


def _installed() -> Iterable[BrowserChoice]:
    """Yield the browsers that the machine's owner installed."""
    for command, name in COMMANDS.items():
        program = shutil.which(command)
        if program:
            yield BrowserChoice(name, program)
    for path, name in _standard_places(sys.platform, os.environ):
        if path.is_file():
            yield BrowserChoice(name, str(path))


def _standard_places(platform: str, environment: Mapping[str, str]) -> Iterable[tuple[Path, str]]:
    if platform == "darwin":
        for home in (Path("/"), Path.home()):
            yield from ((home / place, name) for place, name in MACOS)
    if platform == "win32":
        for root in filter(None, map(environment.get, WINDOWS_ROOTS)):
            yield from ((Path(root) / place, name) for place, name in WINDOWS)


def _downloaded() -> Iterable[BrowserChoice]:
    """Yield what ``playwright install`` downloaded, the newest revision first."""
    for folder in _playwright_folders():
        for pattern in DOWNLOADED:
            for path in sorted(folder.glob(pattern), key=_revision, reverse=True):
                if os.access(path, os.X_OK):
                    yield BrowserChoice("Playwright's Chromium", str(path))


def _playwright_folders() -> Iterable[Path]:
    given = os.environ.get("PLAYWRIGHT_BROWSERS_PATH", "")
    if given and given != "0":
        yield Path(given)
        return
    if given != "0":
        caches = {
            "darwin": Path.home() / "Library/Caches",
            "win32": Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData/Local"),
        }
        linux = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        yield caches.get(sys.platform, linux) / "ms-playwright"
        return
    for entry in sys.path:  # "0" keeps them inside the package, which is not imported for this
        yield Path(entry) / "playwright/driver/package/.local-browsers"


def _revision(path: Path) -> int:
    numbers = re.findall(r"chromium(?:_headless_shell)?-(\d+)", str(path))
    return int(numbers[-1]) if numbers else 0
