"""Words that no text has by chance, or numbers; and where they stand in what an app shows."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence, Set
from typing import Any

__all__ = ["broken_off", "sequence", "texts_in", "units"]

LETTERS = "bcdfghjklmnprstvwxz"
WORD = re.compile(rf"q[{LETTERS}]{{5}}", re.IGNORECASE)
PART = re.compile(rf"\bq[{LETTERS}]{{0,4}}\b")
NUMBER = re.compile(r"(?<![\d.])\d{2},?\d{3}(?!\d)")
#: Between the two parts of a word that stands at the edge of a piece there is so much at most.
BETWEEN = 80


def units(count: int, seed: int, *, numbers: bool = False) -> tuple[str, ...]:
    """Return *count* units that differ, in no order that sorting would give."""
    chance = random.Random(f"{seed}/{count}/{numbers}")
    while True:
        if numbers:
            found = tuple(str(n) for n in chance.sample(range(10_000, 100_000), count))
        else:
            known: dict[str, None] = {}
            while len(known) < count:
                known["q" + "".join(chance.choices(LETTERS, k=5))] = None
            found = tuple(known)
        if count < 3 or found not in (tuple(sorted(found)), tuple(sorted(found, reverse=True))):
            return found


def sequence(texts: Sequence[str], given: Sequence[str]) -> tuple[str, ...]:
    """Return each of the *given* units as often as it stands in *texts*, in their order.

    One that only stands there cut in two, at the end of a line or of a piece, is there once.
    """
    wanted = {unit.casefold(): unit for unit in given}
    pattern = NUMBER if given and given[0].isdigit() else WORD
    text = "\n".join(texts).casefold()
    found = [(m.start(), m[0].replace(",", "")) for m in pattern.finditer(text)]
    found = [(place, one) for place, one in found if one in wanted]
    if found:
        found = sorted([*found, *_cut(text, wanted.keys() - {one for _, one in found})])
    return tuple(wanted[one] for _, one in found)


def broken_off(texts: Sequence[str], given: Sequence[str], found: Sequence[str]) -> bool:
    """Whether *texts* show the first units only, and then a part of the next one.

    Their author cuts a text at a length, which falls where it falls.
    """
    number = len(found)
    if not 0 < number < len(given) or tuple(found) != tuple(given[:number]):
        return False
    rest = "\n".join(texts).casefold().rpartition(found[-1].casefold())[2]
    part = re.match(r"\W*(\w+)", rest)
    return part is not None and given[number].casefold().startswith(part[1])


def _cut(text: str, missing: Set[str]) -> Iterator[tuple[int, str]]:
    """Yield place and name of the *missing* units that stand in *text* cut in two."""
    if not missing:
        return
    places = [place for place, letter in enumerate(text) if letter.isalnum()]
    dense = "".join(text[place] for place in places)
    starts = {one: dense.find(one) for one in missing}
    joined = {
        one: places[at]
        for one, at in starts.items()
        if at >= 0 and _ends(text, places[at + len(one) - 1])
    }
    yield from ((place, one) for one, place in joined.items())
    apart = missing - joined.keys()
    for part in PART.finditer(text) if apart else ():
        rest = text[part.end() : part.end() + BETWEEN]
        ends = [one for one in apart if one.startswith(part[0])]
        for one in ends:
            if re.search(rf"\b{one[len(part[0]) :]}\b", rest):  # a heading is between them
                apart.discard(one)
                yield part.start(), one


def _ends(text: str, place: int) -> bool:
    """Whether a unit may end at *place*: no other word goes on there."""
    after = text[place + 1 : place + 2]
    return not after.isalnum() or after == "q"


def texts_in(value: Any) -> Iterator[str]:
    """Yield every text and number below *value*, in the order in which the page has them."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, bool):
        return
    elif isinstance(value, int | float):
        yield f"{value:.10g}"
    elif isinstance(value, list | tuple):
        for item in value:
            yield from texts_in(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from texts_in(item)
