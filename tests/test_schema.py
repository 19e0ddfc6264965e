"""Values for types that Gradio writes schemas of: type hints of ``gr.api()`` and data models."""

from __future__ import annotations

import enum
import json
from collections.abc import Callable
from typing import Annotated, Any, Literal, NotRequired

import pytest
from gradio.data_classes import FileData, GradioModel, GradioRootModel
from gradio_client import utils
from hypothesis import HealthCheck, Phase, given, seed, settings
from pydantic import Field, TypeAdapter
from typing_extensions import TypedDict

from gradio_harness.contract import Component
from gradio_harness.schema import plainest, resolved
from gradio_harness.strategies import values


class Point(GradioModel):
    x: float
    y: float = 0.0


class Node(GradioModel):
    name: str
    children: list[Node] = Field(default_factory=list)


class Chain(GradioModel):
    following: Chain | None = None


class Shape(GradioModel):
    points: Annotated[list[Point], Field(min_length=1)]
    pair: tuple[int, str]
    mode: Literal["a", "b"] = "a"
    only: Literal["z"] = "z"
    note: str | None = None
    root: Node | None = None
    file: FileData | None = None
    left_out: Any = None
    count: Annotated[int, Field(ge=3, lt=6)]
    share: Annotated[float, Field(gt=0, le=0.5)] = 0.5
    word: Annotated[str, Field(min_length=2, max_length=4)]


class Points(GradioRootModel):
    root: list[Point]


class Endless(GradioModel):
    inner: Endless


class Upload(GradioModel):
    file: FileData


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Options(TypedDict):
    deep: bool
    mode: NotRequired[Literal["a", "b"]]


HINTS: dict[str, Any] = {
    "union": int | str | None,
    "optional": float | None,
    "one": Literal["x"],
    "literal": Literal["x", 1],
    "nested": list[list[int]],
    "lists": dict[str, list[bool]],
    "tuple": tuple[int, str],
    "pairs": list[tuple[float, float]],
    "any length": tuple[int, ...],
    "enum": Colour,
    "options": Options,
    "model": Point,
    "models": list[Point],
    "within": dict[str, Point | None],
}


def drawn(schema: Any) -> list[Any]:
    """Return values drawn for a component of such a schema, and the plainest one."""
    schema = resolved(json.loads(json.dumps(schema)))
    strategy = values(Component(1, "shapes", "shapes", {}, schema=schema))
    assert strategy is not None
    found: list[Any] = [plainest(schema)]

    @seed(1)
    @settings(
        max_examples=80,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def draw(value: Any) -> None:
        found.append(value)

    draw()
    return found


@pytest.mark.skipif(
    not hasattr(utils, "python_type_to_json_schema"), reason="gr.api() came with Gradio 5"
)
@pytest.mark.parametrize("name", HINTS)
def test_what_is_drawn_for_a_type_hint_is_of_that_type(name: str) -> None:
    """As Gradio writes the hint of a parameter of gr.api() down, and pydantic reads the value."""
    schema = utils.python_type_to_json_schema(HINTS[name])
    reader: TypeAdapter[Any] = TypeAdapter(HINTS[name])

    found = drawn(schema)

    assert len(found) == len([reader.validate_python(value) for value in found])
    assert len({repr(value) for value in found}) > 1 or name == "one"


@pytest.mark.parametrize("model", [Shape, Points, Node, Chain, Point])
def test_what_is_drawn_for_a_custom_component_is_what_its_model_takes(
    model: type[GradioModel],
) -> None:
    """References, tuples, constants and bounds are kept; a tree has branches, and an end."""
    found = drawn(model.model_json_schema())

    assert len(found) == len([model.model_validate(value) for value in found])
    assert len({repr(value) for value in found}) > 1


def test_a_tree_grows_branches() -> None:
    """More than the one that stands in the schema; each part that can be left out is drawn too."""

    def depth(value: Any) -> int:
        return 1 + max(map(depth, value.get("children", ())), default=0)

    assert {1, 2} <= {depth(value) for value in drawn(Node.model_json_schema())}
    shapes = drawn(Shape.model_json_schema())
    assert {None, "z"} == {value.get("only") for value in shapes}
    assert {False} == {"left_out" in value or value.get("file") is not None for value in shapes}


@pytest.mark.parametrize("model", [Endless, Upload])
def test_what_nobody_can_write_down_is_not_drawn(model: Any) -> None:
    """A value without an end, and a file that was not uploaded."""
    schema = resolved(model.model_json_schema())

    assert values(Component(1, "shapes", "shapes", {}, schema=schema)) is None
    assert plainest(schema) is None


ALL_OF: list[tuple[Any, Callable[[Any], bool]]] = [
    (
        {"$defs": {"A": {"type": "string"}}, "allOf": [{"$ref": "#/$defs/A"}], "title": "a"},
        lambda value: type(value) is str,
    ),
    (
        {
            "allOf": [
                {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]},
                {"properties": {"b": {"type": "boolean"}}, "required": ["b"]},
            ]
        },
        lambda value: type(value["a"]) is int and type(value["b"]) is bool,
    ),
]


@pytest.mark.parametrize(("schema", "fits"), ALL_OF, ids=["reference", "parts"])
def test_all_of_several_schemas_are_kept(schema: Any, fits: Callable[[Any], bool]) -> None:
    """As older pydantic writes a reference that has a title of its own."""
    assert [] == [value for value in drawn(schema) if not fits(value)]
