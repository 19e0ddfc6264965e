"""What becomes of quick events while a slow one works: a lock that both take holds them up."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence

from ..checks.shape import Waiting, waited
from ..observation import Observation
from .crowds import SURE, Span
from .look import Look

__all__ = ["QUICK_SECONDS", "SLOW_SECONDS", "neighbours"]

#: A call that takes as long holds somebody up, one that takes no longer is to be quick: seconds.
SLOW_SECONDS = 0.5
QUICK_SECONDS = 0.1
#: So much later than the slow one the quick ones begin, in seconds.
HEAD_START_SECONDS = 0.1


def neighbours(look: Look) -> Iterator[Waiting]:
    """Yield how long the events beside took while *look*'s worked: three times, and alone after it.

    Raises Spent when time or calls have run out.
    """
    left = list(look.beside)
    met: dict[int, list[tuple[Span, Span]]] = {one.event.index: [] for one in left}
    for number in range(SURE):
        slow, *quick = _together(look, left)
        for one, span in zip(tuple(left), quick, strict=True):
            if slow is None or span is None or not waited(slow, span):
                left.remove(one)
            else:
                met[one.event.index].append((slow, span))
        if not left or slow is None:
            return
        if not number:
            look.deadline.put_off((SURE + 1) * (slow[1] - slow[0]))
    for one in left:
        look.pay()
        alone = _longest(one.set_off())
        if alone is not None:
            calls = tuple(met[one.event.index])
            yield Waiting(look.event, one.event, calls, alone[1] - alone[0], look.folder)


def _together(look: Look, beside: Sequence[Look]) -> list[Span | None]:
    """Return the longest step of the slow event, and of each quick one that came a little later."""
    seen: list[list[Observation]] = [[] for _ in (look, *beside)]

    def visit(one: Look, place: int) -> None:
        seen[place] = one.set_off()

    threads = [
        threading.Thread(target=visit, args=(one, place), daemon=True)
        for place, one in enumerate((look, *beside))
    ]
    look.pay(1 + len(beside))
    with look.noted():
        threads[0].start()
        time.sleep(HEAD_START_SECONDS)
        for thread in threads[1:]:
            thread.start()
        for thread in threads:
            thread.join()
    return [_longest(one) for one in seen]


def _longest(seen: Sequence[Observation]) -> Span | None:
    """Return the longest step of a function; None where a call failed."""
    spans = [span for one in seen if one.evidence for span in one.evidence.ran]
    if not spans or any(one.error is not None for one in seen):
        return None
    return max(spans, key=lambda span: span[1] - span[0])
