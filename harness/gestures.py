"""What the page sends along when a visitor clicks on something that it shows: a row, a message.

Read off the pages of Gradio 4.44, 5.49 and 6.31. Only what is there can be clicked on, so what
is sent depends on what the page holds by then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .contract import Contract, Event, Trigger
from .visit import Visit

__all__ = ["Gesture", "clickable", "gestures", "sent"]

#: Of more than so many rows, pictures or messages the first few and the last are clicked on.
MOST = 4
#: A longer text says no more to a reader.
SHORT = 80
#: What a message is changed to, beside nothing at all.
EDITED = "something else"


@dataclass(frozen=True, slots=True)
class Gesture:
    """*data* goes with the event; *picked* is put into the component first, ``...`` for nothing."""

    data: Mapping[str, Any]
    picked: Any = ...

    @property
    def told(self) -> dict[str, Any]:
        """What tells it from the others, and what is clicked on if that is short."""
        told = {key: self.data[key] for key in ("index", "liked") if key in self.data}
        value = self.data["value"]
        plain = value is None or isinstance(value, str | int | float)
        return {**told, "value": value} if plain and len(str(value)) <= SHORT else told

    def fits(self, told: Mapping[str, Any]) -> bool:
        """Whether this is the gesture that was *told*: what the app answers may be another."""
        keys = ("index", "liked", *(("value",) if "previous_value" in self.data else ()))
        return all(self.data.get(key) == told.get(key) for key in keys)


def clickable(contract: Contract, event: Event) -> bool:
    """Whether it is known what the page sends along with *event*."""
    kinds = [_kind(contract, trigger) for trigger in event.triggers]
    return bool(kinds) and all(kind in KINDS for kind in kinds)


def gestures(visit: Visit, event: Event) -> tuple[Gesture, ...]:
    """Return the ways to set *event* off by a click on what the page shows now."""
    found: list[Gesture] = []
    for trigger in event.triggers:
        component = visit.contract.components.get(trigger.component or -1)
        make = KINDS.get(_kind(visit.contract, trigger))
        if component is not None and make is not None and visit.reaches(component):
            found += make(visit.shown(component), visit.values.get(component.id))
    return tuple(found)


def sent(visit: Visit, event: Event, told: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return what the page sends along for the gesture *told*; None if it is not offered now."""
    return next((g.data for g in gestures(visit, event) if g.fits(told)), None)


def _kind(contract: Contract, trigger: Trigger) -> tuple[str, str]:
    component = contract.components.get(trigger.component or -1)
    return (component.type if component is not None else "", trigger.event)


def _some(items: Sequence[Any]) -> list[tuple[int, Any]]:
    """Return the first few of *items* and the last, each with its number."""
    numbered = list(enumerate(items))
    return numbered if len(numbered) <= MOST else [*numbered[: MOST - 1], numbered[-1]]


# -- a conversation ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Message:
    index: Any
    role: str
    content: Any
    options: Sequence[Mapping[str, Any]] = ()


def _messages(value: Any) -> list[_Message]:
    """Return the messages of a chat as its page shows them, those that hold text only."""
    found: list[_Message] = []
    for number, message in enumerate(value if isinstance(value, list) else ()):
        if isinstance(message, list | tuple):
            roles = ("user", "assistant")
            pair = zip(roles, message, strict=False)
            found += [
                _Message([number, place], role, text)
                for place, (role, text) in enumerate(pair)
                if isinstance(text, str)
            ]
        elif isinstance(message, Mapping):
            content = message.get("content")
            parts = content if isinstance(content, list) else [content]
            texts = [part.get("text") if isinstance(part, Mapping) else part for part in parts]
            role, options = str(message.get("role")), message.get("options") or ()
            found += [_Message(number, role, t, options) for t in texts if isinstance(t, str)]
    return found


def _answered(props: Mapping[str, Any], value: Any) -> Iterator[Gesture]:
    """Retry and undo: below the last answer, about the last thing that the visitor said."""
    messages = _messages(value)
    said = [message for message in messages if message.role == "user"]
    if said and messages[-1].role == "assistant":
        yield Gesture({"index": said[-1].index, "value": said[-1].content})


def _edited(props: Mapping[str, Any], value: Any) -> Iterator[Gesture]:
    roles = {"user": ("user",), "all": ("user", "assistant")}.get(str(props.get("editable")), ())
    messages = [message for message in _messages(value) if message.role in roles]
    for _, message in _some(messages):
        for text in (EDITED, ""):
            yield Gesture(
                {"index": message.index, "value": text, "previous_value": message.content}
            )


