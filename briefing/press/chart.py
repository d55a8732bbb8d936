"""Bars of a chart, and the chart "stories a day" at true size."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from textwrap import wrap

from briefing.core.frozen import frozen
from briefing.core.model import PLAIN, DayCount, Letterhead
from briefing.press.wording import label_of, say, with_days

#: Most bars; two weeks show a weekly rhythm twice.
DAYS = 14
#: In points: height of the highest bar, distance between bars, width of a bar, left edge of the
#: first bar, height of a row (docs/page.md, "Chart").
HIGH, STEP, WIDE, LEFT, ROW = 13.0, 3.75, 2.9, 44.0, 17.0
#: Most characters of a name beside its bars, and of each line of a name above its bars.
_SHORT, _LINE = 11, 22
#: Points between the lines of a name above the bars.
_LINE_HIGH = 9.0
#: With fewer bars, the dates below the first and the last would overlap.
_APART = 13


@frozen
class SectionRow:
    """A row of the chart: the bars of one section."""

    name: str
    #: Baseline of its bars, in points from the top.
    base: float
    bars: tuple[Bar, ...]
    #: Stories per day, oldest first.
    counts: tuple[int, ...]
    #: The name in lines, each with its baseline in points from the top.
    lines: tuple[tuple[str, float], ...]

    @property
    def today(self) -> int:
        """The last count."""
        return self.counts[-1]


@frozen
class Chart:
    """All rows, with labels and a description in words."""

    title: str
    rows: tuple[SectionRow, ...]
    #: Label below the first bar; empty if there are too few days.
    first: str
    #: Label below the last bar: its date, or both dates if there are few days.
    last: str
    #: Start of the first date, in points from the left.
    left: float
    #: In points: height of the chart, and width of the bars of a row.
    high: float
    wide: float = STEP * (DAYS - 1) + WIDE


def _rows(names: Mapping[str, str], days: Sequence[DayCount]) -> Iterator[SectionRow]:
    """Yield a row for each name, from the top; if one name is long, all stand above their bars."""
    most = max((count for day in days for count in day.stories.values()), default=0)
    short = all(len(name) <= _SHORT for name in names.values())
    left, top = LEFT + STEP * (DAYS - len(days)), 0.0
    for section, name in names.items():
        lines = () if short else tuple(wrap(name, _LINE))
        base = top + _LINE_HIGH * len(lines) + 14.0
        counts = tuple(day.stories.get(section, 0) for day in days)
        yield SectionRow(
            name,
            base,
            Axis(left, STEP, WIDE, base, HIGH, most, digits=2).bars(counts),
            counts,
            tuple((line, top + _LINE_HIGH * at) for at, line in enumerate(lines, 1))
            or ((name, base),),
        )
        top = base + ROW - 14.0


def draw_chart(days: Sequence[DayCount], letterhead: Letterhead = PLAIN) -> Chart:
    """Draw the last fourteen days, oldest first, on one common scale; labels name the rows."""
    drawn = days[-DAYS:]
    names = {name: label_of(letterhead, name) or name.capitalize() for name in drawn[-1].stories}
    rows = tuple(_rows(names, drawn))
    today = ", ".join(f"{row.name} {row.today}" for row in rows)
    words = say()
    first, last = (words.day(drawn[at].day, words.short_month_day) for at in (0, -1))
    both = last if len(drawn) == 1 else with_days(words.days_to, first=first, last=last)
    apart = len(drawn) >= _APART
    return Chart(
        words.chart_words.format(days=both, rows=today),
        rows,
        first if apart else "",
        last if apart else both,
        LEFT + STEP * (DAYS - len(drawn)),
        (rows[-1].base if rows else -3.0) + ROW - 3.0,
    )


@frozen
class Bar:
    """A filled rectangle, positioned from the top left."""

    x: float
    y: float
    wide: float
    high: float
    #: CSS class: "b" for an ordinary bar, "t" for today or a failure, "i" for ink.
    kind: str = "b"

    @property
    def today(self) -> bool:
        """Whether it is the bar of today."""
        return self.kind == "t"


@frozen
class Axis:
    """Where a row of bars stands, in points or pixels."""

    #: Left edge of the first bar, distance between bars, width of a bar.
    left: float
    step: float
    wide: float
    #: Baseline of the bars, from the top.
    base: float
    #: Height of the largest count.
    high: float
    #: The largest count; the same for rows that share a scale.
    most: int
    #: Least height of a bar; 1 draws a line for a count of zero.
    least: float = 0.0
    #: Decimals of coordinates.
    digits: int = 1

    def bars(self, counts: Sequence[int | None]) -> tuple[Bar, ...]:
        """Draw a bar for each count, oldest first, today last; None leaves a gap."""
        return tuple(
            self._bar(place, count, kind="t" if place == len(counts) - 1 else "b")
            for place, count in enumerate(counts)
            if count is not None
        )

    def _bar(self, place: int, count: int, *, kind: str) -> Bar:
        high = max(self.least, self.high * count / (self.most or 1))
        x, y, high = (
            round(number, self.digits)
            for number in (self.left + self.step * place, self.base - high, high)
        )
        return Bar(x, y, self.wide, high, kind)
