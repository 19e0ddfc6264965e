"""What Gradio does anew for every call, and need not: done once for as long as an app runs.

The author's functions see nothing of it. A visitor's session begins with the configuration of
every component of the page, read off signatures and properties; it is made for the first
visitor and copied for the next. And around each call Gradio looks for matplotlib, through all
of `sys.path` where it is not installed.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
import weakref
from collections.abc import Callable
from typing import Any

__all__ = ["Shortcuts"]


class Shortcuts:
    """Gradio's own classes, changed between `install` and `remove`: once the app has started."""

    def __init__(self) -> None:
        self._undo: list[Callable[[], None]] = []
        self._configurations: weakref.WeakKeyDictionary[Any, dict[int, Any]] = (
            weakref.WeakKeyDictionary()
        )

    def install(self) -> None:
        """Take the shortcuts that this version of Gradio, and this machine, allow."""
        holder = importlib.import_module("gradio.state_holder")
        self._replace(holder.SessionState, "__init__", self._session)
        backend = getattr(
            importlib.import_module("gradio.utils"), "MatplotlibBackendMananger", None
        )
        if backend is not None and not _is_there("matplotlib"):
            self._replace(backend, "__enter__", lambda original: lambda this: None)
            self._replace(backend, "__exit__", lambda original: lambda this, *error: None)

    def remove(self) -> None:
        """Put everything back as it was."""
        while self._undo:
            self._undo.pop()()

    def _replace(
        self, owner: type, name: str, made: Callable[[Callable[..., Any]], Callable[..., Any]]
    ) -> None:
        original = getattr(owner, name)
        setattr(owner, name, made(original))
        self._undo.append(lambda: setattr(owner, name, original))

    def _session(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def begun(state: Any, blocks: Any) -> None:
            known = self._configurations.get(blocks)
            if known is None:
                original(state, blocks)
                if hasattr(state, "config_values"):  # not before Gradio 5.30
                    self._configurations[blocks] = _copied(state.config_values)
                return
            original(state, _Bare(blocks))
            state.config_values = _copied(known)

        return begun


class _Bare:
    """Blocks as they are, but for none of them there is a configuration to make."""

    blocks = ()

    def __init__(self, whole: Any) -> None:
        self._whole = whole

    def __getattr__(self, name: str) -> Any:
        return getattr(self._whole, name)


def _is_there(module: str) -> bool:
    return module in sys.modules or importlib.util.find_spec(module) is not None


def _copied(configurations: dict[int, Any]) -> dict[int, Any]:
    """Return a copy down to the properties, which Gradio changes for one visitor."""
    return {
        identity: {name: dict(v) if isinstance(v, dict) else v for name, v in one.items()}
        for identity, one in configurations.items()
    }
