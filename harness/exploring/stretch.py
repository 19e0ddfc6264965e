"""Streams that are made to go on: what comes late in a long one is looked at, too.

A field that the stream goes by is filled so that about as many outputs come as say enough of its
rhythm, or as there is time for. Twice it is filled with little, to see whether it goes by it.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from ..contract import Component
from ..reproduce import Case
from ..streams import streamed
from .search import Search

if TYPE_CHECKING:
    from ..strategies.growth import Growth

__all__ = ["stretched"]

#: So many outputs say enough of a stream.
ENOUGH = 200
#: So much is in the field at first, and then.
LITTLE, MORE = 4, 16


def stretched(search: Search) -> None:
    """Have the event's streams go on for long, by much in one field after the other."""
    from ..strategies.growth import growths

    if not any(member.generator for member in search.chain):
        return
    for component in search.settable:
        if not search.owned(component):
            for growth in growths(component, search.clue(component)):
                _stretch(search, component, growth)


def _stretch(search: Search, component: Component, growth: Growth) -> None:
    little, more = (_outputs(search, component, growth, size) for size in (LITTLE, MORE))
    if not 0 < little < more < ENOUGH or search.outcome != "answered":
        return
    room = (search.seconds - search.watch.seconds) / max(search.took, 0.001)
    size = int(MORE * min(ENOUGH / more, room))
    if MORE < size <= growth.most:
        _outputs(search, component, growth, size)


def _outputs(search: Search, component: Component, growth: Growth, size: int) -> int:
    """Return how many outputs came with so much in the field, the others as the page has them."""
    search.try_(dataclasses.replace(Case(), values={component.id: growth.value(size)}))
    return max((len(streamed(seen.observation)) for seen in search.seen), default=0)
