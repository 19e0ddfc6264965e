"""Inputs made from inputs: what reached new lines of the app is kept, and changed in one place.

`Corpus` is told of every case that was tried. The cases that took a step through the author's
code that no case before had taken are kept; `guided` changes one field of them at a time: to
what the code was seen to compare it with, to what another case had there, or a little. So
conditions behind one another are passed one by one, where drawing has to pass all at once.
"""

from __future__ import annotations

import dataclasses
import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..contract import Component
from ..coverage import Arc, Compared, Coverage
from ..reproduce import Case
from .search import Key, Search

__all__ = ["Corpus", "changes", "fitted"]

#: So many values of a field are remembered, and so many texts that were compared with.
MOST_POOLED = 64
MOST_WORDS = 48
#: So often in a row nothing new is made before the search is over.
MOST_STALE = 200
SHRINKS = 40
LONGEST = 4_000


@dataclass(frozen=True, slots=True)
class Kept:
    """A case that took a new step, and what was compared on its way."""

    case: Case
    compared: tuple[Compared, ...]


class Corpus:
    """What the tried cases of one search reached, and the way on from there."""

    def __init__(self, coverage: Coverage) -> None:
        self.coverage = coverage
        self.reached: set[tuple[Arc, int]] = set()
        self.kept: list[Kept] = []
        self.pool: dict[int, list[Any]] = {}
        self.words: dict[str, None] = {}
        self.tried: set[bytes] = set()

    def take(self, case: Case) -> None:
        """Note what *case*, which was just tried, has reached."""
        taken = self.coverage.taken()
        self.tried.add(case.fingerprint)
        for identity, value in case.values.items():
            pool = self.pool.setdefault(identity, [])
            if len(pool) < MOST_POOLED and value not in pool:
                pool.append(value)
        for one in taken.compared:
            for side in (one.left, one.right):
                if isinstance(side, str) and 0 < len(side) <= 60 and len(self.words) < MOST_WORDS:
                    self.words.setdefault(side)
        if not taken.steps <= self.reached:
            self.reached |= taken.steps
            self.kept.append(Kept(case, taken.compared))

    def guided(self, search: Search) -> None:
        """Try cases made from those that are kept, as many as the budget has examples."""
        own = search.own
        # What the user's own strategies draw is all that may be sent: it is not changed.
        fields = {c.id: c for c in search.settable if own.of(search.event, c) is None}
        if not self.kept or not fields or own.whole(search.event) is not None:
            return
        dice = random.Random(search.seed)
        done = stale = 0
        while done < search.budget.examples and stale < MOST_STALE:
            case = self._changed(fields, dice)
            if case.fingerprint in self.tried or not search.allowed(case):
                stale += 1
                continue
            done, stale = done + 1, 0
            before = set(search.defects)
            found = search.try_(case)
            for key in found:
                if key not in before:
                    self._shrink(search, fields, case, key)

    def _changed(self, fields: Mapping[int, Component], dice: random.Random) -> Case:
        """Return a kept case, the latest ones before others, with one or two fields changed."""
        kept = self.kept[max(dice.randrange(len(self.kept)) for _ in range(2))]
        values = dict(kept.case.values)
        for _ in range(dice.choice((1, 1, 1, 2))):
            identity = dice.choice(sorted(fields))
            component = fields[identity]
            now = values.get(identity, component.value)
            aims = list(changes(now, kept.compared))
            draw = dice.random()
            if aims and draw < 0.55:
                new = dice.choice(aims)
            elif draw < 0.75 and self.pool.get(identity):
                new = dice.choice(self.pool[identity])
            else:
                new = _varied(now, component, list(self.words), dice)
            fit = fitted(component, new)
            if fit is not NOTHING:
                values[identity] = fit
            elif self.pool.get(identity):
                values[identity] = dice.choice(self.pool[identity])
        return dataclasses.replace(kept.case, values=values)

    def _shrink(
        self, search: Search, fields: Mapping[int, Component], case: Case, key: Key
    ) -> None:
        """Try smaller values as long as the same defect shows."""
        left = SHRINKS
        for identity in list(case.values):
            smaller = True
            while smaller and left > 0:
                smaller = False
                for value in _smaller(case.values[identity]):
                    fit = fitted(fields[identity], value) if identity in fields else NOTHING
                    less = dataclasses.replace(case, values={**case.values, identity: fit})
                    if fit is NOTHING or less.size >= case.size or left <= 0:
                        continue
                    left -= 1
                    if search.allowed(less) and key in search.try_(less):
                        case, smaller = less, True
                        break


#: What no page can send.
NOTHING = object()


def changes(now: Any, compared: Sequence[Compared]) -> Iterator[Any]:
    """Yield what to make of the value *now*, so that what was compared comes out otherwise.

    A side of the comparison that is the value, its length, a part of it or grows with it is
    taken to be made of it.

    >>> list(changes("sale", [Compared("==", "sale", "swap")]))[0]
    'swap'
    """
    for one in compared:
        sides = [(one.left, one.right), (one.right, one.left)]
        for side, aim in sides if one.how in ("==", "<") else sides[:1]:
            if one.how in ("==", "<"):
                steps = (0, 1, -1) if one.how == "<" else (0,)
                yield from _towards(now, side, aim, steps)
            else:
                yield from _containing(now, one.how, side, aim)


