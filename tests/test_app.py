"""An app is served as its author launches it, and leaves nothing behind."""

from __future__ import annotations

import gc
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import gradio
import pytest

from gradio_harness.app import App, Credentials, launch
from gradio_harness.drivers.wire import Wire
from gradio_harness.errors import AppFailed, AppUnreachable, TargetError
from gradio_harness.observation import Call
from gradio_harness.target import parse

APPS = Path(__file__).resolve().parent.parent / "fixtures" / "apps"

PAGE = """
import gradio as gr

def upper(text):
    return (text or "").upper()

with gr.Blocks(title="Upper") as demo:
    text = gr.Textbox("abc", label="Text")
    out = gr.Textbox(label="Out")
    gr.Button("Go").click(upper, text, out)
"""


@pytest.fixture
def run() -> Iterator[Callable[..., App]]:
    """Return a function that launches a target in a folder; it is closed after the test."""
    running: list[App] = []

    def launched(text: str, folder: Path = APPS, **options: Any) -> App:
        running.append(launch(parse(text, folder), folder=folder, **options))
        return running[-1]

    yield launched
    for app in running:
        app.close()


def answer(app: App, label: str, *inputs: Any) -> Any:
    """Return the outputs of one call, or the error."""
    with Wire(app, timeout_seconds=20) as wire:
        observation = wire.call(Call(label, app.contract.event(label).index, inputs))
    return observation.outputs or observation.error


@pytest.mark.parametrize(
    ("text", "label", "inputs", "outputs"),
    [
        ("two_events.py", "greet", ("Bo",), ("Hello, Bo!",)),
        ("two_events.py:demo", "greet", ("Bo",), ("Hello, Bo!",)),
        ("two_apps.py:back_of_house", "close", ("Monday",), ("Closed on Monday.",)),
        ("factory.py:make_demo", "shorten", ("abcdefgh", 5), ("abcd…",)),
        ("factory:make_demo", "shorten", ("abcdefgh", 5), ("abcd…",)),
        ("package.web", "plural", ("berry",), ("berries",)),
        ("package.web:demo", "plural", ("berry",), ("berries",)),
        ("launch_at_import.py", "add", (1, 2), ("3",)),
        ("main_function.py", "spell", ("ab", "."), ("A.B",)),
        ("mounted.py", "exchange", (10, "EUR", "USD"), (11,)),
        ("mounted.py:app", "exchange", (10, "EUR", "USD"), (11,)),
        ("mounted.py:demo", "exchange", (10, "EUR", "USD"), (11,)),
        ("bom.py", "price", ("Grüner Tee", 2), ("5.60 €",)),
        ("own_folder", "", (1,), ("harbour",)),
        ("from_root/src/app.py", "greet", ("Bo",), ("Good morning, Bo!",)),
        ("changes_folder.py", "save", ("milk",), ("4 bytes",)),
    ],
    ids=lambda value: value if isinstance(value, str) and "." in value else "",
)
def test_every_kind_of_target_is_served(
    text: str, label: str, inputs: tuple[Any, ...], outputs: tuple[Any, ...], run: Any
) -> None:
    """The app that was named answers as its author wrote it."""
    app = run(text)
    first = label or app.contract.events[0].label

    assert outputs == answer(app, first, *inputs)


