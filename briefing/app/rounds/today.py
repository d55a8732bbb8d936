"""PURE but for what it reads of the store: whether an edition is to be made now, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from briefing.app.release import goes, waiting
from briefing.app.rounds.run_log import RoundTask
from briefing.app.rounds.settled import settled
from briefing.core.model import Step
from briefing.core.schedule import Timetable, local_date, publish_at, what_is_due
from briefing.store import Transaction, archive


@dataclass(frozen=True, slots=True)
class DayState:
    """State in the store of the edition that a round would make."""

    #: As of :func:`briefing.app.rounds.settled.settled`.
    last: date | None = None
    #: Whether today has its edition.
    made: bool = False
    #: The draft that leaves at its deadline: its day, and when, aware UTC; None: there is none.
    goes: tuple[date, datetime] | None = None
    #: Day of the draft that waits for its release; None: none waits.
    waits: date | None = None


def day_state(tx: Transaction, briefing: str, *, timetable: Timetable, now: datetime) -> DayState:
    """Read the state of the current edition from the store."""
    today = local_date(timetable, at=now)
    last = settled(tx, briefing, timetable=timetable, now=now)
    return DayState(
        last,
        bool(archive.days(tx, briefing, first=today, last=today)),
        goes(tx, briefing, timetable=timetable),
        waiting(tx, briefing, timetable=timetable),
    )


def edition_task(
    timetable: Timetable, state: DayState, *, now: datetime, only_due: bool
) -> RoundTask | None:
    """Return the edition that a round makes now; None: none."""
    due = what_is_due(timetable, now=now, last=state.last)
    if due is not None:
        return RoundTask(Step.PUBLISH, due.day, due.late)
    if state.goes and state.goes[1] <= now:
        return RoundTask(Step.PUBLISH, state.goes[0])
    # A run by hand may follow an import of missing reports.
    today = local_date(timetable, at=now)
    made = state.made or state.waits == today
    wanted = not only_due and not made and publish_at(timetable, today) is not None
    return RoundTask(Step.PUBLISH, today) if wanted else None


def edition_reason(timetable: Timetable, state: DayState, *, now: datetime, only_due: bool) -> str:
    """Say in a line why a round makes an edition now, or why it makes none."""
    task = edition_task(timetable, state, now=now, only_due=only_due)
    if task is None:
        return _why_none(timetable, state, now=now)
    if what_is_due(timetable, now=now, last=state.last) is None:
        if state.goes and state.goes[0] == task.day:
            return f"the deadline of its release was {state.goes[1]:%Y-%m-%d %H:%M} UTC"
        return "a run without --due does not wait for its time"
    at = publish_at(timetable, task.day) if task.day else None
    return f"it was due at {at:%Y-%m-%d %H:%M} UTC" if at else ""


def _why_none(timetable: Timetable, state: DayState, *, now: datetime) -> str:
    today = local_date(timetable, at=now)
    at = publish_at(timetable, today)
    if state.made:
        return f"the edition of {today} is already made"
    if state.waits == today:
        return f"the draft of {today} waits for its release"
    if at is None:
        listed = today in timetable.holidays
        return f"{today} is {'one of schedule.holidays' if listed else 'not in schedule.days'}"
    if at > now:
        return f"not due until {at:%Y-%m-%d %H:%M} UTC"
    if state.last is not None and state.last >= today:
        return f"there was nothing to print for {today} at its time"
    over = at + timetable.patience
    return f"the grace for {today} ended {over:%Y-%m-%d %H:%M} UTC"