def _liked(props: Mapping[str, Any], value: Any) -> Iterator[Gesture]:
    answers = [message for message in _messages(value) if message.role == "assistant"]
    named = props.get("feedback_options") or ("Like", "Dislike")
    for _, message in _some(answers):
        whole = message.content if isinstance(message.index, list) else [message.content]
        for name in named:
            liked = {"Like": True, "Dislike": False}.get(name, name)
            yield Gesture({"index": message.index, "value": whole, "liked": liked})


def _message(props: Mapping[str, Any], value: Any) -> Iterator[Gesture]:
    for _, message in _some(_messages(value)):
        yield Gesture({"index": message.index, "value": message.content})


def _option(props: Mapping[str, Any], value: Any) -> Iterator[Gesture]:
    messages = _messages(value)
    if messages and messages[-1].role == "assistant":
        for number, option in _some(messages[-1].options):
            yield Gesture({"index": number, "value": option.get("value")})


def _example(props: Mapping[str, Any], value: Any) -> Iterator[Gesture]:
    for number, example in _some(props.get("examples") or ()) if not value else ():
        said = {"text": example} if isinstance(example, str) else example
        shown = {key: said[key] for key in ("text", "files") if said.get(key) is not None}
        yield Gesture({"index": number, "value": shown})


# -- tables, lists, choices ----------------------------------------------------------------


def _cell(props: Mapping[str, Any], value: Any) -> Iterator[Gesture]:
    rows = value.get("data") or () if isinstance(value, Mapping) else ()
    for number, row in _some(rows):
        for column, cell in _some(row):
            yield Gesture(
                {
                    "index": [number, column],
                    "value": cell,
                    "row_value": row,
                    "col_value": [one[column] for one in rows if column < len(one)],
                }
            )


def _item(props: Mapping[str, Any], value: Any) -> Iterator[Gesture]:
    for number, item in _some(value if isinstance(value, list) else ()):
        yield Gesture({"index": number, "value": item})


def _point(props: Mapping[str, Any], value: Any) -> Iterator[Gesture]:
    if value is not None:
        yield Gesture({"index": [0, 0], "value": None})


def _token(props: Mapping[str, Any], value: Any) -> Iterator[Gesture]:
    for number, part in _some(value if isinstance(value, list) else ()):
        yield Gesture(
            {"index": number, "value": [part.get("token"), part.get("class_or_confidence")]}
        )


def _label(props: Mapping[str, Any], value: Any) -> Iterator[Gesture]:
    known = value.get("confidences") or () if isinstance(value, Mapping) else ()
    for number, one in _some(known):
        yield Gesture({"index": number, "value": one.get("label")})


def _sample(props: Mapping[str, Any], value: Any) -> Iterator[Gesture]:
    for number, row in _some(props.get("samples") or ()):
        yield Gesture({"index": number, "value": row}, picked=number)


def _choices(props: Mapping[str, Any]) -> list[Any]:
    known = props.get("choices") or ()
    return [c[1] if isinstance(c, list | tuple) and len(c) == 2 else c for c in known]


def _choice(props: Mapping[str, Any], value: Any) -> Iterator[Gesture]:
    for number, choice in _some(_choices(props)):
        picked = [choice] if props.get("multiselect") else choice
        yield Gesture({"index": number, "value": choice, "selected": True}, picked=picked)


def _radio(props: Mapping[str, Any], value: Any) -> Iterator[Gesture]:
    for number, choice in _some(_choices(props)):
        yield Gesture({"index": number, "value": choice}, picked=choice)


def _ticked(props: Mapping[str, Any], value: Any) -> Iterator[Gesture]:
    """Each choice ticked; what is ticked already is taken away."""
    ticked = list(value or ())
    for number, choice in _some(_choices(props)):
        rest = [one for one in ticked if one != choice]
        on = choice not in ticked
        picked = [*ticked, choice] if on else rest
        yield Gesture({"index": number, "value": choice, "selected": on}, picked=picked)


#: By the type of what is clicked on and the name of the event.
KINDS: Mapping[tuple[str, str], Callable[[Mapping[str, Any], Any], Iterator[Gesture]]] = {
    ("chatbot", "retry"): _answered,
    ("chatbot", "undo"): _answered,
    ("chatbot", "edit"): _edited,
    ("chatbot", "like"): _liked,
    ("chatbot", "select"): _message,
    ("chatbot", "option_select"): _option,
    ("chatbot", "example_select"): _example,
    ("dataframe", "select"): _cell,
    ("gallery", "select"): _item,
    ("highlightedtext", "select"): _token,
    ("image", "select"): _point,
    ("label", "select"): _label,
    ("dataset", "select"): _sample,
    ("dropdown", "select"): _choice,
    ("radio", "select"): _radio,
    ("checkboxgroup", "select"): _ticked,
}
