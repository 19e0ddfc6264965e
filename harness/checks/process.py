"""What only the parent of the app's process can see: that it is gone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..finding import Finding, Severity
from . import Check
from .forged import ROOT, crashed

__all__ = ["CHECKS", "holds_everybody", "process_exit"]


def process_exit(call: Mapping[str, Any], how: str) -> list[Finding]:
    """One call ended the app's whole process.

    Why: no visitor gets an answer any more, and a process that ends itself with status 0
    looks healthy to whatever started it.

    Mend: look for `os._exit`, `sys.exit` in a thread, a crash in native code, or too little
    memory. Refuse the input with `raise gr.Error("…")` instead.

    Silence: `--app-ignore api.process-exit@EVENT`, or leave the event out with
    `--app-exclude EVENT`: the process ends all the same.
    """
    if _forged(call):
        return [crashed(call, how)]
    title = f"One call ended the app's whole process ({how})"
    detail = "No visitor gets an answer any more. Look for os._exit or a crash in native code."
    return [_finding("api.process-exit", call, title, detail)]


def holds_everybody(call: Mapping[str, Any], why: str) -> list[Finding]:
    """Return the finding about a call after which the app answered nobody."""
    if _forged(call):
        return [crashed(call, why)]
    title = "One call made the whole app stop answering"
    detail = f"{why}. Blocking work in an `async def` or in native code holds everybody up."
    return [_finding("api.hang", call, title, detail)]


def _forged(call: Mapping[str, Any]) -> bool:
    return str(call.get("root", "")).startswith(ROOT)


def _finding(check: str, call: Mapping[str, Any], title: str, detail: str) -> Finding:
    return Finding(
        check,
        str(call["event"]),
        Severity.ERROR,
        title,
        detail,
        step="function",
        input=str(call.get("input", "")),
        reproduce=str(call.get("reproduce", "")),
    )


CHECKS = (Check("api.process-exit", Severity.ERROR, process_exit),)
