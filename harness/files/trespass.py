"""Visitors who name files that are not for them, in every field that takes a text or a file."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import json
import os
import random
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..checks.trespass import CHECKS, Trespass
from ..clues import Source, clues, source
from ..contract import Component, Event
from ..finding import Finding, Repeats
from ..literals import literal
from ..observation import Effect, Observation
from ..redact import of_running
from ..reproduce import Case, case_of, described, enter, labels_of, run_as, script
from ..run import Part
from ..stopwatch import Deadline
from ..visit import feeding
from ..visitors.canaries import in_file, received, served_paths
from ..visitors.marking import filled
from ..visitors.stage import Spent, Stage, skipped, staged
from .bait import Bait, laid
from .ways import Way, ways

__all__ = ["path_read", "path_write", "replay_trespass"]

#: So many ways are tried of each field, however slow the event is, within three times the time.
LEAST = 2
PATIENCE = 3
#: Of one answer.
MOST_FILES = 6


def path_read(stage: Stage, event: Event) -> Part:
    """Return what visitors get to read of files that are not for them, who set *event* off."""
    return _of("files.path-read", stage, event)


def path_write(stage: Stage, event: Event) -> Part:
    """Return what visitors get written where they may write nothing, who set *event* off."""
    return _of("files.path-write", stage, event)


def _of(check: str, stage: Stage, event: Event) -> Part:
    """Return what *check* says: the files are named once for all checks."""
    part = stage.once(f"trespass: {event.label}", lambda: _trespass(stage, event))
    return dataclasses.replace(part, findings=tuple(f for f in part.findings if f.check == check))


def _trespass(stage: Stage, event: Event) -> Part:
    try:
        with laid(stage.app) as bait:
            return Part(findings=tuple(_Trespass(stage, event, bait).run()))
    except (Spent, OSError) as error:
        return skipped(event, f"paths: {error}")


class _Trespass:
    """One event and the fields of its chain, each given paths in turn."""

    def __init__(self, stage: Stage, event: Event, bait: Bait) -> None:
        self.stage, self.event, self.bait = stage, event, bait
        self.contract = stage.app.contract
        self.deadline = Deadline(stage.seconds)
        self.base = Case()

    def run(self) -> list[Finding]:
        """Return what is found, the first of each kind for each field."""
        columns = list(self._columns())
        if not columns:
            return []
        self.base = self._usual()
        found: dict[tuple[str, str], Finding] = {}
        done: set[int] = set()
        for number, row in enumerate(itertools.zip_longest(*columns)):
            for component, way in filter(None, row):
                if component.id in done or self._over(number):
                    continue
                for finding in self.findings(component, way):
                    done.add(component.id)
                    key = (finding.check, finding.location or finding.exception)
                    if key not in found and (told := self._again(finding, component, way)):
                        found[key] = told
        return list(found.values())

    def _over(self, number: int) -> bool:
        late = (PATIENCE - 1) * self.stage.seconds if number < LEAST else 0.0
        return self.deadline.passed(late=late)

    def _columns(self) -> Iterator[list[tuple[Component, Way]]]:
        """Yield for each field that the chain reads the ways to name a file in it."""
        for component in self._fields():
            known = [(component, way) for way in self._ways(component, self.bait)]
            if known:
                yield known

    def _fields(self) -> list[Component]:
        chain = [e for e in self.contract.chain(self.event) if self.stage.driven(e)]
        own = [e for e in chain if e.function is None or not e.function.builtin]
        fields = {p.component.id: p.component for e in own for p in e.inputs}
        return list(fields.values())

    def _ways(self, component: Component, bait: Bait) -> list[Way]:
        known = self._source()
        said = clues(self.contract, self.event, known).get(component.id)
        props = component.props
        shown = [props.get("value"), props.get("placeholder"), *(said.examples if said else ())]
        texts = [known.text(e.function) for e in self.contract.chain(self.event)]
        return ways(
            component,
            bait,
            folder=self.stage.app.folder,
            shown=[text for text in shown if isinstance(text, str)],
            source="\n".join(texts),
        )

    def _source(self) -> Source:
        functions = [e.function for e in self.contract.events if e.function is not None]
        files = [f.file for f in functions if f.file and not f.builtin]
        return self.stage.once("source", lambda: source(files, [self.stage.app.folder]))

    def _usual(self) -> Case:
        """Return what the other fields hold: the page as it stands, if it is answered well."""
        rows = self.contract.examples(self.event)[:1]
        fields = [p.component for e in self.contract.chain(self.event) for p in e.inputs]
        full = Case(filled(fields, random.Random(self.stage.seed)))
        for case in (Case(), *(Case(example=(t.label, row)) for t, row in rows), full):
            seen = self._entered(case)
            own = [o for o in seen if o.call.index == self.event.index]
            if own and own[-1].error is None:
                return case
        return full

    def _entered(self, case: Case) -> list[Observation]:
        stage = self.stage
        driver = stage.direct or stage.driver
        visit = stage.visit(wanted=feeding(self.contract, self.event), driver=driver)
        try:
            enter(visit, self.event, case)
        finally:
            stage.note(visit.seen)
        return visit.seen

    def _case(self, component: Component, way: Way) -> Case:
        values = {**self.base.values, component.id: way.value}
        return dataclasses.replace(self.base, values=values)

    # -- one way -------------------------------------------------------------------------

    def findings(self, component: Component, way: Way) -> list[Finding]:
        """Return what comes of one way to name a file in one field."""
        probe = self.stage.app.probe
        watching = probe.watching(self.bait.word) if probe else contextlib.nullcontext()
        with watching:
            seen = self._entered(self._case(component, way))
        effects = [e for o in seen if o.evidence for e in o.evidence.effects]
        touched = self.bait.touched()
        if touched:
            self.bait.lay()
        self._sweep(effects)
        function = self.event.function
        told = Trespass(
            self.event.label,
            component.label,
            way.words,
            function=function.name if function else "",
            typed=way.typed,
            temporary=way.temporary,
            shown=self._shown(seen),
            read=self._line(effects, "read"),
            written=tuple(touched),
            wrote=self._line(effects, "write"),
        )
        found = [finding for check in CHECKS for finding in check(told)]
        words = described(self.contract, self.event, self._case(component, way))
        return [dataclasses.replace(finding, input=words) for finding in found]

    def _shown(self, seen: Sequence[Observation]) -> str:
        """Return where the marked file came back, "" if it did not."""
        for observation in seen:
            event = self.contract.by_index(observation.call.index)
            outputs = zip(event.outputs if event else (), observation.outputs or (), strict=False)
            for component, value in outputs:
                if self._has_mark(value):
                    return component.label
            if received(observation, [self.bait.mark]):
                return "what the app says of an error" if observation.error else "a message"
        return ""

    def _has_mark(self, value: Any) -> bool:
        marks = [self.bait.mark]
        text = json.dumps(value, ensure_ascii=False, default=str).lower()
        if self.bait.mark.trace(text):
            return True
        for path, name in itertools.islice(served_paths(value), MOST_FILES):
            content = self.stage.driver.served(path)
            if content is not None and in_file(name, content, marks):
                return True
        return False

    def _line(self, effects: Sequence[Effect], kind: str) -> str:
        """Return the author's line that did such a thing to a file of ours, "" if none did."""
        places = [e.where for e in effects if e.kind == kind and e.where]
        return places[0].removeprefix(f"{self.stage.app.folder}{os.sep}") if places else ""

    def _sweep(self, effects: Sequence[Effect]) -> None:
        """Remove what the app has written under our name in folders that are not ours."""
        word = self.bait.word
        made = [e.what for e in effects if e.kind == "write"]
        ours = (str(self.bait.outside.parent), str(self.bait.temporary.parent))
        strays = [path for path in made if word in path and not path.startswith(ours)]
        for stray in strays:
            before, _, after = stray.partition(word)
            root = before + word + after.partition(os.sep)[0]
            if os.path.isdir(root):
                shutil.rmtree(root, ignore_errors=True)
            else:
                Path(root).unlink(missing_ok=True)
        for folder in sorted(made, key=len, reverse=True):
            if any(stray.startswith(folder + os.sep) for stray in strays):
                with contextlib.suppress(OSError):
                    os.rmdir(folder)

    # -- seen again -----------------------------------------------------------------------

    def _again(self, finding: Finding, component: Component, way: Way) -> Finding | None:
        """Return *finding* if other files of ours, with another mark, show the same."""
        with laid(self.stage.app) as bait:
            other = _Trespass(self.stage, self.event, bait)
            other.base = self.base
            same = [one for one in other._ways(component, bait) if one.words == way.words]
            found = [f for one in same[:1] for f in other.findings(component, one)]
        if not any((f.check, f.location) == (finding.check, finding.location) for f in found):
            return None
        script = self._script(component, way)
        return dataclasses.replace(finding, reproduce=script, repeats=Repeats(2, 2, "FF"))

    def _script(self, component: Component, way: Way) -> str:
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
        return script(arguments, media="Media(" in str(arguments), call="replay_trespass")


def replay_trespass(
    target: str,
    event: str,
    field: str,
    words: str,
    *,
    also: Mapping[str, Any] | None = None,
    example: tuple[str, int] | None = None,
    folder: str = "",
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
) -> None:
    """Start *target*, lay out marked files, and name one in *field* in the way that *words* say.

    Other arguments are as for `replay`. SystemExit is raised where the file is read or written.
    """
    found: list[Finding] = []
    with staged(target, folder=folder, include=include, exclude=exclude) as stage:
        hide = of_running(stage.app).hide
        contract = stage.app.contract
        wanted = contract.event(event)
        labels = {label: identity for identity, label in labels_of(contract).items()}
        component = contract.components[labels[field]]
        with laid(stage.app) as bait:
            look = _Trespass(stage, wanted, bait)
            look.base = case_of(contract, wanted, (), also, example)
            for way in look._ways(component, bait):
                if way.words == words:
                    found += look.findings(component, way)
    for finding in found:
        print(hide(f"{finding.title}  {finding.location}\n  {finding.detail}"))
    if found:
        sys.exit(hide("; ".join(finding.title for finding in found)))
