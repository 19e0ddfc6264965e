"""Pairs of a name and a password that a login must refuse, each with why.

They are made of pairs that it admits, of made-up words, and of what stands in the author's source.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

from ..app import Credentials

__all__ = ["MADE_UP", "PASSWORD", "Attempt", "attempts", "backdoors", "pairs", "respelled"]

#: A name and a password that are nobody's.
MADE_UP, PASSWORD = "zwikorlunt", "plogemmirv"
#: So many pairs and texts of the source are tried.
MOST_PAIRS, MOST_TEXTS = 12, 24
#: What ends a quoted text in SQL and makes its condition true.
INJECTIONS = ("' OR '1'='1", "' OR 1=1 --", '" OR ""="', "') OR ('1'='1", "%")


@dataclass(frozen=True, slots=True)
class Attempt:
    """One pair, and the *kind* of mistake in a login that would admit it."""

    kind: str
    user: str
    password: str = field(repr=False)
    words: str = ""


def attempts(known: Iterable[Credentials]) -> Iterator[Attempt]:
    """Yield what must be refused, the plainest first; *known* pairs are admitted."""
    known = tuple(known)
    yield Attempt("anybody", MADE_UP, PASSWORD, "a made-up name and a made-up password")
    yield Attempt("same", MADE_UP, MADE_UP, "a made-up name, and the same as password")
    for injected in INJECTIONS:
        yield Attempt("injection", injected, PASSWORD, f"the name {injected}")
        yield Attempt("injection", injected, injected, f"{injected} as name and password")
    for who in known:
        yield from _of_password(who, [o.password for o in known if o.user != who.user])
    for who in known:
        yield from _of_name(who, [other.user for other in known])


def _of_password(who: Credentials, others: list[str]) -> Iterator[Attempt]:
    """Yield *who* with passwords that are not theirs."""
    own = who.password
    made: list[tuple[str, str, str]] = [
        ("password", PASSWORD, "a made-up password"),
        ("password", "x" * 5_000, "a password of 5000 letters"),
        ("password", "пароль-密码", "a password that is not in ASCII"),
        ("empty", "", "an empty password"),
        ("empty", " ", "a blank for a password"),
        ("case", own.swapcase(), "the password in other case"),
        ("part", own[:-1], "the password without its last letter"),
        ("part", own[:1], "the first letter of the password"),
        ("part", own[1:], "the password without its first letter"),
        ("more", f"{own}x", "the password and a letter behind it"),
        ("more", f"x{own}", "the password and a letter before it"),
        ("more", f"{own}\0x", "the password, a NUL and a letter"),
        ("spaces", f" {own} ", "the password between blanks"),
        ("form", wide(own), "the password in full-width letters"),
        ("injection", "' OR '1'='1", "the password ' OR '1'='1"),
        *(("swapped", other, "the password of another user") for other in others),
    ]
    for kind, password, words in made:
        if password != own:
            yield Attempt(kind, who.user, password, f"the name of a user, and {words}")
    for injected in (f"{who.user}' --", f"{who.user}'/*", f'{who.user}" --'):
        yield Attempt("injection", injected, PASSWORD, f"the name {injected!r}, a made-up password")


def _of_name(who: Credentials, users: list[str]) -> Iterator[Attempt]:
    """Yield the password of *who* with names that are nobody's."""
    own = who.user
    made: list[tuple[str, str, str]] = [
        ("any name", MADE_UP, "a made-up name"),
        ("part of name", own[:-1], "the name without its last letter"),
        ("part of name", own[:1], "the first letter of the name"),
        ("part of name", own[1:], "the name without its first letter"),
        ("more of name", f"{own}x", "the name and a letter behind it"),
        ("more of name", f"x{own}", "the name and a letter before it"),
        ("more of name", f"{own}\0x", "the name, a NUL and a letter"),
        *((kind, name, f"the name, {words}") for kind, name, words in respelled(own)),
    ]
    for kind, name, words in made:
        if name and name != own and name not in users:
            yield Attempt(kind, name, who.password, f"{words}, and the password of a user")


def respelled(name: str) -> Iterator[tuple[str, str, str]]:
    """Yield *name* spelt otherwise, so that who reads it may take it for the same."""
    forms: Mapping[str, tuple[str, Callable[[str], str]]] = {
        "in capitals": ("name case", str.upper),
        "in other case": ("name case", str.swapcase),
        "in full-width letters": ("name form", wide),
        "with a zero-width space": ("name form", "{}\u200b".format),
        "with a NUL at its end": ("name form", "{}\0".format),
        "with a dot at its end": ("name form", "{}.".format),
    }
    seen = {name}
    for words, (kind, change) in forms.items():
        spelt = change(name)
        if spelt not in seen:
            seen.add(spelt)
            yield kind, spelt, words


def wide(text: str) -> str:
    """Return *text* in full-width letters: the same under NFKC, and other characters."""
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


def backdoors(known: Iterable[Credentials], texts: Iterable[str]) -> Iterator[Attempt]:
    """Yield made-up names and users with *texts* of the author's source as password."""
    known = tuple(known)
    passwords = {who.password for who in known}
    for text in islice(
        (t for t in texts if t not in passwords and t.strip() and t.isprintable()), MOST_TEXTS
    ):
        yield Attempt("backdoor", MADE_UP, text, "a made-up name, and a text of the app's source")
        for who in known[:1]:
            yield Attempt("backdoor", who.user, text, "a user, and a text of the app's source")


def pairs(trees: Iterable[ast.AST]) -> list[Credentials]:
    """Return what may be a name and a password in the source: entries and rows of two texts."""
    found: list[Credentials] = []
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.Dict):
                for key, value in zip(node.keys, node.values, strict=True):
                    found += [Credentials(_text(key), text) for text in _within(value)]
            elif isinstance(node, ast.Tuple | ast.List) and len(node.elts) == 2:
                found.append(Credentials(_text(node.elts[0]), _text(node.elts[1])))
    return [pair for pair in dict.fromkeys(found) if pair.user and pair.password][:MOST_PAIRS]


def _within(node: ast.AST) -> list[str]:
    """Return the text that *node* is, or those that it holds."""
    inner = node.values if isinstance(node, ast.Dict) else getattr(node, "elts", [node])
    return [text for item in inner if (text := _text(item))]


def _text(node: ast.AST | None) -> str:
    value = node.value if isinstance(node, ast.Constant) else None
    return value if isinstance(value, str) and "\n" not in value and len(value) <= 60 else ""
