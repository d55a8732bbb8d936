"""Decides what the round does next, or how long there is nothing to do."""

from collections.abc import Iterator, Mapping
from dataclasses import field
from datetime import date, datetime, timedelta

from briefing.app.rounds.runs import RoundTask
from briefing.core.frozen import frozen
from briefing.core.model import Step, no_entries
from briefing.core.schedule import (
    MISSED,
    Due,
    Timetable,
    awaits_until,
    latest,
    next_edition,
    what_is_due,
)

#: Time between two readings of returned mail.
BOUNCES_EVERY = timedelta(minutes=15)
#: Shortest and longest time before an edition in which its last reports are collected.
_LEAD = (timedelta(minutes=5), timedelta(hours=1))
#: Pause after a first failure; it doubles with each further failure in a row, up to the longest.
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(minutes=1), timedelta(minutes=30)
#: Pause after a successful run, so that work that is due again at once causes no endless loop.
_BREATH = timedelta(seconds=15)
#: How long an edition waits for collecting that runs at its time.
_WAITS = timedelta(minutes=5)
#: Longest time between two checks of the watching thread.
_WATCHES = timedelta(minutes=2)
#: Order in which steps that are due are done: reports before the edition that prints them.
_ORDER = (Step.COLLECT, Step.PUBLISH, Step.WEEK, Step.DELIVER, Step.BOUNCES)


@frozen
class News:
    """State of collecting, by any process, and of an edition that waits for it."""

    #: When the last run of collecting began, aware UTC; None: there is none.
    began: datetime | None = None
    #: Whether that run has no end: it is still running, or was killed.
    runs: bool = False
    #: Whether the due edition was attempted and had nothing to print.
    missing: bool = False
    #: Whether no process has collected since that attempt.
    unread: bool = False
    #: Whether a process has collected since the last attempt.
    fresh: bool = False


@frozen
class RoundState:
    """Everything that decides on the next step."""

    #: Steps that can be done.
    steps: frozenset[Step]
    #: Day of the last edition, or of the last one that had nothing to print.
    settled: date | None = None
    #: When the next delivery is due, or a claimed one is free again, aware UTC.
    next_due: datetime | None = None
    #: When the last run of each step began.
    began: Mapping[Step, datetime] = field(default_factory=no_entries)
    #: Until when each step rests, after a run or a failure.
    resting: Mapping[Step, datetime] = field(default_factory=no_entries)
    #: How long the last collecting took.
    took: timedelta = timedelta()
    #: Steps whose last run failed.
    failing: frozenset[Step] = frozenset()
    #: None: no other thread collects, so an edition does not wait for it.
    news: News | None = None
    #: Since when this thread has known that an edition is due.
    waits_since: datetime | None = None
    #: Day and deadline (aware UTC) of the draft published even without a release; None: none.
    goes: tuple[date, datetime] | None = None
    #: Whether an edition must be made first, because a week in review is made from it.
    awaits: bool = False


def rest(failures: int) -> timedelta:
    """Return the pause after a number of failures in a row; 0: the run succeeded."""
    if not failures:
        return _BREATH
    return min(_FIRST_PAUSE * (1 << min(failures - 1, 10)), _LONGEST_PAUSE)


def decide(timetable: Timetable, state: RoundState, *, now: datetime) -> RoundTask | timedelta:
    """Return the task to be done now, or how long there is none."""
    due = what_is_due(timetable, now=now, last=state.settled)
    moments = {
        step: at if _is_urgent(state, step) else max(at, _rested(state, step, now))
        for step, at in _moments(timetable, state, due, now)
        if step in state.steps
    }
    step = next((step for step in _ORDER if step in moments and moments[step] <= now), None)
    if step is None:
        return min((at - now for at in moments.values()), default=_LONGEST_PAUSE)
    if step is not timetable.step:
        return RoundTask(step)
    day, late = (due.day, due.late) if due else (state.goes[0] if state.goes else None, False)
    return RoundTask(step, day, late, timetable.edition)


def watches_until(timetable: Timetable, *, now: datetime) -> datetime:
    """Return when the watching thread checks again: when an edition is late or abandoned."""
    moments = [now + _WATCHES]
    for slot in timetable.slots:
        moments.append(next_edition(slot, after=now)[1] + MISSED)
        if due := latest(slot, now=now):
            moments += [due.at + MISSED, due.at + slot.patience + timedelta(seconds=1)]
    return min(at for at in moments if at > now)


def _is_urgent(state: RoundState, step: Step) -> bool:
    """Return whether a step ignores its pause: what it waited for is there, or it is requested."""
    news = state.news
    if news is None or not news.missing:
        return False
    return news.unread if step is Step.COLLECT else news.fresh and step is Step.PUBLISH


def _rested(state: RoundState, step: Step, now: datetime) -> datetime:
    until = state.resting.get(step, now)
    # No pause is that long, so the clock was set back.
    return now if until - now > _LONGEST_PAUSE else until


def _moments(
    timetable: Timetable, state: RoundState, due: Due | None, now: datetime
) -> Iterator[tuple[Step, datetime]]:
    edition = due.at if due else next_edition(timetable, after=now)[1]
    yield Step.COLLECT, _collect_at(timetable, state, edition, now)
    # An edition whose time has come, but that is settled or too late, is not due.
    going = state.goes[1] if state.goes else edition
    at = _publish_at(timetable, state, due, now) if due else min(going, edition)
    yield timetable.step, at
    if state.next_due:
        yield Step.DELIVER, state.next_due
    looked = _began(state, Step.BOUNCES, now)
    yield Step.BOUNCES, now if not looked else looked + BOUNCES_EVERY


def _publish_at(timetable: Timetable, state: RoundState, due: Due, now: datetime) -> datetime:
    """Return when a due edition is made: once its reports are collected, or that takes too long."""
    if state.awaits:
        return max(now, awaits_until(timetable, due))
    news, waits_since = state.news, state.waits_since
    if news is not None and news.missing:
        # Retry after each collecting; otherwise only now and then.
        return now if news.fresh else _rested(state, Step.PUBLISH, now) + _WAITS
    if news is None or not waits_since:
        return now
    is_old = news.began is None or now - news.began >= timetable.collect_every
    return max(now, waits_since + _WAITS) if news.runs or is_old else now


def _collect_at(
    timetable: Timetable, state: RoundState, edition: datetime, now: datetime
) -> datetime:
    """Return when to collect: at intervals, right before an edition, and after a failure."""
    began = _began(state, Step.COLLECT, now)
    if not began or Step.COLLECT in state.failing or _is_urgent(state, Step.COLLECT):
        return now
    usual = began + timetable.collect_every
    shortest, longest = _LEAD
    before = edition - min(max(2 * state.took, shortest), longest)
    return min(usual, before) if began < before else usual


def _began(state: RoundState, step: Step, now: datetime) -> datetime | None:
    """Return when a step last began; None for a time in the future."""
    began = state.began.get(step)
    return None if began is None or began > now else began
