from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any

import pytest

from briefing.core.errors import InputError, StoreError
from briefing.core.model import (
    CHANNEL_MESSAGES,
    ONLY_EDITIONS,
    OTHER_MAILS,
    Bounce,
    BounceKind,
    Consent,
    DeliveryStatus,
    MailKind,
    Preferences,
    State,
)
from briefing.store import Store, claims, deliveries, identity, subscribers
from briefing.store.claims import Claimed
from briefing.store.subscribers import Signup, SignupKind
from tests.store.news import DAY, NOON, publish
from tests.store.readers import (
    EDITION,
    IMPORTED,
    LIFE,
    MINUTE,
    audience,
    begin,
    claim,
    keep_edition,
    of,
    reader,
    release,
    settle,
    statuses,
)
from tests.store.ready import act, look


def test_each_active_subscriber_gets_one_delivery_also_who_subscribes_later(store: Store) -> None:
    publish(store, day=NOON.date())
    assert release(store, 0) == 0
    with store.write() as tx:
        for place, state in enumerate(State):
            subscribers.add(tx, reader(90 + place, state=state), consent=IMPORTED)
    assert release(store, 0) == 1
    act(store, subscribers.add, reader(0), consent=IMPORTED)
    assert [release(store, 0), release(store, 0)] == [1, 0]
    assert statuses(store) == dict.fromkeys(("r91", "r0"), DeliveryStatus.DUE)
    stands = look(store, deliveries.audience, EDITION)
    assert (stands.day, stands.counts) == (NOON.date(), {DeliveryStatus.DUE: 2})


def names_of(taken: Iterable[Claimed]) -> set[str]:
    return {one.to.address.partition("@")[0] for one in taken}


def test_a_mail_that_a_channel_replaces_follows_its_message(store: Store) -> None:
    publish(store, day=NOON.date())
    names = ("archive", "press", "gone", "slow", "doubt")
    with store.write() as tx:
        for one in range(6):
            subscribers.add(tx, reader(one), consent=IMPORTED)
        by = {f"r{place}@town.example": name for place, name in enumerate(names)}
        given: dict[str, Any] = {"at": NOON, "life": LIFE, "due": lambda _: NOON}
        given |= {"channels": names, "instead": lambda to: by.get(to, "")}
        for expected in (11, 0):
            assert deliveries.release(tx, EDITION, **given) == expected
    # Nobody is mailed while it is not known.
    assert names_of(claim(store, kinds=ONLY_EDITIONS)) == {"r5"}
    sent, refused, expired, _, doubted = claim(store, worker="b", kinds=CHANNEL_MESSAGES)
    begin(store, sent, refused, expired, doubted, worker="b")
    settle(store, sent, DeliveryStatus.SENT, worker="b")
    settle(store, refused, DeliveryStatus.REFUSED, worker="b")
    settle(store, expired, DeliveryStatus.EXPIRED, worker="b")
    settle(store, doubted, DeliveryStatus.HELD, worker="b")
    soon = NOON + MINUTE / 2
    for _ in range(2):
        act(store, deliveries.follow_channels, at=soon, life=LIFE)
    assert statuses(store)["r0"] is DeliveryStatus.SKIPPED
    assert names_of(claim(store, at=soon)) == {"r1", "r2"}
    # A message that is still under way when its mail is due holds that back; one in doubt does not.
    late = NOON + 2 * LIFE
    act(store, deliveries.follow_channels, at=late, life=LIFE)
    assert names_of(claim(store, at=late, kinds=ONLY_EDITIONS)) == {"r4"}
    assert statuses(store)["r3"] is DeliveryStatus.DUE
    # What a person sends again is sent, though the channel has got it.
    with store.write() as tx:
        number = next(one.id for one in deliveries.of(tx, EDITION) if one.address.startswith("r0@"))
        deliveries.renew(tx, number, at=late, until=late + LIFE)
        deliveries.follow_channels(tx, at=late, life=LIFE)
    assert names_of(claim(store, worker="c", at=late, kinds=ONLY_EDITIONS)) == {"r0"}


def test_a_channel_has_a_row_like_a_reader_and_a_queue_of_its_own(store: Store) -> None:
    release(store, 2)
    given: dict[str, Any] = {"at": NOON, "life": LIFE, "due": lambda _: NOON}
    given["channels"] = ("archive", "press")
    assert [act(store, deliveries.release, EDITION, **given) for _ in range(2)] == [2, 0]
    assert audience(store) == {DeliveryStatus.DUE: 4}
    assert len(claim(store, kinds=ONLY_EDITIONS)) == 2
    archive, press = claim(store, worker="b", kinds=CHANNEL_MESSAGES)
    assert [one.delivery.address for one in (archive, press)] == ["archive", "press"]
    # They have no subscriber who could leave.
    assert begin(store, archive, press, worker="b") == {""}
    for one in (archive, press):
        settle(store, one, DeliveryStatus.SENT, worker="b")
    # A relay has taken nothing by that.
    assert not look(store, deliveries.any_sent)
    with store.write() as tx:
        told = [one.delivery.subscriber for one in (press, archive)]
        notice, words = f"{EDITION}/withdrawn", {"en": "It is withdrawn\n"}
        assert (
            deliveries.put_notice(tx, notice, words, told, day=NOON.date(), at=NOON, life=LIFE) == 2
        )
        named = {(one.kind, one.address) for one in deliveries.of(tx, notice)}
    assert named == {(MailKind.CHANNEL, "archive"), (MailKind.CHANNEL, "press")}
    assert act(store, deliveries.hold_open) == 4


