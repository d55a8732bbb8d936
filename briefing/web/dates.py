"""PURE: dates in addresses, limited to a range that calendar arithmetic cannot leave."""

from __future__ import annotations

import re
from datetime import date

#: Four-digit years, without the ends of the range of a date: another day or a time zone could
#: leave it.
FIRST, LAST = date(1000, 1, 1), date(9998, 12, 31)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_MONTH = re.compile(r"(\d{4})-(\d{2})", re.ASCII)


def read_date(text: str) -> date | None:
    """Parse a date such as "2026-03-12"; None if it is not valid."""
    try:
        return date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        return None


def read_day(text: str) -> date | None:
    """Parse the day of an edition; None if it is not valid or out of range."""
    day = read_date(text)
    return day if day is not None and FIRST <= day <= LAST else None


def read_month(text: str) -> date | None:
    """Return the first day of the month that a text such as "2026-03" names; None as above."""
    return read_day(f"{text}-01") if _MONTH.fullmatch(text) else None


def near(day: date) -> date:
    """Return a date itself, or the nearest one within reach."""
    return min(max(day, FIRST), LAST)
