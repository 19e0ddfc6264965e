"""Lines to paste that compare answers: they end where the defect is seen, and pass once mended."""

from __future__ import annotations

from typing import Any

import pytest
from sessions import TWINS

from gradio_harness import replay_compared

UNITS = "qrlspg;qmcldv;qnrmzm;qglfgp;qxpcjh;qdrtwz"

CASES: dict[str, tuple[tuple[Any, ...], tuple[Any, ...], str]] = {
    "api.structure": (("pack", [UNITS]), ("pack", [UNITS]), "of 6 items 4 are shown"),
    "api.triggers-differ": (("divide_1",), ("divide_1",), "answers otherwise on the same page"),
    "api.client-differs": (("quote",), ("quote_once",), "gradio_client gets another answer"),
}


@pytest.mark.parametrize("check", CASES)
def test_a_comparison_is_made_again_until_nothing_differs(check: str) -> None:
    """SystemExit in the words of the finding; nothing of the mended app."""
    defect, mended, words = CASES[check]
    with pytest.raises(SystemExit) as ended:
        replay_compared(str(TWINS / check / "defect.py"), *defect, check=check)

    assert words in str(ended.value)
    replay_compared(str(TWINS / check / "mended.py"), *mended, check=check)
