"""What this machine lacks for an app to work, read from what the app said."""

from __future__ import annotations

import re
import sys

__all__ = ["needs_of"]

#: What an exception says when something is missing on this machine and not in the app.
NEEDS = (
    (
        "the network",
        re.compile(
            r"gaierror|NameResolution|ConnectError|ConnectionError|MaxRetryError|URLError"
            r"|LocalEntryNotFound|OfflineModeIsEnabled|couldn't connect to"
            r"|Name or service not known"
            r"|Temporary failure in name resolution|Network is unreachable|ProxyError|SSLError"
        ),
    ),
    (
        "a key or a login",
        re.compile(
            r"api[_ -]?key|AuthenticationError|GatedRepo|401 Client Error|_TOKEN'|_KEY'"
            r"|KeyError: '[A-Z_]*(KEY|TOKEN|SECRET)[A-Z_]*'|OAuthToken",
        ),
    ),
    (
        "a GPU",
        re.compile(r"No CUDA GPUs|NVIDIA driver|CUDA is not available|not compiled with CUDA"),
    ),
    (
        "a program",
        re.compile(
            r"(?i)(could not|cannot|couldn't) find ff(mpeg|probe)"
            r"|ff(mpeg|probe)[^.]{0,40} not (found|installed)"
        ),
    ),
    ("a model", re.compile(r"RepositoryNotFound|is not a local folder and is not a valid model")),
)


def needs_of(error: BaseException | None) -> str:
    """Return what this machine lacks for the app to work, "" if nothing is known.

    Only words that say so count, anywhere in the chain of causes.
    """
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        kinds = " ".join(kind.__name__ for kind in type(error).__mro__)
        if isinstance(error, ImportError) and _from_elsewhere(error):
            return "a package that is not installed"
        if isinstance(error, BrokenPipeError):  # a process of the app's own that has ended
            kinds = ""
        text = f"{kinds} {type(error).__name__}: {error}"[:4000]
        for what, pattern in NEEDS:
            if pattern.search(text):
                return what
        hidden = error.__suppress_context__
        error = error.__cause__ or (None if hidden else error.__context__)
    return ""


def _from_elsewhere(error: ImportError) -> bool:
    """Whether what cannot be imported is to be installed: not Python's own, not the author's."""
    if (error.name or "").partition(".")[0] in sys.stdlib_module_names:
        return False
    found = error.path or ""  # of a module that is there and lacks the name
    return not found or "site-packages" in found or "dist-packages" in found
