"""What a visitor reads while a text streams in, and how much of it is taken away again."""

from __future__ import annotations

import difflib
import itertools
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["TEXT", "Withdrawn", "pieces", "read", "withdrawn"]

#: Components whose value is read from top to bottom.
TEXT = frozenset(("textbox", "markdown", "code", "html", "chatbot"))
#: A counter that shows its numbers one by one is no text cut into pieces.
LEAST_LETTERS = 20
#: So many times a text has grown before it counts as one that streams in.
GROWN = 3
#: A cursor, an ellipsis or a half-written word at the end is not yet read.
UNREAD_WORDS = 3
#: Fewer words, or less of the text, are an author's correction.
LEAST_WORDS = 5
LEAST_SHARE = 0.1
#: What keeps less than this of the text before it is another text: a result after its log.
SAME_TEXT = 0.3
#: So many changes are looked at, and of longer texts the beginning.
MOST_CHANGES = 200
MOST_WORDS = 4_000


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """Words that were read and are gone at the end: *words* of *of*, the first after *step*."""

    words: int
    of: int
    step: int
    example: str

    @property
    def share(self) -> float:
        """Which part of what had been read."""
        return self.words / self.of


def read(value: Any) -> str:
    """Return what is read of a value: a text, or all messages of a chat one after another."""
    if isinstance(value, dict) and value.get("__type__") == "update":
        value = value.get("value")
    if isinstance(value, list):
        return "\n".join(filter(None, map(read, value)))
    if isinstance(value, dict):
        return read(value.get("content", value.get("text")))
    return value if isinstance(value, str) else ""


def pieces(texts: Sequence[str]) -> bool:
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


def tokens(texts: Sequence[str]) -> bool:
    """Whether these are the words of one text as a model gives them, each with the space beside it.

    No line of progress is a word or two that begins or ends with a space.
    """
    spaced = sum(text != text.strip() for text in texts)
    if len(texts) < 5 or spaced < 0.6 * len(texts) or any(len(t.split()) > 2 for t in texts):
        return False
    letters = sum(character.isalpha() for text in texts for character in text)
    return letters >= LEAST_LETTERS and len(set(texts)) >= min(5, len(texts) / 2)


def withdrawn(texts: Sequence[str]) -> Withdrawn | None:
    """Return what was read of a text that grew, and is gone from its beginning or middle.

    None where the text only grew, where its end was set right, where another text took its
    place, and where whole lines left at the top as fast as others came: the tail of a log.
    """
    if all(after.startswith(before) for before, after in itertools.pairwise(texts)):
        return None
    words = _whole([_words(text) for text in texts])
    final = Counter(words[-1])
    grown, first, gone, changes = 0, 0, list[str](), 0
    for step, (before, after) in enumerate(itertools.pairwise(texts)):
        if after.startswith(before):
            grown += after != before
        elif grown >= GROWN and changes < MOST_CHANGES and not _tail_of_log(before, after):
            changes += 1
            lost = _lost(words[step][:-UNREAD_WORDS], words[step + 1], final)
            first = first if gone or not lost else step
            gone += lost
    of = final.total() + len(gone)
    if len(gone) < max(LEAST_WORDS, LEAST_SHARE * of):
        return None
    return Withdrawn(len(gone), of, first, " ".join(gone[:12]))


def _whole(texts: Sequence[list[str]]) -> Sequence[list[str]]:
    """Return the words of each text, the first one whole where a window has cut into it."""
    for before, after in itertools.pairwise(texts):
        if after and after[0] not in before:
            after[0] = next((w for w in before if w.endswith(after[0])), after[0])
    return texts


def _lost(words: Sequence[str], after: Sequence[str], final: Counter[str]) -> list[str]:
    """Return those of *words* that the text *after* has no more and the *final* one neither."""
    blocks = difflib.SequenceMatcher(None, words, after, autojunk=False).get_matching_blocks()
    kept = {block.a + i for block in blocks for i in range(block.size)}
    if len(kept) < SAME_TEXT * len(words) or not kept:
        return []
    rest = final - Counter(words[i] for i in sorted(kept))
    lost = []
    for i, word in enumerate(words):
        if i in kept:
            continue
        if rest[word] > 0:
            rest[word] -= 1
        else:
            lost.append(word)
    return lost


def _tail_of_log(before: str, after: str) -> bool:
    """Whether the lines of *after* are the last ones of *before*, and some more."""
    old, new = before.splitlines(), after.splitlines()
    return any(
        old[dropped:] == new[: len(old) - dropped]
        for dropped in range(1, min(len(old), 50))
        if len(old) - dropped >= 2
    )


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text)[:MOST_WORDS]


def _shared(first: str, second: str) -> float:
    """Return the part of the shorter text that both begin with."""
    count = 0
    for one, other in zip(first, second, strict=False):
        if one != other:
            break
        count += 1
    return count / max(1, min(len(first), len(second)))
