"""What an app says beside its answers: what it logs, and what is said by ``warnings.warn``."""

from __future__ import annotations

import linecache
import logging
import re
import sys
import types
from collections.abc import Sequence
from typing import Any

from ..observation import Frame, Warned
from .frames import is_own
from .record import running

__all__ = ["Logs", "warned"]


class Logs(logging.Handler):
    """Keeps warnings and errors that the app logs with the call that logged them."""

    def emit(self, record: logging.LogRecord) -> None:
        current = running.get()
        if current is not None and len(current.logged) < 20:
            try:
                text = record.getMessage()
            except Exception:  # a wrong format string is the app's business
                text = str(record.msg)
            current.logged.append(f"{record.levelname} {record.name}: {text[:500]}")


def warned(message: Any, category: Any, source: Any, roots: Sequence[str]) -> Warned:
    """Return a warning with the author's line that it is about: the innermost on the stack.

    A coroutine that nobody awaits is about the author's call, where that line has it, or else
    about its own function: it may have been collected while somebody else's lines ran.
    """
    kind = type(message) if isinstance(message, Warning) else category or UserWarning
    frame: types.FrameType | None = sys._getframe(2)
    while frame is not None and not is_own(frame.f_code.co_filename, roots):
        frame = frame.f_back
    code = getattr(source, "cr_code", None)
    place = None
    text = ""
    if frame is not None:
        text = linecache.getline(frame.f_code.co_filename, frame.f_lineno).strip()
    called = code is not None and _calls_it(text, code.co_name)
    if frame is not None and (source is None or called):
        file, line = frame.f_code.co_filename, frame.f_lineno
        place = Frame(file, line, frame.f_code.co_name, text, own=True)
    elif code is not None and is_own(code.co_filename, roots):
        place = Frame(code.co_filename, code.co_firstlineno, code.co_name, own=True)
    return Warned(getattr(kind, "__name__", str(kind)), str(message)[:500], place)


def _calls_it(text: str, name: str) -> bool:
    """Whether a line of source calls *name* and awaits nothing."""
    return bool(re.search(rf"\b{re.escape(name)}\s*\(", text)) and "await" not in text
