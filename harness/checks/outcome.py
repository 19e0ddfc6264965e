"""How a call ended: exceptions, silence, and the wrong number of outputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..contract import Event
from ..finding import Finding, Severity
from ..observation import Evidence, Frame, Observation, Served
from ..streams import progress
from . import Check

__all__ = ["CHECKS", "Seen", "place"]

#: What a sum of fractions may be off.
TINY = 1e-6
#: What authors raise on purpose when they mean "this input is wrong".
EXPLICIT = frozenset(("ValueError", "TypeError", "AssertionError", "NotImplementedError"))


@dataclass(frozen=True, slots=True)
class Seen:
    """One observation in its place: the event, and what the page held at that moment.

    *props* are the properties that earlier answers changed, by component id. *folder* is
    the app's; locations are told relative to it. *shown* is what the event's outputs held,
    *served* the files of the answer by their paths, fetched as the page does. *secrets* must not be
    in it.
    """

    observation: Observation
    event: Event
    props: dict[int, dict[str, Any]] = field(default_factory=dict)
    folder: str = ""
    shown: Mapping[int, Any] = field(default_factory=dict)
    served: Mapping[str, Served] = field(default_factory=dict)
    secrets: frozenset[str] = frozenset()


def place(frame: Frame | None, folder: str) -> str:
    """Return ``app.py:27 in ratio``, relative to *folder* where it lies below it."""
    if frame is None:
        return ""
    file = Path(frame.file)
    if folder and file.is_relative_to(folder):
        file = file.relative_to(folder)
    return f"{file}:{frame.line} in {frame.function}"


def unhandled_exception(seen: Seen) -> list[Finding]:
    """An exception left the app's code on input that the page lets a visitor send.

    Why: the visitor sees a red "Error" and nothing else, and whatever they typed was lost.
    The traceback is the app's own, from the author's first line on.

    Mend: handle the input, or refuse it in words with `raise gr.Error("…")`, which the
    page shows to the visitor and which is never a finding.

    Silence: `--app-ignore api.unhandled-exception@EVENT`, or in the ini file under
    `app_ignore` with a reason: `api.unhandled-exception@EVENT: known, ticket 12`.
    """
    if not _unexpected(seen) or _explicit(seen) or _count(seen) or _midway(seen):
        return []
    return [_exception(seen, "api.unhandled-exception", _severity(seen))]


def explicit_raise(seen: Seen) -> list[Finding]:
    """The app refuses input by raising an exception of its own that Gradio hides.

    Why: the author wrote a message for the visitor, in a `ValueError`, a `TypeError`, an
    `assert` or an exception class of their own. The page shows only "Error".

    Mend: `raise gr.Error("the same words")`, or `validator=` on the event from Gradio 6 on.

    Silence: `--app-ignore api.explicit-raise@EVENT`; it is a warning and fails a run only
    with `--app-fail-on warning`.
    """
    if not _unexpected(seen) or not _explicit(seen) or _midway(seen):
        return []
    return [_exception(seen, "api.explicit-raise", Severity.WARNING)]


def fails_midway(seen: Seen) -> list[Finding]:
    """A generator showed some output and then ended with an exception.

    Why: the visitor has part of an answer and a red "Error"; what was shown so far may be
    taken for the whole.

    Mend: catch what can fail inside the loop, yield what there is, and say so with
    `gr.Warning` or `raise gr.Error("…")`.

    Silence: `--app-ignore streaming.fails-midway@EVENT`.
    """
    if not _unexpected(seen) or not _midway(seen):
        return []
    after = len(seen.observation.chunks) - 1
    severity = Severity.WARNING if _explicit(seen) else _severity(seen)
    found = _exception(seen, "streaming.fails-midway", severity)
    words = f"It came after {after} output{'s' if after != 1 else ''} had been shown. "
    return [Finding(**{**_fields(found), "detail": words + found.detail})]


def hang(seen: Seen) -> list[Finding]:
    """A call got no last answer: nothing came for a long time, or the connection broke.

    Why: the visitor watches a spinner for ever, and as long as the function is busy nobody
    else gets through it either (`concurrency_limit` is 1 unless set).

    Mend: give what the function waits for a timeout; move long work out of the handler or
    `yield` progress, which counts as an answer. Is it just slow? `--app-timeout SECONDS`.

    Silence: `--app-ignore api.hang@EVENT`.
    """
    error, evidence = seen.observation.error, seen.observation.evidence
    if evidence is not None and evidence.exception == "SystemExit":
        title = "sys.exit() in a handler ends the app's server"
        return [_finding(seen, evidence, "api.process-exit", Severity.ERROR, title)]
    if error is None or error.kind not in ("timeout", "transport"):
        return []
    step = (evidence.step if evidence else "") or error.step
    if error.kind == "timeout":
        title = f"No answer: {error.message}"
        detail = "The function was called and neither returned, yielded nor raised."
        if evidence is not None and not evidence.seconds and step in ("", "queue"):
            detail = "The call waited in the queue and was never begun."
    else:
        title = "The connection broke before the last answer"
        detail = error.message
    return [Finding("api.hang", seen.event.label, Severity.ERROR, title, detail, step=step)]


def progress_bar(seen: Seen) -> list[Finding]:
    """A progress bar goes beyond its end.

    Why: the visitor reads 125 %, and believes the next numbers of the app no more than this one.

    Mend: count from 0 and up to the total: `progress((done, total))`, `progress(done / total)`, or
    `for item in progress.tqdm(items)`, which counts by itself.

    Silence: `--app-ignore api.progress-bar@EVENT`.
    """
    shares = [share for _, share in progress(seen.observation)]
    most, least = max(shares, default=0.0), min(shares, default=0.0)
    if most <= 1 + TINY and least >= -TINY:
        return []
    title = f"The progress bar goes to {most if most > 1 + TINY else least:.0%}"
    return [
        Finding(
            *("api.progress-bar", seen.event.label, Severity.WARNING, title),
            step="function",
            function=_function(seen),
        )
    ]


def output_count(seen: Seen) -> list[Finding]:
    """The function returned more or fewer values than the event has outputs.

    Why: with too few the visitor sees "Error"; with too many Gradio drops the last ones
    without a word on the page, so an answer is lost or lands in the wrong field.

    Mend: return one value for each component in `outputs`, on every path, and
    `gr.skip()` or `gr.update()` for those that stay as they are.

    Silence: `--app-ignore api.output-count@EVENT`.
    """
    evidence = seen.observation.evidence
    if evidence is None or evidence.returned is None or not _count(seen):
        return []
    returned, outputs = evidence.returned
    values = "1 value" if returned == 1 else f"{returned} values"
    title = f"The function returned {values} for {outputs} outputs"
    detail = ""
    if returned > outputs:
        detail = "Gradio dropped the last ones; the page shows no sign of it."
    return [_finding(seen, evidence, "api.output-count", Severity.ERROR, title, detail)]


def _unexpected(seen: Seen) -> bool:
    error, evidence = seen.observation.error, seen.observation.evidence
    beside = evidence is not None and (evidence.needs or evidence.exception == "SystemExit")
    return error is not None and error.kind == "unexpected" and not beside


def _explicit(seen: Seen) -> bool:
    """Whether the author's own ``raise`` speaks, with a type that says "wrong input"."""
    evidence = seen.observation.evidence
    if evidence is None or not evidence.raised or evidence.frame is None:
        return False
    code = evidence.frame.code.strip()
    if code == "raise" or not evidence.message.strip():
        return False
    if evidence.exception in EXPLICIT:
        return True
    own = (evidence.module.rpartition(".")[2], evidence.module)
    return "__main__" in own or Path(evidence.frame.file).stem in own


