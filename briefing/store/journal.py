"""Attempts to deliver, in a file beside the store until the store itself has them."""

import json
import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from briefing.core.errors import StoreError, reason_of, remedy_of
from briefing.core.model import Delivery, DeliveryStatus
from briefing.store.claims import Settlement, end_of, settled_row
from briefing.store.deliveries import BEGUN, SETTLE
from briefing.store.engine import translating_errors
from briefing.store.location import StoreLocation, open_lock, sync
from briefing.store.mail_tables import DELIVERY

_Row = dict[str, Any]
#: Ending of the name of the file.
ENDING = "deliveries"
#: What of a row is a time.
_TIMES = ("again", "done", "lease")
_encode = json.JSONEncoder(default=datetime.isoformat).encode


class Journal:
    """The attempts of one run that the store lacks, and the file that holds them meanwhile.

    To record a mail takes a store longer than to send it takes the relay. A line of the file holds
    attempts that begin, and the outcomes of those before.
    """

    def __init__(self, place: StoreLocation, *, alone: bool) -> None:
        """Begin it; there is a file if one process delivers ``alone`` from a store in a file."""
        self._place, self._file = place, None
        self._tx: Connection | None = None
        # What others have written by now, and the workers that have claimed nothing before that.
        self._version, self._sure = 0, set[str]()
        # Begun, by worker; and all outcomes, of which the last are not in the file either.
        self._begun: dict[str, _Row] = {}
        self._settled: list[_Row] = []
        self._written = self._size = 0
        if alone and place.file:
            self._file = open_lock(place.beside(ENDING))
            self._wait(lambda _file: sync(place.folder))
            self.clear()

    def close(self) -> None:
        """Close the file, which is kept."""
        self._wait(os.close)
        self._file = None

    def end(self, worker: str, outcomes: Iterable[Settlement]) -> None:
        """Take the outcomes of what a worker has begun; it sends nothing now."""
        self._begun.pop(worker, None)
        self._settled += map(settled_row, outcomes)

    def begin(
        self, wanted: Mapping[str, Delivery], *, at: datetime, lease: timedelta | None
    ) -> bool:
        """Write what workers begin to the file, and all outcomes; False if the store must decide.

        It need not while nobody else has written to it since the workers claimed what they begin.
        """
        if self._file is None or self._tx is None or not self._sure.issuperset(wanted):
            return False
        end = end_of(lease, at)
        begun: dict[str, _Row] = {
            name: {"number_": mail.id, "worker_": name, "tries_": mail.tries + 1, "lease": end}
            for name, mail in wanted.items()
        }
        rows = {"settled": self._settled[self._written :], "begun": [*begun.values()]}
        line = f"{_encode(rows)}\n".encode()
        written = 0
        with translating_errors(self._place):
            raw: Any = self._tx.connection.driver_connection
            # Who writes to the store has done so before this, or reads it in the file.
            raw.execute("BEGIN IMMEDIATE")
            try:
                if _version(raw) == self._version:
                    # What a full disk does not take is for the store, which says so.
                    with suppress(OSError):
                        written = os.pwrite(self._file, line, self._size)
            finally:
                raw.execute("ROLLBACK")
        if written < len(line):
            return False
        self._size += written
        self._written = len(self._settled)
        self._begun |= begun
        return True

    def sync(self, worker: str) -> None:
        """Wait until the disk has what a worker has begun, if the store does not."""
        if worker in self._begun:
            self._wait(os.fdatasync)

    def settle(self, tx: Connection, claiming: Iterable[str]) -> None:
        """Write all of it to the store; when that is committed, :meth:`clear` it.

        Some workers claim anew in this transaction.
        """
        if self._file is not None:
            version = _version(tx.connection.driver_connection)
            known = self._sure if version == self._version else set()
            self._tx, self._version, self._sure = tx, version, known.union(claiming)
        _settle(tx, self._settled, [*self._begun.values()])

    def clear(self) -> None:
        """Forget what the store has."""
        self._begun.clear()
        self._settled.clear()
        self._written = self._size = 0
        self._wait(lambda file: os.ftruncate(file, 0))

    def _wait(self, work: Callable[[int], None]) -> None:
        if self._file is not None:
            try:
                work(self._file)
            except OSError as error:
                what = f"{reason_of(error)}; {remedy_of(error)}"
                raise StoreError(f"{self._place.label}: its journal: {what}") from error


def _version(raw: Any) -> int:  # noqa: ANN401  the driver's own
    """Return a number that changes whenever another connection has changed the store."""
    return int(raw.execute("PRAGMA data_version").fetchone()[0])


def settle_journal(tx: Connection) -> None:
    """Write to the store what the journal beside it holds, as of a process that was killed.

    Only of what is claimed by the same worker still: a store that was put back may have given the
    numbers to others.
    """
    if tx.dialect.name != "sqlite":
        return
    with suppress(FileNotFoundError):
        lines = Path(f"{tx.engine.url.database}.{ENDING}").read_bytes().splitlines()
        claimed = select(DELIVERY.number, DELIVERY.worker)
        held = {*tx.execute(claimed.where(DELIVERY.status == DeliveryStatus.CLAIMED))}
        for line in lines:
            # One that was cut off has not come to its mail.
            with suppress(ValueError):
                rows: dict[str, list[_Row]] = json.loads(line)
                for row in [*rows["settled"], *rows["begun"]]:
                    row |= {
                        name: datetime.fromisoformat(row[name]) for name in _TIMES if row.get(name)
                    }
                own = [row for row in rows["settled"] if (row["number_"], row["worker_"]) in held]
                _settle(tx, own, rows["begun"])


def _settle(tx: Connection, settled: list[_Row], begun: list[_Row]) -> None:
    if settled:
        SETTLE.run(tx, settled)
    if begun:
        BEGUN.run(tx, begun)
