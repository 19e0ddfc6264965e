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
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import jinja2

from ..finding import Finding, Repeats
from ..rows import Screenshot
from ..run import Run
from ..snippet import FOLDER, Snippet
from . import charts, curves, timeline
from .contents import Limits, contents
from .forest import change, forest, forest_scale
from .previews import Preview, previews
from .strip import strip
from .text import (
    Html,
    counted,
    cut,
    cut_middle,
    duration,
    interval,
    listed,
    moment,
    script,
    shown,
    thousands,
    visible,
)
from .waterfall import slices, waterfall

__all__ = ["render"]

# The page stays below 400 kB without pictures; what is left out is in results.json.
PAGE_BYTES = 385_000
LEAST_FOR_CARDS = 150_000
BRIEF_CARD_BYTES = 1_600

STEPS = ("page", "route", "queue", "preprocess", "function", "postprocess", "rendering")
GROUPS = {"error": "Errors", "warning": "Warnings", "info": "Notes", "known": "Known"}
EFFECTS = {"write": "wrote", "connect": "connected to", "start": "started"}


@dataclass(frozen=True, slots=True)
class Group:
    """The cards of one severity, or of what is known, and how many have no room for a card."""

    key: str
    heading: str
    count: int
    cards: tuple[Html, ...]
    left_out: int


def render(run: Run, *, alone: bool = False) -> str:
    """Return the page as HTML. Findings get the room that everything else leaves, gravest first.

    *alone* is a page beside which there is neither results.json nor a folder of replays.
    """
    template = _environment().get_template("page.html.jinja")
    fixed = {
        "alone": alone,
        "policy": _policy(),
        "style": Html(_asset("page.css")),
        "script": Html(_asset("page.js")),
        "again": _again(run),
    }
    limits, size = Limits(), PAGE_BYTES
    while size > PAGE_BYTES - LEAST_FOR_CARDS and limits != limits.fewer:
        facts = fixed | contents(run, limits)
        frame = template.render(**facts, groups=())
        size = len(frame.encode()) - sum(len(_png(shot)) for shot in run.screenshots)
        limits = limits.fewer
    return template.render(**facts, groups=_groups(run, facts, PAGE_BYTES - size))


def _again(run: Run) -> str:
    """Return the command that runs the same again, with the same inputs."""
    command = run.command or f"pytest --app {_quoted(run.target)}"
    return command if "--app-seed" in command else f"{command} --app-seed {run.seed}"


def _quoted(word: str) -> str:
    """Return *word* for a shell, in double quotes where those read better."""
    if "'" in word and not re.search(r'["$`!\\]', word):
        return f'"{word}"'
    return shlex.quote(word)


# --- findings ------------------------------------------------------------------------------


def _groups(run: Run, facts: Mapping[str, object], room: int) -> list[Group]:
    """Return the findings' cards by severity, as long as they fit into *room* bytes.

    A card that would leave too little for those after it goes without traceback and
    script; when even that does not fit, the finding is only counted.
    """
    findings = [*run.new, *run.known]
    cards: dict[str, list[Html]] = {key: [] for key in GROUPS}
    counts: Counter[str] = Counter()
    for after, finding in zip(reversed(range(len(findings))), findings, strict=True):
        known = finding.known is not None and not finding.known.over
        key = "known" if known else str(finding.severity)
        counts[key] += 1
        for brief in (False, True):
            shown_files = [] if brief else previews(finding)
            card = _card(run, facts, finding, shown_files, brief)
            size = len(card.encode()) - sum(len(one.data) for one in shown_files)
            if size <= room - (0 if brief else after * BRIEF_CARD_BYTES):
                cards[key].append(card)
                room -= size
                break
    return [
        Group(key, heading, counts[key], tuple(cards[key]), counts[key] - len(cards[key]))
        for key, heading in GROUPS.items()
        if counts[key]
    ]


