"""What is drawn is what a visitor can send, and Gradio takes it."""

from __future__ import annotations

import ast
import dataclasses
import io
import json
import unicodedata
import wave
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gradio
import pytest
from hypothesis import HealthCheck, Phase, find, given, seed, settings
from hypothesis import strategies as st
from PIL import Image

from gradio_harness.app import App
from gradio_harness.clues import Clues
from gradio_harness.contract import Component, Parameter
from gradio_harness.drivers.wire import Wire
from gradio_harness.observation import Call, Media
from gradio_harness.schema import plainest
from gradio_harness.strategies import MAKERS, values
from gradio_harness.strategies.edges import edges
from gradio_harness.strategies.held import HELD
from gradio_harness.strategies.media import (
    ODD,
    PICTURES,
    SOUNDS,
    film,
    odd,
    picture,
    silence,
    sound,
)

MAJOR = int(gradio.__version__.split(".")[0])
APPS = Path(__file__).resolve().parent.parent / "fixtures" / "apps"
DRAWS = 30


def part_names() -> list[str]:
    """Return the names of the parts of inputs.py, without running it."""
    tree = ast.parse((APPS / "inputs.py").read_text(encoding="utf-8"))
    (parts,) = (
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "PARTS"
    )
    return list(ast.literal_eval(ast.unparse(ast.List(parts.keys, ast.Load()))))  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def wire(serve: Callable[..., App]) -> Iterator[Wire]:
    """Return a driver of the page with every input."""
    with Wire(serve("inputs.py"), timeout_seconds=20) as driver:
        yield driver


