"""Text in the shape that a field waits for, and text that nearly is.

A field's label, placeholder and default, the author's examples and what the handler parses
say what is meant to stand in it: a date, a list, JSON. Such a text with a part dropped,
repeated or changed gets past the handler's first line, where a random one does not.
"""

from __future__ import annotations

import datetime as dt
import re
import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from hypothesis import strategies as st

from ..clues import NO_CLUES, Clues

__all__ = ["KINDS", "constants", "kinds_of", "like", "shaped", "weighted"]

#: Kind of text -> (what names it in a label, texts of that kind; the plain one first).
KINDS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "email": (r"e-?mail", ("ada@example.org", "Ada L. <ada.l+x@mail.example.org>")),
    "url": (
        r"\b(url|link|website|address|http)",
        ("https://example.org/a/b?c=d&e#f", "example.org", "http://127.0.0.1:7860/"),
    ),
    "date": (
        r"\b(date|day|birth\w*|deadline|when|yyyy)",
        ("2024-02-29", "31/12/1999", "29.02.2024", "Feb 29, 2024", "2024-02-29T23:59:59+02:00"),
    ),
    "time": (r"\b(time|hour|clock|hh:mm|duration)", ("12:30", "23:59:59", "24:00", "1h 30m")),
    "number": (
        r"\b(number|amount|price|count|age|sum|total|percent|weight|size|value|how many|year)",
        ("42", "3.14", "-1", "1,000.50", "1 000", "50%", "$12", "1e3", "007"),
    ),
    "list": (
        r"\b(list|items|comma|tags|keywords|names|words|labels|values|numbers|separated)",
        ("a, b, c", "1,2,3", "red;green;blue", "one\ntwo\nthree", "a,,b", "1 2 3"),
    ),
    "json": (
        r"\b(json|config|payload|schema|dict)",
        ('{"a": 1, "b": [2, null]}', "[1, 2]", "{}", "[]", "null", '"text"', "1"),
    ),
    "csv": (r"\b(csv|table|rows|columns|spreadsheet)", ("name,count\nada,1\nbob,2", "a\tb\n1\t2")),
    "python": (
        r"\b(python|code|expression|formula|equation|function|math|calculat)",
        ("1 + 2 * 3", "x**2 - 1", "1 / 0", "[1, 2]", "(1 + 2", "print('a')", "sin(x)"),
    ),
    "name": (r"\b(name|author|person|who|user)", ("Ada Lovelace", "O'Neil", "Madonna", "李小龙")),
    "phone": (r"\b(phone|mobile|tel)\b", ("+44 20 7946 0958", "(555) 010-0199", "5550100")),
    "path": (r"\b(path|file ?name|folder|directory)", ("notes.txt", "a/b.csv", "/tmp", "README")),
    "sql": (r"\b(sql|query|select)", ("SELECT * FROM users WHERE id = 1;", "SELECT 1")),
    "markup": (r"\b(html|xml|markdown|markup)", ("<p>a <b>b</b></p>", "# Title\n\n- *a*\n- b")),
    "ip": (r"\bip\b", ("192.0.2.1", "::1", "256.1.1.1")),
    "hex": (r"\b(hex|colou?r|hash)", ("#ff8800", "fff", "deadbeef")),
    "position": (r"\b(coordinates?|lat|lon|location|position)", ("51.5, -0.12", "51°30'N")),
    "prose": (
        r"\b(text|message|prompt|question|sentence|paragraph|story|review|comment|abstract)",
        (
            "The quick brown fox jumps over the lazy dog.",
            "Is this it? Yes! It is: at last.\n\nA second paragraph (short).",
        ),
    ),
}
#: What a reader in the source is called there, where its kind has another name here.
SAME = {"yaml": "json", "xml": "markup"}
#: Digits, minus and space of other scripts: `str.isdigit` takes some that `int` does not.
ELSEWHERE = str.maketrans({"0": "٠", "1": "²", "2": "２", "3": "३", "-": "\u2212", " ": "\u00a0"})

PART = re.compile(r"\d+(?:\.\d+)?|\w+|\s+|[^\w\s]", re.UNICODE)
#: Nobody's example has to be read to its end to see its shape.
LONGEST = 2_000
WORDS = ("", " ", "a", "0", "-1", ",", "\n", ".", "x y", "é", "null", "1e400")


def shaped(label: str, shown: Iterable[str], clues: Clues) -> st.SearchStrategy[str]:
    """Return text in the shape of what is *shown*, of the author's examples, of the label."""
    own = [t for t in (*shown, *clues.examples) if isinstance(t, str) and t.strip()]
    seeds = list(dict.fromkeys(text[:LONGEST] for text in own))
    kinds = kinds_of(f"{label} {clues.name}", clues)
    meant = [text for kind in kinds for text in KINDS[kind][1]]
    any_kind = [text for _, texts in KINDS.values() for text in texts[:3]]
    found = [(5, like(seeds, clues))] if seeds else []
    found += [(1, like(meant, clues))] if meant else []
    return weighted(*found, (1, like(any_kind, clues)))


def kinds_of(label: str, clues: Clues = NO_CLUES) -> tuple[str, ...]:
    """Return the kinds of text that a label speaks of, or that the source reads."""
    words = label.replace("_", " ").casefold()
    read = [SAME.get(reader, reader) for reader in clues.constants.readers]
    named = [kind for kind, (pattern, _) in KINDS.items() if re.search(pattern, words)]
    return tuple(dict.fromkeys(kind for kind in (*read, *named) if kind in KINDS))


