"""index.html: the run as one page that opens from disk and asks nothing of the network.

The page carries its style and its script inside and names their hashes in its content
policy, so whatever an app manages to put into a label can neither run nor load anything;
Jinja2 escapes all of it besides. The script only adds comfort (copy, filter, Escape).
"""

from __future__ import annotations

import base64
import hashlib
import re
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from importlib.resources import files

import jinja2

from ..finding import Finding, Repeats, Severity
from ..run import EventRow, LatencyRow, Run, Screenshot
from . import charts
from .text import Html, counted, cut, cut_middle, duration, listed, shown, thousands, visible

__all__ = ["render"]

# The page stays below 400 kB without pictures; what is left out is in results.json.
PAGE_BYTES = 385_000
BRIEF_CARD_BYTES = 1_600
EVENT_ROWS = 80
OTHER_ROWS = 80
HISTOGRAMS = 12

STEPS = ("page", "route", "queue", "preprocess", "function", "postprocess", "rendering")
GROUPS = {Severity.ERROR: "Errors", Severity.WARNING: "Warnings", Severity.INFO: "Notes"}
EFFECTS = {"write": "wrote", "connect": "connected to", "start": "started"}


@dataclass(frozen=True, slots=True)
class Group:
    """The cards of one severity, in order, and how many findings have no card for want of room."""

    severity: Severity
    heading: str
    count: int
    cards: tuple[Html, ...]
    left_out: int


def render(run: Run) -> str:
    """Return the page as HTML. Findings get the room that everything else leaves, gravest first."""
    template = _environment().get_template("page.html.jinja")
    facts = _facts(run)
    frame = template.render(**facts, groups=())
    pictures = sum(len(shot.png) for shot in run.screenshots)
    room = PAGE_BYTES - (len(frame.encode()) - pictures)
    return template.render(**facts, groups=_groups(run, facts["findings"], room))


def _facts(run: Run) -> dict[str, object]:
    """Return what the template shows besides the cards."""


def _asset(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
