"""PURE: how the deliveries of editions are counted and put together for their charts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from briefing.core.model import DeliveryStatus
from briefing.web.admin.charts import Column

#: Bars at most, and the minutes that one may stand for.
_BARS = 24
_MINUTES = (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440)
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Figures:
    """How the deliveries of one edition stand, in the four numbers that matter."""

    sent: int
    waiting: int
    held: int
    #: Refused for good, or too late.
    lost: int
    #: Not wanted any more when their turn came; these count as nothing that failed.
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
    """Return for how many minutes a bar stands, and the bars from the first mail to the last.

    Time in which nothing was sent is a bar of zero. What is longer than 24 days is cut: the first
    24 bars are given.

    Args:
        minutes: each with how many, in their order; only those in which any was sent.
        clock: a moment as the clock says it.
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
