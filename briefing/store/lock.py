"""Locks that one process holds at a time, freed when it dies."""

from __future__ import annotations

import fcntl
import hashlib
import os
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from briefing.core.errors import BusyError, StoreError, reason_of, remedy_of
from briefing.store.location import printable

#: Seconds between two attempts to take a lock.
_LOOK = 0.02


@contextmanager
def hold(file: Path, *, busy: str, shared: bool = False) -> Iterator[None]:
    """Hold a lock on a file, which is created and kept; a shared one beside others that are.

    Raises:
        BusyError: another process holds it; the message is ``busy``.
        StoreError: the file cannot be made.
    """
    descriptor = open_lock(file)
    try:
        take(descriptor, fcntl.LOCK_SH if shared else fcntl.LOCK_EX, busy=busy)
        yield
    finally:
        os.close(descriptor)


def open_lock(file: Path) -> int:
    """Open a lock file and return its descriptor.

    Raises:
        StoreError: it cannot be made.
    """
    try:
        return os.open(file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise StoreError(
            f"{printable(str(file))}: cannot be opened ({reason_of(error)}); "
            + remedy_of(error, otherwise="check that its folder exists and may be written")
        ) from error


def take(descriptor: int, kind: int, *, busy: str, wait: float = 0) -> None:
    """Take a lock (LOCK_SH or LOCK_EX), within so many seconds.

    Raises:
        BusyError: another process holds it; the message is ``busy``.
        StoreError: the file system has no locks.
    """
    end = time.monotonic() + wait
    while True:
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= end:
                raise BusyError(busy) from None
            time.sleep(_LOOK)
        except OSError as error:
            raise StoreError(
                f"the file system of the store has no locks ({reason_of(error)}); put the store "
                "on a local disk"
            ) from error
        else:
            return


@contextmanager
def hold_on_server(engine: Engine, work: str, *, busy: str, shared: bool = False) -> Iterator[None]:
    """Hold a lock of a PostgreSQL server, on a connection of its own, as :func:`hold` does.

    Raises:
        BusyError: another process holds it; the message is ``busy``.
    """
    number = _number(work)
    ending = "_shared" if shared else ""
    connection = engine.execution_options(isolation_level="AUTOCOMMIT").connect()
    try:
        # Detached from the pool: closing it closes the connection, and so frees the lock.
        connection.detach()
        take_it = f"SELECT pg_try_advisory_lock{ending}({number})"
        if not connection.exec_driver_sql(take_it).scalar():
            raise BusyError(busy)
        try:
            yield
        finally:
            # Explicitly: the server notices the end of the connection a moment later. A broken
            # connection has freed the lock already.
            with suppress(DBAPIError):
                connection.exec_driver_sql(f"SELECT pg_advisory_unlock{ending}({number})")
    finally:
        connection.close()


class ServerLocks:
    """Locks of one kind, of a PostgreSQL server, on one connection; safe to use by many threads.

    They are freed when the connection ends, as with its process.
    """

    def __init__(self, engine: Engine, kind: str) -> None:
        self._kind = kind
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._connection: Connection | None = None
        self._lock = threading.Lock()

    def take(self, name: str) -> bool:
        """Take a lock, or keep it; False: another process holds it."""
        with self._lock:
            if self._connection is None or self._connection.invalidated:
                self._connection = self._engine.connect()
                self._connection.detach()
            number = _number(f"{self._kind} {name}")
            held = self._connection.exec_driver_sql(f"SELECT pg_try_advisory_lock({number})")
            return bool(held.scalar())

    def free(self, name: str) -> None:
        """Let others have a lock that was taken once; one lost with the connection is free."""
        number = _number(f"{self._kind} {name}")
        with self._lock, suppress(DBAPIError):
            if self._connection is not None and not self._connection.invalidated:
                self._connection.exec_driver_sql(f"SELECT pg_advisory_unlock({number})")

    def close(self) -> None:
        """Free all."""
        with self._lock, suppress(DBAPIError):
            connection, self._connection = self._connection, None
            if connection is not None and not connection.invalidated:
                with closing(connection):
                    # Explicitly, as above.
                    connection.exec_driver_sql("SELECT pg_advisory_unlock_all()")


def _number(name: str) -> int:
    return int.from_bytes(hashlib.sha256(f"briefing {name}".encode()).digest()[:8], signed=True)
