"""Which events of a contract are set off by generated visitors, and why the others are not."""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence
from dataclasses import dataclass

from .contract import Contract, Event, Function
from .errors import OptionError, choices
from .gestures import clickable
from .rows import Skipped
from .schema import understood

__all__ = ["Plan", "matches", "plan", "unfit"]

#: Set off by what a visitor does to something already there: a row, a message, a stroke.
NEEDS_DATA = frozenset(
    ("select", "like", "edit", "undo", "retry", "copy", "option_select", "example_select")
)
CLICKED = "needs to know what the visitor clicked on (event data)"
GRADIO_OWN = ("gradio.flagging", "gradio.helpers", "gradio.components", "gradio.events")
#: Where the buttons of a ``gr.ChatInterface`` lead: to the author's function, as a message does.
CHAT = "gradio.chat_interface"


@dataclass(frozen=True, slots=True)
class Plan:
    """*roots* are set off one by one, each with its chain; *skipped* says why others are not.

    *clicked* are roots, too, where what is sent depends on what the visitor clicks on, and
    *beside* what a conversation offers of itself: retry, undo, edit; *live* ones are fed by a
    camera or a microphone, frame by frame. *driven* are the indices
    of all events that may be called, *include* and *exclude* what the user typed.
    """

    roots: tuple[Event, ...]
    skipped: tuple[Skipped, ...]
    driven: frozenset[int]
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    clicked: tuple[Event, ...] = ()
    beside: tuple[Event, ...] = ()
    live: tuple[Event, ...] = ()

    @property
    def explored(self) -> tuple[Event, ...]:
        """All that is set off one by one to find defects."""
        return (*self.roots, *self.clicked, *self.live)


def plan(
    contract: Contract,
    *,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    local: bool = True,
) -> Plan:
    """Return the plan for *contract*.

    *include* and *exclude* are labels or API names, with ``*`` for any characters. Who includes
    one event of a chain includes the chain, for a visitor sets it off as a whole, and the page
    loads and examples that fill what it reads. On an app that is not *local*, only included
    events are called: somebody else pays for the calls.
    Raises OptionError for a name that fits no event.
    """
    for pattern in (*include, *exclude):
        if not any(matches(pattern, event) for event in contract.events):
            labels = [event.label for event in contract.events]
            raise OptionError(f"no event {pattern!r} in this app. {choices(pattern, labels)}")

    return _Planning(contract, tuple(include), tuple(exclude), local=local).plan()


class _Planning:
    """The events of a contract, one after the other put where they are set off."""

    def __init__(
        self,
        contract: Contract,
        include: tuple[str, ...],
        exclude: tuple[str, ...],
        *,
        local: bool,
    ) -> None:
        self.contract, self.include, self.exclude, self.local = contract, include, exclude, local
        self.asked = frozenset(e.index for e in contract.events if self._chosen(e))
        self.feeders = frozenset(e.index for e in contract.events if include and self._feeds(e))
        self.roots: list[Event] = []
        self.clicked: list[Event] = []
        self.beside: list[Event] = []
        self.live: list[Event] = []

    def plan(self) -> Plan:
        """Return what came of it."""
        reasons = [(event.label, self._placed(event)) for event in self.contract.events]
        return Plan(
            tuple(self.roots),
            tuple(Skipped(label, why) for label, why in reasons if why is not None),
            self.asked | self.feeders,
            self.include,
            self.exclude,
            tuple(self.clicked),
            tuple(self.beside),
            tuple(self.live),
        )

    def _placed(self, event: Event) -> str | None:
        """Put *event* where it belongs; return why it is not set off, None if it is."""
        head, why = self.contract.root(event), self._why_not(event)
        if why in (None, CLICKED) and _of_chat(head):
            self.beside += [event] if head is event else []
            return None
        if why == CLICKED and clickable(self.contract, event):
            self.clicked.append(event)
            return None
        if why is None and head is event:
            (self.live if event.connection == "stream" else self.roots).append(event)
        elif why is None:
            why = self._before(head)
        return why if why is not None or event.backend else _in_the_page(event)

    def _before(self, head: Event) -> str | None:
        """Return why what follows *head* is not set off, None if it is."""
        why = self._why_not(head)
        if why is None or (why == CLICKED and clickable(self.contract, head)):
            return None
        return f"follows {head.label}, which is not set off: {why}"

    def _why_not(self, event: Event) -> str | None:
        """Return None for an event to set off, by itself or in its chain, else why not."""
        if event.index in self.feeders:
            return "set off only to fill what an included event reads"
        if not any(member.backend for member in self.contract.chain(event)):
            return _in_the_page(event)
        if event.index not in self.asked:
            if not self.local:
                return "the app runs elsewhere: name the event with --app-include to have it called"
            return "left out by --app-include or --app-exclude"
        return None if event.after is not None else _beyond(self.contract, event)

    def _chosen(self, event: Event) -> bool:
        if self._excluded(event):
            return False
        if self.local and not self.include:
            return True
        chain = self.contract.chain(self.contract.root(event))
        return any(matches(pattern, member) for pattern in self.include for member in chain)

    def _excluded(self, event: Event) -> bool:
        return any(matches(pattern, event) for pattern in self.exclude)

    def _feeds(self, event: Event) -> bool:
        """Whether the page fills an input of an asked event by *event*: a load, an example."""
        if self._excluded(event) or event.index in self.asked or event.after is not None:
            return False
        by_itself = any(trigger.event == "load" for trigger in event.triggers)
        by_example = event.function is not None and event.function.name == "load_example"
        asked = (other for other in self.contract.events if other.index in self.asked)
        reads = {parameter.component.id for other in asked for parameter in other.inputs}
        return (by_itself or by_example) and any(c.id in reads for c in event.outputs)


