"""Marked files in a folder of ours, which no visitor may read and no app has a reason to touch.

One folder lies where an app may serve nothing from, the other in the temporary folder, which
is open to what an app returns, as its working folder is.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import random
import shutil
import tempfile
import wave
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..app import App
from ..visitors.canaries import Mark, new_mark

__all__ = ["ENDINGS", "PREFIX", "Bait", "contents", "laid"]

#: What the name of each folder of ours begins with.
PREFIX = "gradio-harness-"
#: Files called note, one of each ending that apps read by its name.
TEXTS = ("", ".txt", ".md", ".csv", ".json", ".html", ".log", ".py", ".yaml")
ENDINGS = (*TEXTS, ".png", ".wav")


@dataclass(frozen=True, slots=True)
class Bait:
    """Where the marked files are. All have *mark* in them, and one has it in its name.

    *outside* is a folder from which the app may serve nothing, *temporary* one from which it may
    serve what it returns.
    """

    mark: Mark
    outside: Path
    temporary: Path

    @property
    def word(self) -> str:
        """What every path of ours has in it, and no other."""
        return self.outside.parent.name

    @property
    def folders(self) -> tuple[str, ...]:
        """The folders that are ours, as paths below them begin."""
        return tuple(f"{one.parent}{os.sep}" for one in (self.outside, self.temporary))

    def lay(self) -> None:
        """Have all files there as they were at first, and nothing else."""
        for folder in (self.outside, self.temporary):
            for inside in folder.parent.iterdir():
                if inside.is_dir() and not inside.is_symlink():
                    shutil.rmtree(inside)
                else:
                    inside.unlink()
            folder.mkdir()
            for ending, content in contents(self.mark).items():
                (folder / f"note{ending}").write_bytes(content)
            (folder / f"{self.mark.word}.txt").write_bytes(b"")

    def touched(self) -> list[str]:
        """Return what is not as it was laid, by its path below our folders, each with what came."""
        wanted = {f"note{ending}": content for ending, content in contents(self.mark).items()}
        wanted[f"{self.mark.word}.txt"] = b""
        found = []
        for folder in (self.outside, self.temporary):
            there = {p.relative_to(folder.parent): p for p in folder.parent.rglob("*")}
            own = {Path(folder.name, name): content for name, content in wanted.items()}
            gone = own.keys() - there.keys()
            new = there.keys() - own.keys() - {Path(folder.name)}
            changed = {n for n in own.keys() - gone if _content(there[n]) != own[n]}
            found += [f"{name} deleted" for name in sorted(gone)]
            found += [f"{name} written" for name in sorted(new | changed)]
        return found


@contextlib.contextmanager
def laid(app: App) -> Iterator[Bait]:
    """Lay the files out for a while. Raises OSError where there is no place for them."""
    with contextlib.ExitStack() as folders:
        outside = _made(_outside(app))
        folders.callback(shutil.rmtree, outside, ignore_errors=True)
        temporary = Path(tempfile.gettempdir()).resolve() / outside.name
        temporary.mkdir(mode=0o700)
        folders.callback(shutil.rmtree, temporary, ignore_errors=True)
        mark = new_mark(random.Random(outside.name))
        bait = Bait(mark, outside / "kept", temporary / "kept")
        bait.lay()
        yield bait


def contents(mark: Mark) -> Mapping[str, bytes]:
    """Return a file of each ending with *mark* in it."""
    special = {
        ".csv": f"note\n{mark.word}\n".encode(),
        ".json": json.dumps({"note": mark.word}).encode(),
        ".html": f"<!DOCTYPE html><p>{mark.word}</p>".encode(),
        ".yaml": f"note: {mark.word}\n".encode(),
        ".py": f"# {mark.word}\n".encode(),
        ".png": _picture(mark),
        ".wav": _sound(mark),
    }
    return {ending: special.get(ending, f"{mark.word}\n".encode()) for ending in ENDINGS}


def _made(folder: Path) -> Path:
    return Path(tempfile.mkdtemp(prefix=PREFIX, dir=folder)).resolve()


def _outside(app: App) -> Path:
    """Return a folder to lay files in from which *app* may serve nothing, if there is one."""
    allowed = app.arguments.get("allowed_paths") or ()
    given = [one for one in allowed if isinstance(one, str | os.PathLike)]
    own, *others = (Path(one).resolve() for one in (app.folder, tempfile.gettempdir(), *given))
    places = [p.resolve() for p in (Path("/var/tmp"), Path.home() / ".cache", Path.home())]
    usable = [
        p for p in places if p.is_dir() and os.access(p, os.W_OK) and not p.is_relative_to(own)
    ]
    shut = [p for p in usable if not any(p.is_relative_to(other) for other in others)]
    if not usable:
        raise FileNotFoundError("there is no folder to write to beside the app's own")
    return (shut or usable)[0]


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:  # made a folder, or shut
        return None


def _picture(mark: Mark) -> bytes:
    from PIL import Image

    buffer = io.BytesIO()
    Image.new("RGB", (32, 24), mark.colour).save(buffer, "PNG")
    return buffer.getvalue()


def _sound(mark: Mark) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as out:
        out.setparams((1, 2, 16_000, 0, "NONE", ""))
        out.writeframes(mark.sound * 100)
    return buffer.getvalue()
