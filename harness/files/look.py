"""One event looked at with one field after another set to something that is not for it."""

from __future__ import annotations

import dataclasses
import itertools
import json
import os
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from ..checks import place_of
from ..clues import Source, clues, source
from ..contract import Component, Contract, Event
from ..finding import Finding, Repeats
from ..literals import literal
from ..observation import Effect, Observation
from ..reproduce import Case, case_of, described, enter, labels_of, run_as, script
from ..stopwatch import Deadline
from ..visit import feeding
from ..visitors.canaries import Mark, in_file, received, served_paths
from ..visitors.marking import filled
from ..visitors.stage import Spent, Stage
from .ways import Way

__all__ = ["Look", "component_named"]

#: So many ways are tried of each field, however slow the event is, within three times the time.
LEAST = 2
PATIENCE = 3
#: Of one answer.
MOST_FILES = 6

#: What comes of one way to set one field.
Judge = Callable[[Component, Way], list[Finding]]


class Look:
    """One event of a stage, its fields, and what they hold beside the one that is tried."""

    def __init__(self, stage: Stage, event: Event) -> None:
        self.stage, self.event = stage, event
        self.contract: Contract = stage.app.contract
        self.deadline = Deadline(stage.seconds)
        self.base = Case()

    @property
    def function(self) -> str:
        """The name of the author's function behind the event."""
        return self.event.function.name if self.event.function else ""

    @property
    def place(self) -> str:
        """Where that function begins."""
        return place_of(self.event.function, str(self.stage.app.folder))

    def fields(self) -> list[Component]:
        """Return what the author's functions read that a visitor can set."""
        chain = [e for e in self.contract.chain(self.event) if self.stage.driven(e)]
        own = [e for e in chain if e.function is None or not e.function.builtin]
        fields = {p.component.id: p.component for e in own for p in e.inputs}
        return [c for c in fields.values() if c.editable and c.reachable]

    def source(self) -> str:
        """Return the source of what the event runs."""
        known = self._sources()
        return "\n".join(known.text(e.function) for e in self.contract.chain(self.event))

    def shown(self, component: Component) -> list[str]:
        """Return the author's own texts for a field: what it holds, hints at, and examples."""
        known = clues(self.contract, self.event, self._sources()).get(component.id)
        props = component.props
        texts = [props.get("value"), props.get("placeholder"), *(known.examples if known else ())]
        return [text for text in texts if isinstance(text, str)]

    def _sources(self) -> Source:
        functions = [e.function for e in self.contract.events if e.function is not None]
        files = [f.file for f in functions if f.file and not f.builtin]
        return self.stage.once("source", lambda: source(files, [self.stage.app.folder]))

    # -- all ways ------------------------------------------------------------------------

    def search(
        self,
        columns: Sequence[tuple[Component, Sequence[Way]]],
        judge: Judge,
        again: Callable[[Component, str], list[Finding]],
        call: str,
    ) -> list[Finding]:
        """Return what *judge* says of the ways of each field, the first finding of each kind.

        *again* does the same, given the way's words, with other things of ours; what that does not
        show is not told. *call* is the function of ours that shows it again.
        """
        found: dict[tuple[str, str], Finding] = {}
        try:
            for finding in self._found(columns, judge, again, call):
                key = (finding.check, finding.location or finding.exception)
                found.setdefault(key, finding)
        except Spent:
            if not found:
                raise
        return list(found.values())

    def _found(
        self,
        columns: Sequence[tuple[Component, Sequence[Way]]],
        judge: Judge,
        again: Callable[[Component, str], list[Finding]],
        call: str,
    ) -> Iterator[Finding]:
        rows = [[(component, way) for way in known] for component, known in columns]
        if not any(rows):
            return
        self.base = self.usual()
        told: set[tuple[str, int]] = set()
        for number, row in enumerate(itertools.zip_longest(*rows)):
            for component, way in filter(None, row):
                if self._over(number):
                    return
                for finding in judge(component, way):
                    field = (finding.check, component.id)
                    if field not in told and _among(finding, again(component, way.words)):
                        told.add(field)
                        yield self.dressed(finding, component, way, call)

    def dressed(self, finding: Finding, component: Component, way: Way, call: str) -> Finding:
        """Return *finding* with what was sent, and lines to paste that *call* us to do it again."""
        return dataclasses.replace(
            finding,
            input=described(self.contract, self.event, self.case(component, way)),
            reproduce=self._script(component, way, call),
            repeats=Repeats(2, 2, "FF"),
        )

    def _over(self, number: int) -> bool:
        late = (PATIENCE - 1) * self.stage.seconds if number < LEAST else 0.0
        return self.deadline.passed(late=late)

    def usual(self) -> Case:
        """Return what the other fields hold: all that a visitor can set, if it is answered well."""
        rows = self.contract.examples(self.event)[:1]
        fields = [p.component for e in self.contract.chain(self.event) for p in e.inputs]
        full = Case(filled(fields, random.Random(self.stage.seed)))
        for case in (full, *(Case(example=(t.label, row)) for t, row in rows), Case()):
            own = [o for o in self.entered(case) if o.call.index == self.event.index]
            if own and own[-1].error is None:
                return case
        return full

    # -- one way -------------------------------------------------------------------------

    def case(self, component: Component, way: Way) -> Case:
        """Return what a visitor does who sets the field in that way, and nothing else."""
        values = {**self.base.values, component.id: way.value}
        return dataclasses.replace(self.base, values=values)

    def entered(self, case: Case) -> list[Observation]:
        """Return what a new visitor gets."""
        stage = self.stage
        driver = stage.direct or stage.driver
        visit = stage.visit(wanted=feeding(self.contract, self.event), driver=driver)
        try:
            enter(visit, self.event, case)
        finally:
            stage.note(visit.seen)
        return visit.seen

    def came_back(self, seen: Sequence[Observation], mark: Mark) -> str:
        """Return where the page shows what has *mark* in it, "" if nothing does."""
        for observation in seen:
            event = self.contract.by_index(observation.call.index)
            outputs = zip(event.outputs if event else (), observation.outputs or (), strict=False)
            for component, value in outputs:
                if self._has(value, mark):
                    return component.label
            if received(observation, [mark]):
                return "what the app says of an error" if observation.error else "a message"
        return ""

    def _has(self, value: Any, mark: Mark) -> bool:
        if mark.trace(json.dumps(value, ensure_ascii=False, default=str).lower()):
            return True
        for path, name in itertools.islice(served_paths(value), MOST_FILES):
            content = self.stage.driver.served(path)
            if content is not None and in_file(name, content, [mark]):
                return True
        return False

    def line(self, effects: Iterable[Effect], kind: str, ours: tuple[str, ...] = ("",)) -> str:
        """Return the author's line that did such a thing to what begins like *ours*, "" if none."""
        places = [e.where for e in effects if e.kind == kind and e.what.startswith(ours) if e.where]
        return places[0].removeprefix(f"{self.stage.app.folder}{os.sep}") if places else ""

    def _script(self, component: Component, way: Way, call: str) -> str:
        labels = labels_of(self.contract)
        arguments = [
            literal(self.stage.app.target.text),
            literal(self.event.label),
            literal(labels[component.id]),
            literal(way.words),
        ]
        also = {labels[i]: value for i, value in self.base.values.items() if i != component.id}
        if also:
            arguments.append(f"also={literal(also)}")
        if self.base.example is not None:
            arguments.append(f"example={self.base.example!r}")
        arguments += run_as(self.stage.folder, self.stage.plan)
        return script(arguments, media="Media" in str(arguments), call=call)

    def as_told(self, also: Any, example: tuple[str, int] | None) -> None:
        """Have the other fields hold what lines to paste say of them."""
        self.base = case_of(self.contract, self.event, (), also, example)


def component_named(contract: Contract, label: str) -> Component:
    """Return the component that lines to paste call by *label*."""
    labels = {known: identity for identity, known in labels_of(contract).items()}
    return contract.components[labels[label]]


def _among(finding: Finding, others: Iterable[Finding]) -> bool:
    return any((f.check, f.location) == (finding.check, finding.location) for f in others)
