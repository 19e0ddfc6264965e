"""What the documents say is so: their examples run, their tables are whole."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from sessions import environment
from test_layers import LAYERS

from gradio_harness import catalogue

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
EXAMPLE = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)


def examples(text: str, language: str) -> list[str]:
    """Return the fenced blocks in *language*."""
    return [code for spoken, code in EXAMPLE.findall(text) if spoken == language]


@pytest.mark.browser
@pytest.mark.slow
def test_the_examples_of_the_fixtures_run(pytester: pytest.Pytester) -> None:
    """Each example of docs/fixtures.md passes as it stands, against the app shown there."""
    text = (DOCS / "fixtures.md").read_text(encoding="utf-8")
    app, *tests = examples(text, "python")
    pytester.path.joinpath("app.py").write_text(app, encoding="utf-8")
    for number, test in enumerate(tests):
        pytester.path.joinpath(f"test_{number}.py").write_text(test, encoding="utf-8")
    (ini,) = examples(text, "toml")
    pytester.path.joinpath("pyproject.toml").write_text(ini, encoding="utf-8")

    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", timeout=180)

    result.assert_outcomes(passed=sum(test.count("def test_") for test in tests))


def test_every_fixture_has_an_example() -> None:
    """A fixture that is offered to users is shown in docs/fixtures.md."""
    headings = re.findall(r"^## `(\w+)`", (DOCS / "fixtures.md").read_text(encoding="utf-8"), re.M)

    expected = {"gradio_app", "gradio_events", "gradio_wire", "gradio_api", "page"}
    assert expected == set(headings)


def test_the_catalogue_is_what_the_checks_say() -> None:
    """docs/checks.md is made from the checks as they are: `make docs`."""
    written = (DOCS / "checks.md").read_text(encoding="utf-8")

    assert catalogue.markdown() == written


def test_the_table_of_options_is_whole() -> None:
    """docs/options.md is made from the options as they are: `make docs`."""
    made = subprocess.run(
        [sys.executable, DOCS / "make_options.py"], capture_output=True, encoding="utf-8"
    )

    assert (DOCS / "options.md").read_text(encoding="utf-8") == made.stdout


def test_every_option_is_in_the_table(pytestconfig: pytest.Config) -> None:
    """Whatever pytest itself knows of the plugin's options and keys is in docs/options.md."""
    written = (DOCS / "options.md").read_text(encoding="utf-8")
    parser = pytestconfig._parser
    options = {name for option in parser._anonymous.options for name in option.names()}
    for group in parser._groups:
        options |= {name for option in group.options for name in option.names()}
    ours = {name for name in options if name.startswith("--app")}
    keys = {key for key in parser._inidict if key == "app" or key.startswith("app_")}

    assert ours
    assert keys
    assert set() == {name for name in ours if f"`{name}" not in written}
    assert set() == {key for key in keys if f"`{key}`" not in written}


def test_the_layers_are_those_that_hold() -> None:
    """ARCHITECTURE.md has them in the order in which test_layers.py holds them."""
    (block,) = re.findall(
        r"## Layers\n.*?```\n(.*?)```", (ROOT / "ARCHITECTURE.md").read_text(), re.S
    )
    shown = [name for line in block.splitlines() for name in line.partition("   ")[0].split()]

    assert list(dict.fromkeys(layer.partition(".")[0] for layer in LAYERS)) == shown


def documents() -> list[Path]:
    return [*ROOT.glob("*.md"), *DOCS.glob("*.md"), ROOT / "fixtures" / "README.md"]


@pytest.mark.parametrize("document", documents(), ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    """Every relative link of a document names a file or a heading that is there."""
    text = EXAMPLE.sub("", document.read_text(encoding="utf-8"))
    lost = [link for link in re.findall(r"\]\(([^)\s]+)\)", text) if not leads(link, document)]

    assert [] == lost


def leads(link: str, document: Path) -> bool:
    if link.startswith(("http://", "https://")):
        return True
    name, _, heading = link.partition("#")
    file = document.parent / name if name else document
    if not file.exists():
        return False
    return not heading or heading in {anchor(line) for line in file.read_text().splitlines()}


def anchor(line: str) -> str:
    """Return how a heading is linked to, as GitHub does it."""
    words = line.lstrip("#").strip().lower()
    return re.sub(r"[^\w\- ]", "", words).replace(" ", "-") if line.startswith("#") else ""


@pytest.mark.browser
@pytest.mark.slow
def test_the_readme_shows_a_real_run(tmp_path: Path) -> None:
    """Every line of the README's output is printed by the command above it, numbers aside."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (shown,) = examples(text, "console")
    command, *lines = shown.splitlines()
    assert command.startswith("$ pytest --app app.py ")
    source = (ROOT / "fixtures" / "apps" / "demo.py").read_text(encoding="utf-8")
    (tmp_path / "app.py").write_text(source, encoding="utf-8")

    done = subprocess.run(
        [sys.executable, "-m", *command.removeprefix("$ ").split()],
        cwd=tmp_path,
        env=environment(tmp_path, COLUMNS="80"),
        capture_output=True,
        encoding="utf-8",
        timeout=240,
    )

    printed = {bare(line) for line in done.stdout.splitlines()}
    # Which part of an expression is underlined differs between patch versions of Python.
    told = [line for line in lines if line.strip(" ~^")]
    # What a machine is too slow for is skipped, and how much that is differs as well.
    told = [line for line in told if not line.startswith("not tested: ")]
    assert [] == [line for line in told if bare(line) not in printed]


def bare(line: str) -> str:
    """Return *line* without what differs from run to run and from machine to machine."""
    line = re.sub(r'File ".*[/\\]', 'File "', line.strip("=- "))
    line = re.sub(r"(?<=\.py )[.s]*(F?)[.s]*\s*", r"\1 ", line)
    line = re.sub(r", \d+ skipped| \(\d:\d\d:\d\d\)", "", line)
    return re.sub(r"[\d.]+", "0", line).strip()