@pytest.mark.parametrize(
    "ending",
    [
        "demo.queue().launch()",
        "demo.launch(share=True, inbrowser=True, server_name='0.0.0.0', server_port=1)",
        "if __name__ == '__main__':\n    demo.launch()",
        "demo.launch(prevent_thread_lock=True)\ndemo.block_thread()",
        "demo.launch(prevent_thread_lock=True)\nimport time\nwhile True:\n    time.sleep(0.1)",
        "app, url, _ = demo.launch(prevent_thread_lock=True)\nassert url.startswith('http')",
        "import asyncio\nasync def main():\n    demo.launch()\nasyncio.run(main())",
        "import tempfile\nwith tempfile.TemporaryDirectory() as d:\n"
        "    demo.launch(allowed_paths=[d])",
        "def main():\n    with gr.Blocks() as page:\n        demo.render()\n"
        "    page.launch()\nmain()",
        "import uvicorn, fastapi\napp = fastapi.FastAPI()\n"
        "app = gr.mount_gradio_app(app, demo, path='/x')\n"
        "if __name__ == '__main__':\n    uvicorn.run('app:app', port=1)",
        "import uvicorn, fastapi\ndef make():\n"
        "    return gr.mount_gradio_app(fastapi.FastAPI(), demo, path='/')\n"
        "uvicorn.run(make, factory=True)",
        "import uvicorn, fastapi\nfrom gradio.routes import mount_gradio_app\n"
        "app = mount_gradio_app(fastapi.FastAPI(), demo, '/a/b/')\n"
        "uvicorn.Server(uvicorn.Config(app, port=1)).run()",
        "import asyncio, uvicorn, fastapi\n"
        "app = gr.mount_gradio_app(fastapi.FastAPI(), demo, '/x')\n"
        "asyncio.run(uvicorn.Server(uvicorn.Config(app, port=1)).serve())",
        "import fastapi\nfrom starlette.middleware.gzip import GZipMiddleware\n"
        "app = gr.mount_gradio_app(fastapi.FastAPI(), demo, '/x')\n"
        "import uvicorn\nuvicorn.run(GZipMiddleware(app), port=1)",
        "demo = gr.TabbedInterface([demo, gr.Interface(lambda x: x, 'text', 'text')], ['A', 'B'])",
        "import signal\nsignal.signal(signal.SIGINT, lambda *a: None)\ndemo.launch()",
    ],
    ids=[
        "queue",
        "share",
        "guard",
        "block-thread",
        "loop",
        "unpacked",
        "asyncio",
        "temporary-folder",
        "rendered-inside",
        "uvicorn-name",
        "uvicorn-factory",
        "uvicorn-server",
        "uvicorn-serve",
        "uvicorn-middleware",
        "tabbed-not-launched",
        "signal",
    ],
)
def test_every_way_to_launch_is_served(ending: str, run: Any, write: Any) -> None:
    """However a script launches, it is served on a loopback port of the harness's choice."""
    app = run("app.py", write(app=f"{PAGE}\n{ending}\n"))

    assert ("127.0.0.1", ("ABC",)) == (urlsplit(app.url).hostname, answer(app, "upper", "abc"))


def test_a_share_link_is_never_opened(run: Any, write: Any, monkeypatch: Any) -> None:
    """share=True, and GRADIO_SHARE in the environment, leave the app on this machine."""
    import gradio.networking

    opened: list[object] = []
    monkeypatch.setenv("GRADIO_SHARE", "True")
    monkeypatch.setattr(gradio.networking, "setup_tunnel", lambda *a, **k: opened.append(a))

    app = run("app.py", write(app=PAGE + "demo.launch(share=True)"))

    assert ([], None, True) == (opened, app.blocks.share_url, app.arguments["share"])


def test_the_first_of_two_launched_apps_is_served_and_the_other_named(run: Any, write: Any) -> None:
    """Which one is tested is said, and how to test the other."""
    folder = write(
        app=PAGE
        + "with gr.Blocks() as staff:\n    gr.Textbox()\n"
        + "demo.launch(prevent_thread_lock=True)\nstaff.launch()"
    )

    app = run("app.py", folder)

    assert ("Upper", ("staff is launched too; to test it: --app app.py:staff",)) == (
        app.contract.title,
        app.notes,
    )


def test_the_second_of_two_launched_apps_is_served_when_named(run: Any, write: Any) -> None:
    """The name decides, and its own launch arguments count."""
    folder = write(
        app=PAGE
        + "with gr.Blocks(title='Staff') as staff:\n    gr.Textbox()\n"
        + "demo.launch(prevent_thread_lock=True)\nstaff.launch(show_error=True)"
    )

    app = run("app.py:staff", folder)

    assert ("Staff", {"show_error": True}) == (app.contract.title, dict(app.arguments))


def test_a_module_runs_as_main_and_under_its_own_name(run: Any, write: Any) -> None:
    """Users stub `app.module`; pickling and `import app` find the same functions."""
    app = run("app.py", write(app=PAGE + "import sys\nargs = list(sys.argv)\ndemo.launch()"))
    app.module.upper.__globals__["NEW"] = 1

    assert app.module is sys.modules["__main__"]
    assert app.module is sys.modules["app"]
    assert [str(app.folder / "app.py")] == app.module.args
    assert "app.py" not in sys.argv[0]


