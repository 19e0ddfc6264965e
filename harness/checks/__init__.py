"""The checks: pure functions from observations to findings, one module an area.

A check has a stable name, the gravest severity it gives, and a docstring of four
paragraphs (what it says, why it matters, how to mend it, how to silence it) that is its
entry in the catalogue, docs/checks.md.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..contract import Function
from ..finding import Finding, Severity

__all__ = ["Check", "place_of"]


@dataclass(frozen=True, slots=True)
class Check:
    """One check. *judge* takes what its area observes and returns findings, mostly none."""

    name: str
    severity: Severity
    judge: Callable[..., list[Finding]]

    @property
    def suite(self) -> str:
        """The first part of the name."""
        return self.name.partition(".")[0]

    @property
    def item(self) -> str:
        """The name of its test item: ``unhandled_exception``."""
        return self.name.partition(".")[2].replace("-", "_")

    @property
    def doc(self) -> str:
        """Its entry in the catalogue."""
        return inspect.getdoc(self.judge) or ""

    @property
    def of_answers(self) -> bool:
        """Whether it judges one answer: its judge takes a `Seen`."""
        first, *_ = inspect.signature(self.judge).parameters.values()
        return first.annotation in ("Seen", "outcome.Seen")

    def __call__(self, *observed: Any) -> list[Finding]:
        """Return what the check says of *observed*."""
        return self.judge(*observed)


def place_of(function: Function | None, folder: str) -> str:
    """Return ``app.py:27 in ratio``: where the function begins, seen from the app's *folder*."""
    if function is None or not function.file or function.builtin:
        return ""
    file = Path(function.file)
    if folder and file.is_relative_to(folder):
        file = file.relative_to(folder)
    return f"{file}:{function.line} in {function.name}"
