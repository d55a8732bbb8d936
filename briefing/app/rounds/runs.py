"""Runs of the round: requested, done here or by workers, and recorded from start to end."""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from briefing.app.rounds.alerts import Alert
from briefing.core.errors import BriefingError, BusyError, UsageError
from briefing.core.frozen import frozen
from briefing.core.model import AuditEvent, Ending, Run, Step, no_entries
from briefing.core.schedule import Timetable, local_date, refuse_ahead, refuse_unfinished
from briefing.store import Store, Transaction, audit, claims, jobs, runs
from briefing.store.audit import Actor
from briefing.store.jobs import Job, OpenJob

LOG = logging.getLogger("briefing.rounds")
#: Endings that are logged as warnings.
_ILL = frozenset({Ending.FAILED, Ending.BLIND, Ending.PART})


class Stopped(Exception):  # noqa: N818  a request, not an error
    """The round is to end; raised by a task where it can be cut off."""


@frozen
class RoundTask:
    """A task that is due."""

    step: Step
    #: Local date of the edition; None for a task without one.
    day: date | None = None
    #: Whether it is noticeably later than scheduled.
    late: bool = False
    #: Name of the edition among those of its day; empty: the first, or none.
    edition: str = ""


@frozen
class Ended:
    """How a task ended."""

    ending: Ending
    #: One line: what failed, or the result.
    words: str = ""
    #: Counts by name.
    figures: Mapping[str, int] = field(default_factory=no_entries)
    #: Whether to try again soon, which need not mean that it failed.
    again: bool = False
    #: What a part of a run passes on besides: counts and names, as JSON.
    facts: Mapping[str, Any] = field(default_factory=no_entries)


#: Does a task; a BriefingError counts as a failure.
StepHandler = Callable[[RoundTask], Ended]


@frozen
class RunLog:
    """Records the runs of a briefing and triggers its alerts."""

    store: Store
    #: Slug of the briefing.
    briefing: str
    #: Returns the time, aware UTC.
    clock: Callable[[], datetime]
    #: Called with each recorded run.
    alert: Callable[[Run], None] = lambda _run: None
    #: Checks for alerts even though no run has ended.
    look: Callable[[], None] = lambda: None
    #: Sends alerts without the store; for the watching thread.
    without_store: Callable[[Sequence[Alert]], None] = lambda _alerts: None
    #: Returns seconds of a clock that nobody can set; None: there is none to compare with.
    steady: Callable[[], float | None] = lambda: None
    #: Returns a context that names a run in every line logged within it.
    about: Callable[[Run], AbstractContextManager[None]] = lambda _run: nullcontext()

    def record(self, task: RoundTask, handler: StepHandler) -> tuple[Run, bool]:
        """Do a task; return its run, and whether to try again soon."""
        began, late, edition = self.clock(), task.late, task.edition
        run = Run(0, self.briefing, task.step, began, task.day, late=late, edition=edition)
        number = self.store.apply(
            runs.begin, self.briefing, run.step, at=began, day=run.day, late=late, edition=edition
        )
        run = replace(run, id=number)
        with self.about(run):
            LOG.info("%s begins%s", run.step, " late" if run.late else "")
            ended = outcome(task, handler)
            at, words, figures = self.clock(), ended.words, ended.figures
            self.store.apply(
                runs.end, run.id, ending=ended.ending, at=at, words=words, figures=figures
            )
            run = replace(run, ended=at, ending=ended.ending, words=words, figures=figures)
            log_ending(run)
            self.notify(run)
        return run, ended.again

    def notify(self, run: Run) -> None:
        """Send the alerts due after a run; any failure is only logged."""
        try:
            self.alert(run)
        except Exception:
            LOG.exception("the alert after a run failed")


def outcome(task: RoundTask, handler: StepHandler) -> Ended:
    """Do a task; return how it ended, even by an exception."""
    try:
        return handler(task)
    except Stopped:
        return Ended(Ending.PART, "stopped early; finished work is kept")
    except BusyError as error:
        return Ended(Ending.BUSY, str(error), again=True)
    except (BriefingError, OSError) as error:
        return Ended(Ending.FAILED, str(error), again=True)
    except Exception as error:
        LOG.exception("internal error in %s", task.step)
        message = f"internal error, {type(error).__name__}: {error}; see the log"
        return Ended(Ending.FAILED, message, again=True)


