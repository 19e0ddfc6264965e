"""A short name for a value on the wire, the same at both of its ends."""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Sequence
from typing import Any

__all__ = ["UNTOLD", "digests"]

#: What is larger is not compared: an app that streams pictures is not to be held up.
MOST_BYTES = 200_000
#: In the place of a digest.
UNTOLD = ""


def digests(values: Sequence[Any]) -> tuple[str, ...]:
    """Return the digest of each value, `UNTOLD` for a large one.

    A file's address is left out of it: Gradio adds it on the way to the page.
    """
    return tuple(map(_digest, values))


def _digest(value: Any) -> str:
    orjson = importlib.import_module("orjson")  # Gradio's own JSON, so that NaN is null here too
    try:
        told = orjson.dumps(value, default=_told)
    except Exception:  # what JSON cannot hold, Gradio says itself
        return UNTOLD
    if len(told) > MOST_BYTES:
        return UNTOLD
    plain = orjson.dumps(_without_address(orjson.loads(told)), option=orjson.OPT_SORT_KEYS)
    return hashlib.blake2b(plain, digest_size=8).hexdigest()


def _told(value: Any) -> Any:
    """Return what Gradio writes of an object that is no JSON: a model's fields, or its text."""
    return value.model_dump() if hasattr(value, "model_dump") else str(value)


def _without_address(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_address(item) for item in value]
    if isinstance(value, dict):
        file = "path" in value
        return {k: _without_address(v) for k, v in value.items() if not (file and k == "url")}
    return value
