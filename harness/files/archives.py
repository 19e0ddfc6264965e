"""Archives with a member that is to land, or to lead, where no visitor may write or read."""

from __future__ import annotations

import io
import re
import stat
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from ..contract import Component
from ..observation import Media
from .bait import Bait
from .ways import UP, Way, held

__all__ = ["archives"]

#: What an app's source has in it that unpacks archives.
UNPACKS = re.compile(r"zip|tar|archive|7z|rar", re.IGNORECASE)
#: What is in an archive beside the member that matters.
PLAIN = ("readme.txt", b"one line\n")


def archives(component: Component, bait: Bait, *, source: str) -> list[Way]:
    """Return archives for a field that takes files, where *source* unpacks any, or is not known."""
    if component.type not in ("file", "uploadbutton", "multimodaltextbox"):
        return []
    if source and not UNPACKS.search(source):
        return []
    types = component.props.get("file_types")
    wanted = {t.lower() for t in types if isinstance(t, str)} if types else {"file"}
    kinds = [k for k in (".zip", ".tar", ".tar.gz", ".tgz") if "file" in wanted or k in wanted]
    if ".gz" in wanted:
        kinds.append(".tar.gz")
    if "file" in wanted:
        kinds.remove(".tgz")
    return [
        Way(f"{words} ({kind})", whole)
        for kind in dict.fromkeys(kinds)
        for words, media in _of_kind(kind, bait)
        for whole in held(component, media)
    ]


def _of_kind(kind: str, bait: Bait) -> Iterator[tuple[str, Media]]:
    escaped = f"{bait.outside}/escaped.txt"
    deep = f"{UP}{escaped.lstrip('/')}"
    make = _zip if kind == ".zip" else _tar
    names: tuple[tuple[str, list[tuple[str, bytes | Path]]], ...] = (
        ("an archive whose member leads up and down again", [(deep, b"out\n")]),
        ("an archive whose member has an absolute path", [(escaped, b"out\n")]),
        (
            "an archive with a link to a file that is not in it",
            [("link.txt", bait.outside / "note.txt")],
        ),
        (
            "an archive that writes through a link of its own",
            [("shelf", bait.outside), ("shelf/escaped.txt", b"out\n")],
        ),
    )
    for words, members in names:
        yield words, make(f"bundle{kind}", [PLAIN, *members])


def _zip(name: str, members: list[tuple[str, bytes | Path]]) -> Media:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for member, content in members:
            info = zipfile.ZipInfo(member)
            if isinstance(content, Path):
                info.create_system = 3  # Unix: the mode says that it is a link
                info.external_attr = (stat.S_IFLNK | 0o777) << 16
                content = str(content).encode()
            archive.writestr(info, content)
    return Media(name, buffer.getvalue(), "application/zip")


def _tar(name: str, members: list[tuple[str, bytes | Path]]) -> Media:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz" if name.endswith("gz") else "w") as archive:
        for member, content in members:
            info = tarfile.TarInfo(member)
            if isinstance(content, Path):
                info.type, info.linkname = tarfile.SYMTYPE, str(content)
                archive.addfile(info)
            else:
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
    mime = "application/gzip" if name.endswith("gz") else "application/x-tar"
    return Media(name, buffer.getvalue(), mime)
