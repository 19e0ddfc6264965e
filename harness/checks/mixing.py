"""Two visitors who read streams at the same time, and what comes to one of them."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..contract import Event
from ..finding import Finding, Severity
from ..observation import Observation
from ..streams import streamed
from . import Check, place_of
from .reading import TEXT, read

__all__ = ["CHECKS", "Mixed", "foreign", "pieces_of"]

#: What is compared as it is; a file's name, for one, is another each time.
PLAIN = frozenset(("json", "number", "label", "checkbox", "radio", "dropdown", "slider"))


@dataclass(frozen=True, slots=True)
class Mixed:
    """One visitor's stream of *event* while another visitor had *other* run.

    By itself it shows *alone*, the same each time; now it showed *got*, which is none of that, at
    output number *step*.
    """

    event: Event
    other: Event
    alone: str
    got: str
    step: int
    folder: str = ""


def mixed(seen: Mixed) -> list[Finding]:
    """What a stream shows on its way is another text as soon as a second visitor's runs beside it.

    Why: the pieces of two answers come out as one, or some go to the wrong reader: a variable of
    the module, a default argument or a queue that all calls share gathers what each of them
    yields. The end may be right, and what was read on the way was not.

    Mend: gather in a local variable of the generator; make the queue, the streamer and the
    callback anew in each call.

    Silence: `--app-ignore streaming.mixed@EVENT`. By itself the stream has to show the same three
    times; digits do not count. What sessions.leak or sessions.race tell of an event is not told
    again.
    """
    function = seen.event.function
    title = f"A visitor reads another text while {seen.other.label} runs for somebody else"
    detail = f"Output {seen.step} was {_cut(seen.got)}\nby itself it ends with {_cut(seen.alone)}"
    return [
        Finding(
            *("streaming.mixed", seen.event.label, Severity.ERROR, title, detail),
            step="function",
            function=function.name if function else "",
            location=place_of(function, seen.folder),
        )
    ]


def pieces_of(seen: Observation, event: Event) -> tuple[tuple[str, ...], ...]:
    """Return what each output of a stream of *event* showed, digits left out."""
    return tuple(
        tuple(
            _shown(component.type, value)
            for component, value in zip(event.outputs, _data(chunk.data), strict=False)
        )
        for chunk in streamed(seen)
    )


def foreign(
    got: Sequence[tuple[str, ...]], alone: Sequence[tuple[str, ...]]
) -> tuple[int, int] | None:
    """Return the output, and the place in it, that is none of those *alone*; None if all are.

    A part of the last text, from its beginning, is: pieces may be cut at other places.
    """
    for step, values in enumerate(got):
        for place, value in enumerate(values):
            known = [one[place] for one in alone if place < len(one)]
            if value not in known and not (known and known[-1].startswith(value)):
                return step, place
    return None


def _shown(kind: str, value: Any) -> str:
    if kind in TEXT:
        return re.sub(r"\d+", "0", read(value)).rstrip()
    return re.sub(r"\d+", "0", json.dumps(value)) if kind in PLAIN else ""


def _data(message: Any) -> list[Any]:
    data = (message.get("output") or {}).get("data")
    return data if isinstance(data, list) else []


def _cut(text: str) -> str:
    return repr(text if len(text) <= 160 else f"…{text[-150:]}")


CHECKS = (Check("streaming.mixed", Severity.ERROR, mixed),)
