"""The workflows under docs/ci: they parse, and their own commands do what they are there for.

What only the CI service can do (checking out, uploading) and what downloads is not run.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
CI = ROOT / "docs" / "ci"
BAD = ROOT / "fixtures" / "apps" / "twins" / "api.unhandled-exception" / "defect.py"
GOOD = ROOT / "fixtures" / "apps" / "twins" / "api.unhandled-exception" / "mended.py"

GITHUB: dict[str, Any] = yaml.safe_load((CI / "github.yml").read_text(encoding="utf-8"))
GITLAB: dict[str, Any] = yaml.safe_load((CI / "gitlab.yml").read_text(encoding="utf-8"))
STEPS: list[dict[str, Any]] = GITHUB["jobs"]["harness"]["steps"]
JOB: dict[str, Any] = GITLAB["gradio"]


def step(name: str) -> dict[str, Any]:
    (found,) = [step for step in STEPS if step.get("name") == name]
    return found


def shell(command: str, folder: Path, **variables: object) -> subprocess.CompletedProcess[str]:
    """Run *command* as a CI runner does: in a shell that stops at errors, our Python first."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**os.environ, "PATH": path, **{k: str(v) for k, v in variables.items()}}
    return subprocess.run(
        ["bash", "-eo", "pipefail", "-c", command],
        cwd=folder,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        timeout=240,
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository with an app in it that has a defect."""
    (tmp_path / "app.py").write_text(BAD.read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "requirements.txt").write_text("gradio\n", encoding="utf-8")
    return tmp_path


def quick(command: str) -> str:
    """Return *command* with the quick profile, and without what only takes time here."""
    assert "--app-profile standard" in command
    return command.replace("standard", "quick --app-suites api,ui")


@pytest.mark.browser
@pytest.mark.slow
def test_github_fails_on_a_finding_and_shows_it(project: Path) -> None:
    """The test step ends with 1 and names the line, the summary step fills the job's page."""
    summary = project / "step-summary.md"
    summary.write_text("# Before\n", encoding="utf-8")
    app = GITHUB["env"]["APP"]

    there = {"GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": project}
    tested = shell(quick(step("Test")["run"]), project, APP=app, **there)
    told = shell(step("Summary")["run"], project, GITHUB_STEP_SUMMARY=summary)

    assert 1 == tested.returncode, tested.stdout + tested.stderr
    assert 0 == told.returncode, told.stderr
    assert "\n::error file=app.py,line=7,title=api.unhandled-exception at greet::" in tested.stdout
    written = summary.read_text(encoding="utf-8")
    assert written.startswith("# Before\n")
    assert "IndexError" in written
    assert (project / step("Report")["with"]["path"] / "index.html").is_file()
    assert 1 == len(list((project / step("History")["with"]["path"]).iterdir()))


@pytest.mark.browser
@pytest.mark.slow
def test_gitlab_fails_on_a_finding_and_keeps_the_report(project: Path) -> None:
    """The script ends with 1, and everything that is kept as an artefact is there."""
    variables = {"APP": JOB["variables"]["APP"]}

    tested = shell("\n".join(map(quick, JOB["script"])), project, **variables)
    told = shell("\n".join(JOB["after_script"]), project)

    assert 1 == tested.returncode, tested.stdout + tested.stderr
    assert "IndexError" in told.stdout
    xml = ElementTree.parse(project / JOB["artifacts"]["reports"]["junit"])
    (failed,) = [case for case in xml.iter("testcase") if case.find("failure") is not None]
    told_of = {one.get("name"): one.get("value") for one in failed.iter("property")}
    assert ("api.unhandled-exception", "error", "greet", "app.py:7 in greet") == tuple(
        told_of[name] for name in ("check", "severity", "event", "location")
    )
    for path in JOB["artifacts"]["paths"]:
        assert (project / path / "index.html").is_file()


@pytest.mark.slow
def test_a_mended_app_is_green(project: Path) -> None:
    """The same step ends with 0 where nothing is found."""
    (project / "app.py").write_text(GOOD.read_text(encoding="utf-8"), encoding="utf-8")

    command = quick(step("Test")["run"]).replace("api,ui", "api")
    tested = shell(command, project, APP="app.py")

    assert 0 == tested.returncode, tested.stdout + tested.stderr


@pytest.mark.parametrize(
    "command",
    [step("Summary")["run"], *JOB["after_script"]],
    ids=["github", "gitlab"],
)
def test_a_summary_that_was_never_written_is_no_error(command: str, tmp_path: Path) -> None:
    """A run that ended before its report does not fail a second time for that."""
    assert 0 == shell(command, tmp_path, GITHUB_STEP_SUMMARY=tmp_path / "step").returncode


@pytest.mark.browser
def test_github_finds_the_browser_that_is_there(tmp_path: Path) -> None:
    """Where there is a browser, none is downloaded."""
    found = shell(step("Find a browser")["run"], tmp_path)

    assert 0 == found.returncode, found.stderr
    assert Path(found.stdout.strip()).is_file()


def test_reports_are_kept_when_the_tests_fail() -> None:
    """A failed run is the one whose report is wanted."""
    assert "always()" == step("Summary")["if"]
    assert "always()" == step("Report")["if"]
    assert "always" == JOB["artifacts"]["when"]


def test_both_cache_what_pip_fetches() -> None:
    """The second run fetches nothing that the first one had."""
    (python,) = [step for step in STEPS if "setup-python" in step.get("uses", "")]

    assert "pip" == python["with"]["cache"]
    folder = JOB["variables"]["PIP_CACHE_DIR"].removeprefix("$CI_PROJECT_DIR/")
    assert folder in [path for cache in JOB["cache"] for path in cache["paths"]]
