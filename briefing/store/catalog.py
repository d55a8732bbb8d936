"""What is kept of each edition, withdrawn ones among them, at a glance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, Table, func, or_, select

from briefing.core.model import DeliveryStatus, EditionId, NoticeKind
from briefing.store import withdrawals
from briefing.store.mail_tables import DELIVERY
from briefing.store.round_tables import PRINTED
from briefing.store.tables import CITED, EDITION, WITHDRAWAL
from briefing.store.versions import in_lots
from briefing.store.withdrawals import Withdrawal


@dataclass(frozen=True, slots=True)
class CatalogEntry:
    """One edition, without what was printed."""

    id: str
    #: The local date.
    day: date
    number: int
    #: When it was made, aware UTC.
    made: datetime
    #: Documents that it cites, and sentences that it prints.
    documents: int
    sentences: int
    #: Its deliveries by fate; only fates that some of them have.
    deliveries: Mapping[DeliveryStatus, int]
    #: That it was withdrawn; None: it stands.
    withdrawal: Withdrawal | None
    #: The mails that tell its readers of that, by fate.
    notices: Mapping[DeliveryStatus, int]


def catalog(
    tx: Connection, briefing: str, *, day: date | None = None, limit: int = 100_000
) -> tuple[CatalogEntry, ...]:
    """Return the editions of a briefing, or those of one day, withdrawn ones among them.

    The newest day first; of one day the one that stands, then the last withdrawn first.
    """
    withdrawn = {one.edition: one for one in withdrawals.of(tx, briefing)}
    gone = select(WITHDRAWAL.c.edition).where(WITHDRAWAL.c.briefing == briefing)
    found = select(EDITION.c.id, EDITION.c.day, EDITION.c.number, EDITION.c.made).where(
        or_(EDITION.c.briefing == briefing, EDITION.c.id.in_(gone))
    )
    if day is not None:
        found = found.where(EDITION.c.day == day)
    newest = found.order_by(EDITION.c.day.desc(), EDITION.c.number.desc()).limit(limit)
    rows = tx.execute(newest).all()
    ids = [row.id for row in rows]
    documents, sentences = _count(tx, CITED, ids), _count(tx, PRINTED, ids)
    fates = _fates(tx, [*ids, *(_notice(one) for one in ids if one in withdrawn)])
    return tuple(
        CatalogEntry(
            row.id,
            row.day,
            row.number,
            row.made,
            documents.get(row.id, 0),
            sentences.get(row.id, 0),
            fates.get(row.id, {}),
            withdrawn.get(row.id),
            fates.get(_notice(row.id), {}),
        )
        for row in rows
    )


def _notice(edition: str) -> str:
    return str(EditionId.parse(edition).notified(NoticeKind.WITHDRAWN))


def _count(tx: Connection, table: Table, ids: Sequence[str]) -> dict[str, int]:
    column = table.c.edition
    found: dict[str, int] = {}
    for lot in in_lots(ids):
        asked = select(column, func.count()).where(column.in_(lot)).group_by(column)
        found |= {row[0]: row[1] for row in tx.execute(asked)}
    return found


def _fates(tx: Connection, ids: Sequence[str]) -> dict[str, dict[DeliveryStatus, int]]:
    found: dict[str, dict[DeliveryStatus, int]] = {}
    edition, fate = DELIVERY.c.edition, DELIVERY.c.fate
    for lot in in_lots(ids):
        asked = select(edition, fate, func.count()).where(edition.in_(lot)).group_by(edition, fate)
        for name, told, number in tx.execute(asked):
            found.setdefault(name, {})[DeliveryStatus(told)] = number
    return found
