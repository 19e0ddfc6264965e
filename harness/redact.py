"""What must not be shown to anybody, passwords and tokens, and text without it.

    secrets = known("app.py", [("ada", "lovelace")])
    secrets.hide("KeyError: 'lovelace'")  # "KeyError: '***'"

Everything that leaves the process of an app (a test's report, a journal's line, a message)
passes `hide` once. What is neither known to be a secret nor has the shape of one, as a password
that the author wrote into a function, is shown.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import httpx

from .app import App, logins
from .errors import HarnessError
from .run import Part

__all__ = ["Secrets", "known", "of_app", "of_running"]

STARS = "***"

#: A variable of the environment is a secret if a word of its name ends so.
NAMES = re.compile(
    r"(KEY|TOKEN|SECRET|PASS|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|COOKIE)S?(_|$)", re.IGNORECASE
)

#: Below so many characters, text is a secret only as a whole literal: "a" is also a word.
SHORT = 6
#: From so many on it is one also inside of a word.
LONG = 8

#: User and password of an address, of whatever scheme.
USERINFO = r"(?<=://)[^\s/@:'\"]*:[^\s/@'\"]+(?=@)"

#: A quote, as it is or escaped, or none; what stands between a header's name and its value.
QUOTE = r"(?:\\?['\"])?"
IS = rf"{QUOTE}\s*[:=,]\s*b?{QUOTE}"
#: What no reader takes for anything else, whosever it is: tokens by the shape that their makers
#: give them, the headers and cookies by which a visitor is known. What stands *before* stays.
SHAPED = re.compile(
    "|".join(
        (
            r"\b(?:hf|gh[pousr])_[A-Za-z0-9]{16,}",
            r"\bgithub_pat_\w{30,}",
            r"(?<![\w-])(?:sk|pk|rk|glpat|xox[abprs])-(?=[\w-]*\d)[\w-]{20,}",
            r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
            r"\bAIza[\w-]{35}",
            r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{4,}",
            r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?-----END [A-Z ]*PRIVATE KEY-----",
            r"(?P<scheme>\b(?i:bearer) )(?=\S*\d)[\w.~+/-]{8,}=*",
            rf"(?P<header>\b(?i:authorization{IS}(?:basic|token|digest) ))[^\s'\"\\]{{8,}}",
            rf"(?P<cookies>\b(?i:(?:set-)?cookie){IS})[^\s'\"=;\\]+=[^'\"\\\r\n]+",
            rf"(?P<cookie>\baccess-token[\w-]*{IS})[\w.%-]{{10,}}",
        )
    )
)


@dataclass(frozen=True, slots=True)
class Secrets:
    """A set of texts that are not to be shown."""

    values: frozenset[str] = frozenset()

    def __or__(self, other: Secrets) -> Secrets:
        return Secrets(self.values | other.values)

    def __repr__(self) -> str:
        return f"Secrets({len(self.values)} values)"

    def hide(self, text: str) -> str:
        """Return *text* with ``***`` for each secret, as it is or as a literal writes it."""
        known = _pattern(self.values).sub(STARS, text)
        return SHAPED.sub(_starred, known)

    def part(self, part: Part) -> Part:
        """Return *part* with all its words so; labels, names and numbers stay."""
        return replace(
            part,
            findings=self._all(part.findings, "title", "detail", "input", "traceback", "reproduce"),
            effects=self._all(part.effects, "what"),
            skipped=self._all(part.skipped, "what", "why"),
            access=self._all(part.access, "route", "why"),
            latency=self._all(part.latency, "where"),
            streams=self._all(part.streams, "input", "failed"),
            changes=self._all(part.changes, "before", "after"),
            answers=tuple(
                replace(row, input=self.hide(row.input), outputs=tuple(map(self.hide, row.outputs)))
                for row in part.answers
            ),
        )

    def _all(self, rows: Iterable[Any], *names: str) -> tuple[Any, ...]:
        return tuple(
            replace(row, **{name: self.hide(getattr(row, name)) for name in names}) for row in rows
        )


def _starred(match: re.Match[str]) -> str:
    return f"{match[match.lastgroup] if match.lastgroup else ''}{STARS}"


def known(
    target: str,
    given: Iterable[tuple[str, str]] = (),
    *,
    against: str = "",
    source: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Secrets:
    """Return what is secret before the app has started.

    That is what the environment (this process's unless given) and the addresses of the target
    and of what it is held *against* have in them, the user's own logins, *given*, and those
    written into the app's *source*.
    """
    return Secrets(
        frozenset(
            (
                *_of_variables(os.environ if environment is None else environment),
                *(password for _, password in given),
                *_of_address(target),
                *_of_address(against),
                *(_written(source) if source is not None else ()),
            )
        )
    )


def of_running(app: App) -> Secrets:
    """Return what must not be shown of *app*, nor of how its user named it."""
    return known(app.target.text, source=app.target.path) | of_app(app)


def of_app(app: App) -> Secrets:
    """Return what the running app adds: its author's logins, and what password boxes show."""
    found = [password for _, password in logins(app.arguments.get("auth"))]
    if app.module is not None:  # what it has read from a file since it began
        found += _of_variables(os.environ)
    found += [who.password for who in app.credentials]
    with contextlib.suppress(HarnessError, httpx.HTTPError):  # whoever needs it says why
        for component in app.contract.components.values():
            if component.props.get("type") == "password" and isinstance(component.value, str):
                found.append(component.value)
    return Secrets(frozenset(found))


def _of_variables(environment: Mapping[str, str]) -> Iterator[str]:
    return (v for name, v in environment.items() if NAMES.search(name) and len(v) >= SHORT)


def _of_address(url: str) -> Iterator[str]:
    parts = urlsplit(url if "://" in url else "")
    if secret := parts.password or parts.username:
        yield unquote(secret)


def _written(source: Path) -> Iterator[str]:
    """Yield the passwords of every ``auth=…`` in the source: a traceback quotes its lines."""
    try:
        tree = ast.parse(source.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "auth":
            try:
                pairs = logins(ast.literal_eval(node.value))
            except (ValueError, TypeError, LookupError):  # no literal: known once it was used
                continue
            yield from (password for _, password in pairs)


@functools.lru_cache(maxsize=8)
def _pattern(values: frozenset[str]) -> re.Pattern[str]:
    written = {form for value in values for form in _forms(value.strip()) if form}
    longest_first = sorted(written, key=len, reverse=True)
    return re.compile("|".join((*map(_wherever, longest_first), USERINFO)))


def _forms(value: str) -> set[str]:
    """Return *value* as it is, as Python and JSON write it, and as an address does."""
    return {value, repr(value)[1:-1], ascii(value)[1:-1], json.dumps(value)[1:-1], quote(value)}


def _wherever(form: str) -> str:
    """Return the expression that finds *form* where it is a secret, and not part of a word."""
    found = re.escape(form)
    if len(form) >= LONG:
        return found
    if len(form) < SHORT:
        return f"(?<=['\"]){found}(?=['\"])"
    # "\n" before it, as a literal writes it, ends in a letter and is none.
    return rf"(?:(?<!\w)|(?<=\\[nrt])){found}(?!\w)"
