"""gradio-harness: one command that tests a Gradio app as its visitors use it.

Nothing is imported here: pytest loads this package in every session of the environment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .cost import replay_cost as replay_cost
    from .forgery import forge as forge
    from .growth import replay_growth as replay_growth
    from .observation import Media as Media
    from .reproduce import replay as replay
    from .together import replay_visits as replay_visits

__all__ = [
    "Media",
    "__version__",
    "forge",
    "replay",
    "replay_cost",
    "replay_growth",
    "replay_visits",
]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Return what is imported only when somebody asks for it."""
    if name == "replay":
        from .reproduce import replay

        return replay
    if name == "replay_cost":
        from .cost import replay_cost

        return replay_cost
    if name == "replay_growth":
        from .growth import replay_growth

        return replay_growth
    if name == "replay_visits":
        from .together import replay_visits

        return replay_visits
    if name == "forge":
        from .forgery import forge

        return forge
    if name == "Media":
        from .observation import Media

        return Media
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
