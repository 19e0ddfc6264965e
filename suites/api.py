"""Every event a visitor can set off, with examples, defaults and generated inputs."""

from __future__ import annotations

from ..subjects import Asked, Judged


def process_exit(exploration: Judged) -> None:
    """No call ends the app's process."""
    exploration.expect_none("api.process-exit")


def unhandled_exception(exploration: Judged) -> None:
    """No exception leaves the app's code on input that the page allows."""
    exploration.expect_none("api.unhandled-exception")


def hang(exploration: Judged) -> None:
    """Every call gets a last answer."""
    exploration.expect_none("api.hang")


def output_count(exploration: Judged) -> None:
    """The function returns as many values as the event has outputs."""
    exploration.expect_none("api.output-count")


def progress_bar(exploration: Judged) -> None:
    """No progress bar goes beyond its end."""
    exploration.expect_none("api.progress-bar")


def output_type(exploration: Judged) -> None:
    """What is returned fits the component it goes to."""
    exploration.expect_none("api.output-type")


def output_file(exploration: Judged) -> None:
    """Every file of an answer is there, and is what its component shows."""
    exploration.expect_none("api.output-file")


def structure(exploration: Judged) -> None:
    """What is kept of a few lines, rows or words is kept of many."""
    exploration.expect_none("api.structure")


def app_warning(exploration: Judged) -> None:
    """Neither Python nor Gradio warns of a bug in the app's log."""
    exploration.expect_none("api.app-warning")


def triggers_differ(exploration: Judged) -> None:
    """Enter does what the button does."""
    exploration.expect_none("api.triggers-differ")


def client_differs(exploration: Judged) -> None:
    """A program that calls the app gets what its page gets."""
    exploration.expect_none("api.client-differs")


def explicit_raise(exploration: Judged) -> None:
    """Input is refused with gr.Error, not with an exception that Gradio hides."""
    exploration.expect_none("api.explicit-raise")


def type_hint(exploration: Judged) -> None:
    """Type hints agree with what the components send."""
    exploration.expect_none("api.type-hint")


def out_of_contract(forging: Asked) -> None:
    """What no page sends hangs nothing, harms nobody and shows nothing of the app's inside."""
    forging.expect_none("api.out-of-contract")
