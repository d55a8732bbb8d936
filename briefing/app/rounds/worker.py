"""One thread of the round: it looks what is due, does it, and waits; no failure ends it."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from briefing.app.rounds.decide import RoundState, decide, overdue, rest, watches_until
from briefing.app.rounds.history import news_of
from briefing.app.rounds.requests import RunRequests
from briefing.app.rounds.run_log import Act, RoundTask, RunLog
from briefing.app.rounds.settled import settled
from briefing.core.errors import BriefingError
from briefing.core.model import Ending, Run, Step
from briefing.core.schedule import Timetable, ahead_words, dated_ahead, local_date, what_is_due
from briefing.store import archive, clock_errors, deliveries, runs

LOG = logging.getLogger("briefing.rounds")
#: The longest wait: so long it takes to notice that a clock was set or a machine slept, what
#: another process has released, and what was asked of the store by hand.
_LOOK = timedelta(seconds=30)
#: For how long runs are kept.
_KEPT = timedelta(days=90)

#: Waits so long for an order at most, and returns the orders; not at all when the orders have been
#: woken more often than the number says.
Wait = Callable[[timedelta, int], tuple[tuple[Step, date | None], ...]]


@dataclass(frozen=True, slots=True)
class Worker:
    """What one thread of the round may do."""

    book: RunLog
    timetable: Timetable
    #: By step; what is not named is never done.
    acts: Mapping[Step, Act]
    orders: RunRequests
    #: None: on the orders, and no longer than half a minute.
    wait: Wait | None = None
    #: Whether it tells of editions that are not made.
    watches: bool = False
    #: Whether a thread beside this one collects, for which an edition waits a while.
    waits: bool = False


class Runner:
    """Works through one lane until the orders are closed."""

    def __init__(self, lane: Worker) -> None:
        self._lane = lane
        self._seen = lane.orders.woken
        self._asked: list[tuple[Step, date | None]] = []
        self._began: dict[Step, datetime] = {}
        self._resting: dict[Step, datetime] = {}
        self._failures: Counter[Step] = Counter()
        self._took = timedelta()
        self._failing: set[Step] = set()
        self._missed: set[date] = set()
        #: The edition that is due, and since when that is known.
        self._due: tuple[date, datetime] | None = None
        self._ahead: set[date] = set()

    def run(self) -> None:
        """Do what is due until the round is to end."""
        self._safely(self._recall)
        while not self._lane.orders.closed:
            if not self._safely(self._turn):
                self._wait(_LOOK)

    def _safely(self, work: Callable[[], None]) -> bool:
        """Do something; tell whether it went well. What failed is logged."""
        try:
            work()
        except BriefingError as error:
            LOG.error("the round of %s is held up: %s", self._lane.book.briefing, error)  # noqa: TRY400  its words say all
            return False
        except Exception:  # what is not foreseen must not end the round
            LOG.exception("the round of %s is held up", self._lane.book.briefing)
            return False
        return True

    def _recall(self) -> None:
        """Read what was done before; a run that was cut counts as not done."""
        book = self._lane.book
        with book.store.read() as tx:
            for step in self._lane.acts:
                last = runs.last(tx, book.briefing, step)
                if last is not None and last.ended is not None:
                    self._began[step] = last.began

    def _turn(self) -> None:
        """Do one thing, or wait."""
        self._seen = self._lane.orders.woken
        lane, now = self._lane, self._lane.book.clock()
        state = self._state(now)
        if lane.watches:
            self._watch(state, now)
            return
        if self._asked:
            self._do(_ordered(*self._asked.pop(0), today=local_date(lane.timetable, at=now)))
            return
        found = decide(lane.timetable, state, now=now)
        if isinstance(found, RoundTask):
            self._do(found)
        else:
            self._wait(found)

    def _state(self, now: datetime) -> RoundState:
        book = self._lane.book
        table = self._lane.timetable
        with book.store.read() as tx:
            done = settled(tx, book.briefing, timetable=table, now=now)
            next_due = deliveries.next_due(tx)
            due = what_is_due(table, now=now, last=done)
            news = news_of(tx, book.briefing, due=due, now=now) if self._lane.waits else None
        # Not longer than from now, where a clock was set back.
        known = self._due[1] if due and self._due and self._due[0] == due.day else now
        self._due = (due.day, min(known, now)) if due else None
        return RoundState(
            steps=frozenset(self._lane.acts),
            settled=done,
            next_due=next_due,
            began=self._began,
            resting=self._resting,
            took=self._took,
            failing=frozenset(self._failing),
            news=news,
            waits_since=self._due[1] if self._due else None,
        )

    def _do(self, task: RoundTask) -> None:
        lane, step = self._lane, task.step
        self._began[step] = began = lane.book.clock()
        # A failure until it is known to have gone well: also when it cannot be recorded.
        self._failures[step] += 1
        self._resting[step] = began + rest(self._failures[step])
        self._failing.add(step)
        run, again = lane.book.record(task, lane.acts[step])
        if not again:
            self._failures[step] = 0
        if not again or run.ending is Ending.BUSY:
            self._failing.discard(step)
        ended = lane.book.clock()
        self._resting[step] = ended + rest(self._failures[step])
        if step is Step.COLLECT:
            self._took = max(ended - began, timedelta())
        if step in {Step.COLLECT, Step.PUBLISH}:
            # Who publishes, or delivers, looks at once.
            lane.orders.wake()
        if step is Step.PUBLISH:
            with lane.book.store.write() as tx:
                if clock_errors.is_trusted(tx, at=run.began, back=_KEPT):
                    runs.prune(tx, before=run.began - _KEPT)

    def _watch(self, state: RoundState, now: datetime) -> None:
        """Look whether somebody is to be told of something; wait until the next look."""
        book, table = self._lane.book, self._lane.timetable
        self._warn_of_dates(now)
        missed = overdue(table, now=now, last=state.settled)
        if missed is not None and missed.day not in self._missed:
            self._missed.add(missed.day)
            words = f"the edition of {missed.day} is not made; its time was {missed.at:%H:%M} UTC"
            LOG.warning("%s", words)
            book.tell(
                Run(0, book.briefing, Step.PUBLISH, missed.at, missed.day, late=True, words=words)
            )
        else:
            book.look()
        self._wait(watches_until(table, now=now) - now)

    def _warn_of_dates(self, now: datetime) -> None:
        """Log once each edition that is dated ahead; the look that follows makes an alert of it."""
        book = self._lane.book
        with book.store.read() as tx:
            days = archive.days(tx, book.briefing, first=now.date(), last=date.max)
        for day in dated_ahead(self._lane.timetable, days, now=now):
            if day not in self._ahead:
                self._ahead.add(day)
                LOG.warning("%s", ahead_words(day))

    def _wait(self, span: timedelta) -> None:
        lane = self._lane
        if lane.wait is not None:
            asked = lane.wait(span, self._seen)
        else:
            seconds = min(span, _LOOK).total_seconds()
            asked = lane.orders.take(seconds, of=tuple(lane.acts), seen=self._seen)
        self._asked += asked


def _ordered(step: Step, day: date | None, *, today: date) -> RoundTask:
    """Return the task of an order; an edition of which no day is told is that of today."""
    return RoundTask(step, (day or today) if step is Step.PUBLISH else None)
