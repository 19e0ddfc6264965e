"""What a check says is wrong: the unit of every report."""

from __future__ import annotations

import enum
import hashlib
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from typing import Any

__all__ = ["Finding", "Known", "Repeats", "Severity", "distinct", "merged"]


class Severity(enum.StrEnum):
    """error fails a run; warning does with ``--app-fail-on warning``; info never does."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for the gravest."""
        return list(Severity).index(self)


@dataclass(frozen=True, slots=True)
class Repeats:
    """The same input again: it failed *failed* times of *calls*; *history* is F and . in order."""

    failed: int
    calls: int
    history: str = ""

    @property
    def intermittent(self) -> bool:
        """True if the same input passed at least once."""
        return self.failed < self.calls

    @property
    def tries(self) -> int:
        """How often to try what is intermittent until it is all but sure to be seen; else 1."""
        return min(20, 3 * -(-self.calls // max(self.failed, 1))) if self.intermittent else 1

    def __str__(self) -> str:
        kind = "intermittent" if self.intermittent else "every time"
        return f"{kind}, {self.failed} of {self.calls}"


@dataclass(frozen=True, slots=True)
class Known:
    """What a baseline says of a finding: why it may stay, and until when, an ISO date or "".

    It fails nothing, but where that day is *over*.
    """

    reason: str = ""
    expires: str = ""
    over: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """One defect, told once.

    *event* is the event's label ("" for the whole app), *input* one line a parameter,
    *location* the author's own file and line, *reproduce* a script that shows it again.
    *id* never depends on a line number or an input, so a baseline survives edits. *also* are
    the labels of other events that run into the same line of the author's, *known* is what the
    baseline says of it.
    """

    check: str
    event: str
    severity: Severity
    title: str
    detail: str = ""
    step: str = ""
    input: str = ""
    exception: str = ""
    function: str = ""
    location: str = ""
    traceback: str = ""
    reproduce: str = ""
    repeats: Repeats | None = None
    number: int = 1
    also: tuple[str, ...] = ()
    known: Known | None = None

    @property
    def events(self) -> tuple[str, ...]:
        """The labels of all events that show it, the first in the contract first."""
        return (self.event, *self.also)

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids that it has as each event's own: the first one may be mended or left out."""
        return tuple(replace(self, event=event).id for event in self.events)

    @property
    def code(self) -> str:
        """The text of the author's line at `location`, as the traceback shows it; "" without."""
        place, _, function = self.location.partition(" in ")
        file, _, line = place.rpartition(":")
        for head, text in pairwise(self.traceback.splitlines()):
            path, _, rest = head.strip().removeprefix('File "').partition('", ')
            if rest == f"line {line}, in {function}" and path.endswith(file):
                return " ".join(text.split())
        return ""

    @property
    def suite(self) -> str:
        """The first part of the check's name."""
        return self.check.partition(".")[0]

    @property
    def id(self) -> str:
        """Ten hex digits of check, event, exception type, function; -2, -3 … for further ones."""
        key = "\0".join((self.check, self.event, self.exception, self.function))
        digest = hashlib.sha256(key.encode("utf-8", "backslashreplace")).hexdigest()[:10]
        return digest if self.number == 1 else f"{digest}-{self.number}"

    @property
    def raised(self) -> str:
        """The type of the exception, "" where *exception* only tells findings apart."""
        return self.exception if re.fullmatch(r"[A-Z]\w*(\.\w+)*", self.exception) else ""

    def as_dict(self) -> dict[str, Any]:
        """Return what `results.json` holds of it."""
        return {
            "id": self.id,
            "suite": self.suite,
            "check": self.check,
            "endpoint": self.event,
            "step": self.step,
            "severity": str(self.severity),
            "title": self.title,
            "detail": self.detail,
            "input": self.input,
            "exception": self.exception,
            "function": self.function,
            "location": self.location,
            "traceback": self.traceback,
            "reproduce": self.reproduce,
            "repeats": None
            if self.repeats is None
            else {
                "failed": self.repeats.failed,
                "calls": self.repeats.calls,
                "history": self.repeats.history,
                "intermittent": self.repeats.intermittent,
            },
            "number": self.number,
            "also": list(self.also),
            "known": None if self.known is None else asdict(self.known),
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Finding:
        """Return the finding that `as_dict` wrote."""
        repeats = data.get("repeats")
        return cls(
            check=data["check"],
            event=data["endpoint"],
            severity=Severity(data["severity"]),
            title=data["title"],
            detail=data.get("detail", ""),
            step=data.get("step", ""),
            input=data.get("input", ""),
            exception=data.get("exception", ""),
            function=data.get("function", ""),
            location=data.get("location", ""),
            traceback=data.get("traceback", ""),
            reproduce=data.get("reproduce", ""),
            repeats=repeats
            and Repeats(repeats["failed"], repeats["calls"], repeats.get("history", "")),
            number=data.get("number", 1),
            also=tuple(data.get("also", ())),
            known=Known(**data["known"]) if data.get("known") else None,
        )


def merged(findings: list[Finding], order: Mapping[str, int]) -> list[Finding]:
    """Return each defect once, under the first event that shows it; *order* is the contract's.

    Of several events, the first of which it is not known yet.

    One line of the author's that several events run into, by the same exception, is one defect;
    so is a lambda that was copied from event to event, and an answer of one function that
    several events show in the same words.
    """
    groups: dict[tuple[str, ...], list[Finding]] = {}
    for number, finding in enumerate(findings):
        groups.setdefault(_same(finding) or (str(number),), []).append(finding)
    result = []
    for group in groups.values():
        first, *others = sorted(
            group, key=lambda f: (_known(f), order.get(f.event, len(order)), f.event)
        )
        known = dict.fromkeys(label for other in others for label in other.events)
        also = [*first.also, *(label for label in known if label not in first.events)]
        result.append(replace(first, also=tuple(also)))
    return result


def _known(finding: Finding) -> int:
    """Return 0 for what no baseline knows: its event's test is the one that fails."""
    return 0 if finding.known is None else 1 if finding.known.over else 2


def _same(finding: Finding) -> tuple[str, ...]:
    """Return what findings of several events share that are one defect; () for those of one."""
    if finding.suite not in ("api", "streaming") or not finding.event:
        return ()
    place = _copied(finding) or finding.location
    if not place and finding.function and "<" not in finding.function:
        place = finding.title  # of one function, whichever event called it
    if not place:
        return ()
    return (finding.check, finding.severity, finding.exception, finding.function, place)


def _copied(finding: Finding) -> str:
    """Return the text of the lambda that failed, as its traceback has it; "" for other code."""
    file, _, rest = finding.location.rpartition(":")
    if rest.endswith(" in <lambda>") and "lambda" in finding.code:
        return f"{file}: {finding.code}"
    return ""


def distinct(findings: list[Finding]) -> list[Finding]:
    """Return the findings, gravest first, with ids that differ.

    Two bugs of one function with one exception type share a hash; they are numbered in
    the order of their place in the source.
    """
    seen: dict[str, int] = {}
    result = []
    for finding in sorted(findings, key=lambda f: (f.event, f.check, _line(f.location), f.title)):
        first = replace(finding, number=1).id
        seen[first] = seen.get(first, 0) + 1
        result.append(replace(finding, number=seen[first]))
    return sorted(result, key=lambda f: f.severity.rank)


def _line(location: str) -> int:
    _, _, rest = location.rpartition(":")
    digits = rest.split(" ")[0]
    return int(digits) if digits.isdigit() else 0
