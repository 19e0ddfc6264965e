"""Files as visitors have them: plain ones, and those with a name or a content that is seldom tried.

All contents are drawn up so that whoever changes anything in a file is seen to.
"""

from __future__ import annotations

import io
import itertools
import json
import tarfile
import unicodedata
import wave
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass

from ..contract import Component
from ..observation import Media

__all__ = ["Parcel", "content_kind", "long_text", "members", "parcels", "plain"]

#: What a text has in it that somebody who tidies would change.
TEXT = 'name,Count\nzoë {n},07\n\n\tbob  ,  1.50\nbob,1.50 \nAlice "A" O\'Neil,-3\n'
TEXTS = (".txt", ".csv", ".md", ".log", ".tsv", ".py", ".html", ".xml", ".yaml", ".yml", ".srt")
PICTURES = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP", ".gif": "GIF"}
#: Of a large file, in bytes.
LARGE = 3_000_000
#: As a file system takes at most, in bytes.
LONGEST = 255


@dataclass(frozen=True, slots=True)
class Parcel:
    """Some files sent at once, in *words* what is special in them.

    *named*, it is only their names. *contents* are what must come back: the files' own, or
    those of the members of an archive.
    """

    words: str
    files: tuple[Media, ...]
    contents: tuple[bytes, ...]
    named: bool = False

    @classmethod
    def of(cls, words: str, *files: tuple[str, bytes], named: bool = False) -> Parcel:
        """Return a parcel of files by name and content."""
        media = tuple(Media(name, content, _mime(name)) for name, content in files)
        return cls(words, media, tuple(content for _, content in files), named)


def plain(component: Component, number: int = 0) -> Parcel | None:
    """Return plain files that the field takes; None if none can be made. Others by *number*."""
    ending = _ending(component)
    if not ending:
        return None
    if ending == ".zip":
        return _zipped("a plain archive", [("one.txt", _text(number)), ("two.txt", _text(9))])
    files = [("sample", number), ("second", number + 50)][: 2 if _many(component) else 1]
    return Parcel.of(
        "a plain file", *((f"{name}{ending}", _content(ending, n)) for name, n in files)
    )


def parcels(component: Component, *, binary: bool) -> Iterator[Parcel]:
    """Yield what is seldom tried of the field's files, the most telling first.

    *binary*, any bytes come back whole, so those of no text must, too.
    """
    ending = _ending(component)
    if ending == ".zip":
        yield from _archives()
        return
    some = itertools.count(100)
    named = [
        Parcel.of(words, (name, _content(ending, next(some))), named=True)
        for words, name in _names(ending)
    ]
    several = []
    if _many(component):
        same = [(f"same{ending}", _content(ending, next(some))) for _ in range(2)]
        several.append(Parcel.of("two files of one name", *same))
    contents = list(_contents(ending, binary=binary))
    yield from several
    for pair in itertools.zip_longest(contents, named):
        yield from filter(None, pair)


