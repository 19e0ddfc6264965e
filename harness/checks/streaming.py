"""What a stream showed on its way, held against how it ended."""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Sequence
from typing import Any

from ..digest import UNTOLD, digests
from ..finding import Finding, Severity
from ..observation import Message
from . import Check
from .outcome import Seen
from .reading import TEXT, pieces, read, tokens, withdrawn

__all__ = ["CHECKS"]

#: Below this, waiting for the first output is no matter for a visitor.
LATE_SECONDS = 1.0
#: One output after its work, and the end with it: a short stream looks like that too.
LEAST_OUTPUTS = 4
#: A stream stalls that says nothing for so long, and for so many times its usual pause.
STALL_SECONDS, STALL_TIMES = 2.0, 20.0
#: A rhythm has so many beats at least, and of them a few pauses belong to it.
LEAST_GAPS, PAUSES = 8, 0.1
#: What is sent in segments or as a file of its own, which Gradio names anew.
SEGMENTED = ("audio", "video")


def late(seen: Seen) -> list[Finding]:
    """A stream showed nothing for a while and then everything at once.

    Why: people stream so that the visitor can read from the start. Here the work was done
    before the first `yield`, or what was yielded was held back on its way.

    Mend: yield inside the loop that does the work. If the function does so (the finding
    says when it yielded), look for a proxy or a middleware that gathers the response.

    Silence: `--app-ignore streaming.late@EVENT`.
    """
    chunks = _streamed(seen)
    if not seen.event.generator or len(chunks) < 2:
        return []
    started = seen.observation.started
    waited, spread = chunks[0].at - started, chunks[-1].at - chunks[0].at
    if waited < LATE_SECONDS or spread > max(0.1 * waited, 0.05):
        return []
    yields = seen.observation.evidence.yields if seen.observation.evidence else ()
    held_back = bool(yields) and yields[-1] - yields[0] > max(0.5 * waited, LATE_SECONDS / 2)
    words = f"{len(chunks)} outputs came within {spread:.2f} s, after {waited:.1f} s of nothing"
    if held_back:
        detail = f"The function yielded its first output {chunks[0].at - yields[0]:.1f} s earlier."
        return [_finding(seen, "streaming.late", Severity.ERROR, words, detail)]
    if len(chunks) < LEAST_OUTPUTS:
        return []
    detail = "The function did its work before its first yield."
    return [_finding(seen, "streaming.late", Severity.WARNING, words, detail)]


def last_value(seen: Seen) -> list[Finding]:
    """What the page ends with is not what the stream led up to.

    Why: each output takes the place of the one before. If a function yields pieces instead
    of the text so far, the visitor ends up with the last piece only; if the final value is
    another than the last one shown, what they read changes under their eyes. Words that come
    one by one are an error; lines could be meant so, and are a warning.

    Mend: yield the whole text so far: `text += piece; yield text`.

    Silence: `--app-ignore streaming.last-value@EVENT`.
    """
    chunks, final = _streamed(seen), seen.observation.outputs
    if not seen.event.generator or not chunks or final is None or lost(seen):
        return []
    found = []
    last = _data(chunks[-1])
    for position, component in enumerate(seen.event.outputs):
        if position >= len(final) or position >= len(last) or component.type == "state":
            continue
        if component.type in SEGMENTED:
            continue  # sent in segments, ended with the whole
        if last[position] != final[position]:
            title = f"{component.label} ends with another value than the last one streamed"
            detail = f"last: {_cut(last[position])}\nfinal: {_cut(final[position])}"
            found.append(_finding(seen, "streaming.last-value", Severity.ERROR, title, detail))
        elif component.type in TEXT:
            texts = _texts(chunks, position)
            words = tokens(texts)
            if words or pieces(texts):
                severity = Severity.ERROR if words else Severity.WARNING
                title = f"{component.label} ends with the last of {len(texts)} pieces only"
                shown = "\n".join(_cut(text) for text in texts[:6])
                detail = f"Each output took the place of the one before:\n{shown}"
                found.append(_finding(seen, "streaming.last-value", severity, title, detail))
    return found


