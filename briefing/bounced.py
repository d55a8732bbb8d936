"""VERB: mail that came back to what follows for subscribers, each mail once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from briefing.mail.bounce import MailKind, Verdict, classify, owner_of
from briefing.mail.mailbox import Arrived, Mailbox
from briefing.mail.rules import begun, next_state
from briefing.model import Bounce, BounceKind, Consent, Delivery, State
from briefing.store import Store, Transaction, bounces, deliveries, subscribers

#: How final a state is in which nothing is sent; a later mail never makes it less so.
_FINAL = {State.BOUNCED: 1, State.UNSUBSCRIBED: 2, State.COMPLAINED: 3}
_LOGGED = {
    State.BOUNCED: ("bounced", "bounce"),
    State.UNSUBSCRIBED: ("left", "mail"),
    State.COMPLAINED: ("complained", "bounce"),
}


class Came(StrEnum):
    """What a mail turned out to be."""

    #: The address is dead.
    HARD = "hard"
    #: The mail did not arrive, or not yet.
    SOFT = "soft"
    COMPLAINT = "complaint"
    #: A wish to be written to no more.
    LEFT = "left"
    #: An answer of a machine to a mail of ours; nothing follows.
    AUTOMATIC = "automatic"
    #: As much was known before.
    KNOWN = "known"
    #: Not proved to be about a mail of ours, or not understood: left for a person.
    FOREIGN = "foreign"
    #: Could not be read: left too.
    UNREADABLE = "unreadable"


_BOUNCES = {
    BounceKind.HARD: Came.HARD,
    BounceKind.SOFT: Came.SOFT,
    BounceKind.COMPLAINT: Came.COMPLAINT,
}
#: What stays in the mailbox as it is.
_LEFT_THERE = {Came.FOREIGN, Came.UNREADABLE}


@dataclass(frozen=True, slots=True)
class Returned:
    """What a visit to a mailbox brought."""

    #: Mails by what they turned out to be; without those there were none of.
    counts: Mapping[Came, int]
    #: Subscriptions that ended.
    ended: int
    #: Why mails could not be read: handle and reason.
    faults: tuple[tuple[str, str], ...]


def take_back(
    store: Store,
    mailbox: Mailbox,
    *,
    read_path: Callable[[str], int | None],
    soft_limit: int,
    clock: Callable[[], datetime],
) -> Returned:
    """Read what came back; a mail is put away when what it says has been committed.

    A mail that is seen twice counts once.

    Args:
        store: holds the deliveries that were sent.
        mailbox: where mail comes in.
        read_path: returns the delivery of a return path with a right mark, None for any other
            address.
        soft_limit: soft bounces in a row after which a subscription ends.
        clock: now, aware UTC.

    Raises:
        BusyError: another process reads what came back to this store.
        InputError: the mailbox cannot be read any further.
        StoreError: the store failed; what was not put away comes again.
    """
    counts: Counter[Came] = Counter()
    ended, faults = 0, []
    with store.alone("bounces"):
        for mail in mailbox:
            came, ends = _take(store, mail, read_path, soft_limit=soft_limit, at=clock())
            mailbox.settle(mail.handle, known=came not in _LEFT_THERE)
            counts[came] += 1
            ended += ends
            if mail.fault:
                faults.append((mail.handle, mail.fault))
    return Returned(dict(counts), ended, tuple(faults))


def _take(
    store: Store,
    mail: Arrived,
    read_path: Callable[[str], int | None],
    *,
    soft_limit: int,
    at: datetime,
) -> tuple[Came, bool]:
    """Record what a mail says; tell what it was and whether a subscription ended."""
    if mail.fault:
        return Came.UNREADABLE, False
    verdict = classify(mail.raw)
    number = owner_of(verdict, read_path=read_path)
    if number is None or verdict.kind is MailKind.OTHER:
        return Came.FOREIGN, False
    if verdict.kind is MailKind.AUTOMATIC:
        return Came.AUTOMATIC, False
    with store.write() as tx:
        delivery = deliveries.get(tx, number)
        if delivery is None:
            return Came.FOREIGN, False
        if verdict.kind is MailKind.UNSUBSCRIBE:
            left = _end(tx, delivery, State.UNSUBSCRIBED, words=verdict.words, at=at)
            return (Came.LEFT if left else Came.KNOWN), left
        return _bounce(tx, delivery, verdict, soft_limit=soft_limit, at=at)


def _bounce(
    tx: Transaction, delivery: Delivery, verdict: Verdict, *, soft_limit: int, at: datetime
) -> tuple[Came, bool]:
    worst = verdict.worst
    if worst is None:
        return Came.FOREIGN, False
    words = worst.words or verdict.words
    told = Bounce(
        worst.kind, delivery.edition, delivery.subscriber, at, status=worst.status, words=words
    )
    if not bounces.record(tx, delivery.id, told):
        return Came.KNOWN, False
    since = begun(subscribers.consents(tx, delivery.subscriber))
    if worst.kind is not BounceKind.COMPLAINT and _is_past(delivery, since):
        return _BOUNCES[worst.kind], False
    in_a_row = bounces.in_a_row(tx, delivery.subscriber, since=since)
    state = next_state(worst.kind, in_a_row=in_a_row, soft_limit=soft_limit)
    ended = state is not None and _end(tx, delivery, state, words=words, at=at)
    return _BOUNCES[worst.kind], ended


def _is_past(delivery: Delivery, begun_at: datetime | None) -> bool:
    """Tell whether a delivery was made before its subscription last began.

    What it says of the address was so before its owner proved, by confirming, that mail arrives.
    A complaint is a wish, and counts whenever it comes.
    """
    return begun_at is not None and (delivery.done or delivery.due) < begun_at


def _end(tx: Transaction, delivery: Delivery, state: State, *, words: str, at: datetime) -> bool:
    """End a subscription, unless it ended in a way that is as final; tell whether it did."""
    subscriber = subscribers.get(tx, delivery.subscriber)
    if subscriber is None or _FINAL.get(subscriber.state, 0) >= _FINAL[state]:
        return False
    what, how = _LOGGED[state]
    consent = Consent(at, what, how, origin=delivery.edition, words=words)
    return subscribers.change_state(tx, subscriber.id, state, consent=consent, reason=words)
