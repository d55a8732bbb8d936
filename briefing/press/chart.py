"""The chart "stories a day": one row per section, one bar per day, at true size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from briefing.core.model import DayCount
from briefing.press.bars import Axis, Bar

#: Most bars; two weeks show a weekly rhythm twice.
DAYS = 14
#: Points: highest bar, distance of bars, width of one, first bar, height of a row (docs/page.md,
#: "Chart").
HIGH, STEP, WIDE, LEFT, ROW = 13.0, 3.75, 2.9, 44.0, 17.0
#: With fewer bars, the dates below the first and the last would overlap.
_APART = 13


@dataclass(frozen=True, slots=True)
class SectionRow:
    """One section."""

    name: str
    #: Baseline of its bars, in points from the top.
    base: float
    bars: tuple[Bar, ...]
    #: What they stand for, oldest first.
    counts: tuple[int, ...]

    @property
    def today(self) -> int:
        """The last count."""
        return self.counts[-1]


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


def _row(name: str, place: int, counts: tuple[int, ...], most: int) -> SectionRow:
    base = 14.0 + ROW * place
    left = LEFT + STEP * (DAYS - len(counts))
    axis = Axis(left, STEP, WIDE, base, HIGH, most, digits=2)
    return SectionRow(name.capitalize(), base, axis.bars(counts), counts)


def draw_chart(days: Sequence[DayCount]) -> Chart:
    """Draw the last fourteen days, oldest first, on one common scale."""
    drawn = days[-DAYS:]
    names = list(drawn[-1].stories)
    most = max((count for day in drawn for count in day.stories.values()), default=0)
    rows = tuple(
        _row(name, place, tuple(day.stories.get(name, 0) for day in drawn), most)
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
