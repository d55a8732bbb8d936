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
    Engine,
    RoundTask,
    RunLog,
    RunRequests,
    StepHandler,
    Stopped,
)
from briefing.app.rounds.shared import (
    Facts,
    JobRunner,
    Messenger,
    Reaper,
    RequestPlanner,
    SharedEngine,
    SharedStep,
    joined,
)
from briefing.core.errors import BriefingError
from briefing.core.model import Ending, Run, Step
from briefing.core.schedule import Timetable
from briefing.settings import Live, Renewed, Settings
from briefing.setup import daily
from briefing.setup.clock import now
from briefing.setup.mailing import deliver_due
from briefing.setup.news import collect_news, collect_plan, correction_plan
from briefing.setup.registry import messenger, queue_of
from briefing.sources.keys import split
from briefing.store import Store, Transaction, deliveries, jobs, sources

#: Sources of one job. A worker asks 32 at a time, and one slow source holds up one job only.
_SOURCES = 25
#: Deliveries of one job: as many as a run has for each of so many jobs, but not fewer than pay
#: for their letters, nor more than a worker sends at twenty a second in half a minute.
_SHARES, _FEWEST, _DELIVERIES = 40, 25, 500
#: The most jobs of one run; what is due beyond them is the next run's.
_JOBS = 1_000
#: For how long ended jobs are kept.
_KEPT = timedelta(days=1)


def worker_name() -> str:
    """Return a name for a worker that none had before, on any machine."""
    return f"{socket.gethostname()}/{os.getpid()}/{uuid4().hex[:12]}"


def planner_of(
    store: Store,
    *,
    live: Live,
    requests: RunRequests,
    engine: Callable[[RunLog, Settings], Engine | None],
) -> RequestPlanner:
    """Return what has requests carried out by workers where no round runs, not started yet."""

    def rules(settings: Settings) -> tuple[SharedEngine, Timetable]:
        made = engine(RunLog(store, settings.briefing, now), settings)
        assert isinstance(made, SharedEngine)  # noqa: S101  no round runs, so workers do the work
        return made, settings.timetable

    return RequestPlanner(Renewed(live, rules), requests=requests)


@contextmanager
def engine_of(
    store: Store, settings: Settings, *, stop: Callable[[], bool]
) -> Iterator[Callable[[RunLog, Settings], Engine | None]]:
    """Give what returns the engine of a round; None where the round works itself.

    SettingsError: the store is not on PostgreSQL; MissingPartError: procrastinate is not installed;
    StoreError: the database cannot be used.
    """
    if settings.engine.kind == "inline":
        yield lambda _run_log, _settings: None
        return
    with closing(queue_of(store.place)) as queue:
        queue.open()

        def engine(run_log: RunLog, settings: Settings) -> SharedEngine:
            steps, send = shared_steps(store, settings=settings), messenger(queue)
            return SharedEngine(run_log, steps, send, reaper_of(run_log, settings, send), stop)

        yield engine


def reaper_of(run_log: RunLog, settings: Settings, send: Messenger) -> Reaper:
    """Return what gives the jobs of lost workers to others."""
    return Reaper(run_log, send, patience=float(settings.engine.lost_seconds))


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

        def send(_task: RoundTask, part: Mapping[str, Any], name: str) -> tuple[Ended, Facts]:
            # Jobs that an earlier version planned name no number.
            share = (name, part.get("most", _DELIVERIES))
            done = deliver_due(store, settings=settings, watch=look, share=share)
            return daily.delivered(done), {}

        steps[Step.DELIVER] = SharedStep(lambda _task: _shares(store), send, _joined)
    return steps


def _whole(handler: StepHandler) -> SharedStep:
    """Return a step that one worker does as a whole."""
    return SharedStep(lambda _task: [{}], lambda task, _part, _name: (handler(task), {}), _joined)


def _joined(_tx: Transaction, _run: Run, results: Sequence[tuple[Ended, Facts]]) -> Ended:
    return joined([ended for ended, _ in results])


