"""The official gradio_client as a driver: what a person who calls the app from Python sees.

It proves that the app works for them. When a chunk came it cannot prove: gradio_client looks
for messages every 50 ms, so every time here is rounded up to its next look. Log and progress
messages are not kept, and an output file is the path of the copy that gradio_client downloaded.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import functools
import inspect
import shutil
import ssl
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import gradio_client
import httpx
from gradio_client.exceptions import AppError

from ..app import App
from ..contract import Event
from ..errors import AppUnreachable
from ..observation import Call, CallError, Evidence, Media, Message, Observation

__all__ = ["Client", "open_client", "why_not"]

#: How often a generator's job is asked for new chunks, and any other for signs of life.
GENERATOR_LOOK_SECONDS = 0.01
LOOK_SECONDS = 0.25
#: The statuses by which a route says no.
REFUSALS = (401, 403, 413, 422, 429, 503)
UNTOLD = "has not enabled verbose error reporting"
PREFIX = "The upstream Gradio app has raised an exception: "


#: What gradio_client calls the token for Hugging Face: hf_token up to 1.x.
TOKEN = "token" if "token" in inspect.signature(gradio_client.Client).parameters else "hf_token"


class _Client(gradio_client.Client):  # type: ignore[misc]
    """gradio_client's own, that reports to nobody, closes at once and leaves no download."""

    def _telemetry_thread(self) -> None:
        return

    def close(self) -> None:
        """Say goodbye; the heartbeat's daemon thread ends at its next beat, unwaited for."""
        self._kill_heartbeat.set()
        for name in ("executor", "helper_executor", "stream_executor"):
            if hasattr(self, name):
                getattr(self, name).shutdown(wait=False)
        shutil.rmtree(self.output_dir, ignore_errors=True)

    def __enter__(self) -> _Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        # Up to 1.13 this waits for every job, also for one that never ends.
        with contextlib.suppress(Exception):
            self.close()


def open_client(app: App) -> Any:
    """Return a `gradio_client.Client` of *app*, logged in where the app asks for it.

    It shares one SSL context with all others of this process: gradio_client by default builds
    one for each request, which takes longer than the request. `close` it when done; what it
    downloaded is gone then. Raises AppUnreachable if the app does not let it in.
    """
    who = app.credentials[0] if app.credentials else None
    folder = tempfile.mkdtemp(prefix="gradio-harness-client-")
    try:
        return _Client(
            app.url,
            verbose=False,
            auth=(who.user, who.password) if who else None,
            headers=dict(app.headers),
            **{TOKEN: False},  # else it sends the user's to whatever host this is
            httpx_kwargs={"trust_env": not app.target.loopback},
            download_files=folder,
            ssl_verify=_ssl_context(),
        )
    except (ValueError, httpx.HTTPError) as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise AppUnreachable(
            f"{app.target}: gradio_client cannot connect to {app.url}: "
            f"{type(error).__name__}: {error}"
        ) from error


def why_not(event: Event) -> str:
    """Return why the official client cannot set *event* off; "" if it can."""
    if event.visibility == "private":
        return "it is private: the page has it, the API has not"
    if not event.backend:
        return "it runs in the page only"
    if event.parent is not None:
        return "gr.render made it for one visitor's page only"
    if event.collects_event_data:
        return "it needs to know what was clicked, which the API has no place for"
    if event.connection == "stream":
        return "it is a stream, which gradio_client does not feed"
    return ""


