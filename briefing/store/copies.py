"""Backups of a store on SQLite: a copy of the file, made and put back through SQLite itself."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace as changed
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import cast

from sqlalchemy import URL, Connection, inspect, literal, select

from briefing.core.errors import (
    InputError,
    OutputError,
    StoreError,
    UsageError,
    reason_of,
    remedy_of,
)
from briefing.store import engine as engines
from briefing.store import files, identity, lock, migrate
from briefing.store.errors import plainly
from briefing.store.location import StoreLocation, printable
from briefing.store.round_tables import METADATA, PASSING
from briefing.store.tables import IDENTITY

#: Faults of SQLite that the file being written causes, not the one being read.
_WRITTEN = ("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_CANTOPEN", "SQLITE_READONLY")


def copy(file: Path, to: Path, *, place: StoreLocation, shown: str) -> None:
    """Copy a store as it is now into a file, without what is passing, and check the copy.

    Raises:
        OutputError: the file cannot be written.
        StoreError: the store is damaged.
    """
    try:
        with (
            closing(sqlite3.connect(file, timeout=engines.WAIT)) as now,
            closing(sqlite3.connect(to)) as then,
        ):
            # In one step: a copy in several begins anew whenever somebody writes.
            now.backup(then)
            # One file, without a log beside it.
            then.execute("PRAGMA journal_mode = DELETE")
            fault = _fault(then)
            if not fault:
                _forget_passing(then)
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorname", "").startswith(_WRITTEN):
            raise OutputError(f"{shown}: cannot be written ({error}); make room there") from error
        with plainly(place):
            raise
    if fault:
        raise StoreError(f"{place.shown}: damaged ({fault}); {place.remedy}")


def put_back(
    source: Path, file: Path, *, place: StoreLocation, shown: str, replace: bool
) -> Path | None:
    """Put a copy in a store's place; return where the old file is kept, if it had content.

    Raises:
        InputError: the copy is a store in use.
        StoreError: the copy is damaged, foreign or newer, or the store has content.
        BusyError: the store is open.
        OutputError: a file cannot be written.
    """
    if file.exists() and source.samefile(file):
        raise UsageError(f"{shown}: the store itself; give the backup")
    if source.with_name(f"{source.name}-wal").exists():
        raise InputError(f"{shown}: a store in use, not a backup; make one with `briefing backup`")
    draft = place.beside("restore")
    with _drafted(source, draft, place=place):
        _check(changed(place, url=URL.create("sqlite", database=str(draft)), shown=shown))
        busy = f"{place.shown}: in use; end all that has it open"
        with lock.hold(place.beside("lock"), busy=busy):
            return _swap(draft, file, place=place, replace=replace)


@contextmanager
def _drafted(source: Path, draft: Path, *, place: StoreLocation) -> Iterator[None]:
    try:
        draft.unlink(missing_ok=True)
        files.make_private(draft)
        shutil.copyfile(source, draft)
        files.sync(draft)
        yield
    except OSError as error:
        raise OutputError(
            f"{place.shown}: cannot be written ({reason_of(error)}); {remedy_of(error)}"
        ) from error
    finally:
        with contextlib.suppress(OSError):
            _delete(draft)


def _check(copied: StoreLocation) -> None:
    """Refuse a copy that is not a sound store of this version or an older one."""
    engine = engines.connect(copied)
    try:
        with plainly(copied), engines.reading(engine).begin() as tx:
            file = tx.connection.driver_connection
            fault = _fault(file) if isinstance(file, sqlite3.Connection) else ""
            found = None if fault else migrate.refuse_foreign(tx, place=copied)
    finally:
        engine.dispose()
    if fault:
        raise StoreError(f"{copied.shown}: damaged ({fault}); give another backup")
    if found is None:
        raise StoreError(f"{copied.shown}: an empty database, not a backup; give another")


def _forget_passing(copied: sqlite3.Connection) -> None:
    """Delete the sessions, which may be closed later and must not be open again when put back."""
    there = {row[1] for row in copied.execute("PRAGMA table_list")}
    for table in PASSING:
        # A store of an older version has none.
        if table.name in there:
            copied.execute(f'DELETE FROM "{table.name}"')  # noqa: S608  a name of ours
    copied.commit()


def _fault(file: sqlite3.Connection) -> str:
    """Return the first thing that is wrong with a database, empty when nothing is."""
    (told,) = file.execute("PRAGMA integrity_check(1)").fetchone()
    if told != "ok":
        return " ".join(str(told).split())
    orphan = file.execute("PRAGMA foreign_key_check").fetchone()
    return f"a row of {orphan[0]} belongs to nothing" if orphan else ""


def _swap(draft: Path, file: Path, *, place: StoreLocation, replace: bool) -> Path | None:
    kept = free_name(place) if file.exists() and file.stat().st_size else None
    if kept and not _set_aside(file, kept, place=place):
        _delete(kept)
        kept = None
    if kept and not replace:
        _delete(kept)
        raise StoreError(f"{place.shown}: there is a store with content; allow to replace it")
    if kept:
        _settle(file)
    # What is remembered is of the old one; without a note the next that opens it makes one.
    identity.forget(place)
    # A log that belongs to the old file must never be read into the new one.
    _delete_logs(file)
    if file.exists():
        _take_after(file, draft)
    draft.replace(file)
    files.sync(file.parent)
    return kept


def _set_aside(file: Path, kept: Path, *, place: StoreLocation) -> bool:
    """Copy a store with its log, and tell whether there is something in it.

    Only the copy is opened: what is damaged stays as it is.
    """
    _copy_with_log(file, kept)
    try:
        if not _holds_something(kept, place=place):
            return False
        with plainly(place), closing(sqlite3.connect(kept)) as copied:
            copied.execute("PRAGMA journal_mode = DELETE").fetchone()
    except StoreError:
        # SQLite throws away a log that it cannot read, but somebody else may.
        _copy_with_log(file, kept)
    files.sync(kept)
    return True


def _copy_with_log(file: Path, to: Path) -> None:
    for ending in ("", "-wal"):
        part, copied = Path(f"{file}{ending}"), Path(f"{to}{ending}")
        if part.exists():
            files.make_private(copied)
            shutil.copy2(part, copied)


def _settle(file: Path) -> None:
    """Bring a log into its file: who is killed before the exchange has all that was committed.

    What is damaged was copied as it is.
    """
    with contextlib.suppress(sqlite3.Error), closing(sqlite3.connect(file)) as opened:
        opened.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()


def _delete(file: Path) -> None:
    file.unlink(missing_ok=True)
    _delete_logs(file)


def _delete_logs(file: Path) -> None:
    for ending in ("-wal", "-shm"):
        Path(f"{file}{ending}").unlink(missing_ok=True)


def _take_after(old: Path, new: Path) -> None:
    """Give a file the owner and permissions of another, as far as we may."""
    shutil.copymode(old, new)
    with contextlib.suppress(PermissionError):
        os.chown(new, old.stat().st_uid, old.stat().st_gid)


def _holds_something(file: Path, *, place: StoreLocation) -> bool:
    engine = engines.connect(changed(place, url=URL.create("sqlite", database=str(file))))
    try:
        with plainly(place), engines.reading(engine).begin() as tx:
            return has_content(tx, place=place)
    finally:
        engine.dispose()


def has_content(tx: Connection, *, place: StoreLocation) -> bool:
    """Tell whether any table of a store has a row.

    Raises:
        StoreError: it is not ours, or newer.
    """
    if migrate.refuse_foreign(tx, place=place) is None:
        return False
    there = inspect(tx).get_table_names()
    ours = [one for one in METADATA.sorted_tables if one.name in there and one is not IDENTITY]
    return any(tx.execute(select(literal(1)).select_from(one).limit(1)).first() for one in ours)


@contextmanager
def looking(place: StoreLocation) -> Iterator[Connection]:
    """Read a file without changing it or its log, whatever is wrong with them.

    Raises:
        StoreError: it cannot be read.
    """
    engine = engines.looking(place)
    try:
        with plainly(place), engine.begin() as tx:
            yield tx
    finally:
        engine.dispose()


def refuse_damaged(tx: Connection, *, place: StoreLocation, thorough: bool) -> None:
    """Refuse a file that is damaged.

    Args:
        tx: reads it.
        place: where it is.
        thorough: also compare tables with indexes, as after a crash: SQLite reads any log that has
            the name, also one of another database.

    Raises:
        StoreError: it is damaged.
    """
    if thorough:
        fault = _fault(cast(sqlite3.Connection, tx.connection.driver_connection))
    else:
        told = tx.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
        fault = "" if told == "ok" else printable(str(told))
    if fault:
        raise StoreError(f"{place.shown}: damaged ({fault}); {place.remedy}")


def held_by(file: Path) -> identity.Inventory:
    """Return how much a copy holds.

    Raises:
        InputError: it is damaged, or none of ours.
    """
    name = printable(str(file))
    place = StoreLocation(
        URL.create("sqlite", database=str(file)), file.absolute(), file.parent, name
    )
    try:
        with looking(place) as tx:
            migrate.refuse_foreign(tx, place=place)
            return identity.inventory(tx)
    except StoreError as error:
        raise InputError(str(error)) from error


def keep_before(place: StoreLocation, *, found: str, now: datetime | None) -> Path:
    """Keep a copy of a file beside it before its tables are changed; return where.

    Raises:
        OutputError: it cannot be written; nothing is changed then.
        StoreError: the store is damaged.
    """
    dated = f"-{now:%Y-%m-%dT%H%M%SZ}" if now else ""
    names = (place.beside(f"tables-{found}{dated}{more}") for more in _numbered())
    kept = next(name for name in names if not name.exists())
    with written(kept) as draft:
        copy(cast(Path, place.file), draft, place=place, shown=printable(str(kept)))
    return kept


def _numbered() -> Iterator[str]:
    return ("" if number == 1 else f"-{number}" for number in count(1))


@contextmanager
def written(to: Path) -> Iterator[Path]:
    """Let a file be written under another name, and give it its own when it is on the disk.

    Raises:
        OutputError: it cannot be written; what had the name still has it.
    """
    draft = to.with_name(f"{to.name}.draft")
    try:
        draft.unlink(missing_ok=True)
        files.make_private(draft)
        yield draft
        files.sync(draft)
        draft.replace(to)
        files.sync(to.parent)
    except OSError as error:
        shown = printable(str(to))
        raise OutputError(
            f"{shown}: cannot be written ({reason_of(error)}); {remedy_of(error)}"
        ) from error
    finally:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)


def free_name(place: StoreLocation) -> Path:
    """Return the first name beside a store, ending in "old", "old-2" …, that nothing has."""
    names = (place.beside(f"old{more}") for more in _numbered())
    return next(name for name in names if not name.exists())
