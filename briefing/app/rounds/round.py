"""The round itself: its threads, started and ended together."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from briefing.app.rounds.engine import Engine, InlineEngine
from briefing.app.rounds.requests import RunRequests
from briefing.app.rounds.run_log import RunLog, StepHandler
from briefing.app.rounds.worker import Blocked, Runner, Wait, Worker
from briefing.core.model import Step
from briefing.core.schedule import Timetable

#: Threads for collecting, for editions, for weeks in review and for mail, so that none blocks
#: another. The last only watches that all is made in time, and alerts when the others hang.
_LANES = (
    {Step.COLLECT},
    {Step.PUBLISH},
    {Step.WEEK},
    {Step.DELIVER, Step.BOUNCES},
    set[Step](),
)


@dataclass(frozen=True, slots=True)
class RoundRules:
    """What is done when, and where it is recorded."""

    run_log: RunLog
    #: When there are editions.
    timetable: Timetable
    #: What is done in each step; a step without one is never done.
    handlers: Mapping[Step, StepHandler]
    #: Has it done; None: it is done here.
    engine: Engine | None = None

    def worker(self, steps: Set[Step], *, requests: RunRequests, wait: Wait | None) -> Worker:
        """Return what a thread for some steps may do."""
        return Worker(
            self.run_log,
            self.timetable,
            steps & self.handlers.keys(),
            self.engine or InlineEngine(self.run_log, self.handlers),
            requests,
            wait,
            watches=not steps,
            waits=Step.COLLECT in self.handlers and bool(steps & {Step.COLLECT, Step.PUBLISH}),
        )


class Round:
    """Runs beside whatever else its process does; use it as a context manager."""

    def __init__(
        self,
        rules: Callable[[], RoundRules],
        *,
        requests: RunRequests,
        wait: Wait | None = None,
    ) -> None:
        """Make it.

        Args:
            rules: asked before each piece of work; they may have changed.
            requests: of people; closing them ends the round.
            wait: how a thread waits; None: on the requests.
        """
        self._requests = requests

        blocked = Blocked()

        def runner(steps: Set[Step]) -> Runner:
            return Runner(
                lambda: rules().worker(steps, requests=requests, wait=wait),
                name=" and ".join(steps) or "watch",
                blocked=blocked,
            )

        self._threads = [
            threading.Thread(
                target=runner(steps).run,
                name=f"round/{rules().run_log.briefing}/{number}",
                # When its process must end it is cut, as by a kill, which harms nothing.
                daemon=True,
            )
            for number, steps in enumerate(_LANES)
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End it when what it does now has ended, or can be cut."""
        self._requests.close()
        for thread in self._threads:
            thread.join()
