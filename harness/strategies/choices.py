"""What is picked from a list: the page sends the value, never the label."""

from __future__ import annotations

import datetime as dt
from typing import Any

from hypothesis import strategies as st

from ..clues import Clues
from ..contract import Component
from .text import words

__all__ = [
    "allowed",
    "checkbox",
    "checkboxgroup",
    "colorpicker",
    "dataset",
    "datetime",
    "dropdown",
    "radio",
]


def allowed(component: Component) -> list[Any]:
    """Return the values of the component's choices."""
    return [
        choice[1] if isinstance(choice, list | tuple) and len(choice) == 2 else choice
        for choice in component.props.get("choices") or ()
    ]


def checkbox(component: Component, clues: Clues) -> st.SearchStrategy[Any]:
    """Ticked or not."""
    return st.booleans()


def checkboxgroup(component: Component, clues: Clues) -> st.SearchStrategy[Any]:
    """Any of the choices, each at most once, in the order ticked."""
    known = allowed(component)
    picked: st.SearchStrategy[Any] = (
        st.just(known)
        | st.lists(st.sampled_from(range(len(known))), unique=True).map(
            lambda rows: [known[row] for row in rows]
        )
        if known
        else st.just([])
    )
    return picked


def radio(component: Component, clues: Clues) -> st.SearchStrategy[Any]:
    """One of the choices; nothing only where nothing is chosen at first."""
    return _one(component, allowed(component))


def dropdown(component: Component, clues: Clues) -> st.SearchStrategy[Any]:
    """One or several of the choices, or a text of one's own where the author allows it."""
    known = allowed(component)
    own = words(60, lines=False).filter(bool) if component.props.get("allow_custom_value") else None
    if component.props.get("multiselect"):
        most = component.props.get("max_choices") or None
        one: st.SearchStrategy[Any] = st.sampled_from(known) if known else st.nothing()
        if own is not None:
            one = one | own
        if not known and own is None:
            return st.just([])
        some = st.lists(one, unique_by=repr, max_size=min(most or 6, 6))
        return some | st.just(known[:most] if most else known) if known else some
    return _one(component, known) if own is None else _one(component, known) | own


def _one(component: Component, known: list[Any]) -> st.SearchStrategy[Any]:
    none = st.none() if component.value in (None, []) else st.nothing()
    if not known:
        return st.just(component.value)
    return st.sampled_from(known) | none


def colorpicker(component: Component, clues: Clues) -> st.SearchStrategy[Any]:
    """``#rrggbb``, as the picker sends it; Gradio 5's sends what it computes when dragged."""
    written = st.integers(0, 0xFFFFFF).map(lambda n: f"#{n:06x}")
    if clues.major != "5":
        return written
    part = st.sampled_from((0, 255, 127.5, 63.75))
    return written | st.builds(lambda r, g, b: f"rgba({r}, {g}, {b}, 1)", part, part, part)


def datetime(component: Component, clues: Clues) -> st.SearchStrategy[Any]:
    """A moment as the field takes it, ``now`` less some time, and nothing at all.

    The page wants digits in their places, no offset, and does not look whether there is such a
    day. Where a day that is not there gets to the author, as text, it is drawn.
    """
    timed = component.props.get("include_time", True)
    pattern = "%Y-%m-%d %H:%M:%S" if timed else "%Y-%m-%d"
    moments = st.datetimes(dt.datetime(1971, 1, 1), dt.datetime(2099, 12, 31))
    known = [*MOMENTS]
    if component.props.get("type") != "timestamp" and not component.props.get("timezone"):
        known += FAR
    if component.props.get("type") == "string":
        known += IMPOSSIBLE
    drawn = moments.map(lambda moment: moment.strftime(pattern))
    now = st.sampled_from(("now", "now - 1d", "now - 90m", "now-3600s"))
    edges = st.sampled_from([k if timed else k[:10] for k in known])
    return edges | drawn | now | st.none()


#: A leap day, the end of a year, the beginning of the clock, the night in which it changes.
MOMENTS = (
    "2024-02-29 00:00:00",
    "1999-12-31 23:59:59",
    "1970-01-01 00:00:00",
    "2024-03-31 02:30:00",
    "2038-01-19 03:14:08",
)
FAR = ("0001-01-01 00:00:00", "1582-10-10 12:00:00", "9999-12-31 23:59:59")
IMPOSSIBLE = ("2023-02-29 00:00:00", "2024-13-01 00:00:00", "2024-01-01 24:00:00")


def dataset(component: Component, clues: Clues) -> st.SearchStrategy[Any]:
    """The number of a row of the author's examples."""
    rows = len(component.props.get("samples") or ())
    return st.sampled_from(range(rows)) if rows else st.just(None)
