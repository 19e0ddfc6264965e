"""What is installed: built, put into a new environment, and used outside this checkout."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest
from sessions import SUITES, TWINS, Session, command, environment, project

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "gradio_harness"

BRIEF = ("--app", "app.py", "--app-profile", "quick", "--app-calls", "8", "--app-suites", "api")
FOUND = f"{SUITES}/api.py::unhandled_exception[greet]"

#: A user's repository: a folder of the same name as ours, a conftest, tests of its own.
REPOSITORY = {
    "harness/__init__.py": "raise ImportError('this is the user\\'s own')\n",
    "suites/__init__.py": "raise ImportError('this is the user\\'s own')\n",
    "conftest.py": "import pytest\n\n@pytest.fixture\ndef mine():\n    return 'mine'\n",
    "tests/test_own.py": """
        def test_passes(mine):
            assert mine == "mine"

        def test_fails(gradio_events):
            assert gradio_events["greet"]("Ada") == "Goodbye, Ada!"
    """,
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and the source distribution, built from a copy of the checkout."""
    for name in ("build", "setuptools"):
        if importlib.util.find_spec(name) is None:
            pytest.skip(f"{name} is not installed")
    source = tmp_path_factory.mktemp("source")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    out = tmp_path_factory.mktemp("dist")
    done = subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(source)],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return out


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    """The wheel."""
    (path,) = built.glob("*.whl")
    return path


def names_in(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_the_wheel_has_every_module_and_all_that_a_report_needs(wheel: Path) -> None:
    """Modules, templates, styles, scripts, tables, and the mark that there are types."""
    wanted = {
        f"{PACKAGE}/{path.relative_to(ROOT / 'harness').as_posix()}"
        for path in (ROOT / "harness").rglob("*")
        if path.suffix in (".py", ".jinja", ".css", ".js", ".json") or path.name == "py.typed"
    } | {f"{PACKAGE}/suites/{path.name}" for path in (ROOT / "suites").glob("*.py")}

    packed = {name for name in names_in(wheel) if ".dist-info/" not in name}
    assert wanted == packed


def test_the_wheel_takes_no_name_but_its_own(wheel: Path) -> None:
    """A ``harness``, a ``suites`` or a ``tests`` would get in a user's way."""
    tops = {name.partition("/")[0] for name in names_in(wheel)}

    assert {PACKAGE, "gradio_harness-0.1.0.dist-info"} == tops


def test_the_source_distribution_builds_the_same(built: Path, wheel: Path) -> None:
    """It holds what the wheel is made of."""
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        packed = {name.partition("/")[2] for name in archive.getnames()}

    wanted = {
        name.replace(f"{PACKAGE}/suites/", "suites/").replace(f"{PACKAGE}/", "harness/")
        for name in names_in(wheel)
        if ".dist-info/" not in name
    }
    assert set() == wanted - packed


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a new environment: the wheel, and this one's packages but for our own."""
    folder = tmp_path_factory.mktemp("fresh") / "venv"
    venv.create(folder, with_pip=False, symlinks=os.name != "nt")
    new = folder / "lib" / f"python{sysconfig.get_python_version()}" / "site-packages"
    here = Path(sysconfig.get_paths()["purelib"])
    for path in here.iterdir():  # links, not a .pth: that would bring the editable install too
        if "gradio_harness" not in path.name and path.name != "__pycache__":
            (new / path.name).symlink_to(path)
    with zipfile.ZipFile(wheel) as archive:  # what pip does with a wheel that has no scripts
        archive.extractall(new)
    return folder / "bin" / "python"


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A user's repository, somewhere else."""
    folder = tmp_path_factory.mktemp("elsewhere") / "repository"
    return project(folder, TWINS / "api.unhandled-exception" / "defect.py", REPOSITORY)


def installed(python: Path, folder: Path, *arguments: str) -> Session:
    """Run pytest of the new environment in *folder*."""
    done = subprocess.run(
        [str(python), *command(*arguments)[1:]],
        cwd=folder,
        env=environment(folder),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=180,
    )
    return Session(done.returncode, done.stdout, folder)


@pytest.fixture(scope="module")
def first(python: Path, repository: Path) -> Session:
    """The first session."""
    return installed(python, repository, *BRIEF, "-v")


def test_what_runs_is_what_was_installed(python: Path, repository: Path) -> None:
    """Not this checkout, nor the user's folder of the same name."""
    done = subprocess.run(
        [str(python), "-c", "import gradio_harness; print(gradio_harness.__file__)"],
        cwd=repository,
        capture_output=True,
        text=True,
    )

    assert Path(done.stdout.strip()).is_relative_to(python.parent.parent)


def test_it_finds_what_it_finds_here(first: Session) -> None:
    """By the same node ids, beside the user's own tests and conftest; the report is written."""
    failed = [name for name, how in first.ran.items() if how == "failed"]

    assert (1, ["tests/test_own.py::test_fails", FOUND], "passed", 14) == (
        first.code,
        failed,
        first.ran["tests/test_own.py::test_passes"],
        sum(name.startswith(SUITES) for name in first.ran),
    )
    page = (first.folder / "reports/latest/index.html").read_text("utf-8")
    assert ("<style" in page, "<script" in page) == (True, True)


def test_a_printed_id_runs_again(python: Path, first: Session) -> None:
    """That test and no other."""
    session = installed(python, first.folder, *BRIEF, "-v", FOUND)

    assert (1, {FOUND: "failed"}) == (session.code, session.ran)


def test_last_failed_runs_both(python: Path, first: Session) -> None:
    """The user's failure and the suite's, after a session that had both."""
    installed(python, first.folder, *BRIEF)
    session = installed(python, first.folder, *BRIEF, "-v", "--lf")

    assert (1, {"tests/test_own.py::test_fails": "failed", FOUND: "failed"}) == (
        session.code,
        session.ran,
    )


def test_everything_is_collected_by_the_same_ids(python: Path, first: Session) -> None:
    """``--collect-only`` lists what ran, in that order."""
    session = installed(python, first.folder, *BRIEF, "--collect-only", "-q")

    assert (0, list(first.ran)) == (session.code, session.collected)


def test_workers_find_the_same(python: Path, first: Session) -> None:
    """With xdist, where it is installed."""
    pytest.importorskip("xdist")
    session = installed(python, first.folder, *BRIEF, "-n2")

    assert (1, first.findings) == (session.code, session.findings)


def test_nothing_is_registered_twice(python: Path, repository: Path) -> None:
    """The plugin comes once, through its entry point."""
    done = installed(python, repository, "--trace-config", "--collect-only", "tests")

    registered = [line for line in done.out.splitlines() if "PLUGIN registered: " in line]
    assert (0, 1) == (done.code, sum("'gradio_harness.plugin'" in line for line in registered))
