"""Print docs/options.md, made from the options themselves: `make docs`."""

from __future__ import annotations

from typing import Any

from gradio_harness.options import add

HEAD = """# The options

Made from the options themselves by `make docs`; change them in `harness/options.py`. What is
typed comes before what the ini file says.

Without `--app` the plugin does nothing at all, unless the ini file names a target: then the
`gradio_*` fixtures use it, and the suites still run only with `--app`. With paths or node
ids on the command line only those run; `--app-suites` asks for suites too. How known findings
are kept in a file: [the baseline](baseline.md).

## On the command line

| option | meaning |
|---|---|
"""

INI = """
## In the ini file

In `pytest.ini`, in the `[pytest]` section of another ini file, or in `pyproject.toml` below
`[tool.pytest.ini_options]`. "Lines" means one a line, or a list in TOML.

| key | kind | meaning |
|---|---|---|
"""

TAIL = """
```toml
[tool.pytest.ini_options]
app = "app.py"
app_exclude = ["send_invoice"]
app_ignore = ["api.explicit-raise@convert: shown by our own front end"]
app_latency = ["*: p95 < 2 s", "summarise: p95 < 8 s, first output < 500 ms"]
```

A name that fits no check or event of the app ends the run (exit code 4): a slip of the pen in
`app_exclude` would have the event called.

What failed in one run is tried first in the next: it is kept in pytest's cache.
`-p no:cacheprovider` keeps nothing, and `--app-seed` does not use it.

Logins, tokens of the environment, passwords in addresses and what password boxes hold are `***`
in reports and on the terminal.

## In the environment

| variable | meaning |
|---|---|
| `GRADIO_HARNESS_AUTH` | Logins as `--app-auth` takes them, one a line |
| `GRADIO_HARNESS_TARGET` | The app that a replay folder is run on without `--app` |
| `HF_TOKEN` | Your token at Hugging Face; sent to a Space that is private, and to no other |
| `PLAYWRIGHT_BROWSERS_PATH` | Where Playwright's own browsers are, as Playwright reads it |

## Exit codes

| code | meaning |
|---|---|
| 0 | Nothing that fails the run |
| 1 | A finding, or a test of your own, that does |
| 2 | Interrupted; the report is written |
| 3, 5 | pytest's own: an internal error; no tests collected |
| 4 | The target or an option could not be used: one message says why and what to type |
"""


class Listing:
    """Takes the options as pytest's parser does."""

    def __init__(self) -> None:
        self.options: list[tuple[str, dict[str, Any]]] = []
        self.keys: list[tuple[str, str, str]] = []

    def getgroup(self, *_: object) -> Listing:
        return self

    def addoption(self, name: str, **about: Any) -> None:
        self.options.append((name, about))

    def addini(self, name: str, help: str, type: str = "") -> None:
        self.keys.append((name, {"linelist": "lines", "": "text"}.get(type, type), help))


def markdown() -> str:
    """Return docs/options.md."""
    listing = Listing()
    add(listing)  # type: ignore[arg-type]
    options = "".join(
        f"| `{_shown(name, about)}` | {_cell(about['help'])} |\n" for name, about in listing.options
    )
    keys = "".join(
        f"| `{name}` | {kind} | {_cell(words)} |\n" for name, kind, words in listing.keys
    )
    return f"{HEAD}{options}{INI}{keys}{TAIL}"


def _shown(name: str, about: dict[str, Any]) -> str:
    value = about.get("metavar") or r"\|".join(about.get("choices", ()))
    return f"{name} {value}".strip()


def _cell(words: str) -> str:
    return words.replace("*", r"\*").replace("|", r"\|")


if __name__ == "__main__":
    print(markdown(), end="")
