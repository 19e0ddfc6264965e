"""What a finding's files look like: a small picture, a player, the first lines of a text.

All of it is inside the page, which also works where the folder of the files is not there.
"""

from __future__ import annotations

import base64
import urllib.parse
from dataclasses import dataclass
from typing import Literal

from ..finding import Finding
from ..observation import Media
from ..snippet import uploads
from .text import cut, thousands

__all__ = ["Preview", "previews"]

#: A file up to here is put into the page, and so many bytes of a finding's files.
LARGEST = 48_000
MOST = 96_000
FILES = 6
LINES = 8

#: What browsers draw, by how it begins: a file's type is what an app's visitor says it is.
PICTURES = {
    b"\x89PNG\r\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF8": "image/gif",
    b"BM": "image/bmp",
}

Kind = Literal["picture", "audio", "video", "text", "file"]


@dataclass(frozen=True, slots=True)
class Preview:
    """One file: *data* is an address that holds it, *text* its first lines, *path* where it is."""

    name: str
    path: str
    words: str
    kind: Kind
    data: str = ""
    text: str = ""


def previews(finding: Finding) -> list[Preview]:
    """Return the first few of the finding's files."""
    found, room = [], MOST
    for upload in uploads(finding)[:FILES]:
        media = upload.media
        kind, mime = _kind(media)
        data = text = ""
        if kind == "text":
            text = _first_lines(media.content)
        elif kind != "file" and len(media.content) <= min(LARGEST, room):
            data = f"data:{mime};base64,{base64.b64encode(media.content).decode()}"
            room -= len(media.content)
        words = f"{media.mime}, {_size(len(media.content))}"
        path = urllib.parse.quote(upload.path)
        found.append(Preview(upload.name, path, words, kind, data, text))
    return found


def _kind(media: Media) -> tuple[Kind, str]:
    """Return how a browser shows the file, and the type that makes it do so."""
    content = media.content
    for begin, mime in PICTURES.items():
        if content.startswith(begin):
            return "picture", mime
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "picture", "image/webp"
    if content[:4] == b"RIFF" and content[8:12] == b"WAVE":
        return "audio", "audio/wav"
    if content[:3] == b"ID3" or content[:2] in (b"\xff\xfb", b"\xff\xf3"):
        return "audio", "audio/mpeg"
    if content[:4] == b"OggS":
        return "audio", "audio/ogg"
    if content[:4] == b"fLaC":
        return "audio", "audio/flac"
    if content[4:8] == b"ftyp":
        return "video", "video/mp4"
    if content[:4] == b"\x1aE\xdf\xa3":
        return "video", "video/webm"
    return ("text" if _is_text(content) else "file"), ""


def _is_text(content: bytes) -> bool:
    try:
        text = content[:4096].decode("utf-8", "strict" if len(content) <= 4096 else "ignore")
    except UnicodeDecodeError:
        return False
    return "\0" not in text and bool(text.strip())


def _first_lines(content: bytes) -> str:
    lines = content[:4096].decode("utf-8", "ignore").splitlines()
    more = "\n…" if len(lines) > LINES or len(content) > 4096 else ""
    return cut("\n".join(lines[:LINES]), 800) + more


def _size(number: int) -> str:
    if number < 1000:
        return f"{number} byte{'s' * (number != 1)}"
    return f"{thousands(round(number / 1000))} kB" if number < 999_500 else f"{number / 1e6:.1f} MB"
