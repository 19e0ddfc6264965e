"""How long an event takes: one visitor at a time, each a new one, over the real queue.

    rows = measure(opened(wire, contract, event), event, where=app.where)

Only the calls that are measured run meanwhile. Who compares two apps measures them in turns
in one run: numbers of different runs say more about the machine than about the app.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Sequence

from .contract import Contract, Event
from .drivers.wire import new_session
from .observation import Observation
from .run import LatencyRow, Skipped
from .visit import Driver, Visit, feeding

__all__ = ["measure", "opened", "percentile", "summary"]

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


def opened(
    driver: Driver,
    contract: Contract,
    event: Event,
    *,
    driven: Callable[[Event], bool] = lambda event: True,
    timeout_seconds: float | None = None,
) -> Visit:
    """Return a page ready for *event*: loaded, with the author's first example chosen.

    Only what is *driven* is called, and of that only what fills an input of *event* or of
    what follows from it. The rest is as the page shows it.
    """
    page = Visit(
        driver,
        contract,
        new_session(),
        driven=driven,
        wanted=feeding(contract, event),
        timeout_seconds=timeout_seconds,
    )
    page.open()
    for source, row in contract.examples(event)[:1]:
        if driven(source):
            page.choose(source, row)
    return page


def measure(
    page: Visit,
    event: Event,
    *,
    count: int = 100,
    seconds: float = 10.0,
    warm_up: int = 3,
    where: str = "",
    clock: Callable[[], float] = time.monotonic,
) -> dict[str, LatencyRow | Skipped]:
    """Return the latency of *event* and of what follows from it (``.then``), by label.

    *event* is set off *count* times or for *seconds*, whichever comes first, each time by a
    new visitor on a page that holds what *page* does. *warm_up* times come before and count
    for nothing, but they too end after *seconds*; at least one is measured. Of a chain, each
    call is timed by itself. An event with a call that fails has no row: how fast an event
    fails is not its latency.
    """
    chain = [e for e in page.contract.chain(event) if e.backend and page.driven(e)]
    seen: dict[int, list[Observation]] = {}
    failed: dict[int, Observation] = {}
    for times in (warm_up, max(count, 1)):
        seen = {member.index: [] for member in chain}
        visits, limit = 0, clock() + seconds
        while visits < times and (clock() < limit or not visits):
            fit = {member.index for member in chain} - {*failed}
            observations = _set_off(page, event, fit)
            if not observations:
                break
            visits += 1
            for observation in observations:
                seen[observation.call.index].append(observation)
                if observation.error is not None:
                    failed[observation.call.index] = observation
    first = next(iter(failed.values()), None)
    return {
        member.label: _row(member, seen[member.index], failed.get(member.index), first, where)
        for member in chain
    }


def _set_off(page: Visit, event: Event, driven: set[int]) -> list[Observation]:
    """Return what a new visitor sees who sets *event* off; only what is *driven* is called."""
    visit = Visit(
        page.driver,
        page.contract,
        new_session(),
        driven=lambda other: other.index in driven,
        timeout_seconds=page.timeout_seconds,
    )
    visit.values, visit.props = dict(page.values), dict(page.props)
    visit.unknown = set(page.unknown)
    return visit.fire(event)


def _row(
    event: Event,
    seen: Sequence[Observation],
    failed: Observation | None,
    before: Observation | None,
    where: str,
) -> LatencyRow | Skipped:
    """Return the row of *event*; *failed* is its own failed call, *before* the chain's first."""
    if failed is not None or not seen:
        why = _unfit(failed or before)
        if before is None and event.after is not None:
            why = "with the page's own values, what comes before does not lead to it"
        return Skipped(f"latency of {event.label}", why)
    firsts = [o.first_output_seconds for o in seen if o.first_output_seconds is not None]
    return summary(event.label, [o.seconds for o in seen], firsts, where=where)


def _unfit(observation: Observation | None) -> str:
    """Return why a call is no sample, "" if it is one."""
    if observation is None:
        return "a fresh page does not set it off without a browser"
    if observation.error is None:
        return ""
    error = observation.error
    if error.kind == "left":
        return f"it has no end that could be timed: {error.message}"
    said = f"{observation.call.event}: {observation.failure}"
    return f"it fails on the page's own values ({said})"
