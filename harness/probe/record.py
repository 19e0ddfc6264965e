"""What is gathered about one call while it runs, and as plain data afterwards."""

from __future__ import annotations

import contextvars
import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..observation import Effect, Evidence, Step, Warned
from .frames import frames_of, traceback_of
from .needs import needs_of

__all__ = ["Record", "Watch", "evidence_of", "running"]


@dataclass(frozen=True, slots=True)
class Watch:
    """What lies in wait: paths with *word* in them, for the author's code below *roots*."""

    word: str
    roots: tuple[str, ...]


class Record:
    """What is being gathered about one call; one call runs in one context at a time."""

    __slots__ = (
        *("begun", "cause", "effects", "finished", "ignored", "logged", "nonfinite", "own"),
        *("queued", "ran", "returned", "roots", "seconds", "sent", "step", "told", "warned"),
        *("watch", "yields"),
    )

    def __init__(
        self,
        ignored: tuple[str, ...],
        roots: tuple[str, ...] | None = None,
        watch: Watch | None = None,
    ) -> None:
        self.ignored = ignored
        self.roots = roots
        self.watch = watch
        self.step: Step = "queue"
        self.cause: BaseException | None = None
        self.returned: tuple[int, int] | None = None
        self.seconds: dict[str, float] = {}
        self.yields: list[float] = []
        #: What was done, and when last.
        self.effects: dict[Effect, float] = {}
        self.logged: list[str] = []
        self.nonfinite: tuple[tuple[int, str], ...] = ()
        self.warned: list[Warned] = []
        self.ran: list[tuple[float, float]] = []
        self.sent: list[tuple[str, ...]] = []
        self.told: Evidence | None = None
        self.own: float | None = None
        self.queued: float | None = None
        self.begun: float | None = None
        self.finished: float | None = None


running: contextvars.ContextVar[Record | None] = contextvars.ContextVar(
    "gradio_harness_record", default=None
)


def evidence_of(record: Record, roots: Sequence[str]) -> Evidence:
    """Return *record* as plain data; tracebacks are made only here, when somebody asks."""
    error = record.cause
    common: dict[str, Any] = {
        "seconds": dict(record.seconds),
        "yields": tuple(record.yields),
        "effects": tuple(record.effects),
        "logged": tuple(record.logged),
        "returned": record.returned,
        "nonfinite": record.nonfinite,
        "warned": tuple(record.warned),
        "sent": tuple(record.sent),
        "ran": tuple(record.ran),
        "own_seconds": record.own,
        "queued": record.queued,
        "begun": record.begun,
        "finished": record.finished,
    }
    if error is None:
        return Evidence(**common)
    whole = error
    if type(error).__name__ == "ComponentProcessingError" and error.__cause__ is not None:
        error = error.__cause__  # Gradio 6 wraps what a component raises; its words stay below
    frames = frames_of(error, roots)
    own_last = bool(frames) and frames[-1].own
    return Evidence(
        exception=type(error).__name__,
        message=str(getattr(error, "message", error) if _intended(error) else error),
        module=type(error).__module__ or "",
        intended=_intended(error),
        raised=own_last and frames[-1].code.startswith(("raise", "assert")),
        step=record.step,
        frames=frames,
        traceback=traceback_of(whole, roots),
        needs=needs_of(error),
        **common,
    )


def _intended(error: BaseException) -> bool:
    """Whether Gradio shows this exception to the visitor as the author's own words."""
    exceptions = importlib.import_module("gradio.exceptions")
    kinds = tuple(
        getattr(exceptions, name) for name in ("Error", "AppError") if hasattr(exceptions, name)
    )
    return isinstance(error, kinds)
