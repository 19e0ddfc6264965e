"""The function's type hints against what its components send and show."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..contract import Component, Event
from ..finding import Finding, Severity
from . import Check, place_of

__all__ = ["CHECKS"]

#: Hints that say something definite about one value; anything else is not judged.
PLAIN = {
    "int": "number",
    "float": "number",
    "complex": "number",
    "bool": "bool",
    "str": "text",
    "bytes": "bytes",
    "list": "list",
    "List": "list",
    "tuple": "tuple",
    "Tuple": "tuple",
    "dict": "dict",
    "Dict": "dict",
    "ndarray": "array",
    "NDArray": "array",
    "Image": "picture",
    "DataFrame": "table",
    "NoneType": "none",
    "None": "none",
}

#: What the page sends for a component of one fixed kind.
SENT = {
    "textbox": {"text"},
    "code": {"text"},
    "number": {"number"},
    "slider": {"number"},
    "checkbox": {"bool", "number"},
    "checkboxgroup": {"list"},
    "colorpicker": {"text"},
}

#: What a component can show; a hint of another kind is a mistake in one of the two.
SHOWN = {
    "number": {"number", "text", "bool", "none"},
    "image": {"picture", "array", "text", "none", "tuple"},
    "audio": {"tuple", "text", "bytes", "array", "none"},
    "video": {"text", "tuple", "none"},
    "dataframe": {"table", "list", "array", "dict", "none", "text"},
    "gallery": {"list", "tuple", "array", "none"},
}


def type_hint(event: Event, folder: str = "") -> list[Finding]:
    """A type hint says one thing, the component that feeds the function another.

    Why: the author counts on a type that never comes. `count: int` on a Textbox gets text:
    `count * 2` then doubles the text and raises nothing.

    Mend: change the hint, or the component: `gr.Number(precision=0)` sends an int,
    `gr.Image(type="pil")` a Pillow image, and so on.

    Silence: `--app-ignore api.type-hint@EVENT`; it is a warning.
    """
    function = event.function
    if function is None or function.builtin or not function.hints:
        return []
    found = []
    for name, parameter in zip(function.parameters, event.inputs, strict=False):
        hint = function.hints.get(name, "")
        kinds = _kinds(_of_one(hint) if event.batch else hint)
        sent = _sent(parameter.component)
        if kinds and sent and not kinds & sent:
            said = _plain(function.hints[name])
            title = f"{name}: {said} gets {_words(sent)} from {parameter.component.label}"
            found.append(_finding(event, title, name, folder))
    shown = SHOWN.get(event.outputs[0].type) if len(event.outputs) == 1 else None
    kinds = _kinds(function.hints.get("return", ""))
    several = event.generator or event.batch
    if shown and kinds and not several and not kinds & shown:
        said = _plain(function.hints["return"])
        title = f"-> {said} goes to {event.outputs[0].label}, which shows {_words(shown)}"
        found.append(_finding(event, title, "return", folder))
    return found


def _sent(component: Component) -> set[str]:
    kind = component.props.get("type")
    if component.type == "image":
        by_type: Mapping[str, str] = {"numpy": "array", "pil": "picture", "filepath": "text"}
        return {by_type[str(kind)]} if kind in by_type else set()
    if component.type == "audio":
        return {"numpy": {"tuple"}, "filepath": {"text"}}.get(str(kind), set())
    if component.type == "dataframe":
        return {"pandas": {"table"}, "numpy": {"array"}, "array": {"list"}}.get(str(kind), set())
    if component.type == "dropdown" and component.props.get("multiselect"):
        return {"list"}
    return SENT.get(component.type, set())


def _of_one(hint: str) -> str:
    """Return X of the list[X] that a batch function gets for several visitors; "" if not known."""
    found = re.fullmatch(r"(?:typing\.)?[Ll]ist\[(.*)\]", hint)
    return found[1] if found else ""


def _kinds(hint: str) -> set[str]:
    """Return the kinds a hint allows; nothing if any part of it is not understood."""
    found: set[str] = set()
    text = hint.removeprefix("typing.Optional[").removeprefix("typing.Union[")
    if text != hint:
        text = text.removesuffix("]")
        found.add("none")
    depth, part, parts = 0, "", []
    for character in text.replace(", ", " | ") if text != hint else text:
        depth += (character == "[") - (character == "]")
        if character == "|" and depth == 0:
            parts.append(part)
            part = ""
        else:
            part += character
    for one in (*parts, part):
        name = re.sub(r"\[.*\]", "", one.strip()).rpartition(".")[2]
        kind = PLAIN.get(name)
        if kind is None or (name == "Image" and "PIL" not in one):
            return set()
        found.add(kind)
    return found


def _plain(hint: str) -> str:
    return hint.removeprefix("builtins.")


def _words(kinds: set[str]) -> str:
    named = {
        "number": "a number",
        "text": "text",
        "bool": "true or false",
        "list": "a list",
        "tuple": "a tuple",
        "array": "an array",
        "picture": "a Pillow image",
        "table": "a table",
        "dict": "a dict",
        "bytes": "bytes",
    }
    return " or ".join(named[kind] for kind in sorted(kinds) if kind in named)


def _finding(event: Event, title: str, name: str, folder: str) -> Finding:
    function = event.function
    assert function is not None
    return Finding(
        "api.type-hint",
        event.label,
        Severity.WARNING,
        title,
        "Nothing is raised by it: the function goes on with a value of another type.",
        step="function",
        function=f"{function.name}.{name}",
        location=place_of(function, folder),
    )


CHECKS = (Check("api.type-hint", Severity.WARNING, type_hint),)
