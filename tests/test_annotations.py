"""Findings as commands to the runner of GitHub Actions."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from gradio_harness.annotations import MOST, commands, roots, wanted
from gradio_harness.finding import Finding, Known, Severity
from gradio_harness.run import Part, Run
from gradio_harness.target import parse

FOUND = Finding(
    "api.hang", "share", Severity.ERROR, "It hung", input="n = 0", location="app.py:3 in share"
)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A checkout with an app in a folder of its own."""
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "app.py").write_text("", "utf-8")
    return tmp_path


def told(repository: Path, *findings: Finding, folder: str = "") -> list[str]:
    """Return the commands for *findings* of ``src/app.py``, typed in *folder*."""
    here = repository / folder
    target = parse(str(repository / "src" / "app.py"), here)
    run = Run("src/app.py", parts=[Part(findings=findings)])
    return list(commands(run, repository, roots(target, here, "")))


@pytest.mark.parametrize("folder", ["", "src"])
def test_a_finding_stands_at_its_line_of_the_repository(folder: str, repository: Path) -> None:
    """Wherever the command was typed: GitHub names files from the checkout on."""
    assert ["::error file=src/app.py,line=3,title=api.hang at share::It hung%0An = 0"] == told(
        repository, FOUND, folder=folder
    )


@pytest.mark.parametrize("location", ["", "no.py:3", "../../etc/passwd:1", "http://x/y.js:4"])
def test_a_finding_without_a_line_is_told_of_the_job(location: str, repository: Path) -> None:
    """A file that is not in the repository would not be shown."""
    found = replace(FOUND, location=location)

    assert ["::error title=api.hang at share::It hung%0An = 0"] == told(repository, found)


def test_severities_are_levels_and_what_is_known_is_left_out(repository: Path) -> None:
    """A note is a notice; what the baseline knows annoys nobody, until its day is over."""
    bare = replace(FOUND, location="")
    kinds = [replace(bare, severity=one, title=one) for one in Severity]
    known = replace(bare, title="known", known=Known())
    over = replace(bare, title="over", known=Known(over=True))

    lines = told(repository, *kinds, known, over)

    assert ["error", "error", "warning", "notice"] == [line.split(" ")[0][2:] for line in lines]


def test_text_of_an_app_is_no_command(repository: Path) -> None:
    """One line a finding: no line break, property or escape of the app's gets through."""
    text = "a%b\r\n::set-output name=x::y,z:\x1b[31m"
    (line,) = told(repository, replace(FOUND, title=text, event=text))

    assert line == (
        "::error file=src/app.py,line=3,title=api.hang at "
        "a%25b\\r%0A%3A%3Aset-output name=x%3A%3Ay%2Cz%3A\\x1b[31m"
        "::a%25b\\r%0A::set-output name=x::y,z:\\x1b[31m%0An = 0"
    )


def test_no_more_than_github_shows(repository: Path) -> None:
    """Ten of each level; the report has them all."""
    many = [replace(FOUND, location=f"app.py:{n} in share") for n in range(1, 30)]

    assert MOST == len(told(repository, *many))


@pytest.mark.parametrize(("value", "expected"), [("true", True), ("", False), ("false", False)])
def test_only_a_runner_gets_them(value: str, expected: bool) -> None:
    """Nobody reads such lines in a terminal."""
    assert expected is wanted({"GITHUB_ACTIONS": value})
    assert not wanted({})
