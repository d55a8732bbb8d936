"""Invented subscribers and editions for the tests of deliveries."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from sqlalchemy import insert

from briefing.core.model import Consent, DeliveryStatus, State, Subscriber
from briefing.store import Store, Transaction, deliveries, subscribers
from briefing.store.tables import EDITION as EDITIONS

EDITION = "ostra-desk/2026-03-12"
IMPORTED = Consent(datetime(2026, 3, 1, tzinfo=UTC), "imported", "import", "list.csv")


def reader(number: int, *, state: State = State.ACTIVE) -> Subscriber:
    return Subscriber(0, f"r{number}@town.example", name=f"Reader {number}", state=state)


def keep_edition(store: Store, *, day: int = 0, life: timedelta = timedelta(hours=12)) -> str:
    """Keep an edition of the first day or a later one, and release it to all."""
    with store.write() as tx:
        return insert_edition(tx, day=day, life=life)


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
    with store.read() as tx:
        return deliveries.audience(tx, edition).counts


def statuses(store: Store, edition: str = EDITION) -> dict[str, DeliveryStatus]:
    with store.read() as tx:
        return {sent.address.partition("@")[0]: sent.status for sent in deliveries.of(tx, edition)}