def long_text(parcel: Parcel) -> Parcel:
    """Return a plain text as long as the longest content of *parcel*, of its first file's name."""
    length = max(map(len, parcel.contents))
    text = _text(3)
    content = (text * (length // len(text) + 1))[:length]
    return Parcel.of("a long text", (parcel.files[0].name, content))


def _names(ending: str) -> Iterator[tuple[str, str]]:
    composed = unicodedata.normalize("NFC", "Zoë Ångström")
    letters = LONGEST - len(ending)
    yield "a name with spaces", f"two words{ending}"
    yield "a name with two endings", f"photo.tar.v1.2{ending}"
    yield "a name with accents", f"{composed}{ending}"
    yield "a name with accents apart (NFD)", f"{unicodedata.normalize('NFD', composed)}{ending}"
    yield "a name in Japanese", f"報告書{ending}"
    yield "a name with quotes", f'it\'s "so"{ending}'
    yield "a name with a dot in front", f".hidden{ending}"
    yield "a name of 255 bytes", f"{'n' * letters}{ending}"
    yield "a name that Windows keeps for itself", f"CON{ending}"
    yield "a name with percent and hash", f"100%25 #1 &c{ending}"
    yield "a name that begins with a dash", f"-rf{ending}"
    yield "an ending in capitals", f"SCAN{ending.upper()}"


def _contents(ending: str, *, binary: bool) -> Iterator[Parcel]:
    if ending in PICTURES or ending == ".wav":
        return
    text = _content(ending, 7)
    yield Parcel.of("a file with Windows line ends", (f"crlf{ending}", _crlf(text)))
    if binary:
        yield Parcel.of("a file of all bytes", (f"bytes{ending}", bytes(range(256)) * 4))
        yield Parcel.of("an empty file", (f"empty{ending}", b""))
        latin = "naïve café\n".encode("latin-1")
        yield Parcel.of("a file in Latin-1", (f"latin{ending}", latin))
        large = bytes(n * 7 % 251 for n in range(10_007)) * (LARGE // 10_007)
        yield Parcel.of("a file of 3 MB", (f"large{ending}", large))
    marked = b"\xef\xbb\xbf" + text.replace(b"7", b"8")
    yield Parcel.of("a file with a byte order mark", (f"bom{ending}", marked))
    yield Parcel.of("a file without a last line end", (f"open{ending}", text.rstrip() + b";end"))


def _archives() -> Iterator[Parcel]:
    yield _zipped(
        "an archive with one name in two folders", [("a/x.txt", _text(1)), ("b/x.txt", _text(2))]
    )
    yield _zipped("an archive with a folder in a folder", [("a/b/c/deep.txt", _text(3))])
    yield _zipped("an archive with names in Japanese", [("報告書.txt", _text(4))])
    yield _zipped("an archive with an empty file", [("empty.txt", b""), ("full.txt", _text(5))])
    yield _zipped("an archive with a file of all bytes", [("bytes.bin", bytes(range(256)))])
    yield _zipped("an archive with a hidden file", [(".hidden", _text(6)), ("x.txt", _text(7))])


def members(content: bytes) -> list[tuple[str, bytes]] | None:
    """Return name and content of each file in an archive; None where it is none."""
    try:
        if content[:2] == b"PK":
            with zipfile.ZipFile(io.BytesIO(content)) as opened:
                return [(i.filename, opened.read(i)) for i in opened.infolist() if not i.is_dir()]
        if content[:2] == b"\x1f\x8b" or content[257:262] == b"ustar":
            with tarfile.open(fileobj=io.BytesIO(content)) as tar:
                found = [(m.name, tar.extractfile(m)) for m in tar.getmembers() if m.isfile()]
                return [(name, file.read()) for name, file in found if file is not None]
    except (zipfile.BadZipFile, tarfile.TarError, OSError, EOFError, RuntimeError):
        return None
    return None


#: First bytes, at which place they stand, and the kind that they tell.
SIGNATURES = (
    (0, b"\x89PNG\r\n", "png"),
    (0, b"\xff\xd8\xff", "jpg"),
    (0, b"GIF8", "gif"),
    (8, b"WEBP", "webp"),
    (8, b"WAVE", "wav"),
    (0, b"BM", "bmp"),
    (0, b"II*\0", "tiff"),
    (0, b"MM\0*", "tiff"),
    (0, b"%PDF", "pdf"),
    (0, b"PK\x03\x04", "zip"),
    (0, b"\x1f\x8b\x08", "gz"),
    (0, b"fLaC", "flac"),
    (0, b"OggS", "ogg"),
    (4, b"ftyp", "mp4"),
    (0, b"ID3", "mp3"),
)


def content_kind(content: bytes) -> str:
    """Return what *content* is by its first bytes, "" where they do not tell."""
    for place, begin, kind in SIGNATURES:
        if content[place : place + len(begin)] == begin:
            return kind
    return "mp3" if content[:1] == b"\xff" and content[1:2] >= b"\xe0" else ""


def _ending(component: Component) -> str:
    """Return the ending of the files that the field takes, "" if none of ours."""
    if component.type in ("image", "gallery"):
        return ".png"
    if component.type == "audio":
        return ".wav"
    types = component.props.get("file_types")
    wanted = [t.lower() for t in types or () if isinstance(t, str)]
    if not wanted or "file" in wanted or "text" in wanted:
        return ".txt"
    known = (*TEXTS, ".json", ".zip", *PICTURES, ".wav")
    for kind, ending in (("image", ".png"), ("audio", ".wav")):
        if kind in wanted:
            return ending
    return next((ending for ending in known if ending in wanted), "")


def _many(component: Component) -> bool:
    return bool(component.props.get("file_count") == "multiple")


def _content(ending: str, number: int) -> bytes:
    if ending in PICTURES:
        return _picture(PICTURES[ending], number)
    if ending == ".wav":
        return _sound(number)
    if ending == ".json":
        return json.dumps({"name": "zoë", "n": [number, 1.5]}, ensure_ascii=False).encode()
    return _text(number)


def _text(number: int) -> bytes:
    return TEXT.format(n=number).encode()


def _crlf(text: bytes) -> bytes:
    return text.replace(b"\n", b"\r\n")


def _picture(form: str, number: int) -> bytes:
    from PIL import Image

    buffer = io.BytesIO()
    Image.new("RGB", (24, 16 + number % 5), (number * 37 % 256, 90, 40)).save(buffer, form)
    return buffer.getvalue()


def _sound(number: int) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as out:
        out.setparams((1, 2, 16_000, 0, "NONE", ""))
        out.writeframes(bytes((n * (number + 3)) % 256 for n in range(3_200)))
    return buffer.getvalue()


def _zipped(words: str, inside: list[tuple[str, bytes]]) -> Parcel:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in inside:
            archive.writestr(zipfile.ZipInfo(name), content)
    media = Media("bundle.zip", buffer.getvalue(), "application/zip")
    return Parcel(words, (media,), tuple(content for _, content in inside))


def _mime(name: str) -> str:
    ending = f".{name.rpartition('.')[2].lower()}"
    if ending in PICTURES:
        return f"image/{PICTURES[ending].lower()}"
    known = {".wav": "audio/wav", ".json": "application/json", ".csv": "text/csv"}
    return known.get(ending, "text/plain")
