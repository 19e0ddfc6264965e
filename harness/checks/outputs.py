"""What an answer puts into a component, held against what the component can show."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from ..contract import Component
from ..finding import Finding, Severity
from . import Check
from .outcome import Seen

__all__ = ["CHECKS"]

Complaint = tuple[Severity, str]

#: What a number field of a page takes for a number; it stays empty for any other text.
NUMBER = re.compile(r"-?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
#: How Python writes what was not meant to be read: no author ever typed one of these.
NOT_TEXT = re.compile(
    r"<(coroutine|generator|async_generator) object [\w.<>]+ at 0x[0-9a-fA-F]+>"
    r"|<function [\w.<>]+ at 0x[0-9a-fA-F]+>|<bound method [\w.<>]+ of <"
    r"|<[\w.<>]+ object at 0x[0-9a-fA-F]+>"
)
COLOR = re.compile(
    r"#([0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})"
    r"|(rgb|hsl|hwb|lab|lch|oklab|oklch|color)a?\([^()]+\)",
    re.IGNORECASE,
)
#: Where text goes that a visitor reads.
READ = frozenset(("textbox", "markdown", "html", "code", "json", "chatbot", "dataframe", "label"))


def output_type(seen: Seen) -> list[Finding]:
    """An answer does not fit the component it goes to, and no exception says so.

    Why: the page shows an empty field, a bar of 170 % or no choice at all, and whoever
    calls the app by its API gets a value of another type than the app declares.

    Mend: return what the component declares: a number for `gr.Number`, one of its own
    choices for `gr.Radio` and `gr.Dropdown`, confidences from 0 to 1 for `gr.Label`, a new
    value together with new choices, the text of an object and not the object.

    Silence: `--app-ignore api.output-type@EVENT`.
    """
    refused = _refused(seen)
    if refused is not None:
        return [refused]
    found = []
    evidence = seen.observation.evidence
    nonfinite = dict(evidence.nonfinite) if evidence and not _extreme(seen) else {}
    outputs = zip(seen.event.outputs, seen.observation.outputs or (), strict=False)
    for place, (component, value) in enumerate(outputs):
        props = {**component.props, **seen.props.get(component.id, {})}
        if isinstance(value, dict) and value.get("__type__") == "update":
            props.update(value)
            if "value" not in value:
                complaint = _stale(component, value, props, seen.shown.get(component.id))
                if complaint is not None:
                    found.append(_finding(seen, component, complaint))
                continue
            value = value["value"]
        complaint = _judged(seen, component, value, props)
        if value is None and component.type in ("number", "slider") and place in nonfinite:
            words = f"gets {nonfinite[place]}, which the page shows as an empty field"
            complaint = Severity.WARNING, words
        if complaint is not None:
            found.append(_finding(seen, component, complaint))
    return found


def _extreme(seen: Seen) -> bool:
    """Whether the visitor sent a number so large or small that arithmetic alone explains it."""
    waiting: list[Any] = list(seen.observation.call.inputs)
    while waiting:
        item = waiting.pop()
        if isinstance(item, list | tuple):
            waiting += item
        elif isinstance(item, dict):
            waiting += item.values()
        elif isinstance(item, int | float) and item and not 1e-15 < abs(item) < 1e15:
            return True
    return False


def _judged(
    seen: Seen, component: Component, value: Any, props: Mapping[str, Any]
) -> Complaint | None:
    judge = JUDGES.get(component.type)
    complaint = judge(value, props) if judge is not None and value is not None else None
    if complaint is None and component.type in READ:
        complaint = _not_text(seen, value)
    return complaint


def _refused(seen: Seen) -> Finding | None:
    """Return what Gradio's own error says of an answer; no line of the author's raised it."""
    evidence, error = seen.observation.evidence, seen.observation.error
    if evidence is None or error is None or error.kind != "author":
        return None
    if evidence.step != "postprocess" or evidence.frame is not None or evidence.needs:
        return None
    said = " ".join(evidence.message.split())[:200]
    return Finding(
        "api.output-type",
        seen.event.label,
        Severity.ERROR,
        f"Gradio refuses what the function returned: {said}",
        "The visitor sees these words in place of the answer.",
        step="postprocess",
        function=_function(seen),
        exception=evidence.exception,
    )


def _number(value: Any, props: Mapping[str, Any]) -> Complaint | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return Severity.ERROR, f"gets {_shown(value)}, which is not a number"
    if isinstance(value, str):
        if value == "" or NUMBER.fullmatch(value):  # "" empties the field, as None does
            return None
        if value.casefold().lstrip("+-") in ("nan", "inf", "infinity"):
            return Severity.WARNING, f"gets {value}, which the page shows as an empty field"
        return Severity.ERROR, f"gets the text {_shown(value)}, which is not a number"
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
    known = _choices(props)
    odd = _outside(value, known)
    if not odd:
        return None
    some = ", ".join(map(_shown, known[:6])) or "none"
    return Severity.ERROR, f"gets {_shown(odd[0])}, which is not one of its choices ({some})"


def _dropdown(value: Any, props: Mapping[str, Any]) -> Complaint | None:
    if isinstance(value, list) and value and not props.get("multiselect"):
        return Severity.ERROR, f"gets the list {_shown(value)}, but one choice is all it shows"
    return _choice(value, props)


def _stale(
    component: Component, update: Mapping[str, Any], props: Mapping[str, Any], held: Any
) -> Complaint | None:
    """Judge an update that changes the choices and leaves the value as it was."""
    choices = component.type in ("radio", "dropdown", "checkboxgroup")
    if not choices or update.get("choices") is None or props.get("allow_custom_value"):
        return None
    odd = _outside(held, _choices(props))
    if not odd:
        return None
    words = f"gets new choices without {_shown(odd[0])}, which it still holds as its value"
    return Severity.WARNING, words


def _choices(props: Mapping[str, Any]) -> list[Any]:
    return [
        c[1] if isinstance(c, list | tuple) and len(c) == 2 else c
        for c in props.get("choices") or ()
    ]


def _outside(value: Any, known: list[Any]) -> list[Any]:
    picked = value if isinstance(value, list) else [value]
    # Gradio takes an empty text for "nothing chosen".
    return [item for item in picked if item not in known and item not in (None, "")]


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


def _color(value: Any, props: Mapping[str, Any]) -> Complaint | None:
    if not isinstance(value, str):
        return Severity.ERROR, f"gets {_shown(value)}, which is no colour"
    text = value.strip()
    if not text or COLOR.fullmatch(text) or _color_name(text):
        return None
    return Severity.ERROR, f"gets {_shown(value)}, which is no colour: the page shows none"


def _color_name(text: str) -> bool:
    if not text.isalpha():
        return False
    try:
        from PIL.ImageColor import colormap
    except ImportError:
        return True  # nobody to ask
    name = text.casefold()
    return name in colormap or name in ("transparent", "currentcolor")


def _datetime(value: Any, props: Mapping[str, Any]) -> Complaint | None:
    if not isinstance(value, str) or not value:
        return None
    if re.fullmatch(r"now( - \d+[smhd])?", value.strip()):
        return None
    form = "%Y-%m-%d %H:%M:%S" if props.get("include_time", True) else "%Y-%m-%d"
    try:
        datetime.strptime(value.strip(), form)
    except ValueError:
        return Severity.WARNING, f"gets {_shown(value)}, which is no date in its format {form}"
    return None


def _dataframe(value: Any, props: Mapping[str, Any]) -> Complaint | None:
    if not isinstance(value, dict):
        return None
    headers, rows = value.get("headers"), value.get("data")
    if not isinstance(headers, list) or not isinstance(rows, list) or not headers:
        return None
    for number, row in enumerate(rows, start=1):
        if isinstance(row, list) and len(row) > len(headers):
            lost = ", ".join(map(_shown, row[len(headers) : len(headers) + 3]))
            words = f"gets {len(row)} cells in row {number} for {len(headers)} columns"
            return Severity.ERROR, f"{words}: the page leaves out {lost}"
    return None


def _chatbot(value: Any, props: Mapping[str, Any]) -> Complaint | None:
    for message in value if isinstance(value, list) else ():
        if not isinstance(message, dict):
            continue  # a pair, as Gradio 4 and 5 have it
        role = message.get("role")
        if role not in ("user", "assistant", "system"):
            words = f"gets a message of {_shown(role)}; the page shows user and assistant only"
            return Severity.ERROR, words
    return None


def _html(value: Any, props: Mapping[str, Any]) -> Complaint | None:
    template = props.get("html_template")
    if isinstance(value, dict | list) and template in (None, "${value}"):
        return Severity.ERROR, f"gets {_shown(value)}, which the page shows as [object Object]"
    return None


def _plot(value: Any, props: Mapping[str, Any]) -> Complaint | None:
    if isinstance(value, dict) and "plot" in value and not value["plot"]:
        return Severity.ERROR, "gets a plot with nothing in it"
    return None


def _not_text(seen: Seen, value: Any) -> Complaint | None:
    """Judge what Python writes for an object, where the visitor did not type it."""
    typed = "\n".join(_texts(list(seen.observation.call.inputs)))
    for text in _texts(value):
        found = NOT_TEXT.search(text)
        if found is None or found[0] in typed:
            continue
        if "coroutine object" in found[0] and _unawaited(seen):
            continue  # told at the line that did not wait for it
        return Severity.WARNING, f"shows {_shown(found[0])}, an object in place of what it holds"
    return None


def _unawaited(seen: Seen) -> bool:
    evidence = seen.observation.evidence
    warned = evidence.warned if evidence else ()
    return any("never awaited" in warning.message for warning in warned)


def _texts(value: Any) -> Iterator[str]:
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, list | tuple):
            waiting += item
        elif isinstance(item, dict):
            waiting += item.values()


def _shown(value: Any) -> str:
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError):
        text = repr(value)
    return text if len(text) <= 80 else text[:77] + "…"


def _function(seen: Seen) -> str:
    function = seen.event.function
    return function.name if function else ""


def _finding(seen: Seen, component: Component, complaint: Complaint) -> Finding:
    severity, words = complaint
    return Finding(
        "api.output-type",
        seen.event.label,
        severity,
        f"{component.label} {words}",
        step="postprocess",
        function=_function(seen),
        exception=component.type,
    )


JUDGES: Mapping[str, Callable[[Any, Mapping[str, Any]], Complaint | None]] = {
    "number": _number,
    "slider": _slider,
    "radio": _choice,
    "dropdown": _dropdown,
    "checkboxgroup": _choice,
    "checkbox": _checkbox,
    "label": _label,
    "gallery": _gallery,
    "colorpicker": _color,
    "datetime": _datetime,
    "dataframe": _dataframe,
    "chatbot": _chatbot,
    "html": _html,
    "plot": _plot,
}

CHECKS = (Check("api.output-type", Severity.ERROR, output_type),)
