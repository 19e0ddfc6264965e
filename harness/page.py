"""What one page of an app showed a visitor who opened it: pure data, no behaviour."""

from __future__ import annotations

from dataclasses import dataclass

from .contract import Component, Event
from .observation import Observation
from .rows import Screenshot

__all__ = ["ConsoleError", "EmptyPart", "Missing", "PageError", "PageVisit"]


@dataclass(frozen=True, slots=True)
class ConsoleError:
    """One line written by ``console.error``, and the script that wrote it."""

    text: str
    url: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class PageError:
    """One exception that nothing in the page caught."""

    name: str
    message: str
    stack: str = ""


@dataclass(frozen=True, slots=True)
class Missing:
    """One address of the app itself that answered with an error status."""

    url: str
    status: int


@dataclass(frozen=True, slots=True)
class EmptyPart:
    """A part of the page that stays empty because the event that should fill it failed."""

    what: str
    observation: Observation


@dataclass(frozen=True, slots=True)
class PageVisit:
    """One page, opened once by a visitor who then looks into its tabs and accordions.

    *seconds* is the time until Gradio had mounted and the load events had ended. *missing*
    and *failed* are requests to the app itself, *external* the other hosts that the page
    asks, *unreachable* the scripts of theirs that it did not get.

    *rendered* and *absent* are the visible components with and without a node that shows,
    *unsought* those that were not looked for: in a tab whose opening sets off an event, or
    with nothing that tells them apart on the page of an app that runs elsewhere.
    *withheld* are the events that opening it would have set off, had they not been left out;
    *observations* are what the page set off by itself. *folder* is the app's.
    """

    page: str
    url: str
    status: int
    seconds: float
    title: str
    mounted: bool
    console_errors: tuple[ConsoleError, ...] = ()
    page_errors: tuple[PageError, ...] = ()
    missing: tuple[Missing, ...] = ()
    failed: tuple[str, ...] = ()
    external: tuple[str, ...] = ()
    unreachable: tuple[str, ...] = ()
    rendered: tuple[Component, ...] = ()
    absent: tuple[Component, ...] = ()
    unsought: tuple[Component, ...] = ()
    withheld: tuple[Event, ...] = ()
    observations: tuple[Observation, ...] = ()
    empty: tuple[EmptyPart, ...] = ()
    screenshot: Screenshot | None = None
    folder: str = ""
