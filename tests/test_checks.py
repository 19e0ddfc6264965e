"""Every check on what was seen, made up by hand: it fires on the defect and on nothing else."""

from __future__ import annotations

import io
import itertools
import math
import wave
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from PIL import Image

from gradio_harness.checks import (
    Check,
    agreement,
    departure,
    files,
    hints,
    outcome,
    outputs,
    place_of,
    process,
    streaming,
    structure,
    warned,
)
from gradio_harness.checks.departure import Departure, Left
from gradio_harness.checks.outcome import Seen, place
from gradio_harness.contract import Component, Event, Function, Parameter
from gradio_harness.digest import digests
from gradio_harness.downloads import problem
from gradio_harness.exploring.units import broken_off, sequence, units
from gradio_harness.finding import Finding, Severity
from gradio_harness.observation import (
    Call,
    CallError,
    Evidence,
    Frame,
    Message,
    Observation,
    Served,
    Warned,
)

CHECKS = {
    check.name: check
    for module in (
        outcome,
        outputs,
        files,
        warned,
        structure,
        agreement,
        streaming,
        departure,
        process,
    )
    for check in module.CHECKS
}
FOLDER = "/home/ada/shop"
OWN = Frame(f"{FOLDER}/app.py", 12, "greet", "first = name.split()[0]", own=True)
DEEP = Frame("/lib/pandas/core.py", 900, "get", "raise KeyError(key)")
GRADIO = Frame("/lib/gradio/components/image.py", 77, "preprocess", "Image.open(path)")
TRACEBACK = 'Traceback (most recent call last):\n  File "app.py", line 12, in greet\n'


def component(kind: str = "textbox", label: str = "Out", identity: int = 2, **props: Any) -> Any:
    return Component(identity, kind, label, props)


def event_of(*shown: Component, generator: bool = False, function: Function | None = None) -> Event:
    """Return an event ``greet`` that reads one textbox and writes *shown*."""
    return Event(
        index=0,
        label="greet",
        api_name="greet",
        visibility="public",
        triggers=(),
        inputs=(Parameter("name", component(label="Name", identity=1)),),
        outputs=shown or (component(),),
        generator=generator,
        function=function or Function("greet", file=f"{FOLDER}/app.py", line=10),
    )


def seen_of(
    *,
    error: CallError | None = None,
    evidence: Evidence | None = None,
    messages: Sequence[Message] = (),
    final: Sequence[Any] | None = None,
    event: Event | None = None,
    props: dict[int, dict[str, Any]] | None = None,
) -> Seen:
    """Return one observation of a call that began at 100 and ended at 102 seconds."""
    observation = Observation(
        Call("greet", 0, ("",)),
        "wire",
        100.0,
        102.0,
        tuple(messages),
        None if final is None else tuple(final),
        error,
        evidence,
    )
    return Seen(observation, event or event_of(), props or {}, FOLDER)


def raised(
    exception: str = "IndexError",
    message: str = "list index out of range",
    frames: Sequence[Frame] = (OWN,),
    **fields: Any,
) -> Evidence:
    given = {"step": "function", "traceback": TRACEBACK, "module": "builtins", **fields}
    return Evidence(exception, message, frames=tuple(frames), **given)


def chunk(at: float, *values: Any) -> Message:
    return Message("process_generating", at, {"output": {"data": list(values)}, "success": True})


def end(at: float, *values: Any, success: bool = True) -> Message:
    return Message("process_completed", at, {"output": {"data": list(values)}, "success": success})


def said(name: str, *observed: Any) -> list[tuple[Severity, str]]:
    return [(f.severity, f.title) for f in CHECKS[name](*observed)]


UNEXPECTED = CallError("unexpected", "")
OUTCOME = [check.name for check in outcome.CHECKS]

# -- how a call ended ------------------------------------------------------------------------


def test_a_call_that_ends_well_is_no_finding() -> None:
    """An answer that came, with as many values as outputs, is silent in every check."""
    seen = seen_of(
        final=["Hello"],
        messages=[end(102, "Hello")],
        evidence=Evidence(step="", returned=(1, 1)),
    )

    assert [] == [f for name in OUTCOME for f in CHECKS[name](seen)]


def test_an_exception_of_the_app_is_a_finding_at_the_authors_line() -> None:
    """What is raised below the author's code is told at the author's innermost line."""
    seen = seen_of(error=UNEXPECTED, evidence=raised("KeyError", "'b'", (OWN, DEEP)))

    (finding,) = CHECKS["api.unhandled-exception"](seen)

    assert (
        Finding(
            "api.unhandled-exception",
            "greet",
            Severity.ERROR,
            "KeyError: 'b'",
            step="function",
            exception="KeyError",
            function="greet",
            location="app.py:12 in greet",
            traceback=TRACEBACK,
        )
        == finding
    )


@pytest.mark.parametrize(
    ("frame", "folder", "expected"),
    [
        (OWN, FOLDER, "app.py:12 in greet"),
        (OWN, "/somewhere/else", "/home/ada/shop/app.py:12 in greet"),
        (OWN, "/home/ada/sho", "/home/ada/shop/app.py:12 in greet"),
        (OWN, "", "/home/ada/shop/app.py:12 in greet"),
        (None, FOLDER, ""),
    ],
    ids=["below", "beside", "same-beginning", "no-folder", "no-frame"],
)
def test_a_place_is_told_relative_to_the_apps_folder(
    frame: Frame | None, folder: str, expected: str
) -> None:
    """Where the file lies below the app's folder; else in full."""
    assert expected == place(frame, folder)


def test_an_error_that_the_probe_did_not_see_is_told_without_a_place() -> None:
    """A remote app shows its error only; a finding says that much."""
    seen = seen_of(error=CallError("unexpected", "boom\nand more", "function"))

    assert [(Severity.ERROR, "The app answered with an unexpected error: boom")] == said(
        "api.unhandled-exception", seen
    )


@pytest.mark.parametrize(
    "error",
    [
        CallError("author", "Enter a name."),
        CallError("refused", "Value must be one of a, b"),
        CallError("timeout", "nothing for 30 s"),
    ],
    ids=["gr.Error", "validator", "timeout"],
)
def test_what_the_author_says_is_no_exception(error: CallError) -> None:
    """gr.Error and validators speak to the visitor; a hang has a check of its own."""
    seen = seen_of(error=error, evidence=raised("Error", "Enter a name.", intended=True))

    assert [] == [
        f
        for name in ("api.unhandled-exception", "api.explicit-raise", "streaming.fails-midway")
        for f in CHECKS[name](seen)
    ]


def test_what_needs_the_network_is_no_exception() -> None:
    """Where the machine lacks what the app needs, no check blames the app."""
    seen = seen_of(error=UNEXPECTED, evidence=raised("ConnectError", "no route", needs="network"))

    assert [] == [f for name in OUTCOME for f in CHECKS[name](seen)]


def test_what_gradio_refuses_before_the_app_is_a_warning() -> None:
    """An exception in preprocess, with no line of the author's, is Gradio's own."""
    seen = seen_of(
        error=UNEXPECTED, evidence=raised("OSError", "cut short", (GRADIO,), step="preprocess")
    )

    (finding,) = CHECKS["api.unhandled-exception"](seen)

    assert (
        Severity.WARNING,
        "OSError: cut short",
        "Gradio itself failed on this input, before the app's function was called.",
    ) == (finding.severity, finding.title, finding.detail)


