"""Where inputs come from: earlier runs, the page, the author's examples, and Hypothesis.

Each phase is a function over a `Search` that tries cases until it has no more.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from .reproduce import Case
from .search import Key, Search, Stop

__all__ = ["drawn", "emptied", "remembered", "suggested"]

#: How often drawing begins anew after it found something that was not known before.
ATTEMPTS = 6

#: How many are drawn for each that is sent: Hypothesis varies what it drew, and not every
#: variation is another input.
DRAWS = 3
#: So many draws that were no other input, one after another: there is no other, or hardly.
MOST_IN_VAIN = 150


class _Bug(Exception):
    """An input showed a defect, which is kept in `Search.defects`."""


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
    """Try each field alone at its edges, beside what the page and the first example hold."""
    from .strategies.edges import edges

    rows = [(table.label, row) for table, row in search.contract.examples(search.event)][:1]
    for example in (None, *rows):
        for component in search.settable:
            if search.owned(component):
                continue  # the user says what goes into it
            for value in edges(component):
                case = Case(values={component.id: value}, example=example)
                if search.allowed(case):
                    search.try_(case)


def drawn(search: Search) -> None:
    """Let Hypothesis draw inputs, and make those that fail smaller."""
    clicks = search.clicks or search.event not in search.plan.clicked
    if not (search.settable and clicks):
        return
    import hypothesis
    from hypothesis import HealthCheck, Phase, settings
    from hypothesis import strategies as st

    strategy: st.SearchStrategy[Case] = _cases(search)
    # A type of its own for each defect: Hypothesis tells failures apart by it.
    bugs: dict[Key, type[_Bug]] = {}

    tried: dict[bytes, list[Key]] = {}
    begin = in_vain = 0

    def example(case: Case) -> None:
        nonlocal in_vain
        drawn_before = case.fingerprint
        if drawn_before not in tried:
            enough = len(tried) >= begin + search.most_drawn and known.issuperset(search.defects)
            if enough:
                raise Stop
            if not search.allowed(case):
                return
            tried[drawn_before] = search.try_(case)
            in_vain = 0
        elif known.issuperset(search.defects):
            in_vain += 1
            if in_vain > MOST_IN_VAIN:
                raise Stop
        found = tried[drawn_before]
        new = [key for key in found if key not in known]
        if new:
            raise bugs.setdefault(new[0], type("Bug", (_Bug,), {}))()

    # Hypothesis looks little further once something failed: the bug that is easy to find
    # would hide the others. So it is run again, and what is known passes.
    known: set[Key] = set(search.known)
    for attempt in range(ATTEMPTS):
        begin, in_vain = len(tried), 0
        run = settings(
            max_examples=DRAWS * search.budget.examples,
            database=None,
            deadline=None,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
            report_multiple_bugs=True,
            print_blob=False,
            verbosity=hypothesis.Verbosity.quiet,
        )(hypothesis.seed(search.seed + attempt)(hypothesis.given(strategy)(example)))
        try:
            run()
        except Exception as error:
            if not _of_bugs(error):
                raise
            known = set(search.defects)
        else:
            break


def _cases(search: Search) -> Any:
    """Return the strategy of cases: one field alone, or all of them.

    A bug is mostly one field's, and behind what another refuses it is never seen: so half of
    the cases leave the others as the page, or one of the author's examples, has them.
    """
    from hypothesis import strategies as st

    from .strategies import weighted

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


def _of_bugs(error: BaseException) -> bool:
    """Whether this is how Hypothesis ends when inputs showed defects, and nothing else."""
    from hypothesis.errors import Flaky

    if isinstance(error, BaseExceptionGroup):
        return all(map(_of_bugs, error.exceptions))
    return isinstance(error, _Bug | Flaky)
