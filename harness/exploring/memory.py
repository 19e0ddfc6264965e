"""What failed in earlier runs, and is tried first in the next: cases in Hypothesis's database.

    memory = Memory(folder, "app.py")
    memory.keep(contract, event, case)
    memory.cases(contract, event)  # in the next run, as long as the page still allows it

A case is kept by the labels of what was typed, with what the page allowed there: if an author
has changed a slider's ends, what was typed into the old one is no visitor's input any more.
"""

from __future__ import annotations

import base64
import contextlib
import json
import shutil
import tempfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ..contract import Component, Contract, Event
from ..observation import Media
from ..reproduce import Case, labels_of

__all__ = ["Memory", "hypothesis_home"]

#: A case with more to it is found again by drawing, or not at all.
MOST_BYTES = 200_000
#: Properties that say nothing about what is allowed.
PASSING = frozenset(("value", "server_fns", "elem_id", "elem_classes", "_selectable"))
#: So many cases of one event are tried again.
MOST_CASES = 20


class Memory:
    """Failing cases of one target, in *folder*; None keeps nothing.

    *quiet*, it only learns: who asks for the same inputs again wants no others before them.
    """

    def __init__(self, folder: Path | None, target: str, *, quiet: bool = False) -> None:
        self.folder = folder
        self.target = target
        self.quiet = quiet

    def cases(self, contract: Contract, event: Event) -> list[Case]:
        """Return the cases of *event* that failed before, smallest first."""
        if self.folder is None or self.quiet:
            return []
        with hypothesis_home(self.folder), self._database() as database:
            kept = {text: _read(text, contract) for text in database.fetch(self._key(event))}
            for text, case in kept.items():
                if case is None:
                    database.delete(self._key(event), text)
        cases = [case for case in kept.values() if case is not None]
        return sorted(cases, key=lambda case: (case.size, repr(case)))[:MOST_CASES]

    def keep(self, contract: Contract, event: Event, case: Case) -> None:
        """Keep a case that fails."""
        text = _written(case, contract)
        whole = case.values and not case.turns and case.data is None
        if self.folder is not None and whole and len(text) <= MOST_BYTES:
            with hypothesis_home(self.folder), self._database() as database:
                database.save(self._key(event), text)

    def drop(self, contract: Contract, event: Event, case: Case) -> None:
        """Forget a case that fails no more."""
        if self.folder is not None:
            with hypothesis_home(self.folder), self._database() as database:
                database.delete(self._key(event), _written(case, contract))

    def _key(self, event: Event) -> bytes:
        return f"{self.target}\0{event.label}".encode()

    @contextlib.contextmanager
    def _database(self) -> Iterator[Any]:
        from hypothesis.database import DirectoryBasedExampleDatabase

        assert self.folder is not None
        yield DirectoryBasedExampleDatabase(self.folder / "failures")


@contextlib.contextmanager
def hypothesis_home(folder: Path | None) -> Iterator[None]:
    """Have what Hypothesis caches in *folder*, not in the user's; None: nowhere that stays."""
    from hypothesis import configuration

    name = "__hypothesis_home_directory"
    before = getattr(configuration, name, None)
    with contextlib.ExitStack() as stack:
        if folder is None:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        configuration.set_hypothesis_home_dir(folder / "hypothesis")
        try:
            yield
        finally:
            configuration.set_hypothesis_home_dir(before)
            # What it has read in the author's source, passwords among it, would stay there.
            shutil.rmtree(folder / "hypothesis" / "constants", ignore_errors=True)


def _written(case: Case, contract: Contract) -> bytes:
    names, known = labels_of(contract), contract.components
    values = [
        [names[identity], _allows(known[identity]), _plain(value)]
        for identity, value in case.values.items()
        if identity in names
    ]
    return json.dumps({"example": case.example, "values": values}, sort_keys=True).encode()


def _read(text: bytes, contract: Contract) -> Case | None:
    """Return the case; None if the page is another by now."""
    try:
        kept = json.loads(text)
        ids = {label: identity for identity, label in labels_of(contract).items()}
        example = kept["example"]
        values = {ids[label]: (allowed, value) for label, allowed, value in kept["values"]}
    except (ValueError, KeyError, TypeError):
        return None
    if any(_allows(contract.components[i]) != allowed for i, (allowed, _) in values.items()):
        return None
    if example is not None and tuple(example) not in {
        (source.label, row) for event in contract.events for source, row in contract.examples(event)
    }:
        return None
    read = {identity: _media(value) for identity, (_, value) in values.items()}
    return Case(values=read, example=tuple(example) if example else None)


def _allows(component: Component) -> int:
    """Return a number for what the page lets a visitor put in: for all but what is there now."""
    props = {k: v for k, v in component.props.items() if k not in PASSING}
    text = json.dumps([component.type, props, component.schema], sort_keys=True, default=str)
    return zlib.crc32(text.encode())


def _plain(value: Any) -> Any:
    if isinstance(value, Media):
        content = base64.b85encode(zlib.compress(value.content)).decode()
        return {"__media__": [value.name, content, value.mime]}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return value


def _media(value: Any) -> Any:
    if isinstance(value, list):
        return [_media(item) for item in value]
    if isinstance(value, dict):
        if "__media__" in value:
            return Media.packed(*value["__media__"])
        return {key: _media(item) for key, item in value.items()}
    return value
