"""The round itself: its threads, each of which does what is due, and waits."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Self

from briefing.app.release import goes
from briefing.app.rounds.alerts import Alert, AlertKind, clock_set
from briefing.app.rounds.days import expected, settled, unsettled
from briefing.app.rounds.decide import News, RoundState, decide, overdue, rest, watches_until
from briefing.app.rounds.runs import Engine, RoundTask, RunLog, RunRequest, RunRequests, StepHandler
from briefing.core.errors import BriefingError
from briefing.core.model import DELIVERED, Ending, MailKind, Run, Step
from briefing.core.schedule import Due, Timetable, ahead_words, dated_ahead, local_date, what_is_due
from briefing.store import Transaction, archive, deliveries, runs

#: Threads for collecting, for editions, for weeks in review and for mail, so that none blocks
#: another. The last only watches that all is made in time, and alerts when the others hang.
_LANES = ({Step.COLLECT}, {Step.PUBLISH}, {Step.WEEK}, {Step.DELIVER, Step.BOUNCES}, set[Step]())


@dataclass(frozen=True, slots=True)
class RoundRules:
    """What is done when, and where it is recorded."""

    run_log: RunLog
    #: When there are editions.
    timetable: Timetable
    #: What is done in each step; a step without one is never done.
    handlers: Mapping[Step, StepHandler]
    #: Has it done; None: it is done here, and no other round has the same done.
    engine: Engine | None = None
    #: What can be delivered.
    kinds: frozenset[MailKind] = DELIVERED


class Round:
    """Runs beside whatever else its process does; use it as a context manager."""

    def __init__(
        self, rules: Callable[[], RoundRules], *, requests: RunRequests, wait: Wait | None = None
    ) -> None:
        """Make it.

        ``rules`` are asked before each piece of work; closing the requests ends the round, and on
        them a thread waits unless ``wait`` is given.
        """
        self._requests, blocked = requests, Blocked()
        name = f"round/{rules().run_log.briefing}"
        self._threads = [
            threading.Thread(
                target=Runner(rules, steps, requests=requests, wait=wait, blocked=blocked).run,
                name=f"{name}/{number}",
                # When its process must end it is cut, as by a kill, which harms nothing.
                daemon=True,
            )
            for number, steps in enumerate(_LANES)
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        """End it when what it does now has ended, or can be cut."""
        self._requests.close()
        for thread in self._threads:
            thread.join()


LOG = logging.getLogger("briefing.rounds")
#: The longest wait: so long it takes to notice that a clock was set or a machine slept, what
#: another process has released, and what was asked of the store by hand.
_LOOK = timedelta(seconds=30)
#: Seconds after which a look at the store hangs: longer than relay and webhook may take together.
HANGS = 150.0
_HANGING = "a look at the store, or an alert, has not ended for minutes; it waits for an answer"
#: What blocks a thread for less is no matter, such as a backup; and after which time it is over.
_BRIEF, _SETTLED = timedelta(minutes=1), timedelta(minutes=10)
#: For how long runs are kept.
_KEPT = timedelta(days=90)

#: Waits until a moment, aware UTC, for a request, and returns the requests; not at all when they
#: have been woken more often than the number says. A moment, not a span: the clock may have gone on
#: since its caller read it.
Wait = Callable[[datetime, int], tuple[RunRequest, ...]]


class Blocked:
    """Which threads of a round cannot work, since when and why."""

    def __init__(self) -> None:
        #: By thread: since when, the first reason, and since when it can again.
        self._known: dict[str, tuple[datetime, str, datetime | None]] = {}

    @property
    def any(self) -> bool:
        """Whether any thread cannot work, or could not a moment ago."""
        return bool(self._known)

    def note(self, thread: str, reason: str, *, at: datetime) -> None:
        """Note why a thread cannot work; an empty reason: it can."""
        since, first, over = self._known.get(thread, (at, reason, None))
        if reason:
            self._known[thread] = since, first, None
        elif first:
            self._known[thread] = since, first, over or at

    def alerts(self, now: datetime) -> tuple[Alert, ...]:
        """Return an alert to the first reason that lasts, or did a moment ago.

        Another is most often the same in other words.
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
        """Make it for some steps, or without any to watch.

        ``current`` is asked before each piece of work. It waits on the requests, no longer than
        half a minute, unless ``wait`` is given. What blocks it is noted in ``blocked``, which all
        threads of a round share and the one that watches alerts to.
        """
        self._current, self._rules, self._lane = current, current(), lane
        self._requests, self._wait_by, self._blocked = requests, wait, blocked
        self._name = " and ".join(lane) or "watch"
        self._seen = requests.woken
        self._asked: list[RunRequest] = []
        self._began: dict[Step, datetime] = {}
        #: By step and edition, so that one that fails holds up no other.
        self._resting: dict[tuple[Step, str], datetime] = {}
        self._failures: Counter[tuple[Step, str]] = Counter()
        self._took = timedelta()
        self._failing: set[tuple[Step, str]] = set()
        self._missed: set[tuple[Step, str, date]] = set()
        #: The edition that is due, and since when that is known, by its name.
        self._due: dict[str, tuple[date, datetime]] = {}
        self._ahead: set[date] = set()
        #: The thread that looks at the store for this one, and may hang with it.
        self._looking: threading.Thread | None = None
        #: What clock and steady seconds said last, and the last times that the clock was set.
        self._read: tuple[datetime, float] | None = None
        self._clock_set: list[Alert] = []
        #: The number of the last run of each step, as of the last look.
        self._newest: dict[Step, int] = {}

    @property
    def _steps(self) -> Set[Step]:
        return self._lane & self._rules.handlers.keys()

    def run(self) -> None:
        """Do what is due until the round is to end."""

        def recall() -> None:
            with self._rules.run_log.store.read() as tx:
                self._read_runs(tx)

        self._safely(recall, name=self._name)
        while not self._requests.closed:
            if not self._safely(self._turn, name=self._name):
                self._wait(self._rules.run_log.clock() + _LOOK)

    def _safely(self, work: Callable[[], None], *, name: str) -> bool:
        """Do something; return whether it went well. A failure is logged and noted."""
        reason = ""
        try:
            work()
        except BriefingError as error:
            reason = str(error)
            LOG.error("the round of %s is blocked: %s", self._rules.run_log.briefing, error)  # noqa: TRY400  the message is enough
        except Exception as error:  # what is not foreseen must not end the round
            reason = f"internal error ({type(error).__name__}: {error}); see the log"
            LOG.exception("the round of %s is blocked", self._rules.run_log.briefing)
        self._blocked.note(name, reason, at=self._rules.run_log.clock())
        return not reason

    def _read_runs(self, tx: Transaction) -> None:
        """Read what was done by whichever process; a run that was cut counts as not done."""
        briefing = self._rules.run_log.briefing
        for step in self._steps:
            self._newest[step] = runs.newest(tx, briefing, step)
            last = runs.last(tx, briefing, step)
            if last is not None and last.ended is not None:
                self._began[step] = last.began

    def _turn(self) -> None:
        # Before all that it goes by is read: whoever changes it wakes those that have not seen it.
        self._seen = self._requests.woken
        self._rules = rules = self._current()
        now = rules.run_log.clock()
        if not self._lane:
            # It watches: nothing here needs the store, or waits for it longer than a while.
            run_log, name = self._rules.run_log, f"{self._name}/look"
            if self._looking is None or not self._looking.is_alive():
                look = partial(self._safely, partial(self._look, now), name=name)
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
        # By which timetables it works: that of weeks in review, or those of editions.
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
        # Whether a thread beside this one collects, for which an edition waits a while.
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
        # Not longer than from now, where a clock was set back.
        known = self._due.pop(slot.edition, None)
        if due:
            since = known[1] if known and known[0] == due.day else now
            self._due[slot.edition] = due.day, min(since, now)
        # What is of no edition, or of this one.
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
        # A failure until it is known to have gone well: also when it cannot be recorded.
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
            # The threads that wait for what was done look at once.
            self._requests.wake()
        if step is Step.PUBLISH:
            with run_log.store.write() as tx:
                if runs.is_trusted(tx, at=run.began, back=_KEPT):
                    runs.prune(tx, before=run.began - _KEPT)

    def _look(self, now: datetime) -> None:
        """Look for alerts in the store, and whether it can be written to."""
        run_log = self._rules.run_log
        with run_log.store.write() as tx:
            tx.rollback()
        with run_log.store.read() as tx:
            days = archive.days(tx, run_log.briefing, first=now.date(), last=date.max)
        # Each is logged once; the look that follows makes an alert of it.
        ahead = {*dated_ahead(self._rules.timetable, days, now=now)}
        for day in sorted(ahead - self._ahead):
            LOG.warning("%s", ahead_words(day))
        self._ahead |= ahead
        # What should have been made by now and is not, each once.
        missed = []
        with run_log.store.read() as tx:
            for slot in self._rules.timetable.slots:
                last = settled(tx, run_log.briefing, timetable=slot, now=now)
                due = overdue(slot, now=now, last=last)
                if due is None or not expected(tx, run_log.briefing, due, timetable=slot):
                    continue
                if (key := (slot.step, slot.edition, due.day)) not in self._missed:
                    self._missed.add(key)
                    missed.append((slot, due))
        for slot, due in missed:
            words = f"the {slot.named(due.day)} has not been made; it was due at {due.at:%H:%M} UTC"
            LOG.warning("%s", words)
            run = Run(0, run_log.briefing, slot.step, due.at, due.day, late=True, words=words)
            run_log.notify(replace(run, edition=slot.edition))
        if not missed:
            run_log.look()

    def _wait(self, until: datetime) -> None:
        if self._wait_by is not None:
            asked = self._wait_by(until, self._seen)
        else:
            seconds = min(until - self._rules.run_log.clock(), _LOOK).total_seconds()
            asked = self._requests.take(seconds, of=tuple(self._steps), seen=self._seen)
        self._asked += asked


def task_of(step: Step, day: date | None, edition: str, *, today: date) -> RoundTask:
    """Return the task of a request; an edition without a day is that of today, or ends today."""
    on = (day or today) if step in {Step.PUBLISH, Step.WEEK} else None
    return RoundTask(step, on, edition=edition)


#: Runs of collecting and of publishing that are read: those within the grace.
_LOOKS = 100


def news_of(
    tx: Transaction, briefing: str, *, slot: Timetable, due: Due | None, now: datetime
) -> News:
    """Return what is known of collecting, by whichever process, and of an edition that is due."""
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
