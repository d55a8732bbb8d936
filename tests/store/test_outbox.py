"""Mails that belong to no edition: a queue of their own, by the same rules."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from briefing.core.model import ONLY_EDITIONS, OTHER_MAILS, Consent, DeliveryStatus, MailKind, State
from briefing.store import Store, claims, deliveries, signups, subscribers
from briefing.store.claims import Claimed
from briefing.store.signups import Signup, SignupKind
from tests.store.news import NOON
from tests.store.readers import IMPORTED, keep_edition, reader

HOUR = timedelta(hours=1)
LATE = timedelta(days=20_000)


def put(store: Store, state: State, kind: MailKind) -> int:
    """Add a reader in a state, and a mail of a kind to them."""
    with store.write() as tx:
        number = subscribers.add(tx, reader(1, state=state), consent=IMPORTED)
        assert number
        return deliveries.put_mail(tx, kind, number, epoch=3, at=NOON, until=NOON + HOUR)


def claim(store: Store, **told: Any) -> tuple[Claimed, ...]:  # noqa: ANN401  of claim
    given = {"worker": "a", "at": NOON, "lease": HOUR, "limit": 9, "resend": True}
    with store.write() as tx:
        return claims.claim(tx, **{**given, "kinds": OTHER_MAILS, **told})


def status_of(store: Store, number: int) -> DeliveryStatus:
    with store.read() as tx:
        found = deliveries.get(tx, number)
    assert found
    return found.status


@pytest.mark.parametrize(
    ("kind", "welcome"),
    [
        (MailKind.CONFIRMATION, {State.PENDING, State.UNSUBSCRIBED, State.BOUNCED}),
        (MailKind.REMINDER, {State.ACTIVE, State.PAUSED}),
    ],
)
@pytest.mark.parametrize("state", State)
def test_a_mail_goes_to_whom_its_link_is_of_use(
    store: Store, kind: MailKind, welcome: set[State], state: State
) -> None:
    number = put(store, state, kind)
    claimed = claim(store)
    assert bool(claimed) == (state in welcome)
    if claimed:
        mail = claimed[0].delivery
        assert (mail.kind, mail.asked, mail.epoch, mail.edition) == (kind, NOON, 3, "")
    else:
        assert status_of(store, number) is DeliveryStatus.SKIPPED


@pytest.mark.parametrize("begun", [False, True])
def test_who_leaves_after_they_asked_is_written_to_no_more(store: Store, *, begun: bool) -> None:
    number = put(store, State.PENDING, MailKind.CONFIRMATION)
    if begun:
        claim(store)
    with store.write() as tx:
        left = Consent(NOON + timedelta(seconds=1), "left", "form")
        asked = deliveries.get(tx, number)
        assert asked
        subscribers.change_state(tx, asked.subscriber, State.UNSUBSCRIBED, consent=left)
    if begun:
        with store.write() as tx:
            assert claims.begin(tx, {number: "a"}, at=NOON, lease=HOUR) == frozenset()
    else:
        assert claim(store) == ()
    assert status_of(store, number) is DeliveryStatus.SKIPPED


def test_the_two_queues_do_not_touch_each_other(store: Store) -> None:
    number = put(store, State.ACTIVE, MailKind.REMINDER)
    keep_edition(store, life=LATE)
    at = NOON + LATE
    with store.read() as tx:
        assert deliveries.due_by(tx, at) == (1, 1)
        assert deliveries.next_due(tx) != deliveries.next_due(tx, kinds=OTHER_MAILS) == NOON
        assert deliveries.open_of(tx)[0] == 1
    (edition,) = claim(store, kinds=ONLY_EDITIONS, at=at - HOUR)
    assert edition.delivery.kind is MailKind.EDITION
    (mail,) = claim(store)
    assert mail.delivery.id == number
    with store.write() as tx:
        claims.end_leases(tx, kinds=OTHER_MAILS)
        deliveries.hold_open(tx)
    assert status_of(store, edition.delivery.id) is DeliveryStatus.HELD
    assert [one.delivery.id for one in claim(store, worker="b")] == [number]


def test_a_process_that_dies_again_and_again_does_not_lose_a_mail(store: Store) -> None:
    number = put(store, State.PENDING, MailKind.CONFIRMATION)
    for kill in range(3):
        (claimed,) = claim(store, worker=f"w{kill}")
        assert claimed.delivery.tries == kill
        with store.write() as tx:
            claims.begin(tx, {number: f"w{kill}"}, at=NOON, lease=HOUR)
            claims.end_leases(tx, kinds=OTHER_MAILS)


def test_an_alert_goes_to_nobody_in_the_store(store: Store) -> None:
    with store.write() as tx:
        until = NOON + HOUR
        number = deliveries.put_mail(tx, MailKind.ALERT, words="late\n- late", at=NOON, until=until)
    (alert,) = claim(store)
    assert (alert.to.id, alert.to.address, alert.delivery.words) == (0, "", "late\n- late")
    with store.write() as tx:
        assert claims.begin(tx, {number: "a"}, at=NOON, lease=HOUR) == {number}


def test_what_became_of_a_mail_is_forgotten_and_what_waits_is_not(store: Store) -> None:
    number = put(store, State.PENDING, MailKind.CONFIRMATION)
    with store.write() as tx:
        assert deliveries.forget_mails(tx, before=NOON + HOUR) == 0
        claims.settle_all(tx, [claims.Settlement(number, DeliveryStatus.SENT, at=NOON)])
        assert deliveries.forget_mails(tx, before=NOON) == 0
        assert deliveries.forget_mails(tx, before=NOON + HOUR) == 1


def test_what_was_asked_for_is_taken_in_its_order_and_once(store: Store) -> None:
    asked = [
        Signup(
            SignupKind.SUBSCRIBE, "a@town.example", how="form", origin="::/48", words="I\0 agree"
        ),
        Signup(SignupKind.RENEW, subscriber=7),
        Signup(SignupKind.LINK, "b@town.example"),
    ]
    with store.write() as tx:
        for one in asked:
            signups.put(tx, one, at=NOON)
        assert signups.count(tx) == 3
    with store.write() as tx:
        assert [signups.take(tx) for _ in range(4)] == [*asked, None]
