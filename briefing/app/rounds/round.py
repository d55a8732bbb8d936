"""The round itself: its threads, started and ended together."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from briefing.app.rounds.requests import RunRequests
from briefing.app.rounds.run_log import RunLog, StepHandler
from briefing.app.rounds.worker import Runner, Wait, Worker
from briefing.core.model import Step
from briefing.core.schedule import Timetable

#: Threads for collecting, for publishing and for mail, so that none blocks another. The
#: last only watches that the edition is made in time, and alerts when the others hang.
_LANES = ({Step.COLLECT}, {Step.PUBLISH}, {Step.DELIVER, Step.BOUNCES}, set[Step]())


class Round:
    """Runs beside whatever else its process does; use it as a context manager."""

    def __init__(
        self,
        run_log: RunLog,
        *,
        timetable: Timetable,
        handlers: Mapping[Step, StepHandler],
        requests: RunRequests,
        wait: Wait | None = None,
    ) -> None:
        """Make it.

        Args:
            run_log: where runs are recorded.
            timetable: when there are editions.
            handlers: what is done in each step; a step without one is never done.
            requests: of people; closing them ends the round.
            wait: how a thread waits; None: on the requests.
        """
        self._requests = requests
        self._threads = [
            threading.Thread(
                target=Runner(
                    Worker(
                        run_log,
                        timetable,
                        {step: handler for step, handler in handlers.items() if step in steps},
                        requests,
                        wait,
                        watches=not steps,
                        waits=Step.COLLECT in handlers
                        and bool(steps & {Step.COLLECT, Step.PUBLISH}),
                    )
                ).run,
                name=f"round/{run_log.briefing}/{number}",
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
