"""What a visitor sets a component to, with a mark of its own wherever one fits."""

from __future__ import annotations

import dataclasses
import io
import json
import random
import wave
from collections.abc import Iterable, Mapping
from pathlib import PurePath
from typing import Any

from ..contract import Component
from ..observation import Media
from ..strategies.choices import allowed
from .canaries import Mark, new_mark

__all__ = ["filled", "marked"]


def marked(
    component: Component,
    mark: Mark,
    draw: random.Random,
    *,
    simple: bool = False,
    full: bool = False,
    namesake: str = "",
) -> tuple[bool, Any]:
    """Return whether a visitor sets the component, and to what: with *mark* wherever it fits.

    What has no room for a mark (a choice, a tick, a small number) is drawn. *simple* text is the
    mark's word and nothing else, where the field takes that; with *full*, it has the mark in all
    forms, and whole numbers are so large that few are like them. Files that are called as
    others, *namesake*, have the mark in their content alone.
    """
    maker = MAKERS.get(component.type)
    if maker is None or not component.editable or not component.reachable:
        return False, None
    value = maker(component, mark, draw)
    free = component.props.get("type") != "email"
    if simple and isinstance(value, str) and mark.word in value and free:
        value = mark.word
    if full and component.type in ("number", "slider"):
        value = _rare(component, mark, value)
    if full and component.type == "textbox" and free and isinstance(value, str):
        value = _in_all_forms(component, mark, value)
    return True, _called(value, namesake) if namesake else value


def _called(value: Any, name: str) -> Any:
    """Return *value* with files of that name, each with the ending that it had."""
    if isinstance(value, Media):
        return dataclasses.replace(value, name=f"{name}{PurePath(value.name).suffix}")
    if isinstance(value, dict):
        return {key: _called(item, name) for key, item in value.items()}
    return [_called(item, name) for item in value] if isinstance(value, list) else value


def filled(components: Iterable[Component], draw: random.Random) -> dict[int, Any]:
    """Return what a visitor sets *components* to who fills in all of them, by component id."""
    values = {c.id: marked(c, new_mark(draw), draw) for c in components}
    return {identity: value for identity, (given, value) in values.items() if given}


def _textbox(component: Component, mark: Mark, draw: random.Random) -> Any:
    props = component.props
    longest = props.get("max_length")
    longest = longest if isinstance(longest, int) else 10_000
    if props.get("type") == "email":
        return f"{mark.word}@example.org"
    shown = props.get("value") or props.get("placeholder")
    forms = [mark.word, f"I like {mark.word} and tea, every day of the year."]
    if isinstance(shown, str) and shown.strip() and props.get("type") != "password":
        forms.append(f"{shown} {mark.word}")
    fitting = [form for form in forms if len(form) <= longest]
    if fitting:
        return fitting[0] if draw.random() < 0.5 else draw.choice(fitting)
    return mark.word[:longest]


def _in_all_forms(component: Component, mark: Mark, value: str) -> str:
    """Return a text with the mark as a name, in capitals and as an address, *value* with it."""
    name = mark.word.capitalize()
    text = f"{name} likes tea. Ask {mark.word.upper()} or {mark.word}@example.org, {name}."
    longest = component.props.get("max_length")
    fitting = [
        form for form in (f"{text} {value}", text, value) if len(form) <= (longest or 10_000)
    ]
    return fitting[0] if fitting else value


def _number(component: Component, mark: Mark, draw: random.Random) -> Any:
    low, high = _bounds(component)
    whole = component.props.get("precision") == 0 or component.props.get("step") == 1
    fits = (low is None or low <= mark.number) and (high is None or mark.number <= high)
    if fits and not whole:
        return mark.number
    low = 1 if low is None else low
    high = low + 50 if high is None else high
    if whole:
        return draw.randint(int(low), int(min(high, low + 50)))
    return round(low + (high - low) * (mark.number / 100), 5)


def _rare(component: Component, mark: Mark, value: Any) -> Any:
    """Return a number of five digits that the field takes; *value* where it takes none."""
    low, high = _bounds(component)
    step = component.props.get("step")
    number = int(mark.number * 1000) | 1  # no zero at its end
    fits = (low is None or low <= number) and (high is None or number <= high)
    whole = not isinstance(step, int | float) or step <= 0 or (number - (low or 0)) % step == 0
    return number if fits and whole and isinstance(value, int) else value


def _slider(component: Component, mark: Mark, draw: random.Random) -> Any:
    low, high = _bounds(component)
    low, high = low or 0, 100 if high is None else high
    step = component.props.get("step")
    step = step if isinstance(step, int | float) and step > 0 else 1
    count = max(int((high - low) / step), 0)
    value = low + draw.randint(0, min(count, 40)) * step
    return min(int(value) if float(value).is_integer() else round(value, 6), high)


