"""The ways in which a visitor can name a file that is not for visitors, in each kind of field."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..contract import Component
from ..observation import Media
from .bait import ENDINGS, Bait

__all__ = ["META", "UP", "Way", "held", "put", "ways"]

#: So many steps up lead to the root of any file system.
UP = "../" * 16
#: Fields that hold files, by how the page sends these.
FILES = frozenset(("file", "uploadbutton", "image", "audio", "video", "model3d"))
META = {"_type": "gradio.FileData"}


@dataclass(frozen=True, slots=True)
class Way:
    """One way to name a file: its *words*, and the *value* that the field gets.

    It is *typed* where the page lets a visitor send it, else only a written request has it.
    *temporary*, it names a file of the temporary folder, which an app may serve. *forged*, it is
    Gradio that has to refuse it: only what the author's own lines make of it counts.
    """

    words: str
    value: Any
    typed: bool = True
    temporary: bool = False
    forged: bool = False


def ways(
    component: Component,
    bait: Bait,
    *,
    folder: Path,
    shown: Iterable[str] = (),
    source: str = "",
) -> list[Way]:
    """Return the ways to name a marked file in *component*, the most telling first.

    The app runs in *folder*; *shown* are texts that the author has for the field, *source* is what
    is done with it: both tell how names are to end and begin there.
    """
    if component.type == "fileexplorer":
        return list(_entries(component, bait))
    typed = [
        Way(words, value, typed, temporary)
        for words, text, temporary in _texts(bait, folder, list(shown), source)
        for value, typed in put(component, text)
    ]
    return [*typed[:4], *_files(component, bait), *typed[4:]]


def put(component: Component, text: str) -> Iterator[tuple[Any, bool]]:
    """Yield what the field gets that is to hold *text*, and whether the page allows it."""
    maker = MAKERS.get(component.type)
    if maker is not None:
        yield from maker(component, text)


def _texts(
    bait: Bait, folder: Path, shown: list[str], source: str
) -> Iterator[tuple[str, str, bool]]:
    """Yield words, the text and whether it is of the temporary folder."""
    known = "\n".join([*shown, source])
    endings = [".txt", *(e for e in ENDINGS[2:] if e in known)]
    bare, deep = f"{bait.outside}/note", f"{UP}{str(bait.outside).lstrip('/')}/note"
    yield "an absolute path", f"{bare}{endings[-1]}", False
    yield "a path that leads up and down again", f"{deep}{endings[-1]}", False
    yield "an absolute path of the temporary folder", f"{bait.temporary}/note.txt", True
    yield "an absolute path without its ending", bare, False
    yield "a path up and down again without its ending", deep, False
    for begin in dict.fromkeys(_beginnings(shown)):
        yield f"a path up and down again behind {begin!r}", f"{begin}{deep}{endings[-1]}", False
    for ending in endings[:-1]:
        yield f"an absolute path ({ending})", f"{bare}{ending}", False
        yield f"a path up and down again ({ending})", f"{deep}{ending}", False
    yield "the absolute path of a folder", str(bait.outside), False
    yield "a folder's path up and down again", deep.removesuffix("/note"), False
    up = os.path.relpath(f"{bare}{endings[-1]}", folder)
    yield "the shortest path", up, False
    yield "dots doubled", deep.replace("../", "....//") + endings[-1], False
    yield "dots and slashes encoded", deep.replace("../", "..%2f") + endings[-1], False
    yield "a file: address", f"file://{bare}{endings[-1]}", False
    for ending in (".png", ".wav"):
        yield f"an absolute path ({ending})", f"{bare}{ending}", False
        yield f"a path of the temporary folder ({ending})", f"{bait.temporary}/note{ending}", True


def _beginnings(shown: Iterable[str]) -> Iterator[str]:
    """Yield the folders with which the author's own texts begin: ``docs/``."""
    for text in shown:
        begin, slash, _ = text.rpartition("/")
        if slash and len(text) < 200 and "\n" not in text and "://" not in text:
            yield f"{begin}/"


# -- how a text is put into a field ----------------------------------------------------------

Filled = Iterator[tuple[Any, bool]]


def _plain(component: Component, text: str) -> Filled:
    longest = component.props.get("max_length")
    fits = not isinstance(longest, int)
    if component.props.get("type") != "email":
        yield text, fits or len(text) <= (longest or 0)
    shown = _parsed(component.value)
    if (value := _replaced(shown, text)) != shown:
        yield json.dumps(value), fits


