"""One thread of the round: it looks what is due, does it, and waits; no failure ends it."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from briefing.model import Run, Step
from briefing.rounds.decide import State, decide, overdue, rest
from briefing.rounds.orders import Orders
from briefing.rounds.settled import settled
from briefing.rounds.work import Act, Book, Task
from briefing.schedule import Timetable, local_date
from briefing.store import deliveries, runs

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
class Lane:
    """What one thread of the round may do."""

    book: Book
    timetable: Timetable
    #: By step; what is not named is never done.
    acts: Mapping[Step, Act]
    orders: Orders
    #: None: on the orders, and no longer than half a minute.
    wait: Wait | None = None
    #: Whether it tells of editions that are not made.
    watches: bool = False


class Runner:
    """Works through one lane until the orders are closed."""

    def __init__(self, lane: Lane) -> None:
        self._lane = lane
        self._seen = lane.orders.woken
        self._asked: list[tuple[Step, date | None]] = []
        self._began: dict[Step, datetime] = {}
        self._resting: dict[Step, datetime] = {}
        self._failures: Counter[Step] = Counter()
        self._took = timedelta()
        self._missed: set[date] = set()

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
        self._complain(state, now)
        if self._asked:
            self._do(_ordered(*self._asked.pop(0), today=local_date(lane.timetable, at=now)))
            return
        found = decide(lane.timetable, state, now=now)
        if isinstance(found, Task):
            self._do(found)
        else:
            self._wait(found)

    def _state(self, now: datetime) -> State:
        book = self._lane.book
        with book.store.read() as tx:
            done = settled(tx, book.briefing, timetable=self._lane.timetable, now=now)
            next_due = deliveries.next_due(tx)
        return State(
            steps=frozenset(self._lane.acts),
            settled=done,
            next_due=next_due,
            began=self._began,
            resting=self._resting,
            took=self._took,
        )

    def _do(self, task: Task) -> None:
        lane, step = self._lane, task.step
        self._began[step] = began = lane.book.clock()
        # A failure until it is known to have gone well: also when it cannot be recorded.
        self._failures[step] += 1
        self._resting[step] = began + rest(self._failures[step])
        run, again = lane.book.record(task, lane.acts[step])
        if not again:
            self._failures[step] = 0
        ended = lane.book.clock()
        self._resting[step] = ended + rest(self._failures[step])
        if step is Step.COLLECT:
            self._took = max(ended - began, timedelta())
        if step is Step.PUBLISH:
            # Who delivers looks at once.
            lane.orders.wake()
            with lane.book.store.write() as tx:
                runs.prune(tx, before=run.began - _KEPT)

    def _complain(self, state: State, now: datetime) -> None:
        """Tell once that an edition is not made."""
        if not self._lane.watches:
            return
        missed = overdue(self._lane.timetable, now=now, last=state.settled)
        if missed is None or missed.day in self._missed:
            return
        self._missed.add(missed.day)
        words = f"the edition of {missed.day} is not made; its time was {missed.at:%H:%M} UTC"
        LOG.warning("%s", words)
        book = self._lane.book
        book.tell(
            Run(0, book.briefing, Step.PUBLISH, missed.at, missed.day, late=True, words=words)
        )

    def _wait(self, span: timedelta) -> None:
        lane = self._lane
        if lane.wait is not None:
            asked = lane.wait(span, self._seen)
        else:
            seconds = min(span, _LOOK).total_seconds()
            asked = lane.orders.take(seconds, of=tuple(lane.acts), seen=self._seen)
        self._asked += asked


def _ordered(step: Step, day: date | None, *, today: date) -> Task:
    """Return the task of an order; an edition of which no day is told is that of today."""
    return Task(step, (day or today) if step is Step.PUBLISH else None)
