"""What Gradio apps are told by: Blocks, apps of a web server with one in it, functions."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable
from typing import Any

__all__ = ["blocks_class", "is_asgi", "mounted", "nested", "no_arguments", "servable"]


def blocks_class() -> type:
    """Return Gradio's class of all apps."""
    return importlib.import_module("gradio.blocks").Blocks  # type: ignore[no-any-return]


def is_asgi(value: Any) -> bool:
    """Whether *value* is an app that a web server takes."""
    starlette = importlib.import_module("starlette.applications")
    if isinstance(value, starlette.Starlette):
        return True
    call = vars(type(value)).get("__call__")  # an app wrapped in a middleware
    names = list(inspect.signature(call).parameters)[1:] if inspect.isfunction(call) else []
    return names == ["scope", "receive", "send"]


def servable(value: Any) -> bool:
    """Whether the harness could serve *value*, or what it returns."""
    return (
        isinstance(value, blocks_class())
        or is_asgi(value)
        or (inspect.isfunction(value) and no_arguments(value))
    )


def no_arguments(function: Callable[..., Any]) -> bool:
    """Whether *function* can be called without any."""
    return all(
        p.default is not p.empty or p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
        for p in inspect.signature(function).parameters.values()
    )


def nested(blocks: Any) -> bool:
    """Whether *blocks* is a part of another app."""
    return getattr(blocks, "parent", None) is not None


def mounted(asgi: Any) -> dict[str, Any]:
    """Return the Gradio apps by mount path that an ASGI app's routes lead to."""
    if isinstance(getattr(asgi, "blocks", None), blocks_class()):
        return {"": asgi.blocks}
    found: dict[str, Any] = {}
    for route in getattr(asgi, "routes", None) or ():
        inner = getattr(route, "app", None)
        if inner is not None and hasattr(route, "path"):
            found |= {f"{route.path}{path}": blocks for path, blocks in mounted(inner).items()}
    inner = getattr(asgi, "app", None)
    return found or (mounted(inner) if inner is not None and inner is not asgi else {})
