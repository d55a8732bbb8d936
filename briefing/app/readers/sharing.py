"""One address in several briefings: what its owner, who has proven it in one, does in another."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from briefing.app.readers.last_edition import release_to
from briefing.app.readers.signup import By
from briefing.core.model import Preferences, State, Subscriber
from briefing.store import Transaction, histories, subscribers

_READING = frozenset({State.ACTIVE, State.PAUSED})


class Membership(StrEnum):
    """What an address is to a briefing."""

    ACTIVE = "active"
    PAUSED = "paused"
    #: Not subscribed: never was, left, did not confirm, or its mails did not arrive.
    NONE = "none"
    #: It reported a mail as spam, and is not written to again, whoever asks.
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Joining:
    """A subscription that begins in a briefing."""

    #: Id of the briefing in its store.
    briefing: str
    #: What new subscribers get; one who returns keeps their own.
    preferences: Preferences
    #: How long after its making an edition may be sent.
    life: timedelta


def membership(tx: Transaction, address: str) -> Membership:
    """Return what an address is to the briefing of a store."""
    subscriber = subscribers.find(tx, address)
    suppressed = histories.suppressed(tx, address)
    state = subscriber.state if subscriber else suppressed and suppressed[0]
    if state is State.COMPLAINED or (suppressed and suppressed[0] is State.COMPLAINED):
        return Membership.CLOSED
    return Membership(state.value) if state in _READING else Membership.NONE


def join(tx: Transaction, person: Subscriber, *, to: Joining, by: By, at: datetime) -> bool:
    """Subscribe a person who has proven the address in another briefing; False: nothing changed.

    Nothing is sent to be confirmed. That they had left, or that mail did not arrive, ends by their
    own wish.
    """
    if membership(tx, person.address) is not Membership.NONE:
        return False
    own = subscribers.find(tx, person.address)
    if own is None:
        wished = replace(person, state=State.PENDING, preferences=to.preferences, reason="")
        number = subscribers.add(
            tx, wished.now(State.PENDING, at=at), consent=by.consent("asked", at=at)
        )
        own = subscribers.get(tx, number) if number else None
    if own is None:
        return False
    consent = by.consent("confirmed", at=at)
    subscribers.change_state(tx, own.id, State.ACTIVE, consent=consent)
    release_to(tx, own, briefing=to.briefing, life=to.life, at=at)
    return True


def quit_briefing(tx: Transaction, address: str, *, by: By, at: datetime) -> bool:
    """End the subscription of an address; False when there is none."""
    own = subscribers.find(tx, address)
    if own is None or own.state not in _READING | {State.PENDING}:
        return False
    consent = by.consent("left", at=at)
    return subscribers.change_state(tx, own.id, State.UNSUBSCRIBED, consent=consent)