def _parsed(text: Any) -> Any:
    """Return the object or list that *text* is as JSON, None if it is neither."""
    try:
        value = json.loads(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return value if isinstance(value, dict | list) else None


def _choice(component: Component, text: str) -> Filled:
    own = bool(component.props.get("allow_custom_value"))
    yield [text] if component.props.get("multiselect") else text, own


def _choices(component: Component, text: str) -> Filled:
    yield [text], False


def _message(component: Component, text: str) -> Filled:
    yield {"text": text, "files": []}, True


def _json(component: Component, text: str) -> Filled:
    """The value that is shown, each text in it replaced; else a few shapes that apps read."""
    shown = component.value
    if isinstance(shown, dict | list) and (value := _replaced(shown, text)) != shown:
        yield value, False
    yield text, False
    yield {"path": text, "file": text, "name": text, "meta": META}, False


def _replaced(value: Any, text: str) -> Any:
    if isinstance(value, dict):
        return {key: _replaced(item, text) for key, item in value.items()}
    if isinstance(value, list):
        return [_replaced(item, text) for item in value]
    return text if isinstance(value, str) else value


def _table(component: Component, text: str) -> Filled:
    shown = component.value if isinstance(component.value, Mapping) else {}
    headers = list(shown.get("headers") or component.props.get("headers") or ["1", "2", "3"])
    rows = [list(row) for row in shown.get("data") or ()] or [[""] * len(headers)]
    kinds = component.props.get("datatype") or "str"
    kinds = kinds if isinstance(kinds, list) else [kinds] * len(headers)
    for column in range(min(len(rows[0]), len(kinds))):
        if kinds[column] == "str":
            rows[0][column] = text
    yield {"headers": headers, "data": rows, "metadata": None}, True


def _parameter(component: Component, text: str) -> Filled:
    """The text where a caller of ``gr.api`` may send one."""
    schema = component.schema or {}
    if schema.get("type") == "string" and "enum" not in schema:
        yield text, True


MAKERS: Mapping[str, Callable[[Component, str], Filled]] = {
    "textbox": _plain,
    "simpletextbox": _plain,
    "code": _plain,
    "multimodaltextbox": _message,
    "dropdown": _choice,
    "simpledropdown": _choice,
    "radio": _choice,
    "checkboxgroup": _choices,
    "json": _json,
    "dataframe": _table,
    "api": _parameter,
}


# -- files that were never uploaded ------------------------------------------------------------


def _entries(component: Component, bait: Bait) -> Iterator[Way]:
    """Yield entries of a FileExplorer that are not below the folder which it shows."""
    inside = str(bait.outside / "note.txt").lstrip("/").split("/")
    for words, parts in (
        ("an entry that leads up and down again", [*[".."] * 16, *inside]),
        ("an entry with an absolute path", [str(bait.outside / "note.txt")]),
        ("an entry with a path in one part", [f"{UP}{'/'.join(inside)}"]),
    ):
        single = component.props.get("file_count") == "single"
        yield Way(words, parts if single else [parts], typed=False)


def _files(component: Component, bait: Bait) -> Iterator[Way]:
    """Yield files, as a request names them, that nobody has uploaded."""
    ending = {"image": ".png", "gallery": ".png", "imageeditor": ".png", "audio": ".wav"}
    path = f"{bait.outside}/note{ending.get(component.type, '.txt')}"
    deep = f"{UP}{path.lstrip('/')}"
    given: tuple[tuple[str, Any], ...] = (
        ("a file that was never uploaded", {"path": path, "meta": META}),
        ("a file by its address", {"path": "note.txt", "url": f"file://{path}", "meta": META}),
        ("a file by the app's own address", {"path": path, "url": f"/file={path}", "meta": META}),
        ("a file up and down again", {"path": deep, "orig_name": deep, "meta": META}),
        ("a path in place of a file", path),
    )
    name = f"{UP}{str(bait.outside).lstrip('/')}/escaped.txt"
    for whole in held(component, Media(name, b"out\n", "text/plain")):
        yield Way("a file whose name leads up and down again", whole, typed=False)
    if component.type in ("file", "uploadbutton"):
        given += (("a file without its mark (meta)", {"path": path}),)
    for words, value in given:
        for whole in held(component, value):
            yield Way(words, whole, typed=False, forged=True)


def held(component: Component, value: Any) -> Iterator[Any]:
    """Yield how the page sends *value* where the component holds files at all."""
    if component.type in FILES:
        many = component.props.get("file_count", "single") != "single"
        yield [value] if many else value
    elif component.type == "gallery":
        yield [{"image": value, "caption": None}]
    elif component.type == "imageeditor":
        yield {"background": value, "layers": [], "composite": value}
    elif component.type == "multimodaltextbox":
        yield {"text": "", "files": [value]}
