"""Files that an app hands through, held against what was sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..finding import Finding, Severity
from . import Check

__all__ = ["CHECKS", "SAME", "Carriage", "Kind"]


@dataclass(frozen=True, slots=True)
class Carriage:
    """One file, or several, that a visitor sent to an event which hands plain files through whole.

    *words* say what is special in it. *came* are name and size in bytes of what came back,
    *failure* why nothing did. *lost* is how many of the *sent* contents are not among it; *ending*
    is the one that it was sent with and came back without, "" if it has kept it. Of files so
    long, text or not, only the first *cut* bytes came back.
    """

    event: str
    field: str
    words: str
    sent: int = 1
    lost: int = 0
    came: tuple[tuple[str, int], ...] = ()
    failure: str = ""
    ending: str = ""
    cut: int = 0
    function: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class Kind:
    """A file that came back: what its content *is*, "" where that is not known, and its name.

    *chosen* are the kinds that the visitor picked, by field.
    """

    event: str
    output: str
    name: str
    content: str
    chosen: Mapping[str, str] = field(default_factory=dict)
    function: str = ""
    place: str = ""

    @property
    def ending(self) -> str:
        """The kind that its name says."""
        known = self.name.rpartition(".")[2].lower()
        return SAME.get(known, known)


#: Endings that stand for one kind.
SAME = {
    "jpeg": "jpg",
    "jfif": "jpg",
    "tif": "tiff",
    "wave": "wav",
    "oga": "ogg",
    "ogv": "ogg",
    "opus": "ogg",
    "m4a": "mp4",
    "m4v": "mp4",
    "mov": "mp4",
    "docx": "zip",
    "xlsx": "zip",
    "pptx": "zip",
    "odt": "zip",
    "ods": "zip",
    "epub": "zip",
    "npz": "zip",
    "whl": "zip",
    "jar": "zip",
    "apk": "zip",
    "kmz": "zip",
    "3mf": "zip",
    "pt": "zip",
    "pth": "zip",
    "keras": "zip",
    "tgz": "gz",
    "svgz": "gz",
    "ai": "pdf",
}
#: Kinds that are known by their first bytes: a name that says one of these is held to it.
KINDS = frozenset(
    ("png", "jpg", "gif", "webp", "bmp", "tiff", "pdf", "zip", "gz", "wav", "flac", "ogg", "mp4")
)


def round_trip(seen: Carriage) -> list[Finding]:
    """A file that the app hands through does not come back as it was sent.

    Why: plain files come back byte for byte, so visitors take the app for one that keeps theirs;
    what has an unusual name, is empty, has other line ends or the name of another one is then
    lost, cut or mixed up without a word. That all long files are cut is a warning, and that they
    are cut below 16 kB nothing: so an app shows their beginning.

    Mend: open files as bytes (`"rb"`, `shutil.copyfile`), never as text; name what you write by
    `tempfile` and not by the visitor's name, and members of an archive by their whole path, each
    by another; look for the ending from the right (`Path(name).suffix`).

    Silence: `--app-ignore files.round-trip@EVENT`. What the app refuses by `gr.Error` is fine.
    """
    if seen.failure:
        title, detail = f"{seen.field}: {seen.words} fails", f"{seen.failure}."
    elif seen.cut:
        title = f"{seen.field}: {seen.words} comes back cut after {seen.cut:,} bytes"
        detail = f"So does a text that is as long. {_came(seen)}"
    elif seen.lost:
        what = f"{seen.lost} of {seen.sent} files" if seen.sent > 1 else "it"
        title = f"{seen.field}: {seen.words} does not come back whole"
        detail = f"Sent and not among what came back: {what}. {_came(seen)}"
    elif seen.ending:
        title = f"{seen.field}: {seen.words} comes back without its ending {seen.ending}"
        detail = _came(seen)
    else:
        return []
    detail += " A plain file comes back byte for byte, before and after."
    return [
        Finding(
            "files.round-trip",
            seen.event,
            Severity.ERROR if seen.failure or (seen.lost and not seen.cut) else Severity.WARNING,
            title,
            detail,
            step="function",
            function=seen.function,
            exception=seen.words,
            location=seen.place,
        )
    ]


def _came(seen: Carriage) -> str:
    if not seen.came:
        return "Nothing came back."
    told = ", ".join(f"{name!r} ({size} bytes)" for name, size in seen.came[:4])
    return f"What came back: {told}."


def kind(seen: Kind) -> list[Finding]:
    """A file that comes back is not what its name says, or not what the visitor chose.

    Why: it does not open with a double click, a form elsewhere refuses it, and whoever chose
    a format got another one.

    Mend: give the file the ending of what is written (`picture.save(path, format=…)` writes
    that format whatever the ending of *path*), and write what the visitor chose.

    Silence: `--app-ignore files.kind@EVENT`.
    """
    wrong = seen.content and seen.ending in KINDS and seen.content != seen.ending
    if wrong:
        title = f"{seen.output}: {seen.name!r} is {seen.content.upper()} in truth"
        detail = f"Its name says {seen.ending.upper()}, its first bytes say {seen.content.upper()}."
    elif _other(seen):
        wanted = ", ".join(f"{one.upper()} in {by}" for by, one in seen.chosen.items() if one)
        title = f"{seen.output} gives {seen.content.upper()} whatever is chosen"
        detail = f"The visitor picked {wanted} and got {seen.name!r}."
    else:
        return []
    return [
        Finding(
            "files.kind",
            seen.event,
            Severity.ERROR,
            title,
            detail,
            step="function",
            function=seen.function,
            exception=seen.output,
            location=seen.place,
        )
    ]


def _other(seen: Kind) -> bool:
    """Whether it is of a kind that the visitor picked in no field, having picked in all."""
    picked = seen.chosen.values()
    return seen.content in KINDS and bool(picked) and all(picked) and seen.content not in picked


CHECKS = (
    Check("files.round-trip", Severity.ERROR, round_trip),
    Check("files.kind", Severity.ERROR, kind),
)
