"""The few values of a field at which programs break first: nothing, the ends, each choice.

Drawing meets them too, but by chance, and on a slow machine too late.
"""

from __future__ import annotations

from typing import Any

from ..contract import Component
from .choices import allowed
from .numbers import bounds

__all__ = ["edges"]

#: So many choices are each an edge; of more, the first and the last.
MOST_CHOICES = 4
#: Cleared with the cross in their corner, or never filled.
CLEARED = frozenset(("image", "audio", "video", "file", "gallery", "model3d", "datetime"))


def edges(component: Component) -> tuple[Any, ...]:
    """Return what a visitor may leave in the field that is the least, the most or nothing."""
    props = component.props
    match component.type:
        case "number":
            low, high = bounds(component)
            zero = (low is None or low <= 0) and (high is None or high >= 0)
            ends = [n for n in (low, high) if n is not None]
            if props.get("precision") == 0:
                ends = [n for n in ends if float(n).is_integer()]
            return (None, *([0] if zero else []), *ends)
        case "slider":
            low, high = bounds(component)
            return tuple(n for n in (low, high) if n is not None)
        case "textbox" | "code":
            return ("",)
        case "checkbox":
            return (False, True)
        case "checkboxgroup":
            return ([], allowed(component))
        case "radio" | "dropdown" if not props.get("multiselect"):
            known = allowed(component)
            return tuple(known if len(known) <= MOST_CHOICES else (known[0], known[-1]))
        case "dropdown":
            return ([],)
        case "multimodaltextbox":
            return ({"text": "", "files": []},)
    return (None,) if component.type in CLEARED else ()
