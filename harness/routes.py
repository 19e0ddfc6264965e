"""Every route that an app really has: Gradio's, and those that its author put beside them.

    for route in app.routes:
        print(route.method, route.path, route.owner)

In this process they are read from the ASGI app itself, with mounted apps and included routers;
of an app that runs elsewhere from its OpenAPI document, beside what is known of Gradio.
"""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

__all__ = [
    "Door",
    "Owner",
    "Parameter",
    "Place",
    "Route",
    "door",
    "listed",
    "location",
    "of_asgi",
    "of_schema",
]

Owner = Literal["author", "gradio", "fastapi"]
Place = Literal["path", "query", "form", "json", "header", "cookie"]

PLACEHOLDER = re.compile(r"\{(\w+)(?::\w+)?\}")
#: What a function reads of the request itself, beside its parameters, and where that stands.
READ = re.compile(
    r"\.(query_params|headers|cookies)(?:\.get\(|\[)\s*['\"]([^'\"]{1,60})['\"]"
    r"|\b(form|data|body|payload)(?:\.get\(|\[)\s*['\"]([^'\"]{1,60})['\"]"
)
READ_PLACES: Mapping[str, Place] = {
    "query_params": "query",
    "headers": "header",
    "cookies": "cookie",
}
#: What FastAPI calls the places of its parameters.
DECLARED: Mapping[str, Place] = {
    "path_params": "path",
    "query_params": "query",
    "header_params": "header",
    "cookie_params": "cookie",
    "body_params": "json",
}
#: How authors call what a visitor logs in with, and where one does not: there it is made.
USER = re.compile(r"user|name|login|mail|account", re.IGNORECASE)
PASSWORD = re.compile(r"pass|pwd|secret|pin$", re.IGNORECASE)
NEW = re.compile(r"register|sign-?_?up|reset|change|create", re.IGNORECASE)
KINDS = {"int": "integer", "float": "number", "bool": "boolean"}
#: Gradio's routes of an app that is seen from outside only, by its prefix.
KNOWN = (
    *("GET /", "GET /config", "GET /theme.css", "GET /monitoring", "GET /monitoring/summary"),
    *("GET {}/info", "GET {}/file={path:path}", "GET {}/user", "GET {}/app_id"),
    *("GET {}/queue/data", "GET {}/call/{api_name}/{event_id}", "GET {}/heartbeat/{session_hash}"),
    *("GET {}/stream/{session_hash}/{run}/{component_id}/playlist.m3u8", "GET {}/upload_progress"),
    *("POST {}/queue/join", "POST {}/run/{api_name}", "POST {}/call/{api_name}", "POST {}/upload"),
    *("POST {}/component_server", "POST {}/cancel", "POST {}/reset"),
)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One value that a route reads: *place* says where of the request, *kind* is JSON's type."""

    name: str
    place: Place
    kind: str = "string"
    required: bool = False


@dataclass(frozen=True, slots=True)
class Route:
    """One method of one path, as it is seen from the server's root.

    *owner* is "author", "gradio" or "fastapi" (documents and the like). *location* is the author's
    ``app.py:12 in export``, *source* the text of its function; both "" for what nobody wrote
    here. A route that serves the files of a *folder* has its path.
    """

    method: str
    path: str
    owner: Owner
    parameters: tuple[Parameter, ...] = ()
    location: str = ""
    source: str = ""
    folder: str = ""

    @property
    def label(self) -> str:
        """Method and path: ``GET /export/{name}``."""
        return f"{self.method} {self.path}"

    @property
    def reads(self) -> bool:
        """Whether it is asked for something, and not to change anything."""
        return self.method in ("GET", "HEAD")

    def filled(self, values: Mapping[str, str]) -> str:
        """Return the path with *values* for its placeholders."""
        return PLACEHOLDER.sub(lambda found: values.get(found[1], "0"), self.path)


@dataclass(frozen=True, slots=True)
class Door:
    """Where a visitor logs in: a path from the server's root, and how the pair is sent."""

    path: str
    user: str = "username"
    password: str = "password"
    json: bool = False

    def body(self, user: str, password: str, **more: str) -> dict[str, Any]:
        """Return the arguments of a request that brings them."""
        said = {self.user: user, self.password: password, **more}
        return {"json": said} if self.json else {"data": said}


def door(routes: Iterable[Route]) -> Door | None:
    """Return where the author's own routes let a visitor log in, None if nowhere."""
    for route in routes:
        fields = [p for p in route.parameters if p.place in ("form", "json")]
        user = next((p for p in fields if USER.search(p.name)), None)
        password = next((p for p in fields if PASSWORD.search(p.name)), None)
        entered = route.owner == "author" and route.method == "POST"
        if entered and user and password and not NEW.search(route.path):
            return Door(route.path, user.name, password.name, password.place == "json")
    return None


def of_asgi(asgi: Any, folder: Path) -> tuple[Route, ...]:
    """Return the routes of an ASGI app in this process, with those of what is mounted in it."""
    return _once(_walked(asgi, "", folder, "author"))


def listed(prefix: str, base: str = "") -> tuple[Route, ...]:
    """Return what is known of Gradio's routes below *base*, its API below *prefix*."""
    found = (text.partition(" ") for text in KNOWN)
    return tuple(
        Route(method, f"{base}{path.replace('{}', prefix, 1)}", "gradio")
        for method, _, path in found
    )


def of_schema(schema: Mapping[str, Any], base: str = "") -> tuple[Route, ...]:
    """Return the author's routes that an OpenAPI document describes."""
    found = []
    for path, methods in (schema.get("paths") or {}).items():
        for method, said in methods.items():
            if method.upper() in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"):
                parameters = tuple(_described(said, schema))
                found.append(Route(method.upper(), f"{base}{path}", "author", parameters))
    return tuple(found)


