"""What a clock that was ahead, or was set back, has left in the store."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, exists, select, update

from briefing.core.model import DeliveryStatus
from briefing.store.mail_tables import DELIVERY
from briefing.store.tables import CITED, DOCUMENT, EDITION, HOST, SOURCE, VERSION, VISIT

#: No pause, and no step of a clock in ordinary use, is longer.
_FAR = timedelta(days=2)


def set_right(tx: Connection, *, at: datetime) -> None:
    """Date by now what a clock far ahead has dated, so that it is printed, visited and sent.

    Args:
        tx: a writing transaction.
        at: now, aware.
    """
    far = at + _FAR
    is_cited = exists().where(CITED.c.version == VERSION.c.id)
    unprinted = update(VERSION).where(VERSION.c.collected > far, ~is_cited)
    tx.execute(unprinted.values(collected=at))
    tx.execute(update(DOCUMENT).where(DOCUMENT.c.due_at > far).values(due_at=at))
    for table in (SOURCE, HOST):
        tx.execute(update(table).where(table.c.retry_at > far).values(retry_at=None))
    # Settled when its life was over by that clock, which it is not.
    expired = (
        DELIVERY.c.fate == DeliveryStatus.EXPIRED.value,
        DELIVERY.c.done > at,
        DELIVERY.c.until > at,
    )
    tx.execute(update(DELIVERY).where(*expired).values(fate=DeliveryStatus.DUE.value, done=None))


def not_before(tx: Connection, *, at: datetime) -> datetime | None:
    """Return after when new reports are to be dated, later than now where a clock was set back.

    Dated earlier than the reports of the last edition they would be in none.
    """
    found = (
        select(EDITION.c.until)
        .where(EDITION.c.until > at, EDITION.c.until <= at + _FAR)
        .order_by(EDITION.c.until.desc())
        .limit(1)
    )
    until: datetime | None = tx.execute(found).scalar()
    return None if until is None else until + timedelta(microseconds=1)


def is_trusted(tx: Connection, *, at: datetime, back: timedelta) -> bool:
    """Tell whether a clock may say that something is so old that it can be deleted.

    Sources were visited between then and a day ago; by a clock that jumped they were not.
    """
    recent = at - min(timedelta(days=1), back / 2)
    found = select(VISIT.c.number).where(VISIT.c.at > at - back, VISIT.c.at <= recent).limit(1)
    return tx.execute(found).first() is not None
