"""The suites as pytest items: collected and selected."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from .browsers import find
from .catalogue import by_item
from .checks import Check
from .checks.forged import NAME as FORGED
from .errors import HarnessError
from .latency import SECONDS, SHAPES
from .options import Options
from .record import PREFIX
from .selection import known_checks, tested
from .session import Session
from .subjects import asked_key, session_key

__all__ = ["SuiteModule", "collect_suites", "note_asked", "own_id", "parametrize", "take_ids"]

#: What pytest says of a test with nothing to be about.
EMPTY = "got empty parameter set"

#: In this order, after all other tests.
LAST = ("mixed", "goes_on", "blocks_next", FORGED.partition(".")[2].replace("-", "_"))

ids_key = pytest.StashKey[list[str]]()


class SuiteModule(pytest.Module):
    """A built-in suite, with the same node id wherever the package is installed.

    Every public function that the module defines is a test; its name is the check's.
    """

    def _getobj(self) -> Any:
        pytest.register_assert_rewrite(f"gradio_harness.suites.{self.path.stem}")
        return importlib.import_module(f"gradio_harness.suites.{self.path.stem}")

    def istestfunction(self, obj: object, name: str) -> bool:
        """Whether *obj* is one of the suite's own functions."""
        own = getattr(obj, "__module__", "") == self.obj.__name__
        return own and callable(obj) and not isinstance(obj, type) and not name.startswith("_")

    def istestclass(self, obj: object, name: str) -> bool:
        """A suite has no classes."""
        return False


def take_ids(config: pytest.Config) -> None:
    """Take ids of suite items out of the arguments: no file of that name is to be looked for."""
    ids = [own for a in config.args if (own := own_id(str(a)))]
    config.stash[ids_key] = ids
    if ids:
        config.args[:] = [a for a in config.args if not own_id(str(a))]


def own_id(argument: str) -> str:
    """Return *argument* as an id of a suite's test, "" if it is none.

    pytest prints ids relative to the folder it was called in: ``../gradio_harness/suites/…``.
    """
    path, colons, rest = argument.partition("::")
    before, found, after = path.replace("\\", "/").partition(PREFIX)
    return f"{PREFIX}{after}{colons}{rest}" if found and not before.strip("./") else ""


def wanted_suites(config: pytest.Config, options: Options) -> tuple[str, ...]:
    """Return the suites to collect: none beside named paths, unless they are asked for."""
    ids = config.stash.get(ids_key, [])
    if ids:
        names = {i[len(PREFIX) :].partition(".py")[0] for i in ids}
        return tuple(suite for suite in options.suites if suite in names)
    asked = config.getoption("--app-suites") or options.only
    paths_named = config.args_source == pytest.Config.ArgsSource.ARGS
    return options.suites if asked or not paths_named else ()


def collect_suites(session: pytest.Session, items: list[pytest.Item]) -> None:
    """Append the suites' items to the user's own; the app is launched for them.

    Raises pytest.UsageError (exit code 4) in words where target or browser cannot be used.
    """
    config = session.config
    harness = config.stash.get(session_key, None)
    if harness is None:
        return
    suites = wanted_suites(config, harness.options)
    if not suites:
        return
    try:
        if "ui" in suites and not config.getoption("browser_channel", None):
            find(harness.options.browser or None)
        known_checks(harness.options)
        if "regression" in suites and harness.options.against:
            _ = harness.regression.reference  # what cannot be compared with is said at once
        ours = _items(session, suites)
    except HarnessError as error:
        raise pytest.UsageError(harness.said(error)) from None
    known = {item.nodeid for item in ours}
    ids = config.stash.get(ids_key, [])
    for wanted in ids:
        if not any(_selects(wanted, nodeid) for nodeid in known):
            raise pytest.UsageError(f"no test {wanted!r} for {harness.target}")
    if ids:
        ours = [item for item in ours if any(_selects(w, item.nodeid) for w in ids)]
    items += ours


def _selects(wanted: str, nodeid: str) -> bool:
    return nodeid == wanted or nodeid.startswith((f"{wanted}::", f"{wanted}["))


def _items(session: pytest.Session, suites: Sequence[str]) -> list[pytest.Item]:
    harness = session.config.stash[session_key]
    checks = by_item()
    package = importlib.import_module("gradio_harness.suites")
    folder = Path(str(package.__file__)).parent
    items: list[pytest.Item] = []
    for suite in suites:
        if not ABOUT[suite](harness):
            continue
        module = SuiteModule.from_parent(
            session, path=folder / f"{suite}.py", nodeid=f"{PREFIX}{suite}.py"
        )
        found = [item for item in module.collect() if isinstance(item, pytest.Item)]
        found = [item for item in found if _tested(harness, checks, item)]
        for item in found:
            # The app's and Gradio's own warnings are not the suites'; under -W error they
            # would fail calls that no visitor would see fail.
            item.add_marker(pytest.mark.filterwarnings("ignore"))
        # Whoever counts or caches what is collected learns of it as of any other module.
        report = pytest.CollectReport(module.nodeid, "passed", None, list(found))
        session.config.hook.pytest_collectreport(report=report)
        items += found
    return sorted(items, key=_place)


