"""The ways to feed an event with units: as lines, words, items, rows, files or turns of a chat."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ..contract import Component
from ..observation import Media
from ..reproduce import Case
from .conversation import conversation, talk
from .search import Search
from .units import texts_in

__all__ = ["Feed", "feeds", "sent_texts"]

#: Each is uploaded.
MOST_FILES = 23
#: More than most apps show of a conversation.
MOST_TURNS = 23
#: Kinds of text files, the first one for choice.
PLAIN = (".txt", ".csv", ".md", ".log")


@dataclass(frozen=True, slots=True)
class Feed:
    """One way to feed one component: *make* turns units into its value.

    *taken* turns that value into a case, where it is not all typed in at once.
    """

    component: Component
    what: str
    make: Callable[[Sequence[str]], Any]
    most: int
    numbers: bool = False
    twice: bool = True
    taken: Callable[[Any], Case] | None = None

    def case(self, given: Sequence[str]) -> Case:
        """Return what a visitor does who feeds the field with the units *given*."""
        value = self.make(given)
        return Case({self.component.id: value}) if self.taken is None else self.taken(value)


def feeds(search: Search) -> Iterator[Feed]:
    for parameter in search.event.inputs:
        component = parameter.component
        if component in search.settable and not search.owned(component):
            make = FIELDS.get(component.type)
            if make is not None:
                yield from make(search, component)
    yield from _turns(search)


def sent_texts(value: Any) -> Iterator[str]:
    """Yield every text in what a visitor sends: of a file, what is in it."""
    if isinstance(value, Media):
        yield value.content.decode("utf-8", "replace")
    elif isinstance(value, list):
        for item in value:
            yield from sent_texts(item)
    else:
        yield from texts_in(value)


def _turns(search: Search) -> Iterator[Feed]:
    """Messages of a conversation, one a turn."""
    typed = [c for c in search.settable if c.type in ("textbox", "multimodaltextbox")]
    if (
        len(typed) == 1
        and not search.owned(typed[0])
        and any(c.type == "chatbot" for c in conversation(search))
    ):
        (component,) = typed
        one = _joined(component, "")

        def taken(given: Sequence[str]) -> Case:
            return talk(search, [{component.id: one([unit])} for unit in given])

        yield Feed(component, "turn", list, MOST_TURNS, twice=False, taken=taken)


def _text(search: Search, component: Component) -> Iterator[Feed]:
    props = component.props
    if props.get("type") in ("password", "email"):
        return
    longest = props.get("max_length")
    most = int(longest) if isinstance(longest, int) else 100_000
    constants = search.clues[component.id].constants if component.id in search.clues else None
    kinds: dict[str, str] = {}
    for separator in constants.separators if constants else ():
        if 0 < len(separator) < 4 and (separator.strip() or separator == "\n\n"):
            kinds.setdefault(separator, "item")
    lines = props.get("max_lines") != 1 or component.type == "code"
    if lines:
        kinds["\n"] = "line"
    kinds.setdefault(", ", "item")
    kinds.setdefault(" ", "word")
    if not lines:
        kinds = {key: what for key, what in kinds.items() if "\n" not in key}
    for separator, what in list(kinds.items())[:4]:
        for numbers in (False, True):
            yield Feed(
                component,
                what,
                _joined(component, separator),
                most // (6 + len(separator)),
                numbers=numbers,
                twice=what != "word",
            )


def _joined(component: Component, separator: str) -> Callable[[Sequence[str]], Any]:
    if component.type == "multimodaltextbox":
        return lambda given: {"text": separator.join(given), "files": []}
    return lambda given: separator.join(given)


def _rows(search: Search, component: Component) -> Iterator[Feed]:
    shown = component.value
    if not isinstance(shown, dict) or not shown.get("headers"):
        return
    count = component.props.get("row_count")
    if isinstance(count, list | tuple) and len(count) == 2 and count[1] == "fixed":
        return
    headers = [str(header) for header in shown["headers"]]
    kinds = component.props.get("datatype") or "str"
    named = [*(kinds if isinstance(kinds, list) else [kinds] * len(headers)), *["str"] * 50]
    column = next((i for i, kind in enumerate(named[: len(headers)]) if kind == "str"), None)
    if column is None or component.props.get("static_columns"):
        return
    blank = {"number": 1, "bool": False, "date": "2024-02-29"}

    def make(given: Sequence[str]) -> Any:
        row = [blank.get(str(kind), "a") for kind in named[: len(headers)]]
        data = [[*row[:column], unit, *row[column + 1 :]] for unit in given]
        return {"headers": headers, "data": data, "metadata": None}

    yield Feed(component, "row", make, 2000)


def _file(search: Search, component: Component) -> Iterator[Feed]:
    types = {str(kind) for kind in component.props.get("file_types") or ()}
    count = component.props.get("file_count", "single")
    if count == "single":
        readers = search.clue(component).constants.readers
        for suffix, what, content in CONTENTS:
            meant = suffix[1:] in readers or suffix == ".txt"
            if suffix in types or (meant and (not types or types & {"file", "text"})):
                yield Feed(component, what, _one(suffix, content), 20_000)
    elif count == "multiple" and (not types or types & {"text", *PLAIN}):
        suffix = next((one for one in PLAIN if one in types), ".txt")
        yield Feed(component, "file", _files(suffix), MOST_FILES)


def _files(suffix: str) -> Callable[[Sequence[str]], Any]:
    """Return what makes a file of each unit, called like it."""
    return lambda given: [Media(f"{u}{suffix}", _lines([u]).encode(), "text/plain") for u in given]


def _one(suffix: str, content: Callable[[Sequence[str]], str]) -> Callable[[Sequence[str]], Any]:
    """Return what makes one file of all units."""
    return lambda given: Media(f"units{suffix}", content(given).encode(), "text/plain")


def _lines(given: Sequence[str]) -> str:
    return "\n".join(given) + "\n"


def _table(separator: str) -> Callable[[Sequence[str]], str]:
    """Return what makes a table with a header and two columns of the units."""

    def table(given: Sequence[str]) -> str:
        rows = [f"{unit}{separator}{number}" for number, unit in enumerate(given, 1)]
        return _lines([f"name{separator}number", *rows])

    return table


#: Suffix, what a unit is in such a file, and how its text is made of them.
CONTENTS: tuple[tuple[str, str, Callable[[Sequence[str]], str]], ...] = (
    (".csv", "row", _table(",")),
    (".tsv", "row", _table("\t")),
    (".json", "item", json.dumps),
    *((suffix, "line", _lines) for suffix in (".txt", ".md", ".log")),
)
FIELDS: dict[str, Callable[[Search, Component], Iterator[Feed]]] = {
    "textbox": _text,
    "multimodaltextbox": _text,
    "code": _text,
    "dataframe": _rows,
    "file": _file,
    "uploadbutton": _file,
}
