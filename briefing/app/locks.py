"""How many wrong passwords and codes lock, and for how long."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

WINDOW = timedelta(minutes=15)
#: How far back wrong ones count: locks of one day grow.
MEMORY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class TryLimit:
    """How many wrong passwords lock."""

    most: int
    within: timedelta = WINDOW


#: Of one name from one network, or from one device that is known.
FOR_NAME = TryLimit(5)
#: From one network, whatever the names.
FOR_NETWORK = TryLimit(20)
#: Of one name from anywhere but known devices: who guesses from many places is slowed down to some
#: hundreds a day (NIST SP 800-63B-4, 3.2.2, allows 100 in a row).
FOR_ALL = TryLimit(100, MEMORY)
#: The first lock, and the longest one.
_FIRST, _LONGEST = timedelta(minutes=15), timedelta(hours=4)


def locked_until(failures: Sequence[datetime], *, limit: TryLimit) -> datetime | None:
    """Return when the last lock ends, which may be past; None: there was none.

    The first lock lasts 15 minutes, each further one twice as long as the one before, up to four
    hours.

    ``failures`` are times, oldest first; none are noted while a lock lasts.
    """
    locks, until = 0, None
    near: list[datetime] = []
    for at in failures:
        near = [*(failure for failure in near if at - failure < limit.within), at]
        if len(near) >= limit.most:
            until = at + min(_FIRST * 2**locks, _LONGEST)
            locks, near = locks + 1, []
    return until
