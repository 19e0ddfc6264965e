"""Lines to paste for what is found by holding an app against what it was.

replay_against("app.py", "plan", against="git:main", values={2: "long"}, check="regression.output")
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..app import App, Credentials, start_here
from ..baseline import read
from ..options import Options
from ..plan import plan
from ..redact import of_running
from .reference import Reference, started
from .regression import Regression
from .sides import Asked

__all__ = ["replay_against"]


def replay_against(
    target: str,
    event: str = "",
    *,
    check: str,
    against: str = "",
    baseline: str = "",
    values: Mapping[int, Any] | None = None,
    example: int | None = None,
    folder: str = "",
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
) -> None:
    """Start *target* and what it is held against, and print what *check* finds of *event*.

    *against* is as for `--app-against`, *baseline* as for `--app-baseline`. *values* are what a
    visitor sets, by the place among the event's inputs, *example* is the row that one clicks.
    SystemExit is raised where it is still found.
    """
    here, credentials = Path.cwd(), os.environ.get("GRADIO_HARNESS_AUTH", "")
    file = Path(baseline) if baseline else None
    options = Options(
        target=target,
        suites=(),
        folder=here,
        report=here,
        include=tuple(include),
        app_folder=folder,
        against=against,
        baseline=file,
        known=read(file) if file else None,
    )

    def beside(reference: Reference, alike: bool) -> App:
        logins = Credentials.listed(credentials)
        return started(reference, credentials=logins, app_folder=folder)

    with start_here(target, app_folder=folder) as app:
        chosen = plan(app.contract, include=include, exclude=exclude)
        regression = Regression(app, chosen, options, start=beside)
        try:
            found = regression.again(event, Asked("as then", values or {}, example), check)
        finally:
            regression.close()
        hide = of_running(app).hide
    for finding in found:
        print(hide(f"{finding.title}  {finding.location}\n{finding.detail}"))
    if found:
        sys.exit(hide("; ".join(finding.title for finding in found)))
