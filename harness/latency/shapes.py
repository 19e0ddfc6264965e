"""What the time of one event depends on: looked at, judged, and written down for the report."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence

from ..app import start_here
from ..checks.shape import TREND, Climb, Series, call_number, held_up, size, slowed, turn, waits
from ..clues import clues, source
from ..contract import Event
from ..drivers.wire import Wire
from ..literals import literal
from ..plan import Plan, plan
from ..redact import of_running
from ..reproduce import script
from ..rows import LatencyRow, SizeRow, Skipped
from ..run import Part
from ..scaling import FEWEST
from ..stopwatch import Deadline
from .crowds import VISITORS, crowd, held
from .look import Look, Spent
from .measure import measure, opened
from .neighbours import QUICK_SECONDS, SLOW_SECONDS, neighbours
from .sizes import climbs, row

__all__ = ["SECONDS", "SHAPES", "replay_latency", "snippet"]

#: How many seconds a look may take for one event.
SECONDS = {"standard": 5.0, "deep": 30.0}
#: A replay takes as many calls as a standard run, and the time they need.
REPLAY_CALLS = 50
REPLAY_SECONDS = 60.0
WARM_UP = 3


def sizes(look: Look, measured: LatencyRow) -> Part:
    """Return how the time grows with what is in each field."""
    found: list[Climb] = []
    skipped: tuple[Skipped, ...] = ()
    try:
        if measured.p50 > look.deadline.left / FEWEST:
            raise Spent(f"one call takes {measured.p50:.1f} s as it is")
        found.extend(climbs(look))
    except Spent as error:
        skipped = (Skipped(f"time against size of {look.event.label}", str(error)),)
    findings = [finding for climb in found for finding in size(climb)]
    return Part(findings=tuple(findings), sizes=tuple(_longest(map(row, found))), skipped=skipped)


def _longest(rows: Iterable[SizeRow]) -> Iterable[SizeRow]:
    """Return one row for each field: what filled it and took longest."""
    found: dict[tuple[str, str], SizeRow] = {}
    for one in sorted(rows, key=lambda one: one.seconds[-1]):
        found[one.event, one.field] = one
    return found.values()


def crowds(look: Look, measured: LatencyRow) -> Part:
    """Return how the time grows with the visitors, and whether one holds up all others."""
    skipped: tuple[Skipped, ...] = ()
    seen = None
    try:
        seen = held(look)
    except Spent as error:
        skipped = (Skipped(f"whether {look.event.label} holds others up", str(error)),)
    found = held_up(seen) if seen else []
    if not found and measured.p50 >= SLOW_SECONDS:
        with contextlib.suppress(Spent):
            found = [finding for one in neighbours(look) for finding in waits(one)]
    levels = crowd(look, measured.p50)
    if levels is None or levels.visitors != VISITORS:
        why = "there was no time for all of 1, 2, 4 and 8 visitors, or a call failed"
        skipped = (*skipped, Skipped(f"time against visitors of {look.event.label}", why))
    return Part(
        findings=tuple(found),
        crowds=(levels,) if levels else (),
        skipped=skipped,
    )


def numbered(look: Look, measured: LatencyRow) -> Part:
    """Return whether it depends on the number of the call; a doubt is settled by more calls."""
    known = (*measured.warm_up, *measured.samples)
    step = turn(known)
    if not step and not slowed(known):
        return Part()
    member = look.page.contract.event(measured.event)
    more: list[float] = []
    try:
        for _ in range(2 * step or TREND):
            look.pay()
            with look.noted():
                seen = look.set_off()
            more += [one.seconds for one in seen if one.call.index == member.index]
    except Spent as error:
        why = f"{error} before a doubt was settled: calls are not all alike"
        return Part(skipped=(Skipped(f"latency.call-number of {member.label}", why),))
    series = Series(member, (*known, *more), len(known), look.folder)
    return Part(findings=tuple(call_number(series)))


SHAPES: Mapping[str, Callable[[Look, LatencyRow], Part]] = {
    "latency.held-up": crowds,
    "latency.call-number": numbered,
    "latency.size": sizes,
}


def snippet(
    target: str, label: str, check: str, *, folder: str = "", chosen: Plan, seed: int = 0
) -> str:
    """Return a shell command that starts the app and looks at the same again."""
    arguments = [literal(target), literal(label), f"check={literal(check)}"]
    given: dict[str, object] = {
        "folder": folder,
        "include": chosen.include,
        "exclude": chosen.exclude,
        "seed": seed,
    }
    arguments += [f"{name}={literal(value)}" for name, value in given.items() if value]
    return script(arguments, media=False, call="replay_latency")


def replay_latency(
    target: str,
    event: str,
    *,
    check: str,
    folder: str = "",
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    seed: int = 0,
) -> None:
    """Start *target* and look once more at what the time of *event* depends on; print it.

    *check* is ``latency.size``, ``latency.held-up`` or ``latency.call-number``; *seed* orders what
    is sent. The other arguments are as for `replay`. SystemExit is raised where it still depends
    on it.
    """
    with start_here(target, app_folder=folder) as app, Wire(app) as wire:
        chosen = plan(app.contract, include=include, exclude=exclude)
        member = app.contract.event(event)
        root = app.contract.root(member)
        page = opened(wire, app.contract, root, driven=lambda one: one.index in chosen.driven)
        calls = REPLAY_CALLS if check == "latency.call-number" else 1
        measured = measure(page, root, count=calls, seconds=REPLAY_SECONDS, warm_up=WARM_UP)[event]
        hide = of_running(app).hide
        if isinstance(measured, Skipped):
            print(hide(f"{measured.what}: {measured.why}"))
            return
        files = (one.function.file for one in app.contract.events if one.function)
        known = clues(app.contract, root, source(files, [app.folder]))
        seconds = REPLAY_SECONDS if check == "latency.call-number" else SECONDS["standard"]
        look = Look(app, wire, page, root, Deadline(seconds), clues=known, seed=seed)
        if check == "latency.held-up":
            look.beside = [one for other in chosen.roots if (one := _beside(look, other))]
        part = SHAPES[check](look, measured)
    for finding in part.findings:
        print(hide(f"{finding.title}  {finding.location}\n  {finding.detail}"))
    if part.findings:
        sys.exit(hide("; ".join(finding.title for finding in part.findings)))


def _beside(look: Look, other: Event) -> Look | None:
    """Return a look at another event that is quick; None where it is not."""
    if other.index == look.event.index:
        return None
    page = opened(look.wire, look.app.contract, other, driven=look.page.driven)
    row = measure(page, other, count=1, seconds=REPLAY_SECONDS, warm_up=1)[other.label]
    if isinstance(row, Skipped) or row.p50 > QUICK_SECONDS:
        return None
    return Look(look.app, look.wire, page, other, look.deadline)
