"""Everything the harness raises on purpose.

    HarnessError
    ├── TargetError          the target cannot be used (exit code 4)
    │   ├── TargetNotFound   no such file, module, name or URL
    │   ├── AppFailed        the app's own code failed before it was served
    │   └── AppUnreachable   it was started, or named by URL, and does not answer
    ├── OptionError          an option of the command line or the ini file (exit code 4)
    ├── BrowserMissing       no browser on this machine, or none that starts
    ├── CannotDrive          no hand on the page can set this component, or set this event off
    ├── ReplayError          a finding cannot be shown again: the app or an event is not there
    ├── ResultsError         a results.json cannot be read, or not be merged with others
    └── CallFailed           an assertion of a user's own test about a call
        └── NoSuchEvent      the app has no event of that name; a KeyError too

A message names the thing, the choices and the next step; it is shown as it is.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = [
    "AppFailed",
    "AppUnreachable",
    "BrowserMissing",
    "CallFailed",
    "CannotDrive",
    "HarnessError",
    "NoSuchEvent",
    "OptionError",
    "ReplayError",
    "ResultsError",
    "TargetError",
    "TargetNotFound",
    "choices",
]


class HarnessError(Exception):
    """The root of the tree above."""


class TargetError(HarnessError):
    """The target cannot be used."""


class TargetNotFound(TargetError):
    """Nothing was found where the target points."""


class AppFailed(TargetError):
    """The app's own code failed before the app was served."""


class AppUnreachable(TargetError):
    """The app does not answer at its address."""


class OptionError(HarnessError):
    """An option has a value that cannot be used."""


class BrowserMissing(HarnessError):
    """No browser was found on this machine, or the one that was found does not start."""


class CannotDrive(HarnessError):
    """A component cannot be set, or an event set off, by hand on the page."""

    def __init__(self, what: str, why: str) -> None:
        super().__init__(f"{what} cannot be driven on the page: {why}.")
        self.what, self.why = what, why


class ReplayError(HarnessError):
    """A finding cannot be shown again."""


class ResultsError(HarnessError):
    """A results.json cannot be read, or not be merged with others."""


class CallFailed(HarnessError, AssertionError):
    """A call in a user's own test ended with an error."""


class NoSuchEvent(CallFailed, KeyError):
    """The app has no event of the name: to a mapping of its events, a key that is missing."""

    __str__ = CallFailed.__str__  # a KeyError's would be the message in quotes


def choices(wanted: str, known: Iterable[str]) -> str:
    """Return ``Choose from a, b. Did you mean 'a'?`` for a message."""
    names = sorted(known)
    if not names:
        return "There are none to choose from."
    text = f"Choose from {', '.join(names)}."
    close = difflib.get_close_matches(wanted, names, n=1)
    return f"{text} Did you mean {close[0]!r}?" if close else text
