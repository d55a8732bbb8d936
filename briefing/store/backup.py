"""Backups: made while others write, checked before they count, and put back without loss."""

from __future__ import annotations

import contextlib
import json
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from briefing.errors import InputError, OutputError, StoreError, UsageError
from briefing.store import copies, dumps
from briefing.store.place import Place, find_place, printable
from briefing.store.store import Store

#: How a backup begins, by what made it.
_HEADS = {b"SQLite format 3\0": "SQLite", b"PGDMP": "PostgreSQL"}


def backup(store: Store, to: Path, *, at: datetime) -> None:
    """Write everything that is in a store into one file, while others may write.

    The file takes its name only when it is whole, checked and on the disk; what had that name
    before is replaced then.

    Raises:
        OutputError: the file cannot be written.
        StoreError: the store cannot be read.
        BusyError: another process makes a backup of it.
        MissingPartError: pg_dump is not installed.
    """
    place, to = store.place, to.absolute()
    if place.file and to.resolve() in {place.file.resolve(), place.beside("lock").resolve()}:
        raise UsageError(f"{printable(str(to))}: the store itself; give the backup another name")
    draft = to.with_name(f"{to.name}.draft")
    with store.alone("backup"), _written(draft, to=to):
        if place.file:
            copies.copy(place.file, draft, place=place, shown=printable(str(to)))
        else:
            dumps.dump(place, draft)
    _remember(place, to, at=at)


def restore(at: str, *, folder: Path, source: Path, replace: bool) -> Path | None:
    """Put a backup in the place of a store; return where the old one is kept, if there was one.

    Nothing is changed before the backup has been read whole and found sound.

    Args:
        at: as for :func:`briefing.store.open_store`.
        folder: where the settings are.
        source: the backup.
        replace: whether it may take the place of a store with something in it.

    Raises:
        InputError: there is no such file, or it is no backup.
        StoreError: the backup is damaged or newer than this version, or the store has content.
        BusyError: the store is open in another process.
        OutputError: the store or what is kept of it cannot be written.
        MissingPartError: pg_restore is not installed.
    """
    place = find_place(at, folder=folder)
    shown = printable(str(source))
    made_by, needed = _made_by(source, shown=shown), "SQLite" if place.file else "PostgreSQL"
    if made_by != needed:
        raise StoreError(
            f"{shown}: a backup of a store on {made_by}; {place.shown} is on {needed}, so give "
            "another address in [store]"
        )
    if place.file:
        return copies.put_back(source, place.file, place=place, shown=shown, replace=replace)
    return dumps.put_back(source, place=place, shown=shown, replace=replace)


@contextmanager
def _written(draft: Path, *, to: Path) -> Iterator[None]:
    """Let a file be written under another name, and give it its own when it is on the disk."""
    try:
        draft.unlink(missing_ok=True)
        draft.touch(mode=0o600)
        yield
        copies.sync(draft)
        draft.replace(to)
        copies.sync(to.parent)
    except OSError as error:
        shown = printable(str(to))
        raise OutputError(
            f"{shown}: cannot be written ({error.strerror}); see its folder"
        ) from error
    finally:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)


def _remember(place: Place, to: Path, *, at: datetime) -> None:
    """Note the backup beside the store, for the message that says it is damaged."""
    note = json.dumps({"file": str(to), "at": f"{at:%Y-%m-%d %H:%M} UTC"})
    # The message does without it where the folder may not be written.
    with contextlib.suppress(OSError):
        place.beside("backup").write_text(note + "\n", encoding="utf-8")


def _made_by(source: Path, *, shown: str) -> str:
    try:
        descriptor = os.open(source, os.O_RDONLY | os.O_NONBLOCK)  # a FIFO must not make us wait
    except OSError as error:
        raise InputError(f"{shown}: cannot be opened ({error.strerror})") from error
    try:
        is_file = stat.S_ISREG(os.fstat(descriptor).st_mode)
        head = os.read(descriptor, max(map(len, _HEADS))) if is_file else b""
    finally:
        os.close(descriptor)
    for begin, name in _HEADS.items():
        if head.startswith(begin):
            return name
    raise InputError(f"{shown}: not a backup; give a file that `briefing backup` made")
