"""Time that a call spends on what does not depend on it."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

from ..finding import Finding, Severity
from . import Check

__all__ = ["CHECKS", "Spending"]

#: Less than this is not worth a word, in seconds and as a part of the call.
LEAST_SECONDS = 0.05
LEAST_SHARE = 0.3


@dataclass(frozen=True, slots=True)
class Spending:
    """What one line of the author's spent in a function that it calls, in calls of one event.

    *seconds* are those spent there and *whole* those of the handler, call by call; 0 where the
    line was not come to. *same* says whether the arguments were the same each time, whatever
    the visitor sent, and *kept* whether there was a result that could be kept: one, and not
    another each time. *where* says which choice was made in all of these calls, if one was.
    """

    function: str
    location: str
    seconds: tuple[float, ...]
    whole: tuple[float, ...]
    same: bool
    kept: bool
    where: str = ""


def fixed_cost(event: str, spendings: tuple[Spending, ...]) -> list[Finding]:
    """A call spends its time on something that is the same for every visitor and every input.

    Why: a model that is loaded, a file that is read and parsed, or a client that is made anew in
    each call makes everybody wait for what could have been done once. It is told where one line
    spends 50 ms and 30 % of the handler's time in a function whose arguments never change
    while all that the visitor sends does, or all but a field with few choices.

    Mend: do it once when the app starts, in a global of the module, or put `@functools.cache`
    on the function.

    Silence: `--app-ignore sessions.fixed-cost@EVENT`. What depends on the input, what
    returns nothing or another value each time, what asks the network or a database, which must
    be asked again, and what a cache holds after the first call are never told.
    """
    return [_finding(event, one) for one in spendings if _fixed(one)]


def _fixed(one: Spending) -> bool:
    if len(one.seconds) < 3 or not (one.same and one.kept):
        return False
    shares = [part / whole for part, whole in zip(one.seconds, one.whole, strict=True) if whole > 0]
    return min(one.seconds) >= LEAST_SECONDS and min(shares, default=0.0) >= LEAST_SHARE


def _finding(event: str, one: Spending) -> Finding:
    share = median(part / whole for part, whole in zip(one.seconds, one.whole, strict=True))
    times = ", ".join(f"{seconds:.2f}" for seconds in one.seconds)
    return Finding(
        "sessions.fixed-cost",
        event,
        Severity.WARNING,
        f"{one.function} takes {median(one.seconds):.2f} s of each call ({share:.0%})"
        f"{f' where {one.where}' if one.where else ''}, always for the same arguments",
        f"{len(one.seconds)} calls with different inputs spent {times} s there. Do it once when "
        "the app starts, or put functools.cache on it.",
        function=one.function,
        location=one.location,
    )


CHECKS = (Check("sessions.fixed-cost", Severity.WARNING, fixed_cost),)
