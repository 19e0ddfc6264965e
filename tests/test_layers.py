"""Who may import whom: read from the source, and held against the order of the layers."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
HARNESS = ROOT / "harness"

#: Each module imports only from those before it. The way of the data: a target becomes an
#: app with a contract; inputs go through drivers, what comes back through checks; findings
#: make a run, a run makes a report; and pytest comes last.
LAYERS = (
    *(
        "errors",
        "observation",
        *("literals", "digest", "stopwatch", "quantiles", "scaling"),
        "finding",
        "advisories",
        "advisories.table",
        "snippet",
        "schema",
        "contract",
        "outline",
        "difference",
        "rows",
        "run",
        "streams",
        "painted",
        "page",
    ),
    *("target", "browsers"),
    *(
        "probe.frames",
        "probe.needs",
        "probe.record",
        "probe.audit",
        "probe.warned",
        "probe.functions",
        "probe.threads",
        "probe.probe",
        "probe",
    ),
    *(
        "script.folder",
        "script.kinds",
        "script.discovery",
        "script.failure",
        "script.loopback",
        "script.main_module",
        "script.script",
        "script",
    ),
    *("shortcuts", "environment", "routes", "app", "redact", "confidential"),
    *(
        "child.channel",
        "child.capacity",
        "child.process",
        "child.service",
        "child.zygote",
        "child.parent",
        "child",
        "child.__main__",
    ),
    *(
        "clues",
        "strategies.shapes",
        "strategies.text",
        "strategies.choices",
        "strategies.numbers",
        "strategies.media",
    ),
    *(
        "strategies.tables",
        "strategies.api",
        "strategies.held",
        "strategies.wrong",
        "strategies.growth",
        "strategies.edges",
        "strategies",
    ),
    *(
        "drivers",
        "drivers.exchange",
        "drivers.recording",
        "drivers.wire",
        "drivers.direct",
        "drivers.client",
        "drivers.traffic",
    ),
    *(
        "drivers.browser.program",
        "drivers.browser.login",
        "drivers.browser.layout",
        "drivers.browser.nodes",
        "drivers.browser.complaints",
        "drivers.browser.picture",
        "drivers.browser.page",
        "drivers.browser.uploads",
        "drivers.browser.widgets",
        "drivers.browser.gestures",
        "drivers.browser.paint",
        "drivers.browser.driver",
        "drivers.browser",
    ),
    "coverage",
    *(
        "checks",
        "checks.reading",
        "checks.outcome",
        "checks.outputs",
        "checks.files",
        "checks.warned",
    ),
    *(
        "checks.structure",
        "checks.agreement",
        "checks.departure",
        "checks.mixing",
        "checks.painting",
    ),
    *("checks.hints", "checks.streaming", "checks.sessions", "checks.order", "checks.growth"),
    *(
        "checks.cost",
        "checks.latency",
        "checks.shape",
        "checks.page",
        "checks.forged",
        "checks.trespass",
        "checks.fetching",
        "checks.carriage",
        "checks.exposed",
        "checks.process",
        "checks.regression",
        "checks.advisories",
        "checks.identity",
        "checks.disclosure",
        "catalogue",
    ),
    *(
        "downloads",
        "visit",
        "gestures",
        "plan",
        "own",
        "steps",
        "reproduce",
        "opening",
        "watchdog",
        "replays",
    ),
    "allowance",
    *(
        "exploring",
        "exploring.exploration",
        "exploring.memory",
        "exploring.search",
        "exploring.ladder",
        "exploring.stretch",
        "exploring.draws",
        "exploring.phases",
        "exploring.conversation",
        "exploring.corpus",
        "exploring.units",
        "exploring.feeds",
        "exploring.feeding",
        "exploring.agreement",
        "exploring.confirmation",
        "exploring.explore",
    ),
    *(
        *(
            "latency.waterfall",
            "latency.measure",
            "latency.look",
            "latency.answered",
            "latency.sizes",
        ),
        *("latency.crowds", "latency.neighbours", "latency.shapes", "latency"),
    ),
    "comparison",
    *(
        "visitors",
        "visitors.guests",
        "visitors.stage",
        "visitors.canaries",
        "visitors.marking",
        "visitors.notice",
        "visitors.phrases",
        "visitors.together",
        "visitors.performance",
        "visitors.walk",
        "visitors.interference",
        "visitors.deadlock",
        "visitors.leaks",
        "visitors.mixing",
        "visitors.moment",
        "visitors.races",
        "visitors.crowd",
        "visitors.walking",
        "visitors.retrace",
        "visitors.order",
    ),
    *("onlooker", "forgery"),
    *(
        "identity.people",
        "identity.look",
        "identity.attempts",
        "identity.entry",
        "identity.sessions",
        "identity.belongings",
        "identity.access",
        "identity.elsewhere",
        "identity",
    ),
    *(
        "repeated",
        "repeated.holdings",
        "repeated.growth",
        "repeated.tape",
        "repeated.cost",
        "repeated.departures",
    ),
    *("files", "files.bait", "files.listener", "files.ways", "files.archives", "files.look"),
    *("files.trespass", "files.fetching", "files.parcels", "files.returns", "files.carriage"),
    *("files.kinds", "files.exposure"),
    "painting",
    *(
        "report.text",
        "report.axis",
        "report.charts",
        "report.timeline",
        "report.strip",
        "report.waterfall",
        "report.forest",
        "report.curves",
        "report.previews",
        "report.matrix",
        "report.contents",
        "report.page",
        "report.summary",
        "report.results",
    ),
    *(
        "report",
        "journal",
        "news",
        "annotations",
        "history",
        "merging",
        "baseline",
        "options",
        "selection",
        "supervise",
        "against",
        "against.offered",
        "against.rounds",
        "against.clocks",
        "against.requirements",
        "against.environments",
        "against.checkout",
        "against.reference",
        "against.sides",
        "against.answers",
        "against.pace",
        "against.regression",
        "against.replayed",
        "advisories.canary",
        "advisories.prober",
        "advisories.probes",
        "advisories.advised",
        "copies",
        "timing",
        "session",
        "foreword",
        "record",
        "__main__",
    ),
    *(
        "hooks",
        "subjects",
        "collect",
        "outcomes",
        "workers",
        "fixtures",
        "pages",
        "absent",
        "command",
        "plugin",
    ),
)

PYTEST = {
    "options",
    "subjects",
    "collect",
    "outcomes",
    "workers",
    "fixtures",
    "pages",
    "absent",
    "command",
    "plugin",
}
PLAYWRIGHT = "drivers.browser"

#: What takes long to import, and is no part of a session without an app.
HEAVY = ("gradio", "gradio_client", "hypothesis", "httpx", "playwright", "jinja2", "numpy", "PIL")


@dataclass(frozen=True)
class Import:
    """One module that another imports; *top* is false inside a function."""

    what: str
    top: bool


def modules() -> dict[str, Path]:
    """Return every module of the harness by its name below the package."""
    found = {}
    for path in HARNESS.rglob("*.py"):
        parts = path.relative_to(HARNESS).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        if name:
            found[name] = path
    return found


MODULES = modules()


def imports(name: str, path: Path) -> Iterator[Import]:
    """Yield what a module imports, its own package's modules as ``.name``; no types only."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]

    def walk(node: ast.AST, top: bool) -> Iterator[Import]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
                continue
            if isinstance(child, ast.Import):
                yield from (Import(alias.name, top) for alias in child.names)
            elif isinstance(child, ast.ImportFrom):
                yield from (Import(what, top) for what in named(child))
            inner = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            yield from walk(child, top and not inner)

    def named(node: ast.ImportFrom) -> Iterator[str]:
        if not node.level:
            yield node.module or ""
            return
        above = package.split(".") if package else []
        base = [*above[: len(above) - node.level + 1], *(node.module or "").split(".")]
        place = ".".join(filter(None, base))
        for alias in node.names:
            inner = f"{place}.{alias.name}".lstrip(".")
            yield f".{inner if inner in MODULES else place}"

    yield from walk(ast.parse(path.read_text("utf-8")), True)


