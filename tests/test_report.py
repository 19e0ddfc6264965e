"""The three files that are made from a run, and that no app can break out of them."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from gradio_harness.finding import Finding, Repeats, Severity
from gradio_harness.literals import literal
from gradio_harness.observation import Media
from gradio_harness.outline import Endpoint, Field
from gradio_harness.report import charts, page, results, summary, write
from gradio_harness.report.text import cut, cut_middle, duration, shown, visible
from gradio_harness.rows import (
    AccessRow,
    AnswerRow,
    ChangeRow,
    CoverageRow,
    CrowdRow,
    EventRow,
    FormerRow,
    HistoryRow,
    LatencyRow,
    RatioRow,
    Screenshot,
    SideEffect,
    SidesRow,
    SizeRow,
    Skipped,
    SourceRow,
    StreamRow,
    SuiteRow,
)
from gradio_harness.run import Part, Run
from gradio_harness.subjects import told_as

DOT = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"
    "YPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)
NASTY = {
    "script": "<script>alert(1)</script>",
    "closing": "</script></style></pre></details></title><b id=broke>out</b>",
    "svg": "<svg onload=alert(1)><desc></desc></svg>",
    "attribute": "\" onmouseover=alert(1) '",
    "data-url": "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "template": "{{ 7 * 7 }}{% raw %}",
    "markdown": "# h\n* [x](javascript:alert(1)) ![y](http://a/b.png) `z` | ~~no~~ ```` $a$",
    "ansi": "\x1b[31mred\x1b[0m\x9b2J\x00\x7f",
    "bidi": "\u202etxt.exe\ud800\u200b\U000e0041",
}


STREAM = StreamRow(
    *("other", "number = 3", "wire", 3),
    arrivals=(0.011, 0.021, 0.031),
    yields=(0.01, 0.02, 0.03),
    sizes=(120, 60, 60),
    ended=0.04,
    progress=(0.5,),
    progressed=(0.015,),
)


def latency(event: str = "predict", count: int = 30, *, slow: float = 1.0) -> LatencyRow:
    """Return a row of *count* samples from 10 ms on, times *slow*."""
    samples = tuple(slow * (0.010 + 0.0005 * n) for n in range(count))
    p99 = samples[-1] if count >= 100 else None
    return LatencyRow(
        event, count, samples[count // 2], samples[-2], samples[-1], p99, 0.005, samples, "own"
    )


def history_of(text: str) -> list[HistoryRow]:
    """Return two runs, the second that of `run_of`, with *text* wherever it can be."""
    gone = {"id": "0", "check": text, "event": text, "title": text}
    first = HistoryRow("2025-11-20T02:36:28+00:00", 9.0, profile=text, versions={text: text})
    second = replace(first, started="2025-11-21T02:36:28+00:00", errors=1, mended=(gone,))
    return [first, second]


def run_of(text: str = "predict", *, findings: int = 1, complete: bool = True) -> Run:
    """Return a run with *text* wherever an app or its author can put text."""
    run = Run(
        target=text,
        title=text,
        versions={"gradio": "6.3.0", "own": text},
        seed=7,
        command=f"pytest --app {text}",
        started="2025-11-21T02:36:28+00:00",
        seconds=12.5,
        complete=complete,
        ended="" if complete else text,
        history=history_of(text),
        sources=[
            SourceRow(name, text, text, 7, text, text, 1.0, True, {text: name}, (text,), (text,))
            for name in ("A.json", text)
        ],
    )
    found = tuple(
        Finding(
            check="api.unhandled",
            event=text,
            severity=list(Severity)[n % 3],
            title=f"{n} {text}",
            detail=text,
            step=("function", text)[n % 2],
            input=text,
            exception=text,
            function=text,
            location=f"app.py:{n} in {text}",
            traceback=f'  File "app.py", line {n}\n    {text}\n{text}',
            reproduce=text,
            repeats=Repeats(2, 5, "F..F."),
        )
        for n in range(findings)
    )
    run.add(
        Part(
            findings=found,
            events=(
                EventRow(text, "call", (text,), (text,), (text,), "public", text, 9, 5, 3, 1),
                EventRow("other", "call"),
            ),
            latency=(latency(text), latency("many", 120, slow=40)),
            streams=(STREAM, replace(STREAM, event=text, input=text, failed=text)),
            sizes=(SizeRow(text, text, "lines", (1, 2), (0.1, 0.4), 2.0, 0.1),),
            crowds=(CrowdRow(text, (1, 2), (0.1, 0.2), (0.1, 0.3), (9.0, 8.0), 1),),
            screenshots=(Screenshot(text, text, DOT, 1, 1), Screenshot("/", text, text, 1, 1)),
            access=(
                AccessRow("GET /export", "author", "own", "anonymous", 200, True, False, "open"),
                AccessRow("GET /export", "author", "own", "A", 200, True, True, "a user"),
            ),
            effects=(SideEffect("write", text, text, 2),),
            skipped=(Skipped(text, text),),
            suites=(SuiteRow("api", 3, 9, 9, 2, 1, 0, 1.5),),
            coverage=(CoverageRow(text, 3, 4, ("app.py:12",)),),
            contract=(Endpoint("greet", text, (Field(text, "string"),), ("string",)),),
            changes=(ChangeRow("baseline", text, "choices gone", text, text),),
            answers=(AnswerRow(text, "the page as it opens", (text,)),),
            sides=(SidesRow("against", text, 3, 2, 1),),
            ratios=(
                RatioRow("against", text, "own", 1, 0.2, 0.3, 1.5, 1.2, 1.7, "slower", (1,), (2,)),
            ),
            former=(FormerRow(text, 20, 0.1, 0.2),),
        )
    )
    return run


class Elements(HTMLParser):
    """The tags, attributes and text of a page, as a browser would read them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.texts: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


