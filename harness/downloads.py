"""The files of an answer as a page gets them: fetched once each, and looked into.

with Downloads(app) as downloads:
    downloads.of(seen)  # {"/tmp/gradio/…/plot.png": Served(…, status=200, problem="")}
"""

from __future__ import annotations

import io
import math
import time
import wave
from collections.abc import Iterator, Mapping
from typing import Any

import httpx

from .app import App
from .checks.files import paths
from .checks.outcome import Seen
from .contract import Component
from .observation import Media, Served

__all__ = ["Downloads", "problem"]

#: Of one answer, and of one exploration: a gallery of thousands is a sample like any other.
MOST_OF_AN_ANSWER = 6
MOST = 300
#: What is larger is not looked into.
LARGEST_BYTES = 16_000_000
SECONDS = 10.0

PICTURES = frozenset(("image", "gallery", "annotatedimage", "imageeditor", "imageslider"))
VIDEOS = (".mp4", ".webm", ".mov", ".mkv", ".avi", ".m4v", ".ogv", ".mpeg")
SUBTITLES = (".vtt", ".srt", ".json")
#: What browsers draw, by Pillow's names.
DRAWN = frozenset(("PNG", "JPEG", "GIF", "WEBP", "BMP", "ICO", "AVIF", "MPO", "CUR"))


class Downloads:
    """Fetches what answers name, each file once. Close it when done.

    Nothing is fetched after *until*, a time of `time.monotonic`: what was not is not judged.
    """

    def __init__(self, app: App) -> None:
        self.app = app
        self.until = math.inf
        self._http: httpx.Client | None = None
        self._known: dict[tuple[str, str], Served] = {}

    def close(self) -> None:
        """Close the connections."""
        if self._http is not None:
            self._http.close()

    def __enter__(self) -> Downloads:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def of(self, seen: Seen) -> Mapping[str, Served]:
        """Return the files of one answer by path, of the first few and never of very many."""
        found: dict[str, Served] = {}
        for component, path in paths(seen):
            kind = _kind(component, path)
            known = self._known.get((kind, path))
            if known is None:
                if len(found) >= MOST_OF_AN_ANSWER or len(self._known) >= MOST:
                    continue
                known = self._fetched(kind, path, seen)
                if known is None:
                    continue
                self._known[(kind, path)] = known
            found[path] = known
        return found

    def _fetched(self, kind: str, path: str, seen: Seen) -> Served | None:
        if self._http is None:
            self._http = self.app.http(timeout_seconds=SECONDS)
        address = f"{self.app.url}{self.app.contract.prefix}/file={path}"
        content = b""
        now = time.monotonic()
        end = min(self.until, now + SECONDS)
        if now >= end:
            return None
        try:
            with self._http.stream("GET", address, timeout=end - now) as answer:
                if answer.status_code != 200:
                    return Served(path, answer.status_code)
                for piece in answer.iter_bytes():
                    content += piece
                    if kind == "file" or len(content) > LARGEST_BYTES:
                        return Served(path, 200, len(content))
                    if time.monotonic() > end:
                        return None
        except (httpx.HTTPError, httpx.InvalidURL):
            return None  # the connection says nothing of the file
        words, grave = problem(kind, content)
        echo = bool(words) and any(content == sent for sent in _sent(seen.observation.call.inputs))
        return Served(path, 200, len(content), words, grave, echo)


def problem(kind: str, content: bytes) -> tuple[str, bool]:
    """Return why a page cannot show *content* as image, audio or video, and whether none can."""
    if kind == "file":
        return "", False
    if not content:
        return "which is an empty file", True
    if kind == "image":
        return _of_image(content)
    if _is_text(content):
        return f"which is text and no {kind}", True
    if content.startswith(b"RIFF") and content[8:12] == b"WAVE":
        return _of_wave(content)
    if content[4:8] == b"ftyp" and b"moov" not in content:
        return f"a {kind} file that was not written to its end", True
    return "", False


def _of_image(content: bytes) -> tuple[str, bool]:
    try:
        from PIL import Image, UnidentifiedImageError
    except ImportError:
        return "", False
    head = content[:4096].lstrip().lower()
    if b"<svg" in head or content[4:8] == b"ftyp" or content.startswith(b"\xff\x0a"):
        return "", False  # SVG; AVIF, HEIC and JPEG XL, which not every Pillow knows
    try:
        with Image.open(io.BytesIO(content)) as picture:
            form = picture.format or ""
            picture.load()
    except UnidentifiedImageError:
        return "which is no picture", True
    except (OSError, SyntaxError, ValueError) as error:
        return f"which does not decode: {error}", True
    except Exception:  # Pillow's own limits, for one
        return "", False
    if form not in DRAWN:
        return f"a {form} picture, which most browsers do not draw", False
    return "", False


def _of_wave(content: bytes) -> tuple[str, bool]:
    try:
        with wave.open(io.BytesIO(content)) as sound:
            frames = sound.getnframes()
    except (wave.Error, EOFError):
        return "", False  # floating point and others, which browsers play
    return ("" if frames else "a sound without a single sample"), False


def _is_text(content: bytes) -> bool:
    head = content[:2048]
    try:
        text = head.decode("ascii")
    except UnicodeDecodeError:
        return False
    return all(character.isprintable() or character in "\r\n\t" for character in text)


def _kind(component: Component, path: str) -> str:
    name = path.casefold()
    if name.endswith(SUBTITLES) or component.type not in {*PICTURES, "audio", "video"}:
        return "file"
    if component.type in PICTURES:
        return "video" if name.endswith(VIDEOS) else "image"
    return component.type


def _sent(inputs: Any) -> Iterator[bytes]:
    waiting = [inputs]
    while waiting:
        item = waiting.pop()
        if isinstance(item, Media):
            yield item.content
        elif isinstance(item, list | tuple):
            waiting += item
        elif isinstance(item, Mapping):
            waiting += item.values()
