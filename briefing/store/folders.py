"""Reports of folders: in which file each stands, and which are gone with their file."""

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
    """Return the reports of a folder that it does not list now, by number, with their files.

    Those that are gone already are left out, and those of which no file is known.
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
    """Record in which files reports stand now; those that were gone are back."""
    if not files:
        return
    held = select(DOCUMENT.c.number, DOCUMENT.c.file, DOCUMENT.c.vanished_at).where(
        DOCUMENT.c.file != ""
    )
    known = {row.number: row.file for row in tx.execute(held) if row.vanished_at is None}
    moved = [{"at": one, "path": path} for one, path in files.items() if known.get(one) != path]
    if moved:
        tx.execute(_PLACE, moved)


def vanish(tx: Connection, numbers: Iterable[int], *, at: datetime) -> None:
    """Record that the files of some reports are gone."""
    gone = [{"number_": number} for number in numbers]
    if gone:
        is_it = DOCUMENT.c.number == bindparam("number_")
        tx.execute(update(DOCUMENT).where(is_it).values(vanished_at=at), gone)
