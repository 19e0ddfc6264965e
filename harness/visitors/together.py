"""What several visitors did, written down: in words, and as a script that does it again.

from gradio_harness import replay_visits

replay_visits("app.py", [("A", "save", ["kestrel"]), ("B", "show")], looked_for="kestrel")
"""

from __future__ import annotations

import functools
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..app import start_here
from ..contract import Contract, Event
from ..literals import literal, told
from ..observation import Observation
from ..plan import Plan, plan
from ..redact import of_running
from ..reproduce import has_media, labels_of, line_of, script
from ..streams import streamed
from ..visit import Visit, at, feeding
from .canaries import Mark, Trace, carried, in_file, linked_paths, received, served_paths
from .guests import Guests, door

__all__ = ["Step", "at_once", "described", "replay_visits", "snippet"]


#: How often visitors meet in a replay until something goes wrong.
MEETINGS = 5


@dataclass(frozen=True, slots=True)
class Step:
    """A visitor sets *values*, by component id, and then *event* off; None: opens the page.

    *beside* is how many seconds after the step before it this one begins, while that runs.
    """

    visitor: str
    event: Event | None
    values: Mapping[int, Any] = field(default_factory=dict)
    beside: float | None = None


def described(contract: Contract, steps: Sequence[Step]) -> str:
    """Return the steps in words, one a line: ``A: save(note = 'kestrel')``."""
    lines = []
    for step in steps:
        words = _words(contract, step) if step.event else "opens the page"
        meanwhile = "" if step.beside is None else "meanwhile "
        lines.append(f"{meanwhile}{step.visitor}: {words}")
    return "\n".join(lines)


def _words(contract: Contract, step: Step) -> str:
    assert step.event is not None
    names = {p.component.id: p.name for member in contract.chain(step.event) for p in member.inputs}
    given = [f"{names.get(key, '?')} = {told(value)}" for key, value in step.values.items()]
    return f"{step.event.label}({', '.join(given)})"


def snippet(
    target: str,
    contract: Contract,
    steps: Sequence[Step],
    *,
    looked_for: Trace = "",
    otherwise: Sequence[Step] = (),
    in_turn: bool = False,
    folder: str = "",
    chosen: Plan | None = None,
) -> str:
    """Return a shell command that starts the app and has the visitors do the same again.

    *looked_for* is what one of them sent and another may not get; *otherwise* are steps that the
    last visitor may not be able to tell from the others. *in_turn* is what the steps are held
    against that begin at the same time.
    """
    labels = labels_of(contract)
    scripts = [
        "[\n" + "".join(f"    {line},\n" for line in _lines(script, labels)) + "]"
        for script in (steps, otherwise)
    ]
    arguments = [literal(target), scripts[0]]
    if in_turn:
        arguments.append("in_turn=True")
    else:
        held = f"otherwise={scripts[1]}" if otherwise else f"looked_for={looked_for!r}"
        arguments.append(held)
    if folder:
        arguments.append(f"folder={literal(folder)}")
    for name in ("include", "exclude") if chosen is not None else ():
        if patterns := getattr(chosen, name):
            arguments.append(f"{name}={literal(patterns)}")
    media = any(has_media(v) for step in [*steps, *otherwise] for v in step.values.values())
    return script(arguments, media=media, call="replay_visits")


def _lines(steps: Sequence[Step], labels: Mapping[int, str]) -> Iterator[str]:
    """Yield each step; those that run at the same time in one list, with the seconds between."""
    group: list[str] = []
    for step, following in zip(steps, [*steps[1:], None], strict=False):
        if step.beside is not None:
            group.append(f"{step.beside:.3g}")
        group.append(_step(step, labels))
        if following is None or following.beside is None:
            yield group[0] if len(group) == 1 else f"[{', '.join(group)}]"
            group = []


def _step(step: Step, labels: Mapping[int, str]) -> str:
    parts = [repr(step.visitor)]
    if step.event is not None:
        own = [parameter.component.id for parameter in step.event.inputs]
        inputs = [literal(step.values[i]) if i in step.values else "..." for i in own]
        while inputs and inputs[-1] == "...":
            inputs.pop()
        also = {labels[i]: v for i, v in step.values.items() if i not in own and i in labels}
        parts.append(literal(step.event.label))
        if inputs or also:
            parts.append(f"[{', '.join(inputs)}]")
        if also:
            parts.append(literal(also))
    return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"


