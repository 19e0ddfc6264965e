"""Why a script failed before it served: what was tried, what was found, what to type."""

from __future__ import annotations

import importlib
import inspect
import os
import sys
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..probe import frames_of, needs_of
from ..target import Target

__all__ = ["Failure"]

#: Where Gradio 6 wants what earlier versions took elsewhere.
MOVED = {
    "theme": "Gradio 6 takes theme in launch(), earlier versions in Blocks().",
    "css": "Gradio 6 takes css in launch(), earlier versions in Blocks().",
    "js": "Gradio 6 takes js in launch(), earlier versions in Blocks().",
    "head": "Gradio 6 takes head in launch(), earlier versions in Blocks().",
    "show_api": "Gradio 6 has no show_api; an event takes api_visibility instead.",
    "concurrency_count": "Gradio 4 and later take concurrency_limit on each event.",
    "enable_queue": "Gradio 4 and later always have the queue.",
    "allow_flagging": "Gradio 5 and later call it flagging_mode.",
    "type": "Gradio 6 knows only the messages format and has no type argument.",
}

#: Where the name to install differs from the name to import.
DISTRIBUTIONS = {
    "bs4": "beautifulsoup4",
    "cv2": "opencv-python",
    "docx": "python-docx",
    "dotenv": "python-dotenv",
    "fitz": "pymupdf",
    "PIL": "pillow",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "yaml": "pyyaml",
}


@dataclass(frozen=True, slots=True)
class Failure:
    """The *error* that ended the script at *path* before it *served*, or after.

    *folder* is where it ran, *roots* are the author's folders.
    """

    error: BaseException
    target: Target
    path: Path
    folder: Path
    roots: Sequence[str]
    served: bool

    @property
    def words(self) -> str:
        """Return why the script failed: what was tried, what was found, what to type."""
        error = self.error
        frames = frames_of(error, self.roots)
        own = next((frame for frame in reversed(frames) if frame.own), None)
        where = f"{own.file}:{own.line}" if own else str(self.path)
        said = f"{type(error).__name__}: {error}".strip(": ")
        line = f"\n    {own.code}" if own and own.code else ""
        when = "before it launched an app"
        if self.served:
            when = "after it launched, which ends the app"
        head = f"{self.target} failed {when}.\n  {where}{line}\n  {said}\n"
        if isinstance(error, SyntaxError):
            place = f"{error.filename}:{error.lineno}"
            return f"{self.target} is not valid Python.\n  {place}\n  {said}"
        return head + "  " + self._advice(said)

    def _advice(self, said: str) -> str:
        error, needs = self.error, needs_of(self.error)
        if isinstance(error, SystemExit):
            return (
                f"The script ended itself (exit code {error.code}) before launching. Arguments are "
                "not passed on: does it need some? Wrap it in a factory: --app app.py:make_demo"
            )
        if isinstance(error, ModuleNotFoundError):
            package = (error.name or "").partition(".")[0]
            return (
                f"The package {error.name!r} is not installed for {sys.executable}. "
                f"Type: {sys.executable} -m pip install {DISTRIBUTIONS.get(package, package)}"
            )
        if isinstance(error, ImportError) and "no known parent package" in said:
            module = ".".join((self.path.parent.name, self.path.stem))
            return (
                "It belongs to a package: go to the folder above and name the module, as "
                f"`python -m` takes it: --app {module}"
            )
        if isinstance(error, EOFError) or "reading from stdin" in said:
            return (
                "It asks for input, and nobody answers here. Put input() under a factory, or give "
                "the answer a default."
            )
        if _of_gradio(error) and "unexpected keyword argument" in said:
            argument = said.rpartition("argument ")[2].split("'")[1] if "'" in said else ""
            version = importlib.import_module("gradio").__version__
            moved = MOVED.get(argument, "Take it out, or install the version the app is for.")
            return f"Gradio {version} does not know {argument!r} here. {moved}"
        if needs:
            return (
                f"It needs {needs}, which this machine does not have. Run it where there is, or "
                "load the model in a function that a test can replace."
            )
        if isinstance(error, FileNotFoundError):
            return (
                f"It ran in {self.folder}. If its files are relative to another folder, say "
                "which: --app-folder DIR"
            )
        return "Run it by hand to see the same: " + f"cd {self.folder} && python {self.path}"


def _of_gradio(error: BaseException) -> bool:
    """Whether a TypeError is about a call of Gradio's and not of the author's own function."""
    if not isinstance(error, TypeError):
        return False
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{os.sep}gradio{os.sep}" in last.filename or last.filename == inspect.__file__
