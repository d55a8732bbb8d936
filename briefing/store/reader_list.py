"""The list of subscribers: those of a state whose address or name holds some words, in pages."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, literal, select, true

from briefing.core.model import Consent, Delivery, State, Subscriber
from briefing.store.delivery_rows import COLUMNS, EDITIONS, delivery_of
from briefing.store.mail_tables import CONSENT, DELIVERY, SUBSCRIBER
from briefing.store.subscribers import subscriber_of

#: Subscribers read at once.
_PAGE = 1_000
#: What begins a subscription.
_BEGINS = ("confirmed", "imported")


class ReaderOrder(StrEnum):
    """By what the list is sorted."""

    #: The order in which they were added.
    ADDED = "added"
    ADDRESS = "address"
    #: When they came to their state.
    SINCE = "since"


_COLUMNS = {
    ReaderOrder.ADDED: SUBSCRIBER.c.number,
    ReaderOrder.ADDRESS: SUBSCRIBER.c.folded,
    ReaderOrder.SINCE: SUBSCRIBER.c.since,
}


@dataclass(frozen=True, slots=True)
class Matching:
    """Which subscribers are looked for."""

    #: A part of address or name, in upper or lower case; empty: any.
    text: str = ""
    #: None: any.
    state: State | None = None

    @property
    def condition(self) -> ColumnElement[bool]:
        """Tell whether a subscriber is one of them."""
        parts: list[ColumnElement[bool]] = []
        if self.state is not None:
            parts.append(SUBSCRIBER.c.state == self.state.value)
        if self.text:
            parts.append(SUBSCRIBER.c.folded.contains(self.text.casefold(), autoescape=True))
        return and_(true(), *parts)


def are(numbers: Collection[int]) -> ColumnElement[bool]:
    """Tell whether a subscriber has one of these ids."""
    return SUBSCRIBER.c.number.in_(numbers)


def count(tx: Connection, matching: Matching) -> int:
    """Return how many match."""
    query = select(func.count()).select_from(SUBSCRIBER).where(matching.condition)
    return tx.execute(query).scalar_one()


def page(  # noqa: PLR0913  which, in which order, from where, how many
    tx: Connection,
    matching: Matching,
    *,
    order: ReaderOrder = ReaderOrder.ADDED,
    down: bool = False,
    offset: int = 0,
    limit: int,
) -> tuple[Subscriber, ...]:
    """Return some of those that match, in an order in which none is twice on two pages."""
    numbers = _numbers(matching, order=order, down=down).offset(offset).limit(limit)
    return _people(tx, tx.execute(numbers).scalars().all())


def search(  # noqa: PLR0913  as above
    tx: Connection,
    matching: Matching,
    *,
    order: ReaderOrder = ReaderOrder.ADDED,
    down: bool = False,
    offset: int = 0,
    limit: int,
) -> tuple[tuple[Subscriber, ...], int]:
    """Return the same, and how many match in all: to look for words reads every subscriber."""
    numbers = _numbers(matching, order=order, down=down).add_columns(func.count().over())
    rows = tx.execute(numbers.offset(offset).limit(limit)).all()
    total = rows[0][1] if rows else count(tx, matching) if offset else 0
    return _people(tx, [row[0] for row in rows]), total


def _numbers(matching: Matching, *, order: ReaderOrder, down: bool) -> Select[Any]:
    """Select only numbers, so that those of other pages are skipped by an index."""
    columns = dict.fromkeys((_COLUMNS[order], SUBSCRIBER.c.number))
    ordered = [column.desc() if down else column.asc() for column in columns]
    return select(SUBSCRIBER.c.number).where(matching.condition).order_by(*ordered)


def _people(tx: Connection, numbers: Sequence[int]) -> tuple[Subscriber, ...]:
    rows = tx.execute(select(SUBSCRIBER).where(SUBSCRIBER.c.number.in_(numbers)))
    by_number = {row.number: subscriber_of(row) for row in rows}
    return tuple(by_number[number] for number in numbers)


def last_deliveries(tx: Connection, numbers: Collection[int]) -> Mapping[int, Delivery]:
    """Return the last delivery of an edition to each of these subscribers, without address."""
    newest = (
        select(func.max(DELIVERY.c.number))
        .where(DELIVERY.c.subscriber.in_(numbers), EDITIONS)
        .group_by(DELIVERY.c.subscriber)
    )
    query = select(*COLUMNS, literal("").label("address")).where(DELIVERY.c.number.in_(newest))
    return {row.subscriber: delivery_of(row) for row in tx.execute(query)}


def exported(tx: Connection, *, after: int) -> tuple[tuple[Subscriber, Consent | None], ...]:
    """Return the next subscribers after a number, each with the consent that began it last."""
    query = select(SUBSCRIBER).where(SUBSCRIBER.c.number > after).order_by(SUBSCRIBER.c.number)
    people = tuple(map(subscriber_of, tx.execute(query.limit(_PAGE))))
    began = _began(tx, [one.id for one in people])
    return tuple((one, began.get(one.id)) for one in people)


def _began(tx: Connection, numbers: Collection[int]) -> dict[int, Consent]:
    last = (
        select(func.max(CONSENT.c.number))
        .where(CONSENT.c.subscriber.in_(numbers), CONSENT.c.what.in_(_BEGINS))
        .group_by(CONSENT.c.subscriber)
    )
    return {
        row.subscriber: Consent(row.at, row.what, row.how, row.origin, row.words, row.agreed)
        for row in tx.execute(select(CONSENT).where(CONSENT.c.number.in_(last)))
    }
