"""Outlines and what changed between two of them: on synthetic contracts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradio_harness.contract import read
from gradio_harness.difference import Change, difference
from gradio_harness.outline import Endpoint, Field, Outline, outline

PLACE = Field("place", "string")
DAYS = Field("days", "number", required=False, default=3, minimum=0, maximum=10)
STYLE = Field("style", "string", choices=("short", "long"))
PLAN = Endpoint("plan", "plan", (PLACE, DAYS, STYLE), ("string", "file"), streams=True)
OTHER = Endpoint("greet", "greet", (PLACE,), ("string",))


def told(after: Endpoint, before: Endpoint = PLAN) -> list[tuple[str, str, bool]]:
    """Return kind, name and whether it breaks of what became of one endpoint beside another."""
    old, new = Outline("6", (OTHER, before)), Outline("6", (after, OTHER))
    return [(c.kind, c.name, c.breaks) for c in difference(old, new)]


def plan(*inputs: Field, **more: Any) -> Endpoint:
    return replace(PLAN, inputs=inputs, **more)


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (PLAN, []),
        (replace(PLAN, name="trip", event="trip"), [("endpoint renamed", "", True)]),
        (
            Endpoint("trip", "trip", (DAYS,), ("string",)),
            [("endpoint gone", "/plan", True), ("endpoint new", "/trip", False)],
        ),
        (replace(PLAN, public=False), [("endpoint no longer documented", "/plan", False)]),
        (plan(PLACE, DAYS), [("parameter gone", "style", True)]),
        (plan(replace(PLACE, name="town"), DAYS, STYLE), [("parameter renamed", "", True)]),
        (
            plan(replace(PLACE, name="age", type="number"), DAYS, STYLE),
            [("parameter gone", "place", True), ("new required parameter", "age", True)],
        ),
        (
            plan(PLACE, DAYS, STYLE, Field("age", "number")),
            [("new required parameter", "age", True)],
        ),
        (
            plan(PLACE, DAYS, STYLE, Field("age", "number", required=False)),
            [("new parameter", "age", False)],
        ),
        (
            plan(PLACE, Field("age", "number", required=False), DAYS, STYLE),
            [("new parameter", "age", False), ("parameters in another order", "", True)],
        ),
        (plan(DAYS, PLACE, STYLE), [("parameters in another order", "", True)]),
        (plan(replace(PLACE, type="number"), DAYS, STYLE), [("type changed", "place", True)]),
        (plan(replace(PLACE, type="any"), DAYS, STYLE), []),
        (plan(PLACE, replace(DAYS, required=True), STYLE), [("default gone", "days", True)]),
        (plan(PLACE, replace(DAYS, default=4), STYLE), [("default changed", "days", False)]),
        (plan(PLACE, replace(DAYS, default=3.0), STYLE), []),
        (
            plan(replace(PLACE, required=False), DAYS, STYLE),
            [("has a default now", "place", False)],
        ),
        (plan(PLACE, replace(DAYS, maximum=5), STYLE), [("narrower range", "days", True)]),
        (
            plan(PLACE, replace(DAYS, minimum=1, maximum=20), STYLE),
            [("narrower range", "days", True)],
        ),
        (plan(PLACE, replace(DAYS, maximum=None), STYLE), [("wider range", "days", False)]),
        (
            plan(PLACE, DAYS, replace(STYLE, choices=("short", "full"))),
            [("choices gone", "style", True), ("more choices", "style", False)],
        ),
        (plan(PLACE, DAYS, replace(STYLE, choices=("long", "short"))), []),
        (plan(PLACE, DAYS, replace(STYLE, choices=None)), [("any choice now", "style", False)]),
        (plan(PLACE, DAYS, replace(STYLE, choices=())), []),
        (
            plan(replace(PLACE, choices=("Oslo",)), DAYS, STYLE),
            [("only these choices now", "place", True)],
        ),
        (replace(PLAN, outputs=("string",)), [("outputs changed", "", True)]),
        (replace(PLAN, outputs=("string", "number")), [("outputs changed", "", True)]),
        (replace(PLAN, streams=False), [("no longer streams", "", True)]),
    ],
)
def test_a_change_is_told_by_what_it_does_to_callers(
    after: Endpoint, expected: list[tuple[str, str, bool]]
) -> None:
    """Each change once, with whether who calls as before gets an error or something else."""
    assert expected == told(after)


def test_a_stream_that_is_new_breaks_nothing() -> None:
    """Who waits for the end gets the end."""
    assert [("streams now", "", False)] == told(PLAN, replace(PLAN, streams=False))


def test_what_was_not_public_is_no_promise() -> None:
    """An endpoint that the app's page of its API left out may go."""
    hidden = replace(PLAN, public=False)

    assert () == difference(Outline("6", (hidden,)), Outline("6", ()))
    assert () == difference(Outline("6", (hidden,)), Outline("6", (PLAN,)))