def log_ending(run: Run) -> None:
    """Log how a run ended."""
    figures = ", ".join(f"{number} {name}" for name, number in run.figures.items())
    summary = ": ".join(part for part in (str(run.ending), figures, run.words) if part)
    level = logging.WARNING if run.ending in _ILL else logging.INFO
    LOG.log(level, "%s ended, %s", run.step, summary)


#: Steps that belong to a day.
_OF_A_DAY = frozenset({Step.PUBLISH, Step.WEEK, Step.DELIVER})


def request_run(  # noqa: PLR0913  what is to be known of a request
    tx: Transaction,
    step: Step,
    *,
    day: date | None = None,
    edition: str = "",
    timetable: Timetable,
    actor: Actor,
) -> None:
    """Check a request for a run, and audit it; :meth:`RunRequests.give` then makes it.

    UsageError: the step takes no day, or the day is in the future.
    """
    if day and step not in _OF_A_DAY:
        raise UsageError(f"day: {step} takes no day; leave it out")
    if step is Step.PUBLISH and day:
        refuse_ahead(timetable, day, now=actor.at)
    if step is Step.WEEK and day:
        refuse_unfinished(day, today=local_date(timetable, at=actor.at))
    actor.note(tx, f"order {step}", f"{day or ''} {edition}".strip())


#: A requested step, its day, and the name of the edition; empty: the first, or none.
RunRequest = tuple[Step, date | None, str]


class RunRequests:
    """Passes requests from the threads of the web to the threads of the round."""

    def __init__(self) -> None:
        self._change = threading.Condition()
        # In the order of requests, each once.
        self._waiting: dict[RunRequest, None] = {}
        self._woken = 0
        self._closed = False

    def give(self, step: Step, *, day: date | None = None, edition: str = "") -> None:
        """Request a run of a step as soon as possible; repeated requests before it starts are one.

        Requests for different days or editions are separate runs.
        """
        with self._change:
            self._waiting[step, day, edition] = None
            self._change.notify_all()

    def wake(self) -> None:
        """Make all waiting threads check again what is due."""
        with self._change:
            self._woken += 1
            self._change.notify_all()

    @property
    def woken(self) -> int:
        """How often :meth:`wake` was called; a caller that remembers it misses no later call."""
        with self._change:
            return self._woken

    def close(self) -> None:
        """End all waiting, now and later."""
        with self._change:
            self._closed = True
            self._change.notify_all()

    @property
    def closed(self) -> bool:
        """Whether the round is to end."""
        with self._change:
            return self._closed

    def take(
        self, seconds: float, *, of: Collection[Step] = tuple(Step), seen: int | None = None
    ) -> tuple[RunRequest, ...]:
        """Return the requests in order; wait up to ``seconds`` for a first one.

        ``seen`` is ``woken`` as it was before the caller checked what is due; None: as it is now.
        Requests for steps other than ``of`` stay.
        """
        with self._change:
            since = self._woken if seen is None else seen
            self._change.wait_for(
                lambda: (
                    self._closed
                    or self._woken != since
                    or any(step in of for step, *_ in self._waiting)
                ),
                max(seconds, 0),
            )
            asked = tuple(request for request in self._waiting if request[0] in of)
            for request in asked:
                del self._waiting[request]
            return asked


#: Seconds between two checks whether a run has ended.
_LOOK = 0.5
#: Number of workers that may die over a job before it is given up.
_TRIES = 5
#: Messages sent again in one check; the rest waits for the next.
_AGAIN = 100


@frozen
class SharedStep:
    """How several workers do a step."""

    #: Splits a task into parts for one worker each, at least one; parts contain only names.
    split: Callable[[RoundTask], Sequence[Mapping[str, Any]]]
    #: Does a part, like a :data:`StepHandler`; doing it twice or late must do no harm. The third
    #: argument is a name for claims that no other job uses.
    do: Callable[[RoundTask, Mapping[str, Any], str], Ended]
    #: Combines the results of all parts, in the transaction that ends the run.
    join: Callable[[Transaction, Run, Sequence[Ended]], Ended] = lambda _tx, _run, ends: joined(
        ends
    )


#: Sends workers a message about each job, unless one is still on its way. It may be lost or arrive
#: twice; a BriefingError: it cannot be sent.
Messenger = Callable[[Sequence[OpenJob]], None]