def _place(item: pytest.Item) -> int:
    """Return where *item* stands: who leaves a stream may leave it shut for all who follow.

    And whatever a forged request leaves behind, nothing that is judged comes after it.
    """
    name = getattr(item, "originalname", "")
    return LAST.index(name) if name in LAST else -1


def _tested(harness: Session, checks: Mapping[tuple[str, str], Check], item: pytest.Item) -> bool:
    suite = item.nodeid[len(PREFIX) :].partition(".py")[0]
    if any(EMPTY in str(mark.kwargs.get("reason")) for mark in item.iter_markers("skip")):
        return False  # this app has nothing that it could be about: no login, no route
    if "watched" in getattr(item, "fixturenames", ()) and "ui" not in harness.options.suites:
        return False  # nobody asked for a browser
    check = checks.get((suite, getattr(item, "originalname", item.name)))
    if check is not None and check.name in SHAPES and harness.options.profile not in SECONDS:
        return False  # as the documentation of the profile says
    return check is None or tested(harness.options, check)


def note_asked(session: pytest.Session) -> None:
    """Note which checks of which events are left after every selection.

    Not by node id: pytest escapes what is not ASCII in a label.
    """
    checks = by_item()
    asked = set()
    for item in session.items:
        suite, _, _ = item.nodeid.removeprefix(PREFIX).partition(".py")
        check = checks.get((suite, getattr(item, "originalname", "")))
        if check is not None and isinstance(item, pytest.Function):
            asked |= {(check.name, str(label)) for label in item.callspec.params.values()}
    session.config.stash[asked_key] = frozenset(asked)


def parametrize(metafunc: pytest.Metafunc) -> None:
    """Give each of a suite's functions the events, streams or pages it is about."""
    harness = metafunc.config.stash.get(session_key, None)
    if harness is None or not metafunc.module.__name__.startswith("gradio_harness.suites."):
        return
    for fixture, labels in (
        ("exploration", _explored),
        ("forging", _asked),
        ("stream", _streams),
        ("visited", ABOUT[metafunc.module.__name__.rpartition(".")[2]]),
        ("watched", _streams),
        ("page_visit", _pages),
        ("timed", _timed),
        ("guarded", _guarded),
        ("asked", _asked_at_all),
        ("compared", _compared),
        ("answered", _roots),
        ("paced", _paced),
        ("shaped", _shaped),
        ("published", _whole),
        ("open_routes", _whole),
    ):
        if fixture in metafunc.fixturenames:
            names = labels(harness)
            metafunc.parametrize(
                fixture, names, ids=[name or "app" for name in names], indirect=True
            )


def _roots(harness: Session) -> list[str]:
    return [event.label for event in harness.plan.roots]


def _explored(harness: Session) -> list[str]:
    return [event.label for event in harness.plan.explored]


def _asked(harness: Session) -> list[str]:
    contract = harness.app.contract
    return [
        event.label
        for event in harness.plan.roots
        if any(member.backend and member.inputs for member in contract.chain(event))
    ]


def _timed(harness: Session) -> list[str]:
    plan, contract = harness.plan, harness.app.contract
    return [
        member.label
        for root in plan.roots
        for member in contract.chain(root)
        if member.backend and member.index in plan.driven
    ]


def _shaped(harness: Session) -> list[str]:
    return [root for root in _roots(harness) if root in _timed(harness)]


def _streams(harness: Session) -> list[str]:
    contract = harness.app.contract
    return [
        event.label
        for event in harness.plan.explored
        if event.live or any(member.generator for member in contract.chain(event))
    ]


def _guarded(harness: Session) -> list[str]:
    return ["app"] if harness.guarded else []


def _asked_at_all(harness: Session) -> list[str]:
    if not harness.app.contract.events and not harness.guarded:
        return []
    own = any(route.owner == "author" for route in harness.app.routes)
    return ["app"] if harness.target.loopback and (own or harness.guarded) else []


def _of_anybody(harness: Session) -> list[str]:
    return [*_explored(harness), *_asked_at_all(harness)]


def _compared(harness: Session) -> list[str]:
    options = harness.options
    return [name for name in ("baseline", "against") if getattr(options, name)]


def _paced(harness: Session) -> list[str]:
    return _roots(harness) if harness.options.against else []


def _whole(harness: Session) -> list[str]:
    _ = harness.plan  # an app that does not start is said at once
    return [""]  # what findings about the whole app have as their event


def _pages(harness: Session) -> list[str]:
    return [f"/{page}" for page in harness.app.contract.pages]


#: What each suite's tests are about; one that is about nothing has no tests.
ABOUT = {
    "api": _explored,
    "streaming": _streams,
    "sessions": _roots,
    "files": _roots,
    "ui": _pages,
    "latency": _timed,
    "regression": _compared,
    "advisories": _whole,
    "auth": _of_anybody,
}
