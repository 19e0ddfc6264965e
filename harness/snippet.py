"""The lines to paste, taken apart: what they import and do, their target, and the files in them."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass

from .finding import Finding
from .observation import Media

__all__ = ["FOLDER", "Snippet", "Upload", "uploads"]

#: Below the report's folder: one folder a finding.
FOLDER = "replays"
#: What else is in it.
TAKEN = frozenset(("replay.py", "pytest.ini", "conftest.py"))


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that a visitor of a finding uploads; *path* is where it is, below the report."""

    name: str
    media: Media
    path: str


def uploads(finding: Finding) -> tuple[Upload, ...]:
    """Return the files that the finding's script holds, by names that any disk takes."""
    return tuple(
        Upload(media.name, media, f"{FOLDER}/{finding.id}/{name}")
        for name, media in Snippet(finding.reproduce).files.items()
    )


class Snippet:
    """A finding's script: its imports, what it does, and the files in it."""

    def __init__(self, reproduce: str) -> None:
        self.text = reproduce.partition("<<'EOF'\n")[2].removesuffix("\n").removesuffix("EOF")
        self.files: dict[str, Media] = {}
        try:
            self.tree = ast.parse(self.text)
        except SyntaxError:  # what a report must not show stood in it
            self.tree = ast.parse("")
        self._changes: list[tuple[ast.expr, str]] = []
        own = {
            alias.asname or alias.name
            for node in self.tree.body
            if isinstance(node, ast.ImportFrom) and node.module == "gradio_harness"
            for alias in node.names
        } - {"Media"}
        #: The calls that have the target as their first argument.
        self.calls = 0
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call):
                self._call(node, own)

    def _call(self, node: ast.Call, own: set[str]) -> None:
        if isinstance(node.func, ast.Name) and node.func.id in own and node.args:
            if isinstance(node.args[0], ast.Constant):
                self._changes.append((node.args[0], "target"))
                self.calls += 1
        elif ast.unparse(node.func) == "Media.packed":
            media = Media.packed(*map(ast.literal_eval, node.args))
            name = next((n for n, m in self.files.items() if m == media), "")
            if not name:
                name = _free(media.name, self.files)
                self.files[name] = media
            read = f"Media.read(HERE / {name!r}, {media.name!r}, {media.mime!r})"
            self._changes.append((node, read))

    @property
    def imports(self) -> list[str]:
        """The lines that import something."""
        kept = (ast.Import, ast.ImportFrom)
        return [ast.unparse(node) for node in self.tree.body if isinstance(node, kept)]

    @property
    def told(self) -> str:
        """The rest, with the target as a name and files read from beside it."""
        lines = self.text.encode().splitlines(keepends=True)
        starts = [0]
        for line in lines:
            starts.append(starts[-1] + len(line))

        def place(line: int, column: int) -> int:
            return starts[line - 1] + column

        changes = [
            (place(n.lineno, n.col_offset), place(n.end_lineno or 0, n.end_col_offset or 0), new)
            for n, new in self._changes
        ]
        changes += [
            (place(n.lineno, 0), place(n.end_lineno or 0, n.end_col_offset or 0), "")
            for n in self.tree.body
            if isinstance(n, ast.Import | ast.ImportFrom)
        ]
        content = b"".join(lines)
        for begin, end, new in sorted(changes, reverse=True):
            content = content[:begin] + new.encode() + content[end:]
        return content.decode().strip("\n")


def _free(name: str, taken: Mapping[str, Media]) -> str:
    """Return *name* as any file system takes it, unlike those *taken*, with its suffix."""
    safe = re.sub(r"[^A-Za-z0-9._-]+", "_", name).strip("._") or "file"
    stem, dot, suffix = safe.rpartition(".")
    stem, end = (stem, f".{suffix[:16]}") if dot and stem else (safe, "")
    number = 1
    lower = {other.lower() for other in taken} | TAKEN
    while (found := f"{stem[:60]}{f'-{number}' * (number > 1)}{end}").lower() in lower:
        number += 1
    return found
