"""An app held against what it was: twins are three apps, before and after."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradio_harness.against.offered import offered
from gradio_harness.against.regression import Regression
from gradio_harness.app import launch
from gradio_harness.baseline import Baseline
from gradio_harness.finding import Severity
from gradio_harness.outline import Outline
from gradio_harness.target import parse

TWINS = Path(__file__).resolve().parent.parent / "fixtures" / "apps" / "twins"


def outline_of(name: str) -> Outline:
    """Return what callers of a twin rely on."""
    with launch(parse(f"{name}.py", TWINS), folder=TWINS, timeout_seconds=60) as app:
        return offered(app)


@pytest.fixture(scope="module")
def before() -> Outline:
    """Return what callers relied on, as a file keeps it."""
    return Outline.from_dict(outline_of("regression.contract/before").as_dict())


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "defect",
            [
                "endpoint gone: /greet",
                "narrower range: days, 1 to 10 → 1 to 5",
                "choices gone: style, long",
            ],
        ),
        ("mended", []),
    ],
)
def test_a_contract_that_breaks_callers_is_told(
    before: Outline, name: str, expected: list[str]
) -> None:
    """Each break is an error; what only adds is a row, and no finding."""
    target = parse(f"regression.contract/{name}.py", TWINS)
    with launch(target, folder=TWINS, timeout_seconds=60) as app:
        part = Regression(app, baseline=Baseline(contract=before)).contract("baseline")

    assert [(title, Severity.ERROR) for title in expected] == [
        (finding.title, finding.severity) for finding in part.findings
    ]
    assert any(not row.breaks for row in part.changes)
    assert len(expected) == len({finding.id for finding in part.findings})
