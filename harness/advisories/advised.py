"""What is published about the app's Gradio, and what of that the running app shows.

from gradio_harness import replay_advisories

replay_advisories("app.py", "CVE-2024-47165")
"""

from __future__ import annotations

import dataclasses
import importlib.metadata
import sys
from collections.abc import Callable, Iterator, Sequence

import httpx

from ..app import App, start_here
from ..checks.advisories import CHECKS, Advised, Shown
from ..drivers.wire import Wire
from ..finding import Finding
from ..literals import literal
from ..plan import Plan, plan
from ..redact import of_running
from ..reproduce import run_as, script
from ..rows import Skipped, SuiteRow
from ..run import Part
from .canary import NoCanary, canary
from .prober import Prober
from .probes import PROBES
from .table import read

__all__ = ["advised", "replay_advisories"]

SHOWN = "advisories.shown"


def advised(
    app: App,
    wire: Wire,
    chosen: Plan,
    *,
    folder: str = "",
    pay: Callable[[str], bool] = lambda label: True,
    before: Callable[[str, str], None] = lambda label, words: None,
    after: Callable[[], None] = lambda: None,
) -> Part:
    """Return what the checks say of the release, and what the probes have shown of it.

    *pay*, *before* and *after* are as for `Prober`.
    """
    published = list(_published(app))
    why, calls = "", 0
    if not any(advisory.name in PROBES for known in published for advisory in known.advisories):
        pass  # an up-to-date Gradio: nothing to try
    elif not app.target.loopback:
        why = "told by its release only: probes go to apps of this machine"
    else:
        try:
            with canary() as bird:
                prober = Prober(app, wire, chosen, bird, pay, before, after)
                published = [_probed(known, prober) for known in published]
                calls = prober.calls
        except NoCanary as error:
            why = f"told by its release only: {error}"
    told = [_with_scripts(known, app.target.text, folder, chosen) for known in published]
    return Part(
        findings=tuple(_judged(told)),
        skipped=(Skipped(SHOWN, why),) if why else (),
        suites=(SuiteRow("advisories", cases=calls, queued_cases=calls),),
    )


def replay_advisories(
    target: str,
    *names: str,
    folder: str = "",
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
) -> None:
    """Start *target* and probe it for the advisories of these *names*; print what is seen.

    Without names, only those of its release are listed. SystemExit is raised where one is shown,
    or listed. The rest is as for `replay`.
    """
    with start_here(target, app_folder=folder) as app, Wire(app) as wire:
        hide = of_running(app).hide
        chosen = plan(app.contract, include=include, exclude=exclude)
        published = list(_published(app))
        if names:
            published = [_only(known, names) for known in published]
            with canary() as bird:
                prober = Prober(app, wire, chosen, bird)
                published = [_probed(known, prober) for known in published]
        told = [f for f in _judged(published) if (f.check == SHOWN) == bool(names)]
    print(hide("\n".join(f"{f.title}\n{f.input}\n{f.detail}" for f in told) or "nothing is seen"))
    if told:
        sys.exit(hide("; ".join(finding.title for finding in told)))


def _published(app: App) -> Iterator[Advised]:
    """Yield what is published about the releases that the app runs on."""
    versions = {"gradio": app.contract.gradio}
    if app.target.local:
        versions["gradio_client"] = importlib.metadata.version("gradio_client")
    table = read()
    for package, version in versions.items():
        yield Advised(package, version, table.of(package, version), date=table.date)


def _only(known: Advised, names: Sequence[str]) -> Advised:
    kept = tuple(a for a in known.advisories if {a.id, *a.aliases} & {*names})
    return dataclasses.replace(known, advisories=kept)


def _probed(known: Advised, prober: Prober) -> Advised:
    """Return *known* with what the probes have shown."""
    shown: dict[str, Shown] = {}
    for advisory in known.advisories:
        probe = PROBES.get(advisory.name)
        prober.canary.asked.clear()
        try:
            seen = probe(prober) if probe is not None else None
        except (httpx.HTTPError, ValueError):  # no answer to that: nothing is shown
            continue
        if seen is not None:
            shown[advisory.name] = seen
    return dataclasses.replace(known, shown=shown)


def _with_scripts(known: Advised, target: str, folder: str, chosen: Plan) -> Advised:
    scripts = {
        name: script(
            [literal(target), *([literal(name)] if name else []), *run_as(folder, chosen)],
            media=False,
            call="replay_advisories",
        )
        for name in ("", *known.shown)
    }
    return dataclasses.replace(known, reproduce=scripts)


def _judged(published: Sequence[Advised]) -> Iterator[Finding]:
    for known in published:
        for check in CHECKS:
            yield from check(known)
