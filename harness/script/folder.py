"""The folder that an author runs a script from."""

from __future__ import annotations

import ast
from pathlib import Path

__all__ = ["working_folder"]


def working_folder(path: Path, invoked_from: Path) -> Path:
    """Return the folder that the author runs *path* from: its own, or *invoked_from*.

    The relative paths written in its source decide: whichever folder has more of them.
    """
    own = path.parent
    if own == invoked_from or invoked_from not in own.parents:
        return own
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):
        return own
    texts = {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and 2 < len(node.value) < 200
        and ("/" in node.value or "." in node.value)
        and not node.value.startswith(("/", "http", "~"))
        and "\n" not in node.value
    }
    candidates = [own, *(p for p in own.parents if p == invoked_from or invoked_from in p.parents)]
    counts = [sum((folder / text).exists() for text in texts) for folder in candidates]
    return candidates[counts.index(max(counts))]
