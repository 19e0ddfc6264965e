"""What can be long in a field: values of any size, as far as the page lets a visitor go."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from ..clues import Clues
from ..contract import Component
from ..observation import Media
from . import media, tables
from .choices import allowed
from .numbers import bounds
from .shapes import kinds_of
from .text import keeps

__all__ = ["Growth", "growths"]

#: So many rungs above what is drawn anyway say enough of one constant in the source.
MOST_TOLD = 4
#: So many of the words that the source knows are each repeated so often.
MOST_WORDS = 8
REPEATED = 512
WORD = re.compile(r"[^\W\d_]{2,20}")


@dataclass(frozen=True, slots=True)
class Growth:
    """One way in which a field's value gets larger: *value* of a size, up to *most*.

    *sizes* are tried beside the doubled ones: those that the source speaks of. A value of size n
    has n to the power of *dimensions* parts: a picture of n pixels a side has their square. Parts
    of a text have *joint* between them, "" where they are all the same.
    """

    what: str
    value: Callable[[int], Any]
    first: int
    most: int
    factor: int = 2
    sizes: tuple[int, ...] = ()
    dimensions: int = 1
    joint: str = ""

    def rungs(self) -> tuple[int, ...]:
        """Return the sizes to try, the smallest first."""
        found = set()
        size = self.first
        while size <= min(self.most, 10**16):
            found.add(size)
            size *= self.factor
        return tuple(sorted(found | {n for n in self.sizes if 0 < n <= self.most}))


def growths(component: Component, clues: Clues, *, scale: int = 1) -> tuple[Growth, ...]:
    """Return how *component* can be filled with more and more; *scale* multiplies the bounds."""
    maker = MAKERS.get(component.type)
    return tuple(maker(component, clues, scale)) if maker else ()


def _told(clues: Clues) -> tuple[int, ...]:
    """Return the lengths that the source may mean: each, and one more."""
    whole = [n for n in clues.constants.numbers if isinstance(n, int) and 16 <= n <= 100_000]
    return tuple(m for n in dict.fromkeys(whole[:MOST_TOLD]) for m in (n, n + 1))


def _text(component: Component, clues: Clues, scale: int) -> Iterator[Growth]:
    if component.props.get("type") in ("password", "email"):
        return
    kept = keeps(component)
    longest = component.props.get("max_length")
    room = longest if isinstance(longest, int) else 16_384 * scale
    yield from _written(component, clues, kept, room)


def _written(
    component: Component, clues: Clues, kept: Callable[[str], str], room: int
) -> Iterator[Growth]:
    """Letters, words, lines, items, and the author's own example again and again."""
    sizes = _told(clues)

    def growth(what: str, make: Callable[[int], str], width: int, joint: str = "") -> Growth:
        most = max(room // width, 1)
        return Growth(what, lambda n: kept(make(n)), min(64, most), most, sizes=sizes, joint=joint)

    def repeated(word: str) -> Growth:
        most = min(room // (len(word) + 1), REPEATED)
        return Growth(f"{word!r}", lambda n: kept(" ".join([word] * n)), most, most)

    yield growth("characters", lambda n: "a" * n, 1)
    yield growth("words", lambda n: " ".join(f"w{i}" for i in range(n)), 6, " ")
    if "\n" in kept("a\nb"):
        yield growth("lines", lambda n: "\n".join(f"line {i}" for i in range(n)), 10, "\n")
    label = f"{component.props.get('label') or ''} {component.props.get('placeholder') or ''}"
    meant = kinds_of(f"{label} {clues.name}", clues)
    joints = [s for s in clues.constants.separators if s not in (" ", "\n")]
    joints += [","] if {"list", "csv", "number"} & {*meant} else []
    for joint in dict.fromkeys(joints):
        yield growth(f"items with {joint!r}", _joined(joint), 5 + len(joint), joint)
    shown = [component.value, *clues.examples, component.props.get("placeholder")]
    own = next((t for t in shown if isinstance(t, str) and t.strip() and len(t) <= 500), None)
    if own is not None:
        joint = "\n" if "\n" in kept("a\nb") else " "
        yield growth("the author's text", lambda n: joint.join([own] * n), len(own) + 1)
    known = [text for text in clues.constants.texts if WORD.fullmatch(text) and len(text) < room]
    yield from (repeated(word) for word in known[:MOST_WORDS])


def _joined(joint: str) -> Callable[[int], str]:
    return lambda n: joint.join(str(i) for i in range(n))


def _message(component: Component, clues: Clues, scale: int) -> Iterator[Growth]:
    for growth in _written(component, clues, str, 16_384 * scale):
        yield Growth(
            growth.what,
            _in_message(growth.value),
            growth.first,
            growth.most,
            sizes=growth.sizes,
        )


def _in_message(value: Callable[[int], Any]) -> Callable[[int], Any]:
    return lambda n: {"text": value(n), "files": []}


def _table(component: Component, clues: Clues, scale: int) -> Iterator[Growth]:
    if not tables.rows(component)[1]:
        sizes = tuple(n for n in _told(clues) if n <= 256 * scale)
        yield Growth("rows", tables.of_rows(component), 8, 256 * scale, sizes=sizes)


def _picture(component: Component, clues: Clues, scale: int) -> Iterator[Growth]:
    if media.sources(component) & {"upload", "clipboard"}:
        yield Growth("pixels", lambda n: media.photo(n, n), 256, 512 * scale, dimensions=2)


def _sound(component: Component, clues: Clues, scale: int) -> Iterator[Growth]:
    if "upload" in media.sources(component):
        yield Growth("seconds", lambda n: media.sound(8000, 1, 8000 * n), 2, 8 * scale)


def _files(component: Component, clues: Clues, scale: int) -> Iterator[Growth]:
    known = media.files(component.props.get("file_types"))
    if known and component.props.get("file_count") in ("multiple", "directory"):
        one = known[0]

        def several(n: int) -> list[Media]:
            return [Media(f"{i}-{one.name}", one.content, one.mime) for i in range(n)]

        yield Growth("files", several, 4, 16 * scale)


def _gallery(component: Component, clues: Clues, scale: int) -> Iterator[Growth]:
    def several(n: int) -> list[dict[str, Any]]:
        spec = media.PICTURES[0]
        return [{"image": media.picture(*spec), "caption": None} for _ in range(n)]

    yield Growth("pictures", several, 4, 16 * scale)


def _picked(component: Component, clues: Clues, scale: int) -> Iterator[Growth]:
    """Several choices: all of them, and the visitor's own where they are taken."""
    known = allowed(component)
    props = component.props
    several = component.type == "checkboxgroup" or props.get("multiselect")
    most = len(known) + (64 * scale if props.get("allow_custom_value") else 0)
    most = min(most, props.get("max_choices") or most)
    if several and most > 6:
        own = [f"own {n}" for n in range(most - len(known))]
        yield Growth("choices", lambda n: [*known, *own][:n], 8, most, sizes=(len(known), most))


def _number(component: Component, clues: Clues, scale: int) -> Iterator[Growth]:
    low, high = bounds(component)
    if high is None:
        first = max(1000, math.ceil(low or 0))
        yield Growth("the number", _double, first, 10**16, 10)
    if low is None:
        most = 10**16 if high is None or high > -1000 else 0
        yield Growth("minus the number", lambda n: -_double(n), 1000, most, 10)


def _double(n: int) -> int | float:
    """Return the number as JavaScript writes it: from 1e21 on with an exponent."""
    return int(float(n)) if n < 10**21 else float(n)


Maker = Callable[[Component, Clues, int], Iterator[Growth]]
MAKERS: dict[str, Maker] = {
    "textbox": _text,
    "code": _text,
    "multimodaltextbox": _message,
    "dataframe": _table,
    "image": _picture,
    "audio": _sound,
    "file": _files,
    "uploadbutton": _files,
    "gallery": _gallery,
    "checkboxgroup": _picked,
    "dropdown": _picked,
    "number": _number,
}
