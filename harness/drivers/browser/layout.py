"""What lies in what on a page, and the words by which a visitor knows it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ...contract import LAYOUT, Component, Contract

__all__ = ["Layout", "node_id", "role", "title"]


@dataclass(frozen=True, slots=True)
class Layout:
    """The components of one page of the app; *parents* says what each lies in, by their ids."""

    contract: Contract
    parents: Mapping[int, int]

    @classmethod
    def of(cls, contract: Contract, tree: Mapping[str, Any] | None) -> Layout:
        """Return the layout that the page's own *tree* describes; empty without one."""
        pairs = _pairs(tree) if tree else ()
        return cls(contract, {child: parent for parent, child in pairs})

    @property
    def components(self) -> tuple[Component, ...]:
        """What the author put on the page to be seen, tabs and accordions left out."""
        return tuple(
            component
            for identity, component in self.contract.components.items()
            if identity in self.parents and component.visible and component.type not in LAYOUT
        )

    def ancestors(self, identity: int) -> tuple[int, ...]:
        """Return what it lies in, the outermost first."""
        found: list[int] = []
        while (parent := self.parents.get(identity)) is not None:
            found.insert(0, parent)
            identity = parent
        return tuple(found)

    def containers(self, identities: Iterable[int]) -> tuple[Component, ...]:
        """Return the tabs and accordions above any of these, outer ones first."""
        above = [a for identity in identities for a in (*self.ancestors(identity), identity)]
        known = (self.contract.components.get(i) for i in dict.fromkeys(above))
        return tuple(c for c in known if c and c.type in ("tabitem", "tab", "accordion"))

    def folded(self, component: Component) -> bool:
        """Whether it lies in what only a visitor's own way through the page unfolds."""
        above = (self.contract.components.get(i) for i in self.ancestors(component.id))
        return any(c.type in ("step", "walkthrough", "sidebar") for c in above if c)

    def marked(self, component: Component) -> bool:
        """Whether its node carries an id from the start, so that a missing node is a fault."""
        early = self.contract.major in ("4", "5")
        return early or bool(component.props.get("elem_id"))

    def listens(self, container: Component) -> bool:
        parent = self.parents.get(container.id, -1)
        names = ("select", "change", "expand", "collapse")
        return any(self.contract.listeners(i, names) for i in (container.id, parent))


def node_id(component: Component) -> str:
    """Return the id of the component's node in the page."""
    return str(component.props.get("elem_id") or f"component-{component.id}")


def role(component: Component) -> str:
    """Return the role in which a visitor knows the component by its title."""
    if component.type in ("tab", "tabitem"):
        return "tab"
    if component.type.endswith("button"):
        return "button"
    return "accordion" if component.type == "accordion" else "field"


def title(component: Component) -> str:
    """Return the words on the component that a visitor knows it by, "" if it has none."""
    words = component.props.get("value" if component.type == "button" else "label")
    return " ".join(words.split()) if isinstance(words, str) else ""


def _pairs(layout: Mapping[str, Any]) -> Iterator[tuple[int, int]]:
    """Yield (parent, child) for the whole layout."""
    for child in layout.get("children") or ():
        yield layout["id"], child["id"]
        yield from _pairs(child)
