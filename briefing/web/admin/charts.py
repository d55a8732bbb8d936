"""PURE: geometry of charts in pixels from the top left, and delivery counts shown in them."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import chain
from typing import NamedTuple

from briefing.core.model import DeliveryStatus
from briefing.press.chart import Axis, Bar

#: Sparkline: width of a bar, distance of bars, height.
_BAR, _STEP, _HIGH = 6, 8, 22
#: Width of a sans character in em, rather too wide than too narrow.
_CHARACTER = 0.52
#: Timeline: left edge and width of the clock, total width, distance of rows.
_LEFT, _CLOCK, _WIDE, _LANE = 90, 990, 1120, 50
#: Columns: maximum height, baseline, margins.
_TALL, _BASE, _EDGE = 96, 116, 24
#: Minutes between two ticks of the clock, and the maximum number of ticks.
_MINUTES = (5, 10, 15, 30, 60, 120, 180, 240, 360, 720, 1440)
_MARKS = 8


class Word(NamedTuple):
    """A line of text; ``anchor`` says which point of it is at x."""

    x: float
    y: float
    text: str
    #: "s": soft; "t": red; "w": bold; empty: ink.
    kind: str = ""
    #: "start", "middle" or "end".
    anchor: str = "start"
    size: int = 14


class Rule(NamedTuple):
    """A vertical line."""

    x: float
    top: float
    bottom: float
    #: "h": of the grid; "l": ink, dashed.
    kind: str = "h"


class Plot(NamedTuple):
    """A chart."""

    #: Text alternative.
    title: str
    wide: int
    high: int
    bars: tuple[Bar, ...] = ()
    words: tuple[Word, ...] = ()
    rules: tuple[Rule, ...] = ()
    #: Top left of each cross, 6 pixels wide; of the timeline 10.
    crosses: tuple[tuple[float, float], ...] = ()
    cross: int = 6


class Column(NamedTuple):
    """A bar with its label."""

    label: str
    value: int
    #: How much of the value failed.
    failed: int = 0


class Span(NamedTuple):
    """A run on the timeline."""

    began: datetime
    #: Now, while it is running.
    ended: datetime
    failed: bool = False
    #: Its result, one line.
    words: str = ""


def sparkline(counts: Sequence[int | None], *, failed: Sequence[bool], title: str) -> Plot:
    """Draw a bar for each day, oldest first, today last; None is left out, 0 a thin line.

    A day that failed is a cross. Each sparkline has its own scale.
    """
    most = max((count for count in counts if count is not None), default=0)
    bars = Axis(0.0, _STEP, _BAR, _HIGH, _HIGH, most, least=1.0).bars(counts)
    gaps = (float(_STEP * place) for place, fails in enumerate(failed) if fails)
    crosses = tuple((x, float(_HIGH - 7)) for x in gaps)
    return Plot(title, _STEP * len(counts), _HIGH + 2, bars, crosses=crosses)


def columns(values: Sequence[Column], *, title: str, step: int = 24, every: int = 3) -> Plot:
    """Draw a bar for each column with its value above; the failed part is red, at the top.

    If values are too wide to fit side by side, only labeled columns show them. ``step`` is in
    pixels; every n-th column is labeled, counted from the last.
    """
    most = max((column.value for column in values), default=0)
    crowded = _wide(f"{most}", 13) > step
    bars: list[Bar] = []
    words: list[Word] = []
    for place, column in enumerate(values):
        x = _EDGE + step * place
        tall = max(1.0, round(_TALL * column.value / (most or 1), 1))
        lost = round(tall * column.failed / column.value, 1) if column.value else 0.0
        bars.append(Bar(x, round(_BASE - tall + lost, 1), step - 6, round(tall - lost, 1)))
        if lost:
            bars.append(Bar(x, round(_BASE - tall, 1), step - 6, lost, "t"))
        labeled = (len(values) - 1 - place) % every == 0
        middle = x + step / 2 - 3
        if labeled or not crowded:
            words.append(
                Word(middle, _BASE - tall - 5, f"{column.value}", anchor="middle", size=13)
            )
        if labeled:
            words.append(Word(middle, _BASE + 16, column.label, "s", "middle", 13))
    wide = 2 * _EDGE + step * max(1, len(values))
    return Plot(title, wide, _BASE + 24, tuple(bars), tuple(words))


def rows(counts: Mapping[str, Sequence[int]], *, title: str, first: str, last: str) -> Plot:
    """Draw a row of bars for each name, all on one scale, with the number of today.

    ``counts`` are by day, oldest first, equally many for each name.
    """
    # A letter of the labels is about eight wide.
    left, pitch, step = max([96, *(8 * len(name) + 8 for name in counts)]), 32, 14
    days = max((len(row) for row in counts.values()), default=0)
    most = max((count for row in counts.values() for count in row), default=0)
    end = left + step * days
    bars: list[Bar] = []
    words = []
    for line, (name, row) in enumerate(counts.items()):
        base = pitch * (line + 1)
        words.append(Word(0, base, name, size=15))
        bars += Axis(left, step, step - 4, base, pitch - 8, most, least=1.0).bars(row)
        words.append(Word(end + 4, base, f"{row[-1]}" if row else "", size=15))
    low = pitch * len(counts) + 18
    words.append(Word(left, low, first, "s", size=13))
    words.append(Word(end - 4, low, last, "s", "end", 13))
    return Plot(title, end + 40, low + 6, tuple(bars), tuple(words))


def timeline(
    lanes: Mapping[str, Sequence[Span]],
    *,
    now: datetime,
    midnight: datetime,
    clock: Callable[[datetime], str],
) -> Plot:
    """Draw when each step ran, oldest first; failures are crosses below, now is a dashed line.

    ``midnight`` is the origin of the ticks. At least one step has a span.
    """
    marks = _ticks([*chain(*lanes.values())], now=now, midnight=midnight)
    begin, whole, bottom = marks[0], marks[-1] - marks[0], 30 + _LANE * len(lanes)

    def place(at: datetime) -> float:
        return round(_LEFT + _CLOCK * ((at - begin) / whole), 1)

    rules = [Rule(place(at), 24, bottom) for at in marks]
    words = [Word(place(at), 14, clock(at), "s", "middle") for at in marks]
    bars: list[Bar] = []
    crosses: list[tuple[float, float]] = []
    for number, (name, spans) in enumerate(lanes.items()):
        top = 38 + _LANE * number
        ends = [(place(span.began), place(span.ended)) for span in spans]
        drawn = [Bar(x, top, max(2.0, round(end - x, 1)), 20, "i") for x, end in ends]
        failed = [(bar.x, span) for bar, span in zip(drawn, spans, strict=True) if span.failed]
        words.append(Word(0, top + 16, name, "w", size=16))
        if failed:
            words.append(_reason(failed[-1][1].words, failed[-1][0] + 16, top=top))
        if spans and not spans[-1].failed:
            words += _result(spans[-1].words, drawn, top=top, below=not failed)
        bars += drawn
        crosses += [(x, top + 26) for x, _ in failed]
    at, now_label = place(now), f"now, {clock(now)}"
    shift, anchor = (-6, "end") if at > _WIDE - 120 else (6, "start")
    words.append(Word(at + shift, bottom + 2, now_label, "", anchor))
    title = "; ".join([*(row_summary(*lane, clock=clock) for lane in lanes.items()), now_label])
    rules.append(Rule(at, 24, bottom + 4, "l"))
    marked = (tuple(bars), tuple(words), tuple(rules), tuple(crosses))
    return Plot(f"{title}.", _WIDE, bottom + 16, *marked, cross=10)


def row_summary(name: str, spans: Sequence[Span], *, clock: Callable[[datetime], str]) -> str:
    """Summarize when a step ran and how often it failed."""
    if not spans:
        return f"{name}: not yet"
    began, ended = clock(spans[-1].began), clock(spans[-1].ended)
    when = began if began == ended else f"{began} to {ended}"
    times = f"{len(spans)} times, last " if len(spans) > 1 else ""
    failed = sum(span.failed for span in spans)
    return f"{name}: {times}{when}" + (f", {failed} failed" if failed else "")


def _ticks(spans: Sequence[Span], *, now: datetime, midnight: datetime) -> tuple[datetime, ...]:
    first = min([now, *(span.began for span in spans)])
    last = max([now, *(span.ended for span in spans)])

    def marks(minutes: int) -> tuple[datetime, ...]:
        step = timedelta(minutes=minutes)
        begin = midnight + step * ((first - midnight) // step)
        count = -((begin - last) // step) or 1
        return tuple(begin + step * number for number in range(count + 1))

    fitting = (ticks for ticks in map(marks, _MINUTES) if len(ticks) <= _MARKS + 1)
    return next(fitting, None) or marks(_MINUTES[-1])


def _reason(reason: str, x: float, *, top: float) -> Word:
    """Return why the last run failed, or just "failed"; right or left of its cross."""
    for text in filter(None, (reason, "failed")):
        wide = _wide(text, 14)
        if x + wide <= _WIDE:
            return Word(x, top + 36, text, "t")
        if x - 22 - wide >= _LEFT:
            break
    return Word(x - 22, top + 36, text, "t", "end")


def _result(text: str, bars: Sequence[Bar], *, top: float, below: bool) -> list[Word]:
    """Return the result of the last run, placed where there is room.

    Right of it, left of a single run, or below if nothing failed; else it is omitted, since the
    list of runs has it.
    """
    bar, wide = bars[-1], _wide(text, 15)
    right = bar.x + bar.wide + 8
    if right + wide <= _WIDE:
        return [Word(right, top + 16, text, size=15)]
    if len(bars) == 1 and bar.x - 8 - wide >= _LEFT:
        return [Word(bar.x - 8, top + 16, text, anchor="end", size=15)]
    if below and wide <= _WIDE - _LEFT:
        return [Word(_WIDE, top + 36, text, anchor="end", size=15)]
    return []


def _wide(text: str, size: int) -> float:
    return len(text) * size * _CHARACTER


#: Maximum number of bars, and the minutes a bar may cover.
_BARS = 24
_MINUTES_COUNTS = (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440)
_MINUTE = timedelta(minutes=1)


#: Delivery counts of an edition, with the statuses of each.
_FIGURES: Mapping[str, tuple[DeliveryStatus, ...]] = {
    "sent": (DeliveryStatus.SENT,),
    "waiting": (DeliveryStatus.DUE, DeliveryStatus.CLAIMED),
    "held": (DeliveryStatus.HELD,),
    "lost": (DeliveryStatus.REFUSED, DeliveryStatus.EXPIRED),
    # No longer wanted when due; these are not failures.
    "skipped": (DeliveryStatus.SKIPPED,),
}


def figures(statuses: Mapping[DeliveryStatus, int]) -> dict[str, int]:
    """Return the numbers of one edition, by name."""
    return {name: sum(statuses.get(each, 0) for each in of) for name, of in _FIGURES.items()}


def over_time(
    minutes: Sequence[tuple[datetime, int]], *, clock: Callable[[datetime], str]
) -> tuple[int, tuple[Column, ...]]:
    """Return the minutes per bar, and the bars from the first mail to the last.

    Times without mail are bars of zero. Only the first 24 bars are returned. ``minutes`` are in
    order, only those with any mail.
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
