"""Withdrawn editions: kept with their proof, and no longer part of a briefing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, Connection, func, insert, or_, select, update

from briefing.core.model import DeliveryStatus, EditionId, NoticeKind
from briefing.store import notices
from briefing.store.delivery_rows import FREE
from briefing.store.editions import StoredEdition
from briefing.store.mail_tables import DELIVERY
from briefing.store.tables import EDITION, WITHDRAWAL
from briefing.store.versions import normalized

#: Characters of a reason that are kept.
LONGEST_REASON = 500
#: Statuses that can still be canceled: not handed to the relay; held ones may have arrived.
_OPEN = (DeliveryStatus.DUE.value, DeliveryStatus.HELD.value)


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """The withdrawal of an edition."""

    #: Id of the edition, which does not change.
    edition: str
    #: Slug of its briefing.
    briefing: str
    #: Its local date.
    day: date
    #: Aware UTC.
    at: datetime
    #: Name of an operator, "token NAME", or "command".
    who: str
    #: One line; empty when none was given.
    reason: str

    @property
    def words(self) -> str:
        """One line for messages, which may contain outside text."""
        why = f": {self.reason}" if self.reason else ""
        return f"withdrawn {self.at:%Y-%m-%d %H:%M} UTC by {self.who}{why}"


def put(tx: Connection, withdrawal: Withdrawal) -> None:
    """Withdraw an edition: its id, record, files and proof stay; its briefing and day are free."""
    columns = {
        "edition": withdrawal.edition,
        "briefing": withdrawal.briefing,
        "day": withdrawal.day,
        "at": withdrawal.at,
        "who": normalized(withdrawal.who),
        "reason": normalized(withdrawal.reason)[:LONGEST_REASON],
    }
    tx.execute(insert(WITHDRAWAL), columns)
    own = update(EDITION).where(EDITION.c.id == withdrawal.edition)
    tx.execute(own.values(briefing=EDITION.c.id))


def cancel(tx: Connection, edition: str, *, at: datetime, reason: str) -> int:
    """Cancel all deliveries of an edition that are not being sent; return how many."""
    free = (DELIVERY.c.status == DeliveryStatus.CLAIMED.value) & DELIVERY.c.begun.is_(False)
    pending = DELIVERY.c.edition == edition, or_(DELIVERY.c.status.in_(_OPEN), free)
    never = {"status": DeliveryStatus.SKIPPED.value, "done": at, "reason": reason, **FREE}
    return tx.execute(update(DELIVERY).where(*pending).values(**never)).rowcount


def on(tx: Connection, briefing: str, day: date) -> tuple[Withdrawal, ...]:
    """Return the withdrawals of a day, the last first."""
    return _select(tx, briefing, WITHDRAWAL.c.day == day)


def of(tx: Connection, briefing: str) -> tuple[Withdrawal, ...]:
    """Return all withdrawals of a briefing, the last first."""
    return _select(tx, briefing)


def last_number(tx: Connection, briefing: str) -> int:
    """Return the highest number an edition ever had; 0 if there was none."""
    withdrawn = select(WITHDRAWAL.c.edition).where(WITHDRAWAL.c.briefing == briefing)
    own = or_(EDITION.c.briefing == briefing, EDITION.c.id.in_(withdrawn))
    number: int | None = tx.execute(select(func.max(EDITION.c.number)).where(own)).scalar()
    return number or 0


def earliest(tx: Connection, briefing: str) -> datetime | None:
    """Return the earliest start of collection of withdrawn editions; None without any."""
    withdrawn = select(WITHDRAWAL.c.edition).where(WITHDRAWAL.c.briefing == briefing)
    query = select(EDITION.c.since).where(EDITION.c.id.in_(withdrawn))
    return tx.execute(query.order_by(EDITION.c.since).limit(1)).scalar()


def announce(
    tx: Connection, stored: StoredEdition, words: str, *, at: datetime, life: timedelta
) -> int:
    """Add a delivery of the notice for everybody who may have got an edition; return how many.

    A delivery that is still being sent counts.
    """
    got = or_(
        DELIVERY.c.status.in_((DeliveryStatus.SENT.value, DeliveryStatus.CLAIMED.value)),
        DELIVERY.c.ambiguous.is_(True),
    )
    readers = select(DELIVERY.c.subscriber).where(DELIVERY.c.edition == stored.id, got)
    numbers = tx.execute(readers.order_by(DELIVERY.c.number)).scalars().all()
    id_ = str(EditionId.parse(stored.id).notified(NoticeKind.WITHDRAWN))
    return notices.put(tx, id_, words, numbers, day=stored.day, at=at, life=life)


def _select(tx: Connection, briefing: str, *which: ColumnElement[bool]) -> tuple[Withdrawal, ...]:
    query = select(WITHDRAWAL).where(WITHDRAWAL.c.briefing == briefing, *which)
    rows = tx.execute(query.order_by(WITHDRAWAL.c.at.desc(), WITHDRAWAL.c.edition.desc()))
    return tuple(Withdrawal(**row._mapping) for row in rows)
