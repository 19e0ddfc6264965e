"""How a hand sets each kind of component: one function a kind, (page, node, component, value)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from playwright.sync_api import Locator

from ...contract import Component
from ...errors import CannotDrive
from .page import OpenPage
from .uploads import choose_files, choose_outside, lay_picture, payload, uploaded

__all__ = ["SETTERS"]


def _type(page: OpenPage, node: Locator, component: Component, value: Any) -> None:
    node.locator("textarea, input").first.fill(_text(value))


def _number(page: OpenPage, node: Locator, component: Component, value: Any) -> None:
    field = node.locator("input[type=number]").first
    field.fill("" if value is None else json.dumps(value))
    field.press("Tab")


def _checkbox(page: OpenPage, node: Locator, component: Component, value: Any) -> None:
    node.locator("input").first.set_checked(bool(value))


def _checkboxes(page: OpenPage, node: Locator, component: Component, value: Any) -> None:
    wanted = [_position(component, item) for item in value or ()]
    boxes = node.locator("input[type=checkbox]:not([data-select-all])")
    extra = boxes.count() - len(component.props.get("choices") or ())  # "select all" comes first
    for place in range(extra, boxes.count()):
        boxes.nth(place).set_checked(place - extra in wanted)


def _radio(page: OpenPage, node: Locator, component: Component, value: Any) -> None:
    node.locator("input").nth(_position(component, value)).check()


def _dropdown(page: OpenPage, node: Locator, component: Component, value: Any) -> None:
    field = node.locator("input").first
    if component.props.get("multiselect"):
        _clear_tokens(node, field)
        for item in value or ():
            _pick(page, field, component, item)
        field.press("Escape")
        field.press("Tab")
    else:
        _pick(page, field, component, value)


def _clear_tokens(node: Locator, field: Locator) -> None:
    field.click()
    for _ in range(node.locator(".token").count()):
        field.press("Backspace")


def _pick(page: OpenPage, field: Locator, component: Component, value: Any) -> None:
    choices = [choice[1] for choice in component.props.get("choices") or ()]
    if value not in choices:
        if not component.props.get("allow_custom_value"):
            raise CannotDrive(component.label, f"it does not offer {value!r}")
        field.fill(_text(value))
        field.press("Enter")
        return
    option = page.page.locator(f"[role=option][data-index='{choices.index(value)}']").first
    if not option.is_visible():
        field.click()
    option.click()


def _multimodal(page: OpenPage, node: Locator, component: Component, value: Any) -> None:
    value = value or {}
    shown = node.locator('[aria-label="Remove file"], .delete-button')
    while shown.count():
        shown.first.click()
    if value.get("files"):
        with page.page.expect_response(uploaded):
            files = payload(component, value["files"])
            node.locator("input[type=file]").first.set_input_files(files)
        node.locator(".thumbnail-item").first.wait_for(state="attached")
    node.locator("textarea").first.fill(_text(value.get("text")))


def _table(page: OpenPage, node: Locator, component: Component, value: Any) -> None:
    rows = value.get("data", ()) if isinstance(value, Mapping) else value
    held = page.held.get(component.id) or {}
    before = held.get("data", ()) if isinstance(held, Mapping) else held
    if [len(row) for row in before] != [len(row) for row in rows]:
        raise CannotDrive(component.label, "its cells can be typed into, its size not changed")
    for place, row in enumerate(rows):
        for column, cell in enumerate(row):
            if cell != before[place][column]:
                _cell(page, node, place, column, _text(cell))


def _cell(page: OpenPage, node: Locator, row: int, column: int, text: str) -> None:
    spot = node.locator(f'[data-row="{row}"][data-col="{column}"]').last
    if not spot.count():  # Gradio 4 has no such marks, and draws a hidden table to measure
        spot = node.locator("tbody").last.locator("tr").nth(row).locator("td").nth(column)
    spot.dblclick()
    field = node.locator("td input, td textarea, [role=gridcell] textarea, [role=textbox]").last
    field.fill(text)
    field.press("Enter")


def _code(page: OpenPage, node: Locator, component: Component, value: Any) -> None:
    node.locator(".cm-content").first.fill(_text(value))


def _colour(page: OpenPage, node: Locator, component: Component, value: Any) -> None:
    plain = node.locator("input[type=color]")
    if plain.count():
        plain.first.fill(_text(value))
        return
    node.locator(".dialog-button").first.click()
    field = node.locator("input[type=text]").last
    field.fill(_text(value))
    field.press("Enter")
    node.locator(".dialog-button").first.click()


def _date(page: OpenPage, node: Locator, component: Component, value: Any) -> None:
    field = node.locator("input.time").first
    field.fill(_text(value))
    field.press("Enter")


def _position(component: Component, value: Any) -> int:
    """Return the place of *value* among the choices; labels may repeat, places do not."""
    choices = [choice[1] for choice in component.props.get("choices") or ()]
    if value not in choices:
        raise CannotDrive(component.label, f"it does not offer {value!r}")
    return choices.index(value)


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


Setter = Callable[[OpenPage, Locator, Component, Any], None]

SETTERS: Mapping[str, Setter] = {
    "textbox": _type,
    "number": _number,
    "slider": _number,
    "checkbox": _checkbox,
    "checkboxgroup": _checkboxes,
    "radio": _radio,
    "dropdown": _dropdown,
    "image": choose_files,
    "audio": choose_files,
    "video": choose_files,
    "file": choose_files,
    "gallery": choose_files,
    "model3d": choose_files,
    "imageeditor": lay_picture,
    "uploadbutton": choose_outside,
    "multimodaltextbox": _multimodal,
    "dataframe": _table,
    "code": _code,
    "colorpicker": _colour,
    "datetime": _date,
}
