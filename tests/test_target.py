"""What a target is, and that one that cannot be used is explained in words."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import ClassVar

import pytest
from playwright.sync_api import sync_playwright

from gradio_harness.app import App, connect, launch
from gradio_harness.browsers import find, launch_arguments
from gradio_harness.drivers.browser import visit
from gradio_harness.drivers.client import open_client
from gradio_harness.drivers.wire import Wire
from gradio_harness.errors import AppFailed, AppUnreachable, TargetError, TargetNotFound
from gradio_harness.observation import Call
from gradio_harness.target import parse

APPS = Path(__file__).resolve().parent.parent / "fixtures" / "apps"


def refusal(text: str, folder: Path = APPS, seconds: float = 20) -> str:
    """Return the words with which *text* is refused."""
    with pytest.raises(TargetError) as caught:
        launch(parse(text, folder), folder=folder, timeout_seconds=seconds)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "kind", "file", "module", "name"),
    [
        ("two_events.py", "file", "two_events.py", "", ""),
        ("two_events.py:demo", "file", "two_events.py", "", "demo"),
        (" two_events.py ", "file", "two_events.py", "", ""),
        (str(APPS / "bom.py"), "file", "bom.py", "", ""),
        ("own_folder", "file", "own_folder/app.py", "", ""),
        ("own_folder/", "file", "own_folder/app.py", "", ""),
        ("package.web", "module", "package/web.py", "package.web", ""),
        ("package.web:demo", "module", "package/web.py", "package.web", "demo"),
        ("factory:make_demo", "module", "factory.py", "factory", "make_demo"),
    ],
    ids=[
        "file",
        "file-name",
        "spaces",
        "absolute",
        "folder",
        "folder-slash",
        "module",
        "module-name",
        "module-factory",
    ],
)
def test_a_local_target_is_a_file_and_a_name(
    text: str, kind: str, file: str, module: str, name: str
) -> None:
    """Files and modules are found from the folder of the command."""
    target = parse(text, APPS)

    assert (kind, APPS / file, module, name, True) == (
        target.kind,
        target.path,
        target.module,
        target.name,
        target.local,
    )


def test_a_package_with_a_main_module_is_found_without_running_it(
    write: Callable[..., Path],
) -> None:
    """`pkg` means `python -m pkg`; nothing of the package runs before it is launched."""
    runs = "raise SystemExit('ran')"
    folder = write({"pkg/__init__": runs, "pkg/__main__": runs, "pkg/deep/__init__": runs})

    assert "pkg.__main__" == parse("pkg", folder).module
    assert folder / "pkg/__init__.py" == parse("pkg:demo", folder).path
    assert folder / "pkg/deep/__init__.py" == parse("pkg.deep", folder).path


@pytest.mark.parametrize(
    ("text", "url", "loopback"),
    [
        ("http://127.0.0.1:7860/", "http://127.0.0.1:7860", True),
        ("http://localhost:7860/ui/", "http://localhost:7860/ui", True),
        ("http://[::1]:7860", "http://[::1]:7860", True),
        ("https://example.org/app", "https://example.org/app", False),
    ],
    ids=["loopback", "mounted", "ipv6", "remote"],
)
def test_a_url_is_a_remote_target(text: str, url: str, loopback: bool) -> None:
    """A URL loses its last slash; only loopback hosts stay on this machine."""
    target = parse(text, APPS)

    assert ("url", url, loopback, False) == (
        target.kind,
        target.url,
        target.loopback,
        target.local,
    )


def test_a_space_is_named_by_owner_and_name() -> None:
    """`space:owner/name` is a target of its own kind, and never on this machine."""
    target = parse("space:someone/some-app.v2", APPS)

    assert ("space", "someone/some-app.v2", False) == (target.kind, target.name, target.loopback)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", ["needs a target", "app.py:demo"]),
        ("two_event.py", ["no file two_event.py", "Did you mean 'two_events.py'?"]),
        ("nowhere/app.py", ["no file nowhere/app.py"]),
        ("from_root", ["folder without an app.py", "app.py"]),
        ("two_events.py:1x", ["'1x'", "not a Python name"]),
        ("pakage.web", ["no module 'pakage.web'", "package"]),
        ("package.wep", ["no module 'package.wep'"]),
        ("two_events.web", ["no module 'two_events.web'"]),
        ("space:justaname", ["space:owner/name"]),
        ("http://", ["no host"]),
    ],
    ids=[
        "empty",
        "typo",
        "no-folder",
        "folder",
        "not-a-name",
        "no-package",
        "no-module",
        "not-a-package",
        "space",
        "url",
    ],
)
def test_what_is_not_there_is_said_with_the_choices(text: str, parts: list[str]) -> None:
    """The message names what was looked for, what there is, and the forms."""
    with pytest.raises(TargetNotFound) as caught:
        parse(text, APPS)

    assert [] == [part for part in parts if part not in str(caught.value)]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("raises_at_import.py", ["raises_at_import.py:7", 'SETTINGS["city"]', "KeyError: 'city'"]),
        ("missing_package.py", ["missing_package.py:4", "-m pip install weather_station_of"]),
        ("unknown_argument.py", ["unknown_argument.py:10", "does not know 'titel'"]),
        ("unknown_launch_argument.py", ["argument.py:16", "does not know 'server_prot'"]),
        ("needs_network.py", ["needs_network.py:8", "It needs the network"]),
        ("syntax_error.py", ["not valid Python", "syntax_error.py:10"]),
        ("exits_at_import.py", ["exits_at_import.py:10", "exit code 3"]),
        ("no_app.py", ["without launching a Gradio app", "--app no_app.py:main"]),
        ("two_apps.py", ["2 apps", "back_of_house, front_of_house", "two_apps.py:back_of_house"]),
        ("two_apps.py:front_of_hose", ["has no 'front_of_hose'", "Did you mean 'front_of_house'?"]),
        ("bom.py:PRICES", ["'PRICES' in bom.py is a dict", "gr.Blocks"]),
        ("bom.py:price", ["price() in bom.py needs dish, guests"]),
        ("package/web.py", ["belongs to a package", "--app package.web"]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_unusable_target_is_explained(text: str, parts: list[str]) -> None:
    """What was tried, what was found and what to type; no line of the harness."""
    said = refusal(text)

    assert [] == [part for part in [*parts, text.partition(":")[0]] if part not in said]
    assert "gradio_harness" not in said
    assert "harness/script.py" not in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("source", "parts"),
    [
        (
            "import argparse\np = argparse.ArgumentParser()\n"
            "p.add_argument('model')\np.parse_args()",
            ["app.py:4", "exit code 2", "Arguments are not passed on"],
        ),
        ("name = input('Name? ')", ["app.py:1", "asks for input"]),
        ("import os\ntoken = os.environ['OPENAI_API_KEY']", ["It needs a key or a login"]),
        ("open('missing/words.txt')", ["app.py:1", "--app-folder"]),
        ("def f(a): pass\nf(b=1)", ["app.py:2", "Run it by hand"]),
        ("raise KeyboardInterrupt", ["app.py:1", "KeyboardInterrupt"]),
        (
            "import gradio as gr\nwith gr.Blocks() as demo:\n    pass\n"
            "demo.launch(prevent_thread_lock=True)\n1 / 0",
            ["app.py:5", "ZeroDivisionError", "after it launched"],
        ),
        (
            "import uvicorn, fastapi\napi = fastapi.FastAPI()\nuvicorn.run(api)",
            ["serves a FastAPI without a Gradio app", "gr.mount_gradio_app"],
        ),
        ("import uvicorn\nuvicorn.run('app:nothing')", ["app.py:2", "nothing"]),
    ],
    ids=[
        "required-argument",
        "input",
        "key",
        "missing-file",
        "own-type-error",
        "interrupted",
        "fails-after-launch",
        "no-gradio-mounted",
        "uvicorn-name",
    ],
)
def test_a_script_that_fails_before_it_serves_is_explained(
    source: str, parts: list[str], write: Callable[..., Path]
) -> None:
    """The author's line, the error as Python says it, and what to do about it."""
    said = refusal("app.py", write(app=source))

    assert [] == [part for part in parts if part not in said]
    assert "gradio_harness" not in said