def test_what_gradio_cannot_show_is_an_error() -> None:
    """An exception in postprocess comes from what the function returned."""
    seen = seen_of(
        error=UNEXPECTED, evidence=raised("ValueError", "no image", (GRADIO,), step="postprocess")
    )

    (finding,) = CHECKS["api.unhandled-exception"](seen)

    assert (Severity.ERROR, "greet", "") == (finding.severity, finding.function, finding.location)
    assert "could not show what the function returned" in finding.detail


def test_what_the_app_logged_is_told() -> None:
    """At most five lines of it."""
    seen = seen_of(error=UNEXPECTED, evidence=raised(logged=tuple("abcdefg")))

    (finding,) = CHECKS["api.unhandled-exception"](seen)

    assert "The app logged:\na\nb\nc\nd\ne" == finding.detail


RAISE = Frame(f"{FOLDER}/app.py", 12, "enter", 'raise ValueError("No title.")', own=True)
AGAIN = Frame(f"{FOLDER}/app.py", 12, "enter", "    raise", own=True)


@pytest.mark.parametrize(
    ("evidence", "explicit"),
    [
        (raised("ValueError", "No title.", (RAISE,), raised=True), True),
        (raised("TypeError", "Text, please.", (RAISE,), raised=True), True),
        (raised("AssertionError", "Not empty.", (RAISE,), raised=True), True),
        (raised("NotImplementedError", "Later.", (RAISE,), raised=True), True),
        (raised("NoTitle", "No title.", (RAISE,), raised=True, module="__main__"), True),
        (raised("NoTitle", "No title.", (RAISE,), raised=True, module="shop.app"), True),
        (raised("NoTitle", "No title.", (RAISE,), raised=True, module="other.package"), False),
        (raised("KeyError", "No title.", (RAISE,), raised=True), False),
        (raised("ValueError", "No title.", (RAISE,), raised=False), False),
        (raised("ValueError", " ", (RAISE,), raised=True), False),
        (raised("ValueError", "No title.", (AGAIN,), raised=True), False),
        (raised("ValueError", "No title.", (DEEP,), raised=True), False),
    ],
    ids=[
        "ValueError",
        "TypeError",
        "assert",
        "NotImplementedError",
        "own-class",
        "own-module",
        "foreign-class",
        "KeyError",
        "not-by-raise",
        "no-message",
        "raised-again",
        "in-a-library",
    ],
)
def test_the_authors_own_raise_is_a_warning_and_all_else_an_error(
    evidence: Evidence, explicit: bool
) -> None:
    """Exactly one of the two checks speaks of an exception, whatever it is."""
    seen = seen_of(error=UNEXPECTED, evidence=evidence)

    warned = [f.severity for f in CHECKS["api.explicit-raise"](seen)]
    failed = [f.severity for f in CHECKS["api.unhandled-exception"](seen)]

    assert ([Severity.WARNING] if explicit else [], [] if explicit else [Severity.ERROR]) == (
        warned,
        failed,
    )


def test_an_explicit_raise_names_gr_error() -> None:
    """The finding says what to write instead."""
    seen = seen_of(
        error=UNEXPECTED, evidence=raised("ValueError", "No title.", (RAISE,), raised=True)
    )

    (finding,) = CHECKS["api.explicit-raise"](seen)

    assert "Raise gr.Error with the same words instead." in finding.detail


STREAM = event_of(generator=True)


def test_an_exception_after_some_output_is_told_as_midway_and_not_twice() -> None:
    """The stream's check takes it; the exception's is silent."""
    seen = seen_of(
        error=UNEXPECTED,
        evidence=raised(),
        messages=[chunk(100.1, "a"), chunk(100.2, "ab"), end(100.3, success=False)],
        event=STREAM,
    )

    assert [(Severity.ERROR, "IndexError: list index out of range")] == said(
        "streaming.fails-midway", seen
    )
    assert [] == CHECKS["api.unhandled-exception"](seen)
    (finding,) = CHECKS["streaming.fails-midway"](seen)
    assert "It came after 2 outputs had been shown. " == finding.detail


def test_the_authors_own_raise_midway_is_a_warning() -> None:
    """It is told as midway, and no graver than elsewhere."""
    seen = seen_of(
        error=UNEXPECTED,
        evidence=raised("ValueError", "No title.", (RAISE,), raised=True),
        messages=[chunk(100.1, "a"), end(100.3, success=False)],
        event=STREAM,
    )

    assert [(Severity.WARNING, "ValueError: No title.")] == said("streaming.fails-midway", seen)
    assert [] == CHECKS["api.explicit-raise"](seen)


def test_a_stream_that_fails_before_its_first_output_is_not_midway() -> None:
    """Nothing was shown: it is an exception as any other."""
    seen = seen_of(
        error=UNEXPECTED,
        evidence=raised(),
        messages=[end(100.3, success=False)],
        event=STREAM,
    )

    assert ([], 1) == (
        CHECKS["streaming.fails-midway"](seen),
        len(CHECKS["api.unhandled-exception"](seen)),
    )


@pytest.mark.parametrize(
    ("error", "evidence", "expected"),
    [
        (
            CallError("timeout", "nothing for 30 s", "queue"),
            Evidence(step="function"),
            ("No answer: nothing for 30 s", "function"),
        ),
        (
            CallError("timeout", "nothing for 30 s", "queue"),
            None,
            ("No answer: nothing for 30 s", "queue"),
        ),
        (
            CallError("transport", "ReadError", "route"),
            None,
            ("The connection broke before the last answer", "route"),
        ),
    ],
    ids=["function", "unseen", "broken"],
)
def test_a_call_without_a_last_answer_hangs(
    error: CallError, evidence: Evidence | None, expected: tuple[str, str]
) -> None:
    """A timeout and a broken connection are errors, told with the step that failed."""
    (finding,) = CHECKS["api.hang"](seen_of(error=error, evidence=evidence))

    assert (Severity.ERROR, *expected) == (finding.severity, finding.title, finding.step)


def test_a_call_that_never_began_is_said_to_wait() -> None:
    """Nothing was seen of the function: the queue held the call."""
    seen = seen_of(error=CallError("timeout", "nothing for 30 s"), evidence=Evidence())

    (finding,) = CHECKS["api.hang"](seen)

    assert "The call waited in the queue and was never begun." == finding.detail


@pytest.mark.parametrize("kind", ["author", "unexpected", "refused"])
def test_a_call_that_was_answered_does_not_hang(kind: Any) -> None:
    """However it was answered."""
    assert [] == CHECKS["api.hang"](seen_of(error=CallError(kind, "no")))


@pytest.mark.parametrize(
    ("returned", "evidence", "expected"),
    [
        ((3, 2), {}, [(Severity.ERROR, "The function returned 3 values for 2 outputs")]),
        (
            (1, 2),
            {"exception": "ValueError", "step": "postprocess"},
            [(Severity.ERROR, "The function returned 1 value for 2 outputs")],
        ),
        ((1, 2), {}, []),
        ((2, 2), {}, []),
        (None, {}, []),
    ],
    ids=["too-many", "too-few", "few-by-way-of-a-dict", "as-many", "unknown"],
)
def test_values_are_counted(returned: Any, evidence: dict[str, Any], expected: Any) -> None:
    """Too many never raise; too few are a finding only where Gradio failed on them."""
    error = UNEXPECTED if "exception" in evidence else None
    seen = seen_of(error=error, evidence=Evidence(returned=returned, **evidence))

    assert expected == said("api.output-count", seen)


