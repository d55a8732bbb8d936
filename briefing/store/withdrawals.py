"""Editions that were withdrawn: kept with their proof, and part of no briefing any more."""

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
#: What has not been handed to the relay and may be taken back; what is held may have arrived.
_OPEN = (DeliveryStatus.DUE.value, DeliveryStatus.HELD.value)


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """That an edition was withdrawn."""

    #: Id of the edition, which it keeps.
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
        """Say it in one line, which may hold text from outside."""
        why = f": {self.reason}" if self.reason else ""
        return f"withdrawn {self.at:%Y-%m-%d %H:%M} UTC by {self.who}{why}"


def put(tx: Connection, one: Withdrawal) -> None:
    """Withdraw an edition: its id, record, files and proof stay; its briefing and day are free."""
    told = {
        "edition": one.edition,
        "briefing": one.briefing,
        "day": one.day,
        "at": one.at,
        "who": normalized(one.who),
        "reason": normalized(one.reason)[:LONGEST_REASON],
    }
    tx.execute(insert(WITHDRAWAL), told)
    own = update(EDITION).where(EDITION.c.id == one.edition)
    tx.execute(own.values(briefing=EDITION.c.id))


def cancel(tx: Connection, edition: str, *, at: datetime, reason: str) -> int:
    """Settle all deliveries of an edition that are not being sent; return how many."""
    free = (DELIVERY.c.fate == DeliveryStatus.CLAIMED.value) & DELIVERY.c.begun.is_(False)
    pending = DELIVERY.c.edition == edition, or_(DELIVERY.c.fate.in_(_OPEN), free)
    never = {"fate": DeliveryStatus.SKIPPED.value, "done": at, "reason": reason, **FREE}
    return tx.execute(update(DELIVERY).where(*pending).values(**never)).rowcount


def on(tx: Connection, briefing: str, day: date) -> tuple[Withdrawal, ...]:
    """Return the withdrawals of a day, the last first."""
    return _found(tx, briefing, WITHDRAWAL.c.day == day)


def of(tx: Connection, briefing: str) -> tuple[Withdrawal, ...]:
    """Return all withdrawals of a briefing, the last first."""
    return _found(tx, briefing)


def last_number(tx: Connection, briefing: str) -> int:
    """Return the highest number that an edition ever had; 0: there was none."""
    withdrawn = select(WITHDRAWAL.c.edition).where(WITHDRAWAL.c.briefing == briefing)
    ours = or_(EDITION.c.briefing == briefing, EDITION.c.id.in_(withdrawn))
    number: int | None = tx.execute(select(func.max(EDITION.c.number)).where(ours)).scalar()
    return number or 0


def earliest(tx: Connection, briefing: str) -> datetime | None:
    """Return since when reports were collected for withdrawn editions; None: there are none."""
    withdrawn = select(WITHDRAWAL.c.edition).where(WITHDRAWAL.c.briefing == briefing)
    found = select(EDITION.c.since).where(EDITION.c.id.in_(withdrawn))
    return tx.execute(found.order_by(EDITION.c.since).limit(1)).scalar()


def announce(
    tx: Connection, stored: StoredEdition, words: str, *, at: datetime, life: timedelta
) -> int:
    """Make a delivery of the notice for each who may have got an edition; return how many.

    What is still being sent counts as got.
    """
    got = or_(
        DELIVERY.c.fate.in_((DeliveryStatus.SENT.value, DeliveryStatus.CLAIMED.value)),
        DELIVERY.c.ambiguous.is_(True),
    )
    readers = select(DELIVERY.c.subscriber).where(DELIVERY.c.edition == stored.id, got)
    numbers = tx.execute(readers.order_by(DELIVERY.c.number)).scalars().all()
    id_ = str(EditionId.parse(stored.id).notified(NoticeKind.WITHDRAWN))
    return notices.put(tx, id_, words, numbers, day=stored.day, at=at, life=life)


def _found(tx: Connection, briefing: str, *which: ColumnElement[bool]) -> tuple[Withdrawal, ...]:
    found = select(WITHDRAWAL).where(WITHDRAWAL.c.briefing == briefing, *which)
    rows = tx.execute(found.order_by(WITHDRAWAL.c.at.desc(), WITHDRAWAL.c.edition.desc()))
    return tuple(Withdrawal(**row._mapping) for row in rows)