def test_a_script_that_never_launches_is_given_up_on(write: Callable[..., Path]) -> None:
    """The message says where the script was; it does not launch behind our back later."""
    folder = write(
        app="""
        import time, pathlib
        import gradio as gr
        for _ in range(30):
            time.sleep(0.1)
        pathlib.Path("launched").touch()
        gr.Blocks().launch()
        """
    )
    before = set(threading.enumerate())

    said = refusal("app.py", folder, seconds=0.5)

    assert "did not launch an app within 0.5 s; it was at" in said
    assert "app.py:5 in <module>" in said
    assert set() == set(threading.enumerate()) - before
    assert not (folder / "launched").exists()


class _Hub(BaseHTTPRequestHandler):
    """Answers as the hub does, for spaces that run at *hosts*."""

    hosts: ClassVar[dict[str, str]] = {}
    private: ClassVar[set[str]] = set()
    tokens: ClassVar[list[tuple[str, str | None]]] = []

    def do_GET(self) -> None:
        token = self.headers.get("Authorization")
        self.tokens.append((self.path, token))
        if self.path.split("/")[-2] in self.private and token != "Bearer hf_0123456":
            self.send_error(401)
            return
        host = self.hosts.get(self.path.removeprefix("/api/spaces/").removesuffix("/host"))
        body = b'{"host": "%s"}' % host.encode() if host else b"not json"
        self.send_response(404 if host is None and "spaces" in self.path else 200)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[_Hub]]:
    """Serve a stand-in for the hub, and name it in HF_ENDPOINT."""
    server = HTTPServer(("127.0.0.1", 0), _Hub)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setattr(_Hub, "hosts", {})
    monkeypatch.setattr(_Hub, "private", set())
    monkeypatch.setattr(_Hub, "tokens", [])
    yield _Hub
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_space_is_driven_where_it_runs(serve: Callable[..., object], hub: type[_Hub]) -> None:
    """The hub says at which address a Space runs; that is the app."""
    running = serve("two_events.py")
    hub.hosts["someone/app"] = running.url + "/"  # type: ignore[attr-defined]

    app = connect(parse("space:someone/app", APPS), folder=APPS)

    assert running.url == app.url  # type: ignore[attr-defined]
    assert ["greet", "letters"] == [event.label for event in app.contract.events]


