"""A running app: where it answers, who may log in, what it offers, and its end.

    app = launch(parse("app.py", Path.cwd()), folder=Path.cwd())
    app.contract.event("greet")
    app.close()

`launch` serves a local target in this process, so that the probe sees everything and a
test can stub what it likes; `connect` takes an app that runs elsewhere (a URL or a Space);
`start` does either. For an app in a child process of ours see `child`.
"""

from __future__ import annotations

import base64
import contextlib
import importlib
import os
import time
import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

import httpx

from .contract import Contract, Function, read
from .environment import gradio_environment, use_temp_folder
from .errors import AppUnreachable, TargetNotFound
from .observation import Evidence
from .probe import Probe, function_details
from .routes import Door, Route, door, listed, of_asgi, of_schema
from .script import Script, working_folder
from .shortcuts import Shortcuts
from .target import Target, parse

__all__ = [
    "App",
    "Credentials",
    "connect",
    "launch",
    "logins",
    "named_home",
    "start",
    "start_here",
]


@dataclass(frozen=True, slots=True)
class Credentials:
    """A visitor's login. The password is never shown."""

    user: str
    password: str = field(repr=False)

    @classmethod
    def listed(cls, text: str) -> tuple[Credentials, ...]:
        """Return the logins of ``USER:PASSWORD`` lines, as GRADIO_HARNESS_AUTH holds them."""
        pairs = (line.partition(":") for line in text.split("\n"))
        return tuple(cls(user, password) for user, colon, password in pairs if colon)


@dataclass(slots=True, eq=False)
class App:
    """A running app.

    *url* has no slash at its end. *where* says how it runs: "in-process", "child process"
    or "remote". *module* and *blocks* are the author's, *asgi* is what is served; these are
    known in-process only. *startup* holds what the probe saw before the app was served. *headers*
    go with every request to the app, and to nobody else.
    """

    target: Target
    url: str
    where: str
    folder: Path
    credentials: tuple[Credentials, ...] = field(default=(), repr=False)
    probe: Probe | None = None
    module: types.ModuleType | None = field(default=None, repr=False)
    blocks: Any = field(default=None, repr=False)
    arguments: Mapping[str, Any] = field(default_factory=dict, repr=False)
    notes: tuple[str, ...] = ()
    evidence_source: Callable[[str, str], Evidence | None] | None = None
    gatherer: Callable[[int, Sequence[int]], None] | None = None
    process_id: int = 0
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    asgi: Any = field(default=None, repr=False)
    _closers: contextlib.ExitStack = field(default_factory=contextlib.ExitStack, repr=False)
    _contract: Contract | None = field(default=None, repr=False)
    _door: Door | None = None

    @property
    def contract(self) -> Contract:
        """What the app offers, read once."""
        if self._contract is None:
            self._contract = _read_contract(self)
        return self._contract

    @property
    def origin(self) -> str:
        """Scheme, host and port: what `Route.path` is seen from."""
        return urlunsplit((*urlsplit(self.url)[:2], "", "", ""))

    @property
    def routes(self) -> tuple[Route, ...]:
        """Every route that is known of the app's server; the author's first."""
        found = _outside(self) if self.asgi is None else of_asgi(self.asgi, self.folder)
        return tuple(sorted(found, key=lambda route: route.owner != "author"))

    @property
    def needs_login(self) -> bool:
        """Whether the app turns anonymous visitors away."""
        with self.http(login=False) as http:
            return http.get(f"{self.url}/config").status_code == 401

    def http(self, *, login: bool = True, timeout_seconds: float = 30.0) -> httpx.Client:
        """Return a client with persistent connections, logged in where the app asks for it.

        For requests to the app alone; what it redirects elsewhere goes there without a token.
        """
        return httpx.Client(
            headers=self.headers,
            timeout=timeout_seconds,
            follow_redirects=True,
            verify=not self.url.startswith("http:"),  # certificates take 20 ms to read
            trust_env=not self.target.loopback,
            limits=httpx.Limits(max_connections=64, max_keepalive_connections=64),
            cookies=self.log_in(self.credentials[0]) if login and self.credentials else None,
        )

    @property
    def door(self) -> Door:
        """Where visitors log in: Gradio's form, or the author's where that decides."""
        if self._door is None:
            own = self.asgi is not None and not self.arguments.get("auth")
            gradios = Door(f"{urlsplit(self.url).path.rstrip('/')}/login")
            self._door = (door(self.routes) if own else None) or gradios
        return self._door

    def log_in(self, who: Credentials) -> httpx.Cookies:
        """Return the cookies of a login; raises AppUnreachable where it is refused."""
        entrance = self.door
        with self.http(login=False) as http:
            answer = http.post(
                f"{self.origin}{entrance.path}", **entrance.body(who.user, who.password)
            )
            cookies = http.cookies
        if answer.status_code >= 400:
            raise AppUnreachable(
                f"{self.target} refused the login of {who.user!r} (HTTP {answer.status_code}). "
                "Name one that works: --app-auth USER:PASSWORD, or GRADIO_HARNESS_AUTH in the "
                "environment."
            )
        return cookies

    def answers(self, timeout_seconds: float = 10.0) -> bool:
        """Whether the app still answers a plain request."""
        try:
            with self.http(login=False, timeout_seconds=timeout_seconds) as http:
                return http.get(f"{self.url}/config").status_code < 500
        except httpx.HTTPError:
            return False

    def evidence(self, event_id: str, session: str) -> Evidence | None:
        """Return what the probe saw of a call; None without a probe (a URL target)."""
        if self.evidence_source is not None:
            return self.evidence_source(event_id, session)
        return self.probe.evidence(event_id, session) if self.probe else None

    def gather(self, number: int, indices: Sequence[int] = ()) -> None:
        """Have *number* calls of these events begin at the same moment; 0: as they come.

        Without a probe they begin as they come.
        """
        if self.gatherer is not None:
            self.gatherer(number, indices)
        elif self.probe is not None:
            self.probe.gather(number, indices)

    def close(self) -> None:
        """Stop the app and leave nothing of ours: no thread, port, folder or variable."""
        self._closers.close()

    def __enter__(self) -> App:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def launch(
    target: Target,
    *,
    folder: Path,
    credentials: Sequence[Credentials] = (),
    home: Path | None = None,
    timeout_seconds: float = 120.0,
    on_evidence: Callable[[str, Evidence], None] | None = None,
    shortcuts: bool = True,
) -> App:
    """Serve a file or module target in this process and return it running.

    *folder* is where the user typed the command, *home* the folder the app runs in (None:
    found from the paths in its source). The author's launch arguments are kept,
    but for where and to whom it serves. With *shortcuts* Gradio does nothing for each call that
    need be done once only. Raises TargetError in words.
    """
    assert target.path is not None
    closers = contextlib.ExitStack()
    try:
        closers.enter_context(gradio_environment())
        importlib.import_module("gradio")
        use_temp_folder()
        if home is None:
            home = folder if target.kind == "module" else working_folder(target.path, folder)
        roots = tuple(dict.fromkeys((target.path.parent, home, folder)))
        probe = Probe(roots, ignored=(Path(os.environ["GRADIO_TEMP_DIR"]),))
        probe.on_record = on_evidence
        probe.install()
        closers.callback(probe.remove)
        script = Script(target, folder=home, probe=probe, timeout_seconds=timeout_seconds)
        served = script.start()
        closers.callback(script.close)
        if shortcuts:
            shorter = Shortcuts()
            closers.callback(shorter.remove)
            shorter.install()
        app = App(
            target,
            served.url,
            "in-process",
            home,
            tuple(credentials)
            or tuple(Credentials(*pair) for pair in logins(served.arguments.get("auth"))),
            probe,
            script.module,
            served.blocks,
            served.arguments,
            served.notes,
            process_id=os.getpid(),
            asgi=served.asgi,
        )
        app._closers = closers.pop_all()
    except BaseException:
        closers.close()
        raise
    return app