def lost(seen: Seen) -> list[Finding]:
    """What the function yielded is not what the visitor got: an output is gone, or another one.

    Why: the visitor reads an answer with a hole in it, in the wrong order, or one that the app
    never gave.

    Mend: look at what lies between the function and the page: a middleware that reads or
    rewrites the response, a proxy that cuts it, a component whose value is changed after it was
    yielded. The finding says which output was the first.

    Silence: `--app-ignore streaming.lost@EVENT`.
    """
    evidence, chunks = seen.observation.evidence, _streamed(seen)
    found = _after_the_end(seen)
    if evidence is None or not evidence.sent or seen.event.connection == "stream":
        return found
    sent, got = list(evidence.sent), [_told(seen, chunk) for chunk in chunks]
    whole = seen.observation.error is None
    first = next(
        (i for i, (a, b) in enumerate(zip(sent, got, strict=False)) if not _same(a, b)), None
    )
    if first is None and (len(got) >= len(sent) or not whole):
        return found
    if first is None:
        title = f"{len(sent) - len(got)} of {len(sent)} outputs never arrive"
    elif sorted(sent) == sorted(got):
        title = f"Outputs arrive in another order than they were yielded, from the {first + 1}. on"
    elif len(got) < len(sent):
        title = (
            f"{len(sent) - len(got)} of {len(sent)} outputs never arrive, the {first + 1}. first"
        )
    else:
        title = f"The {first + 1}. of {len(sent)} outputs arrives as another one"
    return [*found, _finding(seen, "streaming.lost", Severity.ERROR, title, "")]


def empty(seen: Seen) -> list[Finding]:
    """A stream ends without having shown anything.

    Why: the visitor asked for something and gets a field that is blank: no answer, no reason. Where
    they left a field empty themselves, that is information: many take it so.

    Mend: yield at least once on every path, if only to say that nothing was found, or refuse
    the input with `raise gr.Error("…")`. A `gr.Info` or `gr.Warning` counts as an answer.

    Silence: `--app-ignore streaming.empty@EVENT`.
    """
    observation = seen.observation
    shown = [c for c in seen.event.outputs if c.type != "state"]
    if not seen.event.generator or not shown or observation.error is not None:
        return []
    if observation.outputs is None or _streamed(seen) or observation.logs:
        return []
    if observation.evidence is None or any(value is not None for value in observation.outputs):
        return []
    given = zip(seen.event.inputs, observation.call.inputs, strict=False)
    asked = [_says(value) for parameter, value in given if parameter.component.type != "state"]
    if seen.event.connection == "stream" or not asked:
        return []
    blank = not all(asked)
    title = "The stream ends without any output" + " where a field is left empty" * blank
    detail = "The function returned before its first yield; the page is left blank."
    severity = Severity.INFO if blank else Severity.WARNING
    return [_finding(seen, "streaming.empty", severity, title, detail)]


def backwards(seen: Seen) -> list[Finding]:
    """A text that streams in loses, in its beginning or middle, what was already read.

    Why: the visitor reads along. What vanishes above their eyes they cannot read again, and
    whoever copies the answer has only what is left.

    Mend: yield the whole text so far. Does a window cut it (`text[-500:]`, a list with a maximal
    length, a context that is trimmed)? Then cut what the model gets and not what is shown.
    A log that shows its last lines, and an end that is set right, are not told.

    Silence: `--app-ignore streaming.backwards@EVENT`.
    """
    chunks = _streamed(seen)
    if not seen.event.generator or len(chunks) < LEAST_OUTPUTS:
        return []
    found = []
    for position, component in enumerate(seen.event.outputs):
        if component.type not in TEXT or component.type == "html":
            continue  # a page's markup is written anew around what is new
        gone = withdrawn(_texts(chunks, position))
        if gone is not None:
            grave = Severity.ERROR if gone.share >= 0.5 else Severity.WARNING
            title = f"{component.label} loses {gone.words} of {gone.of} words that were read"
            detail = f"Gone after output {gone.step + 1}: {_cut(gone.example)}"
            found.append(_finding(seen, "streaming.backwards", grave, title, detail))
    return found


