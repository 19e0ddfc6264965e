"""From a component of the page to a Hypothesis strategy for what a visitor may send.

`values(component)` gives values as the page sends them (files as `Media`), or None for a
component that a visitor cannot set; the page then sends back what it shows. Every value
is one that the page allows: judged as valid input.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import hypothesis
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from ..clues import NO_CLUES, Clues
from ..contract import LAYOUT, Component
from . import api, choices, held, media, numbers, tables, text
from .shapes import weighted

__all__ = ["draws", "recordings", "values", "weighted"]

Maker = Callable[[Component, Clues], st.SearchStrategy[Any] | None]

MAKERS: Mapping[str, Maker] = {
    "textbox": text.textbox,
    "code": text.code,
    "multimodaltextbox": media.multimodal,
    "number": numbers.number,
    "slider": numbers.slider,
    "checkbox": choices.checkbox,
    "checkboxgroup": choices.checkboxgroup,
    "radio": choices.radio,
    "dropdown": choices.dropdown,
    "colorpicker": choices.colorpicker,
    "datetime": choices.datetime,
    "dataset": choices.dataset,
    "image": media.image,
    "imageeditor": media.image_editor,
    "audio": media.audio,
    "video": media.video,
    "gallery": media.gallery,
    "model3d": media.model,
    "file": media.file,
    "uploadbutton": media.file,
    "dataframe": tables.dataframe,
    "dialogue": held.dialogue,
    "fileexplorer": held.explorer,
    "highlightedtext": held.highlighted,
    "api": api.parameter,
    # The components that `gradio cc create` begins with.
    "simpletextbox": text.textbox,
    "simpledropdown": choices.dropdown,
    "simpleimage": media.image,
}


def values(component: Component, clues: Clues = NO_CLUES) -> st.SearchStrategy[Any] | None:
    """Return what a visitor may send for *component*; None if it cannot be set.

    *clues* are what the author's examples and source say of it.
    """
    if not component.editable or not component.reachable:
        return None
    maker = MAKERS.get(component.type)
    if maker is None and component.type not in held.HELD | LAYOUT:
        maker = held.custom
    return maker(component, clues) if maker else None


def recordings(component: Component) -> st.SearchStrategy[Any]:
    """Return what a camera or a microphone gives *component* live: frame after frame."""
    return media.recording(component)


def draws(
    fields: Mapping[int, st.SearchStrategy[Any]], count: int, *, seed: int
) -> list[dict[int, Any]]:
    """Return so many drawn values of the *fields*, by component id; none where there is none."""
    found: list[dict[int, Any]] = []

    @hypothesis.seed(seed)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(st.fixed_dictionaries(dict(fields)))
    def collect(drawn: dict[int, Any]) -> None:
        found.append(drawn)

    if fields:
        collect()
    return found
