"""Browsers that come from elsewhere: pages of other sites, and links that lead to them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from ..app import App
from ..checks.identity import Crossed, Sent, origin, redirect
from ..finding import Finding
from ..routes import Route
from .look import Enough, Look
from .people import Person, leaves

__all__ = ["origins", "redirects"]

#: A name that is nobody's, for ever (RFC 2606): it stands in headers only, and is never asked.
ELSEWHERE = "gradio-harness.invalid"
#: Origins that are not the app's; {host} is how it is asked for.
FOREIGN: Mapping[str, str] = {
    f"http://{ELSEWHERE}": "any other site",
    "http://{host}." + ELSEWHERE: "sites whose names begin like this one",
    "http://evil-{host}": "sites whose names end like this one",
    "http://localhost." + ELSEWHERE: "sites whose names begin with localhost",
    "null": "no site at all (Origin: null)",
}
#: Addresses of another site, as a browser takes them; {own} is the app's own.
AWAY = (
    f"https://{ELSEWHERE}/",
    f"//{ELSEWHERE}/",
    f"/\\{ELSEWHERE}/",
    "{own}." + ELSEWHERE + "/",
    "{own}@" + ELSEWHERE + "/",
)


def origins(look: Look) -> list[Finding]:
    """Return the foreign origins that may read the answers of what the author has opened."""
    found: list[Finding] = []
    with contextlib.suppress(Enough):
        for route in _opened(look.app):
            for seen in _crossed(look, route):
                found += origin(seen)
            if found:
                break
    return found


def _opened(app: App) -> list[Route]:
    """Return the routes to ask from elsewhere: the author's, and what FastAPI adds to them.

    What Gradio itself allows is no matter of the app's.
    """
    owners = ("author", "fastapi")
    return [r for r in app.routes if r.owner in owners and r.reads and not leaves(r)]


def _crossed(look: Look, route: Route) -> Iterator[Crossed]:
    user = look.people.users[0] if look.people.users else look.people.anonymous
    host = urlsplit(look.app.url).hostname or ""
    for text, kind in FOREIGN.items():
        asking = text.format(host=host)
        # Some allow everybody only where a cookie comes along.
        headers = {"Origin": asking}
        if not user.user:
            headers["Cookie"] = "gradio-harness=1"
        said = user.get(route.filled({}), headers=headers).headers
        allowed = said.get("access-control-allow-origin") == asking
        if allowed and said.get("access-control-allow-credentials") == "true":
            yield Crossed(route.label, asking, kind, bool(user.user), route.location)
            return


def redirects(look: Look) -> list[Finding]:
    """Return the author's routes that send a visitor wherever their address says."""
    found: list[Finding] = []
    with contextlib.suppress(Enough):
        for route in look.app.routes:
            if route.owner == "author" and route.reads and not leaves(route):
                for seen in _sent(look, route):
                    found += redirect(seen)
    return found


def _sent(look: Look, route: Route) -> Iterator[Sent]:
    asking: list[Person] = [look.people.anonymous, *look.people.users[:1]]
    for parameter in route.parameters:
        if parameter.place != "query" or parameter.kind != "string":
            continue
        for text in AWAY:
            value = text.format(own=look.app.origin)
            for person in asking:
                answer = person.get(route.filled({}), params={parameter.name: value})
                target = answer.headers.get("location", "")
                if 300 <= answer.status < 400 and _leads_away(target):
                    yield Sent(route.label, parameter.name, value, target, route.location)
                    return


def _leads_away(target: str) -> bool:
    """Whether a browser would go to the other site: to it, a backslash is a slash."""
    address = urlsplit(target.replace("\\", "/"), scheme="http")
    return (address.hostname or "").endswith(ELSEWHERE)
