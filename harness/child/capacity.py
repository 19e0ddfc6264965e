"""Whether memory is there for a second copy of an app."""

from __future__ import annotations

import contextlib
from pathlib import Path

__all__ = ["memory_allows"]


def memory_allows(app_pid: int) -> tuple[bool, str]:
    """Return whether a second copy of the process fits in memory, and why, in words.

    A copy is taken to need what the process holds now and a fifth more. Where there is no
    /proc to read, it is taken to fit.
    """
    held = _kilobytes(f"/proc/{app_pid}/status", "VmRSS:")
    free = _kilobytes("/proc/meminfo", "MemAvailable:")
    if held is None or free is None:
        return True, "this system does not tell how much memory is free"
    free = min(free, _container_kilobytes() or free)
    needed = held * 1.2
    words = f"a second copy of the app needs about {_size(needed)}, and {_size(free)} are free"
    return needed < free, words


def _kilobytes(path: str, name: str) -> int | None:
    with contextlib.suppress(OSError):
        for line in Path(path).read_text().splitlines():
            if line.startswith(name):
                return int(line.split()[1])
    return None


def _container_kilobytes() -> int | None:
    """Return what this container may still take; None outside of one, or without a limit."""
    with contextlib.suppress(OSError, ValueError):
        limit = int(Path("/sys/fs/cgroup/memory.max").read_text())
        return (limit - int(Path("/sys/fs/cgroup/memory.current").read_text())) // 1024
    return None


def _size(kilobytes: float) -> str:
    return (
        f"{kilobytes / 1024:.0f} MB" if kilobytes < 1 << 20 else f"{kilobytes / (1 << 20):.1f} GB"
    )
