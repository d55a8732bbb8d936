"""Database engines: transactions controlled by the store, fast statements, and errors."""

import os
import sqlite3
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from itertools import islice
from traceback import walk_tb
from typing import Any, TypeAlias, TypeVar
from urllib.parse import quote

from sqlalchemy import (
    URL,
    Column,
    ColumnElement,
    Connection,
    Dialect,
    Engine,
    Executable,
    Insert,
    Row,
    Select,
    Update,
    create_engine,
    delete,
    event,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from briefing.core.errors import MissingPartError, StoreError, printable
from briefing.store.location import StoreLocation
from briefing.store.tables import Columns

T = TypeVar("T")
#: A row with any columns.
AnyRow: TypeAlias = Row[*tuple[Any, ...]]
#: Values in one IN (...): far below the limits of the databases (32,766 on SQLite).
_AT_ONCE = 1_000
#: Seconds to wait for another writer. A transaction takes milliseconds, or seconds on a slow disk
#: during a backup.
WAIT = 30.0
#: Time limits for a server, unless its URL sets them. libpq waits for a connection forever, and the
#: system takes two hours to notice that a machine has vanished. All are in seconds except
#: ``tcp_user_timeout``, which is in milliseconds.
_WAITS = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}
#: The same limits on the server, which would otherwise keep the locks of a vanished machine.
_ALIVE = "; ".join(
    f"SET tcp_{name} = {_WAITS[name]}"
    for name in ("keepalives_idle", "keepalives_interval", "keepalives_count")
)
#: Number of the PostgreSQL advisory lock of all writers: any number that nobody else uses.
WRITER = int.from_bytes(b"briefing")
#: Execution option that marks a writing connection.
_WRITES = "briefing_writes"


def connect(place: StoreLocation) -> Engine:
    """Return an engine for a store; nothing is opened yet."""
    return _sqlite(place.url) if place.file else _postgresql(place.url)


def read_only(place: StoreLocation) -> Engine:
    """Return an engine for a file that changes nothing, not even by recovering its log."""
    name = f"file:{quote(str(place.file))}"
    return _sqlite(URL.create("sqlite", database=name, query={"mode": "ro", "uri": "true"}))


def reading(engine: Engine) -> Engine:
    """Return the engine for read-only transactions on one snapshot."""
    if engine.dialect.name == "sqlite":
        return engine
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def writing(engine: Engine) -> Engine:
    """Return the engine for transactions that write, one at a time."""
    return engine.execution_options(**{_WRITES: True})


def begin(connection: Connection) -> AbstractContextManager[object]:
    """Begin a transaction, reconnecting if the server has closed the connection."""
    try:
        return connection.begin()
    except DBAPIError as error:
        if not error.connection_invalidated:
            raise
        return connection.begin()


def _sqlite(url: URL) -> Engine:
    engine = create_engine(url, connect_args={"timeout": WAIT})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:  # noqa: ANN401  the driver's type
    # The driver itself begins a transaction as deferred: a read followed by a write then fails at
    # once if another process has written in between.
    connection.isolation_level = None
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")


def _begin_sqlite(connection: Connection) -> None:
    writes = _writes(connection)
    if connection.info.get(_WRITES) is not writes:
        connection.exec_driver_sql(f"PRAGMA query_only = {'OFF' if writes else 'ON'}")
        connection.info[_WRITES] = writes
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _postgresql(url: URL) -> Engine:
    waits = {name: value for name, value in _WAITS.items() if name not in url.query}
    # Overrides database and environment: with SQL_ASCII, text would arrive as bytes.
    options = {**waits, "client_encoding": "utf8"}
    try:
        engine = create_engine(url, connect_args=options, pool_pre_ping=True)
    except ImportError:
        raise MissingPartError(
            "a store on PostgreSQL needs psycopg; install it with: pip install 'briefing[postgres]'"
        ) from None
    event.listen(engine, "connect", _prepare_postgresql)
    event.listen(engine, "begin", _begin_postgresql)
    return engine


def _prepare_postgresql(connection: Any, _record: object) -> None:  # noqa: ANN401  the driver's type
    connection.execute(_ALIVE)
    connection.commit()


