"""Two ways to the same function, and whether they say the same."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..contract import Event
from ..finding import Finding, Severity
from ..observation import Observation
from . import Check, place_of

__all__ = ["CHECKS", "Answers", "said"]

FILE = "a file"
#: Where the harness's own clients put what they download.
DOWNLOADED = re.compile(r"^(/|[A-Za-z]:).*gradio-harness-client-")


@dataclass(frozen=True, slots=True)
class Answers:
    """What *event* answered to one input, again and again, and what came the other way.

    *first* are answers before and after those of *second*, each as `said` gives it. *other* names
    the other way: ``gradio_client``, or what else sets the function off. *inputs* is the order
    in which that one sends the inputs.
    """

    event: Event
    other: str
    first: tuple[str, ...]
    second: tuple[str, ...]
    inputs: str = ""
    folder: str = ""


def client_differs(answers: Answers) -> list[Finding]:
    """The app says one thing to its own page and another to `gradio_client`, for one input.

    Why: whoever tries the app in a browser and then calls it from a program gets another
    answer, or an error, and has no way to see why.

    Mend: let the answer depend on the inputs alone; where it needs something that only a
    browser sends (a cookie, a header, a click), give it an `api_name` of its own or
    `api_visibility="private"`.

    Silence: `--app-ignore api.client-differs@EVENT`; it is a warning.
    """
    if not _differ(answers):
        return []
    title = "gradio_client gets another answer than the page for the same input"
    detail = f"The page gets:       {_short(answers.first[0])}\n"
    detail += f"gradio_client gets:  {_short(answers.second[0])}\n"
    detail += "Each of the two said the same every time."
    return [_finding(answers, "api.client-differs", title, detail)]


def triggers_differ(answers: Answers) -> list[Finding]:
    """A button and the Enter key call one function with the same fields, in another order.

    Why: `go.click(divide, [a, b], out)` and `b.submit(divide, [b, a], out)`: the visitor
    who presses Enter gets another answer than the one who clicks, from the same page.

    Mend: write the list once, or set both off with `gr.on([go.click, b.submit], …)`.

    Silence: `--app-ignore api.triggers-differ@EVENT`; it is a warning.
    """
    if not _differ(answers):
        return []
    title = f"{answers.other} calls the same function and answers otherwise on the same page"
    detail = f"It sends {answers.inputs}.\n"
    own = answers.event.triggers
    detail += f"{own[0] if own else answers.event.label} gets: {_short(answers.first[0])}\n"
    detail += f"{answers.other} gets: {_short(answers.second[0])}"
    return [_finding(answers, "api.triggers-differ", title, detail)]


def said(
    observation: Observation, event: Event, left_out: frozenset[int] = frozenset()
) -> str | None:
    """Return an answer as text that compares, by component; None where it says nothing.

    Files are not compared, nor State, which stays with the app, nor changes of properties,
    nor the components of these ids that one way leaves out.
    """
    error = observation.error
    if error is not None:
        if error.kind in ("author", "unexpected") and error.step != "route":
            return json.dumps([error.kind, error.message if error.kind == "author" else ""])
        return None
    if observation.outputs is None:
        return None
    values = {
        component.id: _plain(value)
        for component, value in zip(event.outputs, observation.outputs, strict=False)
        if component.type != "state" and component.id not in left_out
    }
    return json.dumps(sorted(values.items()), ensure_ascii=False, default=str)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        meta = value.get("meta")
        if value.get("__type__") == "update":
            return "a change of properties"
        if isinstance(meta, Mapping) and meta.get("_type") == "gradio.FileData":
            return FILE
        if value.get("is_file") or ("path" in value and "orig_name" in value):
            return FILE
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, str) and DOWNLOADED.match(value):
        return FILE
    return value


def _differ(answers: Answers) -> bool:
    """Whether each way says the same every time, and the two do not."""
    once = len(set(answers.first)) == 1 == len(set(answers.second))
    often = len(answers.first) > 2 and len(answers.second) > 1
    return once and often and answers.first[0] != answers.second[0]


def _short(text: str) -> str:
    values = json.loads(text)
    if len(values) == 2 and values[0] in ("author", "unexpected"):
        words = f"an error: {values[1]}" if values[1] else "an error"
    else:
        words = ", ".join(json.dumps(value, ensure_ascii=False) for _, value in values)
    return words if len(words) <= 300 else words[:297] + "…"


def _finding(answers: Answers, check: str, title: str, detail: str) -> Finding:
    function = answers.event.function
    return Finding(
        check,
        answers.event.label,
        Severity.WARNING,
        title,
        detail,
        step="function",
        function=function.name if function else "",
        location=place_of(function, answers.folder),
    )


CHECKS = (
    Check("api.triggers-differ", Severity.WARNING, triggers_differ),
    Check("api.client-differs", Severity.WARNING, client_differs),
)
