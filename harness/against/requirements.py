"""What the files beside an app say that it needs, apart from all else that they say."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

__all__ = ["needed"]

#: A line of a requirements.txt that names another one.
INCLUDES = re.compile(r"(?:-r|-c|--requirement|--constraint)[=\s]*(\S+)")
COMMENT = re.compile(r"(^|\s)#.*")
#: Of a pyproject.toml, the tables that say it.
TABLES = (
    ("project", "dependencies"),
    ("tool", "poetry", "dependencies"),
    ("tool", "uv", "sources"),
)


def needed(files: Sequence[Path]) -> tuple[str, ...]:
    """Return what *files* require: the same where only a version or a comment differs."""
    return tuple(word for file in files for word in _of(file, frozenset()))


def _of(file: Path, before: frozenset[Path]) -> Iterator[str]:
    if file in before:
        return
    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return  # whoever installs from it will say so
    if file.suffix == ".toml":
        yield _project(text)
        return
    for line in text.splitlines():
        wanted = COMMENT.sub("", line).strip()
        other = INCLUDES.match(wanted)
        if other:
            yield from _of(file.parent / other[1], before | {file})
        elif wanted:
            yield wanted


def _project(text: str) -> str:
    """Return the dependencies of a pyproject.toml; all of it where a program makes them."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return text
    if "dependencies" in _at(data, ("project", "dynamic")):
        return text
    return json.dumps([_at(data, names) for names in TABLES], sort_keys=True, default=str)


def _at(data: Any, names: Sequence[str]) -> Any:
    for name in names:
        data = data.get(name, {}) if isinstance(data, dict) else {}
    return data
