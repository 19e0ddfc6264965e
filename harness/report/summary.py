"""summary.md: the run on the page of a CI job, in GitHub's flavour of Markdown.

Whatever comes from the app is shown as text: Markdown's own characters are escaped, HTML's
written as entities, several lines fenced by more backticks than they hold.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Sequence

from ..finding import Finding
from ..rows import HistoryRow, LatencyRow, Skipped, SuiteRow
from ..run import Run
from .charts import p99
from .forest import change
from .text import counted, cut, cut_middle, duration, script, thousands, visible

__all__ = ["render"]

# GitHub shows nothing at all of a step's summary above 1 MiB; other CIs take 64 kB.
LIMIT_BYTES = 60_000
MARKS = {"error": "🛑", "warning": "⚠️", "info": "ℹ️"}
_MARKDOWN = re.compile(r"[\\`*_\[\]()#!~:$^]|(?<=\bwww)\.", re.IGNORECASE)
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "&#124;"}


def render(run: Run) -> str:
    """Return the summary, shorter than 60,000 bytes; findings that do not fit are counted."""
    findings = [*run.new, *run.known]
    head = _head(run)
    tail = "".join(
        (
            _regression(run),
            _skipped(run.skipped),
            _latency(run.latency),
            _suites(run.suites),
            _again(run),
        )
    )
    room = LIMIT_BYTES - len((head + tail).encode()) - 200
    blocks = []
    for finding in findings:
        block = _finding(finding)
        room -= len(block.encode())
        if room < 0:
            break
        blocks.append(block)
    if left_out := len(findings) - len(blocks):
        blocks.append(
            f"**{counted(left_out, 'more finding')} left out here** to keep this page small; "
            "all are in index.html and results.json.\n\n"
        )
    return head + "".join(blocks) + tail


def _head(run: Run) -> str:
    name = _text(run.title or run.target, 120)
    lines = [f"## gradio-harness: {name}", f"**{_text(run.verdict, 600)}**"]
    if run.skipped:
        lines.append(f"**{len(run.skipped)} not tested**, with the reasons below the findings.")
    lines += _changes(run.history)
    if not run.complete:
        lines.append(
            "> [!CAUTION]\n> **The run was cut short.** Where this page says nothing of an event, "
            "that event may be broken all the same."
        )
    return "\n\n".join(lines) + "\n\n"


def _changes(history: Sequence[HistoryRow]) -> Iterator[str]:
    """Yield what is other than in the runs before the last one."""
    if len(history) < 2:
        return
    last = history[-1]
    counts = ((len(last.new), "new"), (len(last.mended), "not found any more"))
    told = ", ".join(f"{number} {word}" for number, word in counts if number)
    yield f"Since the last run: {told or 'nothing new, nothing mended'}."
    for one in last.mended[:8]:
        at = f" at {_code(one['event'], 80)}" if one["event"] else ""
        yield f"- {_text(one['title'], 160)} ({_code(one['check'], 80)}{at}) is not found any more"


def _regression(run: Run) -> str:
    """Return what changed against a baseline or another app."""
    changes = [
        (
            _text(row.event, 80),
            _text(f"{row.kind} {row.name}", 80),
            _text(row.before, 60),
            _text(row.after, 60),
            "**breaks**" if row.breaks else "goes on",
        )
        for row in sorted(run.changes, key=lambda row: not row.breaks)[:20]
    ]
    ratios = [
        (
            _text(row.event, 80),
            duration(row.before),
            duration(row.after),
            change(row.ratio),
            f"{change(row.low)} to {change(row.high)}",
            _text(row.verdict, 30),
        )
        for row in run.ratios[:20]
    ]
    blocks = (
        (changes, ("Event", "What changed", "Before", "After", "Who calls as before")),
        (ratios, ("Event", "Before", "After", "Change", "99 %", "Verdict")),
    )
    tables = "".join(_table(head, rows) for rows, head in blocks if rows)
    more = _more(max(len(run.changes), len(run.ratios)) - 20)
    return f"### Regression\n\n{tables}{more}" if tables else ""


def _finding(finding: Finding) -> str:
    """Return one finding, folded but for its first line."""
    # Markdown is not read inside an HTML block, so this line is escaped as HTML alone.
    at = f" at <code>{_html(finding.event, 120)}</code>" if finding.event else ""
    known = finding.known is not None and not finding.known.over
    word = "known" if known else str(finding.severity)
    first = (
        f"{'☑️' if known else MARKS[finding.severity]} <b>{word}</b> "
        f"<code>{_html(finding.check, 80)}</code>{at}: {_html(finding.title, 240)}"
    )
    rows = [
        ("Also at", ", ".join(_code(label, 120) for label in finding.also[:8])),
        ("Failed in", _text(finding.step, 80)),
        ("Location", _code(finding.location, 200)),
        ("Exception", _code(finding.raised, 120)),
        ("Repeats", str(finding.repeats or "")),
        ("Known", _known(finding)),
    ]
    facts = " · ".join(f"{name}: {value}" for name, value in rows if value)
    parts = [
        _text(finding.detail, 600),
        facts,
        _fenced("Smallest input", finding.input, 800),
        _fenced("The app’s own traceback", finding.traceback, 2_500),
        _fenced("Reproduce", script(finding.reproduce, 2_500), 2_500, language="sh"),
    ]
    body = "\n\n".join(part for part in parts if part)
    return f"<details><summary>{first}</summary>\n\n{body}\n\n</details>\n\n"


def _known(finding: Finding) -> str:
    if finding.known is None:
        return ""
    until = f"until {finding.known.expires}" if finding.known.expires else "for good"
    over = ", which is over" if finding.known.over else ""
    return _text(f"{until}{over}: {finding.known.reason or 'no reason given'}", 300)


def _skipped(items: Sequence[Skipped]) -> str:
    if not items:
        return ""
    lines = [f"- **{_text(item.what, 100)}**: {_text(item.why, 200)}" for item in items[:12]]
    if len(items) > 12:
        lines.append(f"- … and {len(items) - 12} more")
    return f"### Not tested: {len(items)}\n\n" + "\n".join(lines) + "\n\n"


def _latency(rows: Sequence[LatencyRow]) -> str:
    if not rows:
        return ""
    lines = [
        (
            _text(row.event, 80),
            thousands(row.count),
            *(duration(value) for value in (row.p50, row.p95, p99(row), row.maximum)),
        )
        for row in rows[:20]
    ]
    table = _table(("Event", "Calls", "p50", "p95", "p99", "Max"), lines)
    return f"### Latency\n\n{table}" + _more(len(rows) - 20)


def _suites(rows: Sequence[SuiteRow]) -> str:
    if not rows:
        return ""
    lines = [
        (
            _text(row.name, 60),
            *(thousands(n) for n in (row.passed, row.failed, row.skipped, row.cases)),
            duration(row.seconds),
        )
        for row in rows[:20]
    ]
    table = _table(("Suite", "Passed", "Failed", "Skipped", "Calls", "Time"), lines)
    return f"### Suites\n\n{table}" + _more(len(rows) - 20)


def _again(run: Run) -> str:
    versions = ", ".join(
        f"{_text(k, 40)} {_text(v, 60)}" for k, v in sorted(run.versions.items())[:12]
    )
    return f"Seed {run.seed}. {versions}\n"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    ruler = ["---", *["---:"] * (len(head) - 1)]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in (head, ruler, *rows)) + "\n"


def _more(number: int) -> str:
    return f"… and {number} more\n\n" if number > 0 else ""


def _text(text: str, limit: int) -> str:
    """Return *text* on one line with nothing in it that Markdown or HTML would act upon."""
    escaped = _MARKDOWN.sub(lambda match: f"\\{match[0]}", _line(text, limit))
    return "".join(_ENTITIES.get(character, character) for character in escaped)


def _html(text: str, limit: int) -> str:
    return html.escape(_line(text, limit))


def _line(text: str, limit: int) -> str:
    return cut(" ".join(visible(text).split()), limit)


def _code(text: str, limit: int) -> str:
    """Return *text* in a fixed-width face; a backtick span could not hold ``|`` in a table."""
    return f"<code>{_text(text, limit)}</code>" if text else ""


def _fenced(heading: str, text: str, limit: int, *, language: str = "") -> str:
    """Return *text* under *heading* as a block that no line of it can end."""
    if not text:
        return ""
    body = cut_middle(visible(text).rstrip("\n"), limit)
    fence = "`" * max(3, 1 + max((len(ticks) for ticks in re.findall("`+", body)), default=0))
    return f"{heading}:\n\n{fence}{language}\n{body}\n{fence}"