def start(
    target: Target,
    *,
    folder: Path,
    credentials: Sequence[Credentials] = (),
    app_folder: str = "",
    timeout_seconds: float = 120.0,
) -> App:
    """Return *target* running: launched if it is a file or a module, connected to otherwise.

    *app_folder* is the one in which it runs, as the user named it; found as ever without.
    """
    if not target.local:
        return connect(target, folder=folder, credentials=credentials)
    home = named_home(app_folder, folder)
    return launch(
        target,
        folder=folder,
        credentials=credentials,
        home=home,
        timeout_seconds=timeout_seconds,
    )


def start_here(text: str, *, app_folder: str = "") -> App:
    """Return the app that lines to paste name by *text*, running as seen from this folder.

    GRADIO_HARNESS_AUTH in the environment holds its logins.
    """
    here = Path.cwd()
    credentials = Credentials.listed(os.environ.get("GRADIO_HARNESS_AUTH", ""))
    return start(parse(text, here), folder=here, credentials=credentials, app_folder=app_folder)


def named_home(named: str, folder: Path) -> Path | None:
    """Return the folder that the user *named* for the app, as seen from *folder*; None if none.

    Raises TargetNotFound if there is no such folder.
    """
    if not named:
        return None
    home = (folder / named).resolve()
    if not home.is_dir():
        raise TargetNotFound(f"--app-folder {named}: there is no such folder.")
    return home


def connect(
    target: Target,
    *,
    folder: Path,
    credentials: Sequence[Credentials] = (),
    timeout_seconds: float = 30.0,
) -> App:
    """Return the app that answers at a URL or runs as a Space, once it does answer."""
    url, headers = (_space if target.kind == "space" else _address)(target)
    app = App(target, url, "remote", folder, tuple(credentials), headers=headers)
    limit = time.monotonic() + timeout_seconds
    while True:
        try:
            with app.http(login=False) as http:
                answer = http.get(f"{url}/config")
        except httpx.HTTPError as error:
            reason = f"{type(error).__name__}: {error}"
            final = "refused" in reason
        else:
            if answer.status_code == 401 or (answer.status_code == 200 and _is_config(answer)):
                return app
            said = "something else" if answer.status_code == 200 else f"{answer.status_code}"
            reason = f"GET {url}/config answered {said}, not a Gradio app's config"
            final = answer.status_code < 500
        if final or time.monotonic() > limit:
            break
        time.sleep(0.5)
    raise AppUnreachable(
        f"{target} does not answer as a Gradio app: {reason}. Is it running, and is this the "
        "address of the app itself (with its mount path, if it is mounted)?"
    )


