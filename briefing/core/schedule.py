"""When editions are made, and when they are due to subscribers."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterable
from dataclasses import field, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from difflib import get_close_matches
from functools import cache
from pkgutil import get_data
from zoneinfo import ZoneInfo

from briefing.core.errors import UsageError
from briefing.core.frozen import frozen
from briefing.core.model import FIRST, WEEK, Preferences, ReleaseRule, Step, series_of

#: How long after its time an edition is stale. One made on its day is at most 50 hours late
#: anywhere: made in the far west as its day ends, due in the far east as that day begins.
_STALE = timedelta(days=3)
#: How much later than scheduled an edition or a run still counts as on time.
PUNCTUAL = timedelta(minutes=10)
#: How much later than scheduled an edition counts as missed: operators hear within five minutes.
MISSED = timedelta(minutes=4)
#: How far the clock may be behind an earlier reading.
BEHIND = timedelta(minutes=5)
_INSTANT = timedelta(microseconds=1)


@frozen
class Timetable:
    """When a briefing has editions, or weeks in review."""

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
    #: Interval between two collections.
    collect_every: timedelta = timedelta(minutes=30)
    #: Who must release an edition, and until when.
    release: ReleaseRule = field(default_factory=ReleaseRule)
    #: When it has weeks in review; None: only on request.
    week: Timetable | None = None
    #: The step that makes them.
    step: Step = Step.PUBLISH
    #: Name of the edition; empty: the first edition, or the week in review.
    edition: str = ""
    #: The timetables of the other editions of the same days.
    others: tuple[Timetable, ...] = ()

    @property
    def slots(self) -> tuple[Timetable, ...]:
        """This timetable, those of the other editions and, if any, that of the week in review."""
        return (self, *self.others, self.week) if self.week else (self, *self.others)

    @property
    def editions(self) -> tuple[str, ...]:
        """Names of the editions that readers may choose, in the order of the day."""
        slots = sorted((self, *self.others), key=lambda slot: slot.at)
        return (*(slot.edition or FIRST for slot in slots), WEEK)

    def of(self, edition: str) -> Timetable:
        """Return the timetable of an edition of the same days (UsageError: there is none).

        Weeks in review without a time of their own have that of the first edition.
        """
        if edition == WEEK:
            return self.week or self
        for slot in (self, *self.others):
            if slot.edition == edition:
                return slot
        raise UsageError(f"there is no edition {edition!a}; there are: {', '.join(self.editions)}")

    def series(self, briefing: str) -> str:
        """Return the name under which the store keeps these editions of a briefing."""
        return series_of(self.step.series(briefing), self.edition)

    def named(self, day: date) -> str:
        """Return its name for a day: "edition of 2026-03-12", "week in review to 2026-03-12"."""
        if self.step is Step.WEEK:
            return f"week in review to {day}"
        return f"{self.edition} edition of {day}" if self.edition else f"edition of {day}"

    @property
    def patience(self) -> timedelta:
        """The grace period, but never shorter than an edition counts as on time."""
        return max(self.grace, PUNCTUAL)


@frozen
class Due:
    """An edition that is due."""

    #: Local date.
    day: date
    #: When it is scheduled, aware UTC.
    at: datetime
    #: Whether it is too late to count as on time.
    late: bool


def local_date(timetable: Timetable, *, at: datetime) -> date:
    """Return the local date of a moment in the zone of a timetable."""
    return at.astimezone(_zone(timetable.zone)).date()


def publish_at(timetable: Timetable, day: date) -> datetime | None:
    """Return when the edition of a date is made, in UTC; None: never.

    Clock changes are handled as in :func:`due`.
    """
    if day.weekday() not in timetable.days or day in timetable.holidays:
        return None
    return _moment(day, timetable.at, timetable.zone)


def deadline(timetable: Timetable, day: date) -> datetime | None:
    """Return until when the edition of a day must be released, aware UTC; None: at any time.

    A local time not later than the edition's falls on the next date. Clock changes are handled as
    in :func:`due`; if one moves the edition past its deadline, the deadline keeps its usual
    distance. A duration is elapsed time.
    """
    end, at = timetable.release.deadline, timetable.at
    made = _moment(day, at, timetable.zone)
    if end is None or isinstance(end, timedelta):
        return made + end if end else None
    moment = _moment(day if end > at else day + timedelta(days=1), end, timetable.zone)
    if moment > made:
        return moment
    return made + (datetime.combine(day, end) - datetime.combine(day, at))


def what_is_due(timetable: Timetable, *, now: datetime, last: date | None) -> Due | None:
    """Return the edition to be made now; None: there is none.

    Only the latest one due is returned, so missed editions never pile up. ``last`` is the latest
    day up to today that has its edition or had nothing to print; nothing up to it is due.
    """
    edition = latest(timetable, now=now)
    if edition is None or (last is not None and edition.day <= last):
        return None
    return edition if now <= made_until(timetable, edition) else None


def made_until(timetable: Timetable, due: Due) -> datetime:
    """Return until when an edition is still made: its grace period, or the next one's time."""
    following = (publish_at(other, due.day) for other in timetable.others)
    later = [at - _INSTANT for at in following if at is not None and at > due.at]
    return min((due.at + timetable.patience, *later))


