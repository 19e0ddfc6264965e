"""results.json: the whole run for machines; docs/results.md describes every field."""

from __future__ import annotations

import json
import math
import re
from typing import Any

from ..run import Run
from .text import HIDDEN

__all__ = ["render"]


def render(run: Run) -> bytes:
    """Return strict JSON in UTF-8, indented, keys in the documented order.

    Lone surrogates and other hidden characters are written as ``\\uXXXX``; a number that is
    not finite, which JSON cannot say, is null.
    """
    text = json.dumps(_finite(run.as_dict()), ensure_ascii=False, indent=1, allow_nan=False)
    return (re.sub(HIDDEN, lambda match: _escape(match[0]), text) + "\n").encode()


def _escape(character: str) -> str:
    """Return *character* as JSON escapes, two of them above U+FFFF."""
    units = character.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[i : i + 4]}" for i in range(0, len(units), 4))


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value
