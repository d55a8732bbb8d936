"""The state of a day: settled, due, or with nothing to print, and why; and a single round."""

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from briefing.app.release import goes, waiting
from briefing.app.rounds.runs import Ended, RoundTask, RunLog, StepHandler
from briefing.core.frozen import frozen
from briefing.core.model import DELIVERED, Ending, MailKind, Run, SourceStatus, Step, series_of
from briefing.core.schedule import (
    BEHIND,
    Due,
    Timetable,
    awaits_until,
    editions_beside,
    latest,
    local_date,
    made_until,
    publish_at,
    what_is_due,
)
from briefing.store import Store, Transaction, archive, deliveries, editions, runs, sources

#: Reason why a week in review is not made although its time has come.
_FOLLOWS = "it follows the edition that is due, once that is made"
#: Reason why a day has no edition, by the step that would make it.
_NOT_ON = {Step.PUBLISH: "not in schedule.days", Step.WEEK: "not the day of schedule.week"}


@frozen
class DayState:
    """The stored state of the edition, or week in review, that a round would make."""

    #: The result of :func:`briefing.app.rounds.days.settled`.
    last: date | None = None
    #: Whether today has its edition.
    made: bool = False
    #: Day and deadline (aware UTC) of the draft published even without a release; None: none.
    goes: tuple[date, datetime] | None = None
    #: Day of the draft that waits for its release; None: there is none.
    waits: date | None = None
    #: Whether another edition must be made first, because this one is made from it.
    awaits: bool = False


def day_state(
    tx: Transaction, briefing: str, *, timetable: Timetable, slot: Timetable, now: datetime
) -> DayState:
    """Read the state of the current edition, or week in review, from the store."""
    today, series = local_date(slot, at=now), slot.series(briefing)
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
    """Return the task to make an edition now; None: there is none to make."""
    due = what_is_due(timetable, now=now, last=state.last)
    if due and not (state.awaits and now < awaits_until(timetable, due)):
        return _task(timetable, due.day, late=due.late)
    if state.goes and state.goes[1] <= now:
        return _task(timetable, state.goes[0])
    # A run by hand may follow an import of missing reports.
    today = local_date(timetable, at=now)
    made = state.made or state.waits == today
    at = publish_at(timetable, today)
    # A further edition does not replace the one before it.
    begun = at is not None and (not timetable.edition or at <= now)
    return _task(timetable, today) if begun and not only_due and not made else None


def _task(timetable: Timetable, day: date, *, late: bool = False) -> RoundTask:
    return RoundTask(timetable.step, day, late, timetable.edition)


def edition_reason(timetable: Timetable, state: DayState, *, now: datetime, only_due: bool) -> str:
    """Return in one line why a round makes an edition now, or why not."""
    task = edition_task(timetable, state, now=now, only_due=only_due)
    due = what_is_due(timetable, now=now, last=state.last)
    if not task:
        follows = state.awaits and due is not None
        return _FOLLOWS if follows else _why_none(timetable, state, now=now)
    if not due:
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
        return f"the draft of {today} is awaiting release"
    if not at:
        listed = today in timetable.holidays
        return f"{today} is {'one of schedule.holidays' if listed else _NOT_ON[timetable.step]}"
    if at > now:
        return f"not due until {at:%Y-%m-%d %H:%M} UTC"
    if state.last is not None and state.last >= today:
        return f"there was nothing to print for {today} at its time"
    over = made_until(timetable, Due(today, at, late=True))
    return f"the grace for {today} ended {over:%Y-%m-%d %H:%M} UTC"


#: How far back editions are searched: longer than any grace period.
_BACK = timedelta(days=40)


def settled(tx: Transaction, briefing: str, *, timetable: Timetable, now: datetime) -> date | None:
    """Return the last day that has its edition, or had nothing to print at its time.

    For weeks in review, it is the last day of the last week that has one. A draft that waits for
    its release counts as an edition. Days later than the latest due edition do not count: editions
    dated ahead, by mistake or by a wrong clock, tell nothing about it. If the clock is behind the
    very first run and edition, it is wrong, and no day needs an edition.
    """
    today, series = local_date(timetable, at=now), timetable.series(briefing)
    first_run, first_made = runs.first(tx, briefing), editions.first_made(tx, briefing)
    if first_run and first_made and min(first_run.began, first_made) > now:
        return today
    due = latest(timetable, now=now)
    upto = due.day if due else today
    days = list(archive.days(tx, series, first=today - _BACK, last=upto))
    draft = waiting(tx, series, timetable=timetable)
    if draft is not None and draft <= upto:
        days.append(draft)
    # A later edition of the day contains what this one would have.
    for later in editions_beside(timetable, upto)[1]:
        days += archive.days(tx, series_of(briefing, later), first=upto, last=upto)
    edition, step = timetable.edition, timetable.step
    empty = runs.last(tx, briefing, step, edition=edition, ending=Ending.EMPTY, until=now)
    if empty and empty.day is not None and empty.day <= upto:
        at = publish_at(timetable, empty.day)
        # An earlier attempt does not cover reports that came in later, nor does one made before the
        # clock was set back.
        if at and empty.began >= at and not runs.went_back(tx, empty, by=BEHIND):
            days.append(empty.day)
    return max(days, default=None)


