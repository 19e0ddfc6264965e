"""The few values of a field at which programs break first: nothing, the ends, each choice.

Drawing meets them too, but by chance, and on a slow machine too late.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ..clues import NO_CLUES, Clues
from ..contract import Component
from .choices import allowed
from .media import picture, sources
from .numbers import bounds, told
from .tables import blanked
from .text import keeps

__all__ = ["edges"]

#: So many choices are each an edge; of more, the first and the last.
MOST_CHOICES = 4
#: Cleared with the cross in their corner, or never filled.
CLEARED = frozenset(("image", "audio", "video", "file", "gallery", "model3d", "datetime"))
#: Width and height of the smallest pictures there are.
THIN = ((1, 1), (1, 64), (64, 1))
NUMBER = re.compile(r"\d+(?:\.\d+)?")
#: So many numbers of other fields and of the source are written into a text.
MOST_NUMBERS = 4
#: A page of text: so many characters the field's own text is repeated to.
PAGE = 4096


def edges(component: Component, clues: Clues = NO_CLUES) -> tuple[Any, ...]:
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
            return ("", *_counted(component, clues), *_long(component, clues))
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
        case "dataframe":
            return blanked(component, clues)
        case "image" if sources(component) & {"upload", "clipboard"}:
            return (None, *(picture("RGB", *size, "PNG") for size in THIN))
    return (None,) if component.type in CLEARED else ()


def _counted(component: Component, clues: Clues) -> tuple[str, ...]:
    """Return the field's own text with one number in place of all of its numbers."""
    text = next((text for text in _own(component, clues) if NUMBER.search(text)), None)
    if text is None:
        return ()
    kept = keeps(component)
    numbers = [n for n in told(clues) if n >= 0][:MOST_NUMBERS]
    return tuple(dict.fromkeys(kept(NUMBER.sub(f"{n:.10g}", text)) for n in numbers))


def _long(component: Component, clues: Clues) -> tuple[str, ...]:
    """Return the field's own text again and again, where the page takes more than one of it."""
    text = next(_own(component, clues), "")
    more = keeps(component)("\n".join([text] * (PAGE // max(len(text), 1))))
    return (more,) if text and len(more) > len(text) else ()


def _own(component: Component, clues: Clues) -> Iterator[str]:
    """Yield what the page shows in the field, puts into it, or says of it."""
    for text in (component.value, *clues.examples, component.props.get("placeholder")):
        if isinstance(text, str) and text.strip() and component.props.get("type") != "password":
            yield text
