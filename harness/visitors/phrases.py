"""What a visitor says for an app to listen: the app's own words, and what its patterns match.

A bot that remembers "my name is …" keeps nothing of a word that stands alone.
"""

from __future__ import annotations

import random
import re
import warnings
from collections.abc import Mapping

from ..clues import Source, clues, source
from ..contract import Component, Event
from .stage import Stage

__all__ = ["PLACE", "Phrases"]

#: In a phrase: here stands what the visitor tells of itself.
PLACE = "\0"
#: So many of the app's texts, and no longer ones.
MOST = 12
LONGEST = 40
TRIES = 5


class Phrases:
    """The texts that an app looks for in what is typed."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        files = (e.function.file for e in stage.app.contract.events if e.function)
        self.source: Source = source(files, [stage.app.folder])

    def told(self, event: Event) -> dict[int, str]:
        """Return what to type for *event*, by component id, with `PLACE` in each phrase."""
        return {
            identity: ". ".join([*patterns, *(f"{text.strip()} {PLACE}" for text in texts)])
            for identity, (texts, patterns) in self._known(event).items()
        }

    def asked(self, event: Event) -> dict[int, str]:
        """Return the same phrases with nothing in their places."""
        return {
            identity: " ".join(text.strip() for text in texts)
            for identity, (texts, _) in self._known(event).items()
            if texts
        }

    def _known(self, event: Event) -> Mapping[int, tuple[list[str], list[str]]]:
        """Return texts and patterns by the text field that an author may hold against them."""
        contract = self.stage.app.contract
        known = clues(contract, event, self.source)
        own = self.stage.owned(event, random.Random(self.stage.seed))
        found: dict[int, tuple[list[str], list[str]]] = {}
        for parameter in (p for member in contract.chain(event) for p in member.inputs):
            component = parameter.component
            if component.id in found or component.id in own or component.id not in known:
                continue  # the user says what goes into it, or nothing is known
            if not _free(component):
                continue
            constants = known[component.id].constants
            texts = [t for t in constants.texts if t.strip() and len(t) <= LONGEST][:MOST]
            patterns = [text for p in constants.patterns if (text := _matched(p))]
            if texts or patterns:
                found[component.id] = texts, patterns
        return found


def _free(component: Component) -> bool:
    """Whether any text may be typed, long enough for a few phrases."""
    props = component.props
    plain = component.type == "textbox" and props.get("type") not in ("password", "email")
    return plain and component.editable and component.reachable and not props.get("max_length")


def _matched(pattern: str) -> str:
    """Return a text that *pattern* matches, with `PLACE` where its first group is; "" if none."""
    from hypothesis import strategies as st

    from ..strategies import draws

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compiled = re.compile(pattern, re.IGNORECASE)
            drawn = draws({0: st.from_regex(compiled)}, TRIES, seed=0) if compiled.groups else []
    except Exception:  # any pattern of the author's, any fault of the maker's
        return ""
    for text in (values[0] for values in drawn):
        found = compiled.search(text)
        if found is None or found.group(1) is None:
            continue
        before, after = text[found.start() : found.start(1)], text[found.end(1) : found.end()]
        again = compiled.search(f"{before}kestrel{after}")
        if again is not None and again.group(1) == "kestrel":
            return f"{before}{PLACE}{after}"
    return ""
