"""Where a store is, its locks, and files private to their owner."""

import fcntl
import hashlib
import json
import os
import shlex
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from pydantic import TypeAdapter
from sqlalchemy import Connection, Engine
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from briefing.core.errors import BusyError, StoreError, UsageError, printable, reason_of, remedy_of
from briefing.core.frozen import frozen

#: The scheme of a server's URL, and the schemes that people may write.
_DRIVER = "postgresql+psycopg"
_DRIVERS = ("postgresql", "postgres", _DRIVER, "sqlite")
#: What an inventory counts.
COUNTED = ("editions", "readers", "sources")


@frozen
class StoreLocation:
    """A file or a database."""

    #: Includes the driver and, on PostgreSQL, the password.
    url: URL
    #: The file, absolute; None on PostgreSQL.
    file: Path | None
    #: Folder of the files beside the store.
    folder: Path
    #: Label in messages: one line, no password.
    label: str

    @property
    def name(self) -> str:
        """Prefix of the names of files beside the store."""
        return self.file.name if self.file else f"{self.url.database or 'postgresql'}.store"

    def beside(self, ending: str) -> Path:
        """Return a file beside the store."""
        return self.folder / f"{self.name}.{ending}".replace("/", "_")

    @property
    def passwords(self) -> tuple[str, ...]:
        """Passwords, which must not appear in a message."""
        asked = self.url.query.get("password", ())
        candidates = [str(self.url.password or ""), *([asked] if isinstance(asked, str) else asked)]
        return tuple(password for password in candidates if password)

    @property
    def remedy(self) -> str:
        """What to do when the store is damaged."""
        good = (backup for backup in reversed(noted_backups(self)) if _is_there(backup.file))
        newest = next(good, None)
        if newest is None:
            return "restore the last backup: briefing restore FILE"
        command = restoring(newest.file, newest.settings)
        return f"restore the last backup ({printable(newest.at)}): {command}"


@frozen
class NotedBackup:
    """A backup as recorded beside the store."""

    #: The file that was written.
    file: Path
    #: When it was made, as shown in messages.
    at: str
    #: What it contained.
    editions: int = 0
    readers: int = 0
    sources: int = 0
    #: The settings file that it was made with; empty if there was none.
    settings: str = ""


_NOTED = TypeAdapter(tuple[NotedBackup, ...])


def noted_backups(place: StoreLocation) -> tuple[NotedBackup, ...]:
    """Return the backups recorded beside a store, newest last; none if nothing is recorded."""
    try:
        content = json.loads(place.beside("backup").read_bytes())
        # Earlier versions recorded only the last backup.
        return _NOTED.validate_python(content.get("backups", [content]))
    except (OSError, ValueError, AttributeError):
        return ()


def restoring(file: Path, settings: str = "") -> str:
    """Return the command that restores a backup."""
    config = f" --config {printable(shlex.quote(settings))}" if settings else ""
    return f"briefing restore {printable(shlex.quote(str(file)))} --replace{config}"


def belonging(place: StoreLocation) -> tuple[Path, ...]:
    """Return the existing files of a store: its own, those beside it, and its backups."""
    beside = [place.beside(ending) for ending in ("sent", "identity", "backup", "deliveries")]
    if place.file:
        beside += [place.file, *(Path(f"{place.file}{ending}") for ending in ("-wal", "-shm"))]
    beside += [backup.file for backup in noted_backups(place)]
    return tuple(sorted(file for file in beside if _is_there(file)))


def _is_there(file: Path) -> bool:
    with suppress(OSError, ValueError):
        return file.is_file() and file.stat().st_size > 0
    return False


def find_place(at: str, *, folder: Path) -> StoreLocation:
    """Return the location that a setting names, a file or a database URL; UsageError if neither."""
    if "://" not in at:
        return _at_file(Path(at), folder=folder)
    try:
        url = make_url(at)
    except (ArgumentError, ValueError):
        raise UsageError(
            "the store's address is not a URL; write postgresql://USER@HOST/DATABASE"
        ) from None
    if url.drivername not in _DRIVERS:
        raise UsageError(
            f"the store cannot be a {printable(url.drivername)} database; give a file or "
            "postgresql://USER@HOST/DATABASE"
        )
    if url.drivername == "sqlite":
        return _at_file(Path(url.database or ""), folder=folder)
    label = URL.create(
        "postgresql", username=url.username, host=url.host, port=url.port, database=url.database
    )
    return StoreLocation(
        url.set(drivername=_DRIVER), None, folder.absolute(), printable(label.render_as_string())
    )


def _at_file(path: Path, *, folder: Path) -> StoreLocation:
    file = (folder / path.expanduser()).absolute()
    if path == Path() or "\0" in str(path):
        raise UsageError("the store's address names no file; write for example briefing.db")
    url = URL.create("sqlite", database=str(file))
    return StoreLocation(url, file, file.parent, printable(file))


