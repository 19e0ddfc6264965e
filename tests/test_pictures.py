"""The pictures of the page: what they say in words, and that nothing of it is lost in drawing."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from gradio_harness.report import curves, timeline
from gradio_harness.report.axis import axis_from_zero
from gradio_harness.report.forest import change, forest, forest_axis
from gradio_harness.report.strip import strip
from gradio_harness.report.text import interval
from gradio_harness.report.waterfall import slices, waterfall
from gradio_harness.rows import CrowdRow, HistoryRow, LatencyRow, RatioRow, SizeRow, StreamRow

STREAM = StreamRow(
    "plan",
    "days = 3",
    "wire",
    3,
    arrivals=(0.012, 0.062, 0.112),
    yields=(0.010, 0.060, 0.110),
    sizes=(290, 40, 40),
    ended=0.115,
)
TIMED = LatencyRow(
    "share",
    3,
    0.020,
    0.030,
    0.030,
    samples=(0.010, 0.030, 0.020),
    slices={"queue": (0.001, 0.002, 0.003), "function": (0.009, 0.028, 0.017)},
)
SQUARE = SizeRow("sort", "lines", "lines", (10, 100, 1000), (0.001, 0.1, 10.0), 2.0, 0.03)
CROWD = CrowdRow("share", (1, 2, 4), (0.1, 0.1, 0.2), (0.1, 0.1, 0.3), (10.0, 20.0, 20.0), 2)


def drawn(svg: str) -> ElementTree.Element:
    """Return the picture as a tree: what a browser reads must be whole."""
    return ElementTree.fromstring(svg)


def titles(svg: str) -> list[str]:
    """Return what a pointer is told, place by place."""
    return [title.text or "" for title in drawn(svg).iter("title")]


# --- streams ------------------------------------------------------------------------------------


def test_a_stream_is_told_in_a_sentence() -> None:
    """First output, rhythm, and how long each was on its way."""
    assert timeline.story(STREAM) == (
        "3 outputs; first after 12 ms; then one in 50 ms, the longest gap 50 ms; "
        "2.0 ms from given to arrived, at most 2.0 ms."
    )


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (replace(STREAM, arrivals=(), yields=(), outputs=0), "0 outputs."),
        (replace(STREAM, outputs=900), "900 outputs, the first 3 of them shown; first"),
        (replace(STREAM, ended=None), "left before its end."),
        (replace(STREAM, yields=()), "the longest gap 50 ms."),
    ],
    ids=["none", "many", "left", "not seen inside"],
)
def test_what_is_not_known_of_a_stream_is_not_said(row: StreamRow, words: str) -> None:
    """Nothing is made up where the app could not be seen from inside, or was left."""
    assert words in timeline.story(row)


def test_each_output_is_a_stroke_of_its_lane() -> None:
    """Given above, arrived below, at the places that their times have on the axis."""
    tree = drawn(timeline.timeline(STREAM, "s"))
    lanes = [path.get("d", "") for path in tree.iter("path") if path.get("class") == "stroke"]
    labels = [text.text for text in tree.iter("text")]

    assert [3, 3] == [lane.count("M") for lane in lanes]
    assert ["given", "arrived"] == [label for label in labels if label in ("given", "arrived")]
    assert "output 2; given 60 ms; arrived 62 ms; 40 bytes" in titles(
        timeline.timeline(STREAM, "s")
    )


def test_lanes_are_those_that_were_seen() -> None:
    """A page adds a lane, progress another one; a stream without any output has no picture."""
    read = replace(STREAM, painted=(0.02, 0.07, 0.13), progress=(0.5, 1.0), progressed=(0.01, 0.1))
    words = [text.text for text in drawn(timeline.timeline(read, "s")).iter("text")]

    assert {"given", "arrived", "drawn", "progress", "ended"} <= {*words}
    assert "" == timeline.timeline(replace(STREAM, arrivals=(), yields=()), "s")
    assert "failed" in timeline.timeline(replace(STREAM, failed="ValueError"), "s")


def test_a_long_stream_stays_small() -> None:
    """Five hundred outputs are all drawn, some can be pointed at, and the table is cut."""
    times = tuple(0.01 * n for n in range(1, 501))
    row = replace(STREAM, outputs=2000, arrivals=times, yields=times, sizes=(40,) * 500)
    svg = timeline.timeline(row, "s")
    table, more = timeline.lines(row)

    assert (True, 40, 1960) == (len(svg) < 60_000, len(table), more)
    assert ("2", "20 ms", "20 ms", "—", "10 ms", "40") == table[1]


# --- latency ----------------------------------------------------------------------------------


def test_the_waterfall_is_the_call_at_the_median() -> None:
    """Each slice begins where the last one ended, and none is too short to be seen."""
    tree = drawn(waterfall(TIMED, "w"))
    bars = [r for r in tree.iter("rect") if r.get("class") in ("own", "around")]
    (queue, function) = [(float(r.get("x", 0)), float(r.get("width", 0))) for r in bars]

    assert function[0] == pytest.approx(sum(queue), abs=0.2)
    assert queue[1] / function[1] == pytest.approx(3 / 17, abs=0.01)
    assert [("queue", "3.0 ms", "2.0 ms"), ("function", "17 ms", "28 ms")] == list(slices(TIMED))
    assert "" == waterfall(replace(TIMED, slices={}), "w")


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        ((0.0062, 0.0069), "6.2 ms to 6.9 ms"),
        ((0.0062, None), "from 6.2 ms"),
        ((None, 0.0069), "up to 6.9 ms"),
        ((None, None), ""),
    ],
)
def test_an_open_interval_says_so(ends: tuple[float | None, float | None], expected: str) -> None:
    """An end that nothing seen bounds is not made up."""
    assert expected == interval(ends)


def test_a_power_is_a_straight_line_through_its_points() -> None:
    """On logarithmic axes; beside it the line of proportion, less steep."""
    svg = curves.growth(SQUARE, "g")
    lines = {
        path.get("class"): [float(n) for n in re.findall(r"[\d.]+", path.get("d", ""))]
        for path in drawn(svg).iter("path")
    }
    slope = {
        kind: (lines[kind][1] - lines[kind][3]) / (lines[kind][2] - lines[kind][0])
        for kind in ("fit", "reference")
    }

    assert 2.0 == pytest.approx(slope["fit"] / slope["reference"], abs=0.02)
    assert "100 lines: 100 ms" in titles(svg)
    assert "Time grows as the size to the power of 2.00 ± 0.03." == curves.growth_story(SQUARE)


def test_little_change_is_not_made_much_of() -> None:
    """Times that are nearly the same lie on an axis from zero, without a line of a power."""
    level = replace(SQUARE, seconds=(0.0100, 0.0101, 0.0099), exponent=0.0)
    svg = curves.growth(level, "g")

    assert (True, False) == (">0 ms<" in svg, 'class="fit"' in svg)


def test_a_crowd_is_drawn_by_median_and_slowest() -> None:
    """A line of the table for each number of visitors, and the author's limit in words."""
    assert titles(curves.crowd(CROWD, "c"))[1:] == [
        "1 visitor: median 100 ms, slowest 100 ms, 10 calls a second",
        "2 visitors: median 100 ms, slowest 100 ms, 20 calls a second",
        "4 visitors: median 200 ms, slowest 300 ms, 20 calls a second",
    ]
    assert ("4", "200 ms", "300 ms", "20") == list(curves.crowd_lines(CROWD))[-1]
    assert "100 ms alone, 200 ms with 4; concurrency_limit 2." in curves.crowd_story(CROWD)