@dataclass(slots=True)
class Reaper:
    """Gives jobs of lost workers to others, and sends lost messages again.

    A job counts as lost if nothing about it has changed for a while by the reaper's own stopwatch,
    so that differences between the clocks of machines do not matter.
    """

    run_log: RunLog
    send: Messenger
    #: Seconds without a change after which a job counts as lost.
    patience: float
    watch: Callable[[], float] = time.monotonic
    _seen: dict[int, tuple[OpenJob, float]] = field(default_factory=dict)

    def look(self) -> None:
        """Free jobs that are lost, and send messages again for those that have waited too long.

        BriefingError: messages cannot be sent.
        """
        now = self.watch()
        current = self.run_log.store.look(jobs.open_jobs, self.run_log.briefing)
        known = self._seen
        self._seen = {
            job.number: known[job.number]
            if job.number in known and known[job.number][0] == job
            else (job, now)
            for job in current
        }
        stale = [job for job, since in self._seen.values() if now - since >= self.patience]
        lost = [job for job in stale if job.worker]
        if lost:
            given: dict[str, list[str]] = {}
            with self.run_log.store.write() as tx:
                for job in lost:
                    if jobs.free(tx, job):
                        # Mails that it was sending are now in doubt.
                        claims.end_leases_of(tx, _claimer(job.worker, job.number))
                        given.setdefault(job.worker, []).append(f"job {job.number} ({job.step})")
                for worker, parts in given.items():
                    about = f"{worker}: {', '.join(parts)} taken over by other workers"
                    LOG.warning("a worker is lost: %s", about)
                    at = self.run_log.clock()
                    audit.note(tx, AuditEvent(at, "briefing", audit.WORKER_LOST, about))
        if stale:
            self.send(stale[:_AGAIN])
            for job in stale:
                del self._seen[job.number]


@frozen
class SharedEngine:
    """Plans runs for workers, each only once for all rounds, and waits until they end."""

    run_log: RunLog
    steps: Mapping[Step, SharedStep]
    send: Messenger
    reaper: Reaper
    #: Returns whether to stop waiting.
    stop: Callable[[], bool] = lambda: False
    sleep: Callable[[float], None] = time.sleep
    #: Number of checks between two by the reaper.
    looks: int = 20

    def do(self, task: RoundTask, *, seen: int) -> tuple[Run, bool]:
        """Plan a run, unless another round has planned it; wait until it has ended.

        ``seen`` is the number of the last run of its step when this was decided; 0: none. Return
        the run, and whether to try again soon.
        """
        number, own = self._planned(task, seen=seen)
        run, again = self._wait(number)
        if own and run.ended is not None:
            with self.run_log.about(run):
                log_ending(run)
                self.run_log.notify(run)
        return run, again

    def _planned(self, task: RoundTask, *, seen: int) -> tuple[int, bool]:
        """Plan a run and notify the workers; return its number, and whether it is new."""
        parts = self.steps[task.step].split(task)
        briefing, step = self.run_log.briefing, task.step
        with self.run_log.store.write() as tx:
            running = jobs.run_of(tx, briefing, step)
            if running is not None:
                return running, False
            # Another round has acted since we checked what is due.
            newest = runs.newest(tx, briefing, step)
            if newest > seen:
                return newest, False
            at = self.run_log.clock()
            if step is Step.DELIVER:
                # These are of jobs unknown even to the reaper, as in a restored store.
                claims.end_leases_of_jobs(tx)
            late, edition = task.late, task.edition
            number = runs.begin(tx, briefing, step, at=at, day=task.day, late=late, edition=edition)
            jobs.plan(tx, number, parts, at=at)
        LOG.info("%s is planned%s", step, " late" if task.late else "")
        every = self.run_log.store.look(jobs.open_jobs, briefing)
        waiting = [job for job in every if not job.worker]
        self._safely(lambda: self.send(waiting))
        return number, True

    def _wait(self, number: int) -> tuple[Run, bool]:
        looks = 0
        while True:
            with self.run_log.store.read() as tx:
                run, again = runs.get(tx, number), jobs.is_again(tx, number)
                left = jobs.left(tx, number)
            assert run is not None  # noqa: S101  pruned after 90 days
            if run.ended is not None or not left or self.stop():
                return run, again or run.ending in {Ending.FAILED, Ending.BLIND}
            looks += 1
            if looks % self.looks == 0:
                self._safely(self.reaper.look)
            self.sleep(_LOOK)

    def _safely(self, work: Callable[[], None]) -> None:
        try:
            work()
        except BriefingError as error:
            LOG.warning("jobs wait: %s", error)


