"""What a page shows and says when it is opened: it comes up, is whole, and is quiet."""

from __future__ import annotations

import re
from collections import Counter
from urllib.parse import unquote, urlsplit

from ..finding import Finding, Severity
from ..observation import Observation
from ..page import ConsoleError, EmptyPart, PageError, PageVisit
from . import Check
from .outcome import place

__all__ = ["CHECKS", "console_error", "missing_resource", "page_load", "render"]

#: What the browser itself writes about requests; `missing_resource` judges those.
OF_REQUESTS = re.compile(
    r"^(Failed to load resource|Unable to preload CSS|Access to .+ has been blocked by CORS"
    r"|Manifest:|WebSocket connection to|net::ERR_"
    r"|(GET|POST) http\S+ net::ERR_|Refused to (load|execute|apply|connect|frame))"
)
#: What Gradio's scripts say when a stream breaks off, and the browser when a box grows.
GRADIOS_OWN = re.compile(
    r"^(?:Error: )?(Unexpected (client exception|error)|SEMVER|ResizeObserver loop)"
)
#: What an exception says when a request failed, another host's or one that was broken off.
OF_NETWORK = re.compile(
    r"Failed to fetch|NetworkError|Load failed|AbortError|The (play\(\) request|user aborted)"
    r"|BodyStreamBuffer was aborted|dynamically imported module: https?://(?!127\.|localhost)"
)
#: Asked for by Gradio or the browser whether they are there or not, and the app's API. A
#: mounted Gradio 4 asks for its own scripts at the root of the server too.
OPTIONAL = re.compile(
    r"/(favicon\.(ico|svg|png)|manifest\.json|theme\.css|pwa_icon(/\S*)?|robots\.txt"
    r"|apple-touch-icon\S*|queue/\S*|run/\S*|api/\S*|call/\S*|upload\S*|heartbeat/\S*"
    r"|startup-events|monitoring\S*|dev/\S*|login\S*|logout|user|config|info|component_server"
    r"|static/fonts/\S*|assets/[\w.@-]+-[\w-]{8}\.(js|css)|\S+\.map|\.well-known/\S*)$"
)

REFUSED = (
    "The app does not give this file out, or it is not there: the folder of the app is served "
    "only as far as `gr.set_static_paths` or `allowed_paths` say."
)
NOT_THERE = "The app has no such file; the page shows a gap, or does without it."


def page_load(seen: PageVisit) -> list[Finding]:
    """The page does not come up: an error status, an empty page, or Gradio never starts.

    Why: whoever follows the link sees nothing, or "Loading…" for ever. Events may well
    answer by the API all the same, so tests of the functions alone stay green.

    Mend: open the page in a browser and look at its console; most often a `head=` or `js=`
    script fails before Gradio's own, or a route in front of the app answers in its place. A
    page that comes up but cannot reach its app has mostly been given a wrong `root_path`.

    Silence: `--app-ignore ui.page-load`.
    """
    shown = f"The page /{seen.page}"
    if seen.status >= 400:
        title, detail = f"{shown} answers HTTP {seen.status}", seen.url
    elif not seen.status:
        title, detail = f"{shown} does not open", "; ".join(seen.failed)
    elif not seen.mounted:
        said = [e.message for e in seen.page_errors] + [e.text for e in seen.console_errors]
        title = f"{shown} stays blank: Gradio did not start within {seen.seconds:.0f} s"
        detail = "\n".join(said[:3])
    elif seen.absent and not (seen.rendered or seen.unsought):
        title, detail = f"{shown} is blank", f"None of {len(seen.absent)} components is drawn."
    elif unsent := [o.call.event for o in seen.observations if _unsent(o)]:
        title, detail = f"{shown} cannot reach the app", f"Could not be sent: {', '.join(unsent)}."
    else:
        return []
    return [Finding("ui.page-load", "", Severity.ERROR, title, detail, step="page")]


def _unsent(observation: Observation) -> bool:
    return observation.error is not None and observation.error.kind == "transport"


def console_error(seen: PageVisit) -> list[Finding]:
    """A script of the page fails, or reports an error, while the page is opened.

    Why: what the script was to do does not happen, for every visitor, and only the
    browser's console says so. An exception may also keep later scripts from running.

    Mend: the place is in the finding; scripts come from `js=`, `head=`, `gr.HTML` and
    custom components. A `console.error` that is only information is better a `console.log`.

    Silence: `--app-ignore ui.console-error`.
    """
    uncaught = Counter(e for e in seen.page_errors if _of_the_app(e, seen))
    logged = Counter(e for e in seen.console_errors if _told_by_the_app(e, seen))
    repeated = {error.message for error in uncaught}
    return [_uncaught(error, count) for error, count in uncaught.items()] + [
        _logged(error, count)
        for error, count in logged.items()
        if not any(message and message in error.text for message in repeated)
    ]


def missing_resource(seen: PageVisit) -> list[Finding]:
    """The page names a file of the app's own that the app does not have.

    Why: a picture, a style sheet or a script is missing for every visitor. What lies
    beside the app on the author's disk is not served unless the app is told to.

    Mend: name it through `gr.FileData`, `gr.set_static_paths([...])` or
    `launch(allowed_paths=[...])` and write `/gradio_api/file=PATH` (`/file=PATH` on
    Gradio 4), or put it into the page as a `data:` address.

    Silence: `--app-ignore ui.missing-resource`.
    """
    return [
        Finding(
            "ui.missing-resource",
            "",
            Severity.ERROR,
            f"The page asks for {_short(missing.url)} and gets HTTP {missing.status}",
            REFUSED if missing.status in (401, 403) else NOT_THERE,
            step="page",
        )
        for missing in seen.missing
        if missing.url != seen.url and not OPTIONAL.search(urlsplit(missing.url).path)
    ]


