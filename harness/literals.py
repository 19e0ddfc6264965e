"""A value as Python source: short where it repeats itself, and safe in any terminal.

>>> literal("ab" * 2048)
"'ab' * 2048"
>>> literal([[1], [1], [1], [1], [1], [2]])
'[[1], [1], [1], [1], [1], [2]]'
"""

from __future__ import annotations

import base64
import functools
import re
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from .observation import Media

__all__ = ["literal", "told"]

#: A text up to here is written as it is.
PLAIN = 120
#: What a report has room for.
TOLD = 400


def literal(value: Any) -> str:
    """Return Python source for *value*; the bytes of a file are packed into it."""
    if isinstance(value, Media):
        return f"Media.packed({value.name!r}, {_packed(value.content)!r}, {value.mime!r})"
    if isinstance(value, list | tuple):
        return _list([literal(item) for item in value])
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{k!r}: {literal(v)}" for k, v in value.items()) + "}"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, float) and value != value:
        return "float('nan')"
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        return f"float('{value}')"
    return ascii(value)


def told(value: Any) -> str:
    """Return *value* as a report tells it: in a line, its length where it is a long one."""
    text = _told(value)
    if len(text) > TOLD:
        text = f"{text[: TOLD - 20]}… ({len(repr(value))} characters)"
    return text


def _told(value: Any) -> str:
    if isinstance(value, str) and len(value) > PLAIN:
        short = _text(value)
        if len(short) <= PLAIN:
            return f"{short}  ({len(value)} characters)"
    if isinstance(value, list | tuple) and len(value) > 8:
        items = [_told(item) for item in value]
        if "] * " in (short := _list(items)):
            return short
        return f"[{', '.join(items[:2])}, … ({len(items)} items)]"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{k!r}: {_told(v)}" for k, v in value.items()) + "}"
    return repr(value)


def _list(items: list[str]) -> str:
    if len(items) > 4 and (length := _period(items)) <= len(items) // 3:
        times = len(items) // length
        again = f"[{', '.join(items[:length])}] * {times}"
        rest = items[times * length :]
        return f"{again} + [{', '.join(rest)}]" if rest else again
    return f"[{', '.join(items)}]"


def _text(text: str) -> str:
    """Return the shortest of: the text, a part of it so many times, its numbers counted up."""
    plain = ascii(text)
    if len(text) <= PLAIN:
        return plain
    return min((plain, *_repeated(text), *_counted(text)), key=len)


def _repeated(text: str) -> list[str]:
    length = _period(text)
    times = len(text) // length
    if times < 3:
        return []
    rest = text[times * length :]
    return [f"{text[:length]!a} * {times}" + (f" + {rest!a}" if rest else "")]


def _period(text: Sequence[str]) -> int:
    """Return the length of the shortest part that, again and again, begins the whole text."""
    border = [0] * len(text)
    at = 0
    for place in range(1, len(text)):
        while at and text[place] != text[at]:
            at = border[at - 1]
        at += text[place] == text[at]
        border[place] = at
    return len(text) - border[-1]


def _counted(text: str) -> list[str]:
    """``w0 w1 w2``: the same words around numbers that count up."""
    begin, *rest = re.split(r"(\d+)", text)
    if len(rest) < 6:
        return []
    numbers, between = rest[::2], rest[1::2]
    first, joint, end = numbers[0], between[0], between[-1]
    counts = [str(number) for number in range(int(first), int(first) + len(numbers))]
    if len(first) > 9 or numbers != counts or set(between[:-1]) != {joint}:
        return []
    start = "" if counts[0] == "0" else f"{counts[0]}, "
    end_at = int(counts[0]) + len(counts)
    source = f"{joint!a}.join(map(str, range({start}{end_at})))"
    return [" + ".join(filter(None, (begin and ascii(begin), source, end and ascii(end))))]


@functools.lru_cache(maxsize=128)
def _packed(content: bytes) -> str:
    return base64.b85encode(zlib.compress(content, 9)).decode()
