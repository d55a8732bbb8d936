"""VERB: withdraws a published edition: recorded, its proof kept, no longer sent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from briefing.app.actor import Actor
from briefing.app.editions import not_published
from briefing.app.release import void
from briefing.core import record
from briefing.core.edition import slug
from briefing.core.errors import InputError, UsageError
from briefing.core.model import MEMORY, weekly
from briefing.press.dates import long_date
from briefing.store import Transaction, archive, deliveries, drafts, editions, withdrawals
from briefing.store.editions import StoredEdition
from briefing.store.versions import normalized
from briefing.store.withdrawals import LONGEST_REASON, Withdrawal

#: For how long a notice that a page was withdrawn is worth sending.
_LIFE = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Withdraw:
    """A request to withdraw an edition."""

    #: Name of the briefing, as on the nameplate.
    name: str
    #: The local date of the edition.
    day: date
    #: One line, shown to readers; may be empty.
    reason: str = ""
    #: Whether its recipients are mailed a notice.
    tell_readers: bool = False
    #: Whether the review of the week that ends on that day is meant.
    week: bool = False


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """What came of it."""

    withdrawal: Withdrawal
    #: Deliveries that were canceled.
    canceled: int
    #: Readers who get the notice.
    notices: int
    #: The last day of each week in review that prints from it, and stays.
    reviews: tuple[date, ...] = ()


def hold_mails(tx: Transaction, edition: str, *, until: datetime) -> None:
    """Let the mails of an edition wait while its withdrawal can still be undone."""
    deliveries.postpone(tx, edition, until=until)


def withdraw(tx: Transaction, asked: Withdraw, *, actor: Actor, at: datetime) -> Withdrawn:
    """Withdraw the edition of a day, with a line of the audit log.

    Its reports are free for the next edition, and its day for another one. What the relay has
    already cannot be taken back.

    Raises:
        InputError: there is no edition of this day.
        UsageError: it is withdrawn already.
    """
    briefing = weekly(slug(asked.name)) if asked.week else slug(asked.name)
    stored = editions.on(tx, briefing, asked.day)
    if stored is None:
        raise _missing(tx, briefing, asked)
    reason = normalized(asked.reason)[:LONGEST_REASON]
    withdrawal = Withdrawal(stored.id, briefing, stored.day, at, actor.name, reason)
    withdrawals.put(tx, withdrawal)
    for series in dict.fromkeys((briefing, weekly(slug(asked.name)))):
        void(tx, series, actor=actor, at=at, why=f"the edition of {stored.day} was withdrawn")
    canceled = withdrawals.cancel(tx, stored.id, at=at, reason="the edition was withdrawn")
    notices = 0
    if asked.tell_readers:
        text = _notice(asked, withdrawal)
        notices = withdrawals.announce(tx, stored, text, at=at, life=_LIFE)
    about = f"{stored.id}: {reason}" if reason else stored.id
    actor.note(tx, "withdraw edition", about, at=at)
    reviews = () if asked.week else tuple(_reviews_of(tx, briefing, stored))
    return Withdrawn(withdrawal, canceled, notices, reviews)


def _reviews_of(tx: Transaction, briefing: str, stored: StoredEdition) -> Iterator[date]:
    """Yield the last day of each week in review that is made of an edition."""
    series, last = weekly(briefing), stored.day + MEMORY
    for day in archive.days(tx, series, first=stored.day, last=last):
        review = editions.on(tx, series, day)
        week = record.read(review.record, name=review.id).edition.week if review else None
        if week and stored.id in week.editions:
            yield day


def _missing(tx: Transaction, briefing: str, asked: Withdraw) -> InputError | UsageError:
    day = asked.day
    before = withdrawals.on(tx, briefing, day)
    if before:
        return UsageError(f"the edition of {day} was {before[0].words}; nothing is left to do")
    if drafts.day_of(tx, briefing) == day:
        return UsageError(
            f"the edition of {day} has not left, so there is nothing to withdraw; to drop its "
            f"draft: briefing editions drop {day}{' --week' if asked.week else ''}"
        )
    return not_published(briefing, day)


def _notice(asked: Withdraw, withdrawal: Withdrawal) -> str:
    """Return the subject, and behind a line break the words of the mail."""
    name, day = asked.name, long_date(withdrawal.day)
    when = f"the week to {day}" if asked.week else day
    why = f"Reason: {withdrawal.reason}\n" if withdrawal.reason else ""
    return (
        f"Withdrawn: {name}, {when}\n"
        f"The page of {name} of {when} was withdrawn on "
        f"{long_date(withdrawal.at.date())}. "
        f"Please do not rely on it.\n{why}"
    )
