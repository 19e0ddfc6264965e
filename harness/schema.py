"""What a JSON schema says of one value: whether it says enough, and the plainest such value.

For the parameters of ``gr.api()``, which no component stands for. Gradio writes the schema
from the function's type hints: only where a hint says all is it known what callers send.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["branches", "plainest", "understood"]

PLAINEST: Mapping[str, Any] = {
    "null": None,
    "boolean": False,
    "integer": 0,
    "number": 0.0,
    "string": "",
    "array": [],
    "object": {},
}


#: Properties of a file that was uploaded: no caller makes one up.
FILE = frozenset(("path", "orig_name", "url"))


def understood(schema: Mapping[str, Any]) -> bool:
    """Whether a value can be made that every reader of the schema takes for right.

    Of tuples, sets and bytes JSON knows nothing, of ``list`` and ``Any`` no caller.
    """
    if "enum" in schema or "const" in schema:
        return True
    if "oneOf" in schema or "anyOf" in schema:
        return bool(branches(schema))
    kind = schema.get("type")
    if kind == "array":
        plain = "prefixItems" not in schema and not schema.get("uniqueItems")
        return plain and understood(schema.get("items") or {})
    if kind == "object":
        named = schema.get("properties")
        if named:
            return not FILE & named.keys() and all(map(understood, named.values()))
        extra = schema.get("additionalProperties")
        return isinstance(extra, Mapping) and understood(extra)
    return isinstance(kind, str) and kind in PLAINEST and "format" not in schema


def branches(schema: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return those alternatives of the schema that are understood."""
    return [one for one in schema.get("oneOf") or schema.get("anyOf") or () if understood(one)]


def plainest(schema: Mapping[str, Any]) -> Any:
    """Return the simplest value that fits; None where the schema is not understood."""
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    if known := branches(schema):
        return plainest(known[0])
    if not understood(schema):
        return None
    if named := schema.get("properties"):
        wanted = schema.get("required", named)
        return {name: plainest(named[name]) for name in named if name in wanted}
    return PLAINEST.get(str(schema.get("type")))
