"""What counts as seen of the word, the number and the colour that a visitor sent."""

from __future__ import annotations

import pytest

from gradio_harness.visitors.canaries import Mark, in_file

MARK = Mark("brovademdolp", 45.12345, (30, 40, 50))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("price: 45.12345 €", "45.12345"),
        ("it was 45.12345.", "45.12345"),
        ("[45.12345]", "45.12345"),
        ("xbrovademdolpx", "brovademdolp"),
        ("145.12345", ""),
        ("0.45.12345", ""),
        ("45.123456789", ""),
        ("-3.45.12345", ""),
        ("it begins brovadem…", "brovadem"),
    ],
)
def test_a_number_counts_only_whole(text: str, expected: str) -> None:
    """Its digits inside a longer number, as charts have many, are nobody's."""
    assert expected == MARK.trace(text)


@pytest.mark.parametrize(
    ("value", "text", "expected"),
    [(45123, "there are 45,123", "45,123"), (45123, "45123.0", "45123"), (7, "7 of them", "")],
)
def test_a_number_that_few_are_like_is_a_mark(value: int, text: str, expected: str) -> None:
    """Five digits, grouped or not; a small one may be anybody's."""
    assert expected == MARK.sent_as(value).trace(text)


def test_a_sound_is_known_by_a_part_of_it() -> None:
    """Whatever file it is in."""
    content = b"RIFF....WAVE" + MARK.sound * 3

    assert {MARK: "brovademdolp"} == in_file("a.wav", content, [MARK])
    assert {} == in_file("a.wav", b"RIFF....WAVE" + bytes(96), [MARK])
