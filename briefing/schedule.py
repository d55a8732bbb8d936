"""PURE: when an edition is due by somebody's wishes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from briefing.model import Wishes

#: How long after its time an edition is no news any more. One that is made on its day is at most 50
#: hours late somewhere: made in the west as its day ends, wished for in the east as it begins.
_STALE = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Timetable:
    """When a briefing has editions."""

    #: Local time.
    at: time
    #: IANA name.
    zone: str
    #: Weekdays, 0 for Monday to 6, in order.
    days: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6)
    #: Local dates without an edition.
    holidays: frozenset[date] = frozenset()
    #: How long after its time an edition is still made.
    grace: timedelta = timedelta(hours=6)
    #: Between two visits to the sources.
    collect_every: timedelta = timedelta(minutes=30)


def due(wishes: Wishes, *, day: date, at: datetime) -> datetime | None:
    """Return when an edition of a day is due, aware UTC and never before now; None: not at all.

    That is the time wished for on that date in the subscriber's own zone. A time that the clocks
    skip counts with the offset before the change, so that 2:30 becomes 3:30; of one that they pass
    twice it is the first (RFC 5545, 3.3.5). None: the weekday is not wanted, or that was days ago.

    Args:
        wishes: the subscriber's; a zone that this machine does not know counts as UTC.
        day: of the edition.
        at: now, aware.
    """
    if day.weekday() not in wishes.days:
        return None
    local = datetime.combine(day, wishes.at.replace(fold=0), tzinfo=_zone(wishes.zone))
    moment = local.astimezone(UTC)
    return None if at - moment >= _STALE else max(moment, at)


def _zone(name: str) -> tzinfo:
    # One name that another machine knew must not keep an edition from everybody.
    return zone(name) or UTC


def zone(name: str) -> tzinfo | None:
    """Return the zone of an IANA name; None when this machine knows none of that name."""
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        return None
