"""When the page shows what has come: looked at in every frame that the browser draws."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from playwright.sync_api import Page

from ...painted import Frame
from .nodes import evaluated

__all__ = ["begin", "end"]

#: Looks at the nodes of these ids before each frame; notes those in which they show something
#: else. What Gradio lays over them (a spinner, seconds, "Error") is no part of what they show.
BEGIN = """ids => {
  const state = window.__gradioHarnessPaint = {frames: [], on: true};
  const note = text => state.frames.push({at: performance.now(), size: text.length});
  const shown = id => {
    const node = document.getElementById(id);
    if (!node) return "";
    const fields = [...node.querySelectorAll("textarea, input")].map(field => field.value);
    const media = [...node.querySelectorAll("img, video, audio")].map(one => one.src);
    let text = node.textContent;
    for (const cover of node.querySelectorAll('[data-testid="status-tracker"]'))
      text = text.replace(cover.textContent, "");
    return [...fields, text, ...media].join("\\n").trim();
  };
  let before = ids.map(shown).join("\\n");
  note(before);
  const look = () => {
    if (!state.on) return;
    const now = ids.map(shown).join("\\n");
    if (now !== before) note(now);
    before = now;
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}"""

END = """() => {
  const state = window.__gradioHarnessPaint;
  if (state) state.on = false;
  return state ? state.frames : [];
}"""


def begin(page: Page, ids: Sequence[str]) -> None:
    """Look at the nodes of these *ids* from now on."""
    evaluated(page, BEGIN, list(ids))


def end(page: Page, clock: Callable[[float], float]) -> tuple[Frame, ...]:
    """Return how it was then, and the frames in which something changed, by our *clock*."""
    frames: list[dict[str, Any]] = evaluated(page, END) or []
    return tuple(Frame(clock(frame["at"]), int(frame["size"])) for frame in frames)
