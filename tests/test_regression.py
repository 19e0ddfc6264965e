"""A contract held against a baseline, and rounds of two apps: the rest is in test_against.py."""

from __future__ import annotations

import datetime as dt
import random
from pathlib import Path

import pytest

from gradio_harness.against.answers import Answer, settled
from gradio_harness.against.clocks import far_zone, names_now
from gradio_harness.against.offered import offered
from gradio_harness.against.reference import Reference
from gradio_harness.against.regression import Regression
from gradio_harness.against.requirements import needed
from gradio_harness.against.rounds import LOOKS, judged
from gradio_harness.app import App, launch
from gradio_harness.baseline import Baseline
from gradio_harness.finding import Severity
from gradio_harness.options import Options
from gradio_harness.outline import Outline
from gradio_harness.plan import plan
from gradio_harness.target import parse

TWINS = Path(__file__).resolve().parent.parent / "fixtures" / "apps" / "twins"


def not_started(reference: Reference, alike: bool) -> App:
    raise AssertionError("a contract is read, nothing is started")


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
        options = Options("", (), TWINS, TWINS, known=Baseline(contract=before))
        regression = Regression(app, plan(app.contract), options, start=not_started)
        part = regression.contract("baseline")

    assert [(title, Severity.ERROR) for title in expected] == [
        (finding.title, finding.severity) for finding in part.findings
    ]
    assert any(not row.breaks for row in part.changes)
    assert len(expected) == len({finding.id for finding in part.findings})


def rounds(
    ratio: float, *, noise: float, number: int, base: float = 0.02
) -> tuple[list[float], ...]:
    """Return the samples of two apps of which one takes *ratio* times as long, give or take."""
    lot = random.Random(number)
    older = [base * lot.lognormvariate(0, noise) for _ in range(96)]
    return older, [base * ratio * lot.lognormvariate(0, noise) for _ in range(96)]


@pytest.mark.parametrize(
    ("ratio", "noise", "base", "expected"),
    [
        (1.0, 0.02, 0.02, "same"),
        (1.2, 0.05, 0.02, "slower"),
        (1.5, 0.2, 0.02, "slower"),
        (0.8, 0.05, 0.02, "faster"),
        (1.12, 0.5, 0.02, "inconclusive"),
        (1.5, 0.05, 0.0002, "same"),
    ],
)
def test_a_verdict_is_given_where_it_is_sure(
    ratio: float, noise: float, base: float, expected: str
) -> None:
    """Within noise nothing is said; what no visitor notices is the same."""
    assert {expected} == {
        judged(*rounds(ratio, noise=noise, number=n, base=base)).word for n in range(5)
    }


def test_the_same_is_hardly_ever_slower() -> None:
    """Three hundred times noise of a fifth, looked at as often as a run does."""
    told = [
        judged(older[:look], newer[:look]).word
        for older, newer in (rounds(1.0, noise=0.2, number=n) for n in range(300))
        for look in LOOKS[:4]
    ]

    assert 0 == told.count("slower")


def test_a_few_rounds_say_nothing() -> None:
    """Nor do none."""
    assert ["inconclusive"] * 2 == [judged([1.0] * n, [2.0] * n).word for n in (0, 5)]


@pytest.mark.parametrize(
    ("name", "before", "after", "expected"),
    [
        ("pyproject.toml", '[project]\nversion = "1"', '[project]\nversion = "2"', True),
        (
            "pyproject.toml",
            "[project]\ndependencies = []",
            '[project]\ndependencies = ["a"]',
            False,
        ),
        ("requirements.txt", "a==1  # why\n\nb", "# first\na==1\nb\n", True),
        ("requirements.txt", "a==1", "a==2", False),
        ("requirements.txt", "-r base.txt", "-r base.txt\n# more", True),
    ],
)
def test_only_what_an_app_needs_makes_another_environment(
    tmp_path: Path, name: str, before: str, after: str, expected: bool
) -> None:
    """A new version of the app, or a comment, asks for no other packages."""
    files = [tmp_path / folder / name for folder in ("one", "two")]
    for file, text in zip(files, (before, after), strict=True):
        file.parent.mkdir()
        file.write_text(text, "utf-8")

    assert expected == (needed(files[:1]) == needed(files[1:]))


def test_what_a_requirements_file_names_counts_too(tmp_path: Path) -> None:
    """The packages of a file that it includes, also where two of them name each other."""
    (tmp_path / "requirements.txt").write_text("-r base.txt\na", "utf-8")
    (tmp_path / "base.txt").write_text("-r requirements.txt\nb==1", "utf-8")

    assert {"a", "b==1"} == {*needed([tmp_path / "requirements.txt"])}


@pytest.mark.parametrize(
    ("older", "newer", "same"),
    [
        ("[0.1234567891, 2]", "[0.1234567893, 2]", True),
        ("[0.1234, 2]", "[0.1235, 2]", False),
        ("[0.5, 2]", "[0.5, 3]", False),
        ("Gradio 1.10.3", "Gradio 1.10.4", False),
        ("1763761234.5", "1763761234.6", False),
        ("3.0", "3.0, 4.0", False),
    ],
)
def test_last_digits_of_a_number_are_no_other_answer(older: str, newer: str, same: bool) -> None:
    """One in a million is rounding; a price, a version or a clock is not."""
    one, two = Answer((older,)), Answer((newer,))

    assert same == (settled(one, two) == one)


@pytest.mark.parametrize(
    ("form", "expected"),
    [("on %d %B", True), ("%A", True), ("at %H:%M", True), ("%Y%m%d", True), ("seventeen", False)],
)
def test_what_names_this_moment_is_not_kept(form: str, expected: bool) -> None:
    """The day, the month, the minute, however they are written."""
    assert expected == names_now(f"made {dt.datetime.now().strftime(form)}, really")


def test_another_day_is_somewhere() -> None:
    """Whenever one looks."""
    hours = int(far_zone().removeprefix("FAR"))
    there = dt.datetime.now(dt.timezone(dt.timedelta(hours=-hours)))

    assert dt.date.today() != there.date()
