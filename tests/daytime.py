"""The time by which tests run: from noon of one day on, so that no midnight passes in any of them.

As a program it is the command line by that time: ``[*COMMAND, "run", …]``.
"""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from briefing.setup import clock

#: A Wednesday far from any change of clocks or month, and later than the files of any machine.
NOON = datetime(2035, 6, 13, 12, tzinfo=UTC)
#: When the tests began, by a clock that nobody sets: one for all of their processes.
_BEGAN = float(os.environ.setdefault("BRIEFING_TESTS_BEGAN", f"{time.monotonic()}"))
#: The command line in a process of its own, in any folder.
COMMAND = (sys.executable, "-u", "-P", __file__)


def now() -> datetime:
    """Return how late it is in tests, aware UTC."""
    return NOON + timedelta(seconds=time.monotonic() - _BEGAN)


@contextmanager
def stepped() -> Iterator[Callable[[timedelta], None]]:
    """Yield what lets time pass for the commands of this process."""
    passed = timedelta()

    def later(time: timedelta) -> None:
        nonlocal passed
        passed += time

    clock.run_by(lambda: now() + passed)
    yield later
    clock.run_by(now)


if __name__ == "__main__":
    from briefing.cli import main

    clock.run_by(now)
    main()
