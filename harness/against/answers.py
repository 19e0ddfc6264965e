"""What two apps answer to the same inputs, each shown to repeat itself first: A, A, then B.

Answers are told apart as text, by the values of the outputs: files by their content, long texts
by their beginning and digest. What an app says of the folder or the port it runs at is left out.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..latency.look import Spent
from ..observation import Observation
from ..rows import AnswerRow
from .clocks import names_now
from .sides import Asked, Side, Sides

__all__ = ["Answer", "Pair", "answer", "asked_twice", "lasting", "settled", "smallest"]

#: Longer texts are told by their beginning and digest.
LONGEST = 400
#: In place of the folder and the address that the app runs at.
HERE = "…here…"
#: A folder for temporary files, of its own in each process of ours.
TEMPORARY = re.compile(r"/[^\s\"']*/gradio-harness-[^/\s\"']+")
#: A number of a text that is no whole one, nor part of a version or a date.
NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+(?:[eE][-+]?\d+)?|[eE][-+]?\d+)(?!\w|\.\d)")
#: Keys in which Gradio says how it keeps a value, another one in each of its versions.
HOW = frozenset(("__type__", "_type", "meta", "url", "size", "mime_type", "orig_name", "is_stream"))


@dataclass(frozen=True, slots=True)
class Answer:
    """What a visitor got: one text an output, or why there was none; *chunks* outputs came.

    *failed* is true where the app, and not its author, says no.
    """

    outputs: tuple[str, ...]
    chunks: int = 1
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Pair:
    """What both sides answered to one input, the same each time they were asked."""

    asked: Asked
    older: Answer
    newer: Answer


def asked_twice(sides: Sides, name: str, asked: Asked, *, times: int = 2) -> Pair | str:
    """Return what both sides answer *times* over, in turns; in words why that says nothing."""
    both = (sides.older, sides.newer)
    said: tuple[list[Answer], list[Answer]] = ([], [])
    for _ in range(times):
        for side, answers in zip(both, said, strict=True):
            found = answer(side, name, asked)
            if found is None:
                return "not asked: the page does not let a visitor, or the call has no end"
            answers.append(settled(answers[0], found) if answers else found)
    if any(len(set(answers)) > 1 for answers in said):
        return "unsteady"
    return Pair(asked, said[0][0], settled(said[0][0], said[1][0]))


def smallest(sides: Sides, name: str, pair: Pair) -> Pair:
    """Return *pair* with as many fields as the page shows them as still answered otherwise.

    Or as far as there were calls for it.
    """
    for position in pair.asked.values:
        fewer = {p: value for p, value in pair.asked.values.items() if p != position}
        try:
            found = asked_twice(sides, name, replace(pair.asked, values=fewer))
        except Spent:
            break
        if not isinstance(found, Pair) or found.older == found.newer or found.older.failed:
            continue
        if found.newer.failed == pair.newer.failed:  # the same is wrong
            pair = found
    return pair


def answer(side: Side, name: str, asked: Asked) -> Answer | None:
    """Return what *side* answers to one new visitor, the chain's later events included."""
    event = side.event(name)
    observations = side.ask(event, asked) if event is not None else []
    own = [o for o in observations if event is not None and o.call.index == event.index]
    if not own or any(o.error is not None and _endless(o) for o in observations):
        return None
    texts = tuple(text for o in observations for text in _texts(side, o))
    failed = any(o.error is not None and o.error.kind != "author" for o in observations)
    chunks = sum(message.kind != "process_completed" for message in own[0].chunks)
    return Answer(texts, max(chunks, 1), failed)


def lasting(found: Answer, name: str, asked: Asked) -> AnswerRow | None:
    """Return what a baseline keeps; None for what names this moment, or where the app runs."""
    words = " ".join(found.outputs)
    if found.failed or names_now(words) or HERE in words:
        return None
    return AnswerRow(name, asked.words, tuple(map(_short, found.outputs)), found.chunks)


def settled(older: Answer, newer: Answer) -> Answer:
    """Return *newer* with the texts of *older* where only the last digits of numbers differ."""
    if len(older.outputs) != len(newer.outputs):
        return newer
    pairs = zip(older.outputs, newer.outputs, strict=True)
    return replace(newer, outputs=tuple(a if _alike(a, b) else b for a, b in pairs))


def _alike(one: str, two: str) -> bool:
    if one == two or NUMBER.split(one) != NUMBER.split(two):
        return one == two
    pairs = zip(NUMBER.findall(one), NUMBER.findall(two), strict=True)
    return all(_near(float(a), float(b)) for a, b in pairs)


def _near(one: float, two: float) -> bool:
    """Whether only rounding is between them; of large numbers, as of a clock, less is allowed."""
    return math.isclose(one, two, rel_tol=1e-6, abs_tol=1e-12) and abs(one - two) < 1e-3


def _endless(observation: Observation) -> bool:
    assert observation.error is not None
    return observation.error.kind in ("timeout", "transport", "left", "refused")


def _texts(side: Side, observation: Observation) -> Iterator[str]:
    error = observation.error
    if error is not None:
        evidence = observation.evidence
        known = evidence.exception if evidence is not None else ""
        yield f"error: {error.message}" if error.kind == "author" else f"fails: {known}".strip()
        return
    event = side.app.contract.by_index(observation.call.index)
    components = event.outputs if event is not None else ()
    for component, value in zip(components, observation.outputs or (), strict=False):
        if component.type not in ("state", "browserstate"):
            yield _here(side, json.dumps(_plain(side, value), ensure_ascii=False))


def _plain(side: Side, value: Any) -> Any:
    """Return *value* without what another Gradio says otherwise; files as their digest."""
    if isinstance(value, Mapping):
        if isinstance(value.get("path"), str):
            return _file(side, value["path"])
        kept = {k: v for k, v in value.items() if v is not None and k not in HOW}
        return {k: _plain(side, v) for k, v in sorted(kept.items())}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(side, item) for item in value]
    return value


def _file(side: Side, path: str) -> str:
    content = side.wire.served(path)
    if content is None:
        return "a file that is not served"
    return f"a file of {len(content)} bytes, {hashlib.sha256(content).hexdigest()[:12]}"


def _here(side: Side, text: str) -> str:
    """Return *text* without the folder and the address that the app runs at."""
    for place in (str(side.app.folder), side.app.url):
        text = text.replace(place, HERE)
    return TEMPORARY.sub(HERE, text)


def _short(text: str) -> str:
    if len(text) <= LONGEST:
        return text
    rounded = NUMBER.sub(lambda found: f"{float(found[0]):.5g}", text)
    digest = hashlib.sha256(rounded.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return f"{text[:100]}… ({len(text)} characters, {digest})"
