"""What a camera or a microphone gives to an event, frame by frame, as the page sends it.

The first frame joins the queue; each answer asks for the next one, which is posted to the stream
of the event, and after the last of them the stream is closed. Gradio 4 uploads each frame, and
each of them is a call of its own.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

from ..contract import Event
from ..observation import Media

__all__ = ["frames_of"]


def frames_of(
    event: Event | None, inputs: Sequence[Any], *, major: str = ""
) -> list[tuple[Any, ...]]:
    """Return the inputs of each frame, the first first; of an event that is not live, one."""
    live = event.live if event is not None else ()
    recorded = [inputs[place] for place in live if isinstance(inputs[place], list)]
    if event is None or not recorded:
        return [tuple(inputs)]
    kinds = [p.component.type if major != "4" else "file" for p in event.inputs]
    return [
        tuple(
            _frame(kinds[place], value, number) if place in live else value
            for place, value in enumerate(inputs)
        )
        for number in range(max(1, *map(len, recorded)))
    ]


def _frame(kind: str, value: Any, number: int) -> Any:
    """Return frame *number* of a recording, the last one where it is shorter than another."""
    if not isinstance(value, list):
        return value
    frame = value[min(number, len(value) - 1)] if value else None
    if kind == "image" and isinstance(frame, Media):
        packed = base64.b64encode(frame.content).decode()
        return {"url": f"data:{frame.mime};base64,{packed}"}  # it is not uploaded
    return frame
