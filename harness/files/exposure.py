"""Somebody who asks the routes of an app for files: its source, its secrets, others of the machine.

What is asked for are the app's own files, of which nothing is kept, and marked ones of ours.
"""

from __future__ import annotations

import contextlib
import itertools
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote, urlsplit

import httpx

from ..app import App, start_here
from ..checks.exposed import Exposed, FileKind, exposed
from ..finding import Finding
from ..literals import literal
from ..reproduce import script
from ..routes import Route
from ..rows import SuiteRow
from ..run import Part
from .bait import PREFIX, laid
from .ways import UP

__all__ = ["exposure", "replay_exposure"]

#: What is secret by its name.
SECRET = (
    *(".env*", ".netrc", ".pgpass", ".npmrc", ".pypirc", ".htpasswd", ".git-credentials"),
    *(".git/config", ".aws/credentials", ".streamlit/secrets.toml", "*.pem", "*.key", "*.sqlite*"),
    *("*secret*", "*credential*", "*password*"),
)
#: So many files of a folder are asked for, so many routes with parameters, and so much is read.
MOST_FILES, MOST_ROUTES = 12, 20
LARGEST = 100_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file that is not for visitors: where it lies, and how much of it tells it from others."""

    path: Path
    kind: FileKind
    content: bytes


def exposure(app: App) -> Part:
    """Return what the routes of *app* give to whoever asks."""
    findings, requests = _asked(app)
    return Part(
        findings=tuple(replace(f, reproduce=_script(app)) for f in findings),
        suites=(SuiteRow("files", cases=requests),),
    )


def _asked(app: App) -> tuple[list[Finding], int]:
    found: dict[str, Finding] = {}
    requests = 0
    with laid(app) as bait, _at_home(app) as home, app.http(timeout_seconds=10.0) as http:
        ours = [Wanted(bait.outside / "note.txt", "outside", bait.mark.word.encode()), *home]
        for route, wanted, address in _addresses(app, ours):
            requests += 1
            if _gives(http, f"{_root(app)}{address}", wanted.content):
                told = Exposed(
                    wanted.path.name,
                    wanted.kind,
                    route.label,
                    f"GET {address.replace(quote(str(wanted.path.parent)), '…')}",
                    location=route.location,
                )
                for finding in exposed(told):
                    found.setdefault(finding.title, finding)
    return list(found.values()), requests


@contextlib.contextmanager
def _at_home(app: App) -> Iterator[list[Wanted]]:
    """Lay a file of ours in the user's own folder, if the author opens that to visitors."""
    home = Path.home().resolve()
    allowed = app.arguments.get("allowed_paths") or ()
    if not any(isinstance(one, str) and home.is_relative_to(one) for one in allowed):
        yield []
        return
    with tempfile.NamedTemporaryFile(prefix=PREFIX, suffix=".txt", dir=home) as file:
        content = file.name.encode()
        file.write(content)
        file.flush()
        yield [Wanted(Path(file.name), "outside", content)]


def _addresses(app: App, ours: list[Wanted]) -> Iterator[tuple[Route, Wanted, str]]:
    """Yield what to ask which route for, and the address that does it."""
    own = _own_files(app)
    gradio = Route("GET", f"{app.contract.prefix}/file={{path}}", "gradio")
    base = urlsplit(app.url).path.rstrip("/")
    for wanted in (*ours, *own):
        yield gradio, wanted, f"{base}{app.contract.prefix}/file={quote(str(wanted.path))}"
    mine = [r for r in app.routes if r.owner == "author" and r.reads][:MOST_ROUTES]
    for route in mine:
        if route.folder:
            begin, folder = route.path.partition("{")[0].rstrip("/"), Path(route.folder).resolve()
            for wanted in own:
                if wanted.path.is_relative_to(folder):
                    relative = wanted.path.relative_to(folder)
                    yield route, wanted, f"{begin}/{quote(str(relative))}"
        else:
            for text in (str(ours[0].path), f"{UP}{str(ours[0].path).lstrip('/')}"):
                for address in _filled(route, text):
                    yield route, ours[0], address


def _filled(route: Route, text: str) -> Iterator[str]:
    """Yield the route's address with *text* in each of its parameters in turn."""
    for parameter in route.parameters:
        if parameter.kind != "string":
            continue
        query = {p.name: "1" for p in route.parameters if p.place == "query" and p.required}
        if parameter.place == "path":
            path = route.filled({parameter.name: quote(text, safe="")})
            yield path + _query(query)
        elif parameter.place == "query":
            yield route.filled({}) + _query({**query, parameter.name: text})


def _query(values: dict[str, str]) -> str:
    return f"?{httpx.QueryParams(values)}" if values else ""


def _own_files(app: App) -> list[Wanted]:
    """Return the app's source, and what in its folder is secret by its name."""
    found: dict[Path, FileKind] = {}
    if app.target.path is not None:
        found[app.target.path] = "source"
    if app.target.local:
        for pattern in SECRET:
            for path in sorted(app.folder.glob(pattern)):
                found.setdefault(path, "secret")
    for blocked in app.arguments.get("blocked_paths") or ():
        below = itertools.islice(Path(blocked).rglob("*"), MOST_FILES)
        for path in [*(p for p in below if p.is_file()), Path(blocked)][:1]:
            found[path] = "blocked"
    read = [(path, kind, _read(path)) for path, kind in list(found.items())[:MOST_FILES]]
    return [Wanted(path.resolve(), kind, content) for path, kind, content in read if content]


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST)
    except OSError:
        return b""


def _gives(http: httpx.Client, address: str, content: bytes) -> bool:
    """Whether what is at *address* is, or has in it, *content*."""
    came = b""
    try:
        with http.stream("GET", address) as answer:
            if answer.status_code != 200:
                return False
            for piece in answer.iter_bytes():
                came += piece
                if len(came) > 2 * LARGEST:
                    break
    except (httpx.HTTPError, httpx.InvalidURL):
        return False
    return content in came


def _root(app: App) -> str:
    parts = urlsplit(app.url)
    return f"{parts.scheme}://{parts.netloc}"


def _script(app: App) -> str:
    return script([literal(app.target.text)], media=False, call="replay_exposure")


def replay_exposure(target: str, *, folder: str = "") -> None:
    """Start *target* and ask its routes for files that are not for visitors.

    SystemExit is raised where one is given.
    """
    with start_here(target, app_folder=folder) as app:
        findings: Sequence[Finding] = _asked(app)[0]
    for finding in findings:
        print(f"{finding.title}  {finding.location}\n  {finding.detail}")
    if findings:
        sys.exit("; ".join(finding.title for finding in findings))
