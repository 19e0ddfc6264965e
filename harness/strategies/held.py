"""Components of which the page sends what it holds, and those with a schema of their own."""

from __future__ import annotations

import fnmatch
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from ..clues import Clues
from ..contract import Component
from .api import parameter
from .text import words

__all__ = ["HELD", "custom", "dialogue", "explorer", "highlighted"]

#: A visitor cannot type into these: as an input they send what an answer or the author put
#: there. A history of a chat is made by chatting, a timer's interval by the author.
HELD = frozenset(
    (
        *("annotatedimage", "chatbot", "html", "imageslider", "json", "label", "markdown"),
        *("barplot", "lineplot", "nativeplot", "paramviewer", "plot", "scatterplot"),
        *("browserstate", "state", "timer", "fallback", "navbar", "workflowcanvas"),
        *("button", "downloadbutton", "clearbutton", "deeplinkbutton", "duplicatebutton"),
        *("loginbutton", "formcomponent"),
    )
)
#: More files than a visitor looks through.
MOST_FILES = 40


def custom(component: Component, clues: Clues) -> st.SearchStrategy[Any] | None:
    """Values of a component that is not Gradio's, where its own schema says all of them."""
    return parameter(component, clues)


def explorer(component: Component, clues: Clues) -> st.SearchStrategy[Any] | None:
    """Files below the folder that is shown, each as the parts of its path."""
    root = component.props.get("root_dir")
    if not clues.local or not isinstance(root, str) or not Path(root).is_dir():
        return None
    wanted = str(component.props.get("glob") or "**/*")
    left_out = component.props.get("ignore_glob")
    known = []
    for path in sorted(Path(root).rglob("*"))[: 50 * MOST_FILES]:
        fits = fnmatch.fnmatch(str(path), wanted) and path.is_file()
        if fits and not (left_out and fnmatch.fnmatch(str(path), str(left_out))):
            known.append(list(path.relative_to(root).parts))
    one = st.sampled_from(known[:MOST_FILES]) if known else st.nothing()
    most = 1 if component.props.get("file_count") == "single" else 3
    return st.just([]) | st.lists(one, min_size=1, max_size=most, unique_by=tuple)


def highlighted(component: Component, clues: Clues) -> st.SearchStrategy[Any] | None:
    """The text shown, some of its parts with another label or none, where labels may be set."""
    shown = component.value
    if component.props.get("interactive") is not True or not isinstance(shown, list) or not shown:
        return None
    labels = [None, "new", *(part.get("class_or_confidence") for part in shown)]
    if any(isinstance(label, int | float) for label in labels):
        return None  # shades of a number are not picked from labels
    label = st.sampled_from(list(dict.fromkeys(labels)))

    def marked(edits: dict[int, Any]) -> list[dict[str, Any]]:
        return [
            {**part, "class_or_confidence": edits.get(number, part.get("class_or_confidence"))}
            for number, part in enumerate(shown)
        ]

    return st.dictionaries(st.integers(0, len(shown) - 1), label, max_size=3).map(marked)


def dialogue(component: Component, clues: Clues) -> st.SearchStrategy[Any] | None:
    """Lines of the speakers; nothing where the page has one text for all of them."""
    speakers = component.props.get("speakers")
    if not speakers or component.props.get("ui_mode") == "text":
        return None
    line = st.fixed_dictionaries(
        {"speaker": st.sampled_from(speakers), "text": words(None, lines=False)}
    )
    return st.lists(line, min_size=1, max_size=5)