def _begin_postgresql(connection: Connection) -> None:
    if _writes(connection):
        # One writer at a time, as on SQLite: no two writers can both take the same report for new,
        # and a time read in a transaction is later than everything committed.
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{WAIT}s'")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITER})")
    else:
        # Plan for the actual parameters: after several executions PostgreSQL may switch to a
        # generic plan, with which a late page of the archive took 5 s instead of 0.1 s.
        connection.exec_driver_sql("SET LOCAL plan_cache_mode = force_custom_plan")


def read_in_parallel(tx: Connection) -> None:
    """Let PostgreSQL scan tables in parallel until the transaction ends.

    Its cost estimates underrate parallel scans of tables in memory: finding a word in 84,000
    passages took 125 ms with one process and 67 ms with two.
    """
    if tx.dialect.name == "postgresql":
        for cost in ("parallel_setup_cost", "parallel_tuple_cost"):
            tx.exec_driver_sql(f"SET LOCAL {cost} = 0")


def _writes(connection: Connection) -> bool:
    return bool(connection.get_execution_options().get(_WRITES))


_WRITTEN = "another process is writing to it for too long; try again when it has ended"
_FULL = "no space left on its disk; free some and run this again; nothing is half-written"
#: Messages by the prefix of SQLite's error name (https://sqlite.org/rescode.html).
_SQLITE = {
    "SQLITE_BUSY": _WRITTEN,
    "SQLITE_LOCKED": _WRITTEN,
    "SQLITE_FULL": _FULL,
    "SQLITE_READONLY": (
        "it cannot be written: permission denied; check the permissions of file and folder"
    ),
    "SQLITE_PERM": (
        "it cannot be opened: permission denied; check the permissions of file and folder"
    ),
    "SQLITE_CANTOPEN": "it cannot be opened; check that its folder exists and is writable",
    "SQLITE_IOERR": "its disk cannot be read or written; check the disk and make room",
}
#: Errors that a full or read-only disk may cause, and the bytes that SQLite needs to open a file,
#: for the index of its log.
_REFUSED = ("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_IOERR", "SQLITE_PERM")
_LEAST = 65_536
#: Errors of a damaged file.
_DAMAGED = ("SQLITE_CORRUPT", "SQLITE_NOTADB")
#: Messages by the prefix of PostgreSQL's error code (its manual, appendix A).
_POSTGRESQL = {
    "25006": "it cannot be written here; this is a read-only transaction or server",
    "28": "login refused; check user and password (PGPASSWORD or ~/.pgpass)",
    "3D000": "there is no such database; make it with createdb",
    "42501": "permission denied; grant this user the rights on the database",
    "40": "another process interfered; run this again, nothing is half-written",
    "53100": _FULL,
    "53300": "it has too many connections; end some or raise max_connections",
    "55P03": _WRITTEN,
    "57P": "it is stopping or starting; try again",
    "XX001": "its files are damaged; restore the last backup: briefing restore FILE",
}
#: Modules that may lie between a stored value and our code in a traceback.
_LIBRARIES = {*sys.stdlib_module_names, "sqlalchemy", "alembic"}
#: Messages by a part of the error text of a failed connection, which has no code.
_UNREACHED = {
    **dict.fromkeys(
        ("failed to resolve host", "could not translate host name", "Name or service not known"),
        "there is no such host; check its name",
    ),
    **dict.fromkeys(
        (
            *("password authentication failed", "no password supplied"),
            *("no pg_hba.conf entry", "Peer authentication failed"),
        ),
        _POSTGRESQL["28"],
    ),
    "Connection refused": "nothing answers there; check that the server runs, and host and port",
    "No such file or directory": "nothing answers there; check that the server runs",
    "the database system is": _POSTGRESQL["57P"],
    "timeout expired": "it does not answer in time; check host, port and network",
    "connection timeout": "it does not answer in time; check host, port and network",
    "too many clients": _POSTGRESQL["53300"],
}


