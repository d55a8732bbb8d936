"""What readers can do: sign up, confirm, change, pause, leave, join another briefing."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from briefing.app.readers.decide import (
    OPEN,
    PAUSED,
    READING,
    RESUMED,
    SIGNED_OUT,
    VERIFIED,
    AddressStatus,
    Limits,
    Reply,
    SignUp,
    Subscription,
    TokenResult,
    decide_ask,
    decide_confirm,
    decide_leave,
    decide_link,
    decide_preferences,
    decide_return,
    epoch,
    state_before,
)
from briefing.app.readers.fields import page_words
from briefing.core.frozen import frozen
from briefing.core.model import (
    Consent,
    Delivery,
    DeliveryStatus,
    MailKind,
    Preferences,
    State,
    Subscriber,
    edition_of,
)
from briefing.core.schedule import due
from briefing.mail.tokens import LinkToken
from briefing.store import Store, Transaction, deliveries, editions, reader_list, subscribers

#: Counters in the store: mails to an address, mails in all, and requests from a network.
_TO, _ALL, _FROM = "mail to address", "mails in all", "asked from network"
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
#: How long a mail is tried; then a reader can ask again. Its link is valid for longer.
TRIED = _DAY
_NOBODY = ""


@frozen
class By:
    """Who acts, how and when, for the consent log."""

    #: Such as "form" or "one-click".
    how: str
    #: A network, such as "203.0.113.0/24".
    origin: str
    #: Aware UTC.
    at: datetime
    #: The words they agreed to.
    words: str = ""

    def consent(self, what: str, words: str = "") -> Consent:
        """Return an entry of the consent log."""
        return Consent(self.at, what, self.how, self.origin, words or self.words)


@frozen
class OutgoingMail:
    """A mail to be sent on request."""

    reply: Reply
    to: Subscriber
    #: Epoch of the token in it.
    epoch: int
    at: datetime
    #: Given by the store; 0 before it is kept.
    number: int = 0


def admit(
    store: Store,
    network: str,
    *,
    signup: subscribers.Signup,
    clock: Callable[[], datetime],
    limits: Limits,
) -> datetime | None:
    """Count and store a request from a network; return None, or when to retry if it is refused.

    Requests are counted rather than mails, and :func:`answer_signups` decides on them after the
    response, so that neither the response nor its timing tells anything about an address. Nor does
    the refusal of all networks once too many mails have been sent.
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
        subscribers.put_signup(tx, signup, at=at)
    return None


def answer_signups(store: Store, *, clock: Callable[[], datetime], limits: Limits) -> None:
    """Answer all stored requests, each in one transaction with its mail."""
    left = store.look(subscribers.count_signups)
    for _ in range(left):
        with store.write() as tx:
            signup = subscribers.take_signup(tx)
            if not signup:
                continue
            by = By(signup.how, signup.origin, clock(), signup.words)
            if signup.what is subscribers.SignupKind.LINK:
                ask_for_link(tx, signup.address, at=by.at, limits=limits)
            elif signup.what is subscribers.SignupKind.RENEW:
                renew(tx, signup.subscriber, by=by, limits=limits)
            else:
                wished = signup.preferences
                ask(tx, signup.address, preferences=wished, by=by, limits=limits)


def ask(
    tx: Transaction, address: str, *, preferences: Preferences, by: By, limits: Limits
) -> OutgoingMail | None:
    """Record a request for mail to an address; return the mail that answers it, if any.

    Nothing changes without a mail, so that readers confirm exactly what it says. Those who left
    stay unsubscribed until they confirm.

    ``address`` is normalized; the mail is sent after the transaction.
    """
    status = _status(tx, address, at=by.at, limits=limits)
    reply = decide_ask(status, limits=limits)
    if reply is Reply.NOTHING or _all_spent(tx, at=by.at, limits=limits):
        return None
    consent = by.consent("asked")
    subscriber = status.subscriber
    if subscriber is None:
        new = Subscriber(0, address, preferences=preferences, since=by.at)
        subscriber = replace(new, id=subscribers.add(tx, new, consent=consent) or 0)
    elif reply is Reply.CONFIRM:
        subscribers.change_preferences(tx, subscriber.id, preferences, consent=consent)
        subscriber = replace(subscriber, preferences=preferences)
    return _outgoing(tx, reply, subscriber, at=by.at)


