"""PURE: how long no password is tried after too many wrong ones."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

#: Wrong passwords in :data:`WINDOW` after which a name, or a network, is locked.
FOR_NAME, FOR_NETWORK = 5, 20
WINDOW = timedelta(minutes=15)
#: How far back wrong ones count: locks of one day grow.
MEMORY = timedelta(days=1)
#: The first lock, and the longest one.
_FIRST, _LONGEST = timedelta(minutes=15), timedelta(hours=4)


def locked_until(failures: Sequence[datetime], *, most: int) -> datetime | None:
    """Return when the last lock ends, which may be past; None: there was none.

    The first lock lasts 15 minutes, each further one twice as long as the one before, up to four
    hours.

    Args:
        failures: when a password was wrong, oldest first; none are noted while a lock lasts.
        most: how many of them within the window lock.
    """
    locks, until = 0, None
    near: list[datetime] = []
    for at in failures:
        near = [*(one for one in near if at - one < WINDOW), at]
        if len(near) >= most:
            until = at + min(_FIRST * 2**locks, _LONGEST)
            locks, near = locks + 1, []
    return until
