"""Repairs times in the store from a clock that was ahead or was set back."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, exists, select, update

from briefing.core.model import DeliveryStatus
from briefing.store.mail_tables import DELIVERY
from briefing.store.tables import CITED, DOCUMENT, HOST, SOURCE, VERSION, VISIT

#: Longer than any pause and any ordinary clock adjustment.
_FAR = timedelta(days=2)
#: Reports further apart were not collected by one clock: longer than a desk pauses.
_APART = timedelta(days=8)


def set_right(tx: Connection, *, at: datetime) -> None:
    """Reset times that a clock far ahead has set, so that reports are printed, fetched and sent."""
    far = at + _FAR
    is_cited = exists().where(CITED.c.version == VERSION.c.id)
    last = newest(tx, at=at)
    unprinted = update(VERSION).where(VERSION.c.collected > last, ~is_cited)
    # Behind all that a clock wrote which was not far ahead: this one may be behind.
    after = at if last == at else last + timedelta(microseconds=1)
    tx.execute(unprinted.values(collected=after))
    tx.execute(update(DOCUMENT).where(DOCUMENT.c.due_at > far).values(due_at=at))
    for wrong in (SOURCE.c.retry_at > far, SOURCE.c.visited > at, HOST.c.retry_at > far):
        tx.execute(update(wrong.left.table).where(wrong).values(retry_at=None))
    # Expired by the wrong clock only.
    expired = (
        DELIVERY.c.status == DeliveryStatus.EXPIRED.value,
        DELIVERY.c.done > at,
        DELIVERY.c.until > at,
    )
    tx.execute(update(DELIVERY).where(*expired).values(status=DeliveryStatus.DUE.value, done=None))


def newest(tx: Connection, *, at: datetime) -> datetime:
    """Return when the newest report was collected, though it be after now, or else now.

    One that was collected far behind all others came of a clock that was ahead, and does not count.

    New reports are dated later: dated before the end of an edition, which may be under way or wait
    for its release, they would be in none.
    """
    collected, dated = VERSION.c.collected, at
    while True:
        near = select(collected).where(collected > dated, collected <= dated + _APART)
        later: datetime | None = tx.execute(near.order_by(collected.desc()).limit(1)).scalar()
        if later is None:
            return dated
        dated = later


def leaps(tx: Connection, *, to: datetime, at: datetime) -> bool:
    """Tell whether the clock was set forward, or the machine slept, for days before a time.

    Then sources were fetched before that time, but none since two days ago.
    """
    query = select(VISIT.c.at).where(VISIT.c.at < to).order_by(VISIT.c.at.desc()).limit(1)
    before: datetime | None = tx.execute(query).scalar()
    return before is not None and at - before > _FAR


def is_trusted(tx: Connection, *, at: datetime, back: timedelta) -> bool:
    """Tell whether the clock is plausible enough to delete what is older than ``back``.

    A source was fetched between then and a day ago; after a jump of the clock none was.
    """
    recent = at - min(timedelta(days=1), back / 2)
    query = select(VISIT.c.number).where(VISIT.c.at > at - back, VISIT.c.at <= recent).limit(1)
    return tx.execute(query).first() is not None
