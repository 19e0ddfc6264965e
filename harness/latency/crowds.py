"""Time against the number of visitors, and what one call does to all the others."""

from __future__ import annotations

import contextlib
import functools
import itertools
import statistics
import threading
import time
from collections.abc import Callable
from typing import TypeVar

import httpx

from ..checks.shape import Held, holds
from ..contract import Event
from ..observation import Observation
from ..rows import CrowdRow
from .look import Look, Spent

__all__ = ["SURE", "VISITORS", "Span", "crowd", "held"]

T = TypeVar("T")
Span = tuple[float, float]
Spans = tuple[Span, ...]

VISITORS = (1, 2, 4, 8)
#: So many calls at least are made by each number of visitors.
CALLS = 8
#: So often a call has to hold the app up, and so many requests are made before, in quiet.
SURE = 3
QUIET_REQUESTS = 20
#: Between two small requests, in seconds.
PAUSE_SECONDS = 0.01


def crowd(look: Look, alone: float) -> CrowdRow | None:
    """Return how long the event takes for 1, 2, 4 and 8 visitors who come at the same moment.

    Each call is timed from that moment, so that who is held up is not timed from later on. Numbers
    for which there is no time are left out, going by how long one takes *alone*, in seconds; None
    where a call fails or there is time for none.
    """
    bursts: dict[int, list[list[float]]] = {number: [] for number in VISITORS}
    longest = alone
    for turn, number in itertools.product(range(CALLS), VISITORS):
        if turn * number >= CALLS or look.deadline.left < number * longest:
            continue
        try:
            look.pay(number)
        except Spent:
            break
        seconds = _burst(look, number)
        if seconds is None:
            return None
        bursts[number].append(seconds)
        longest = max(longest, max(seconds) / number)
    done = {number: each for number, each in bursts.items() if each}
    if not done:
        return None
    function = look.event.function
    return CrowdRow(
        look.event.label,
        tuple(done),
        tuple(statistics.median(itertools.chain(*each)) for each in done.values()),
        tuple(max(itertools.chain(*each)) for each in done.values()),
        tuple(statistics.median(len(one) / max(one) for one in each) for each in done.values()),
        function.concurrency_limit if function is not None and look.event.queue else None,
    )


def _burst(look: Look, number: int) -> list[float] | None:
    """Return how long each of *number* visitors waited; None where one got no good answer."""
    with look.noted():
        begun, answers = _at_once(number, look.set_off)
    last = [seen[-1] for seen in answers if seen]
    fit = len(last) == number and all(one.error is None for seen in answers for one in seen)
    return [one.ended - begun for one in last] if fit else None


def held(look: Look) -> Held | None:
    """Return what small requests saw while the event ran three times; None where none waited."""
    with look.app.http() as http:
        ask = functools.partial(_asked, http, f"{look.app.url}{look.app.contract.prefix}/app_id")
        for member in look.chain:
            ask()  # connects
            calls: list[tuple[Spans, Spans]] = []
            while len(calls) < SURE and all(holds(member, *call) for call in calls):
                calls.append(_watched(look, member, ask))
            if all(holds(member, *call) for call in calls):
                idle = max(end - begin for begin, end in (ask() for _ in range(QUIET_REQUESTS)))
                return Held(member, tuple(calls), idle, look.folder)
    return None


def _watched(look: Look, member: Event, ask: Callable[[], Span]) -> tuple[Spans, Spans]:
    """Return the steps of *member*'s function in one call, and the requests made meanwhile."""
    seen: list[Observation] = []
    visitor = threading.Thread(target=lambda: seen.extend(look.set_off()), daemon=True)
    look.pay()
    requests = []
    with look.noted():
        visitor.start()
        while visitor.is_alive():
            requests.append(ask())
            visitor.join(PAUSE_SECONDS)
    steps = [one.evidence.ran for one in seen if one.call.index == member.index and one.evidence]
    return tuple(itertools.chain.from_iterable(steps)), tuple(requests)


def _asked(http: httpx.Client, address: str) -> Span:
    """Make a small request; return its begin and end, also where it is given up."""
    begun = time.monotonic()
    with contextlib.suppress(httpx.TransportError):
        http.get(address)
    return begun, time.monotonic()


def _at_once(number: int, act: Callable[[], T]) -> tuple[float, list[T]]:
    """Have so many visitors *act* at one moment; return when that was, and what came of each.

    What came of those who failed is left out.
    """
    ready = threading.Barrier(number + 1)
    done: list[T] = []

    def run() -> None:
        ready.wait()
        done.append(act())

    threads = [threading.Thread(target=run, daemon=True) for _ in range(number)]
    for thread in threads:
        thread.start()
    ready.wait()
    begun = time.monotonic()
    for thread in threads:
        thread.join()
    return begun, done
