"""Who is answered by which route: everybody asks for everything, and for what is A's."""

from __future__ import annotations

import contextlib
import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..checks.identity import ByDesign, Reached
from ..checks.identity import route as judged
from ..environment import CANARY
from ..finding import Finding
from ..routes import Route
from ..rows import AccessRow
from .belongings import WHOSE, Belongings
from .look import Enough, Look
from .people import ANONYMOUS, LOGOUT, Answer, Person

__all__ = ["Access", "access"]

#: What Gradio's login guards, and of that what an app that asks for a login can never mean to open.
GUARDED = re.compile(
    r"/(config|info|queue/(join|data)|call/.*|run/.*|api/.*|upload|file[=/].*|component_server"
    r"|proxy=.*|process_recording|dev/reload|profiling/.*)/?$"
)
CORE = re.compile(
    r"/(config|queue/(join|data)|call/\{api_name\}|run/\{api_name\}|upload|file=.*)/?$"
)
#: What Gradio leaves open, and why.
OPEN: Mapping[str, str] = {
    r"/(svelte|static|assets|custom_component)/|favicon|theme\.css|robots|pwa_icon|manifest": (
        "the login page needs it"
    ),
    r"/(user|token|app_id|login_check)/?$": "says who asks, and nothing else",
    r"/(cancel|reset|stream|heartbeat)": "whoever knows the session or the event may",
    r"/monitoring/?$": "guarded by the login, and leads to a key",
    r"/monitoring/summary": "numbers of calls, which Gradio 5 shows to everybody",
    r"/monitoring/\{key\}": "whoever knows the key may",
    r"/openapi\.json$|/(docs|redoc)": "describes routes, and holds no data",
    r"/$": "shows the login",
}
#: Routes that are for everybody, by their names.
PUBLIC = re.compile(
    r"(^|/)(health\w*|ping|status|ready\w*|live\w*|alive|version|about|public|docs|redoc|openapi.*"
    r"|metrics|favicon.*|robots.*|static|assets|login|signin|sign-in|signup|register|logout|signout"
    r"|auth\w*|oauth\w*|callback|token|forgot\w*|csrf|terms|privacy|imprint|webhooks?|hooks?)(/|$)"
    r"|^/?$",
    re.IGNORECASE,
)
CHANGED = ("POST", "PUT", "PATCH", "DELETE")
NOBODY = "gradio-harness-nobody"
TRACEBACK = "Traceback (most recent call last)"


@dataclass(slots=True)
class Access:
    """What came of it: *rows* for the table, and *findings*."""

    rows: list[AccessRow] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def access(look: Look, belongings: Belongings) -> Access:
    """Return who is answered by which route."""
    result = Access()
    belongings.plant()
    look.begin()
    with contextlib.suppress(Enough):
        for one in look.app.routes:
            if LOGOUT.search(one.path) or one.path.rstrip("/") == look.app.door.path:
                continue
            if one.owner == "author":
                _of_author(look, belongings, one, result)
            elif _below(look, one) and one.method in ("GET", "POST"):
                _of_gradio(look, one, result)
        _of_others(look, result)
    if open_ones := _by_design(result.rows):
        result.findings += judged(ByDesign(open_ones))
    return result


def _by_design(rows: list[AccessRow]) -> tuple[tuple[str, str], ...]:
    """Return what Gradio answers anybody, each reason once with its first route."""
    found: dict[str, str] = {}
    for row in rows:
        if row.owner == "gradio" and row.who == ANONYMOUS and row.open and row.expected:
            found.setdefault(row.why, row.route)
    return tuple((label, why) for why, label in found.items())


def _below(look: Look, one: Route) -> bool:
    """Whether *one* is a route of the app under test, and not of another that is mounted."""
    base = look.app.url.removeprefix(look.app.origin)
    return one.owner == "fastapi" or one.path.startswith(f"{base}/")


def _of_gradio(look: Look, one: Route, result: Access) -> None:
    guarded = bool(GUARDED.search(one.path))
    design = next((why for path, why in OPEN.items() if re.search(path, one.path)), "Gradio's way")
    for person in [*look.people.strangers, *look.people.users]:
        answer = person.ask(one.method, one.filled({}))
        is_open = answer.status not in (0, 401, 403)
        stray = is_open and guarded and not person.user
        why = "Gradio's login guards it" if guarded and not person.user else design
        why = "a user is logged in" if person.user else why
        row = AccessRow(one.label, one.owner, "own", person.name, answer.status, is_open, True, why)
        result.rows.append(dataclasses.replace(row, expected=is_open and not stray))
        if stray and CORE.search(one.path):
            result.findings += judged(Reached(one.label, "gradio", person.name, answer.status))


