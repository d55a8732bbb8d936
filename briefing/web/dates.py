"""PURE: the days that an address can name: those with which a calendar can still be counted on."""

from __future__ import annotations

import re
from datetime import date

#: Years of four digits, without those at the ends of what a date can hold: a day or a zone further
#: would be past it.
FIRST, LAST = date(1000, 1, 1), date(9998, 12, 31)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_MONTH = re.compile(r"(\d{4})-(\d{2})", re.ASCII)


def read_date(text: str) -> date | None:
    """Return the date that a text such as "2026-03-12" is, however far away; None: it is none."""
    try:
        return date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        return None


def read_day(text: str) -> date | None:
    """Return the day of an edition that a text names; None: it names none that there could be."""
    day = read_date(text)
    return day if day is not None and FIRST <= day <= LAST else None


def read_month(text: str) -> date | None:
    """Return the first day of the month that a text such as "2026-03" names; None as above."""
    return read_day(f"{text}-01") if _MONTH.fullmatch(text) else None


def near(day: date) -> date:
    """Return a date itself, or the nearest one within reach."""
    return min(max(day, FIRST), LAST)
