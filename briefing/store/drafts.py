"""The next edition: choices for it, the desk's note, its draft, and signatures."""

import hashlib
from dataclasses import fields, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, exists, insert, or_, select, update

from briefing.core.errors import StoreError
from briefing.core.frozen import frozen
from briefing.core.model import Action, Choice, DeskNote, Signature
from briefing.store.editions import FIELDS, StoredEdition
from briefing.store.engine import AnyRow, delete_rows, first, insert_row, update_rows, upsert
from briefing.store.round_tables import CHOICE, DESK_NOTE, DRAFT, DRAFT_FILE, OPERATOR, RELEASE
from briefing.store.tables import of_desk

#: Fields of a choice that are columns: all but its number.
_FIELDS = tuple(field.name for field in fields(Choice) if field.name != "id")


def choose(tx: Connection, briefing: str, choice: Choice) -> Choice:
    """Store a choice and return it with its id.

    It replaces the active choice of the same kind for the same report, including another version
    with the same URL: a report has at most one choice of each kind.
    """
    same_report = CHOICE.document == choice.document
    if choice.url:
        same_report = or_(same_report, CHOICE.url == choice.url)
    same_kind = [action for action in Action if action.kind is choice.action.kind]
    replaced = *_is_active(briefing, choice.day), same_report, CHOICE.action.in_(same_kind)
    update_rows(tx, CHOICE, *replaced, undone_by=choice.who, undone_at=choice.at)
    row = {name: getattr(choice, name) for name in _FIELDS}
    return replace(choice, id=insert_row(tx, CHOICE, briefing=briefing, **row))


def undo(tx: Connection, briefing: str, id: int, *, who: str, at: datetime) -> Choice | None:
    """Undo an active choice and return it; None if it is not active.

    Any choice that it replaced stays undone.
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


def put_note(  # noqa: PLR0913  the columns of a row
    tx: Connection, briefing: str, day: date, note: DeskNote | None, *, who: str, at: datetime
) -> None:
    """Store the note of a day in place of any before; None deletes it."""
    key = {"briefing": briefing, "day": day}
    if note is None:
        delete_rows(tx, DESK_NOTE, *(DESK_NOTE[name] == value for name, value in key.items()))
    else:
        row = {"text": note.text, "signed": note.signed, "who": who, "at": at}
        upsert(tx, DESK_NOTE, key, row)


def note_of(tx: Connection, briefing: str, day: date) -> DeskNote | None:
    """Return the note of a day; None if there is none."""
    query = select(DESK_NOTE.text, DESK_NOTE.signed)
    own = DESK_NOTE.briefing == briefing, DESK_NOTE.day == day
    return first(tx, query.where(*own), lambda row: DeskNote(*row))


@frozen
class StoredDraft:
    """An edition that is ready but not yet published."""

    stored: StoredEdition
    #: SHA-256 of its record and files, which is what is signed.
    digest: str
    #: When its reports are to be refetched first after publication, aware UTC; None: never.
    recheck_at: datetime | None = None
    #: Signatures of those who are still operators, the first one first.
    signed: tuple[Signature, ...] = ()


#: Whether a signature no longer counts: whoever signed is gone, or has a successor of that name.
_LAPSED = ~exists().where(OPERATOR.name == RELEASE.who, OPERATOR.since <= RELEASE.at)


def digest_of(stored: StoredEdition) -> str:
    """Return the digest of the record and all files of an edition."""
    whole = hashlib.sha256()
    contents = {"": stored.record.encode("utf-8", "surrogatepass"), **stored.files}
    for kind in sorted(contents):
        # All digests have the same length, so that the parts cannot be confused.
        for part in (kind.encode(), contents[kind]):
            whole.update(hashlib.sha256(part).digest())
    return whole.hexdigest()


def put(tx: Connection, stored: StoredEdition, *, recheck_at: datetime | None) -> StoredDraft:
    """Store the draft of a briefing that has none."""
    draft = StoredDraft(stored, digest_of(stored), recheck_at)
    columns = {name: getattr(stored, name) for name in FIELDS}
    tx.execute(insert(DRAFT), {**columns, "digest": draft.digest, "recheck_at": recheck_at})
    files = [{"kind": kind, "content": content} for kind, content in stored.files.items()]
    tx.execute(insert(DRAFT_FILE).values(briefing=stored.briefing), files)
    return draft


def of(tx: Connection, briefing: str) -> StoredDraft | None:
    """Return the draft of a briefing, None if there is none; StoreError if it is damaged."""
    row = tx.execute(select(DRAFT).where(DRAFT.briefing == briefing)).first()
    if row is None:
        return None
    files = select(DRAFT_FILE.kind, DRAFT_FILE.content).where(DRAFT_FILE.briefing == briefing)
    contents = {file.kind: file.content for file in tx.execute(files.order_by(DRAFT_FILE.kind))}
    stored = StoredEdition(**{name: getattr(row, name) for name in FIELDS}, files=contents)
    if digest_of(stored) != row.digest:
        raise StoreError(
            f"draft {row.id}: damaged in the store; drop it: briefing editions drop {row.day}"
        )
    standing = _signatures(row.id).where(~_LAPSED)
    signed = tuple(Signature(*signature) for signature in tx.execute(standing))
    return StoredDraft(stored, row.digest, row.recheck_at, signed)


def waiting(tx: Connection, desk: str) -> tuple[str, ...]:
    """Return the names under which drafts of a desk are stored."""
    query = select(DRAFT.briefing).where(of_desk(desk, of=DRAFT))
    return tuple(tx.scalars(query.order_by(DRAFT.briefing)))


def day_of(tx: Connection, briefing: str) -> date | None:
    """Return the day of a briefing's draft; None if there is none."""
    day: date | None = tx.scalar(select(DRAFT.day).where(DRAFT.briefing == briefing))
    return day