@contextmanager
def translating_errors(place: StoreLocation) -> Iterator[None]:
    """Turn every database error into a StoreError with a one-line message."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as error:
        raise StoreError(f"{place.label}: {_reason(error, place=place)}") from error
    except (ValueError, zlib.error) as error:
        what = "text cannot be unpacked"
        if isinstance(error, ValueError):
            # Either a stored time or state is unreadable, or it is a bug elsewhere.
            frames = (frame for frame, _ in walk_tb(error.__traceback__))
            modules = (str(frame.f_globals.get("__name__", "")) for frame in frames)
            own = [module for module in modules if module.partition(".")[0] not in _LIBRARIES]
            if not own or not own[-1].startswith("briefing.store."):
                raise
            what = "value cannot be read"
        reason = f"damaged (a stored {what}: {printable(error)})"
        raise StoreError(f"{place.label}: {reason}; {place.remedy}") from error


def _reason(error: Exception, *, place: StoreLocation) -> str:
    fault = error.orig if isinstance(error, DBAPIError) and error.orig else error
    if isinstance(fault, sqlite3.Error):
        name = getattr(fault, "sqlite_errorname", "")
        if name.startswith(_DAMAGED) or "Could not decode" in str(fault):
            return f"damaged ({_line(fault, place=place)}); {place.remedy}"
        message = _of_disk(name, place=place) or _by_code(name, _SQLITE)
    else:
        code = getattr(fault, "sqlstate", None) or ""
        message = _by_code(code, _POSTGRESQL) if code else _unreached(str(fault))
        if not message and isinstance(error, DBAPIError) and error.connection_invalidated:
            return "the connection to it was lost; try again"
    quoted = f"the database reports: {_line(fault, place=place)}"
    return message or f"{quoted}; if this happens again, {place.remedy}"


def _of_disk(name: str, *, place: StoreLocation) -> str:
    """Return what is wrong with the disk if that explains an SQLite error; otherwise empty."""
    if not name.startswith(_REFUSED):
        return ""
    with suppress(OSError):
        disk = os.statvfs(place.folder)
        if disk.f_flag & os.ST_RDONLY:
            return "its disk is mounted read-only; mount it for writing"
        if disk.f_bavail * disk.f_frsize < _LEAST or (disk.f_files and not disk.f_favail):
            return _FULL
    return ""


def _by_code(code: str, messages: dict[str, str]) -> str:
    return next((message for begin, message in messages.items() if code.startswith(begin)), "")


def _unreached(message: str) -> str:
    if "database" in message and "does not exist" in message:
        return _POSTGRESQL["3D000"]
    return next((text for words, text in _UNREACHED.items() if words in message), "")


def _line(fault: BaseException, *, place: StoreLocation) -> str:
    """Return the first line of a message, with passwords masked."""
    line, *_ = str(fault).strip().splitlines() or [type(fault).__name__]
    for password in place.passwords:
        line = line.replace(password, "***")
    return printable(line)


class DriverStatement:
    """A statement that is compiled once.

    SQLAlchemy takes ten times as long to prepare a row as SQLite to write it. A server takes longer
    than either, so there SQLAlchemy executes the statement.
    """

    def __init__(self, statement: Insert | Update) -> None:
        self._statement = statement
        # Its text, and its parameters in order, each with its bind processor.
        self._compiled: tuple[str, list[tuple[str, Any]]] | None = None

    def run(self, tx: Connection, rows: Sequence[Mapping[str, Any]]) -> int:
        """Execute the statement once for each row; return how many rows of the table changed.

        Each row maps parameter names to values. Rows of an insert must have the same columns in
        every call. Does nothing without rows.
        """
        if not rows:
            return 0
        if tx.dialect.name != "sqlite":
            return tx.execute(self._statement, rows).rowcount
        with closing(tx.connection.cursor()) as cursor:
            text, prepared = self._prepared(tx.dialect, rows)
            cursor.executemany(text, prepared)
            return int(cursor.rowcount)

    def add(self, tx: Connection, rows: Sequence[Mapping[str, Any]]) -> list[int]:
        """Insert each row as :meth:`run` does; return the numbers assigned to them, in order."""
        if tx.dialect.name != "sqlite":
            assert isinstance(self._statement, Insert)  # noqa: S101  for type checking
            number = self._statement.table.c.number
            adding = self._statement.returning(number, sort_by_parameter_order=True)
            return list(tx.scalars(adding, rows))
        with closing(tx.connection.cursor()) as cursor:
            text, prepared = self._prepared(tx.dialect, rows)
            return [cursor.execute(text, values).lastrowid for values in prepared]

    def _prepared(
        self, dialect: Dialect, rows: Sequence[Mapping[str, Any]]
    ) -> tuple[str, list[tuple[Any, ...]]]:
        if self._compiled is None:
            columns = list(rows[0]) if isinstance(self._statement, Insert) else None
            compiled = self._statement.compile(dialect=dialect, column_keys=columns)
            types = [(name, compiled.binds[name].type) for name in compiled.positiontup or ()]
            converting = [
                (name, kind.dialect_impl(dialect).bind_processor(dialect)) for name, kind in types
            ]
            self._compiled = str(compiled), converting
        text, parameters = self._compiled
        return text, [
            tuple([convert(row[name]) if convert else row[name] for name, convert in parameters])
            for row in rows
        ]


def in_batches(values: Iterable[T]) -> Iterator[list[T]]:
    """Yield values in batches that fit into one query."""
    rest = iter(values)
    while batch := list(islice(rest, _AT_ONCE)):
        yield batch


def rows_in(
    tx: Connection, query: Select[Any], column: Column[T], values: Iterable[T]
) -> Iterator[AnyRow]:
    """Yield the rows of a query whose column has one of these values, however many there are."""
    for batch in in_batches(values):
        yield from tx.execute(query.where(column.in_(batch)))


def first(tx: Connection, query: Executable, build: Callable[[AnyRow], T]) -> T | None:
    """Return the object built from the first row of a query; None if there is no row."""
    row = tx.execute(query).first()
    return None if row is None else build(row)


def has_row(tx: Connection, *where: ColumnElement[bool]) -> bool:
    """Tell whether any row meets all conditions."""
    return tx.execute(select(literal(1)).where(*where).limit(1)).first() is not None


def count_rows(tx: Connection, *where: ColumnElement[bool]) -> int:
    """Count the rows that meet all conditions."""
    return tx.execute(select(func.count()).where(*where)).scalar_one()


def insert_rows(
    tx: Connection, table: Columns | Insert, rows: Sequence[Mapping[str, object]]
) -> None:
    """Insert rows, if there are any."""
    if rows:
        tx.execute(table if isinstance(table, Insert) else insert(table), rows)


def insert_row(tx: Connection, table: Columns, **values: object) -> int:
    """Insert a row; return the number assigned to it."""
    return int(tx.execute(insert(table).values(**values).returning(table.number)).scalar_one())


def update_rows(
    tx: Connection, table: Columns, *where: ColumnElement[bool], **values: object
) -> int:
    """Update the rows that meet all conditions; return how many."""
    return tx.execute(update(table).where(*where).values(**values)).rowcount


def update_in(
    tx: Connection,
    column: Column[T],
    numbers: Iterable[T],
    *where: ColumnElement[bool],
    **values: object,
) -> None:
    """Update the rows whose column has one of these values, however many there are."""
    for batch in in_batches(numbers):
        tx.execute(update(column.table).where(column.in_(batch), *where).values(**values))


def delete_rows(tx: Connection, table: Columns, *where: ColumnElement[bool]) -> int:
    """Delete the rows that meet all conditions; return how many."""
    return tx.execute(delete(table).where(*where)).rowcount


def upsert(
    tx: Connection, table: Columns, key: Mapping[str, object], columns: Mapping[str, object]
) -> None:
    """Insert a row, or update the row that already has its key."""
    adding = insert_into(tx, table).values(**key, **columns)
    tx.execute(adding.on_conflict_do_update(index_elements=list(key), set_=columns))


def insert_into(tx: Connection, table: Columns) -> Any:  # noqa: ANN401  a different type for each database
    """Return an insert that supports ``on_conflict_…``.

    The SQL is the same for both databases, but SQLAlchemy has a separate construct for each.
    """
    if tx.dialect.name == "postgresql":
        # Imported late: it loads asyncio, which a store in a file does not need.
        from sqlalchemy.dialects.postgresql import insert as insert_on_server  # noqa: PLC0415

        return insert_on_server(table)
    from sqlalchemy.dialects.sqlite import insert  # noqa: PLC0415  as above

    return insert(table)
