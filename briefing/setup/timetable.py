"""From settings to a timetable."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta

from briefing.core.model import Preferences, ReleaseRule, Step
from briefing.core.schedule import Timetable
from briefing.setup.settings import Settings
from briefing.setup.settings.tables import ReleaseSettings

_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def timetable_of(settings: Settings) -> Timetable:
    """Return when a briefing has editions, and weeks in review."""
    table = settings.schedule
    editions = Timetable(
        at=time.fromisoformat(table.at),
        zone=table.zone,
        days=tuple(sorted(_WEEK.index(day) for day in table.days)),
        holidays=frozenset(table.holidays),
        grace=timedelta(hours=table.grace_hours),
        collect_every=timedelta(minutes=table.collect_minutes),
        release=_rule(settings.release),
    )
    if not table.week:
        return editions
    day, _, at = table.week.partition(" ")
    days = (_WEEK.index(day),)
    week = replace(editions, at=time.fromisoformat(at), days=days, step=Step.WEEK)
    return replace(editions, week=week)


def _rule(table: ReleaseSettings) -> ReleaseRule:
    end: time | timedelta | None = None
    if table.deadline.startswith("+"):
        end = timedelta(minutes=int(table.deadline))
    elif table.deadline:
        end = time.fromisoformat(table.deadline)
    return ReleaseRule(table.by, end, go=table.at_deadline == "go")


def usual_preferences(settings: Settings) -> Preferences:
    """Return what a subscriber gets who wishes nothing else: the time and zone of the schedule."""
    table = settings.schedule
    return Preferences(at=time.fromisoformat(table.at), zone=table.zone)
