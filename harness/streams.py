"""A stream as the report shows it: when each output was given, when it came, how large it was."""

from __future__ import annotations

import math
from collections.abc import Iterable

from .observation import Message, Observation
from .rows import StreamRow

__all__ = ["progress", "stream_row", "streamed", "telling"]

#: So many outputs of a stream are listed.
LISTED = 500


def streamed(seen: Observation) -> list[Message]:
    """Return the outputs of a generator as they came."""
    return [message for message in seen.chunks if message.kind == "process_generating"]


def stream_row(seen: Observation, words: str) -> StreamRow:
    """Return the report's row of a stream; *words* say what was sent."""
    outputs = streamed(seen)

    def since(times: Iterable[float]) -> tuple[float, ...]:
        return tuple(round(at - seen.started, 6) for at in times)

    told = progress(seen)
    left = seen.error is not None and seen.error.kind == "left"
    return StreamRow(
        event=seen.call.event,
        input=words,
        driver=seen.driver,
        outputs=len(outputs),
        arrivals=since(message.at for message in outputs[:LISTED]),
        yields=since(seen.evidence.yields[:LISTED] if seen.evidence else ()),
        sizes=tuple(message.size for message in outputs[:LISTED]),
        ended=None if left else round(seen.seconds, 6),
        failed=seen.error.message if left and seen.error else seen.failure,
        progress=tuple(share for _, share in told[:LISTED]),
        progressed=since(at for at, _ in told[:LISTED]),
    )


def telling(row: StreamRow) -> tuple[bool, bool, int]:
    """Return what says how much a stream shows: one that came to a good end, by its outputs."""
    return row.ended is not None, not row.failed, len(row.arrivals)


def progress(seen: Observation) -> list[tuple[float, float]]:
    """Return when `gr.Progress` told which share of the work was done, where that is a number."""
    found = []
    for message in seen.messages:
        if message.kind == "progress":
            for unit in message.data.get("progress_data") or ():
                share = _share(unit)
                if share is not None:
                    found.append((message.at, share))
    return found


def _share(unit: dict[str, object]) -> float | None:
    """Return what part of a progress bar is filled, as the page draws it."""
    done, index, length = unit.get("progress"), unit.get("index"), unit.get("length")
    if isinstance(done, int | float):
        return float(done) if math.isfinite(done) else None
    if isinstance(index, int | float) and isinstance(length, int | float) and length:
        return index / length
    return None
