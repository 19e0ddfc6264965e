"""What is a user's own: A leaves marks all over the app, and whoever else asks must not see them.

What A got back, numbers and short names of records, is what another user may guess.
"""

from __future__ import annotations

import contextlib
import dataclasses
import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ..checks import place_of
from ..checks.identity import Obtained, anothers_data
from ..contract import Component, Event
from ..drivers.wire import new_session
from ..errors import HarnessError
from ..finding import Finding, Repeats
from ..literals import literal
from ..observation import Observation
from ..reproduce import Case, enter
from ..routes import Route
from ..stopwatch import Deadline
from ..strategies.choices import allowed
from ..visitors.canaries import Mark, new_mark, received
from ..visitors.marking import marked
from ..visitors.together import Step, described, snippet
from .look import Look
from .people import Person, leaves

__all__ = ["Belongings"]

#: How authors call the field that says whose data it is.
WHOSE = re.compile(
    r"user|login|account|owner|member|customer|client|patient|employee|student|author|e-?mail",
    re.IGNORECASE,
)
#: What a record may be called by that one can guess: a number, or a few letters with one.
HANDLE = re.compile(r"(?<![\w.])(?:[A-Za-z]{1,5}[-_]?)?\d{1,6}(?![\w.])")
MOST_HANDLES = 4
#: For so many seconds an event is waited for, and this part of a look's goes into planting marks.
PATIENCE_SECONDS, PLANT_SHARE = 4.0, 0.4
#: Names of nobody, beside one made of the letters of the user's.
STRANGERS = ("zwikorlunt", "tnulrokiwz", "plogemmirv")


