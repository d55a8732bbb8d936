"""Which day needs no edition any more."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from briefing.model import Ending, Step
from briefing.schedule import Timetable, publish_at
from briefing.store import Transaction, archive, runs

#: How far back an edition is looked for: further than any grace reaches.
_BACK = timedelta(days=40)


def settled(tx: Transaction, briefing: str, *, timetable: Timetable, now: datetime) -> date | None:
    """Return the last day that has its edition, or for which there was nothing at its time."""
    days = list(archive.days(tx, briefing, first=(now - _BACK).date(), last=date.max))
    empty = runs.last(tx, briefing, Step.PUBLISH, ending=Ending.EMPTY)
    if empty is not None and empty.day is not None:
        at = publish_at(timetable, empty.day)
        # One that was asked for earlier says nothing about what comes in until then.
        if at is not None and empty.began >= at:
            days.append(empty.day)
    return max(days, default=None)
