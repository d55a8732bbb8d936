"""From settings to several workers: the parts of each step, and the worker that does jobs."""

import asyncio
import logging
import os
import signal
import socket
import threading
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any, Self
from uuid import uuid4

from briefing.app.collect import Collected, CollectPart, finish
from briefing.app.corrections import mail_readers
from briefing.app.rounds.runs import (
    Ended,
    JobRunner,
    Reaper,
    RoundTask,
    RunLog,
    SharedEngine,
    SharedStep,
    StepHandler,
    Stopped,
    joined,
)
from briefing.core.errors import BriefingError
from briefing.core.model import Ending, Run, Step
from briefing.settings import Live, Renewed, Settings
from briefing.setup import daily
from briefing.setup.channels import deliver_due
from briefing.setup.clock import now
from briefing.setup.news import collect_news, correction_plan
from briefing.setup.registry import messenger, queue_of
from briefing.sources.keys import split
from briefing.store import Store, Transaction, deliveries, jobs, sources

#: Sources per job. A worker fetches 32 at a time, and a slow source delays only its own job.
_SOURCES = 25
#: Deliveries per job: a run's deliveries divided into this many jobs, but at least as many as
#: justify making their letters, and at most what a worker sends in half a minute at 20 a second.
_SHARES, _FEWEST, _DELIVERIES = 40, 25, 500
#: Most jobs of a run; the next run does the rest.
_JOBS = 1_000
#: How long ended jobs are kept.
_KEPT = timedelta(days=1)


def worker_name() -> str:
    """Return a name for a worker that is unique across machines and time."""
    return f"{socket.gethostname()}/{os.getpid()}/{uuid4().hex[:12]}"


@contextmanager
def engine_of(
    store: Store, settings: Settings, *, stop: Callable[[], bool]
) -> Iterator[Callable[[RunLog, Settings], SharedEngine | None]]:
    """Provide what returns the engine of a round; None if the round does the work itself.

    Raises SettingsError if the store is not on PostgreSQL, MissingPartError if procrastinate is not
    installed, and StoreError if the database cannot be used.
    """
    if settings.engine.kind == "inline":
        yield lambda _run_log, _settings: None
        return
    with closing(queue_of(store.place)) as queue:
        queue.open()

        def engine(run_log: RunLog, settings: Settings) -> SharedEngine:
            steps, send = shared_steps(store, settings=settings), messenger(queue)
            reaper = Reaper(run_log, send, patience=settings.engine.lost_seconds)
            return SharedEngine(run_log, steps, send, reaper, stop)

        yield engine


def shared_steps(
    store: Store, *, settings: Settings, stop: Callable[[], bool] = lambda: False
) -> Mapping[Step, SharedStep]:
    """Return how workers do each step that the settings enable."""

    def look(*_progress: object) -> None:
        if stop():
            raise Stopped

    handlers = daily.handlers_of(store, settings=settings, stop=stop)
    steps = {step: _whole(handler) for step, handler in handlers.items()}
    steps[Step.COLLECT] = _collecting(store, settings, look)
    if Step.DELIVER in handlers:

        def send(_task: RoundTask, part: Mapping[str, Any], name: str) -> Ended:
            # Jobs planned by an earlier version have no number.
            share = (name, part.get("most", _DELIVERIES))
            done = deliver_due(store, settings=settings, watch=look, share=share)
            return daily.delivered(done)

        steps[Step.DELIVER] = SharedStep(lambda _task: _shares(store), send)
    return steps


def _whole(handler: StepHandler) -> SharedStep:
    """Return a step that a single worker does as a whole."""
    return SharedStep(lambda _task: [{}], lambda task, _part, _name: handler(task))


