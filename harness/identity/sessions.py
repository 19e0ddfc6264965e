"""What a login leaves in the browser, whether it ends, and whether one can do without."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from http.cookiejar import Cookie
from typing import Any

from ..checks.identity import Kept, Spoofed, session
from ..finding import Finding
from ..routes import Parameter
from .look import Enough, Look
from .people import Answer, Person

__all__ = ["sessions"]


def sessions(look: Look) -> list[Finding]:
    """Return what is wrong with the sessions that the app's login begins."""
    found: list[Finding] = []
    with contextlib.suppress(Enough):
        seen: list[Kept | Spoofed] = [*_ended(look), *_cookies(look), *_spoofed(look)]
        found = [finding for one in seen for finding in session(one)]
    return found


def _config(look: Look) -> str:
    return f"{look.app.url.removeprefix(look.app.origin)}/config"


def _ended(look: Look) -> Iterator[Kept]:
    """Yield a session that goes on after logging out."""
    left = look.people.left
    if left is None:
        return
    paths = [_config(look)]
    leaving = look.people.logouts
    paths += [
        route.filled({})
        for route in look.app.routes
        if route.owner == "author" and route.reads and route not in leaving
    ]
    nobody, user = look.people.anonymous, look.people.users[0]
    still = [
        path
        for path in paths
        if left.get(path).open and user.get(path).open and not nobody.get(path).open
    ]
    if still:
        place = next((route.location for route in leaving if route.location), "")
        yield Kept(tuple(f"GET {path}" for path in still), _signed(look.app.asgi), location=place)


def _signed(asgi: Any) -> bool:
    """Whether Starlette keeps the session itself in a cookie."""
    kinds = [one.cls.__name__ for one in getattr(asgi, "user_middleware", ())]
    return "SessionMiddleware" in kinds


def _cookies(look: Look) -> Iterator[Kept]:
    """Yield the cookies that let a user in and that any script may read."""
    config = _config(look)
    for person in look.people.users[:1]:
        jar = list(person.http.cookies.jar)
        for cookie in jar:
            if _http_only(cookie) or cookie.value is None:
                continue
            nobody = look.people.anonymous
            if nobody.get(config, headers={"Cookie": f"{cookie.name}={cookie.value}"}).open:
                yield Kept(cookie=cookie.name, lacks="HttpOnly")


def _http_only(cookie: Cookie) -> bool:
    return any(cookie.has_nonstandard_attr(name) for name in ("HttpOnly", "httponly"))


def _spoofed(look: Look) -> Iterator[Spoofed]:
    """Yield what the author's code takes for a user, and anybody can write."""
    config, nobody = _config(look), look.people.anonymous
    if not look.people.users or nobody.get(config).open:
        return
    user = look.people.users[0].user
    for told in look.told_by:
        if _claiming(nobody, config, told, user).open:
            yield Spoofed(told.place, told.name)


def _claiming(nobody: Person, path: str, told: Parameter, user: str) -> Answer:
    """Return what *nobody* is answered who claims to be *user*."""
    if told.place == "query":
        return nobody.get(path, params={told.name: user})
    if told.place == "cookie":
        return nobody.get(path, headers={"Cookie": f"{told.name}={user}"})
    return nobody.get(path, headers={told.name: user})
