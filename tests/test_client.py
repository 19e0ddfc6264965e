"""The official client as a driver, held against the wire on real apps."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from gradio_harness.app import App, Credentials, launch
from gradio_harness.drivers.client import Client, open_client, why_not
from gradio_harness.drivers.wire import Wire
from gradio_harness.errors import AppUnreachable
from gradio_harness.observation import Call, Media
from gradio_harness.target import parse

APPS = Path(__file__).parent.parent / "fixtures" / "apps"


def served(name: str) -> App:
    """Return a fixture app running in this process."""
    return launch(parse(name, APPS), folder=APPS)


def call_of(app: App, label: str, *inputs: object, session: str | None = None) -> Call:
    event = app.contract.event(label)
    return Call(event.label, event.index, inputs, session)


@pytest.fixture
def tabs() -> Iterator[App]:
    with served("tabs.py") as app:
        yield app


def test_the_answer_is_that_of_the_wire() -> None:
    """One call by both drivers: the same outputs, each with its own evidence."""
    with served("two_events.py") as app, Client(app) as client, Wire(app) as wire:
        call = call_of(app, "greet", "Grace")
        ours, theirs = client.call(call), wire.call(call)

    assert ours.outputs == theirs.outputs == ("Hello, Grace!",)
    assert ours.error is None
    assert ours.driver == "client"
    assert ours.event_id
    assert ours.evidence is not None
    assert "function" in ours.evidence.seconds
    assert [m.kind for m in ours.messages] == ["process_completed"]
    assert ours.started < ours.messages[-1].at <= ours.ended


def test_a_generator_is_followed_chunk_by_chunk() -> None:
    """Each yield is a message, in order, and the end repeats the last."""
    with served("streaming.py") as app, Client(app) as client:
        seen = client.call(call_of(app, "count", 3))

    values = [m.data["output"]["data"][0] for m in seen.messages]
    assert values == [0, 1, 2, 3, 3]
    assert [m.kind for m in seen.messages[-2:]] == ["process_generating", "process_completed"]
    assert [m.at for m in seen.messages] == sorted(m.at for m in seen.messages)
    assert seen.outputs == (3,)


@pytest.mark.parametrize(
    ("name", "inputs", "kind"),
    [
        ("converter.py", (None, True), "author"),
        ("twins/api.unhandled-exception/defect.py", ("",), "unexpected"),
    ],
    ids=["gr.Error", "IndexError"],
)
def test_errors_are_told_apart(name: str, inputs: tuple[object, ...], kind: str) -> None:
    """gr.Error is the author speaking, any other exception is not: with the probe or without."""
    with served(name) as app, Client(app) as client:
        event = app.contract.events[0]
        call = Call(event.label, event.index, inputs)
        seen = client.call(call)
        app.probe, probe = None, app.probe
        blind = client.call(call)
        app.probe = probe

    assert seen.outputs is blind.outputs is None
    assert seen.error is not None
    assert (seen.error.kind, seen.error.step) == (kind, "function")
    assert blind.error is not None
    assert (blind.error.kind, blind.evidence) == (kind, None)


def test_silence_is_a_timeout_and_the_driver_goes_on() -> None:
    """An app that never answers costs the time allowed; the next call works."""
    with served("hangs.py") as app, Client(app) as client:
        hung = client.call(call_of(app, "wait", "Ada"), timeout_seconds=1)
        after = client.call(call_of(app, "shout", "hello"))
        app.module.messages.put("at last")  # type: ignore[union-attr]

    assert hung.error is not None
    assert hung.error.kind == "timeout"
    assert after.outputs == ("HELLO",)


def test_files_go_up_and_come_down() -> None:
    """A Media is uploaded, an output file is a local copy; close removes both."""
    with served("converter.py") as app, Client(app) as client:
        event = app.contract.events[0]
        media = Media("no/tes.txt", b"one\ntwo\n", "text/plain")
        values = [media if p.component.type == "file" else p.component.value for p in event.inputs]
        seen = client.call(Call(event.label, event.index, tuple(values)))
        assert seen.error is None
        assert seen.outputs is not None
        copies = [Path(o) for o in seen.outputs if isinstance(o, str) and Path(o).is_absolute()]
        assert copies
        assert all(copy.is_file() for copy in copies)

    assert not any(copy.exists() for copy in copies)


def test_an_app_with_a_login_lets_its_authors_users_in() -> None:
    """The logins written into launch(auth=…) are used."""
    with served("login.py") as app, Client(app) as client:
        first = client.call(call_of(app, "write", "one"))
        second = client.call(call_of(app, "write", "two"))

    assert first.outputs == ("one", "")
    assert second.outputs == ("one\ntwo", "")


def test_wrong_credentials_are_told_in_words() -> None:
    """A login that the app refuses is an AppUnreachable that names the app."""
    with served("login.py") as app:
        app.credentials = (Credentials("ada", "wrong"),)
        with pytest.raises(AppUnreachable, match=r"login\.py: gradio_client cannot connect"):
            open_client(app)


def test_what_the_api_has_no_place_for_is_refused(tabs: App) -> None:
    """Private and clicked-on events are refused with the reason, and nothing is sent."""
    shut = [event for event in tabs.contract.events if why_not(event)]
    assert shut
    with Client(tabs) as client:
        for event in shut:
            seen = client.call(Call(event.label, event.index, (None,) * len(event.inputs)))
            assert seen.error is not None
            assert seen.error.kind == "refused"
            assert why_not(event) in seen.error.message
            assert seen.event_id == ""


def test_state_is_kept_for_a_session_and_no_other(tabs: App) -> None:
    """Calls of one session share State, whose places are None in what is seen."""
    with Client(tabs) as client, Wire(tabs) as wire:
        by_wire = wire.call(call_of(tabs, "add", "swim", None, session="elsewhere"))
        first = client.call(call_of(tabs, "add", "swim", None, session="here"))
        same = client.call(call_of(tabs, "summarise", None, session="here"))
        other = client.call(call_of(tabs, "summarise", None))

    assert first.outputs == by_wire.outputs == (None, "")
    assert same.outputs == ("1 to do",)
    assert other.outputs == ("0 to do",)


def test_several_threads_at_once() -> None:
    """Four visitors at a time, each with an answer of their own."""
    with served("two_events.py") as app, Client(app) as client:
        answers: dict[int, object] = {}

        def visit(number: int) -> None:
            answers[number] = client.call(call_of(app, "greet", f"N{number}")).outputs

        threads = [threading.Thread(target=visit, args=(n,)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert answers == {n: (f"Hello, N{n}!",) for n in range(4)}


def test_open_client_is_gradio_clients_own() -> None:
    """The fixture's client is a gradio_client.Client and leaves no download behind."""
    import gradio_client

    with served("two_events.py") as app, open_client(app) as api:
        assert isinstance(api, gradio_client.Client)
        assert api.predict("Ada", api_name="/greet") == "Hello, Ada!"
        folder = Path(api.output_dir)
        assert folder.is_dir()

    assert not folder.exists()
