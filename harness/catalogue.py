"""Every check there is, in the order of the suites, and the catalogue made from them."""

from __future__ import annotations

from .checks import Check
from .checks.advisories import CHECKS as ADVISORIES
from .checks.agreement import CHECKS as AGREEMENT
from .checks.carriage import CHECKS as CARRIAGE
from .checks.cost import CHECKS as COST
from .checks.departure import CHECKS as DEPARTURE
from .checks.disclosure import CHECKS as DISCLOSURE
from .checks.exposed import CHECKS as EXPOSED
from .checks.fetching import CHECKS as FETCHING
from .checks.files import CHECKS as FILES
from .checks.forged import CHECKS as FORGED
from .checks.growth import CHECKS as GROWTH
from .checks.hints import CHECKS as HINTS
from .checks.identity import CHECKS as IDENTITY
from .checks.latency import CHECKS as LATENCY
from .checks.mixing import CHECKS as MIXING
from .checks.order import CHECKS as ORDER
from .checks.outcome import CHECKS as OUTCOME
from .checks.outputs import CHECKS as OUTPUTS
from .checks.page import CHECKS as PAGE
from .checks.painting import CHECKS as PAINTING
from .checks.process import CHECKS as PROCESS
from .checks.regression import CHECKS as REGRESSION
from .checks.sessions import CHECKS as SESSIONS
from .checks.shape import CHECKS as SHAPE
from .checks.streaming import CHECKS as STREAMING
from .checks.structure import CHECKS as STRUCTURE
from .checks.trespass import CHECKS as TRESPASS
from .checks.warned import CHECKS as WARNED

__all__ = ["CHECKS", "by_item", "markdown"]

_API = (*PROCESS, *OUTCOME, *OUTPUTS, *FILES, *STRUCTURE, *WARNED, *AGREEMENT, *HINTS, *FORGED)
_STREAMS = (*STREAMING, *MIXING, *DEPARTURE, *PAINTING)
_PATHS = (*TRESPASS, *FETCHING, *CARRIAGE, *EXPOSED)
_SESSIONS = (*SESSIONS, *ORDER, *GROWTH, *COST)
CHECKS: tuple[Check, ...] = tuple(
    check
    for suite in (
        *("api", "streaming", "sessions", "files", "auth", "ui", "latency", "regression"),
        "advisories",
    )
    for check in (
        *(*_API, *_STREAMS, *_SESSIONS, *_PATHS, *IDENTITY, *DISCLOSURE, *PAGE, *LATENCY, *SHAPE),
        *(*REGRESSION, *ADVISORIES),
    )
    if check.suite == suite
)

HEAD = """# The checks

Made from the checks' own docstrings by `make docs`; change it there. Errors fail a run,
warnings do so with `--app-fail-on warning`.
"""


def by_item() -> dict[tuple[str, str], Check]:
    """Return every check by its suite and by the name of the test that asks for it."""
    return {(check.suite, check.item): check for check in CHECKS}


def markdown() -> str:
    """Return docs/checks.md."""
    rows = "\n".join(
        f"| [`{check.name}`](#{check.name.replace('.', '')}) | {check.severity} | {_first(check)} |"
        for check in CHECKS
    )
    entries = "\n\n".join(
        f"## `{check.name}`\n\nAt its gravest: {check.severity}.\n\n{_body(check)}"
        for check in CHECKS
    )
    return (
        f"{HEAD}\n| check | at its gravest | what it says |\n|---|---|---|\n{rows}\n\n{entries}\n"
    )


def _first(check: Check) -> str:
    return " ".join(check.doc.partition("\n\n")[0].split())


def _body(check: Check) -> str:
    text = check.doc
    for word in ("Why:", "Mend:", "Silence:"):
        text = text.replace(f"\n\n{word}", f"\n\n**{word}**")
    return text


if __name__ == "__main__":
    print(markdown(), end="")