def _shares(store: Store) -> list[dict[str, Any]]:
    due, _ = store.look(deliveries.due_by, now())
    most = min(max(-(-due // _SHARES), _FEWEST), _DELIVERIES)
    return [{"most": most}] * max(1, min(-(-due // most), _JOBS))


def _collecting(store: Store, settings: Settings, look: Callable[..., None]) -> SharedStep:
    def do(_task: RoundTask, part: Mapping[str, Any], _name: str) -> tuple[Ended, Facts]:
        own = CollectPart(frozenset(part["sources"]), owed=part["owed"])
        done = collect_news(store, settings=settings, watch=look, part=own)
        ended = daily.collected(replace(done, source_statuses=()), at=now())
        daily.alert_watched(store, settings=settings)
        failed, gone = sorted(done.failed), sorted(done.gone)
        return ended, {"answered": done.answered, "failed": failed, "gone": gone}

    def join(tx: Transaction, run: Run, results: Sequence[tuple[Ended, Facts]]) -> Ended:
        parts = _joined(tx, run, results)
        facts = [known for _, known in results if known]
        answered = sum(known["answered"] for known in facts)
        failed, gone = ({url for known in facts for url in known[of]} for of in ("failed", "gone"))
        finish(tx, answered, failed, gone, plan=collect_plan(settings), at=run.began)
        mail_readers(tx, correction_plan(settings), at=now())
        jobs.prune(tx, before=now() - _KEPT)
        jobs.prune_paces(tx, before=(now() - _KEPT).timestamp())
        whole = daily.collected(Collected((), sources.active(tx), at=run.began), at=now())
        figures = {**parts.figures, "failing": whole.figures["failing"]}
        return replace(parts if parts.ending is Ending.FAILED else whole, figures=figures)

    return SharedStep(lambda _task: _batches(store), do, join)


def _batches(store: Store) -> list[dict[str, Any]]:
    """Return the sources in batches, those of one host together, and a batch for what is owed."""
    with store.read() as tx:
        urls = [status.source.url for status in sources.active(tx)]
    by_host: dict[str, list[str]] = defaultdict(list)
    for url in urls:
        # What has no host is a host of its own.
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
    """Does the jobs of one briefing; use it as a context manager."""

    def __init__(self, store: Store, live: Live, *, only: Collection[Step], name: str) -> None:
        """Make it; its name must be one that no other worker has or had.

        It does ``only`` some steps, or all that the settings enable. Whoever publishes also makes
        weeks in review. Errors as of :func:`queue_of`.
        """
        settings = live()
        does = frozenset(only or daily.enabled_steps(settings))
        if Step.PUBLISH in does:
            does |= {Step.WEEK}
        #: What it does, in the order of a round.
        self.steps = tuple(step for step in Step if step in does)
        #: How many jobs it has done or tried.
        self.done = 0
        self._name, self._lost = name, float(settings.engine.lost_seconds)
        self._stopping = threading.Event()
        self._queue = queue_of(store.place)
        send = messenger(self._queue)

        def make(settings: Settings) -> tuple[JobRunner, Reaper]:
            run_log = daily.run_log_of(store, settings=settings)
            steps = shared_steps(store, settings=settings, stop=self._stopping.is_set)
            runner = JobRunner(run_log, steps, send, name, self._doing)
            return runner, reaper_of(run_log, settings, send)

        # Jobs go on when the settings change.
        self._doing: set[int] = set()
        self._current = Renewed(live, make)

    def __enter__(self) -> Self:
        self._queue.open()
        return self

    def __exit__(self, *_error: object) -> None:
        self._queue.close()

    async def work(self, stop: asyncio.Event) -> None:
        """Work until told to stop; what is being done then ends or is given back."""
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
        """Tell the threads of the jobs to stop."""
        await stop.wait()
        self._stopping.set()

    async def _live(self) -> None:
        """Show now and then that the jobs are being done, and look after those of others."""
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
    """Do something; a failure is logged, since what failed is done again."""
    try:
        work()
    except BriefingError as error:
        LOG.error("%s", error)  # noqa: TRY400  the message is enough
    except Exception:  # what is not foreseen must not end the worker
        LOG.exception("a worker failed")


def run_workers(workers: Sequence[BriefingWorker]) -> None:
    """Let workers work until SIGTERM or Ctrl-C."""

    async def run() -> None:
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        # A job keeps a thread for minutes. One more for each is left for signs of life and look-ups
        # of names: without them its worker counts as lost, and others do the same jobs beside it.
        threads = sum(2 * len(worker.steps) for worker in workers)
        loop.set_default_executor(ThreadPoolExecutor(threads, thread_name_prefix="worker"))
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        await asyncio.gather(*(worker.work(stop) for worker in workers))

    asyncio.run(run())
