"""A probe for each advisory that a running app can show: harmless, and seen to be so.

A probe is a function from a `Prober` to what it has seen, None where the app withstands. It says
nothing about releases: who asks knows whether the app's has the advisory at all.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os.path
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath
from urllib.parse import quote

from ..checks.advisories import Shown
from ..contract import Component
from ..observation import Media
from .prober import FILES, Prober

__all__ = ["PROBES", "Probe"]

Probe = Callable[[Prober], Shown | None]

#: A site that is nowhere (RFC 2606): a page of it has no business with the app.
FOREIGN = "https://elsewhere.invalid"
#: What tells Gradio that an object is a file.
META = {"_type": "gradio.FileData"}
PAGE = b"<!doctype html><title>canary</title><p>A page that a visitor uploaded.</p>"
DRAWING = b'<svg xmlns="http://www.w3.org/2000/svg"><title>canary</title></svg>'


def foreign_origin(prober: Prober) -> Shown | None:
    """Another site's page may read what the app answers."""
    return _origin(prober, {"Origin": FOREIGN})


def foreign_origin_with_cookie(prober: Prober) -> Shown | None:
    """Another site's page may do so for a visitor who is logged in."""
    return _origin(prober, {"Origin": FOREIGN, "Cookie": "canary=1"})


def null_origin(prober: Prober) -> Shown | None:
    """So may a page that has no origin: one in a sandboxed frame of any site."""
    return _origin(prober, {"Origin": "null"})


def _origin(prober: Prober, headers: Mapping[str, str]) -> Shown | None:
    allowed = prober.ask(f"{prober.app.url}/config", headers).headers.get(ALLOWED, "")
    if allowed not in (headers["Origin"], "*"):
        return None
    sent = "\n".join(f"{name}: {value}" for name, value in headers.items())
    return Shown(f"GET /config answers {ALLOWED}: {allowed}", words=sent, grave=False)


ALLOWED = "access-control-allow-origin"


def redirects(prober: Prober) -> Shown | None:
    """An address of the app leads wherever a stranger wants."""
    answer = prober.ask(f"{prober.base}/file={prober.canary.url}")
    if not answer.is_redirect or answer.headers.get("location") != prober.canary.url:
        return None
    seen = f"the app answers HTTP {answer.status_code} with this address"
    words = f"GET {prober.app.contract.prefix}/file={prober.canary.url}"
    return Shown(seen, words=words, grave=False)


def served_inline(prober: Prober) -> Shown | None:
    """A page or drawing that a visitor uploads is opened in others' browsers as the app's own."""
    for media in (
        Media("canary.html", PAGE, "text/html"),
        Media("canary.svg", DRAWING, "image/svg+xml"),
    ):
        path = prober.wire.upload(media)["path"]
        answer = prober.ask(f"{prober.base}/file={path}")
        kind = answer.headers.get("content-type", "").partition(";")[0]
        inline = "attachment" not in answer.headers.get("content-disposition", "")
        if answer.status_code == 200 and kind == media.mime and inline:
            seen = f"it is served as {kind}, not as a download"
            return Shown(seen, words=f"upload {media.name}", grave=False)
    return None


def climbs_out_of_uploads(prober: Prober) -> Shown | None:
    """A path that begins where uploads lie, and climbs out of there, is served."""
    uploaded = prober.wire.upload(Media("canary.txt", b"canary", "text/plain"))["path"]
    folder = str(PurePosixPath(uploaded).parent)
    path = f"{folder}/{os.path.relpath(prober.canary.path, folder)}"
    # Clients tidy up dots that are not escaped.
    asked = f"{prober.base}/file={quote(path).replace('..', '%2E%2E')}"
    found = prober.canary.word in prober.ask(asked).text
    return Shown("the file is served", words=f"GET /file={path}") if found else None


def calls_any_method(prober: Prober) -> Shown | None:
    """A component's own methods can be called over the network, the one that copies files too."""
    first = min(prober.app.contract.components, default=None)
    if first is None:
        return None
    body = {
        "component_id": first,
        "fn_name": "move_resource_to_block_cache",
        "data": str(prober.canary.path),
        "session_hash": "canary",
    }
    answer = prober.post(f"{prober.base}/component_server", body)
    if answer.status_code != 200 or not prober.served(str(answer.json())):
        return None
    return Shown("the file is copied and served", words=f"POST /component_server {body}")