def _midway(seen: Seen) -> bool:
    if seen.event.live:
        return False  # each frame is a call of the function, and an answer of its own
    # Gradio's last message carries no output when it fails, so every other chunk is one.
    return sum(m.kind != "process_completed" for m in seen.observation.chunks) > 0


def _count(seen: Seen) -> bool:
    evidence = seen.observation.evidence
    if evidence is None or evidence.returned is None:
        return False
    returned, outputs = evidence.returned
    failed = evidence.step == "postprocess" and bool(evidence.exception)
    # Gradio 4's own buttons of a chat return one value too many; no author can mend that.
    own = seen.event.function is not None and seen.event.function.builtin
    return (returned > outputs and not own) or (returned < outputs and failed)


def _severity(seen: Seen) -> Severity:
    """An error, unless Gradio refused the input before the author's code saw it."""
    evidence = seen.observation.evidence
    early = evidence is not None and evidence.frame is None and evidence.step == "preprocess"
    return Severity.WARNING if early else Severity.ERROR


def _exception(seen: Seen, check: str, severity: Severity) -> Finding:
    evidence = seen.observation.evidence
    error = seen.observation.error
    assert error is not None
    if evidence is None or not evidence.exception:
        title = f"The app answered with an unexpected error{_colon(error.message)}"
        return Finding(check, seen.event.label, severity, title, step=error.step)
    title = f"{evidence.exception}{_colon(evidence.message)}"
    return _finding(seen, evidence, check, severity, title, _advice(check, evidence))


def _colon(message: str) -> str:
    first = message.strip().partition("\n")[0]
    return f": {first[:300]}" if first else ""


def _advice(check: str, evidence: Evidence) -> str:
    if check == "api.explicit-raise":
        return 'The visitor sees only "Error". Raise gr.Error with the same words instead.'
    if evidence.frame is not None:
        return ""
    if evidence.step == "preprocess":
        return "Gradio itself failed on this input, before the app's function was called."
    if evidence.step == "postprocess":
        return "Gradio could not show what the function returned in the component it goes to."
    return "No line of the traceback is the app's own."


def _finding(
    seen: Seen,
    evidence: Evidence,
    check: str,
    severity: Severity,
    title: str,
    detail: str = "",
) -> Finding:
    frame = evidence.frame
    if evidence.logged:
        logged = "\n".join(evidence.logged[:5])
        detail = f"{detail}\nThe app logged:\n{logged}".strip()
    return Finding(
        check,
        seen.event.label,
        severity,
        title,
        detail,
        step=evidence.step,
        exception=evidence.exception,
        function=frame.function if frame else _function(seen),
        location=place(frame, seen.folder),
        traceback=evidence.traceback,
    )


def _function(seen: Seen) -> str:
    function = seen.event.function
    return function.name if function else ""


def _fields(finding: Finding) -> dict[str, Any]:
    return {name: getattr(finding, name) for name in Finding.__slots__}


CHECKS = (
    Check("api.unhandled-exception", Severity.ERROR, unhandled_exception),
    Check("api.hang", Severity.ERROR, hang),
    Check("api.output-count", Severity.ERROR, output_count),
    Check("api.progress-bar", Severity.WARNING, progress_bar),
    Check("api.explicit-raise", Severity.WARNING, explicit_raise),
    Check("streaming.fails-midway", Severity.ERROR, fails_midway),
)
