"""Latency held against what the author allows."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ..errors import OptionError, choices
from ..finding import Finding, Severity
from ..rows import LatencyRow, Skipped
from . import Check

__all__ = ["CHECKS", "Budget", "parse_budgets", "unjudged"]

#: What can be budgeted, and the field of `LatencyRow` that holds it.
MEASURES = {
    "p50": "p50",
    "p90": "p90",
    "p95": "p95",
    "p99": "p99",
    "max": "maximum",
    "first_output": "first_output",
}
UNITS = {"ms": 0.001, "s": 1.0}
LIMIT = r"\s*([\w ]+?)\s*<\s*([\d.]+)\s*([A-Za-z]*)\s*"
LIMITS = re.sub(r"\((?!\?)", "(?:", LIMIT)
FORM = re.compile(rf"(?:(.*):)?({LIMITS}(?:,{LIMITS})*)(?:@(.*))?", re.DOTALL)
EXAMPLE = "Write it as 'p95 < 2 s', or 'EVENT: p95 < 2 s, first output < 500 ms' for one event."


@dataclass(frozen=True, slots=True)
class Budget:
    """What one measure may be, in seconds: of *event*, or of every event if that is ""."""

    measure: str
    seconds: float
    event: str = ""

    def value(self, row: LatencyRow) -> float | None:
        """Return what was measured, None if nothing was."""
        value = getattr(row, MEASURES[self.measure])
        return None if value is None else float(value)

    def __str__(self) -> str:
        return f"{self.event}: " * bool(self.event) + f"{self.measure} < {_shown(self.seconds)}"


def parse_budgets(text: str) -> tuple[Budget, ...]:
    """Return the budgets in a line: ``EVENT: p95 < 2 s, first output < 500 ms``.

    Without an event, or with ``*``, they are for all of them; it may also stand after an ``@``.
    Raises OptionError with what is wrong and the form.
    """
    match = FORM.fullmatch(text)
    if match is None:
        raise OptionError(f"{text!r} is not a latency budget. {EXAMPLE}")
    before, limits, after = match.groups()
    events = [given.strip() for given in (before, after) if given is not None]
    if "" in events:
        mark = "@" if before is None else ":"
        raise OptionError(f"{text!r}: no event beside the {mark}. {EXAMPLE}")
    if len(events) > 1:
        raise OptionError(f"{text!r}: two events, {' and '.join(map(repr, events))}. {EXAMPLE}")
    event = events[0] if events and events != ["*"] else ""
    return tuple(
        Budget(_measure(text, name), _seconds(text, number, unit), event)
        for name, number, unit in re.findall(LIMIT, limits)
    )


def _measure(text: str, name: str) -> str:
    measure = re.sub(" +", "_", name)
    if measure not in MEASURES:
        raise OptionError(f"{text!r}: no measure {name!r}. {choices(measure, MEASURES)}")
    return measure


def _seconds(text: str, number: str, unit: str) -> float:
    if unit not in UNITS:
        said = f"no unit {unit!r}" if unit else "the number has no unit"
        raise OptionError(f"{text!r}: {said}. Choose from ms, s.")
    try:
        seconds = float(number) * UNITS[unit]
    except ValueError:
        raise OptionError(f"{text!r}: {number!r} is not a number. {EXAMPLE}") from None
    if seconds <= 0:
        raise OptionError(f"{text!r}: nothing is faster than that. {EXAMPLE}")
    return seconds


def budget(row: LatencyRow, budgets: Iterable[Budget]) -> list[Finding]:
    """An event takes longer than the budget that its author gave it.

    Why: a visitor waits for it every time. It was measured over the real queue, one visitor at
    a time, with the page's own values; with several at once it takes longer still. It is an error
    where the whole interval of the measure lies above the budget (95 %, see docs/latency.md).
    Where only the measure itself does, it is told as inconclusive, and as info: the machine may
    have been busy.

    Mend: the finding says how the calls were spread. If only the first output is late, yield
    early; if a few calls are far slower than the rest, look for what they wait for.

    Silence: `--app-ignore latency.budget@EVENT`, or a budget of its own: `EVENT: p95 < 5 s`.
    """
    broken = [one for one in _applying(row, budgets) if (one.value(row) or 0.0) >= one.seconds]
    sure = [one for one in broken if _surely(one, row)]
    unsure = [one for one in broken if one not in sure]
    found = []
    if sure:
        title = "; ".join(_said(one, row) for one in sure)
        found.append(Finding("latency.budget", row.event, Severity.ERROR, title, _spread(row)))
    if unsure:
        title = "; ".join(f"{_said(one, row)}: inconclusive" for one in unsure)
        detail = " ".join([*(_between(one, row) for one in unsure), _spread(row)])
        found.append(Finding("latency.budget", row.event, Severity.INFO, title, detail))
    return found


def _surely(one: Budget, row: LatencyRow) -> bool:
    """Whether the true measure is above the budget: of the slowest call there is no doubt."""
    if one.measure == "max":
        return True
    low, _ = row.intervals.get(one.measure, (None, None))
    return low is not None and low >= one.seconds


def _said(one: Budget, row: LatencyRow) -> str:
    return f"{one.measure} is {_shown(one.value(row) or 0.0)}, the budget is {_shown(one.seconds)}"


def _between(one: Budget, row: LatencyRow) -> str:
    low, high = row.intervals.get(one.measure, (None, None))
    above = f"above {_shown(low)}" if low is not None else "anywhere"
    below = f" and below {_shown(high)}" if high is not None else ""
    return (
        f"The true {one.measure} lies {above}{below} (95 %, {row.count} calls): allow more of "
        "them (--app-profile deep), or a quieter machine."
    )


def unjudged(row: LatencyRow, budgets: Iterable[Budget]) -> tuple[Skipped, ...]:
    """Return the budgets that nothing was measured for, and what would change that."""
    return tuple(
        Skipped(
            f"budget {one.measure} < {_shown(one.seconds)} of {row.event}",
            f"p99 needs 100 samples, there are {row.count}: allow more calls or seconds"
            if one.measure == "p99"
            else "no message with output was seen",
        )
        for one in _applying(row, budgets)
        if one.value(row) is None
    )


def _applying(row: LatencyRow, budgets: Iterable[Budget]) -> list[Budget]:
    """Return the budgets of this event; one of its own takes the place of one for all."""
    found = {one.measure: one for one in budgets if not one.event}
    named = [one for one in budgets if one.event.removeprefix("/") == row.event]
    return list({**found, **{one.measure: one for one in named}}.values())


def _spread(row: LatencyRow) -> str:
    parts = [
        f"{name} {_shown(value)}"
        for name, field in MEASURES.items()
        if (value := getattr(row, field)) is not None
    ]
    place = f", the app in a {row.where}" if row.where == "child process" else ""
    place = place or (f", the app {row.where}" if row.where else "")
    return f"{row.count} calls, one visitor at a time{place}: {', '.join(parts)}."


def _shown(seconds: float) -> str:
    return f"{seconds * 1000:.3g} ms" if seconds < 0.9995 else f"{seconds:.3g} s"


CHECKS = (Check("latency.budget", Severity.ERROR, budget),)