def test_an_axis_from_zero_ends_on_a_tick() -> None:
    """Also where there is nothing to show."""
    assert (0.0, 1.5) == (axis_from_zero([0.3, 1.31]).low, axis_from_zero([0.3, 1.31]).high)
    assert 1.0 == axis_from_zero([]).high


# --- two apps ----------------------------------------------------------------------------------

RATIO = RatioRow(
    "share", "share", "own", 2, 0.02, 0.024, 1.2, 1.1, 1.3, "slower", (0.02, 0.01), (0.023, 0.013)
)


@pytest.mark.parametrize(
    ("ratio", "expected"),
    [(1.204, "+20 %"), (0.95, "−5 %"), (1.001, "±0 %"), (2.9, "+190 %"), (3.14, "× 3.14")],
)
def test_a_ratio_is_said_as_people_say_it(ratio: float, expected: str) -> None:
    """In per cent, with its sign; from three times on as a factor."""
    assert expected == change(ratio)


def test_a_ratio_stands_within_its_interval() -> None:
    """On an axis that also has the place where nothing changed."""
    axis = forest_axis([RATIO])
    svg = forest(RATIO, axis)
    (square,) = [float(r.get("x", 0)) for r in drawn(svg).iter("rect") if r.get("class") == "own"]
    (reach,) = [p.get("d", "") for p in drawn(svg).iter("path") if p.get("class") == "reach"]
    low, _, high = [float(number) for number in re.findall(r"[\d.]+", reach)]

    assert axis.low <= 1 <= axis.high
    assert low < square + 4 < high
    assert "+20 %, between +10 % and +30 %: slower" == titles(svg)[0]
    assert svg.count("v4") == 2  # a stroke for each round


# --- the last runs -------------------------------------------------------------------------------


def test_a_run_is_a_column_with_its_changes() -> None:
    """Findings stack up by severity; what is new and what mended stands below."""
    gone = {"id": "1", "check": "api.hang", "event": "", "title": "It hung"}
    rows = [
        HistoryRow("1", errors=2, warnings=1),
        HistoryRow("2", complete=False),
        HistoryRow("3", errors=1, notes=1, new=("a", "b"), mended=(gone,)),
    ]
    svg = strip(rows, ["<first>", "second", "third"])
    kinds = [r.get("class") for r in drawn(svg).iter("rect")]

    assert ["s-errors", "s-warnings", "s-errors", "s-notes"] == kinds
    assert titles(svg) == [
        "<first>: 2 errors, 1 warning",
        "second: nothing found; cut short",
        "third: 1 error, 1 note; 2 new; 1 mended",
    ]
    assert {"+2", "−1"} <= {text.text for text in drawn(svg).iter("text")}
