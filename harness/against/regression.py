"""One app held against what it was, one event after the other.

The baseline is a file: two copies of the app are asked, so that what differs from one start to the
next is not held against it. What `--app-against` names runs beside a copy of the app.
"""

from __future__ import annotations

import contextlib
import functools
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from typing import Any

from ..app import App
from ..checks import place_of
from ..checks.regression import Changed, Told, contract, latency, output, stream
from ..contract import Event
from ..difference import difference
from ..errors import HarnessError
from ..finding import Finding
from ..latency.look import Spent
from ..literals import literal, told
from ..options import Options
from ..outline import Outline
from ..plan import Plan
from ..reproduce import has_media, run_as, script
from ..rows import AnswerRow, ChangeRow, SidesRow, Skipped
from ..run import Part
from ..stopwatch import Deadline
from ..strategies import draws, values
from .answers import Answer, Pair, answer, asked_twice, lasting, settled, smallest
from .clocks import far_zone
from .offered import offered
from .pace import paced
from .reference import Reference, resolved
from .sides import Asked, Purse, Side, Sides

__all__ = ["Regression", "Unusable"]

#: How many inputs are drawn for each event, and how many seconds go into asking.
DRAWN = {"quick": (6, 3.0), "standard": (20, 10.0), "deep": (100, 60.0)}
#: How many seconds go into rounds.
PACED = {"quick": 6.0, "standard": 20.0, "deep": 90.0}
#: Of the author's examples, the first ones.
EXAMPLES = 3
UNTOUCHED = Asked("the page as it opens")
BASELINE, AGAINST = "baseline", "against"


class Unusable(HarnessError):
    """The other app could not be used when it was asked for first, which was told."""


