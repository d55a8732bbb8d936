"""The chart "stories a day": one row a section, one bar a day, drawn at true size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from briefing.core.model import DayCount

#: Bars at most; two weeks show a rhythm of weekdays twice.
DAYS = 14
#: Points: highest bar, distance of bars, first bar, height of a row (docs/page.md, "Chart").
HIGH, STEP, LEFT, ROW = 13.0, 3.75, 44.0, 17.0
#: With fewer bars the dates below the first and the last would run into each other.
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
    #: The line on which its bars stand, in points from the top.
    base: float
    bars: tuple[DayBar, ...]
    today: int


@dataclass(frozen=True, slots=True)
class Chart:
    """All rows, with the words that say the same."""

    title: str
    rows: tuple[SectionRow, ...]
    #: What stands below the first bar; nothing when the days are too few.
    first: str
    #: What ends below the last bar: its date, or both dates when the days are few.
    last: str
    #: Where the first date begins, in points from the left.
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
    shown = days[-DAYS:]
    names = list(shown[-1].stories)
    most = max((count for day in shown for count in day.stories.values()), default=0) or 1
    rows = tuple(
        _row(name, place, [day.stories.get(name, 0) for day in shown], most)
        for place, name in enumerate(names)
    )
    today = ", ".join(f"{row.name} {row.today}" for row in rows)
    first, last = _day_month(shown[0].day), _day_month(shown[-1].day)
    both = last if len(shown) == 1 else f"{first} to {last}"
    apart = len(shown) >= _APART
    return Chart(
        f"Stories a day by section, {both}. Today: {today}",
        rows,
        first if apart else "",
        last if apart else both,
        LEFT + STEP * (DAYS - len(shown)),
        11.0 + ROW * len(rows),
    )
