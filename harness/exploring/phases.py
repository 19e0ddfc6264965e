"""Where inputs come from: earlier runs, the page, the author's examples, and Hypothesis.

Each phase is a function over a `Search` that tries cases until it has no more.
"""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..reproduce import Case
from ..stopwatch import Deadline
from .search import Key, Search

if TYPE_CHECKING:  # Hypothesis is half a second: not before the first test
    from .draws import Drawn, Draws

__all__ = ["drawn", "emptied", "remembered", "suggested"]

#: A text with more characters makes a stream of its words go on for long.
LONG = 500
#: So many draws that were no other input, one after another: there is no other, or hardly.
MOST_IN_VAIN = 150
#: What part of the seconds for smaller inputs one defect may take.
SHARE = 0.5


class _Enough(BaseException):
    """A defect had its time. Not an Exception: Hypothesis would shrink it."""


def remembered(search: Search) -> None:
    """Try what failed in earlier runs; what fails no more is forgotten."""
    for case in search.memory.cases(search.contract, search.event):
        if search.allowed(case):
            # What comes and goes is given a few chances.
            for _ in range(3):
                if found := search.try_(case, queued=True):
                    search.known.update(found)
                    break
            else:
                search.memory.drop(search.contract, search.event, case)


def suggested(search: Search) -> None:
    """Try the user's cases, the page as it stands and the examples, over the real queue."""
    for values in search.own.cases.get(search.event.label, ()):
        search.try_(Case(values=values), queued=True)
    shown = Case()
    if not search.allowed(shown) and not search.settable:
        return
    if search.allowed(shown):
        search.try_(shown, queued=True)
    for number, (source, row) in enumerate(search.contract.examples(search.event)):
        if number < search.budget.own:
            search.try_(Case(example=(source.label, row)), queued=True)
    if not search.settable:
        for _ in range(2):  # nothing to vary: the same again, in case it is not the same
            search.try_(shown, queued=True)


def emptied(search: Search) -> None:
    """Try each field alone at its edges, beside what the page and the first example hold.

    How a stream takes long texts is seen as they grow, while there is time.
    """
    from ..strategies.edges import edges

    rows = [(table.label, row) for table, row in search.contract.examples(search.event)][:1]
    # What the user says of a field goes into it; of the others, the first edge of each comes first.
    fields = [component for component in search.settable if not search.owned(component)]
    lots = [[(c.id, value) for value in edges(c, search.clue(c))] for c in fields]
    turns = [edge for turn in itertools.zip_longest(*lots) for edge in turn if edge is not None]
    if any(member.generator for member in search.chain):  # with much it may go on for long
        turns = [turn for turn in turns if not isinstance(turn[1], str) or len(turn[1]) <= LONG]
    for example in (None, *rows):
        for identity, value in turns:
            case = Case(values={identity: value}, example=example)
            if search.allowed(case):
                search.try_(case)


def drawn(search: Search) -> None:
    """Draw inputs, and make those that fail smaller."""
    clicks = search.clicks or search.event not in search.plan.clicked
    if not (search.settable and clicks):
        return
    from .draws import Draws

    draws: Draws[Case] = Draws(_cases(search), seed=search.seed)
    tried: dict[bytes, list[Key]] = {}

    def found(case: Case) -> list[Key]:
        name = case.fingerprint
        if name not in tried:
            tried[name] = search.try_(case) if search.allowed(case) else []
        return tried[name]

    known = set(search.known)
    sent = in_vain = 0
    while sent < search.most_drawn and in_vain < MOST_IN_VAIN:
        drawn = draws.draw()
        if drawn is None or drawn.value.fingerprint in tried:
            in_vain += 1
            continue
        in_vain = 0
        sent += 1
        for key in found(drawn.value):
            if key not in known:
                known.add(key)
                _made_smaller(search, draws, drawn, key, found)


def _made_smaller(
    search: Search,
    draws: Draws[Case],
    drawn: Drawn[Case],
    key: Key,
    found: Callable[[Case], list[Key]],
) -> None:
    """Try smaller cases with the defect *key*, for a while: more may be wrong with the event."""
    deadline = Deadline(SHARE * search.budget.shrink_seconds)

    def still(case: Case) -> bool:
        if deadline.passed():
            raise _Enough
        return key in found(case)

    with contextlib.suppress(_Enough):
        draws.smaller(drawn, still)


def _cases(search: Search) -> Any:
    """Return the strategy of cases: one field alone, or all of them.

    A bug is mostly one field's, and behind what another refuses it is never seen: so half of
    the cases leave the others as the page, or one of the author's examples, has them.
    """
    from hypothesis import strategies as st

    from ..strategies import weighted

    whole = search.own.whole(search.event)
    if whole is not None:
        return whole.map(lambda drawn: Case(values=search.own.values(search.event, drawn)))
    fields = {component.id: search.values(component) for component in search.settable}
    if search.clicks:
        return st.builds(_beside, st.fixed_dictionaries(fields), st.sampled_from(search.clicks))
    every = st.builds(Case, st.fixed_dictionaries(fields))
    rows = [(table.label, row) for table, row in search.contract.examples(search.event)]
    if (len(fields) == 1 and not rows) or any(c.type == "api" for c in search.settable):
        return every
    one = st.one_of([st.fixed_dictionaries({name: fields[name]}) for name in sorted(fields)])
    alone = st.builds(Case, one)
    if not rows:
        return weighted((1, alone), (1, every))
    beside = st.builds(Case, one, st.sampled_from(rows[: search.budget.own]))
    return weighted((1, alone), (2, every), (1, beside))


def _beside(values: dict[int, Any], click: Case) -> Case:
    """Return the click with other fields filled in: what is clicked on stays."""
    return dataclasses.replace(click, values={**values, **click.values})