class Belongings:
    """What user A has in the app, and what others get of it."""

    def __init__(self, look: Look) -> None:
        self.look = look
        # Who takes longer is not waited for, and not told of as one that hangs.
        self.stage = dataclasses.replace(look.stage, timeout_seconds=PATIENCE_SECONDS, hung={})
        self.contract = look.app.contract
        self.draw = random.Random(look.stage.seed)
        self.sent: dict[Mark, tuple[Event, dict[int, Any]]] = {}
        self.handles: list[str] = []
        self._planted = False

    def plant(self) -> None:
        """Have A set every event off once, with marks wherever they fit."""
        if self._planted:
            return
        self._planted = True
        session, mine = new_session(), self.look.people.users[0].user
        deadline = Deadline(PLANT_SHARE * self.look.seconds)
        for event in self.stage.roots:
            if deadline.passed():
                break
            values = self._filled(event, mine)
            for seen in self._set_off("A", event, values, session):
                told = str(seen.outputs)
                self.handles += [h for h in HANDLE.findall(told) if h not in self.handles]

    def shown(self, text: str) -> str:
        """Return which of A's marks is in *text*, "" if none is."""
        low = text.lower()
        return next((trace for mark in self.sent if (trace := mark.trace(low))), "")

    def written(self, folder: str) -> str:
        """Return the path below *folder* of a file in which A's marks are, "" if there is none."""
        root = Path(folder)
        for path in sorted(p for p in root.rglob("*") if p.is_file())[:200] if folder else ():
            with contextlib.suppress(OSError):
                if self.shown(
                    f"{path.name} {path.read_bytes()[:100_000].decode('utf-8', 'replace')}"
                ):
                    return path.relative_to(root).as_posix()
        return ""

    # -- events ----------------------------------------------------------------------------

    def of_events(self) -> Iterator[Finding]:
        """Yield what B gets of A's by naming A, or a record of A's, in a field of an event."""
        self.plant()
        if len(self.look.people.users) < 2:
            return
        for event in self.stage.roots:
            for parameter in () if self.look.deadline.passed() else event.inputs:
                if parameter.component.type in ("textbox", "number", "dropdown", "radio"):
                    finding = self._of_field(event, parameter.component, parameter.name)
                    if finding is not None:
                        yield finding
                        break

    def _of_field(self, event: Event, field: Component, name: str) -> Finding | None:
        mine, theirs = (person.user for person in reversed(self.look.people.users))
        usual = self._set_off("B", event, self._filled(event, mine, field, mine))
        if self._seen(usual):
            return (
                None  # whoever asks gets it: what one visitor gets of another is no affair of names
            )
        named = bool(WHOSE.search(f"{name} {field.label}"))
        for value in [theirs, *self.handles[:MOST_HANDLES]]:
            given = _fitting(field, value)
            if given is None:
                continue
            values = self._filled(event, mine, field, given)
            trace = self._seen(self._set_off("B", event, values))
            if trace and self._seen(self._set_off("B", event, values)):
                what = "their name" if value == theirs else "the number of a record"
                return self._obtained(event, field, name, what, str(given), trace, values)
        if _fitting(field, theirs) is None or field.type == "number":
            return None
        if looked_up(lambda who, value: self._told(event, field, who, value), mine, theirs):
            where = self._place(event)
            seen = Obtained(
                *(event.label, "A user", name, "their name", repr(theirs)),
                *(False, named, event.label, where),
            )
            return anothers_data(seen)[0]
        return None

    def _obtained(
        self,
        event: Event,
        field: Component,
        name: str,
        what: str,
        value: str,
        trace: str,
        values: dict[int, Any],
    ) -> Finding:
        seen = Obtained(
            *(event.label, "A user", name, what, repr(value)),
            event=event.label,
            location=self._place(event),
        )
        (finding,) = anothers_data(seen)
        mark = next(m for m in self.sent if m.trace(trace.lower()))
        source, sent = self.sent[mark]
        steps = [Step("A", source, sent), Step("B", event, values)]
        return dataclasses.replace(
            finding,
            input=described(self.contract, steps),
            reproduce=snippet(
                self.look.app.target.text,
                self.contract,
                steps,
                looked_for=mark.word,
                folder=self.stage.folder,
                chosen=self.stage.plan,
            ),
            repeats=Repeats(2, 2, "FF"),
        )

    def _place(self, event: Event) -> str:
        return place_of(event.function, str(self.look.app.folder))

    def _told(self, event: Event, field: Component, who: str, value: str) -> str:
        """Return what the event answers *who* for *value*, "" where it does not."""
        given = _fitting(field, value)
        if given is None:
            return ""
        users = [person.user for person in self.look.people.users]
        seen = self._set_off("AB"[users.index(who)], event, {field.id: given})
        if not seen or seen[-1].error is not None:
            return ""
        return literal(seen[-1].outputs)

    def _filled(
        self, event: Event, user: str, field: Component | None = None, given: Any = None
    ) -> dict[int, Any]:
        """Return what a visitor fills the event's fields with: names where names are asked for."""
        values: dict[int, Any] = {}
        for parameter in event.inputs:
            component = parameter.component
            set_, value = marked(component, new_mark(self.draw), self.draw, simple=True)
            if WHOSE.search(f"{parameter.name} {component.label}"):
                named = _fitting(component, user)
                set_, value = (True, named) if named is not None else (set_, value)
            if set_:
                values[component.id] = value
        if field is not None:
            values[field.id] = given if given is not None else values.get(field.id)
        return values

    def _set_off(
        self, who: str, event: Event, values: dict[int, Any], session: str = ""
    ) -> list[Observation]:
        """Return what comes when *who* fills in *values* and sets the event off."""
        visit = self.stage.visit(session=session, driver=self.stage.regulars.driver(who))
        if who == "A":
            self._note(event, values)
        with contextlib.suppress(HarnessError):
            enter(visit, event, Case(values))
        self.stage.note(visit.seen)
        return visit.seen

    def _note(self, event: Event, values: dict[int, Any]) -> None:
        for value in values.values():
            word = value if isinstance(value, str) else ""
            if re.fullmatch(r"[a-z]{9,16}", word) and word not in STRANGERS:
                users = [person.user for person in self.look.people.users]
                if word not in users:
                    self.sent[Mark(word, 0.123456789, (1, 2, 3))] = (event, values)

    def _seen(self, observations: list[Observation]) -> str:
        for observation in observations:
            for trace in received(observation, self.sent).values():
                return str(trace)
        return ""

    # -- routes ----------------------------------------------------------------------------

    def of_routes(self, routes: list[Route]) -> Iterator[Finding]:
        """Yield what B gets of A's by naming A, or a record, in one of the author's *routes*."""
        self.plant()
        users = self.look.people.users
        if len(users) < 2:
            return
        first, second = users
        for route in routes:
            for parameter in route.parameters:
                if parameter.place not in ("path", "query") or leaves(route):
                    continue
                if seen := self._of_route(route, parameter.name, first, second):
                    yield from anothers_data(seen)
                    break

    def _of_route(self, route: Route, name: str, first: Person, second: Person) -> Obtained | None:
        def told(who: str, value: str) -> str:
            person = first if who == first.user else second
            answer = person.get(route.filled({name: value}), params=_query(route, name, value))
            return answer.text if answer.open else ""

        if self.shown(told(second.user, second.user)):
            return None
        named = bool(WHOSE.search(name))
        for value in [first.user, *self.handles[:MOST_HANDLES], "1", "2"]:
            if self.shown(told(second.user, value)):
                what = "their name" if value == first.user else "the number of a record"
                return Obtained(
                    *(route.label, "A user", name, what, repr(value)), location=route.location
                )
        if looked_up(told, second.user, first.user):
            return Obtained(
                *(route.label, "A user", name, "their name", repr(first.user)),
                *(False, named, "", route.location),
            )
        return None


def looked_up(told: Callable[[str, str], str], mine: str, theirs: str) -> bool:
    """Whether what is *told* to a user for a name is looked up by that name, whoever asks.

    It is the same for whoever asks, other for each user, and the same for all names that are
    nobody's, whatever their letters: no function of the text alone.
    """
    got = told(mine, theirs)
    if not got or got != told(mine, theirs) or got != told(theirs, theirs):
        return False
    own, other = _without(told(mine, mine), mine), _without(got, theirs)
    letters = theirs[::-1] if theirs[::-1] != theirs else f"{theirs}{theirs[:1]}"
    names = [letters, *(name[: len(theirs)] for name in STRANGERS), theirs[:1] + STRANGERS[0]]
    nobody = {_without(told(mine, name), name) for name in names}
    return len(nobody) == 1 and len({own, other, *nobody}) == 3


def _without(text: str, name: str) -> str:
    return re.sub(re.escape(name), "…", text, flags=re.IGNORECASE)


def _query(route: Route, name: str, value: str) -> dict[str, str]:
    return {p.name: value for p in route.parameters if p.place == "query" and p.name == name}


def _fitting(field: Component, value: str) -> Any:
    """Return *value* as the field takes it, None if it does not."""
    if not field.editable:
        return None
    if field.type == "number":
        return int(value) if value.isdigit() else None
    if field.type in ("dropdown", "radio") and not field.props.get("allow_custom_value"):
        return value if value in allowed(field) else None
    longest = field.props.get("max_length")
    return value if not isinstance(longest, int) or len(value) <= longest else None
