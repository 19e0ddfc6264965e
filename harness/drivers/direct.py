"""An app of this process, driven past HTTP and the queue's waiting, and past nothing else.

A call is joined to Gradio's own queue, which asks validators and makes an event of it, and is
then handed at once to `Queue.process_events`, on the server's own loop: the code that a queued
call runs, with its messages, State, generators, progress and errors. What is saved is the two
requests, the scheduler's turns and the stream back.

The first call goes over the wire, and the request that Gradio made of it is the visitor's for
all that follow: headers, cookies, login, and what middleware has put there. What cannot be
done faithfully goes over the wire always.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import copy
import dataclasses
import functools
import hashlib
import importlib
import inspect
import json
import queue
import string
import time
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import CancelledError, Future
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from ..app import App
from ..observation import Call, Media, Message, Observation
from .exchange import Exchange, uploaded
from .wire import Wire, new_session

__all__ = ["Direct"]

#: Of how many visitors the uploads are known, the latest ones.
SESSIONS = 64
#: How often to see whether the server's loop still runs while nothing comes.
GLANCE_SECONDS = 0.5
#: How long a call that has answered may take to put its things away.
TIDY_SECONDS = 5.0
#: Of file names that every version of Gradio keeps as they are.
PLAIN = frozenset(string.ascii_letters + string.digits + "._-")


@dataclass(frozen=True, slots=True)
class _Visitor:
    """The request of a visitor as Gradio's queue gets it, who is logged in, and the loop."""

    request: Any
    username: str | None
    loop: asyncio.AbstractEventLoop


