"""The author's function behind an event, as the contract holds it."""

from __future__ import annotations

import dis
import functools
import inspect
import re
import types
import typing
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["function_details"]


def function_details(
    block_fn: Any, roots: Sequence[str], default_limit: int | None = 1
) -> dict[str, Any]:
    """Return what the contract's `Function` holds of a Gradio `BlockFunction`.

    *default_limit* is how many calls run at once where the author does not say.
    """
    fn = getattr(block_fn, "fn", None)
    target = inspect.unwrap(fn) if callable(fn) else None
    maker = getattr(target, "__self__", None)
    if maker is not None and type(maker).__name__ == "Renderable":
        target = inspect.unwrap(maker.fn)  # what the author's gr.render fills a box with
    called = target
    while isinstance(target, functools.partial):
        target = target.func
    call = vars(type(target)).get("__call__")  # an instance that is called
    code = getattr(target, "__code__", None) or getattr(call, "__code__", None)
    module = getattr(target, "__module__", "") or type(target).__module__
    hints = _hints(target)
    limit = getattr(block_fn, "concurrency_limit", "default")
    return {
        "name": getattr(target, "__name__", type(target).__name__) if target else "",
        "module": module,
        "file": code.co_filename if code else "",
        "line": code.co_firstlineno if code else 0,
        "parameters": _filled(block_fn, _parameters(called, hints)),
        "hints": hints,
        "concurrency_limit": default_limit if limit == "default" else limit,
        "concurrency_id": str(getattr(block_fn, "concurrency_id", "")),
        "limited": isinstance(limit, int),
        "validator": bool(getattr(block_fn, "validator", None)),
        "keyed": bool(getattr(block_fn, "inputs_as_dict", False)),
        "builtin": module.split(".")[0] in ("gradio", "gradio_client"),
        "unread": _unread(code),
        "coroutine": any(
            inspect.iscoroutinefunction(one) or inspect.isasyncgenfunction(one)
            for one in (target, call)
        ),
    }


def _unread(code: types.CodeType | None) -> tuple[str, ...]:
    """Return the parameters that no instruction of the function names."""
    if code is None:
        return ()
    named: set[Any] = set(code.co_cellvars)
    for instruction in dis.get_instructions(code):
        argument = instruction.argval
        named |= set(argument) if isinstance(argument, tuple) else {argument}
    return tuple(name for name in code.co_varnames[: code.co_argcount] if name not in named)


def _filled(block_fn: Any, parameters: tuple[str, ...]) -> tuple[str, ...]:
    """Return the parameter that each input fills, in the order of the event's inputs."""
    if getattr(block_fn, "inputs_as_dict", False):
        return ()
    named = tuple(getattr(block_fn, "input_keyword_names", None) or ())  # inputs_kwargs={...}
    free = [name for name in parameters if name not in named]
    return (*free[: len(block_fn.inputs) - len(named)], *named) if named else parameters


#: What Gradio itself passes, told by the hint, wherever it stands among the parameters.
PASSED = re.compile(
    r"\bgradio\.events\.\w+|\bfastapi\.[\w.]*Request\b|\b(gr|gradio)\.([\w]+\.)*"
    r"(Request|Header|Progress|OAuthProfile|OAuthToken|(Event|Select|Like|KeyUp|Edit)Data)\b"
)


def _parameters(target: Any, hints: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names of the parameters that the event's inputs fill, in their order."""
    try:
        parameters = inspect.signature(target).parameters.values() if target else ()
    except (TypeError, ValueError):
        return ()
    return tuple(
        p.name
        for p in parameters
        if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
        and not PASSED.search(hints.get(p.name, ""))
        and type(p.default).__name__ != "Progress"
    )


def _hints(target: Any) -> dict[str, str]:
    if not inspect.isroutine(target):
        return {}
    try:
        raw = typing.get_type_hints(target)
    except Exception:  # forward references that only exist for type checkers
        written = getattr(target, "__annotations__", {})
        raw = {name: hint for name, hint in written.items() if isinstance(hint, type | str)}
    return {
        name: f"{hint.__module__}.{hint.__qualname__}" if isinstance(hint, type) else str(hint)
        for name, hint in raw.items()
    }
