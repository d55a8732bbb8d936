"""Check of the dates of editions: none may be later than the next scheduled one."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from briefing.app.doctor.finding import Finding, broken, good
from briefing.core.schedule import Timetable, ahead_words, dated_ahead


def dates(days: Collection[date], *, timetable: Timetable, now: datetime) -> Finding:
    """Check whether an edition is dated ahead.

    ``days`` are those of the editions, at least from today on.
    """
    ahead = dated_ahead(timetable, days, now=now)
    if ahead:
        more = f"; and {len(ahead) - 1} more" if len(ahead) > 1 else ""
        return broken(f"{ahead_words(ahead[0])}{more}")
    return good("none is dated ahead")
