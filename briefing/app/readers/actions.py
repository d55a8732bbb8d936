"""A token's bearer acts on a subscription: confirms, changes, pauses, leaves, comes back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

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
from briefing.app.readers.preferences import page_words
from briefing.app.readers.signup import By
from briefing.core.model import Preferences, State, Subscriber
from briefing.mail.tokens import LinkToken
from briefing.store import Store, Transaction, subscribers


@dataclass(frozen=True, slots=True)
class ActionOutcome:
    """The result of an action, and the subscription after it."""

    result: TokenResult
    subscription: Subscription


class LinkAction(Protocol):
    """What the bearer of a token can do, in a writing transaction."""

    def __call__(
        self, tx: Transaction, token: LinkToken, /, *, by: By, at: datetime
    ) -> ActionOutcome:
        """Do it, now; ``by`` is for the consent log."""
        ...


def look(store: Store, token: LinkToken) -> Subscription:
    """Return the subscription that a token names; changes nothing."""
    with store.read() as tx:
        return _subscription(tx, token)


def confirm(tx: Transaction, token: LinkToken, *, by: By, at: datetime) -> ActionOutcome:
    """Begin the requested subscription."""
    result = decide_confirm(token, _subscription(tx, token))
    if result is TokenResult.GOOD:
        consent = by.consent("confirmed", at=at)
        subscribers.change_state(tx, token.subscriber, State.ACTIVE, consent=consent)
    return ActionOutcome(result, _subscription(tx, token))


def change(
    tx: Transaction, token: LinkToken, *, preferences: Preferences, by: By, at: datetime
) -> ActionOutcome:
    """Save changed preferences; unchanged ones are not logged."""
    return _change(
        tx, token, lambda before: save_preferences(tx, before, preferences, by=by, at=at)
    )


def pause(tx: Transaction, token: LinkToken, *, by: By, at: datetime) -> ActionOutcome:
    """Send nothing until it is resumed."""
    return _change(tx, token, lambda before: begin_pause(tx, before.id, by=by, at=at))


def resume(tx: Transaction, token: LinkToken, *, by: By, at: datetime) -> ActionOutcome:
    """Send again after a pause."""
    return _change(tx, token, lambda before: end_pause(tx, before, by=by, at=at))


def save_preferences(
    tx: Transaction, before: Subscriber, preferences: Preferences, *, by: By, at: datetime
) -> None:
    """Save changed preferences, at anyone's request; unchanged ones are not logged."""
    if before.preferences != preferences:
        consent = by.consent("changed", at=at, words=preferences_line(preferences))
        subscribers.change_preferences(tx, before.id, preferences, consent=consent)


def begin_pause(tx: Transaction, number: int, *, by: By, at: datetime) -> None:
    """Pause a subscription, at anyone's request."""
    consent = by.consent("changed", at=at, words=PAUSED)
    subscribers.change_state(tx, number, State.PAUSED, consent=consent)


def end_pause(tx: Transaction, subscriber: Subscriber, *, by: By, at: datetime) -> None:
    """Make a subscription active again that was paused, or ended because mail did not arrive."""
    what = "returned" if subscriber.state is State.BOUNCED else "changed"
    consent = by.consent(what, at=at, words=RESUMED)
    subscribers.change_state(tx, subscriber.id, State.ACTIVE, consent=consent)


def leave(tx: Transaction, token: LinkToken, *, by: By, at: datetime) -> ActionOutcome:
    """End the subscription; again, and for one that has ended in any way, nothing changes."""
    result = decide_leave(token, _subscription(tx, token))
    if result is TokenResult.GOOD:
        consent = by.consent("left", at=at)
        subscribers.change_state(tx, token.subscriber, State.UNSUBSCRIBED, consent=consent)
    return ActionOutcome(result, _subscription(tx, token))


def come_back(tx: Transaction, token: LinkToken, *, by: By, at: datetime) -> ActionOutcome:
    """Undo leaving within 24 hours: it is paused or active, as it was before."""
    before = _subscription(tx, token)
    result = decide_return(token, before, at=at)
    if result is TokenResult.GOOD:
        _put_back(tx, token.subscriber, state_before(before.consents), by=by, at=at)
    return ActionOutcome(result, _subscription(tx, token))


def preferences_line(preferences: Preferences) -> str:
    """Return preferences in a few words, for the log."""
    days = "".join(str(day + 1) for day in preferences.days)
    when = f"days {days} at {preferences.at:%H:%M} {preferences.zone}"
    return f"{page_words(preferences)}; {when}; {preferences.form.value}; {preferences.language}"


def _change(
    tx: Transaction, token: LinkToken, change_it: Callable[[Subscriber], None]
) -> ActionOutcome:
    """Change a subscription that is read."""
    before = _subscription(tx, token)
    result = decide_preferences(token, before)
    if result is TokenResult.GOOD and before.subscriber:
        change_it(before.subscriber)
    return ActionOutcome(result, _subscription(tx, token))


def _put_back(tx: Transaction, number: int, state: State, *, by: By, at: datetime) -> None:
    """Make it active, which ends the suppression, and paused again where it was."""
    consent = by.consent("returned", at=at)
    subscribers.change_state(tx, number, State.ACTIVE, consent=consent)
    if state is State.PAUSED:
        begin_pause(tx, number, by=by, at=at)


def _subscription(tx: Transaction, token: LinkToken) -> Subscription:
    number = token.subscriber
    return Subscription(subscribers.get(tx, number), subscribers.consents(tx, number))