class Client:
    """Drives an app through gradio_client. Safe to use from several threads at once.

    A call without a session is a new visitor; calls of one session follow one another.
    """

    def __init__(self, app: App, *, timeout_seconds: float = 30.0) -> None:
        self.app = app
        self.timeout_seconds = timeout_seconds
        self._events = {event.index: event for event in app.contract.events}
        self._files = tempfile.TemporaryDirectory(prefix="gradio-harness-inputs-")
        self._free: list[Any] = []
        self._sessions: dict[str, Any] = {}
        self._locks: dict[str, threading.Lock] = {}

    def close(self) -> None:
        """Close every client and remove every temporary file."""
        for client in (*self._free, *self._sessions.values()):
            client.close()
        self._free, self._sessions = [], {}
        self._files.cleanup()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def call(self, call: Call, *, timeout_seconds: float | None = None) -> Observation:
        """Return what happened; an app that fails is an observation, never an exception.

        *timeout_seconds* is how long the app may say nothing. An event that gradio_client
        cannot set off (see `why_not`) is refused. An output that it leaves out, as it does
        with State, is None.
        """
        with self._visitor(call.session) as client:
            exchange = _Exchange(self.app, client, call, self._events.get(call.index))
            exchange.run(self._payload, timeout_seconds or self.timeout_seconds)
            return exchange.observation()

    @contextlib.contextmanager
    def _visitor(self, session: str | None) -> Iterator[Any]:
        """Lend the client of a session, or one that nobody uses with a session of its own."""
        if session is None:
            client = self._free.pop() if self._free else open_client(self.app)
            client.reset_session()
            try:
                yield client
            finally:
                if _closed_if_busy(client):
                    self._free.append(client)
            return
        with self._locks.setdefault(session, threading.Lock()):
            if session not in self._sessions:
                self._sessions[session] = open_client(self.app)
                self._sessions[session].session_hash = session
            try:
                yield self._sessions[session]
            finally:
                if not _closed_if_busy(self._sessions[session]):
                    del self._sessions[session]

    def _payload(self, value: Any) -> Any:
        """Return *value* with every `Media` in it written to a file that gradio_client uploads."""
        if isinstance(value, Media):
            folder = Path(tempfile.mkdtemp(dir=self._files.name))
            path = folder / (Path(value.name.replace("\0", "")).name[-120:] or "file")
            path.write_bytes(value.content)
            return gradio_client.handle_file(str(path))
        if isinstance(value, list | tuple):
            return [self._payload(item) for item in value]
        if isinstance(value, Mapping):
            return {key: self._payload(item) for key, item in value.items()}
        return value


class _Exchange:
    """One call on its way."""

    def __init__(self, app: App, client: Any, call: Call, event: Event | None) -> None:
        self.app, self.client, self.call, self.event = app, client, call, event
        self.session = str(client.session_hash)
        self.messages: list[Message] = []
        self.error: CallError | None = None
        self.exception: BaseException | None = None
        self.job: Any = None
        self.started = self.ended = time.monotonic()

    def run(self, payload: Any, limit: float) -> None:
        """Make the call and follow it to its end, or until *limit* seconds of silence."""
        reason = why_not(self.event) if self.event else "gradio_client does not know it"
        if self.call.event_data is not None:
            reason = reason or "gradio_client has no place for event data"
        if reason:
            self._fail(CallError("refused", f"{self.call.event}: {reason}", "route"))
            return
        try:
            inputs = [payload(value) for value in self._sent()]
            self.started = time.monotonic()
            self.job = self.client.submit(*inputs, **self._address())
        except (TypeError, ValueError) as error:  # said before anything was sent
            self._fail(CallError("refused", f"gradio_client: {error}", "route"))
            return
        if self._followed(limit):
            self._end()
        else:
            self._fail(CallError("timeout", f"nothing came for {limit:g} s"))
            _give_up(self.job)

    def _sent(self) -> list[Any]:
        """Return the inputs less State, which gradio_client puts in itself."""
        kinds = self.client.endpoints[self.call.index].input_component_types
        if len(kinds) != len(self.call.inputs):
            return list(self.call.inputs)
        return [v for v, kind in zip(self.call.inputs, kinds, strict=True) if not kind.is_state]

    def _address(self) -> dict[str, Any]:
        name = self.event.api_name if self.event else None
        return {"api_name": f"/{name}"} if name else {"fn_index": self.call.index}

    def _followed(self, limit: float) -> bool:
        """Stamp each chunk as it shows; return False if nothing showed for *limit* seconds."""
        generator = bool(self.event and self.event.generator)
        step = GENERATOR_LOOK_SECONDS if generator else LOOK_SECONDS
        state = self.job.communicator.job
        seen, last, spoken = 0, state.latest_status, time.monotonic()
        while True:
            done, _ = concurrent.futures.wait([self.job.future], timeout=min(step, limit))
            at = time.monotonic()
            for output in state.outputs[seen:] if generator else ():
                seen += 1
                self._take("process_generating", at, output)
            if done:
                self.ended = at
                return True
            if state.latest_status is not last:
                last, spoken = state.latest_status, at
            if at - spoken > limit:
                return False

    def _take(self, kind: str, at: float, value: Any) -> None:
        if isinstance(value, list) and value and isinstance(value[0], Exception):
            self.exception = value[0]  # so gradio_client hands over what it failed to download
            return
        data = {"output": {"data": list(self._whole(value))}, "success": True}
        self.messages.append(Message(kind, at, data))

    def _whole(self, value: Any) -> tuple[Any, ...]:
        """Return one value an output of the event, None for what gradio_client leaves out."""
        kinds = self.client.endpoints[self.call.index].output_component_types
        kept = sum(not kind.skip for kind in kinds)
        values = iter((value,) if kept == 1 else value)
        return tuple(None if kind.skip else next(values, None) for kind in kinds)

    def _end(self) -> None:
        future = self.job.future
        self.exception = future.exception() or self.exception
        if self.exception is None:
            self._take("process_completed", self.ended, future.result())
            return
        self._fail(_error(self.exception, self._meant()))

    def _meant(self) -> bool:
        """Whether Gradio marked the error as the author's own words (it then has a duration).

        gradio_client 1.3 drops the mark: then, as there is nothing to say otherwise, yes.
        """
        updates = getattr(self.job.communicator, "updates", None)
        while updates is not None and not updates.empty():
            update = updates.get_nowait()
            if getattr(update, "final", False) and isinstance(update.outputs, dict):
                return "duration" in update.outputs
        return True

    def _fail(self, error: CallError) -> None:
        self.ended = time.monotonic() if self.job is None else max(self.ended, time.monotonic())
        self.error = error

    def observation(self) -> Observation:
        event_id = str(getattr(self.job and self.job.communicator, "event_id", "") or "")
        evidence = self.app.evidence(event_id, self.session)
        done = [m for m in self.messages if m.kind == "process_completed"]
        return Observation(
            call=self.call,
            driver="client",
            started=self.started,
            ended=self.ended,
            messages=tuple(self.messages),
            outputs=tuple(done[0].data["output"]["data"]) if done else None,
            error=_informed(self.error, evidence),
            evidence=evidence,
            event_id=event_id,
        )