def test_too_many_values_of_gradios_own_function_are_not_told() -> None:
    """The author cannot mend them; nothing of theirs is lost."""
    event = event_of(function=Function("<lambda>", "gradio.chat_interface", builtin=True))

    assert [] == said("api.output-count", seen_of(evidence=Evidence(returned=(3, 2)), event=event))


def test_too_few_values_are_told_once() -> None:
    """Gradio's own exception about them is no second finding."""
    evidence = raised("ValueError", "not enough", (), step="postprocess", returned=(1, 2))
    seen = seen_of(error=UNEXPECTED, evidence=evidence)

    names = [f.check for name in OUTCOME for f in CHECKS[name](seen)]

    assert ["api.output-count"] == names


# -- what is put into a component -----------------------------------------------------------------

CHOICES = [["Red", "r"], ["Green", "g"]]
NAN_LABEL = {"label": "a", "confidences": [{"label": "a", "confidence": None}]}


def label(confidence: Any) -> dict[str, Any]:
    return {"label": "a", "confidences": [{"label": "a", "confidence": confidence}]}


@pytest.mark.parametrize(
    ("shown", "value", "severity"),
    [
        (component("number"), 3.5, None),
        (component("number"), "3.5", None),
        (component("number"), None, None),
        (component("number"), "3 words", Severity.ERROR),
        (component("number"), [3], Severity.ERROR),
        (component("number"), True, Severity.ERROR),
        (component("number"), math.inf, Severity.WARNING),
        (component("number"), "", None),
        (component("number"), " 7 ", Severity.ERROR),
        (component("number"), "1,5", Severity.ERROR),
        (component("number"), "-1.5e3", None),
        (component("number"), "nan", Severity.WARNING),
        (component("slider", minimum=0, maximum=10), 10, None),
        (component("slider", minimum=0, maximum=10), 11, Severity.WARNING),
        (component("slider", minimum=0, maximum=10), -1, Severity.WARNING),
        (component("slider", minimum=0, maximum=10), {}, Severity.ERROR),
        (component("radio", choices=CHOICES), "r", None),
        (component("radio", choices=CHOICES), "", None),
        (component("radio", choices=CHOICES), "Red", Severity.ERROR),
        (component("dropdown", choices=CHOICES, multiselect=True), ["r", "g"], None),
        (component("dropdown", choices=CHOICES, multiselect=True), ["r", "b"], Severity.ERROR),
        (component("dropdown", choices=CHOICES, allow_custom_value=True), "blue", None),
        (component("dropdown", choices=CHOICES), ["r"], Severity.ERROR),
        (component("dropdown", choices=CHOICES), [], None),
        (component("checkboxgroup", choices=CHOICES), ["b"], Severity.ERROR),
        (component("checkbox"), False, None),
        (component("checkbox"), 1, None),
        (component("checkbox"), "yes", Severity.ERROR),
        (component("label"), label(1.0), None),
        (component("label"), label(0), None),
        (component("label"), label(1.7), Severity.WARNING),
        (component("label"), label(-0.5), Severity.WARNING),
        (component("label"), label(math.nan), Severity.ERROR),
        (component("label"), NAN_LABEL, Severity.ERROR),
        (component("label"), {"label": "a", "confidences": None}, None),
        (component("label"), "a", None),
        (component("gallery"), [{"image": {}}], None),
        (component("gallery"), [{"image": {}}, None], Severity.ERROR),
        (component("textbox"), {"anything": 1}, None),
        (component("textbox"), "<b at 0x1>", None),
        (component("textbox"), "<__main__.Order object at 0x7f10>", Severity.WARNING),
        (component("json"), {"a": ["<function f at 0x7f10>"]}, Severity.WARNING),
        (component("markdown"), "<coroutine object say at 0x7f10>", Severity.WARNING),
        (component("colorpicker"), "#ff0000", None),
        (component("colorpicker"), "rgba(1, 2, 3, 0.5)", None),
        (component("colorpicker"), "Red", None),
        (component("colorpicker"), "ff0000", Severity.ERROR),
        (component("colorpicker"), "(255, 0, 0)", Severity.ERROR),
        (component("datetime"), "2024-12-31 12:00:00", None),
        (component("datetime"), "now - 5d", None),
        (component("datetime", include_time=False), "2024-12-31", None),
        (component("datetime"), "tomorrow", Severity.WARNING),
        (component("dataframe"), {"headers": ["a", "b"], "data": [[1, 2], [3]]}, None),
        (component("dataframe"), {"headers": ["a"], "data": [[1], [2, 3]]}, Severity.ERROR),
        (component("dataframe"), {"headers": [], "data": [[]]}, None),
        (component("chatbot"), [{"role": "assistant", "content": "x"}], None),
        (component("chatbot"), [["x", "y"]], None),
        (component("chatbot"), [{"role": "ai", "content": "x"}], Severity.ERROR),
        (component("html"), {"a": 1}, Severity.ERROR),
        (component("html", html_template="${value.a}"), {"a": 1}, None),
        (component("html"), 5, None),
        (component("plot"), {"type": "plotly", "plot": ""}, Severity.ERROR),
    ],
    ids=str,
)
def test_a_value_fits_its_component(shown: Component, value: Any, severity: Any) -> None:
    """What a component cannot show is told; what the page makes the best of is a warning."""
    found = CHECKS["api.output-type"](seen_of(final=[value], event=event_of(shown)))

    assert ([] if severity is None else [severity]) == [f.severity for f in found]


def test_a_wrong_value_names_its_component_and_the_choices() -> None:
    """The finding says what came and what would have fitted."""
    shown = component("radio", "Radio 'Colour'", choices=CHOICES)

    assert [
        (
            Severity.ERROR,
            'Radio \'Colour\' gets "b", which is not one of its choices ("r", "g")',
        )
    ] == said("api.output-type", seen_of(final=["b"], event=event_of(shown)))


@pytest.mark.parametrize(
    ("value", "props"),
    [
        ({"__type__": "update", "choices": [["Blue", "b"]], "value": "b"}, {}),
        ({"__type__": "update", "choices": [["Blue", "b"]]}, {}),
        ("b", {2: {"choices": [["Blue", "b"]]}}),
    ],
    ids=["in-the-same-answer", "without-a-value", "in-an-earlier-answer"],
)
def test_choices_that_an_answer_changed_count(value: Any, props: Any) -> None:
    """A value is held against the choices that the page has by then."""
    shown = component("radio", choices=CHOICES)

    assert [] == said("api.output-type", seen_of(final=[value], event=event_of(shown), props=props))


@pytest.mark.parametrize(
    ("held", "update", "severity"),
    [
        ("r", {"choices": [["Blue", "b"]]}, Severity.WARNING),
        (["r", "b"], {"choices": [["Blue", "b"]]}, Severity.WARNING),
        ("b", {"choices": [["Blue", "b"]]}, None),
        (None, {"choices": [["Blue", "b"]]}, None),
        ("r", {"choices": [["Blue", "b"]], "value": None}, None),
        ("r", {"choices": [["Blue", "b"]], "allow_custom_value": True}, None),
        ("r", {"label": "Colour"}, None),
    ],
    ids=["gone", "one-of-two-gone", "there", "none", "emptied", "any", "no-choices"],
)
def test_new_choices_want_a_value_that_is_among_them(held: Any, update: Any, severity: Any) -> None:
    """What the field holds is not shown any more, and refused when it is sent."""
    shown = component("dropdown", choices=CHOICES)
    seen = replace(
        seen_of(final=[{"__type__": "update", **update}], event=event_of(shown)), shown={2: held}
    )

    told = [f.severity for f in CHECKS["api.output-type"](seen)]
    assert ([] if severity is None else [severity]) == told


