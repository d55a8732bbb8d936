"""A clock that stands while anybody works, and jumps to the next begin when all wait."""

import threading
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta

from briefing.app.rounds.round import Wait
from briefing.app.rounds.runs import RunRequests
from briefing.core.model import Step

#: Real seconds after which one that waits looks whether all is over.
_LOOK = 0.05


class Stepped:
    """The time of a rehearsal; all threads of a round wait on it.

    It jumps to where the first of them wants to go on. At the end, or when told to stop, it closes
    the orders, and tells who wants to know. It can be set, forward or back, as each of two times
    says; then all that wait look at it again, as they do for real within half a minute.
    """

    def __init__(
        self,
        begin: datetime,
        *,
        until: datetime,
        requests: RunRequests | None = None,
        threads: Callable[[], int] = lambda: 5,
        sets: Sequence[tuple[datetime, datetime]] = (),
        told: Callable[[datetime], None] = lambda _at: None,
        over: Callable[[], None] = lambda: None,
    ) -> None:
        self._change = threading.Condition()
        self._at, self._until = begin, until
        self._threads, self._told, self._over = threads, told, over
        self._requests = requests or RunRequests()
        # Of each thread that waits: until when, and how often the orders had been woken.
        self._wakes: dict[int, tuple[datetime, int]] = {}
        self._sets = list(sets)
        self._shift = timedelta()

    def __call__(self) -> datetime:
        return self._at

    def steady(self) -> float:
        """Return seconds that go on as if it were never set."""
        return (self._at - self._shift).timestamp()

    def waits(self, requests: RunRequests) -> Wait:
        self._requests = requests
        return self.wait

    def wait(self, until: datetime, seen: int) -> tuple[tuple[Step, date | None, str], ...]:
        """Wait as a thread of the round does, for no order."""
        me = threading.get_ident()
        with self._change:
            sets = len(self._sets)
            self._wakes[me] = until, seen
            self._jump_when_all_wait()
            # Others may still work: then they jump when they wait.
            while (
                self._at < until
                and len(self._sets) == sets
                and not self._requests.closed
                and self._requests.woken == seen
            ):
                self._change.wait(_LOOK)
                self._jump_when_all_wait()
            self._wakes.pop(me, None)
        return ()

    def _jump_when_all_wait(self) -> None:
        if len(self._wakes) >= self._threads() and self._all_have_seen():
            self._jump()

    def _all_have_seen(self) -> bool:
        return all(seen == self._requests.woken for _, seen in self._wakes.values())

    def _jump(self) -> None:
        self._at = min(until for until, _ in self._wakes.values())
        is_set = bool(self._sets) and self._at >= self._sets[0][0]
        if is_set:
            set_to = self._sets.pop(0)[1]
            self._shift += set_to - self._at
            self._at = set_to
        # Who wakes is at work from now on, before it has the lock again.
        for one in [one for one, (until, _) in self._wakes.items() if is_set or until <= self._at]:
            del self._wakes[one]
        self._told(self._at)
        if self._at >= self._until and not self._sets:
            self._requests.close()
            self._over()
        self._change.notify_all()
