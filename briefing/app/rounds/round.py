"""The round: threads that each do what is due, and wait."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Set
from datetime import date, datetime, timedelta
from functools import partial
from typing import Self

from briefing.app.release import goes
from briefing.app.rounds.alerts import Alert, AlertKind, clock_set
from briefing.app.rounds.days import settled, unsettled
from briefing.app.rounds.decide import News, RoundState, decide, rest, watches_until
from briefing.app.rounds.runs import (
    RoundTask,
    RunLog,
    RunRequest,
    RunRequests,
    SharedEngine,
    StepHandler,
)
from briefing.core.errors import BriefingError
from briefing.core.frozen import frozen
from briefing.core.model import DELIVERED, Ending, MailKind, Step
from briefing.core.schedule import Due, Timetable, local_date, what_is_due
from briefing.store import Transaction, deliveries, runs

#: Threads for collecting, editions, weeks in review and mail, so that none blocks another. The
#: last one only watches that everything is done in time, and alerts when others hang.
_LANES = ({Step.COLLECT}, {Step.PUBLISH}, {Step.WEEK}, {Step.DELIVER, Step.BOUNCES}, set[Step]())


@frozen
class RoundRules:
    """What is done when, and where it is recorded."""

    run_log: RunLog
    #: When editions are due.
    timetable: Timetable
    #: Handler of each step; steps without one are never done.
    handlers: Mapping[Step, StepHandler]
    #: Has tasks done by workers; None: they are done here, and by no other round.
    engine: SharedEngine | None = None
    #: Kinds of mail that can be delivered.
    kinds: frozenset[MailKind] = DELIVERED


class Round:
    """Runs beside the other work of its process; use it as a context manager."""

    def __init__(
        self, rules: Callable[[], RoundRules], *, requests: RunRequests, wait: Wait | None = None
    ) -> None:
        """Make the round; entering it starts the threads.

        ``rules`` is called before each task. Threads wait for ``requests``, unless ``wait`` is
        given; closing the requests ends the round.
        """
        self._requests, blocked = requests, Blocked()
        name = f"round/{rules().run_log.briefing}"
        self._threads = [
            threading.Thread(
                target=Runner(rules, steps, requests=requests, wait=wait, blocked=blocked).run,
                name=f"{name}/{number}",
                # The end of the process cuts it off, like a kill, which does no harm.
                daemon=True,
            )
            for number, steps in enumerate(_LANES)
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        """End the round once its current tasks have ended or can be cut off."""
        self._requests.close()
        for thread in self._threads:
            thread.join()


LOG = logging.getLogger("briefing.rounds")
#: Longest wait, and so the delay in noticing that the clock was set, that the machine slept, or
#: that another process has released or requested something.
_LOOK = timedelta(seconds=30)
#: Seconds after which a check of the store hangs: longer than relay and webhook together.
HANGS = 150.0
_HANGING = "a check of the store, or an alert, has hung for minutes; it waits for an answer"
#: Blocks shorter than this, such as a backup, do not matter; and time until one counts as over.
_BRIEF, _SETTLED = timedelta(minutes=1), timedelta(minutes=10)
#: How long runs are kept.
_KEPT = timedelta(days=90)

#: Waits until a moment (aware UTC) for requests and returns them; does not wait if they have been
#: woken more often than the number says. It takes a moment, not a duration, because time may have
#: passed since the caller read the clock.
Wait = Callable[[datetime, int], tuple[RunRequest, ...]]


class Blocked:
    """Which threads of a round cannot work, since when and why."""

    def __init__(self) -> None:
        #: By thread: since when, the first reason, and since when it works again.
        self._known: dict[str, tuple[datetime, str, datetime | None]] = {}

    @property
    def any(self) -> bool:
        """Whether any thread cannot work, or could not until a few minutes ago."""
        return bool(self._known)

    def note(self, thread: str, reason: str, *, at: datetime) -> None:
        """Record why a thread cannot work; an empty reason: it can."""
        since, first, over = self._known.get(thread, (at, reason, None))
        if reason:
            self._known[thread] = since, first, None
        elif first:
            self._known[thread] = since, first, over or at

    def alerts(self, now: datetime) -> tuple[Alert, ...]:
        """Return an alert about the first reason that lasts, or lasted until a few minutes ago.

        Only the first: other threads usually have the same reason in other words.
        """
        for thread, (_, _, over) in tuple(self._known.items()):
            if over is not None and abs(now - over) >= _SETTLED:
                self._known.pop(thread, None)
        known = tuple(self._known.values())
        lasting = [(since, why) for since, why, over in known if (over or now) - since >= _BRIEF]
        return tuple(
            Alert(AlertKind.BLOCKED, "round", since, f"the round is blocked: {reason}")
            for since, reason in sorted(lasting)[:1]
        )


class Runner:
    """Works through its steps until the requests are closed."""

    def __init__(
        self,
        current: Callable[[], RoundRules],
        lane: Set[Step],
        *,
        requests: RunRequests,
        wait: Wait | None = None,
        blocked: Blocked,
    ) -> None:
        """Make a runner for some steps; without any, it watches.

        ``current`` is called before each task. The runner waits for ``requests``, for at most half
        a minute unless ``wait`` is given. ``blocked`` is shared by all threads of a round: each
        records there what blocks it, and the watching one sends alerts.
        """
        self._current, self._rules, self._lane = current, current(), lane
        self._requests, self._wait_by, self._blocked = requests, wait, blocked
        self._name = " and ".join(lane) or "watch"
        self._seen = requests.woken
        self._asked: list[RunRequest] = []
        self._began: dict[Step, datetime] = {}
        #: By step and edition, so that a failing one does not delay others.
        self._resting: dict[tuple[Step, str], datetime] = {}
        self._failures: Counter[tuple[Step, str]] = Counter()
        self._took = timedelta()
        self._failing: set[tuple[Step, str]] = set()
        #: The edition that is due, and since when that is known, by its name.
        self._due: dict[str, tuple[date, datetime]] = {}
        #: The thread that checks the store for this one, and may hang.
        self._looking: threading.Thread | None = None
        #: The last readings of the clock and of steady seconds, and alerts that the clock was set.
        self._read: tuple[datetime, float] | None = None
        self._clock_set: list[Alert] = []
        #: The number of the last run of each step, as last read.
        self._newest: dict[Step, int] = {}

    @property
    def _steps(self) -> Set[Step]:
        return self._lane & self._rules.handlers.keys()

    def run(self) -> None:
        """Do what is due until the round ends."""
        store = self._rules.run_log.store
        self._safely(lambda: store.look(self._read_runs), name=self._name)
        while not self._requests.closed:
            if not self._safely(self._turn, name=self._name):
                self._wait(self._rules.run_log.clock() + _LOOK)

    def _safely(self, work: Callable[[], None], *, name: str) -> bool:
        """Do some work; return whether it succeeded. A failure is logged and recorded."""
        reason = ""
        try:
            work()
        except BriefingError as error:
            reason = str(error)
            LOG.error("the round of %s is blocked: %s", self._rules.run_log.briefing, error)  # noqa: TRY400  the message is enough
        except Exception as error:  # an unforeseen error must not end the round
            reason = f"internal error, {type(error).__name__}: {error}; see the log"
            LOG.exception("the round of %s is blocked", self._rules.run_log.briefing)
        self._blocked.note(name, reason, at=self._rules.run_log.clock())
        return not reason

    def _read_runs(self, tx: Transaction) -> None:
        """Read the last runs of all processes; an unfinished run counts as not done."""
        briefing = self._rules.run_log.briefing
        for step in self._steps:
            self._newest[step] = runs.newest(tx, briefing, step)
            last = runs.last(tx, briefing, step)
            if last and last.ended is not None:
                self._began[step] = last.began

    def _turn(self) -> None:
        # Read before the data: whoever changes these wakes the threads that have not seen it.
        self._seen = self._requests.woken
        self._rules = rules = self._current()
        now = rules.run_log.clock()
        if not self._lane:
            # The watching thread never uses the store itself, nor waits for it for long.
            run_log, name = self._rules.run_log, f"{self._name}/look"
            if self._looking is None or not self._looking.is_alive():
                look = partial(self._safely, self._look, name=name)
                self._looking = threading.Thread(target=look, name=name, daemon=True)
                self._looking.start()
                self._looking.join(HANGS)
            if self._looking.is_alive():
                self._blocked.note(name, _HANGING, at=now)
            now, seconds = run_log.clock(), run_log.steady()
            if seconds is not None:
                before, then = self._read or (now, seconds)
                is_set = clock_set(before + timedelta(seconds=seconds - then), now)
                self._clock_set += [is_set] if is_set else []
                self._read = now, seconds
            run_log.without_store([*self._blocked.alerts(now), *self._clock_set[-3:]])
            until = watches_until(self._rules.timetable, now=now)
            self._wait(min(until, now + _LOOK) if self._blocked.any else until)
            return
        # A runner works by the timetable of weeks in review, or by those of editions.
        table = rules.timetable
        weekly = table.week if Step.WEEK in self._steps else None
        slots = (weekly,) if weekly else (table, *table.others)
        states = [(slot, self._state(slot, now)) for slot in slots]
        if self._asked:
            self._do(task_of(*self._asked.pop(0), today=local_date(rules.timetable, at=now)))
            return
        pause = timedelta.max
        for slot, state in states:
            decision = decide(slot, state, now=now)
            if isinstance(decision, RoundTask):
                self._do(decision)
                return
            pause = min(pause, decision)
        self._wait(now + pause)

    def _state(self, slot: Timetable, now: datetime) -> RoundState:
        rules, briefing = self._rules, self._rules.run_log.briefing
        table, shared = rules.timetable, rules.engine is not None
        # Whether a thread of this round collects, for which an edition waits a while.
        waits = Step.COLLECT in rules.handlers and bool(self._steps & {Step.COLLECT, Step.PUBLISH})
        with rules.run_log.store.read() as tx:
            if shared:
                self._read_runs(tx)
            done = settled(tx, briefing, timetable=slot, now=now)
            next_due = deliveries.next_work(tx, alone=not shared, kinds=rules.kinds)
            going = goes(tx, slot.series(briefing), timetable=slot)
            due = what_is_due(slot, now=now, last=done)
            news = news_of(tx, briefing, slot=slot, due=due, now=now) if waits else None
            awaits = slot is table.week and unsettled(tx, briefing, timetable=table, now=now)
        # Never later than now, in case the clock was set back.
        known = self._due.pop(slot.edition, None)
        if due:
            since = known[1] if known and known[0] == due.day else now
            self._due[slot.edition] = due.day, min(since, now)
        # Failures of steps without an edition, and of this edition.
        own = {"", slot.edition}
        return RoundState(
            steps=frozenset(self._steps),
            settled=done,
            goes=going,
            next_due=next_due,
            began=self._began,
            resting={
                step: at
                for (step, edition), at in self._resting.items()
                if edition == (slot.edition if step is slot.step else "")
            },
            took=self._took,
            failing=frozenset(step for step, edition in self._failing if edition in own),
            news=news,
            waits_since=self._due[slot.edition][1] if due else None,
            awaits=awaits,
        )

    def _do(self, task: RoundTask) -> None:
        run_log, step, own = self._rules.run_log, task.step, (task.step, task.edition)
        self._began[step] = began = run_log.clock()
        # Count it as a failure until it has succeeded and is recorded.
        self._failures[own] += 1
        self._resting[own] = began + rest(self._failures[own])
        self._failing.add(own)
        if self._rules.engine:
            run, again = self._rules.engine.do(task, seen=self._newest.get(step, 0))
        else:
            run, again = run_log.record(task, self._rules.handlers[step])
        if not again:
            self._failures[own] = 0
        if not again or run.ending is Ending.BUSY:
            self._failing.discard(own)
        ended = run_log.clock()
        self._resting[own] = ended + rest(self._failures[own])
        if step is Step.COLLECT:
            self._took = max(ended - began, timedelta())
        if step in {Step.COLLECT, Step.PUBLISH, Step.WEEK}:
            # Threads that wait for the result check at once.
            self._requests.wake()
        if step is Step.PUBLISH:
            with run_log.store.write() as tx:
                if runs.is_trusted(tx, at=run.began, back=_KEPT):
                    runs.prune(tx, before=run.began - _KEPT)

    def _look(self) -> None:
        """Check whether the store can be written, and for alerts."""
        run_log = self._rules.run_log
        with run_log.store.write() as tx:
            tx.rollback()
        run_log.look()

    def _wait(self, until: datetime) -> None:
        if self._wait_by is not None:
            asked = self._wait_by(until, self._seen)
        else:
            seconds = min(until - self._rules.run_log.clock(), _LOOK).total_seconds()
            asked = self._requests.take(seconds, of=tuple(self._steps), seen=self._seen)
        self._asked += asked


def task_of(step: Step, day: date | None, edition: str, *, today: date) -> RoundTask:
    """Return the task of a request; without a day, an edition is today's, or a week ends today."""
    on = (day or today) if step in {Step.PUBLISH, Step.WEEK} else None
    return RoundTask(step, on, edition=edition)


#: Runs of collecting and publishing that are read, enough for the grace period.
_LOOKS = 100


def news_of(
    tx: Transaction, briefing: str, *, slot: Timetable, due: Due | None, now: datetime
) -> News:
    """Return the state of collecting, by any process, and of a due edition."""
    collects = runs.recent(tx, briefing, step=Step.COLLECT, limit=_LOOKS, until=now)
    own = next((run for run in collects if run.ending is not Ending.BUSY), None)
    began, is_running = (own.began, own.ended is None) if own else (None, False)
    # Runs that had nothing to print while the sources had not been read.
    numbers = [
        run.id
        for run in runs.recent(tx, briefing, step=Step.PUBLISH, limit=_LOOKS, until=now)
        if due
        and (run.day, run.edition) == (due.day, slot.edition)
        and run.began >= due.at
        and run.ending in {Ending.BLIND, Ending.PART}
    ]
    if not numbers:
        return News(began, is_running)
    return News(
        began,
        is_running,
        missing=True,
        unread=not any(run.id > min(numbers) for run in collects),
        fresh=own is not None and own.ended is not None and own.id > max(numbers),
    )