def copies_upload(prober: Prober) -> Shown | None:
    """A path that a visitor names as an upload is copied to where uploads are served."""
    return _named_as_upload(prober, {"path": str(prober.canary.path), "meta": META})


def copies_upload_without_meta(prober: Prober) -> Shown | None:
    """So is one that does not say that it is a file."""
    return _named_as_upload(prober, {"path": str(prober.canary.path)})


def _named_as_upload(prober: Prober, value: Mapping[str, object]) -> Shown | None:
    path = prober.canary.path
    digest = hashlib.sha1(prober.canary.content).hexdigest()
    for seen, shown in prober.send(_uploads, value):
        answer = json.dumps(seen.outputs, default=str)
        if prober.read(seen):
            return dataclasses.replace(shown, seen="the file comes back")
        if seen.error is None and str(path) in answer:
            return dataclasses.replace(shown, seen="the function is given this path")
        uploaded = prober.wire.upload(Media("canary.txt", b"canary", "text/plain"))["path"]
        if prober.served(str(PurePosixPath(uploaded).parent.parent / digest / path.name)):
            return dataclasses.replace(shown, seen="the file is copied and served")
    return None


def fetches_upload(prober: Prober) -> Shown | None:
    """The server fetches what a visitor names as an upload by its address."""
    value = {"path": prober.canary.url, "meta": META}
    for _, shown in prober.send(_uploads, value):
        if prober.canary.asked:
            return dataclasses.replace(shown, seen="the server asks for this address")
    return None


def copies_path_in_json(prober: Prober) -> Shown | None:
    """A text that the app shows as JSON has the server copy the file that it names."""
    value = json.dumps({"path": str(prober.canary.path), "meta": META})
    return _text_comes_back(prober, value, frozenset(("json",)))


def serves_returned_path(prober: Prober) -> Shown | None:
    """A text that the app returns as a file is served, wherever that lies."""
    return _text_comes_back(prober, str(prober.canary.path), FILES)


def _text_comes_back(prober: Prober, value: str, shows: frozenset[str]) -> Shown | None:
    for seen, shown in prober.send(_texts, value, shows):
        if prober.read(seen):
            return dataclasses.replace(shown, seen="the file comes back")
    return None


def takes_any_choice(prober: Prober) -> Shown | None:
    """A choice that the author does not offer reaches the function."""
    for seen, shown in prober.send(_choices, prober.canary.word):
        if seen.error is None and prober.canary.word in json.dumps(seen.outputs, default=str):
            seen_there = "the function is given it, and answers with it"
            return dataclasses.replace(shown, seen=seen_there, grave=False)
    return None


def leaves_the_tree(prober: Prober) -> Shown | None:
    """A file outside the folder that the author shows is chosen."""
    path = str(prober.canary.path)
    for seen, shown in prober.send(_trees, [[path]]):
        if prober.read(seen) or (
            seen.error is None and path in json.dumps(seen.outputs, default=str)
        ):
            return dataclasses.replace(shown, seen="the function is given this file")
    return None


def _uploads(component: Component) -> bool:
    return component.type in FILES - {"gallery"} and component.props.get("file_count") in (
        None,
        "single",
    )


def _texts(component: Component) -> bool:
    return component.type == "textbox" or _choices(component)


def _choices(component: Component) -> bool:
    props = component.props
    one = not props.get("multiselect") and not props.get("allow_custom_value")
    return component.type == "dropdown" and one and bool(props.get("choices"))


def _trees(component: Component) -> bool:
    return component.type == "fileexplorer"


#: By the name of the advisory.
PROBES: Mapping[str, Probe] = {
    "CVE-2023-51449": climbs_out_of_uploads,
    "CVE-2024-1561": calls_any_method,
    "CVE-2024-1727": foreign_origin,
    "CVE-2024-1728": copies_upload,
    "CVE-2024-4941": copies_path_in_json,
    "CVE-2024-47084": foreign_origin_with_cookie,
    "CVE-2024-47165": null_origin,
    "CVE-2024-47167": fetches_upload,
    "CVE-2024-47868": serves_returned_path,
    "CVE-2024-47872": served_inline,
    "GHSA-26jh-r8g2-6fpr": takes_any_choice,
    "CVE-2024-51751": copies_upload_without_meta,
    "CVE-2026-49119": leaves_the_tree,
    "CVE-2026-59806": redirects,
}
