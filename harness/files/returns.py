"""The files that come back to a visitor, whole, and what is inside those that are archives."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..contract import Component
from ..observation import Observation
from ..visitors.canaries import served_paths
from .look import Look
from .parcels import members

__all__ = ["Got", "returned"]

#: Of one answer, and of each of its files in bytes.
MOST_FILES = 8
LARGEST = 20_000_000


@dataclass(frozen=True, slots=True)
class Got:
    """A file that came back in an *output*, or, *inside* one that is an archive, a member of it."""

    output: Component
    name: str
    content: bytes
    inside: bool = False


def returned(look: Look, seen: Sequence[Observation]) -> Iterator[Got]:
    """Yield the files that came back to a visitor, and the members of archives."""
    for observation in seen:
        event = look.contract.by_index(observation.call.index)
        outputs = zip(event.outputs if event else (), observation.outputs or (), strict=False)
        for component, value in outputs:
            for path, name in itertools.islice(served_paths(value), MOST_FILES):
                content = look.stage.driver.served(path, most_bytes=LARGEST)
                if content is not None:
                    yield Got(component, name, content)
                    for inner, held_there in members(content) or ():
                        yield Got(component, inner, held_there, inside=True)
