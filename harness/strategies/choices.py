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
        st.lists(st.sampled_from(range(len(known))), unique=True).map(
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
        return st.lists(one, unique_by=repr, max_size=most or 6)
    return _one(component, known) if own is None else _one(component, known) | own


def _one(component: Component, known: list[Any]) -> st.SearchStrategy[Any]:
    none = st.none() if component.value in (None, []) else st.nothing()
    if not known:
        return st.just(component.value)
    return st.sampled_from(known) | none


def colorpicker(component: Component, clues: Clues) -> st.SearchStrategy[Any]:
    """``#rrggbb``, as the picker sends it."""
    return st.integers(0, 0xFFFFFF).map(lambda n: f"#{n:06x}")


def datetime(component: Component, clues: Clues) -> st.SearchStrategy[Any]:
    """A moment as the field shows it, and nothing at all."""
    timed = component.props.get("include_time", True)
    pattern = "%Y-%m-%d %H:%M:%S" if timed else "%Y-%m-%d"
    moments = st.datetimes(dt.datetime(1971, 1, 1), dt.datetime(2099, 12, 31))
    known = ["2024-02-29 00:00:00", "1999-12-31 23:59:59"]
    drawn = moments.map(lambda moment: moment.strftime(pattern))
    return st.sampled_from([k if timed else k[:10] for k in known]) | drawn | st.none()


def dataset(component: Component, clues: Clues) -> st.SearchStrategy[Any]:
    """The number of a row of the author's examples."""
    rows = len(component.props.get("samples") or ())
    return st.sampled_from(range(rows)) if rows else st.just(None)