@pytest.mark.parametrize("text", NASTY.values(), ids=NASTY.keys())
def test_text_of_an_app_adds_nothing_to_the_page(text: str) -> None:
    """Whatever an app says, the page has the elements it has when the app says 'predict'."""
    nasty, plain = Elements(page.render(run_of(text))), Elements(page.render(run_of()))

    # Spans mark hidden characters and the lines of a traceback: there may be more of them.
    assert [t for t in plain.tags if t != "span"] == [t for t in nasty.tags if t != "span"]
    assert not [name for name, _ in nasty.attributes if name.startswith("on")]
    assert not [name for name, _ in nasty.attributes if name == "style"]


def test_the_page_links_to_nothing_but_itself() -> None:
    """Every address in the page is an anchor in it or a picture inside it."""
    for text in NASTY.values():
        found = Elements(page.render(run_of(text)))
        links = [value for name, value in found.attributes if name in ("href", "src", "action")]

        assert links
        assert [u for u in links if not u.startswith(("#", "data:image/"))] == []


def test_every_anchor_has_a_place() -> None:
    """No link within the page leads nowhere, and no id is given twice."""
    found = Elements(page.render(run_of(findings=7)))
    ids = [value for name, value in found.attributes if name == "id"]
    targets = {value[1:] for name, value in found.attributes if name == "href" and value[0] == "#"}

    assert len(ids) == len(set(ids))
    assert set() == targets - set(ids)


def test_hidden_characters_are_shown() -> None:
    """Terminal escapes, controls and direction overrides are written out."""
    assert visible("\x1b[31mred\x9b\x00") == r"\x1b[31mred\x9b\x00"
    assert visible("\u202ea\ud800\u200b\r") == r"\u202ea\ud800\u200b\r"
    assert visible("tab\tline\n👩‍💻 é 狐") == "tab\tline\n👩‍💻 é 狐"
    assert shown("\x1b[1m<b>") == '<span class="esc">\\x1b</span>[1m&lt;b&gt;'


@pytest.mark.parametrize("name", ["index.html", "summary.md", "results.json"])
def test_files_hold_no_hidden_character(name: str, tmp_path: Path) -> None:
    """No byte of a report can move a terminal's cursor or turn text around."""
    for text in NASTY.values():
        write(run_of(text, findings=3), tmp_path)
        written = (tmp_path / name).read_bytes().decode()

        assert written == visible(written)


