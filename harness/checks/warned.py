"""What Python and Gradio say in the app's log while a call runs, where it means a bug."""

from __future__ import annotations

import re

from ..finding import Finding, Severity
from ..observation import Warned
from . import Check
from .outcome import Seen, place

__all__ = ["CHECKS"]

UNAWAITED = re.compile(r"coroutine '(?P<name>.+)' was never awaited")


def app_warning(seen: Seen) -> list[Finding]:
    """Python or Gradio warns, in the app's log only, of something that is a bug.

    Why: a coroutine that nobody awaits does nothing at all, and a parameter that no input
    fills is None in every call. The visitor gets an answer that looks like any other.

    Mend: `await` the coroutine, in an `async def`; give the event as many `inputs` as the
    function has parameters, or the parameter a default.

    Silence: `--app-ignore api.app-warning@EVENT`.
    """
    evidence = seen.observation.evidence
    if evidence is None or evidence.exception:
        return []  # what was raised says more
    found: dict[tuple[str, str], Finding] = {}
    for warned in evidence.warned:
        finding = _unawaited(seen, warned) or _unfilled(seen, warned)
        if finding is not None:
            found.setdefault((finding.exception, finding.location), finding)
    return list(found.values())


def _unawaited(seen: Seen, warned: Warned) -> Finding | None:
    match = UNAWAITED.search(warned.message)
    if match is None or warned.frame is None:
        return None
    title = f"{match['name']}(…) is called and never awaited: nothing of it is done"
    return _finding(seen, warned, Severity.ERROR, title, warned.frame.function)


def _unfilled(seen: Seen, warned: Warned) -> Finding | None:
    function = seen.event.function
    if "Filling with None" not in warned.message or function is None or function.builtin:
        return None
    names = function.parameters[len(seen.event.inputs) :]
    used = [name for name in names if name not in function.unread]
    if not used:
        return None
    title = f"{', '.join(used)}: no input fills it, Gradio passes None in every call"
    return _finding(seen, warned, Severity.WARNING, title, function.name)


def _finding(seen: Seen, warned: Warned, severity: Severity, title: str, function: str) -> Finding:
    return Finding(
        "api.app-warning",
        seen.event.label,
        severity,
        title,
        f"The app's log says: {warned.category}: {warned.message}",
        step="function",
        exception=warned.category,
        function=function,
        location=place(warned.frame, seen.folder),
    )


CHECKS = (Check("api.app-warning", Severity.ERROR, app_warning),)
