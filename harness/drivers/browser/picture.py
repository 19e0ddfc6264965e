"""A picture of a page, taken when it has stopped moving."""

from __future__ import annotations

import base64
import struct
import time

from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page

from ...rows import Screenshot
from .nodes import evaluated

__all__ = ["HEIGHT", "TALL", "WIDTH", "picture"]

WIDTH, HEIGHT, MOST_HEIGHT = 1280, 720, 2000
SHOTS = 4
#: After that the last picture will do: what draws without a graphics card is slow.
SHOT_SECONDS = 10

FONTS = "() => Promise.race([document.fonts.ready, new Promise(r => setTimeout(r, 3000))]).then()"
TALL = "() => Math.max(document.body.scrollHeight, document.documentElement.scrollHeight)"


def picture(page: Page, path: str) -> Screenshot | None:
    """Return a picture of *page* that came out twice alike; the last of four otherwise."""
    evaluated(page, FONTS)
    height = min(int(evaluated(page, TALL) or HEIGHT), MOST_HEIGHT)
    before = None
    limit = time.monotonic() + SHOT_SECONDS
    for _ in range(SHOTS):
        try:
            png = page.screenshot(
                full_page=True,
                clip={"x": 0, "y": 0, "width": WIDTH, "height": max(height, HEIGHT)},
                animations="disabled",
                caret="hide",
                scale="css",
                timeout=SHOT_SECONDS * 1000,
            )
        except PlaywrightError:
            return None
        if png == before or time.monotonic() > limit:
            break
        before = png
    width, tall = struct.unpack(">II", png[16:24])
    shown = f"/{path}"
    return Screenshot(path, f"{shown} as opened", base64.b64encode(png).decode(), width, tall)
