"""What is told of the defects that were found: each with its smallest case, sent again.

Over the real queue: what only a call straight to the app has shown is no finding.
"""

from __future__ import annotations

import dataclasses

from ..finding import Finding, Repeats
from ..reproduce import Case, described
from ..rows import Skipped
from ..stopwatch import Deadline
from .search import TIMED, Defect, Key, Search, key_of

__all__ = ["confirmed"]

#: How often a case is sent again that fails now and then, and one that the queue has not shown.
AGAIN = 20
AGAIN_UNSHOWN = 40


def confirmed(search: Search, defect: Defect) -> Finding | None:
    """Return the finding with its smallest input, sent again to see whether it repeats.

    None for what was told by the clock and is not seen again, for that was the machine; and
    for what the queue does not show: it is noted where it can be seen again without.
    """
    finding, case = defect.finding, defect.case
    repeats = None
    if search.hung or finding.check == "api.hang":
        if not defect.queued and not _shown(search, finding, case):
            return None
    else:
        finding, case = _reduced(search, finding, case)
        repeats = _repeats(search, key_of(finding), case, shown=defect.queued)
        if repeats is None and not defect.queued:
            _look_again(search, finding, case)
            return None
    defect.case = case
    if finding.check in TIMED and (repeats is None or repeats.intermittent):
        return None
    return dataclasses.replace(
        finding,
        input=described(search.contract, search.event, case),
        reproduce=search.snippet(case, finding.check, repeats),
        repeats=repeats,
    )


def _shown(search: Search, finding: Finding, case: Case) -> bool:
    """Whether the queue shows it too, now that a call hangs; if not, it is noted.

    An app that answers nobody cannot be asked again, and need not be.
    """
    if search.spent() or not search.app.answers():
        return True
    if key_of(finding) in search.send(case, queued=True):
        return True
    _note(search, finding, case, "a call")
    return False


def _look_again(search: Search, finding: Finding, case: Case) -> None:
    """Note what the queue did not show, if a call straight to the app does again."""
    key = key_of(finding)
    again = sum(key in search.send(case) for _ in range(3) if not search.spent())
    if again:
        _note(search, finding, case, f"{again + 1} of 4 calls")


def _note(search: Search, finding: Finding, case: Case, how_often: str) -> None:
    words = described(search.contract, search.event, case)
    why = f"{finding.check} was seen in {how_often} straight to the app, and never over its queue"
    search.unshown.append(Skipped(finding.event, f"{why}: {finding.title}, with {words}"))


def _reduced(search: Search, finding: Finding, case: Case) -> tuple[Finding, Case]:
    """Leave out every turn, and every value for which the page's own does as well."""
    key = key_of(finding)
    deadline = Deadline(search.budget.shrink_seconds)

    def shows(smaller: Case) -> bool:
        nonlocal finding, case
        same = search.send(smaller).get(key) if search.allowed(smaller) else None
        if same is not None:
            finding, case = same, smaller
        return same is not None

    def over() -> bool:
        return search.hung or search.spent(keep=3) or deadline.passed()

    part = len(case.turns)
    while part and not over():
        at = 0
        while at < len(case.turns) and not over():
            rest = (*case.turns[:at], *case.turns[at + part :])
            at += 0 if shows(dataclasses.replace(case, turns=rest)) else part
        part //= 2
    for identity in tuple(case.values):
        if over():
            break
        rest_of = {k: v for k, v in case.values.items() if k != identity}
        shows(dataclasses.replace(case, values=rest_of))
    return finding, case


def _repeats(search: Search, key: Key, case: Case, *, shown: bool) -> Repeats | None:
    """Return how often the same case failed again; None where nothing is known of it.

    That is where no call is left to see, or where the queue has not *shown* it yet and does not.
    """
    history = ""
    deadline = Deadline(max(search.budget.shrink_seconds, 3 * search.slowest))
    most = AGAIN if shown else AGAIN_UNSHOWN
    while len(history) < 3 or ("." in history and len(history) < most):
        if search.spent() or (history and deadline.passed()):
            break
        failed = key in search.send(case, queued=True)
        if search.cut and not failed:
            break
        history += "F" if failed else "."
        if failed:
            most = max(AGAIN, len(history))
    if not history or not (shown or "F" in history):
        return None
    if "F" not in history:
        history = "F" + history  # as first seen
    return Repeats(history.count("F"), len(history), history)
