"""What came back of deliveries, by subscriber and by edition."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, func, select
from sqlalchemy.dialects import postgresql, sqlite

from briefing.core.model import Bounce, BounceKind, DeliveryStatus
from briefing.store.delivery_rows import EDITIONS
from briefing.store.mail_tables import BOUNCE, DELIVERY, SUBSCRIBER

_INSERT: dict[str, Callable[[Table], Any]] = {
    "sqlite": sqlite.insert,
    "postgresql": postgresql.insert,
}
#: What counts for a row: what a relay took over, and what it refused.
_TRIED = (DeliveryStatus.SENT.value, DeliveryStatus.REFUSED.value)
_WITH_BOUNCE = DELIVERY.outerjoin(BOUNCE, BOUNCE.c.delivery == DELIVERY.c.number)
#: Deliveries looked at; no rule waits for more bounces in a row.
_LAST = 30


def record(tx: Connection, delivery: int, bounce: Bounce) -> bool:
    """Keep what came back of a delivery; False when as much is known of it already.

    A delivery has one bounce, the worst: hard or a complaint instead of soft, else the first.
    """
    before = tx.execute(select(BOUNCE.c.kind).where(BOUNCE.c.delivery == delivery)).scalar()
    if before is not None and not (before == BounceKind.SOFT and bounce.kind != BounceKind.SOFT):
        return False
    told = {
        "kind": bounce.kind.value,
        "at": bounce.at,
        "status": bounce.status,
        "words": bounce.words,
    }
    keeping = _INSERT[tx.dialect.name](BOUNCE).values(delivery=delivery, **told)
    tx.execute(keeping.on_conflict_do_update(index_elements=["delivery"], set_=told))
    return True


def last(
    tx: Connection, subscriber: int, *, since: datetime | None = None
) -> tuple[tuple[str, BounceKind | None], ...]:
    """Return editions that were tried to a subscriber and what came back, newest first, up to 30.

    Args:
        tx: a transaction.
        subscriber: their number.
        since: what was done before, or was due if it is not done, does not count; None: all counts.
    """
    theirs = [EDITIONS, DELIVERY.c.subscriber == subscriber, DELIVERY.c.fate.in_(_TRIED)]
    if since is not None:
        theirs.append(func.coalesce(DELIVERY.c.done, DELIVERY.c.due) >= since)
    found = tx.execute(
        select(DELIVERY.c.edition, BOUNCE.c.kind)
        .select_from(_WITH_BOUNCE)
        .where(*theirs)
        .order_by(DELIVERY.c.number.desc())
        .limit(_LAST)
    )
    return tuple((edition, kind and BounceKind(kind)) for edition, kind in found)


def answers(
    tx: Connection, edition: str
) -> Iterator[tuple[str, DeliveryStatus, BounceKind | None]]:
    """Yield address, fate and what came back of what was sent of an edition or refused.

    The address is empty when its owner is forgotten.
    """
    found = tx.execute(
        select(SUBSCRIBER.c.address, DELIVERY.c.fate, BOUNCE.c.kind)
        .select_from(
            _WITH_BOUNCE.outerjoin(SUBSCRIBER, DELIVERY.c.subscriber == SUBSCRIBER.c.number)
        )
        .where(DELIVERY.c.edition == edition, DELIVERY.c.fate.in_(_TRIED))
    )
    for address, fate, kind in found:
        yield address or "", DeliveryStatus(fate), kind and BounceKind(kind)
