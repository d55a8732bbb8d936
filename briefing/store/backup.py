"""Backups: made while others write, checked before they count, and put back without loss."""

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
from briefing.store import bundle, copies, dumps, files, identity
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

#: How a copy of a store begins, by what made it.
_HEADS = {b"SQLite format 3\0": "SQLite", b"PGDMP": "PostgreSQL"}
#: Backups that are noted beside the store.
_NOTED = 30


@dataclass(frozen=True, slots=True)
class Saved:
    """A backup that was made."""

    #: Where it is.
    file: Path
    #: How much of the store it holds.
    held: Inventory
    #: Older ones that were deleted.
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
    """Write a store and what belongs to it into one file, while others may write.

    In a folder it gets a name with store and time. It takes its name only when it is whole, checked
    and on the disk.

    Args:
        store: what to save.
        to: a file, or a folder.
        at: now.
        beside: settings and secrets.
        keep: how many to keep in the folder; 0: all.
        force: also when the last backup holds much more, or the file is no backup.

    Raises:
        UsageError: the file is the store, or no backup and not to be replaced.
        OutputError: the file cannot be written.
        StoreError: the store cannot be read, or holds much less than the last backup.
        BusyError: another process makes a backup of it.
        MissingPartError: pg_dump is not installed.
    """
    place, to = store.place, to.absolute()
    _refuse_itself(place, to)
    dated = _dated(place, to) if to.is_dir() else []
    with store.alone("backup"):
        file = _free(to / f"{_prefix(place)}{at:%Y-%m-%dT%H%M%SZ}") if to.is_dir() else to
        held = store.remember()
        if not force:
            _refuse_less(place, held, replaced=file, newest=dated[-1] if dated else None)
        _sweep(place, to)
        with copies.written(file) as draft, _room(file) as copied:
            _copy(place, copied, shown=printable(str(file)))
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
    """Write a copy of a store alone into one file, while others may write.

    Raises:
        OutputError: the file cannot be written.
        StoreError: the store cannot be read.
        BusyError: another process makes a backup of it.
        MissingPartError: pg_dump is not installed.
    """
    place, to = store.place, to.absolute()
    _refuse_itself(place, to)
    with store.alone("backup"), copies.written(to) as draft:
        _copy(place, draft, shown=printable(str(to)))
    _remember(place, to, at=at, held=identity.recall(place) or Inventory())


def restore(
    at: str, *, folder: Path, source: Path, replace: bool, name: Path | None = None
) -> Path | None:
    """Put a copy in the place of a store; return where the old one is kept, if there was one.

    Nothing is changed before the copy has been read whole and found sound.

    Args:
        at: as for :func:`briefing.store.open_store`.
        folder: where the settings are.
        source: the copy.
        replace: whether it may take the place of a store with something in it.
        name: what it is called in messages; else ``source``.

    Raises:
        InputError: there is no such file, or it is no backup.
        StoreError: the backup is damaged or newer than this version, or the store has content.
        BusyError: the store is open in another process.
        OutputError: the store or what is kept of it cannot be written.
        MissingPartError: pg_restore is not installed.
    """
    place = find_place(at, folder=folder)
    shown = printable(str(name or source))
    made_by, needed = _made_by(source, shown=shown), "SQLite" if place.file else "PostgreSQL"
    if made_by != needed:
        raise StoreError(
            f"{shown}: a backup of a store on {made_by}; {place.shown} is on {needed}, so give "
            "another address in [store]"
        )
    if place.file:
        return copies.put_back(source, place.file, place=place, shown=shown, replace=replace)
    return dumps.put_back(source, place=place, shown=shown, replace=replace)


def is_bundle(source: Path) -> bool:
    """Tell whether a file holds more than the copy of a store.

    Raises:
        InputError: it cannot be opened.
    """
    return _head(source, shown=printable(str(source))).startswith(bundle.HEAD)


def _refuse_itself(place: StoreLocation, to: Path) -> None:
    if place.file and to.resolve() in {place.file.resolve(), place.beside("lock").resolve()}:
        raise UsageError(f"{printable(str(to))}: the store itself; give the backup another name")


def _copy(place: StoreLocation, to: Path, *, shown: str) -> None:
    if place.file:
        copies.copy(place.file, to, place=place, shown=shown)
    else:
        dumps.dump(place, to)


