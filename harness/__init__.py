"""gradio-harness: one command that tests a Gradio app as its visitors use it.

Nothing is imported here: pytest loads this package in every session of the environment.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .advisories.advised import replay_advisories as replay_advisories
    from .against.replayed import replay_against as replay_against
    from .comparison import replay_compared as replay_compared
    from .files.carriage import replay_carriage as replay_carriage
    from .files.exposure import replay_exposure as replay_exposure
    from .files.fetching import replay_fetching as replay_fetching
    from .files.kinds import replay_kind as replay_kind
    from .files.trespass import replay_trespass as replay_trespass
    from .identity import replay_identity as replay_identity
    from .latency.shapes import replay_latency as replay_latency
    from .observation import Media as Media
    from .onlooker import forge as forge
    from .opening import replay_page as replay_page
    from .painting import replay_painted as replay_painted
    from .repeated.cost import replay_cost as replay_cost
    from .repeated.departures import replay_departures as replay_departures
    from .repeated.growth import replay_growth as replay_growth
    from .reproduce import replay as replay
    from .visitors.together import replay_visits as replay_visits

__all__ = [
    "Media",
    "__version__",
    "forge",
    "replay",
    "replay_advisories",
    "replay_against",
    "replay_carriage",
    "replay_compared",
    "replay_cost",
    "replay_departures",
    "replay_exposure",
    "replay_fetching",
    "replay_growth",
    "replay_identity",
    "replay_kind",
    "replay_latency",
    "replay_page",
    "replay_painted",
    "replay_trespass",
    "replay_visits",
]
__version__ = "0.1.0"


#: The module of each of these, which is imported only when somebody asks for it.
_MODULES = {
    "Media": "observation",
    "forge": "onlooker",
    "replay": "reproduce",
    "replay_advisories": "advisories.advised",
    "replay_against": "against.replayed",
    "replay_carriage": "files.carriage",
    "replay_compared": "comparison",
    "replay_cost": "repeated.cost",
    "replay_departures": "repeated.departures",
    "replay_exposure": "files.exposure",
    "replay_fetching": "files.fetching",
    "replay_growth": "repeated.growth",
    "replay_kind": "files.kinds",
    "replay_identity": "identity",
    "replay_latency": "latency.shapes",
    "replay_page": "opening",
    "replay_painted": "painting",
    "replay_trespass": "files.trespass",
    "replay_visits": "visitors.together",
}


def __getattr__(name: str) -> Any:
    """Return what is imported only when somebody asks for it."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f".{_MODULES[name]}", __name__), name)