def _is_config(answer: httpx.Response) -> bool:
    try:
        config = answer.json()
    except ValueError:
        return False
    return isinstance(config, dict) and "dependencies" in config


def _address(target: Target) -> tuple[str, dict[str, str]]:
    """Return a URL target's address and, of ``https://user:password@host``, the header for it.

    A page that is opened at an address with a password in it cannot fetch anything.
    """
    parts = urlsplit(target.url)
    userinfo, at, host = parts.netloc.rpartition("@")
    if not at:
        return target.url, {}
    basic = base64.b64encode(unquote(userinfo).encode()).decode()
    return urlunsplit(parts._replace(netloc=host)), {"Authorization": f"Basic {basic}"}


def _space(target: Target) -> tuple[str, dict[str, str]]:
    """Return the address at which a Space runs, and what its requests need, as the hub says.

    The user's token goes to a Space that nobody may read without: whoever wrote it can read
    the token.
    """
    hub = os.environ.get("HF_ENDPOINT", "https://huggingface.co").rstrip("/")
    token = os.environ.get("HF_TOKEN")
    headers: dict[str, str] = {}
    try:
        answer = httpx.get(f"{hub}/api/spaces/{target.name}/host", timeout=20)
        if token and answer.status_code in (401, 403, 404):
            headers = {"Authorization": f"Bearer {token}"}
            answer = httpx.get(f"{hub}/api/spaces/{target.name}/host", headers=headers, timeout=20)
    except httpx.HTTPError as error:
        raise AppUnreachable(
            f"{target}: the hub {hub} cannot be reached ({type(error).__name__}: {error})."
        ) from error
    if answer.status_code != 200:
        raise AppUnreachable(
            f"{target}: {hub} answers {answer.status_code}. Is the name right, and is the Space "
            "public or HF_TOKEN set?"
        )
    return str(answer.json()["host"]).rstrip("/"), headers


def _read_contract(app: App) -> Contract:
    with app.http() as http:
        answer = http.get(f"{app.url}/config")
        if answer.status_code == 401:
            raise AppUnreachable(
                f"{app.target} asks for a login. Give one: --app-auth USER:PASSWORD, or "
                "GRADIO_HARNESS_AUTH=USER:PASSWORD in the environment."
            )
        if answer.status_code != 200:
            raise AppUnreachable(
                f"{app.target}: GET {app.url}/config answers {answer.status_code}: "
                f"{answer.text[:200]}"
            )
        config = answer.json()
        info = http.get(f"{app.url}{config.get('api_prefix') or ''}/info")
    functions: dict[int, Function] = {}
    if app.blocks is not None and app.probe is not None:
        functions = _functions(app.blocks, app.probe)
    return read(config, info.json() if info.status_code == 200 else None, functions)


def _outside(app: App) -> tuple[Route, ...]:
    """Return what can be known from outside: Gradio's routes, and what the server describes."""
    base = urlsplit(app.url).path.rstrip("/")
    schemas = {}
    with app.http() as http:
        for place in dict.fromkeys(("", base)):
            with contextlib.suppress(httpx.HTTPError, ValueError):
                schemas[place] = http.get(f"{app.origin}{place}/openapi.json").json()
    described = [
        route
        for place, schema in schemas.items()
        if isinstance(schema, Mapping)
        for route in of_schema(schema, place)
    ]
    known = listed(app.contract.prefix, base)
    labels = {route.label for route in known}
    return (*known, *(route for route in described if route.label not in labels))


def _functions(blocks: Any, probe: Probe) -> dict[int, Function]:
    """Return the function behind each event; concurrency ids are numbered in their order."""
    limit = getattr(getattr(blocks, "_queue", None), "default_concurrency_limit", 1)
    found: dict[int, Function] = {}
    numbers: dict[str, int] = {}
    for index, block_fn in _block_functions(blocks).items():
        details = function_details(block_fn, probe.roots, limit)
        number = numbers.setdefault(details["concurrency_id"], len(numbers))
        found[index] = Function(**{**details, "concurrency_id": str(number)})
    return found


def _block_functions(blocks: Any) -> dict[int, Any]:
    fns = getattr(blocks, "fns", {})
    return dict(fns) if isinstance(fns, Mapping) else dict(enumerate(fns))


def logins(auth: Any) -> tuple[tuple[str, str], ...]:
    """Return user and password of each login in ``launch(auth=…)``, read as Gradio reads it.

    One pair or a sequence of them; none for a function, which only knows when it is asked.
    """
    if not auth or callable(auth):
        return ()
    pairs = auth if isinstance(auth[0], tuple | list) else [auth]
    return tuple((str(pair[0]), str(pair[1])) for pair in pairs)
