"""The one clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime


def real() -> datetime:
    """Return the time of this machine, aware UTC."""
    return datetime.now(UTC)


class _Clock:
    #: What the process runs by.
    told: Callable[[], datetime] = staticmethod(real)


def now() -> datetime:
    """Return the time, aware UTC."""
    return _Clock.told()


def run_by(clock: Callable[[], datetime]) -> None:
    """Let this whole process run by another clock, so that days can be rehearsed in seconds."""
    _Clock.told = staticmethod(clock)
