"""What a stream showed on its way, held against how it ended."""

from __future__ import annotations

import itertools
import re
from typing import Any

from ..finding import Finding, Severity
from ..observation import Message
from . import Check
from .outcome import Seen

__all__ = ["CHECKS"]

#: Below this, waiting for the first output is no matter for a visitor.
LATE_SECONDS = 1.0
#: One output after its work, and the end with it: a short stream looks like that too.
LEAST_OUTPUTS = 4
#: A counter that shows its numbers one by one is no text cut into pieces.
LEAST_LETTERS = 20
TEXT = frozenset(("textbox", "markdown", "code", "html", "chatbot"))


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
    another than the last one shown, what they read changes under their eyes.

    Mend: yield the whole text so far: `text += piece; yield text`.

    Silence: `--app-ignore streaming.last-value@EVENT`.
    """
    chunks, final = _streamed(seen), seen.observation.outputs
    if not seen.event.generator or not chunks or final is None:
        return []
    found = []
    last = _data(chunks[-1])
    for position, component in enumerate(seen.event.outputs):
        if position >= len(final) or position >= len(last) or component.type == "state":
            continue
        if component.type in ("audio", "video"):
            continue  # sent in segments, ended with the whole
        if last[position] != final[position]:
            title = f"{component.label} ends with another value than the last one streamed"
            detail = f"last: {_cut(last[position])}\nfinal: {_cut(final[position])}"
            found.append(_finding(seen, "streaming.last-value", Severity.ERROR, title, detail))
        elif component.type in TEXT:
            texts = [_text(_data(chunk)[position]) for chunk in chunks]
            if _pieces(texts):
                title = f"{component.label} ends with the last of {len(texts)} pieces only"
                shown = "\n".join(_cut(text) for text in texts[:6])
                detail = f"Each output took the place of the one before:\n{shown}"
                found.append(
                    _finding(seen, "streaming.last-value", Severity.WARNING, title, detail)
                )
    return found


def _streamed(seen: Seen) -> list[Message]:
    return [m for m in seen.observation.chunks if m.kind == "process_generating"]


def _data(chunk: Message) -> list[Any]:
    data = (chunk.data.get("output") or {}).get("data")
    return data if isinstance(data, list) else []


def _text(value: Any) -> str:
    """Return what is read of a value: a text, or all messages of a chat one after another."""
    if isinstance(value, dict) and value.get("__type__") == "update":
        value = value.get("value")
    if isinstance(value, list):
        return "\n".join(filter(None, map(_text, value)))
    if isinstance(value, dict):
        return _text(value.get("content", value.get("text")))
    return value if isinstance(value, str) else ""


def _pieces(texts: list[str]) -> bool:
    """Whether these are parts of one text, none of which is kept by the next.

    Lines that report progress look the same; what ends in an ellipsis, counts or repeats
    its beginning is taken for one.
    """
    if len(texts) < 4 or not all(texts) or len(set(texts)) < len(texts) - 1:
        return False
    if any(text.rstrip().endswith(("...", "…", "%")) or "/" in text for text in texts):
        return False
    if len({re.sub(r"\d+", "0", text) for text in texts}) < len(texts) - 1:
        return False  # "3 of 12 files"
    for before, after in itertools.pairwise(texts):
        if before.strip() in after or after.strip() in before or _shared(before, after) > 0.5:
            return False
    letters = sum(character.isalpha() for text in texts for character in text)
    return letters >= LEAST_LETTERS and sum(map(len, texts[:-1])) > len(texts[-1])


def _shared(first: str, second: str) -> float:
    """Return the part of the shorter text that both begin with."""
    count = 0
    for one, other in zip(first, second, strict=False):
        if one != other:
            break
        count += 1
    return count / max(1, min(len(first), len(second)))


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
)
