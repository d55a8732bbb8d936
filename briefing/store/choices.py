"""Editors' choices for the next edition, and the desk's own note for it."""

from dataclasses import fields, replace
from datetime import date, datetime

from sqlalchemy import ColumnElement, Connection, or_, select, update

from briefing.core.model import Action, Choice, DeskNote
from briefing.store.engine import delete_rows, first, insert_row, update_rows, upsert
from briefing.store.round_tables import CHOICE, DESK_NOTE
from briefing.store.versions import AnyRow

#: Fields of a choice but for its number, which are columns.
_FIELDS = tuple(field.name for field in fields(Choice) if field.name != "id")


def choose(tx: Connection, briefing: str, choice: Choice) -> Choice:
    """Store a choice and return it with its id.

    It replaces the active choice of the same kind for the same report, also for another version
    of it with the same URL: a report has at most one of each kind.
    """
    same_report = CHOICE.document == choice.document
    if choice.url:
        same_report = or_(same_report, CHOICE.url == choice.url)
    same_kind = [action for action in Action if action.kind is choice.action.kind]
    replaced = *_is_active(briefing, choice.day), same_report, CHOICE.action.in_(same_kind)
    update_rows(tx, CHOICE, *replaced, undone_by=choice.who, undone_at=choice.at)
    row = {name: getattr(choice, name) for name in _FIELDS}
    return replace(choice, id=insert_row(tx, CHOICE, briefing=briefing, undone_by="", **row))


def undo(tx: Connection, briefing: str, id: int, *, who: str, at: datetime) -> Choice | None:
    """Undo an active choice and return it; None if it is not active.

    A choice that it had replaced stays undone.
    """
    current = CHOICE.number == id, CHOICE.briefing == briefing, CHOICE.undone_at.is_(None)
    undone = update(CHOICE).where(*current).values(undone_by=who, undone_at=at).returning(CHOICE)
    return first(tx, undone, _choice)


def active(tx: Connection, briefing: str, day: date) -> tuple[Choice, ...]:
    """Return the active choices for the edition of a day, oldest first."""
    query = select(CHOICE).where(*_is_active(briefing, day)).order_by(CHOICE.number)
    return tuple(map(_choice, tx.execute(query)))


def undone(
    tx: Connection, briefing: str, day: date, *, who: str, at: datetime
) -> tuple[Choice, ...]:
    """Return the choices that someone undid or replaced at a given time, oldest first."""
    by = CHOICE.undone_by == who, CHOICE.undone_at == at
    of_day = CHOICE.briefing == briefing, CHOICE.day == day
    query = select(CHOICE).where(*of_day, *by).order_by(CHOICE.number)
    return tuple(map(_choice, tx.execute(query)))


def _is_active(briefing: str, day: date) -> tuple[ColumnElement[bool], ...]:
    return CHOICE.briefing == briefing, CHOICE.day == day, CHOICE.undone_at.is_(None)


def _choice(row: AnyRow) -> Choice:
    return Choice(id=row.number, **{name: getattr(row, name) for name in _FIELDS})


def put_note(  # noqa: PLR0913  one row
    tx: Connection, briefing: str, day: date, note: DeskNote, *, who: str, at: datetime
) -> None:
    """Keep the note of a day, in place of the one before."""
    row = {"text": note.text, "signed": note.signed, "who": who, "at": at}
    upsert(tx, DESK_NOTE, {"briefing": briefing, "day": day}, row)


def remove_note(tx: Connection, briefing: str, day: date) -> bool:
    """Remove the note of a day; return whether there was one."""
    return delete_rows(tx, DESK_NOTE, DESK_NOTE.briefing == briefing, DESK_NOTE.day == day) > 0


def note_of(tx: Connection, briefing: str, day: date) -> DeskNote | None:
    """Return the note of a day."""
    query = select(DESK_NOTE.text, DESK_NOTE.signed)
    own = DESK_NOTE.briefing == briefing, DESK_NOTE.day == day
    return first(tx, query.where(*own), lambda row: DeskNote(*row))