def replay_visits(
    target: str,
    steps: Sequence[Any],
    *,
    looked_for: Trace = "",
    otherwise: Sequence[Any] = (),
    in_turn: bool = False,
    folder: str = "",
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
) -> list[Observation]:
    """Start *target*, have several visitors do the *steps*, and return what came.

    A step is ``("A", "save", ["kestrel"])``: a visitor's name, an event, its inputs (``...`` for
    what stays as the page shows it) and, by their labels, further components; ``("B",)`` opens
    the page. What runs at the same time is in one list, with the seconds between the begins:
    ``[("A", "save", ["kestrel"]), 0.1, ("B", "show")]``. *folder*, *include* and *exclude* are as
    for `replay`. What comes is printed; where *looked_for* (a word, a colour), which one visitor
    sent, comes to another, SystemExit is raised. So it is where the last answer is another in a
    second start of the app that does the steps *otherwise*, and with *in_turn* where what comes
    is, in any order, something else than when the visitors come one after another.
    """
    if in_turn:
        return _raced(target, steps, folder, include, exclude)
    seen, astray, hide = _played(target, steps, looked_for, folder, include, exclude)
    if any(isinstance(step, list) for step in steps):
        # Who is first differs from start to start.
        for _ in range(MEETINGS - 1):
            if astray:
                break
            print("-- another start of the app")
            again, astray, hide = _played(target, steps, looked_for, folder, include, exclude)
            seen += again
    if otherwise:
        print("-- another start of the app")
        again, _, _ = _played(target, otherwise, looked_for, folder, include, exclude)
        one, two = (_outcome(each[-1]) if each else "" for each in (seen, again))
        seen += again
        if one != two:
            astray = f"the last visitor did the same, and got {one}, then {two}"
    if astray:
        sys.exit(hide(astray))
    return seen


def _raced(
    target: str, steps: Sequence[Any], folder: str, include: Sequence[str], exclude: Sequence[str]
) -> list[Observation]:
    """Do the steps in turn, then a few times at once, each time in a new start of the app.

    What follows the events of those steps is another's business: it sees what all have done.
    """
    groups = [step if isinstance(step, list) else [step] for step in steps]
    flat = [part for group in groups for part in group if isinstance(part, tuple)]
    labels = {step[1] for step in flat if step[1:]}

    def outcomes(seen: Sequence[Observation]) -> list[str]:
        unanswered = [o for o in seen if o.error is not None and o.error.kind == "timeout"]
        told = [o for o in seen if o.call.event in labels or streamed(o)]
        return sorted(map(_on_the_way, told + unanswered))

    everything, _, hide = _played(target, flat, "", folder, include, exclude)
    wanted = outcomes(everything)
    for _ in range(MEETINGS):
        print("-- another start of the app, the visitors at the same time")
        seen, _, _ = _played(target, steps, "", folder, include, exclude)
        everything += seen
        got = outcomes(seen)
        if got != wanted:
            sys.exit(hide(f"at the same time they got {got}, in turn {wanted}"))
    return everything


def _outcome(seen: Observation) -> str:
    return seen.error.message if seen.error is not None else told(seen.outputs)


def _on_the_way(seen: Observation) -> str:
    """Return what came of a call, and of a stream all that was shown before."""
    return " … ".join(
        [*(told(chunk.data["output"]["data"]) for chunk in streamed(seen)), _outcome(seen)]
    )


def _played(
    target: str,
    steps: Sequence[Any],
    looked_for: Trace,
    folder: str,
    include: Sequence[str],
    exclude: Sequence[str],
) -> tuple[list[Observation], str, Callable[[str], str]]:
    """Start *target* and do the steps; return what came, what went astray, how to hide secrets."""
    with start_here(target, app_folder=folder) as app:
        hide = of_running(app).hide
        driven = plan(app.contract, include=include, exclude=exclude).driven
        with Guests(app, door(app)) as guests:
            scene = _Scene(guests, app.contract, driven, looked_for)
            for step in steps:
                scene.play(step if isinstance(step, list) else [step])
            scene.look_again()
    for line in scene.lines:
        print(hide(line))
    return scene.seen, scene.astray, hide


