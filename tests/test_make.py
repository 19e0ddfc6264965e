"""What make does on a machine that lacks something, and when it calls a run a success."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gradio_harness.browsers import BrowserChoice
from gradio_harness.errors import BrowserMissing

ROOT = Path(__file__).resolve().parent.parent
FOUND = BrowserChoice("Chromium", "/usr/bin/chromium")


def loaded(name: str) -> Any:
    """Return a script of .ci as a module."""
    spec = importlib.util.spec_from_file_location(f"ci_{name}", ROOT / ".ci" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# -- the environment -------------------------------------------------------------------


@pytest.fixture
def maker(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The script that makes environments; it runs nothing and keeps what it would run."""
    module = loaded("environment")
    module.ran = []
    module.failing = ()

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[bytes]:
        module.ran.append(" ".join(command))
        failed = any(word in command for word in module.failing)
        return subprocess.CompletedProcess(command, int(failed), b"why it failed\n")

    monkeypatch.setattr(module.subprocess, "run", run)
    monkeypatch.setattr(module.shutil, "which", lambda _: None)
    monkeypatch.setattr(module.shutil, "rmtree", lambda *_, **__: None)
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    return module


def test_uv_makes_the_environment_where_it_is(maker: Any, monkeypatch: Any) -> None:
    """And compiles what it installs, which uv leaves out of its own accord."""
    monkeypatch.setattr(maker.shutil, "which", lambda _: "/bin/uv")

    maker.main("env", ["--editable", "."])

    made, installed = maker.ran
    assert made.startswith("/bin/uv venv ")
    assert "--compile-bytecode" in installed
    assert installed.endswith("--editable .")


def test_venv_and_pip_make_it_without_uv(maker: Any) -> None:
    """With bytecode, whatever the environment says: imports take half as long."""
    maker.main("env", ["--group", "dev"])

    assert [f"{sys.executable} -m venv --clear env"] == maker.ran[:1]
    assert maker.ran[-1].endswith("install --quiet --group dev")
    assert "PYTHONDONTWRITEBYTECODE" not in os.environ


def test_a_python_without_venv_is_helped(maker: Any) -> None:
    """pip fetches virtualenv into the new folder and nowhere else."""
    maker.failing = ("venv",)

    maker.main("env", ["pytest"])

    assert f"install --quiet --target {os.path.join('env', 'virtualenv')}" in maker.ran[1]
    assert maker.ran[2].endswith("-m virtualenv --quiet env")


def test_a_python_with_neither_is_told_what_to_install(maker: Any) -> None:
    """In one message that names the package."""
    maker.failing = ("venv", "pip")

    with pytest.raises(SystemExit, match="apt-get install python3-venv"):
        maker.main("env", ["pytest"])


def test_a_python_that_is_too_old_is_named(maker: Any, monkeypatch: Any) -> None:
    """With what to type instead."""
    monkeypatch.setattr(maker.sys, "version_info", (3, 9, 2))

    with pytest.raises(SystemExit, match=r"this is 3\.9.*make PYTHON=python3\.12"):
        maker.main("env", ["pytest"])


def test_an_install_that_fails_shows_why(maker: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """What pip printed is shown then, and only then."""
    maker.failing = ("--group",)

    with pytest.raises(SystemExit, match="environment: failed: "):
        maker.main("env", ["--group", "dev"])

    assert "why it failed" in capsys.readouterr().out


# -- the browser -----------------------------------------------------------------------


@pytest.fixture
def seeker(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The script that sees to a browser, on a machine that has none, and apt-get."""
    module = loaded("browser")
    module.tried = []
    module.helps = ""

    def attempt(command: tuple[str, ...], limit_seconds: float) -> None:
        assert 0 < limit_seconds <= 600
        module.tried.append(" ".join(command))

    def find() -> BrowserChoice:
        if module.helps and any(module.helps in command for command in module.tried):
            return FOUND
        raise BrowserMissing("none")

    monkeypatch.setattr(module, "attempt", attempt)
    monkeypatch.setattr(module, "find", find)
    monkeypatch.setattr(module, "rights", lambda: ())
    monkeypatch.setattr(module.shutil, "which", lambda name: name if name == "apt-get" else None)
    monkeypatch.setattr(BrowserChoice, "version", lambda _: "156")
    return module


@pytest.mark.parametrize(
    ("helps", "tries"),
    [("playwright install chromium", 1), ("apt-get install", 2)],
    ids=["download", "package"],
)
def test_ways_to_a_browser_are_tried_in_turn(
    seeker: Any, helps: str, tries: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """Playwright's download first, the system's package manager after it."""
    seeker.helps = helps

    seeker.main()

    assert tries == len(seeker.tried)
    assert "browser: Chromium 156 at /usr/bin/chromium" == capsys.readouterr().out.split("\n")[-2]


def test_nothing_is_installed_where_there_is_a_browser(seeker: Any, monkeypatch: Any) -> None:
    """The machine's own is taken."""
    monkeypatch.setattr(seeker, "find", lambda: FOUND)

    seeker.main()

    assert [] == seeker.tried


def test_packages_are_left_alone_without_the_right_to_them(seeker: Any, monkeypatch: Any) -> None:
    """No sudo that asks for a password; the message says what to do oneself."""
    monkeypatch.setattr(seeker, "rights", lambda: None)

    with pytest.raises(SystemExit, match="Install Chrome or Chromium yourself"):
        seeker.main()

    assert 1 == len(seeker.tried)


# -- the demonstration -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("ending", "finding", "expected"),
    [
        (1, "api.unhandled-exception", 0),
        (0, "api.unhandled-exception", 1),
        (4, "api.unhandled-exception", 1),
        (1, "ui.render", 1),
    ],
    ids=["found", "green", "unusable", "another"],
)
def test_the_demonstration_succeeds_only_with_its_finding(
    ending: int, finding: str, expected: int, tmp_path: Path
) -> None:
    """pytest's 1 is what is wanted, if it comes from the planted fault; nothing else will do."""
    python = tmp_path / "bin" / "python"
    python.parent.mkdir()
    python.write_text(
        "#!/bin/sh\nmkdir -p reports/demo\n"
        f"""echo '{{"check": "{finding}"}}' > reports/demo/results.json\nexit {ending}\n"""
    )
    python.chmod(0o755)

    done = subprocess.run([ROOT / ".ci" / "demo", "bin", "app.py"], cwd=tmp_path)

    assert expected == done.returncode


def test_every_target_of_make_is_listed() -> None:
    """`make` alone says what there is."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = next(line for line in makefile.splitlines() if line.startswith(".PHONY:"))

    environment = {k: v for k, v in os.environ.items() if not k.startswith("MAKE")}
    listed = subprocess.run(
        ["make", "-s"], cwd=ROOT, capture_output=True, text=True, env=environment
    ).stdout

    assert set(phony.split()[1:]) == {line.split()[1] for line in listed.splitlines()}


def test_scripts_of_a_fresh_clone_can_be_run() -> None:
    """The files that are called by name are executable."""
    for name in ("run", "demo", "types"):
        assert os.access(ROOT / ".ci" / name, os.X_OK)