def ask_for_link(
    tx: Transaction, address: str, *, at: datetime, limits: Limits
) -> OutgoingMail | None:
    """Return the mail that sends the owner of an address the link to their subscription."""
    status = _status(tx, address, at=at, limits=limits)
    reply = decide_link(status, limits=limits)
    spent = _all_spent(tx, at=at, limits=limits)
    if reply is Reply.NOTHING or status.subscriber is None or spent:
        return None
    return _outgoing(tx, reply, status.subscriber, at=at)


def renew(tx: Transaction, number: int, *, by: By, limits: Limits) -> OutgoingMail | None:
    """Return the mail that replaces an expired link.

    The old link proves that its holder was once sent mail, so that even someone who left may
    confirm again, within the same limits.
    """
    subscriber = subscribers.get(tx, number)
    if not subscriber:
        return None
    if subscriber.state not in {State.UNSUBSCRIBED, State.BOUNCED}:
        return ask_for_link(tx, subscriber.address, at=by.at, limits=limits)
    return ask(tx, subscriber.address, preferences=subscriber.preferences, by=by, limits=limits)


def put_mail(tx: Transaction, reply: Reply, to: Subscriber, *, at: datetime) -> OutgoingMail:
    """Queue a mail to be sent after the transaction; its link is made when it is sent."""
    outgoing = OutgoingMail(reply, to, epoch(subscribers.consents(tx, to.id)), at)
    kind = MailKind.CONFIRMATION if reply is Reply.CONFIRM else MailKind.REMINDER
    words = reply.value if reply is Reply.WELCOME else ""
    until = at + TRIED
    number = deliveries.put_mail(
        tx, kind, to.id, epoch=outgoing.epoch, words=words, at=at, until=until
    )
    return replace(outgoing, number=number)


def _full(tx: Transaction, network: str, *, at: datetime, limits: Limits) -> bool:
    asked = subscribers.count(tx, _FROM, network, since=at - _HOUR)
    return asked >= limits.network_hour or _all_spent(tx, at=at, limits=limits)


def _all_spent(tx: Transaction, *, at: datetime, limits: Limits) -> bool:
    """Return whether no more mail may be sent; many requests may be admitted before it is."""
    return subscribers.count(tx, _ALL, _NOBODY, since=at - _HOUR) >= limits.all_hour


def _status(tx: Transaction, address: str, *, at: datetime, limits: Limits) -> AddressStatus:
    """Return the status of an address; mails before its owner left do not count for the day."""
    suppressed, left = reader_list.suppressed(tx, address) or (None, at - _DAY)
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


@frozen
class ActionOutcome:
    """The result of an action, and the subscription after it."""

    result: TokenResult
    subscription: Subscription


class LinkAction(Protocol):
    """What the holder of a token can do, in a writing transaction."""

    def __call__(self, tx: Transaction, token: LinkToken, /, *, by: By) -> ActionOutcome:
        """Do it; ``by`` is for the consent log."""
        ...


def look(store: Store, token: LinkToken) -> Subscription:
    """Return the subscription that a token names; changes nothing."""
    return store.look(_subscription, token)


def confirm(tx: Transaction, token: LinkToken, *, by: By, sign_up: SignUp = OPEN) -> ActionOutcome:
    """Begin the requested subscription, or let it wait for an operator if the rules say so."""
    before = _subscription(tx, token)
    result, own = decide_confirm(token, before), before.subscriber
    if result is TokenResult.GOOD and own is not None:
        if before.invited or sign_up.lets_in(own.address):
            consent = by.consent("confirmed")
            subscribers.change_state(tx, own.id, State.ACTIVE, consent=consent)
        else:
            consent = by.consent(VERIFIED)
            # Someone who had left becomes pending again; for all others it is only logged.
            if not subscribers.change_state(tx, own.id, State.PENDING, consent=consent):
                subscribers.change_preferences(tx, own.id, own.preferences, consent=consent)
    return ActionOutcome(result, _subscription(tx, token))


def change(tx: Transaction, token: LinkToken, *, preferences: Preferences, by: By) -> ActionOutcome:
    """Save changed preferences; unchanged ones are not logged."""
    return _change(tx, token, lambda before: save_preferences(tx, before, preferences, by=by))


