"""A pytest plugin that notes when the first test begins: `pytest -p first_test`."""

import os
import time
from pathlib import Path


def pytest_runtest_logstart() -> None:
    """Write the monotonic clock, which all processes of a machine share, once."""
    told = Path(os.environ["FIRST_TEST"])
    if not told.read_text():
        told.write_text(str(time.monotonic()))
