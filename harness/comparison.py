"""Lines to paste for what is found by comparing answers: the comparison is made once more.

replay_compared("app.py", "quote", ["3"], check="api.client-differs")
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from .app import start_here
from .drivers.wire import Wire
from .exploring.agreement import compared
from .exploring.exploration import PROFILES
from .exploring.explore import Explorer
from .exploring.feeding import fed_again
from .exploring.search import Search
from .plan import plan
from .redact import of_running
from .reproduce import TIMEOUT_SECONDS, case_of, steps_of
from .steps import Step

__all__ = ["replay_compared"]


def replay_compared(
    target: str,
    event: str = "",
    inputs: Sequence[Any] = (),
    *,
    check: str,
    steps: Sequence[tuple[Any, ...]] = (),
    also: Mapping[str, Any] | None = None,
    example: tuple[str, int] | None = None,
    folder: str = "",
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    timeout_seconds: float = TIMEOUT_SECONDS,
) -> None:
    """Start *target*, have *check* compare what it answers, and print what differs.

    ``api.structure`` compares with what the event answers to the first few units of the inputs,
    the others with what it answers to `gradio_client` or to another trigger. Arguments are as for
    `replay`. SystemExit is raised where they still differ.
    """
    with (
        start_here(target, app_folder=folder) as app,
        Wire(app, timeout_seconds=timeout_seconds) as wire,
    ):
        chosen = plan(app.contract, include=include, exclude=exclude)
        explorer = Explorer(app, wire, chosen, budget=PROFILES["deep"], seed=0, folder=folder)
        label = steps[-1][0] if steps else event
        search = explorer.search(app.contract.event(label))
        with search.downloads:
            if check == "api.structure":
                taken = [Step(*step) for step in steps] or _steps(search, inputs, also)
                found = fed_again(search, taken)
            else:
                case = case_of(app.contract, search.event, inputs, also, example)
                found = compared(search, case, check)
        hide = of_running(app).hide
    for finding in found:
        print(hide(f"{finding.title}  {finding.location}\n{finding.detail}"))
    if found:
        sys.exit(hide("; ".join(finding.title for finding in found)))


def _steps(
    search: Search, inputs: Sequence[Any], also: Mapping[str, Any] | None
) -> tuple[Step, ...]:
    """Return what the visitor does, as a walk of one step."""
    case = case_of(search.contract, search.event, inputs, also, None)
    return steps_of(search.contract, search.event, case)
