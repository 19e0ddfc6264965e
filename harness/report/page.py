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
from datetime import UTC, datetime
from functools import lru_cache
from importlib.resources import files

import jinja2

from ..finding import Finding, Repeats, Severity
from ..run import EventRow, Run, Screenshot, StreamRow
from ..snippet import FOLDER, Snippet
from . import charts, curves, timeline
from .axis import axis_over
from .forest import change, forest, forest_axis, forest_scale
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
EVENT_ROWS = 80
OTHER_ROWS = 80
HISTOGRAMS = 12
STREAMS = 6
CURVES = 9

STEPS = ("page", "route", "queue", "preprocess", "function", "postprocess", "rendering")
GROUPS = {"error": "Errors", "warning": "Warnings", "info": "Notes", "known": "Known"}
# Not calendar's, which speak the language of the machine.
MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"
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
    facts = _facts(run) | {"alone": alone}
    frame = template.render(**facts, groups=())
    pictures = sum(len(_png(shot)) for shot in run.screenshots)
    room = max(LEAST_FOR_CARDS, PAGE_BYTES - (len(frame.encode()) - pictures))
    return template.render(**facts, groups=_groups(run, facts, room))


def _facts(run: Run) -> dict[str, object]:
    """Return what the template shows besides the cards."""
    return {
        "run": run,
        "policy": _policy(),
        "style": Html(_asset("page.css")),
        "script": Html(_asset("page.js")),
        **_verdict(run),
        **_coverage(run),
        **_events(run),
        **_changes(run),
        **_streams(run.streams),
        **_latency(run),
        **_regression(run),
        "reached": run.coverage[:OTHER_ROWS],
        "more_reached": max(0, len(run.coverage) - OTHER_ROWS),
        "effects": run.effects[:OTHER_ROWS],
        "more_effects": max(0, len(run.effects) - OTHER_ROWS),
        "again": _again(run),
    }


def _verdict(run: Run) -> dict[str, object]:
    # The reason has a banner of its own.
    verdict = run.verdict if run.complete else run.verdict.replace(f" ({run.ended})", "", 1)
    lead, _, scope = verdict.rpartition("; ")
    word, tone = _status(run)
    findings = [*run.new, *run.known]
    return {
        "lead": lead,
        "scope": scope[:1].upper() + scope[1:],
        "status": word,
        "tone": tone,
        "findings": findings,
        "chips": [(s, sum(f.severity == s for f in run.new)) for s in Severity],
        "known_count": len(run.known),
        "suite_names": sorted({f.suite for f in findings}),
    }


def _changes(run: Run) -> dict[str, object]:
    """Return what is other than in the baseline and in the runs before this one."""
    past, last = run.history[:-1], run.history[-1:]
    counts = [(len(row.new), "new") for row in last] + [(len(row.mended), "mended") for row in last]
    told = [f"{number} {word}" for number, word in counts if number]
    since = f"Since the last run, {_moment(past[-1].started)}: " if past else ""
    return {
        "mended": run.mended,
        "history": run.history,
        "moments": [_moment(row.started) for row in run.history],
        "new_ids": {name for row in last for name in row.new},
        "gone": [entry for row in last for entry in row.mended],
        "since": since + (", ".join(told) or "nothing new, nothing mended"),
        "differing": [name for name, version in run.versions.items() if _differs(run, name)],
        "finders": _finders(run),
    }


def _differs(run: Run, name: str) -> bool:
    """Whether the runs that the run was merged from had different versions of *name*."""
    return len({source.versions.get(name, "") for source in run.sources}) > 1


def _finders(run: Run) -> dict[str, tuple[str, ...]]:
    """Return which runs found a finding, where others drove its event and did not."""
    found: dict[str, tuple[str, ...]] = {}
    for finding in run.findings:
        seen = [source.name for source in run.sources if finding.id in source.findings]
        drove = [s for s in run.sources if not finding.event or {*finding.events} & {*s.events}]
        if seen and len(drove) > len(seen):
            found[finding.id] = tuple(seen)
    return found


def _streams(rows: Sequence[StreamRow]) -> dict[str, object]:
    return {"streams": rows[:STREAMS], "more_streams": max(0, len(rows) - STREAMS)}


