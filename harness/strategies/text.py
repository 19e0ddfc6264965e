"""Text as visitors type and paste it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from ..clues import Clues
from ..contract import Component
from .shapes import constants, shaped, weighted

__all__ = ["code", "keeps", "textbox", "typed", "words"]

#: Text that breaks programs, shortest first.
NASTY = (
    "",
    " ",
    "a",
    "0",
    "-1",
    "\n",
    "\t",
    ".",
    ",",
    "é",
    "e\u0301",
    "ß",
    "İ",
    "²",
    "٣",
    "½",
    "🙂",
    "👨\u200d👩\u200d👧",
    "שלום",
    "日本語",
    "\u202eabc",
    "\u200b",
    "\ufeffa",
    "\x00",
    "\x1b[31m",
    "a\u2028b",
    "None",
    "null",
    "nan",
    "true",
    "1e309",
    "1_000",
    "0x10",
    "%s %d {0} {x}",
    "${a} {{b}}",
    "(a|b)*+[",
    "<b>x</b>",
    "<script>",
    "'; --",
    "../..",
    "C:\\a",
    "\\",
    '"',
    "'",
    "# a",
    "=1+1",
    "a b c",
    " a ",
    "one\ntwo\nthree",
    "a\n\nb\n",
    "http://localhost/?a=b&c",
    "word " * 60,
    "x" * 300,
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


def typed(
    label: str, shown: tuple[Any, ...], clues: Clues, kept: Callable[[str], str]
) -> st.SearchStrategy[str]:
    """Return text of any kind, in the field's own shapes and with the source's constants.

    *shown* is what the field says of itself, *kept* what the page keeps of a text.
    """
    own = tuple(text for text in shown if isinstance(text, str) and text.strip())
    known = constants(clues)
    return weighted(
        (4, st.sampled_from(NASTY)),
        (2, words(None, lines=True)),
        (4, shaped(label, own, clues)),
        *([(5, known)] if known is not None else []),
        *([(1, st.sampled_from(own))] if own else []),
    ).map(kept)


def _length(text: str) -> int:
    """Return the length as a browser counts it, in UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _cut(text: str, limit: int) -> str:
    if _length(text) > limit:
        text = text[:limit]
    while _length(text) > limit:
        text = text[:-1]
    return text


def textbox(component: Component, clues: Clues) -> st.SearchStrategy[Any]:
    """Text within max_length; no line breaks where the field has one line only.

    What a password box holds is not drawn, nor what it is compared with: it would be in the
    report as an input.
    """
    props = component.props
    kind = props.get("type")
    if kind == "password":
        return words(_limit(component), lines=False)
    shown = (props.get("value"), props.get("placeholder"))
    label = " ".join(str(props.get(name) or "") for name in ("label", "placeholder", "info"))
    if kind == "email":
        label = f"email {label}"
    return typed(label, shown, clues, keeps(component))


def keeps(component: Component) -> Callable[[str], str]:
    """Return what makes of any text the one that the field holds once it is pasted there."""
    props = component.props
    limit = _limit(component)
    kind = props.get("type")
    single = kind in ("password", "email") or props.get("max_lines") == 1

    def kept(text: str) -> str:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        if single:
            text = text.replace("\n", "")
        if kind == "email":
            text = _mailed(text)
        return text if limit is None else _cut(text, limit)

    return kept


def _limit(component: Component) -> int | None:
    longest = component.props.get("max_length")
    return longest if isinstance(longest, int) else None


def _mailed(text: str) -> str:
    """Return what a browser's field for e-mail keeps: no space around, an ASCII domain."""
    user, at, domain = text.strip("\t\n\f\r ").rpartition("@")
    return f"{user}{at}{domain.encode('ascii', 'ignore').decode()}".strip() if at else domain


def code(component: Component, clues: Clues) -> st.SearchStrategy[Any]:
    """Anything an editor takes, what it shows at first, and more in that shape."""
    props = component.props
    label = " ".join(str(props.get(name) or "") for name in ("label", "language"))
    return typed(label, (component.value,), clues, keeps(component))
