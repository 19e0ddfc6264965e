"""What a test found and how it failed, made fit to travel and to be read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from .catalogue import by_item
from .record import ATTRIBUTE, PREFIX
from .report.text import printed
from .rows import Checked
from .run import Part
from .selection import silenced
from .subjects import part_key, session_key

__all__ = ["attach_part", "tidy"]

SHOWN_OUTPUT = 4_000


def attach_part(item: pytest.Item, report: Any) -> None:
    """Let what the item found travel with its report, as text: execnet moves plain data."""
    if report.when != "call":
        return
    checked = tuple(_checked(item)) if report.passed else ()
    if part_key in item.stash or checked:
        part = item.stash.get(part_key, Part())
        part = replace(part, checked=checked)
        part = item.config.stash[session_key].secrets.part(part)
        setattr(report, ATTRIBUTE, json.dumps(part.as_dict()))
        item.stash[part_key] = Part()


def _checked(item: pytest.Item) -> Iterator[Checked]:
    """Yield the check that a test is, and its event.

    Nothing where the user silences it: that its test passes does not say that it is mended.
    """
    options = item.config.stash[session_key].options
    if item.nodeid.startswith(PREFIX) and isinstance(item, pytest.Function):
        suite = item.nodeid[len(PREFIX) :].partition(".py")[0]
        check = by_item().get((suite, item.originalname))
        if check is not None and hasattr(item, "callspec"):
            for event in map(str, item.callspec.params.values()):
                if not silenced(options, check.name, event):
                    yield Checked(check.name, event)


def tidy(item: pytest.Item, report: Any) -> None:
    """Say what failed without "Failed:", and keep little of what the app printed (-vv: all).

    What must not be shown is in none of it.
    """
    if not item.nodeid.startswith(PREFIX):
        return
    hide = item.config.stash[session_key].secrets.hide
    crash = getattr(report.longrepr, "reprcrash", None)
    if crash is not None:
        crash.message = hide(crash.message.removeprefix("Failed: "))
    for trace, *_ in getattr(report.longrepr, "chain", ()):
        for entry in trace.reprentries:
            entry.lines = [hide(line) for line in entry.lines]
    if isinstance(report.longrepr, tuple):  # of a test that was skipped
        report.longrepr = (*report.longrepr[:2], hide(report.longrepr[2]))
    report.sections = [(name, printed(hide(text))) for name, text in report.sections]
    if item.config.get_verbosity() > 1:
        return
    # Gradio and its server print or log the traceback of every call that failed; the finding has
    # the one that counts.
    report.sections = [
        (name, text[-SHOWN_OUTPUT:])
        for name, text in report.sections
        if "stderr" not in name and "log" not in name
    ]
