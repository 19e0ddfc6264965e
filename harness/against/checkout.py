"""A commit of the app's repository beside it: `git archive` into a folder of ours.

The repository is only read: no worktree is registered, no branch or index touched. What git does
not know, as a model's weights beside the app, is not in it.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tarfile
from pathlib import Path

from ..errors import OptionError

__all__ = ["check_out", "paths_in", "requirement_files", "root_of"]

#: What says what an app needs, beside it or above.
REQUIREMENTS = ("requirements.txt", "pyproject.toml")


def root_of(place: Path) -> Path:
    """Return the root of the repository in which *place* is; raises OptionError outside of one."""
    said = _git(place, "rev-parse", "--show-toplevel").decode().strip()
    return Path(said).resolve()


def check_out(root: Path, ref: str, folder: Path) -> None:
    """Put the files of *ref* into *folder*; raises OptionError where there is no such commit."""
    commit = _git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
    content = _git(root, "archive", "--format=tar", commit.decode().strip())
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        archive.extractall(folder, filter=_inside)


def _inside(member: tarfile.TarInfo, folder: str) -> tarfile.TarInfo | None:
    """Return the member as it is unpacked; None for what leads out of the folder, as some links."""
    try:
        return tarfile.data_filter(member, folder)
    except tarfile.FilterError:
        return None


def requirement_files(root: Path, app: Path) -> tuple[Path, ...]:
    """Return the nearest files above *app*, up to *root*, that say what it needs."""
    for folder in (app.parent, *app.parent.parents):
        found = tuple(folder / name for name in REQUIREMENTS if (folder / name).is_file())
        if found or folder == root:
            return found
    return ()


def paths_in(root: Path, folder: Path) -> str:
    """Return PYTHONPATH for the checkout in *folder*: what this process finds in *root* is there.

    So is what an editable install leads to: a folder ``src``.
    """
    inside = [Path(entry).resolve() for entry in sys.path if entry]
    moved = [folder / p.relative_to(root) for p in inside if p.is_relative_to(root)]
    kept = [str(path) for path in (folder / "src", *moved) if path.is_dir()]
    return os.pathsep.join(dict.fromkeys(kept))


def _variables() -> dict[str, str]:
    """Return this process's variables, but for those by which a hook of git speaks of its own."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    return {**kept, "GIT_TERMINAL_PROMPT": "0"}


def _git(place: Path, *arguments: str) -> bytes:
    try:
        done = subprocess.run(
            ("git", "-C", str(place), *arguments),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=_variables(),
        )
    except FileNotFoundError:
        raise OptionError("--app-against git:REF needs git, and there is none.") from None
    if done.returncode:
        said = " ".join(done.stderr.decode(errors="replace").split())
        raise OptionError(
            f"--app-against git:REF: `git {' '.join(arguments)}` in {place} fails. {said} Is the "
            "app in a git repository, and is there such a commit, tag or branch?"
        )
    return done.stdout
