"""What is done once for an app instead of once a call, and that nobody can tell."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from gradio_harness.app import launch
from gradio_harness.target import parse

APPS = Path(__file__).resolve().parent.parent / "fixtures" / "apps"


def test_a_session_begins_with_the_configuration_that_gradio_makes() -> None:
    """For the first visitor and the next; what one of them changes, the others do not have."""
    state = importlib.import_module("gradio.state_holder").SessionState
    own = state.__init__
    with launch(parse("text_tool.py", APPS), folder=APPS) as app:
        shorter = state.__init__
        sessions = [state(app.blocks) for _ in range(3)]
        if shown := getattr(sessions[1], "config_values", None):
            next(iter(shown.values()))["props"]["value"] = "changed"
        plain = _made_by(own, state, app.blocks)

    assert (True, True) == (own is state.__init__, own is not shorter)
    held = [vars(one).get("config_values") for one in (sessions[0], sessions[2], plain)]
    assert [held[0]] * 3 == held
    assert sessions[2].blocks_config.blocks == plain.blocks_config.blocks


def _made_by(begin: Any, state: type, blocks: Any) -> Any:
    session = state.__new__(state)
    begin(session, blocks)
    return session