IMPORTS = {name: tuple(imports(name, path)) for name, path in MODULES.items()}


def test_every_module_has_its_layer() -> None:
    """A new module says where it stands."""
    assert sorted(LAYERS) == sorted(MODULES)


@pytest.mark.parametrize("name", LAYERS)
def test_a_module_imports_only_from_those_before_it(name: str) -> None:
    """At the top and inside functions alike."""
    place = LAYERS.index(name)
    # A package's own modules are below it, though importing one runs the package first.
    wanted = {i.what[1:] for i in IMPORTS[name] if i.what.startswith(".")} - {name}

    later = {other for other in wanted if LAYERS.index(other) > place}

    assert set() == {(name, other) for other in later}


def test_the_flow_of_the_data_is_the_order_of_the_layers() -> None:
    """As the design draws it: target, app, strategies, drivers, checks, exploring, report."""
    flow = ["target", "app", "strategies", "drivers", "checks", "exploring", "report", "plugin"]

    assert flow == sorted(flow, key=LAYERS.index)


def importing(package: str) -> set[str]:
    return {
        name
        for name, found in IMPORTS.items()
        if any(i.what.partition(".")[0] == package for i in found)
    }


def test_only_the_last_layers_import_pytest() -> None:
    """What is below them can be used in any program."""
    assert (PYTEST, set(LAYERS[-len(PYTEST) + 1 :])) == (
        importing("pytest"),
        PYTEST - {"options"},
    )


