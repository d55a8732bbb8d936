"""Backups: made while others write, verified, and restored without loss."""

from __future__ import annotations

import contextlib
import json
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import count
from pathlib import Path

from briefing.core.errors import InputError, StoreError, UsageError
from briefing.store import bundle, copies, dumps, files, identity, lock
from briefing.store.identity import Inventory
from briefing.store.location import (
    NotedBackup,
    StoreLocation,
    find_place,
    noted_backups,
    printable,
    restoring,
)
from briefing.store.store import Store

#: First bytes of a copy of a store, by database.
_HEADS = {b"SQLite format 3\0": "SQLite", b"PGDMP": "PostgreSQL"}
#: Backups recorded beside the store.
_NOTED = 30


@dataclass(frozen=True, slots=True)
class Saved:
    """A finished backup."""

    #: Where it is.
    file: Path
    #: Inventory of the store in it.
    held: Inventory
    #: Older backups that were deleted.
    pruned: tuple[Path, ...] = ()


def save(  # noqa: PLR0913  one parameter an option of the command
    store: Store,
    to: Path,
    *,
    at: datetime,
    beside: bundle.Beside,
    keep: int = 0,
    force: bool = False,
) -> Saved:
    """Write a store, its settings and secrets into one file, while others may write.

    In a folder the file is named after store and time. It gets its name only when it is complete,
    verified and synced to disk.

    Args:
        store: to be backed up.
        to: a file, or a folder.
        at: now.
        beside: settings and secrets.
        keep: number of backups kept in the folder; 0: all.
        force: even if the last backup holds much more, or the file to replace is not a backup.

    Raises:
        UsageError: the file is the store, or an existing file that is not a backup.
        OutputError: the file cannot be written.
        StoreError: the store cannot be read, or holds much less than the last backup.
        BusyError: another process is making a backup of it.
        MissingPartError: pg_dump is not installed.
    """
    place, to = store.place, to.absolute()
    _refuse_itself(place, to)
    dated = _dated(place, to) if to.is_dir() else []
    with store.alone("backup"):
        file = _free(to / f"{_prefix(place)}{at:%Y-%m-%dT%H%M%SZ}") if to.is_dir() else to
        held = store.remember()
        if not force:
            _refuse_shrunken(place, held, replaced=file, newest=dated[-1] if dated else None)
        _sweep(place, to)
        with copies.atomic_write(file) as draft, _room(file) as copied:
            _copy(place, copied, label=printable(str(file)))
            bundle.pack(
                draft,
                made=at.isoformat(),
                store=copied,
                held=held,
                beside=beside,
            )
        _remember(place, file, at=at, held=held, settings=beside.path)
        pruned = tuple(_prune([*dated, file], keep=keep)) if to.is_dir() else ()
    return Saved(file, held, pruned)


def backup(store: Store, to: Path, *, at: datetime) -> None:
    """Write only a copy of the store into one file, while others may write.

    Raises:
        OutputError: the file cannot be written.
        StoreError: the store cannot be read.
        BusyError: another process is making a backup of it.
        MissingPartError: pg_dump is not installed.
    """
    place, to = store.place, to.absolute()
    _refuse_itself(place, to)
    with store.alone("backup"), copies.atomic_write(to) as draft:
        _copy(place, draft, label=printable(str(to)))
    _remember(place, to, at=at, held=identity.recall(place) or Inventory())


def restore(
    at: str, *, folder: Path, source: Path, replace: bool, name: Path | None = None
) -> Path | None:
    """Replace a store with a copy; return where the old one is kept, if there was one.

    Nothing is changed before the whole copy has been verified.

    Args:
        at: as for :func:`briefing.store.open_store`.
        folder: where the settings are.
        source: the copy.
        replace: whether a store with content may be replaced.
        name: of the copy in messages; else ``source``.

    Raises:
        InputError: there is no such file, or it is not a backup.
        StoreError: the backup is damaged or newer than this version, or the store has content or no
            folder.
        BusyError: the store is open in another process, or being restored by one.
        OutputError: the store or the copy of the old one cannot be written.
        MissingPartError: pg_restore is not installed.
    """
    place = find_place(at, folder=folder)
    label = printable(str(name or source))
    made_by, needed = _made_by(source, label=label), "SQLite" if place.file else "PostgreSQL"
    if made_by != needed:
        raise StoreError(
            f"{label}: a backup of a store on {made_by}; {place.label} is on {needed}, so give "
            "another address in [store]"
        )
    busy = f"{place.label}: another process is restoring it; wait until it ends"
    # What one has verified must not be what another is still writing.
    with lock.hold(place.beside("restore.lock"), busy=busy):
        if place.file:
            return copies.put_back(source, place.file, place=place, label=label, replace=replace)
        return dumps.put_back(source, place=place, label=label, replace=replace)


def is_bundle(source: Path) -> bool:
    """Tell whether a file is a bundle: a copy of a store with settings and secrets.

    Raises:
        InputError: it cannot be opened.
    """
    return _head(source, label=printable(str(source))).startswith(bundle.HEAD)


def _refuse_itself(place: StoreLocation, to: Path) -> None:
    if place.file and to.resolve() in {place.file.resolve(), place.beside("lock").resolve()}:
        raise UsageError(f"{printable(str(to))}: the store itself; give the backup another name")


