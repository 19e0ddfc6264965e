"""The people who ask: nobody in particular, users, and those who were turned away or have left.

    with People(app) as people:
        people.anonymous.get("/config")

Each has cookies of its own. Who has logged out comes with the cookies of before.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx

from ..app import App, Credentials
from ..errors import AppUnreachable
from ..routes import Route

__all__ = ["ANONYMOUS", "LEFT", "REFUSED", "Answer", "People", "Person", "leaves"]

ANONYMOUS, LEFT, REFUSED = "anonymous", "logged out", "wrong password"
#: A password that is nobody's.
WRONG = "gradio-harness-wrong-1c9f"
#: So much of an answer is looked at, and for so long, in seconds: some streams have no end.
MOST_BYTES = 200_000
TIMEOUT_SECONDS = 10.0
LOGOUT = re.compile(r"(log|sign)[-_]?(out|off)/?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one request; *status* is 0 where nothing came."""

    status: int
    text: str = ""
    headers: httpx.Headers = field(default_factory=httpx.Headers, repr=False)

    @property
    def shut(self) -> bool:
        """Whether whoever asked was turned away, or sent elsewhere to log in."""
        return self.status in (401, 403, 407) or 300 <= self.status < 400

    @property
    def open(self) -> bool:
        """Whether it was answered."""
        return 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a browser. *user* is who they logged in as, "" for nobody."""

    name: str
    user: str
    origin: str
    http: httpx.Client = field(repr=False)
    before: Callable[[str], None] = field(default=lambda label: None, repr=False)

    def get(self, path: str, **more: Any) -> Answer:
        """Return the answer to a GET of *path*, seen from the server's root."""
        return self.ask("GET", path, **more)

    def ask(self, method: str, path: str, **more: Any) -> Answer:
        """Return the answer; a redirect is not followed, and of a stream the beginning read."""
        self.before(f"{method} {path}")
        try:
            with self.http.stream(method, f"{self.origin}{path}", **more) as answer:
                return Answer(answer.status_code, _beginning(answer), answer.headers)
        except httpx.HTTPError:
            return Answer(0)


class People:
    """Everybody who asks one app. *before* is told of each request on its way.

    Who logs out ends all sessions of that user, as Gradio has it: before others are begun.
    """

    def __init__(self, app: App, *, before: Callable[[str], None] = lambda label: None) -> None:
        self.app, self.before = app, before
        self._open: list[httpx.Client] = []
        self.accounts = _accounts(app)
        self.anonymous = self._person(ANONYMOUS)
        self.logouts = [r for r in app.routes if LOGOUT.search(r.path)]
        self.left = self._who_left()
        self.users = [
            self._person(name, who.user, app.log_in(who))
            for name, who in zip("AB", self.accounts, strict=False)
        ]
        self.refused = self._who_was_refused()

    @property
    def strangers(self) -> list[Person]:
        """All who are not logged in."""
        return [p for p in (self.anonymous, self.left, self.refused) if p is not None]

    def __enter__(self) -> People:
        return self

    def __exit__(self, *_: object) -> None:
        for http in self._open:
            http.close()

    def _person(self, name: str, user: str = "", cookies: httpx.Cookies | None = None) -> Person:
        http = self.app.http(login=False, timeout_seconds=TIMEOUT_SECONDS)
        http.follow_redirects = False
        if cookies is not None:
            http.cookies.update(cookies)
        self._open.append(http)
        return Person(name, user, self.app.origin, http, self.before)

    def _who_left(self) -> Person | None:
        """Return one who comes again after logging out; None where there is no way to log out."""
        if not (self.logouts and self.accounts):
            return None
        who = self.accounts[-1]
        cookies = self.app.log_in(who)
        leaving = self._person(LEFT, "", cookies)
        for route in sorted(self.logouts, key=_authors_first)[:1]:
            leaving.ask(route.method, route.path)
        return self._person(LEFT, "", cookies)

    def _who_was_refused(self) -> Person | None:
        if not self.accounts:
            return None
        person = self._person(REFUSED)
        door = self.app.door
        person.ask("POST", door.path, **door.body(self.accounts[0].user, WRONG))
        return person


def leaves(route: Route) -> bool:
    """Whether it serves files, or ends the session of whoever asks."""
    return bool(route.folder or LOGOUT.search(route.path))


def _accounts(app: App) -> list[Credentials]:
    """Return two accounts that the app lets in, of different users, as far as there are any."""
    found: dict[str, Credentials] = {}
    for who in app.credentials:
        with contextlib.suppress(AppUnreachable):
            if who.user not in found and len(found) < 2:
                app.log_in(who)
                found[who.user] = who
    return list(found.values())


def _authors_first(route: Route) -> bool:
    return route.owner != "author"


def _beginning(answer: httpx.Response) -> str:
    if "event-stream" in answer.headers.get("content-type", ""):
        return ""
    content = b""
    for piece in _pieces(answer):
        content += piece
        if len(content) > MOST_BYTES:
            break
    return content.decode("utf-8", "replace")


def _pieces(answer: httpx.Response) -> Iterator[bytes]:
    with contextlib.suppress(httpx.HTTPError):  # what came until then counts
        yield from answer.iter_bytes()