def editions_beside(timetable: Timetable, day: date) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names of the day's other editions before that of a timetable, and after it.

    Ordered by their moments in UTC, so a clock change can reverse the order of local times.
    """
    at = _moment(day, timetable.at, timetable.zone)
    moments = [(_moment(day, slot.at, slot.zone), slot.edition) for slot in timetable.others]
    before = tuple(name for moment, name in moments if moment <= at)
    return before, tuple(name for moment, name in moments if moment > at)


def awaits_until(timetable: Timetable, due: Due) -> datetime:
    """Return until when a week in review waits for its last edition: half its grace period.

    So it covers all its days, and yet is made in time if the last day has no edition.
    """
    return due.at + timetable.patience / 2


def latest(timetable: Timetable, *, now: datetime) -> Due | None:
    """Return the latest edition due, however late; None: none within a year."""
    today = local_date(timetable, at=now)
    # Where a zone skips a date, the next date begins at the same moment.
    for back in range(-1, 366):
        day = today - timedelta(days=back)
        at = publish_at(timetable, day)
        if at is not None and at <= now:
            return Due(day, at, late=now - at > PUNCTUAL)
    return None


def next_edition(timetable: Timetable, *, after: datetime) -> tuple[date, datetime]:
    """Return the next edition after a moment: its local date and its time in aware UTC.

    ValueError: no weekday has editions.
    """
    day = local_date(timetable, at=after) - timedelta(days=1)
    # Every week has at least one weekday with an edition, unless it is a holiday.
    for _ in range(7 * (len(timetable.holidays) + 2)):
        at = publish_at(timetable, day)
        if at is not None and at > after:
            return day, at
        day += timedelta(days=1)
    raise ValueError("a timetable needs a weekday with editions")


def last_day(timetable: Timetable, *, now: datetime) -> date:
    """Return the last day that may have an edition by now: the next scheduled one, or today."""
    today = local_date(timetable, at=now)
    return max(today, next_edition(timetable, after=now)[0]) if timetable.days else today


def refuse_ahead(timetable: Timetable, day: date, *, now: datetime) -> None:
    """Refuse to make an edition that would be dated ahead.

    UsageError: the day is later than the next scheduled edition.
    """
    last = last_day(timetable, now=now)
    if day > last:
        raise UsageError(
            f"{day} is later than the next scheduled edition, {last}; give an earlier day, or, "
            "if it is intended, `briefing publish --force`"
        )


def refuse_unfinished(day: date, *, today: date) -> None:
    """Refuse to review a week that is not over (UsageError: its last day is later than today)."""
    if day > today:
        raise UsageError(f"the week that ends on {day} is not over; give today or an earlier day")


def dated_ahead(timetable: Timetable, days: Iterable[date], *, now: datetime) -> tuple[date, ...]:
    """Return the days, oldest first, later than the next edition: by mistake or a wrong clock."""
    last = last_day(timetable, now=now)
    return tuple(sorted(day for day in days if day > last))


def ahead_words(day: date) -> str:
    """Return the message that an edition is dated ahead, with what to do."""
    return (
        f"edition of {day}: dated later than the next scheduled edition; check the clock, or "
        f"withdraw it: briefing editions withdraw {day}"
    )


def due(preferences: Preferences, *, day: date, at: datetime) -> datetime | None:
    """Return when an edition of a day is due, aware UTC, never before ``at``; None: never.

    It is due at the preferred time on that date in the subscriber's zone. A time skipped by a clock
    change is read with the offset before it, so that 2:30 becomes 3:30; of a repeated time, the
    first counts (RFC 5545, 3.3.5). An edition is not due on a weekday that was not chosen, or when
    it is stale. An unknown zone counts as UTC.
    """
    if day.weekday() not in preferences.days:
        return None
    moment = _moment(day, preferences.at, preferences.zone)
    return None if at - moment >= _STALE else max(moment, at)


def due_of(
    preferences: Preferences,
    edition: str,
    *,
    offered: Collection[str],
    day: date,
    at: datetime,
) -> datetime | None:
    """Return when a named edition is due, as :func:`due` does; None also if it is not wanted.

    Readers who chose the week in review by name get it on any weekday.
    """
    if not preferences.wants(edition, offered=offered):
        return None
    if edition == WEEK and WEEK in preferences.editions:
        preferences = replace(preferences, days=(day.weekday(),))
    return due(preferences, day=day, at=at)


def next_due(preferences: Preferences, timetable: Timetable, *, now: datetime) -> datetime | None:
    """Return when the next wanted edition is due, aware UTC; None: not among the next 14."""
    moments = []
    for slot in timetable.slots:
        edition, at = WEEK if slot.step is Step.WEEK else slot.edition, now
        for _ in range(2 * 7):
            day, at = next_edition(slot, after=at)
            when = due_of(preferences, edition, offered=timetable.editions, day=day, at=at)
            if when is not None:
                moments.append(when)
                break
    return min(moments, default=None)


def begin_of(day: date, *, zone: str) -> datetime:
    """Return the first moment of a day in an IANA zone, in UTC."""
    return _moment(day, time(), zone)


def _moment(day: date, at: time, name: str) -> datetime:
    return datetime.combine(day, at.replace(fold=0), tzinfo=_zone(name)).astimezone(UTC)


def _zone(name: str) -> tzinfo:
    # A zone unknown to this machine must not stop the edition for everybody.
    return zone(name) or UTC


def zone(name: str) -> tzinfo | None:
    """Return the zone of an IANA name; None if this machine does not know it."""
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        return None


#: "06:30", "6.30 am", "6:30 a.m.", "6 pm", "18h30", "18 Uhr"; "06:30:00" from spreadsheets.
_TIME = re.compile(
    r"(\d{1,2})(?:\s?[:.h]\s?([0-5]\d)(?::00)?|\s?h|(?=\s?[apu]))(?:\s?([ap])\.?\s?m\.?|\s?uhr)?",
    re.ASCII | re.IGNORECASE,
)


def clock_time(written: str) -> str | None:
    """Return a time of day, in any common notation, as HH:MM; None if it is not one."""
    match = _TIME.fullmatch(written.strip())
    if match is None:
        return None
    hour, half = int(match[1]), match[3]
    if half:
        hour = hour % 12 + 12 * (half in "pP") if 0 < hour <= 12 else 24
    return f"{hour:02}:{match[2] or '00'}" if hour < 24 else None


@cache
def zones() -> tuple[str, ...]:
    """Return the zones to offer, each once: UTC and those of IANA's ``zone.tab``."""
    table = (get_data("tzdata", "zoneinfo/zone.tab") or b"").decode().splitlines()
    return ("UTC", *sorted(line.split("\t")[2] for line in table if line[0] != "#"))


@cache
def _places() -> dict[str, str]:
    """Return the zones by the lower-case names of their cities and countries."""
    named = tomllib.loads((get_data("briefing.core", "places.toml") or b"").decode())
    cities = {name.rpartition("/")[2].replace("_", " ").lower(): name for name in zones()}
    return cities | {place: name for name, places in named.items() for place in places}


def zone_near(written: str) -> str:
    """Return the zone probably meant by a city or country, allowing for typos; empty: none."""
    place = written.rpartition("/")[2].replace("_", " ").strip().lower()
    near = get_close_matches(place[:40], _places(), n=1, cutoff=0.8)
    return _places()[near[0]] if near else ""
