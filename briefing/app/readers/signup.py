"""Somebody asks for mail to an address: what is kept, and which mail is to be sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from briefing.app.readers.decide import (
    AddressStatus,
    Limits,
    Reply,
    decide_ask,
    decide_link,
    epoch,
)
from briefing.core.model import Consent, MailKind, Preferences, State, Subscriber
from briefing.store import Store, Transaction, deliveries, histories, signups, subscribers
from briefing.store.signups import Signup, SignupKind

#: What the store counts: mails to an address, mails in all, and times that a network asked.
_TO, _ALL, _FROM = "mail to address", "mails in all", "asked from network"
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
#: How long a mail is tried; a reader can then ask again. Its link is valid for longer.
TRIED = _DAY
_NOBODY = ""


@dataclass(frozen=True, slots=True)
class By:
    """The actor, for the consent log."""

    #: Such as "form" or "one-click".
    how: str
    #: A network, such as "203.0.113.0/24".
    origin: str
    #: The words they agreed to.
    words: str = ""

    def consent(self, what: str, *, at: datetime, words: str = "") -> Consent:
        """Return an entry of the consent log."""
        return Consent(at, what, self.how, self.origin, words or self.words)


@dataclass(frozen=True, slots=True)
class OutgoingMail:
    """A mail to be sent on request."""

    reply: Reply
    to: Subscriber
    #: Of the token in it.
    epoch: int
    at: datetime
    #: Given by the store; 0 before it is kept.
    number: int = 0


def admit(
    store: Store,
    network: str,
    *,
    signup: Signup,
    clock: Callable[[], datetime],
    limits: Limits,
) -> datetime | None:
    """Count that a network asks, and keep for what; None when it may, else when it may try again.

    Times are counted, not mails, and what is asked for is decided by :func:`answer_signups` after
    the answer, so that neither the answer nor its time tells anything about any address. That no
    network is admitted once so many mails have gone out tells nothing about one address either.
    """
    with store.read() as tx:
        if _full(tx, network, at=clock(), limits=limits):
            return clock() + _HOUR
    with store.write() as tx:
        at = clock()
        if _full(tx, network, at=at, limits=limits):
            return at + _HOUR
        subscribers.asked(tx, _FROM, network, at=at)
        subscribers.forget_asked(tx, before=at - 2 * _DAY)
        signups.put(tx, signup, at=at)
    return None


def answer_signups(store: Store, *, clock: Callable[[], datetime], limits: Limits) -> None:
    """Answer all requests of the web, each in one transaction with its mail."""
    with store.read() as tx:
        left = signups.count(tx)
    for _ in range(left):
        with store.write() as tx:
            signup = signups.take(tx)
            if signup is not None:
                _answer(tx, signup, at=clock(), limits=limits)


def _answer(
    tx: Transaction, signup: Signup, *, at: datetime, limits: Limits
) -> OutgoingMail | None:
    by = By(signup.how, signup.origin, signup.words)
    if signup.what is SignupKind.LINK:
        return ask_for_link(tx, signup.address, at=at, limits=limits)
    if signup.what is SignupKind.RENEW:
        return renew(tx, signup.subscriber, by=by, at=at, limits=limits)
    return ask(tx, signup.address, preferences=signup.preferences, by=by, at=at, limits=limits)


def ask(  # noqa: PLR0913  who asks for what
    tx: Transaction,
    address: str,
    *,
    preferences: Preferences,
    by: By,
    at: datetime,
    limits: Limits,
) -> OutgoingMail | None:
    """Record a request for mail to an address; return the mail that answers it, if any.

    Nothing changes without a mail: what its reader confirms is what it says. Who has left stays
    so until they confirm.

    Args:
        tx: a writing transaction; the mail is sent after it.
        address: normalized.
        preferences: what they chose.
        by: the actor, with the words they agreed to.
        at: now, aware UTC.
        limits: how many mails strangers can cause.
    """
    status = _status(tx, address, at=at, limits=limits)
    reply = decide_ask(status, limits=limits)
    if reply is Reply.NOTHING or _all_spent(tx, at=at, limits=limits):
        return None
    consent = by.consent("asked", at=at)
    subscriber = status.subscriber
    if subscriber is None:
        new = Subscriber(0, address, preferences=preferences, since=at)
        subscriber = replace(new, id=subscribers.add(tx, new, consent=consent) or 0)
    elif reply is Reply.CONFIRM:
        subscribers.change_preferences(tx, subscriber.id, preferences, consent=consent)
        subscriber = replace(subscriber, preferences=preferences)
    return _outgoing(tx, reply, subscriber, at=at)


def ask_for_link(
    tx: Transaction, address: str, *, at: datetime, limits: Limits
) -> OutgoingMail | None:
    """Return the mail that brings the owner of an address the link of their subscription."""
    status = _status(tx, address, at=at, limits=limits)
    reply = decide_link(status, limits=limits)
    spent = _all_spent(tx, at=at, limits=limits)
    if reply is Reply.NOTHING or status.subscriber is None or spent:
        return None
    return _outgoing(tx, reply, status.subscriber, at=at)


def renew(
    tx: Transaction, number: int, *, by: By, at: datetime, limits: Limits
) -> OutgoingMail | None:
    """Return the mail that brings a new link in the place of one that expired.

    Whoever holds the old link was once sent it, so that also one who had left is asked to confirm
    again; the limits are the same.
    """
    subscriber = subscribers.get(tx, number)
    if subscriber is None:
        return None
    if subscriber.state not in {State.UNSUBSCRIBED, State.BOUNCED}:
        return ask_for_link(tx, subscriber.address, at=at, limits=limits)
    return ask(
        tx, subscriber.address, preferences=subscriber.preferences, by=by, at=at, limits=limits
    )


def put_mail(tx: Transaction, reply: Reply, to: Subscriber, *, at: datetime) -> OutgoingMail:
    """Have a mail sent after a transaction; its link is made when it is sent."""
    outgoing = OutgoingMail(reply, to, epoch(subscribers.consents(tx, to.id)), at)
    kind = MailKind.CONFIRMATION if reply is Reply.CONFIRM else MailKind.REMINDER
    number = deliveries.put_mail(tx, kind, to.id, epoch=outgoing.epoch, at=at, until=at + TRIED)
    return replace(outgoing, number=number)


def _full(tx: Transaction, network: str, *, at: datetime, limits: Limits) -> bool:
    asked = subscribers.count(tx, _FROM, network, since=at - _HOUR)
    return asked >= limits.network_hour or _all_spent(tx, at=at, limits=limits)


def _all_spent(tx: Transaction, *, at: datetime, limits: Limits) -> bool:
    """Tell whether no further mail may go out; many may have been admitted before the last went."""
    return subscribers.count(tx, _ALL, _NOBODY, since=at - _HOUR) >= limits.all_hour


def _status(tx: Transaction, address: str, *, at: datetime, limits: Limits) -> AddressStatus:
    """Return what is known; mails from before an owner left count no more by the day."""
    suppressed, left = histories.suppressed(tx, address) or (None, at - _DAY)
    return AddressStatus(
        subscribers.find(tx, address),
        suppressed,
        recent=subscribers.count(tx, _TO, address, since=at - limits.gap),
        day=subscribers.count(tx, _TO, address, since=max(left, at - _DAY)),
    )


def _outgoing(tx: Transaction, reply: Reply, to: Subscriber, *, at: datetime) -> OutgoingMail:
    subscribers.asked(tx, _TO, to.address, at=at)
    subscribers.asked(tx, _ALL, _NOBODY, at=at)
    return put_mail(tx, reply, to, at=at)