def _shares(store: Store) -> list[dict[str, Any]]:
    due, _ = store.look(deliveries.due_by, now())
    most = min(max(-(-due // _SHARES), _FEWEST), _DELIVERIES)
    return [{"most": most}] * max(1, min(-(-due // most), _JOBS))


def _collecting(store: Store, settings: Settings, look: Callable[..., None]) -> SharedStep:
    def do(_task: RoundTask, part: Mapping[str, Any], _name: str) -> Ended:
        own = CollectPart(frozenset(part["sources"]), owed=part["owed"])
        done = collect_news(store, settings=settings, watch=look, part=own)
        ended = daily.collected(replace(done, source_statuses=()), at=now())
        daily.alert_watched(store, settings=settings)
        failed, gone = sorted(done.failed), sorted(done.gone)
        facts = {"answered": done.answered, "failed": failed, "gone": gone}
        return replace(ended, facts=facts)

    def join(tx: Transaction, run: Run, results: Sequence[Ended]) -> Ended:
        parts = joined(results)
        facts = [ended.facts for ended in results if ended.facts]
        answered = sum(known["answered"] for known in facts)
        failed, gone = ({url for known in facts for url in known[of]} for of in ("failed", "gone"))
        finish(tx, answered, failed, gone, keep=settings.store.keep, at=run.began)
        mail_readers(tx, correction_plan(settings), at=now())
        jobs.prune(tx, before=now() - _KEPT)
        jobs.prune_paces(tx, before=(now() - _KEPT).timestamp())
        whole = daily.collected(Collected((), sources.active(tx), at=run.began), at=now())
        figures = {**parts.figures, "failing": whole.figures["failing"]}
        return replace(parts if parts.ending is Ending.FAILED else whole, figures=figures)

    return SharedStep(lambda _task: _batches(store), do, join)


def _batches(store: Store) -> list[dict[str, Any]]:
    """Return the sources in batches, each host in one, and a batch for pages to fetch again."""
    urls = [status.source.url for status in store.look(sources.active)]
    by_host: dict[str, list[str]] = defaultdict(list)
    for url in urls:
        # An address without a host counts as its own host.
        by_host[split(url).hostname or url].append(url)
    batches: list[list[str]] = [[]]
    for of_host in by_host.values():
        if batches[-1] and len(batches[-1]) + len(of_host) > _SOURCES:
            batches.append([])
        batches[-1] += of_host
    return [{"sources": batch, "owed": False} for batch in batches] + [
        {"sources": [], "owed": True}
    ]


LOG = logging.getLogger("briefing.worker")


class BriefingWorker:
    """Does the jobs of one briefing; used as a context manager."""

    def __init__(self, store: Store, live: Live, *, only: Collection[Step], name: str) -> None:
        """Create a worker with a unique name (:func:`worker_name`).

        It does ``only`` these steps, or all that the settings enable if empty. Workers that publish
        also make weeks in review. For errors see :func:`queue_of`.
        """
        settings = live()
        does = frozenset(only or daily.enabled_steps(settings))
        if Step.PUBLISH in does:
            does |= {Step.WEEK}
        #: Its steps, in the order of a round.
        self.steps = tuple(step for step in Step if step in does)
        #: Number of jobs that it has done or tried.
        self.done = 0
        self._name, self._lost = name, settings.engine.lost_seconds
        self._stopping = threading.Event()
        self._queue = queue_of(store.place)
        send = messenger(self._queue)

        def make(settings: Settings) -> tuple[JobRunner, Reaper]:
            run_log = daily.run_log_of(store, settings=settings)
            steps = shared_steps(store, settings=settings, stop=self._stopping.is_set)
            runner = JobRunner(run_log, steps, send, name, self._doing)
            return runner, Reaper(run_log, send, patience=settings.engine.lost_seconds)

        # Jobs continue when the settings change.
        self._doing: set[int] = set()
        self._current = Renewed(live, make)

    def __enter__(self) -> Self:
        self._queue.open()
        return self

    def __exit__(self, *_error: object) -> None:
        self._queue.close()

    async def work(self, stop: asyncio.Event) -> None:
        """Work until told to stop; jobs in progress then end or are given back."""
        living = asyncio.create_task(self._live())
        telling = asyncio.create_task(self._tell(stop))
        try:
            kinds = [step.value for step in self.steps]
            await self._queue.receive(
                kinds, self._do, worker=self._name, stop=stop, lost=self._lost
            )
        finally:
            for task in (living, telling):
                task.cancel()
            await asyncio.gather(living, telling, return_exceptions=True)

    async def _tell(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._stopping.set()

    async def _live(self) -> None:
        """Renew the leases of the jobs regularly, and look after those of lost workers."""
        while True:
            await asyncio.sleep(self._lost / 6)
            runner, reaper = self._current()
            await asyncio.to_thread(_safely, runner.beat)
            await asyncio.to_thread(_safely, reaper.look)

    def _do(self, number: int) -> None:
        runner, _ = self._current()
        self.done += 1
        _safely(lambda: runner.do(number))


def _safely(work: Callable[[], None]) -> None:
    """Run a function; a failure is logged, since the work will be repeated."""
    try:
        work()
    except BriefingError as error:
        LOG.error("%s", error)  # noqa: TRY400  the message is enough
    except Exception:  # an unexpected error must not end the worker
        LOG.exception("a worker failed")


def run_workers(workers: Sequence[BriefingWorker]) -> None:
    """Run workers until SIGTERM or Ctrl-C."""

    async def run() -> None:
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        # A job occupies a thread for minutes. Another thread per step is for heartbeats and name
        # look-ups: without these, a worker counts as lost, and others repeat its jobs.
        threads = sum(2 * len(worker.steps) for worker in workers)
        loop.set_default_executor(ThreadPoolExecutor(threads, thread_name_prefix="worker"))
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        await asyncio.gather(*(worker.work(stop) for worker in workers))

    asyncio.run(run())
