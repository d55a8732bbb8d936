"""How publishing ended when there was nothing to print: without news, or without its sources."""

from __future__ import annotations

from datetime import date, datetime

from briefing.app.rounds.coverage import coverage_of
from briefing.app.rounds.run_log import Ended
from briefing.core.model import Ending, Step
from briefing.core.schedule import Timetable, publish_at
from briefing.store import Transaction, clock_errors, runs, sources

#: Endings of a collecting that read something.
_WELL = frozenset({Ending.DONE, Ending.PART})
_LEAP = (
    "nothing to print, but no source was read in the two days before; check the clock: the day "
    "does not count as empty"
)


def unprinted(
    tx: Transaction, briefing: str, day: date | None, *, timetable: Timetable, at: datetime
) -> Ended:
    """Return how publishing ended when there was nothing to print; an empty day has no words.

    Only sources read since the edition's time prove that there was no news, and only by a clock
    that has not leaped over what they had.
    """
    since = _read_since(timetable, day, at=at)
    if clock_errors.leaps(tx, to=since, at=at):
        return Ended(Ending.PART, _LEAP, again=True)
    coverage = coverage_of(sources.active(tx), since=since, now=at)
    if coverage.enough:
        return Ended(Ending.EMPTY)
    last = runs.recent(tx, briefing, step=Step.COLLECT, limit=20, until=at)
    tried = next((run for run in last if run.ending is not Ending.BUSY), None)
    if tried and (tried.ended is None or (tried.began < since and tried.ending in _WELL)):
        again = "nothing to print yet; the sources are read again before the day counts as empty"
        return Ended(Ending.PART, again, again=True)
    return Ended(Ending.BLIND, coverage.failure(since=since), again=True)


def why_unread(tx: Transaction, day: date | None, *, timetable: Timetable, at: datetime) -> str:
    """Return one line on failing sources for a day with nothing to print; empty if none fail."""
    since = _read_since(timetable, day, at=at)
    coverage = coverage_of(sources.active(tx), since=since, now=at)
    is_blind = coverage.failing_since is not None and not coverage.enough
    return coverage.failure(since=since) if is_blind else ""


def _read_since(timetable: Timetable, day: date | None, *, at: datetime) -> datetime:
    """Return since when sources must have been read before a day can be called empty.

    That is the time of its edition; before it, and on a day without one, the last collecting.
    """
    due = publish_at(timetable, day) if day else None
    return due if due is not None and due <= at else at - timetable.collect_every
