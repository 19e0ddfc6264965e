"""What is published about Gradio: told by the release, and shown by probes that do no harm.

What else is tried on the releases that have an advisory, and on those that mend it, is in
bench/advisories.py: `make advisories`.
"""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import gradio
import httpx
import pytest

from gradio_harness.advisories import advised as module
from gradio_harness.advisories.advised import advised, replay_advisories
from gradio_harness.advisories.canary import canary
from gradio_harness.advisories.prober import Prober
from gradio_harness.advisories.probes import PROBES
from gradio_harness.advisories.table import Advisory, Table, mending, read
from gradio_harness.app import App, connect
from gradio_harness.checks.advisories import Advised, Shown, shown, version
from gradio_harness.drivers.wire import Wire
from gradio_harness.finding import Severity
from gradio_harness.plan import plan
from gradio_harness.target import parse

BENCH = Path(__file__).resolve().parent.parent / "bench"
APP = "advisories_app.py"

OLD = Advisory("GHSA-1", "an old hole", "gradio", ("CVE-1",), "0", "2.0")
LATER = Advisory("GHSA-2", "a later hole", "gradio", (), "1.5", "", "2.5")

#: What probes show of the app on the Gradio that is installed, whatever is published about it.
OPEN = {
    "4": [
        *("CVE-2024-47165", "CVE-2024-47167", "CVE-2024-47868", "GHSA-26jh-r8g2-6fpr"),
        *("CVE-2026-49119", "CVE-2026-59806"),
    ],
    "5": ["CVE-2026-49119", "CVE-2026-59806"],
    "6": [],
}[gradio.__version__.partition(".")[0]]


@pytest.fixture
def app(serve: Any) -> App:
    """The app of `make advisories`."""
    served: App = serve(APP, BENCH)
    return served


def test_a_release_has_what_is_published_about_it() -> None:
    """From the first release that has it on, until the one that mends it; prereleases count."""
    table = Table("2026-01-01", (OLD, LATER))

    assert [OLD] == [*table.of("gradio", "1.4")]
    assert [OLD, LATER] == [*table.of("gradio", "2.0b1")]
    assert [LATER] == [*table.of("gradio", "2.5")]
    assert [] == [*table.of("gradio", "2.5.1"), *table.of("gradio_client", "1.4")]
    assert [] == [*table.of("gradio", "built here")]


def test_the_release_that_mends_all_is_named() -> None:
    """The latest of those that mend one; what no release is said to mend ends after its last."""
    assert "2.0" == mending([OLD])
    assert "the release after 2.5" == mending([OLD, LATER])
    assert "3.0" == mending([Advisory("GHSA-3", "", "gradio", fixed="3.0"), LATER])


def test_the_table_says_when_each_advisory_ends() -> None:
    """So nothing is ever said of a Gradio that is newer than the table; each probe is of one."""
    table = read()

    assert [] == [a.id for a in table.advisories if bool(a.fixed) == bool(a.last)]
    assert [] == [*table.of("gradio", "999"), *table.of("gradio_client", "999")]
    assert [*PROBES] == [table.named(name).name for name in PROBES]


def test_what_is_shown_is_an_error_and_the_rest_one_warning() -> None:
    """One finding for each that a probe has shown, one for all that only the release tells."""
    seen = {"CVE-1": Shown("the file comes back", "greet", "name = 'x'")}
    known = Advised("gradio", "1.6", (OLD, LATER), seen, "2026-01-01")

    (first,), (second,) = shown(known), version(known)

    assert (Severity.ERROR, "CVE-1 is open in this app: an old hole", "name = 'x'") == (
        first.severity,
        first.title,
        first.input,
    )
    assert "Event greet: the file comes back" in first.detail
    assert "Mended by gradio 2.0 (GHSA-1, CVE-1)" in first.detail
    assert (Severity.WARNING, "gradio 1.6 has 1 more published advisory") == (
        second.severity,
        second.title,
    )
    assert "the release after 2.5" in second.detail
    assert "GHSA-2: a later hole" in second.detail


def test_what_takes_a_visitor_who_is_led_there_is_a_warning() -> None:
    """By another site's link or script; so every app on that Gradio passes still."""
    seen = {"CVE-1": Shown("the app answers HTTP 302 with this address", grave=False)}

    (found,) = shown(Advised("gradio", "1.6", (OLD,), seen))

    assert Severity.WARNING == found.severity


def test_nothing_is_said_of_a_release_that_has_nothing() -> None:
    """Neither an error nor a warning."""
    known = Advised("gradio", "9.0", ())

    assert [] == [*shown(known), *version(known)]


@pytest.mark.parametrize("name", PROBES)
def test_a_probe_shows_what_this_gradio_has(app: App, name: str) -> None:
    """Each probe on an app with all that it needs: on the newest Gradio none shows anything."""
    with Wire(app, timeout_seconds=10) as wire, canary() as bird:
        seen = PROBES[name](Prober(app, wire, plan(app.contract), bird))

    assert (name in OPEN) == (seen is not None), seen


def test_what_may_not_be_called_is_not_probed(app: App) -> None:
    """Events that the user left out, and those that there is no call left for."""
    asked: list[str] = []

    def pay(label: str) -> bool:
        asked.append(label)
        return False

    with Wire(app) as wire, canary() as bird:
        prober = Prober(app, wire, plan(app.contract, exclude=["r*"]), bird, pay)
        for probe in PROBES.values():
            probe(prober)

    assert ({"parse", "fetch", "choose", "pick"}, 0) == ({*asked}, prober.calls)


