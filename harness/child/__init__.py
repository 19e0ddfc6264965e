"""The app in a process of its own: for measuring, and for going on after a crash or a hang.

    with child(parse("app.py", folder), folder=folder) as app:
        app.contract, app.evidence(...)  # as of an app in this process

The child serves through `launch` and talks with its parent over one private socket, a line of
JSON at a time: what it serves, then evidence by request, until the parent closes it. It is the
leader of a process group, which is killed whole; it ends by itself when its parent has died.

Starting it costs an import of Gradio, unless a `Zygote` was started: a copy of this process from
just after that import, which forks each child off in a fraction of the time.
"""

from __future__ import annotations

from .capacity import memory_allows
from .parent import child
from .zygote import Zygote

__all__ = ["Zygote", "child", "memory_allows"]
