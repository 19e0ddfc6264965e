"""Which checks count, for which events: what ``--app-select`` and ``--app-ignore`` name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fnmatch import fnmatchcase

from .catalogue import CHECKS
from .checks import Check
from .checks.latency import parse_budgets
from .contract import Contract
from .errors import OptionError, choices
from .finding import Finding, Severity
from .options import Options

__all__ = ["fails", "known_checks", "known_events", "marked", "silenced", "tested"]


def silenced(options: Options, check: str, event: str) -> bool:
    """Whether the user's select and ignore leave *check* out for *event*."""
    if any(_fits(pattern, check, event) for pattern, _ in options.ignored):
        return True
    return bool(options.selected) and not any(_fits(p, check, event) for p in options.selected)


def fails(options: Options, finding: Finding) -> bool:
    """Whether *finding* fails a test: not silenced, grave enough, and no part of the baseline."""
    grave = finding.severity.rank <= Severity(options.fail_on).rank
    if not grave or options.update_baseline or silenced(options, finding.check, finding.event):
        return False
    known = marked(options, finding).known
    return known is None or known.over


def marked(options: Options, finding: Finding) -> Finding:
    """Return *finding* with what the baseline says of it."""
    if options.known is None:
        return finding
    return replace(finding, known=options.known.knows(finding, options.today))


def tested(options: Options, check: Check) -> bool:
    """Whether *check* can count for any event at all."""
    patterns = [p for p, _ in options.ignored if "@" not in p]
    if any(_fits(p, check.name, "") for p in patterns):
        return False
    chosen = [p.partition("@")[0] for p in options.selected]
    return not chosen or any(_fits(p, check.name, "") for p in chosen)


def known_checks(options: Options) -> None:
    """Raise OptionError for a pattern that names no check, or a budget that cannot be read."""
    for option, pattern in _patterns(options):
        name = pattern.partition("@")[0]
        if not any(_fits(name, check.name, "") for check in CHECKS):
            names = [check.name for check in CHECKS]
            raise OptionError(f"{option} {pattern}: no check {name!r}. {choices(name, names)}")
    for text in options.budgets:
        parse_budgets(text)


def known_events(options: Options, contract: Contract) -> None:
    """Raise OptionError for a pattern or a budget that names no event of *contract*."""
    labels = [event.label for event in contract.events]
    # What a gr.render makes has its labels only once a visitor is there.
    open_ended = any(event.renders for event in contract.events)
    known = [*labels, *(f"page /{page}" for page in contract.pages)]
    for option, pattern in _patterns(options):
        name, at, where = pattern.partition("@")
        if name.startswith("regression"):
            continue  # what is gone has its label in the older app only
        if at and not open_ended and not any(_named(where, label) for label in known):
            raise OptionError(f"{option} {pattern}: no event {where!r}. {choices(where, known)}")
    for text in options.budgets:
        event = parse_budgets(text)[0].event
        if event and event.removeprefix("/") not in labels:
            raise OptionError(f"app_latency {text!r}: no event {event!r}. {choices(event, labels)}")


def _patterns(options: Options) -> Iterator[tuple[str, str]]:
    """Yield every pattern and the option it belongs to."""
    yield from (("--app-select", pattern) for pattern in options.selected)
    for pattern, reason in options.ignored:
        yield ("--app-ignore" if reason == "--app-ignore" else "app_ignore"), pattern


def _fits(pattern: str, check: str, event: str) -> bool:
    name, at, where = pattern.partition("@")
    if not (_named(name, check) or check.startswith(f"{name}.")):
        return False
    return not at or _named(where, event)


def _named(pattern: str, name: str) -> bool:
    return pattern == name or fnmatchcase(name, pattern)