def test_nan_is_told_though_the_wire_says_null() -> None:
    """The probe has seen what the function returned; for a text it makes no difference."""
    evidence = Evidence(nonfinite=((0, "nan"), (1, "inf")))
    event = event_of(component("number", "Number 'Mean'"), component("textbox", "Text", 3))

    assert [
        (Severity.WARNING, "Number 'Mean' gets nan, which the page shows as an empty field")
    ] == said("api.output-type", seen_of(final=[None, None], evidence=evidence, event=event))


@pytest.mark.parametrize("number", [1e300, -2e-311, [[1e16]]], ids=repr)
def test_infinity_is_no_wonder_after_such_a_number(number: Any) -> None:
    """It is arithmetic that overflows."""
    shown = component("number")
    seen = seen_of(final=[None], evidence=Evidence(nonfinite=((0, "inf"),)), event=event_of(shown))
    call = replace(seen.observation.call, inputs=(number,))

    assert [] == said(
        "api.output-type", replace(seen, observation=replace(seen.observation, call=call))
    )


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (("1", "1", "1"), ("2", "2"), 1),
        (("1", "1", "1"), ("1", "1"), 0),
        (("1", "1", "3"), ("2", "2"), 0),
        (("1", "1", "1"), ("2", "3"), 0),
        (("1", "1"), ("2", "2"), 0),
        (("1", "1", "1"), ("2",), 0),
    ],
    ids=["differ", "agree", "changes", "other-changes", "not-again", "once"],
)
@pytest.mark.parametrize("name", ["api.client-differs", "api.triggers-differ"])
def test_two_ways_differ_only_where_each_repeats_itself(
    name: str, first: Any, second: Any, expected: int
) -> None:
    """A, A, B, B and A again."""
    values = [tuple(f'[[2, "{one}"]]' for one in some) for some in (first, second)]

    assert expected == len(CHECKS[name](agreement.Answers(event_of(), "other", *values)))


@pytest.mark.parametrize(
    ("wire", "client"),
    [
        (
            [{"path": "/tmp/a.png", "meta": {"_type": "gradio.FileData"}}],
            ["/tmp/gradio-harness-client-x/a.png"],
        ),
        ([{"__type__": "update", "label": "x"}], [{"__type__": "update", "label": "y"}]),
        ([[1, 2.5]], [(1, 2.5)]),
    ],
    ids=["files", "properties", "tuples"],
)
def test_how_a_value_travels_makes_no_difference(wire: Any, client: Any) -> None:
    """gradio_client downloads files, and turns what it likes into something else."""
    first, second = (
        agreement.said(seen_of(final=values).observation, event_of()) for values in (wire, client)
    )

    assert first == second


def test_a_call_that_was_refused_says_nothing() -> None:
    """Nor does one that timed out: what the app thinks of the input is not known."""
    seen = seen_of(error=CallError("refused", "gradio_client: not that"))

    assert agreement.said(seen.observation, event_of()) is None


def test_what_the_visitor_typed_is_no_object_of_the_apps() -> None:
    """An echo of text that looks like one is what was asked for."""
    text = "<__main__.Order object at 0x7f10>"
    seen = seen_of(final=[text])
    call = replace(seen.observation.call, inputs=(f"what is {text}?",))

    assert [] == said(
        "api.output-type", replace(seen, observation=replace(seen.observation, call=call))
    )


@pytest.mark.parametrize(
    ("step", "frames", "expected"),
    [("postprocess", (GRADIO,), 1), ("function", (OWN,), 0), ("postprocess", (OWN,), 0)],
    ids=["gradios-own", "the-authors", "a-component-of-the-authors"],
)
def test_gradios_own_refusal_of_an_answer_is_told(step: Any, frames: Any, expected: int) -> None:
    """It looks like gr.Error to the visitor, but no author wrote these words."""
    evidence = raised("Error", "Invalid JSON string", frames, step=step, intended=True)
    seen = seen_of(error=CallError("author", "Invalid JSON string"), evidence=evidence)

    assert expected == len(CHECKS["api.output-type"](seen))


FILE = {"path": "/tmp/a/plot.png", "meta": {"_type": "gradio.FileData"}}


@pytest.mark.parametrize(
    ("served", "expected"),
    [
        (Served(FILE["path"], 200, 10), []),
        (Served(FILE["path"], 403), [Severity.ERROR]),
        (Served(FILE["path"], 404), [Severity.ERROR]),
        (Served(FILE["path"], 500), [Severity.ERROR]),
        (Served(FILE["path"], 401), []),
        (Served(FILE["path"], 200, 10, "which is no picture"), [Severity.ERROR]),
        (Served(FILE["path"], 200, 10, "a TIFF picture", grave=False), [Severity.WARNING]),
        (Served(FILE["path"], 200, 10, "which is no picture", echo=True), []),
        (None, []),
    ],
    ids=["shown", "forbidden", "gone", "fails", "login", "broken", "tiff", "echo", "not-fetched"],
)
def test_a_file_is_there_and_can_be_shown(served: Served | None, expected: list[Severity]) -> None:
    """What the visitor sent is theirs to mend."""
    seen = replace(
        seen_of(final=[[{"image": FILE, "caption": None}]], event=event_of(component("gallery"))),
        served={} if served is None else {served.path: served},
    )

    assert expected == [f.severity for f in CHECKS["api.output-file"](seen)]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, 1),
        ({"is_stream": True}, 0),
        ({"path": "https://example.org/plot.png"}, 0),
        ({"meta": {}}, 0),
        ({"path": None}, 0),
    ],
    ids=["of-the-app", "a-stream", "elsewhere", "no-file", "no-path"],
)
def test_files_of_the_app_are_fetched_and_no_others(change: Any, expected: int) -> None:
    """Wherever they stand in the answer."""
    seen = seen_of(final=[{"value": [{**FILE, **change}]}])

    assert expected == len(list(files.paths(seen)))


def wave_of(frames: int) -> bytes:
    stream = io.BytesIO()
    with wave.open(stream, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(2 * frames))
    return stream.getvalue()


