"""Values drawn by Hypothesis past its engine, and made smaller by it.

    draws = Draws(st.text(), seed=7)
    drawn = draws.draw()
    draws.smaller(drawn, lambda text: len(text) > 3)

Under `hypothesis.given` most of what a case costs is the engine's, which keeps a tree of all that
was ever drawn and varies it; few of the variations are other inputs of an app. Here each draw is
a new one. What fails goes to the engine with the very choices that it was drawn by: as an
example that the engine finds in its database, and shrinks.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import hypothesis
from hypothesis import HealthCheck, Phase, settings
from hypothesis.control import BuildContext
from hypothesis.database import ExampleDatabase, choices_to_bytes
from hypothesis.errors import Flaky, StopTest, UnsatisfiedAssumption
from hypothesis.internal.conjecture.data import ConjectureData

__all__ = ["Drawn", "Draws"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Drawn(Generic[T]):
    """A value, and the choices by which Hypothesis makes it again."""

    value: T
    choices: tuple[Any, ...]


class Draws(Generic[T]):
    """Values of *strategy*, the same ones for the same *seed*."""

    def __init__(self, strategy: hypothesis.strategies.SearchStrategy[T], *, seed: int) -> None:
        self.strategy, self.seed = strategy, seed
        self._random = random.Random(seed)

    def draw(self) -> Drawn[T] | None:
        """Return the next value; None where a filter refused it, or it grew too large."""
        data = ConjectureData(random=self._random)
        try:
            with BuildContext(data, is_final=False, wrapped_test=self.draw):
                value = data.draw(self.strategy)
        except (StopTest, UnsatisfiedAssumption):
            return None
        return Drawn(value, data.choices)

    def smaller(self, drawn: Drawn[T], fails: Callable[[T], bool]) -> None:
        """Ask *fails* of *drawn*, and of smaller and smaller values for as long as it is true.

        What *fails* raises ends it, and is raised here.
        """

        def test(value: T) -> None:
            if fails(value):
                raise _Failed

        shrinking = settings(
            max_examples=1,
            database=_Held(drawn.choices),
            deadline=None,
            phases=(Phase.reuse, Phase.shrink),
            suppress_health_check=list(HealthCheck),
            print_blob=False,
            verbosity=hypothesis.Verbosity.quiet,
        )
        try:
            shrinking(hypothesis.seed(self.seed)(hypothesis.given(self.strategy)(test)))()
        except (_Failed, Flaky):
            return  # it has been asked: that is all there is to it


class _Failed(Exception):
    """A value failed."""


class _Held(ExampleDatabase):
    """Holds one example of any test, among those that are to be made smaller yet."""

    def __init__(self, choices: Sequence[Any]) -> None:
        super().__init__()
        self.example = choices_to_bytes(choices)

    def fetch(self, key: bytes) -> Iterator[bytes]:
        if key.endswith(b".secondary"):
            yield self.example

    def save(self, key: bytes, value: bytes) -> None:
        """Nothing else is held."""

    def delete(self, key: bytes, value: bytes) -> None:
        """Nothing else is held."""
