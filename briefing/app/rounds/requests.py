"""Requests to the running round: a run now, not at its time."""

from __future__ import annotations

import threading
from collections.abc import Collection
from datetime import date, datetime

from briefing.app.actor import Actor
from briefing.core.errors import UsageError
from briefing.core.model import Step
from briefing.core.schedule import Timetable, local_date, refuse_ahead, refuse_unfinished
from briefing.store import Transaction

#: Steps that are done for a day.
_OF_A_DAY = frozenset({Step.PUBLISH, Step.WEEK, Step.DELIVER})


def order(  # noqa: PLR0913  who asks for what
    tx: Transaction,
    step: Step,
    *,
    day: date | None = None,
    timetable: Timetable | None,
    actor: Actor,
    at: datetime,
) -> None:
    """Check and audit a request for a run; :meth:`RunRequests.give` then makes it.

    Raises:
        UsageError: the step takes no day, or the day is in the future.
    """
    if day is not None and step not in _OF_A_DAY:
        raise UsageError(f"day: {step} takes no day; leave it out")
    if step is Step.PUBLISH and day is not None and timetable is not None:
        refuse_ahead(timetable, day, now=at)
    if step is Step.WEEK and day is not None and timetable is not None:
        refuse_unfinished(day, today=local_date(timetable, at=at))
    actor.note(tx, f"order {step}", str(day or ""), at=at)


class RunRequests:
    """Hands requests from the threads of the web to the threads of the round."""

    def __init__(self) -> None:
        self._change = threading.Condition()
        # In the order asked, each once.
        self._waiting: dict[tuple[Step, date | None], None] = {}
        self._woken = 0
        self._closed = False

    def give(self, step: Step, *, day: date | None = None) -> None:
        """Ask for one run of a step as soon as may be; asking twice before it begins is once.

        For two days these are two runs.
        """
        with self._change:
            self._waiting[step, day] = None
            self._change.notify_all()

    def wake(self) -> None:
        """Let all that wait look again what is to be done."""
        with self._change:
            self._woken += 1
            self._change.notify_all()

    @property
    def woken(self) -> int:
        """How often :meth:`wake` was called; a caller that keeps it misses no later call."""
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
    ) -> tuple[tuple[Step, date | None], ...]:
        """Return the requests in order; wait so long for a first one.

        Args:
            seconds: 0 or less: no wait.
            of: the steps whose requests are taken; others stay.
            seen: ``woken`` as it was before the caller looked what is to be done; None: as now.
        """
        with self._change:
            since = self._woken if seen is None else seen
            self._change.wait_for(lambda: self._stirs(of, since), max(seconds, 0))
            asked = tuple(one for one in self._waiting if one[0] in of)
            for one in asked:
                del self._waiting[one]
            return asked

    def _stirs(self, of: Collection[Step], since: int) -> bool:
        return self._closed or self._woken != since or any(step in of for step, _ in self._waiting)