def _walked(asgi: Any, base: str, folder: Path, owner: Owner) -> Iterator[Route]:
    while not hasattr(asgi, "routes") and hasattr(asgi, "app"):
        asgi = asgi.app  # a middleware around it
    if _module(type(asgi)).startswith("gradio."):
        owner = "gradio"
    for route in _flat(getattr(asgi, "routes", None) or ()):
        path = getattr(route, "path", None)
        if path is None:
            continue
        mounted = getattr(route, "app", None)
        if getattr(route, "endpoint", None) is not None:
            yield from _of_route(route, f"{base}{path}", folder, owner)
        elif type(mounted).__name__ == "StaticFiles":
            where = Parameter("path", "path", required=True)
            served = str(getattr(mounted, "directory", None) or "")
            yield Route("GET", f"{base}{path}/{{path:path}}", owner, (where,), folder=served)
        elif mounted is not None:
            yield from _walked(mounted, f"{base}{path}", folder, owner)


def _flat(routes: Any) -> Iterator[Any]:
    """Yield the routes with those of included routers, as the FastAPI that is here keeps them."""
    import fastapi.routing

    flatten = getattr(fastapi.routing, "iter_route_contexts", iter)
    yield from flatten(routes)


def _of_route(route: Any, path: str, folder: Path, owner: Owner) -> Iterator[Route]:
    endpoint = inspect.unwrap(route.endpoint)
    module = _module(endpoint)
    if module.partition(".")[0] in ("gradio", "fastapi", "starlette", "mcp"):
        owner = "fastapi" if module.startswith("fastapi.") and owner != "gradio" else "gradio"
    else:
        owner = "author"
    source = _source(endpoint) if owner == "author" else ""
    parameters = (*_declared(getattr(route, "dependant", None)), *_read(source))
    place = location(endpoint, folder) if owner == "author" else ""
    for method in sorted(getattr(route, "methods", None) or ()):
        if method != "HEAD" or "GET" not in route.methods:
            yield Route(method, path, owner, _distinct(path, parameters), place, source)


def _declared(dependant: Any) -> Iterator[Parameter]:
    """Yield what FastAPI reads of a request for a function and for what that depends on."""
    if dependant is None:
        return
    for group, place in DECLARED.items():
        for field in getattr(dependant, group):
            info = field.field_info
            annotation = getattr(info, "annotation", None)
            required = _required(field)
            within = "form" if type(info).__name__ in ("Form", "File") else place
            members = getattr(annotation, "model_fields", {})
            for name in members:
                yield Parameter(name, within, _kind(members[name].annotation), required)
            if not members:
                yield Parameter(field.alias, within, _kind(annotation), required)
    for inner in dependant.dependencies:
        yield from _declared(inner)


def _required(field: Any) -> bool:
    known = getattr(field.field_info, "is_required", None)
    return bool(known() if callable(known) else getattr(field, "required", False))


def _kind(annotation: Any) -> str:
    return KINDS.get(getattr(annotation, "__name__", ""), "string")


def _read(source: str) -> Iterator[Parameter]:
    """Yield what a function takes from its request by name."""
    for found in READ.finditer(source):
        if found[1]:
            yield Parameter(found[2], READ_PLACES[found[1]])
        else:
            yield Parameter(found[4], "form" if ".form()" in source else "json")


def _distinct(path: str, parameters: tuple[Parameter, ...]) -> tuple[Parameter, ...]:
    once = {(p.place, p.name): p for p in reversed(parameters)}
    for name in PLACEHOLDER.findall(path):
        once.setdefault(("path", name), Parameter(name, "path", required=True))
    return tuple(reversed(once.values()))


def _described(said: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[Parameter]:
    for one in said.get("parameters") or ():
        kind = str((one.get("schema") or {}).get("type") or "string")
        if one.get("in") in ("path", "query", "header", "cookie"):
            yield Parameter(one["name"], one["in"], kind, bool(one.get("required")))
    for mime, content in ((said.get("requestBody") or {}).get("content") or {}).items():
        place: Place = "json" if mime == "application/json" else "form"
        body = content.get("schema") or {}
        name = str(body.get("$ref", "")).rpartition("/")[2]
        body = ((schema.get("components") or {}).get("schemas") or {}).get(name, body)
        for key, value in (body.get("properties") or {}).items():
            required = key in (body.get("required") or ())
            yield Parameter(key, place, str(value.get("type") or "string"), required)


def _module(thing: Any) -> str:
    return str(getattr(thing, "__module__", "") or "")


def _source(function: Any) -> str:
    try:
        return textwrap.dedent(inspect.getsource(function))
    except (OSError, TypeError):
        return ""


def location(function: Any, folder: Path) -> str:
    """Return ``app.py:12 in export``, as seen from *folder*; "" for what has no code here."""
    function = inspect.unwrap(function)
    code = getattr(function, "__code__", None)
    if code is None:
        return ""
    file = Path(code.co_filename)
    shown = file.relative_to(folder) if file.is_relative_to(folder) else file
    return f"{shown}:{code.co_firstlineno} in {function.__name__}"


def _once(routes: Iterator[Route]) -> tuple[Route, ...]:
    """Return the routes, each once; one with a slash at its end is the same."""
    found: dict[tuple[str, str], Route] = {}
    for route in routes:
        found.setdefault((route.method, route.path.rstrip("/") or "/"), route)
    return tuple(found.values())