def test_an_app_is_told_by_release_and_probe(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """Advisories that the release has, of which a probe shows one: an error and a warning.

    So it would be if the newest Gradio had them: the app serves its own uploads to anybody.
    """
    hole = Advisory("GHSA-9", "uploads are served", "gradio", ("CVE-9",), fixed="99")
    other = Advisory("GHSA-8", "another", "gradio", fixed="99")
    monkeypatch.setattr(module, "read", lambda: Table("2026-01-01", (hole, other)))
    monkeypatch.setattr(module, "PROBES", {"CVE-9": lambda prober: Shown("seen", words="GET")})

    with Wire(app) as wire:
        part = advised(app, wire, plan(app.contract, exclude=["pick"]))

    assert [("advisories.shown", "CVE-9"), ("advisories.version", "gradio")] == [
        (f.check, f.exception) for f in part.findings
    ]
    script = f"replay_advisories({APP!r}, 'CVE-9', exclude=('pick',))"
    assert script in part.findings[0].reproduce.replace("['pick']", "('pick',)")
    assert f"replay_advisories({APP!r}, exclude=" in part.findings[1].reproduce.replace("[", "(")


def test_an_app_that_runs_elsewhere_is_not_probed(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told by its release, and that nothing was tried is said."""
    hole = Advisory("GHSA-9", "a hole", "gradio", ("CVE-2024-47165",), fixed="99")
    monkeypatch.setattr(module, "read", lambda: Table("2026-01-01", (hole,)))
    there = connect(parse(app.url, BENCH), folder=BENCH)
    monkeypatch.setattr("gradio_harness.target.LOOPBACK", ())

    with Wire(there) as wire:
        part = advised(there, wire, plan(there.contract, local=False))

    assert ["advisories.version"] == [finding.check for finding in part.findings]
    assert ["advisories.shown"] == [row.what for row in part.skipped]
    assert "this machine" in part.skipped[0].why


def test_an_app_is_told_by_its_release_where_no_file_can_be_laid_out(
    app: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A home that cannot be written to, as on some CI servers, ends no run."""
    hole = Advisory("GHSA-9", "a hole", "gradio", ("CVE-2024-47165",), fixed="99")
    monkeypatch.setattr(module, "read", lambda: Table("2026-01-01", (hole,)))
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))

    with Wire(app) as wire:
        part = advised(app, wire, plan(app.contract))

    assert ["advisories.version"] == [finding.check for finding in part.findings]
    assert [True] == ["no file can be laid out" in row.why for row in part.skipped]


def test_an_advisory_is_shown_again(
    app: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It ends with SystemExit where it is seen, and says so where it is not."""
    hole = Advisory("GHSA-9", "a hole", "gradio", ("CVE-9",), fixed="99")
    monkeypatch.setattr(module, "read", lambda: Table("2026-01-01", (hole,)))
    monkeypatch.setattr(module, "PROBES", {"CVE-9": lambda prober: Shown("seen", words="GET")})

    with pytest.raises(SystemExit, match="CVE-9 is open in this app"):
        replay_advisories(app.url, "CVE-9")
    with pytest.raises(SystemExit, match="has 1 published advisory"):
        replay_advisories(app.url)
    monkeypatch.setattr(module, "PROBES", {"CVE-9": lambda prober: None})
    replay_advisories(app.url, "CVE-9")

    assert "nothing is seen" in capsys.readouterr().out


def test_a_canary_is_heard_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its listener is on the loopback interface only; its file is gone afterwards."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    with canary() as bird:
        httpx.get(bird.url, trust_env=False)
        path, word = bird.path, bird.word
        assert word.encode() in bird.content
        assert bird.url.startswith("http://127.0.0.1:")
        assert [bird.url.removeprefix("http://127.0.0.1:").partition("/")[2]] == [
            asked.lstrip("/") for asked in bird.asked
        ]

    assert [] == [*(tmp_path / "gradio-harness").iterdir()]
    assert not path.exists()


def test_a_table_is_made_of_what_osv_has() -> None:
    """Each advisory once, under GitHub's number; none that was withdrawn or that nothing ends."""

    def entry(name: str, *events: dict[str, str], **more: Any) -> dict[str, Any]:
        package = {"ecosystem": "PyPI", "name": "gradio"}
        spans = [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, *events]}]
        return {"id": name, "affected": [{"package": package, "ranges": spans}], **more}

    made = runpy.run_path(str(BENCH.parent / "docs" / "make_advisories.py"))["rows"]
    rows = made(
        "gradio",
        [
            entry("PYSEC-1", {"fixed": "5.0.0"}, aliases=["CVE-1"], details="Words.\nMore."),
            entry("GHSA-1", {"fixed": "5.0.0"}, aliases=["CVE-1"], summary="A hole"),
            entry("GHSA-2", {"last_affected": "4.36.0"}, summary="An older hole"),
            entry("GHSA-3", {"fixed": "6.0.0"}, withdrawn="2026-01-01T00:00:00Z"),
            entry("GHSA-4"),
        ],
    )

    assert [
        Advisory("GHSA-2", "An older hole", "gradio", (), "0", "", "4.36.0"),
        Advisory("GHSA-1", "A hole", "gradio", ("CVE-1",), "0", "5.0.0"),
    ] == [Advisory(**{**row, "aliases": tuple(row["aliases"])}) for row in rows]