def drop(tx: Connection, briefing: str) -> tuple[str, datetime] | None:
    """Delete the draft of a briefing with its signatures; return its id and when it was made.

    None if there is no draft.
    """
    where = DRAFT.briefing == briefing
    row = tx.execute(select(DRAFT.id, DRAFT.made).where(where)).one_or_none()
    if row is None:
        return None
    delete_rows(tx, RELEASE, RELEASE.edition == row.id)
    delete_rows(tx, DRAFT, where)
    return row.id, row.made


def take(tx: Connection, briefing: str) -> None:
    """Delete a draft that becomes an edition; its signatures stay with the edition."""
    delete_rows(tx, DRAFT, DRAFT.briefing == briefing)


def sign(tx: Connection, edition: str, signature: Signature) -> None:
    """Store a signature, one for each operator, and delete those that no longer count."""
    delete_rows(tx, RELEASE, RELEASE.edition == edition, _LAPSED)
    columns = {"who": signature.who, "at": signature.at, "digest": signature.digest}
    tx.execute(insert(RELEASE), {"edition": edition, **columns})


def signed(tx: Connection, edition: str) -> tuple[Signature, ...]:
    """Return the signatures of an edition, or its draft, the first one first."""
    return tuple(Signature(*row) for row in tx.execute(_signatures(edition)))


def lapsed(tx: Connection, briefing: str) -> tuple[str, ...]:
    """Return the names of those who signed the draft of a briefing and were removed since."""
    query = select(RELEASE.who).join(DRAFT, DRAFT.id == RELEASE.edition)
    return tuple(tx.scalars(query.where(DRAFT.briefing == briefing, _LAPSED)))


def signed_by(tx: Connection, who: str) -> tuple[str, ...]:
    """Return the ids of the editions that an operator has signed."""
    return tuple(tx.scalars(select(RELEASE.edition).where(RELEASE.who == who)))


def _signatures(edition: str) -> Select[Any]:
    columns = select(RELEASE.who, RELEASE.at, RELEASE.digest)
    return columns.where(RELEASE.edition == edition).order_by(RELEASE.at, RELEASE.who)
