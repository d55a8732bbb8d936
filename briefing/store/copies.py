"""Copies of a store, made by SQLite or the tools of PostgreSQL, and migration of its tables."""

import contextlib
import os
import re
import secrets
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import replace as changed
from itertools import count
from pathlib import Path
from typing import cast

from sqlalchemy import (
    URL,
    Column,
    Connection,
    Engine,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    insert,
    inspect,
    literal,
    select,
    text,
)

from briefing.core.errors import (
    InputError,
    MissingPartError,
    OutputError,
    StoreError,
    UsageError,
    printable,
    reason_of,
    writing,
)
from briefing.store import engine as engines
from briefing.store import identity, location
from briefing.store.engine import translating_errors
from briefing.store.location import StoreLocation
from briefing.store.round_tables import PASSING
from briefing.store.tables import IDENTITY, METADATA

#: The newest migration; tables of this version are up to date. It is a number and, if code of older
#: versions can still use the tables, "_" and the oldest version that can: "0009_0005".
HEAD = "0109_0104"
#: The oldest version of the tables that can be migrated: that of 0.2.0.
_BASELINE = "0100"
#: Table with the version of a store; not the default alembic_version, which other programs use.
VERSION_TABLE = "briefing_version"
#: Folder of the migrations, also inside a wheel.
_FOLDER = Path(__file__).parent / "migrations"
#: As Alembic creates it.
_REVISION = Table(
    VERSION_TABLE,
    MetaData(),
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name=f"{VERSION_TABLE}_pkc"),
)


