"""Gradio's own wire protocol over persistent connections: the queue as the page uses it.

POST queue/join, then GET queue/data until the last message, each stamped when its bytes
were read. Events with ``queue=False`` go to /run, as the page sends them.
"""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections import OrderedDict
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx

from ..app import App
from ..observation import Call, Media, Message, Observation
from .exchange import WATCHED_SECONDS, Exchange, Leave, uploaded
from .recording import frames_of

__all__ = ["Wire", "new_session"]

#: Of how many visitors something is known, the latest ones.
SESSIONS = 64


def new_session() -> str:
    """Return a session hash of the length the page makes."""
    return uuid.uuid4().hex[:11]


class Wire:
    """Drives an app over the raw queue. Safe to use from several threads at once.

    A call without a session is a new visitor. Calls of one session follow one another:
    Gradio allows one reader a session. *http* is the browser: all visitors share its login and
    its cookies.
    """

    def __init__(
        self,
        app: App,
        *,
        timeout_seconds: float = 30.0,
        watched_seconds: float = WATCHED_SECONDS,
        http: httpx.Client | None = None,
    ) -> None:
        self.app = app
        self.timeout_seconds = timeout_seconds
        self.watched_seconds = watched_seconds
        self._http = http or app.http(timeout_seconds=timeout_seconds)
        self._base = f"{app.url}{app.contract.prefix}"
        self._sessions: OrderedDict[str, _Session] = OrderedDict()
        self._lock = threading.Lock()
        #: The events whose streams were left: they are not watched for long again.
        self.endless: set[int] = set()
        self._events = {event.index: event for event in app.contract.events}

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    @property
    def welcome(self) -> bool:
        """Whether the app still knows the user who is logged in."""
        return self._http.get(f"{self.app.url}/config").status_code != 401

    def renew(self) -> None:
        """Log in once more: the session was ended, as by logging out in another browser."""
        if self.app.credentials:
            self._http.cookies.update(self.app.log_in(self.app.credentials[0]))

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def call(self, call: Call, *, timeout_seconds: float | None = None) -> Observation:
        """Return what happened; an app that fails is an observation, never an exception.

        *timeout_seconds* is how long the app may say nothing (heartbeats do not count). A
        stream that goes on is left after that time, or `watched_seconds` if that is longer.
        """
        return self._called(call, timeout_seconds)

    def leave(
        self,
        call: Call,
        *,
        outputs: int,
        seconds: float,
        stops: bool,
        timeout_seconds: float | None = None,
    ) -> Observation:
        """Return what came to a visitor who left after so many outputs, or seconds.

        Who *stops* the stream presses the page's button, who does not has closed the page.
        """
        return self._called(call, timeout_seconds, Leave(outputs, seconds, stops))

    def _called(
        self, call: Call, timeout_seconds: float | None, leave: Leave | None = None
    ) -> Observation:
        limit = timeout_seconds or self.timeout_seconds
        session = call.session or new_session()
        exchange = Exchange(call, session, limit, leave)
        with self._session(session).lock:
            try:
                self._run(exchange)
            except httpx.TimeoutException:
                exchange.fail("timeout", f"nothing came for {limit:g} s")
                self.cancel(call, session, exchange.event_id)
            except httpx.HTTPError as error:
                exchange.fail("transport", f"{type(error).__name__}: {error}", "route")
        if call.session is None:
            self.forget(session)
        return exchange.observation("wire", self.app.evidence(exchange.event_id, session))

    def served(self, path: str, *, most_bytes: int = 2_000_000) -> bytes | None:
        """Return what the app serves under *path*, cut at *most_bytes*; None if it does not."""
        content = b""
        try:
            with self._http.stream("GET", f"{self._base}/file={quote(path)}") as answer:
                if answer.status_code != 200:
                    return None
                for piece in answer.iter_bytes():
                    content += piece
                    if len(content) > most_bytes:
                        break
        except httpx.HTTPError:
            return None
        return content[:most_bytes]

    def payload(self, value: Any, session: str) -> Any:
        """Return *value* as JSON, every `Media` in it uploaded and replaced by its FileData.

        A visitor uploads a file once and may then send it often. What the app does to its
        copy, the next visitor does not meet: that one uploads anew.
        """
        known = self._session(session).uploads

        def upload(media: Media) -> dict[str, Any]:
            if media not in known:
                known[media] = self.upload(media)
            return known[media]

        return uploaded(value, upload)

    def upload(self, media: Media) -> dict[str, Any]:
        """Upload a file and return its FileData; raises httpx.HTTPStatusError if refused."""
        answer = self._http.post(
            f"{self._base}/upload",
            files={"files": (media.name, media.content, media.mime)},
        )
        answer.raise_for_status()
        return {
            "path": answer.json()[0],
            "orig_name": media.name,
            "size": len(media.content),
            "mime_type": media.mime,
            "meta": {"_type": "gradio.FileData"},
        }

    def forget(self, session: str) -> None:
        """Let go of what is known of a visitor who will not come again."""
        with self._lock:
            self._sessions.pop(session, None)

    def cancel(self, call: Call, session: str, event_id: str) -> None:
        """Ask the app to end a call; one that hangs may not."""
        body = {"session_hash": session, "fn_index": call.index, "event_id": event_id}
        try:
            self._http.post(f"{self._base}/cancel", json=body, timeout=5)
        except httpx.HTTPError:
            return  # the app hangs: that is already what the observation says

    def _session(self, session: str) -> _Session:
        with self._lock:
            found = self._sessions.setdefault(session, _Session())
            self._sessions.move_to_end(session)
            for old in list(self._sessions)[:-SESSIONS]:
                if not self._sessions[old].lock.locked():
                    del self._sessions[old]
            return found

    def _run(self, exchange: Exchange) -> None:
        call, session = exchange.call, exchange.session
        event = self._events.get(call.index)
        try:
            bodies = [
                {
                    "data": [self.payload(value, session) for value in frame],
                    "fn_index": call.index,
                    "session_hash": session,
                    "event_data": call.event_data,
                    "trigger_id": call.trigger,
                }
                for frame in frames_of(event, call.inputs, major=self.app.contract.major)
            ]
        except httpx.HTTPStatusError as error:  # an upload that is too large, or shut out
            _refused(exchange, error.response)
            return
        exchange.begin()
        if event is not None and not event.queue:
            self._run_at_once(exchange, bodies[0])
        elif self.app.contract.major == "4":  # there a page sends each frame as a call of its own
            for body in bodies:
                if exchange.error is None:
                    exchange.outputs = None
                    self._run_queued(exchange, [body])
        else:
            self._run_queued(exchange, bodies)

    def _run_at_once(self, exchange: Exchange, body: dict[str, Any]) -> None:
        answer = self._http.post(f"{self._base}/run/predict", json=body, timeout=exchange.limit)
        at = time.monotonic()
        said = _json(answer)
        ended = answer.status_code == 200
        if ended or (answer.status_code == 500 and "error" in said):
            data = {"output": said, "success": ended}
            exchange.take(Message("process_completed", at, data))
        else:
            _refused(exchange, answer)

    def _run_queued(self, exchange: Exchange, bodies: list[dict[str, Any]]) -> None:
        first, *later = bodies
        answer = self._http.post(f"{self._base}/queue/join", json=first)
        if answer.status_code != 200:
            _refused(exchange, answer)
            return
        exchange.event_id = str(answer.json()["event_id"])
        with self._http.stream(
            "GET",
            f"{self._base}/queue/data",
            params={"session_hash": exchange.session},
            # A compressed stream would hide when each message came.
            headers={"Accept-Encoding": "identity"},
            timeout=exchange.limit,
        ) as response:
            if response.status_code != 200:
                response.read()
                _refused(exchange, response)
                return
            for message in _messages(response):
                exchange.take(message)
                asked = message.kind == "process_streaming" and exchange.about(message)
                if asked and self._recorded(exchange, later):
                    exchange.close(message)
                    self.cancel(exchange.call, exchange.session, exchange.event_id)
                    break
                silent = message.at - exchange.spoken > exchange.limit
                if silent and exchange.outputs is None:
                    raise httpx.ReadTimeout("only heartbeats")
                if exchange.seen_enough(message.at, self.endless, self.watched_seconds):
                    if exchange.leave is not None and exchange.leave.stops:
                        self.cancel(exchange.call, exchange.session, exchange.event_id)
                    break
        if exchange.left and exchange.leave is None:
            self.cancel(exchange.call, exchange.session, exchange.event_id)
        elif exchange.outputs is None and exchange.error is None:
            exchange.fail("transport", "the stream ended before the last message", "queue")

    def _recorded(self, exchange: Exchange, later: list[dict[str, Any]]) -> bool:
        """Post the next frame, or, after the last of them, that the recording is over.

        Return whether that has to be said otherwise: Gradio 5, where there is no time limit,
        calls the function once more, sends no last message, and may wait for another frame for
        half a minute, in which nobody else is served.
        """
        event = self._events[exchange.call.index]
        stream = f"{self._base}/stream/{exchange.event_id}"
        if later:
            self._http.post(stream, json=later.pop(0))
            return False
        if self.app.contract.major == "5" and event.time_limit is None:
            return True
        self._http.post(f"{stream}/close", json={})
        return False


class _Session:
    """What is known of one visitor: who calls for it now, and what it has uploaded."""

    __slots__ = ("lock", "uploads")

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.uploads: dict[Media, dict[str, Any]] = {}


def _refused(exchange: Exchange, answer: httpx.Response) -> None:
    exchange.refuse(answer.status_code, _json(answer).get("detail", answer.text[:300]))


def _messages(response: httpx.Response) -> Iterator[Message]:
    """Yield each ``data:`` event. The clock is read before anything is decoded, so that
    the time is that of the bytes; an SSE library would stamp after its own parsing."""
    rest = b""
    for piece in response.iter_raw():
        at = time.monotonic()
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            if line.startswith(b"data:"):
                data = json.loads(line[5:])
                yield Message(str(data.get("msg", "")), at, data, len(line))


def _json(answer: httpx.Response) -> dict[str, Any]:
    try:
        data = answer.json()
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}
