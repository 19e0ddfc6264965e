"""The end of a process whose interpreter is held: no Python code can end it any more.

    watchdog = Watchdog(file, limit_seconds=80)
    watchdog.arm()     # while the app's code runs in this process
    watchdog.disarm()

A thread winds a timer of the C library up again and again; once Python runs no thread for
*limit_seconds*, the timer runs down, notes where every thread stands and ends the process.
"""

from __future__ import annotations

import faulthandler
import threading
from typing import TextIO

__all__ = ["Watchdog"]

BEAT_SECONDS = 1.0


class Watchdog:
    """Ends this process, with a note in *file*, when no thread runs for *limit_seconds*."""

    def __init__(self, file: TextIO, *, limit_seconds: float) -> None:
        self.file = file
        self.limit_seconds = limit_seconds
        self._armed = False
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._thread = threading.Thread(
            target=self._beat, name="gradio-harness-watchdog", daemon=True
        )

    def arm(self) -> None:
        """Watch from now on."""
        if not self._thread.ident:
            self._thread.start()  # not before: a process with one thread is copied more safely
        with self._lock:
            self._armed = True
            self._wind()

    def disarm(self) -> None:
        """Watch no longer, until armed again."""
        with self._lock:
            self._armed = False
            faulthandler.cancel_dump_traceback_later()

    def close(self) -> None:
        """End the thread, and the watch with it."""
        self.disarm()
        self._closed.set()
        if self._thread.ident:
            self._thread.join()
        self.file.close()

    def _wind(self) -> None:
        faulthandler.dump_traceback_later(self.limit_seconds, exit=True, file=self.file)

    def _beat(self) -> None:
        while not self._closed.wait(BEAT_SECONDS):
            with self._lock:
                if self._armed:
                    self._wind()
