"""The app held against what it was: what callers rely on, what it answers, how long it takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..difference import Change
from ..finding import Finding, Severity
from . import Check

__all__ = ["CHECKS", "Changed"]


@dataclass(frozen=True, slots=True)
class Changed:
    """What callers relied on in *against*, and what is otherwise now.

    *places* are the author's lines by event, *reproduce* the scripts that show it again.
    """

    against: str
    changes: tuple[Change, ...]
    places: Mapping[str, str] = field(default_factory=dict)
    reproduce: str = ""


#: What a change means for who calls.
MEANING: Mapping[str, str] = {
    "endpoint gone": "Who calls it gets an error.",
    "endpoint renamed": "Who calls it by its old name gets an error.",
    "parameter gone": "Who sends it gets an error, or fills another parameter with it.",
    "parameter renamed": "Who sends it by its old name gets an error.",
    "new required parameter": "Who calls as before sends too little.",
    "parameters in another order": "Who sends them in order, as most do, fills others.",
    "default gone": "Who left it out sends too little.",
    "type changed": "Who sends what was right gets an error, or another answer.",
    "only these choices now": "Who sends anything else is refused.",
    "choices gone": "Who sends one of them is refused.",
    "narrower range": "Who sends what lies outside is refused.",
    "outputs changed": "Who takes the answer apart finds something else in it.",
    "no longer streams": "Who shows it as it comes shows nothing until the end.",
}


def contract(changed: Changed) -> list[Finding]:
    """What callers of the app rely on is there no longer: an endpoint, a parameter, a choice.

    Why: whoever calls the app from a program (`gradio_client`, `/call`, another Space) was told
    names, types and choices, and finds out by an error that they are not true any more.

    Mend: keep the old name and its meaning beside the new one: an `api_name` of its own, a default
    for a new parameter at the end, an old choice that is still taken. Where it has to break, say
    so to those who call, and write it into the baseline by `--app-update-baseline`.

    Silence: `--app-ignore regression.contract@EVENT`. Only public endpoints count.
    """
    return [
        Finding(
            "regression.contract",
            change.event,
            Severity.ERROR,
            change.title,
            f"{MEANING[change.kind]} Held against {changed.against}.",
            exception=f"{change.kind} {change.name}".strip(),
            location=changed.places.get(change.event, ""),
            reproduce=changed.reproduce,
        )
        for change in changed.changes
        if change.breaks
    ]


CHECKS = (Check("regression.contract", Severity.ERROR, contract),)
