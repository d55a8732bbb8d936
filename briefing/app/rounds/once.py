"""The round once, from the sources to the mail, done or only planned."""

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from briefing.app.rounds.days import DayState, day_state, edition_reason, edition_task
from briefing.app.rounds.runs import RoundTask, RunLog, StepHandler
from briefing.core.model import Ending, Run, SourceStatus, Step
from briefing.core.schedule import Timetable
from briefing.store import Store, deliveries, runs, sources

#: Seconds between two looks whether another process has ended its work, and how many looks: five
#: minutes, as a round that serves waits.
_LOOK, _LOOKS = 1.0, 300


def run_once(
    run_log: RunLog,
    *,
    timetable: Timetable,
    handlers: Mapping[Step, StepHandler],
    only_due: bool,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Run]:
    """Do each step that there is something to do for, one after the other; yield its run.

    A step that fails holds up none of the others. Where another process collects or publishes at
    the same moment, it is waited for a while, so that what it did is looked at.

    With ``only_due`` an edition, or a week in review, is made only when its time has come, within
    its grace; else that of today is, unless today has none. Deliveries and bounces may have no
    handler.
    """

    def due(slot: Timetable) -> RoundTask | None:
        now = run_log.clock()
        with run_log.store.read() as tx:
            state = day_state(tx, run_log.briefing, timetable=timetable, slot=slot, now=now)
        return edition_task(slot, state, now=now, only_due=only_due)

    def do(task: RoundTask, *, quiet: bool = False) -> tuple[Run, bool]:
        """Do a step; a ``quiet`` one sends no alert, since the next step does."""
        log = replace(run_log, alert=lambda _run: None) if quiet else run_log
        run, again = log.record(task, handlers[task.step])
        if run.ending is not Ending.BUSY or task.step in {Step.DELIVER, Step.BOUNCES}:
            return run, again
        _wait_for_others(run_log, task.step, sleep)
        # What another has collected is in the store.
        is_done = task.step is Step.COLLECT
        return (run, again) if is_done else log.record(task, handlers[task.step])

    # Whether an edition is missing is known only after the attempt.
    yield do(RoundTask(Step.COLLECT), quiet=due(timetable) is not None)[0]
    edition = due(timetable)
    if edition is not None:
        run, again = do(edition)
        yield run
        if again and run.ending is Ending.PART:
            # Its time has come since the sources were read.
            yield do(RoundTask(Step.COLLECT), quiet=True)[0]
            yield do(edition)[0]
    review = due(timetable.week) if timetable.week else None
    if review is not None:
        yield do(review)[0]
    with run_log.store.read() as tx:
        mail = deliveries.next_work(tx, alone=True)
    if Step.DELIVER in handlers and mail is not None and mail <= run_log.clock():
        yield do(RoundTask(Step.DELIVER))[0]
    if Step.BOUNCES in handlers:
        yield do(RoundTask(Step.BOUNCES))[0]


def _wait_for_others(run_log: RunLog, step: Step, sleep: Callable[[float], None]) -> None:
    for _ in range(_LOOKS):
        with run_log.store.read() as tx:
            recent = runs.recent(tx, run_log.briefing, step=step, until=run_log.clock())
        other = next((run for run in recent if run.ending is not Ending.BUSY), None)
        if other is None or other.ended is not None:
            return
        sleep(_LOOK)


@dataclass(frozen=True, slots=True)
class RoundPlan:
    """What a round would do at one moment."""

    #: Aware UTC.
    at: datetime
    #: What can be done by the settings.
    steps: frozenset[Step]
    #: The edition that would be made; None: none.
    edition: RoundTask | None
    #: Why it would be made, or why none would.
    reason: str
    #: The week in review that would be made; None: none.
    week: RoundTask | None = None
    #: As above; empty: it has no time.
    week_reason: str = ""
    #: Sources that would be asked, and those that are not to be asked yet.
    due_sources: int = 0
    resting_sources: int = 0
    #: Mails that are due by now, and to how many subscribers.
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
    """Return what :func:`briefing.app.rounds.run_once` would do now, by its own rules."""
    states = [(slot, DayState()) for slot in timetable.slots]
    source_statuses: Sequence[SourceStatus] = ()
    mails = subscribers = 0
    if store is not None:
        with store.read() as tx:
            states = [
                (slot, day_state(tx, briefing, timetable=timetable, slot=slot, now=now))
                for slot in timetable.slots
            ]
            source_statuses = sources.active(tx)
            mails, subscribers = deliveries.due_by(tx, now)
    resting = sum(status.rests(at=now) for status in source_statuses)
    # That of editions first.
    (edition, reason), *weeks = (
        (
            edition_task(slot, state, now=now, only_due=only_due),
            edition_reason(slot, state, now=now, only_due=only_due),
        )
        for slot, state in states
    )
    return RoundPlan(
        now,
        frozenset(steps),
        edition,
        reason,
        *(weeks[0] if weeks else (None, "")),
        due_sources=len(source_statuses) - resting,
        resting_sources=resting,
        mails=mails,
        subscribers=subscribers,
    )
