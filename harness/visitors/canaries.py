"""Values that can be told wherever they surface: each visitor sends some of their own.

A `Mark` is a made-up word, a number, a colour and a sound that nobody else has. The word is looked
for without regard to case, backwards, and cut, because that is what apps do to text; and a text
has it as a name, in capitals and as an address, because apps may keep nothing but these.
"""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import random
import re
import zipfile
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..observation import Media, Observation

__all__ = [
    "STEM",
    "Mark",
    "Trace",
    "carried",
    "in_file",
    "linked_paths",
    "new_mark",
    "received",
    "served_paths",
]

#: What of a mark was seen: a word, the digits of a number, a colour.
Trace = str | tuple[int, int, int]
#: Syllables that no language puts one after another like this.
STARTS = (
    *("brov", "drim", "flun", "glok", "kvas", "plig", "skuv", "truz", "vrem", "zwik"),
    *("blov", "dwes", "grib", "knov", "mrel", "prux", "snef", "tvar", "vlod", "zlem"),
)
MIDDLES = (
    *("ad", "em", "ib", "og", "uf", "az", "ev", "ik", "om", "up"),
    *("ar", "el", "in", "os", "un", "ak", "ed", "ig", "ot", "ur"),
)
ENDS = ("dolp", "garn", "kesh", "lunt", "mirv", "norg", "pask", "resk", "tovl", "wunk")
#: So many letters tell one word from others, unless by chance.
STEM = 8
#: So much of one text is looked through.
LONGEST = 400_000
#: Words that are drawn until one is new; there are 8000 stems.
TRIES = 100
#: A number with so many digits is nobody else's, unless by chance.
RARE_DIGITS = 5
#: A colour counts as seen where this share of a picture has it.
SHARE = 0.1
LINK = re.compile(r"/file=([^\s\"'<>()\\]+)")


@dataclass(frozen=True, slots=True)
class Mark:
    """What one visitor put into one field once."""

    word: str
    number: float
    colour: tuple[int, int, int]

    @property
    def sound(self) -> bytes:
        """A thousandth of a second of sound: 16 samples of 16 bits, 16,000 a second."""
        return hashlib.sha256(self.word.encode()).digest()

    def sent_as(self, value: Any) -> Mark:
        """Return the mark with the number that *value* is, where few others are like it."""
        number = isinstance(value, int | float) and not isinstance(value, bool)
        digits = re.sub(r"\D", "", f"{value}").strip("0") if number else ""
        return dataclasses.replace(self, number=value) if len(digits) >= RARE_DIGITS else self

    def trace(self, text: str) -> str:
        """Return what of it is in *text*, which is in lower case; "" if nothing is."""
        for known in (self.word, self.word[::-1]):
            if known in text:
                return known
        for number in dict.fromkeys((f"{self.number}", f"{self.number:,}")):
            whole = rf"(?<![\d.]){re.escape(number)}(?:\.0+)?(?!\.?\d)"
            if number in text and re.search(whole, text):
                return number
        stem = self.word[:STEM]
        return stem if len(stem) == STEM and stem in text else ""


def new_mark(draw: random.Random, stems: Container[str] = ()) -> Mark:
    """Return a mark whose word does not begin with one of *stems*, as long as there are others."""
    for _ in range(TRIES):
        word = "".join(draw.choice(part) for part in (STARTS, MIDDLES, MIDDLES, ENDS))
        if word[:STEM] not in stems:
            break
    number = draw.randrange(20, 90) + draw.randrange(10001, 99999, 2) / 100_000
    colour = (draw.randrange(24, 232), draw.randrange(24, 232), draw.randrange(24, 232))
    return Mark(word, round(number, 5), colour)


def carried(mark: Mark, value: Any) -> bool:
    """Whether *value*, as a visitor sends it, has *mark* in it."""
    if isinstance(value, Media):
        return bool(in_file(value.name, value.content, (mark,)))
    if isinstance(value, Mapping):
        return any(carried(mark, item) for item in value.values())
    if isinstance(value, list | tuple):
        return any(carried(mark, item) for item in value)
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return (number or isinstance(value, str)) and mark.trace(str(value).lower()) != ""


def received(observation: Observation, marks: Iterable[Mark]) -> dict[Mark, Trace]:
    """Return which of *marks* are in what the app sent: outputs, updates, messages, errors."""
    text = json.dumps([m.data for m in observation.messages], ensure_ascii=False, default=str)
    return _in_text(text[:LONGEST], marks)


def in_file(name: str, content: bytes, marks: Iterable[Mark]) -> dict[Mark, Trace]:
    """Return which of *marks* are in a file: in its name, its text, its members, its colours."""
    marks = tuple(marks)
    found = _in_text(f"{name}\n{content[:LONGEST].decode('utf-8', 'replace')}", marks)
    found |= {mark: mark.word for mark in marks if mark.sound in content}
    if content[:2] == b"PK":
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                for member in archive.infolist()[:50]:
                    with archive.open(member) as file:
                        text = file.read(LONGEST).decode("utf-8", "replace")
                    found |= _in_text(f"{member.filename}\n{text}", marks)
        except (zipfile.BadZipFile, RuntimeError, OSError, NotImplementedError):
            pass  # nobody else could read on in it either; what was seen so far counts
    elif content[:4] in (b"\x89PNG", b"RIFF", b"GIF8") or content[:2] == b"\xff\xd8":
        found |= _in_picture(content, marks)
    return found


def _in_text(text: str, marks: Iterable[Mark]) -> dict[Mark, Trace]:
    text = text.lower()
    return {mark: trace for mark in marks if (trace := mark.trace(text))}


def _in_picture(content: bytes, marks: Iterable[Mark]) -> dict[Mark, Trace]:
    from PIL import Image

    try:
        with Image.open(io.BytesIO(content)) as image:
            small = image.convert("RGB").resize((24, 24), Image.Resampling.NEAREST)
    except Exception:  # not a picture, or one that Pillow cannot read: nothing to be seen
        return {}
    pixels = [small.getpixel((x, y)) for x in range(24) for y in range(24)]
    return {
        mark: mark.colour
        for mark in marks
        if sum(_close(pixel, mark.colour) for pixel in pixels) > SHARE * len(pixels)
    }


def _close(pixel: Any, colour: tuple[int, int, int]) -> bool:
    return all(abs(a - b) <= 3 for a, b in zip(pixel, colour, strict=True))


def served_paths(value: Any) -> Iterator[tuple[str, str]]:
    """Yield path and name of every file in *value*, as the page asks for them."""
    if isinstance(value, Mapping):
        path = value.get("path")
        if isinstance(path, str) and "url" in value and path:
            yield path, str(value.get("orig_name") or path.rpartition("/")[2])
        else:
            for item in value.values():
                yield from served_paths(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from served_paths(item)


def linked_paths(value: Any) -> Iterator[str]:
    """Yield every file of the app that a text in *value* links to: ``<img src="/file=…">``."""
    for found in LINK.findall(json.dumps(value, ensure_ascii=False, default=str)):
        yield str(found)