def test_a_package_is_run_as_python_m_runs_it(run: Any, write: Any) -> None:
    """The package's own __init__ runs first, and relative imports work in it."""
    folder = write(
        {
            "site/__init__": "from . import words\nNAME = words.NAME",
            "site/words": "NAME = 'Site'",
            "site/__main__": "from . import NAME\nfrom .words import NAME as N\n"
            + PAGE.replace('"Upper"', "NAME + N")
            + "if __name__ == '__main__':\n    demo.launch()",
        }
    )
    (folder / "site").rename(folder / "our_site")

    app = run("our_site", folder)

    assert "SiteSite" == app.contract.title


LAUNCHED = {
    "auth": ("demo.launch(auth=('ada', 'pw'))", {"auth": ("ada", "pw")}),
    "positional": ("demo.launch(False, False, True)", {"inline": False, "share": True}),
    "max_file_size": ("demo.launch(max_file_size='1kb')", {"max_file_size": "1kb"}),
    "root_path": ("demo.launch(root_path='/proxied')", {"root_path": "/proxied"}),
    "show_error": ("demo.launch(show_error=True)", {"show_error": True}),
}


@pytest.mark.parametrize(("ending", "given"), LAUNCHED.values(), ids=LAUNCHED)
def test_the_authors_launch_arguments_are_kept(
    ending: str, given: dict[str, Any], run: Any, write: Any
) -> None:
    """What is tested is what is deployed: the app behaves as its launch() says."""
    app = run("app.py", write(app=PAGE + ending))

    assert given.items() <= dict(app.arguments).items()
    assert ("ABC",) == answer(app, "upper", "abc")
    assert app.needs_login == ("auth" in given)
    assert app.contract.show_error == given.get("show_error", False)


def test_an_upload_over_the_authors_limit_is_refused(run: Any, write: Any) -> None:
    """max_file_size of launch() holds here as it does where the app is deployed."""
    app = run("app.py", write(app=PAGE + "demo.launch(max_file_size='1kb')"))
    with app.http() as http:
        url = f"{app.url}{app.contract.prefix}/upload"
        statuses = [
            http.post(url, files={"files": ("a.txt", b"x" * size)}).status_code
            for size in (100, 5000)
        ]

    assert [200, 413] == statuses


def test_files_are_served_from_the_authors_allowed_paths(
    run: Any, write: Any, tmp_path_factory: Any
) -> None:
    """allowed_paths of launch() is kept, and nothing beside it is opened."""
    allowed, other = tmp_path_factory.mktemp("allowed"), tmp_path_factory.mktemp("other")
    for folder in (allowed, other):
        (folder / "a.txt").write_text("here")
    app = run("app.py", write(app=f"{PAGE}demo.launch(allowed_paths=[{str(allowed)!r}])"))
    with app.http() as http:
        place = f"{app.url}{app.contract.prefix}/file="
        statuses = [http.get(f"{place}{folder}/a.txt").status_code for folder in (allowed, other)]

    assert [200, 403] == statuses


def test_the_authors_logins_are_used_and_the_users_come_first(run: Any) -> None:
    """An app with auth=[…] is driven as its first user, unless one is named."""
    app = run("login.py")
    assert (True, "ada") == (app.needs_login, app.credentials[0].user)
    assert ("Welcome, ada.",) == answer(app, "greet")
    app.close()

    app = run("login.py", credentials=[Credentials("bob", "builder")])
    assert ("Welcome, bob.",) == answer(app, "greet")
    assert "builder" not in repr(app.credentials)


@pytest.mark.parametrize(
    "auth",
    ["('ada', 'lovelace')", "['ada', 'lovelace']", "(('ada', 'lovelace'), ('bob', 'builder'))"],
    ids=["pair", "list of two", "tuple of pairs"],
)
def test_a_login_may_be_written_in_every_form_that_gradio_takes(
    auth: str, run: Any, write: Any
) -> None:
    """A pair or a sequence of pairs, each a tuple or a list."""
    app = run("app.py", write(app=PAGE + f"demo.launch(auth={auth})"))

    assert ("ada", True) == (app.credentials[0].user, bool(app.contract.events))
    assert "lovelace" not in repr(app)


