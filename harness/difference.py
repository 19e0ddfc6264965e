"""Two outlines of an app held against each other: what breaks those who call it, and what does not.

    difference(before, after)  # (Change("greet", "parameter gone", "name", …, breaks=True), …)

Pure: nothing is called. A caller who did what the older outline says, positions and names alike,
gets the same from an app of which no change *breaks*.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from .outline import Endpoint, Field, Outline

__all__ = ["Change", "difference"]


@dataclass(frozen=True, slots=True)
class Change:
    """One change of an endpoint, by the label of its event. *name* is the parameter's, or "".

    *before* and *after* are what it was and what it is, in words. *breaks* is true where a caller
    of the older app gets an error from the newer one, or something else.
    """

    event: str
    kind: str
    name: str = ""
    before: str = ""
    after: str = ""
    breaks: bool = True

    @property
    def title(self) -> str:
        """The change in one line."""
        became = " → ".join(filter(None, (self.before, self.after)))
        return f"{self.kind}: {', '.join(filter(None, (self.name, became)))}".removesuffix(": ")


def difference(before: Outline, after: Outline) -> tuple[Change, ...]:
    """Return the changes from *before* to *after*, in the order of the older endpoints."""
    return tuple(_changes(before, after))


def _changes(before: Outline, after: Outline) -> Iterator[Change]:
    old = {endpoint.name: endpoint for endpoint in before.endpoints if endpoint.public}
    new = {endpoint.name: endpoint for endpoint in after.endpoints}
    known = {endpoint.name for endpoint in before.endpoints}
    added = [e for e in after.endpoints if e.name not in known and e.public]
    for name, endpoint in old.items():
        if name in new:
            yield from _endpoint(endpoint, new[name])
            continue
        renamed = _successor(endpoint, [e for n, e in old.items() if n not in new], added)
        if renamed is not None:
            added.remove(renamed)
            yield Change(renamed.event, "endpoint renamed", "", f"/{name}", f"/{renamed.name}")
            yield from _endpoint(endpoint, renamed)
        else:
            yield Change(endpoint.event, "endpoint gone", f"/{name}")
    for endpoint in added:
        yield Change(endpoint.event, "endpoint new", f"/{endpoint.name}", breaks=False)


def _successor(
    endpoint: Endpoint, gone: Sequence[Endpoint], added: Sequence[Endpoint]
) -> Endpoint | None:
    """Return the one new endpoint that takes and gives the same; None where that is a guess."""
    names = [field.name for field in endpoint.inputs]

    def same(other: Endpoint) -> bool:
        return other.outputs == endpoint.outputs and [f.name for f in other.inputs] == names

    fits = [other for other in added if same(other)]
    unique = len(fits) == 1 == sum(map(same, gone))
    return fits[0] if unique else None


def _endpoint(old: Endpoint, new: Endpoint) -> Iterator[Change]:
    if not new.public:
        yield Change(new.event, "endpoint no longer documented", f"/{new.name}", breaks=False)
        return
    yield from _parameters(old, new)
    if not _fit(old.outputs, new.outputs):
        yield Change(new.event, "outputs changed", "", _listed(old.outputs), _listed(new.outputs))
    if old.streams != new.streams:
        kind = "no longer streams" if old.streams else "streams now"
        yield Change(new.event, kind, breaks=old.streams)


def _parameters(old: Endpoint, new: Endpoint) -> Iterator[Change]:
    event = new.event
    renamed = dict(_renamed(old.inputs, new.inputs))
    before = {field.name: field for field in old.inputs}
    after = {renamed.get(field.name, field.name): field for field in new.inputs}
    for name, field in after.items():
        if field.name in renamed:
            yield Change(event, "parameter renamed", "", name, field.name)
    for name, field in before.items():
        if name not in after:
            yield Change(event, "parameter gone", name)
        else:
            yield from _field(event, field, after[name])
    for name, field in after.items():
        if name not in before:
            kind = "new required parameter" if field.required else "new parameter"
            yield Change(event, kind, name, breaks=field.required)
    kept = [name for name in before if name in after]
    moved = [name for name in after if name in before] != kept
    pushed = any(n not in before and not after[n].required for n in [*after][: len(kept)])
    if moved or (pushed and len(kept) == len(before)):
        order = _listed(list(before)), _listed([field.name for field in new.inputs])
        yield Change(event, "parameters in another order", "", *order)


def _renamed(old: Sequence[Field], new: Sequence[Field]) -> Iterator[tuple[str, str]]:
    """Yield new and old name of each parameter that stands where it did and takes what it took."""
    if len(old) != len(new):
        return
    names, others = {field.name for field in old}, {field.name for field in new}
    for one, two in zip(old, new, strict=True):
        if one.name not in others and two.name not in names and one.type == two.type:
            yield two.name, one.name


def _field(event: str, old: Field, new: Field) -> Iterator[Change]:
    name = new.name
    if not _fit([old.type], [new.type]):
        yield Change(event, "type changed", name, old.type, new.type)
        return
    if new.required and not old.required:
        yield Change(event, "default gone", name, _said(old.default))
    elif old.required and not new.required:
        yield Change(event, "has a default now", name, "", _said(new.default), breaks=False)
    elif not _same(old.default, new.default):
        said = _said(old.default), _said(new.default)
        yield Change(event, "default changed", name, *said, breaks=False)
    yield from _choices(event, old, new)
    yield from _range(event, old, new)


def _choices(event: str, old: Field, new: Field) -> Iterator[Change]:
    """Yield what callers may choose no longer; () are choices that nobody knows beforehand."""
    if old.choices == new.choices or () in (old.choices, new.choices):
        return
    if old.choices is None or new.choices is None:
        some = _listed(new.choices or ())
        kind = "any choice now" if new.choices is None else "only these choices now"
        yield Change(event, kind, new.name, "", some, breaks=new.choices is not None)
        return
    gone = [one for one in old.choices if not _among(one, new.choices)]
    more = [one for one in new.choices if not _among(one, old.choices)]
    if gone:
        yield Change(event, "choices gone", new.name, _listed(gone))
    if more:
        yield Change(event, "more choices", new.name, "", _listed(more), breaks=False)


def _range(event: str, old: Field, new: Field) -> Iterator[Change]:
    was, now = _limits(old), _limits(new)
    if was == now:
        return
    narrower = now[0] > was[0] or now[1] < was[1]
    kind = "narrower range" if narrower else "wider range"
    yield Change(event, kind, new.name, _interval(was), _interval(now), breaks=narrower)


def _limits(field: Field) -> tuple[float, float]:
    low, high = field.minimum, field.maximum
    return (-math.inf if low is None else low, math.inf if high is None else high)


def _interval(limits: tuple[float, float]) -> str:
    low, high = limits
    if math.isinf(low):
        return "any" if math.isinf(high) else f"up to {high:g}"
    return f"from {low:g}" if math.isinf(high) else f"{low:g} to {high:g}"


def _fit(old: Sequence[str], new: Sequence[str]) -> bool:
    """Whether types are the same, as far as they are known."""
    known = zip(old, new, strict=False)
    return len(old) == len(new) and all(a == b or "any" in (a, b) for a, b in known)


def _same(one: Any, other: Any) -> bool:
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def _among(one: Any, others: Sequence[Any]) -> bool:
    return any(_same(one, other) for other in others)


def _said(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _listed(values: Sequence[Any]) -> str:
    words = [value if isinstance(value, str) else _said(value) for value in values]
    shown = ", ".join(words[:8])
    return f"{shown}, and {len(words) - 8} more" if len(words) > 8 else shown or "nothing"
