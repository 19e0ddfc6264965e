"""The power by which a time grows with a size, on made-up times."""

import pytest

from gradio_harness.scaling import fitted

SIZES = [2**n for n in range(6, 14)]


@pytest.mark.parametrize("power", [1, 2, 3])
def test_the_exponent_is_the_power(power: int) -> None:
    """With a constant in front of it, too: the sizes that it hides are left out."""
    seconds = [0.0005 + (size / SIZES[-1]) ** power for size in SIZES]

    fit = fitted(SIZES, seconds)

    assert fit is not None
    assert pytest.approx(power, abs=0.2) == fit.exponent


def test_what_takes_no_longer_has_none() -> None:
    """Also where the smallest size took long once."""
    assert fitted(SIZES, [0.005, *[0.001] * 5, 0.0052, 0.006]) is None
    assert fitted(SIZES, [0.001] * 8) is None