def drawn(strategy: st.SearchStrategy[Any], count: int = DRAWS, number: int = 1) -> list[Any]:
    """Return *count* values drawn under a seed."""
    found: list[Any] = []

    @seed(number)
    @settings(
        max_examples=count,
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


def parameter(wire: Wire, name: str) -> Parameter:
    """Return the one input of the event *name*."""
    return wire.app.contract.event(name).inputs[0]


def strategy_of(wire: Wire, name: str) -> st.SearchStrategy[Any]:
    """Return the strategy for a part of inputs.py."""
    strategy = values(parameter(wire, name).component, Clues(local=True))
    assert strategy is not None
    return strategy


def component(kind: str, **props: Any) -> Component:
    """Return a component of the page as the contract holds it."""
    return Component(1, kind, kind, props)


@pytest.mark.parametrize("name", part_names())
def test_gradio_takes_every_value_that_is_drawn(wire: Wire, name: str) -> None:
    """The author's function is reached: a refusal would be the strategy's mistake."""
    event = wire.app.contract.event(name)
    values_drawn = drawn(strategy_of(wire, name))

    refused = []
    for value in {repr(value): value for value in values_drawn}.values():
        observation = wire.call(Call(name, event.index, (value,)))
        if observation.error is not None:
            refused.append((value, observation.error, observation.evidence))

    assert [] == refused
    assert values_drawn


def test_every_strategy_is_tried_on_a_page(wire: Wire) -> None:
    """Each type with a strategy is on the page above, but for what needs more than a page.

    Rows of examples, gr.api(), Gradio 5's dialogue, and what custom components begin with.
    """
    on_page = {parameter(wire, name).component.type for name in part_names()}
    others = {"dataset", "api", "dialogue", "simpletextbox", "simpledropdown", "simpleimage"}

    assert set(MAKERS) - others == on_page


def test_every_component_of_gradio_has_a_strategy_or_holds_its_value() -> None:
    """A new component shows up here: what does its page let a visitor send?"""

    def below(kind: Any) -> Iterator[Any]:
        for one in kind.__subclasses__():
            yield one
            yield from below(one)

    named = {
        one.get_block_name(one.__new__(one))
        for one in below(gradio.components.Component)
        if one.__module__.startswith("gradio.") and not one.__abstractmethods__
    }

    assert set() == {name for name in named if (name in MAKERS) == (name in HELD)}


def test_lines_of_a_dialogue_are_its_speakers() -> None:
    """As the page lists them; in text mode it sends one text, which is left as it is."""
    strategy = values(component("dialogue", speakers=["A", "B"]))
    assert strategy is not None

    assert {"A", "B"} == {line["speaker"] for lines in drawn(strategy) for line in lines}
    assert values(component("dialogue", speakers=["A"], ui_mode="text")) is None


@pytest.mark.parametrize(
    ("schema", "kind"),
    [({"type": "string"}, str), ({"type": "integer"}, int), ({"type": {}}, None)],
    ids=["text", "number", "anything"],
)
def test_a_custom_component_gets_what_its_schema_says(schema: Any, kind: type | None) -> None:
    """Where the schema says all of it; else the page's value stays."""
    own = dataclasses.replace(component("ratingstars"), schema=schema)
    strategy = values(own)

    assert (kind is None) == (strategy is None)
    if strategy is not None:
        assert {kind} == set(map(type, drawn(strategy)))


def test_rows_of_examples_are_drawn_and_taken(serve: Callable[..., App]) -> None:
    """A visitor clicks a row: its number is sent."""
    app = serve("classifier.py")
    event, _ = app.contract.examples(app.contract.events[0])[0]
    strategy = values(event.inputs[0].component)
    assert strategy is not None
    with Wire(app) as wire:
        errors = {n: wire.call(Call("row", event.index, (n,))).error for n in set(drawn(strategy))}

    assert {0: None, 1: None, 2: None} == errors


@pytest.mark.parametrize("name", ["text", "number", "own_several", "message_files", "table"])
def test_the_same_seed_draws_the_same_values(wire: Wire, name: str) -> None:
    """A finding can be shown again."""
    first, second = (drawn(strategy_of(wire, name), 20, 7) for _ in range(2))

    assert repr(first) == repr(second)


@pytest.mark.parametrize(
    ("name", "allowed"),
    [
        ("short", lambda text: len(text.encode("utf-16-le")) // 2 <= 5),
        ("one_line", lambda text: "\n" not in text and "\r" not in text),
        ("password", lambda text: "\n" not in text),
        ("lines", lambda text: "\r" not in text),
        ("whole", lambda n: n is None or float(n).is_integer()),
        ("cents", lambda n: n is None or n >= 0),
        ("range", lambda n: n is None or -2.5 <= n <= 7.25),
        ("narrow", lambda n: n is None or 0.2 <= n <= 0.9),
        ("high", lambda n: n is None or n >= 1000),
        ("low", lambda n: n is None or n <= -1000),
        ("slider", lambda n: 0 <= n <= 10),
        ("steps", lambda n: n in (3, 5, 7, 8)),
        ("fine", lambda n: -1 <= n <= 1 and abs(round(n * 10) - n * 10) < 1e-6),
        ("tick", lambda on: on in (True, False)),
        ("group", lambda some: len(set(map(repr, some))) == len(some)),
        ("radio", lambda one: one in ("one", "two", 3, 0.5)),
        ("several", lambda some: len(some) <= 2),
        ("colour", lambda text: len(text) == 7 and text[0] == "#"),
        ("day", lambda text: text is None or len(text) == 10 or text.startswith("now")),
        ("explorer_one", lambda paths: len(paths) <= 1),
        ("marked", lambda parts: [p["token"] for p in parts] == ["Ada", " met ", "Bob"]),
        ("table_file", lambda file: file is None or file.name.endswith(".csv")),
        ("uploads", lambda files: files and all(f.mime.startswith("text/") for f in files)),
        ("upload", lambda file: isinstance(file, Media)),
        ("folder", lambda files: files is None or isinstance(files, list)),
        ("message", lambda message: len(message["files"]) <= 1),
        ("table_array", lambda table: len(table["data"]) in (1, 2)),
        ("table_shown", lambda table: {len(row) for row in table["data"]} <= {3}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_values_keep_to_what_the_page_allows(
    wire: Wire, name: str, allowed: Callable[[Any], bool]
) -> None:
    """Limits, choices, counts and types of the component."""
    assert [] == [v for v in drawn(strategy_of(wire, name), 60) if not allowed(v)]


NOTHING = {
    **dict.fromkeys(["number", "whole", "picture", "sound", "film", "file", "moment"], True),
    **dict.fromkeys(["radio_empty", "dropdown_none"], True),
    **dict.fromkeys(["text", "slider", "tick", "group", "radio", "several", "upload"], False),
    **dict.fromkeys(["colour", "table", "code", "message", "editor"], False),
}


@pytest.mark.parametrize(("name", "possible"), NOTHING.items(), ids=NOTHING)
def test_nothing_is_sent_only_where_the_page_can(wire: Wire, name: str, possible: bool) -> None:
    """None for an emptied number or an empty file field, never for a slider or a text."""
    assert possible == any(value is None for value in drawn(strategy_of(wire, name), 60))


TEXTS: dict[str, Callable[[str], bool]] = {
    "empty": lambda text: text == "",
    "spaces": lambda text: text.isspace() and "\n" not in text,
    "emoji": lambda text: "🙂" in text,
    "joined emoji": lambda text: "\u200d" in text,
    "combining": lambda text: any(unicodedata.combining(letter) for letter in text),
    "right to left": lambda text: any(unicodedata.bidirectional(c) == "R" for c in text),
    "nul": lambda text: "\x00" in text,
    "control": lambda text: any(unicodedata.category(c) == "Cc" and c not in "\n\0" for c in text),
    "several lines": lambda text: text.count("\n") > 1,
    "long": lambda text: len(text) > 200,
    "a word": lambda text: text.isalpha() and text.isascii(),
    "a number": lambda text: text.isdecimal(),
}


def test_every_kind_of_text_is_drawn() -> None:
    """Within a few hundred draws of an ordinary text field."""
    texts = drawn(values(component("textbox")), 500)  # type: ignore[arg-type]

    assert [] == [kind for kind, wanted in TEXTS.items() if not any(map(wanted, texts))]


def test_pictures_are_real_and_in_every_mode() -> None:
    """Each opens in Pillow with the mode, size and format that its name says."""
    found = []
    for mode, width, height, kind in PICTURES:
        with Image.open(io.BytesIO(picture(mode, width, height, kind).content)) as image:
            image.load()
            found.append((image.mode, *image.size, image.format))

    assert list(PICTURES) == found
    assert {"1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16"} == {mode for mode, *_ in found}


def test_sounds_and_films_are_real() -> None:
    """WAV with the rate, channels and frames named; AVI with its frames as JPEG."""
    import wave

    found = []
    for spec in SOUNDS:
        with wave.open(io.BytesIO(sound(*spec).content)) as audio:
            found.append((audio.getframerate(), audio.getnchannels(), audio.getnframes()))

    assert list(SOUNDS) == found
    assert (b"RIFF", b"AVI ") == (film().content[:4], film().content[8:12])
    assert 5 == film().content.count(b"\xff\xd8\xff")


def content_of(kind: str, *sources: str) -> set[tuple[str, Any]]:
    """Return the name of each file drawn for such a component, and what is in it."""
    strategy = values(component(kind, sources=[*sources]))
    assert strategy is not None
    found: set[tuple[str, Any]] = set()
    for file in drawn(strategy):
        if file is None:
            found.add(("none", None))
        elif kind == "image":
            with Image.open(io.BytesIO(file.content)) as image:
                found.add((file.name, (image.mode, *image.size)))
        elif kind == "audio":
            with wave.open(io.BytesIO(file.content)) as tone:
                shape = (tone.getframerate(), tone.getnchannels(), tone.getnframes())
                found.add((file.name, shape))
        else:
            found.add((file.name, file.content[:4]))
    return found


def test_what_can_only_be_recorded_is_not_chosen() -> None:
    """A camera takes pictures of its own size, a microphone half a second and more."""
    none = ("none", None)

    assert {none, ("image.png", ("RGBA", 640, 480)), ("image.png", ("RGBA", 1280, 720))} == (
        content_of("image", "webcam")
    )
    assert {none, ("audio.wav", (48000, 1, 24000)), ("audio.wav", (44100, 1, 44100))} == (
        content_of("audio", "microphone")
    )
    assert {none, ("sample.webm", b"\x1a\x45\xdf\xa3")} == content_of("video", "webcam")
    assert len(content_of("image", "webcam", "upload")) > 10


@pytest.mark.parametrize(
    "hidden",
    [
        component("textbox", interactive=False),
        Component(1, "textbox", "Hidden", {}, reachable=False),
        component("state"),
        component("markdown"),
        component("label"),
    ],
    ids=["not-interactive", "hidden", "state", "markdown", "label"],
)
def test_what_a_visitor_cannot_set_is_not_drawn(hidden: Component) -> None:
    """The page sends back what it shows."""
    assert values(hidden) is None


@pytest.mark.parametrize(
    "odd",
    [
        component("radio", choices=[]),
        component("dropdown", choices=[], multiselect=True),
        component("dropdown", choices=None, allow_custom_value=True),
        component("checkboxgroup", choices=[]),
        component("slider", minimum=5, maximum=5),
        component("slider", minimum=None, maximum=None, step=None),
        component("slider", minimum=0, maximum=1, step=0),
        component("number", minimum=3, maximum=3, precision=0),
        component("number", minimum=0.2, maximum=0.9, precision=0),
        component("number", minimum=float("nan"), maximum=float("inf")),
        component("number", minimum=0, maximum=10**400),
        component("dataset", samples=[]),
        component("file", file_types=[".strange"]),
        component("dataframe", headers=None, col_count=None, row_count=None),
        component("dataframe", headers=["a"], row_count=(0, "fixed"), datatype=["str", "str"]),
        component("textbox", max_length=0),
    ],
    ids=lambda value: f"{value.type}-{json.dumps(dict(value.props))}"[:50],
)
def test_a_component_without_room_still_has_a_value(odd: Component) -> None:
    """No choices, equal bounds, an unknown type: something is drawn, nothing raises."""
    strategy = values(odd)
    assert strategy is not None

    assert drawn(strategy, 10)


def test_odd_pictures_are_what_they_are_called() -> None:
    """Turned by EXIF, moving, of one colour, clear; and a sound in which nothing is heard."""
    found = {}
    for name in ODD:
        with Image.open(io.BytesIO(odd(name).content)) as image:
            turned, frames = image.getexif().get(0x0112), getattr(image, "n_frames", 1)
            found[name] = (image.format, turned, frames, len(image.getcolors(65536) or ()) == 1)
    with wave.open(io.BytesIO(silence(8000, 800).content)) as quiet:
        heard = set(quiet.readframes(800))

    assert {
        "turned.jpg": ("JPEG", 6, 1, False),
        "moving.gif": ("GIF", None, 3, False),
        "white.png": ("PNG", None, 1, True),
        "black.jpg": ("JPEG", None, 1, True),
        "clear.png": ("PNG", None, 1, True),
        "wide.webp": ("WEBP", None, 1, False),
    } == found
    assert {0} == heard


SCHEMAS: dict[str, tuple[Any, Callable[[Any], bool]]] = {
    "int": ({"type": "integer"}, lambda v: type(v) is int),
    "float": ({"type": "number"}, lambda v: type(v) is float and abs(v) <= 1000),
    "str": ({"type": "string"}, lambda v: type(v) is str),
    "bool": ({"type": "boolean"}, lambda v: type(v) is bool),
    "literal": ({"enum": ["p", 2]}, lambda v: v in ("p", 2)),
    "optional": (
        {"oneOf": [{"type": "null"}, {"type": "integer"}]},
        lambda v: v is None or type(v) is int,
    ),
    "list": (
        {"type": "array", "items": {"type": "array", "items": {"type": "string"}}},
        lambda v: all(type(item) is str for row in v for item in row),
    ),
    "dict": (
        {"type": "object", "additionalProperties": {"type": "integer"}},
        lambda v: all(type(key) is str and type(item) is int for key, item in v.items()),
    ),
    "record": (
        {
            "type": "object",
            "properties": {"name": {"type": "string"}, "count": {"type": "integer"}},
            "required": ["name"],
        },
        lambda v: {"name"} <= v.keys() <= {"name", "count"} and type(v["name"]) is str,
    ),
    "either": (
        {"anyOf": [{"type": "boolean"}, {"type": "array", "items": {}}]},
        lambda v: type(v) is bool,
    ),
}


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_parameter_of_an_endpoint_gets_its_type(name: str) -> None:
    """Nothing else, nothing where the type allows nothing; the plainest value fits as well."""
    schema, fits = SCHEMAS[name]
    endpoint = dataclasses.replace(component("api"), schema=schema)
    strategy = values(endpoint)
    assert strategy is not None

    assert [] == [v for v in (plainest(schema), *drawn(strategy)) if not fits(v)]


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"type": "array", "items": {}},
        {"type": "object", "additionalProperties": {}},
        {"type": "array", "uniqueItems": True, "items": {"type": "string"}},
        {"type": "array", "prefixItems": [{"type": "string"}, {}], "minItems": 2},
        {"type": "string", "pattern": "^a+$"},
        {"$ref": "#/$defs/Chain"},
        {"type": "string", "format": "byte"},
    ],
    ids=["any", "list", "dict", "set", "tuple", "bytes", "pattern", "reference"],
)
def test_what_a_type_leaves_open_is_not_made_up(schema: Any) -> None:
    """JSON has no sets and bytes, and of a mere list nobody knows what is in it."""
    assert values(dataclasses.replace(component("api"), schema=schema)) is None


BOUNDS = (
    *(None, 0, 1, -1, 5, 10, 0.5, -0.25, 1e-12, 2e-12, 1e-320, 100, 1e9),
    *(2**53 + 1, -(2**53) - 1, 2**63 - 1, -(2**63), 10**23, 1e300, 1.7e308, -1.7e308),
)


@settings(database=None, deadline=None, max_examples=400)
@given(
    kind=st.sampled_from(["number", "slider"]),
    low=st.sampled_from(BOUNDS) | st.integers(-(2**70), 2**70) | st.floats(-1e6, 1e6),
    high=st.sampled_from(BOUNDS) | st.integers(-(2**70), 2**70) | st.floats(-1e6, 1e6),
    step=st.sampled_from([None, 0, 1, 1.0, 0.1, 3, 7.5, 1e-320, 1e-9, 2**60, -1]),
    precision=st.sampled_from([None, 0, 2]),
    data=st.data(),
)
def test_a_number_is_within_its_bounds(
    kind: str, low: Any, high: Any, step: Any, precision: Any, data: st.DataObject
) -> None:
    """Whatever they are; and it is a double, as every number that a page sends."""
    field = component(kind, minimum=low, maximum=high, step=step, precision=precision)
    strategy = values(field)
    assert strategy is not None

    value = data.draw(strategy)

    if value is None:
        assert kind == "number"
        return
    if kind == "slider" and (high if high is not None else 100) <= (low or 0):
        assert value == (low or 0)  # no room: where the page leaves it
        return
    assert low is None or low <= value
    assert high is None or value <= high
    assert float(value) == value or low == value


def test_the_simplest_value_is_a_short_one() -> None:
    """Shrinking ends at what a person reads at a glance."""
    quick = settings(database=None, deadline=None)
    text = find(values(component("textbox")), lambda t: len(t) > 3, settings=quick)  # type: ignore[arg-type]
    number = find(values(component("number")), lambda n: n and n > 10, settings=quick)  # type: ignore[arg-type]

    assert len(text) <= 5
    assert len(f"{number:g}") <= 4  # which of the round ones is a matter of chance


def test_a_field_is_tried_at_its_edges() -> None:
    """Emptied, at both ends, each of a few choices; nothing that the page does not allow."""

    def made(kind: str, **props: Any) -> tuple[Any, ...]:
        return edges(Component(1, kind, "Field", props))

    assert (
        (None, 0),
        (None, 1, 9),
        (0, 10),
        ("",),
        ("a", "b"),
        ("a", "e"),
        (None, "rgb-1x1.png", "rgb-1x64.png", "rgb-64x1.png"),
        (None,),
        (),
    ) == (
        made("number"),
        made("number", minimum=1, maximum=9),
        made("slider", minimum=0, maximum=10),
        made("textbox"),
        made("radio", choices=[["A", "a"], ["B", "b"]]),
        made("dropdown", choices=list("abcde")),
        tuple(value and value.name for value in made("image")),
        made("image", sources=["webcam"]),
        made("uploadbutton"),
    )


def test_numbers_of_other_fields_stand_in_a_text() -> None:
    """In place of all of its own: what ends a scale beside it may be what it is held against."""
    marks = Component(1, "textbox", "Marks", {"value": "12, 15.5 and 9"})

    found = edges(marks, Clues(beside=(20, 100)))

    wanted = ("", "20, 20 and 20", "21, 21 and 21", "19, 19 and 19", "100, 100 and 100")
    assert wanted == found[:5]


@pytest.mark.parametrize("fixed", [False, True], ids=["rows may be added", "rows are fixed"])
def test_a_table_is_left_with_blanks(fixed: bool) -> None:
    """A row that was added and left blank, a number that was emptied, where the page sends them."""
    shown = {"headers": ["Item", "Price"], "data": [["tea", 3], ["milk", 2]], "metadata": None}
    props = {
        "value": shown,
        "datatype": ["str", "number"],
        "row_count": [2, "fixed" if fixed else "dynamic"],
    }
    table = Component(1, "dataframe", "Bill", props)
    row = [["tea", 3], ["milk", 2], ["", ""]]
    cell = [["tea", ""], ["milk", 2]]

    now, before = (edges(table, Clues(major=major)) for major in ("6", "5"))

    assert ([cell] if fixed else [row, cell], ()) == ([value["data"] for value in now], before)


def test_the_own_text_is_repeated_to_a_page() -> None:
    """As far as the field takes it; what a password box holds is not."""
    props = {"value": "great"}
    boxes = [props, {**props, "max_length": 7}, {**props, "max_lines": 1}, {"type": "password"}]
    long = [edges(Component(1, "textbox", "Review", box))[1:] for box in boxes]

    lines = "\n".join(["great"] * 819)
    assert [(lines,), ("great\ng",), ("great" * 819,), ()] == long
