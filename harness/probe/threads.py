"""How long the author's function itself takes, whatever else the machine has to do.

From the wall time of the thread in which it runs, the time is taken off in which that thread could
have run and no processor was free: what is left is work and true waiting, as for a model server.
"""

from __future__ import annotations

import contextlib
import functools
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from .record import Record, running

__all__ = ["clocked", "in_thread"]

#: Linux tells for each thread, in nanoseconds, how long it ran and how long it waited to run.
SCHEDULED = "/proc/thread-self/schedstat"


@contextlib.contextmanager
def clocked(record: Record) -> Iterator[None]:
    """Add to *record* how long this thread takes until the end, without its waiting to run.

    Unless another thread has added its own meanwhile: then that one did the work.
    """
    before = record.own
    waited, begun = _waited_seconds(), time.monotonic()
    try:
        yield
    finally:
        seconds = time.monotonic() - begun - (_waited_seconds() - waited)
        if record.own == before:
            record.own = (before or 0.0) + max(seconds, 0.0)


async def in_thread(
    original: Callable[..., Awaitable[Any]], function: Callable[..., Any], *args: Any, **more: Any
) -> Any:
    """Run *function* in a thread by *original*, anyio's ``run_sync``; the author's is clocked."""
    record = running.get()
    if record is not None and record.step == "function":
        function = functools.partial(_called, record, function)
    return await original(function, *args, **more)


def _called(record: Record, function: Callable[..., Any], *args: Any) -> Any:
    with clocked(record):
        return function(*args)


def _waited_seconds() -> float:
    """Return how long this thread has waited for a processor; 0 where the system does not tell."""
    try:
        with open(SCHEDULED, "rb") as file:
            return int(file.read().split()[1]) / 1e9
    except (OSError, IndexError, ValueError):
        return 0.0
