"""Which lines are the author's own, and a traceback told from the first of them."""

from __future__ import annotations

import functools
import os
import site
import sys
import sysconfig
import threading
import traceback
import types
from collections.abc import Sequence
from pathlib import Path

from ..observation import Frame

__all__ = ["frames_of", "is_own", "standing", "traceback_of"]

HERE = str(Path(__file__).resolve().parent.parent)
INSTALLED = tuple(
    {
        str(Path(folder).resolve())
        for folder in (
            *site.getsitepackages(),
            site.getusersitepackages(),
            *(sysconfig.get_paths()[key] for key in ("stdlib", "platstdlib", "purelib")),
        )
    }
)


def frames_of(error: BaseException, roots: Sequence[str]) -> tuple[Frame, ...]:
    """Return the traceback's lines from the outermost, those of the harness left out."""
    return tuple(
        Frame(
            file=item.filename,
            line=item.lineno or 0,
            function=item.name,
            code=item.line or "",
            own=is_own(item.filename, roots),
        )
        for item in traceback.extract_tb(error.__traceback__)
        if not item.filename.startswith(HERE)
    )


def standing(roots: Sequence[str]) -> tuple[str, ...]:
    """Return where the author's functions stand that Gradio runs in threads: their latest lines."""
    workers = {t.ident for t in threading.enumerate() if t.name.startswith("AnyIO worker")}
    found = []
    for thread, innermost in sys._current_frames().items():
        frame: types.FrameType | None = innermost if thread in workers else None
        while frame is not None and not is_own(frame.f_code.co_filename, roots):
            frame = frame.f_back
        if frame is not None:
            found.append(f"{frame.f_code.co_filename}:{frame.f_lineno} in {frame.f_code.co_name}")
    return tuple(sorted(found))


def traceback_of(error: BaseException, roots: Sequence[str]) -> str:
    """Return the traceback as Python prints it, from the author's first line on.

    Where no line is the author's, the last six are shown.
    """
    whole = traceback.TracebackException.from_exception(error)
    part: traceback.TracebackException | None = whole
    seen: set[int] = set()
    while part is not None and id(part) not in seen:
        seen.add(id(part))
        frames = [item for item in part.stack if not item.filename.startswith(HERE)]
        first = next((i for i, f in enumerate(frames) if is_own(f.filename, roots)), None)
        kept = frames[first:] if first is not None else frames[-6:]
        part.stack = traceback.StackSummary.from_list(kept)
        part = part.__cause__ or part.__context__
    return "".join(whole.format()).rstrip()


@functools.lru_cache(maxsize=4096)
def _own_cached(filename: str, roots: tuple[str, ...]) -> bool:
    if filename.startswith("<"):  # <string>, <frozen importlib._bootstrap>
        return False
    path = os.path.realpath(filename)
    if not any(path.startswith(root.rstrip(os.sep) + os.sep) for root in roots):
        return False
    return "site-packages" not in path and not path.startswith((*INSTALLED, HERE + os.sep))


def is_own(filename: str, roots: Sequence[str]) -> bool:
    """Whether *filename* is the author's: below one of *roots*, and not an installed package."""
    return _own_cached(filename, tuple(roots))
