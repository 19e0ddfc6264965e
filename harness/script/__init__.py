"""The author's script, run as its author runs it and parked where it would serve.

The module runs as ``__main__`` (and under its own name) on a thread of its own, with
`Blocks.launch`, `mount_gradio_app` and `uvicorn.run` replaced: what they are given is
recorded, the app is served on loopback with the author's own arguments, and the thread
waits there until `Script.close`. So ``with`` blocks around ``launch()`` stay open, pickling
finds ``__main__``, and everything after ``launch()`` runs at the end, as it does for the author.
"""

from __future__ import annotations

from .folder import working_folder
from .loopback import Served
from .script import Script

__all__ = ["Script", "Served", "working_folder"]
