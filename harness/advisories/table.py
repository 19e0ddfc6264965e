"""The published advisories about Gradio's packages: which release has which, as of a date.

    known = read()
    known.of("gradio", "4.44.1")  # the advisories that this release has

The table is data, `table.json`; `make osv` makes it anew from osv.dev. An advisory
for which OSV names no release that ends it is not in it: nobody could do anything about it. A
release that is newer than the table has none.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from packaging.version import InvalidVersion, Version

__all__ = ["Advisory", "Table", "mending", "read"]


@dataclass(frozen=True, slots=True)
class Advisory:
    """One advisory under the *id* that OSV has it by.

    Releases of *package* have it from *introduced* on ("0": all along) and before *fixed*, or,
    where no release is said to mend it, up to *last*.
    """

    id: str
    title: str
    package: str
    aliases: tuple[str, ...] = ()
    introduced: str = "0"
    fixed: str = ""
    last: str = ""

    @property
    def name(self) -> str:
        """Its CVE number where it has one: what people look for."""
        return next((alias for alias in self.aliases if alias.startswith("CVE-")), self.id)

    def affects(self, version: str) -> bool:
        """Whether that release has it; False for what is no version."""
        try:
            asked = Version(version)
        except InvalidVersion:
            return False
        if asked < Version(self.introduced):
            return False
        return asked < Version(self.fixed) if self.fixed else asked <= Version(self.last)


@dataclass(frozen=True, slots=True)
class Table:
    """All advisories that were known on *date*, ISO 8601."""

    date: str
    advisories: tuple[Advisory, ...]

    def of(self, package: str, version: str) -> tuple[Advisory, ...]:
        """Return those that *version* of *package* has, oldest first."""
        return tuple(a for a in self.advisories if a.package == package and a.affects(version))

    def named(self, name: str) -> Advisory:
        """Return the advisory of that id, or with that alias. Raises KeyError without one."""
        for advisory in self.advisories:
            if name in (advisory.id, *advisory.aliases):
                return advisory
        raise KeyError(name)


def mending(advisories: Iterable[Advisory]) -> str:
    """Return in words the first release without any of *advisories*: ``6.20.0``."""
    found = tuple(advisories)
    fixed = max((Version(a.fixed) for a in found if a.fixed), default=Version("0"))
    last = max((Version(a.last) for a in found if a.last), default=Version("0"))
    return str(fixed) if fixed > last else f"the release after {last}"


@functools.lru_cache(maxsize=1)
def read() -> Table:
    """Return the table that comes with the package."""
    data: Mapping[str, Any] = json.loads(
        files(__package__).joinpath("table.json").read_text(encoding="utf-8")
    )
    rows = (Advisory(**{**row, "aliases": tuple(row["aliases"])}) for row in data["advisories"])
    return Table(str(data["date"]), tuple(rows))
