"""Files that are not for visitors: what an app does with a path that one of them names."""

from __future__ import annotations

from dataclasses import dataclass

from ..finding import Finding, Severity
from . import Check

__all__ = ["CHECKS", "Trespass"]


@dataclass(frozen=True, slots=True)
class Trespass:
    """One call in which a visitor named a marked file of ours, and what came of it.

    *field* got the name in the way that *words* tell; it is *typed* where the page lets a visitor
    send that. *shown* is where the file's content or name came back, "" if it did not. *read* is
    the author's line that opened the file, *written* what of ours is not as it was, with the line
    in *wrote* where that is known. *temporary*, the file lay in the temporary folder.
    """

    event: str
    field: str
    words: str
    function: str = ""
    typed: bool = True
    temporary: bool = False
    shown: str = ""
    read: str = ""
    written: tuple[str, ...] = ()
    wrote: str = ""

    def __str__(self) -> str:
        how = "" if self.typed else ", in a request that no page sends"
        return f"{self.field} was given {self.words}{how}"


def path_read(seen: Trespass) -> list[Finding]:
    """A visitor gets a file read that is not for visitors, by its path.

    Why: whoever uses the app can have it open any file that its process may read: keys, `.env`,
    other people's uploads, its own source. It is enough to type a path where the app expects a
    name, or to send one in a request that names a file which was never uploaded.

    Mend: take names, not paths: look the name up in a list of the files that there are, or
    `path = (BASE / name).resolve()` and refuse it unless `path.is_relative_to(BASE)`, before
    anything is opened; unpack archives with `filter="data"`. What a function returns as a
    file Gradio serves from the working folder and the temporary one: never return a visitor's path.

    Silence: `--app-ignore files.path-read@EVENT`, with a reason in the ini file where the app is a
    tool for its one user's own files.
    """
    if not seen.shown and not seen.read:
        return []
    if seen.temporary and not seen.read:
        title = f"{seen.field} hands out files of its temporary and working folder by their path"
    else:
        title = f"{seen.field} opens any file that a visitor names"
    detail = f"{seen}, towards a file of ours that is not for visitors. "
    detail += f"It came back in {seen.shown}." if seen.shown else "The file was opened."
    return [_finding("files.path-read", seen, title, detail, seen.read)]


def path_write(seen: Trespass) -> list[Finding]:
    """A visitor gets a file written, changed or deleted outside the app's own folders.

    Why: a visitor who chooses where the app writes can replace its source, its models, or what
    the next program runs.

    Mend: as for `files.path-read`: the app makes up the name, or it is looked up; `BASE / name`
    is resolved and refused unless it is below BASE. Unpack archives with `filter="data"`, and
    members one by one only after the same check.

    Silence: `--app-ignore files.path-write@EVENT`.
    """
    if not seen.written:
        return []
    title = f"{seen.field} writes wherever a visitor says"
    detail = f"{seen}, towards a folder of ours. There: {', '.join(seen.written[:4])}."
    return [_finding("files.path-write", seen, title, detail, seen.wrote)]


def _finding(check: str, seen: Trespass, title: str, detail: str, location: str) -> Finding:
    return Finding(
        check,
        seen.event,
        Severity.ERROR,
        title,
        detail,
        step="function",
        function=seen.function,
        exception=seen.field,
        location=location,
    )


CHECKS = (
    Check("files.path-read", Severity.ERROR, path_read),
    Check("files.path-write", Severity.ERROR, path_write),
)