#: Seconds between two attempts to take a lock.
_LOOK = 0.02


@contextmanager
def hold(file: Path, *, busy: str, shared: bool = False) -> Iterator[None]:
    """Hold a lock on a file, which is created if missing and stays; shared locks coexist.

    BusyError, with the message ``busy``: another process holds it. StoreError: the file cannot be
    created.
    """
    descriptor = open_lock(file)
    try:
        take(descriptor, fcntl.LOCK_SH if shared else fcntl.LOCK_EX, busy=busy)
        yield
    finally:
        os.close(descriptor)


def open_lock(file: Path) -> int:
    """Open a lock file and return its descriptor."""
    try:
        return os.open(file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise StoreError(
            f"{printable(file)}: cannot be opened ({reason_of(error)}); "
            + remedy_of(error, otherwise="check that its folder exists and is writable")
        ) from error


def take(descriptor: int, kind: int, *, busy: str, wait: float = 0) -> None:
    """Take a lock (LOCK_SH or LOCK_EX), waiting up to ``wait`` seconds.

    BusyError, with the message ``busy``: another process holds it. StoreError: the file system does
    not support locks.
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
    """Hold a lock on a PostgreSQL server, on a separate connection, as :func:`hold` does."""
    with closing(ServerLocks(engine)) as locks:
        if not locks.take(work, shared=shared):
            raise BusyError(busy)
        yield


class ServerLocks:
    """Advisory locks of one kind on a PostgreSQL server, on one connection; thread-safe.

    They are released when the connection ends, for example with its process.
    """

    def __init__(self, engine: Engine, kind: str = "") -> None:
        self._kind = kind
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._connection: Connection | None = None
        self._lock = threading.Lock()

    def take(self, name: str, *, shared: bool = False) -> bool:
        """Take a lock or keep it; False if another process holds it."""
        with self._lock:
            if self._connection is None or self._connection.invalidated:
                self._connection = self._engine.connect()
                # Detached from the pool, so that closing it releases the locks.
                self._connection.detach()
            call = self._call(f"try_advisory_lock{'_shared' if shared else ''}", name)
            return bool(self._connection.exec_driver_sql(call).scalar())

    def free(self, name: str) -> None:
        """Release a lock that was taken once; one lost with its connection is already free."""
        with self._lock, suppress(DBAPIError):
            if self._connection is not None and not self._connection.invalidated:
                self._connection.exec_driver_sql(self._call("advisory_unlock", name))

    def close(self) -> None:
        """Release all locks."""
        with self._lock, suppress(DBAPIError):
            connection, self._connection = self._connection, None
            if connection is not None and not connection.invalidated:
                with closing(connection):
                    # Explicitly, since the server notices a closed connection only a moment later.
                    connection.exec_driver_sql("SELECT pg_advisory_unlock_all()")

    def _call(self, what: str, name: str) -> str:
        words = f"briefing {self._kind}{name}"
        number = int.from_bytes(hashlib.sha256(words.encode()).digest()[:8], signed=True)
        return f"SELECT pg_{what}({number})"


#: Permissions for the owner only, some of which the umask may remove.
_PRIVATE = 0o600


def make_private(file: Path) -> None:
    """Create an empty file private to its owner, unless it exists."""
    with suppress(FileExistsError):
        os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, _PRIVATE))


@contextmanager
def scratch(file: Path) -> Iterator[Path]:
    """Create an empty private file, and delete it at the end."""
    try:
        file.unlink(missing_ok=True)
        make_private(file)
        yield file
    finally:
        file.unlink(missing_ok=True)


@contextmanager
def staged(file: Path, content: bytes | Iterable[bytes], *, lasting: bool = True) -> Iterator[Path]:
    """Write a private file under a temporary name in the folder of ``file``, and yield its path.

    It is deleted at the end unless the caller has moved it. Without ``lasting`` it is not synced to
    disk, so a power failure may lose its content.
    """
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    draft = Path(name)
    try:
        with os.fdopen(handle, "wb") as opened:
            opened.writelines([content] if isinstance(content, bytes) else content)
            opened.flush()
            if lasting:
                os.fsync(opened.fileno())
        yield draft
    finally:
        draft.unlink(missing_ok=True)


def write_private(file: Path, content: bytes | Iterable[bytes], *, lasting: bool = True) -> None:
    """Write a private file, as :func:`staged` does; if that fails, an existing file stays."""
    with staged(file, content, lasting=lasting) as draft:
        draft.replace(file)
        if lasting:
            sync(file.parent)


def sync(path: Path) -> None:
    """Wait until a file or the entries of a folder are synced to disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
