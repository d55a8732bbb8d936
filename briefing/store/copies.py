"""Backups of a store on SQLite: a copy of the file, made and put back through SQLite itself."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace as changed
from itertools import count
from pathlib import Path

from sqlalchemy import URL, Connection, inspect, literal, select

from briefing.errors import InputError, OutputError, StoreError, UsageError
from briefing.store import engine as engines
from briefing.store import lock, migrate
from briefing.store.fault import plainly
from briefing.store.place import Place
from briefing.store.round_tables import METADATA, PASSING

#: Faults of SQLite that the file being written causes, not the one being read.
_WRITTEN = ("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_CANTOPEN", "SQLITE_READONLY")


def copy(file: Path, to: Path, *, place: Place, shown: str) -> None:
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


def put_back(source: Path, file: Path, *, place: Place, shown: str, replace: bool) -> Path | None:
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
def _drafted(source: Path, draft: Path, *, place: Place) -> Iterator[None]:
    try:
        shutil.copyfile(source, draft)
        sync(draft)
        yield
    except OSError as error:
        raise OutputError(
            f"{place.shown}: cannot be written ({error.strerror}); check its folder and make room"
        ) from error
    finally:
        with contextlib.suppress(OSError):
            _delete(draft)


def _check(copied: Place) -> None:
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


def _swap(draft: Path, file: Path, *, place: Place, replace: bool) -> Path | None:
    kept = free_name(place) if file.exists() and file.stat().st_size else None
    if kept and not _set_aside(file, kept, place=place):
        _delete(kept)
        kept = None
    if kept and not replace:
        _delete(kept)
        raise StoreError(f"{place.shown}: there is a store with content; allow to replace it")
    # A log that belongs to the old file must never be read into the new one.
    _delete_logs(file)
    if file.exists():
        _take_after(file, draft)
    draft.replace(file)
    sync(file.parent)
    return kept


def _set_aside(file: Path, kept: Path, *, place: Place) -> bool:
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
    sync(kept)
    return True


def _copy_with_log(file: Path, to: Path) -> None:
    shutil.copy2(file, to)
    log = Path(f"{file}-wal")
    if log.exists():
        shutil.copy2(log, f"{to}-wal")


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


def _holds_something(file: Path, *, place: Place) -> bool:
    engine = engines.connect(changed(place, url=URL.create("sqlite", database=str(file))))
    try:
        with plainly(place), engines.reading(engine).begin() as tx:
            return has_content(tx, place=place)
    finally:
        engine.dispose()


def has_content(tx: Connection, *, place: Place) -> bool:
    """Tell whether any table of a store has a row.

    Raises:
        StoreError: it is not ours, or newer.
    """
    if migrate.refuse_foreign(tx, place=place) is None:
        return False
    there = inspect(tx).get_table_names()
    ours = [table for table in METADATA.sorted_tables if table.name in there]
    return any(tx.execute(select(literal(1)).select_from(one).limit(1)).first() for one in ours)


def free_name(place: Place) -> Path:
    """Return the first name beside a store, ending in "old", "old-2" …, that nothing has."""
    names = (place.beside("old" if number == 1 else f"old-{number}") for number in count(1))
    return next(name for name in names if not name.exists())


def sync(path: Path) -> None:
    """Wait until a file or the names in a folder are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
