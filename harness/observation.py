"""What was sent to an app and what came back: pure data, no behaviour.

A `Call` goes into a driver, an `Observation` comes out. Every driver gives the same
shape, so that any check can be asked of any driver. All times are seconds of the
monotonic clock of this machine (`time.monotonic()`, shared between processes on Linux).
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

__all__ = [
    "Call",
    "CallError",
    "Effect",
    "Evidence",
    "Frame",
    "Media",
    "Message",
    "Observation",
    "Served",
    "Warned",
]

ErrorKind = Literal["author", "unexpected", "refused", "timeout", "transport", "left"]
Step = Literal["page", "route", "queue", "preprocess", "function", "postprocess", "rendering", ""]


@dataclass(frozen=True, slots=True)
class Media:
    """A file as a visitor would choose it: a name, its bytes and its MIME type."""

    name: str
    content: bytes = field(repr=False)
    mime: str = "application/octet-stream"

    @classmethod
    def packed(cls, name: str, packed: str, mime: str) -> Media:
        """Return the file whose bytes are *packed*: zlib in base 85, as in a reproduction."""
        return cls(name, zlib.decompress(base64.b85decode(packed)), mime)

    @classmethod
    def read(cls, path: Path, name: str = "", mime: str = "application/octet-stream") -> Media:
        """Return the file at *path*, as a visitor has it under *name*."""
        return cls(name or path.name, path.read_bytes(), mime)

    def __repr__(self) -> str:
        return f"<file {self.name!r}, {self.mime}, {len(self.content)} bytes>"


@dataclass(frozen=True, slots=True)
class Call:
    """One event set off with one value an input, in the order of the event's inputs.

    A value is JSON as the page sends it, or a `Media` (also inside lists and mappings)
    that the driver uploads first. What comes live from a camera or a microphone is a list: one
    `Media` for each frame or piece of sound. *session* names the visitor: calls with the same
    session share Gradio's session state; None is a visitor of its own.
    """

    event: str
    index: int
    inputs: tuple[Any, ...]
    session: str | None = None
    event_data: Any = None
    trigger: int | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One queue message; *at* is when its bytes were read, before they were parsed.

    *size* is how many bytes it took on the wire, 0 where it did not come over one.
    """

    kind: str
    at: float
    data: Mapping[str, Any]
    size: int = 0


@dataclass(frozen=True, slots=True)
class Frame:
    """One line of a traceback; *own* is true for the author's files."""

    file: str
    line: int
    function: str
    code: str = ""
    own: bool = False

    def __str__(self) -> str:
        return f"{self.file}:{self.line} in {self.function}"


@dataclass(frozen=True, slots=True)
class Effect:
    """What the app did beside its answer: *kind* is write, connect or start.

    Of files of ours that lie in wait it is also kept that they were read, and *where*: at which
    line of the author's.
    """

    kind: Literal["write", "connect", "start", "read"]
    what: str
    where: str = ""

    @property
    def abroad(self) -> bool:
        """Whether it is a connection that leaves this machine: somebody may pay for it."""
        here = ("127.", "localhost:", "::1:", "0.0.0.0:")
        return self.kind == "connect" and not self.what.startswith(here)


@dataclass(frozen=True, slots=True)
class Warned:
    """One ``warnings.warn`` during a call; *frame* is the author's line that it is about."""

    category: str
    message: str
    frame: Frame | None = None


@dataclass(frozen=True, slots=True)
class Served:
    """One file of an answer, fetched as the page does: HTTP status and size in bytes.

    *problem* says why a page cannot show it, "" if it can; *grave* is true where no browser
    can. *echo* is true for a file that the visitor sent.
    """

    path: str
    status: int
    size: int = 0
    problem: str = ""
    grave: bool = True
    echo: bool = False


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the probe inside the app's process saw of one call.

    *exception* is the type of the true exception, *intended* whether Gradio counts it as
    the author speaking (`gr.Error`), *raised* whether the author's code raised it by an
    own ``raise`` statement. *frames* run from the outermost to the innermost, those of the
    harness left out. *yields* are the times at which the author's generator yielded;
    *seconds* says how long each step took, summed over a generator's steps. *returned* is
    the number of values the function returned and the number of outputs, where both count.
    *nonfinite* are the outputs that got nan or an infinity, by position: the wire says null.
    *ran* are begin and end of each step of the function. *sent* are the digests of what each
    yield was to show, one an output. *own_seconds* is how long the author's function took, without
    the time in which its thread waited for a processor. *queued* is when the call was in the app's
    queue, *begun* when it was taken out, *finished* when its last step had ended.
    """

    exception: str = ""
    message: str = ""
    module: str = ""
    intended: bool = False
    raised: bool = False
    step: Step = ""
    frames: tuple[Frame, ...] = ()
    traceback: str = ""
    needs: str = ""
    seconds: Mapping[str, float] = field(default_factory=dict)
    own_seconds: float | None = None
    yields: tuple[float, ...] = ()
    effects: tuple[Effect, ...] = ()
    logged: tuple[str, ...] = ()
    returned: tuple[int, int] | None = None
    nonfinite: tuple[tuple[int, str], ...] = ()
    warned: tuple[Warned, ...] = ()
    ran: tuple[tuple[float, float], ...] = ()
    sent: tuple[tuple[str, ...], ...] = ()
    queued: float | None = None
    begun: float | None = None
    finished: float | None = None

    @property
    def frame(self) -> Frame | None:
        """The innermost line of the author's own files, if there is one."""
        return next((frame for frame in reversed(self.frames) if frame.own), None)


@dataclass(frozen=True, slots=True)
class CallError:
    """How a call failed.

    author: `gr.Error` or another of Gradio's own errors, meant for the visitor.
    unexpected: any other exception. refused: a validator, a limit or a login said no.
    timeout: no last message within the time. transport: the connection broke.
    left: the visitor left a stream that went on for longer than it is watched.
    """

    kind: ErrorKind
    message: str
    step: Step = ""


@dataclass(frozen=True, slots=True)
class Observation:
    """One call as one driver saw it, from the first byte to the last."""

    call: Call
    driver: Literal["wire", "direct", "client", "browser"]
    started: float
    ended: float
    messages: tuple[Message, ...] = ()
    outputs: tuple[Any, ...] | None = None
    error: CallError | None = None
    evidence: Evidence | None = None
    event_id: str = ""

    @property
    def queued(self) -> bool:
        """Whether the call went over the app's real queue."""
        return bool(self.event_id) and self.driver != "direct"

    @property
    def seconds(self) -> float:
        """From the request to the last message."""
        return self.ended - self.started

    @property
    def chunks(self) -> tuple[Message, ...]:
        """The messages that carried output: each yield, and the end."""
        return tuple(
            message
            for message in self.messages
            if message.kind in ("process_generating", "process_streaming", "process_completed")
        )

    @property
    def first_output_seconds(self) -> float | None:
        """From the request to the first message with output; None if none came."""
        return self.chunks[0].at - self.started if self.chunks else None

    @property
    def failure(self) -> str:
        """Why it failed, in a line: what the author says, else with the exception's type."""
        if self.error is None:
            return ""
        seen = self.evidence
        known = seen is not None and seen.exception and not seen.intended
        said = f"{seen.exception}: {seen.message}" if seen and known else self.error.message
        return (said.strip() or self.error.kind).splitlines()[0][:200]

    @property
    def logs(self) -> tuple[Message, ...]:
        """What the app told the visitor by `gr.Info` and `gr.Warning`."""
        return tuple(message for message in self.messages if message.kind == "log")
