"""Repairs times in the store from a clock that was ahead or was set back."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, exists, select, update

from briefing.core.model import DeliveryStatus
from briefing.store.mail_tables import DELIVERY
from briefing.store.tables import CITED, DOCUMENT, EDITION, HOST, SOURCE, VERSION, VISIT

#: Longer than any pause and any ordinary clock adjustment.
_FAR = timedelta(days=2)


def set_right(tx: Connection, *, at: datetime) -> None:
    """Reset times that a clock far ahead has set, so that reports are printed, fetched and sent."""
    far = at + _FAR
    is_cited = exists().where(CITED.c.version == VERSION.c.id)
    unprinted = update(VERSION).where(VERSION.c.collected > far, ~is_cited)
    tx.execute(unprinted.values(collected=at))
    tx.execute(update(DOCUMENT).where(DOCUMENT.c.due_at > far).values(due_at=at))
    for table in (SOURCE, HOST):
        tx.execute(update(table).where(table.c.retry_at > far).values(retry_at=None))
    # Expired by the wrong clock only.
    expired = (
        DELIVERY.c.status == DeliveryStatus.EXPIRED.value,
        DELIVERY.c.done > at,
        DELIVERY.c.until > at,
    )
    tx.execute(update(DELIVERY).where(*expired).values(status=DeliveryStatus.DUE.value, done=None))


def not_before(tx: Connection, *, at: datetime) -> datetime | None:
    """Return the earliest time for new reports, if the clock was set back; else None.

    Reports dated before the end of the last edition would be in no edition.
    """
    query = (
        select(EDITION.c.until)
        .where(EDITION.c.until > at, EDITION.c.until <= at + _FAR)
        .order_by(EDITION.c.until.desc())
        .limit(1)
    )
    until: datetime | None = tx.execute(query).scalar()
    return None if until is None else until + timedelta(microseconds=1)


def is_trusted(tx: Connection, *, at: datetime, back: timedelta) -> bool:
    """Tell whether the clock is plausible enough to delete what is older than ``back``.

    A source was fetched between then and a day ago; after a jump of the clock none was.
    """
    recent = at - min(timedelta(days=1), back / 2)
    query = select(VISIT.c.number).where(VISIT.c.at > at - back, VISIT.c.at <= recent).limit(1)
    return tx.execute(query).first() is not None
