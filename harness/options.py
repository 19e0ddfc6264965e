"""The command line and the ini file, read once into `Options`."""

from __future__ import annotations

import datetime as dt
import os
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from .errors import OptionError, choices

if TYPE_CHECKING:
    from .app import Credentials
    from .baseline import Baseline

__all__ = ["SUITES", "Options", "add", "random_seed", "read"]

SUITES = (
    *("api", "streaming", "sessions", "files", "auth"),
    *("ui", "latency", "regression", "advisories"),
)
PROFILES = ("quick", "standard", "deep")
SEVERITIES = ("error", "warning", "info")


@dataclass(frozen=True, slots=True)
class Options:
    """What the user asked for. Paths are absolute: the app may change the folder.

    *target* comes from the command line or, for fixtures only, from the ini file; the
    suites run when *suites* is not empty. *ignored* holds (pattern, reason) pairs. *same_inputs*
    is true where the seed was typed; what one run leaves for the next is in *cache*, if anywhere,
    and what reports show of the last runs in *history*.
    """

    target: str
    suites: tuple[str, ...]
    folder: Path
    report: Path
    profile: str = "standard"
    seed: int = 0
    same_inputs: bool = False
    cache: Path | None = None
    only: bool = False
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    selected: tuple[str, ...] = ()
    ignored: tuple[tuple[str, str], ...] = ()
    calls: int | None = None
    timeout_seconds: float = 30.0
    start_timeout_seconds: float = 120.0
    auth: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    isolation: str = "process"
    fail_on: str = "error"
    browser: str = ""
    app_folder: str = ""
    budgets: tuple[str, ...] = ()
    against: str = ""
    baseline: Path | None = None
    update_baseline: bool = False
    known: Baseline | None = None
    history: Path | None = None
    today: dt.date = field(default=dt.date.max, compare=False)

    @property
    def credentials(self) -> tuple[Credentials, ...]:
        """The logins that the user gave."""
        from .app import Credentials  # not in a session without an app

        return tuple(Credentials(user, password) for user, password in self.auth)


def add(parser: pytest.Parser) -> None:
    """Add the options, all in one group of ``pytest --help``."""
    option = parser.getgroup("gradio-harness", "Gradio apps (gradio-harness)").addoption
    _add_choice(option)
    _add_limits(option)
    _add_places(option)
    _add_judgement(option)
    option("--app-browser", metavar="PATH", help="The browser for the ui suite.")
    _add_ini(parser)


def _add_choice(option: Callable[..., None]) -> None:
    """Add what says which app is tested, and what of it."""
    option(
        "--app",
        metavar="TARGET",
        help="Test this Gradio app: app.py, app.py:demo, app.py:make_demo, package.module:demo, "
        "a URL, or space:owner/name.",
    )
    option(
        "--app-suites",
        metavar="A,B",
        help=f"Built-in suites to run: {', '.join(SUITES)} (default: all that apply), or none.",
    )
    option("--app-only", action="store_true", help="Run the suites and no tests of your own.")
    for name, words in (
        ("include", "Set off only these events, their chains and what fills their inputs"),
        ("exclude", "Leave out events"),
    ):
        option(
            f"--app-{name}",
            action="append",
            metavar="EVENT",
            help=f"{words}, by label or API name; * stands for anything. Repeatable.",
        )
    for name, words in (("select", "Only these checks count"), ("ignore", "Silence checks")):
        option(
            f"--app-{name}",
            action="append",
            metavar="CHECK[@EVENT]",
            help=f"{words}: api.hang, api.*, api.hang@greet. Repeatable.",
        )


def _add_limits(option: Callable[..., None]) -> None:
    """Add what says how long to look and to wait."""
    option(
        "--app-profile",
        choices=PROFILES,
        help="How long to look: quick (seconds an event), standard, deep (minutes an event).",
    )
    option(
        "--app-calls",
        type=int,
        metavar="N",
        help="At most N calls an event, in all suites together.",
    )
    option(
        "--app-timeout",
        type=float,
        metavar="SECONDS",
        help="When a call that says nothing hangs (default 30, or ten times its own example).",
    )
    option(
        "--app-start-timeout",
        type=float,
        metavar="SECONDS",
        help="How long the app may take to start (default 120).",
    )