def picture_of(form: str) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (40, 30), "navy").save(stream, form)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("kind", "content", "expected"),
    [
        ("image", picture_of("PNG"), ("", False)),
        ("image", picture_of("PNG")[:60], ("which does not decode", True)),
        ("image", picture_of("TIFF"), ("a TIFF picture", False)),
        ("image", b"<svg xmlns='http://www.w3.org/2000/svg'/>", ("", False)),
        ("image", b"no picture", ("which is no picture", True)),
        ("image", b"", ("which is an empty file", True)),
        ("audio", wave_of(80), ("", False)),
        ("audio", wave_of(0), ("a sound without a single sample", False)),
        ("audio", b"Error: no voice", ("which is text and no audio", True)),
        ("video", b"\0\0\0\x18ftypmp42\0\0mdat", ("a video file that was not written", True)),
        ("video", b"\0\0\0\x18ftypmp42\0\0moov", ("", False)),
        ("file", b"", ("", False)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_no_browser_shows_is_known(kind: str, content: bytes, expected: Any) -> None:
    """By the bytes that came, and not by the name."""
    words, grave = problem(kind, content)

    assert (expected[0], expected[1]) == (
        words[: len(expected[0])] if expected[0] else words,
        grave,
    )


@pytest.mark.parametrize(
    ("said_so", "expected"),
    [
        (Warned("RuntimeWarning", "coroutine 'keep' was never awaited", OWN), Severity.ERROR),
        (Warned("RuntimeWarning", "coroutine 'keep' was never awaited"), None),
        (Warned("UserWarning", "Unexpected argument. Filling with None."), Severity.WARNING),
        (Warned("DeprecationWarning", "old"), None),
    ],
    ids=["unawaited", "of-a-library", "unfilled", "another"],
)
def test_a_warning_that_means_a_bug_is_told(said_so: Warned, expected: Any) -> None:
    """Others are the log's business."""
    function = Function("greet", f"{FOLDER}/app.py", line=10, parameters=("name", "reader"))
    seen = seen_of(evidence=Evidence(warned=(said_so, said_so)), event=event_of(function=function))

    told = [f.severity for f in CHECKS["api.app-warning"](seen)]
    assert ([] if expected is None else [expected]) == told


def test_a_parameter_that_nothing_reads_may_stay_unfilled() -> None:
    """`lambda _: ""` without an input is a habit, and harms nobody."""
    function = Function("clear", parameters=("name", "_"), unread=("_",))
    filled = Warned("UserWarning", "Unexpected argument. Filling with None.")
    seen = seen_of(evidence=Evidence(warned=(filled,)), event=event_of(function=function))

    assert [] == said("api.app-warning", seen)


UNITS = tuple(f"u{number:03}" for number in (7, 3, 9, 1, 8, 2, 6, 4, 5, 0))


def fed_of(found: Sequence[str], *, cut: bool = False, **fields: Any) -> structure.Fed:
    """Return ten lines of which *found* come out, three and four of which came out as given."""
    small = tuple(structure.Shown(UNITS[:n], UNITS[:n]) for n in (3, 4))
    shown = structure.Shown(UNITS, tuple(found), cut)
    return structure.Fed(event_of(), component(), "line", small, (shown, shown), **fields)


@pytest.mark.parametrize(
    ("fed", "severity"),
    [
        (fed_of(UNITS), None),
        (fed_of(UNITS[:8]), Severity.ERROR),
        (fed_of((*UNITS[:4], *UNITS[5:])), Severity.ERROR),
        (fed_of((*UNITS, UNITS[4])), Severity.WARNING),
        (fed_of((*UNITS, UNITS[4]), overlaps=True), None),
        (fed_of(UNITS[:8], overlaps=True), Severity.ERROR),
        (replace(fed_of(UNITS[:8]), what="word"), Severity.WARNING),
        (fed_of(sorted(UNITS)), Severity.WARNING),
        (fed_of(UNITS[:3]), Severity.WARNING),
        (fed_of(()), None),
        (fed_of(UNITS[:8], noted=True), None),
        (fed_of(UNITS[:8], meant=True), None),
        (fed_of(UNITS[:8], capped=True), Severity.ERROR),
        (fed_of(UNITS[:8], larger=structure.Shown(UNITS, UNITS[:8])), Severity.WARNING),
        (fed_of(UNITS[:8], larger=structure.Shown(UNITS, UNITS[:8]), capped=True), None),
        (fed_of(UNITS[:8], larger=structure.Shown(UNITS, UNITS[:8]), cut=True), None),
        (fed_of(UNITS[:8], cut=True), Severity.ERROR),
        (replace(fed_of(UNITS[:8]), large=fed_of(UNITS[:8]).large[:1]), None),
        (replace(fed_of(UNITS[:8]), large=(fed_of(UNITS[:8]).large[0], fed_of(()).large[0])), None),
        (replace(fed_of(UNITS[:8]), small=fed_of(()).large), None),
        (replace(fed_of(UNITS[:8]), small=()), None),
    ],
    ids=[
        *(
            "all",
            "tail",
            "one",
            "twice",
            "overlap",
            "pieces",
            "words",
            "sorted",
            "few",
            "none",
            "noted",
            "meant",
        ),
        *(
            "no-limit",
            "limit",
            "limit-meant",
            "limit-cut",
            "cut",
            "not-again",
            "not-the-same",
            "never",
            "unknown",
        ),
    ],
)
def test_what_is_kept_of_a_few_is_kept_of_many(fed: structure.Fed, severity: Any) -> None:
    """What comes and goes, what is said, and what is chosen on purpose is none of it."""
    found = CHECKS["api.structure"](fed)

    assert ([] if severity is None else [severity]) == [f.severity for f in found]


@pytest.mark.parametrize(
    ("units", "found", "expected"),
    [
        ("abc", "abc", structure.Kept(1, "as given")),
        ("bca", "aabbcc", structure.Kept(2, "sorted")),
        ("abc", "cba", structure.Kept(1, "backwards")),
        ("bac", "cba", structure.Kept(1, "falling")),
        ("bac", "acb", structure.Kept(1, "any")),
        ("abc", "aab", None),
        ("abc", "abcc", None),
        ("abc", "", None),
    ],
)
def test_how_units_are_kept(units: str, found: str, expected: Any) -> None:
    """Each as often as the others, in an order that has a name."""
    assert expected == structure.kept(structure.Shown(tuple(units), tuple(found)))


@pytest.mark.parametrize("numbers", [False, True], ids=["words", "numbers"])
def test_units_are_found_again_however_they_are_written(numbers: bool) -> None:
    """In capitals, with thousands set off, run together: each once, in the order shown."""
    given = units(67, 7, numbers=numbers)
    shown = "".join(f"{int(unit):,} EUR; " for unit in given) if numbers else "".join(given).upper()

    assert given == sequence([shown, "12345 quick brown foxes"[numbers * 6 :]], given)


@pytest.mark.parametrize("numbers", [False, True], ids=["words", "numbers"])
@pytest.mark.parametrize("between", ["\n", "-\n", " | "])
def test_a_unit_cut_at_the_edge_of_a_piece_is_shown(numbers: bool, between: str) -> None:
    """A splitter of a fixed width keeps all that it is given, in its order."""
    given = units(67, 7, numbers=numbers)
    text = " ".join(given)
    pieces = [text[at : at + 50] for at in range(0, len(text), 50)]

    assert (given, given) == (sequence([between.join(pieces)], given), sequence(pieces, given))


def test_a_word_cut_by_a_heading_is_shown_and_a_lost_one_is_not() -> None:
    """A heading between two pieces takes nothing away."""
    given = units(67, 7)
    text = " ".join(given)
    pieces = [text[at : at + 50] for at in range(0, len(text), 50)]
    headed = "".join(f"\nChunk {number} (50 characters)\n{p}" for number, p in enumerate(pieces))

    assert (given, given[:-1]) == (
        sequence([headed], given),
        sequence([headed.replace(given[-1], "")], given),
    )


@pytest.mark.parametrize("seed", range(40))
def test_a_text_that_is_cut_at_a_length_breaks_off(seed: int) -> None:
    """Whatever follows it; what ends with a whole unit does not."""
    given = units(9, seed)
    texts = ["\n".join(given)[:40] + after for after in (", du hast", "", "\ndu")]
    found = [sequence([text], given) for text in texts]
    whole = "\n".join(given[:5])

    assert ([given[:5]] * 3, [True] * 3, False) == (
        found,
        [broken_off([text], given, given[:5]) for text in texts],
        broken_off([whole], given, given[:5]),
    )


def test_pieces_that_overlap_show_some_words_twice_and_none_too_few() -> None:
    """A word at the edge stands whole in the next piece."""
    given = units(67, 7)
    text = " ".join(given)
    pieces = [text[at : at + 100] for at in range(0, len(text), 80)]
    shown = sequence(pieces, given)

    assert (set(given), True) == (set(shown), len(shown) > len(given))


def test_each_output_is_judged() -> None:
    """Two wrong values of one answer are two findings."""
    seen = seen_of(
        final=["x", "y"],
        event=event_of(component("number", "Number 'A'"), component("number", "Number 'B'", 3)),
    )

    assert [
        (Severity.ERROR, "Number 'A' gets the text \"x\", which is not a number"),
        (Severity.ERROR, "Number 'B' gets the text \"y\", which is not a number"),
    ] == said("api.output-type", seen)


# -- streams -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("times", "yields", "expected"),
    [
        ((101.2, 101.21, 101.22, 101.23), (), Severity.WARNING),
        ((101.2, 101.21, 101.22, 101.23), (101.19, 101.2, 101.21, 101.22), Severity.WARNING),
        ((101.2, 101.21, 101.22), (), None),
        ((103.0, 103.01, 103.02), (100.5, 101.5, 102.5), Severity.ERROR),
        ((100.9, 100.91, 100.92), (), None),
        ((101.2, 101.5, 101.8), (), None),
        ((110.0, 110.3, 110.6, 110.9), (), Severity.WARNING),
        ((110.0, 110.5, 110.9, 111.2), (), None),
        ((105.0,), (), None),
    ],
    ids=[
        "all-at-once",
        "worked-first",
        "short",
        "held-back",
        "soon-enough",
        "spread",
        "spread-little",
        "spread-enough",
        "single",
    ],
)
def test_a_stream_that_shows_everything_at_once_is_late(
    times: Sequence[float], yields: tuple[float, ...], expected: Severity | None
) -> None:
    """Late is a second and more of nothing, then all within a tenth of that.

    It is an error where the function had yielded in time, a warning where it had not; of three
    outputs and fewer, nobody can tell.
    """
    text = [chunk(at, "x" * (n + 1)) for n, at in enumerate(times)]
    seen = seen_of(
        messages=[*text, end(times[-1] + 0.01, "x")],
        evidence=Evidence(yields=yields),
        event=STREAM,
    )

    assert ([] if expected is None else [expected]) == [
        f.severity for f in CHECKS["streaming.late"](seen)
    ]


def test_a_late_stream_says_how_long_nothing_came() -> None:
    """In seconds, from the request on."""
    seen = seen_of(
        messages=[chunk(103.0, "a"), chunk(103.02, "ab"), end(103.03, "ab")],
        evidence=Evidence(yields=(100.5, 102.5)),
        event=STREAM,
    )

    (finding,) = CHECKS["streaming.late"](seen)

    assert (
        "2 outputs came within 0.02 s, after 3.0 s of nothing",
        "The function yielded its first output 2.5 s earlier.",
    ) == (finding.title, finding.detail)


def test_what_does_not_stream_is_never_late() -> None:
    """A function that returns may take as long as it takes."""
    seen = seen_of(messages=[chunk(105, "a"), chunk(105.01, "b")], event=event_of())

    assert [] == CHECKS["streaming.late"](seen)


def test_a_stream_that_ends_with_another_value_is_an_error() -> None:
    """What the visitor read changes under their eyes."""
    seen = seen_of(
        messages=[chunk(100.1, "a"), chunk(100.2, "ab"), end(100.3, "AB")],
        final=["AB"],
        event=STREAM,
    )

    (finding,) = CHECKS["streaming.last-value"](seen)

    assert (
        Severity.ERROR,
        "Out ends with another value than the last one streamed",
        "last: 'ab'\nfinal: 'AB'",
    ) == (finding.severity, finding.title, finding.detail)


LINES = ("There was a lighthouse.", "Nobody knew it.", "One day it was gone.", "They built it.")
SO_FAR = tuple("\n".join(LINES[: n + 1]) for n in range(len(LINES)))
CHAT = tuple([{"role": "assistant", "content": line}] for line in LINES)


@pytest.mark.parametrize(
    ("kind", "values", "pieces"),
    [
        ("textbox", LINES, True),
        ("markdown", LINES, True),
        ("chatbot", CHAT, True),
        ("textbox", SO_FAR, False),
        ("textbox", LINES[:3], False),
        ("textbox", ("10 %", "30 %", "70 %", "100 %"), False),
        ("textbox", ("1/4", "2/4", "3/4", "4/4"), False),
        ("textbox", (*(f"{n} of 9 files are read now" for n in range(5)), "All is done"), False),
        ("textbox", ("Loading…", "Reading…", "Thinking…", "Writing…"), False),
        ("textbox", ("Reading page 1", "Reading page 2", "Reading page 3", "Reading x"), False),
        ("textbox", ("", "Nobody knew it.", "It was gone.", "They built it."), False),
        ("textbox", ("a", "b", "c", "and now the whole of the story at once"), False),
        ("number", (1, 2, 3, 4), False),
        ("image", ("a", "b", "c", "d"), False),
    ],
    ids=[
        "textbox",
        "markdown",
        "chatbot",
        "so-far",
        "too-few-to-say",
        "percent",
        "fraction",
        "counting",
        "ellipsis",
        "same-beginning",
        "one-is-empty",
        "whole-at-the-end",
        "number",
        "image",
    ],
)
def test_pieces_that_take_each_others_place_are_told(
    kind: str, values: Sequence[Any], pieces: bool
) -> None:
    """A stream of pieces ends with the last piece only; progress in words is none."""
    seen = seen_of(
        messages=[*(chunk(100 + n / 10, v) for n, v in enumerate(values)), end(101, values[-1])],
        final=[values[-1]],
        event=event_of(component(kind), generator=True),
    )

    expected = [(Severity.WARNING, f"Out ends with the last of {len(values)} pieces only")]
    assert (expected if pieces else []) == said("streaming.last-value", seen)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["the", "sea", "is", "the", "one", "that", "the", "wind", "is", "in", ""], []),
        (
            [
                f"{word} "
                for word in ["the", "sea", "is", "the", "one", "that", "the", "wind", "is", "in"]
            ],
            ["error"],
        ),
        (["It", " is", " the", " sea", ",", " the", " old", " grey", " widow-maker"], ["error"]),
        (["Loading ", "Loading the model ", "Reading it ", "Half of it ", "Done "], []),
        (["the ", "the sea ", "the sea is ", "the sea is the ", "the sea is the one "], []),
    ],
    ids=["no-space", "after", "before", "progress", "so-far"],
)
def test_words_that_take_each_others_place_are_an_error(
    values: Sequence[str], expected: Sequence[str]
) -> None:
    """As a model gives them: some of them again and again, with a space before or after."""
    seen = seen_of(
        messages=[*(chunk(100 + n / 10, v) for n, v in enumerate(values)), end(101, values[-1])],
        final=[values[-1]],
        event=event_of(component("textbox"), generator=True),
    )

    assert expected == [str(severity) for severity, _ in said("streaming.last-value", seen)]


