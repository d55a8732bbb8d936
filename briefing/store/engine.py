"""Database engines whose transactions the store controls."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError

from briefing.core.errors import MissingPartError
from briefing.store.location import StoreLocation

#: Seconds to wait for another writer. A transaction takes milliseconds, or seconds on a slow disk
#: during a backup.
WAIT = 30.0
#: How long to wait for a server, unless its URL says so. In seconds to connect: libpq itself waits
#: for ever; and until one whose machine has vanished counts as gone, by its silence or, in
#: milliseconds, by what it does not confirm: the system waits for two hours.
_WAITS = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}
#: The same for the server, which else keeps the locks of a vanished machine as long.
_ALIVE = "; ".join(
    f"SET tcp_{name} = {_WAITS[name]}"
    for name in ("keepalives_idle", "keepalives_interval", "keepalives_count")
)
#: Number of the PostgreSQL advisory lock of all writers; any number that nobody else uses.
WRITER = int.from_bytes(b"briefing")
#: Execution option that marks a writing connection.
_WRITES = "briefing_writes"


def connect(place: StoreLocation) -> Engine:
    """Return an engine for a store; nothing is opened yet.

    Raises:
        MissingPartError: it is a PostgreSQL database and its driver is not installed.
    """
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
    """Begin a transaction, on a new connection if the server has ended the old one meanwhile."""
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


def _prepare_sqlite(connection: Any, _record: object) -> None:  # noqa: ANN401  the driver's own
    # The driver itself begins transactions late: a read that then writes fails at once if
    # somebody else has written in between.
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
    # Whatever database and environment say: as bytes, not even the version could be read.
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


def _prepare_postgresql(connection: Any, _record: object) -> None:  # noqa: ANN401  the driver's own
    connection.execute(_ALIVE)
    connection.commit()


def _begin_postgresql(connection: Connection) -> None:
    if _writes(connection):
        # One writer at a time, as on SQLite: two writers cannot both take the same report for
        # new, and a time read in a transaction is later than all that is committed.
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{WAIT}s'")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITER})")
    else:
        # A plan for the words that are asked for: after ten questions of a kind PostgreSQL may
        # keep one for any words, by which a late page of the archive took 5 s, not 0.1 s.
        connection.exec_driver_sql("SET LOCAL plan_cache_mode = force_custom_plan")


def read_in_parallel(tx: Connection) -> None:
    """Let PostgreSQL read whole tables with all its processors until the transaction ends.

    It reckons with what they cost to start and to ask, hardly with what they save where a table is
    in memory: a word among 84,000 passages was found in 125 ms by one, and in 67 by two.
    """
    if tx.dialect.name == "postgresql":
        for cost in ("parallel_setup_cost", "parallel_tuple_cost"):
            tx.exec_driver_sql(f"SET LOCAL {cost} = 0")


def _writes(connection: Connection) -> bool:
    return bool(connection.get_execution_options().get(_WRITES))