def like(seeds: Iterable[str], clues: Clues = NO_CLUES) -> st.SearchStrategy[str]:
    """Return one of *seeds* as it is, or with up to three of its parts changed."""
    pieces = [*WORDS, *(t for t in clues.constants.texts[:12] if len(t) <= 20)]
    joints = [s for s in clues.constants.separators if s]
    edit = st.tuples(
        st.sampled_from(range(len(EDITS))),
        st.integers(0, 1000),
        st.sampled_from([*pieces, *joints]),
    )
    edits = weighted((3, edit.map(_alone)), (1, st.lists(edit, max_size=3)))

    def applied(seed: str, changes: list[tuple[int, int, str]]) -> str:
        parts = PART.findall(seed)
        for number, at, piece in changes:
            parts = EDITS[number](parts, at % max(len(parts), 1), piece)
        return "".join(parts)

    return st.builds(applied, st.sampled_from(list(seeds)), edits)


def _dropped(parts: list[str], at: int, piece: str) -> list[str]:
    return parts[:at] + parts[at + 1 :]


def _cut(parts: list[str], at: int, piece: str) -> list[str]:
    return parts[:at]


def _begun(parts: list[str], at: int, piece: str) -> list[str]:
    return parts[at:]


def _doubled(parts: list[str], at: int, piece: str) -> list[str]:
    return parts[:at] + parts[at : at + 1] * 2 + parts[at + 1 :]


def _repeated(parts: list[str], at: int, piece: str) -> list[str]:
    """The whole once more, with what stands between its parts where it does."""
    return [*parts, *(p for p in parts[at : at + 1] if not p.isalnum()), *parts]


def _added(parts: list[str], at: int, piece: str) -> list[str]:
    return [*parts[:at], piece, *parts[at:]]


def _replaced(parts: list[str], at: int, piece: str) -> list[str]:
    return [*parts[:at], piece, *parts[at + 1 :]]


def _appended(parts: list[str], at: int, piece: str) -> list[str]:
    return [*parts, piece]


def _counted(parts: list[str], at: int, piece: str) -> list[str]:
    """One of its numbers changed: a month 13, a count of 0."""
    places = [n for n, part in enumerate(parts) if part[:1].isdigit()]
    if not places:
        return _dropped(parts, at, piece)
    place = places[at % len(places)]
    known = parts[place]
    plain = known.isascii() and known.isdigit() and len(known) < 12
    near = [str(int(known) + 1), str(max(int(known) - 1, 0))] if plain else []
    others = ["0", *near, "-1", "13", "99", "", f"{known}0", known.lstrip("0") or "0", "1000000"]
    return [*parts[:place], others[at % len(others)], *parts[place + 1 :]]


def _elsewhere(parts: list[str], at: int, piece: str) -> list[str]:
    return [*parts[:at], *(p.translate(ELSEWHERE) for p in parts[at : at + 2]), *parts[at + 2 :]]


def _cased(parts: list[str], at: int, piece: str) -> list[str]:
    return [part.upper() if part != part.upper() else part.lower() for part in parts]


def _spaced(parts: list[str], at: int, piece: str) -> list[str]:
    return [" ", *parts, " "] if at % 2 else [p for p in parts if not p.isspace()]


Edit = Callable[[list[str], int, str], list[str]]
#: The telling ones several times: they are drawn as often as they stand here.
EDITS: tuple[Edit, ...] = (
    *(_dropped, _counted, _counted, _counted, _counted, _dropped),
    *(_added, _replaced, _doubled, _appended, _cut, _begun),
    *(_repeated, _cased, _spaced, _elsewhere),
)


def constants(clues: Clues) -> st.SearchStrategy[str] | None:
    """Return text with what the source compares with, splits at, and parses; None if nothing."""
    known = clues.constants
    found: list[st.SearchStrategy[str]] = []
    if known.texts:
        text = st.sampled_from(known.texts)
        other = st.sampled_from(WORDS)
        found += [st.sampled_from(known.texts[:4]).map(_same), text]
        found.append(st.builds(_woven, text, other, st.integers(0, 5)))
    if known.separators:
        joint = st.sampled_from(known.separators)
        item = st.sampled_from(["", "a", "1", "0", "x y", *known.texts[:6]])
        found.append(st.builds(lambda j, some: j.join(some), joint, st.lists(item, max_size=5)))
    if known.formats:
        moment = st.sampled_from(MOMENTS)
        found.append(st.builds(_formatted, moment, st.sampled_from(known.formats)))
    found += [drawn for drawn in map(_matching, known.patterns) if drawn is not None]
    return weighted(*((1, one) for one in found)) if found else None


MOMENTS = (dt.datetime(2024, 2, 29, 12, 30), dt.datetime(1999, 12, 31, 23, 59, 59))


def _woven(text: str, other: str, how: int) -> str:
    parts = (text + other, other + text, f"{text} {other}", text.swapcase(), text[:-1], text * 2)
    return parts[how]


def _formatted(moment: dt.datetime, pattern: str) -> str:
    try:
        return moment.strftime(pattern)
    except ValueError:
        return pattern


def _matching(pattern: str) -> st.SearchStrategy[str] | None:
    """Return text that the author's own pattern matches; None where it cannot be made."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            drawn = st.from_regex(re.compile(pattern), fullmatch=True)
            drawn.validate()
        except Exception:  # any pattern of the author's, any fault of the maker's
            return None
    return drawn.filter(lambda text: len(text) <= LONGEST)


def weighted(*several: tuple[int, st.SearchStrategy[Any]]) -> st.SearchStrategy[Any]:
    """Return one of *several*, each as often as its number says; the first is the simplest."""
    lots = [strategy for weight, strategy in several for _ in range(weight)]
    return st.sampled_from(lots).flatmap(_same) if len(lots) > 1 else lots[0]


def _same(value: Any) -> Any:
    return value


def _alone(value: Any) -> list[Any]:
    return [value]
