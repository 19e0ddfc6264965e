"""A case written down: in words for a report, and as a script that shows it again.

from gradio_harness import replay

replay("app.py", "greet", [""])
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from .app import App, start_here
from .catalogue import CHECKS
from .checks.outcome import Seen
from .confidential import confidential
from .contract import Contract, Event
from .downloads import Downloads
from .drivers.wire import Wire, new_session
from .gestures import sent
from .literals import literal, told
from .observation import Media, Observation
from .plan import Plan, plan
from .redact import of_running
from .steps import Step, arrive, by_name, perform
from .visit import Visit, at, feeding

__all__ = [
    "Case",
    "case_of",
    "described",
    "enter",
    "has_media",
    "labels_of",
    "line_of",
    "prepared",
    "replay",
    "run_as",
    "script",
    "snippet",
    "steps_of",
    "walk_snippet",
    "walked",
]

#: Told by how a call ended: any replay sees that, so the lines to paste need not name the check.
BY_THE_END = frozenset(
    ("api.unhandled-exception", "api.explicit-raise", "api.hang", "api.process-exit")
)
TIMEOUT_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Case:
    """What a visitor does before the event: *values* typed or picked, by component id.

    *example* is a row of the author's examples, clicked first: label of its event, number.
    What is in neither stays as the page shows it. *turns* were taken on the page before, *data*
    is what goes along where the visitor clicks on something that the page shows.
    """

    values: Mapping[int, Any] = field(default_factory=dict)
    example: tuple[str, int] | None = None
    turns: tuple[Step, ...] = ()
    data: Any = None

    @property
    def fingerprint(self) -> bytes:
        """A few bytes that are the same for the same case."""
        return hashlib.blake2b(
            repr((_told_apart(self.values), self.example, _turns(self), self.data)).encode(
                "utf-8", "surrogatepass"
            ),
            digest_size=12,
        ).digest()

    @property
    def size(self) -> int:
        """How much there is to read: the smaller of two cases is told."""
        before = sum(4 + _size(step.values) for step in self.turns)
        own = sum(_size(value) for value in self.values.values()) + 2 * len(self.values)
        return before + own


def described(contract: Contract, event: Event, case: Case) -> str:
    """Return the case in words, one line a parameter: ``name = ''``."""
    if case.turns:
        return walked(steps_of(contract, event, case))
    lines = [f"a click on {told(case.data)}"] if case.data is not None else []
    if case.example is not None:
        lines.append(f"the author's example in row {case.example[1] + 1}")
    names = _names(contract, event)
    for identity, value in case.values.items():
        lines.append(f"{names.get(identity, '?')} = {told(value)}")
    if not lines:
        lines.append("the page as it opens, nothing touched")
    return "\n".join(lines)


def snippet(
    target: str,
    contract: Contract,
    event: Event,
    case: Case,
    *,
    folder: str = "",
    chosen: Plan | None = None,
    call: str = "replay",
    check: str = "",
    tries: int = 1,
    timeout_seconds: float = TIMEOUT_SECONDS,
) -> str:
    """Return a shell command that starts the app, does the same again and shows what comes.

    *folder* is the one in which the app runs, if the user named it; what the plan *chosen* left
    out is left out again. *call* is the function of ours that does it. *check* judges the answers;
    an intermittent defect takes several *tries*.
    """
    if case.turns:
        return walk_snippet(
            target,
            steps_of(contract, event, case),
            folder=folder,
            chosen=chosen,
            call=call,
            check=check,
            tries=tries,
        )
    inputs = []
    for parameter in event.inputs:
        identity = parameter.component.id
        inputs.append(literal(case.values[identity]) if identity in case.values else "...")
    while inputs and inputs[-1] == "...":
        inputs.pop()
    own = {parameter.component.id for parameter in event.inputs}
    labels = labels_of(contract)
    also = {
        labels[identity]: value
        for identity, value in case.values.items()
        if identity not in own and identity in labels
    }
    arguments = [literal(target), literal(event.label)]
    if inputs:
        arguments.append(f"[{', '.join(inputs)}]")
    if also:
        arguments.append(f"also={literal(also)}")
    if case.example is not None:
        arguments.append(f"example={case.example!r}")
    if case.data is not None:
        arguments.append(f"data={literal(case.data)}")
    arguments += run_as(folder, chosen)
    arguments += _judged_by(check, tries)
    if timeout_seconds != TIMEOUT_SECONDS:
        arguments.append(f"timeout_seconds={timeout_seconds:g}")
    media = any(has_media(v) for v in case.values.values())
    return script(arguments, media=media, call=call)


def walked(steps: Sequence[Step]) -> str:
    """Return the steps in words, one a line: ``1. add(item='a')``."""
    lines = []
    for number, step in enumerate(steps, 1):
        words = ", ".join(f"{name}={told(value)}" for name, value in step.values.items())
        on = f", a click on {told(step.data)}" if step.data is not None else ""
        lines.append(f"{number}. {step.event}({words}){on}")
    return "\n".join(lines)


def steps_of(contract: Contract, event: Event, case: Case) -> tuple[Step, ...]:
    """Return the case's turns and the event itself, as the steps of one walk."""
    names = {component.id: name for name, component in by_name(contract, event).items()}
    values = {names[i]: value for i, value in case.values.items() if i in names}
    return (*case.turns, Step(event.label, values, case.data))


