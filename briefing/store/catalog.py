"""A catalog of all stored editions, withdrawn ones included."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Connection, Table, func, or_, select

from briefing.core.model import DeliveryStatus, EditionId, NoticeKind
from briefing.store import withdrawals
from briefing.store.archive import PassageKind
from briefing.store.mail_tables import DELIVERY
from briefing.store.round_tables import PRINTED
from briefing.store.tables import CITED, EDITION, WITHDRAWAL
from briefing.store.versions import in_batches
from briefing.store.withdrawals import Withdrawal


@dataclass(frozen=True, slots=True)
class CatalogEntry:
    """One edition, without its content."""

    id: str
    #: The local date.
    day: date
    number: int
    #: When it was made, aware UTC.
    made: datetime
    #: Documents that it cites, and sentences that it prints.
    documents: int
    sentences: int
    #: Number of its deliveries by status, without zeros.
    deliveries: Mapping[DeliveryStatus, int]
    #: Its withdrawal; None if it is not withdrawn.
    withdrawal: Withdrawal | None
    #: Number of the mails that notify its readers, by status.
    notices: Mapping[DeliveryStatus, int]


def catalog(
    tx: Connection, briefing: str, *, day: date | None = None, limit: int = 100_000
) -> tuple[CatalogEntry, ...]:
    """Return the editions of a briefing, or those of one day, withdrawn ones included.

    Newest day first; of one day the current one, then the last withdrawn first.
    """
    withdrawn = {withdrawal.edition: withdrawal for withdrawal in withdrawals.of(tx, briefing)}
    gone = select(WITHDRAWAL.c.edition).where(WITHDRAWAL.c.briefing == briefing)
    query = select(EDITION.c.id, EDITION.c.day, EDITION.c.number, EDITION.c.made).where(
        or_(EDITION.c.briefing == briefing, EDITION.c.id.in_(gone))
    )
    if day is not None:
        query = query.where(EDITION.c.day == day)
    newest = query.order_by(EDITION.c.day.desc(), EDITION.c.number.desc()).limit(limit)
    rows = tx.execute(newest).all()
    ids = [row.id for row in rows]
    documents = _count(tx, CITED, ids)
    sentences = _count(tx, PRINTED, ids, PRINTED.c.kind == PassageKind.SENTENCE.value)
    statuses = _statuses(tx, [*ids, *(_notice(edition) for edition in ids if edition in withdrawn)])
    return tuple(
        CatalogEntry(
            row.id,
            row.day,
            row.number,
            row.made,
            documents.get(row.id, 0),
            sentences.get(row.id, 0),
            statuses.get(row.id, {}),
            withdrawn.get(row.id),
            statuses.get(_notice(row.id), {}),
        )
        for row in rows
    )


def _notice(edition: str) -> str:
    return str(EditionId.parse(edition).notified(NoticeKind.WITHDRAWN))


def _count(
    tx: Connection, table: Table, ids: Sequence[str], *conditions: ColumnElement[bool]
) -> dict[str, int]:
    column = table.c.edition
    counts: dict[str, int] = {}
    for batch in in_batches(ids):
        query = select(column, func.count()).where(column.in_(batch), *conditions)
        counts |= {row[0]: row[1] for row in tx.execute(query.group_by(column))}
    return counts


def _statuses(tx: Connection, ids: Sequence[str]) -> dict[str, dict[DeliveryStatus, int]]:
    counts: dict[str, dict[DeliveryStatus, int]] = {}
    edition, column = DELIVERY.c.edition, DELIVERY.c.status
    for batch in in_batches(ids):
        query = (
            select(edition, column, func.count())
            .where(edition.in_(batch))
            .group_by(edition, column)
        )
        for name, status, number in tx.execute(query):
            counts.setdefault(name, {})[DeliveryStatus(status)] = number
    return counts
