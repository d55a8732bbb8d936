"""How fast mails may go: per second over all, by connection and by the recipient's domain."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

#: Seconds of mails that may follow at once after a pause. Without any, each late wake-up would slow
#: the run; with more, a second could hold noticeably more than its rate.
_SLACK = 0.05
#: Domains and connections remembered; one that is forgotten had been idle longest.
_REMEMBERED = 10_000
#: Seconds that a clock may have been set back without anybody waiting for it.
_BACK = 5.0


@dataclass(frozen=True, slots=True)
class Rates:
    """Mails a second; 0: as many as will go."""

    overall: float = 0.0
    by_connection: float = 0.0
    by_domain: float = 0.0


class Pace:
    """Tells when the next mail may go.

    The virtual scheduling of ATM's generic cell rate algorithm (ITU-T I.371, annex A): it keeps one
    number for each thing that is limited, and is exact over any length of time.
    """

    def __init__(self, rates: Rates, *, remembered: int = _REMEMBERED) -> None:
        self._rates, self._remembered = rates, remembered
        # When the next mail would go if all kept exactly to the rate; last used last.
        self._next: OrderedDict[tuple[str, str], float] = OrderedDict()

    @property
    def is_free(self) -> bool:
        """Whether nobody ever waits."""
        return self._rates == Rates()

    def wait(self, now: float, *, connection: str, domain: str) -> float:
        """Return the seconds until a mail may go; 0: now.

        Args:
            now: seconds of any clock that runs forward.
            connection: by which it would go.
            domain: of its recipient.
        """
        limits = self._limits(connection, domain)
        return max((self._next_at(key, rate, now) - now for key, rate in limits), default=0.0)

    def take(self, now: float, *, connection: str, domain: str) -> None:
        """Note that a mail goes now."""
        for key, rate in self._limits(connection, domain):
            due = max(now, self._due(key, rate, now))
            self._next[key] = due + 1 / rate
            self._next.move_to_end(key)
        while len(self._next) > self._remembered:
            self._next.popitem(last=False)

    def _limits(self, connection: str, domain: str) -> list[tuple[tuple[str, str], float]]:
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
        return due if due - now <= 1 / rate + _BACK else now
