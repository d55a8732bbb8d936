"""PURE but for what it reads of the store: whether an edition is to be made now, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from briefing.app.release import goes, waiting
from briefing.app.rounds.run_log import RoundTask
from briefing.app.rounds.settled import settled, unsettled
from briefing.core.model import Step
from briefing.core.schedule import (
    Timetable,
    awaits_until,
    local_date,
    publish_at,
    what_is_due,
)
from briefing.store import Transaction, archive

#: Why a week in review is not made yet, though its time has come.
_FOLLOWS = "it follows the edition that is due, once that is made"
#: Why a day has none, by what makes it.
_NOT_ON = {Step.PUBLISH: "not in schedule.days", Step.WEEK: "not the day of schedule.week"}


@dataclass(frozen=True, slots=True)
class DayState:
    """State in the store of the edition, or week in review, that a round would make."""

    #: As of :func:`briefing.app.rounds.settled.settled`.
    last: date | None = None
    #: Whether today has its edition.
    made: bool = False
    #: The draft that leaves at its deadline: its day, and when, aware UTC; None: there is none.
    goes: tuple[date, datetime] | None = None
    #: Day of the draft that waits for its release; None: none waits.
    waits: date | None = None
    #: Whether another edition is to be made first, which it is made from.
    awaits: bool = False


def day_state(
    tx: Transaction, briefing: str, *, timetable: Timetable, slot: Timetable, now: datetime
) -> DayState:
    """Read the state of the current edition, or week in review, from the store.

    Args:
        tx: a transaction.
        briefing: slug.
        timetable: of the briefing.
        slot: which of its slots.
        now: aware.
    """
    today, series = local_date(slot, at=now), slot.step.series(briefing)
    return DayState(
        settled(tx, briefing, timetable=slot, now=now),
        bool(archive.days(tx, series, first=today, last=today)),
        goes(tx, series, timetable=slot),
        waiting(tx, series, timetable=slot),
        awaits=slot.step is Step.WEEK and unsettled(tx, briefing, timetable=timetable, now=now),
    )


def edition_task(
    timetable: Timetable, state: DayState, *, now: datetime, only_due: bool
) -> RoundTask | None:
    """Return the edition that a round makes now; None: none."""
    due = what_is_due(timetable, now=now, last=state.last)
    if due is not None and not (state.awaits and now < awaits_until(timetable, due)):
        return RoundTask(timetable.step, due.day, due.late)
    if state.goes and state.goes[1] <= now:
        return RoundTask(timetable.step, state.goes[0])
    # A run by hand may follow an import of missing reports.
    today = local_date(timetable, at=now)
    made = state.made or state.waits == today
    wanted = not only_due and not made and publish_at(timetable, today) is not None
    return RoundTask(timetable.step, today) if wanted else None


def edition_reason(timetable: Timetable, state: DayState, *, now: datetime, only_due: bool) -> str:
    """Say in a line why a round makes an edition now, or why it makes none."""
    task = edition_task(timetable, state, now=now, only_due=only_due)
    due = what_is_due(timetable, now=now, last=state.last)
    if task is None:
        follows = state.awaits and due is not None
        return _FOLLOWS if follows else _why_none(timetable, state, now=now)
    if due is None:
        if state.goes and state.goes[0] == task.day:
            return f"the deadline of its release was {state.goes[1]:%Y-%m-%d %H:%M} UTC"
        return "a run without --due does not wait for its time"
    at = publish_at(timetable, task.day) if task.day else None
    return f"it was due at {at:%Y-%m-%d %H:%M} UTC" if at else ""


def _why_none(timetable: Timetable, state: DayState, *, now: datetime) -> str:
    today = local_date(timetable, at=now)
    at = publish_at(timetable, today)
    if state.made:
        return f"the {timetable.named(today)} is already made"
    if state.waits == today:
        return f"the draft of {today} waits for its release"
    if at is None:
        listed = today in timetable.holidays
        return f"{today} is {'one of schedule.holidays' if listed else _NOT_ON[timetable.step]}"
    if at > now:
        return f"not due until {at:%Y-%m-%d %H:%M} UTC"
    if state.last is not None and state.last >= today:
        return f"there was nothing to print for {today} at its time"
    over = at + timetable.patience
    return f"the grace for {today} ended {over:%Y-%m-%d %H:%M} UTC"
