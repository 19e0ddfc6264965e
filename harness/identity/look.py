"""One look at who may do what: the app, the people, and what may still be asked."""

from __future__ import annotations

import ast
import inspect
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..app import App
from ..clues import Source, source
from ..routes import READ, READ_PLACES, Parameter
from ..stopwatch import Deadline
from ..visitors.stage import Stage
from .people import People

__all__ = ["Enough", "Look"]

#: Headers that say nothing of who asks.
HARMLESS = re.compile(
    r"^(user-agent|accept.*|referer|host|origin|content-.*|x-forwarded-(for|proto|host|port)"
    r"|x-real-ip|x-request-id|connection|cookie|range|if-.*|cache-control)$",
    re.IGNORECASE,
)


class Enough(Exception):
    """Time is up, or the calls that the user allows are used up."""


@dataclass(slots=True, eq=False)
class Look:
    """What every part of the look needs.

    *secrets* are values that nobody may be shown, *calls* caps the requests of one route
    (None: no cap). Each part of the look takes so many *seconds* at most.
    """

    app: App
    stage: Stage
    seconds: float = 20.0
    secrets: frozenset[str] = frozenset()
    calls: int | None = None
    made: Counter[str] = field(default_factory=Counter)
    _people: People | None = None
    _source: Source | None = None
    deadline: Deadline = field(default_factory=lambda: Deadline(0))

    @property
    def people(self) -> People:
        """Those who ask."""
        if self._people is None:
            self._people = People(self.app, before=self.count)
        return self._people

    def begin(self) -> None:
        """Begin the next part: it has all its seconds ahead."""
        self.deadline = Deadline(self.seconds)

    @property
    def source(self) -> Source:
        """The author's files."""
        if self._source is None:
            functions = (event.function for event in self.app.contract.events)
            files = [f.file for f in functions if f is not None and not f.builtin]
            if self.app.target.path is not None:
                files.append(str(self.app.target.path))
            self._source = source(files, [self.app.folder])
        return self._source

    @property
    def told_by(self) -> list[Parameter]:
        """What of a request the author's code may take for the user: headers, cookies, queries."""
        found = []
        for path in self.source.trees:
            for match in READ.finditer(Path(path).read_text("utf-8", "replace")):
                if match[1] and not HARMLESS.match(match[2]):
                    found.append(Parameter(match[2], READ_PLACES[match[1]]))
        return list(dict.fromkeys(found))

    def constants(self, function: Any) -> list[str]:
        """Return the texts that the author's *function* holds, and those it calls."""
        code = getattr(inspect.unwrap(function), "__code__", None)
        trees = self.source.trees
        if code is None or code.co_filename not in trees:
            return []
        return list(dict.fromkeys(_texts(trees[code.co_filename])))

    def count(self, label: str) -> None:
        """Note a request on its way. Raises Enough where no further one is to be made."""
        if self.calls is not None and self.made[label] >= self.calls:
            raise Enough
        if self.deadline.passed():
            raise Enough
        self.made[label] += 1

    def close(self) -> None:
        """Close what is open."""
        if self._people is not None:
            self._people.__exit__()


def _texts(tree: Any) -> Iterator[str]:
    for node in ast.walk(tree):
        value = node.value if isinstance(node, ast.Constant) else None
        if isinstance(value, str) and 0 < len(value) <= 60 and "\n" not in value:
            yield value