def _card(
    run: Run,
    facts: Mapping[str, object],
    finding: Finding,
    files: Sequence[Preview],
    brief: bool,
) -> Html:
    events = finding.events if finding.event else ()
    where = [f"{finding.check}@{label}" for label in events] or [finding.check]
    template = _environment().get_template("finding.html.jinja")
    return Html(
        template.render(
            **facts,
            f=finding,
            brief=brief,
            files=files,
            folder=f"{FOLDER}/{finding.id}" if Snippet(finding.reproduce).calls else "",
            steps=STEPS,
            replay=f"pytest --app {_quoted(run.target)} --app-replay {finding.id}",
            silence=" ".join(f"--app-ignore {_quoted(one)}" for one in where),
        )
    )


def _traceback(text: str, location: str) -> Html:
    """Return a traceback with the author's own lines and the last line set off."""
    own_file = re.match(r"(.+?):\d+", location)
    ends = (f'/{own_file[1]}"', f'"{own_file[1]}"') if own_file else ()
    lines = cut_middle(text.rstrip(), 8_000).split("\n")
    result, own = [], False
    for number, line in enumerate(lines, 1):
        if line.lstrip().startswith('File "'):
            own = any(end in line for end in ends)
        elif not line.startswith("    "):
            own = False
        kind = "last" if number == len(lines) else "own" if own else ""
        result.append(f'<span class="{kind}">{shown(line)}</span>' if kind else shown(line))
    return Html("\n".join(result))


def _history(repeats: Repeats) -> Html:
    """Return the outcomes in order as letters: F for failed, a dot for passed."""
    letters = "".join(letter for letter in repeats.history if letter in "F.")[:60]
    spans = re.sub("F+", lambda match: f"<b>{match[0]}</b>", letters)
    return Html(
        f'<span class="history" role="img" aria-label="in order, F for failed: {letters}">'
        f"{spans}</span>"
        if letters
        else ""
    )


# --- the page's machinery ------------------------------------------------------------------


@lru_cache(maxsize=1)
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        autoescape=True,
        loader=jinja2.FunctionLoader(_asset),
        lstrip_blocks=True,
        trim_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= {
        "counted": counted,
        "cut": cut,
        "crowd": curves.crowd,
        "duration": duration,
        "forest": forest,
        "growth": curves.growth,
        "history": _history,
        "histogram": charts.histogram,
        "in_words": charts.in_words,
        "interval": interval,
        "listed": listed,
        "moment": moment,
        "outcomes": charts.outcomes,
        "p99": charts.p99,
        "png": _png,
        "script": script,
        "shown": shown,
        "slices": slices,
        "spread": charts.spread,
        "stream_lines": timeline.lines,
        "stream_story": timeline.story,
        "strip": strip,
        "timeline": timeline.timeline,
        "thousands": thousands,
        "traceback": _traceback,
        "visible": visible,
        "waterfall": waterfall,
    }
    environment.globals |= {
        "crowd_lines": curves.crowd_lines,
        "crowd_story": curves.crowd_story,
        "change": change,
        "effect_words": EFFECTS,
        "forest_scale": forest_scale,
        "growth_lines": curves.growth_lines,
        "growth_story": curves.growth_story,
        "scale": charts.scale,
    }
    return environment


def _png(shot: Screenshot) -> str:
    """Return the picture as a data URL, or nothing if it is not a PNG in base64."""
    sound = shot.png.startswith("iVBORw0KGgo") and re.fullmatch(r"[A-Za-z0-9+/]+=*", shot.png)
    return f"data:image/png;base64,{shot.png}" if sound else ""


def _policy() -> str:
    """Return the content policy: no network, only this style and this script."""
    style, script = (_hash(_asset(name)) for name in ("page.css", "page.js"))
    return (
        f"default-src 'none'; img-src data:; media-src data:; style-src '{style}'; "
        f"script-src '{script}'; base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


@lru_cache(maxsize=8)
def _asset(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
