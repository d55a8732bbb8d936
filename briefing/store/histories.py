"""The history of one subscription."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, literal, select

from briefing.core.model import Delivery, MailKind, State
from briefing.store.delivery_rows import COLUMNS, EDITIONS, delivery_of, of_kinds
from briefing.store.mail_tables import DELIVERY, SUPPRESSION
from briefing.store.subscribers import key


def last_deliveries(tx: Connection, subscriber: int, *, limit: int = 10) -> tuple[Delivery, ...]:
    """Return the last deliveries to a subscriber, newest first, without the address."""
    query = (
        select(*COLUMNS, literal("").label("address"))
        .where(EDITIONS, DELIVERY.c.subscriber == subscriber)
        .order_by(DELIVERY.c.number.desc())
        .limit(limit)
    )
    return tuple(map(delivery_of, tx.execute(query)))


def last_mails(
    tx: Connection, subscriber: int, *, kinds: Collection[MailKind], limit: int = 10
) -> tuple[Delivery, ...]:
    """Return the last mails to a subscriber that belong to no edition, newest first."""
    query = (
        select(*COLUMNS, literal("").label("address"))
        .where(of_kinds(kinds), DELIVERY.c.subscriber == subscriber)
        .order_by(DELIVERY.c.number.desc())
        .limit(limit)
    )
    return tuple(map(delivery_of, tx.execute(query)))


def suppressed(tx: Connection, address: str) -> tuple[State, datetime] | None:
    """Return why an address is suppressed and since when; None if it is not."""
    query = select(SUPPRESSION.c.state, SUPPRESSION.c.since)
    row = tx.execute(query.where(SUPPRESSION.c.key == key(address))).first()
    return None if row is None else (State(row.state), row.since)