def at_once(gestures: Sequence[Callable[[], object]], delays: Sequence[float]) -> None:
    """Have each of *gestures* done by a visitor of its own, after its delay in seconds.

    Raises the first error of them when all have ended.
    """
    if len(gestures) < 2:
        for gesture in gestures:
            gesture()
        return
    errors: list[BaseException] = []

    def run(gesture: Callable[[], object], delay: float) -> None:
        time.sleep(delay)
        try:
            gesture()
        except BaseException as error:
            errors.append(error)

    threads = [
        threading.Thread(target=run, args=both, daemon=True)
        for both in zip(gestures, delays, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


class _Scene:
    """Visitors on their pages, and what has gone astray."""

    def __init__(
        self, guests: Guests, contract: Contract, driven: frozenset[int], looked_for: Trace
    ) -> None:
        self.guests, self.contract, self.driven = guests, contract, driven
        self.looked_for = looked_for
        text = looked_for if looked_for and isinstance(looked_for, str) else "\0"
        colour = looked_for if isinstance(looked_for, tuple) else (-9, -9, -9)
        self.mark = Mark(text, -1e-99, colour)
        self.identities = {label: identity for identity, label in labels_of(contract).items()}
        self.visits: dict[str, Visit] = {}
        self.owners: set[str] = set()
        self.linked: set[tuple[str, str]] = set()
        self.seen: list[Observation] = []
        self.lines: list[str] = []
        self.astray = ""

    def play(self, group: Sequence[Any]) -> None:
        """Do the steps of *group* at the same time; each number in it is a delay."""
        delays = [0.0]
        gestures: list[Callable[[], object]] = []
        begins: dict[str, int] = {}
        for step in group:
            if isinstance(step, int | float):
                delays[-1] += step
                continue
            name, *rest = step
            begins[name] = len(self.visits[name].seen) if name in self.visits else 0
            gestures.append(self._ready(name, *rest))
            delays.append(delays[-1])
        gathered = [
            self.contract.event(s[1]).index for s in group if isinstance(s, tuple) and s[1:]
        ]
        if len(gathered) > 1 and not any(delays):
            self.guests.app.gather(len(gathered), gathered)
        try:
            at_once(gestures, delays[: len(gestures)])
        finally:
            self.guests.app.gather(0)
        for name, begin in begins.items():
            for seen in self.visits[name].seen[begin:]:
                self._take(name, seen)

    def _ready(self, name: str, *step: Any) -> Callable[[], object]:
        """Have the page of *name* filled; return what is left to be done."""
        from ..drivers.wire import new_session

        if name not in self.visits:
            driver = self.guests.driver(name)
            self.visits[name] = Visit(
                driver, self.contract, new_session(), driven=lambda e: e.index in self.driven
            )
            self.visits[name].open()
        if not step:
            return lambda: None
        visit = self.visits[name]
        event = at(visit, self.contract.event(step[0]))
        visit.wanted = feeding(visit.contract, event)
        inputs, also = (*step[1:2], [])[0], (*step[2:3], {})[0]
        values = {
            parameter.component.id: value
            for parameter, value in zip(event.inputs, inputs, strict=False)
            if value is not ...
        } | {self.identities[label]: value for label, value in also.items()}
        if carried(self.mark, list(values.values())):
            self.owners.add(name)
        for identity, value in values.items():
            visit.set(visit.contract.components[identity], value, but=event)
        return functools.partial(visit.fire, event)

    def _take(self, name: str, seen: Observation) -> None:
        self.seen.append(seen)
        self.lines.append(f"{name}: {line_of(seen)}")
        self.linked |= {(name, path) for path in linked_paths(seen.outputs)}
        files = dict(served_paths(seen.outputs or ()))
        if received(seen, [self.mark]) or any(self._in(name, *file) for file in files.items()):
            self._gone(name)

    def look_again(self) -> None:
        """Fetch the files that texts link to: another visitor's may have taken their place."""
        for name, path in sorted(self.linked):
            if self._in(name, path, path):
                self._gone(name)

    def _in(self, who: str, path: str, name: str) -> bool:
        return bool(in_file(name, self.guests.driver(who).served(path) or b"", [self.mark]))

    def _gone(self, name: str) -> None:
        users = {self.guests.user(owner) for owner in self.owners}
        if self.guests.user(name) not in users and not self.astray:
            others = " and ".join(sorted(self.owners)) or "another"
            self.astray = f"{name} got {self.looked_for!r}, which only {others} sent"
