"""What the app keeps of each call, and never gives back."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from statistics import median
from typing import Literal

from ..finding import Finding, Severity
from . import Check

__all__ = ["CHECKS", "MEMORY_BYTES", "Series", "Trend", "steady", "trend"]

Kind = Literal["container", "file", "handle", "thread", "process", "memory"]

#: Of an entry that is kept a call: below the first it is told as info, from the second on as an
#: error. A thousand calls keep 1 MB or 1 GB then.
NOTABLE_BYTES = 1024
GRAVE_BYTES = 1024 * 1024
#: Below this many bytes a call, memory says nothing: Gradio itself keeps 13 to 20 KiB a visitor.
MEMORY_BYTES = 20 * 1024


@dataclass(frozen=True, slots=True)
class Series:
    """How much of one thing there was after each of some calls that were all alike.

    *name* is the author's, *location* where it stands in the source. *each_bytes* is what one
    call adds, where that is known, *returned* whether the answer names it, *limited* whether the
    author's source takes something out of it again somewhere, *varied* whether the calls brought
    another input each time, and were alike in all else.
    """

    kind: Kind
    name: str
    values: tuple[float, ...]
    location: str = ""
    each_bytes: float = 0.0
    returned: bool = False
    limited: bool = False
    varied: bool = False


@dataclass(frozen=True, slots=True)
class Trend:
    """A slope a call, and the bounds within which it lies (95 %)."""

    slope: float
    low: float
    high: float


def trend(values: tuple[float, ...]) -> Trend:
    """Return the slope of the last half of *values*: Theil and Sen's, with Sen's interval.

    It is the median of the slopes between all pairs, so that a few calls that stand out (a
    garbage collection, a buffer that doubles) do not move it.
    """
    last = values[len(values) // 2 :]
    slopes = sorted(
        (last[j] - last[i]) / (j - i) for i in range(len(last)) for j in range(i + 1, len(last))
    )
    if not slopes:
        return Trend(0.0, 0.0, 0.0)
    n = len(last)
    spread = 1.96 * math.sqrt(n * (n - 1) * (2 * n + 5) / 18)
    low = max(0, math.floor((len(slopes) - spread) / 2))
    high = min(len(slopes) - 1, math.ceil((len(slopes) + spread) / 2))
    return Trend(median(slopes), slopes[low], slopes[high])


def steady(series: Series) -> bool:
    """Whether it grows and shows no sign of an end: what one would measure further."""
    if series.limited or len(series.values) < 6:
        return False
    found = trend(series.values)
    if series.kind == "container":
        # A cache that fills up, or that is filled by chance, misses a call now and then.
        last = series.values[len(series.values) // 2 :]
        return all(after > before for before, after in itertools.pairwise(last))
    return found.low >= (MEMORY_BYTES if series.kind == "memory" else 0.5)


def growth(event: str, calls: int, series: tuple[Series, ...]) -> list[Finding]:
    """The app keeps something of each call for as long as it runs.

    Why: the same call was made forty times and more, each time by a new visitor, and something
    grew with each: a list or a dict of the module, open files, threads, processes, memory, files
    in the temporary folder. Where nothing did, calls with another input each time follow: they
    fill a cache that has no bound. An app that runs for weeks is restarted one day because of it,
    and nobody knows why. How grave it is, is a matter of how much one call leaves: a number in a
    list is told as info (a million calls are 8 MB), from 1 KiB on it is a warning, from 1 MiB on
    an error, for a thousand calls are 1 GB. Open files, threads and processes run out sooner than
    memory does and are warnings. A file in the temporary folder is a warning, and info where the
    event returns it: Gradio has a copy by then, and the first one stays.

    Mend: bound it (`deque(maxlen=…)`, `lru_cache(maxsize=…)`), keep a visitor's things in
    `gr.State`, close files (`with open(…)`), end threads, delete what was written to the
    temporary folder.

    Silence: `--app-ignore sessions.growth@EVENT`. What is bounded, what stops growing, what the
    source takes something out of again, and State that grows with one visitor's conversation
    are never told.
    """
    grown = [one for one in series if steady(one)]
    named = sum(one.each_bytes for one in grown if one.kind == "container")
    found = []
    for one in grown:
        if one.kind == "memory" and trend(one.values).low < 2 * named + MEMORY_BYTES:
            continue  # what the containers hold
        found.append(_finding(event, calls, one))
    return found


def _finding(event: str, calls: int, one: Series) -> Finding:
    slope = trend(one.values)
    more = "entry" if slope.slope == 1 else "entries"
    number = f"{slope.slope:.3g}"
    per, inputs = ("for each new input", "another") if one.varied else ("a call", "the same")
    title = {
        "container": f"{one.name} grows by {number} {more} {per}",
        "file": f"{number} file{_s(slope)} a call left in the temporary folder: {one.name}",
        "handle": f"{number} file{_s(slope)} a call left open: {one.name}",
        "thread": f"{number} thread{_s(slope)} a call left running: {one.name}",
        "process": f"{number} process{_s(slope, 'es')} a call left running",
        "memory": f"{_size(slope.slope)} of memory a call kept: {one.name}",
    }[one.kind]
    first, last = one.values[0], one.values[-1]
    show = _size if one.kind == "memory" else lambda value: f"{value:g}"
    detail = (
        f"{calls} calls with {inputs} input, each by a new visitor: {show(first)} after the "
        f"first, {show(last)} after the last. In the last half {show(slope.slope)} a call "
        f"(95 %: {show(slope.low)} to {show(slope.high)})."
    )
    if one.each_bytes:
        detail += f" What one call adds takes about {_size(one.each_bytes)}."
    return Finding(
        "sessions.growth",
        event,
        _severity(one, slope),
        title,
        detail,
        function=f"{one.kind} {one.name}",
        location=one.location,
    )


def _severity(one: Series, slope: Trend) -> Severity:
    if one.kind in ("container", "memory"):
        kept = slope.slope if one.kind == "memory" else one.each_bytes
        if kept >= GRAVE_BYTES:
            return Severity.ERROR
        return Severity.WARNING if kept >= NOTABLE_BYTES else Severity.INFO
    return Severity.INFO if one.kind == "file" and one.returned else Severity.WARNING


def _s(slope: Trend, plural: str = "s") -> str:
    return "" if slope.slope == 1 else plural


def _size(count: float) -> str:
    for unit in ("bytes", "KiB", "MiB"):
        if abs(count) < 1024:
            return f"{count:.3g} {unit}"
        count /= 1024
    return f"{count:.3g} GiB"


CHECKS = (Check("sessions.growth", Severity.ERROR, growth),)
