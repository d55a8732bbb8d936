"""The engine of several processes: runs are planned as jobs, and workers do them."""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, Self

from briefing.app.rounds.round import task_of
from briefing.app.rounds.runs import (
    Ended,
    RoundTask,
    RunLog,
    RunRequest,
    RunRequests,
    Stopped,
    log_ending,
    outcome,
)
from briefing.core.errors import BriefingError
from briefing.core.model import AuditEvent, Ending, Run, Step
from briefing.core.schedule import Timetable, local_date
from briefing.store import Transaction, audit, claims, jobs, runs
from briefing.store.jobs import Job, OpenJob

LOG = logging.getLogger("briefing.rounds")
#: Seconds between two looks whether a run has ended.
_LOOK = 0.5
#: After how many workers that died over a job nobody tries it again.
_TRIES = 5
#: Messages that are sent again in one look; the rest waits for the next.
_AGAIN = 100

#: What a part brought beside its ending, for the join: counts and names, as JSON.
Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SharedStep:
    """How a step is done by several workers."""

    #: Splits a task into the parts that one worker each does, at least one; by names only.
    split: Callable[[RoundTask], Sequence[Mapping[str, Any]]]
    #: Does a part, which may be done twice or late without harm; as a :data:`StepHandler`. The
    #: name is that of its job, as nobody else claims anything by.
    do: Callable[[RoundTask, Mapping[str, Any], str], tuple[Ended, Facts]]
    #: Joins what came of all parts, in the transaction that ends the run.
    join: Callable[[Transaction, Run, Sequence[tuple[Ended, Facts]]], Ended]


class Messenger(Protocol):
    """Tells workers of jobs; a message may be lost or come twice."""

    def __call__(self, waiting: Sequence[OpenJob], /) -> None:
        """Send a message for each job, unless one is still on its way.

        BriefingError: it cannot.
        """
        ...


@dataclass(slots=True)
class Reaper:
    """Gives jobs of lost workers, and those whose message was lost, to others.

    A job counts as lost when nothing about it has changed for a while, by the watch of whoever
    looks: no clock of any machine decides.
    """

    run_log: RunLog
    send: Messenger
    #: In seconds.
    patience: float
    watch: Callable[[], float] = time.monotonic
    _seen: dict[int, tuple[OpenJob, float]] = field(default_factory=dict)

    def look(self) -> None:
        """Free what is lost, and send the messages again of what waits for too long.

        BriefingError: no message can be sent.
        """
        now = self.watch()
        with self.run_log.store.read() as tx:
            current = jobs.open_jobs(tx, self.run_log.briefing)
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
                        # What it was just sending is in doubt.
                        claims.end_leases_of(tx, _claimer(job.worker, job.number))
                        given.setdefault(job.worker, []).append(f"job {job.number} ({job.step})")
                for worker, parts in given.items():
                    about = f"{worker}: {', '.join(parts)} given to others"
                    LOG.warning("a worker is lost: %s", about)
                    at = self.run_log.clock()
                    audit.note(tx, AuditEvent(at, "briefing", audit.WORKER_LOST, about))
        if stale:
            self.send(stale[:_AGAIN])
            for job in stale:
                del self._seen[job.number]


@dataclass(frozen=True, slots=True)
class SharedEngine:
    """Plans runs for workers, each once whatever the number of rounds, and waits for their end."""

    run_log: RunLog
    steps: Mapping[Step, SharedStep]
    send: Messenger
    reaper: Reaper
    #: Whether to wait no longer.
    stop: Callable[[], bool] = lambda: False
    sleep: Callable[[float], None] = time.sleep
    #: Looks between two of the reaper's.
    looks: int = 20

    def do(self, task: RoundTask, *, seen: int) -> tuple[Run, bool]:
        """Plan a run, unless another round has planned it; wait until it has ended."""
        number, own = self._planned(task, seen=seen)
        run, again = self._wait(number)
        if own and run.ended is not None:
            with self.run_log.about(run):
                log_ending(run)
                self.run_log.notify(run)
        return run, again

    def order(self, task: RoundTask) -> bool:
        """Plan a run at once, unless one of the step is under way; do not wait for its end.

        Returns:
            Whether it is done: not if the run under way is for another day.
        """
        with self.run_log.store.read() as tx:
            seen = runs.newest(tx, self.run_log.briefing, task.step)
        number, own = self._planned(task, seen=seen)
        with self.run_log.store.read() as tx:
            run = runs.get(tx, number)
        same = run is not None and (run.day, run.edition) == (task.day, task.edition)
        return own or same

    def _planned(self, task: RoundTask, *, seen: int) -> tuple[int, bool]:
        """Plan a run and tell the workers; return it, and whether it is our own."""
        parts = self.steps[task.step].split(task)
        briefing, step = self.run_log.briefing, task.step
        with self.run_log.store.write() as tx:
            running = jobs.run_of(tx, briefing, step)
            if running is not None:
                return running, False
            # Another round has acted since we looked what is due.
            newest = runs.newest(tx, briefing, step)
            if newest > seen:
                return newest, False
            at = self.run_log.clock()
            if step is Step.DELIVER:
                # Of jobs that are not even lost, as in a store that was put back.
                claims.end_leases_of_jobs(tx)
            late, edition = task.late, task.edition
            number = runs.begin(tx, briefing, step, at=at, day=task.day, late=late, edition=edition)
            jobs.plan(tx, number, parts, at=at)
        LOG.info("%s is planned%s", step, " late" if task.late else "")
        with self.run_log.store.read() as tx:
            waiting = [job for job in jobs.open_jobs(tx, briefing) if not job.worker]
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