def _add_places(option: Callable[..., None]) -> None:
    """Add what says where the app runs and for whom, and where the report goes."""
    option("--app-folder", metavar="DIR", help="The folder in which the app runs.")
    option(
        "--app-report",
        metavar="DIR",
        help="Where index.html, results.json, summary.md and replays/ go (default reports/latest), "
        "and history/, which is else reports/history.",
    )
    option(
        "--app-auth",
        action="append",
        metavar="USER:PASSWORD",
        help="A login of the app; also GRADIO_HARNESS_AUTH, which keeps it out of ps. Repeatable.",
    )
    option(
        "--app-isolation",
        choices=("thread", "process"),
        help="Where the app runs while latency is measured (default: process, a child); with "
        "thread, sessions and forged requests start no copies of it either.",
    )


def _add_judgement(option: Callable[..., None]) -> None:
    """Add what says which findings count, and how they are seen again."""
    option(
        "--app-against",
        metavar="REF",
        help="Hold the app against git:REF, gradio==X, another target or a URL: what callers rely "
        "on, what it answers, how long it takes.",
    )
    option(
        "--app-baseline",
        metavar="FILE",
        help="The findings in this file are known: they are shown as such and fail nothing. What "
        "callers rely on, and what examples are answered, is held against it.",
    )
    option(
        "--app-update-baseline",
        action="store_true",
        help="Write what this run finds, what callers rely on, answers and latency into the "
        "baseline; reasons and dates in it stay. No finding fails this run.",
    )
    option("--app-replay", metavar="ID", help="Show one finding of the last report again.")
    option(
        "--app-seed",
        type=int,
        metavar="N",
        help="Draw the same inputs again, and try nothing first that failed in earlier runs.",
    )
    option(
        "--app-fail-on",
        choices=SEVERITIES,
        help="The least severity that fails the run (default error).",
    )


def _add_ini(parser: pytest.Parser) -> None:
    parser.addini("app", "Target for the gradio_* fixtures; the suites run only with --app.")
    for name, words in (
        ("app_suites", "Suites that --app runs."),
        ("app_include", "Events to set off."),
        ("app_exclude", "Events to leave out."),
        ("app_select", "Checks that count."),
        ("app_ignore", "Checks to silence, one a line: CHECK@EVENT: reason."),
        (
            "app_latency",
            "Latency budgets, as EVENT: p95 < 2 s, first output < 500 ms; * is all.",
        ),
    ):
        parser.addini(name, words, type="linelist")
    for name in (
        "app_profile",
        "app_fail_on",
        "app_report",
        "app_browser",
        "app_folder",
        "app_baseline",
    ):
        parser.addini(name, f"As --{name.replace('_', '-')}.")


def read(config: pytest.Config) -> Options | None:
    """Return the options; None if neither command line nor ini file names a target.

    Raises OptionError for a suite, a login or a number that cannot be used.
    """
    typed = config.getoption("--app")
    target = typed or config.getini("app")
    if not target:
        return None
    chosen = config.getoption("--app-suites")
    named = _words([chosen] if chosen else config.getini("app_suites"))
    folder = Path(config.invocation_params.dir).absolute()
    named_report = config.getoption("--app-report") or config.getini("app_report")
    base = folder if config.getoption("--app-report") else _base(config, folder)
    baseline, update = _baseline(config, folder)
    against = config.getoption("--app-against") or ""
    return Options(
        target=str(target),
        suites=_suites(named, compared=bool(against or baseline)) if typed else (),
        folder=folder if typed else config.rootpath,
        report=(base / (named_report or "reports/latest")).absolute(),
        history=(base / (named_report or "reports") / "history").absolute(),
        profile=_one(config, "profile", PROFILES, "standard"),
        seed=_seed(config),
        same_inputs=_typed_seed(config) is not None,
        cache=_cache(config) if typed else None,
        only=bool(config.getoption("--app-only")),
        include=tuple(config.getoption("--app-include") or config.getini("app_include")),
        exclude=tuple(config.getoption("--app-exclude") or config.getini("app_exclude")),
        selected=tuple(config.getoption("--app-select") or config.getini("app_select")),
        ignored=_ignored(config),
        calls=_positive(config, "--app-calls"),
        timeout_seconds=_positive(config, "--app-timeout") or 30.0,
        start_timeout_seconds=_positive(config, "--app-start-timeout") or 120.0,
        auth=_auth(config),
        isolation=config.getoption("--app-isolation") or "process",
        fail_on=_one(config, "fail_on", SEVERITIES, "error"),
        browser=config.getoption("--app-browser") or config.getini("app_browser") or "",
        app_folder=config.getoption("--app-folder") or config.getini("app_folder") or "",
        budgets=tuple(config.getini("app_latency")),
        against=against,
        baseline=baseline,
        update_baseline=update,
        known=_known(baseline, update=update) if baseline and typed else None,
        today=dt.datetime.now(dt.UTC).date(),
    )


