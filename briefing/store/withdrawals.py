"""Withdrawn editions, which keep their proof, and a catalog of all editions."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Select, func, insert, or_, select

from briefing.core.frozen import frozen
from briefing.core.model import DeliveryStatus, EditionId, NoticeKind
from briefing.store import deliveries
from briefing.store.archive import PassageKind
from briefing.store.claims import settle_journal
from briefing.store.deliveries import FREE
from briefing.store.editions import StoredEdition
from briefing.store.engine import rows_in, update_rows
from briefing.store.mail_tables import DELIVERY
from briefing.store.round_tables import PRINTED
from briefing.store.tables import CITED, EDITION, NEWEST, WITHDRAWAL, Columns, of_desk
from briefing.store.versions import normalized

#: Most characters of a reason that are stored.
LONGEST_REASON = 500
#: Statuses that can be canceled: not handed to the relay. A held delivery may have arrived.
_OPEN = (DeliveryStatus.DUE, DeliveryStatus.HELD)


@frozen
class Withdrawal:
    """The withdrawal of an edition."""

    #: Id of the edition, which stays the same.
    edition: str
    #: Slug of its briefing.
    briefing: str
    #: Its local date.
    day: date
    #: Aware UTC.
    at: datetime
    #: Name of an operator, "token NAME", or "command".
    who: str
    #: One line; empty if none was given.
    reason: str

    @property
    def words(self) -> str:
        """Text of one line for messages; may contain text from outside."""
        why = f": {self.reason}" if self.reason else ""
        return f"withdrawn {self.at:%Y-%m-%d %H:%M} UTC by {self.who}{why}"


def put(tx: Connection, withdrawal: Withdrawal) -> None:
    """Withdraw an edition: it keeps id, record, files and proof; its briefing and day are free."""
    columns = asdict(withdrawal)
    columns["who"] = normalized(withdrawal.who)
    columns["reason"] = normalized(withdrawal.reason)[:LONGEST_REASON]
    tx.execute(insert(WITHDRAWAL), columns)
    update_rows(tx, EDITION, EDITION.id == withdrawal.edition, briefing=EDITION.id)


def cancel(tx: Connection, edition: str, *, at: datetime, reason: str) -> int:
    """Cancel the deliveries of an edition that are not being sent; return how many."""
    settle_journal(tx)
    free = (DELIVERY.status == DeliveryStatus.CLAIMED) & DELIVERY.begun.is_(False)
    pending = DELIVERY.edition == edition, or_(DELIVERY.status.in_(_OPEN), free)
    never = {"status": DeliveryStatus.SKIPPED, "done": at, "reason": reason, **FREE}
    return update_rows(tx, DELIVERY, *pending, **never)


def on(tx: Connection, briefing: str, day: date | None = None) -> tuple[Withdrawal, ...]:
    """Return the withdrawals of an edition of a day, or all of a desk, latest first."""
    query = select(WITHDRAWAL)
    if day is None:
        query = query.where(of_desk(briefing, of=WITHDRAWAL))
    else:
        query = query.where(WITHDRAWAL.briefing == briefing, WITHDRAWAL.day == day)
    rows = tx.execute(query.order_by(WITHDRAWAL.at.desc(), WITHDRAWAL.edition.desc()))
    return tuple(Withdrawal(**row._mapping) for row in rows)


def last_number(tx: Connection, briefing: str) -> int:
    """Return the highest number that an edition of a desk ever had; 0 if there was none."""
    own = or_(of_desk(briefing), EDITION.id.in_(_gone(briefing)))
    return tx.scalar(select(func.max(EDITION.number)).where(own)) or 0


def earliest(tx: Connection, briefing: str) -> datetime | None:
    """Return the earliest start of collection of withdrawn editions; None if there are none."""
    query = select(EDITION.since).where(EDITION.id.in_(_gone(briefing)))
    return tx.scalar(query.order_by(EDITION.since).limit(1))


def announce(
    tx: Connection,
    stored: StoredEdition,
    words: Mapping[str, str],
    *,
    at: datetime,
    life: timedelta,
) -> int:
    """Create a delivery of the notice for everyone who may have got the edition; return how many.

    Those whose delivery is still being sent are included.
    """
    got = or_(
        DELIVERY.status.in_((DeliveryStatus.SENT, DeliveryStatus.CLAIMED)),
        DELIVERY.ambiguous.is_(True),
    )
    readers = select(DELIVERY.subscriber).where(DELIVERY.edition == stored.id, got)
    numbers = tx.scalars(readers.order_by(DELIVERY.number)).all()
    id_ = str(EditionId.parse(stored.id).notified(NoticeKind.WITHDRAWN))
    return deliveries.put_notice(tx, id_, words, numbers, day=stored.day, at=at, life=life)


@frozen
class CatalogEntry:
    """An edition without its content."""

    id: str
    #: The local date.
    day: date
    number: int
    #: When it was made, aware UTC.
    made: datetime
    #: Number of documents that it cites, and of sentences that it prints.
    documents: int
    sentences: int
    #: Number of its deliveries by status, without zeros.
    deliveries: Mapping[DeliveryStatus, int]
    #: Its withdrawal; None if it is not withdrawn.
    withdrawal: Withdrawal | None
    #: Number of mails that notify its readers of the withdrawal, by status.
    notices: Mapping[DeliveryStatus, int]


def catalog(tx: Connection, briefing: str, *, day: date | None = None) -> tuple[CatalogEntry, ...]:
    """Return the editions of a desk, or those of one day, including withdrawn ones.

    Newest day first; within a day, the current edition, then the latest withdrawn first.
    """
    withdrawn = {withdrawal.edition: withdrawal for withdrawal in on(tx, briefing)}
    query = select(EDITION.id, EDITION.day, EDITION.number, EDITION.made).where(
        or_(of_desk(briefing), EDITION.id.in_(_gone(briefing)))
    )
    if day is not None:
        query = query.where(EDITION.day == day)
    rows = tx.execute(query.order_by(*NEWEST)).all()
    ids = [row.id for row in rows]
    documents = _count(tx, CITED, ids)
    sentences = _count(tx, PRINTED, ids, PRINTED.kind == PassageKind.SENTENCE)
    notices = {id: str(EditionId.parse(id).notified(NoticeKind.WITHDRAWN)) for id in ids}
    counted = deliveries.by_status(tx, [*ids, *notices.values()])
    statuses = {id: dict(sorted(counts.items())) for id, counts in counted.items()}
    return tuple(
        CatalogEntry(
            *row,
            documents.get(row.id, 0),
            sentences.get(row.id, 0),
            statuses[row.id],
            withdrawn.get(row.id),
            statuses[notices[row.id]],
        )
        for row in rows
    )


def _gone(briefing: str) -> Select[tuple[str]]:
    """Select the withdrawn editions of a desk."""
    return select(WITHDRAWAL.edition).where(of_desk(briefing, of=WITHDRAWAL))


def _count(
    tx: Connection, table: Columns, ids: Sequence[str], *conditions: ColumnElement[bool]
) -> dict[str, int]:
    query = select(table.edition, func.count()).where(*conditions).group_by(table.edition)
    return dict(map(tuple, rows_in(tx, query, table.edition, ids)))
