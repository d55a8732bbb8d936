from __future__ import annotations

from datetime import UTC, datetime, timedelta

from briefing.core.model import Consent, DeliveryStatus, State
from briefing.store import Store, claims, deliveries, histories, subscribers
from tests.store.readers import IMPORTED, insert_edition, keep_edition, reader

NOW = datetime(2026, 3, 12, 6, tzinfo=UTC)


def test_the_last_deliveries_come_newest_first(store: Store) -> None:
    with store.write() as tx:
        number = subscribers.add(tx, reader(1), consent=IMPORTED)
        subscribers.add(tx, reader(2), consent=IMPORTED)
    assert number
    made = [keep_edition(store, day=day) for day in range(4)]
    with store.write() as tx:
        first, *_ = deliveries.of(tx, made[3])
        claims.settle_all(
            tx, [claims.Settlement(first.id, DeliveryStatus.SENT, at=NOW, reason="250 Taken")]
        )
    with store.read() as tx:
        found = histories.last_deliveries(tx, number, limit=3)
        assert histories.last_deliveries(tx, 999) == ()
    assert [one.edition for one in found] == list(reversed(made))[:3]
    assert (found[0].status, found[0].reason, found[0].done) == (
        DeliveryStatus.SENT,
        "250 Taken",
        NOW,
    )
    assert {one.subscriber for one in found} == {number}
    assert found[1].status is DeliveryStatus.DUE


def test_the_newest_reason_for_silence_is_told_also_of_one_who_is_forgotten(store: Store) -> None:
    with store.write() as tx:
        number = subscribers.add(tx, reader(1), consent=IMPORTED)
        assert number
        assert histories.suppressed(tx, "r1@town.example") is None
        for state, at in ((State.BOUNCED, NOW), (State.COMPLAINED, NOW + timedelta(days=1))):
            told = Consent(at, "bounced", "bounce")
            subscribers.change_state(tx, number, state, consent=told)
        subscribers.forget(tx, number)
    with store.read() as tx:
        found = histories.suppressed(tx, "R1@town.example")
        assert histories.suppressed(tx, "r2@town.example") is None
    assert found == (State.COMPLAINED, NOW + timedelta(days=1))


def test_an_edition_without_readers_has_no_history(store: Store) -> None:
    with store.write() as tx:
        insert_edition(tx, day=0, life=timedelta(hours=1))
        assert histories.last_deliveries(tx, 1) == ()
