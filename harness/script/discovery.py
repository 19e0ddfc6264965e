"""Which app a script is about: the one that is named, mounted, launched or the only one."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import TargetNotFound, choices
from ..target import Target
from .kinds import blocks_class, is_asgi, nested, no_arguments, servable

__all__ = ["Discovery"]

NAMES = ("demo", "app", "iface", "interface", "block", "blocks", "ui")


@dataclass(frozen=True, slots=True)
class Discovery:
    """What is known of the script at *path* once it has run.

    *names* are its module's, *mounts* what it mounted: parent, Blocks, path and arguments;
    *declined* the launches that were recorded and not carried out: Blocks and arguments.
    """

    target: Target
    path: Path
    names: Mapping[str, Any]
    mounts: Sequence[tuple[Any, Any, str, dict[str, Any]]]
    declined: Sequence[tuple[Any, dict[str, Any]]]

    def found(self) -> tuple[Any, dict[str, Any], str]:
        """Return Blocks or ASGI app, launch arguments and mount path from the module's names."""
        if self.target.name:
            return self._named()
        if self.mounts:
            parent, _, path, arguments = self.mounts[0]
            return parent, arguments, path
        blocks = blocks_class()
        for name in NAMES:
            if isinstance(self.names.get(name), blocks) and not nested(self.names[name]):
                return self.names[name], self.arguments_for(self.names[name]), ""
        found = {
            k: v for k, v in self.names.items() if isinstance(v, blocks) and not k.startswith("_")
        }
        outer = [v for v in dict.fromkeys(found.values()) if not nested(v)]
        if len(outer) == 1:
            return outer[0], {}, ""
        raise TargetNotFound(self._nothing(sorted(found)))

    def _named(self) -> tuple[Any, dict[str, Any], str]:
        name = self.target.name
        if name not in self.names:
            known = [k for k, v in self.names.items() if not k.startswith("_") and servable(v)]
            raise TargetNotFound(f"{self.path.name} has no {name!r}. {choices(name, known)}")
        value = self.names[name]
        arguments: dict[str, Any] | None = None
        if callable(value) and not isinstance(value, blocks_class()) and not is_asgi(value):
            value = self._made(name, value)
            if len(self.declined) == 1:  # the script launches what the same factory makes
                arguments = self.declined[0][1]
        for parent, blocks, path, arguments in self.mounts:
            if value is blocks or value is parent:
                return parent, arguments, path
        if not (isinstance(value, blocks_class()) or is_asgi(value)):
            raise TargetNotFound(
                f"{name!r} in {self.path.name} is a {type(value).__name__}; the harness can serve "
                "a gr.Blocks (gr.Interface, gr.ChatInterface …), a FastAPI app with a Gradio app "
                "mounted, or a function without required arguments that returns one of these."
            )
        return value, arguments or self.arguments_for(value), ""

    def _made(self, name: str, factory: Callable[..., Any]) -> Any:
        required = [
            p.name
            for p in inspect.signature(factory).parameters.values()
            if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
        ]
        if required:
            raise TargetNotFound(
                f"{name}() in {self.path.name} needs {', '.join(required)}; a factory must work "
                "without arguments. Give them defaults, or name a function that calls it."
            )
        return factory()

    def arguments_for(self, value: Any) -> dict[str, Any]:
        """Return what the script would have launched *value* with."""
        return next((kwargs for blocks, kwargs in self.declined if blocks is value), {})

    def _nothing(self, found: list[str]) -> str:
        """Return what was looked for and what there is, for a file that launches nothing."""
        if found:
            return (
                f"{self.path.name} has {len(found)} apps and launches none: {', '.join(found)}. "
                f"Say which: --app {self.target.text}:{found[0]}"
            )
        makers = [
            k
            for k, v in self.names.items()
            if inspect.isfunction(v) and v.__module__ == "__main__" and no_arguments(v)
        ]
        hint = f" Is one of these a factory? {', '.join(makers[:8])}." if makers else ""
        example = makers[0] if makers else "demo"
        return (
            f"{self.path.name} ran to its end without launching a Gradio app, and none of its "
            f"names holds one (looked for {', '.join(NAMES)} and any gr.Blocks).{hint} "
            f"Name it: --app {self.target.text}:{example}"
        )
