"""Where inputs come from: the page, the author's examples, and Hypothesis.

Each phase is a function over a `Search` that tries cases until it has no more.
"""

from __future__ import annotations

from typing import Any

from .reproduce import Case
from .search import Key, Search

__all__ = ["drawn", "suggested"]

#: How often drawing begins anew after it found something that was not known before.
ATTEMPTS = 6


class _Bug(Exception):
    """An input showed a defect, which is kept in `Search.defects`."""


def suggested(search: Search) -> None:
    """Try the page as it stands, and the author's examples."""
    shown = Case()
    if search.allowed(shown):
        search.try_(shown)
    for number, (source, row) in enumerate(search.contract.examples(search.event)):
        if number < search.budget.own:
            search.try_(Case(example=(source.label, row)))
    if not search.settable:
        for _ in range(2):  # nothing to vary: the same again, in case it is not the same
            search.try_(shown)


def drawn(search: Search) -> None:
    """Let Hypothesis draw inputs, and make those that fail smaller."""
    if not search.settable:
        return
    import hypothesis
    from hypothesis import HealthCheck, Phase, settings
    from hypothesis import strategies as st

    strategy = st.fixed_dictionaries({c.id: search.values(c) for c in search.settable})
    # A type of its own for each defect: Hypothesis tells failures apart by it.
    bugs: dict[Key, type[_Bug]] = {}

    def example(values: dict[int, Any]) -> None:
        found = search.try_(Case(values={c.id: values[c.id] for c in search.settable}))
        new = [key for key in found if key not in known]
        if new:
            raise bugs.setdefault(new[0], type("Bug", (_Bug,), {}))()

    # Hypothesis looks little further once something failed: the bug that is easy to find
    # would hide the others. So it is run again, and what is known passes.
    known: set[Key] = set()
    for attempt in range(ATTEMPTS):
        run = settings(
            max_examples=search.budget.examples,
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


def _of_bugs(error: BaseException) -> bool:
    """Whether this is how Hypothesis ends when inputs showed defects, and nothing else."""
    from hypothesis.errors import Flaky

    if isinstance(error, BaseExceptionGroup):
        return all(map(_of_bugs, error.exceptions))
    return isinstance(error, _Bug | Flaky)
