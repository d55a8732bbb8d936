"""The one clock."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    # Every command asks for the time; few of them need a round.
    from briefing.app.rounds.round import Wait
    from briefing.app.rounds.runs import RunRequests


def real() -> datetime:
    """Return the time of this machine, aware UTC."""
    return datetime.now(UTC)


def _steady() -> float:
    # On Linux also while the machine sleeps.
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class _Clock:
    #: What the process runs by.
    read: Callable[[], datetime] = staticmethod(real)
    #: How a round waits by it; None: for real.
    waits: Callable[[RunRequests], Wait] | None = None
    #: Seconds that nobody can set; None: not known.
    steady: Callable[[], float] | None = staticmethod(_steady)


def now() -> datetime:
    """Return the time, aware UTC."""
    return _Clock.read()


def waiting(requests: RunRequests) -> Wait | None:
    """Return how the round with these orders waits by the clock; None: for real."""
    return _Clock.waits(requests) if _Clock.waits else None


def steady() -> float | None:
    """Return seconds that go on whoever sets the clock; None: there are none to compare with it."""
    return _Clock.steady() if _Clock.steady else None


def run_by(
    clock: Callable[[], datetime],
    *,
    waits: Callable[[RunRequests], Wait] | None = None,
    steady: Callable[[], float] | None = None,
) -> None:
    """Let this whole process run by another clock, so that days can be rehearsed in seconds.

    ``waits`` is how a round with such orders waits by it; None: for real. ``steady`` returns
    seconds that go on when the clock is set.
    """
    _Clock.read = staticmethod(clock)
    _Clock.waits = staticmethod(waits) if waits else None
    _Clock.steady = staticmethod(steady) if steady else None
