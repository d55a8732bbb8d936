"""Reports of folders: the file of each, and those whose file is gone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import Connection, bindparam, select, update

from briefing.store.tables import DOCUMENT

_PLACE = (
    update(DOCUMENT)
    .where(DOCUMENT.c.number == bindparam("at"))
    .values(file=bindparam("path"), vanished_at=None)
)


def absent(tx: Connection, source: str, *, present: Iterable[int]) -> dict[int, str]:
    """Return the files, by number, of reports that a folder no longer lists.

    Reports recorded as gone are left out, and those without a known file.
    """
    held = select(DOCUMENT.c.number, DOCUMENT.c.file).where(
        DOCUMENT.c.source == source,
        DOCUMENT.c.file != "",
        DOCUMENT.c.same_as.is_(None),
        DOCUMENT.c.vanished_at.is_(None),
    )
    here = frozenset(present)
    return {row.number: row.file for row in tx.execute(held) if row.number not in here}


def place(tx: Connection, files: Mapping[int, str]) -> None:
    """Record the current files of reports; those that were gone are back."""
    if not files:
        return
    held = select(DOCUMENT.c.number, DOCUMENT.c.file, DOCUMENT.c.vanished_at).where(
        DOCUMENT.c.file != ""
    )
    paths = {row.number: row.file for row in tx.execute(held) if row.vanished_at is None}
    moved = [
        {"at": number, "path": path} for number, path in files.items() if paths.get(number) != path
    ]
    if moved:
        tx.execute(_PLACE, moved)


def vanish(tx: Connection, numbers: Iterable[int], *, at: datetime) -> None:
    """Record that the files of some reports are gone."""
    gone = [{"number_": number} for number in numbers]
    if gone:
        is_it = DOCUMENT.c.number == bindparam("number_")
        tx.execute(update(DOCUMENT).where(is_it).values(vanished_at=at), gone)