def test_content_policy_names_the_style_and_the_script() -> None:
    """The hashes in the policy are those of what stands between the tags, and no more."""
    html = page.render(run_of())
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', html)
    assert policy
    given = policy[1].replace("&#39;", "'")
    blocks = [re.findall(rf"<{tag}>(.*?)</{tag}>", html, re.DOTALL) for tag in ("style", "script")]

    assert [len(block) for block in blocks] == [1, 1]
    for tag, (text,) in zip(("style", "script"), blocks, strict=True):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}';" in given
    assert given.startswith("default-src 'none';")
    assert "unsafe" not in given


def test_same_run_same_bytes(tmp_path: Path) -> None:
    """Two writings of one run differ in nothing, and leave nothing else behind."""
    first, second = tmp_path / "a", tmp_path / "b"
    write(run_of(findings=5), first)
    write(Run.from_dict(json.loads((first / "results.json").read_bytes())), second)
    write(run_of(findings=5), first)
    names = ["index.html", "results.json", "summary.md"]

    assert names == sorted(path.name for path in first.iterdir())
    assert [(first / n).read_bytes() for n in names] == [(second / n).read_bytes() for n in names]


def test_write_returns_the_page(tmp_path: Path) -> None:
    """The folder is made, and the path of index.html comes back."""
    assert tmp_path / "x" / "y" / "index.html" == write(run_of(), tmp_path / "x" / "y")


