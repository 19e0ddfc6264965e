"""Gradio's own wire protocol over persistent connections: the queue as the page uses it.

POST queue/join, then GET queue/data until the last message, each stamped when its bytes
were read. Events with ``queue=False`` go to /run, as the page sends them.
"""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

import httpx

from ..app import App
from ..contract import Event
from ..observation import Call, CallError, Media, Message, Observation, Step

__all__ = ["Wire", "applied", "new_session"]

#: Of how many visitors the uploads are known, the latest ones.
SESSIONS = 64
#: The messages of a stream that goes on.
GENERATING = ("process_generating", "process_streaming")
#: How long a stream is watched at least, and one that was known to go on and on.
WATCHED_SECONDS = 30.0
AGAIN_SECONDS = 2.0


def new_session() -> str:
    """Return a session hash of the length the page makes."""
    return uuid.uuid4().hex[:11]


class Wire:
    """Drives an app over the raw queue. Safe to use from several threads at once.

    A call without a session is a new visitor. Calls of one session follow one another:
    Gradio allows one reader a session.
    """

    def __init__(
        self,
        app: App,
        *,
        timeout_seconds: float = 30.0,
        watched_seconds: float = WATCHED_SECONDS,
    ) -> None:
        self.app = app
        self.timeout_seconds = timeout_seconds
        self.watched_seconds = watched_seconds
        self._http = app.http(timeout_seconds=timeout_seconds)
        self._base = f"{app.url}{app.contract.prefix}"
        self._uploads: dict[str, dict[Media, dict[str, Any]]] = {}
        self._sessions: dict[str, threading.Lock] = {}
        #: The events whose streams were left: they are not watched for long again.
        self.endless: set[int] = set()
        self._events = {event.index: event for event in app.contract.events}

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def call(self, call: Call, *, timeout_seconds: float | None = None) -> Observation:
        """Return what happened; an app that fails is an observation, never an exception.

        *timeout_seconds* is how long the app may say nothing (heartbeats do not count). A
        stream that goes on is left after that time, or `watched_seconds` if that is longer.
        """
        limit = timeout_seconds or self.timeout_seconds
        session = call.session or new_session()
        exchange = _Exchange(self, call, session, limit)
        with self._sessions.setdefault(session, threading.Lock()):
            try:
                exchange.run(self._events.get(call.index))
            except httpx.TimeoutException:
                exchange.fail("timeout", f"nothing came for {limit:g} s")
                self._cancel(call, session, exchange.event_id)
            except httpx.HTTPError as error:
                exchange.fail("transport", f"{type(error).__name__}: {error}", "route")
        if call.session is None:
            self._sessions.pop(session, None)
            self._uploads.pop(session, None)
        return exchange.observation()

    def served(self, path: str, *, most_bytes: int = 2_000_000) -> bytes | None:
        """Return what the app serves under *path*, cut at *most_bytes*; None if it does not."""
        content = b""
        try:
            with self._http.stream("GET", f"{self._base}/file={path}") as answer:
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
        """Return *value* as JSON, every `Media` in it uploaded and replaced by its FileData."""
        if isinstance(value, Media):
            return self._uploaded(value, session)
        if isinstance(value, list | tuple):
            return [self.payload(item, session) for item in value]
        if isinstance(value, Mapping):
            return {key: self.payload(item, session) for key, item in value.items()}
        return value

    def _uploaded(self, media: Media, session: str) -> dict[str, Any]:
        """Return the FileData of a file, which a visitor uploads once and may then send often.

        What the app does to its copy, the next visitor does not meet: that one uploads anew.
        """
        known = self._uploads.setdefault(session, {})
        for old in list(self._uploads)[:-SESSIONS]:
            self._uploads.pop(old, None)
        if media not in known:
            answer = self._http.post(
                f"{self._base}/upload",
                files={"files": (media.name, media.content, media.mime)},
            )
            answer.raise_for_status()
            known[media] = {
                "path": answer.json()[0],
                "orig_name": media.name,
                "size": len(media.content),
                "mime_type": media.mime,
                "meta": {"_type": "gradio.FileData"},
            }
        return known[media]

    def _cancel(self, call: Call, session: str, event_id: str) -> None:
        body = {"session_hash": session, "fn_index": call.index, "event_id": event_id}
        try:
            self._http.post(f"{self._base}/cancel", json=body, timeout=5)
        except httpx.HTTPError:
            return  # the app hangs: that is already what the observation says