def test_a_refused_login_is_explained(run: Any) -> None:
    """The message names the user and where to give another, never the password."""
    app = run("login.py", credentials=[Credentials("eve", "secret")])
    with pytest.raises(AppUnreachable) as caught:
        _ = app.contract

    assert "refused the login of 'eve'" in str(caught.value)
    assert "--app-auth USER:PASSWORD" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_login_that_nobody_gave_is_asked_for(run: Any, write: Any) -> None:
    """An auth function has no logins to read: the message says how to give one."""
    app = run("app.py", write(app=PAGE + "demo.launch(auth=lambda user, password: True)"))
    with pytest.raises(AppUnreachable, match="asks for a login"):
        _ = app.contract


# -- closing -------------------------------------------------------------------------


def footprint() -> dict[str, Any]:
    """Return everything of the process that an app could leave changed."""
    gc.collect()
    return {
        "threads": sorted(t.name for t in threading.enumerate() if t.name != "asyncio_0"),
        "path": list(sys.path),
        "argv": list(sys.argv),
        "cwd": os.getcwd(),
        "environment": {k: v for k, v in os.environ.items() if k != "PYTEST_CURRENT_TEST"},
        "main": id(sys.modules["__main__"]),
        "modules": {n for n in ("app", "package", "package.words") if n in sys.modules},
        "launch": gradio.Blocks.launch,
        "mount": gradio.mount_gradio_app,
        "signal": signal.signal,
        "interrupt": signal.getsignal(signal.SIGINT),
    }


