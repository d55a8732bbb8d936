"""The clock of the process."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    # Every command needs the time, but few need a round.
    from briefing.app.rounds.round import Wait
    from briefing.app.rounds.runs import RunRequests


def real() -> datetime:
    """Return the time of this machine, aware UTC."""
    return datetime.now(UTC)


def _steady() -> float:
    # On Linux it also runs while the machine sleeps.
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class _Clock:
    #: Returns the time by which the process runs.
    read: Callable[[], datetime] = staticmethod(real)
    #: Returns how a round waits by this clock; None if it waits in real time.
    waits: Callable[[RunRequests], Wait] | None = None
    #: Returns seconds that setting the clock does not affect; None if not available.
    steady: Callable[[], float] | None = staticmethod(_steady)


def now() -> datetime:
    """Return the time, aware UTC."""
    return _Clock.read()


def waiting(requests: RunRequests) -> Wait | None:
    """Return how a round with these requests waits by the clock; None if in real time."""
    return _Clock.waits(requests) if _Clock.waits else None


def steady() -> float | None:
    """Return seconds that setting the clock does not affect; None if there are none."""
    return _Clock.steady() if _Clock.steady else None


def run_by(
    clock: Callable[[], datetime],
    *,
    waits: Callable[[RunRequests], Wait] | None = None,
    steady: Callable[[], float] | None = None,
) -> None:
    """Run the whole process by another clock, so that days can be rehearsed in seconds.

    ``waits`` returns how a round waits by that clock, None if in real time; ``steady`` returns
    seconds that setting the clock does not affect.
    """
    _Clock.read = staticmethod(clock)
    _Clock.waits = staticmethod(waits) if waits else None
    _Clock.steady = staticmethod(steady) if steady else None