@contextmanager
def _room(file: Path) -> Iterator[Path]:
    """Make a private file beside another for the copy that goes into it."""
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
    """Return the dated backups of a store in a folder, the oldest first."""
    name = re.compile(rf"{re.escape(_prefix(place))}\d{{4}}-\d\d-\d\dT\d{{6}}Z(-\d+)?\.tar")
    found = [one for one in folder.iterdir() if name.fullmatch(one.name)]
    return sorted(found, key=lambda one: (one.stem[: len(_prefix(place)) + 18], len(one.name), one))


def _free(begin: Path) -> Path:
    names = (f"{begin.name}{'' if number == 1 else f'-{number}'}.tar" for number in count(1))
    return next(one for name in names if not (one := begin.with_name(name)).exists())


def _sweep(place: StoreLocation, to: Path) -> None:
    """Delete what a backup that was killed left behind; only one at a time is made."""
    if to.is_dir():
        for left in to.glob(f"{_prefix(place)}*.tar*.draft*"):
            with contextlib.suppress(OSError):
                left.unlink()


def _prune(dated: list[Path], *, keep: int) -> Iterator[Path]:
    for old in dated[:-keep] if keep else []:
        with contextlib.suppress(OSError):
            old.unlink()
            yield old


def _refuse_less(
    place: StoreLocation, held: Inventory, *, replaced: Path, newest: Path | None
) -> None:
    """Refuse to make a backup that holds much less than the one before."""
    before = [
        (one.file, Inventory("", 0, one.editions, one.readers, one.sources))
        for one in noted_backups(place)[-1:]
    ]
    before += [(one, _held_by(one)) for one in (newest, replaced) if one and _has_content(one)]
    for file, then in before:
        fewer = _fewer(held, then)
        if fewer:
            raise StoreError(
                f"{printable(str(replaced))}: not written, since {place.shown} holds {fewer}, and "
                f"the last backup more ({then.words}); bring it back with: {restoring(file)}; or "
                "allow it with --force"
            )


def _has_content(file: Path) -> bool:
    return file.is_file() and file.stat().st_size > 0


def _fewer(held: Inventory, then: Inventory) -> str:
    """Say of what there is less than half of what there was; empty for nothing."""
    counts = (
        ("editions", held.editions, then.editions),
        ("readers", held.readers, then.readers),
        ("sources", held.sources, then.sources),
    )
    less = [f"{now:,} {noun}" for noun, now, before in counts if now * 2 < before]
    return ", ".join(less)


def _held_by(file: Path) -> Inventory:
    """Return how much a backup holds.

    Raises:
        UsageError: it is none.
    """
    shown = printable(str(file))
    try:
        if is_bundle(file):
            return bundle.manifest_of(file).held
        return copies.held_by(file) if _made_by(file, shown=shown) == "SQLite" else Inventory()
    except InputError as error:
        raise UsageError(
            f"{shown}: is there, and no backup that can be read; give another name, or --force"
        ) from error


def _remember(
    place: StoreLocation, to: Path, *, at: datetime, held: Inventory, settings: Path | None = None
) -> None:
    """Note the backup beside the store, for the message that says it is damaged."""
    earlier = [one for one in noted_backups(place) if one.file != to]
    counts = (held.editions, held.readers, held.sources)
    latest = NotedBackup(to, f"{at:%Y-%m-%d %H:%M} UTC", *counts, str(settings or ""))
    told = [{**asdict(one), "file": str(one.file)} for one in [*earlier, latest][-_NOTED:]]
    # The message does without it where the folder may not be written.
    with contextlib.suppress(OSError):
        content = json.dumps({"backups": told}, indent=1) + "\n"
        files.write_private(place.beside("backup"), content.encode())


def _made_by(source: Path, *, shown: str) -> str:
    head = _head(source, shown=shown)
    for begin, name in _HEADS.items():
        if head.startswith(begin):
            return name
    raise InputError(f"{shown}: not a backup; give a file that `briefing backup` made")


def _head(source: Path, *, shown: str) -> bytes:
    """Return how a file begins; nothing of what is no file."""
    try:
        descriptor = os.open(source, os.O_RDONLY | os.O_NONBLOCK)  # a FIFO must not make us wait
    except OSError as error:
        raise InputError(f"{shown}: cannot be opened ({error.strerror})") from error
    try:
        is_file = stat.S_ISREG(os.fstat(descriptor).st_mode)
        return os.read(descriptor, max(map(len, (*_HEADS, bundle.HEAD)))) if is_file else b""
    finally:
        os.close(descriptor)
