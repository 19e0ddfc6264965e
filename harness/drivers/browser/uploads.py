"""Files given to a component by hand, and waited for until the page shows them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import FilePayload, Locator, Response

from ...contract import Component
from ...errors import CannotDrive
from ...observation import Media
from .page import OpenPage

__all__ = ["choose_files", "choose_outside", "lay_picture", "payload", "uploaded"]

#: What a component shows once it has taken a file.
SHOWN = {
    "image": "img",
    "audio": '[aria-label="Play"], [aria-label*="lay"], audio',
    "video": "video",
    "file": ".file-preview",
    "gallery": ".thumbnail-item, .thumbnail-lg, img",
    "model3d": "canvas",
}


def choose_files(page: OpenPage, node: Locator, component: Component, value: Any) -> None:
    """Choose files, and wait until the page has sent them to the app and shows them."""
    clear = node.locator('[aria-label="Clear"], [aria-label="Remove Image"]').first
    if clear.count() and clear.is_visible():
        clear.click()
    if value is None or value == []:
        return
    files = payload(component, value)
    with page.page.expect_response(uploaded):
        node.locator("input[type=file]").first.set_input_files(files)
    node.locator(SHOWN[component.type]).first.wait_for(state="attached")


def choose_outside(page: OpenPage, node: Locator, component: Component, value: Any) -> None:
    """Choose files for a button that asks for them in a window of the system's."""
    files = payload(component, value)
    with page.page.expect_response(uploaded):
        with page.page.expect_file_chooser() as chosen:
            node.click()
        chosen.value.set_files(files)
    page.pause(0.1)


def lay_picture(page: OpenPage, node: Locator, component: Component, value: Any) -> None:
    """Lay a picture under the editor; it is uploaded only when the event is set off."""
    if isinstance(value, Mapping):
        value = value.get("background") or value.get("composite")
    node.locator("canvas").first.wait_for(state="attached", timeout=20_000)
    node.locator("input[type=file]").first.set_input_files(payload(component, value))
    page.pause(1.0)


def payload(component: Component, value: Any) -> list[FilePayload]:
    """Return *value*'s files as Playwright takes them; raises CannotDrive if it has none."""
    files = list(_files(value))
    if not files:
        raise CannotDrive(component.label, "it takes files, and was given none to choose")
    return [{"name": f.name, "mimeType": f.mime, "buffer": f.content} for f in files]


def _files(value: Any) -> Iterator[Media]:
    if isinstance(value, Media):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _files(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _files(item)


def uploaded(response: Response) -> bool:
    """Whether *response* ends the sending of a file."""
    return urlsplit(response.url).path.endswith("/upload")
