"""Releases, claims and settles deliveries for tests, as one worker does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from briefing.core.model import (
    Consent,
    Delivery,
    DeliveryStatus,
    Preferences,
    State,
)
from briefing.store import Store, claims, deliveries, subscribers
from briefing.store.claims import Claimed
from tests.store.news import NOON, publish
from tests.store.readers import EDITION, IMPORTED, reader

MINUTE = timedelta(minutes=1)
Due = Callable[[Preferences], datetime | None]
LIFE = timedelta(hours=12)


def release(store: Store, number: int = 5, *, at: datetime = NOON, due: Due | None = None) -> int:
    """Add readers from r0 on and release the edition of the day to them."""
    if number:
        publish(store, day=NOON.date())
    with store.write() as tx:
        for one in range(number):
            subscribers.add(tx, reader(one), consent=IMPORTED)
        return deliveries.release(tx, EDITION, at=at, life=LIFE, due=due or (lambda _: at))


def claim(store: Store, **told: Any) -> tuple[Claimed, ...]:  # noqa: ANN401  of claim
    given = {"worker": "a", "at": NOON, "lease": MINUTE, "limit": 9, "resend": True, **told}
    with store.write() as tx:
        return claims.claim(tx, **given)


def begin(store: Store, *claimed: Claimed, worker: str = "a", at: datetime = NOON) -> set[str]:
    with store.write() as tx:
        wanted = {one.delivery.id: worker for one in claimed}
        going = claims.begin(tx, wanted, at=at, lease=MINUTE)
    return {name(one) for one in claimed if one.delivery.id in going}


def settle(
    store: Store,
    one: Claimed,
    status: DeliveryStatus,
    *,
    worker: str = "a",
    **told: Any,  # noqa: ANN401
) -> None:
    with store.write() as tx:
        given = {"at": NOON, "worker": worker, **told}
        claims.settle_all(tx, [claims.Settlement(one.delivery.id, status, **given)])


def name(one: Claimed) -> str:
    return one.to.address.partition("@")[0]


def leave(store: Store, number: int) -> None:
    with store.write() as tx:
        found = subscribers.find(tx, f"r{number}@town.example")
        assert found is not None
        consent = Consent(NOON, "left", "one-click")
        assert subscribers.change_state(tx, found.id, State.UNSUBSCRIBED, consent=consent)


def of(store: Store, place: int = 0) -> Delivery:
    with store.read() as tx:
        return list(deliveries.of(tx, EDITION))[place]