def refuses_connections(url: str) -> bool:
    """Whether nothing listens at *url* any more."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", urlsplit(url).port or 0)) != 0


@pytest.mark.parametrize(
    "text",
    ["two_events.py", "mounted.py", "changes_folder.py", "package.web", "pools.py", "login.py"],
)
def test_nothing_is_left_of_an_app_that_was_closed(text: str) -> None:
    """No thread, port, folder or variable stays; the temporary files are gone."""
    launch(parse(text, APPS), folder=APPS).close()  # what Gradio imports once stays
    before = footprint()

    app = launch(parse(text, APPS), folder=APPS)
    temporary = os.environ["GRADIO_TEMP_DIR"]
    _ = app.contract
    app.close()

    assert before == footprint()
    assert refuses_connections(app.url)
    assert not os.path.exists(temporary)


@pytest.mark.parametrize(
    "text", ["raises_at_import.py", "unknown_launch_argument.py", "no_app.py", "two_apps.py:demo"]
)
def test_nothing_is_left_of_an_app_that_failed_to_start(text: str) -> None:
    """A failed start puts everything back as well."""
    before = footprint()

    with pytest.raises(TargetError):
        launch(parse(text, APPS), folder=APPS)

    assert before == footprint()


def test_a_launch_that_fails_half_way_frees_its_port(write: Any) -> None:
    """A page whose server is up and whose launch() then fails is taken down."""
    folder = write(
        app=PAGE
        + "import fastapi\n"
        + "def fail():\n    raise RuntimeError('half way')\n"
        + "demo.launch(app_kwargs={'dependencies': [fastapi.Depends(fail)]})"
    )
    before = footprint()

    with pytest.raises(AppFailed):
        launch(parse("app.py", folder), folder=folder)

    assert before == footprint()


def test_an_interrupted_start_leaves_nothing_and_never_launches(write: Any) -> None:
    """Ctrl-C while the script is still loading ends the script too."""
    folder = write(
        app="""
        import pathlib, time
        import gradio as gr
        pathlib.Path("loading").touch()
        for _ in range(50):
            time.sleep(0.1)
        pathlib.Path("launched").touch()
        with gr.Blocks() as demo:
            pass
        demo.launch()
        """
    )
    before = footprint()

    def interrupt() -> None:
        while not (folder / "loading").exists():
            time.sleep(0.02)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    sender = threading.Thread(target=interrupt)
    sender.start()
    with pytest.raises(KeyboardInterrupt):
        launch(parse("app.py", folder), folder=folder)
    sender.join()

    assert before == footprint()
    assert not (folder / "launched").exists()


def test_what_comes_after_launch_runs_at_the_end(run: Any, write: Any) -> None:
    """`with` blocks stay open while the app is served, and close with it."""
    app = run(
        "app.py",
        write(
            app=PAGE
            + "import tempfile, pathlib\nwith tempfile.TemporaryDirectory() as place:\n"
            + "    demo.launch()\npathlib.Path('after').touch()"
        ),
    )
    place = Path(app.module.place)
    during = (place.exists(), (app.folder / "after").exists())
    app.close()

    assert ((True, False), (False, True)) == (
        during,
        (place.exists(), (app.folder / "after").exists()),
    )


def test_a_loop_after_launch_ends_as_by_ctrl_c(run: Any, write: Any) -> None:
    """A script that loops after launch() is interrupted, and may clean up."""
    app = run(
        "app.py",
        write(
            app=PAGE
            + "import pathlib, time\ndemo.launch(prevent_thread_lock=True)\ntry:\n"
            + "    while True:\n        time.sleep(0.05)\n"
            + "except KeyboardInterrupt:\n    pathlib.Path('stopped').touch()"
        ),
    )
    begun = time.monotonic()
    app.close()

    assert (app.folder / "stopped").exists()
    assert time.monotonic() - begun < 3


def test_an_app_with_a_call_that_hangs_is_closed_in_time(run: Any) -> None:
    """A handler that never returns cannot keep the harness from ending."""
    app = run("hangs.py")
    with Wire(app, timeout_seconds=0.5) as wire:
        event = app.contract.event("wait")
        observation = wire.call(Call("wait", event.index, ("Ada",)))
    begun = time.monotonic()
    app.module.messages.put("late")
    app.close()

    assert "timeout" == observation.error.kind
    assert time.monotonic() - begun < 8
    assert refuses_connections(app.url)


def test_closing_twice_is_closing_once(run: Any) -> None:
    """A fixture and its user may both close."""
    app = run("two_events.py")
    app.close()
    app.close()

    assert refuses_connections(app.url)


def test_two_apps_with_modules_of_one_name_do_not_meet(write: Any, tmp_path: Path) -> None:
    """The second app's `import words` finds its own words."""
    titles = []
    for name in ("first", "second"):
        write(
            {
                f"{name}/words": f"NAME = {name!r}",
                f"{name}/app": "from words import NAME\n" + PAGE.replace('"Upper"', "NAME"),
            }
        )
        with launch(parse("app.py", tmp_path / name), folder=tmp_path / name) as app:
            titles.append(app.contract.title)

    assert ["first", "second"] == titles


def test_the_users_own_temp_folder_is_kept(
    run: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """GRADIO_TEMP_DIR of the user is theirs: used, and not deleted."""
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    app = run("two_events.py")
    inside = os.environ["GRADIO_TEMP_DIR"]
    app.close()

    assert (str(tmp_path), True) == (inside, tmp_path.exists())


@pytest.mark.parametrize(
    ("ending", "variables"),
    [
        ("demo.launch(root_path='https://host/app')", {}),
        ("app = gr.mount_gradio_app(fastapi.FastAPI(), demo, '/app', root_path=ROOT)", {}),
        ("demo.launch()", {"GRADIO_ROOT_PATH": "https://host/app"}),
    ],
    ids=["launch", "mounted", "environment"],
)
def test_of_a_root_path_that_is_an_address_the_path_is_kept(
    ending: str, variables: dict[str, str], run: Any, write: Any, monkeypatch: Any
) -> None:
    """However it is given; the page would talk to that address, and a note says so."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    app = run("app.py", write(app=f"import fastapi\nROOT = 'https://host/app'\n{PAGE}{ending}"))
    with app.http() as http:
        root = http.get(f"{app.url}/config").json()["root"]

    assert ("127.0.0.1", True) == (
        urlsplit(root).hostname,
        app.notes[0].startswith("root_path is https://host/app: only its path, /app, is kept"),
    )
