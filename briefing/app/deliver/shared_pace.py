"""One pace for all workers that deliver from a store."""

from __future__ import annotations

from collections.abc import Sequence

from briefing.mail.pace import Pace, Rates
from briefing.store import Store, paces

_Key = tuple[str, str]


class SharedPace:
    """Keeps the limits over all and by domain in the store; that of a connection is its own."""

    def __init__(self, store: Store, rates: Rates) -> None:
        self._store, self._pace = store, Pace(rates)

    @property
    def is_free(self) -> bool:
        """Whether there is no limit."""
        return self._pace.is_free

    def first(self, now: float, mails: Sequence[tuple[str, str]]) -> tuple[float, int]:
        """Take the first mail that may be sent, as :meth:`Pace.first` does.

        Raises:
            StoreError: the store failed; nothing was taken.
        """
        keys = {
            key
            for connection, domain in mails
            for key, _ in self._pace.limits(connection, domain)
            if key[0] != "connection"
        }
        names = {key: " ".join(key).strip() for key in keys}
        # Writers wait for each other: whether it is time yet is seen without.
        with self._store.read() as tx:
            self._recall(names, paces.read(tx, names.values()))
        waits = [self._pace.wait(now, connection=one, domain=to) for one, to in mails]
        if min(waits) > 0:
            return min((wait, place) for place, wait in enumerate(waits))
        with self._store.write() as tx:
            self._recall(names, paces.read(tx, names.values()))
            taken = self._pace.first(now, mails)
            if taken[0] <= 0:
                own = self._pace.limits(*mails[taken[1]])
                times = self._pace.times(key for key, _ in own if key in names)
                paces.keep(tx, {names[key]: due for key, due in times.items()})
        return taken

    def _recall(self, names: dict[_Key, str], known: dict[str, float]) -> None:
        self._pace.recall({key: known[name] for key, name in names.items() if name in known})
