"""The last day that is settled: it has its edition or its draft, or had nothing to print."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from briefing.app.release import waiting
from briefing.core.model import Ending
from briefing.core.schedule import (
    BEHIND,
    Due,
    Timetable,
    latest,
    local_date,
    publish_at,
    what_is_due,
)
from briefing.store import Transaction, archive, editions, runs

#: How far back an edition is looked for: further than any grace reaches.
_BACK = timedelta(days=40)


def settled(tx: Transaction, briefing: str, *, timetable: Timetable, now: datetime) -> date | None:
    """Return the last day that has its edition, or for which there was nothing at its time.

    By the timetable of weeks in review it is the last one on which a week ends that has its review.
    A draft that waits for its release counts as one. No day counts that is later than the latest
    edition whose time has come: one that is dated ahead, by mistake or by a clock, says nothing of
    that. A clock that is behind the first run and the first edition of all is wrong: by it no day
    needs an edition.
    """
    today, series = local_date(timetable, at=now), timetable.step.series(briefing)
    first_run, first_made = runs.first(tx, briefing), editions.first_made(tx, briefing)
    if first_run and first_made and min(first_run.began, first_made) > now:
        return today
    due = latest(timetable, now=now)
    upto = due.day if due else today
    days = list(archive.days(tx, series, first=today - _BACK, last=upto))
    draft = waiting(tx, series, timetable=timetable)
    if draft is not None and draft <= upto:
        days.append(draft)
    empty = runs.last(tx, briefing, timetable.step, ending=Ending.EMPTY, until=now)
    if empty is not None and empty.day is not None and empty.day <= upto:
        at = publish_at(timetable, empty.day)
        # An earlier attempt says nothing about reports that came in later; nor does one by a clock
        # that was set back since.
        if at is not None and empty.began >= at and not runs.went_back(tx, empty, by=BEHIND):
            days.append(empty.day)
    return max(days, default=None)


def expected(tx: Transaction, briefing: str, due: Due, *, timetable: Timetable) -> bool:
    """Tell whether there was a round already when an edition, or a review of a week, was due."""
    made = editions.first_made(tx, timetable.step.series(briefing))
    before = runs.recent(tx, briefing, limit=1, until=due.at)
    return bool(before) or (made is not None and made < due.at)


def unsettled(tx: Transaction, briefing: str, *, timetable: Timetable, now: datetime) -> bool:
    """Tell whether an edition is due that can still be made: a week in review waits for it."""
    last = settled(tx, briefing, timetable=timetable, now=now)
    return what_is_due(timetable, now=now, last=last) is not None
