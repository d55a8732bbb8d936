from datetime import datetime, timedelta

import pytest

from briefing.core.model import DeliveryStatus
from briefing.store import Store, claims, deliveries, subscribers
from tests.store.news import NOON
from tests.store.readers import (
    EDITION,
    LIFE,
    MINUTE,
    audience,
    begin,
    claim,
    leave,
    name,
    of,
    release,
    settle,
)
from tests.store.ready import act, look


def test_what_is_due_is_claimed_once_longest_due_first(store: Store) -> None:
    release(store)
    first = claim(store, limit=2)
    assert [name(one) for one in first] == ["r0", "r1"]
    assert first[0].delivery == of(store)
    assert first[0].to == look(store, subscribers.find, "r0@town.example")
    assert [name(one) for one in claim(store, worker="b")] == ["r2", "r3", "r4"]
    assert claim(store, worker="c") == ()
    assert claim(store, at=NOON - MINUTE) == ()


def test_who_left_or_was_forgotten_is_skipped_at_the_claim(store: Store) -> None:
    release(store)
    for number in (0, 2, 3):
        leave(store, number)
    with store.write() as tx:
        forgotten = subscribers.find(tx, "r1@town.example")
        assert forgotten
        subscribers.forget(tx, forgotten.id)
    # A lot of nothing but the unwanted does not end the work.
    assert [name(one) for one in claim(store, limit=2)] == ["r4"]
    assert audience(store) == {DeliveryStatus.CLAIMED: 1, DeliveryStatus.SKIPPED: 4}
    gone = of(store, 1)
    assert (gone.address, gone.done) == ("", NOON)
    assert gone.reason == "no longer subscribed when its turn came"


def test_what_is_in_doubt_twice_is_held(store: Store) -> None:
    release(store, 1)
    begin(store, claim(store)[0])
    (again,) = claim(store, worker="b", at=NOON + MINUTE)
    assert again.delivery.ambiguous
    begin(store, again, worker="b", at=NOON + MINUTE)
    assert claim(store, worker="c", at=NOON + 2 * MINUTE) == ()
    assert of(store).status is DeliveryStatus.HELD


@pytest.mark.parametrize(
    "status",
    [DeliveryStatus.SENT, DeliveryStatus.REFUSED, DeliveryStatus.HELD, DeliveryStatus.EXPIRED],
)
def test_what_became_of_a_delivery_is_recorded(store: Store, status: DeliveryStatus) -> None:
    release(store, 1)
    (one,) = claim(store)
    begin(store, one)
    settle(store, one, status, reason="250 OK", ambiguous=status is DeliveryStatus.HELD)
    found = of(store)
    assert (found.status, found.reason, found.tries) == (status, "250 OK", 1)
    assert (found.done is None) is (status is DeliveryStatus.HELD)
    assert found.ambiguous is (status is DeliveryStatus.HELD)
    with store.read() as tx:
        assert deliveries.get(tx, found.id) == found
        assert deliveries.get(tx, found.id + 1) is None
        assert list(deliveries.of(tx, EDITION, status=status)) == [found]
        assert list(deliveries.of(tx, EDITION, status=DeliveryStatus.DUE)) == []
    assert claim(store, at=NOON + MINUTE) == ()


def test_a_delivery_can_be_due_again(store: Store) -> None:
    release(store, 1)
    (one,) = claim(store)
    begin(store, one)
    settle(store, one, DeliveryStatus.DUE, again=NOON + MINUTE, ambiguous=True, reason="lost")
    assert claim(store) == ()
    (again,) = claim(store, at=NOON + MINUTE)
    assert (again.delivery.tries, again.delivery.ambiguous) == (1, True)
    begin(store, again)
    settle(store, again, DeliveryStatus.DUE)
    assert of(store).ambiguous
    assert claim(store, at=NOON + LIFE) == ()
    assert of(store).reason == "it expired before it could be sent"


def test_only_the_worker_that_holds_a_delivery_can_begin_it_and_say_more_than_sent(
    store: Store,
) -> None:
    release(store, 1)
    (lost,) = claim(store)
    assert claim(store, worker="b", at=NOON + MINUTE)
    assert begin(store, lost) == set()
    settle(store, lost, DeliveryStatus.DUE)
    assert of(store).status is DeliveryStatus.CLAIMED
    assert begin(store, lost, worker="b", at=NOON + MINUTE) == {"r0"}
    assert of(store).tries == 1
    settle(store, lost, DeliveryStatus.SENT)
    assert of(store).status is DeliveryStatus.SENT


FAR = timedelta(days=36_500)


def test_the_claims_of_a_job_end_by_no_clock(store: Store) -> None:
    release(store, 3)
    claim(store, worker="ann/7/0", lease=None, limit=2)
    claim(store, worker="by hand", limit=1)
    for at in (NOON - FAR, NOON + LIFE / 2):
        assert [name(one) for one in claim(store, worker="bo", at=at)] == ["r2"] * (at > NOON)
    act(store, claims.end_leases_of_jobs)
    assert [name(one) for one in claim(store, worker="bo")] == ["r0", "r1"]


def test_the_claims_of_a_job_end_by_every_clock(store: Store) -> None:
    release(store, 3)
    begin(store, *claim(store, worker="ann/7/0", lease=None, limit=1), worker="ann/7/0")
    claim(store, worker="ann/71/0", lease=None, limit=1)
    act(store, claims.end_leases_of, "ann/7")
    # Whoever looks has a clock that is behind by an hour.
    assert claim(store, worker="bo", at=NOON - timedelta(hours=1)) == ()
    assert (of(store).status, of(store).ambiguous) == (DeliveryStatus.DUE, True)
    assert [name(one) for one in claim(store, worker="bo")] == ["r0", "r2"]


def test_what_a_dead_process_held_is_work_as_soon_as_it_is_free(store: Store) -> None:
    def next_work(*, alone: bool) -> datetime | None:
        return look(store, deliveries.next_work, alone=alone)

    release(store, 2)
    assert (next_work(alone=True), next_work(alone=False)) == (NOON, NOON)
    claim(store)
    assert (next_work(alone=True), next_work(alone=False)) == (NOON, NOON + MINUTE)
    act(store, claims.end_leases)
    (one, other) = claim(store, worker="b", lease=None)
    assert (next_work(alone=True), next_work(alone=False)) == (NOON, NOON)
    for mail in (one, other):
        settle(store, mail, DeliveryStatus.SENT, worker="b")
    assert (next_work(alone=True), next_work(alone=False)) == (None, None)


def test_what_is_given_back_is_as_if_it_had_not_been_taken(store: Store) -> None:
    release(store, 3)
    mine = claim(store, limit=2)
    claim(store, worker="b")
    begin(store, mine[0])
    assert act(store, claims.give_back, "a") == 2
    assert [name(one) for one in claim(store, worker="c")] == ["r0", "r1"]
    assert (of(store).tries, of(store).ambiguous) == (0, False)