GUARDED = """
    import os

    import fastapi
    import gradio as gr
    from fastapi.responses import RedirectResponse, Response

    app = fastapi.FastAPI()

    @app.middleware("http")
    async def guard(request, go_on):
        if request.headers.get("authorization") != os.environ["EXPECTED"]:
            return Response(status_code=404)
        if request.url.path == "/away":
            return RedirectResponse(os.environ["HF_ENDPOINT"] + "/else/where")
        return await go_on(request)

    with gr.Blocks() as demo:
        text = gr.Textbox(label="Text")
        demo.load(lambda: "loaded", None, text, api_name="load")

    app = gr.mount_gradio_app(app, demo, "/")
"""


@pytest.fixture(params=["token", "password"])
def private(
    request: pytest.FixtureRequest,
    serve: Callable[..., App],
    write: Callable[..., Path],
    hub: type[_Hub],
    monkeypatch: pytest.MonkeyPatch,
) -> App:
    """A Space that answers nobody without a token, an address that does without a password."""
    hub.hosts["someone/app"] = serve("app.py", write(app=GUARDED)).url
    hub.private.add("app")
    monkeypatch.setenv("HF_TOKEN", "hf_0123456")
    target = "space:someone/app"
    monkeypatch.setenv("EXPECTED", "Bearer hf_0123456")
    if request.param == "password":
        target = hub.hosts["someone/app"].replace("//", "//me:sword%20fish@")
        monkeypatch.setenv("EXPECTED", "Basic bWU6c3dvcmQgZmlzaA==")
    return connect(parse(target, APPS), folder=APPS)