@dataclass(frozen=True, slots=True)
class JobRunner:
    """Does the jobs of one worker."""

    run_log: RunLog
    steps: Mapping[Step, SharedStep]
    send: Messenger
    #: As no other worker is or was called.
    worker: str
    #: Numbers of the jobs under way.
    doing: set[int] = field(default_factory=set)

    def do(self, number: int) -> None:
        """Do a job, unless it has ended or another does it; the last of a run ends that.

        StoreError: its begin or its end cannot be recorded; it is done again then.
        """
        with self.run_log.store.write() as tx:
            job = jobs.claim(tx, number, worker=self.worker)
        if job is None:
            return
        self.doing.add(number)
        try:
            with self.run_log.about(job.run):
                LOG.info("job %d (%s) begins", number, job.run.step)
                facts: Facts | None = {}

                def work(task: RoundTask) -> Ended:
                    nonlocal facts
                    if job.tries > _TRIES:
                        words = f"{_TRIES} workers died over it; see their logs"
                        return Ended(Ending.FAILED, words, again=True)
                    try:
                        claimer = _claimer(self.worker, number)
                        ended, facts = self.steps[job.run.step].do(task, job.part, claimer)
                    except Stopped:
                        facts = None
                        raise
                    return ended

                ended = outcome(_task_of(job.run), work)
                if facts is None:
                    with self.run_log.store.write() as tx:
                        own = jobs.give_back(tx, job.number, worker=self.worker)
                        claims.end_leases_of(tx, _claimer(self.worker, job.number))
                    if own:
                        LOG.info("job %d (%s) is given back", job.number, job.run.step)
                        self.send([OpenJob(job.number, job.run.step, "", 0)])
                else:
                    self._end(job, ended, facts)
                    LOG.info("job %d (%s) ended, %s", number, job.run.step, ended.ending)
        finally:
            self.doing.discard(number)

    def beat(self) -> None:
        """Show that the worker is alive and does its jobs."""
        doing = tuple(self.doing)
        if doing:
            with self.run_log.store.write() as tx:
                jobs.beat(tx, doing, worker=self.worker)

    def _end(self, job: Job, ended: Ended, facts: Facts) -> None:
        """Record what came of a job, and of its run if no other job of it is left."""
        at, run = self.run_log.clock(), job.run
        with self.run_log.store.write() as tx:
            result = {
                "ending": ended.ending.value,
                "words": ended.words,
                "figures": {name: count for name, count in ended.figures.items() if count},
                "again": ended.again,
                "facts": dict(facts),
            }
            # Of what it could not give back, as when the database was away.
            claims.end_leases_of(tx, _claimer(self.worker, job.number))
            if not jobs.end(tx, job.number, worker=self.worker, at=at, result=result):
                LOG.warning("job %d had been given to others; what it did is kept", job.number)
                return
            if ended.ending is Ending.FAILED:
                # What stopped this one would stop the others too.
                jobs.drop_waiting(tx, run.id, at=at)
            if jobs.left(tx, run.id):
                return
            results = [
                (
                    Ended(Ending(part["ending"]), part["words"], part["figures"], part["again"]),
                    part["facts"],
                )
                for part in jobs.results(tx, run.id)
            ]
            # Whatever fails here ends the run; else its last job would be done again, for ever.
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
    """Return by which name a job claims what it works on; another job of its worker has another."""
    return f"{worker}/{job}"


#: The gravest first: how a run ended of which parts ended differently.
_GRAVEST = (Ending.FAILED, Ending.BLIND, Ending.BUSY, Ending.PART, Ending.EMPTY, Ending.DONE)


def joined(ends: Sequence[Ended]) -> Ended:
    """Return how a run ended, by its parts: as the gravest did, with all figures together."""
    figures: Counter[str] = Counter()
    for ended in ends:
        figures.update(ended.figures)
    endings = {ended.ending for ended in ends}
    ending = next((grave for grave in _GRAVEST if grave in endings), Ending.DONE)
    words = dict.fromkeys(ended.words for ended in ends if ended.words)
    return Ended(ending, "; ".join(words), figures, again=any(ended.again for ended in ends))


#: Seconds of one wait for a request.
_LOOK_PLANNER = 30.0


class RequestPlanner:
    """Plans each request as a run, at once; use it as a context manager."""

    def __init__(
        self, rules: Callable[[], tuple[SharedEngine, Timetable]], *, requests: RunRequests
    ) -> None:
        """Make it; ``rules`` are asked before each request, and closing the requests ends it."""
        self._rules, self._requests = rules, requests
        self._thread = threading.Thread(target=self._plan, name="requests", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        """End it when what it plans now is planned."""
        self._requests.close()
        self._thread.join()

    def _plan(self) -> None:
        waiting: list[RunRequest] = []
        while not self._requests.closed:
            # Before the rules are read: whoever changes them wakes those that have not seen it.
            seen = self._requests.woken
            engine, timetable = self._rules()
            steps = tuple(engine.steps)
            asked = [*waiting, *self._requests.take(_LOOK_PLANNER, of=steps, seen=seen)]
            # What a run for another day keeps waiting is tried again at the next look.
            waiting = []
            today = local_date(timetable, at=engine.run_log.clock())
            for step, day, edition in asked:
                try:
                    if not engine.order(task_of(step, day, edition, today=today)):
                        waiting.append((step, day, edition))
                except BriefingError as error:
                    LOG.error("%s was asked for and is not planned: %s", step, error)  # noqa: TRY400  the message is enough
                except Exception:  # what is not foreseen must not end it
                    LOG.exception("%s was asked for and is not planned", step)
