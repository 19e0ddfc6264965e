"""Visitors who send a file and look at what comes back, of events that hand files through.

Two plain files with different contents come back byte for byte: then so must all others.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

from ..checks.carriage import Carriage, round_trip
from ..contract import Component, Event
from ..finding import Finding
from ..observation import Observation
from ..redact import of_running
from ..run import Part
from ..visitors.stage import Spent, Stage, skipped, staged
from .look import Look, component_named
from .parcels import Parcel, long_text, parcels, plain
from .returns import Got, returned
from .ways import Way, held

__all__ = ["file_round_trip", "replay_carriage"]

#: An app that gives back fewer bytes of a long file than these means to: its beginning, to look at.
PREVIEW = 16_384

CARRIES = frozenset(("file", "uploadbutton", "multimodaltextbox", "image", "gallery", "audio"))


def file_round_trip(stage: Stage, event: Event) -> Part:
    """Return what is lost or changed of files that *event* hands through."""
    look = Look(stage, event)
    found: list[Finding] = []
    try:
        for field in look.fields():
            if field.type in CARRIES:
                found += _Carried(look, field).run()
    except (Spent, OSError) as error:
        return skipped(event, f"round trip: {error}")
    return Part(findings=tuple(found))


class _Carried:
    """One field of an event, and the files that are sent in it."""

    def __init__(self, look: Look, field: Component) -> None:
        self.look, self.field = look, field
        self.keeps = False

    def run(self) -> list[Finding]:
        """Return what is found, the first of names and the first of contents."""
        first, other = plain(self.field), plain(self.field, 1)
        if first is None or other is None:
            return []
        self.look.base = self.look.usual()
        if self._lost(first) or self._lost(other):
            return []
        self.keeps = self._keeps(first)
        found: dict[tuple[bool, str], Finding] = {}
        bytes_too = Parcel.of("bytes", ("bytes.txt", bytes(range(255, -1, -1))))
        binary = first.files[0].name.endswith(".txt") and not self._lost(bytes_too)
        for parcel in parcels(self.field, binary=binary):
            if self.look.deadline.passed(late=self.look.stage.seconds):
                break
            for finding in self.findings(parcel):
                key = (parcel.named, finding.title.rpartition(" ")[2])
                if key not in found and self._confirmed(parcel, first):
                    found[key] = self._dressed(finding, parcel)
        return list(found.values())

    def named(self, words: str) -> list[Finding]:
        """Return what comes of the parcel that *words* say."""
        known = [p for p in parcels(self.field, binary=True) if p.words == words]
        first = plain(self.field)
        self.keeps = first is not None and self._keeps(first)
        return [finding for parcel in known for finding in self.findings(parcel)]

    def findings(self, parcel: Parcel) -> list[Finding]:
        """Return what is wrong with what comes back of a parcel."""
        seen = self._sent(parcel)
        failed = next((o for o in seen if o.error is not None), None)
        told = Carriage(
            self.look.event.label,
            self.field.label,
            parcel.words,
            function=self.look.function,
            place=self.look.place,
        )
        if failed is not None:
            crashed = failed.error is not None and failed.error.kind == "unexpected"
            return round_trip(replace(told, failure=failed.failure)) if crashed else []
        came = list(returned(self.look, seen))
        missing = _missing(parcel, came)
        cut = self._cut(parcel, missing, came)
        if 0 < cut < PREVIEW:
            return []
        return round_trip(
            replace(
                told,
                sent=len(parcel.contents),
                lost=len(missing),
                cut=cut,
                came=tuple((g.name, len(g.content)) for g in came),
                ending=_ending(parcel) if self._dropped(parcel, came) else "",
            )
        )

    def _sent(self, parcel: Parcel) -> list[Observation]:
        return self.look.entered(self.look.case(self.field, self._way(parcel)))

    def _way(self, parcel: Parcel) -> Way:
        if self.field.type == "multimodaltextbox":
            return Way(parcel.words, {"text": "", "files": list(parcel.files)})
        if len(parcel.files) > 1:
            return Way(parcel.words, list(parcel.files))
        return Way(parcel.words, next(held(self.field, parcel.files[0])))

    def _lost(self, parcel: Parcel) -> bool:
        """Whether a parcel is refused, or something of it does not come back."""
        seen = self._sent(parcel)
        failed = not seen or any(o.error is not None for o in seen)
        return failed or bool(_missing(parcel, list(returned(self.look, seen))))

    def _keeps(self, first: Parcel) -> bool:
        """Whether a plain file comes back with the ending that it had."""
        return _kept(first, list(returned(self.look, self._sent(first))))

    def _dropped(self, parcel: Parcel, came: Sequence[Got]) -> bool:
        """Whether something came back, without the ending that a plain file keeps."""
        return bool(came) and parcel.named and self.keeps and not _kept(parcel, came)

    def _cut(self, parcel: Parcel, missing: Sequence[bytes], came: Sequence[Got]) -> int:
        """Return after how many bytes files so long end that come back, plain text or not; 0: none.

        Of an archive it is not asked: its members are written anew.
        """
        if parcel.files[0].content not in missing:
            return 0
        cut = max((_beginning(content, came) for content in missing), default=0)
        return cut if cut and self._lost(long_text(parcel)) else 0

    def _confirmed(self, parcel: Parcel, first: Parcel) -> bool:
        """Whether the same is seen again, and plain files still come back."""
        return not self._lost(first) and bool(self.findings(parcel)) and not self._lost(first)

    def _dressed(self, finding: Finding, parcel: Parcel) -> Finding:
        return self.look.dressed(finding, self.field, self._way(parcel), "replay_carriage")


def _beginning(content: bytes, came: Sequence[Got]) -> int:
    """Return how many bytes of *content* came back, if they are its beginning; else 0."""
    return max((len(g.content) for g in came if content.startswith(g.content)), default=0)


def _ending(parcel: Parcel) -> str:
    return PurePosixPath(parcel.files[0].name).suffix


def _kept(parcel: Parcel, came: Sequence[Got]) -> bool:
    ending = _ending(parcel).lower()
    return any(got.name.lower().endswith(ending) for got in came)


def _missing(parcel: Parcel, came: Sequence[Got]) -> list[bytes]:
    """Return the contents that are not among what came back, each of them somewhere of its own."""
    left = list(parcel.contents)
    places = set()
    for got in came:
        place = (got.output.id, got.inside, got.name)
        if got.content in left and not (got.inside and place in places):
            left.remove(got.content)
            places.add(place)
    return left


def replay_carriage(
    target: str,
    event: str,
    field: str,
    words: str,
    *,
    also: Mapping[str, Any] | None = None,
    example: tuple[str, int] | None = None,
    folder: str = "",
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
) -> None:
    """Start *target*, and send the file that *words* say in *field*.

    Other arguments are as for `replay`. SystemExit is raised where it does not come back whole.
    """
    with staged(target, folder=folder, include=include, exclude=exclude) as stage:
        hide = of_running(stage.app).hide
        look = Look(stage, stage.app.contract.event(event))
        look.as_told(also, example)
        found = _Carried(look, component_named(look.contract, field)).named(words)
    for finding in found:
        print(hide(f"{finding.title}\n  {finding.detail}"))
    if found:
        sys.exit(hide("; ".join(finding.title for finding in found)))
