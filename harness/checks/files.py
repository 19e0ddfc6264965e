"""The files of an answer, held against what a page can fetch and show."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..contract import Component
from ..finding import Finding, Severity
from ..observation import Served
from . import Check
from .outcome import Seen

__all__ = ["CHECKS", "paths"]


def output_file(seen: Seen) -> list[Finding]:
    """A file of the answer cannot be fetched, or is not what its component shows.

    Why: the page shows a broken picture, a player that does not play or a download that
    ends in "Forbidden", while the app's log says that all went well.

    Mend: return a file that is still there when the function has ended (not one of a
    `with TemporaryDirectory()`), below the app's folder, the temporary folder or
    `allowed_paths`, and complete: closed, and in a format that browsers know.

    Silence: `--app-ignore api.output-file@EVENT`.
    """
    found = []
    for component, path in paths(seen):
        served = seen.served.get(path)
        complaint = _complaint(served) if served is not None else None
        if complaint is not None:
            severity, words = complaint
            found.append(_finding(seen, component, severity, words))
    return found


def paths(seen: Seen) -> Iterator[tuple[Component, str]]:
    """Yield the files of the app that the page fetches to show the answer."""
    for component, value in zip(seen.event.outputs, seen.observation.outputs or (), strict=False):
        if component.type == "state":
            continue
        waiting = [value]
        while waiting:
            item = waiting.pop(0)
            if isinstance(item, list):
                waiting += item
            elif isinstance(item, dict):
                if _is_file(item):
                    yield component, item["path"]
                waiting += item.values()


def _is_file(item: dict[str, Any]) -> bool:
    path, meta = item.get("path"), item.get("meta")
    kind = meta.get("_type") if isinstance(meta, dict) else None
    if kind != "gradio.FileData" or not isinstance(path, str) or not path:
        return False
    return not item.get("is_stream") and not path.startswith(("http://", "https://", "data:"))


def _complaint(served: Served) -> tuple[Severity, str] | None:
    name = served.path.replace("\\", "/").rpartition("/")[2]
    if served.status in (403, 404):
        words = "it is not there, or not where the app may serve from"
        return Severity.ERROR, f"gets {name!r}, which cannot be fetched: {words}"
    if served.status >= 500:
        return Severity.ERROR, f"gets {name!r}, which cannot be fetched: HTTP {served.status}"
    if served.problem and not served.echo:
        grave = Severity.ERROR if served.grave else Severity.WARNING
        return grave, f"gets {name!r}, {served.problem}"
    return None


def _finding(seen: Seen, component: Component, severity: Severity, words: str) -> Finding:
    function = seen.event.function
    return Finding(
        "api.output-file",
        seen.event.label,
        severity,
        f"{component.label} {words}",
        "The call itself ended well; it is the page that cannot show the answer.",
        step="postprocess",
        function=function.name if function else "",
        exception=component.type,
    )


CHECKS = (Check("api.output-file", Severity.ERROR, output_file),)
