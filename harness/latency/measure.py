"""How long an event takes: one visitor at a time, each a new one, over the real queue."""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Callable, Container, Iterator, Mapping, Sequence

from ..contract import Contract, Event
from ..drivers.wire import new_session
from ..observation import Observation
from ..quantiles import interval, percentile
from ..rows import LatencyRow, Skipped
from ..visit import Driver, Visit, feeding
from .waterfall import SLICES, slices

__all__ = ["measure", "opened", "summary"]

#: Below this many samples a p99 would be the maximum by another name.
P99_SAMPLES = 100
#: The messages that bring an output of a stream; the last message repeats the last of them.
OUTPUTS = ("process_generating", "process_streaming")


def summary(
    label: str,
    samples: Sequence[float],
    first_outputs: Sequence[float] = (),
    *,
    gaps: Sequence[float] = (),
    rates: Sequence[float] = (),
    warm_up: Sequence[float] = (),
    parts: Sequence[Mapping[str, float]] = (),
    where: str = "",
) -> LatencyRow:
    """Return the row of an event with these *samples*, in seconds and in the order measured.

    *first_outputs*, *gaps* and *rates* have one value a call, *parts* the slices of each.
    """
    p99 = len(samples) >= P99_SAMPLES
    measures = {
        "p50": (samples, 50),
        "p90": (samples, 90),
        "p95": (samples, 95),
        **({"p99": (samples, 99)} if p99 else {}),
        "first_output": (first_outputs, 50),
        "gap": (gaps, 50),
        "rate": (rates, 50),
    }
    seen = {name: of for name, of in measures.items() if of[0]}
    return LatencyRow(
        event=label,
        count=len(samples),
        p50=percentile(samples, 50),
        p90=percentile(samples, 90),
        p95=percentile(samples, 95),
        p99=percentile(samples, 99) if p99 else None,
        maximum=max(samples),
        first_output=statistics.median(first_outputs) if first_outputs else None,
        gap=statistics.median(gaps) if gaps else None,
        rate=statistics.median(rates) if rates else None,
        samples=tuple(samples),
        warm_up=tuple(warm_up),
        intervals={name: interval(values, rank) for name, (values, rank) in seen.items()},
        slices=_by_name(parts),
        where=where,
    )


def _by_name(parts: Sequence[Mapping[str, float]]) -> dict[str, tuple[float, ...]]:
    """Return the seconds of each slice in all calls; nothing if one call has none."""
    if not all(parts):
        return {}
    return {name: tuple(one[name] for one in parts) for name in (SLICES if parts else ())}


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
    new visitor on a page that holds what *page* does. *warm_up* times come before, are
    told and count for nothing; they too end after *seconds*. At least one is measured. Of a chain,
    each call is timed by itself. An event with a call that fails has no row: how fast an event
    fails is not its latency.
    """
    chain = [e for e in page.contract.chain(event) if e.backend and page.driven(e)]
    failed: dict[int, Observation] = {}
    warm, seen = (
        _round(page, event, chain, failed, times, seconds, clock)
        for times in (warm_up, max(count, 1))
    )
    first = next(iter(failed.values()), None)
    return {
        member.label: _row(
            member, warm[member.index], seen[member.index], failed.get(member.index), first, where
        )
        for member in chain
    }


def _round(
    page: Visit,
    event: Event,
    chain: Sequence[Event],
    failed: dict[int, Observation],
    times: int,
    seconds: float,
    clock: Callable[[], float],
) -> dict[int, list[Observation]]:
    """Return the calls of each event of the *chain*; what *failed* is noted, and made no more."""
    seen: dict[int, list[Observation]] = {member.index: [] for member in chain}
    visits, limit = 0, clock() + seconds
    while visits < times and (clock() < limit or not visits):
        observations = _set_off(page, event, {*seen} - {*failed})
        if not observations:
            break
        visits += 1
        for observation in observations:
            seen[observation.call.index].append(observation)
            if observation.error is not None:
                failed[observation.call.index] = observation
    return seen


def _set_off(page: Visit, event: Event, driven: set[int]) -> list[Observation]:
    """Return what a new visitor sees who sets *event* off; only what is *driven* is called."""
    return visitor(page, driven).fire(event)


def visitor(page: Visit, driven: Container[int]) -> Visit:
    """Return a new visitor on a page that holds what *page* does, who calls what is *driven*."""
    visit = Visit(
        page.driver,
        page.contract,
        new_session(),
        driven=lambda other: other.index in driven,
        timeout_seconds=page.timeout_seconds,
    )
    visit.values, visit.props = dict(page.values), dict(page.props)
    visit.unknown = set(page.unknown)
    return visit


def _row(
    event: Event,
    warm: Sequence[Observation],
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
    gaps = [list(_gaps(observation)) for observation in seen]
    return summary(
        event.label,
        [o.seconds for o in seen],
        [o.first_output_seconds for o in seen if o.first_output_seconds is not None],
        gaps=[statistics.median(one) for one in gaps if one],
        rates=[len(one) / sum(one) for one in gaps if sum(one)],
        warm_up=[o.seconds for o in warm],
        parts=[slices(o) for o in seen],
        where=where,
    )


def _gaps(observation: Observation) -> Iterator[float]:
    """Yield the seconds between each output of a stream and the next."""
    times = [message.at for message in observation.messages if message.kind in OUTPUTS]
    return (after - before for before, after in itertools.pairwise(times))


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