def stall(seen: Seen) -> list[Finding]:
    """A stream that flows stops for a long time and then flows on.

    Why: the visitor takes it for the end, or for a crash, and leaves.

    Mend: the finding says after which output. Look there for work that is done at once for a
    whole batch, a lock, a retry or a sleep; show in the meantime that work goes on.

    Silence: `--app-ignore streaming.stall@EVENT`.
    """
    evidence = seen.observation.evidence
    times = list(evidence.yields) if evidence else [m.at for m in _streamed(seen)]
    gaps = [after - before for before, after in itertools.pairwise(times)]
    if not seen.event.generator or len(gaps) < LEAST_GAPS or seen.event.connection == "stream":
        return []
    usual, longest = statistics.median(gaps), max(gaps)
    if longest < max(STALL_SECONDS, STALL_TIMES * usual):
        return []
    if sum(gap > longest / 5 for gap in gaps) > max(1, PAUSES * len(gaps)):
        return []  # it flows in gushes
    step = gaps.index(longest) + 1
    title = f"The stream stops for {longest:.1f} s after output {step} of {len(times)}"
    detail = f"Between the others {usual * 1000:.3g} ms go by, at the median."
    return [_finding(seen, "streaming.stall", Severity.WARNING, title, detail)]


def _after_the_end(seen: Seen) -> list[Finding]:
    kinds = [message.kind for message in seen.observation.messages]
    ended = kinds.index("process_completed") if "process_completed" in kinds else len(kinds)
    late = sum(kind == "process_generating" for kind in kinds[ended:])
    if not late:
        return []
    title = f"{late} of the outputs came after the end"
    return [_finding(seen, "streaming.lost", Severity.ERROR, title, "")]


def _told(seen: Seen, chunk: Message) -> tuple[str, ...]:
    """Return the digests of what arrived, none for what is sent in segments."""
    return tuple(
        UNTOLD if component.type in SEGMENTED else digest
        for component, digest in zip(seen.event.outputs, digests(_data(chunk)), strict=False)
    )


def _same(sent: Sequence[str], got: Sequence[str]) -> bool:
    return all(a == b for a, b in zip(sent, got, strict=False) if UNTOLD not in (a, b))


def _says(value: Any) -> bool:
    """Whether a visitor filled a field in that holds *value*."""
    if isinstance(value, str):
        return bool(value.strip())
    if isinstance(value, dict) and "text" in value:
        return _says(value["text"]) or bool(value.get("files"))
    return value is not None and value not in ([], {})


def _texts(chunks: Sequence[Message], position: int) -> list[str]:
    """Return what was read of an output after each chunk; one that says nothing keeps it."""
    texts: list[str] = []
    for chunk in chunks:
        data = _data(chunk)
        value = data[position] if position < len(data) else None
        silent = isinstance(value, dict) and "__type__" in value and "value" not in value
        texts.append(texts[-1] if silent and texts else read(value))
    return texts


def _streamed(seen: Seen) -> list[Message]:
    return [m for m in seen.observation.chunks if m.kind == "process_generating"]


def _data(chunk: Message) -> list[Any]:
    data = (chunk.data.get("output") or {}).get("data")
    return data if isinstance(data, list) else []


def _cut(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 160 else text[:157] + "…"


def _finding(seen: Seen, check: str, severity: Severity, title: str, detail: str) -> Finding:
    function = seen.event.function
    name = function.name if function else ""
    return Finding(check, seen.event.label, severity, title, detail, step="function", function=name)


CHECKS = (
    Check("streaming.late", Severity.ERROR, late),
    Check("streaming.last-value", Severity.ERROR, last_value),
    Check("streaming.lost", Severity.ERROR, lost),
    Check("streaming.empty", Severity.WARNING, empty),
    Check("streaming.backwards", Severity.ERROR, backwards),
    Check("streaming.stall", Severity.WARNING, stall),
)
