"""The store: its transactions and locks."""

import fcntl
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Concatenate, ParamSpec, Self, TypeVar, cast

from sqlalchemy import Connection, Engine

from briefing.core.errors import BusyError, StoreError, reason_of
from briefing.store import copies, identity, location
from briefing.store import engine as engines
from briefing.store.engine import translating_errors
from briefing.store.location import StoreLocation, find_place

T = TypeVar("T")
P = ParamSpec("P")

#: Seconds between two updates of the inventory record beside a store that is being written to.
_NOTED = 60
#: Seconds between two checks of a store that must be migrated while another process has it open.
_LOOK = 0.02


class Store:
    """An open store.

    Every failure of the database raises StoreError.
    """

    def __init__(self, place: StoreLocation, engine: Engine, held: int | None) -> None:
        #: Its location.
        self.place = place
        self._engine = engine
        self._reading = engines.reading(engine)
        self._writing = engines.writing(engine)
        self._leads = location.ServerLocks(engine, "lead ")
        # The lock that keeps `restore` from replacing the file.
        self._held = held
        # Identity of the opened file, since another file may take its name.
        self._opened = _number(place)
        # Whether anything was written since the inventory was last recorded, and when that was.
        self._written, self._noted = False, time.monotonic()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Begin a read-only transaction on one snapshot of the store."""
        with translating_errors(self.place), self._reading.begin() as tx:
            self._refuse_exchanged()
            yield tx

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Begin a transaction that is committed at the end, or rolled back on an error.

        On both databases only one process writes at a time, so a time read inside the transaction
        is later than everything committed. Waits up to 30 seconds for other writers.
        """
        with self.writer() as begin, begin() as tx:
            yield tx

    def look(
        self, work: Callable[Concatenate[Connection, P], T], *given: P.args, **named: P.kwargs
    ) -> T:
        """Call a function in a read-only transaction and return its result."""
        with self.read() as tx:
            return work(tx, *given, **named)

    def apply(
        self, work: Callable[Concatenate[Connection, P], T], *given: P.args, **named: P.kwargs
    ) -> T:
        """Call a function in a transaction as :meth:`write` begins it, and return its result."""
        with self.write() as tx:
            return work(tx, *given, **named)

    @contextmanager
    def writer(self) -> Iterator[Callable[[], AbstractContextManager[Connection]]]:
        """Keep one connection for many short transactions, each begun as in :meth:`write`.

        Getting and returning a connection takes as long as such a transaction. A connection lost
        between two transactions is replaced.
        """
        with ExitStack() as kept:
            with translating_errors(self.place):
                connection = kept.enter_context(self._writing.connect())
            yield partial(self._transaction, connection)

    @contextmanager
    def _transaction(self, tx: Connection) -> Iterator[Connection]:
        held = None
        with translating_errors(self.place), engines.begin(tx):
            self._refuse_exchanged()
            yield tx
            # A transaction rolled back inside, for example by a check, has changed nothing.
            is_kept = tx.in_transaction()
            self._written = self._written or is_kept
            if is_kept and time.monotonic() - self._noted > _NOTED:
                held = identity.advance(tx)
        if held:
            self._note(held)

    def remember(self) -> identity.Inventory:
        """Record the current inventory beside the store, and return it.

        From this record, a store that holds less is detected later. If nothing can be written, as
        on a full disk, the previous record stays.
        """
        try:
            with translating_errors(self.place), self._writing.begin() as tx:
                held = identity.advance(tx)
        except StoreError:
            return self.look(identity.inventory)
        self._note(held)
        return held

    def _note(self, held: identity.Inventory) -> None:
        identity.note(self.place, held)
        self._written, self._noted = False, time.monotonic()

    def _refuse_exchanged(self) -> None:
        """Refuse to use a file that was deleted or replaced: anything written would be lost."""
        if self._opened is not None and _number(self.place) != self._opened:
            raise StoreError(
                f"{self.place.label}: it was deleted, emptied or replaced while in use; stop this "
                f"process, then {self.place.remedy}"
            )

    @contextmanager
    def alone(self, work: str, *, shared: bool = False) -> Iterator[None]:
        """Hold the lock for a kind of work, such as "collect"; BusyError if it is taken.

        Others may read and write meanwhile. The lock is released when the process dies. Shared
        locks on the same work exclude only exclusive ones.
        """
        busy = f"{self.place.label}: another process is running {work!r} on it; wait until it ends"
        if self.place.file:
            held = location.hold(self.place.beside(f"{work}.lock"), busy=busy, shared=shared)
        else:
            held = location.hold_on_server(self._engine, work, busy=busy, shared=shared)
        with translating_errors(self.place), held:
            yield

    @contextmanager
    def host_locks(self) -> Iterator[location.ServerLocks]:
        """Provide locks on web hosts, for which the workers of a store on a server compete."""
        if self.place.file:
            raise StoreError(f"{self.place.label}: a store in a file has no workers")
        locks = location.ServerLocks(self._engine, "host ")
        with translating_errors(self.place), closing(locks):
            yield locks

    def leads(self, work: str) -> bool:
        """Tell whether this process leads a kind of work, of which a store has one leader.

        A leader stays so until the store is closed or its connection is lost. With a store in a
        file, every process leads.
        """
        if self.place.file:
            return True
        with translating_errors(self.place):
            return self._leads.take(work)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections; may be called twice."""
        if self._written:
            # What was written is committed; the next writer records it.
            with suppress(StoreError):
                self.remember()
            self._written = False
        # Later use reconnects, to whatever file then has the name.
        self._opened = None
        self._leads.close()
        self._engine.dispose()
        if self._held is not None:
            os.close(self._held)
            self._held = None


def open_store(at: str, *, folder: Path) -> Store:
    """Open a store; create it if there is none, and migrate its tables to this version.

    ``at`` is a file, relative to the folder of the settings, or
    ``postgresql://USER@HOST/DATABASE``. Before a file is migrated, a copy of it is kept beside it.

    UsageError: ``at`` is neither. StoreError: the store cannot be opened, is damaged, foreign, of a
    newer version, or holds less than the inventory recorded beside it. BusyError: it is being
    restored, or must be migrated while others have it open. OutputError: the copy cannot be
    written. MissingPartError: the PostgreSQL driver is not installed.
    """
    place = find_place(at, folder=folder)
    if place.file:
        return _open_file(place, place.file)
    engine = engines.connect(place)
    try:
        with translating_errors(place):
            _ready_server(engine, place=place)
    except BaseException:
        engine.dispose()
        raise
    return _noted(Store(place, engine, None))


def _open_file(place: StoreLocation, file: Path) -> Store:
    held = location.open_lock(place.beside("lock"))
    try:
        version = _look(held, place, file, thorough=_is_alone(held) and _has_log(file))
        end = time.monotonic() + engines.WAIT
        # Of several processes starting at the same moment, one migrates; the others wait for it.
        while not copies.is_current(version):
            if _is_alone(held):  # no other process sees its tables change
                _migrate(place, file)
            elif time.monotonic() < end:
                time.sleep(_LOOK)
            else:
                raise BusyError(  # noqa: TRY301
                    f"{place.label}: must be migrated to this version; "
                    "close every program that has it open"
                )
            version = _look(held, place, file, thorough=False)
    except BaseException:
        os.close(held)
        raise
    return _noted(Store(place, engines.connect(place), held))


def _noted(store: Store) -> Store:
    """Record the inventory of a store if the record is stale, as after a killed process."""
    try:
        present = store.look(identity.inventory)
        if present != identity.recall(store.place):
            identity.note(store.place, present)
    except BaseException:
        store.close()
        raise
    return store


def _is_alone(held: int) -> bool:
    """Tell whether no other process has the store open; if so, lock it exclusively.

    The lock lasts until :func:`_look` takes a shared one. If another process has the store open,
    this process loses its own shared lock (flock(2)).
    """
    with suppress(BusyError):
        location.take(held, fcntl.LOCK_EX, busy="")
        return True
    return False


def _has_log(file: Path) -> bool:
    with suppress(OSError):
        return Path(f"{file}-wal").stat().st_size > 0
    return False


def _look(held: int, place: StoreLocation, file: Path, *, thorough: bool) -> str | None:
    """Check a file before anything is changed; return its version, or None if it must be set up.

    Takes a shared lock, which keeps `restore` from replacing the file.
    """
    restored = f"{place.label}: being restored; try again when that has ended"
    location.take(held, fcntl.LOCK_SH, busy=restored, wait=engines.WAIT)
    if file.is_dir():
        raise StoreError(
            f"{place.label}: it cannot be opened: there is a folder with its name; move it away "
            f"and, if there was a store, {place.remedy}"
        )
    remembered = identity.recall(place)
    if not file.exists() or not file.stat().st_size:
        identity.refuse_lost(place, identity.Inventory(), remembered=remembered)
        if _has_log(file):  # SQLite would delete what may be all that is left
            raise StoreError(
                f"{place.label}: it is empty or gone, but its log {file.name}-wal is not; "
                f"{place.remedy}; or move the log away to start anew"
            )
        return None
    with copies.read_only(place) as tx:
        version = copies.refuse_foreign(tx, place=place)
        logged = tx.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
        copies.refuse_damaged(tx, place=place, thorough=thorough)
        present = identity.inventory(tx)
    identity.refuse_lost(place, present, remembered=remembered)
    # A backup that was restored by hand does not have a write-ahead log yet.
    return version if logged else None


def _number(place: StoreLocation) -> tuple[int, int] | None:
    """Return device and inode, which tell a file from another with its name.

    (0, 0): the file is missing or empty; None: the store is on a server.
    """
    if place.file is None:
        return None
    with suppress(OSError):
        status = place.file.stat()
        if status.st_size:
            return status.st_dev, status.st_ino
    return 0, 0


def _migrate(place: StoreLocation, file: Path) -> None:
    """Set up or migrate a file, unless another process just did."""
    try:
        # SQLite itself would create a file that others can read.
        location.make_private(file)
    except OSError as error:
        raise StoreError(f"{place.label}: it cannot be made ({reason_of(error)})") from error
    engine = engines.connect(place)
    try:
        with translating_errors(place), engines.writing(engine).connect() as connection:
            raw = cast(sqlite3.Connection, connection.connection.driver_connection)
            if raw.execute("PRAGMA journal_mode = WAL").fetchone() != ("wal",):
                raise StoreError(
                    f"{place.label}: its disk does not support a write-ahead log; put it on a "
                    "local disk"
                )
            with connection.begin():
                version = copies.refuse_foreign(connection, place=place)
            if copies.is_current(version):
                return
            if version is not None:
                copies.keep_before(place, version=version)
            # SQLite alters a table by recreating it; dropping the old one must not cascade.
            raw.execute("PRAGMA foreign_keys = OFF")
            with connection.begin():
                copies.upgrade(connection)
            raw.execute("PRAGMA foreign_keys = ON")
    finally:
        engine.dispose()


def _ready_server(engine: Engine, *, place: StoreLocation) -> None:
    remembered = identity.recall(place)
    with engines.reading(engine).begin() as tx:
        encoding = tx.exec_driver_sql("SHOW server_encoding").scalar_one()
        version = copies.refuse_foreign(tx, place=place)
        present = identity.inventory(tx)
    if encoding != "UTF8":
        raise StoreError(
            f"{place.label}: its encoding is {encoding}; make the database again with: "
            "createdb --encoding=UTF8 --template=template0"
        )
    identity.refuse_lost(place, present, remembered=remembered)
    if not copies.is_current(version):
        with engines.writing(engine).begin() as tx:
            # Check again now that writers are locked out: another process may have migrated it.
            if not copies.is_current(copies.refuse_foreign(tx, place=place)):
                copies.upgrade(tx)
