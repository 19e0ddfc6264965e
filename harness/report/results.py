"""results.json: the whole run for machines; docs/results.md describes every field."""

from __future__ import annotations

import json
import math
import re
from typing import Any

from ..run import Run

__all__ = ["render"]

# Valid inside JSON strings, but not safe in a terminal or not encodable: told as escapes.
_UNSAFE = re.compile("[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


def render(run: Run) -> bytes:
    """Return strict JSON in UTF-8, indented, keys in the documented order.

    Lone surrogates and control characters are written as ``\\uXXXX``; a number that is
    not finite, which JSON cannot say, is null.
    """
    text = json.dumps(_finite(run.as_dict()), ensure_ascii=False, indent=1, allow_nan=False)
    return (_UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", text) + "\n").encode()


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value
