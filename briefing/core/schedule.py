"""PURE: when an edition is made, and when it is due by somebody's wishes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from briefing.core.errors import UsageError
from briefing.core.model import Preferences

#: How long after its time an edition is no news any more. One that is made on its day is at most 50
#: hours late somewhere: made in the west as its day ends, wished for in the east as it begins.
_STALE = timedelta(days=3)
#: How long after its time an edition, or a run, is on time.
PUNCTUAL = timedelta(minutes=10)
#: How long after its time an edition is missed: with the time that it takes to look and to tell,
#: operators know of it within five minutes.
MISSED = timedelta(minutes=4)
#: How far the clock may be behind what it said before.
BEHIND = timedelta(minutes=5)


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

    @property
    def patience(self) -> timedelta:
        """How long after its time an edition is still made; one that is on time always is."""
        return max(self.grace, PUNCTUAL)


@dataclass(frozen=True, slots=True)
class Due:
    """An edition whose time has come."""

    #: Local date.
    day: date
    #: When it was to be made, aware UTC.
    at: datetime
    #: Whether that was noticeably earlier than now.
    late: bool


def local_date(timetable: Timetable, *, at: datetime) -> date:
    """Return the date of a moment in the zone of a timetable."""
    return at.astimezone(_zone(timetable.zone)).date()


def publish_at(timetable: Timetable, day: date) -> datetime | None:
    """Return when the edition of a local date is made, aware UTC; None: it has none.

    Where the clocks change it is as :func:`due` says.
    """
    if day.weekday() not in timetable.days or day in timetable.holidays:
        return None
    return _moment(day, timetable.at, timetable.zone)


def what_is_due(timetable: Timetable, *, now: datetime, last: date | None) -> Due | None:
    """Return the edition that is to be made now; None: none is.

    It is always the latest whose time has come, so missed ones never pile up; one that is as old
    as the last or older is not made.

    Args:
        timetable: when there are editions.
        now: aware.
        last: of the days up to this one, the last that has its edition, or for which there was
            nothing; an edition of a later day keeps none from being made. None: there is none.
    """
    found = latest(timetable, now=now)
    if found is None or (last is not None and found.day <= last):
        return None
    return found if now - found.at <= timetable.patience else None


def latest(timetable: Timetable, *, now: datetime) -> Due | None:
    """Return the latest edition whose time has come, however long ago; None: none in the year."""
    today = local_date(timetable, at=now)
    # Where a calendar skips a date, the next one begins at the same moment.
    for back in range(-1, 366):
        day = today - timedelta(days=back)
        at = publish_at(timetable, day)
        if at is not None and at <= now:
            return Due(day, at, late=now - at > PUNCTUAL)
    return None


def next_edition(timetable: Timetable, *, after: datetime) -> tuple[date, datetime]:
    """Return the first edition to be made after a moment: its local date and when, aware UTC.

    Raises:
        ValueError: no weekday has editions.
    """
    day = local_date(timetable, at=after) - timedelta(days=1)
    # Each week has a day with an edition, unless it is a holiday.
    for _ in range(7 * (len(timetable.holidays) + 2)):
        at = publish_at(timetable, day)
        if at is not None and at > after:
            return day, at
        day += timedelta(days=1)
    raise ValueError("a timetable needs a weekday with editions")


def last_day(timetable: Timetable, *, now: datetime) -> date:
    """Return the last day whose edition may be there now: the next scheduled one, or today."""
    today = local_date(timetable, at=now)
    return max(today, next_edition(timetable, after=now)[0]) if timetable.days else today


def refuse_ahead(timetable: Timetable, day: date, *, now: datetime) -> None:
    """Refuse to make an edition that would be dated ahead.

    Raises:
        UsageError: the day is later than the next scheduled edition.
    """
    last = last_day(timetable, now=now)
    if day > last:
        raise UsageError(
            f"{day} is later than the next scheduled edition, {last}; give a day up to that, or, "
            "where it is meant, `briefing publish --force`"
        )


def dated_ahead(timetable: Timetable, days: Iterable[date], *, now: datetime) -> tuple[date, ...]:
    """Return the days, oldest first, on which no edition may be dated yet: a mistake, or a clock.

    Args:
        timetable: when there are editions.
        days: of editions that are there.
        now: aware.
    """
    last = last_day(timetable, now=now)
    return tuple(sorted(day for day in days if day > last))


def ahead_words(day: date) -> str:
    """Say in one line that an edition is dated ahead, and what to do."""
    return (
        f"edition of {day}: dated later than the next scheduled edition; check the clock, or take "
        f"it back: briefing editions withdraw {day}"
    )


def due(preferences: Preferences, *, day: date, at: datetime) -> datetime | None:
    """Return when an edition of a day is due, aware UTC and never before now; None: not at all.

    That is the time wished for on that date in the subscriber's own zone. A time that the clocks
    skip counts with the offset before the change, so that 2:30 becomes 3:30; of one that they pass
    twice it is the first (RFC 5545, 3.3.5). None: the weekday is not wanted, or that was days ago.

    Args:
        preferences: the subscriber's; a zone that this machine does not know counts as UTC.
        day: of the edition.
        at: now, aware.
    """
    if day.weekday() not in preferences.days:
        return None
    moment = _moment(day, preferences.at, preferences.zone)
    return None if at - moment >= _STALE else max(moment, at)


def _moment(day: date, at: time, name: str) -> datetime:
    local = datetime.combine(day, at.replace(fold=0), tzinfo=_zone(name))
    return local.astimezone(UTC)


def _zone(name: str) -> tzinfo:
    # One name that another machine knew must not keep an edition from everybody.
    return zone(name) or UTC


def zone(name: str) -> tzinfo | None:
    """Return the zone of an IANA name; None when this machine knows none of that name."""
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        return None