def pause(tx: Transaction, token: LinkToken, *, by: By) -> ActionOutcome:
    """Send nothing until it is resumed."""
    return _change(tx, token, lambda before: begin_pause(tx, before.id, by=by))


def resume(tx: Transaction, token: LinkToken, *, by: By) -> ActionOutcome:
    """Send again after a pause."""
    return _change(tx, token, lambda before: end_pause(tx, before, by=by))


def sign_out(tx: Transaction, token: LinkToken, *, by: By) -> ActionOutcome:
    """End all sessions of a reader, and all their feed keys."""
    consent = by.consent("changed", SIGNED_OUT)

    def end(before: Subscriber) -> None:
        subscribers.end_devices(tx, before.id)
        subscribers.change_preferences(tx, before.id, before.preferences, consent=consent)

    return _change(tx, token, end)


def save_preferences(
    tx: Transaction, before: Subscriber, preferences: Preferences, *, by: By
) -> None:
    """Save changed preferences, whoever changed them; unchanged ones are not logged."""
    if before.preferences != preferences:
        consent = by.consent("changed", preferences_line(preferences))
        subscribers.change_preferences(tx, before.id, preferences, consent=consent)


def begin_pause(tx: Transaction, number: int, *, by: By) -> None:
    """Pause a subscription, whoever asked for it."""
    consent = by.consent("changed", PAUSED)
    subscribers.change_state(tx, number, State.PAUSED, consent=consent)


def end_pause(tx: Transaction, subscriber: Subscriber, *, by: By) -> None:
    """Reactivate a subscription that was paused, or that bounces had ended."""
    what = "returned" if subscriber.state is State.BOUNCED else "changed"
    consent = by.consent(what, RESUMED)
    subscribers.change_state(tx, subscriber.id, State.ACTIVE, consent=consent)


def leave(tx: Transaction, token: LinkToken, *, by: By) -> ActionOutcome:
    """End the subscription; nothing changes if it has already ended in any way."""
    result = decide_leave(token, _subscription(tx, token))
    if result is TokenResult.GOOD:
        consent = by.consent("left")
        subscribers.change_state(tx, token.subscriber, State.UNSUBSCRIBED, consent=consent)
    return ActionOutcome(result, _subscription(tx, token))


def come_back(tx: Transaction, token: LinkToken, *, by: By) -> ActionOutcome:
    """Undo leaving within 24 hours: the subscription is paused or active, as before."""
    before = _subscription(tx, token)
    result = decide_return(token, before, at=by.at)
    if result is TokenResult.GOOD:
        # Activate it first, which ends the suppression, then pause it again if it was paused.
        consent = by.consent("returned")
        subscribers.change_state(tx, token.subscriber, State.ACTIVE, consent=consent)
        if state_before(before.consents) is State.PAUSED:
            begin_pause(tx, token.subscriber, by=by)
    return ActionOutcome(result, _subscription(tx, token))


def preferences_line(preferences: Preferences) -> str:
    """Return preferences in a few words, for the log."""
    days = "".join(str(day + 1) for day in preferences.days)
    when = f"days {days} at {preferences.at:%H:%M} {preferences.zone}"
    of = f"; editions {', '.join(preferences.editions)}" if preferences.editions else ""
    how = f"{preferences.form.value}; {preferences.language}{of}"
    return f"{page_words(preferences)}; {when}; {how}"


def _change(
    tx: Transaction, token: LinkToken, change_it: Callable[[Subscriber], object]
) -> ActionOutcome:
    before = _subscription(tx, token)
    result = decide_preferences(token, before)
    if result is TokenResult.GOOD and before.subscriber:
        change_it(before.subscriber)
    return ActionOutcome(result, _subscription(tx, token))


def _subscription(tx: Transaction, token: LinkToken) -> Subscription:
    number = token.subscriber
    return Subscription(subscribers.get(tx, number), subscribers.consents(tx, number))


#: Shortest time for which a requested mail is tried.
_LEAST = timedelta(hours=1)


@frozen
class LastEdition:
    """The last edition and its delivery to one subscriber."""

    stored: editions.StoredEdition
    #: Its delivery to the subscriber; None: there is none.
    delivery: Delivery | None
    #: Whether it can be sent now.
    offered: bool


