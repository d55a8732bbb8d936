"""Has done by workers what people ask for in a process that runs no round."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from types import TracebackType
from typing import Self

from briefing.app.rounds.requests import RunRequests
from briefing.app.rounds.shared import SharedEngine
from briefing.app.rounds.worker import task_of
from briefing.core.errors import BriefingError
from briefing.core.model import Step
from briefing.core.schedule import Timetable, local_date

LOG = logging.getLogger("briefing.rounds")
#: Seconds of one wait for a request.
_LOOK = 30.0


@dataclass(frozen=True, slots=True)
class PlannerRules:
    """By what requests are planned."""

    engine: SharedEngine
    timetable: Timetable


class RequestPlanner:
    """Plans each request as a run, at once; use it as a context manager."""

    def __init__(self, rules: Callable[[], PlannerRules], *, requests: RunRequests) -> None:
        """Make it.

        Args:
            rules: asked before each request; they may have changed.
            requests: of people; closing them ends it.
        """
        self._rules, self._requests = rules, requests
        self._thread = threading.Thread(target=self._plan, name="requests", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End it when what it plans now is planned."""
        self._requests.close()
        self._thread.join()

    def _plan(self) -> None:
        waiting: list[tuple[Step, date | None]] = []
        while not self._requests.closed:
            # Before the rules are read: whoever changes them wakes those that have not seen it.
            seen = self._requests.woken
            rules = self._rules()
            steps = tuple(rules.engine.steps)
            asked = [*waiting, *self._requests.take(_LOOK, of=steps, seen=seen)]
            # What a run for another day keeps waiting is tried again at the next look.
            waiting = [one for one in asked if not _order(rules, *one)]


def _order(rules: PlannerRules, step: Step, day: date | None) -> bool:
    """Plan what is asked for; return False if it must wait. A failure is logged."""
    today = local_date(rules.timetable, at=rules.engine.run_log.clock())
    try:
        return rules.engine.order(task_of(step, day, today=today))
    except BriefingError as error:
        LOG.error("%s was asked for and is not planned: %s", step, error)  # noqa: TRY400  the message is enough
    except Exception:  # what is not foreseen must not end it
        LOG.exception("%s was asked for and is not planned", step)
    return True
