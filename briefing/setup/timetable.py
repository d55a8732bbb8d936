"""From settings to a timetable."""

from __future__ import annotations

from datetime import time, timedelta

from briefing.core.schedule import Timetable
from briefing.setup.settings import Settings

_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def timetable_of(settings: Settings) -> Timetable:
    """Return when a briefing has editions."""
    told = settings.schedule
    return Timetable(
        at=time.fromisoformat(told.at),
        zone=told.zone,
        days=tuple(sorted(_WEEK.index(day) for day in told.days)),
        holidays=frozenset(told.holidays),
        grace=timedelta(hours=told.grace_hours),
        collect_every=timedelta(minutes=told.collect_minutes),
    )
