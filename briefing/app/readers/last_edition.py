"""The last edition, for readers who subscribed after it was made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from briefing.app.readers.decide import epoch
from briefing.core.model import Delivery, DeliveryStatus, State, Subscriber
from briefing.core.schedule import due
from briefing.mail.tokens import LinkToken
from briefing.store import Store, Transaction, deliveries, editions, subscribers
from briefing.store.editions import StoredEdition

#: A requested mail is tried for at least so long.
_LEAST = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class LastEdition:
    """The last edition and its delivery to one subscriber."""

    stored: StoredEdition
    #: Its delivery to the subscriber; None: there is none.
    delivery: Delivery | None
    #: Whether it can be sent now.
    offered: bool


def last_edition(
    store: Store, token: LinkToken, *, briefing: str, life: timedelta, at: datetime
) -> LastEdition | None:
    """Return the last edition for the holder of a confirmation link; None: there is none.

    An edition older than ``life`` is not sent.
    """
    with store.read() as tx:
        return _last(tx, token, briefing=briefing, life=life, at=at)


def send_last(
    tx: Transaction, token: LinkToken, *, briefing: str, life: timedelta, at: datetime
) -> bool:
    """Let the last edition be sent now; False when it is not offered.

    It is a delivery like any: there is one for a subscriber and an edition, so it is sent once.
    """
    last = _last(tx, token, briefing=briefing, life=life, at=at)
    if last is None or not last.offered:
        return False
    until = max(last.stored.made + life, at + _LEAST)
    deliveries.send_now(tx, last.stored.id, token.subscriber, at=at, until=until)
    return True


def release_to(
    tx: Transaction, new: Subscriber, *, briefing: str, life: timedelta, at: datetime
) -> None:
    """Make the delivery of today's edition to who subscribes before the time they wished for.

    It was released before they came, and their first mail is due with it.
    """
    stored = editions.last(tx, briefing)
    if stored is None or at > stored.made + life:
        return
    when = due(new.preferences, day=stored.day, at=at)
    if when is not None and when > at:
        deliveries.add(tx, stored.id, new.id, due=when, until=when + life)


def _last(
    tx: Transaction, token: LinkToken, *, briefing: str, life: timedelta, at: datetime
) -> LastEdition | None:
    stored = editions.last(tx, briefing)
    if stored is None:
        return None
    subscriber = subscribers.get(tx, token.subscriber)
    # The link that began this subscription, and none of one before.
    began = token.epoch + 1 == epoch(subscribers.consents(tx, token.subscriber))
    reads = subscriber is not None and subscriber.state is State.ACTIVE
    delivery = deliveries.to(tx, stored.id, token.subscriber)
    waits = delivery is None or (delivery.status is DeliveryStatus.DUE and delivery.due > at)
    fresh = at <= stored.made + life
    return LastEdition(stored, delivery, offered=began and reads and waits and fresh)
