"""What an app knows and must tell nobody: secrets of its environment and of its own source."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from .environment import CANARY
from .redact import NAMES

__all__ = ["confidential"]

#: Below so many characters, and without a digit, a text is a word like any other.
LEAST = 8


def confidential(
    source: Path | None, environment: Mapping[str, str] | None = None
) -> frozenset[str]:
    """Return the values of secret variables, by their names, and literals that such names hold.

    *source* is the author's file, *environment* this process's unless given. What the harness
    itself has put into the environment is one of them.
    """
    variables = os.environ if environment is None else environment
    found = [value for name, value in variables.items() if NAMES.search(name)]
    found += _literals(source) if source is not None else ()
    return frozenset((CANARY, *filter(_telling, found)))


def _telling(text: str) -> bool:
    plain = len(text) >= LEAST and re.search(r"\d", text) and not re.search(r"\s", text)
    return bool(plain) and not text.startswith(("http:", "https:", "/", "."))


def _literals(source: Path) -> Iterator[str]:
    """Yield what the source gives to variables, arguments and keys with names of secrets."""
    try:
        tree = ast.parse(source.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        for name, value in _named(node):
            inner = value.value if isinstance(value, ast.Constant) else None
            if isinstance(inner, str) and NAMES.search(name):
                yield inner


def _named(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    if isinstance(node, ast.Assign):
        yield from ((ast.unparse(target), node.value) for target in node.targets)
    elif isinstance(node, ast.keyword):
        yield node.arg or "", node.value
    elif isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                yield key.value, value
