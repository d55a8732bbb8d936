"""Geometry of charts in pixels from the top left, and the delivery counts they show."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import dropwhile, groupby
from math import ceil
from typing import NamedTuple

from briefing.core.model import DeliveryStatus
from briefing.press.chart import Axis, Bar

#: Sparklines: width of a bar, distance between bars, height.
_BAR, _STEP, _HIGH = 6, 8, 22
#: Width of a sans-serif character in em, a high estimate.
_CHARACTER = 0.52
#: Column charts: maximum height, baseline, margin.
_TALL, _BASE, _EDGE = 96, 116, 11


class Word(NamedTuple):
    """A line of text; ``anchor`` says which of its points is at x."""

    x: float
    y: float
    text: str
    #: "s" for soft, "t" for red; empty for ink.
    kind: str = ""
    #: "start", "middle" or "end".
    anchor: str = "start"
    size: int = 14


class Plot(NamedTuple):
    """A chart."""

    #: Text alternative.
    title: str
    wide: int
    high: int
    bars: tuple[Bar, ...] = ()
    words: tuple[Word, ...] = ()
    #: Top left of each cross, 6 pixels wide.
    crosses: tuple[tuple[float, float], ...] = ()
    #: Radius of a dot in the center.
    dot: float = 0.0


class Column(NamedTuple):
    """A bar with its label."""

    label: str
    value: int
    #: The part of the value that failed.
    failed: int = 0


def dot(count: int, *, most: int, title: str) -> Plot:
    """Draw a count as a dot of proportional area, but never too small to be seen."""
    return Plot(title, 24, 24, dot=max(1.5, round(11 * (count / most) ** 0.5, 1)))


def silent_days(counts: Sequence[int]) -> int:
    """Return how many days up to today had nothing; 0 unless that is longer than ever before.

    ``counts`` are by day, oldest first. Today is not over, so it counts only after other silent
    days.
    """
    days = dropwhile(lambda count: not count, counts[:-1])
    pauses = [len([*run]) for reports, run in groupby(days, key=bool) if not reports]
    last = pauses.pop() if pauses and not any(counts[-2:]) else 0
    return last + 1 if last > max([1, *pauses]) else 0


def sparkline(counts: Sequence[int | None], *, failed: Sequence[bool], title: str) -> Plot:
    """Draw a bar for each day, oldest first, today last; None gives no bar, 0 a thin line.

    A failed day is a cross. Each sparkline has its own scale.
    """
    most = max((count for count in counts if count is not None), default=0)
    bars = Axis(0.0, _STEP, _BAR, _HIGH, _HIGH, most, least=1.0).bars(counts)
    gaps = (float(_STEP * place) for place, fails in enumerate(failed) if fails)
    crosses = tuple((x, float(_HIGH - 7)) for x in gaps)
    return Plot(title, _STEP * len(counts), _HIGH + 2, bars, crosses=crosses)


def columns(
    values: Sequence[Column], *, title: str, step: int = 22, every: int = 3, note: str = ""
) -> Plot:
    """Draw a bar for each column with its value above; the failed part is red, at the top.

    ``step`` is in pixels; every n-th column is labeled, counted from the last. If the values do not
    fit side by side, only labeled columns show them. A note stands in red above the chart.
    """
    most = max((column.value for column in values), default=0)
    base = _BASE + (18 if note else 0)
    crowded = len(f"{most}") * 13 * _CHARACTER > step
    bars: list[Bar] = []
    right = 0
    words = [Word(_EDGE, 13, note, "t", size=13)] if note else []
    for place, column in enumerate(values):
        x = _EDGE + step * place
        tall = max(1.0, round(_TALL * column.value / (most or 1), 1))
        lost = round(tall * column.failed / column.value, 1) if column.value else 0.0
        bars.append(Bar(x, round(base - tall + lost, 1), step - 6, round(tall - lost, 1)))
        if lost:
            bars.append(Bar(x, round(base - tall, 1), step - 6, lost, "t"))
        labeled = (len(values) - 1 - place) % every == 0
        middle = x + step / 2 - 3
        if labeled or not crowded:
            words.append(Word(middle, base - tall - 5, f"{column.value}", anchor="middle", size=13))
        if labeled:
            half = len(column.label) * 13 * _CHARACTER / 2
            # Keep a long label, such as a Russian month, inside the chart.
            middle = max(middle, half - 2)
            right = max(right, ceil(middle + half))
            words.append(Word(middle, base + 16, column.label, "s", "middle", 13))
    wide = 2 * _EDGE + max(step * max(1, len(values)), ceil(len(note) * 13 * _CHARACTER))
    wide = max(wide, right)
    return Plot(title, wide, base + 24, tuple(bars), tuple(words))


#: Maximum number of bars, to fit the width of a phone, and the choice of minutes per bar.
_BARS = 12
_MINUTES_COUNTS = (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880)
_MINUTE = timedelta(minutes=1)


#: Delivery counts of an edition, with the statuses that each includes.
_FIGURES = {
    "sent": (DeliveryStatus.SENT,),
    "waiting": (DeliveryStatus.DUE, DeliveryStatus.CLAIMED),
    "held": (DeliveryStatus.HELD,),
    "lost": (DeliveryStatus.REFUSED, DeliveryStatus.EXPIRED),
    # No longer wanted when due, so not a failure.
    "skipped": (DeliveryStatus.SKIPPED,),
}


def figures(statuses: Mapping[DeliveryStatus, int]) -> dict[str, int]:
    """Return the delivery counts of an edition, by name."""
    return {name: sum(statuses.get(each, 0) for each in of) for name, of in _FIGURES.items()}


def over_time(
    minutes: Sequence[tuple[datetime, int]], *, clock: Callable[[datetime], str]
) -> tuple[int, tuple[Column, ...]]:
    """Return the minutes per bar, and the bars from the first mail to the last.

    Times without mail are bars of zero. Only the first 12 bars are returned. ``minutes`` are in
    order and include only those with mail.
    """
    if not minutes:
        return 1, ()
    first, last = minutes[0][0], minutes[-1][0]
    span = (last - first) // _MINUTE + 1
    width = next(
        (size for size in _MINUTES_COUNTS if -(-span // size) <= _BARS), _MINUTES_COUNTS[-1]
    )
    counted = Counter[int]()
    for at, number in minutes:
        counted[(at - first) // (width * _MINUTE)] += number
    bars = min(_BARS, -(-span // width))
    return width, tuple(
        Column(clock(first + place * width * _MINUTE), counted[place]) for place in range(bars)
    )