def matches(pattern: str, event: Event) -> bool:
    """Whether *pattern* names the event by its label or its API name."""
    names = (event.label, event.api_name or event.label, f"/{event.api_name}")
    return any(name == pattern or fnmatch.fnmatchcase(name, pattern) for name in names)


def _in_the_page(event: Event) -> str:
    """Say what an event without a function of the app does."""
    if event.cancels and not event.javascript:
        return "only stops other events (cancels=…); it has no function of its own"
    return "runs in the page only (JavaScript); nothing of it reaches the app"


def _beyond(contract: Contract, event: Event) -> str | None:
    """Return why a visitor, or one without a browser, does not set off this head of a chain."""
    why = unfit(contract, event)
    if why is None and event.triggers and not event.reachable:
        return "hidden or switched off when the page opens; no visitor can set it off first"
    return why


def unfit(contract: Contract, event: Event) -> str | None:
    """Return why *event* is not set off whatever the page shows by then; None if it may be."""
    function = event.function
    if function is not None and function.builtin and _gradio_own(function):
        return f"runs Gradio's own {function.name}, no code of the app"
    names = {trigger.event for trigger in event.triggers}
    if not event.triggers:
        return _uncallable(event) if event.api_name else "nothing on the page sets it off"
    if names <= {"unload"}:
        return "runs when a visitor leaves; its outcome reaches nobody"
    if names == {"stream"} and not recordable(event):
        return "takes a live stream that is not driven: no pictures or sound"
    if event.collects_event_data or names <= NEEDS_DATA:
        return CLICKED
    if event.backend and event.javascript and event.inputs:
        return "a script of the page makes its inputs (js=…); only the page can set it off"
    sources = [contract.components.get(t.component or -1) for t in event.triggers]
    if all(s is not None and s.type == "dataset" and not s.props.get("samples") for s in sources):
        return "its table of examples is empty when the page opens: nothing to click on"
    return None


def recordable(event: Event) -> bool:
    """Whether all that comes live to *event* are pictures or sound."""
    kinds = [event.inputs[place].component.type for place in event.live]
    return bool(kinds) and {*kinds} <= {"image", "audio"}


def _uncallable(event: Event) -> str | None:
    """Return why an endpoint without a page is not called: nobody knows what to send."""
    vague = [
        parameter.name
        for parameter in event.inputs
        if parameter.component.type == "api"
        and parameter.required
        and not understood(parameter.component.schema or {})
    ]
    if not vague:
        return None
    return f"the type hint of {', '.join(vague)} does not say what callers of the API send"


def _of_chat(event: Event) -> bool:
    """Whether *event* is a button that every ``gr.ChatInterface`` has below its messages."""
    names = {trigger.event for trigger in event.triggers}
    own = event.function is not None and event.function.module == CHAT
    return own and bool(names) and names <= NEEDS_DATA


def _gradio_own(function: Function) -> bool:
    return function.module.startswith(GRADIO_OWN) or function.name in ("flag", "load_example")
