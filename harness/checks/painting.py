"""A stream as its page shows it: soon after it came, and for good."""

from __future__ import annotations

from ..finding import Finding, Severity
from ..painted import Painted
from . import Check

__all__ = ["CHECKS"]

#: So much later than it came, in seconds, an output is shown by no page that is well.
LATE_SECONDS = 2.0


def late_paint(seen: Painted) -> list[Finding]:
    """The page shows a stream's outputs long after the app gave them.

    Why: the app has done its part in time, and the visitor still looks at an old answer. Mostly a
    script or a style of the page works on everything anew for each output, or the page is given a
    table, a plot or a long conversation each time in the place of what is new.

    Mend: show less in each output, or fewer of them; look at the page's own `js=` and `head=` with
    the browser's profiler while it streams.

    Silence: `--app-ignore streaming.late-paint@EVENT`. Two visits in a row have to show it.
    """
    if not seen.painted:
        return []
    first = seen.painted[0] - seen.given[0]
    last = seen.frames[-1].at - seen.ended if seen.alone and seen.ended is not None else 0.0
    title = f"The page shows the {'first' if first > last else 'last'} output "
    title += f"{max(first, last):.1f} s after the app gave it"
    detail = f"{len(seen.given)} outputs were given within {seen.given[-1] - seen.given[0]:.1f} s."
    return (
        [_finding(seen, "streaming.late-paint", title, detail)]
        if max(first, last) >= LATE_SECONDS
        else []
    )


def taken_back(seen: Painted) -> list[Finding]:
    """A stream fails, and the page takes away what had been shown of it.

    Why: the visitor was reading it. A part of an answer is better than an empty field, and copying
    it is all that is left to do.

    Mend: leave the outputs as they are when the stream fails: no `yield ""` in an `except` or
    `finally`, and no `.then` or `.failure` that empties them.

    Silence: `--app-ignore streaming.taken-back@EVENT`.
    """
    if seen.observation.error is None or seen.observation.error.kind == "author" or seen.kept:
        return []
    title = "The page is empty after the stream has failed, and what was shown of it is gone"
    detail = f"It failed after {len(seen.given)} outputs: {seen.observation.failure}"
    return [_finding(seen, "streaming.taken-back", title, detail)]


def _finding(seen: Painted, check: str, title: str, detail: str) -> Finding:
    function = seen.event.function
    name = function.name if function else ""
    return Finding(
        *(check, seen.event.label, Severity.WARNING, title, detail),
        step="rendering",
        function=name,
    )


CHECKS = (
    Check("streaming.late-paint", Severity.WARNING, late_paint),
    Check("streaming.taken-back", Severity.WARNING, taken_back),
)
