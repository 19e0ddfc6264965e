"""What a JSON schema says of one value: whether it says enough, and the plainest such value.

For the parameters of ``gr.api()``, which no component stands for, and for custom components.
Gradio writes the schema from type hints and pydantic models: only where they say all is it
known what callers send. `resolved` comes first: what follows knows nothing of references.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["NEVER", "branches", "limits", "named", "plainest", "resolved", "understood"]

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
#: What narrows a type in a way that is not drawn by.
NARROW = frozenset(("format", "pattern", "multipleOf", "uniqueItems", "contains"))
#: Nothing fits.
NEVER: Mapping[str, Any] = {"not": {}}
#: A definition is written out so often below itself, and references so deep in one another.
TWICE, DEEPEST = 2, 6


def resolved(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the schema with every ``$ref`` written out and ``allOf`` as one.

    One that goes on below itself for ever, as a tree does, ends after a few: with `NEVER`.
    """
    known = {
        f"#/{place}/{name}": inner
        for place in ("$defs", "definitions")
        for name, inner in (schema.get(place) or {}).items()
    }
    outer = {key: inner for key, inner in schema.items() if key not in ("$defs", "definitions")}
    return _resolved(outer, known, ()) if known or "allOf" in schema else schema


def _resolved(schema: Any, known: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    if not isinstance(schema, Mapping):
        return schema  # additionalProperties may be true or false
    reference = schema.get("$ref")
    if reference is not None:
        if path.count(reference) == TWICE or len(path) == DEEPEST or reference not in known:
            return NEVER
        beside = {key: inner for key, inner in schema.items() if key != "$ref"}
        return _resolved({**known[reference], **beside}, known, (*path, reference))
    found = dict(schema)
    for key in ("items", "additionalProperties"):
        if key in found:
            found[key] = _resolved(found[key], known, path)
    for key in ("oneOf", "anyOf", "allOf", "prefixItems"):
        if key in found:
            found[key] = [_resolved(one, known, path) for one in found[key]]
    if isinstance(found.get("properties"), Mapping):
        inner = found["properties"].items()
        found["properties"] = {name: _resolved(one, known, path) for name, one in inner}
    return _merged([*found.pop("allOf"), found]) if "allOf" in found else found


def _merged(parts: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Return one schema for what has to fit all of them."""
    merged: dict[str, Any] = {}
    for part in parts:
        properties = {**merged.get("properties", {}), **part.get("properties", {})}
        required = [*merged.get("required", ()), *part.get("required", ())]
        merged |= part
        merged |= {"properties": properties} if properties else {}
        merged |= {"required": required} if required else {}
    return merged


def understood(schema: Mapping[str, Any]) -> bool:
    """Whether a value can be made that every reader of the schema takes for right.

    Of sets and bytes JSON knows nothing, of ``list`` and ``Any`` no caller.
    """
    if "enum" in schema or "const" in schema:
        return True
    if "oneOf" in schema or "anyOf" in schema:
        return bool(branches(schema))
    kind = schema.get("type")
    if NARROW & schema.keys():
        return False
    if kind == "array":
        if "prefixItems" in schema:
            first = schema["prefixItems"]
            whole = schema.get("minItems", 0) <= len(first)
            return whole and all(map(understood, first))
        items = schema.get("items") or {}
        return understood(items) or (items == NEVER and not schema.get("minItems"))
    if kind == "object":
        if schema.get("properties"):
            asked, _ = named(schema)
            return not FILE & schema["properties"].keys() and all(map(understood, asked.values()))
        extra = schema.get("additionalProperties")
        return isinstance(extra, Mapping) and understood(extra)
    if kind in ("integer", "number"):
        low, high = limits(schema)
        return low <= high
    return isinstance(kind, str) and kind in PLAINEST


def branches(schema: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return those alternatives of the schema that are understood."""
    return [one for one in schema.get("oneOf") or schema.get("anyOf") or () if understood(one)]


def named(schema: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the properties that are always there, and those that may be, by name.

    Where none is said to be required, as of a dataclass, all are always there, but for one
    that nothing fits. One that may be left out and is not understood is left out.
    """
    properties = schema["properties"]
    wanted = schema.get("required") or [name for name, one in properties.items() if one != NEVER]
    asked = {name: properties.get(name, {}) for name in wanted}
    more = {n: one for n, one in properties.items() if n not in asked and understood(one)}
    return asked, more


def limits(schema: Mapping[str, Any]) -> tuple[float, float]:
    """Return the least and the largest number that fit, infinite where nothing is said."""
    low, high = schema.get("minimum", -math.inf), schema.get("maximum", math.inf)
    above, below = (schema.get(f"exclusive{end}imum") for end in ("Min", "Max"))
    whole = schema.get("type") == "integer"
    if above is not None:
        low = max(low, above + 1 if whole else math.nextafter(above, math.inf))
    if below is not None:
        high = min(high, below - 1 if whole else math.nextafter(below, -math.inf))
    return low, high


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
    match schema["type"]:
        case "object" if schema.get("properties"):
            return {name: plainest(one) for name, one in named(schema)[0].items()}
        case "array":
            first = schema.get("prefixItems") or [schema["items"]] * schema.get("minItems", 0)
            return [plainest(one) for one in first]
        case "string":
            return "a" * schema.get("minLength", 0)
        case "integer" | "number" as kind:
            low, high = limits(schema)
            return min(max(PLAINEST[kind], low), high)
    return PLAINEST[schema["type"]]
