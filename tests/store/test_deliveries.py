from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any

import pytest

from briefing.core.errors import InputError, StoreError
from briefing.core.model import (
    Bounce,
    BounceKind,
    Consent,
    Delivery,
    DeliveryStatus,
    Preferences,
    State,
)
from briefing.store import Store, Transaction, bounces, claims, deliveries, progress, subscribers
from briefing.store.claims import Claimed
from tests.store.news import DAY, NOON, publish
from tests.store.readers import EDITION, IMPORTED, audience, reader, statuses

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
        claims.settle(tx, one.delivery.id, status=status, **given)


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


def test_each_active_subscriber_gets_one_delivery(store: Store) -> None:
    with store.write() as tx:
        for place, state in enumerate(State):
            subscribers.add(tx, reader(90 + place, state=state), consent=IMPORTED)
    assert release(store, 3) == 4
    assert release(store, 0) == 0
    assert statuses(store) == dict.fromkeys(("r91", "r0", "r1", "r2"), DeliveryStatus.DUE)
    with store.read() as tx:
        told = deliveries.audience(tx, EDITION)
    assert (told.day, told.counts) == (NOON.date(), {DeliveryStatus.DUE: 4})


def test_who_subscribes_later_is_added_by_another_release(store: Store) -> None:
    release(store, 2)
    with store.write() as tx:
        subscribers.add(tx, reader(7), consent=IMPORTED)
    assert release(store, 0) == 1
    assert audience(store) == {DeliveryStatus.DUE: 3}


def test_many_are_released_at_once_each_at_the_time_they_wish(store: Store) -> None:
    publish(store, day=NOON.date())
    with store.write() as tx:
        for one in range(2_500):
            new = reader(one)
            subscribers.add(tx, new, consent=IMPORTED)
        changed = Consent(NOON, "changed", "form")
        every = list(subscribers.listed(tx))
        for one, preferences in ((0, Preferences(at=time(18))), (1, Preferences(days=(6,)))):
            subscribers.change_preferences(tx, every[one].id, preferences, consent=changed)

    asked: list[Preferences] = []

    def due(preferences: Preferences) -> datetime | None:
        asked.append(preferences)
        if preferences.days == (6,):
            return None
        return NOON.replace(hour=preferences.at.hour)

    assert release(store, 0, due=due) == 2_499
    assert len(asked) == 3
    early, late = of(store, 1), of(store, 0)
    assert (early.due, early.until) == (NOON.replace(hour=7), NOON + LIFE)
    assert (late.due, late.until) == (NOON.replace(hour=18), NOON.replace(hour=18) + LIFE)
    with store.read() as tx:
        assert deliveries.next_due(tx) == NOON.replace(hour=7)


def test_a_thousand_kinds_of_wishes_are_too_many_to_remember(store: Store) -> None:
    publish(store, day=NOON.date())
    with store.write() as tx:
        for one in range(1_002):
            number = subscribers.add(tx, reader(one), consent=IMPORTED)
            assert number is not None
            preferences = Preferences(sections=(f"s{one}",))
            subscribers.change_preferences(tx, number, preferences, consent=IMPORTED)
    assert release(store, 0) == 1_002


def test_an_edition_without_readers_is_released_to_nobody(store: Store) -> None:
    publish(store, day=NOON.date())
    assert release(store, 0) == 0


def test_a_release_that_fails_leaves_nothing(store: Store) -> None:
    def fail(_preferences: Preferences) -> datetime | None:
        raise LookupError("no such zone")

    with pytest.raises(LookupError, match="no such zone"):
        release(store, due=fail)
    assert audience(store) == {}


def test_nothing_is_released_of_an_edition_that_is_not_there(store: Store) -> None:
    with store.write() as tx:
        subscribers.add(tx, reader(1), consent=IMPORTED)
    with pytest.raises(StoreError):
        release(store, 0)
    with store.read() as tx, pytest.raises(InputError, match="not in the store"):
        deliveries.audience(tx, EDITION)


def test_what_is_due_is_claimed_once_longest_due_first(store: Store) -> None:
    release(store)
    first = claim(store, limit=2)
    assert [name(one) for one in first] == ["r0", "r1"]
    assert first[0].delivery == of(store)
    assert first[0].to == reader_in(store, 0)
    second = claim(store, worker="b")
    assert [name(one) for one in second] == ["r2", "r3", "r4"]
    assert claim(store, worker="c") == ()
    assert claim(store, at=NOON - MINUTE) == ()


def reader_in(store: Store, number: int) -> object:
    with store.read() as tx:
        return subscribers.find(tx, f"r{number}@town.example")


