"""What goes wrong only after something else was done first."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from ..finding import Finding, Repeats, Severity
from . import Check

__all__ = ["CHECKS", "Walked"]


@dataclass(frozen=True, slots=True)
class Walked:
    """The shortest walk on one page that showed a defect, which its last step has set off.

    *finding* is what the checks of single calls say of it, *steps* their number, *words* the
    walk, one step a line. *repeats* is how often the same walk showed it again. *needed* is false
    where there was no time to see that the last step does not do it on a page just opened.
    """

    finding: Finding
    words: str
    steps: int
    repeats: Repeats | None = None
    needed: bool = True


def order(walked: Walked) -> list[Finding]:
    """Something fails on a page on which other things were done before, in that order.

    Why: each event works on a page that was just opened, so whoever tries them one by one sees
    nothing. A visitor does several things: removes twice what was added once, reads a list that
    another button has emptied, presses a button that was drawn for something now gone.

    Mend: read the steps in their order and look at what the one before the last leaves behind
    (State, choices, a value). Handle that it is empty or gone, refuse it with
    `raise gr.Error("…")`, or switch the button off (`interactive=False`) while it makes no sense.

    Silence: `--app-ignore sessions.order@EVENT`.
    """
    if walked.steps < 2:
        return []  # a page that was just opened shows it as well
    finding, repeats = walked.finding, walked.repeats
    detail = f"It takes these {walked.steps} steps on one page, in this order."
    if not walked.needed:
        detail = (
            f"It was met after these {walked.steps} steps on one page; there was no time to see "
            "whether it takes them all."
        )
    if repeats is not None and repeats.intermittent:
        detail = (
            f"It was met after these {walked.steps} steps on one page, and not every time: it may "
            "hang on what visitors before had done."
        )
    return [
        dataclasses.replace(
            finding,
            check="sessions.order",
            detail=f"{detail} {finding.detail}".strip(),
            input=walked.words,
            repeats=repeats,
        )
    ]


CHECKS = (Check("sessions.order", Severity.ERROR, order),)
