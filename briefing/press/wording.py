"""PURE: when the mail of a subscriber comes, and moments in their zone, in words."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from briefing.core.model import Preferences
from briefing.press.dates import long_date
from briefing.press.phrases import Phrases, phrases

_EVERY_DAY = (0, 1, 2, 3, 4, 5, 6)
_WORKDAYS = (0, 1, 2, 3, 4)
_ENGLISH = phrases("en")


def place(zone: str, *, say: Phrases = _ENGLISH) -> str:
    """Say whose time a zone is: "Zurich time" for Europe/Zurich; UTC is its own name."""
    city = city_of(zone)
    return say.city_time.format(city=city) if "/" in zone else city


def city_of(zone: str) -> str:
    """Return the last part of a zone's name, as people write it."""
    return zone.rsplit("/", 1)[-1].replace("_", " ")


def often(preferences: Preferences, *, say: Phrases = _ENGLISH) -> str:
    """Say when the mail comes, as in "every day at 07:00, Zurich time"."""
    return say.when.format(
        days=_days(preferences.days, say),
        at=f"{preferences.at:%H:%M}",
        place=place(preferences.zone, say=say),
    )


def moment(at: datetime, *, zone: str, say: Phrases = _ENGLISH) -> str:
    """Say a moment as in "Saturday 14 March 2026, 09:12, Zurich time"."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{long_date(local.date())}, {local:%H:%M}, {place(zone, say=say)}"


def day(at: datetime, *, zone: str) -> str:
    """Say the day of a moment as in "Saturday 14 March 2026"."""
    return long_date(at.astimezone(ZoneInfo(zone)).date())


def next_mail(preferences: Preferences, *, now: datetime) -> str:
    """Say when the next mail is due by the preferences alone."""
    zone = ZoneInfo(preferences.zone)
    today = now.astimezone(zone).date()
    dates = (today + timedelta(days=ahead) for ahead in range(8))
    due = (_on(date, preferences.at, zone) for date in dates if date.weekday() in preferences.days)
    first = next(moment for moment in due if moment > now).astimezone(zone)
    return f"{long_date(first.date())} at {preferences.at:%H:%M}, {place(preferences.zone)}"


def _on(day: date, at: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, at, zone).astimezone(UTC)


def _days(days: tuple[int, ...], say: Phrases) -> str:
    if days == _EVERY_DAY:
        return say.every_day
    if days == _WORKDAYS:
        return say.workdays
    *others, last = (say.weekdays[day] for day in days)
    return f"{say.on} {', '.join(others)} {say.both} {last}" if others else f"{say.on} {last}"
