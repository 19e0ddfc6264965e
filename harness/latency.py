"""How long an event takes: one visitor at a time, each a new one, over the real queue.

    row = measure(wire, contract, event, page_inputs(wire, contract, event), where=app.where)

Only the calls that are measured run meanwhile. Who compares two apps measures them in turns
in one run: numbers of different runs say more about the machine than about the app.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

from .contract import Contract, Event
from .drivers.wire import new_session
from .observation import Call, Observation
from .run import LatencyRow, Skipped
from .visit import Driver, Visit

__all__ = ["measure", "page_inputs", "percentile", "summary"]

#: Below this many samples a p99 would be the maximum by another name.
P99_SAMPLES = 100


def percentile(samples: Sequence[float], rank: float) -> float:
    """Return the sample at *rank* (0-100), by nearest rank: every value returned was seen.

    Raises ValueError if there are none.
    """
    if not samples:
        raise ValueError("no samples to take a percentile of")
    ordered = sorted(samples)
    return ordered[max(math.ceil(rank / 100 * len(ordered)), 1) - 1]


def summary(
    label: str, samples: Sequence[float], first_outputs: Sequence[float] = (), *, where: str = ""
) -> LatencyRow:
    """Return the row of an event with these *samples*, in seconds and in the order measured."""
    return LatencyRow(
        event=label,
        count=len(samples),
        p50=percentile(samples, 50),
        p95=percentile(samples, 95),
        maximum=max(samples),
        p99=percentile(samples, 99) if len(samples) >= P99_SAMPLES else None,
        first_output=statistics.median(first_outputs) if first_outputs else None,
        samples=tuple(samples),
        where=where,
    )


def page_inputs(
    driver: Driver, contract: Contract, event: Event, *, timeout_seconds: float | None = None
) -> tuple[Any, ...] | None:
    """Return what the page sends for *event*: the author's first example, else its defaults.

    None if the value would come from a script of the page, or from an event that comes before
    this one in a chain: such an event only means something after the others (see `measure`).
    """
    if event.after is not None:
        return None
    visit = Visit(driver, contract, new_session(), timeout_seconds=timeout_seconds)
    visit.open()
    for source, row in contract.examples(event)[:1]:
        visit.values[source.inputs[0].component.id] = row
        visit.fire(source)
    unknown = {p.component.id for p in event.inputs} & visit.unknown
    return None if unknown else visit.inputs(event)


def measure(
    driver: Driver,
    contract: Contract,
    event: Event,
    inputs: Sequence[Any] | None,
    *,
    count: int = 100,
    seconds: float = 10.0,
    warm_up: int = 3,
    where: str = "",
    timeout_seconds: float | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> LatencyRow | Skipped:
    """Return the latency of *event* after *count* calls or *seconds*, whichever comes first.

    Each call is a new visitor's. *warm_up* calls come before and count for nothing, but they
    too end after *seconds*; at least one call is measured. Without *inputs*, each visitor sets
    off the head of the event's chain on a fresh page, and only *event* itself is timed.
    A call that fails ends it: how fast an event fails is not its latency.
    """
    once = _once(driver, contract, event, inputs, timeout_seconds)
    seen: list[Observation] = []
    for calls in (warm_up, max(count, 1)):
        seen = []
        limit = clock() + seconds
        while len(seen) < calls and (clock() < limit or not seen):
            observation = once()
            reason = _unfit(observation)
            if observation is None or reason:
                return Skipped(f"latency of {event.label}", reason)
            seen.append(observation)
    firsts = [o.first_output_seconds for o in seen if o.first_output_seconds is not None]
    return summary(event.label, [o.seconds for o in seen], firsts, where=where)


def _once(
    driver: Driver,
    contract: Contract,
    event: Event,
    inputs: Sequence[Any] | None,
    timeout_seconds: float | None,
) -> Callable[[], Observation | None]:
    """Return what a new visitor does to be measured; None if the event was not set off."""

    def call() -> Observation:
        sent = Call(event.label, event.index, tuple(inputs or ()))
        return driver.call(sent, timeout_seconds=timeout_seconds)

    def chain() -> Observation | None:
        visit = Visit(driver, contract, new_session(), timeout_seconds=timeout_seconds)
        seen = visit.fire(contract.root(event))
        failed = next((o for o in seen if o.error is not None), None)
        return failed or next((o for o in seen if o.call.index == event.index), None)

    return chain if inputs is None else call


def _unfit(observation: Observation | None) -> str:
    """Return why a call is no sample, "" if it is one."""
    if observation is None:
        return "a fresh page does not set it off without a browser"
    if observation.error is None:
        return ""
    error = observation.error
    if error.kind == "left":
        return f"it has no end that could be timed: {error.message}"
    said = error.message.strip().splitlines()[0][:200] if error.message.strip() else error.kind
    return f"it fails on the page's own values ({observation.call.event}: {said})"