@pytest.mark.parametrize("kind", ["state", "audio", "video"])
def test_what_is_not_shown_or_sent_in_segments_may_end_otherwise(kind: str) -> None:
    """State is nobody's to read; sound and film end with the whole."""
    seen = seen_of(
        messages=[chunk(100.1, "a"), end(100.3, "b")],
        final=["b"],
        event=event_of(component(kind), generator=True),
    )

    assert [] == CHECKS["streaming.last-value"](seen)


def test_a_stream_that_failed_has_no_last_value() -> None:
    """How it failed is told by another check."""
    seen = seen_of(
        messages=[chunk(100.1, "a"), end(100.3, success=False)], error=UNEXPECTED, event=STREAM
    )

    assert [] == CHECKS["streaming.last-value"](seen)


STORY = " ".join(f"word{n}" for n in range(60))
GROWING = [" ".join(STORY.split()[: n + 1]) for n in range(60)]
REPORT = [f"Step {n} of the long work is done" for n in range(8)]


def stream_of(
    *values: Any, final: Any = None, kind: str = "textbox", evidence: Evidence | None = None
) -> Seen:
    """Return a stream that showed *values*, a tenth of a second apart, and ended with the last."""
    last = values[-1] if final is None and values else final
    return seen_of(
        messages=[*(chunk(100 + n / 10, v) for n, v in enumerate(values)), end(110, last)],
        final=[last],
        evidence=evidence,
        event=event_of(component(kind), generator=True),
    )


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (GROWING, []),
        ([text + " ▌" for text in GROWING] + [STORY], []),
        ([text[-100:] for text in GROWING], ["45 of 60"]),
        ([*GROWING[:40], *(" ".join(t.split()[10:]) for t in GROWING[40:])], ["10 of 60"]),
        ([*GROWING[:40], *(" ".join(t.split()[3:]) for t in GROWING[40:])], []),
        ([*GROWING, "The work is done, and here is what came of it."], []),
        (["Thinking about it, please wait", *GROWING], []),
        (["\n".join(REPORT[: n + 1][-3:]) for n in range(8)], []),
        ([*GROWING[:3], " ".join(GROWING[2].split()[1:])], []),
    ],
    ids=["grows", "cursor", "window", "beginning", "few", "result", "status", "log", "short"],
)
def test_what_is_taken_from_a_growing_text_is_counted(
    texts: Sequence[str], expected: Sequence[str]
) -> None:
    """Words gone from its beginning or middle; not its end, nor a text that takes its place."""
    told = [title for _, title in said("streaming.backwards", stream_of(*texts))]

    assert [f"Out loses {words} words that were read" for words in expected] == told


