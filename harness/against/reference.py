"""What the user named to hold the app against, and how it is started.

git:REF       the same app at another commit, in a folder of its own
gradio==X     the same app on another Gradio, in an environment of its own
a target      app.py, module:demo, a URL, space:owner/name
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..app import App, Credentials, named_home, start
from ..child import Zygote, child
from ..errors import OptionError
from ..target import Target, parse
from .checkout import check_out, paths_in, requirement_files, root_of
from .environments import environment
from .requirements import needed

__all__ = ["Reference", "resolved", "started"]

VERSION = re.compile(r"gradio\s*==\s*([\w.]+)")


@dataclass(frozen=True, slots=True)
class Reference:
    """One app to be started: *target* as seen from *folder*, with *python* and *variables*.

    *words* are how a report calls it. It is *newer* where it is what the app will be: then the app
    as it stands is the older one.
    """

    words: str
    target: Target
    folder: Path
    python: str = sys.executable
    variables: Mapping[str, str] = field(default_factory=dict)
    newer: bool = False


def resolved(
    text: str, target: Target, folder: Path, gradio: str, closers: contextlib.ExitStack
) -> Reference:
    """Return what *text* names for *target*, which runs on *gradio*; what is made goes at the end.

    Raises OptionError or TargetNotFound in words.
    """
    text = text.strip()
    version = VERSION.fullmatch(text)
    if not (version or text.startswith("git:")):
        return Reference(text, parse(text, folder), folder)
    if target.path is None:
        raise OptionError(f"--app-against {text}: {target} is no file or module of this machine.")
    if version:
        named = version[1]
        python = environment([f"gradio=={named}"])
        newer = _order(named) > _order(gradio)
        return Reference(f"Gradio {named}", target, folder, python, newer=newer)
    return _commit(text, target.path, target, folder, closers)


def started(
    reference: Reference,
    *,
    credentials: Sequence[Credentials] = (),
    app_folder: str = "",
    timeout_seconds: float = 120.0,
    zygote: Zygote | None = None,
) -> App:
    """Return the app of *reference*, in a process of its own where it is one of this machine.

    Texts in a set come in the same order in all of them: by a *zygote*, or by the seed of hashes.
    """
    target, folder = reference.target, reference.folder
    if not target.local:
        return start(target, folder=folder, credentials=credentials)
    hashes = {} if zygote is not None else {"PYTHONHASHSEED": "0"}
    return child(
        target,
        folder=folder,
        credentials=credentials,
        home=named_home(app_folder, folder),
        timeout_seconds=timeout_seconds,
        environment={**hashes, **reference.variables},
        zygote=zygote,
        python=reference.python,
    )


def _commit(
    text: str, path: Path, target: Target, folder: Path, closers: contextlib.ExitStack
) -> Reference:
    root = root_of(path.parent)
    ours = os.environ.get("GRADIO_HARNESS_FOLDER")  # goes also where an app ends the process
    copy = Path(tempfile.mkdtemp(prefix="gradio-harness-git-", dir=ours)).resolve()
    closers.callback(shutil.rmtree, copy, ignore_errors=True)
    check_out(root, text.removeprefix("git:"), copy)
    inside = copy / path.relative_to(root)
    if not inside.is_file():
        raise OptionError(f"--app-against {text}: there is no {path.relative_to(root)} in it.")
    here = folder.resolve()
    there = copy / here.relative_to(root) if here.is_relative_to(root) else inside.parent
    there.mkdir(parents=True, exist_ok=True)  # git knows no empty folders
    named = target.text
    if target.kind == "file":
        named = str(inside) + (f":{target.name}" if target.name else "")
    now, then = requirement_files(root, path), requirement_files(copy, inside)
    same = needed(now) == needed(then)
    python = sys.executable if same or not then else environment(files=then)
    variables = {"PYTHONPATH": paths_in(root, copy)}
    return Reference(text, parse(named, there), there, python, variables)


def _order(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version)[:3]]
