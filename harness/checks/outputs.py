"""What an answer puts into a component, held against what the component can show."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any

from ..contract import Component
from ..finding import Finding, Severity
from . import Check
from .outcome import Seen

__all__ = ["CHECKS"]

Complaint = tuple[Severity, str]


def output_type(seen: Seen) -> list[Finding]:
    """An answer does not fit the component it goes to, and no exception says so.

    Why: the page shows an empty field, a bar of 170 % or no choice at all, and whoever
    calls the app by its API gets a value of another type than the app declares.

    Mend: return what the component declares: a number for `gr.Number`, one of its own
    choices for `gr.Radio` and `gr.Dropdown`, confidences from 0 to 1 for `gr.Label`.

    Silence: `--app-ignore api.output-type@EVENT`.
    """
    found = []
    for component, value in zip(seen.event.outputs, seen.observation.outputs or (), strict=False):
        props = {**component.props, **seen.props.get(component.id, {})}
        if isinstance(value, dict) and value.get("__type__") == "update":
            props.update(value)
            if "value" not in value:
                continue
            value = value["value"]
        judge = JUDGES.get(component.type)
        complaint = judge(value, props) if judge is not None and value is not None else None
        if complaint is not None:
            found.append(_finding(seen, component, value, complaint))
    return found


def _number(value: Any, props: Mapping[str, Any]) -> Complaint | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return Severity.ERROR, f"gets {_shown(value)}, which is not a number"
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return Severity.ERROR, f"gets the text {_shown(value)}, which is not a number"
        return None
    return None if math.isfinite(value) else (Severity.WARNING, f"gets {value}")


def _slider(value: Any, props: Mapping[str, Any]) -> Complaint | None:
    complaint = _number(value, props)
    if complaint is not None or isinstance(value, str):
        return complaint
    low, high = props.get("minimum"), props.get("maximum")
    below = isinstance(low, int | float) and value < low
    above = isinstance(high, int | float) and value > high
    if below or above:
        return Severity.WARNING, f"gets {value}, outside its range {low} to {high}"
    return None


def _choice(value: Any, props: Mapping[str, Any]) -> Complaint | None:
    if props.get("allow_custom_value"):
        return None
    known = [
        c[1] if isinstance(c, list | tuple) and len(c) == 2 else c
        for c in props.get("choices") or ()
    ]
    picked = value if isinstance(value, list) else [value]
    odd = [item for item in picked if item not in known]
    # Gradio takes an empty text for "nothing chosen".
    odd = [item for item in odd if item not in (None, "")]
    if not odd:
        return None
    some = ", ".join(map(_shown, known[:6])) or "none"
    return Severity.ERROR, f"gets {_shown(odd[0])}, which is not one of its choices ({some})"


def _checkbox(value: Any, props: Mapping[str, Any]) -> Complaint | None:
    if isinstance(value, bool | int):
        return None
    return Severity.ERROR, f"gets {_shown(value)}, which is neither true nor false"


def _label(value: Any, props: Mapping[str, Any]) -> Complaint | None:
    if not isinstance(value, dict):
        return None
    for item in value.get("confidences") or ():
        number = item.get("confidence") if isinstance(item, dict) else None
        name = _shown(item.get("label")) if isinstance(item, dict) else "?"
        if number is None or (isinstance(number, float) and math.isnan(number)):
            return Severity.ERROR, f"gets a confidence for {name} that is not a number"
        if isinstance(number, int | float) and not -1e-6 <= number <= 1 + 1e-6:
            return Severity.WARNING, f"gets the confidence {number:g} for {name}, not from 0 to 1"
    return None


def _gallery(value: Any, props: Mapping[str, Any]) -> Complaint | None:
    if isinstance(value, list) and any(item is None for item in value):
        return Severity.ERROR, "gets a picture that is None"
    return None


def _shown(value: Any) -> str:
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError):
        text = repr(value)
    return text if len(text) <= 80 else text[:77] + "…"


def _finding(seen: Seen, component: Component, value: Any, complaint: Complaint) -> Finding:
    severity, words = complaint
    function = seen.event.function
    return Finding(
        "api.output-type",
        seen.event.label,
        severity,
        f"{component.label} {words}",
        step="postprocess",
        function=function.name if function else "",
        exception=component.type,
    )


JUDGES: Mapping[str, Callable[[Any, Mapping[str, Any]], Complaint | None]] = {
    "number": _number,
    "slider": _slider,
    "radio": _choice,
    "dropdown": _choice,
    "checkboxgroup": _choice,
    "checkbox": _checkbox,
    "label": _label,
    "gallery": _gallery,
}

CHECKS = (Check("api.output-type", Severity.ERROR, output_type),)
