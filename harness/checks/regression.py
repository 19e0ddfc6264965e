"""The app held against what it was: what callers rely on, what it answers, how long it takes."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field

from ..difference import Change
from ..finding import Finding, Repeats, Severity
from ..rows import RatioRow
from . import Check

__all__ = ["CHECKS", "Changed", "Told", "contract", "latency", "output", "stream"]

#: So many characters of an answer are shown.
SHOWN = 300


@dataclass(frozen=True, slots=True)
class Changed:
    """What callers relied on in *against*, and what is otherwise now.

    *places* are the author's lines by event.
    """

    against: str
    changes: tuple[Change, ...]
    places: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Told:
    """What *event* answered to one input (*words*) in the older app, and what in the newer one.

    Each said so every time it was asked. *failed* is true where the newer app, and not its author,
    says no, and the older one did not. *chunks* are how many outputs came, older and newer.
    """

    event: str
    against: str
    words: str
    older: tuple[str, ...]
    newer: tuple[str, ...]
    failed: bool = False
    chunks: tuple[int, int] = (1, 1)
    place: str = ""


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
        )
        for change in changed.changes
        if change.breaks
    ]


def output(told: Told) -> list[Finding]:
    """The app answers something else than the older one did, to the same input.

    Why: whoever compares, caches or builds on the answers gets others without a word, and what
    was meant as a change of the code only has changed what it does. Both apps were shown to
    repeat themselves first: what draws by chance or tells the time is not compared.

    Mend: if it is meant, write it into the baseline by `--app-update-baseline`, or compare with a
    later commit. If not: the finding has the input, and what each of them said.

    Silence: `--app-ignore regression.output@EVENT`. It is a warning; an error where the newer app
    fails and the older one did not.
    """
    if told.older == told.newer:
        return []
    title = f"it answers otherwise than {told.against}"
    if told.failed:
        title = f"it fails where {told.against} did not"
    grave = Severity.ERROR if told.failed else Severity.WARNING
    older, newer = _differing(told.older, told.newer)
    detail = f"{told.against}: {older}\nnow: {newer}"
    return [_finding("regression.output", grave, told, title, detail)]


def stream(told: Told) -> list[Finding]:
    """A stream ends as it did in the older app, and shows more or fewer outputs on the way.

    Why: who follows it sees other steps: pieces that are put together, or twice as many updates.
    Both apps were shown to send as many every time.

    Mend: if it is meant, write it into the baseline by `--app-update-baseline`.

    Silence: `--app-ignore regression.stream@EVENT`; it is a warning.
    """
    older, newer = told.chunks
    if told.older != told.newer or older == newer:
        return []
    title = f"{newer} outputs come, and {older} in {told.against}"
    return [_finding("regression.stream", Severity.WARNING, told, title, "It ends the same.")]


def latency(row: RatioRow, against: str, place: str = "", reproduce: str = "") -> list[Finding]:
    """An event takes longer than in the older app: surely more than a tenth.

    Why: it was measured in turns, in one run on one machine, so that whatever else the machine did
    slowed both. The true ratio lies within the interval with 99 % confidence, and what is
    told is above a tenth with all of it. Below 2 ms nobody notices.

    Mend: the finding says by how much. Look at what the event does more than it did; an
    interval near 1.1 may be worth less than the feature it pays for.

    Silence: `--app-ignore regression.latency@EVENT`.
    """
    if row.verdict != "slower":
        return []
    percent = round((row.ratio - 1) * 100)
    ends = f"{round((row.low - 1) * 100)} to {round((row.high - 1) * 100)} %"
    title = f"it takes {percent} % longer than {against}"
    what = "the author's function" if row.measure == "own" else "a call from end to end"
    detail = (
        f"{what}: {row.before * 1000:.3g} ms before, {row.after * 1000:.3g} ms now, at the median "
        f"of {row.rounds} rounds. Longer by {ends}, with 99 % confidence."
    )
    return [
        Finding(
            "regression.latency",
            row.event,
            Severity.ERROR,
            title,
            detail,
            location=place,
            reproduce=reproduce,
        )
    ]


def _finding(check: str, severity: Severity, told: Told, title: str, detail: str) -> Finding:
    return Finding(
        check,
        told.event,
        severity,
        title,
        detail,
        input=told.words,
        location=told.place,
        repeats=Repeats(2, 2, "FF"),
    )


def _differing(older: tuple[str, ...], newer: tuple[str, ...]) -> tuple[str, str]:
    """Return the first outputs that differ, long ones from shortly before where they do."""
    pairs = itertools.zip_longest(older, newer, fillvalue="nothing")
    one, two = next((a, b) for a, b in pairs if a != b)
    same = next((n for n, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), 0)
    begin = max(same - 40, 0) if max(len(one), len(two)) > SHOWN else 0
    return _shown(one, begin), _shown(two, begin)


def _shown(text: str, begin: int) -> str:
    end = begin + SHOWN
    return "…" * (begin > 0) + text[begin:end] + "…" * (len(text) > end)


CHECKS = (
    Check("regression.contract", Severity.ERROR, contract),
    Check("regression.output", Severity.ERROR, output),
    Check("regression.stream", Severity.WARNING, stream),
    Check("regression.latency", Severity.ERROR, latency),
)