def _known(path: Path, *, update: bool) -> Baseline:
    from .baseline import read  # not in a session without an app

    return read(path, update=update)


def _baseline(config: pytest.Config, folder: Path) -> tuple[Path | None, bool]:
    """Return the baseline's file and whether it is to be written."""
    named = config.getoption("--app-baseline")
    path = named or config.getini("app_baseline")
    update = bool(config.getoption("--app-update-baseline"))
    if update and not path:
        raise OptionError("--app-update-baseline: which file? Add --app-baseline FILE")
    base = folder if named else _base(config, folder)
    return ((base / path).absolute() if path else None), update


def _base(config: pytest.Config, folder: Path) -> Path:
    return config.rootpath if config.inipath else folder


def _words(lines: Sequence[str]) -> list[str]:
    return [word.strip() for line in lines for word in line.split(",") if word.strip()]


def _suites(named: Sequence[str], *, compared: bool) -> tuple[str, ...]:
    """Return the suites that are *named*, or all; *compared*: there is what to compare with."""
    if not named:
        return tuple(suite for suite in SUITES if compared or suite != "regression")
    if list(named) == ["none"]:
        return ()
    for name in named:
        if name == "none":
            raise OptionError("no suite 'none' beside others: none means no suite at all.")
        if name not in SUITES:
            raise OptionError(f"no suite {name!r}. {choices(name, (*SUITES, 'none'))}")
    if "regression" in named and not compared:
        raise OptionError(
            "the suite 'regression' has nothing to compare with: add --app-against REF or "
            "--app-baseline FILE."
        )
    return tuple(suite for suite in SUITES if suite in named)


def _one(config: pytest.Config, name: str, known: Sequence[str], default: str) -> str:
    value = config.getoption(f"--app-{name.replace('_', '-')}") or config.getini(f"app_{name}")
    if value and value not in known:
        raise OptionError(f"app_{name} = {value!r}. {choices(value, known)}")
    return str(value or default)


def _positive(config: pytest.Config, name: str) -> Any:
    value = config.getoption(name)
    if value is not None and not value > 0:  # nor is "not a number"
        raise OptionError(f"{name} must be above 0, not {value}.")
    return value


def _seed(config: pytest.Config) -> int:
    """Return the seed of the command line, the controller's under xdist, or a new one."""
    known = config.getoption("--app-seed")
    if known is not None:
        return int(known)
    given = getattr(config, "workerinput", {}).get("gradio_harness_seed")
    return int(given) if given is not None else random_seed()


def _typed_seed(config: pytest.Config) -> int | None:
    drawn: bool = getattr(config.option, "app_seed_drawn", False)
    return None if drawn else config.getoption("--app-seed")


def _cache(config: pytest.Config) -> Path | None:
    """Return a folder in pytest's own cache; None with ``-p no:cacheprovider``."""
    cache = getattr(config, "cache", None)
    return cache.mkdir("gradio-harness") if cache is not None else None


def random_seed() -> int:
    """Return a seed that is short enough to type."""
    return random.SystemRandom().randrange(10**6)


def _ignored(config: pytest.Config) -> tuple[tuple[str, str], ...]:
    typed = [(pattern, "--app-ignore") for pattern in config.getoption("--app-ignore") or ()]
    written = []
    for line in config.getini("app_ignore"):
        pattern, _, reason = line.partition(": ")
        if not reason.strip():
            name = pattern.strip().removesuffix(":")
            raise OptionError(f"app_ignore: {line!r} has no reason. Write: {name}: why")
        written.append((pattern.strip(), reason.strip()))
    return (*typed, *written)


def _auth(config: pytest.Config) -> tuple[tuple[str, str], ...]:
    """Return the logins; never part of a message."""
    given = list(config.getoption("--app-auth") or ())
    given += filter(None, os.environ.get("GRADIO_HARNESS_AUTH", "").split("\n"))
    pairs = []
    for text in given:
        user, colon, password = text.partition(":")
        if not colon:
            raise OptionError("--app-auth wants USER:PASSWORD.")
        pairs.append((user, password))
    return tuple(pairs)