def version(connection: Connection) -> str | None:
    """Return the version of the tables; None if there are none."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    current: str | None = connection.scalar(text(f"SELECT version_num FROM {VERSION_TABLE}"))  # noqa: S608  a constant
    return current


def refuse_unusable(version: str, *, label: str, remedy: str = "") -> None:
    """Refuse tables of a version that this version of Briefing can neither use nor migrate."""
    number, _, oldest = version.partition("_")
    known = HEAD.partition("_")[0]
    if number.isdecimal() and number < _BASELINE:
        raise StoreError(
            f"{label}: made by a version of Briefing before 0.2.0, whose tables cannot be "
            "migrated; name another store in [store], and take sources and readers along with "
            "that version's `briefing sources export` and `briefing subscribers export`"
        )
    if not number.isdecimal() or (number > known and not (oldest.isdecimal() and oldest <= known)):
        raise StoreError(
            f"{label}: made by a newer version of Briefing (tables {version[:20]!r}, known are up "
            f"to {HEAD}); update Briefing{remedy}"
        )


def is_current(version: str | None) -> bool:
    """Tell whether tables of a usable version need no migration; they may even be newer."""
    return version is not None and version >= HEAD


def refuse_foreign(connection: Connection, *, place: StoreLocation) -> str | None:
    """Return the version of the tables, None if empty; StoreError if foreign or unusable."""
    current = version(connection)
    if current is not None:
        refuse_unusable(current, label=place.label, remedy=f", or {place.remedy}")
        return current
    there = set(inspect(connection).get_table_names())
    taken = there if place.file else there & set(METADATA.tables)
    if taken:
        raise StoreError(
            f"{place.label}: a database of something else (it has a table {min(taken)[:60]!r}); "
            f"give another in [store], or {place.remedy}"
        )
    return None


def upgrade(connection: Connection) -> None:
    """Create the tables, or run the missing migrations, in the transaction of a connection."""
    if version(connection) is None:
        METADATA.create_all(connection, checkfirst=False)
        row = {"number": 1, "store": secrets.token_hex(16), "generation": 0}
        connection.execute(insert(IDENTITY), row)
        _REVISION.create(connection)
        connection.execute(insert(_REVISION), {"version_num": HEAD})
        return
    # Imported late: this takes 0.15 s and is needed only when a new version first starts.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    settings = Config(attributes={"connection": connection})
    settings.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    settings.set_main_option("path_separator", "os")
    command.upgrade(settings, "head")


#: SQLite errors of the file being written, not of the one being read.
_WRITTEN = ("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_CANTOPEN", "SQLITE_READONLY")


def copy(file: Path, to: Path, *, place: StoreLocation, label: str) -> None:
    """Copy the current state of a store into a file, without sessions, and verify the copy."""
    try:
        with (
            closing(sqlite3.connect(file, timeout=engines.WAIT)) as current,
            closing(sqlite3.connect(to)) as copied,
        ):
            # In one step: a copy in several steps restarts whenever another process writes.
            current.backup(copied)
            # Without a write-ahead log, so that the copy is a single file.
            copied.execute("PRAGMA journal_mode = DELETE")
            fault = _fault(copied)
            if not fault:
                # A session closed after the backup must not be open again after a restore. A store
                # of an older version may lack the table.
                there = {row[1] for row in copied.execute("PRAGMA table_list")}
                for table in sorted(there.intersection(PASSING)):
                    copied.execute(f'DELETE FROM "{table}"')  # noqa: S608  one of our own names
                copied.commit()
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorname", "").startswith(_WRITTEN):
            raise OutputError(f"{label}: cannot be written ({error}); make room there") from error
        with translating_errors(place):
            raise
    if fault:
        raise StoreError(f"{place.label}: damaged ({fault}); {place.remedy}")


def put_back(
    source: Path, file: Path, *, place: StoreLocation, label: str, replace: bool
) -> Path | None:
    """Replace a store with a copy; return where the old file is kept, if it had content."""
    if file.exists() and source.samefile(file):
        raise UsageError(f"{label}: the store itself; give the backup")
    if source.with_name(f"{source.name}-wal").exists():
        raise InputError(f"{label}: a store in use, not a backup; make one with `briefing backup`")
    draft = place.beside("restore")
    with writing(place.label):
        try:
            draft.unlink(missing_ok=True)
            location.make_private(draft)
            shutil.copyfile(source, draft)
            location.sync(draft)
            copied = changed(place, url=URL.create("sqlite", database=str(draft)), label=label)
            with _begun(copied, engines.connect(copied)) as tx:
                fault = _fault(cast(sqlite3.Connection, tx.connection.driver_connection))
                version = None if fault else refuse_foreign(tx, place=copied)
            if fault:
                raise StoreError(f"{copied.label}: damaged ({fault}); give another backup")
            if version is None:
                raise StoreError(f"{copied.label}: an empty database, not a backup; give another")
            busy = f"{place.label}: in use; close every program that has it open"
            with location.hold(place.beside("lock"), busy=busy):
                return _swap(draft, file, place=place, replace=replace)
        finally:
            with contextlib.suppress(OSError):
                _delete(draft)


def _fault(file: sqlite3.Connection) -> str:
    """Return the first defect of a database; empty if there is none."""
    (result,) = file.execute("PRAGMA integrity_check(1)").fetchone()
    if result != "ok":
        return " ".join(str(result).split())
    orphan = file.execute("PRAGMA foreign_key_check").fetchone()
    return f"a row of {orphan[0]} belongs to nothing" if orphan else ""


def _swap(draft: Path, file: Path, *, place: StoreLocation, replace: bool) -> Path | None:
    old_copy = free_name(place.beside("old")) if file.exists() and file.stat().st_size else None
    if old_copy and not _set_aside(file, old_copy, place=place):
        _delete(old_copy)
        old_copy = None
    if old_copy and not replace:
        _delete(old_copy)
        raise StoreError(f"{place.label}: there is a store with content; allow to replace it")
    if old_copy:
        # Merge its log into it, so that a kill before the exchange loses nothing committed. If the
        # file is damaged, it was copied unchanged.
        with contextlib.suppress(sqlite3.Error), closing(sqlite3.connect(file)) as opened:
            opened.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    # The recorded inventory is that of the old store; the next open records a new one.
    identity.forget(place)
    # A log of the old file must never be applied to the new one.
    _delete_logs(file)
    if file.exists():
        # Keep the owner and permissions of the old file, as far as permitted.
        shutil.copymode(file, draft)
        with contextlib.suppress(PermissionError):
            os.chown(draft, file.stat().st_uid, file.stat().st_gid)
    draft.replace(file)
    location.sync(file.parent)
    return old_copy


def _set_aside(file: Path, old_copy: Path, *, place: StoreLocation) -> bool:
    """Copy a store with its log, and tell whether it has content.

    Only the copy is opened, so that a damaged store stays untouched.
    """
    _copy_with_log(file, old_copy)
    try:
        if not _has_content(changed(place, url=URL.create("sqlite", database=str(old_copy)))):
            return False
        with translating_errors(place), closing(sqlite3.connect(old_copy)) as copied:
            copied.execute("PRAGMA journal_mode = DELETE").fetchone()
    except StoreError:
        # SQLite discards a log that it cannot read; another tool may still be able to.
        _copy_with_log(file, old_copy)
    location.sync(old_copy)
    return True


def _copy_with_log(file: Path, to: Path) -> None:
    for ending in ("", "-wal"):
        part, copied = Path(f"{file}{ending}"), Path(f"{to}{ending}")
        if part.exists():
            location.make_private(copied)
            shutil.copy2(part, copied)


def _delete(file: Path) -> None:
    file.unlink(missing_ok=True)
    _delete_logs(file)


def _delete_logs(file: Path) -> None:
    for ending in ("-wal", "-shm"):
        Path(f"{file}{ending}").unlink(missing_ok=True)


def _has_content(place: StoreLocation) -> bool:
    """Tell whether any table of a store has a row."""
    with _begun(place, engines.reading(engines.connect(place))) as tx:
        if refuse_foreign(tx, place=place) is None:
            return False
        there = inspect(tx).get_table_names()
        tables = [
            table
            for table in METADATA.sorted_tables
            if table.name in there and table is not IDENTITY.table
        ]
        return any(
            tx.execute(select(literal(1)).select_from(table).limit(1)).first() for table in tables
        )


def read_only(place: StoreLocation) -> AbstractContextManager[Connection]:
    """Read a file without changing it or its log, even if they are damaged."""
    return _begun(place, engines.read_only(place))


@contextmanager
def _begun(place: StoreLocation, engine: Engine) -> Iterator[Connection]:
    try:
        with translating_errors(place), engine.begin() as tx:
            yield tx
    finally:
        engine.dispose()


def refuse_damaged(tx: Connection, *, place: StoreLocation, thorough: bool) -> None:
    """Refuse a damaged file.

    ``thorough``: also compare tables with indexes, as after a crash, since SQLite applies any log
    with the right name, even one of another database.
    """
    if thorough:
        fault = _fault(cast(sqlite3.Connection, tx.connection.driver_connection))
    else:
        result = tx.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
        fault = "" if result == "ok" else printable(result)
    if fault:
        raise StoreError(f"{place.label}: damaged ({fault}); {place.remedy}")


def held_by(file: Path) -> identity.Inventory:
    """Return the inventory of a copy; InputError if it is damaged or foreign."""
    place = location.find_place(str(file.absolute()), folder=file.parent)
    try:
        with read_only(place) as tx:
            refuse_foreign(tx, place=place)
            return identity.inventory(tx)
    except StoreError as error:
        raise InputError(str(error)) from error


def keep_before(place: StoreLocation, *, version: str) -> None:
    """Keep a copy of a file beside it before its tables are migrated.

    There is one copy for each version, which replaces that of an earlier attempt.
    """
    backup_file = place.beside(f"tables-{version}")
    with atomic_write(backup_file) as draft:
        copy(cast(Path, place.file), draft, place=place, label=printable(backup_file))


@contextmanager
def atomic_write(to: Path) -> Iterator[Path]:
    """Yield a temporary file, and rename it to its final name once it is synced to disk.

    OutputError: it cannot be written; a previous file of that name is unchanged.
    """
    with writing(printable(to)), location.scratch(to.with_name(f"{to.name}.draft")) as draft:
        yield draft
        location.sync(draft)
        draft.replace(to)
        location.sync(to.parent)


def free_name(begin: Path, ending: str = "") -> Path:
    """Return the first unused name in a series such as "old", "old-2" …."""
    numbered = ("" if number == 1 else f"-{number}" for number in count(1))
    names = (begin.with_name(f"{begin.name}{more}{ending}") for more in numbered)
    return next(name for name in names if not name.exists())


#: The version of the tables in the SQL of a dump: the first row of the version table.
_VERSION = re.compile(rf"(?m)^COPY [\w.\"]{{0,80}}{VERSION_TABLE}\b[^\n]{{0,80}}\n([^\n]{{0,40}})$")
#: Options of psql: one transaction, rolled back at the first error.
_QUIETLY = ("--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1")
#: Drops all our tables: an older dump does not know newer ones that reference older ones.
_DROP = (
    "SET client_min_messages = warning; DROP TABLE IF EXISTS "
    + ", ".join(f'"{name}"' for name in (*METADATA.tables, VERSION_TABLE))
    + " CASCADE"
)


def dump(place: StoreLocation, to: Path) -> None:
    """Write a database into a file for pg_restore, and verify it.

    Sessions are left out: one closed later must not be open again after a restore. So are the
    messages to workers, which are sent again.
    """
    passing = [f"--exclude-table-data={table}" for table in PASSING]
    passing.append("--exclude-schema=procrastinate_*")
    command = ["pg_dump", "--format=custom", "--no-owner", *passing, f"--file={to}"]
    _run([*command, *_of(place)], place=place)
    _run(["pg_restore", "--file=/dev/null", str(to)], place=place)


def restore_dump(source: Path, *, place: StoreLocation, label: str, replace: bool) -> Path | None:
    """Replace a database with a dump; return where the old content is kept, if there was any."""
    file = str(source.absolute())
    try:
        _run(["pg_restore", "--file=/dev/null", file], place=place)
    except StoreError as error:
        raise StoreError(f"{label}: damaged; give another backup ({error})") from error
    only = ("--data-only", f"--table={VERSION_TABLE}")
    match = _VERSION.search(_run(["pg_restore", *only, "--file=-", file], place=place))
    if not match:
        raise StoreError(f"{label}: a dump of something else; give one of `briefing backup`")
    refuse_unusable(match[1], label=label)
    old_copy = None
    if _has_content(place):
        if not replace:
            raise StoreError(f"{place.label}: there is a store with content; allow to replace it")
        old_copy = free_name(place.beside("old"))
        dump(place, old_copy)
    with location.scratch(place.beside("restore")) as script:
        _run(["pg_restore", "--no-owner", f"--file={script}", file], place=place)
        # The recorded inventory is that of the old store; the next open records a new one.
        identity.forget(place)
        whole = [*_QUIETLY, f"--command={_DROP}", f"--file={script}", *_of(place)]
        _run(["psql", *whole], place=place)
    return old_copy


def _of(place: StoreLocation) -> list[str]:
    """Return the argument that names a database; its password goes into the environment."""
    url = place.url
    query = {name: value for name, value in url.query.items() if name != "password"}
    shown = URL.create("postgresql", url.username, None, url.host, url.port, url.database, query)
    return [f"--dbname={shown.render_as_string(hide_password=False)}"]


def _run(command: list[str], *, place: StoreLocation) -> str:
    """Run a tool of PostgreSQL and return what it prints."""
    tool = shutil.which(command[0])
    if tool is None:
        raise MissingPartError(
            f"{command[0]} is not installed; install PostgreSQL's client programs, such as with: "
            "apt-get install postgresql-client"
        )
    passwords = place.passwords
    secret = {"PGPASSWORD": passwords[0]} if passwords else {}
    try:
        process = subprocess.run(  # noqa: S603  a known tool with our own arguments
            [tool, *command[1:]],
            env={**os.environ, **secret, "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
    except OSError as error:
        raise StoreError(
            f"{tool}: cannot be started ({reason_of(error)}); free memory, or install it again"
        ) from error
    if process.returncode:
        first, *_ = process.stderr.strip().splitlines() or [f"{command[0]} failed"]
        raise StoreError(f"{place.label}: {printable(first.removeprefix(f'{command[0]}: '))}")
    return process.stdout
