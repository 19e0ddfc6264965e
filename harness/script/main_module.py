"""The author's module, as ``__main__`` and under its own name, in the author's folder."""

from __future__ import annotations

import contextlib
import importlib
import importlib.machinery
import os
import sys
import types
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..probe import is_own
from ..target import Target

__all__ = ["MainModule"]


class MainModule:
    """The module of the script at *path*; *roots* are the author's folders."""

    def __init__(self, target: Target, path: Path, folder: Path, roots: Sequence[str]) -> None:
        self.target, self.path, self.folder, self.roots = target, path, folder, roots
        self.name = target.module or path.stem
        self.module = types.ModuleType("__main__")
        #: Where Python looks for the author's own modules first.
        self._first = str(folder) if target.module else str(path.parent)
        self._brought: tuple[list[str], list[str]] | None = None

    def execute(self) -> None:
        """Run the script from its first line to its last."""
        if self.module.__package__:
            importlib.import_module(self.module.__package__)  # as `python -m` does
        source = self.path.read_bytes()
        code = compile(source, str(self.path), "exec", dont_inherit=True)
        exec(code, self.module.__dict__)

    @contextlib.contextmanager
    def in_place(self) -> Iterator[None]:
        """Be ``__main__`` and one's own name, with the folder, argv and path of the author."""
        self._describe()
        names = ["__main__"]
        if self.name not in sys.stdlib_module_names and self.name.replace(".", "_").isidentifier():
            names.append(self.name)
        before = {key: sys.modules.get(key) for key in names}
        cwd, self._argv = os.getcwd(), sys.argv[:]
        self._path, self._modules = sys.path[:], frozenset(sys.modules)
        sys.path.insert(0, self._first)
        sys.argv[:] = [str(self.path)]
        sys.modules.update(dict.fromkeys(names, self.module))
        os.chdir(self.folder)
        try:
            yield
        finally:
            modules, paths = self._brought or self._brought_in()
            for key in modules:
                sys.modules.pop(key, None)
            for key, value in before.items():
                if value is None:
                    sys.modules.pop(key, None)
                else:
                    sys.modules[key] = value
            sys.argv[:] = self._argv
            for path in (self._first, *paths):
                with contextlib.suppress(ValueError):
                    sys.path.remove(path)
            with contextlib.suppress(OSError):
                os.chdir(cwd)

    def _describe(self) -> None:
        """Say in the module what Python says there, for a file or for ``python -m``."""
        module = self.module
        module.__file__ = str(self.path)
        module.__dict__["__builtins__"] = __builtins__
        if self.target.module:
            package = self.path.name == "__init__.py"
            module.__package__ = self.name if package else self.name.rpartition(".")[0]
            module.__spec__ = importlib.machinery.ModuleSpec(
                self.name, None, origin=str(self.path), is_package=package
            )
            if package:
                module.__path__ = [str(self.path.parent)]

    def settled(self) -> None:
        """Give argv back, which pytest and its plugins read later; note what came with it."""
        sys.argv[:] = self._argv
        self._brought = self._brought_in()

    def _brought_in(self) -> tuple[list[str], list[str]]:
        """Return the author's modules and paths that came with the script.

        They go with it, so that the next app's ``import utils`` finds its own.
        """
        modules = [
            name
            for name, module in list(sys.modules.items())
            if name not in self._modules
            and is_own(str(getattr(module, "__file__", None) or "<none>"), self.roots)
        ]
        paths = [path for path in sys.path if path not in self._path and path != self._first]
        return modules, paths
