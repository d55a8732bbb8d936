"""PURE: delivery counts of editions, aggregated for charts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from briefing.core.model import DeliveryStatus
from briefing.web.admin.charts import Column

#: Maximum number of bars, and the minutes a bar may cover.
_BARS = 24
_MINUTES = (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440)
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Figures:
    """Delivery counts of one edition."""

    sent: int
    waiting: int
    held: int
    #: Permanently refused, or expired.
    lost: int
    #: No longer wanted when due; these are not failures.
    skipped: int


def figures(statuses: Mapping[DeliveryStatus, int]) -> Figures:
    """Return the numbers of one edition."""
    return Figures(
        sent=statuses.get(DeliveryStatus.SENT, 0),
        waiting=statuses.get(DeliveryStatus.DUE, 0) + statuses.get(DeliveryStatus.CLAIMED, 0),
        held=statuses.get(DeliveryStatus.HELD, 0),
        lost=statuses.get(DeliveryStatus.REFUSED, 0) + statuses.get(DeliveryStatus.EXPIRED, 0),
        skipped=statuses.get(DeliveryStatus.SKIPPED, 0),
    )


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
    width = next((size for size in _MINUTES if -(-span // size) <= _BARS), _MINUTES[-1])
    counted = Counter[int]()
    for at, number in minutes:
        counted[(at - first) // (width * _MINUTE)] += number
    bars = min(_BARS, -(-span // width))
    return width, tuple(
        Column(clock(first + place * width * _MINUTE), counted[place]) for place in range(bars)
    )
