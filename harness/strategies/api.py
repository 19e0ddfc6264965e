"""What callers of a ``gr.api()`` endpoint send, which is on no page: values of its types."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from ..clues import Clues
from ..contract import Component
from ..schema import NEVER, branches, limits, named, understood
from .numbers import PLAIN
from .text import words

__all__ = ["parameter"]

WHOLE = [n for n in PLAIN if isinstance(n, int)]
KEYS = ("a", "key", "two words", "")


def parameter(component: Component, clues: Clues) -> st.SearchStrategy[Any] | None:
    """Values of the parameter's type, and its default; None where its type says too little."""
    schema = component.schema or {}
    if not understood(schema):
        return None
    drawn = fitting(schema)
    return drawn if component.value is None else st.just(component.value) | drawn


def fitting(schema: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    """Return values that fit a schema which is understood."""
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from(list(schema["enum"]))
    if known := branches(schema):
        return st.one_of([fitting(one) for one in known])
    match schema["type"]:
        case "array" if "prefixItems" in schema:
            return st.tuples(*map(fitting, schema["prefixItems"])).map(list)
        case "array":
            least, most = schema.get("minItems", 0), schema.get("maxItems", math.inf)
            if schema["items"] == NEVER:
                return st.builds(list)
            return st.lists(fitting(schema["items"]), min_size=least, max_size=min(most, least + 4))
        case "object":
            if schema.get("properties"):
                asked, more = named(schema)
                return st.fixed_dictionaries(
                    {name: fitting(inner) for name, inner in asked.items()},
                    optional={name: fitting(inner) for name, inner in more.items()},
                )
            values = fitting(schema["additionalProperties"])
            return st.dictionaries(st.sampled_from(KEYS), values, max_size=3)
        case "integer" | "number":
            return numbers(schema)
        case "string":
            return text(schema)
        case "boolean":
            return st.booleans()
    return st.none()


def numbers(schema: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    """Plain numbers and others not far from nothing, or from the end that is nearest to it."""
    low, high = limits(schema)
    start, end = max(low, min(-100, high - 100)), min(high, max(100, low + 100))
    whole = schema["type"] == "integer"
    known = [n for n in (WHOLE if whole else map(float, PLAIN)) if start <= n <= end]
    drawn: st.SearchStrategy[Any] = st.floats(start, end)
    if whole:
        drawn = st.integers(math.ceil(start), math.floor(end))
    return st.sampled_from(known) | drawn if known else drawn


def text(schema: Mapping[str, Any]) -> st.SearchStrategy[str]:
    """Words, and odd text, as long as the schema wants them."""
    least, most = schema.get("minLength", 0), schema.get("maxLength")
    return words(most, lines=True).map(lambda drawn: drawn.ljust(least, "a"))
