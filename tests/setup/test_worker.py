"""What several workers of one process share."""

from __future__ import annotations

import asyncio
import os
import threading

from briefing.core.model import Step
from briefing.setup.worker import BriefingWorker, run_workers
from tests.waiting import PATIENCE


class Busy(BriefingWorker):
    """A worker that does a job of each kind, none of which ends before it has shown its life."""

    def __init__(self, all_at_once: threading.Barrier) -> None:
        self.steps = tuple(Step)
        self._all_at_once = all_at_once

    async def work(self, stop: asyncio.Event) -> None:
        assert not stop.is_set()
        beat_and_jobs = 1 + len(self.steps)
        await asyncio.gather(
            *(asyncio.to_thread(self._all_at_once.wait, PATIENCE) for _ in range(beat_and_jobs))
        )


def test_all_workers_of_a_process_do_all_their_jobs_and_still_show_that_they_live() -> None:
    # More than asyncio has threads by itself.
    threads, of_each = min(32, (os.cpu_count() or 1) + 4), 1 + len(Step)
    number = threads // of_each + 1
    together = threading.Barrier(number * of_each)
    run_workers([Busy(together) for _ in range(number)])
    assert not together.broken
