"""Visitors by name, each with a browser of its own: cookies, login and address.

    guests = Guests(app, door(app))
    guests.driver("A")  # logged in as the first of the accounts, with cookies that nobody else has

Who comes again under a name comes with the same browser. An app that asks for a login has as
many users as it has accounts: where there are fewer of these than visitors, some of them are the
same user, and `Guests.user` says who.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field

import httpx

from ..app import App
from ..drivers.direct import Direct
from ..drivers.wire import Wire
from ..errors import AppUnreachable

__all__ = ["Door", "Guests", "door"]

#: Addresses that are nobody's (RFC 5737): the app's server believes whoever calls from this
#: machine where a visitor comes from, as behind a proxy.
ADDRESS = "198.51.100.{}"


@dataclass(frozen=True, slots=True)
class Door:
    """What the app asks of those who come, and what it gives them.

    *logins* are the users whom it lets in, with the cookies of each; none where it asks for no
    login. *greets* is whether its page hands out a cookie.
    """

    logins: tuple[tuple[str, httpx.Cookies], ...] = field(default=(), repr=False)
    greets: bool = False


def door(app: App) -> Door:
    """Return how visitors come to *app*; accounts that it refuses are left out."""
    logins: dict[str, httpx.Cookies] = {}
    for who in app.credentials:
        with contextlib.suppress(AppUnreachable):
            logins.setdefault(who.user, app.log_in(who))
    with app.http(login=False) as http:
        for cookies in list(logins.values())[:1]:
            http.cookies.update(cookies)
        before = len(http.cookies)
        with contextlib.suppress(httpx.HTTPError):
            http.get(f"{app.url}/")
        greets = len(http.cookies) > before
    return Door(tuple(logins.items()), greets)


class Guests:
    """The visitors of one app. *timeout_seconds* is that of their drivers."""

    def __init__(self, app: App, door: Door, *, timeout_seconds: float = 30.0) -> None:
        self.app, self.door, self.timeout_seconds = app, door, timeout_seconds
        self._wires: dict[str, Wire] = {}
        self._directs: dict[str, Direct] = {}

    def driver(self, name: str) -> Wire:
        """Return the browser of the visitor *name*, who has looked at the page by then."""
        if name not in self._wires:
            self._wires[name] = Wire(
                self.app, timeout_seconds=self.timeout_seconds, http=self._browser(name)
            )
        return self._wires[name]

    def direct(self, name: str) -> Direct:
        """Return the driver past the queue for the visitor *name*."""
        if name not in self._directs:
            self._directs[name] = Direct(self.app, self.driver(name))
        return self._directs[name]

    def user(self, name: str) -> str:
        """Return as which user *name* is logged in: itself where the app asks for no login."""
        logins = self.door.logins
        return logins[_place(name) % len(logins)][0] if logins else name

    def close(self) -> None:
        """Close the browsers."""
        for wire in self._wires.values():
            wire.close()

    def __enter__(self) -> Guests:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _browser(self, name: str) -> httpx.Client:
        http = self.app.http(login=False, timeout_seconds=self.timeout_seconds)
        if self.app.target.loopback:
            http.headers["X-Forwarded-For"] = ADDRESS.format(1 + _place(name) % 250)
        if self.door.logins:
            http.cookies.update(self.door.logins[_place(name) % len(self.door.logins)][1])
        if self.door.greets:
            with contextlib.suppress(httpx.HTTPError):
                http.get(f"{self.app.url}/")
        return http


def _place(name: str) -> int:
    return ord(name[0]) - ord("A")
