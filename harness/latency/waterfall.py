"""Where one call spent its time: slices that follow one another and add up to all of it."""

from __future__ import annotations

from collections.abc import Mapping

from ..observation import Observation

__all__ = ["SLICES", "slices"]

#: In the order in which a call goes through them; what is left over is Gradio's own work
#: between the others.
SLICES = ("connect", "queue", "preprocess", "function", "postprocess", "transfer", "gradio")


def slices(observation: Observation) -> Mapping[str, float]:
    """Return the seconds of each slice; nothing where no probe saw the call's steps.

    *connect*: from the request until the app has put the call into its queue. *queue*: from there
    until it is taken out. *preprocess*, *function* and *postprocess*: the components and the
    author's function, a generator's steps added up. *transfer*: from the end of the last of these
    until the last message is read. *gradio*: the rest, between the others. A call past the queue
    (``queue=False``) does not wait in it.
    """
    seen = observation.evidence
    if seen is None or seen.begun is None or seen.finished is None:
        return {}
    queued = (
        seen.begun
        if seen.queued is None
        else min(max(seen.queued, observation.started), seen.begun)
    )
    found = {
        "connect": queued - observation.started,
        "queue": seen.begun - queued,
        **{step: seen.seconds.get(step, 0.0) for step in ("preprocess", "function", "postprocess")},
        "transfer": observation.ended - seen.finished,
    }
    found["gradio"] = observation.seconds - sum(found.values())
    return found