def expected(tx: Transaction, briefing: str, due: Due, *, timetable: Timetable) -> bool:
    """Return whether the round was already running when an edition or week in review was due."""
    made = editions.first_made(tx, timetable.series(briefing))
    before = runs.recent(tx, briefing, limit=1, until=due.at)
    return bool(before) or (made is not None and made < due.at)


def unsettled(tx: Transaction, briefing: str, *, timetable: Timetable, now: datetime) -> bool:
    """Return whether a due edition can still be made, for which a week in review waits."""
    return any(
        what_is_due(slot, now=now, last=settled(tx, briefing, timetable=slot, now=now))
        for slot in (timetable, *timetable.others)
    )


#: Endings of collecting in which something was read.
_WELL = frozenset({Ending.DONE, Ending.PART})
_LEAP = (
    "nothing to print, but no source was read in the two days before; check the clock: the day "
    "does not count as empty"
)


def unprinted(
    tx: Transaction, briefing: str, day: date | None, *, timetable: Timetable, at: datetime
) -> Ended:
    """Return how publishing ended when there was nothing to print; an empty day has no words.

    A day is empty only if the sources were read after the edition's time, and by a clock that
    did not jump past their reports.
    """
    since = _read_since(timetable, day, at=at)
    if runs.leaps(tx, to=since, at=at):
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
    """Return a line on failing sources for a day with nothing to print; empty if none fail."""
    since = _read_since(timetable, day, at=at)
    coverage = coverage_of(sources.active(tx), since=since, now=at)
    is_blind = coverage.failing_since is not None and not coverage.enough
    return coverage.failure(since=since) if is_blind else ""


def _read_since(timetable: Timetable, day: date | None, *, at: datetime) -> datetime:
    """Return since when sources must have been read for a day to count as empty.

    This is the time of its edition; before that time, and without one, the last collecting.
    """
    due = publish_at(timetable, day) if day else None
    return due if due is not None and due <= at else at - timetable.collect_every


#: A source failing for so long is not expected: it would make every quiet day blind.
GIVEN_UP = timedelta(days=7)
#: One source in so many may be missing: among a hundred, some never respond.
_SPARE = 10


@frozen
class Coverage:
    """How many of the sources responded since a given time."""

    #: Sources that should have responded: those that have not been failing for a week.
    expected: int
    #: Sources that have responded.
    read: int
    #: Since when too few respond, aware UTC; None: no source has failed.
    failing_since: datetime | None = None
    #: The source that failed then, and why; may contain text from outside.
    why: str = ""

    @property
    def enough(self) -> bool:
        """Whether at least one, and nine in ten, of the expected sources responded."""
        return self.read > 0 and self.read >= self.expected - self.expected // _SPARE

    def failure(self, *, since: datetime) -> str:
        """Return in one line since when the sources could not be read, and why.

        ``since`` is used if no failure of a source is known.
        """
        begin = min(self.failing_since or since, since)
        at = f"{begin:%H:%M}" if begin.date() == since.date() else f"{begin:%Y-%m-%d %H:%M}"
        return f"the sources could not be read since {at} UTC: {self.why or 'reason unknown'}"


