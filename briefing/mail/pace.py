"""Rate limits of mail: overall, by connection and by the recipient's domain."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

#: Burst allowed after a pause, in seconds of mails. Without any, each late wake-up would slow the
#: run; with more, a second could noticeably exceed its rate.
_SLACK = 0.05
#: Domains and connections remembered; the one idle longest is dropped first.
_CAPACITY = 10_000
#: Seconds that the clock may be set back without a wait for it.
_CLOCK_STEP = 5.0


@dataclass(frozen=True, slots=True)
class Rates:
    """Mails per second; 0: unlimited."""

    overall: float = 0.0
    by_connection: float = 0.0
    by_domain: float = 0.0


class Pace:
    """Decides when the next mail may be sent.

    The virtual scheduling form of the generic cell rate algorithm (ITU-T I.371, annex A): it keeps
    one number for each limit, and is exact over any length of time.
    """

    def __init__(self, rates: Rates, *, capacity: int = _CAPACITY) -> None:
        self._rates, self._capacity = rates, capacity
        # Theoretical time of the next mail at exactly the rate; most recently used last.
        self._next: OrderedDict[tuple[str, str], float] = OrderedDict()

    @property
    def is_free(self) -> bool:
        """Whether there is no limit."""
        return self._rates == Rates()

    def wait(self, now: float, *, connection: str, domain: str) -> float:
        """Return the seconds until a mail may be sent; 0: now.

        Args:
            now: seconds of any monotonic clock.
            connection: that would send it.
            domain: of its recipient.
        """
        limits = self.limits(connection, domain)
        return max((self._next_at(key, rate, now) - now for key, rate in limits), default=0.0)

    def take(self, now: float, *, connection: str, domain: str) -> None:
        """Record that a mail is sent now."""
        for key, rate in self.limits(connection, domain):
            due = max(now, self._due(key, rate, now))
            self._next[key] = due + 1 / rate
            self._next.move_to_end(key)
        while len(self._next) > self._capacity:
            self._next.popitem(last=False)

    def first(self, now: float, mails: Sequence[tuple[str, str]]) -> tuple[float, int]:
        """Take the first mail that may be sent; return how long none may, and which it is.

        Args:
            now: as for :meth:`wait`.
            mails: connection and domain of each, at least one.

        Returns:
            0 and the place of the mail that was taken; or the seconds until one may be sent, and
            the place of that.
        """
        shortest = (float("inf"), 0)
        for place, (connection, domain) in enumerate(mails):
            wait = self.wait(now, connection=connection, domain=domain)
            if wait <= 0:
                self.take(now, connection=connection, domain=domain)
                return 0.0, place
            shortest = min(shortest, (wait, place))
        return shortest

    def recall(self, times: Mapping[tuple[str, str], float]) -> None:
        """Take over the times of limits that others keep as well."""
        self._next.update(times)

    def times(self, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], float]:
        """Return the times of limits, of those that have any."""
        return {key: self._next[key] for key in keys if key in self._next}

    def limits(self, connection: str, domain: str) -> list[tuple[tuple[str, str], float]]:
        """Return what limits a mail, and its rate."""
        rates = self._rates
        limits = [
            (("overall", ""), rates.overall),
            (("connection", connection), rates.by_connection),
            (("domain", domain.lower()), rates.by_domain),
        ]
        return [(key, rate) for key, rate in limits if rate > 0]

    def _next_at(self, key: tuple[str, str], rate: float, now: float) -> float:
        return max(now, self._due(key, rate, now) - _SLACK)

    def _due(self, key: tuple[str, str], rate: float, now: float) -> float:
        due = self._next.get(key, now)
        # Nothing is due later than one mail ahead, unless the clock has been set back.
        return due if due - now <= 1 / rate + _CLOCK_STEP else now
