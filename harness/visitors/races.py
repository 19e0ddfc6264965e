"""The same event from several visitors at once, held against one after another.

What each visitor gets must be what that visitor would get in some order of them. Where answers
depend on nothing but what is sent, which is tried first, any order will do; else each order is
played in a copy of the process as it stands just before they meet. So it is with two events that
may run at the same time. The calls are held back until all are there, and begin together.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
import random
import re
import time
from collections.abc import Iterator, Sequence
from typing import Any

from ..checks.sessions import Raced
from ..checks.sessions import race as judged
from ..contract import Event
from ..errors import HarnessError
from ..finding import Finding, Repeats
from ..observation import Observation
from ..run import Part
from ..stopwatch import Deadline, Stopwatch
from ..visit import at
from .canaries import new_mark
from .deadlock import deadlock, leave, met
from .interference import answer
from .marking import marked
from .moment import at_this_moment
from .performance import Move, Performance, loads, overlapping, settable
from .stage import NoCopy, Spent, Stage, skipped
from .together import Step, described, snippet

__all__ = ["Hung", "Meeting", "race"]

#: How many visitors there are, how many others look on afterwards, and how often they meet.
VISITORS = 3
ONLOOKERS = 3
MEETINGS = {"quick": 2, "standard": 4, "deep": 12}
#: So many meetings make a finding sure, and so many are held for one that comes and goes.
SURE = 3
MOST = 8
#: So often more visitors have to get the same in turn, before it is told that they did not at the
#: same time: a coin falls alike a few times in a row, too.
SAME = 16
#: So many copies of one moment have to come to the same, before it is held against a meeting.
ALIKE = 5
#: So many times as long as those took, at least, visitors may go on to meet.
SLOWER = 6
#: What a finding may take more, in seconds.
SURE_SECONDS = 15.0
#: How a call may end that says nothing about the others.
UNSURE = ("refused", "timeout", "transport", "left")

#: A number that may be seconds, though nothing beside it says so: it grows where many work at once.
SMALL = re.compile(r"(?:(?<=\\n)|(?<![\w.]))-?\d\.\d{1,3}(?!\.?\d|\w)")
#: What all visitors got, those who looked on afterwards included.
Outcome = tuple[str, ...]


class Hung(HarnessError):
    """A call did not come to an end; *moves* are what was done at the same time, if anything."""

    def __init__(self, events: Sequence[Event], moves: Sequence[Move]) -> None:
        self.moves = moves
        labels = " and ".join(sorted({event.label for event in events}))
        when = "at the same time" if moves else "one after another"
        super().__init__(f"race: no answer came to visitors who set off {labels} {when}")


def race(stage: Stage, event: Event) -> Part:
    """Return where visitors at the same time get what no order of theirs would give."""
    if loads(event):
        return Part()
    spent = stage.once("races", lambda: [0.0])  # by all events together, in seconds
    why = ""
    for number, events in enumerate(meetings(stage, event)):
        if stage.avoided & {one.label for one in events}:
            break
        if spent[0] > stage.seconds * (_share(stage, event) if number else len(stage.roots)):
            late = " together with each other event" if number else " at the same time"
            why = why or f"race: time ran out before visitors had set it off{late}"
            break
        watch = Stopwatch()
        try:
            finding = Meeting(stage, events).run()
        except Hung as error:
            leave(stage, {one.label for one in events})
            finding, why = deadlock(stage, error.moves) if error.moves else None, str(error)
        except (NoCopy, Spent) as error:
            finding, why = None, f"race: {error}"
        if finding is not None:
            return Part(findings=(finding,))
        spent[0] += watch.seconds
    return skipped(event, why) if why else Part()


def _told(move: Move, seen: Sequence[Observation]) -> Sequence[Observation]:
    """Return what came of *move*, without what the page showed its visitor as it opened."""
    own = [n for n, o in enumerate(seen) if move.event and o.call.index == move.event.index]
    return seen[own[-1] :] if own else seen


def _share(stage: Stage, event: Event) -> float:
    """Return what the events up to *event* may spend, of as many parts as there are events.

    As many meetings as there are of each: else the first, which meets all others, takes it all.
    """
    roots = [root for root in stage.roots if not loads(root)]
    counts = [sum(1 for _ in meetings(stage, root)) for root in roots]
    done = sum(counts[: roots.index(event) + 1]) if event in roots else sum(counts)
    return len(stage.roots) * done / max(sum(counts), 1)


def meetings(stage: Stage, event: Event) -> Iterator[tuple[Event, ...]]:
    """Yield the events that visitors may come to at once: a step of one chain, or two events."""
    contract = stage.app.contract
    for member in filter(stage.driven, contract.chain(event)):
        if at_most(member) > 1:
            # To a step of a chain each has a way to go, once for every order of them: two will do.
            number = VISITORS if member is event else 2
            number = number if stage.alike else min(number, stage.users or number)
            yield (member,) * min(number, at_most(member))
    place = stage.roots.index(event) if event in stage.roots else 0
    for other in stage.roots[place + 1 :]:
        if not loads(other) and overlapping(contract, event, other):
            yield event, other


def at_most(event: Event) -> int:
    """Return how many calls of *event* may run at the same time, as far as that matters here."""
    if not event.queue:
        return VISITORS
    if event.function is None:
        return 1
    limit = event.function.concurrency_limit
    return VISITORS if limit is None else limit


class Meeting:
    """Visitors who set *events* off, each one of them, at the same time or in turn.

    What follows these events is left out: it shows what all have done by then, in an order that
    no one of them sees to. Where an event is a step of a chain, each has been through it before.
    """

    def __init__(self, stage: Stage, events: Sequence[Event]) -> None:
        self.stage, self.events = stage, events
        self.draw = random.Random(f"{stage.seed}-{events[0].label}")
        self.deadline = Deadline(min(stage.seconds, 1.0))
        roots = [stage.app.contract.root(event) for event in events]
        whole = [self._move(name, root) for name, root in zip("ABCDEF", roots, strict=False)]
        if len({root.label for root in roots}) == 1:
            first, second, *rest = whole
            whole = [first, self._mirrored(first, second), *rest]
        self.before = [m for m, event in zip(whole, events, strict=False) if m.event is not event]
        self.own = [
            dataclasses.replace(m, event=event, values=self._needed(m, event), alone=True)
            for m, event in zip(whole, events, strict=False)
        ]
        others = [e for e in stage.roots if e not in roots and e.queue and not loads(e)]
        others.sort(key=lambda event: len(event.inputs))  # who only looks on, first
        self.others = [self._move("Z", event) for event in others[:ONLOOKERS]]
        self.took = 0.0

    def run(self) -> Finding | None:
        """Return what went wrong; None if nothing did, or nothing can be said.

        Raises Hung, NoCopy or Spent where it could not be seen.
        """
        orders = [list(range(len(self.own))), list(reversed(range(len(self.own))))]
        one, other = (self._in_turn(order) for order in orders)
        if self._refused(one) or self._refused(other):
            return None
        again = self._in_turn(orders[0])
        if self._own(one) == self._own(other) == self._own(again):
            finding = self._held_against(one, orders)
            if finding is not None or one == other == again:
                return finding
        self._at_once()  # whatever they get, they do not wait for each other
        if self.stage.alike:
            raise NoCopy(self.stage.alike)
        return self._from_here()

    def _from_here(self) -> Finding | None:
        """Hold meetings, each against every order as it would come from that moment on.

        The orders are played in copies of this process, then the meeting in the app itself.
        """
        self._introduce()
        first = list(range(len(self.own)))
        begun = time.monotonic()
        several = [self._would_be(first) for _ in range(ALIKE)]
        # A meeting takes seven copies: on a slow machine a few of them are to fit, too.
        least = SLOWER * (time.monotonic() - begun)
        self.deadline.put_off(max(least - self.deadline.left, 0.0))
        if any(self._refused(one) or self._own(one) != self._own(several[0]) for one in several):
            return None  # it does not repeat itself even so
        looked_on = zip(*(one[len(self.own) :] for one in several), strict=True)
        # Who only looks on need not repeat itself: then it is no witness.
        self.others = [m for m, got in zip(self.others, looked_on, strict=True) if len({*got}) == 1]
        history = ""
        wrong: Outcome = ()
        right: Outcome = ()
        while len(history) < MEETINGS[self.stage.profile] or (wrong and len(history) < MOST):
            if history and self.deadline.passed(late=SURE_SECONDS if wrong else 0.0):
                break
            orders = list(map(list, itertools.permutations(range(len(self.own)))))
            known = [self._would_be(order) for order in [*orders, orders[0]]]
            if known[0] != known[-1] or any(map(self._refused, known)):
                return None  # it does not repeat itself even so
            met = self._at_once()
            failed = not self._among(met, known) and not self._refused(met)
            if failed:
                wrong, right = met, known[0]
            history += "F" if failed else "."
            if history.count("F") == SURE:
                break
        if history.count("F") < 2:
            return None
        sure = {self._own(self._would_be(first)) for _ in range(SAME)}
        if len(sure) > 1:
            return None
        return self._finding(wrong, right, Repeats(history.count("F"), len(history), history))

    def _among(self, met: Outcome, known: Sequence[Outcome]) -> bool:
        """Whether some order gives that; visitors who sent the same may have changed places."""
        if met in known:
            return True
        first, *rest = self.own
        if any((move.event, move.values) != (first.event, first.values) for move in rest):
            return False
        number = len(self.own)
        return any(
            sorted(met[:number]) == sorted(one[:number]) and met[number:] == one[number:]
            for one in known
        )

    def _introduce(self) -> None:
        """Have the drivers past the queue know the visitors: one call of each over the wire."""
        if self.stage.direct is None:
            return
        for name in {move.visitor for move in [*self.own, *self.others]}:
            direct = self.stage.regulars.direct(name)
            if not direct.ready:
                visit = self.stage.visit(driver=direct)
                visit.fire(at(visit, self.stage.app.contract.root(self.events[0])))
                self.stage.note(visit.seen)

    def _would_be(self, order: Sequence[int]) -> Outcome:
        """Return what would come of the visitors one after another. Raises NoCopy."""
        moves = [self.own[place] for place in order]
        contract = self.stage.app.contract
        all_moves = [*self.before, *moves, *self.others]
        labels = {e.label for m in all_moves if m.event for e in contract.chain(m.event)}
        return tuple(at_this_moment(self.stage, lambda copy: self._on(copy, moves), labels))

    def _held_against(self, right: Outcome, orders: Sequence[Sequence[int]]) -> Finding | None:
        """Let the visitors meet; return what is wrong where they get anything but *right*."""
        history = ""
        wrong: Outcome = ()
        while len(history) < MEETINGS[self.stage.profile] or (wrong and len(history) < MOST):
            if history and self.deadline.passed(late=SURE_SECONDS if wrong else 0.0):
                break
            met = self._at_once()
            failed = self._own(met) != self._own(right) and not self._refused(met)
            wrong = met if failed else wrong
            history += "F" if failed else "."
            if history.count("F") == SURE:
                break
        if history.count("F") < 2:
            return None  # once is no evidence against an app that may just not repeat itself
        times = max(2 * len(history), SAME)
        for order in itertools.islice(itertools.cycle(orders), times):
            if self._own(self._in_turn(order)) != self._own(right):
                return None
        return self._finding(wrong, right, Repeats(history.count("F"), len(history), history))

    def _own(self, outcome: Outcome) -> Outcome:
        """Return what the visitors got who met, without those who looked on afterwards."""
        return outcome[: len(self.own)]

    # -- playing -----------------------------------------------------------------------

    def _move(self, who: str, event: Event) -> Move:
        values = {}
        for component in settable(self.stage, self.stage.app.contract, event):
            mark = new_mark(self.draw)
            fits, value = marked(component, mark, self.draw, simple=True, namesake="upload")
            if fits:
                values[component.id] = value
        values |= self.stage.owned(event, self.draw)
        return Move(who, event, values=values)

    def _mirrored(self, first: Move, second: Move) -> Move:
        """Return *second* with the choices of *first* in another order, where it takes them so.

        From here to there, and from there to here: locks are taken in two orders so.
        """
        assert first.event is not None
        alike: dict[str, list[int]] = {}
        for component in settable(self.stage, self.stage.app.contract, first.event):
            if component.id in (first.values or {}) and component.props.get("choices"):
                alike.setdefault(repr(component.props["choices"]), []).append(component.id)
        values = dict(second.values or {})
        for ids in alike.values():
            known = [(first.values or {})[identity] for identity in ids]
            if len(ids) > 1 and len(set(map(repr, known))) > 1:
                values |= dict(zip(ids, reversed(known), strict=True))
        return dataclasses.replace(second, values=values)

    def _needed(self, move: Move, event: Event) -> dict[int, Any]:
        """Return what of the values of *move* the step *event* of its chain reads."""
        reads = {parameter.component.id for parameter in event.inputs}
        return {key: value for key, value in (move.values or {}).items() if key in reads}

    def _in_turn(self, order: Sequence[int]) -> Outcome:
        return self._on(self.stage, [self.own[place] for place in order])

    def _at_once(self) -> Outcome:
        first, *rest = self.own
        return self._on(
            self.stage, [first, *(dataclasses.replace(move, beside=0.0) for move in rest)]
        )

    def _on(self, stage: Stage, moves: Sequence[Move]) -> Outcome:
        together = any(move.beside is not None for move in moves)
        script = [*self.before, *moves, *self.others]
        if together:
            play = met(stage, script, self.draw, self.took)
        else:
            play = Performance(stage, self.draw, guests=stage.regulars).play(script)
            self.took = max(self.took, *play.took.values(), 0.0)
        if play.unanswered:
            raise Hung(self.events, [*self.before, *moves] if together else ())
        got: dict[str, str] = {}
        for number, move in enumerate(script):
            seen = play.seen.get(number, [])
            if number < len(self.before):
                if any(o.error is not None for o in seen):
                    return ()  # nobody came as far as that
                continue
            if number in play.refused:
                raise Spent(play.refused[number])
            if any(o.error and o.error.kind in UNSURE for o in seen):
                return ()
            got[f"{move.visitor}{number if move.visitor == 'Z' else ''}"] = "\n".join(
                SMALL.sub("0", answer(observation, stage.driver))
                for observation in _told(move, seen)
            )
        return tuple(got[name] for name in sorted(got))

    def _refused(self, outcome: Outcome) -> bool:
        """Whether the author said no to somebody, or nothing can be said: no race is in that."""
        texts = "\n".join(self._own(outcome)).split("\n")
        said = [json.loads(line)[0] for line in texts if line]
        return not outcome or any(error[:1] == ["author"] for error in said)

    # -- telling -----------------------------------------------------------------------

    def _finding(self, wrong: Outcome, right: Outcome, repeats: Repeats) -> Finding:
        stage, contract = self.stage, self.stage.app.contract
        together = [self.own[0], *(dataclasses.replace(m, beside=0.0) for m in self.own[1:])]
        names = [move.visitor for move in self.own]
        names += [f"then {move.event.label}" for move in self.others if move.event]
        differ = [n for n, a, b in zip(names, wrong, right, strict=False) if a != b]
        needed = any(name.startswith("then") for name in differ)
        steps = [
            Step(move.visitor, move.event, move.values or {}, move.beside)
            for move in [*self.before, *together, *(self.others if needed else ())]
        ]
        (finding,) = judged(
            Raced(
                self.events[0],
                tuple(dict.fromkeys(event.label for event in self.events[1:])),
                tuple(zip(names, wrong, right, strict=False)),
                str(stage.app.folder),
            )
        )
        return dataclasses.replace(
            finding,
            input=described(contract, steps),
            reproduce=snippet(
                stage.app.target.text,
                contract,
                steps,
                in_turn=True,
                folder=stage.folder,
                chosen=stage.plan,
            ),
            repeats=repeats,
        )
