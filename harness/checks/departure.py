"""What a visitor leaves behind who goes before a stream has ended."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Literal

from ..finding import Finding, Severity
from . import Check

__all__ = ["CHECKS", "Departure", "Left"]

PLURALS = {
    "thread": "threads",
    "task": "tasks",
    "process": "processes",
    "generator": "generators",
    "writer": "writers",
}
#: What goes on for longer than a reader would have waited, and half as long again, never ends.
NEVER = 1.5


@dataclass(frozen=True, slots=True)
class Left:
    """Something that still runs: what it is called, and the author's line that it is at.

    A generator is the function that streamed, not closed yet; a "writer" is called by the file
    that is still written, whoever does so.
    """

    kind: Literal["thread", "task", "process", "generator", "writer"]
    name: str
    location: str = ""

    @property
    def works(self) -> bool:
        """Whether it is in the author's code: a thread of a pool that waits for work is not."""
        return bool(self.location)


@dataclass(frozen=True, slots=True)
class Departure:
    """One visitor who left a stream after some of its *outputs*; what came then, in seconds.

    *way* is "stop" where the page's own button ended it, "gone" where the page was closed. *left*
    was there when the *grace* was over; it was gone *ended* seconds after the visitor, or, if that
    is None, still there after *watched* seconds. Who stays waits for *rest* until the stream ends,
    infinite where it was never read to its end. *silence* is how long the next visitor got
    nothing, 0 if something came.
    """

    way: Literal["stop", "gone"]
    outputs: int
    grace: float
    rest: float
    left: tuple[Left, ...] = ()
    ended: float | None = None
    watched: float = 0.0
    silence: float = 0.0
    function: str = ""

    def __str__(self) -> str:
        did = "pressed Stop" if self.way == "stop" else "closed the page"
        return f"A visitor {did} after output {self.outputs}"


def goes_on(event: str, seen: Departure) -> list[Finding]:
    """A stream that nobody reads any more goes on working.

    Why: whoever closes the page, or presses Stop, thinks it has ended. A thread, a task or a
    process that goes on takes its CPU, GPU or money for nobody, and a few visitors who come and
    go are enough to make everybody wait. So it is with a generator that is not closed, for its
    `finally` has not come yet, and with files that are written on. It is an error where it
    outlasts the stream itself.

    Mend: Gradio closes the generator: put `try: … finally:` around its loop, and in `finally` end
    what was started there: set the event that the thread looks at, `task.cancel()`,
    `process.terminate()`, a `StoppingCriteria` of the model; and give what waits, for a reader
    (`queue.put`) or for what comes next (`queue.get`), a timeout. Gradio closes it where it
    yields, and cannot before.

    Silence: `--app-ignore streaming.goes-on@EVENT`. What is gone within the grace that the finding
    names, or is there after a stream that was read to its end as well, is not told.
    """
    if not seen.left:
        return []
    counts = Counter(one.kind for one in seen.left)
    what = " and ".join(f"{n} {k if n == 1 else PLURALS[k]}" for k, n in counts.items())
    what += f" ({', '.join(sorted({one.name for one in seen.left}))})"
    verb = "goes" if len(seen.left) == 1 else "go"
    never = seen.ended is None and seen.watched > NEVER * seen.rest + seen.grace
    detail = f"{seen}, and {seen.grace:.1f} s later that was still there"
    if seen.ended is not None:
        detail += f"; it was gone after {seen.ended:.1f} s."
    else:
        detail += f", and also after {seen.watched:.1f} s, when it was last looked at."
    if never:
        detail += f" Who stays has the whole stream {seen.rest:.1f} s later."
    return [
        Finding(
            "streaming.goes-on",
            event,
            Severity.ERROR if never else Severity.WARNING,
            f"{what} {verb} on after the visitor has left",
            detail,
            step="function",
            function=seen.function,
            location=next((one.location for one in seen.left if one.location), ""),
        )
    ]


def blocks_next(event: str, seen: Departure) -> list[Finding]:
    """After a visitor has left a stream, the next one gets nothing.

    Why: one closed tab, and the app is out of order for everybody until it is started again.

    Mend: what the function takes it must give back however it ends: `with lock:` in the place of
    `lock.acquire()`, `try: … finally:` around a pool's connection or a semaphore.

    Silence: `--app-ignore streaming.blocks-next@EVENT`.
    """
    if not seen.silence:
        return []
    detail = f"{seen}. Until then visitors were served; after it two in a row were not."
    return [
        Finding(
            "streaming.blocks-next",
            event,
            Severity.ERROR,
            f"After a visitor has left, the next one gets nothing for {seen.silence:.0f} s",
            detail,
            step="function",
            function=seen.function,
        )
    ]


CHECKS = (
    Check("streaming.goes-on", Severity.ERROR, goes_on),
    Check("streaming.blocks-next", Severity.ERROR, blocks_next),
)
