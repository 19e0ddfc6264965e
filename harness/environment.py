"""The variables and the folder for temporary files that Gradio runs with while it is ours."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator

__all__ = ["CANARY", "gradio_environment", "use_temp_folder"]

#: What a variable holds that no app has any use for: who is shown it is shown the environment.
CANARY = "gradio-harness-canary-5b1e7c"

#: Held off while the harness runs: analytics leave the machine, and the per-event
#: analytics frame costs the app time that is not its own.
ENVIRONMENT = {
    "GRADIO_ANALYTICS_ENABLED": "False",
    "HF_HUB_DISABLE_TELEMETRY": "True",  # Gradio sets it itself then, for good
    "GRADIO_ANALYTICS_CACHE_FREQUENCY": "1000000",
    "GRADIO_HARNESS_CANARY": CANARY,
}


@contextlib.contextmanager
def gradio_environment() -> Iterator[None]:
    """Give Gradio a temp folder of ours and hold its analytics off, until the end."""
    ours = dict(ENVIRONMENT)
    temp = None
    if "GRADIO_TEMP_DIR" not in os.environ:
        temp = tempfile.mkdtemp(
            prefix="gradio-harness-", dir=os.environ.get("GRADIO_HARNESS_FOLDER")
        )
        ours["GRADIO_TEMP_DIR"] = temp
        ours.setdefault("GRADIO_EXAMPLES_CACHE", os.path.join(temp, "cached_examples"))
    before = {key: os.environ.get(key) for key in ours}
    os.environ.update(ours)
    try:
        yield
    finally:
        for key, value in before.items():
            if value is None:
                os.environ.pop(key, None)
            else:
                os.environ[key] = value
        if temp is not None:
            shutil.rmtree(temp, ignore_errors=True)


def use_temp_folder() -> None:
    """Have the temp folder used where Gradio looked it up when it was imported."""
    for name in ("gradio.routes", "gradio.route_utils", "gradio.mcp"):
        module = sys.modules.get(name)
        if hasattr(module, "DEFAULT_TEMP_DIR"):
            module.DEFAULT_TEMP_DIR = os.environ["GRADIO_TEMP_DIR"]  # type: ignore[union-attr]
