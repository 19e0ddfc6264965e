"""What a hand does to set an event off, other than setting a value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from playwright.sync_api import Locator

from ...contract import Component, Event, Trigger
from ...errors import CannotDrive
from ...observation import Call

__all__ = ["ABSENT", "GESTURES", "SETTING", "easiest", "value_for"]


def _press_enter(node: Locator, component: Component) -> None:
    field = node.locator("textarea, input").first
    many = component.type == "textbox" and int(component.props.get("lines") or 1) > 1
    field.press("Shift+Enter" if many else "Enter")


#: What the visitor does for each event that is not the setting of a value.
GESTURES: Mapping[str, Callable[[Locator, Component], None]] = {
    "click": lambda node, _: node.click(),
    "submit": _press_enter,
    "focus": lambda node, _: node.locator("textarea, input").first.focus(),
    "blur": lambda node, _: node.locator("textarea, input").first.press("Tab"),
}
#: Events that the setting of a value sets off.
SETTING = ("change", "input", "upload", "release", "select")
PREFERRED = ("click", "submit", *SETTING, "blur", "focus", "tick", "load")
ABSENT = object()


def easiest(event: Event, wanted: int | None) -> Trigger:
    """Return the way to set *event* off that a hand finds easiest."""
    known = [t for t in event.triggers if wanted is None or t.component == wanted]
    for name in PREFERRED:
        for trigger in known:
            if trigger.event == name and (trigger.component is not None or name == "load"):
                return trigger
    ways = ", ".join(map(str, known)) or "nothing"
    raise CannotDrive(event.label, f"{ways} sets it off, which no hand on the page can do")


def value_for(trigger: Trigger, event: Event, call: Call) -> Any:
    """Return what the call gives to the component that sets the event off; ABSENT if nothing."""
    pairs = zip(event.inputs, call.inputs, strict=False)
    return next((v for p, v in pairs if p.component.id == trigger.component), ABSENT)
