"""Invented subscribers, and releases, claims and settlements as one worker makes them."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import insert

from briefing.core.model import Consent, Delivery, DeliveryStatus, Preferences, State, Subscriber
from briefing.store import Store, Transaction, claims, deliveries, subscribers
from briefing.store.claims import Claimed
from briefing.store.tables import EDITION as EDITIONS
from tests.store.news import NOON, publish
from tests.store.ready import act, look

EDITION = "ostra-desk/2026-03-12"
IMPORTED = Consent(datetime(2026, 3, 1, tzinfo=UTC), "imported", "import", "list.csv")


def reader(number: int, *, state: State = State.ACTIVE) -> Subscriber:
    return Subscriber(0, f"r{number}@town.example", name=f"Reader {number}", state=state)


def keep_edition(store: Store, *, day: int = 0, life: timedelta = timedelta(hours=12)) -> str:
    return act(store, insert_edition, day=day, life=life)


def insert_edition(tx: Transaction, *, day: int, life: timedelta) -> str:
    at = datetime.now(UTC)
    local_day = date(2026, 3, 12) + timedelta(days=day)
    name = f"ostra-desk/{local_day}"
    times = {"made": at, "since": at, "until": at}
    row = {"briefing": "ostra-desk", "day": local_day, "number": day + 1, "record": "{}"}
    tx.execute(insert(EDITIONS), {"id": name, **row, **times})
    deliveries.release(tx, name, at=at, life=life, due=lambda _: at)
    return name


def release_to(store: Store, number: int, *, life: timedelta = timedelta(hours=12)) -> None:
    """Keep so many active readers and an edition that is due to them now."""
    with store.write() as tx:
        for index in range(number):
            subscribers.add(tx, reader(index), consent=IMPORTED)
        insert_edition(tx, day=0, life=life)


def audience(store: Store, edition: str = EDITION) -> dict[DeliveryStatus, int]:
    return look(store, deliveries.audience, edition).counts


def statuses(store: Store, edition: str = EDITION) -> dict[str, DeliveryStatus]:
    with store.read() as tx:
        return {sent.address.partition("@")[0]: sent.status for sent in deliveries.of(tx, edition)}


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
    return act(store, claims.claim, **given)


def begin(store: Store, *claimed: Claimed, worker: str = "a", at: datetime = NOON) -> set[str]:
    with store.write() as tx:
        going = claims.begin(tx, {one.delivery.id: worker for one in claimed}, at=at, lease=MINUTE)
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