class Direct:
    """Drives an app of this process; what it cannot do it leaves to *wire*.

    One call at a time: who wants several at once wants the queue.
    """

    def __init__(self, app: App, wire: Wire) -> None:
        self.app, self.wire = app, wire
        self._visitor: _Visitor | None = None
        self._events = {event.index: event for event in app.contract.events}
        self._uploads: OrderedDict[str, dict[Media, dict[str, Any]]] = OrderedDict()
        self._files: _Files | None = None

    def call(self, call: Call, *, timeout_seconds: float | None = None) -> Observation:
        """Return what happened; an app that fails is an observation, never an exception."""
        if not self.can(call):
            return self.wire.call(call, timeout_seconds=timeout_seconds)
        if self._visitor is None:
            return self._introduced(call, timeout_seconds)
        limit = timeout_seconds or self.wire.timeout_seconds
        exchange = Exchange(call, call.session or new_session(), limit)
        with self._mailbox(exchange.session) as box:
            self._run(exchange, self._visitor, box)
        evidence = self.app.evidence(exchange.event_id, exchange.session)
        return exchange.observation("direct", evidence)

    def can(self, call: Call) -> bool:
        """Whether the queue would do nothing for *call* that is not done here too."""
        if self.app.blocks is None or not hasattr(self.app.blocks, "_queue"):
            return False
        event = self._events.get(call.index)
        if event is None:  # made by gr.render for one visitor
            return True
        return event.queue and event.connection == "sse" and not event.cancels

    @property
    def ready(self) -> bool:
        """Whether a first call has been made."""
        return self._visitor is not None

    def on(self, loop: asyncio.AbstractEventLoop) -> Direct:
        """Return a driver of the same visitor whose calls run on *loop*, in a copy of the process.

        Raises RuntimeError before the first call.
        """
        if self._visitor is None:
            raise RuntimeError("no visitor has come yet")
        other = copy.copy(self)
        other._visitor = dataclasses.replace(self._visitor, loop=loop)
        return other

    def forget(self, session: str) -> None:
        """Let the app and the drivers let go of a visitor of ours who will not come again.

        Gradio keeps the state of ten thousand, for as long as the app runs. What an author wants
        to be told of (a State's `delete_callback`) is left to Gradio.
        """
        self.wire.forget(session)
        self._uploads.pop(session, None)
        if self._visitor is not None and self._visitor.loop.is_running():
            self._visitor.loop.call_soon_threadsafe(_dropped, self.app.blocks.state_holder, session)

    # -- how a visitor comes -------------------------------------------------------------

    def _introduced(self, call: Call, timeout_seconds: float | None) -> Observation:
        """Make *call* over the wire, and keep the request that Gradio's queue gets for it."""
        call = dataclasses.replace(call, session=call.session or new_session())
        joined = self.app.blocks._queue
        original = joined.push

        async def push(body: Any, request: Any, username: str | None) -> Any:
            if body.session_hash == call.session:
                loop = asyncio.get_running_loop()
                self._visitor = _Visitor(request, username, loop)
            return await original(body=body, request=request, username=username)

        joined.push = push
        try:
            return self.wire.call(call, timeout_seconds=timeout_seconds)
        finally:
            del joined.push

    def _body(self, exchange: Exchange, visitor: _Visitor, data: list[Any]) -> Any:
        classes = importlib.import_module("gradio.data_classes")
        # As JSON there and back: what is sent is the app's to change, and only JSON is sent.
        sent = json.dumps(
            [data, exchange.call.event_data], ensure_ascii=False, allow_nan=False
        ).encode()
        values, event_data = json.loads(sent)
        scope = dict(visitor.request.scope)
        if "session" in scope:
            scope["session"] = copy.deepcopy(scope["session"])
        return classes.PredictBodyInternal(
            data=values,
            fn_index=exchange.call.index,
            session_hash=exchange.session,
            event_data=event_data,
            trigger_id=exchange.call.trigger,
            request=type(visitor.request)(scope),
        )

    @contextmanager
    def _mailbox(self, session: str) -> Iterator[queue.SimpleQueue[Any]]:
        """Have the messages of *session* come here, where a stream would fetch them."""
        joined = self.app.blocks._queue
        box = _Mailbox()
        joined.pending_messages_per_session[session] = box
        try:
            yield box.messages
        finally:
            joined.pending_messages_per_session.pop(session, None)
            joined.pending_event_ids_session.pop(session, None)

    # -- one call --------------------------------------------------------------------------

    def _run(self, exchange: Exchange, visitor: _Visitor, box: queue.SimpleQueue[Any]) -> None:
        try:
            data = [self._payload(value, exchange.session) for value in exchange.call.inputs]
        except httpx.HTTPStatusError as error:  # an upload that is too large, or shut out
            exchange.refuse(error.response.status_code, error.response.text[:300])
            return
        body = self._body(exchange, visitor, data)
        exchange.begin()
        job = _Job(self.app.blocks._queue, exchange, body, visitor.username)
        ended = _begun(job.run(), visitor.loop)
        ended.add_done_callback(lambda _: box.put((time.monotonic(), None)))
        while exchange.error is None and exchange.outputs is None:
            try:
                at, raw = box.get(timeout=GLANCE_SECONDS)
            except queue.Empty:
                self._nothing_came(exchange, visitor)
                continue
            if raw is None:
                _over(exchange, job, ended)
                continue
            message = _read(raw, at)
            exchange.event_id = exchange.event_id or str(message.data.get("event_id") or "")
            exchange.take(message)
            exchange.seen_enough(at, self.wire.endless, self.wire.watched_seconds)
        if exchange.left or (exchange.error and exchange.error.kind == "timeout"):
            self.wire.cancel(exchange.call, exchange.session, exchange.event_id)
            visitor.loop.call_soon_threadsafe(job.abandon)
        else:
            with contextlib.suppress(Exception, CancelledError):
                ended.result(TIDY_SECONDS)

    def _nothing_came(self, exchange: Exchange, visitor: _Visitor) -> None:
        """Note what it means that nothing has come for a moment."""
        if time.monotonic() - exchange.spoken > exchange.limit:
            exchange.fail("timeout", f"nothing came for {exchange.limit:g} s")
        elif not visitor.loop.is_running():
            exchange.fail("transport", "the app's server ended", "queue")

    # -- files -------------------------------------------------------------------------------

    def _payload(self, value: Any, session: str) -> Any:
        known = self._uploads.setdefault(session, {})
        self._uploads.move_to_end(session)
        while len(self._uploads) > SESSIONS:
            self._uploads.popitem(last=False)

        def upload(media: Media) -> dict[str, Any]:
            if media not in known:
                known[media] = self._uploaded(media)
            return known[media]

        return uploaded(value, upload)

    def _uploaded(self, media: Media) -> dict[str, Any]:
        """Put a file where an upload would put it: the first one is uploaded, to see where."""
        if self._files is not None:
            return self._files.put(media)
        data = self.wire.upload(media)
        self._files = _Files.like(data, media, self.app.blocks, self.wire)
        return data