def test_who_loses_half_of_a_text_loses_an_answer() -> None:
    """From half of what was read on it is an error, else a warning."""
    window = stream_of(*(text[-100:] for text in GROWING))
    cut = stream_of(*GROWING[:40], *(" ".join(t.split()[10:]) for t in GROWING[40:]))

    graded = [said("streaming.backwards", seen)[0][0] for seen in (window, cut)]

    assert [Severity.ERROR, Severity.WARNING] == graded


@pytest.mark.parametrize(
    ("got", "expected"),
    [
        ("abcd", []),
        ("abd", ["1 of 4 outputs never arrive, the 3. first"]),
        ("abc", ["1 of 4 outputs never arrive"]),
        ("acbd", ["Outputs arrive in another order than they were yielded, from the 2. on"]),
        ("abxd", ["The 3. of 4 outputs arrives as another one"]),
    ],
)
def test_what_arrives_is_held_against_what_was_yielded(got: str, expected: Sequence[str]) -> None:
    """None lost, none out of order, none another one."""
    evidence = Evidence(sent=tuple(digests([letter]) for letter in "abcd"))

    told = said("streaming.lost", stream_of(*got, evidence=evidence))

    assert [(Severity.ERROR, title) for title in expected] == told


def test_a_files_address_is_no_other_output() -> None:
    """Gradio adds it on the way to the page."""
    yielded = {"path": "/tmp/a.png", "url": None}
    evidence = Evidence(sent=(digests([yielded]),))
    seen = stream_of({**yielded, "url": "http://127.0.0.1/a.png"}, kind="image", evidence=evidence)

    assert [] == said("streaming.lost", seen)


def test_nothing_comes_after_the_end() -> None:
    """An output after the last message is told, whoever sent it."""
    seen = seen_of(
        messages=[chunk(100, "a"), end(101, "a"), chunk(101.1, "b")], final=["a"], event=STREAM
    )

    assert [(Severity.ERROR, "1 of the outputs came after the end")] == said("streaming.lost", seen)


BLANK = "The stream ends without any output where a field is left empty"


@pytest.mark.parametrize(
    ("asked", "final", "logs", "told"),
    [
        ("a question", None, 0, [(Severity.WARNING, "The stream ends without any output")]),
        ("  ", None, 0, [(Severity.INFO, BLANK)]),
        ("a question", "kept", 0, []),
        ("a question", None, 1, []),
    ],
    ids=["blank", "nothing-asked", "answered", "said-why"],
)
def test_a_stream_that_shows_nothing_is_told(
    asked: str, final: str | None, logs: int, told: list[tuple[Severity, str]]
) -> None:
    """As information where the visitor asked for nothing; not where they were told why."""
    log = Message("log", 100.5, {"log": "Nothing found", "level": "info"})
    seen = seen_of(messages=[log] * logs, final=[final], evidence=Evidence(), event=STREAM)
    call = replace(seen.observation.call, inputs=(asked,))
    seen = replace(seen, observation=replace(seen.observation, call=call))

    assert told == said("streaming.empty", seen)


@pytest.mark.parametrize(
    ("gaps", "told"),
    [
        ([0.05] * 6 + [4.0] + [0.05] * 6, True),
        ([0.05] * 6 + [1.9] + [0.05] * 6, False),
        ([0.3] * 6 + [4.0] + [0.3] * 6, False),
        ([0.05, 0.05, 3.0] * 5, False),
        ([0.05] * 3 + [4.0] + [0.05] * 3, False),
    ],
    ids=["stops", "briefly", "slow-anyway", "in-gushes", "too-short-to-say"],
)
def test_a_stream_that_stops_and_flows_on_stalls(gaps: Sequence[float], told: bool) -> None:
    """Far above its own rhythm, and for longer than a visitor waits."""
    yields = tuple(itertools.accumulate(gaps, initial=100.0))
    seen = stream_of(*GROWING[: len(yields)], evidence=Evidence(yields=yields))

    title = f"The stream stops for 4.0 s after output 7 of {len(yields)}"
    assert [(Severity.WARNING, title)] * told == said("streaming.stall", seen)


