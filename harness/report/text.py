"""Text from the app, and numbers, in a form that is safe and pleasant to show.

An app may put anything into a label, an input or a message. Characters that a reader
would not see, or that would change what is seen (terminal escapes, controls, direction
overrides, lone surrogates), are written in Python's notation: ``\\x1b``, ``\\u202e``.
"""

from __future__ import annotations

import html
import math
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

__all__ = [
    "HIDDEN",
    "Html",
    "counted",
    "cut",
    "cut_middle",
    "duration",
    "inside",
    "interval",
    "listed",
    "moment",
    "printed",
    "script",
    "shown",
    "thousands",
    "visible",
]

# Not calendar's, which speak the language of the machine.
MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"

# A character class. Tab and newline stay out of it, and so do the two joiners (200c, 200d)
# that emoji and Persian need.
HIDDEN = (
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\ufeff\ufff0-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e0fff]"
)

#: A line of a job's log that GitHub's runner takes for a command to itself.
COMMAND = re.compile(r"^(\s*):(?=:[\w-]+[ :])|#(?=#\[)", re.M)


class Html(str):
    """Markup made by this package; Jinja2 does not escape it again."""

    def __html__(self) -> str:
        return str(self)


def visible(text: str) -> str:
    """Return *text* with every hidden character in Python's notation.

    >>> visible("\\x1b[31mred")
    '\\\\x1b[31mred'
    """
    return re.sub(HIDDEN, lambda match: _notation(match[0]), text)


def printed(text: str) -> str:
    """Return *text* as it may stand in a terminal, or in the log of a CI job.

    >>> printed("::error::owned")
    '\\\\x3a:error::owned'
    """
    return COMMAND.sub(
        lambda match: "\\x23" if match[0] == "#" else f"{match[1]}\\x3a", visible(text)
    )


def shown(text: str) -> Html:
    """Return *text* as HTML, its hidden characters marked as such."""
    return Html(
        re.sub(
            f"{HIDDEN}+",
            lambda match: f'<span class="esc">{visible(match[0])}</span>',
            html.escape(text),
        )
    )


def inside(text: str, limit: int = 60) -> Html:
    """Return *text* for a label or a title inside a picture, where nothing can be marked."""
    return Html(html.escape(visible(cut(text, limit))))


def _notation(character: str) -> str:
    named = {"\r": r"\r", "\f": r"\f", "\v": r"\v"}
    code = ord(character)
    if code > 0xFFFF:
        return f"\\U{code:08x}"
    return named.get(character) or (f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}")


def cut(text: str, limit: int) -> str:
    """Return at most *limit* characters of *text*, and how many more there are."""
    if len(text) <= limit:
        return text
    return f"{text[:limit]} … ({thousands(len(text) - limit)} more characters)"


def cut_middle(text: str, limit: int) -> str:
    """Return *text* without its middle lines: a traceback says most at its two ends."""
    if len(text) <= limit:
        return text
    head, tail = text[: limit // 4], text[-(limit - limit // 4) :]
    head, tail = head.rpartition("\n")[0] or head, tail.partition("\n")[2] or tail
    left_out = thousands(len(text) - len(head) - len(tail))
    return f"{head}\n… ({left_out} characters left out here) …\n{tail}"


def script(text: str, limit: int) -> str:
    """Return a script whole or, above *limit* characters, where it is: half would not run."""
    return text if len(text) <= limit else "# Too long to be shown here: it is in results.json.\n"


def duration(seconds: float | None) -> str:
    """Return *seconds* as people say them: ``0.4 ms``, ``12 ms``, ``1.24 s``, ``3 min 05 s``."""
    if seconds is None or not math.isfinite(seconds):
        return "—"
    if seconds < 0:
        return f"−{duration(-seconds)}"
    for scale, unit, below in ((1e3, "ms", 999.5), (1.0, "s", 59.95)):
        if (value := seconds * scale) < below:
            return f"{_three_digits(value, whole=scale > 1)} {unit}"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def interval(ends: Sequence[float | None]) -> str:
    """Return ``6.2 ms to 6.9 ms``, or ``from 6.2 ms`` where nothing bounds it above."""
    low, high = ends
    if low is None:
        return f"up to {duration(high)}" if high is not None else ""
    return f"from {duration(low)}" if high is None else f"{duration(low)} to {duration(high)}"


def _three_digits(value: float, *, whole: bool) -> str:
    """Return up to three digits; *whole* leaves fractions to values below ten."""
    if value == 0:
        return "0"
    if value < 9.95:
        return f"{value:.1f}" if whole else f"{value:.2f}"
    return f"{value:.0f}" if whole else f"{value:.1f}"


def moment(started: str) -> str:
    """Return an ISO time as ``21 Nov 2025, 02:36 UTC``; anything else as it is."""
    try:
        time = datetime.fromisoformat(started)
    except ValueError:
        return started
    time = time.astimezone(UTC) if time.tzinfo else time
    month = MONTHS.split()[time.month - 1]
    return f"{time.day} {month} {time.year}, {time:%H:%M} UTC"


def thousands(number: int) -> str:
    """Return ``12,345``."""
    return f"{number:,}"


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return ``1 call``, ``2 calls``."""
    return f"{thousands(number)} {noun if number == 1 else plural or noun + 's'}"


def listed(items: Iterable[str], limit: int) -> tuple[tuple[str, ...], int]:
    """Return the first *limit* of *items* and how many were left out."""
    everything = tuple(items)
    return everything[:limit], max(0, len(everything) - limit)