def walk_snippet(
    target: str,
    steps: Sequence[Step],
    *,
    folder: str = "",
    chosen: Plan | None = None,
    call: str = "replay",
    check: str = "",
    tries: int = 1,
) -> str:
    """Return a shell command that takes the same steps on one page; the rest as `snippet`."""
    taken = ", ".join(map(_step, steps))
    arguments = [literal(target), f"steps=[{taken}]", *run_as(folder, chosen)]
    arguments += _judged_by(check, tries)
    media = any(has_media(value) for step in steps for value in step.values.values())
    return script(arguments, media=media, call=call)


def _step(step: Step) -> str:
    parts = [literal(step.event), literal(dict(step.values)), literal(step.data)]
    while parts[-1] in ("{}", "None"):
        parts.pop()
    return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"


def _judged_by(check: str, tries: int) -> list[str]:
    """Return the arguments that say what judges the answers, and how often it may take."""
    named = [f"check={literal(check)}"] if check and check not in BY_THE_END else []
    return [*named, f"tries={tries}"] if tries != 1 else named


def run_as(folder: str, chosen: Plan | None) -> list[str]:
    """Return the arguments that say where the app runs and what of it is set off."""
    arguments = [f"folder={literal(folder)}"] if folder else []
    for name in ("include", "exclude") if chosen is not None else ():
        if patterns := getattr(chosen, name):
            arguments.append(f"{name}={literal(patterns)}")
    return arguments


def script(arguments: Sequence[str], *, media: bool, call: str = "replay") -> str:
    names = f"Media, {call}" if media else call
    return (
        f"python - <<'EOF'\nfrom gradio_harness import {names}\n\n"
        f"{call}({', '.join(arguments)})\nEOF"
    )


def case_of(
    contract: Contract,
    event: Event,
    inputs: Sequence[Any],
    also: Mapping[str, Any] | None,
    example: tuple[str, int] | None,
    data: Any = None,
) -> Case:
    """Return the case that the arguments of `replay` say."""
    values = {
        parameter.component.id: value
        for parameter, value in zip(event.inputs, inputs, strict=False)
        if value is not ...
    }
    labels = {label: identity for identity, label in labels_of(contract).items()}
    values |= {labels[label]: value for label, value in (also or {}).items()}
    return Case(values, example, data=data)


def enter(visit: Visit, event: Event, case: Case) -> None:
    """Do on the page what the case says, and set *event* off, as far as the page allows it."""
    here = prepared(visit, event, case)
    if here is None:
        return
    data = None if case.data is None else sent(visit, here, case.data)
    if data is not None or case.data is None:
        visit.fire(here, data)


def prepared(visit: Visit, event: Event, case: Case) -> Event | None:
    """Open the page, take the case's turns, choose its example and set its values.

    Return *event* as it is on the page by then; None where the page does not allow all that.
    """
    visit.open()
    if not all(perform(visit, step) for step in case.turns):
        return None
    if case.example is not None:
        label, row = case.example
        if not visit.choose(visit.contract.event(label), row):
            return None
    here = at(visit, event)
    components = visit.contract.components
    clicked = {trigger.component for trigger in here.triggers}
    for identity, value in case.values.items():
        taken = identity in components and visit.set(components[identity], value, but=here)
        if not taken and clicked == {identity}:
            return None  # what sets the event off cannot be done any more
    return here


def replay(
    target: str,
    event: str = "",
    inputs: Sequence[Any] = (),
    *,
    steps: Sequence[tuple[Any, ...]] = (),
    also: Mapping[str, Any] | None = None,
    example: tuple[str, int] | None = None,
    data: Any = None,
    folder: str = "",
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    check: str = "",
    tries: int = 1,
    timeout_seconds: float = TIMEOUT_SECONDS,
) -> list[Observation]:
    """Start *target*, do what a visitor did, and return what came, the last event's call last.

    *inputs* are the event's in order, ``...`` for what stays as the page shows it; *also*
    names further components by their labels, the second of one label with `` (2)``. *data* says
    on what the visitor clicks. *steps*, instead of one event, are several on one page, each an
    event, what is typed or picked before it, by name, and such data:
    ``[("add", {"item": "milk"}), ("pick", {}, {"index": 0})]``. *folder*
    is the one in which the app runs, found as ever unless named; *include* and
    *exclude* are as --app-include and --app-exclude. A call hangs when nothing came for
    *timeout_seconds*. GRADIO_HARNESS_AUTH in the environment holds logins. What comes is
    printed; where *check* finds something, or without one where a call fails, SystemExit is raised
    with the app's own traceback. What is not seen is tried again, *tries* times in all.
    """
    with (
        start_here(target, app_folder=folder) as app,
        Wire(app, timeout_seconds=timeout_seconds) as wire,
    ):
        chosen = plan(app.contract, include=include, exclude=exclude)
        hide = of_running(app).hide
        for _ in range(max(1, tries)):
            if steps:
                visit = arrive(wire, app.contract, chosen)
                visit.open()
                _walk(visit, steps)
            else:
                wanted = app.contract.event(event)
                case = case_of(app.contract, wanted, inputs, also, example, data)
                visit = _entered(wire, chosen, wanted, case)
            for observation in visit.seen:
                print(hide(line_of(observation)), flush=True)
            shown = _told(visit, check, app)
            if shown:
                break
    if shown:
        sys.exit(hide(shown))
    return visit.seen


