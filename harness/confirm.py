"""What is told of the defects that were found: each with its smallest case, sent again."""

from __future__ import annotations

import dataclasses
import time

from .finding import Finding, Repeats
from .reproduce import Case, described
from .search import Defect, Key, Search, key_of

__all__ = ["confirmed"]

#: Checks that go by the clock. A busy machine or a first call that warms up looks the same
#: once, but not every time.
TIMED = frozenset(("streaming.late",))


def confirmed(search: Search, defect: Defect) -> Finding | None:
    """Return the finding with its smallest input, sent again to see whether it repeats.

    None for what was told by the clock and is not seen again: that was the machine.
    """
    finding, case = defect.finding, defect.case
    repeats = None
    if not search.hung and finding.check != "api.hang":
        finding, case = _reduced(search, finding, case)
        repeats = _repeats(search, key_of(finding), case)
    if finding.check in TIMED and (repeats is None or repeats.intermittent):
        return None
    return dataclasses.replace(
        finding,
        input=described(search.contract, search.event, case),
        reproduce=search.snippet(case),
        repeats=repeats,
    )


def _reduced(search: Search, finding: Finding, case: Case) -> tuple[Finding, Case]:
    """Leave out every value for which the page's own does as well."""
    key = key_of(finding)
    limit = time.monotonic() + search.budget.shrink_seconds
    for identity in tuple(case.values):
        rest = {k: v for k, v in case.values.items() if k != identity}
        smaller = dataclasses.replace(case, values=rest)
        if search.hung or search.spent(keep=3) or time.monotonic() > limit:
            break
        if search.allowed(smaller) and (same := search.send(smaller).get(key)):
            finding, case = same, smaller
    return finding, case


def _repeats(search: Search, key: Key, case: Case) -> Repeats | None:
    """Return how often the same case failed again; None where no call is left to see."""
    history = ""
    limit = time.monotonic() + max(search.budget.shrink_seconds, 3 * search.slowest)
    while len(history) < 3 or ("." in history and len(history) < 20):
        if search.spent() or (history and time.monotonic() > limit):
            break
        failed = key in search.send(case)
        if search.cut and not failed:
            break
        history += "F" if failed else "."
    if not history:
        return None
    if "F" not in history:
        history = "F" + history  # as first seen
    return Repeats(history.count("F"), len(history), history)
