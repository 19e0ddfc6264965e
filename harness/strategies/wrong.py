"""What only a hand-written request sends: wrong types, counts, choices, ranges, files.

No page lets a visitor send these, so an app need not make sense of them. It may refuse
them in whatever way, as long as it goes on answering, says nothing of its inside, and the
other visitors notice nothing.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from ..contract import Component, Event
from ..observation import Media

__all__ = ["Forgery", "envelopes", "forgeries"]

#: A file that is not there, below a folder of our own: nothing is given away if it is read.
NOWHERE = os.path.join(tempfile.gettempdir(), "gradio-harness", "no-such-file.png")
#: So deep that a function that walks it by recursion is busy, and no JSON reader is.
DEPTH = 60
#: Beyond what 64 bits hold, and written as digits.
HUGE = 10**30
LONG = "a" * 20_000
#: No component and no event has this number.
NOBODY = 999_999


@dataclass(frozen=True, slots=True)
class Forgery:
    """One request that no page sends: its *data*, and in *words* what is wrong with it.

    *index* and *trigger* are the event and the component that it names, where they are not the
    event's own; *foreign*, it comes under the session of another visitor. What of these Gradio
    itself makes something wrong of is no fault of the app's.
    """

    words: str
    data: tuple[Any, ...]
    event_data: Any = None
    index: int | None = None
    trigger: int | None = None
    foreign: bool = False

    @property
    def of_gradio(self) -> bool:
        """Whether it is Gradio that has to refuse it."""
        return self.foreign or self.index is not None or self.trigger is not None


def forgeries(event: Event, shown: Sequence[Any]) -> Iterator[Forgery]:
    """Yield what to send for *event*, where a page would send *shown*: the telling ones first.

    Each differs from what the page sends in one place, so that what goes wrong has one cause.
    """
    shown = tuple(shown)
    columns = [
        [
            Forgery(f"{parameter.name} = {_said(value)}", (*shown[:at], value, *shown[at + 1 :]))
            for value in values(parameter.component)
        ]
        for at, parameter in enumerate(event.inputs)
    ]
    first, *rest = list(zip_longest(*columns)) or [()]  # a State alone has nothing to vary
    yield from filter(None, first)
    if shown:
        yield Forgery("no inputs at all", ())
    for row in rest:
        yield from filter(None, row)
    if len(shown) > 1:
        yield Forgery("the last input is missing", shown[:-1])
    yield Forgery("one input too many", (*shown, "x"))
    yield Forgery("event data that is a text", shown, "x")


def envelopes(shown: Sequence[Any]) -> tuple[Forgery, ...]:
    """Return requests that are right but for what is around their data; the same for any event."""
    data = tuple(shown)
    return (
        Forgery("an event that is not there", data, index=NOBODY),
        Forgery("set off by a component that is not there", data, trigger=NOBODY),
        Forgery("the session of another visitor", data, foreign=True),
    )


def values(component: Component) -> list[Any]:
    """Return what the page never sends for *component*, the most telling first."""
    props = component.props
    odd: list[Any] = ["text", None, [1], {"a": [1]}, True, _deep()]
    match component.type:
        case "state" | "timer" | "browserstate":
            return []  # Gradio takes no value of it from a request, or the author keeps none
        case "number" | "slider":
            low, high = props.get("minimum"), props.get("maximum")
            beyond: list[Any] = []
            if isinstance(low, int | float):
                beyond += [low - 1, -HUGE]
            if isinstance(high, int | float):
                beyond += [high + 1, HUGE]
            if component.type == "slider" and isinstance(low, int | float):
                beyond.append(low + 0.37)  # between two steps
            if component.type == "number":
                odd.remove(None)  # the page sends it for an empty field
            return ["text", *beyond, HUGE, *odd[1:]]
        case "textbox" | "code":
            most = props.get("max_length")
            beyond = [LONG[: 2 * most]] if isinstance(most, int) and most > 0 else []
            return [7, None, *beyond, *odd[2:]]
        case "radio" | "dropdown" if not props.get("multiselect"):
            other = [] if props.get("allow_custom_value") else ["no such choice"]
            # What is chosen when the page opens is changed there, and never taken away.
            return [7, *([] if component.value is None else [None]), *other, *odd[2:]]
        case "checkboxgroup" | "dropdown":
            first = [c[1] if isinstance(c, list) else c for c in (props.get("choices") or ())[:1]]
            return ["text", None, [7], ["no such choice"], first * 2, {"a": 1}, _deep()]
        case "checkbox":
            return ["text", None, 2, *odd[2:4]]
        case "image" | "audio" | "video" | "file" | "uploadbutton" | "model3d" | "imageeditor":
            note = Media("note.txt", b"neither picture nor sound\n", "text/plain")
            missing = {"path": NOWHERE, "meta": {"_type": "gradio.FileData"}}
            if component.type == "imageeditor":
                whole = {"background": missing, "layers": [], "composite": missing}
                return [whole, {"background": 7, "layers": 7, "composite": 7}, "text", []]
            return [note, missing, "text", 7, {"path": None}, {}, [missing]]
        case "dataframe":
            ragged = {"headers": ["a", "a"], "data": [[1], [1, 2, 3]], "metadata": None}
            return ["text", ragged, {"headers": 7, "data": 7}, None, [[]], {}]
    return ["text", 7, *odd[1:]]


def _deep() -> list[Any]:
    value: list[Any] = []
    for _ in range(DEPTH):
        value = [value]
    return value


def _said(value: Any) -> str:
    if isinstance(value, list) and value == _deep():
        return f"a list in a list, {DEPTH} deep"
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:60]}… ({len(text)} characters)"
