"""The login, tried with what it must refuse, and asked whether it tells who is a user."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Iterator

from ..app import Credentials
from ..checks.identity import Admitted, Failed, Paced, Spoken, Unlimited, enumeration, login
from ..finding import Finding
from ..probe import traceback_of
from ..routes import location
from .attempts import MADE_UP, Attempt, attempts, backdoors, pairs, respelled
from .look import Enough, Look
from .people import WRONG, Answer

__all__ = ["admitted", "told_apart"]

#: What makes further attempts pointless: whoever admits the first admits the others.
IMPLIES = {
    "anybody": {"*"},
    "same": {"injection", "backdoor"},
    "password": {
        *("empty", "case", "part", "more", "spaces", "form", "swapped", "injection", "backdoor"),
    },
    "any name": {"part of name", "more of name", "name case", "name form"},
    "part": {"more"},
}
#: So often a user is let in between attempts, to see whether the login has shut.
BETWEEN = 20
#: Rounds of two names each, of those known and unknown, and for how many seconds at most.
ROUNDS, LEAST_ROUNDS, SECONDS = 24, 10, 4.0


def admitted(look: Look) -> list[Finding]:
    """Return what the login admits that it must not, and what it fails on."""
    door = _Door(look)
    known = look.people.accounts
    found: list[Finding] = []
    for attempt in door.sensible(_all(look, known)):
        answer = door.knock(attempt.user, attempt.password)
        if answer.status >= 500:
            found += login(Failed(attempt.words, answer.status, *door.raised(attempt)))
        elif door.admits(answer) and door.admits(door.knock(attempt.user, attempt.password)):
            door.admitted.add(attempt.kind)
            found += login(Admitted(attempt.kind, attempt.words, door.place))
    if door.wrong >= BETWEEN and door.lets_users_in():
        found += login(Unlimited(door.wrong, door.place))
    return found


def told_apart(look: Look) -> list[Finding]:
    """Return what tells a user from somebody unknown, by words or by time."""
    door = _Door(look)
    users = [who.user for who in look.people.accounts]
    with contextlib.suppress(Enough):
        for user in users:
            stranger = _like(user)
            spoken = [door.knock(name, WRONG) for name in (user, stranger, user, stranger)]
            said = [_said(answer, user, stranger) for answer in spoken]
            if said[0] == said[2] and said[1] == said[3] and said[0] != said[1]:
                return enumeration(Spoken(said[0], said[1], door.place))
        for user in users[:1]:
            first = _paced(door, user, _like(user))
            if enumeration(first) and (again := enumeration(_paced(door, user, _like(user)[::-1]))):
                return again
    return []


def _all(look: Look, known: list[Credentials]) -> Iterator[Attempt]:
    yield from attempts(known)
    auth = look.app.arguments.get("auth")
    texts = look.constants(auth) if callable(auth) else []
    yield from backdoors(known, texts)
    if not isinstance(auth, tuple | list):  # Gradio compares those itself
        yield from _refused_pairs(look, known)


def _refused_pairs(look: Look, known: list[Credentials]) -> Iterator[Attempt]:
    """Yield pairs of the source that are refused as they stand there, spelt otherwise."""
    door = _Door(look)
    users = {who.user for who in known}
    for pair in pairs(look.source.trees.values()):
        if pair.user not in users and not door.admits(door.knock(pair.user, pair.password)):
            for _, name, words in respelled(pair.user):
                said = f"a name that is refused, {words}, and its password"
                yield Attempt("refused", name, pair.password, said)


class _Door:
    """The login of one app. *admitted* are the kinds of attempts that it has let in."""

    def __init__(self, look: Look) -> None:
        self.look, self.admitted, self.wrong = look, set[str](), 0
        self.auth = look.app.arguments.get("auth")

    @property
    def place(self) -> str:
        """Where the author's function stands that decides, "" where there is none."""
        if callable(self.auth):
            return location(self.auth, self.look.app.folder)
        own = self.look.app.door.path
        return next((r.location for r in self.look.app.routes if r.path == own), "")

    def sensible(self, planned: Iterable[Attempt]) -> Iterator[Attempt]:
        """Yield those that would say something new, until no user is let in or time is up."""
        with contextlib.suppress(Enough):
            for number, attempt in enumerate(planned, 1):
                if number % BETWEEN == 0 and not self.lets_users_in():
                    return
                implied = {kind for one in self.admitted for kind in IMPLIES.get(one, ())}
                if "*" in implied:
                    return
                if attempt.kind not in implied | self.admitted:
                    yield attempt

    def knock(self, user: str, password: str) -> Answer:
        """Return what the login answers."""
        door, nobody = self.look.app.door, self.look.people.anonymous
        nobody.http.cookies.clear()
        return nobody.ask("POST", door.path, **door.body(user, password))

    def admits(self, answer: Answer) -> bool:
        """Whether whoever got *answer* is in: by the app's page, not by the words."""
        if answer.status >= 400 or answer.status == 0:
            self.wrong += 1
            return False
        config = f"{self.look.app.url.removeprefix(self.look.app.origin)}/config"
        inside = self.look.people.anonymous.get(config).open
        self.look.people.anonymous.http.cookies.clear()
        return inside

    def raised(self, attempt: Attempt) -> tuple[str, str, str]:
        """Return exception, traceback and place of what the author's function raises."""
        probe = self.look.app.probe
        if not callable(self.auth) or probe is None:
            return "", "", self.place
        try:
            self.auth(attempt.user, attempt.password)
        except Exception as error:
            return type(error).__name__, traceback_of(error, probe.roots), self.place
        return "", "", self.place

    def lets_users_in(self) -> bool:
        """Whether a user with the right password is let in; not known where time is up."""
        who = self.look.people.accounts[0]
        with contextlib.suppress(Enough):
            return self.admits(self.knock(who.user, who.password))
        return False


def _like(user: str) -> str:
    """Return a name of the same length that is nobody's."""
    return (MADE_UP * (1 + len(user) // len(MADE_UP)))[: len(user)]


def _said(answer: Answer, *names: str) -> str:
    text = answer.text
    for name in names:
        text = text.replace(name, "…")
    return f"{answer.status} {text[:300]}"


def _paced(door: _Door, user: str, stranger: str) -> Paced:
    """Return how long the login takes to refuse each, in turns."""
    taken: dict[str, list[float]] = {user: [], stranger: []}
    begun = time.monotonic()
    for number in range(ROUNDS):
        if number >= LEAST_ROUNDS and time.monotonic() - begun > SECONDS:
            break
        for name in (user, stranger) if number % 2 else (stranger, user):
            start = time.perf_counter()
            door.knock(name, WRONG)
            taken[name].append(time.perf_counter() - start)
    return Paced(tuple(taken[user]), tuple(taken[stranger]), door.place)
