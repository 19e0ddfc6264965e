"""The whole command with all suites, as a user runs it, on each Gradio that we support."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sessions import APPS, TWINS, project, run

pytestmark = [pytest.mark.slow, pytest.mark.browser]


@pytest.mark.parametrize(
    ("app", "code", "findings"),
    [
        (APPS / "tabs.py", 0, []),
        (
            TWINS / "api.unhandled-exception" / "defect.py",
            1,
            [("api.unhandled-exception", "greet")],
        ),
    ],
    ids=["healthy", "defect"],
)
def test_all_suites_say_the_same_on_every_gradio(
    tmp_path: Path, app: Path, code: int, findings: list[Any]
) -> None:
    """The defect and nothing else; a picture, latencies, and no event without a word."""
    folder = project(tmp_path / "own", app)

    # What is published about an older Gradio is not the app's.
    quick = ("--app-profile", "quick", "--app-calls", "16", "--app-ignore", "advisories.*")
    session = run(folder, "--app", "app.py", *quick)

    report = session.report
    told = {row["what"] for row in report["skipped"]}
    assert (code, findings, True, 1, True, []) == (
        session.code,
        session.findings,
        report["complete"],
        len(report["screenshots"]),
        bool(report["latency"]),
        [e["label"] for e in report["endpoints"] if not e["cases"] and e["label"] not in told],
    ), session.out
    assert {"api", "latency", "ui"} <= {s["name"] for s in report["suites"] if s["tests"]}