def test_only_the_browsers_driver_imports_playwright() -> None:
    """Everything else works without."""
    assert {PLAYWRIGHT} == {name[: len(PLAYWRIGHT)] for name in importing("playwright")}


def test_the_plugin_imports_nothing_of_the_harness_at_its_top() -> None:
    """It is loaded in every session of the environment."""
    assert [] == [i.what for i in IMPORTS["plugin"] if i.top and i.what.startswith(".")]


LOADED = """
import json, sys
import pytest
before = set(sys.modules)
import gradio_harness.plugin
print(json.dumps(sorted(set(sys.modules) - before)))
"""


def test_the_plugin_costs_next_to_nothing() -> None:
    """Nothing heavy is imported with it, and of our own only the package and the plugin."""
    done = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True)
    loaded = json.loads(done.stdout)

    heavy = [name for name in loaded if name.partition(".")[0] in HEAVY]
    ours = [name for name in loaded if name.startswith("gradio_harness")]
    assert ([], ["gradio_harness", "gradio_harness.plugin"], True) == (
        heavy,
        ours,
        len(loaded) < 10,
    )


SESSION = """
import json, sys
import pytest
code = pytest.main(["-q", "-p", "no:cacheprovider", *sys.argv[1:]])
print(json.dumps(sorted(sys.modules)))
"""


def test_a_session_without_an_app_loads_three_modules_of_ours(tmp_path: Path) -> None:
    """The options, the hooks, and what the fixtures say; nothing heavy."""
    (tmp_path / "test_one.py").write_text("def test_one():\n    pass\n", "utf-8")
    done = subprocess.run(
        [sys.executable, "-c", SESSION, str(tmp_path)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    loaded = json.loads(done.stdout.splitlines()[-1])

    assert (
        [
            "gradio_harness",
            "gradio_harness.absent",
            "gradio_harness.errors",
            "gradio_harness.hooks",
            "gradio_harness.options",
            "gradio_harness.plugin",
        ],
        [],
    ) == (
        [name for name in loaded if name.startswith("gradio_harness")],
        [name for name in loaded if name in ("gradio", "gradio_client", "httpx", "jinja2")],
    )