class _Exchange:
    """One call on its way: what was sent, what has come so far."""

    def __init__(self, wire: Wire, call: Call, session: str, limit: float) -> None:
        self.wire, self.call, self.session, self.limit = wire, call, session, limit
        self.messages: list[Message] = []
        self.outputs: tuple[Any, ...] | None = None
        self.error: CallError | None = None
        self.event_id = ""
        self.started = self.ended = time.monotonic()
        self.spoken = self.started

    def run(self, event: Event | None) -> None:
        try:
            data = [self.wire.payload(value, self.session) for value in self.call.inputs]
        except httpx.HTTPStatusError as error:  # an upload that is too large, or shut out
            self._refused(error.response)
            return
        body = {
            "data": data,
            "fn_index": self.call.index,
            "session_hash": self.session,
            "event_data": self.call.event_data,
            "trigger_id": self.call.trigger,
        }
        self.started = self.spoken = time.monotonic()
        if event is not None and not event.queue:
            self._run_directly(body)
        else:
            self._run_queued(body)

    def _run_directly(self, body: dict[str, Any]) -> None:
        answer = self.wire._http.post(
            f"{self.wire._base}/run/predict", json=body, timeout=self.limit
        )
        at = time.monotonic()
        if answer.status_code == 200:
            self._take(Message("process_completed", at, {"output": answer.json(), "success": True}))
            return
        said = _json(answer)
        if answer.status_code == 500 and "error" in said:
            self._take(Message("process_completed", at, {"output": said, "success": False}))
            return
        self._refused(answer)

    def _run_queued(self, body: dict[str, Any]) -> None:
        answer = self.wire._http.post(f"{self.wire._base}/queue/join", json=body)
        if answer.status_code != 200:
            self._refused(answer)
            return
        self.event_id = str(answer.json()["event_id"])
        address = f"{self.wire._base}/queue/data"
        with self.wire._http.stream(
            "GET",
            address,
            params={"session_hash": self.session},
            # A compressed stream would hide when each message came.
            headers={"Accept-Encoding": "identity"},
            timeout=self.limit,
        ) as response:
            if response.status_code != 200:
                response.read()
                self._refused(response)
                return
            for message in _messages(response):
                self._take(message)
                if message.kind != "heartbeat":
                    self.spoken = message.at
                elif message.at - self.spoken > self.limit and self.outputs is None:
                    raise httpx.ReadTimeout("only heartbeats")
                if self._seen_enough(message.at):
                    break
        if self.error is not None and self.error.kind == "left":
            self.wire._cancel(self.call, self.session, self.event_id)
        elif self.outputs is None and self.error is None:
            self.fail("transport", "the stream ended before the last message", "queue")

    def _seen_enough(self, now: float) -> bool:
        """Whether to leave a stream that goes on and on: a clock, a feed."""
        endless = self.call.index in self.wire.endless
        limit = AGAIN_SECONDS if endless else max(self.wire.watched_seconds, self.limit)
        if self.outputs is not None or not self.messages or now - self.started < limit:
            return False
        if not any(m.kind in GENERATING for m in self.messages):
            return False
        self.wire.endless.add(self.call.index)
        self.fail("left", f"the stream went on after {limit:g} s")
        return True

    def _take(self, message: Message) -> None:
        data = message.data
        if data.get("event_id") not in (None, self.event_id):
            return  # of an earlier call of this session
        if message.kind in GENERATING:
            message = self._whole(message)
        self.messages.append(message)
        if message.kind == "unexpected_error":
            self.fail("unexpected", str(data.get("message", "")), "queue")
        elif message.kind == "process_completed":
            self.ended = message.at
            output = data.get("output") or {}
            if data.get("success", True) and "data" in output:
                self.outputs = tuple(output["data"])
            else:
                meant = "duration" in output
                self.fail("author" if meant else "unexpected", str(output.get("error") or ""))

    def _whole(self, message: Message) -> Message:
        """Return a generating message with its outputs in full instead of as differences."""
        output = message.data.get("output") or {}
        new = output.get("data")
        before = next((m for m in reversed(self.messages) if m.kind == message.kind), None)
        if not isinstance(new, list) or before is None:
            return message
        old = before.data["output"].get("data") or []
        full = [
            applied(old[i], item) if isinstance(item, list) and i < len(old) else item
            for i, item in enumerate(new)
        ]
        return Message(
            message.kind, message.at, {**message.data, "output": {**output, "data": full}}
        )

    def _refused(self, answer: httpx.Response) -> None:
        """Say what a status other than 200 means."""
        said = _json(answer)
        detail = said.get("detail", answer.text[:300])
        if answer.status_code in (401, 403, 413, 422, 429, 503):
            if isinstance(detail, list):
                words = [
                    str(part.get("message") or part.get("msg") or "")
                    for part in detail
                    if isinstance(part, dict)
                ]
                detail = "; ".join(filter(None, words)) or str(detail)[:300]
            self.fail("refused", f"HTTP {answer.status_code}: {detail}", "route")
        else:
            self.fail("unexpected", f"HTTP {answer.status_code}: {detail}", "route")

    def fail(self, kind: Any, message: str, step: Step = "") -> None:
        self.ended = max(self.ended, time.monotonic()) if kind == "timeout" else self.ended
        if self.ended <= self.started:
            self.ended = time.monotonic()
        self.error = CallError(kind, message, step)

    def observation(self) -> Observation:
        evidence = self.wire.app.evidence(self.event_id, self.session)
        error = self.error
        known = evidence is not None and bool(evidence.exception)
        if error is not None and known and error.kind in ("author", "unexpected"):
            assert evidence is not None
            kind: Any = "author" if evidence.intended else "unexpected"
            error = CallError(kind, error.message or evidence.message, evidence.step)
        return Observation(
            call=self.call,
            driver="wire",
            started=self.started,
            ended=self.ended,
            messages=tuple(self.messages),
            outputs=self.outputs,
            error=error,
            evidence=evidence,
            event_id=self.event_id,
        )


def applied(old: Any, edits: list[Any]) -> Any:
    """Return *old* with Gradio's stream differences ``[op, path, value]`` applied."""
    for edit in edits:
        if not (isinstance(edit, list) and len(edit) == 3 and isinstance(edit[1], list)):
            return edits  # not differences: a list that is the value itself
        old = _edited(old, edit[0], edit[1], edit[2])
    return old


def _edited(old: Any, operation: str, path: list[Any], value: Any) -> Any:
    if not path:
        return old + value if operation == "append" else value
    key, rest = path[0], path[1:]
    copy = list(old) if isinstance(old, list) else dict(old)
    if rest:
        copy[key] = _edited(copy[key], operation, rest, value)
    elif operation == "append":
        copy[key] = copy[key] + value
    elif operation == "delete":
        del copy[key]
    elif operation == "add" and isinstance(copy, list):
        copy.insert(int(key), value)
    else:
        copy[key] = value
    return copy


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
                yield Message(str(data.get("msg", "")), at, data)


def _json(answer: httpx.Response) -> dict[str, Any]:
    try:
        data = answer.json()
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}
