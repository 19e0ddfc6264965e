"""Who was answered by which route, laid out: one line a route and whose thing was asked for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..rows import AccessRow

__all__ = ["Line", "lines", "people"]

#: The columns, as far as there was such a person.
ORDER = ("anonymous", "logged out", "wrong password", "A", "B")


@dataclass(frozen=True, slots=True)
class Line:
    """One line: *cells* in the order of `people`, None where nobody asked; *why* of the first."""

    route: str
    owner: str
    whose: str
    cells: tuple[AccessRow | None, ...]

    @property
    def expected(self) -> bool:
        """Whether everybody got what they should."""
        return all(cell is None or cell.open == cell.expected for cell in self.cells)

    @property
    def why(self) -> str:
        """What is said of the cell that was not expected, else of the first."""
        cells = [cell for cell in self.cells if cell is not None]
        return min(cells, key=lambda cell: cell.open == cell.expected).why


def people(rows: Iterable[AccessRow]) -> tuple[str, ...]:
    """Return who asked, nobody in particular first."""
    names = {row.who for row in rows}
    return (*(who for who in ORDER if who in names), *sorted(names - {*ORDER}))


def lines(rows: Iterable[AccessRow]) -> list[Line]:
    """Return the lines: those with something unexpected first, then the author's routes."""
    rows = tuple(rows)
    found: dict[tuple[str, str, str], dict[str, AccessRow]] = {}
    for row in rows:
        found.setdefault((row.route, row.owner, row.whose), {})[row.who] = row
    made = [Line(*key, tuple(map(cells.get, people(rows)))) for key, cells in found.items()]
    return sorted(made, key=lambda line: (line.expected, line.owner != "author"))
