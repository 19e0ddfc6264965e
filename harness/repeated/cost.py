"""What the author's handler spends its time on, by the lines that call something.

It is profiled during a few calls with different inputs, and at no other time.
"""

from __future__ import annotations

import ast
import dataclasses
import functools
import itertools
import linecache
import os
import random
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ..checks.cost import CHECKS, LEAST_SECONDS, Spending
from ..contract import Component, Event
from ..finding import Finding
from ..observation import Observation
from ..redact import of_running
from ..reproduce import Case, described, snippet
from ..run import Part
from ..stopwatch import Deadline
from ..strategies.choices import allowed
from ..visit import at, feeding
from ..visitors.canaries import new_mark
from ..visitors.marking import marked
from ..visitors.stage import Spent, Stage, skipped, staged
from .tape import Site, Tape, position, site_name

__all__ = ["fixed_cost", "replay_cost"]

#: Calls that are timed, and then calls that are profiled.
TIMED = 2
PROFILED = 3
#: Inputs that are tried until so many calls have succeeded.
TRIES = 12
#: How long all of it may take for one event.
SECONDS = {"quick": 5.0, "standard": 20.0, "deep": 120.0}
#: A field with so many choices at most is held at each of them in turn.
FEW = 4
FEW_CHOICES: Mapping[str, Callable[[Component], Sequence[Any]]] = {
    "checkbox": lambda field: (False, True),
    "radio": allowed,
    "dropdown": lambda field: () if field.props.get("multiselect") else allowed(field),
}
#: What has to be asked again each time.
DATABASES = (".db", ".sqlite", ".sqlite3", ".duckdb")


def fixed_cost(stage: Stage, event: Event) -> Part:
    """Return what *event* spends its time on in each call though it is always the same."""
    app = stage.app
    if app.where != "in-process" or app.probe is None:
        return skipped(event, f"fixed cost: a call is not seen from outside ({app.where})")
    left = stage.left(event.label)
    if left is not None and left < TIMED + PROFILED:
        return skipped(
            event,
            f"fixed cost: takes {TIMED + PROFILED} calls, {left} are left of "
            f"{stage.limit(event.label)}",
        )
    try:
        return _Costs(stage, event).part()
    except Spent as error:
        return skipped(event, str(error))