def coverage_of(
    source_statuses: Sequence[SourceStatus], *, since: datetime, now: datetime
) -> Coverage:
    """Return how many sources responded between a given time and now.

    Responses dated after ``now`` do not count: a clock was wrong then.
    """
    expected = [status for status in source_statuses if not _is_given_up(status, now)]
    read = {
        status.source.url
        for status in source_statuses
        if status.answered and since <= status.answered <= now
    }
    failing = sorted(
        (status.failing_since, status.source.url, status)
        for status in source_statuses
        if status.failing_since and status.source.url not in read
    )
    # Sources that failed long before the outage are not its cause.
    recent = [failure for failure in failing if not _is_given_up(failure[2], now)] or failing
    if not recent:
        why = (
            "" if source_statuses else "there are no sources; add one: briefing sources add ADDRESS"
        )
        return Coverage(len(expected), len(read), why=why)
    # The failure that made the number of responding sources too low.
    began, _, first = recent[min(len(expected) // _SPARE, len(recent) - 1)]
    # The query of an address may contain a secret of the operator.
    name = first.source.name or first.source.url.partition("?")[0]
    more = f"; and {len(recent) - 1} more" if len(recent) > 1 else ""
    return Coverage(len(expected), len(read), began, f"{name}: {first.reason}{more}")


def _is_given_up(status: SourceStatus, now: datetime) -> bool:
    return status.failing_since is not None and now - status.failing_since >= GIVEN_UP


#: Seconds between two checks whether another process has finished, and how many checks: five
#: minutes, as long as a serving round waits.
_LOOK, _LOOKS = 1.0, 300


def run_once(  # noqa: PLR0913  what a round is made of
    run_log: RunLog,
    *,
    timetable: Timetable,
    handlers: Mapping[Step, StepHandler],
    only_due: bool,
    kinds: Collection[MailKind] = DELIVERED,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Run]:
    """Do each step for which there is work, one after the other; yield its run.

    A failing step does not stop the others. If another process collects or publishes at the same
    time, this one waits for it for a while, and then uses its result.

    With ``only_due``, an edition or a week in review is made only when due, within its grace
    period; otherwise today's is made, unless today has none. Deliveries and bounces need no
    handler. ``kinds`` are the kinds of mail that can be delivered.
    """

    def due(slot: Timetable) -> RoundTask | None:
        now = run_log.clock()
        state = run_log.store.look(
            day_state, run_log.briefing, timetable=timetable, slot=slot, now=now
        )
        return edition_task(slot, state, now=now, only_due=only_due)

    def do(task: RoundTask, *, quiet: bool = False) -> tuple[Run, bool]:
        """Do a step; a ``quiet`` one sends no alert, since the next step does."""
        log = replace(run_log, alert=lambda _run: None) if quiet else run_log
        run, again = log.record(task, handlers[task.step])
        if run.ending is not Ending.BUSY or task.step in {Step.DELIVER, Step.BOUNCES}:
            return run, again
        for _ in range(_LOOKS):
            recent = run_log.store.look(
                runs.recent, run_log.briefing, step=task.step, until=run_log.clock()
            )
            other = next((run for run in recent if run.ending is not Ending.BUSY), None)
            if other is None or other.ended is not None:
                break
            sleep(_LOOK)
        # What another process has collected is in the store.
        is_done = task.step is Step.COLLECT
        return (run, again) if is_done else log.record(task, handlers[task.step])

    # Only after the attempt is it known whether an edition is missing.
    is_due = any(due(slot) for slot in (timetable, *timetable.others))
    yield do(RoundTask(Step.COLLECT), quiet=is_due)[0]
    for slot in timetable.slots:
        edition = due(slot)
        if edition is None:
            continue
        run, again = do(edition)
        yield run
        if again and run.ending is Ending.PART and edition.step is Step.PUBLISH:
            # The edition has become due since the sources were read.
            yield do(RoundTask(Step.COLLECT), quiet=True)[0]
            yield do(edition)[0]
    mail = run_log.store.look(deliveries.next_work, alone=True, kinds=kinds)
    if Step.DELIVER in handlers and mail and mail <= run_log.clock():
        yield do(RoundTask(Step.DELIVER))[0]
    if Step.BOUNCES in handlers:
        yield do(RoundTask(Step.BOUNCES))[0]


@frozen
class PlannedEdition:
    """What a round would do about the editions of one name, or weeks in review."""

    slot: Timetable
    #: The edition that would be made; None: none.
    task: RoundTask | None
    #: Why it would be made, or why not.
    reason: str


@frozen
class RoundPlan:
    """What a round would do at one moment."""

    #: Aware UTC.
    at: datetime
    #: Steps that are possible with these settings.
    steps: frozenset[Step]
    #: The first edition of the day, the others, and the week in review if it has a time.
    editions: tuple[PlannedEdition, ...]
    #: Sources that would be fetched, and those not to be fetched yet.
    due_sources: int = 0
    resting_sources: int = 0
    #: Number of mails that are due, and of their subscribers.
    mails: int = 0
    subscribers: int = 0


def plan_round(  # noqa: PLR0913  what a round is made of
    store: Store | None,
    briefing: str,
    *,
    timetable: Timetable,
    steps: Collection[Step],
    only_due: bool,
    now: datetime,
) -> RoundPlan:
    """Return what :func:`briefing.app.rounds.run_once` would do now, by the same rules."""
    states = [(slot, DayState()) for slot in timetable.slots]
    source_statuses: Sequence[SourceStatus] = ()
    mails = subscribers = 0
    if store:
        with store.read() as tx:
            states = [
                (slot, day_state(tx, briefing, timetable=timetable, slot=slot, now=now))
                for slot in timetable.slots
            ]
            source_statuses = sources.active(tx)
            mails, subscribers = deliveries.due_by(tx, now)
    resting = sum(status.rests(at=now) for status in source_statuses)
    return RoundPlan(
        now,
        frozenset(steps),
        tuple(
            PlannedEdition(
                slot,
                edition_task(slot, state, now=now, only_due=only_due),
                edition_reason(slot, state, now=now, only_due=only_due),
            )
            for slot, state in states
        ),
        due_sources=len(source_statuses) - resting,
        resting_sources=resting,
        mails=mails,
        subscribers=subscribers,
    )
