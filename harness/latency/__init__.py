"""How long an event takes: in all and in parts, and what that depends on.

    rows = measure(opened(wire, contract, event), event, where=app.where)

Only the calls that are measured run meanwhile. Who compares two apps measures them in turns
in one run: numbers of different runs say more about the machine than about the app.
"""

from __future__ import annotations

from .look import Look
from .measure import measure, opened, summary
from .neighbours import QUICK_SECONDS, SLOW_SECONDS
from .shapes import SECONDS, SHAPES, snippet
from .waterfall import slices

__all__ = [
    "QUICK_SECONDS",
    "SECONDS",
    "SHAPES",
    "SLOW_SECONDS",
    "Look",
    "measure",
    "opened",
    "slices",
    "snippet",
    "summary",
]