def _choice(component: Component, mark: Mark, draw: random.Random) -> Any:
    known = allowed(component)
    if component.props.get("multiselect"):
        own = [mark.word] if component.props.get("allow_custom_value") else []
        return [*(draw.sample(known, min(len(known), 1)) if known else ()), *own]
    if component.props.get("allow_custom_value") and component.type == "dropdown":
        return mark.word
    return draw.choice(known) if known else component.value


def _several(component: Component, mark: Mark, draw: random.Random) -> Any:
    known = allowed(component)
    return [choice for choice in known if draw.random() < 0.5]


def _bounds(component: Component) -> tuple[Any, Any]:
    """Return minimum and maximum, None for one that is not there."""
    found = (component.props.get(name) for name in ("minimum", "maximum"))
    low, high = (v if isinstance(v, int | float) and abs(v) < 1e15 else None for v in found)
    return low, high


def _picture(mark: Mark) -> Media:
    from PIL import Image

    buffer = io.BytesIO()
    Image.new("RGB", (32, 24), mark.colour).save(buffer, "PNG")
    return Media(f"{mark.word}.png", buffer.getvalue(), "image/png")


def _image(component: Component, mark: Mark, draw: random.Random) -> Any:
    return _picture(mark)


def _editor(component: Component, mark: Mark, draw: random.Random) -> Any:
    picture = _picture(mark)
    return {"background": picture, "layers": [], "composite": picture}


def _gallery(component: Component, mark: Mark, draw: random.Random) -> Any:
    return [{"image": _picture(mark), "caption": None}]


def _audio(component: Component, mark: Mark, draw: random.Random) -> Any:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as out:
        out.setparams((1, 2, 16_000, 0, "NONE", ""))
        out.writeframes(mark.sound * 100)
    return Media(f"{mark.word}.wav", buffer.getvalue(), "audio/wav")


def _file(component: Component, mark: Mark, draw: random.Random) -> Any:
    made = _written(component.props.get("file_types"), mark)
    many = component.props.get("file_count", "single") != "single"
    return [made] if many and made else made


def _written(types: Any, mark: Mark) -> Media | None:
    """Return a file of the first type that the field takes and that can be marked, if any can."""
    wanted = [t.lower() for t in types or () if isinstance(t, str)]
    lines = f"{mark.word}\n" * (1 + int(mark.number) % 7)  # who counts them gets other numbers
    texts = {
        ".txt": (f"one line\n{lines}", "text/plain"),
        ".csv": (f"name,count\n{mark.word},1\nbob,2\n", "text/csv"),
        ".json": (json.dumps({"name": mark.word, "items": [1, 2]}), "application/json"),
        ".md": (f"# {mark.word}\n\nText.\n", "text/markdown"),
        ".tsv": (f"name\tcount\n{mark.word}\t1\n", "text/tab-separated-values"),
        ".html": (f"<p>{mark.word}</p>", "text/html"),
        ".py": (f"# {mark.word}\nprint('hello')\n", "text/x-python"),
    }
    for kind in wanted or [".txt"]:
        if kind in ("image", "image/*", ".png"):
            return _picture(mark)
        if kind in ("text", "text/*", "file"):
            kind = ".txt"
        if kind in texts:
            content, mime = texts[kind]
            return Media(f"{mark.word}{kind}", content.encode(), mime)
    return None


def _multimodal(component: Component, mark: Mark, draw: random.Random) -> Any:
    return {"text": mark.word, "files": []}


def _table(component: Component, mark: Mark, draw: random.Random) -> Any:
    shown = component.value if isinstance(component.value, Mapping) else None
    headers = list(shown["headers"]) if shown and shown.get("headers") else _headers(component)
    rows = [list(row) for row in (shown or {}).get("data") or ()] or [[""] * len(headers)]
    kinds = component.props.get("datatype") or "str"
    named = kinds if isinstance(kinds, list) else [kinds] * len(headers)
    for column, kind in enumerate([*named, *["str"] * len(headers)][: len(headers)]):
        if column < len(rows[0]):
            if kind == "str":
                rows[0][column] = mark.word
            elif kind == "number":
                rows[0][column] = mark.number
    return {"headers": headers, "data": rows, "metadata": None}


def _headers(component: Component) -> list[str]:
    given = component.props.get("headers")
    return [str(header) for header in given] if given else ["1", "2", "3"]


MAKERS = {
    "textbox": _textbox,
    "code": lambda component, mark, draw: mark.word,
    "multimodaltextbox": _multimodal,
    "number": _number,
    "slider": _slider,
    "checkbox": lambda component, mark, draw: draw.random() < 0.5,
    "checkboxgroup": _several,
    "radio": _choice,
    "dropdown": _choice,
    "colorpicker": lambda component, mark, draw: "#{:02x}{:02x}{:02x}".format(*mark.colour),
    "dataset": lambda component, mark, draw: (
        draw.randrange(len(component.props["samples"])) if component.props.get("samples") else None
    ),
    "image": _image,
    "imageeditor": _editor,
    "gallery": _gallery,
    "audio": _audio,
    "file": _file,
    "uploadbutton": _file,
    "dataframe": _table,
}