def _informed(error: CallError | None, evidence: Evidence | None) -> CallError | None:
    """Return *error* as the probe inside the app saw it, if it did."""
    if error is None or evidence is None or not evidence.exception:
        return error
    if error.kind not in ("author", "unexpected"):
        return error
    message = evidence.message if UNTOLD in error.message else error.message
    kind: Any = "author" if evidence.intended else "unexpected"
    return CallError(kind, message, evidence.step)


def _error(exception: BaseException, meant: bool) -> CallError:
    """Return how a call failed that ended with *exception* in gradio_client."""
    said = str(exception)
    words = f"{type(exception).__name__}: {said}"
    if isinstance(exception, AppError):
        kind: Any = "author" if meant and UNTOLD not in said else "unexpected"
        return CallError(kind, said.removeprefix(PREFIX))
    if isinstance(exception, httpx.HTTPStatusError):
        return _status_error(exception)
    if isinstance(exception, httpx.TimeoutException):
        return CallError("timeout", words, "route")
    if isinstance(exception, httpx.HTTPError | concurrent.futures.CancelledError):
        return CallError("transport", words, "route")
    if type(exception).__name__ in ("QueueError", "ValidationError", "TooManyRequestsError"):
        return CallError("refused", said, "route")
    if isinstance(exception, ValueError) and "maximum file size" in said:
        return CallError("refused", said, "route")
    return CallError("unexpected", f"gradio_client: {words}", "route")


def _status_error(exception: httpx.HTTPStatusError) -> CallError:
    """Return the refusal of what was sent; an output that cannot be fetched is none."""
    status, request = exception.response.status_code, exception.request
    words = f"HTTP {status}: {request.method} {request.url.path}"
    refused = request.method == "POST" and status in REFUSALS
    return CallError("refused" if refused else "unexpected", words, "route")


def _closed_if_busy(client: Any, *, within_seconds: float = 1.0) -> bool:
    """Return whether *client* can make another call; close it if not.

    While its stream is open, a client reads for the session that it was opened with: a call
    of another session would wait for ever. The stream closes a moment after the last message.
    """
    limit = time.monotonic() + within_seconds
    while client.stream_open and time.monotonic() < limit:
        time.sleep(0.001)
    if client.stream_open:
        client.close()
    return not client.stream_open


def _give_up(job: Any) -> None:
    """Cancel *job*, so that none of gradio_client's threads goes on waiting for it."""
    with contextlib.suppress(httpx.HTTPError):
        job.cancel()


@functools.cache
def _ssl_context() -> ssl.SSLContext:
    return ssl.create_default_context()
