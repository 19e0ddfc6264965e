"""What callers of an app rely on: its public endpoints, without ids, fit for a file.

    outline(contract).endpoints[0].inputs[0]  # Field("name", "string", required=True)

Made from what the app tells every visitor, not from its source, so that an app that runs elsewhere
and one that runs here have the same outline. Two of them are compared in `difference`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from .contract import Component, Contract, Event, Parameter

__all__ = ["Endpoint", "Field", "Outline", "outline"]

#: What no caller sends or gets: Gradio keeps it itself.
KEPT = ("state", "browserstate")
#: Types of which a limit or a default is short enough for a file.
SCALARS = (str, int, float, bool)
#: With more choices than these a list is read from somewhere, and is no promise.
MOST_CHOICES = 200


@dataclass(frozen=True, slots=True)
class Field:
    """One parameter of an endpoint.

    *type* is what the wire carries: ``string``, ``number``, ``list of string``, ``file`` …, ``any``
    where nothing is said. *choices* are None where any value of the type will do, () where they
    come while the app runs.
    """

    name: str
    type: str = "any"
    required: bool = True
    default: Any = None
    choices: tuple[Any, ...] | None = None
    minimum: float | None = None
    maximum: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON; what does not apply is left out."""
        plain = {"name": self.name, "type": self.type, "required": self.required}
        choices = None if self.choices is None else list(self.choices)
        some = {"default": self.default, "choices": choices}
        ends = {"minimum": self.minimum, "maximum": self.maximum}
        return plain | {k: v for k, v in (some | ends).items() if v is not None}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint: *name* is what callers call, *event* how reports call it.

    *outputs* are the types of what comes back; *public* is false where the app's own page of its
    API leaves it out.
    """

    name: str
    event: str
    inputs: tuple[Field, ...] = ()
    outputs: tuple[str, ...] = ()
    streams: bool = False
    public: bool = True

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON."""
        label = {"event": self.event} if self.event != self.name else {}
        return {
            "name": self.name,
            **label,
            "streams": self.streams,
            "inputs": [field.as_dict() for field in self.inputs],
            "outputs": list(self.outputs),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Endpoint:
        """Return what `as_dict` wrote."""
        inputs = tuple(Field(**_known(Field, item)) for item in data.get("inputs", ()))
        plain = _known(cls, data) | {"inputs": inputs}
        return cls(**{"event": data["name"], **plain})


@dataclass(frozen=True, slots=True)
class Outline:
    """The endpoints of one app, in its own order, and the Gradio that serves them."""

    gradio: str = ""
    endpoints: tuple[Endpoint, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON: what is public, in the order of the names."""
        told = sorted((e for e in self.endpoints if e.public), key=lambda e: e.name)
        return {"gradio": self.gradio, "endpoints": [endpoint.as_dict() for endpoint in told]}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Outline:
        """Return what `as_dict` wrote."""
        endpoints = tuple(map(Endpoint.from_dict, data.get("endpoints", ())))
        return cls(str(data.get("gradio", "")), endpoints)


def outline(contract: Contract) -> Outline:
    """Return the outline of what *contract* offers to callers."""
    offered = [e for e in contract.events if e.api_name and e.visibility != "private"]
    return Outline(contract.gradio, tuple(_endpoint(e) for e in offered if e.parent is None))


def _endpoint(event: Event) -> Endpoint:
    return Endpoint(
        name=str(event.api_name),
        event=event.label,
        inputs=tuple(_field(p) for p in event.inputs if p.component.type not in KEPT),
        outputs=tuple(_type(c) for c in event.outputs if c.type not in KEPT),
        streams=event.generator,
        public=event.visibility == "public",
    )


def _field(parameter: Parameter) -> Field:
    component, default = parameter.component, parameter.default
    if component.props.get("type") == "password":
        default = None  # nobody's to read
    return Field(
        name=parameter.name,
        type=_type(component),
        required=parameter.required,
        default=default if isinstance(default, SCALARS) else None,
        choices=_choices(component),
        minimum=_limit(component, "minimum"),
        maximum=_limit(component, "maximum"),
    )


def _choices(component: Component) -> tuple[Any, ...] | None:
    """Return the values that the app takes; None where it takes others too."""
    given = component.props.get("choices")
    if not isinstance(given, Sequence) or component.props.get("allow_custom_value"):
        return None
    values = tuple(c[1] if isinstance(c, list | tuple) else c for c in given)
    return values if len(values) <= MOST_CHOICES else ()


def _limit(component: Component, name: str) -> float | None:
    value = component.props.get(name)
    numeric = component.type in ("slider", "number") and isinstance(value, int | float)
    return value if numeric else None


def _type(component: Component) -> str:
    return _shape(component.schema or {}, whole=component.type == "api")


def _shape(schema: Mapping[str, Any], *, whole: bool) -> str:
    """Return in words what fits *schema*.

    Only where it is *whole*, made from the author's own hints, are objects taken apart: those of
    components are Gradio's, and another in each of its versions.
    """
    several = [_shape(one, whole=whole) for one in schema.get("anyOf") or schema.get("oneOf") or ()]
    if several:
        return " or ".join(sorted({*several} - {"null"})) or "null"
    properties = schema.get("properties") or {}
    match schema.get("type"):
        case "array" if whole or "items" in schema:
            inner = _shape(schema.get("items") or {}, whole=whole)
            plain = whole or inner in ("string", "number", "integer", "boolean", "file")
            return f"list of {inner}" if plain else "list"
        case "object" if "path" in properties:
            return "file"
        case "object" if whole and properties:
            inner = ", ".join(
                f"{k}: {_shape(v, whole=True)}" for k, v in sorted(properties.items())
            )
            return f"object of {inner}"
        case str(kind):
            return "list" if kind == "array" else kind
    return "string" if "enum" in schema else "any"


def _known(kind: type[Any], data: Mapping[str, Any]) -> dict[str, Any]:
    names = {field.name for field in fields(kind)}
    return {k: tuple(v) if isinstance(v, list) else v for k, v in data.items() if k in names}