def test_many_are_released_at_once_each_at_the_time_they_wish(store: Store) -> None:
    publish(store, day=NOON.date())
    with store.write() as tx:
        for one in range(2_500):
            subscribers.add(tx, reader(one), consent=IMPORTED)
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
    assert look(store, deliveries.next_due) == NOON.replace(hour=7)


def test_a_thousand_kinds_of_wishes_are_too_many_to_remember(store: Store) -> None:
    publish(store, day=NOON.date())
    with store.write() as tx:
        for one in range(1_002):
            number = subscribers.add(tx, reader(one), consent=IMPORTED)
            assert number is not None
            preferences = Preferences(sections=(f"s{one}",))
            subscribers.change_preferences(tx, number, preferences, consent=IMPORTED)
    assert release(store, 0) == 1_002


def test_a_release_that_fails_leaves_nothing_behind(store: Store) -> None:
    act(store, subscribers.add, reader(1), consent=IMPORTED)
    with pytest.raises(StoreError):
        release(store, 0)
    with store.read() as tx, pytest.raises(InputError, match="not in the store"):
        deliveries.audience(tx, EDITION)

    def fail(_preferences: Preferences) -> datetime | None:
        raise LookupError("no such zone")

    with pytest.raises(LookupError, match="no such zone"):
        release(store, due=fail)
    assert audience(store) == {}


def test_a_store_as_new_as_what_was_sent_holds_nothing(store: Store) -> None:
    release(store, 2)
    identity.write_mark(store.place, act(store, identity.advance_mark, EDITION))
    with store.write() as tx:
        assert identity.advance_mark(tx, EDITION).claims == 2  # died before it could be noted
        assert identity.hold_if_older(tx, store.place) is None
    assert len(claim(store)) == 2


@pytest.mark.parametrize("known", [0, 1])
def test_an_older_store_holds_all_and_the_last_edition_remade(store: Store, known: int) -> None:
    release(store, 2)
    identity.write_mark(store.place, identity.SendingMark(7, EDITION))
    with store.write() as tx:
        for _ in range(known):
            identity.advance_mark(tx, EDITION)
        assert identity.hold_if_older(tx, store.place) == 2
        assert identity.hold_if_older(tx, store.place) is None
        assert identity.advance_mark(tx, EDITION).claims == 8
    act(store, subscribers.add, reader(7), consent=IMPORTED)
    assert release(store, 0) == 1
    assert claim(store) == ()
    assert audience(store) == {DeliveryStatus.HELD: 3}


def test_a_broken_note_holds_nothing_and_one_that_cannot_be_written_is_told(store: Store) -> None:
    release(store, 2)
    for broken in ("", "{", "[]", "{}", '{"claims": "x", "edition": ""}'):
        store.place.beside("sent").write_text(broken)
        assert act(store, identity.hold_if_older, store.place) is None
    store.place.beside("sent").unlink()
    store.place.beside("sent").mkdir()
    with pytest.raises(StoreError, match="could send an edition twice"):
        identity.write_mark(store.place, identity.SendingMark(1, EDITION))


def bounce(kind: BounceKind, *, subscriber: int = 1) -> Bounce:
    return Bounce(kind, EDITION, subscriber, NOON, "5.2.2", "full")


def test_a_delivery_keeps_the_worst_that_came_back(store: Store) -> None:
    release(store, 1)
    number = of(store).id
    with store.write() as tx:
        soft, hard, complaint = BounceKind.SOFT, BounceKind.HARD, BounceKind.COMPLAINT
        kinds = (soft, soft, hard, soft, complaint)
        kept = [claims.record_bounce(tx, number, bounce(kind)) for kind in kinds]
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
            claims.settle_all(
                tx, [claims.Settlement(one.id, DeliveryStatus.SENT, at=NOON + place * DAY)]
            )
            if came_back:
                claims.record_bounce(tx, one.id, bounce(BounceKind.SOFT))
    with store.read() as tx:
        last = claims.last_bounces(tx, one.subscriber)
        assert [kind is not None for _, kind in last] == history[::-1]
        assert last[0][0] == edition
        assert claims.last_bounces(tx, one.subscriber + 1) == ()
        assert len(claims.last_bounces(tx, one.subscriber, since=NOON + 3 * DAY)) == 3
        assert list(claims.answers(tx, edition)) == [(one.address, DeliveryStatus.SENT, None)]