def test_of_two_that_look_alike_none_is_called_renamed() -> None:
    """That would be a guess."""
    old = Outline("6", tuple(replace(PLAN, name=n, event=n) for n in ("a", "b")))
    new = Outline("6", tuple(replace(PLAN, name=n, event=n) for n in ("c", "d")))

    kinds = [change.kind for change in difference(old, new)]

    assert ["endpoint gone"] * 2 + ["endpoint new"] * 2 == kinds


def test_a_change_is_a_line_to_read() -> None:
    """What, which parameter, what it was and what it is."""
    before, after = (
        Outline("6", (PLAN,)),
        Outline("6", (plan(PLACE, replace(DAYS, maximum=5), STYLE),)),
    )

    assert (Change("plan", "narrower range", "days", "0 to 10", "0 to 5"),) == difference(
        before, after
    )
    assert "narrower range: days, 0 to 10 → 0 to 5" == difference(before, after)[0].title


SCALARS = st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(["a", "b"])
FIELDS = st.builds(
    Field,
    name=st.sampled_from("abcdef"),
    type=st.sampled_from(["string", "number", "file", "any"]),
    required=st.booleans(),
    default=SCALARS,
    choices=st.none() | st.lists(SCALARS, max_size=3, unique_by=repr).map(tuple),
    minimum=st.none() | st.integers(-3, 3),
    maximum=st.none() | st.integers(4, 9),
)
ENDPOINTS = st.builds(
    lambda name, inputs, outputs, streams: Endpoint(name, name, tuple(inputs), outputs, streams),
    st.sampled_from(["p", "q", "r", "s"]),
    st.lists(FIELDS, max_size=4, unique_by=lambda field: field.name),
    st.lists(st.sampled_from(["string", "number", "any"]), max_size=2).map(tuple),
    st.booleans(),
)
OUTLINES = st.lists(ENDPOINTS, max_size=4, unique_by=lambda e: e.name).map(
    lambda endpoints: Outline("6.0", tuple(endpoints))
)


@settings(max_examples=150, deadline=None, database=None, derandomize=True)
@given(OUTLINES, OUTLINES, st.randoms())
def test_any_two_outlines_can_be_compared(one: Outline, two: Outline, shuffle: Any) -> None:
    """Nothing changed in the same one, in another order or from a file; every change says what."""
    order = list(one.endpoints)
    shuffle.shuffle(order)

    assert () == difference(one, replace(one, endpoints=tuple(order)))
    assert () == difference(Outline.from_dict(one.as_dict()), one)
    assert all(change.kind and change.event for change in difference(one, two))
    gone = {e.name for e in one.endpoints} - {e.name for e in two.endpoints}
    told = [c for c in difference(one, two) if c.kind in ("endpoint gone", "endpoint renamed")]
    assert len(gone) == len(told)


@settings(max_examples=150, deadline=None, database=None, derandomize=True)
@given(OUTLINES.filter(lambda outline: outline.endpoints))
def test_what_is_added_at_the_end_and_may_be_left_out_breaks_nobody(before: Outline) -> None:
    """An endpoint more, a parameter with a default more, a choice more, a wider range."""
    more = Field("zeta", "string", required=False)

    def wider(field: Field) -> Field:
        choices = field.choices and (*field.choices, "another")
        return replace(field, choices=choices, minimum=None, maximum=None)

    after = tuple(
        replace(e, inputs=(*map(wider, e.inputs), more), streams=True) for e in before.endpoints
    )
    grown = replace(before, endpoints=(*after, Endpoint("new", "new")))

    assert [] == [c for c in difference(before, grown) if c.breaks]


def test_an_outline_is_what_callers_see() -> None:
    """State, private events and ids are not in it; limits and choices of the components are."""
    components = [
        {
            "id": 1,
            "type": "slider",
            "props": {"minimum": 1, "maximum": 5},
            "api_info": {"type": "number"},
        },
        {"id": 2, "type": "state", "props": {}},
        {
            "id": 3,
            "type": "dropdown",
            "props": {"choices": [["One", 1]]},
            "api_info": {"type": "string"},
        },
        {
            "id": 4,
            "type": "image",
            "props": {},
            "api_info": {"properties": {"path": {}}, "type": "object"},
        },
    ]
    dependencies = [
        {
            "id": 0,
            "targets": [[1, "change"]],
            "inputs": [1, 2, 3],
            "outputs": [4, 2],
            "api_name": "go",
        },
        {"id": 1, "targets": [[1, "release"]], "inputs": [1], "outputs": [], "api_name": False},
    ]
    told = {
        "/go": {
            "parameters": [
                {"parameter_name": "size", "parameter_has_default": True, "parameter_default": 2},
                {"parameter_name": "kind"},
            ]
        }
    }
    config = {"version": "6.1", "components": components, "dependencies": dependencies}

    made = outline(read(config, {"named_endpoints": told}))

    size = Field("size", "number", required=False, default=2, minimum=1, maximum=5)
    kind = Field("kind", "string", choices=(1,))
    assert Outline("6.1", (Endpoint("go", "go", (size, kind), ("file",)),)) == made