class _Job:
    """One event on the server's loop: joined to the queue and processed without waiting."""

    def __init__(self, joined: Any, exchange: Exchange, body: Any, username: str | None) -> None:
        self.joined, self.exchange, self.body, self.username = joined, exchange, body, username
        self.refused: tuple[int, Any] | None = None
        self._free: Callable[[], None] = lambda: None

    async def run(self) -> bool:
        """Process the event; False where the scheduler is left to do it."""
        success, said, *state = await self.joined.push(
            body=self.body, request=self.body.request, username=self.username
        )
        if not success:
            full = "Queue is full" in str(said)
            status = 422 if state == ["validator_error"] else 503 if full else 400
            self.refused = status, said
            return True
        self.exchange.event_id = said
        for waiting in self.joined.event_queue_per_concurrency_id.values():
            for event in waiting.queue:
                if event._id == said:
                    return await self._process(waiting, event)
        return True  # answered from a cache

    async def _process(self, waiting: Any, event: Any) -> bool:
        """Do what Gradio's scheduler does with the next event of a queue."""
        jobs, limit = self.joined.active_jobs, waiting.concurrency_limit
        if None not in jobs or (limit is not None and waiting.current_concurrency >= limit):
            return False  # others are being served
        waiting.queue.remove(event)
        batch = [event]
        place = jobs.index(None)
        jobs[place] = batch
        waiting.current_concurrency += 1
        begun = time.time()
        waiting.start_times_per_fn[event.fn].add(begun)
        arguments: list[Any] = [batch, event.fn.batch, begun]
        if _wants_function(type(self.joined).process_events):
            arguments.append(event.fn)
        task = asyncio.ensure_future(self.joined.process_events(*arguments))
        # By the task's name Gradio finds what to cancel.
        named = importlib.import_module("gradio.utils").set_task_name
        named(task, event.session_hash, event.fn._id, event._id, event.fn.batch)

        def free() -> None:
            if not task.done():
                jobs[place] = None
                waiting.current_concurrency -= 1
                task.add_done_callback(taken_back)

        def taken_back(_: Any) -> None:  # Gradio counts it down once more at its end
            waiting.current_concurrency += 1

        self._free = free
        await task
        return True

    def abandon(self) -> None:
        """Give the place of a call that does not end to the next one."""
        self._free()


def _over(exchange: Exchange, job: _Job, ended: Future[bool]) -> None:
    """Note what it means that the work has ended and all its messages have been read."""
    if job.refused is not None:
        exchange.refuse(*job.refused)
    elif ended.cancelled():
        exchange.fail("transport", "the stream ended before the last message", "queue")
    elif error := ended.exception():
        exchange.fail("unexpected", f"{type(error).__name__}: {error}", "queue")
    elif ended.result():
        exchange.fail("transport", "the stream ended before the last message", "queue")


def _begun(work: Coroutine[Any, Any, bool], loop: asyncio.AbstractEventLoop) -> Future[bool]:
    """Begin *work* on *loop*, in a context of its own: nothing of this thread's is seen in it."""
    return contextvars.Context().run(asyncio.run_coroutine_threadsafe, work, loop)


def _dropped(holder: Any, session: str) -> None:
    state = holder.session_data.get(session)
    blocks = state.blocks_config.blocks.values() if state else ()
    told = (getattr(block, "delete_callback", None) for block in blocks)
    if state and all(getattr(one, "__module__", "gradio").startswith("gradio") for one in told):
        del holder.session_data[session]
        holder.time_last_used.pop(session, None)


def _read(message: Any, at: float) -> Message:
    """Return a message of Gradio's as its stream would bring it: through JSON."""
    try:
        data = orjson().loads(orjson().dumps(message.model_dump(), default=str))
    except Exception as error:  # as the route does
        return Message("unexpected_error", at, {"message": str(error)})
    return Message(str(data.get("msg", "")), at, data)


@functools.cache
def _wants_function(process_events: Any) -> bool:
    """Whether this version's `process_events` takes the event's function, too."""
    return "fn" in inspect.signature(process_events).parameters


@functools.cache
def orjson() -> Any:
    """Gradio's own JSON."""
    return importlib.import_module("orjson")


class _Mailbox:
    """Takes the messages of one session in the place of Gradio's own queue of them."""

    def __init__(self) -> None:
        self.messages: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def put_nowait(self, message: Any) -> None:
        """Keep a message with the time at which it came; from any thread."""
        self.messages.put((time.monotonic(), message))

    put = put_nowait


@dataclass(frozen=True, slots=True)
class _Files:
    """Where uploads go: a folder named after the *digest* of the content, below *root*."""

    root: Path
    digest: Any
    blocks: Any
    wire: Wire

    @classmethod
    def like(cls, data: dict[str, Any], media: Media, blocks: Any, wire: Wire) -> _Files | None:
        """Return how the upload of *media* was kept; None where it was in no way known."""
        path = Path(data["path"])
        for digest in (hashlib.sha256, hashlib.sha1):
            if digest(media.content).hexdigest() == path.parent.name and path.name == media.name:
                return cls(path.parent.parent, digest, blocks, wire)
        return None

    def put(self, media: Media) -> dict[str, Any]:
        """Return the FileData of *media*, written as it was before anybody could change it."""
        limit = self.blocks.max_file_size
        if not PLAIN.issuperset(media.name) or (limit and len(media.content) > limit):
            return self.wire.upload(media)
        path = self.root / self.digest(media.content).hexdigest() / media.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.write_bytes(media.content)
        self.blocks.upload_file_set.add(str(path))
        return {
            "path": str(path),
            "orig_name": media.name,
            "size": len(media.content),
            "mime_type": media.mime,
            "meta": {"_type": "gradio.FileData"},
        }