def test_nothing_of_a_failed_writing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the page cannot be made, the old page and the new results are both whole."""
    write(run_of("before"), tmp_path)
    before = (tmp_path / "index.html").read_bytes()
    monkeypatch.setattr(page, "_groups", lambda *_, **__: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        write(run_of("after"), tmp_path)
    assert before == (tmp_path / "index.html").read_bytes()
    assert json.loads((tmp_path / "results.json").read_bytes())["target"] == "after"
    assert len(list(tmp_path.iterdir())) == 3


def test_jinja_is_loaded_by_writing_only() -> None:
    """Importing the package costs nothing but the standard library."""
    code = "import sys, gradio_harness.report; print('jinja2' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "False"


# --- results.json -------------------------------------------------------------------------


@pytest.mark.parametrize("text", NASTY.values(), ids=NASTY.keys())
def test_results_make_the_same_run_again(text: str) -> None:
    """A run read from results.json says what the run said that wrote it."""
    run = run_of(text, findings=4, complete=False)

    assert run.as_dict() == Run.from_dict(json.loads(results.render(run))).as_dict()


@pytest.mark.parametrize(
    ("complete", "expected"),
    [
        (
            True,
            {
                "lost": "no test of this run was about it",
                "tail": "nothing led to it: what it follows was not set off, "
                "or ended in another way",
                "left": "by --app-exclude",
            },
        ),
        (
            False,
            {
                "lost": "the run ended before it was set off",
                "tail": "the run ended before it was set off",
                "left": "by --app-exclude",
            },
        ),
    ],
    ids=["complete", "cut-short"],
)
def test_every_event_that_was_not_set_off_has_a_reason(
    complete: bool, expected: dict[str, str]
) -> None:
    """Its own where there is one; one that has a finding or was measured was set off."""
    run = Run("app.py", complete=complete)
    rows = [EventRow("head", "call", cases=2)]
    rows += [EventRow(name, "call") for name in ("lost", "left", "exits", "timed")]
    found = Finding("api.process-exit", "exits", Severity.ERROR, "The app ended")
    left = Skipped("left", "by --app-exclude")
    rows.append(EventRow("tail", "chain"))
    run.add(
        Part(findings=(found,), events=tuple(rows), latency=(latency("timed"),), skipped=(left,))
    )

    assert expected == {skipped.what: skipped.why for skipped in run.skipped}


def test_results_are_strict_json() -> None:
    """Numbers that JSON does not know become null."""
    run = run_of()
    run.seconds = float("nan")

    def refuse(name: str) -> None:
        raise AssertionError(name)

    assert json.loads(results.render(run), parse_constant=refuse)["seconds"] is None


def test_documented_keys_are_the_keys() -> None:
    """docs/results.md lists every key of every entry in the order of the file."""
    text = (Path(__file__).parents[1] / "docs" / "results.md").read_text(encoding="utf-8")
    documented = {
        section.partition("\n")[0].strip("# "): re.findall(r"^\| `(\w+)` \|", section, re.M)
        for section in re.split(r"^##", text, flags=re.M)
    }
    data = json.loads(results.render(run_of()))

    assert documented["The run"] == list(data)
    lists = [key for key, value in data.items() if isinstance(value, list)]
    for key in set(lists) - {"mended"}:  # entries of the user's own baseline
        assert documented[key] == list(data[key][0]), key
    assert documented["findings.repeats"] == list(data["findings"][0]["repeats"])


# --- what the page says ---------------------------------------------------------------------


def test_a_run_cut_short_says_so_loudly() -> None:
    """Page and summary say that the run is not complete, and how it ended."""
    run = run_of(complete=False)
    run.ended = "the app called os._exit(0)"
    html, markdown = page.render(run), summary.render(run)

    assert "This run was cut short: the app called os._exit(0)." in html
    assert "<title>Cut short:" in html
    assert "The run was cut short." in markdown


@pytest.mark.parametrize(
    ("run", "status"),
    [
        (run_of(), "Failed"),
        (run_of(complete=False), "Cut short"),
        (Run("app.py"), "Not finished"),
        (Run("app.py", complete=True), "Nothing driven"),
        (
            Run("app.py", complete=True, parts=[Part(events=(EventRow("a", "call", cases=1),))]),
            "Passed",
        ),
    ],
    ids=["failed", "cut short", "not finished", "nothing driven", "passed"],
)
def test_status_is_the_first_word(run: Run, status: str) -> None:
    """Only a complete run that drove something and found nothing grave has passed."""
    assert f"<title>{status}:" in page.render(run)


def test_p99_is_a_dash_below_a_hundred_samples() -> None:
    """A 99th percentile of 99 samples is not shown, even if a row claims one."""
    few = LatencyRow("few", 99, 0.01, 0.02, 0.04, 0.033, None, (0.01,) * 99)
    many = LatencyRow("many", 100, 0.01, 0.02, 0.04, 0.033, None, (0.01,) * 100)

    assert charts.p99(few) is None
    assert charts.p99(many) == 0.033
    assert "p99" not in charts.histogram(few, "x")
    assert "p99 33 ms" in charts.histogram(many, "x")
    run = Run("app.py", complete=True, parts=[Part(latency=(few,))])
    assert "| few | 99 | 10 ms | 20 ms | — | 40 ms |" in summary.render(run)
    assert "33 ms" not in page.render(run)


def test_a_picture_that_is_no_png_is_not_shown() -> None:
    """Only base64 that begins as a PNG becomes a data URL."""
    html = page.render(run_of("<svg/>"))

    assert html.count("data:image/png;base64,") == 1
    assert "this picture is not a PNG" in html


def test_the_figures_of_the_page_add_up() -> None:
    """What is not counted by how it ended is named, so that no two numbers contradict."""
    events = (EventRow("go", "call", cases=7, answered=5, failed=2),)
    suites = (SuiteRow("api", cases=9), SuiteRow("latency", cases=30), SuiteRow("ui", cases=1))
    run = Run("app.py", parts=[Part(events=events, suites=suites)], complete=True)

    html = page.render(run)

    beside = "not counted: 30 timed, 1 made by pages as they open, 2 forged"
    assert f"How 7 of 40 calls ended; {beside}</p>" in html


def test_many_findings_fit_the_page() -> None:
    """Of a thousand long findings the gravest keep their text, and the last are counted."""
    long = "\n".join(f"line {n} of <something> long" for n in range(500))
    html = page.render(run_of(long, findings=1000))

    assert len(html.encode()) < 400_000 + len(DOT)
    assert "more findings not shown here; all are in results.json." in html
    assert html.index("group-error") < html.index("group-warning")


def test_pictures_leave_room_for_the_findings() -> None:
    """With all pictures that a run can bring, the page stays small and the findings have theirs."""
    run = run_of(findings=60)
    times = tuple(0.01 * n for n in range(1, 501))
    names = [f"event {n}" for n in range(100)]
    slices = dict.fromkeys(("connect", "queue", "function", "transfer", "gradio"), times[:200])
    timed = replace(latency(count=200), slices=slices, intervals={"p50": (1, 2)})
    stream = replace(STREAM, outputs=500, arrivals=times, yields=times, sizes=(40,) * 500)
    grown = SizeRow("", "text", "lines", (1, 10, 100, 1000, 10_000), times[:5], 2.0, 0.1)
    ratio = RatioRow("against", "", "own", 99, 1.0, 1.2, 1.2, 1.1, 1.3, "slower", times, times)
    crowd = CrowdRow("", (1, 2, 4, 8), times[:4], times[:4], times[:4], 1)
    run.add(
        Part(
            events=tuple(EventRow(name, "call", cases=9, answered=9) for name in names),
            latency=tuple(replace(timed, event=name) for name in names),
            streams=tuple(replace(stream, event=name) for name in names),
            sizes=tuple(replace(grown, event=name) for name in names),
            crowds=tuple(replace(crowd, event=name) for name in names),
            ratios=tuple(replace(ratio, event=name) for name in names),
        )
    )
    run.history = history_of("x") * 12
    html = page.render(run)

    assert len(html.encode()) < 400_000
    assert "<summary>Reproduce</summary>" in html
    for kind in ("timeline", "histogram", "waterfall", "growth", "crowd", "forest", "strip"):
        assert f'<svg class="{kind}"' in html


def test_an_app_without_a_page_has_no_parts_about_one() -> None:
    """One of gr.api alone, or in a notebook, has the same report without them."""
    run = run_of()
    run.parts = [replace(part, screenshots=()) for part in run.parts]

    assert (True, False) == tuple('id="pictures"' in page.render(one) for one in (run_of(), run))


def test_silencing_and_replaying_survive_a_shell() -> None:
    """Labels with quotes are quoted, in double quotes where that reads better."""
    run = run_of("Button 'Run $HOME'.click")
    html = page.render(run)

    assert "--app-ignore &#x27;api.unhandled@Button &#x27;&quot;&#x27;&quot;&#x27;Run $HOME" in html
    html = page.render(run_of("Button 'Run'.click"))
    assert "--app-ignore &quot;api.unhandled@Button &#x27;Run&#x27;.click&quot;" in html


def test_colours_can_be_read() -> None:
    """Text has a contrast of 4.5 on each surface it stands on, shapes have 3, in both themes."""
    css = (Path(page.__file__).parent / "page.css").read_text(encoding="utf-8")
    light, dark = (dict(re.findall(r"--([\w-]+): (#\w+)", block)) for block in _roots(css))
    for theme in (light, {**light, **dark}):
        pairs = [(ink, on) for ink in ("ink", "quiet", "link") for on in SURFACES]
        pairs += [(tone, on) for tone in TONES for on in (f"{tone}-soft", "surface", "page")]
        weak = [(ink, on) for ink, on in pairs if _contrast(theme[ink], theme[on]) < 4.5]

        shapes = [(shape, on) for shape in SHAPES for on in ("surface", "page")]
        weak += [(one, on) for one, on in shapes if _contrast(theme[one], theme[on]) < 3]

        assert weak == []


SURFACES = ("page", "surface", "sunken")
SHAPES = ("bar", "bar-strong", "answered", "refused", "failed")
TONES = ("error", "warning", "info", "ok", "none")


def _roots(css: str) -> list[str]:
    return re.findall(r":root \{(.*?)\}", css, re.DOTALL)


def _contrast(first: str, second: str) -> float:
    high, low = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(c * 2 for c in colour[1:])
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(w * p for w, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


# --- summary.md -----------------------------------------------------------------------------


def test_summary_escapes_markdown_and_html() -> None:
    """Text of an app is text: no heading, link, picture, code, table cell or tag comes of it."""
    given = summary.render(run_of(NASTY["markdown"] + NASTY["script"] + NASTY["closing"]))
    prose = re.sub(r"^(`{3,})\w*\n.*?^\1$", "", given, flags=re.DOTALL | re.M)

    assert "<script" not in prose
    assert "</title" not in prose
    assert not re.search(r"(?<!\\)\]\(", _outside_html(prose))
    assert not re.search(r"(?<!\\)`", _outside_html(prose))
    assert "http://" not in _outside_html(prose)
    assert {6, 7} == {line.count("|") for line in prose.splitlines() if line.startswith("|")}


def _outside_html(markdown: str) -> str:
    """Return the lines that Markdown is read in: not those that begin with an HTML block."""
    return "\n".join(line for line in markdown.splitlines() if not line.startswith("<details>"))


def test_no_line_of_a_block_can_end_it() -> None:
    """A fence is longer than any run of backticks inside."""
    given = summary.render(run_of("a\n```\n<img src=x>\n`````\nb"))

    assert given.count("\n``````\n") >= 2
    assert "\n``````sh\n" in given


def test_summary_is_cut_with_a_word() -> None:
    """Above the limit findings are counted; what follows them stays."""
    text = "<é|*" * 400
    given = summary.render(run_of(text, findings=300))

    assert len(given.encode()) < 60_000
    assert re.search(r"\*\*\d+ more findings left out here\*\*", given)
    assert "### Latency" in given
    assert "left out" not in summary.render(run_of(findings=2))


# --- numbers and pictures ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (None, "—"),
        (float("nan"), "—"),
        (0, "0 ms"),
        (0.0004, "0.4 ms"),
        (0.01234, "12 ms"),
        (0.9994, "999 ms"),
        (0.9996, "1.00 s"),
        (1.239, "1.24 s"),
        (12.34, "12.3 s"),
        (59.96, "1 min 00 s"),
        (185, "3 min 05 s"),
        (3725, "1 h 02 min"),
    ],
    ids=str,
)
def test_durations_are_said_as_people_say_them(seconds: float | None, expected: str) -> None:
    """Milliseconds, seconds, minutes or hours, with up to three digits."""
    assert expected == duration(seconds)


def test_half_a_script_is_never_shown() -> None:
    """A script above the limit is named, not cut: half of it would not run."""
    run = run_of("print()\n" * 2_000)

    assert "it is in results.json" in summary.render(run)
    assert "it is in results.json" in page.render(run)


def test_a_traceback_keeps_its_ends() -> None:
    """The first and last lines stay whole, and what is missing between them is counted."""
    text = "\n".join(f"line {n}" for n in range(100))

    assert cut_middle(text, 40) == (
        "line 0\n… (760 characters left out here) …\nline 97\nline 98\nline 99"
    )


def test_a_cut_says_how_much_is_missing() -> None:
    """The number of characters left out is told."""
    assert cut("abc" + "d" * 1997, 3) == "abc … (1,997 more characters)"


@pytest.mark.parametrize(
    ("values", "log", "ends"),
    [
        ([0.010, 0.019], False, (0.010, 0.020)),
        ([0.004, 0.9], True, (0.002, 1.0)),
        ([0.5, 0.5], False, (0.47, 0.53)),
        ([0.0, 0.0], False, None),
        ([], True, None),
        ([float("inf"), 1.0, 2.0], False, (1.0, 2.0)),
    ],
    ids=["near", "far", "equal", "zero", "none", "infinite"],
)
def test_an_axis_holds_its_values(
    values: list[float], log: bool, ends: tuple[float, float] | None
) -> None:
    """An axis is logarithmic from a ratio of 12 on, and ends on ticks around its values."""
    axis = charts.axis_over(values)

    assert log == axis.log
    assert axis.low < axis.high
    assert 2 <= len(axis.ticks) <= 12
    if ends:
        assert ends == pytest.approx((axis.low, axis.high))


def test_every_sample_is_in_a_bin() -> None:
    """No call is lost between the slices, the extremes included."""
    samples = [0.001 * 1.05**n for n in range(150)]
    axis = charts.axis_over(samples)

    assert sum(charts.bins(samples, axis).counts) == 150


def test_a_single_failure_is_seen() -> None:
    """One failed call of ten thousand has a part of the bar that can be seen."""
    bar = charts.outcomes(EventRow("a", "call", cases=10_000, answered=9_999, failed=1))

    assert 'class="c-failed" x="117" width="3"' in bar
    assert 'aria-label="9999 answered, 0 refused, 1 failed"' in bar


# --- in a browser -------------------------------------------------------------------------------


@pytest.mark.browser
def test_the_page_works_in_a_browser(tmp_path: Path) -> None:
    """Opened from disk: nothing runs, loads or complains; a phone needs no sideways scrolling."""
    sync_api = pytest.importorskip("playwright.sync_api")
    names = ("chromium", "chromium-browser", "google-chrome")
    chromium = next(filter(None, map(shutil.which, names)), None)
    if chromium is None:
        pytest.skip("no chromium on this machine")
    text = " ".join(NASTY.values()) + "W" * 300
    path = write(run_of(text, findings=6), tmp_path)
    said: list[str] = []
    asked: list[str] = []
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        phone = browser.new_page(viewport={"width": 390, "height": 844})
        phone.on("console", lambda message: said.append(message.text))
        phone.on("pageerror", lambda error: said.append(str(error)))
        phone.on("dialog", lambda dialog: said.append(dialog.message))
        phone.on("request", lambda request: asked.append(request.url))
        phone.goto(path.as_uri())

        assert phone.evaluate("document.documentElement.scrollWidth") == 390
        assert phone.locator("button.copy").count() >= 6
        assert phone.locator(".card:visible").count() == 6
        phone.locator(".toggle.error").click()
        assert phone.locator(".card:visible").count() == 4
        assert phone.locator(".filter output").inner_text() == "4 of 6 shown"
        phone.locator(".contents li:visible a").first.click()
        assert phone.evaluate("location.hash").startswith("#finding-")
        browser.close()

    assert said == []
    assert [path.as_uri()] == [url for url in asked if not url.startswith("data:")]


def test_what_the_app_says_cannot_steer_the_terminal() -> None:
    """Escapes are written out where a finding is told, as in the report's pages."""
    said = "\x1b[31mred\x1b]0;owned\x07"
    finding = Finding("api.x", "e", Severity.ERROR, said, said, input=said, traceback=said)

    told = told_as(finding)

    assert (4, set()) == (told.count(r"\x1b[31mred\x1b]0;owned\x07"), {"\x1b", "\x07"} & {*told})


