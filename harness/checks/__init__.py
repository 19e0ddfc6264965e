"""The checks: pure functions from observations to findings, one module an area.

A check has a stable name, the gravest severity it gives, and a docstring of four
paragraphs (what it says, why it matters, how to mend it, how to silence it) that is its
entry in the catalogue, docs/checks.md.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..finding import Finding, Severity

__all__ = ["Check"]


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
