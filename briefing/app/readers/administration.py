"""Operators and programs add, change, pause and remove subscribers, one or many.

Each action raises an InputError if no subscriber has the number.
"""

from collections.abc import Collection
from dataclasses import field, replace
from datetime import datetime, timedelta

from briefing.app.bounces import resume_ended
from briefing.app.readers import actions
from briefing.app.readers.decide import PAUSED, RESUMED, Limits, Reply, Subscription, not_written_to
from briefing.app.readers.fields import Agreement, address_of
from briefing.core.errors import InputError, UsageError
from briefing.core.frozen import frozen
from briefing.core.messages import Translatable, counted
from briefing.core.model import BulkAction, Consent, MailKind, Preferences, State, Subscriber
from briefing.store import Transaction, deliveries, reader_list, subscribers
from briefing.store.audit import Actor

#: States in which a subscription can be paused, and in which someone other than its owner can
#: resume it.
PAUSABLE = frozenset({State.ACTIVE})
RESUMABLE = frozenset({State.PAUSED, State.BOUNCED})
#: States in which someone other than its owner can change the preferences.
CHANGEABLE = frozenset({State.ACTIVE, State.PAUSED, State.BOUNCED})


def find(tx: Transaction, address: str) -> Subscriber:
    """Return the subscriber with an address, even one that would not be accepted today.

    UsageError: there is none.
    """
    try:
        subscriber = subscribers.find(tx, address_of(address))
    except InputError:
        subscriber = subscribers.find(tx, address)
    if subscriber is None:
        raise UsageError(f"{address[:80]!a}: no subscriber; `briefing subscribers list` shows all")
    return subscriber


def add(tx: Transaction, new: Subscriber, *, agreement: Agreement, actor: Actor) -> Subscriber:
    """Add a subscriber who has already agreed, in the words and since the day that are logged.

    UsageError: they are subscribed already, or must not be mailed.
    """
    _check_free(tx, new.address, existing=subscribers.find(tx, new.address))
    consented = _by(actor).consent("confirmed", agreement.words)
    consented = replace(consented, agreed=agreement.since)
    return _added(tx, new.now(State.ACTIVE, at=actor.at), consented, actor=actor)


def add_pending(tx: Transaction, new: Subscriber, *, actor: Actor) -> Subscriber:
    """Return the pending subscriber, who is added if new.

    UsageError: they are subscribed already, or must not be mailed.
    """
    existing = subscribers.find(tx, new.address)
    if existing is None or existing.state is not State.PENDING:
        _check_free(tx, new.address, existing=existing)
        asked = _by(actor).consent("asked")
        existing = _added(tx, new.now(State.PENDING, at=actor.at), asked, actor=actor)
    return existing


def invite(
    tx: Transaction, address: str, *, preferences: Preferences, actor: Actor, limits: Limits
) -> actions.OutgoingMail:
    """Send a confirmation mail, as the public form does and within the same limits.

    UsageError: they are subscribed already, must not be mailed, or were asked just now; the message
    is to follow the words "this address".
    """
    subscriber = subscribers.find(tx, address)
    pending = subscriber is not None and subscriber.state is State.PENDING
    reason = _refusal(tx, address, existing=None if pending else subscriber)
    if reason:
        raise UsageError(reason)
    by = _by(actor)
    outgoing = actions.ask(tx, address, preferences=preferences, by=by, limits=limits)
    if outgoing is None:
        raise UsageError(Translatable("was just sent a mail"))
    actor.note(tx, "add subscriber", _name(outgoing.to))
    return outgoing


def change(
    tx: Transaction, number: int, *, preferences: Preferences, seen: str, actor: Actor
) -> Subscriber:
    """Change the preferences of a subscriber at their request.

    ``seen`` are the preferences to be replaced, in the form of
    :func:`briefing.app.readers.preferences_line`.

    UsageError: nothing is sent there any more, or the preferences have been changed meanwhile.
    """
    subscriber = _in_state(tx, number, CHANGEABLE)
    if actions.preferences_line(subscriber.preferences) != seen:
        raise UsageError("the choices were changed in the meantime; look at them again")
    actions.save_preferences(tx, subscriber, preferences, by=_by(actor))
    return _turned(tx, number, "change subscriber", actor=actor)