def send_last(
    tx: Transaction, token: LinkToken, *, briefing: str, life: timedelta, at: datetime
) -> bool:
    """Have the last edition sent now; False if it is not offered.

    This is a normal delivery, of which there is one per subscriber and edition: it is sent once.
    """
    last = last_edition(tx, token, briefing=briefing, life=life, at=at)
    if not last or not last.offered:
        return False
    until = max(last.stored.made + life, at + _LEAST)
    deliveries.send_now(tx, last.stored.id, token.subscriber, at=at, until=until)
    return True


def release_to(
    tx: Transaction, new: Subscriber, *, briefing: str, life: timedelta, at: datetime
) -> None:
    """Add the delivery of today's edition to someone who subscribes before their chosen time.

    It was released before they subscribed, and would otherwise not be sent to them.
    """
    stored = editions.last(tx, briefing)
    if not stored or at > stored.made + life:
        return
    if not new.preferences.wants(edition_of(stored.id), offered=new.preferences.editions):
        return
    when = due(new.preferences, day=stored.day, at=at)
    if when is not None and when > at:
        deliveries.add(tx, stored.id, new.id, due=when, until=when + life)


def last_edition(
    tx: Transaction, token: LinkToken, *, briefing: str, life: timedelta, at: datetime
) -> LastEdition | None:
    """Return the last edition for the holder of a confirmation link; None: there is none.

    An edition older than ``life`` is not offered.
    """
    stored = editions.last(tx, briefing)
    if not stored:
        return None
    subscriber = subscribers.get(tx, token.subscriber)
    # The link must be the one that began this subscription, not one from before.
    began = token.epoch + 1 == epoch(subscribers.consents(tx, token.subscriber))
    reads = subscriber is not None and subscriber.state is State.ACTIVE
    delivery = deliveries.to(tx, stored.id, token.subscriber)
    waits = delivery is None or (delivery.status is DeliveryStatus.DUE and delivery.due > at)
    fresh = at <= stored.made + life
    return LastEdition(stored, delivery, offered=began and reads and waits and fresh)


class Membership(StrEnum):
    """The relation of an address to a briefing."""

    ACTIVE = "active"
    PAUSED = "paused"
    #: Not subscribed: never was, left, did not confirm, or bounced.
    NONE = "none"
    #: It reported a mail as spam, and is never mailed again, whoever asks.
    CLOSED = "closed"


def membership(tx: Transaction, address: str) -> Membership:
    """Return the relation of an address to the briefing of a store."""
    subscriber = subscribers.find(tx, address)
    suppressed = reader_list.suppressed(tx, address)
    state = subscriber.state if subscriber else suppressed and suppressed[0]
    if state is State.COMPLAINED or (suppressed and suppressed[0] is State.COMPLAINED):
        return Membership.CLOSED
    return Membership(state.value) if state in READING else Membership.NONE


def join(  # noqa: PLR0913  who, what, and what is sent
    tx: Transaction,
    person: Subscriber,
    *,
    preferences: Preferences,
    briefing: str,
    life: timedelta,
    by: By,
) -> bool:
    """Subscribe a person whose address another briefing has verified; False: nothing changed.

    ``preferences`` are for new subscribers; returning ones keep their own. An edition may be sent
    during its ``life``.

    No confirmation is sent. If they had left, or mail had bounced, this ends at their own wish.
    """
    if membership(tx, person.address) is not Membership.NONE:
        return False
    own = subscribers.find(tx, person.address)
    if own is None:
        wished = replace(person, state=State.PENDING, preferences=preferences, reason="")
        number = subscribers.add(
            tx, wished.now(State.PENDING, at=by.at), consent=by.consent("asked")
        )
        own = subscribers.get(tx, number) if number else None
    if own is None:
        return False
    subscribers.change_state(tx, own.id, State.ACTIVE, consent=by.consent("confirmed"))
    release_to(tx, own, briefing=briefing, life=life, at=by.at)
    return True


def quit_briefing(tx: Transaction, address: str, *, by: By) -> bool:
    """End the subscription of an address; False if there is none."""
    own = subscribers.find(tx, address)
    if own is None or own.state not in READING | {State.PENDING}:
        return False
    consent = by.consent("left")
    return subscribers.change_state(tx, own.id, State.UNSUBSCRIBED, consent=consent)
