"""How long until an app is served: `python bench/start.py`.

Each way is a command of its own, started anew in every round, in turns, until the app's config
is there; the ratio is the median of the rounds' own ratios to the bare script.

    python bench/start.py
    python bench/start.py --pytest "--app trivial.py --app-only --app-suites api -k no_such_test"
    python bench/start.py --plugins

The second times pytest (run in this folder) to its end too; the third an empty pytest run
with no plugin, with ours, and with all that are installed. Where other work shares the machine,
the CPU seconds, from start to end, say more than the clock.
"""

from __future__ import annotations

import argparse
import os
import platform
import shlex
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path

HERE = Path(__file__).parent
APP = HERE / "trivial.py"

OURS = """
import sys
from pathlib import Path
from gradio_harness.app import launch
from gradio_harness.target import parse
with launch(parse(sys.argv[1], Path.cwd()), folder=Path.cwd()) as app:
    print(app.url, flush=True)
"""
CHILD = OURS.replace("app import launch", "child import child").replace("launch(", "child(")
FORKED = """
import sys, time
from pathlib import Path
import gradio
from gradio_harness.child import Zygote, child
from gradio_harness.target import parse
with Zygote.start() as zygote:
    begun = time.monotonic()
    target = parse(sys.argv[1], Path.cwd())
    with child(target, folder=Path.cwd(), zygote=zygote):
        print(f"after {time.monotonic() - begun}", flush=True)
"""


def main() -> None:
    """Print the table."""
    arguments = options()
    with tempfile.TemporaryDirectory(prefix="gradio-harness-bench-") as folder:
        ways = plugin_ways(Path(folder)) if arguments.plugins else start_ways(arguments.pytest)
        for way in ways.values():
            way()  # bytecode and file cache warm
        rounds = [
            {name: with_cpu(way) for name, way in ways.items()} for _ in range(arguments.rounds)
        ]
    show(rounds)


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--pytest", default="", help="arguments of a pytest run to time as well")
    parser.add_argument("--plugins", action="store_true", help="time an empty pytest run instead")
    return parser.parse_args()


def start_ways(pytest_arguments: str) -> dict[str, Callable[[], float]]:
    python, app = sys.executable, str(APP)
    ways: dict[str, Callable[[], float]] = {
        "python app.py": bare,
        "our launch": lambda: until_line([python, "-c", OURS, app]),
        "our child": lambda: until_line([python, "-c", CHILD, app]),
    }
    if sys.platform == "linux":
        ways["our child, forked"] = lambda: until_line([python, "-c", FORKED, app])
    ways["pytest --app, to its first test"] = until_first_test
    if pytest_arguments:
        command = [python, "-m", "pytest", "-q", *shlex.split(pytest_arguments)]
        ways["pytest, to its end"] = lambda: until_end(command)
    return ways


def plugin_ways(folder: Path) -> dict[str, Callable[[], float]]:
    """Return runs of one empty test in *folder* with ever more plugins."""
    (folder / "test_empty.py").write_text("def test_empty():\n    pass\n")
    base = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(folder)]
    none = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return {
        "pytest without plugins": lambda: until_end(base, none),
        "with gradio_harness only": lambda: until_end([*base, "-p", "gradio_harness.plugin"], none),
        "with all installed": lambda: until_end(base),
        "with all but gradio_harness": lambda: until_end([*base, "-p", "no:gradio_harness"]),
    }


def with_cpu(way: Callable[[], float]) -> tuple[float, float]:
    """Return the seconds until what was waited for, and the CPU seconds until the end."""
    before = os.times()
    seconds = way()
    after = os.times()
    used = (after.children_user, after.children_system)
    return seconds, sum(used) - before.children_user - before.children_system


def bare() -> float:
    """Return the seconds until the script itself serves, as its author starts it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    variables = {"GRADIO_SERVER_PORT": str(port), "GRADIO_ANALYTICS_ENABLED": "False"}
    begun = time.monotonic()
    with subprocess.Popen(
        [sys.executable, str(APP)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **variables},
    ) as process:
        try:
            while not answers(f"http://127.0.0.1:{port}/config"):
                if process.poll() is not None or time.monotonic() - begun > 120:
                    raise SystemExit(f"{APP} did not serve")
                time.sleep(0.005)
            return time.monotonic() - begun
        finally:
            process.kill()


def until_line(command: list[str]) -> float:
    """Return the seconds until *command* prints a line, or those that the line tells."""
    begun = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        seconds = time.monotonic() - begun
    if not line:
        raise SystemExit(f"{command} printed nothing")
    return float(line.removeprefix("after ")) if line.startswith("after ") else seconds


def until_end(command: list[str], variables: Mapping[str, str] | None = None) -> float:
    """Return the seconds that *command* takes."""
    begun = time.monotonic()
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        cwd=HERE,
        env={**os.environ, **(variables or {})},
    )
    if done.returncode not in (0, 1, 5):  # passed, failed, nothing collected
        raise SystemExit(f"{shlex.join(command)}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return time.monotonic() - begun


def until_first_test() -> float:
    """Return the seconds until ``pytest --app`` begins its first test."""
    with tempfile.NamedTemporaryFile(prefix="gradio-harness-bench-") as told:
        variables = {"FIRST_TEST": told.name, "PYTHONPATH": str(HERE)}
        command = [sys.executable, "-m", "pytest", "-q", "-p", "first_test", "--app", APP.name]
        begun = time.monotonic()
        until_end([*command, "--app-only", "--app-suites", "api", "--app-calls", "1"], variables)
        return float(told.read()) - begun


def answers(url: str) -> bool:
    """Whether something serves there."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def show(rounds: list[dict[str, tuple[float, float]]]) -> None:
    first = next(iter(rounds[0]))
    print(
        f"Python {platform.python_version()}, {os.cpu_count()} cores, {sys.platform}; "
        f"{len(rounds)} rounds"
    )
    print(f"\n{'':<34}{'seconds':>9}{'ratio':>8}{'more':>9}{'CPU s':>9}")
    for name in rounds[0]:
        median = statistics.median(each[name][0] for each in rounds)
        ratio = statistics.median(each[name][0] / each[first][0] for each in rounds)
        more = statistics.median(each[name][0] - each[first][0] for each in rounds)
        cpu = statistics.median(each[name][1] for each in rounds)
        print(f"{name:<34}{median:>9.2f}{ratio:>8.2f}{more:>+9.2f}{cpu:>9.2f}")


if __name__ == "__main__":
    main()