def _of_author(look: Look, belongings: Belongings, one: Route, result: Access) -> None:
    """Ask the author's route as everybody; what changes things only once, as nobody."""
    public = bool(PUBLIC.search(one.path))
    mine = look.people.users[0].user if look.people.users else ""
    people = [*look.people.strangers, *look.people.users] if one.reads else [look.people.anonymous]
    for values in _values(one, mine, belongings):
        seen: list[Reached] = []
        for person in people:
            answer = _asked(one, person, values)
            known = bool(person.user)
            words = "a user is logged in" if known else _why(answer, public)
            result.rows.append(
                AccessRow(
                    *(one.label, one.owner, _whose(values, mine), person.name, answer.status),
                    *(answer.open, answer.open and (known or public), words),
                )
            )
            if answer.open and not known:
                shows = _shows(look, belongings, answer, values)
                seen.append(
                    Reached(
                        *(one.label, "author", person.name, answer.status, shows),
                        *(not one.reads, public, one.location),
                    )
                )
        if seen:
            result.findings += judged(seen[0])
            return


def _why(answer: Answer, public: bool) -> str:
    if answer.shut:
        return "the author's route asks who it is"
    if not answer.open:
        return "no answer to what was asked"
    return "its name says that it is for everybody" if public else "nothing asks who it is"


def _whose(values: Mapping[str, str], user: str) -> str:
    return "another's name" if user and user in values.values() else "own"


def _values(one: Route, user: str, belongings: Belongings) -> list[dict[str, str]]:
    """Return what to fill the route's parameters with: what is A's, where it takes a name."""
    if one.folder:
        inside = belongings.written(one.folder)
        return [{"path": inside}] if inside else []
    if one.method in CHANGED and one.method != "POST" and not one.parameters:
        return []  # it would be done, whatever it is
    names = {p.name for p in one.parameters if WHOSE.search(p.name)}
    filled = {p.name: "1" if p.kind in ("integer", "number") else NOBODY for p in one.parameters}
    if one.method in ("PUT", "PATCH", "DELETE"):
        return [filled]
    if one.reads:
        kept = [p for p in one.parameters if p.required or p.name in names]
        filled = {p.name: filled[p.name] for p in kept}
    own = [{**filled, **dict.fromkeys(names, user)}] if names else [filled]
    taken = [p.name for p in one.parameters if p.required and p.place in ("path", "query")]
    guessed = [user, *belongings.handles[:2]] if one.reads and taken and not names else []
    return [*own, *({**filled, taken[0]: value} for value in guessed if value)]


def _asked(one: Route, person: Person, values: Mapping[str, str]) -> Answer:
    more: dict[str, Any] = {}
    for place, name in (("query", "params"), ("form", "data"), ("json", "json")):
        given = {
            p.name: _typed(p.kind, values[p.name])
            for p in one.parameters
            if p.place == place and p.name in values
        }
        if given:
            more[name] = given
    return person.ask(one.method, one.filled(values), **more)


def _typed(kind: str, value: str) -> Any:
    return int(value) if kind in ("integer", "number") and value.isdigit() else value


def _shows(look: Look, belongings: Belongings, answer: Answer, values: Mapping[str, str]) -> str:
    """Return what of users, or of secrets, an answer holds that is for nobody's eyes."""
    text = answer.text
    if CANARY in text or any(secret in text for secret in look.secrets):
        return "it shows a secret"
    if belongings.shown(text):
        return "it shows what a user has sent"
    if TRACEBACK in text:
        return "it shows a traceback"
    html = "html" in answer.headers.get("content-type", "")
    names = [p.user for p in look.people.users if p.user not in values.values()]
    if names and not html and all(re.search(rf"\b{re.escape(one)}\b", text) for one in names):
        return "it names the users"
    return ""


def _of_others(look: Look, result: Access) -> None:
    """Ask for what is A's of Gradio's: a file, a session, an event."""
    users = look.people.users
    if not users:
        return
    base = f"{look.app.url.removeprefix(look.app.origin)}{look.app.contract.prefix}"
    first = users[0]
    kept = first.ask("POST", f"{base}/upload", files={"files": ("a.txt", b"gradio-harness")})
    path = re.search(r'"([^"]+)"', kept.text)
    session = "gradioharness"
    asked = {
        "another's file": f"{base}/file={path[1]}" if path else "",
        "another's session": f"{base}/queue/data?session_hash={session}",
        "another's event": f"{base}/call/{NOBODY}/{session}",
        "another's stream": f"{base}/stream/{session}/0/0/playlist.m3u8",
    }
    for whose, where in asked.items():
        for person in [*look.people.strangers, *users[1:]] if where else ():
            answer = person.get(where)
            is_open = answer.status not in (0, 401, 403)
            stream = whose == "another's stream"
            words = (
                "whoever knows its name or number may: Gradio takes it for a secret"
                if person.user or stream
                else "Gradio's login guards it"
            )
            label = f"GET {where.partition('?')[0]}"
            label = re.sub(r"file=.*", "file={path}", label).replace(session, "{…}")
            expected = is_open if person.user or stream else False
            row = AccessRow(
                *(label, "gradio", whose, person.name, answer.status, is_open, expected, words)
            )
            result.rows.append(row)
