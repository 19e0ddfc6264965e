"""What the user named: a file, a module, a URL or a Space, each with what to look for in it."""

from __future__ import annotations

import importlib.machinery
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from .errors import TargetNotFound, choices

__all__ = ["Target", "parse"]

SPACE = re.compile(r"space:([\w.-]+/[\w.-]+)")
MODULE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
LOOPBACK = ("localhost", "127.0.0.1", "::1", "0.0.0.0")

FORMS = (
    "Name a target as app.py, app.py:demo, app.py:make_demo, package.module:demo, "
    "http://127.0.0.1:7860 or space:owner/name."
)


@dataclass(frozen=True, slots=True)
class Target:
    """One target. *text* is as typed; *path* is absolute; *name* what to look for inside."""

    text: str
    kind: Literal["file", "module", "url", "space"]
    path: Path | None = None
    module: str = ""
    name: str = ""
    url: str = ""

    @property
    def local(self) -> bool:
        """Whether the app's code runs on this machine, started by the harness."""
        return self.kind in ("file", "module")

    @property
    def loopback(self) -> bool:
        """Whether every request stays on this machine."""
        return self.local or (urlsplit(self.url).hostname or "") in LOOPBACK

    def __str__(self) -> str:
        return self.text


def parse(text: str, folder: Path) -> Target:
    """Return the target that *text* names, paths relative to *folder*.

    Raises TargetNotFound for a file or module that does not exist, or a form not known.
    """
    text = text.strip()
    if not text:
        raise TargetNotFound(f"--app needs a target. {FORMS}")
    if text.startswith(("http://", "https://")):
        if not urlsplit(text).hostname:
            raise TargetNotFound(f"{text!r} has no host. {FORMS}")
        return Target(text, "url", url=text.rstrip("/"))
    if text.startswith("space:"):
        if not SPACE.fullmatch(text):
            raise TargetNotFound(f"{text!r} is not space:owner/name. {FORMS}")
        return Target(text, "space", name=text.removeprefix("space:"))
    return _local(text, folder)


def _local(text: str, folder: Path) -> Target:
    place, colon, name = text.rpartition(":")
    if not colon or re.fullmatch(r"[/\\].*", name):  # C:\app.py has no name
        place, name = text, ""
    if name and not name.isidentifier():
        raise TargetNotFound(f"{name!r} in {text!r} is not a Python name. {FORMS}")
    path = (folder / place).expanduser()
    if path.is_file():
        return Target(text, "file", path=path.resolve(), name=name)
    if path.is_dir():
        package = (path / "__init__.py").is_file() and ((path / "__main__.py").is_file() or name)
        if package and place.isidentifier():  # `python -m` lets it import from itself
            return _module(text, place, name, folder)
        inside = [file for file in ("app.py", "__main__.py") if (path / file).is_file()]
        if inside:
            return Target(text, "file", path=(path / inside[0]).resolve(), name=name)
        found = sorted(item.name for item in path.glob("*.py"))[:12]
        raise TargetNotFound(
            f"{place} is a folder without an app.py. "
            + (f"It has {', '.join(found)}: name one of them." if found else FORMS)
        )
    looks_like_file = place.endswith(".py") or "/" in place or "\\" in place
    if not looks_like_file and MODULE.fullmatch(place):
        return _module(text, place, name, folder)
    near = path.parent if path.parent.is_dir() else folder
    files = [item.name for item in near.glob("*.py")][:30]
    raise TargetNotFound(
        f"there is no file {place} (looked in {folder}). {choices(path.name, files)}"
    )


def _module(text: str, module: str, name: str, folder: Path) -> Target:
    """Return the target for a module as ``python -m`` finds it, from *folder*.

    Nothing is imported: that would run the author's package before the harness watches.
    """
    spec = _found(module, folder)
    if spec is not None and spec.submodule_search_locations is not None and not name:
        main = _found(f"{module}.__main__", folder)
        spec, module = (main, f"{module}.__main__") if main else (spec, module)
    if spec is None or not spec.origin or not Path(spec.origin).is_file():
        files = [item.stem for item in folder.glob("*.py")]
        files += [item.parent.name for item in folder.glob("*/__init__.py")]
        raise TargetNotFound(
            f"there is no module {module!r} here ({folder}). {choices(module, files)} {FORMS}"
        )
    return Target(text, "module", path=Path(spec.origin).resolve(), module=module, name=name)


def _found(module: str, folder: Path) -> importlib.machinery.ModuleSpec | None:
    """Return where a dotted module lies, its packages looked into but not run."""
    places: list[str] | None = [str(folder), *sys.path]
    spec = None
    parts = module.split(".")
    for depth in range(1, len(parts) + 1):
        if places is None:
            return None
        spec = importlib.machinery.PathFinder.find_spec(".".join(parts[:depth]), places)
        if spec is None:
            return None
        inside = spec.submodule_search_locations
        places = None if inside is None else list(inside)
    return spec
