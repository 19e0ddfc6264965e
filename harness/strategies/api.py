"""What callers of a ``gr.api()`` endpoint send, which is on no page: values of its types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from ..clues import Clues
from ..contract import Component
from ..schema import branches, understood
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
        case "array":
            return st.lists(fitting(schema["items"]), max_size=4)
        case "object":
            if named := schema.get("properties"):
                wanted = schema.get("required", named)
                return st.fixed_dictionaries(
                    {name: fitting(inner) for name, inner in named.items() if name in wanted},
                    optional={n: fitting(inner) for n, inner in named.items() if n not in wanted},
                )
            values = fitting(schema["additionalProperties"])
            return st.dictionaries(st.sampled_from(KEYS), values, max_size=3)
        case "integer":
            return st.sampled_from(WHOLE) | st.integers(-100, 100)
        case "number":
            known_numbers = [float(n) for n in PLAIN]
            return st.sampled_from(known_numbers) | st.floats(-100, 100)
        case "string":
            return words(None, lines=True)
        case "boolean":
            return st.booleans()
    return st.none()
