"""The desk's own note for the edition of a day."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Connection, delete, select

from briefing.core.model import DeskNote
from briefing.store.round_tables import DESK_NOTE
from briefing.store.upsert import insert_into


def put(  # noqa: PLR0913  one row
    tx: Connection, briefing: str, day: date, note: DeskNote, *, who: str, at: datetime
) -> None:
    """Keep the note of a day, in place of the one before."""
    row = {"text": note.text, "signed": note.signed, "who": who, "at": at}
    adding = insert_into(tx, DESK_NOTE).values(briefing=briefing, day=day, **row)
    tx.execute(adding.on_conflict_do_update(index_elements=["briefing", "day"], set_=row))


def remove(tx: Connection, briefing: str, day: date) -> bool:
    """Remove the note of a day; return whether there was one."""
    own = DESK_NOTE.c.briefing == briefing, DESK_NOTE.c.day == day
    return tx.execute(delete(DESK_NOTE).where(*own)).rowcount > 0


def of(tx: Connection, briefing: str, day: date) -> DeskNote | None:
    """Return the note of a day."""
    own = DESK_NOTE.c.briefing == briefing, DESK_NOTE.c.day == day
    row = tx.execute(select(DESK_NOTE.c.text, DESK_NOTE.c.signed).where(*own)).first()
    return None if row is None else DeskNote(row.text, row.signed)