@frozen
class JobRunner:
    """Does the jobs of one worker."""

    run_log: RunLog
    steps: Mapping[Step, SharedStep]
    send: Messenger
    #: A name that no other worker has or had.
    worker: str
    #: Numbers of the jobs in progress.
    doing: set[int] = field(default_factory=set)

    def do(self, number: int) -> None:
        """Do a job, unless it has ended or another worker does it; the last job ends its run.

        StoreError: its start or its end cannot be recorded, so that it will be done again.
        """
        job = self.run_log.store.apply(jobs.claim, number, worker=self.worker)
        if job is None:
            return
        self.doing.add(number)
        try:
            with self.run_log.about(job.run):
                LOG.info("job %d (%s) begins", number, job.run.step)
                is_stopped = False

                def work(task: RoundTask) -> Ended:
                    nonlocal is_stopped
                    if job.tries > _TRIES:
                        words = f"{_TRIES} workers failed on it; see their logs"
                        return Ended(Ending.FAILED, words, again=True)
                    try:
                        claimer = _claimer(self.worker, number)
                        return self.steps[job.run.step].do(task, job.part, claimer)
                    except Stopped:
                        is_stopped = True
                        raise

                ended = outcome(_task_of(job.run), work)
                if is_stopped:
                    with self.run_log.store.write() as tx:
                        own = jobs.give_back(tx, job.number, worker=self.worker)
                        claims.end_leases_of(tx, _claimer(self.worker, job.number))
                    if own:
                        LOG.info("job %d (%s) is given back", job.number, job.run.step)
                        self.send([OpenJob(job.number, job.run.step, "", 0)])
                else:
                    self._end(job, ended)
                    LOG.info("job %d (%s) ended, %s", number, job.run.step, ended.ending)
        finally:
            self.doing.discard(number)

    def beat(self) -> None:
        """Show that the worker is alive and does its jobs."""
        doing = tuple(self.doing)
        if doing:
            self.run_log.store.apply(jobs.beat, doing, worker=self.worker)

    def _end(self, job: Job, ended: Ended) -> None:
        """Record the result of a job, and that of its run if this was its last job."""
        at, run = self.run_log.clock(), job.run
        with self.run_log.store.write() as tx:
            result = {
                "ending": ended.ending.value,
                "words": ended.words,
                "figures": {name: count for name, count in ended.figures.items() if count},
                "again": ended.again,
                "facts": dict(ended.facts),
            }
            # Claims that it could not give back, for instance while the database was down.
            claims.end_leases_of(tx, _claimer(self.worker, job.number))
            if not jobs.end(tx, job.number, worker=self.worker, at=at, result=result):
                LOG.warning("other workers had taken over job %d; what it did is kept", job.number)
                return
            if ended.ending is Ending.FAILED:
                # The others would fail in the same way.
                jobs.drop_waiting(tx, run.id, at=at)
            if jobs.left(tx, run.id):
                return
            results = [
                Ended(**{**part, "ending": Ending(part["ending"])})
                for part in jobs.results(tx, run.id)
            ]
            # A failure here also ends the run; otherwise its last job would be repeated for ever.
            whole = outcome(
                _task_of(run), lambda _task: self.steps[run.step].join(tx, run, results)
            )
            if whole.again:
                jobs.let_again(tx, run.id)
            runs.end(
                tx, run.id, ending=whole.ending, at=at, words=whole.words, figures=whole.figures
            )


def _task_of(run: Run) -> RoundTask:
    return RoundTask(run.step, run.day, run.late, run.edition)


def _claimer(worker: str, job: int) -> str:
    """Return the name under which a job of a worker claims mails; each job has its own."""
    return f"{worker}/{job}"


#: Endings by severity, worst first.
_GRAVEST = (Ending.FAILED, Ending.BLIND, Ending.BUSY, Ending.PART, Ending.EMPTY, Ending.DONE)


def joined(ends: Sequence[Ended]) -> Ended:
    """Return how a run ended, given its parts: with the worst ending, and all figures added."""
    figures: Counter[str] = Counter()
    for ended in ends:
        figures.update(ended.figures)
    endings = {ended.ending for ended in ends}
    ending = next((grave for grave in _GRAVEST if grave in endings), Ending.DONE)
    words = dict.fromkeys(ended.words for ended in ends if ended.words)
    return Ended(ending, "; ".join(words), figures, again=any(ended.again for ended in ends))