def _coverage(run: Run) -> dict[str, object]:
    events = run.events
    return {
        "driven": [event for event in events if event.cases],
        "total": (total := _total(events)),
        "beside": _beside(run, total.cases),
        "calls": sum(suite.cases for suite in run.suites),
        "queued": sum(suite.queued_cases for suite in run.suites),
        "tests": sum(suite.tests for suite in run.suites),
        "failed_tests": sum(suite.failed for suite in run.suites),
        "skipped": run.skipped[:OTHER_ROWS],
        "skipped_count": len(run.skipped),
    }


def _events(run: Run) -> dict[str, object]:
    findings, events = run.findings, run.events
    return {
        "events": events[:EVENT_ROWS],
        "event_count": len(events),
        "worst_of": {label: f for f in reversed(findings) for label in f.events},
        "found_of": Counter(label for f in findings for label in f.events),
    }


def _status(run: Run) -> tuple[str, str]:
    """Return the run's outcome in a word or two, and the tone in which it is set."""
    if not run.complete:
        return ("Cut short" if run.ended else "Not finished"), "cut"
    if run.failing or any(suite.failed for suite in run.suites):
        return "Failed", "error"
    if not any(event.cases for event in run.events):
        return "Nothing driven", "none"
    if any(finding.severity is Severity.WARNING for finding in run.new):
        return "Passed, with warnings", "warning"
    return "Passed", "ok"


def _total(events: Sequence[EventRow]) -> EventRow:
    """Return one row for all events together."""
    cases, answered, refused, failed = (
        sum(getattr(event, name) for event in events)
        for name in ("cases", "answered", "refused", "failed")
    )
    return EventRow("", "", cases=cases, answered=answered, refused=refused, failed=failed)


def _beside(run: Run, counted_cases: int) -> list[str]:
    """Return in words the calls of the run that are not counted by how they ended."""
    of = {suite.name: suite.cases for suite in run.suites}
    timed, opening = of.get("latency", 0), of.get("ui", 0)
    forged = sum(of.values()) - counted_cases - timed - opening
    kinds = (("timed", timed), ("made by pages as they open", opening), ("forged", forged))
    return [f"{thousands(number)} {kind}" for kind, number in kinds if number > 0]


def _latency(run: Run) -> dict[str, object]:
    rows = run.latency[:OTHER_ROWS]
    axis = axis_over(value for row in rows for value in (*row.samples, row.p50, row.maximum))
    slowest = sorted((row for row in rows if row.samples), key=lambda row: -row.p50)[:HISTOGRAMS]
    return {
        "latency": rows,
        "axis": axis,
        "pictured": [row for row in rows if row in slowest],
        "sliced": any(row.slices for row in slowest),
        "sizes": (grown := [row for row in run.sizes if row.exponent is not None])[:CURVES],
        "more_sizes": max(0, len(grown) - CURVES),
        "level": [row for row in run.sizes if row.exponent is None][:OTHER_ROWS],
        "crowds": run.crowds[:CURVES],
        "more_crowds": max(0, len(run.crowds) - CURVES),
    }


def _regression(run: Run) -> dict[str, object]:
    ratios = run.ratios[:OTHER_ROWS]
    return {
        "ratios": ratios,
        "ratio_axis": forest_axis(ratios),
        "changes": sorted(run.changes, key=lambda row: not row.breaks)[:OTHER_ROWS],
        "more_changes": max(0, len(run.changes) - OTHER_ROWS),
        "sides": run.sides[:OTHER_ROWS],
        "former": run.former[:OTHER_ROWS],
        "latency_of": {row.event: row for row in run.latency},
    }


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
    numbers = {event.label: n for n, event in enumerate(run.events[:EVENT_ROWS], 1)}
    for after, finding in zip(reversed(range(len(findings))), findings, strict=True):
        known = finding.known is not None and not finding.known.over
        key = "known" if known else str(finding.severity)
        counts[key] += 1
        for brief in (False, True):
            shown_files = [] if brief else previews(finding)
            number = numbers.get(finding.event)
            card = _card(run, facts, finding, shown_files, number, brief)
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
    event_number: int | None,
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
            event_number=event_number,
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
        "moment": _moment,
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


def _moment(started: str) -> str:
    """Return an ISO time as ``21 Nov 2025, 02:36 UTC``; anything else as it is."""
    try:
        moment = datetime.fromisoformat(started)
    except ValueError:
        return started
    moment = moment.astimezone(UTC) if moment.tzinfo else moment
    month = MONTHS.split()[moment.month - 1]
    return f"{moment.day} {month} {moment.year}, {moment:%H:%M} UTC"


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
