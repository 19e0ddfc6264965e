"""What the report is told of a stream: synthetic calls, and one real one."""

from __future__ import annotations

from typing import Any

from gradio_harness.observation import Call, CallError, Evidence, Message, Observation
from gradio_harness.rows import StreamRow
from gradio_harness.run import Part, Run
from gradio_harness.streams import progress, stream_row


def observation(*messages: Message, **more: Any) -> Observation:
    """Return a call that began at 100 s and took a second."""
    call = Call("tell", 0, ("hello",))
    return Observation(call, "wire", 100.0, 101.0, messages, event_id="a", **more)


def output(at: float, size: int = 0) -> Message:
    return Message("process_generating", at, {"output": {"data": ["…"]}}, size)


def ticks(at: float, **unit: Any) -> Message:
    return Message("progress", at, {"progress_data": [unit]})


def test_a_row_says_when_each_output_was_given_and_when_it_came() -> None:
    """In seconds from the request, by one clock, with its size."""
    seen = observation(
        *(output(100.25, 90), output(100.5, 40)),
        Message("process_completed", 101.0, {"output": {"data": ["…"]}}),
        evidence=Evidence(yields=(100.125, 100.375)),
        outputs=("…",),
    )

    assert stream_row(seen, "text = 'hello'") == StreamRow(
        *("tell", "text = 'hello'", "wire", 2),
        arrivals=(0.25, 0.5),
        yields=(0.125, 0.375),
        sizes=(90, 40),
        ended=1.0,
    )


def test_a_stream_that_was_left_has_no_end() -> None:
    """Nobody has seen it."""
    seen = observation(output(100.5), error=CallError("left", "the stream went on"))

    row = stream_row(seen, "")

    assert (None, "the stream went on") == (row.ended, row.failed)


def test_progress_is_the_share_that_the_page_draws() -> None:
    """As it was told, or as so many of so many; a count without an end is no share."""
    seen = observation(
        ticks(100.1, progress=0.25),
        ticks(100.2, index=3, length=4, progress=None),
        ticks(100.3, index=7, length=None),
    )

    assert [(100.1, 0.25), (100.2, 0.75)] == progress(seen)


def test_one_row_an_event_and_driver_travels_as_json() -> None:
    """In the order of the events, the wire before the page."""
    wire, page = (StreamRow("tell", "", driver, 1, (0.5,)) for driver in ("wire", "browser"))
    old = StreamRow("tell", "", "wire", 0, ())
    run = Run("app.py")
    run.add(Part(streams=(old, page)))
    run.add(Part(streams=(wire,)))

    assert ([wire, page], [wire, page]) == (run.streams, Run.from_dict(run.as_dict()).streams)