def test_two_that_claim_at_once_never_get_the_same(store: Store) -> None:
    release(store, 60)
    got: list[str] = []

    def work(worker: str) -> None:
        while found := claim(store, worker=worker, limit=3):
            got.extend(name(one) for one in found)

    crew = [threading.Thread(target=work, args=(f"w{one}",)) for one in range(4)]
    for one in crew:
        one.start()
    for one in crew:
        one.join()
    assert sorted(got) == sorted(f"r{one}" for one in range(60))


def test_who_left_or_was_forgotten_is_skipped_at_the_claim(store: Store) -> None:
    release(store)
    leave(store, 0)
    with store.write() as tx:
        subscribers.forget(tx, claimed_number(tx, 1))
    assert [name(one) for one in claim(store, limit=2)] == ["r2", "r3"]
    assert audience(store) == {
        DeliveryStatus.DUE: 1,
        DeliveryStatus.CLAIMED: 2,
        DeliveryStatus.SKIPPED: 2,
    }
    gone = of(store, 1)
    assert (gone.address, gone.done) == ("", NOON)
    assert gone.reason == "not subscribed any more when its turn came"


def claimed_number(tx: Transaction, number: int) -> int:
    found = subscribers.find(tx, f"r{number}@town.example")
    assert found is not None
    return found.id


def test_a_lot_of_nothing_but_the_unwanted_does_not_end_the_work(store: Store) -> None:
    release(store)
    for one in range(4):
        leave(store, one)
    assert [name(one) for one in claim(store, limit=2)] == ["r4"]


def test_what_is_past_its_life_expires(store: Store) -> None:
    release(store)
    assert claim(store, at=NOON + LIFE) == ()
    assert audience(store) == {DeliveryStatus.EXPIRED: 5}
    assert of(store).reason == "its time was over before it could be sent"


def test_only_the_worker_that_holds_a_delivery_can_begin_it(store: Store) -> None:
    release(store, 3)
    claimed = claim(store)
    assert begin(store, *claimed, worker="b") == set()
    assert begin(store, *claimed) == {"r0", "r1", "r2"}
    assert of(store).tries == 1


def test_who_left_since_the_claim_is_skipped_at_the_begin(store: Store) -> None:
    release(store, 3)
    claimed = claim(store)
    leave(store, 1)
    assert begin(store, *claimed) == {"r0", "r2"}
    assert statuses(store)["r1"] is DeliveryStatus.SKIPPED
    assert begin(store, claimed[2], at=NOON + LIFE) == set()
    assert statuses(store)["r2"] is DeliveryStatus.EXPIRED


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
    assert of(store).reason == "its time was over before it could be sent"


@pytest.mark.parametrize(
    ("status", "after"),
    [(DeliveryStatus.SENT, DeliveryStatus.SENT), (DeliveryStatus.DUE, DeliveryStatus.CLAIMED)],
)
def test_who_has_lost_a_delivery_can_only_say_that_it_was_sent(
    store: Store, status: DeliveryStatus, after: DeliveryStatus
) -> None:
    release(store, 1)
    (one,) = claim(store)
    assert claim(store, worker="b", at=NOON + MINUTE)
    settle(store, one, status)
    assert of(store).status is after


@pytest.mark.parametrize(
    ("resend", "status", "again"),
    [(True, DeliveryStatus.DUE, ["r0", "r1"]), (False, DeliveryStatus.HELD, ["r1"])],
)
def test_a_claim_that_ran_out_is_free_and_in_doubt_if_it_was_being_sent(
    store: Store,
    *,
    resend: bool,
    status: DeliveryStatus,
    again: list[str],
) -> None:
    release(store, 2)
    begin(store, claim(store)[0])
    assert claim(store, worker="b", at=NOON + MINUTE - timedelta(seconds=1)) == ()
    found = claim(store, worker="b", at=NOON + MINUTE, resend=resend)
    assert [name(one) for one in found] == again
    assert [one.delivery.ambiguous for one in found] == [True, False][2 - len(again) :]
    if status is DeliveryStatus.HELD:
        assert (of(store).status, of(store).ambiguous) == (DeliveryStatus.HELD, True)
    assert "the process that was sending it ended" in of(store).reason


def test_what_is_in_doubt_twice_is_held(store: Store) -> None:
    release(store, 1)
    begin(store, claim(store)[0])
    (again,) = claim(store, worker="b", at=NOON + MINUTE)
    begin(store, again, worker="b", at=NOON + MINUTE)
    assert claim(store, worker="c", at=NOON + 2 * MINUTE) == ()
    assert of(store).status is DeliveryStatus.HELD


def test_leases_can_be_ended_by_who_knows_that_nobody_sends(store: Store) -> None:
    release(store, 2)
    assert len(claim(store)) == 2
    with store.write() as tx:
        claims.end_leases(tx, at=NOON)
    assert len(claim(store, worker="b")) == 2


