"""The fixtures: for users' own tests, and those that the suites are made of."""

from __future__ import annotations

import mimetypes
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from .errors import CallFailed, HarnessError, NoSuchEvent
from .replays import located, rerun, told_again
from .session import Session
from .subjects import (
    Answered,
    Asked,
    Compared,
    Identified,
    Judged,
    Open,
    Paced,
    Published,
    Timed,
    Visited,
    VisitedPage,
    Watched,
    session_key,
)

__all__ = ["EventCall", "Events"]


def _session(request: pytest.FixtureRequest) -> Session:
    harness = request.config.stash.get(session_key, None)
    if harness is None:
        pytest.fail(
            "No app is named. Type pytest --app app.py, or put app = app.py into the "
            "pytest section of your ini file.",
            pytrace=False,
        )
    return harness


@pytest.fixture(scope="session")
def gradio_app(request: pytest.FixtureRequest) -> Any:
    """Return the running app: `url`, `contract`, and in-process `module`, to stub what is slow."""
    harness = _session(request)
    try:
        return harness.app
    except HarnessError as error:
        raise pytest.fail.Exception(harness.said(error), pytrace=False) from None


@pytest.fixture(scope="session")
def gradio_wire(request: pytest.FixtureRequest, gradio_app: Any) -> Any:
    """Return the driver over the raw queue: an `Observation` of every call."""
    return _session(request).wire


@pytest.fixture(scope="session")
def gradio_api(gradio_app: Any) -> Iterator[Any]:
    """Return a `gradio_client.Client` of the app, logged in where it asks for that."""
    from .drivers.client import open_client

    client = open_client(gradio_app)
    yield client
    client.close()


@pytest.fixture
def gradio_events(gradio_app: Any, gradio_wire: Any) -> Events:
    """Return the app's events by label or API name, as one visitor's page sets them off."""
    return Events(gradio_app, gradio_wire)


