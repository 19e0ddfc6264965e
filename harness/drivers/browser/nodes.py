"""The nodes of a page: which components are drawn, and what a tab or an accordion hides."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from typing import Any

from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Locator, Page

from ...contract import Component
from .layout import Layout, node_id, role, title

__all__ = ["HAND_SECONDS", "Nodes", "evaluated"]

#: How long to reach for something on the page that ought to be there.
HAND_SECONDS = 8
#: Nothing of these is drawn as long as they hold nothing.
MAY_BE_EMPTY = frozenset(["html", "markdown", "dataset", "label", "downloadbutton", "json"])

#: For each id: "" no node, "drawn" a box, "hidden" none by a style, "flat" none for no reason.
DRAWN = """ids => ids.map(id => {
  const nodes = [...document.querySelectorAll(`[id="${CSS.escape(id)}"]`)];
  if (!nodes.length) return "";
  const boxed = n => { const b = n.getBoundingClientRect(); return b.width > 0 && b.height > 0; };
  if (nodes.some(n => boxed(n) || [...n.querySelectorAll("*")].some(boxed))) return "drawn";
  for (let n = nodes[0]; n; n = n.parentElement)
    if (getComputedStyle(n).display === "none") return "hidden";
  return "flat";
})"""

#: For each (id, type) of a tab or an accordion: whether what lies in it shows.
OPEN = """all => all.map(([id, kind]) => {
  if (kind !== "accordion")
    return document.getElementById(id + "-button")?.getAttribute("aria-selected") === "true";
  const head = document.querySelector(`[id="${CSS.escape(id)}"] > button.label-wrap`);
  return !!head && head.classList.contains("open");
})"""

#: Write the id of each (id, role, label) on its node, where as many nodes that show bear the
#: label in that role as there are components; how many ids were written.
NAME = """all => {
  const app = document.querySelector(".gradio-container");
  if (!app) return 0;
  const every = css => [...app.querySelectorAll(css)];
  const found = {
    tab: every("button[role=tab]").map(n => [n, n]),
    accordion: every("button.label-wrap").map(n => [n.parentElement, n.querySelector("span")]),
    button: every("button:not([role=tab], .label-wrap)").map(n => [n, n]),
    field: every("[data-testid=block-info], [data-testid=block-label], .label-text")
      .map(n => [n.closest(".block"), n]),
  };
  const words = n => n.textContent.trim().split(/\\s+/).join(" ");
  const shows = n => { const b = n.getBoundingClientRect(); return b.width > 0 && b.height > 0; };
  const written = ([id, role]) => role === "tab" ? id + "-button" : id;
  const missing = all.filter(one => !document.getElementById(written(one)));
  let count = 0;
  for (const [, role, label] of missing) {
    const wanted = missing.filter(one => one[1] === role && one[2] === label);
    const nodes = new Set(found[role]
      .filter(([n, title]) => n && title && !n.id && shows(n) && words(title) === label)
      .map(([n]) => n));
    if (nodes.size !== wanted.length) continue;
    for (const node of nodes) { node.id = written(wanted.shift()); count++; }
  }
  return count;
}"""


def evaluated(page: Page, script: str, argument: Any = None) -> Any:
    """Return what *script* says in the page; None where the page is going elsewhere, or is gone."""
    try:
        return page.evaluate(script, argument)
    except PlaywrightError:
        return None


class Nodes:
    """What of a *layout* its *page* draws; tabs and accordions are opened to see."""

    def __init__(self, page: Page, layout: Layout) -> None:
        self.page, self.layout = page, layout

    def looked_over(self, shown: Iterable[Component]) -> tuple[tuple[Component, ...], ...]:
        """Return what of *shown* is drawn, what is not, and what was not sought.

        Tabs and accordions are opened on the way, but for those whose opening sets off an
        event; what lies in them is not sought, nor is what nothing tells apart in the page.
        """
        waiting = {component.id: component for component in shown}
        drawn: list[Component] = []
        unsought: list[Component] = []
        self._take_drawn(waiting, drawn)
        for shut in self.layout.containers(waiting):
            inside = [i for i in waiting if shut.id in self.layout.ancestors(i)]
            if not inside:
                continue
            if not self.reveal(shut):
                unsought += [waiting.pop(identity) for identity in inside]
                continue
            self._take_drawn(waiting, drawn)
        left = [c for c in waiting.values() if not self.layout.folded(c)]
        unsought += [c for c in left if not self.layout.marked(c)]
        return tuple(drawn), tuple(c for c in left if self.layout.marked(c)), tuple(unsought)

    def in_sight(self) -> list[Component]:
        """Return what carries an id from the start and lies in nothing that is shut."""
        shut = self._shut()
        return [
            component
            for component in self.layout.components
            if self.layout.marked(component) and not shut & {*self.layout.ancestors(component.id)}
        ]

    def states(self, components: Iterable[Component]) -> list[str] | None:
        """Return for each component how it is `DRAWN`; None while there is no page to ask."""
        ids = [node_id(component) for component in components]
        states: list[str] | None = evaluated(self.page, DRAWN, ids)
        return states

    def _take_drawn(self, waiting: dict[int, Component], drawn: list[Component]) -> None:
        """Move what is drawn by now; patience is for what Gradio fetches as it is needed."""
        for wait in (0.01, 0.1, 0.3, 0.8):
            self.page.wait_for_timeout(wait * 1000)
            self.name()
            states = dict(zip(list(waiting), self.states(waiting.values()) or (), strict=False))
            shut = self._shut()
            for identity, state in states.items():
                # Hidden by the author's style is drawn; hidden by a shut tab is not seen yet.
                styled = state == "hidden" and not shut & {*self.layout.ancestors(identity)}
                empty = state == "flat" and waiting[identity].type in MAY_BE_EMPTY
                if state == "drawn" or styled or empty:
                    drawn.append(waiting.pop(identity))
            if all(
                shut & {*self.layout.ancestors(identity)} or not (self.layout.marked(c) or title(c))
                for identity, c in waiting.items()
            ):
                return

    def name(self) -> None:
        """Give what is in sight and carries no id its own, where label and role tell it apart."""
        above = self.layout.containers(self.layout.parents)
        every = {c.id: c for c in (*above, *self.layout.components)}
        nameless = [c for c in every.values() if not self.layout.marked(c) and title(c)]
        count = len(nameless)
        while count:  # a tab that is told apart now shows what lies in it
            shut = self._shut()
            sight = [c for c in nameless if not shut & {*self.layout.ancestors(c.id)}]
            wanted = [[node_id(c), role(c), title(c)] for c in sight]
            count = evaluated(self.page, NAME, wanted) or 0

    def _shut(self) -> set[int]:
        """Return the tabs and accordions that are not open just now."""
        known = self.layout.containers(self.layout.parents)
        states = evaluated(self.page, OPEN, [[node_id(c), c.type] for c in known]) or ()
        return {c.id for c, is_open in zip(known, states, strict=False) if not is_open}

    def reveal(self, container: Component, *, harmless: bool = True) -> bool:
        """Open a tab or an accordion; False if that cannot be, or would set off an event."""
        with contextlib.suppress(PlaywrightError):
            if self._is_open(container):
                return True
            if harmless and self.layout.listens(container):
                return False
            if container.type == "accordion":
                self.node(container).locator("> button.label-wrap").first.click(
                    timeout=HAND_SECONDS * 1000
                )
            else:
                self._select_tab(container)
            self.page.wait_for_timeout(50)
            return self._is_open(container)
        return False

    def _is_open(self, container: Component) -> bool:
        return bool(evaluated(self.page, OPEN, [[node_id(container), container.type]]) == [True])

    def _select_tab(self, container: Component) -> None:
        head = self.page.locator(f'[id="{node_id(container)}-button"]').first
        if head.count() and head.is_visible():
            head.click(timeout=HAND_SECONDS * 1000)
            return
        # Tabs that do not fit into the row are in a menu of their own.
        tabs = self.page.locator(f'[id="{self._node_of(self.layout.parents.get(container.id))}"]')
        tabs.locator(".overflow-menu > button").first.click(timeout=HAND_SECONDS * 1000)
        label = str(container.props.get("label") or "")
        menu = tabs.locator(".overflow-dropdown button")
        menu.get_by_text(label, exact=True).click(timeout=HAND_SECONDS * 1000)

    def _node_of(self, identity: int | None) -> str:
        component = self.layout.contract.components.get(identity) if identity is not None else None
        return node_id(component) if component else ""

    def node(self, component: Component) -> Locator:
        """Return where the component is in the page."""
        return self.page.locator(f'[id="{node_id(component)}"]').first
