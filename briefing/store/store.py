"""The store: where its transactions begin and end, and who may work on it."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import cast

from sqlalchemy import Connection, Engine

from briefing.core.errors import BusyError, StoreError, reason_of
from briefing.store import copies, files, identity, lock, migrate
from briefing.store import engine as engines
from briefing.store.errors import plainly
from briefing.store.location import StoreLocation, find_place

#: Seconds after which it is noted again beside a store that is written to what it holds.
_NOTED = 60


class Store:
    """An open store; closed with :meth:`close`."""

    def __init__(self, place: StoreLocation, engine: Engine, held: int | None) -> None:
        #: Where it is.
        self.place = place
        self._engine = engine
        self._reading = engines.reading(engine)
        self._writing = engines.writing(engine)
        # The lock that keeps `restore` from putting another file in this one's place.
        self._held = held
        # The file that was opened: another one may get its name.
        self._opened = _number(place)
        # Whether something was written since it was noted what the store holds, and when that was.
        self._written, self._noted = False, time.monotonic()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Begin a transaction that sees one state of the store and can change nothing.

        Raises:
            StoreError: the database failed.
        """
        with plainly(self.place), self._reading.begin() as tx:
            self._refuse_exchanged()
            yield tx

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Begin a transaction that is committed at the end, or undone by an error.

        One process writes at a time, on both databases: a time that is taken inside is later
        than everything that has been committed. Waits 30 seconds for others.

        Raises:
            StoreError: the database failed, or another process writes for too long.
        """
        held = None
        with plainly(self.place), self._writing.begin() as tx:
            self._refuse_exchanged()
            yield tx
            # What was taken back, as by a check, has changed nothing.
            is_kept = tx.in_transaction()
            self._written = self._written or is_kept
            if is_kept and time.monotonic() - self._noted > _NOTED:
                held = identity.advance(tx)
        if held:
            self._note(held)

    def remember(self) -> identity.Inventory:
        """Note beside the store what it holds now, so that one that holds less is noticed.

        Return it. Where nothing can be written, as on a full disk, the note before stays.

        Raises:
            StoreError: the database cannot be read.
        """
        try:
            with plainly(self.place), self._writing.begin() as tx:
                held = identity.advance(tx)
        except StoreError:
            with self.read() as tx:
                return identity.inventory(tx)
        self._note(held)
        return held

    def _note(self, held: identity.Inventory) -> None:
        identity.note(self.place, held)
        self._written, self._noted = False, time.monotonic()

    def _refuse_exchanged(self) -> None:
        """Refuse to work on a file that has lost its name: nobody would find what is written."""
        if self._opened is not None and _number(self.place) != self._opened:
            raise StoreError(
                f"{self.place.shown}: it was deleted or replaced while it is in use; end this "
                f"process, then {self.place.remedy}"
            )

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
        if self._written:
            # What was written is safe already; the note of it is made by the next who writes.
            with suppress(StoreError):
                self.remember()
            self._written = False
        # Whoever goes on with it connects anew, to whatever file has the name then.
        self._opened = None
        self._engine.dispose()
        if self._held is not None:
            os.close(self._held)
            self._held = None


def open_store(at: str, *, folder: Path, now: datetime | None = None) -> Store:
    """Open a store; make it when there is none, and bring its tables to this version.

    Before the tables of a file are changed a copy of it is kept beside it.

    Args:
        at: a file, relative to ``folder``, or ``postgresql://USER@HOST/DATABASE``.
        folder: where the settings are.
        now: dates the name of that copy.

    Raises:
        UsageError: ``at`` is neither.
        StoreError: it cannot be opened, is damaged, not ours, of a newer version, or holds less
            than is remembered beside it.
        BusyError: it is being restored now, or must be changed while others have it open.
        OutputError: the copy cannot be written.
        MissingPartError: the driver of PostgreSQL is not installed.
    """
    place = find_place(at, folder=folder)
    if place.file:
        return _open_file(place, place.file, now=now)
    engine = engines.connect(place)
    try:
        with plainly(place):
            _ready_server(engine, place=place)
    except BaseException:
        engine.dispose()
        raise
    return _noted(Store(place, engine, None))


def _open_file(place: StoreLocation, file: Path, *, now: datetime | None) -> Store:
    held = lock.open_lock(place.beside("lock"))
    engine = None
    try:
        restored = f"{place.shown}: being restored now; try again when that has ended"
        thorough = _is_alone(held) and _has_log(file)
        lock.take(held, fcntl.LOCK_SH, busy=restored, wait=engines.WAIT)
        found = _look(place, file, thorough=thorough)
        if found != migrate.HEAD:
            # Alone: nobody may have the store open while its tables change.
            busy = f"{place.shown}: must be changed for this version; end all that has it open"
            lock.take(held, fcntl.LOCK_EX, busy=busy, wait=engines.WAIT)
            _make(place, file)
            engine = engines.connect(place)
            with plainly(place):
                _prepare_file(engine, place=place, now=now)
            lock.take(held, fcntl.LOCK_SH, busy=restored)
        engine = engine or engines.connect(place)
        return _noted(Store(place, engine, held))
    except BaseException:
        if engine is not None:
            engine.dispose()
        os.close(held)
        raise


def _noted(store: Store) -> Store:
    """Note what a store holds where that was not done, as after a process was killed."""
    with store.read() as tx:
        present = identity.inventory(tx)
    if present != identity.recall(store.place):
        identity.note(store.place, present)
    return store


def _is_alone(held: int) -> bool:
    """Tell whether nobody else has a store open."""
    with suppress(BusyError):
        lock.take(held, fcntl.LOCK_EX, busy="")
        return True
    return False


def _has_log(file: Path) -> bool:
    with suppress(OSError):
        return Path(f"{file}-wal").stat().st_size > 0
    return False


def _look(place: StoreLocation, file: Path, *, thorough: bool) -> str | None:
    """Look into a file before anything is changed; return its version, None when there is none.

    Raises:
        StoreError: it is no sound store of ours, or holds less than is remembered of it.
    """
    if file.is_dir():
        raise StoreError(
            f"{place.shown}: it cannot be opened, a folder has its name; move that away, and if "
            f"there was a store {place.remedy}"
        )
    remembered = identity.recall(place)
    if not file.exists() or not file.stat().st_size:
        identity.refuse_lost(place, identity.Inventory(), remembered=remembered)
        _refuse_lone_log(place, file)
        return None
    with copies.looking(place) as tx:
        found = migrate.refuse_foreign(tx, place=place)
        logged = tx.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
        copies.refuse_damaged(tx, place=place, thorough=thorough)
        present = identity.inventory(tx)
    identity.refuse_lost(place, present, remembered=remembered)
    # A backup that was put in place by hand has no log yet.
    return found if logged else None


def _refuse_lone_log(place: StoreLocation, file: Path) -> None:
    """Refuse to begin a store beside a log: SQLite would delete what may be all that is left."""
    if _has_log(file):
        raise StoreError(
            f"{place.shown}: it is empty or gone, but its log {file.name}-wal is not; "
            f"{place.remedy}; or move the log away to begin anew"
        )


def _make(place: StoreLocation, file: Path) -> None:
    """Make an empty file for its owner alone: SQLite would let others read it."""
    try:
        files.make_private(file)
    except OSError as error:
        raise StoreError(f"{place.shown}: it cannot be made ({reason_of(error)})") from error


def _number(place: StoreLocation) -> tuple[int, int] | None:
    """Return what tells a file from another that has its name."""
    if place.file is None:
        return None
    with suppress(OSError):
        status = place.file.stat()
        return status.st_dev, status.st_ino
    return 0, 0


def _prepare_file(engine: Engine, *, place: StoreLocation, now: datetime | None) -> None:
    """Set up a new or older file, unless somebody else just did."""
    with engines.writing(engine).connect() as connection:
        file = cast(sqlite3.Connection, connection.connection.driver_connection)
        if file.execute("PRAGMA journal_mode = WAL").fetchone() != ("wal",):
            raise StoreError(
                f"{place.shown}: its disk cannot keep a write-ahead log; put it on a local disk"
            )
        with connection.begin():
            found = migrate.refuse_foreign(connection, place=place)
        if found == migrate.HEAD:
            return
        if found is not None:
            copies.keep_before(place, found=found, now=now)
        # To change a table SQLite makes it anew, and deleting the old one must not delete more.
        file.execute("PRAGMA foreign_keys = OFF")
        with connection.begin():
            migrate.upgrade(connection)
        file.execute("PRAGMA foreign_keys = ON")


def _ready_server(engine: Engine, *, place: StoreLocation) -> None:
    remembered = identity.recall(place)
    with engines.reading(engine).begin() as tx:
        encoding = tx.exec_driver_sql("SHOW server_encoding").scalar_one()
        found = migrate.refuse_foreign(tx, place=place)
        present = identity.inventory(tx)
    if encoding != "UTF8":
        raise StoreError(
            f"{place.shown}: its encoding is {encoding}; make the database again with: "
            "createdb --encoding=UTF8 --template=template0"
        )
    identity.refuse_lost(place, present, remembered=remembered)
    if found != migrate.HEAD:
        with engines.writing(engine).begin() as tx:
            # The lock of all writers is ours: look again, somebody else may have been faster.
            if migrate.refuse_foreign(tx, place=place) != migrate.HEAD:
                migrate.upgrade(tx)
