"""Bounces of deliveries, by subscriber and by edition."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection, func, select

from briefing.core.model import Bounce, BounceKind, DeliveryStatus
from briefing.store.delivery_rows import EDITIONS
from briefing.store.mail_tables import BOUNCE, DELIVERY, SUBSCRIBER
from briefing.store.upsert import insert_into

#: Deliveries that count in a streak: accepted or refused by the relay.
_TRIED = (DeliveryStatus.SENT.value, DeliveryStatus.REFUSED.value)
_WITH_BOUNCE = DELIVERY.outerjoin(BOUNCE, BOUNCE.c.delivery == DELIVERY.c.number)
#: Deliveries read; no rule needs more bounces in a row.
_LAST = 30


def record(tx: Connection, delivery: int, bounce: Bounce) -> bool:
    """Record the bounce of a delivery; False if its bounce is recorded already.

    A delivery has one bounce, the worst: hard or a complaint replaces soft, else the first counts.
    """
    before = tx.execute(select(BOUNCE.c.kind).where(BOUNCE.c.delivery == delivery)).scalar()
    if before is not None and not (before == BounceKind.SOFT and bounce.kind != BounceKind.SOFT):
        return False
    columns = {
        "kind": bounce.kind.value,
        "at": bounce.at,
        "status": bounce.status,
        "words": bounce.words,
    }
    keeping = insert_into(tx, BOUNCE).values(delivery=delivery, **columns)
    tx.execute(keeping.on_conflict_do_update(index_elements=["delivery"], set_=columns))
    return True


def last(
    tx: Connection, subscriber: int, *, since: datetime | None = None
) -> tuple[tuple[str, BounceKind | None], ...]:
    """Return the last 30 editions sent to a subscriber and their bounces, newest first.

    Deliveries done (or, if not done, due) before ``since`` do not count.
    """
    conditions = [EDITIONS, DELIVERY.c.subscriber == subscriber, DELIVERY.c.status.in_(_TRIED)]
    if since is not None:
        conditions.append(func.coalesce(DELIVERY.c.done, DELIVERY.c.due) >= since)
    rows = tx.execute(
        select(DELIVERY.c.edition, BOUNCE.c.kind)
        .select_from(_WITH_BOUNCE)
        .where(*conditions)
        .order_by(DELIVERY.c.number.desc())
        .limit(_LAST)
    )
    return tuple((edition, kind and BounceKind(kind)) for edition, kind in rows)


def answers(
    tx: Connection, edition: str
) -> Iterator[tuple[str, DeliveryStatus, BounceKind | None]]:
    """Yield address, status and bounce of the deliveries of an edition, sent or refused.

    The address is empty if the subscriber was forgotten.
    """
    rows = tx.execute(
        select(SUBSCRIBER.c.address, DELIVERY.c.status, BOUNCE.c.kind)
        .select_from(
            _WITH_BOUNCE.outerjoin(SUBSCRIBER, DELIVERY.c.subscriber == SUBSCRIBER.c.number)
        )
        .where(DELIVERY.c.edition == edition, DELIVERY.c.status.in_(_TRIED))
    )
    for address, status, kind in rows:
        yield address or "", DeliveryStatus(status), kind and BounceKind(kind)
