"""A token's bearer acts on a subscription: confirms, changes, pauses, leaves, comes back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from briefing.app.readers.decide import (
    PAUSED,
    RESUMED,
    Subscription,
    TokenResult,
    decide_confirm,
    decide_leave,
    decide_preferences,
    decide_return,
    state_before,
)
from briefing.app.readers.signup import By
from briefing.core.model import Preferences, State, Subscriber
from briefing.mail.tokens import LinkToken
from briefing.store import Store, Transaction, subscribers

#: Told of a subscription that begins, and when.
Begun = Callable[[Transaction, Subscriber, datetime], None]


def _nothing(_tx: Transaction, _new: Subscriber, _at: datetime) -> None:
    """Do nothing more."""


@dataclass(frozen=True, slots=True)
class ActionOutcome:
    """What an act met, and the subscription after it."""

    found: TokenResult
    seen: Subscription


def look(store: Store, token: LinkToken) -> Subscription:
    """Return the subscription that a token names; changes nothing."""
    with store.read() as tx:
        return _seen(tx, token)


def confirm(
    store: Store,
    token: LinkToken,
    *,
    by: By,
    clock: Callable[[], datetime],
    begun: Begun = _nothing,
) -> ActionOutcome:
    """Begin the subscription that was asked for.

    Args:
        store: holds it.
        token: names it.
        by: who confirms.
        clock: now, aware UTC.
        begun: what else is done when it begins, in the same transaction.
    """
    with store.write() as tx:
        found, at = decide_confirm(token, _seen(tx, token)), clock()
        if found is TokenResult.GOOD:
            consent = by.consent("confirmed", at=at)
            subscribers.change_state(tx, token.subscriber, State.ACTIVE, consent=consent)
        seen = _seen(tx, token)
        if found is TokenResult.GOOD and seen.subscriber:
            begun(tx, seen.subscriber, at)
        return ActionOutcome(found, seen)


def change(
    store: Store,
    token: LinkToken,
    preferences: Preferences,
    *,
    by: By,
    clock: Callable[[], datetime],
) -> ActionOutcome:
    """Save changed preferences; unchanged ones are not logged."""
    with store.write() as tx:
        before = _seen(tx, token)
        found = decide_preferences(token, before)
        if (
            found is TokenResult.GOOD
            and before.subscriber
            and before.subscriber.preferences != preferences
        ):
            consent = by.consent("changed", at=clock(), words=told(preferences))
            subscribers.change_preferences(tx, token.subscriber, preferences, consent=consent)
        return ActionOutcome(found, _seen(tx, token))


def pause(
    store: Store, token: LinkToken, *, by: By, clock: Callable[[], datetime]
) -> ActionOutcome:
    """Send nothing until it is resumed."""
    return _turn(store, token, lambda tx, one: begin_pause(tx, one.id, by=by, at=clock()))


def resume(
    store: Store, token: LinkToken, *, by: By, clock: Callable[[], datetime]
) -> ActionOutcome:
    """Send again after a pause."""
    return _turn(store, token, lambda tx, one: end_pause(tx, one, by=by, at=clock()))


def begin_pause(tx: Transaction, number: int, *, by: By, at: datetime) -> None:
    """Pause a subscription, whoever asks for it."""
    consent = by.consent("changed", at=at, words=PAUSED)
    subscribers.change_state(tx, number, State.PAUSED, consent=consent)


def end_pause(tx: Transaction, one: Subscriber, *, by: By, at: datetime) -> None:
    """Make a subscription active again that was paused, or ended because mail did not arrive."""
    what = "returned" if one.state is State.BOUNCED else "changed"
    consent = by.consent(what, at=at, words=RESUMED)
    subscribers.change_state(tx, one.id, State.ACTIVE, consent=consent)


def leave(
    store: Store, token: LinkToken, *, by: By, clock: Callable[[], datetime]
) -> ActionOutcome:
    """End the subscription; again, and for one that has ended in any way, nothing changes."""
    with store.write() as tx:
        found = decide_leave(token, _seen(tx, token))
        if found is TokenResult.GOOD:
            consent = by.consent("left", at=clock())
            subscribers.change_state(tx, token.subscriber, State.UNSUBSCRIBED, consent=consent)
        return ActionOutcome(found, _seen(tx, token))


def come_back(
    store: Store, token: LinkToken, *, by: By, clock: Callable[[], datetime]
) -> ActionOutcome:
    """Undo leaving within 24 hours: it stands where it stood, paused or active."""
    with store.write() as tx:
        at = clock()
        before = _seen(tx, token)
        found = decide_return(token, before, at=at)
        if found is TokenResult.GOOD:
            _put_back(tx, token.subscriber, state_before(before.consents), by=by, at=at)
        return ActionOutcome(found, _seen(tx, token))


def told(preferences: Preferences) -> str:
    """Return preferences in a few words, for the log."""
    sections = ", ".join(preferences.sections) or "all sections"
    days = "".join(str(day + 1) for day in preferences.days)
    when = f"days {days} at {preferences.at:%H:%M} {preferences.zone}"
    return f"{sections}; {when}; {preferences.form.value}; {preferences.language}"


def _turn(
    store: Store, token: LinkToken, turn: Callable[[Transaction, Subscriber], None]
) -> ActionOutcome:
    with store.write() as tx:
        before = _seen(tx, token)
        found = decide_preferences(token, before)
        if found is TokenResult.GOOD and before.subscriber:
            turn(tx, before.subscriber)
        return ActionOutcome(found, _seen(tx, token))


def _put_back(tx: Transaction, number: int, state: State, *, by: By, at: datetime) -> None:
    """Make it active, which ends the suppression, and paused again where it was."""
    consent = by.consent("returned", at=at)
    subscribers.change_state(tx, number, State.ACTIVE, consent=consent)
    if state is State.PAUSED:
        begin_pause(tx, number, by=by, at=at)


def _seen(tx: Transaction, token: LinkToken) -> Subscription:
    number = token.subscriber
    return Subscription(subscribers.get(tx, number), subscribers.consents(tx, number))
