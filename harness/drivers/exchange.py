"""One call on its way: what has come so far, made into an observation at its end.

The same for every way on which Gradio's own queue messages come: over the wire, or straight
from the app in this process.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from ..observation import Call, CallError, Evidence, Media, Message, Observation, Step

__all__ = ["Exchange", "Leave", "applied", "told", "uploaded"]

#: The messages of a stream that goes on.
GENERATING = ("process_generating", "process_streaming")
#: How long a stream is watched at least, and one that was known to go on and on.
WATCHED_SECONDS = 30.0
AGAIN_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Leave:
    """When a visitor leaves a stream: after *outputs* or *seconds*; who *stops* it says so."""

    outputs: int
    seconds: float
    stops: bool


class Exchange:
    """What one call has brought so far. *limit* is how long the app may say nothing, in seconds.

    *leave* says when the visitor goes who does not stay to the end.
    """

    def __init__(self, call: Call, session: str, limit: float, leave: Leave | None = None) -> None:
        self.call, self.session, self.limit, self.leave = call, session, limit, leave
        self.messages: list[Message] = []
        self.outputs: tuple[Any, ...] | None = None
        self.error: CallError | None = None
        self.event_id = ""
        self.begin()

    def begin(self) -> None:
        """Start the clock: everything is ready to be sent."""
        self.started = self.ended = self.spoken = time.monotonic()

    def take(self, message: Message) -> None:
        """Take in the next message; one of an earlier call of this session is passed over."""
        data = message.data
        if not self.about(message):
            return
        if message.kind != "heartbeat":
            self.spoken = message.at
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

    def about(self, message: Message) -> bool:
        """Whether *message* is this call's, and not an earlier one's of the same session."""
        return message.data.get("event_id") in (None, self.event_id)

    def close(self, message: Message) -> None:
        """Note that nothing comes after *message*, an output: the visitor has ended it."""
        self.ended = message.at
        self.outputs = tuple(self.messages[-1].data["output"]["data"])

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
        return replace(message, data={**message.data, "output": {**output, "data": full}})

    def seen_enough(self, now: float, endless: set[int], watched_seconds: float) -> bool:
        """Whether to leave: as the visitor wanted to, or a stream that goes on and on.

        It is *endless* then: a clock, a feed.
        """
        if self.leave is not None:
            return self._left_early(now, self.leave)
        known = self.call.index in endless
        limit = AGAIN_SECONDS if known else max(watched_seconds, self.limit)
        if self.outputs is not None or not self.messages or now - self.started < limit:
            return False
        if not any(m.kind in GENERATING for m in self.messages):
            return False
        endless.add(self.call.index)
        self.fail("left", f"the stream went on after {limit:g} s")
        return True

    def _left_early(self, now: float, leave: Leave) -> bool:
        outputs = sum(m.kind in GENERATING for m in self.messages)
        if self.outputs is not None or (
            outputs < leave.outputs and now - self.started < leave.seconds
        ):
            return False
        self.ended = now
        self.fail("left", f"the visitor left after {outputs} outputs")
        return True

    @property
    def left(self) -> bool:
        """Whether the visitor left before the last message."""
        return self.error is not None and self.error.kind == "left"

    def fail(self, kind: Any, message: str, step: Step = "") -> None:
        """Note how the call failed."""
        self.ended = max(self.ended, time.monotonic()) if kind == "timeout" else self.ended
        if self.ended <= self.started:
            self.ended = time.monotonic()
        self.error = CallError(kind, message, step)

    def refuse(self, status: int, detail: Any) -> None:
        """Note what a status other than 200 means, with what the app says of it."""
        if status in (401, 403, 413, 422, 429, 503):
            self.fail("refused", f"HTTP {status}: {told(detail)}", "route")
        else:
            self.fail("unexpected", f"HTTP {status}: {detail}", "route")

    def observation(
        self, driver: Literal["wire", "direct"], evidence: Evidence | None
    ) -> Observation:
        """Return all of it; where the probe knows the true exception, it has the last word."""
        error = self.error
        known = evidence is not None and bool(evidence.exception)
        if error is not None and known and error.kind in ("author", "unexpected"):
            assert evidence is not None
            kind: Any = "author" if evidence.intended else "unexpected"
            error = CallError(kind, error.message or evidence.message, evidence.step)
        return Observation(
            call=self.call,
            driver=driver,
            started=self.started,
            ended=self.ended,
            messages=tuple(self.messages),
            outputs=self.outputs,
            error=error,
            evidence=evidence,
            event_id=self.event_id,
        )


def told(detail: Any) -> str:
    """Return the words in the detail of a refusal: a validator's, or the route's own."""
    if not isinstance(detail, list):
        return str(detail)
    words = [
        str(part.get("message") or part.get("msg") or "")
        for part in detail
        if isinstance(part, dict)
    ]
    return "; ".join(filter(None, words)) or str(detail)[:300]


def uploaded(value: Any, upload: Callable[[Media], Any]) -> Any:
    """Return *value* as JSON, every `Media` in it replaced by what *upload* gives for it."""
    if isinstance(value, Media):
        return upload(value)
    if isinstance(value, list | tuple):
        return [uploaded(item, upload) for item in value]
    if isinstance(value, Mapping):
        return {key: uploaded(item, upload) for key, item in value.items()}
    return value


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