def pause(tx: Transaction, number: int, *, actor: Actor) -> Subscriber:
    """Pause a subscription until further notice.

    UsageError: nothing is sent there anyway.
    """
    _in_state(tx, number, PAUSABLE)
    actions.begin_pause(tx, number, by=_by(actor))
    return _turned(tx, number, "pause subscriber", actor=actor)


def resume(tx: Transaction, number: int, *, actor: Actor) -> Subscriber:
    """Resume a subscription that was paused, or that bounces had ended.

    UsageError: it is active, or only its owner can resume it.
    """
    actions.end_pause(tx, _in_state(tx, number, RESUMABLE), by=_by(actor))
    return _turned(tx, number, "resume subscriber", actor=actor)


def let_in(
    tx: Transaction, number: int, *, briefing: str, life: timedelta, actor: Actor
) -> Subscriber:
    """Accept someone who has verified their address and waits for approval, and notify them.

    UsageError: they are not waiting.
    """
    own = _waiting(tx, number)
    subscribers.change_state(tx, number, State.ACTIVE, consent=_by(actor).consent("confirmed"))
    actions.put_mail(tx, Reply.WELCOME, own, at=actor.at)
    actions.release_to(tx, own, briefing=briefing, life=life, at=actor.at)
    return _turned(tx, number, "approve subscriber", actor=actor)


#: How long the mail to someone declined is tried.
_TELLS = timedelta(days=1)


def decline(tx: Transaction, number: int, *, actor: Actor) -> None:
    """Decline someone who waits for approval, delete them, and notify them.

    UsageError: they are not waiting.
    """
    own = _waiting(tx, number)
    subscribers.forget(tx, number)
    words = f"{own.address}\n{own.preferences.language}"
    deliveries.put_mail(tx, MailKind.DECLINED, words=words, at=actor.at, until=actor.at + _TELLS)
    actor.note(tx, "decline subscriber", _name(own))


def remove(tx: Transaction, number: int, *, actor: Actor) -> None:
    """Delete a subscriber; an address that had left stays unsubscribed."""
    subscriber = _existing(tx, number)
    subscribers.forget(tx, number)
    # The log has no addresses, so a deleted subscriber leaves none there.
    actor.note(tx, "remove subscriber", _name(subscriber))


def resume_ended_since(
    tx: Transaction, since: datetime, *, dry: bool, actor: Actor
) -> tuple[tuple[str, ...], int]:
    """Resume all subscriptions that bounces ended since a time, as ``resume_ended`` does."""
    ended = f"ended by bounces since {since:%Y-%m-%d %H:%M} UTC"
    consent = _by(actor).consent("returned", f"{RESUMED}: {ended}")
    addresses, lifted = resume_ended(tx, since=since, consent=consent, dry=dry)
    if not dry and (addresses or lifted):
        actor.note(tx, "resume subscribers", f"{len(addresses)} {ended}")
    return addresses, lifted


def _added(tx: Transaction, new: Subscriber, consent: Consent, *, actor: Actor) -> Subscriber:
    number = subscribers.add(tx, new, consent=consent)
    assert number is not None  # noqa: S101  checked by the caller in this transaction
    return _turned(tx, number, "add subscriber", actor=actor)


def _turned(tx: Transaction, number: int, what: str, *, actor: Actor) -> Subscriber:
    subscriber = _existing(tx, number)
    actor.note(tx, what, _name(subscriber))
    return subscriber


def _check_free(tx: Transaction, address: str, *, existing: Subscriber | None) -> None:
    reason = _refusal(tx, address, existing=existing)
    if reason:
        raise UsageError(f"{address}: {reason}")