def test_what_is_given_back_is_as_if_it_had_not_been_taken(store: Store) -> None:
    release(store, 3)
    mine = claim(store, limit=2)
    claim(store, worker="b")
    begin(store, mine[0])
    with store.write() as tx:
        assert claims.give_back(tx, "a") == 2
    assert [name(one) for one in claim(store, worker="c")] == ["r0", "r1"]
    assert (of(store).tries, of(store).ambiguous) == (0, False)


@pytest.mark.parametrize(
    ("send", "after"), [(True, DeliveryStatus.CLAIMED), (False, DeliveryStatus.SKIPPED)]
)
def test_a_person_decides_about_what_is_held(
    store: Store,
    *,
    send: bool,
    after: DeliveryStatus,
) -> None:
    release(store, 2)
    with store.write() as tx:
        assert deliveries.hold_open(tx) == 2
    assert claim(store) == ()
    with store.write() as tx:
        assert deliveries.decide(tx, EDITION, send=send, at=NOON) == 2
    claim(store)
    assert audience(store) == {after: 2}


def test_a_store_as_new_as_what_was_sent_holds_nothing(store: Store) -> None:
    release(store, 2)
    with store.write() as tx:
        mark = progress.advance(tx, EDITION)
    progress.note(store.place, mark)
    with store.write() as tx:
        assert progress.advance(tx, EDITION).claims == 2  # died before it could be noted
        assert progress.hold_if_older(tx, store.place) is None
    assert len(claim(store)) == 2


@pytest.mark.parametrize("known", [0, 1])
def test_a_store_older_than_what_was_sent_holds_all_and_the_last_edition_also_when_remade(
    store: Store, known: int
) -> None:
    release(store, 2)
    progress.note(store.place, progress.SendingMark(7, EDITION))
    with store.write() as tx:
        for _ in range(known):
            progress.advance(tx, EDITION)
        assert progress.hold_if_older(tx, store.place) == 2
        assert progress.hold_if_older(tx, store.place) is None
        assert progress.advance(tx, EDITION).claims == 8
    with store.write() as tx:
        subscribers.add(tx, reader(7), consent=IMPORTED)
    assert release(store, 0) == 1
    assert claim(store) == ()
    assert audience(store) == {DeliveryStatus.HELD: 3}


@pytest.mark.parametrize("broken", ["", "{", "[]", "{}", '{"claims": "x", "edition": ""}'])
def test_a_broken_note_holds_nothing(store: Store, broken: str) -> None:
    release(store, 2)
    store.place.beside("sent").write_text(broken)
    with store.write() as tx:
        assert progress.hold_if_older(tx, store.place) is None


def test_a_note_that_cannot_be_written_is_told(store: Store) -> None:
    store.place.beside("sent").mkdir()
    with pytest.raises(StoreError, match="could send an edition twice"):
        progress.note(store.place, progress.SendingMark(1, EDITION))


def bounce(kind: BounceKind, *, subscriber: int = 1) -> Bounce:
    return Bounce(kind, EDITION, subscriber, NOON, "5.2.2", "full")


def test_a_delivery_keeps_the_worst_that_came_back(store: Store) -> None:
    release(store, 1)
    number = of(store).id
    with store.write() as tx:
        kept = [
            bounces.record(tx, number, bounce(kind))
            for kind in (
                BounceKind.SOFT,
                BounceKind.SOFT,
                BounceKind.HARD,
                BounceKind.SOFT,
                BounceKind.COMPLAINT,
            )
        ]
    assert kept == [True, False, True, False, False]


def test_what_came_back_of_the_last_deliveries_is_known_newest_first(store: Store) -> None:
    # Came back or not, oldest first; nothing has come back of the last two yet.
    history = [True, False, True, True, False, False]
    for place, came_back in enumerate(history):
        day = NOON.date() + place * DAY
        publish(store, day=day)
        with store.write() as tx:
            subscribers.add(tx, reader(0), consent=IMPORTED)
            edition = f"ostra-desk/{day}"
            deliveries.release(tx, edition, at=NOON, life=LIFE, due=lambda _: NOON)
            (one,) = deliveries.of(tx, edition)
            claims.settle(tx, one.id, status=DeliveryStatus.SENT, at=NOON + place * DAY)
            if came_back:
                bounces.record(tx, one.id, bounce(BounceKind.SOFT))
    with store.read() as tx:
        last = bounces.last(tx, one.subscriber)
        assert [kind is not None for _, kind in last] == history[::-1]
        assert last[0][0] == edition
        assert bounces.last(tx, one.subscriber + 1) == ()
        assert len(bounces.last(tx, one.subscriber, since=NOON + 3 * DAY)) == 3
        assert list(bounces.answers(tx, edition)) == [(one.address, DeliveryStatus.SENT, None)]