def _towards(now: Any, side: Any, aim: Any, steps: Sequence[int]) -> Iterator[Any]:
    if _number(side) and _number(aim):
        for step in steps:
            target = aim + step
            if _number(now):
                yield target if side == now else now + (target - side)
                if side and now and side != now:
                    yield now * target / side
            elif isinstance(now, str):
                if side == len(now) and 0 <= target <= LONGEST:
                    yield (now or "a")[:1] * target if len(now) < 2 else _long(now, int(target))
                if str(side) in now:
                    yield now.replace(str(side), str(target), 1)
                if side == len(now.split()) and 0 <= target < 500:
                    yield " ".join((now.split() or ["a"]) * int(target))[: 2 * LONGEST]
            elif isinstance(now, list) and side == len(now) and now and target < 200:
                yield (now * int(target))[: int(target)]
    elif isinstance(side, str) and isinstance(aim, str) and isinstance(now, str):
        if side and side in now:
            yield now.replace(side, aim, 1)
        elif side and side.lower() in now.lower():
            at = now.lower().find(side.lower())
            yield now[:at] + aim + now[at + len(side) :]
        yield aim
    elif aim is not None and type(aim) is type(now):
        yield aim


def _containing(now: Any, how: str, left: Any, right: Any) -> Iterator[Any]:
    if how == "in" and isinstance(right, list | dict):
        for item in list(right)[:8]:
            yield from _towards(now, left, item, (0,))
    elif how == "in" and isinstance(left, str) and isinstance(right, str):
        if isinstance(now, str):
            yield f"{now} {left}"
            yield now + left
            yield left
        if isinstance(now, str) and left in now:
            yield right
    elif how == "startswith" and isinstance(right, str) and isinstance(now, str):
        yield right + now
        if isinstance(left, str) and left and left in now:
            yield now.replace(left, right + left, 1)
    elif how == "endswith" and isinstance(right, str) and isinstance(now, str):
        yield now + right


def fitted(component: Component, value: Any) -> Any:
    """Return *value* as the page lets a visitor have it in *component*; NOTHING if it does not."""
    props = component.props
    match component.type:
        case "textbox" | "code":
            if not isinstance(value, str):
                return NOTHING
            if component.type == "textbox" and props.get("lines", 1) == 1:
                value = value.replace("\n", " ")
            return value[: props.get("max_length") or 2 * LONGEST]
        case "number" | "slider":
            return _bounded(props, value, slider=component.type == "slider")
        case "checkbox":
            return value if isinstance(value, bool) else NOTHING
        case "radio" | "dropdown" | "checkboxgroup":
            known = [c[1] if isinstance(c, list | tuple) else c for c in props.get("choices") or ()]
            many = component.type == "checkboxgroup" or props.get("multiselect")
            if many:
                picked = value if isinstance(value, list) else [value]
                most = props.get("max_choices") or len(known)
                return list(dict.fromkeys(p for p in picked if p in known))[:most]
            if props.get("allow_custom_value") and isinstance(value, str):
                return value
            return value if value in known else NOTHING
    return NOTHING


def _bounded(props: Mapping[str, Any], value: Any, *, slider: bool) -> Any:
    if not _number(value) or not math.isfinite(value) or abs(value) > 1e15:
        return NOTHING
    low, high = props.get("minimum"), props.get("maximum")
    if slider:
        low, step = low or 0, props.get("step") or 1
        value = low + round((value - low) / step) * step
        value = round(value, 10)
    elif props.get("precision") == 0:
        value = round(value)
    if low is not None:
        value = max(low, value)
    if high is not None:
        value = min(high, value)
    return int(value) if float(value).is_integer() else value


def _varied(now: Any, component: Component, words: list[str], dice: random.Random) -> Any:
    """Return *now* changed a little, in a way that suits its type."""
    choices = component.props.get("choices")
    if choices:
        picked = dice.choice(choices)
        picked = picked[1] if isinstance(picked, list | tuple) else picked
        if isinstance(now, list):
            return [p for p in now if p != picked] if picked in now else [*now, picked]
        return picked
    if component.type == "checkbox":
        return not now
    if component.type in ("number", "slider"):
        low, high = component.props.get("minimum"), component.props.get("maximum")
        base = now if _number(now) else 0
        near = [base + 1, base - 1, base * 2, base / 2, -base, 0, 1, base + 0.5, base + 10]
        return dice.choice([*near, *(v for v in (low, high) if v is not None)])
    if isinstance(now, str):
        return _reworded(now, words, dice)
    return now


def _reworded(now: str, words: list[str], dice: random.Random) -> str:
    at = dice.randint(0, len(now))
    end = min(len(now), at + dice.choice((1, 1, 2, 5, 20)))
    word = dice.choice(words) if words else "0"
    match dice.randrange(6):
        case 0:
            return now[:at] + now[end:]
        case 1:
            return now[:at] + now[at:end] * 2 + now[end:]
        case 2:
            return now[:at] + word + now[at:]
        case 3:
            return f"{now} {word}"
        case 4:
            return now[:at] + word + now[end:]
        case _:
            return now[:at] + dice.choice("a0 -_.,:;/@#1Z\n") + now[end:]


def _smaller(value: Any) -> Iterator[Any]:
    if isinstance(value, str | list) and value:
        half, whole = len(value) // 2, range(len(value))
        kept = [whole[:0], whole[:half], whole[half:]] if half else [whole[:0]]
        parts: list[Sequence[int]] = [*kept]
        if len(value) <= 24:
            parts += [[i for i in whole if i != at] for at in whole]
        for part in parts:
            items = [value[i] for i in part]
            yield "".join(items) if isinstance(value, str) else items
    elif _number(value) and value:
        yield 0
        yield int(value)
        yield int(value / 2)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _long(text: str, length: int) -> str:
    return (text * (length // len(text) + 1))[:length]
