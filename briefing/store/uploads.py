"""Uploads and other rows that are kept for a while only, and deleted when that has passed."""

from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, select

from briefing.store import reader_list
from briefing.store.engine import delete_rows, first, has_row, update_rows, upsert
from briefing.store.round_tables import UPLOAD

#: How long one is kept that is not imported, and the report of one that is.
KEPT = timedelta(hours=1)
#: Uploads of one session; the oldest makes room.
_MOST = 20


@dataclass(frozen=True, slots=True)
class Upload:
    """One list or preview."""

    #: Aware UTC.
    at: datetime
    #: Of its file; of a preview its kind.
    name: str
    #: SHA-256 of the content.
    digest: str
    #: None: the import has begun.
    content: str | None
    #: JSON.
    summary: str = ""
    #: CSV of the lines that are not taken.
    report: str = ""


def put(tx: Connection, session: bytes, key: str, upload: Upload) -> None:
    """Keep an upload for a session, by the key of that; it replaces one of the same key."""
    upsert(tx, UPLOAD, {"session": session, "key": key}, asdict(upload))
    mine = select(UPLOAD.key).where(UPLOAD.session == session).order_by(UPLOAD.at.desc())
    for old in tx.scalars(mine.offset(_MOST)).all():
        drop(tx, session, old)


def get(tx: Connection, session: bytes, key: str, *, since: datetime) -> Upload | None:
    """Return an upload of a session; None if it has none, or one from before a time."""
    columns = (UPLOAD[field.name] for field in fields(Upload))
    query = select(*columns).where(*_is(session, key), UPLOAD.at >= since)
    return first(tx, query, lambda row: Upload(*row))


def take(
    tx: Connection, session: bytes, key: str, digest: str, *, since: datetime
) -> Upload | None:
    """Return an upload that is to be imported, which no other can take then; None if none is."""
    upload = get(tx, session, key, since=since)
    if upload is None or upload.content is None or upload.digest != digest:
        return None
    update_rows(tx, UPLOAD, *_is(session, key), content=None)
    return upload


def finish(tx: Connection, session: bytes, key: str, upload: Upload) -> None:
    """Keep the report of an upload that was taken, unless there is another now, or none."""
    taken = UPLOAD.digest == upload.digest, UPLOAD.content.is_(None)
    update_rows(tx, UPLOAD, *_is(session, key), *taken, **asdict(upload))


def drop(tx: Connection, session: bytes, key: str) -> bool:
    """Forget an upload of a session; False if it has none."""
    return delete_rows(tx, UPLOAD, *_is(session, key)) > 0


def _is(session: bytes, key: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return UPLOAD.session == session, UPLOAD.key == key


def has_expired(tx: Connection, *, at: datetime) -> bool:
    """Tell whether :func:`forget_expired` has anything to forget."""
    old = UPLOAD.at < at - KEPT
    return reader_list.has_old_bulk(tx, before=at - reader_list.UNDO) or has_row(tx, old)


def forget_expired(tx: Connection, *, at: datetime) -> None:
    """Forget who was removed too long ago to be undone, and lists that nobody imported."""
    reader_list.seal_bulk(tx, before=at - reader_list.UNDO)
    delete_rows(tx, UPLOAD, UPLOAD.at < at - KEPT)
