"""Inputs that the user knows better: strategies from a conftest, cases from a file by the app.

``app.cases.json`` beside ``app.py`` holds, for each event, what to try first:

    {"greet": [{"name": "Ada"}, {"name": "", "photo": {"file": "media/cat.png"}}]}

Parameters are named as the function names them, or by the component's label; what is left
out stays as the page shows it. Files are found from the folder of the JSON file.
"""

from __future__ import annotations

import functools
import json
import mimetypes
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .contract import Component, Contract, Event
from .errors import OptionError, choices
from .observation import Media

__all__ = ["NOTHING", "Own", "cases_file", "read"]

HOOK = "pytest_gradio_strategies"


@dataclass(frozen=True, slots=True)
class Own:
    """*strategies* by what they are for, *cases* by the label of their event.

    A case holds values by component id.
    """

    strategies: Mapping[str, Any] = field(default_factory=dict)
    cases: Mapping[str, tuple[Mapping[int, Any], ...]] = field(default_factory=dict)

    def of(self, event: Event, component: Component) -> Any:
        """Return the user's strategy for the component as an input of *event*, or None."""
        names = [p.name for p in event.inputs if p.component.id == component.id]
        for key in (
            *(f"{head}.{name}" for head in _heads(event) for name in names),
            *(component.props.get("label"), component.label, component.type),
        ):
            if isinstance(key, str) and key in self.strategies:
                return self.strategies[key]
        return None

    def whole(self, event: Event) -> Any:
        """Return the user's strategy for all of the event's inputs, or None."""
        return next((self.strategies[h] for h in _heads(event) if h in self.strategies), None)

    def replaced(self, event: Event, component: Component, ours: Callable[[], Any]) -> Any:
        """Return the strategy to draw from: the user's, or *ours* where there is none."""
        given = self.of(event, component)
        if given is None:
            return ours()
        if callable(given) and not hasattr(given, "example"):
            from hypothesis import strategies as st

            known = ours()
            return given(st.nothing() if known is None else known)
        return given

    def values(self, event: Event, drawn: Any) -> dict[int, Any]:
        """Return what a dict by parameter says, by component id.

        Raises OptionError for a parameter that the event does not have.
        """
        if not isinstance(drawn, Mapping):
            raise OptionError(f"{HOOK}: {event.label!r} wants dicts by parameter, not {drawn!r}.")
        return {_parameter(event, name, HOOK): value for name, value in drawn.items()}

    def drawn(self, chain: Sequence[Event], count: int, *, seed: int) -> list[dict[int, Any]]:
        """Return so many values of what the user has a strategy for, by component id.

        *chain* are the events that are set off together; none where there is no strategy.
        """
        from .strategies import draws

        found = dict(enumerate(strategy for event in chain for strategy in self._of_all(event)))
        return [
            {i: v for part in row.values() for i, v in part.items()}
            for row in draws(found, count, seed=seed)
        ]

    def _of_all(self, event: Event) -> Iterator[Any]:
        """Yield the strategies for *event*, each of values by component id."""
        from hypothesis import strategies as st

        from .strategies import values

        own = {
            p.component.id: self.replaced(
                event, p.component, functools.partial(values, p.component)
            )
            for p in event.inputs
            if self.of(event, p.component) is not None
        }
        if own:
            yield st.fixed_dictionaries(own)
        whole = self.whole(event)
        if whole is not None:
            yield whole.map(functools.partial(self.values, event))


#: The user said nothing.
NOTHING = Own()


def cases_file(app: Path) -> Path:
    """Return where the cases of the app in this file are kept."""
    return app.with_suffix(".cases.json")


def read(path: Path | None, strategies: Iterable[Mapping[str, Any]], contract: Contract) -> Own:
    """Return the user's inputs; *path* is the JSON file, *strategies* what the hooks returned.

    Raises OptionError for what fits nothing in the app, and for a file that cannot be read.
    """
    merged: dict[str, Any] = {}
    for given in strategies:
        if not isinstance(given, Mapping):
            raise OptionError(f"{HOOK} returned {given!r}. It wants a dict of strategies.")
        merged = {**given, **merged}  # the conftest nearest to the tests comes first
    known = set(_known(contract))
    for key, value in merged.items():
        if key not in known:
            raise OptionError(f"{HOOK}: nothing here is called {key!r}. {choices(key, known)}")
        if not callable(value) and not hasattr(value, "example"):
            wanted = "a strategy, or a function from one strategy to another"
            raise OptionError(f"{HOOK}: {key!r} is {value!r}. It wants {wanted}.")
    return Own(merged, _cases(path, contract) if path is not None and path.exists() else {})


def _known(contract: Contract) -> Iterator[str]:
    """Yield every key that a strategy may have."""
    for event in contract.events:
        for head in _heads(event):
            yield head
            yield from (f"{head}.{parameter.name}" for parameter in event.inputs)
        for component in (parameter.component for parameter in event.inputs):
            label = component.props.get("label")
            yield from (component.label, component.type, *([label] if label else []))


def _heads(event: Event) -> tuple[str, ...]:
    return tuple(dict.fromkeys((event.label, event.api_name or event.label)))


def _cases(path: Path, contract: Contract) -> dict[str, tuple[Mapping[int, Any], ...]]:
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise OptionError(f"{path.name}: {error}") from None
    if not isinstance(raw, dict):
        raise OptionError(f'{path.name} wants {{"EVENT": [{{"PARAMETER": VALUE}}]}}.')
    found: dict[str, list[Mapping[int, Any]]] = {}
    for label, cases in raw.items():
        event = _event(contract, label, path.name)
        if not isinstance(cases, list) or not all(isinstance(case, dict) for case in cases):
            raise OptionError(f"{path.name}: {label!r} wants a list of cases, each a dict.")
        for case in cases:
            values = {
                _parameter(event, name, path.name): _value(value, path)
                for name, value in case.items()
            }
            found.setdefault(event.label, []).append(values)
    return {label: tuple(cases) for label, cases in found.items()}


def _event(contract: Contract, label: str, where: str) -> Event:
    try:
        return contract.event(label)
    except KeyError as error:
        raise OptionError(f"{where}: {error.args[0]}") from None


def _parameter(event: Event, name: str, where: str) -> int:
    for parameter in event.inputs:
        component = parameter.component
        if name in (parameter.name, component.props.get("label"), component.label):
            return component.id
    known = [parameter.name for parameter in event.inputs]
    words = f"{where}: {event.label} has no input {name!r}."
    raise OptionError(f"{words} {choices(name, known)}")


def _value(value: Any, path: Path) -> Any:
    """Return the value with every ``{"file": …}`` read."""
    if isinstance(value, list):
        return [_value(item, path) for item in value]
    if not isinstance(value, dict):
        return value
    if value.keys() != {"file"}:
        return {key: _value(item, path) for key, item in value.items()}
    file = path.parent / str(value["file"])
    try:
        content = file.read_bytes()
    except OSError:
        raise OptionError(f"{path.name}: there is no file {str(file)!r}.") from None
    mime = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    return Media(file.name, content, mime)
