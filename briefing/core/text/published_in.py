"""Reads the day of a report from its own words, where they say it with certainty."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import islice

from briefing.core.model import Document
from briefing.core.text.finders.ahead import MONTH, MONTHS, WEEKDAY, WEEKDAYS

#: Years back in which a day is sought; a weekday falls on the same date every 5, 6 or 11 years.
_YEARS = 11
#: Days within which all dates beside weekdays of one report lie: it tells of weeks, not of months.
_AGREE = timedelta(days=45)
#: A date that may lie so far ahead is one to come, not one of years ago.
_AHEAD = timedelta(days=200)
#: Characters that are read: a report names its day early, and the bound keeps time linear.
_READ = 4_000
#: Lines at the head of a text that may be nothing but its date.
_HEAD_LINES = 6

_NUMBER = r"(?P<{0}>\d{{1,2}})(?:st|nd|rd|th)?(?![\d:%])"
_YEAR = r"(?P<year>(?:19|20)\d\d)"
_DAY = (
    rf"(?:(?P<month>{MONTH}) {_NUMBER.format('day')}|{_NUMBER.format('day2')} (?P<month2>{MONTH}))"
    rf"(?:,? {_YEAR})?"
)
#: "Sunday (Jan. 4)", "Sunday, January 4, 2026", "Sunday 4 January".
_BESIDE = re.compile(rf"(?<![\w’'-])(?P<weekday>{WEEKDAY}),? \(?{_DAY}(?!\w)")
#: A line that is nothing but a date with its year: "Published: January 4, 2026, 6:30 a.m. EST".
_LINE = re.compile(
    r"(?:(?:published|posted|updated|last updated|date|released)\b(?: on| at)?:? ?)?"
    rf"(?:(?P<weekday>{WEEKDAY}),? )?{_DAY}"
    r"(?:,? ?(?:at |[|·–-] ?)?\d{1,2}[:.]\d\d ?(?:[ap]\.?m\.?)?(?: ?[A-Z]{2,4})?)?[.|]?",
    re.IGNORECASE,
)
_ANY_YEAR = re.compile(r"(?<![\d.,$€£-])20\d\d(?![\d,.]\d|\w|-\d)")


def published_in(text: str, *, by: date) -> date | None:
    """Return the day that a report itself gives as its own, or None where it is not certain.

    A line at its head that is nothing but a date with a year says it. Else dates beside weekdays
    do, such as "Sunday (Jan. 4)": of the years in which each falls on its weekday, and all of
    them within some weeks, those nearest before ``by``; the latest of these days. Words that
    name a later year contradict it.

    Args:
        text: of the report.
        by: the day of the edition; the report is not from after it.
    """
    head = text[:_READ]
    stated = _stated(head, by=by)
    if stated is not None:
        return stated
    days = _agreed(list(_BESIDE.finditer(head)), by=by)
    return days if days and not _is_contradicted(head, days, by=by) else None


def dated(documents: Sequence[Document], *, by: date) -> tuple[Document, ...]:
    """Return documents, those without a date dated by their words where these say it."""
    return tuple(one if one.published else _dated(one, by=by) for one in documents)


def _dated(document: Document, *, by: date) -> Document:
    day = published_in(document.text, by=by)
    if day is None:
        return document
    return replace(
        document, published=datetime(day.year, day.month, day.day, tzinfo=UTC), timed=False
    )


def _stated(text: str, *, by: date) -> date | None:
    """Return the date that stands alone on a line at the head."""
    lines = (line.strip() for line in text.splitlines())
    for line in islice(filter(None, lines), _HEAD_LINES):
        match = _LINE.fullmatch(line)
        if match and match["year"]:
            days = [day for day in _fitting(match, by=by) if day <= by]
            return days[0] if days else None
    return None


def _fitting(match: re.Match[str], *, by: date) -> tuple[date, ...]:
    """Return the days, up to a year after ``by``, on which a mention falls on its weekday."""
    month = MONTHS[(match["month"] or match["month2"]).rstrip(".").lower()]
    number = int(match["day"] or match["day2"])
    years = [int(match["year"])] if match["year"] else range(by.year - _YEARS, by.year + 2)
    weekday = match["weekday"]
    days = (_day(year, month, number) for year in years)
    return tuple(
        day for day in days if day and (not weekday or WEEKDAYS[day.weekday()] == weekday.lower())
    )


def _agreed(mentions: Sequence[re.Match[str]], *, by: date) -> date | None:
    """Return the latest day, not after ``by``, of the weeks in which all mentions fit.

    Mentions with a year may tell of history, so they count beside others or when they are recent.
    """
    fitting = [_fitting(match, by=by) for match in mentions if not match["year"]]
    open_years = [days for days in fitting if not any(by < day <= by + _AHEAD for day in days)]
    given = [day for match in mentions if match["year"] for day in _fitting(match, by=by)]
    recent = [day for day in given if by - day <= _AGREE]
    anchors = {day for days in open_years for day in days} or set(recent)
    for anchor in sorted((day for day in anchors if day <= by), reverse=True):
        near = [[day for day in days if abs(day - anchor) <= _AGREE] for days in open_years]
        if all(near):
            told = (day for days in [*near, given] for day in days if anchor <= day <= by)
            return max(day for day in told if day - anchor <= _AGREE)
    return None


def _is_contradicted(text: str, day: date, *, by: date) -> bool:
    """Tell whether the words name a year after that of a day, and not one still to come."""
    return any(day.year < int(match.group()) <= by.year for match in _ANY_YEAR.finditer(text))


def _day(year: int, month: int, number: int) -> date | None:
    try:
        return date(year, month, number)
    except ValueError:
        return None
