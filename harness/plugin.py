"""pytest's hooks, each one line: what they do is in `command`, `collect` and `record`.

Loaded in every session of the environment, so nothing of the harness is imported before
a session turns out to be about a Gradio app.
"""

from __future__ import annotations

import sys

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the ``--app`` options."""
    from .options import add

    add(parser)


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Let a conftest.py say what to send."""
    from . import hooks

    pluginmanager.add_hookspecs(hooks)


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> int | None:
    """Run the session in a child of this process, where an app is to be tested."""
    again = config.getoption("--app-replay") and config.getini("app")
    if not (config.getoption("--app") or again) or hasattr(config, "workerinput"):
        return None
    from .command import supervised

    return supervised(config)


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Register what a session about an app needs, and nothing otherwise."""
    if config.getoption("--app") or config.getini("app"):
        from .command import configure

        configure(config)
    else:
        from . import absent

        absent.check(config)
        config.pluginmanager.register(absent, "gradio_harness_absent")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Spare a session without Hypothesis the import that Hypothesis's own last lines cost.

    Its plugin imports all of Hypothesis (half a second) to say that there is nothing to say.
    """
    if "hypothesis" not in sys.modules:
        session.config.pluginmanager.unregister(name="hypothesispytest")