HOUR = timedelta(hours=1)
LATE = timedelta(days=20_000)


def put(store: Store, state: State, kind: MailKind) -> int:
    with store.write() as tx:
        number = subscribers.add(tx, reader(1, state=state), consent=IMPORTED)
        assert number
        return deliveries.put_mail(tx, kind, number, epoch=3, at=NOON, until=NOON + HOUR)


def claim_mails(store: Store, **told: Any) -> tuple[Claimed, ...]:  # noqa: ANN401  of claim
    given = {"worker": "a", "at": NOON, "lease": HOUR, "limit": 9, "resend": True}
    return act(store, claims.claim, **{**given, "kinds": OTHER_MAILS, **told})


def status_of(store: Store, number: int) -> DeliveryStatus:
    found = look(store, deliveries.get, number)
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
def test_a_link_is_of_use(store: Store, kind: MailKind, welcome: set[State], state: State) -> None:
    number = put(store, state, kind)
    claimed = claim_mails(store)
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
        claim_mails(store)
    with store.write() as tx:
        left = Consent(NOON + timedelta(seconds=1), "left", "form")
        asked = deliveries.get(tx, number)
        assert asked
        subscribers.change_state(tx, asked.subscriber, State.UNSUBSCRIBED, consent=left)
    if begun:
        assert act(store, claims.begin, {number: "a"}, at=NOON, lease=HOUR) == frozenset()
    else:
        assert claim_mails(store) == ()
    assert status_of(store, number) is DeliveryStatus.SKIPPED


def test_the_two_queues_do_not_touch_each_other(store: Store) -> None:
    number = put(store, State.ACTIVE, MailKind.REMINDER)
    keep_edition(store, life=LATE)
    at = NOON + LATE
    with store.read() as tx:
        assert deliveries.due_by(tx, at) == (1, 1)
        assert deliveries.next_due(tx) != deliveries.next_due(tx, kinds=OTHER_MAILS) == NOON
        assert deliveries.open_of(tx)[0] == 1
    (edition,) = claim_mails(store, kinds=ONLY_EDITIONS, at=at - HOUR)
    assert edition.delivery.kind is MailKind.EDITION
    (mail,) = claim_mails(store)
    assert mail.delivery.id == number
    with store.write() as tx:
        claims.end_leases(tx, kinds=OTHER_MAILS)
        deliveries.hold_open(tx)
    assert status_of(store, edition.delivery.id) is DeliveryStatus.HELD
    assert [one.delivery.id for one in claim_mails(store, worker="b")] == [number]


def test_a_process_that_dies_again_and_again_does_not_lose_a_mail(store: Store) -> None:
    number = put(store, State.PENDING, MailKind.CONFIRMATION)
    for kill in range(3):
        (claimed,) = claim_mails(store, worker=f"w{kill}")
        assert claimed.delivery.tries == kill
        with store.write() as tx:
            claims.begin(tx, {number: f"w{kill}"}, at=NOON, lease=HOUR)
            claims.end_leases(tx, kinds=OTHER_MAILS)


def test_an_alert_goes_to_nobody_in_the_store(store: Store) -> None:
    with store.write() as tx:
        until = NOON + HOUR
        number = deliveries.put_mail(tx, MailKind.ALERT, words="late\n- late", at=NOON, until=until)
    (alert,) = claim_mails(store)
    assert (alert.to.id, alert.to.address, alert.delivery.words) == (0, "", "late\n- late")
    assert act(store, claims.begin, {number: "a"}, at=NOON, lease=HOUR) == {number}


def test_what_became_of_a_mail_is_forgotten_and_what_waits_is_not(store: Store) -> None:
    number = put(store, State.PENDING, MailKind.CONFIRMATION)
    with store.write() as tx:
        assert deliveries.forget_mails(tx, before=NOON + HOUR) == 0
        claims.settle_all(tx, [claims.Settlement(number, DeliveryStatus.SENT, at=NOON)])
        assert deliveries.forget_mails(tx, before=NOON) == 0
        assert deliveries.forget_mails(tx, before=NOON + HOUR) == 1


def test_what_was_asked_for_is_taken_in_its_order_and_once(store: Store) -> None:
    first = Signup(SignupKind.SUBSCRIBE, "a@town.example", how="form", origin="::/48")
    asked = [
        replace(first, words="I\0 agree"),
        Signup(SignupKind.RENEW, subscriber=7),
        Signup(SignupKind.LINK, "b@town.example"),
    ]
    with store.write() as tx:
        for one in asked:
            subscribers.put_signup(tx, one, at=NOON)
        assert subscribers.count_signups(tx) == 3
    with store.write() as tx:
        assert [subscribers.take_signup(tx) for _ in range(4)] == [*asked, None]
