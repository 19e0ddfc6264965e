"""The clock and the calendar in what an app says: of today, and not tomorrow."""

from __future__ import annotations

import datetime as dt
import re

__all__ = ["far_zone", "names_now"]

#: How the day, the month and the minute are written, as formats of `strftime`.
WRITTEN = (
    "%Y",
    "%Y%m%d",
    "%B",
    "%b",
    "%A",
    "%a",
    "%H:%M",
    "%I:%M",
    "%d.%m.",
    "%d/%m",
    "%m/%d",
    "%m-%d",
)


def far_zone() -> str:
    """Return a time zone in which it is another day now: a value of the variable TZ."""
    here = dt.datetime.now()
    for hours in (14, -12):
        there = dt.datetime.now(dt.timezone(dt.timedelta(hours=hours)))
        if there.date() != here.date():
            break
    return f"FAR{-hours:+d}"  # it counts to the west


def names_now(text: str) -> bool:
    """Whether *text* has this year, month, day or minute in it, here or in UTC."""
    moments = [dt.datetime.now(zone) for zone in (None, dt.UTC)]
    moments += [moment - dt.timedelta(minutes=1) for moment in moments]
    words = {re.escape(moment.strftime(one)) for moment in moments for one in WRITTEN}
    return re.search(rf"(?<!\w)({'|'.join(words)})(?!\w)", text) is not None
