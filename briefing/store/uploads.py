"""The list of subscribers that an operator has brought, kept until it is imported or an hour."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select, update

from briefing.store.round_tables import UPLOAD
from briefing.store.upsert import insert_into

#: How long a list is kept that is not imported, and the report of one that is.
KEPT = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Upload:
    """One list."""

    #: Aware UTC.
    at: datetime
    #: Of its file.
    name: str
    #: SHA-256 of the content.
    digest: str
    #: None: the import has begun.
    content: str | None
    #: JSON.
    summary: str
    #: CSV of the lines that are not taken.
    report: str


def put(tx: Connection, session: bytes, upload: Upload) -> None:
    """Keep a list for a session, by the key of that; it replaces an earlier one."""
    row = asdict(upload)
    putting = insert_into(tx, UPLOAD).values(session=session, **row)
    tx.execute(putting.on_conflict_do_update(index_elements=["session"], set_=row))


def get(tx: Connection, session: bytes, *, since: datetime) -> Upload | None:
    """Return the list of a session; None if it has none, or one from before a time."""
    query = select(UPLOAD).where(UPLOAD.c.session == session, UPLOAD.c.at >= since)
    row = tx.execute(query).first()
    return (
        None
        if row is None
        else Upload(row.at, row.name, row.digest, row.content, row.summary, row.report)
    )


def take(tx: Connection, session: bytes, digest: str, *, since: datetime) -> Upload | None:
    """Return a list that is to be imported, which no other can take then; None if none is."""
    upload = get(tx, session, since=since)
    if upload is None or upload.content is None or upload.digest != digest:
        return None
    tx.execute(update(UPLOAD).where(UPLOAD.c.session == session).values(content=None))
    return upload


def finish(tx: Connection, session: bytes, upload: Upload) -> None:
    """Keep the report of a list that was taken, unless its session has another now, or ended."""
    taken = UPLOAD.c.digest == upload.digest, UPLOAD.c.content.is_(None)
    mine = update(UPLOAD).where(UPLOAD.c.session == session, *taken)
    tx.execute(mine.values(**asdict(upload)))


def drop(tx: Connection, session: bytes) -> bool:
    """Forget the list of a session; False if it has none."""
    return tx.execute(delete(UPLOAD).where(UPLOAD.c.session == session)).rowcount > 0


def is_over(tx: Connection, *, before: datetime) -> bool:
    """Tell whether there is a list from before a time."""
    return tx.execute(select(UPLOAD.c.at).where(UPLOAD.c.at < before).limit(1)).first() is not None


def forget(tx: Connection, *, before: datetime) -> None:
    """Forget the lists from before a time."""
    tx.execute(delete(UPLOAD).where(UPLOAD.c.at < before))
