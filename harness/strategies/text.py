"""Text as visitors type and paste it."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from ..contract import Component

__all__ = ["code", "textbox", "words"]

#: Text that breaks programs, shortest first.
NASTY = (
    "",
    " ",
    "a",
    "0",
    "-1",
    "\n",
    "é",
    "e\u0301",
    "ß",
    "İ",
    "🙂",
    "👨\u200d👩\u200d👧",
    "שלום",
    "\u202eabc",
    "\x00",
    "\x1b[31m",
    "None",
    "nan",
    "1e309",
    "%s %d {0} {x}",
    "<b>x</b>",
    "'; --",
    "../..",
    "\\",
    '"',
    "a b c",
    "one\ntwo\nthree",
    "http://localhost/?a=b&c",
    "word " * 60,
)


WORDS = ("the", "quick", "brown", "fox", "12", "3.5", "a", "I")


def words(longest: int | None, *, lines: bool) -> st.SearchStrategy[str]:
    """Return plain words and odd text, at most *longest* characters."""
    limit = longest if longest is not None else 400
    known = [t for t in NASTY if _length(t) <= limit and (lines or "\n" not in t)]
    # A browser turns every line break into \n.
    alphabet = st.characters(
        exclude_categories=["Cs"], exclude_characters="\r" if lines else "\n\r"
    )
    free = st.text(alphabet, max_size=min(limit, 40))
    if limit < 80:
        free = free.map(lambda text: _cut(text, limit))
    plain = st.lists(st.sampled_from(WORDS), max_size=12).map(lambda parts: " ".join(parts)[:limit])
    return st.sampled_from(known) | plain | free


def _length(text: str) -> int:
    """Return the length as a browser counts it, in UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _cut(text: str, limit: int) -> str:
    while _length(text) > limit:
        text = text[:-1]
    return text


def textbox(component: Component) -> st.SearchStrategy[Any]:
    """Text within max_length; no line breaks where the field has one line only.

    What a password box holds is not drawn: it would be in the report as an input.
    """
    props = component.props
    secret = props.get("type") == "password"
    single = secret or props.get("max_lines") == 1 or props.get("type") == "email"
    longest = props.get("max_length")
    base = words(longest if isinstance(longest, int) else None, lines=not single)
    shown = [
        t
        for t in (None if secret else props.get("value"), props.get("placeholder"))
        if isinstance(t, str) and t and (longest is None or _length(t) <= longest)
    ]
    return base | st.sampled_from(shown) if shown else base


def code(component: Component) -> st.SearchStrategy[Any]:
    """Anything an editor takes, and what it shows at first."""
    base = words(None, lines=True)
    value = component.value
    return base | st.just(value) if isinstance(value, str) and value else base