class _Costs:
    """The calls of one event that are timed and profiled."""

    def __init__(self, stage: Stage, event: Event) -> None:
        self.stage, self.event = stage, event
        self.deadline = Deadline(SECONDS[stage.profile])
        self.draw = random.Random(stage.seed)
        self.case = Case()
        self.settable: list[Component] = []
        #: A field that has the same value in all calls, where one is held.
        self.held: tuple[Component, Any] | None = None

    def part(self) -> Part:
        """Time some calls; where they take long enough to matter, see what takes so long.

        Inputs are drawn: the seed is what repeats them. Then one field after another is held at
        each of its few choices, for only one of them may cost what it does.
        """
        self.settable = self._settable()
        if not self.settable:
            return Part()  # nothing to depend on
        part = self._look()
        for component, choice in self._choices():
            left = self.stage.left(self.event.label)
            if part != Part() or self.deadline.passed():
                break
            if left is None or left >= TIMED + PROFILED:
                self.held = (component, choice)
                part = self._look()
        return part

    def _choices(self) -> list[tuple[Component, Any]]:
        """Return the fields with few choices, each with each of them."""
        known = [(field, FEW_CHOICES.get(field.type)) for field in self.settable]
        found = [(f, c) for f, of in known if of and len(of(f)) <= FEW for c in of(f)]
        return found if len(self.settable) > 1 else []

    def _look(self) -> Part:
        """Return what is spent again in each call, with what is held."""
        plain: list[float] = []
        for seen in self._calls(TIMED):
            plain.append(_seconds(seen))
            if plain[-1] < LEAST_SECONDS:
                return Part()
            if _must_ask(seen):
                return Part()
        if len(plain) < TIMED:
            return skipped(self.event, "fixed cost: too few calls succeeded, or in time")
        block_fn = self.stage.app.blocks.fns[self.event.index]
        assert self.stage.app.probe is not None
        tape = Tape(self.stage.app.probe.roots)
        before = block_fn.fn
        block_fn.fn = tape.around(before)
        try:
            done = list(self._calls(PROFILED))
        finally:
            block_fn.fn = before
        if len(done) < PROFILED or len(tape.calls) < PROFILED:
            return skipped(self.event, "fixed cost: too few calls succeeded, or in time")
        found = [
            finding
            for check in CHECKS
            for finding in check(self.event.label, tuple(self._spendings(tape, max(plain))))
        ]
        return Part(findings=tuple(self._dressed(finding) for finding in found))

    def _settable(self) -> list[Component]:
        draw = random.Random(0)
        return [
            parameter.component
            for parameter in self.event.inputs
            if marked(parameter.component, new_mark(draw), draw)[0]
        ]

    def _calls(self, count: int) -> Iterator[list[Observation]]:
        """Yield what came of *count* calls that succeeded, each with another input."""
        done = 0
        for _ in range(TRIES):
            if done == count or self.deadline.passed():
                return
            case = Case(self._values())
            seen = self._call(case)
            if seen and all(one.error is None for one in seen):
                done += 1
                self.case = case
                yield seen

    def _values(self) -> dict[int, Any]:
        """Return a value for each field, another than in the call before if that can be."""
        before = self.case.values
        values: dict[int, Any] = {}
        for component in self.settable:
            for _ in range(8):
                values[component.id] = marked(component, new_mark(self.draw), self.draw)[1]
                if values[component.id] != before.get(component.id):
                    break
        values |= self.stage.owned(self.event, self.draw)
        if self.held is not None:
            values[self.held[0].id] = self.held[1]
        return values

    def _call(self, case: Case) -> list[Observation]:
        feeds = feeding(self.stage.app.contract, self.event)
        index = self.event.index
        visit = self.stage.visit(
            wanted=lambda e: e.index != index and feeds(e), driver=self.stage.direct
        )
        try:
            visit.open()
            here = at(visit, self.event)
            for identity, value in case.values.items():
                visit.set(visit.contract.components[identity], value, but=here)
            return [s for s in visit.fire(here) if s.call.index == index]
        finally:
            self.stage.note(visit.seen)

    # -- what was spent --------------------------------------------------------------------

    def _spendings(self, tape: Tape, plain: float) -> Iterator[Spending]:
        calls, whole = tape.calls[-PROFILED:], tape.whole[-PROFILED:]
        varied, still = _varied([self._free(prints) for prints in tape.inputs[-PROFILED:]])
        if not varied:
            return
        # Profiling slows small calls down more than large ones: nothing counts for more than it
        # does without.
        scale = min(1.0, plain / max(max(whole), 1e-9))
        sites = set.intersection(*(set(call) for call in calls))
        told: dict[Site, Spending] = {}
        for site in sites:
            spent = [call[site] for call in calls]
            arguments = [one.arguments for one in spent]
            same = all(prints == arguments[0] for prints in arguments)
            flat = {p for prints in arguments[0] for p in prints}
            if same and still and (flat & still or not _literal_call(site)):
                same = False  # it may depend on what could not be varied
            told[site] = Spending(
                site_name(site),
                self._place(site),
                tuple(one.seconds * scale for one in spent),
                tuple(seconds * scale for seconds in whole),
                same,
                _kept([one.results for one in spent]),
                f"{self.held[0].label} is {self.held[1]!r}" if self.held else "",
            )
        fixed = {site for site, one in told.items() if one.same and one.kept}
        for site, one in told.items():
            around = set.intersection(*(call[site].inside for call in calls))
            if not around & fixed:  # the outermost says it for those inside
                yield one

    def _free(self, prints: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return the prints of a call's inputs without that of what is held."""
        held = self.held[0].id if self.held else None
        ids = [parameter.component.id for parameter in self.event.inputs]
        places = itertools.zip_longest(ids[: len(prints)], prints)
        return tuple(print_ for identity, print_ in places if identity != held or held is None)

    def _place(self, site: Site) -> str:
        code, offset, _ = site
        line = position(code, offset)[0] or code.co_firstlineno
        home = f"{self.stage.app.folder}{os.sep}"
        return f"{code.co_filename.removeprefix(home)}:{line} in {code.co_name}"

    def _dressed(self, finding: Finding) -> Finding:
        stage, contract = self.stage, self.stage.app.contract
        return dataclasses.replace(
            finding,
            input=described(contract, self.event, self.case),
            reproduce=snippet(
                stage.app.target.text,
                contract,
                self.event,
                Case(),
                folder=stage.folder,
                chosen=stage.plan,
                call="replay_cost",
            ),
        )


def replay_cost(
    target: str,
    event: str,
    *,
    folder: str = "",
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
) -> None:
    """Start *target*, call *event* with different inputs, and print what it does again each time.

    Arguments are as for `replay`. SystemExit is raised where there is something.
    """
    with staged(target, folder=folder, include=include, exclude=exclude) as stage:
        hide = of_running(stage.app).hide
        part = fixed_cost(stage, stage.app.contract.event(event))
    for row in part.skipped:
        print(hide(f"{row.what}: {row.why}"))
    for finding in part.findings:
        print(hide(f"{finding.title}  {finding.location}\n  {finding.detail}"))
    if part.findings:
        sys.exit(hide("; ".join(f"{f.function} at {f.location}" for f in part.findings)))


def _seconds(seen: Sequence[Observation]) -> float:
    return sum(
        one.evidence.seconds.get("function", 0.0) for one in seen if one.evidence is not None
    )


def _must_ask(seen: Sequence[Observation]) -> bool:
    """Whether a call asks the network, another program or a database, which may say otherwise."""
    effects = [e for one in seen if one.evidence is not None for e in one.evidence.effects]
    return any(e.kind in ("connect", "start") or e.what.endswith(DATABASES) for e in effects)


def _varied(inputs: Sequence[tuple[Any, ...]]) -> tuple[bool, set[Any]]:
    """Return whether some input differed from call to call, and the prints of all that did not."""
    columns = list(zip(*inputs, strict=False))
    still = {column[0] for column in columns if len(set(column)) == 1}
    return any(len(set(column)) > 1 for column in columns), still


def _kept(results: Sequence[Sequence[Any]]) -> bool:
    """Whether there were results that could be kept: the same each time, or objects made anew."""
    if any(len(one) != len(results[0]) for one in results):
        return False
    for prints in zip(*results, strict=True):
        if ("NoneType", "None") in prints:
            return False
        if len(set(prints)) > 1 and not all(map(_has_object, prints)):
            return False
    return True


def _has_object(print_: Any) -> bool:
    """Whether the print is, or holds, that of an object, which is another each time it is made."""
    if not isinstance(print_, tuple) or not print_:
        return False
    return print_[0] == "object" or any(map(_has_object, print_[1:]))


def _literal_call(site: Site) -> bool:
    """Whether the call's arguments, as written, are constants and globals, whatever comes in."""
    code, offset, _ = site
    line, end, column, end_column = position(code, offset)
    node = _parsed(code.co_filename).get((line, end, column, end_column))
    local = {*code.co_varnames, *code.co_cellvars, *code.co_freevars}
    if not isinstance(node, ast.Call):
        return False
    inside = [*node.args, *(word.value for word in node.keywords)]
    return not any(
        isinstance(part, ast.Name) and part.id in local for one in inside for part in ast.walk(one)
    )


@functools.lru_cache(maxsize=32)
def _parsed(file: str) -> dict[tuple[int | None, ...], ast.AST]:
    """Return the calls of a source file by their place; columns count bytes, as in code."""
    try:
        tree = ast.parse("".join(linecache.getlines(file)))
    except SyntaxError:
        return {}
    return {
        (node.lineno, node.end_lineno, node.col_offset, node.end_col_offset): node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
    }