def _refusal(tx: Transaction, address: str, *, existing: Subscriber | None) -> str:
    """Return why an address cannot be added; empty if it can."""
    if suppressed := reader_list.suppressed(tx, address):
        return not_written_to(*suppressed)
    return Translatable("is already subscribed") if existing else ""


def _in_state(tx: Transaction, number: int, states: Collection[State]) -> Subscriber:
    subscriber = _existing(tx, number)
    if subscriber.state not in states:
        wanted = " or ".join(state for state in State if state in states)
        raise UsageError(f"the subscriber is {subscriber.state}, not {wanted}")
    return subscriber


def _waiting(tx: Transaction, number: int) -> Subscriber:
    own = _existing(tx, number)
    if not Subscription(own, subscribers.consents(tx, number)).waits:
        raise UsageError("the subscriber is not waiting for approval")
    return own


def _existing(tx: Transaction, number: int) -> Subscriber:
    subscriber = subscribers.get(tx, number)
    if not subscriber:
        raise InputError("no subscriber has this number")
    return subscriber


def _by(actor: Actor) -> actions.By:
    return actions.By("command", actor.person, actor.at)


def _name(subscriber: Subscriber) -> str:
    return f"subscriber {subscriber.id}"


_STATES = {
    BulkAction.PAUSE: PAUSABLE,
    BulkAction.RESUME: RESUMABLE,
    BulkAction.REMOVE: frozenset(State),
}
_WORDS = {BulkAction.PAUSE: PAUSED, BulkAction.RESUME: RESUMED}
#: Log entries for undoing an action, by action.
_BACK = {BulkAction.PAUSE: RESUMED, BulkAction.RESUME: PAUSED}


@frozen
class BulkRequest:
    """A request to change many subscribers."""

    action: BulkAction
    #: Ids of those selected one by one; None: all that match.
    numbers: tuple[int, ...] | None
    matching: reader_list.Matching = field(default_factory=reader_list.Matching)
    #: If all that match are selected: how many there were at that time.
    expected: int = 0


def change_many(tx: Transaction, asked: BulkRequest, *, actor: Actor) -> reader_list.Bulk:
    """Pause, resume or remove the selected subscribers; skip those in other states.

    What is needed to undo a removal is kept apart from the list of subscribers while undoing is
    possible.

    UsageError: the number of matches has changed, or none of them is in a suitable state.
    """
    reader_list.forget_expired(tx, at=actor.at)
    if asked.numbers is None and reader_list.count(tx, asked.matching) != asked.expected:
        raise UsageError("the list has changed in the meantime")
    chosen = asked.matching.condition if asked.numbers is None else reader_list.are(asked.numbers)
    consent = _by(actor).consent("changed", _WORDS.get(asked.action, ""))
    states = _STATES[asked.action]
    done = reader_list.change_many(
        tx, asked.action, chosen, states=states, who=actor.name, consent=consent
    )
    if not done.readers:
        raise UsageError("none of those chosen is in a state that allows it")
    about = f"{counted(done.readers, 'subscriber')} (action {done.number})"
    actor.note(tx, f"{asked.action} subscribers", about)
    return done


def undo_many(tx: Transaction, number: int, *, actor: Actor) -> int:
    """Restore those whom nobody has changed since; return how many.

    Raises:
        InputError: unknown action.
        UsageError: it is undone already, or was too long ago.
    """
    done = reader_list.get_bulk(tx, number)
    if not done:
        raise InputError("no action has this number")
    if done.undone or actor.at >= done.at + reader_list.UNDO:
        raise UsageError("it has already been undone, or happened too long ago")
    consent = _by(actor).consent("changed", _BACK.get(done.action, ""))
    restored = reader_list.undo_bulk(tx, done, who=actor.name, consent=consent)
    about = f"{restored} of {counted(done.readers, 'subscriber')} (action {number})"
    actor.note(tx, f"undo {done.action} subscribers", about)
    return restored
