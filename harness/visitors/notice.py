"""What a page tells its visitors of what all of them share."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from ..contract import Contract, Event

__all__ = ["Notice", "notice"]

#: Where it stands: at what is shown, or somewhere on the page; "" if nowhere.
Notice = Literal["", "output", "page"]

SHARED = re.compile(
    r"\bshared\b|\b(?:for|to|by|from|of) every ?(?:body|one)\b|\ball of us\b"
    r"|\ball (?:visitors|users|players|guests|votes)\b|\bguest ?book|\bleader ?board"
    r"|\bhigh ?scores?\b|\bpolls?\b|\bvotes?\b|\bchat ?room|\blobby\b|\bbulletin"
    r"|\bmulti-?(?:user|player)|\bfür alle\b|\bgemeinsam|\bpour tous\b|\bpartagée?s?\b"
    r"|\bpara todos\b|\bcompartid[oa]s?\b",
    re.IGNORECASE,
)
#: Before such a word: it says the contrary.
NOT = re.compile(r"(?:\bno[tr]?\b|n't|\bnever|\bnobody|\bnicht|\bnie\b|\bpas\b|\bjamais|\bnunca)\W")
#: So many letters before it are looked through for that.
BEFORE = 30


def notice(contract: Contract, event: Event) -> Notice:
    """Return where it is said that what *event* shows is for everybody.

    What an author writes at the top of the file counts like a word on the page.
    """
    if any(map(_says, (component.label for component in event.outputs))):
        return "output"
    return "page" if any(map(_says, _page(contract, event))) else ""


def _page(contract: Contract, event: Event) -> Iterator[str]:
    yield contract.title
    for component in contract.components.values():
        yield component.label
        if component.type in ("markdown", "html") and isinstance(component.value, str):
            yield component.value
    file = Path(event.function.file) if event.function and event.function.file else None
    if file is not None and file.is_file():
        try:
            yield ast.get_docstring(ast.parse(file.read_text("utf-8"))) or ""
        except (OSError, ValueError, SyntaxError):
            return  # not Python as it stands there


def _says(text: str) -> bool:
    return any(
        not NOT.search(text[max(found.start() - BEFORE, 0) : found.start()].lower())
        for found in SHARED.finditer(text)
    )
