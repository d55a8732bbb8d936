"""One month of editions as a calendar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from briefing.core.model import weekly
from briefing.press.dates import long_date
from briefing.store import Transaction, archive
from briefing.web.context import WebContext
from briefing.web.days import why_none


@dataclass(frozen=True, slots=True)
class DayView:
    """One day of a month."""

    day: date
    #: Whether it has an edition, is today, and lacks an edition that was due.
    printed: bool
    today: bool
    missed: bool


@dataclass(frozen=True, slots=True)
class MonthView:
    """A month in weeks from Monday; None is a day of another month."""

    name: str
    weeks: tuple[tuple[DayView | None, ...], ...]
    #: Why days have no edition: "Sunday 8 March 2026 has no edition. It could not be made."
    notes: tuple[str, ...]
    #: The nearest months with editions before and after: "2026-02" and "February".
    before: tuple[str, str] | None
    after: tuple[str, str] | None
    #: The last day of each week in review, and its words: "to 12 April".
    reviews: tuple[tuple[date, str], ...] = ()


def month_of(tx: Transaction, context: WebContext, day: date, *, today: date) -> MonthView:
    """Return the month of a day."""
    first = day.replace(day=1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    there = archive.days(tx, context.briefing, first=first, last=last)
    reviews = archive.days(tx, weekly(context.briefing), first=first, last=last)
    before, _ = archive.neighbours(tx, context.briefing, first)
    _, after = archive.neighbours(tx, context.briefing, last)
    begun = first if before else min(there, default=last)
    reached = last if after else max(there, default=first)
    days = [
        DayView(
            day,
            day in there,
            day == today,
            day not in there and begun <= day <= reached and _is_workday(context, day),
        )
        for day in (first + timedelta(days=number) for number in range(last.day))
    ]
    cells = (*[None] * first.weekday(), *days, *[None] * (6 - last.weekday()))
    return MonthView(
        f"{first:%B %Y}",
        tuple(cells[start : start + 7] for start in range(0, len(cells), 7)),
        _notes(tx, context, [view.day for view in days if view.missed]),
        (f"{before:%Y-%m}", f"{before:%B}") if before else None,
        (f"{after:%Y-%m}", f"{after:%B}") if after else None,
        tuple((day, f"to {day.day} {day:%B}") for day in reviews),
    )


def _is_workday(context: WebContext, day: date) -> bool:
    return context.timetable is None or day.weekday() in context.timetable.days


def _notes(tx: Transaction, context: WebContext, missed: list[date]) -> tuple[str, ...]:
    """Explain why days have no edition, one sentence for each reason."""
    days: dict[str, list[date]] = {}
    for day in missed:
        days.setdefault(why_none(tx, context, day), []).append(day)
    return tuple(f"{_subject(each)}: {_lower_first(why)}" for why, each in days.items())


def _subject(days: list[date]) -> str:
    if len(days) == 1:
        return f"{long_date(days[0])} has no edition"
    numbers = ", ".join(str(day.day) for day in days[:-1])
    return f"{numbers} and {days[-1].day} {days[-1]:%B} have no edition"


def _lower_first(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