@pytest.fixture
def gradio_replay(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Return what a test of a report's `replays` calls: it fails where the defect is seen."""
    harness = _session(request)
    options = harness.options

    def again(target: str, words: str, *, home: Path) -> None:
        try:
            if request.config.getoption("--app"):
                target, folder = options.target, options.folder
            else:
                target, folder = located(target, home, request.config.invocation_params.dir)
            logins = "\n".join(f"{user}:{password}" for user, password in options.auth)
            seen = rerun(request.path, target, folder=folder, logins=logins)
        except HarnessError as error:
            said = harness.said(error)
            raise pytest.fail.Exception(f"{words}\n\n{said}", pytrace=False) from None
        if seen:
            pytest.fail(told_again(words, harness.secrets.hide(seen)), pytrace=False)

    return again


class Events(Mapping[str, "EventCall"]):
    """The events of one visitor's page: ``gradio_events["greet"]("Ada")``.

    All calls share one session, as on one page: State is kept between them.
    """

    def __init__(self, app: Any, driver: Any) -> None:
        from .drivers.wire import new_session

        self._app, self._driver, self._session = app, driver, new_session()

    def __getitem__(self, name: str) -> EventCall:
        try:
            event = self._app.contract.event(name)
        except KeyError as error:
            raise NoSuchEvent(str(error.args[0])) from None
        return EventCall(self._app, self._driver, event, self._session)

    def __iter__(self) -> Iterator[str]:
        return iter(event.label for event in self._app.contract.events)

    def __len__(self) -> int:
        return len(self._app.contract.events)


class EventCall:
    """One event, ready to be set off."""

    def __init__(self, app: Any, driver: Any, event: Any, session: str) -> None:
        self.app, self.driver, self.event, self.session = app, driver, event, session

    def __call__(self, *inputs: Any, **named: Any) -> Any:
        """Return the output, a tuple of them if there are several, None if there is none.

        *inputs* are the event's in order, without its State; *named* are parameters by
        name. What is not given stays as the page shows it. A `pathlib.Path` is uploaded.
        Raises CallFailed, an AssertionError, with the app's own traceback.
        """
        observation = self.observe(*inputs, **named)
        if observation.error is not None:
            evidence = observation.evidence
            told = evidence.traceback if evidence is not None else ""
            message = observation.error.message or (evidence.message if evidence else "")
            raise CallFailed(
                f"{self.event.label} ended with {observation.error.kind} error: {message}\n{told}"
            )
        outputs: tuple[Any, ...] = observation.outputs or ()
        return outputs[0] if len(outputs) == 1 else tuple(outputs) or None

    def observe(self, *inputs: Any, **named: Any) -> Any:
        """Return the `Observation` of the call, whatever came."""
        from .observation import Call
        from .visit import Visit

        page = Visit(self.driver, self.app.contract, self.session)
        taken = [p for p in self.event.inputs if p.component.type != "state"]
        if len(inputs) > len(taken):
            names = ", ".join(p.name for p in taken) or "none"
            number = f"{len(taken)} input{'' if len(taken) == 1 else 's'}"
            raise CallFailed(f"{self.event.label} takes {number} ({names})")
        given = dict(zip((p.component.id for p in taken), inputs, strict=False))
        for name, value in named.items():
            known = {p.name: p.component.id for p in taken}
            if name not in known:
                raise CallFailed(f"{self.event.label} has no input {name!r}: {', '.join(known)}")
            given[known[name]] = value
        page.values.update({identity: _sent(value) for identity, value in given.items()})
        call = Call(self.event.label, self.event.index, page.inputs(self.event), self.session)
        return self.driver.call(call)


def _sent(value: Any) -> Any:
    """Return *value* with every path in it as a file to be uploaded."""
    from .observation import Media

    if isinstance(value, Path):
        kind = mimetypes.guess_type(value.name)[0] or "application/octet-stream"
        return Media(value.name, value.read_bytes(), kind)
    if isinstance(value, list | tuple):
        return [_sent(item) for item in value]
    if isinstance(value, dict):
        return {key: _sent(item) for key, item in value.items()}
    return value


# -- of the suites -----------------------------------------------------------------------


@pytest.fixture
def exploration(request: pytest.FixtureRequest) -> Judged:
    """Return one event, to be judged by one check."""
    return Judged(_session(request), request.param, request.node)


@pytest.fixture
def forging(request: pytest.FixtureRequest) -> Asked:
    """Return one event, to be asked for what no page asks."""
    return Asked(_session(request), request.param, request.node)


@pytest.fixture
def stream(request: pytest.FixtureRequest) -> Judged:
    """Return one event that streams."""
    return Judged(_session(request), request.param, request.node)


@pytest.fixture
def page_visit(request: pytest.FixtureRequest) -> VisitedPage:
    """Return one page of the app."""
    return VisitedPage(_session(request), request.param, request)


@pytest.fixture
def watched(request: pytest.FixtureRequest) -> Watched:
    """Return one event whose stream is read by its page."""
    return Watched(_session(request), request.param, request)


@pytest.fixture
def visited(request: pytest.FixtureRequest) -> Visited:
    """Return one event to be set off by several visitors, or many times."""
    return Visited(_session(request), request.param, request.node)


@pytest.fixture
def timed(request: pytest.FixtureRequest) -> Timed:
    """Return one event to be measured."""
    return Timed(_session(request), request.param, request.node)


@pytest.fixture
def compared(request: pytest.FixtureRequest) -> Compared:
    """Return what the app is held against."""
    return Compared(_session(request), request.param, request.node)


@pytest.fixture
def guarded(request: pytest.FixtureRequest) -> Identified:
    """Return the app as several people ask it, of whom some are not logged in."""
    return Identified(_session(request), request.node)


@pytest.fixture
def asked(request: pytest.FixtureRequest) -> Identified:
    """Return the app as it is asked from elsewhere."""
    return Identified(_session(request), request.node)


@pytest.fixture
def answered(request: pytest.FixtureRequest) -> Answered:
    """Return one event that is asked again what was asked before."""
    return Answered(_session(request), request.param, request.node)


@pytest.fixture
def paced(request: pytest.FixtureRequest) -> Paced:
    """Return one event that is timed beside another app."""
    return Paced(_session(request), request.param, request.node)


@pytest.fixture
def published(request: pytest.FixtureRequest) -> Published:
    """Return what is published about the Gradio on which the app runs."""
    return Published(_session(request), request.node)


@pytest.fixture
def open_routes(request: pytest.FixtureRequest) -> Open:
    """Return the routes of the app, to be asked for files."""
    return Open(_session(request), request.node)


@pytest.fixture
def shaped(request: pytest.FixtureRequest) -> Timed:
    """Return one event that is measured with its chain as a whole."""
    return Timed(_session(request), request.param, request.node)
