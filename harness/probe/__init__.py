"""What really happens inside the app's process, attributed to the call that caused it.

The probe wraps Gradio's queue and `Blocks` while an app runs, so that it sees the true
exception (the wire hides it), each step's time, each yield of a generator, and, by
`sys.addaudithook`, files written, connections opened and programs started. What it sees
is kept by event id; a call that bypasses the queue is kept by its session hash.
"""

from __future__ import annotations

from .frames import frames_of, is_own, standing, traceback_of
from .functions import function_details
from .needs import needs_of
from .probe import Probe

__all__ = [
    "Probe",
    "frames_of",
    "function_details",
    "is_own",
    "needs_of",
    "standing",
    "traceback_of",
]