class Regression:
    """What came of holding *app* against the baseline, or against another app.

    *start* serves a reference in a process of its own; *why_not* says why no two copies of the
    app are started for the baseline, or "".
    """

    def __init__(
        self,
        app: App,
        chosen: Plan,
        options: Options,
        *,
        start: Callable[[Reference, bool], App],
        why_not: str = "",
    ) -> None:
        self.app, self.plan, self.options = app, chosen, options
        self.start, self.why_not = start, why_not
        self._closers = contextlib.ExitStack()
        self._unusable: HarnessError | None = None
        #: What pays for the calls of this app, of all its copies together, and of the other.
        self._own, self._other = Purse(), Purse()
        #: The first input of each event that both apps have answered.
        self._answered: dict[str, Asked] = {}

    def close(self) -> None:
        """End what was started."""
        self._closers.close()

    # -- the contract ---------------------------------------------------------------------

    def contract(self, against: str) -> Part:
        """Return what changed of what callers rely on, since the baseline or in another app."""
        if against == AGAINST:
            return self._changed(
                against,
                self.older_words,
                offered(self.sides.older.app),
                offered(self.sides.newer.app),
            )
        now, known = offered(self.app), self.options.known
        public = tuple(endpoint for endpoint in now.endpoints if endpoint.public)
        if known is None or known.contract is None:
            return Part(contract=public)
        part = self._changed(against, "the baseline", known.contract, now)
        return replace(part, contract=public, former=known.latency)

    def _changed(self, against: str, words: str, before: Outline, after: Outline) -> Part:
        changes = difference(before, after)
        places = {event.label: self._place(event) for event in self.app.contract.events}
        found = [
            replace(f, reproduce=self._script(against, f.event, f.check))
            for f in contract(Changed(words, changes, places))
        ]
        rows = tuple(ChangeRow(against, **asdict(change)) for change in changes)
        return Part(findings=tuple(found), changes=rows)

    # -- answers --------------------------------------------------------------------------

    def answers(self, label: str, calls: int | None) -> tuple[Part, int]:
        """Return where *label* answers otherwise than it did: in the baseline, in the other app.

        And how many calls it took. At most so many *calls* are made to each of the apps, and where
        there is an other app, half of them: the rest is for its pace.
        """
        half = calls if calls is None or not self.options.against else calls // 2
        part = Part()
        with self._spending(half) as purse:
            if self.options.baseline is not None:
                part = self._remembered(label)
            if self.options.against:
                part = _joined(part, self._compared(label))
        return part, purse.made

    @contextlib.contextmanager
    def _spending(self, calls: int | None) -> Iterator[Purse]:
        """Let so many *calls* be made to this app, and to the other; give what this one's cost."""
        for purse in (self._own, self._other):
            purse.limit, purse.made = calls, 0
        yield self._own

    def _compared(self, label: str) -> Part:
        sides, counts = self.sides, dict.fromkeys(("same", "differ", "unsteady"), 0)
        found: list[Finding] = []
        why = self._unfit(sides, label)
        if why:
            return Part(skipped=(Skipped(f"answers of {label}", why),))
        why = "one of the two apps never says the same twice, or never ends"
        try:
            for asked, pair in self._asked(sides, label, self._cases(sides.newer, label)):
                if isinstance(pair, str):
                    counts["unsteady"] += pair == "unsteady"
                    continue
                if not (pair.older.failed or pair.newer.failed):
                    self._answered.setdefault(label, asked)
                word = self._verdict(label, asked, pair)
                counts[word] += 1
                if word == "differ" and not pair.older.failed:  # else it is mended since
                    found = self._told(label, AGAINST, smallest(sides, label, pair))
                    break
        except Spent as error:
            why = str(error)
        row = SidesRow(AGAINST, label, sum(counts.values()), **counts)
        steady = counts["same"] + counts["differ"]
        skipped = () if steady else (Skipped(f"answers of {label}", why),)
        return Part(findings=tuple(found), sides=(row,), skipped=skipped)

    def _verdict(self, label: str, asked: Asked, pair: Pair) -> str:
        """Return "same", "differ", or "unsteady" where they differ and it does not last."""
        if pair.older == pair.newer:
            return "same"
        again = asked_twice(self.sides, label, asked)
        return "differ" if again == pair and self._lasts(label, pair) else "unsteady"

    def _lasts(self, label: str, pair: Pair) -> bool:
        """Whether another start of this app says the same.

        What is drawn or read when a process starts is the same each time in one, and not in two.
        """
        own = pair.older if self.reference.newer else pair.newer
        seen = answer(self._witness, label, pair.asked)
        return seen is None or settled(own, seen) == own

    @functools.cached_property
    def _witness(self) -> Side:
        """The app as it runs in this process."""
        return Side(
            "this app",
            self.app,
            driven=lambda event: event.index in self.plan.driven,
            timeout_seconds=self.options.timeout_seconds,
            purse=self._own,
        )

    def _remembered(self, label: str) -> Part:
        """Return what two copies of the app say, and where that is not what the baseline has."""
        if self.why_not:
            return Part(skipped=(Skipped(f"answers of {label}", self.why_not),))
        known = self.options.known
        written = {(r.event, r.input): r for r in known.answers} if known is not None else {}
        sides = self.copies
        rows: list[AnswerRow] = []
        found: list[Finding] = []
        cases = [UNTOUCHED, *self._examples(sides.newer, label)]
        skipped: tuple[Skipped, ...] = ()
        count = 0
        try:
            for asked, pair in self._asked(sides, label, cases):
                count += 1
                row = lasting(pair.newer, label, asked) if isinstance(pair, Pair) else None
                if row is None or not isinstance(pair, Pair) or pair.older != pair.newer:
                    continue
                rows.append(row)
                before = written.get((label, asked.words))
                if before is not None and not found:
                    older, newer = (Answer(r.outputs, r.chunks) for r in (before, row))
                    found = self._told(label, BASELINE, Pair(asked, older, settled(older, newer)))
        except Spent as error:
            skipped = (Skipped(f"answers of {label}", str(error)),)
        return Part(
            findings=tuple(found),
            answers=tuple(rows),
            sides=(SidesRow(BASELINE, label, count, len(rows)),) if count else (),
            skipped=skipped if not count else (),
        )

    def _asked(
        self, sides: Sides, label: str, cases: Iterator[Asked] | list[Asked]
    ) -> Iterator[tuple[Asked, Pair | str]]:
        """Yield what both sides say to each case, while there is time.

        Raises Spent where there are no calls left.
        """
        deadline = Deadline(DRAWN[self.options.profile][1])
        for asked in cases:
            yield asked, asked_twice(sides, label, asked)
            if deadline.passed():
                return

    def _cases(self, side: Side, label: str) -> Iterator[Asked]:
        yield UNTOUCHED
        yield from self._examples(side, label)
        event = side.event(label)
        strategies = {
            position: strategy
            for position, parameter in enumerate(event.inputs if event is not None else ())
            if (strategy := values(parameter.component)) is not None
        }
        count, _ = DRAWN[self.options.profile]
        names = [p.name for p in event.inputs] if event is not None else []
        for drawn in draws(strategies, count, seed=self.options.seed):
            yield Asked(_words(names, drawn), drawn)

    def _examples(self, side: Side, label: str) -> list[Asked]:
        event = side.event(label)
        rows = side.app.contract.examples(event)[:EXAMPLES] if event is not None else ()
        return [Asked(f"the author's example {n + 1}", example=n) for n in range(len(rows))]

    def _told(self, label: str, against: str, pair: Pair) -> list[Finding]:
        event = self.app.contract.event(label)
        names = [parameter.name for parameter in event.inputs]
        words = _words(names, pair.asked.values) if pair.asked.values else pair.asked.words
        seen = Told(
            label,
            self.older_words if against == AGAINST else "the baseline",
            words,
            pair.older.outputs,
            pair.newer.outputs,
            pair.newer.failed and not pair.older.failed,
            (pair.older.chunks, pair.newer.chunks),
            self._place(event),
        )
        return [
            replace(f, reproduce=self._script(against, label, f.check, pair.asked))
            for f in (*output(seen), *stream(seen))
        ]

    # -- latency --------------------------------------------------------------------------

    def pace(self, label: str, calls: int | None) -> tuple[Part, int]:
        """Return how much longer *label* takes than in the other app, and how many calls it took.

        At most so many *calls* are made to each of the apps.
        """
        with self._spending(calls) as purse:
            part = self._paced(label)
        return part, purse.made

    def _paced(self, label: str) -> Part:
        sides = self.sides
        why = self._unfit(sides, label)
        if why:
            return Part(skipped=(Skipped(f"pace of {label}", why),))
        examples = self._examples(sides.newer, label)
        asked = examples[0] if examples else self._answered.get(label, UNTOUCHED)
        seconds = PACED[self.options.profile]
        found = paced(sides, label, asked, seconds=seconds, seed=self.options.seed)
        if isinstance(found, Skipped):
            return Part(skipped=(found,))
        row = found.row(AGAINST, label)
        place = self._place(self.app.contract.event(label))
        script = self._script(AGAINST, label, "regression.latency", asked)
        findings = latency(row, self.older_words, place, script)
        return Part(
            findings=tuple(findings),
            ratios=(row,),
        )

    def again(self, label: str, asked: Asked, check: str) -> list[Finding]:
        """Return what *check* finds of *label* once more."""
        against = AGAINST if self.options.against else BASELINE
        if check == "regression.contract":
            found = self.contract(against).findings
        elif check == "regression.latency":
            self._answered[label] = asked
            found = self._paced(label).findings
        elif against == BASELINE:
            found = self._remembered(label).findings
        else:
            pair = asked_twice(self.sides, label, asked)
            found = tuple(self._told(label, against, pair)) if isinstance(pair, Pair) else ()
        return [f for f in found if (f.check, f.event) == (check, label)]

    def _script(self, against: str, label: str, check: str, asked: Asked = UNTOUCHED) -> str:
        """Return the lines to paste that hold the apps against each other once more."""
        options = self.options
        arguments = [literal(self.app.target.text), literal(label)]
        if against == AGAINST:
            arguments.append(f"against={literal(options.against)}")
        elif options.baseline is not None:
            file = os.path.relpath(options.baseline, options.folder)
            arguments.append(f"baseline={literal(file)}")
        if asked.values:
            arguments.append(f"values={literal(dict(asked.values))}")
        if asked.example is not None:
            arguments.append(f"example={asked.example}")
        arguments += [f"check={literal(check)}", *run_as(options.app_folder, self.plan)]
        media = any(map(has_media, asked.values.values()))
        return script(arguments, media=media, call="replay_against")

    # -- what runs ------------------------------------------------------------------------

    @functools.cached_property
    def reference(self) -> Reference:
        """What `--app-against` names, ready to be started."""
        options, target = self.options, self.app.target
        gradio = self.app.contract.gradio
        return resolved(options.against, target, options.folder, gradio, self._closers)

    @property
    def older_words(self) -> str:
        """How a report calls the older app."""
        return self.sides.older.words

    @property
    def sides(self) -> Sides:
        """The other app and a copy of this one, the older first; raises HarnessError in words."""
        if self._unusable is not None:
            raise Unusable(str(self._unusable))
        try:
            return self._sides
        except HarnessError as error:
            self._unusable = error
            raise

    @functools.cached_property
    def _sides(self) -> Sides:
        other, options = self.reference, self.options
        own = Reference(f"Gradio {self.app.contract.gradio}", self.app.target, options.folder)
        alike = other.python == sys.executable and not other.variables
        first, second = (own, other) if other.newer else (other, own)
        return self._run(first, second, alike=alike, other=other)

    @functools.cached_property
    def copies(self) -> Sides:
        """Two copies of the app; one has another order of texts in sets, and another day."""
        own = Reference("a copy", self.app.target, self.options.folder)
        other = replace(own, variables={"PYTHONHASHSEED": "1", "TZ": far_zone()})
        return self._run(own, other, alike=True)

    def _run(
        self, first: Reference, second: Reference, *, alike: bool, other: Reference | None = None
    ) -> Sides:
        sides = []
        for reference in (first, second):
            app = self.start(reference, alike)
            self._closers.callback(app.close)
            side = Side(
                reference.words,
                app,
                driven=self._driven,
                timeout_seconds=self.options.timeout_seconds,
                purse=self._other if reference is other else self._own,
            )
            self._closers.callback(side.wire.close)
            sides.append(side)
        return Sides(*sides)

    def _driven(self, event: Event) -> bool:
        """Whether an event of either app may be set off: the one of this label here is driven."""
        with contextlib.suppress(KeyError):
            return self.app.contract.event(event.label).index in self.plan.driven
        return False

    def _unfit(self, sides: Sides, label: str) -> str:
        """Return why *label* is not compared, "" if it is."""
        older, newer = sides.older.event(label), sides.newer.event(label)
        if older is None or newer is None or len(older.inputs) != len(newer.inputs):
            return "the two apps have no such event with as many inputs in common"
        remote = not (sides.older.app.target.loopback and sides.newer.app.target.loopback)
        if remote and not self.options.include:
            return "one of the apps runs elsewhere: name the event with --app-include to call it"
        return ""

    def _place(self, event: Event) -> str:
        return place_of(event.function, str(self.app.folder))


def _words(names: list[str], drawn: Any) -> str:
    return "\n".join(f"{names[position]} = {told(value)}" for position, value in drawn.items())


def _joined(one: Part, two: Part) -> Part:
    names = Part.__slots__
    return Part(**{name: getattr(one, name) + getattr(two, name) for name in names})
