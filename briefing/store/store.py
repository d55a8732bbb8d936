"""The store: where its transactions begin and end, and who may work on it."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import cast

from sqlalchemy import Connection, Engine

from briefing.errors import StoreError
from briefing.store import engine as engines
from briefing.store import lock, migrate
from briefing.store.fault import plainly
from briefing.store.place import Place, find_place, printable


class Store:
    """An open store; closed with :meth:`close`."""

    def __init__(self, place: Place, engine: Engine, held: int | None) -> None:
        #: Where it is.
        self.place = place
        self._engine = engine
        self._reading = engines.reading(engine)
        self._writing = engines.writing(engine)
        # The lock that keeps `restore` from putting another file in this one's place.
        self._held = held

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Begin a transaction that sees one state of the store and can change nothing.

        Raises:
            StoreError: the database failed.
        """
        with plainly(self.place), self._reading.begin() as tx:
            yield tx

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Begin a transaction that is committed at the end, or undone by an error.

        One process writes at a time, on both databases: a time that is taken inside is later
        than everything that has been committed. Waits 30 seconds for others.

        Raises:
            StoreError: the database failed, or another process writes for too long.
        """
        with plainly(self.place), self._writing.begin() as tx:
            yield tx

    def alone(self, work: str) -> AbstractContextManager[None]:
        """Do a piece of work, such as "collect", in one process at a time.

        Others may read and write meanwhile. The right to do it is freed when the process dies.

        Raises:
            BusyError: another process does it now.
        """
        busy = f"{self.place.shown}: another process does {work!r} on it now; wait until it ends"
        if self.place.file:
            return lock.hold(self.place.beside(f"{work}.lock"), busy=busy)
        return self._alone_on_server(work, busy=busy)

    @contextmanager
    def _alone_on_server(self, work: str, *, busy: str) -> Iterator[None]:
        with plainly(self.place), lock.hold_on_server(self._engine, work, busy=busy):
            yield

    def close(self) -> None:
        """Close all connections; closing twice does no harm."""
        self._engine.dispose()
        if self._held is not None:
            os.close(self._held)
            self._held = None


def open_store(at: str, *, folder: Path) -> Store:
    """Open a store; make it when there is none, and bring its tables to this version.

    Args:
        at: a file, relative to ``folder``, or ``postgresql://USER@HOST/DATABASE``.
        folder: where the settings are.

    Raises:
        UsageError: ``at`` is neither.
        StoreError: it cannot be opened, is damaged, not ours, or of a newer version.
        BusyError: it is being restored now, or must be changed while others have it open.
        MissingPartError: the driver of PostgreSQL is not installed.
    """
    place = find_place(at, folder=folder)
    engine = engines.connect(place)
    held = lock.open_lock(place.beside("lock")) if place.file else None
    store = Store(place, engine, held)
    try:
        with plainly(place):
            if held is None:
                _ready_server(engine, place=place)
            else:
                _ready_file(engine, place=place, held=held)
    except BaseException:
        store.close()
        raise
    return store


def _ready_file(engine: Engine, *, place: Place, held: int) -> None:
    restored = f"{place.shown}: being restored now; try again when that has ended"
    lock.take(held, fcntl.LOCK_SH, busy=restored, wait=engines.WAIT)
    if not _is_ready_file(engine, place=place):
        # Alone: nobody may have the store open while its tables change.
        busy = f"{place.shown}: must be changed for this version; end all that has it open"
        lock.take(held, fcntl.LOCK_EX, busy=busy, wait=engines.WAIT)
        _prepare_file(engine, place=place)
        lock.take(held, fcntl.LOCK_SH, busy=restored)
    _check_file(engine, place=place)


def _is_ready_file(engine: Engine, *, place: Place) -> bool:
    with engines.reading(engine).begin() as tx:
        found = migrate.refuse_foreign(tx, place=place)
        # A backup that was put in place by hand has no log yet.
        logged = tx.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
    return logged and found == migrate.HEAD


def _prepare_file(engine: Engine, *, place: Place) -> None:
    """Set up a new or older file, unless somebody else just did."""
    with engines.writing(engine).connect() as connection:
        file = cast(sqlite3.Connection, connection.connection.driver_connection)
        if file.execute("PRAGMA journal_mode = WAL").fetchone() != ("wal",):
            raise StoreError(
                f"{place.shown}: its disk cannot keep a write-ahead log; put it on a local disk"
            )
        # To change a table SQLite makes it anew, and deleting the old one must not delete more.
        file.execute("PRAGMA foreign_keys = OFF")
        with connection.begin():
            if migrate.refuse_foreign(connection, place=place) != migrate.HEAD:
                migrate.upgrade(connection)
        file.execute("PRAGMA foreign_keys = ON")


def _check_file(engine: Engine, *, place: Place) -> None:
    with engines.reading(engine).begin() as tx:
        told = tx.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
    if told != "ok":
        raise StoreError(f"{place.shown}: damaged ({printable(told)}); {place.remedy}")


def _ready_server(engine: Engine, *, place: Place) -> None:
    with engines.reading(engine).begin() as tx:
        encoding = tx.exec_driver_sql("SHOW server_encoding").scalar_one()
        found = migrate.refuse_foreign(tx, place=place)
    if encoding != "UTF8":
        raise StoreError(
            f"{place.shown}: its encoding is {encoding}; make the database again with: "
            "createdb --encoding=UTF8 --template=template0"
        )
    if found != migrate.HEAD:
        with engines.writing(engine).begin() as tx:
            # The lock of all writers is ours: look again, somebody else may have been faster.
            if migrate.refuse_foreign(tx, place=place) != migrate.HEAD:
                migrate.upgrade(tx)