def _copy(place: StoreLocation, to: Path, *, label: str) -> None:
    if place.file:
        copies.copy(place.file, to, place=place, label=label)
    else:
        dumps.dump(place, to)


@contextmanager
def _room(file: Path) -> Iterator[Path]:
    """Make a temporary private file beside another for the copy that goes into it."""
    room = file.with_name(f"{file.name}.copy.draft")
    try:
        room.unlink(missing_ok=True)
        files.make_private(room)
        yield room
    finally:
        room.unlink(missing_ok=True)


def _prefix(place: StoreLocation) -> str:
    return f"{place.beside('x').name.removesuffix('.x')}-"


def _dated(place: StoreLocation, folder: Path) -> list[Path]:
    """Return the dated backups of a store in a folder, oldest first."""
    name = re.compile(rf"{re.escape(_prefix(place))}\d{{4}}-\d\d-\d\dT\d{{6}}Z(-\d+)?\.tar")
    dated = [file for file in folder.iterdir() if name.fullmatch(file.name)]
    return sorted(
        dated, key=lambda file: (file.stem[: len(_prefix(place)) + 18], len(file.name), file)
    )


def _free(begin: Path) -> Path:
    names = (f"{begin.name}{'' if number == 1 else f'-{number}'}.tar" for number in count(1))
    return next(path for name in names if not (path := begin.with_name(name)).exists())


def _sweep(place: StoreLocation, to: Path) -> None:
    """Delete drafts of a backup that was killed; only one backup runs at a time."""
    if to.is_dir():
        for left in to.glob(f"{_prefix(place)}*.tar*.draft*"):
            with contextlib.suppress(OSError):
                left.unlink()


def _prune(dated: list[Path], *, keep: int) -> Iterator[Path]:
    for old in dated[:-keep] if keep else []:
        with contextlib.suppress(OSError):
            old.unlink()
            yield old


def _refuse_shrunken(
    place: StoreLocation, held: Inventory, *, replaced: Path, newest: Path | None
) -> None:
    """Refuse a backup that holds much less than the previous one."""
    before = [
        (noted.file, Inventory("", 0, noted.editions, noted.readers, noted.sources))
        for noted in noted_backups(place)[-1:]
    ]
    before += [(old, _inventory_of(old)) for old in (newest, replaced) if old and _has_content(old)]
    for file, previous in before:
        fewer = _fewer(held, previous)
        if fewer:
            raise StoreError(
                f"{printable(str(replaced))}: not written, since {place.label} holds {fewer}, and "
                f"the last backup more ({previous.words}); restore it with: {restoring(file)}; or "
                "allow it with --force"
            )


def _has_content(file: Path) -> bool:
    return file.is_file() and file.stat().st_size > 0


def _fewer(held: Inventory, previous: Inventory) -> str:
    """Return the counts that fell below half of the previous ones; empty if none did."""
    counts = (
        ("editions", held.editions, previous.editions),
        ("readers", held.readers, previous.readers),
        ("sources", held.sources, previous.sources),
    )
    less = [f"{now:,} {noun}" for noun, now, before in counts if now * 2 < before]
    return ", ".join(less)


def _inventory_of(file: Path) -> Inventory:
    """Return the inventory of a backup.

    Raises:
        UsageError: it is not a backup.
    """
    label = printable(str(file))
    try:
        if is_bundle(file):
            return bundle.manifest_of(file).held
        return copies.held_by(file) if _made_by(file, label=label) == "SQLite" else Inventory()
    except InputError as error:
        raise UsageError(
            f"{label}: exists and is not a readable backup; give another name, or --force"
        ) from error


def _remember(
    place: StoreLocation, to: Path, *, at: datetime, held: Inventory, settings: Path | None = None
) -> None:
    """Record the backup beside the store, for the remedy in messages."""
    earlier = [entry for entry in noted_backups(place) if entry.file != to]
    counts = (held.editions, held.readers, held.sources)
    latest = NotedBackup(to, f"{at:%Y-%m-%d %H:%M} UTC", *counts, str(settings or ""))
    entries = [{**asdict(entry), "file": str(entry.file)} for entry in [*earlier, latest][-_NOTED:]]
    # The remedy does without it if the folder is not writable.
    with contextlib.suppress(OSError):
        content = json.dumps({"backups": entries}, indent=1) + "\n"
        files.write_private(place.beside("backup"), content.encode())


def _made_by(source: Path, *, label: str) -> str:
    head = _head(source, label=label)
    for begin, name in _HEADS.items():
        if head.startswith(begin):
            return name
    raise InputError(f"{label}: not a backup; give a file that `briefing backup` made")


def _head(source: Path, *, label: str) -> bytes:
    """Return the first bytes of a file; none if it is not a regular file."""
    try:
        descriptor = os.open(source, os.O_RDONLY | os.O_NONBLOCK)  # a FIFO must not block
    except OSError as error:
        raise InputError(f"{label}: cannot be opened ({error.strerror})") from error
    try:
        is_file = stat.S_ISREG(os.fstat(descriptor).st_mode)
        return os.read(descriptor, max(map(len, (*_HEADS, bundle.HEAD)))) if is_file else b""
    finally:
        os.close(descriptor)
