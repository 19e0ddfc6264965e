"""What counts as seen of the word, the number and the colour that a visitor sent."""

from __future__ import annotations

import pytest

from gradio_harness.canaries import Mark

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
    ],
)
def test_a_number_counts_only_whole(text: str, expected: str) -> None:
    """Its digits inside a longer number, as charts have many, are nobody's."""
    assert expected == MARK.trace(text)
