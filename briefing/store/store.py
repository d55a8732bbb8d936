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

#: Seconds between two records of the inventory beside a store that is being written to.
_NOTED = 60
#: Seconds between two looks at a store that must be migrated and is open elsewhere.
_LOOK = 0.02


class Store:
    """An open store; closed with :meth:`close`.

    Whatever fails in the database is a StoreError.
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
        # Identity of the opened file: its name may be taken by another.
        self._opened = _number(place)
        # Whether something was written since the inventory was recorded, and when that was.
        self._written, self._noted = False, time.monotonic()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Begin a read-only transaction on one snapshot of the store."""
        with translating_errors(self.place), self._reading.begin() as tx:
            self._refuse_exchanged()
            yield tx

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Begin a transaction that is committed at the end, or rolled back by an error.

        One process writes at a time, on both databases: a time taken inside is later than
        everything committed. Waits up to 30 seconds for others.
        """
        with self.writer() as begin, begin() as tx:
            yield tx

    def look(
        self, work: Callable[Concatenate[Connection, P], T], *given: P.args, **named: P.kwargs
    ) -> T:
        """Return what one look at it gives."""
        with self.read() as tx:
            return work(tx, *given, **named)

    @contextmanager
    def writer(self) -> Iterator[Callable[[], AbstractContextManager[Connection]]]:
        """Keep a connection for many short transactions, each begun as :meth:`write` begins one.

        To get a connection and give it back takes as long as such a transaction. A connection that
        was lost between two of them is made anew.
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
            # A transaction rolled back inside, as by a check, has changed nothing.
            is_kept = tx.in_transaction()
            self._written = self._written or is_kept
            if is_kept and time.monotonic() - self._noted > _NOTED:
                held = identity.advance(tx)
        if held:
            self._note(held)

    def remember(self) -> identity.Inventory:
        """Record the current inventory beside the store, so that one that holds less is detected.

        Return it. If nothing can be written, as on a full disk, the previous record stays.
        """
        try:
            with translating_errors(self.place), self._writing.begin() as tx:
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
        """Refuse to use a file that was deleted or replaced: what is written would be lost."""
        if self._opened is not None and _number(self.place) != self._opened:
            raise StoreError(
                f"{self.place.label}: it was deleted, emptied or replaced while in use; end this "
                f"process, then {self.place.remedy}"
            )

    @contextmanager
    def alone(self, work: str, *, shared: bool = False) -> Iterator[None]:
        """Hold the lock of some work, such as "collect", in one process at a time.

        Others may read and write meanwhile. The lock is freed when the process dies. Those that
        share a work hold it together, and keep out only who does not (BusyError).
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
        """Give locks on web hosts, for which the workers of a store on a server compete."""
        if self.place.file:
            raise StoreError(f"{self.place.label}: a store in a file has no workers")
        locks = location.ServerLocks(self._engine, "host ")
        with translating_errors(self.place), closing(locks):
            yield locks

    def leads(self, work: str) -> bool:
        """Tell whether this process leads in some work, as one of those of this store does.

        It then does until the store is closed, or its connection lost. In a store that is a file
        each does.
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
        """Close all connections; closing twice is safe."""
        if self._written:
            # What was written is committed; the next writer records it.
            with suppress(StoreError):
                self.remember()
            self._written = False
        # A later use connects again, to whatever file then has the name.
        self._opened = None
        self._leads.close()
        self._engine.dispose()
        if self._held is not None:
            os.close(self._held)
            self._held = None


def open_store(at: str, *, folder: Path) -> Store:
    """Open a store; create it if there is none, and migrate its tables to this version.

    Before the tables of a file are migrated, a copy of it is kept beside it. ``at`` is a file,
    relative to the folder of the settings, or ``postgresql://USER@HOST/DATABASE``.

    UsageError: ``at`` is neither; StoreError: it cannot be opened, is damaged, foreign, of a newer
    version, or holds less than the inventory recorded beside it; BusyError: it is being restored,
    or must be migrated while others have it open; OutputError: the copy cannot be written;
    MissingPartError: the PostgreSQL driver is not installed.
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
        # Of several that start at the same moment, one migrates; the others see that it did.
        while not copies.is_current(version):
            if _is_alone(held):  # nobody else sees its tables change
                _migrate(place, file)
            elif time.monotonic() < end:
                time.sleep(_LOOK)
            else:
                raise BusyError(  # noqa: TRY301
                    f"{place.label}: must be migrated to this version; end all that has it open"
                )
            version = _look(held, place, file, thorough=False)
    except BaseException:
        os.close(held)
        raise
    return _noted(Store(place, engines.connect(place), held))


def _noted(store: Store) -> Store:
    """Record the inventory of a store if the record is stale, as after a killed process."""
    try:
        with store.read() as tx:
            present = identity.inventory(tx)
        if present != identity.recall(store.place):
            identity.note(store.place, present)
    except BaseException:
        store.close()
        raise
    return store


def _is_alone(held: int) -> bool:
    """Tell whether no other process has a store open; then it is locked until the lock is shared.

    If another has, a shared lock of this process is lost (flock(2)).
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
    """Check a file before anything is changed; return its version, None without one.

    A shared lock keeps `restore` from replacing it.
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
    # A backup that was restored by hand has no log yet.
    return version if logged else None


def _number(place: StoreLocation) -> tuple[int, int] | None:
    """Return device and inode, which distinguish a file from another with its name.

    An empty file is no store.
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
        # SQLite would let others read it.
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
            # SQLite changes a table by recreating it; deleting the old one must not cascade.
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
            # With the lock of all writers: check again, another process may have been faster.
            if not copies.is_current(copies.refuse_foreign(tx, place=place)):
                copies.upgrade(tx)