def _entered(wire: Wire, chosen: Plan, event: Event, case: Case) -> Visit:
    """Return the visit of a new visitor who does what the case says and sets the event off."""
    visit = Visit(
        wire,
        wire.app.contract,
        new_session(),
        driven=lambda other: other.index in chosen.driven,
        wanted=feeding(wire.app.contract, event),
    )
    enter(visit, event, case)
    return visit


def _told(visit: Visit, check: str, app: App) -> str:
    """Return what *check* finds in the answers, or without one how the last call failed."""
    for judge in CHECKS:
        if judge.name == check and judge.of_answers and check not in BY_THE_END:
            found = [finding for seen in _answers(visit, app) for finding in judge(seen)]
            return "\n\n".join(f.traceback or f"{f.title}\n{f.detail}".strip() for f in found)
    beside = ("author", "refused", "left")
    failed = [s for s in visit.seen if s.error is not None and s.error.kind not in beside]
    if not failed:
        return ""
    evidence = failed[-1].evidence
    return evidence.traceback if evidence and evidence.traceback else str(failed[-1].error)


def _answers(visit: Visit, app: App) -> list[Seen]:
    """Return each answer in its place, with the files that it names."""
    seen = [
        Seen(observation, visit.known[observation.call.index], held, str(app.folder), shown)
        for observation, held, shown in zip(visit.seen, visit.held, visit.outputs_held, strict=True)
    ]
    with Downloads(app) as downloads:
        secrets = confidential(app.target.path)
        return [replace(one, served=downloads.of(one), secrets=secrets) for one in seen]


def _walk(visit: Visit, steps: Sequence[tuple[Any, ...]]) -> None:
    for number, (label, *values) in enumerate(steps, 1):
        if not perform(visit, Step(label, *values)):
            print(f"step {number}, {label}: the page does not allow it now")


def line_of(observation: Observation) -> str:
    error = observation.error
    outcome = _printable(error.message) if error else told(observation.outputs)
    return (
        f"{observation.call.event}({', '.join(map(told, observation.call.inputs))})\n"
        f"  -> {'error: ' if error else ''}{outcome}  [{observation.seconds:.3f} s]"
    )


def _printable(text: str) -> str:
    """Return *text* with nothing in it that a terminal acts upon."""
    return "".join(c if c.isprintable() or c == "\n" else ascii(c)[1:-1] for c in text)


def labels_of(contract: Contract) -> dict[int, str]:
    """Return a label for each component that no other has."""
    count: Counter[str] = Counter()
    found = {}
    for identity, component in contract.components.items():
        count[component.label] += 1
        number = count[component.label]
        found[identity] = component.label if number == 1 else f"{component.label} ({number})"
    return found


def _turns(case: Case) -> Any:
    return [(step.event, _told_apart(step.values), step.data) for step in case.turns]


def _names(contract: Contract, event: Event) -> dict[int, str]:
    names: dict[int, str] = {}
    for member in contract.chain(event):
        for parameter in member.inputs:
            names.setdefault(parameter.component.id, parameter.name)
    return names


def _told_apart(value: Any) -> Any:
    """Return *value* with each file's content for the file."""
    if isinstance(value, Media):
        return value.name, value.mime, hashlib.blake2b(value.content, digest_size=12).hexdigest()
    if isinstance(value, list | tuple):
        return [_told_apart(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _told_apart(item) for key, item in value.items()}
    return value


def _size(value: Any) -> int:
    if isinstance(value, Media):
        return 8 + len(value.content) // 64
    if isinstance(value, list | tuple):
        return 2 + sum(_size(item) for item in value)
    if isinstance(value, Mapping):
        return 2 + sum(_size(item) for item in value.values())
    if value is None or isinstance(value, bool):
        return 1
    return len(json.dumps(value, default=str))


def has_media(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return any(map(has_media, value))
    if isinstance(value, Mapping):
        return any(map(has_media, value.values()))
    return isinstance(value, Media)