# --- files ------------------------------------------------------------------------------------

PNG = b"\x89PNG\r\n\x1a\n"


def with_files(*files: Media) -> str:
    """Return the page of a run whose one finding uploads *files*."""
    script = f"replay('app.py', 'go', {literal(list(files))})"
    text = f"python - <<'EOF'\nfrom gradio_harness import Media, replay\n\n{script}\nEOF"
    found = Finding("api.hang", "go", Severity.ERROR, "It hung", reproduce=text)
    return page.render(Run("app.py", parts=[Part(findings=(found,))], complete=True))


@pytest.mark.parametrize(
    ("media", "expected"),
    [
        (
            Media("a.txt", PNG, "text/plain"),
            '<img src="data:image/png;base64,iVBORw0KGgo=" alt="">',
        ),
        (Media("a", b"RIFF0000WAVE"), 'src="data:audio/wav;base64,UklGRjAwMDBXQVZF"></audio>'),
        (Media("a.mp4", b"0000ftyp"), 'src="data:video/mp4;base64,MDAwMGZ0eXA="></video>'),
        (Media("a.csv", b"x,<b>\n1,2"), '<pre class="input" dir="auto">x,&lt;b&gt;\n1,2</pre>'),
        (Media("a.bin", b"\0\1", "<b>"), '<span class="quiet">&lt;b&gt;, 2 bytes</span>'),
        (Media("<a>.png", PNG), '/a_.png">&lt;a&gt;.png</a>'),
    ],
    ids=["picture", "audio", "video", "text", "other", "name"],
)
def test_a_file_is_shown_for_what_it_is(media: Media, expected: str) -> None:
    """By its bytes, never by the name or type that somebody gave it; markup in it is text."""
    html = with_files(media)

    assert expected in html


def test_a_large_file_is_a_link() -> None:
    """The page stays one that opens at once; small ones beside it are shown all the same."""
    large, small = Media("large.png", PNG + b"0" * 60_000), Media("small.png", PNG)

    html = with_files(large, small)

    assert (1, True, True) == (html.count("<img "), "large.png</a>" in html, len(html) < 150_000)