def render(seen: PageVisit) -> list[Finding]:
    """A part of the page is not drawn: a visible component, or what a failed event fills.

    Why: the visitor sees a gap where something ought to be, and mostly no word about it:
    a `gr.render` or load event that fails leaves its part of the page as it was, empty.

    Mend: let the function of a `gr.render` or load event return on every path; the
    exception is in the finding. For a component without a node: look at the browser's
    console, and at styles that give it no room.

    Silence: `--app-ignore ui.render`, or `ui.render@EVENT` for one part.
    """
    if not seen.mounted:
        return []
    found = [_left_empty(part, seen) for part in seen.empty if not _lacking(part)]
    if seen.absent and (seen.rendered or seen.unsought):
        names = ", ".join(component.label for component in seen.absent[:5])
        more = f" and {len(seen.absent) - 5} more" if len(seen.absent) > 5 else ""
        title = f"Not drawn on the page /{seen.page}: {names}{more}"
        detail = "The app declares it visible; the page holds no node for it, or one without size."
        found.append(Finding("ui.render", "", Severity.ERROR, title, detail, step="rendering"))
    return found


def _lacking(part: EmptyPart) -> bool:
    """Whether it failed for want of something that this machine does not have."""
    return bool(part.observation.evidence and part.observation.evidence.needs)


def _left_empty(part: EmptyPart, seen: PageVisit) -> Finding:
    observation = part.observation
    evidence, error = observation.evidence, observation.error
    said = error.message if error else ""
    name = evidence.exception if evidence else ""
    if evidence and name:
        said = f"{name}: {evidence.message}"
    frame = evidence.frame if evidence else None
    return Finding(
        "ui.render",
        observation.call.event,
        Severity.ERROR,
        f"Stays empty when the page is opened: {part.what} ({said or 'the event failed'})",
        "The event that fills this part of the page failed, and the page says nothing about it.",
        step="rendering",
        exception=name,
        function=frame.function if frame else "",
        location=place(frame, seen.folder),
        traceback=evidence.traceback if evidence else "",
    )


def _of_the_app(error: PageError, seen: PageVisit) -> bool:
    """Whether the exception is the app's; one that only says "no network" is not."""
    said = f"{error.name}: {error.message}"
    lacking = bool(seen.unreachable) and error.name == "ReferenceError"
    return not (lacking or _excused(said, seen) or _elsewhere(_first_url(error.stack), seen))


def _told_by_the_app(error: ConsoleError, seen: PageVisit) -> bool:
    if OF_REQUESTS.search(error.text) or _excused(error.text, seen):
        return False
    return not _elsewhere(error.url, seen)


def _excused(said: str, seen: PageVisit) -> bool:
    """Whether Gradio or the network speaks, or another check says the same of a request."""
    if GRADIOS_OWN.search(said) or OF_NETWORK.search(said):
        return True
    named = re.findall(r"https?://[^\s)'\"]+", said)
    missing = {item.url for item in seen.missing} | {*seen.unreachable}
    return any(url.rstrip(".,:;") in missing for url in named)


def _elsewhere(url: str, seen: PageVisit) -> bool:
    """Whether a script of another host speaks: what an iframe embeds, a library's network."""
    host = urlsplit(url).netloc
    return bool(host) and host != urlsplit(seen.url).netloc


def _uncaught(error: PageError, count: int) -> Finding:
    title = f"A script of the page fails: {error.name}: {_line(error.message)}"
    detail = "Nothing in the page caught it." + _times(count)
    return Finding(
        "ui.console-error",
        "",
        Severity.ERROR,
        title,
        detail,
        step="page",
        exception=error.name,
        location=_first_url(error.stack),
        traceback=error.stack,
    )


def _logged(error: ConsoleError, count: int) -> Finding:
    title = f"The page logs an error: {_line(error.text)}"
    return Finding(
        "ui.console-error",
        "",
        Severity.ERROR,
        title,
        error.text[:2000] + _times(count),
        step="page",
        location=f"{_short(error.url)}:{error.line}" if error.url else "",
    )


def _times(count: int) -> str:
    return f" It came {count} times." if count > 1 else ""


def _line(text: str) -> str:
    first = text.strip().partition("\n")[0]
    return first if len(first) <= 160 else first[:159] + "…"


def _first_url(stack: str) -> str:
    found = re.search(r"https?://[^\s)]+", stack)
    return found[0] if found else ""


def _short(url: str) -> str:
    """Return the address without the host, which is another in every run."""
    parts = urlsplit(url)
    return unquote(parts.path) + (f"?{parts.query}" if parts.query else "")


CHECKS = (
    Check("ui.page-load", Severity.ERROR, page_load),
    Check("ui.console-error", Severity.ERROR, console_error),
    Check("ui.missing-resource", Severity.ERROR, missing_resource),
    Check("ui.render", Severity.ERROR, render),
)