THREAD = Left("thread", "write", "app.py:12")


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (Departure("gone", 3, 1.0, 2.0), []),
        (
            Departure("gone", 3, 1.0, 2.0, (THREAD,), ended=2.5, watched=2.5),
            [(Severity.WARNING, "1 thread (write) goes on after the visitor has left")],
        ),
        (
            Departure("stop", 3, 1.0, 2.0, (THREAD, THREAD), watched=4.5),
            [(Severity.ERROR, "2 threads (write) go on after the visitor has left")],
        ),
        (
            Departure("gone", 3, 1.0, 2.0, (THREAD, Left("process", "sox")), watched=3.5),
            [
                (
                    Severity.WARNING,
                    "1 thread and 1 process (sox, write) go on after the visitor has left",
                )
            ],
        ),
        (
            Departure("gone", 3, 1.0, math.inf, (THREAD,), watched=60.0),
            [(Severity.WARNING, "1 thread (write) goes on after the visitor has left")],
        ),
    ],
    ids=["nothing", "a-while", "outlasts", "not-long-watched", "without-an-end"],
)
def test_what_goes_on_is_graver_where_it_outlasts_the_stream(
    seen: Departure, expected: list[tuple[Severity, str]]
) -> None:
    """It never ends if it is there half as long again as who stays would have waited."""
    assert expected == said("streaming.goes-on", "tell", seen)


# -- hints -------------------------------------------------------------------------------------


def hinted(
    hint: str,
    feeds: Component | None = None,
    returns: str = "",
    shows: Component | None = None,
    parameters: tuple[str, ...] = ("value",),
    batch: bool = False,
    **fields: Any,
) -> list[str]:
    """Return the titles of what the type hints of one function are told for."""
    told = {"value": hint, "return": returns}
    function = Function(
        "book", file=f"{FOLDER}/app.py", line=3, parameters=parameters, hints=told, **fields
    )
    event = Event(
        index=0,
        label="book",
        api_name="book",
        visibility="public",
        triggers=(),
        inputs=(Parameter("value", feeds or component(label="Textbox 'Seats'", identity=1)),),
        outputs=(shows or component(),),
        batch=batch,
        function=function,
    )
    return [finding.title for finding in hints.type_hint(event, FOLDER)]


@pytest.mark.parametrize(
    ("hint", "agrees"),
    [
        *[("list[str]", True), ("typing.List[str]", True), ("builtins.list", True)],
        *[("list[int]", False), ("list[list[str]]", False), ("collections.abc.Sequence", True)],
    ],
)
def test_a_batch_function_gets_a_list_of_what_the_page_sends(hint: str, agrees: bool) -> None:
    """Its hint is held against the items; what it returns is a list of lists."""
    text, number = component(label="Text"), component("number", label="Sum")

    found = hinted(hint, text, returns="list[list[float]]", shows=number, batch=True)

    assert agrees == (found == []), found


@pytest.mark.parametrize(
    ("hint", "feeds", "agrees"),
    [
        ("builtins.str", component(), True),
        ("builtins.int", component(), False),
        ("int | str", component(), True),
        ("typing.Optional[builtins.int]", component(), False),
        ("typing.Union[int, str]", component(), True),
        ("shop.Seats", component(), True),
        ("int | shop.Seats", component(), True),
        ("list[str]", component(), False),
        ("", component(), True),
        ("int", component("number"), True),
        ("float", component("slider"), True),
        ("str", component("number"), False),
        ("bool", component("checkbox"), True),
        ("str", component("checkbox"), False),
        ("list[str]", component("checkboxgroup"), True),
        ("str", component("checkboxgroup"), False),
        ("str", component("dropdown"), True),
        ("str", component("dropdown", multiselect=True), False),
        ("numpy.ndarray", component("image", type="numpy"), True),
        ("PIL.Image.Image", component("image", type="numpy"), False),
        ("PIL.Image.Image", component("image", type="pil"), True),
        ("str", component("image", type="filepath"), True),
        ("str", component("image"), True),
        ("str", component("audio", type="numpy"), False),
        ("pandas.core.frame.DataFrame", component("dataframe", type="pandas"), True),
        ("list", component("dataframe", type="pandas"), False),
    ],
    ids=lambda value: (
        f"{value.type}-{value.props.get('type', '')}".strip("-")
        if isinstance(value, Component)
        else None
    ),
)
def test_a_hint_agrees_with_what_feeds_it(hint: str, feeds: Component, agrees: bool) -> None:
    """A hint that says something definite and something else is told; all others are not."""
    assert agrees == (hinted(hint, feeds) == [])


def test_a_wrong_hint_names_parameter_and_component() -> None:
    """The finding says what comes instead, and from where."""
    assert ["value: int gets text from Textbox 'Seats'"] == hinted("builtins.int")


@pytest.mark.parametrize(
    ("returns", "shows", "expected"),
    [
        ("list", component("image", "Picture"), True),
        ("PIL.Image.Image", component("image"), False),
        ("int", component("textbox"), False),
        ("list", component("number", "Count"), True),
        ("dict", component("gallery"), True),
    ],
    ids=["list-image", "pillow-image", "int-textbox", "list-number", "dict-gallery"],
)
def test_a_return_hint_agrees_with_what_shows_it(
    returns: str, shows: Component, expected: bool
) -> None:
    """Where a component cannot show what the hint promises, that is told."""
    assert expected == any(t.startswith("->") for t in hinted("str", returns=returns, shows=shows))


def test_gradios_own_functions_are_not_judged() -> None:
    """Nobody can mend their hints."""
    assert [] == hinted("int", builtin=True)


# -- the process --------------------------------------------------------------------------------


def test_a_call_that_ends_the_process_is_an_error() -> None:
    """The finding has the call's input and its reproduction, from the journal."""
    call = {"event": "clock_in", "input": "name = ''", "reproduce": "python - <<'EOF'"}

    (finding,) = process.process_exit(call, "exit status 0")

    assert (
        "api.process-exit",
        "clock_in",
        Severity.ERROR,
        "One call ended the app's whole process (exit status 0)",
        "name = ''",
        "python - <<'EOF'",
    ) == (
        finding.check,
        finding.event,
        finding.severity,
        finding.title,
        finding.input,
        finding.reproduce,
    )


def test_a_call_that_holds_everybody_is_a_hang() -> None:
    """It is told by the check for calls without an answer."""
    (finding,) = process.holds_everybody({"event": "think"}, "no thread could run")

    assert ("api.hang", "think", Severity.ERROR) == (
        finding.check,
        finding.event,
        finding.severity,
    )
    assert "no thread could run." in finding.detail


# -- all of them ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "check",
    [*CHECKS.values(), *hints.CHECKS],
    ids=lambda check: check.name,
)
def test_a_check_says_what_why_how_to_mend_and_how_to_silence(check: Check) -> None:
    """Its docstring is its entry in the catalogue, and names it as a user would type it."""
    parts = [part.partition(":")[0] for part in check.doc.split("\n\n")[1:]]

    assert ["Why", "Mend", "Silence"] == parts
    assert f"--app-ignore {check.name}" in check.doc


@pytest.mark.parametrize(
    ("file", "builtin", "expected"),
    [
        ("/home/a/app/app.py", False, "app.py:3 in f"),
        ("/home/a/app2/lib.py", False, "/home/a/app2/lib.py:3 in f"),
        ("/home/a/app/app.py", True, ""),
        ("", False, ""),
    ],
)
def test_a_place_is_seen_from_the_apps_folder(file: str, builtin: bool, expected: str) -> None:
    """A neighbour whose name begins alike is not in it."""
    function = Function("f", file=file, line=3, builtin=builtin)

    assert expected == place_of(function, "/home/a/app")
    assert "" == place_of(None, "/home/a/app")
