"""What an app tells every visitor who asks: the outline, read over HTTP."""

from __future__ import annotations

from ..app import App
from ..contract import read
from ..outline import Outline, outline

__all__ = ["offered"]


def offered(app: App) -> Outline:
    """Return the outline of a running app, as any caller can read it.

    The functions behind the endpoints have no say in it: of an app that runs elsewhere nobody
    knows them, and the two are compared.
    """
    with app.http() as http:
        config = http.get(f"{app.url}/config").json()
        info = http.get(f"{app.url}{config.get('api_prefix') or ''}/info")
    return outline(read(config, info.json() if info.status_code == 200 else None))
