"""The worker of a briefing: it does the jobs of its rounds until it is stopped."""

from __future__ import annotations

import asyncio
import logging
import signal
import threading
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Self

from briefing.app.rounds.shared import JobRunner, Reaper
from briefing.core.errors import BriefingError
from briefing.core.model import Step
from briefing.setup.cluster import reaper_of, shared_steps
from briefing.setup.daily import enabled_steps, run_log_of
from briefing.setup.messages import messenger, queue_of
from briefing.setup.settings import Settings
from briefing.setup.settings.live import Renewed
from briefing.store import Store

LOG = logging.getLogger("briefing.worker")


class BriefingWorker:
    """Does the jobs of one briefing; use it as a context manager."""

    def __init__(
        self,
        store: Store,
        live: Callable[[], Settings],
        *,
        folder: Path,
        only: Collection[Step],
        name: str,
    ) -> None:
        """Make it.

        Args:
            store: of the briefing, on PostgreSQL.
            live: the settings in force, asked before each job.
            folder: of the settings file.
            only: what it does; empty: all that the settings enable. Whoever publishes also makes
                weeks in review.
            name: as no other worker is or was called.

        Raises:
            SettingsError: the store is not on PostgreSQL.
            MissingPartError: procrastinate is not installed.
        """
        settings = live()
        does = frozenset(only or enabled_steps(settings))
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
            run_log = run_log_of(store, settings=settings, folder=folder)
            steps = shared_steps(
                store, settings=settings, folder=folder, stop=self._stopping.is_set
            )
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
    asyncio.run(_run(workers))


async def _run(workers: Sequence[BriefingWorker]) -> None:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    # A job keeps a thread for minutes. One more for each is left for signs of life and look-ups of
    # names: without them its worker counts as lost, and others do the same jobs beside it.
    threads = sum(2 * len(worker.steps) for worker in workers)
    loop.set_default_executor(ThreadPoolExecutor(threads, thread_name_prefix="worker"))
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await asyncio.gather(*(worker.work(stop) for worker in workers))
