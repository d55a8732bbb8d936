"""The chart "stories a day": one row per section, one bar per day, at true size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from briefing.core.model import DayCount

#: Most bars; two weeks show a weekly rhythm twice.
DAYS = 14
#: Points: highest bar, distance of bars, first bar, height of a row (docs/page.md, "Chart").
HIGH, STEP, LEFT, ROW = 13.0, 3.75, 44.0, 17.0
#: With fewer bars, the dates below the first and the last would overlap.
_APART = 13


@dataclass(frozen=True, slots=True)
class DayBar:
    """One day of one section, in points from the top left."""

    x: float
    y: float
    high: float
    today: bool


@dataclass(frozen=True, slots=True)
class SectionRow:
    """One section."""

    name: str
    #: Baseline of its bars, in points from the top.
    base: float
    bars: tuple[DayBar, ...]
    today: int


@dataclass(frozen=True, slots=True)
class Chart:
    """All rows, with a description in words."""

    title: str
    rows: tuple[SectionRow, ...]
    #: Label below the first bar; empty if there are too few days.
    first: str
    #: Label below the last bar: its date, or both dates if there are few days.
    last: str
    #: Start of the first date, in points from the left.
    left: float
    #: Height in points.
    high: float


def _day_month(day: date) -> str:
    return f"{day.day} {day:%b}"


def _row(name: str, place: int, counts: Sequence[int], most: int) -> SectionRow:
    base = 14.0 + ROW * place
    left = LEFT + STEP * (DAYS - len(counts))
    bars = tuple(
        DayBar(
            round(left + STEP * number, 2),
            round(base - HIGH * count / most, 2),
            round(HIGH * count / most, 2),
            number == len(counts) - 1,
        )
        for number, count in enumerate(counts)
    )
    return SectionRow(name.capitalize(), base, bars, counts[-1])


def draw_chart(days: Sequence[DayCount]) -> Chart:
    """Draw the last fourteen days, oldest first, on one common scale."""
    drawn = days[-DAYS:]
    names = list(drawn[-1].stories)
    most = max((count for day in drawn for count in day.stories.values()), default=0) or 1
    rows = tuple(
        _row(name, place, [day.stories.get(name, 0) for day in drawn], most)
        for place, name in enumerate(names)
    )
    today = ", ".join(f"{row.name} {row.today}" for row in rows)
    first, last = _day_month(drawn[0].day), _day_month(drawn[-1].day)
    both = last if len(drawn) == 1 else f"{first} to {last}"
    apart = len(drawn) >= _APART
    return Chart(
        f"Stories a day by section, {both}. Today: {today}",
        rows,
        first if apart else "",
        last if apart else both,
        LEFT + STEP * (DAYS - len(drawn)),
        11.0 + ROW * len(rows),
    )