def test_an_app_that_asks_for_one_gets_the_users_token_or_password(
    private: App, hub: type[_Hub]
) -> None:
    """In every request of wire and client; what it redirects elsewhere has none."""
    with Wire(private) as wire:
        event = private.contract.event("load")
        outputs = wire.call(Call(event.label, event.index, ())).outputs
    with open_client(private) as client:
        again = client.predict(api_name="/load")
    with private.http() as http:
        http.get(f"{private.url}/away")

    assert (("loaded",), "loaded", ("/else/where", None)) == (outputs, again, hub.tokens[-1])
    assert "hf_0123456" not in repr(private)
    assert "@" not in private.url


def test_a_public_space_never_sees_the_users_token(
    serve: Callable[..., App], hub: type[_Hub], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever wrote it could keep it."""
    hub.hosts["someone/app"] = serve("two_events.py").url
    monkeypatch.setenv("HF_TOKEN", "hf_0123456")

    app = connect(parse("space:someone/app", APPS), folder=APPS)

    with open_client(app) as client:
        sent = {name.lower() for name in client.headers}
    assert ({}, {None}) == (app.headers, {token for _, token in hub.tokens})
    assert "authorization" not in sent


@pytest.mark.browser
def test_the_page_of_such_an_app_is_opened(private: App, hub: type[_Hub]) -> None:
    """With what it asks for, which goes nowhere else."""
    with sync_playwright() as playwright:
        program = playwright.chromium.launch(**launch_arguments(find()))
        context = program.new_context()
        seen = visit(context, private, private.contract)
        page = context.new_page()
        page.goto(f"{private.url}/away")
        program.close()

    assert (200, True, [("loaded",)], ("/else/where", None)) == (
        seen.status,
        seen.mounted,
        [observation.outputs for observation in seen.observations],
        next(told for told in reversed(hub.tokens) if "else" in told[0]),
    )


def test_a_space_that_the_hub_does_not_know_is_explained(hub: type[_Hub]) -> None:
    """The message names the hub, its answer, and HF_TOKEN."""
    with pytest.raises(AppUnreachable, match=r"answers 404.*HF_TOKEN"):
        connect(parse("space:someone/nothing", APPS), folder=APPS)


def test_a_url_is_driven_where_it_answers(serve: Callable[..., object]) -> None:
    """A URL target has no probe, no module, and the same contract."""
    running = serve("mounted.py")

    app = connect(parse(running.url, APPS), folder=APPS)  # type: ignore[attr-defined]

    assert (None, None, "remote", ["exchange"]) == (
        app.probe,
        app.module,
        app.where,
        [event.label for event in app.contract.events],
    )


def test_a_url_that_answers_something_else_is_refused(hub: type[_Hub]) -> None:
    """200 with any other body is not a Gradio app."""
    import os

    url = os.environ["HF_ENDPOINT"]
    with pytest.raises(AppUnreachable, match="something else, not a Gradio app's config"):
        connect(parse(url, APPS), folder=APPS)


def test_a_url_where_nothing_listens_is_refused_at_once() -> None:
    """Nobody waits half a minute for a connection that is refused."""
    with pytest.raises(AppUnreachable, match="Is it running"):
        connect(parse("http://127.0.0.1:9", APPS), folder=APPS)


def test_an_unusable_target_is_the_apps_failure() -> None:
    """What the app's own code did is told from what was not found."""
    with pytest.raises(AppFailed):
        launch(parse("raises_at_import.py", APPS), folder=APPS)
    with pytest.raises(TargetNotFound):
        launch(parse("no_app.py", APPS), folder=APPS)
