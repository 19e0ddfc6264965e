"""Findings on the terminal as they are found, and what is being looked at right now.

      error: [share] ZeroDivisionError: division by zero
             api.unhandled-exception, people = 0

Each defect is told once, under the first event that shows it; the long form follows at the end.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Iterator

from .finding import Finding, Severity
from .report.text import counted, visible

__all__ = ["News", "Ticker", "brief", "whole"]

#: How often the line of a `Ticker` changes.
SECONDS = 0.5


class News:
    """Tells findings from those that were told before."""

    def __init__(self) -> None:
        self._told: set[tuple[str, ...]] = set()

    def of(self, findings: Iterable[Finding]) -> Iterator[Finding]:
        """Yield the errors and warnings that are new; what is by design waits for the report."""
        for finding in findings:
            place = finding.location or f"{finding.event} {finding.title}"
            key = (finding.check, finding.exception, place)
            known = finding.known is not None and not finding.known.over
            if key not in self._told and finding.severity is not Severity.INFO and not known:
                self._told.add(key)
                yield finding


def brief(finding: Finding, width: int) -> list[str]:
    """Return the finding in two lines of at most *width* columns: what, and with what."""
    lead = f"  {finding.severity}: "
    rest = ", ".join((finding.check, *finding.input.splitlines()))
    lines = (f"{lead}{_where(finding)}{finding.title}", f"{' ' * len(lead)}{rest}")
    return [_cut(visible(line), width) for line in lines]


def whole(finding: Finding) -> list[str]:
    """Return the finding in a line, and in another its input and how to see it again."""
    lead = f"  {finding.severity}: "
    rest = [_cut(", ".join(finding.input.splitlines()), 60)] if finding.input else []
    rest += [f"(--app-replay {finding.id})"] if finding.reproduce else []
    lines = [f"{lead}{finding.check} {_where(finding)}{finding.title}"]
    lines += [f"{' ' * len(lead)}{'  '.join(rest)}"] if rest else []
    return list(map(visible, lines))


def _where(finding: Finding) -> str:
    also = f", +{len(finding.also)}" if finding.also else ""
    return f"[{finding.event}{also}] " if finding.event else ""


def _cut(line: str, width: int) -> str:
    return line if len(line) <= width else f"{line[: max(width - 1, 20)]}…"


class Ticker:
    """A few words behind the dots of a terminal, overwritten as calls are made."""

    def __init__(self, terminal: int) -> None:
        self._terminal: int | None = terminal
        self._at = 0.0
        self._calls: dict[str, int] = {}
        self._shown = False

    @classmethod
    def where_possible(cls) -> Ticker | None:
        """Return one where somebody watches: on a terminal, and never in a log."""
        if os.environ.get("CI") or os.environ.get("TERM") == "dumb" or not sys.stdout.isatty():
            return None
        return cls(os.dup(sys.stdout.fileno()))  # what a test prints is captured

    def call(self, root: str, room: int) -> None:
        """Note a call of the exploration of *root*; *room* columns are left in the line."""
        self._calls[root] = self._calls.get(root, 0) + 1
        now = time.monotonic()
        if now - self._at < SECONDS or room < 24:
            return
        self._at, self._shown = now, True
        words = f" {visible(root)}: {counted(self._calls[root], 'call')}"
        self._write(f"\x1b7\x1b[K{words[: room - 1]}\x1b8")

    def clear(self) -> None:
        """Leave the line as it was."""
        if self._shown:
            self._shown = False
            self._write("\x1b[K")

    def close(self) -> None:
        """Give the terminal back."""
        terminal, self._terminal = self._terminal, None
        if terminal is not None:
            os.close(terminal)

    def _write(self, text: str) -> None:
        if self._terminal is None:
            return
        try:
            os.write(self._terminal, text.encode("utf-8", "replace"))
        except OSError:
            self.close()
