from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any

import pytest

from briefing.app.readers import administration
from briefing.app.readers.administration import BulkRequest, change_many, undo_many
from briefing.core.errors import InputError, UsageError
from briefing.core.model import BulkAction, Consent, DeliveryStatus, Preferences, State, Subscriber
from briefing.store import Store, audit, claims, deliveries, reader_list, subscribers
from briefing.store.audit import Actor
from briefing.store.reader_list import UNDO, Matching, ReaderOrder, forget_expired, has_expired
from tests.store.news import NOON
from tests.store.readers import IMPORTED, keep_edition, reader
from tests.store.ready import act, employ

HOUR = timedelta(hours=1)
ADA = Actor("ada", NOON, "203.0.113.0/24")
STATES = tuple(State)
PREFERENCES = Preferences(
    ("economy",),
    lists=("africa",),
    own_words=("Oslo", "Kim Jong-un"),
    muted=("Lima until 2026-12-15", "saga s7 until 2027-01-01"),
)


@pytest.fixture(autouse=True)
def employed(store: Store) -> None:
    employ(store, "ada")


def crowd(store: Store, *states: State) -> list[Subscriber]:
    """Keep a reader in each of these states, with the reason and the log of it."""
    kept = []
    for place, state in enumerate(states):
        with store.write() as tx:
            new = replace(reader(place), preferences=PREFERENCES)
            number = subscribers.add(tx, new, consent=IMPORTED)
            assert number
            if state is not State.ACTIVE:
                consent = Consent(NOON - HOUR, state.value, "form")
                subscribers.change_state(tx, number, state, consent=consent, reason="said so")
            one = subscribers.get(tx, number)
        assert one
        kept.append(one)
    return kept


def everybody(store: Store) -> list[Subscriber]:
    with store.read() as tx:
        return list(subscribers.listed(tx))


def do(store: Store, action: BulkAction, *people: Subscriber) -> int:
    numbers = tuple(one.id for one in people)
    return act(store, change_many, BulkRequest(action, numbers), actor=ADA).number


def undo(store: Store, number: int, *, after: timedelta = HOUR) -> int:
    return act(store, undo_many, number, actor=replace(ADA, at=NOON + after))


def suppressions(store: Store, people: list[Subscriber]) -> list[object]:
    with store.read() as tx:
        return [reader_list.suppressed(tx, one.address) for one in people]


@pytest.mark.parametrize(
    ("action", "changed"),
    [
        (BulkAction.PAUSE, {State.ACTIVE: State.PAUSED}),
        (BulkAction.RESUME, {State.PAUSED: State.ACTIVE, State.BOUNCED: State.ACTIVE}),
    ],
)
def test_those_are_changed_whose_state_allows_it_and_all_stand_again_as_before(
    store: Store, action: BulkAction, changed: dict[State, State]
) -> None:
    people = crowd(store, *STATES)
    held = suppressions(store, people)
    number = do(store, action, *people)
    after = everybody(store)
    assert [one.state for one in after] == [changed.get(state, state) for state in STATES]
    assert all(one.since == NOON for one in after if one.state is not STATES[one.id - after[0].id])
    lifted = [state in changed and state is State.BOUNCED for state in STATES]
    now = suppressions(store, people)
    assert now == [None if gone else was for gone, was in zip(lifted, held, strict=True)]
    assert undo(store, number) == len(changed)
    assert everybody(store) == people
    assert suppressions(store, people) == held


def test_both_logs_say_who_paused_and_who_undid_it(store: Store) -> None:
    people = crowd(store, State.ACTIVE, State.BOUNCED)
    undo(store, do(store, BulkAction.PAUSE, *people))
    number = do(store, BulkAction.RESUME, *people)
    undo(store, number)
    with store.read() as tx:
        logs = [
            [(one.what, one.how, one.origin, one.words) for one in subscribers.consents(tx, who.id)]
            for who in people
        ]
        acts = [(act.who, act.what, act.about) for act in audit.recent(tx)]
    assert logs[0][1:] == [
        ("changed", "command", "ada", "paused"),
        ("changed", "command", "ada", "resumed"),
    ]
    assert logs[1][2:] == [
        ("returned", "command", "ada", "resumed"),
        ("bounced", "command", "ada", "undone"),
    ]
    about = f"1 subscriber (action {number})"
    assert ("ada", "resume subscribers", about) in acts
    assert ("ada", "undo resume subscribers", f"1 of {about}") in acts


def test_who_was_changed_since_stays_as_they_are(store: Store) -> None:
    people = crowd(store, *[State.ACTIVE] * 4)
    number = do(store, BulkAction.PAUSE, *people)
    consent = Consent(NOON + HOUR / 2, "left", "one-click")
    with store.write() as tx:
        administration.resume(tx, people[0].id, actor=replace(ADA, at=NOON + HOUR / 4))
        administration.pause(tx, people[0].id, actor=replace(ADA, at=NOON + HOUR / 3))
        subscribers.change_state(tx, people[1].id, State.UNSUBSCRIBED, consent=consent)
        administration.remove(tx, people[2].id, actor=ADA)
    assert undo(store, number) == 1
    states = [one.state for one in everybody(store)]
    assert states == [State.PAUSED, State.UNSUBSCRIBED, State.ACTIVE]
    assert suppressions(store, people)[1] == (State.UNSUBSCRIBED, consent.at)


def test_those_removed_are_gone_at_once_and_are_there_again_when_it_is_undone(store: Store) -> None:
    people = crowd(store, *STATES)
    held = suppressions(store, people)
    number = do(store, BulkAction.REMOVE, *people)
    assert everybody(store) == []
    assert suppressions(store, people) == held
    assert undo(store, number) == len(people)
    assert everybody(store) == people
    new = act(store, subscribers.add, reader(99), consent=IMPORTED)
    assert new is not None
    assert new > people[-1].id


def test_words_of_those_removed_are_gone_from_mails(store: Store) -> None:
    people = crowd(store, *[State.ACTIVE] * 3)
    keep_edition(store)
    with store.write() as tx:
        # As it is when their mails are claimed.
        tx.exec_driver_sql("UPDATE delivery SET own_words = 'Oslo', muted = 'Lima'")
        subscribers.forget(tx, people[0].id)
    do(store, BulkAction.REMOVE, people[1])
    with store.read() as tx:
        kept = tx.exec_driver_sql("SELECT own_words, muted FROM delivery ORDER BY subscriber").all()
    assert [*map(tuple, kept)] == [("", ""), ("", ""), ("Oslo", "Lima")]


def test_who_signed_up_again_or_must_not_get_mail_any_more_is_not_put_back(store: Store) -> None:
    people = crowd(store, *[State.ACTIVE] * 3)
    number = do(store, BulkAction.REMOVE, *people)
    with store.write() as tx:
        again = subscribers.add(tx, reader(0), consent=IMPORTED)
        left = subscribers.add(tx, reader(1), consent=IMPORTED)
        assert left
        consent = Consent(NOON, "complained", "bounce")
        subscribers.change_state(tx, left, State.COMPLAINED, consent=consent)
        subscribers.forget(tx, left)
    assert undo(store, number) == 1
    assert [one.id for one in everybody(store)] == [people[2].id, again]


def test_after_its_time_nothing_can_be_undone_and_nothing_personal_is_left(store: Store) -> None:
    number = do(store, BulkAction.REMOVE, *crowd(store, State.ACTIVE, State.PAUSED))
    with store.read() as tx:
        assert not has_expired(tx, at=NOON + UNDO)
        assert has_expired(tx, at=NOON + UNDO + HOUR)
        assert [
            one.number for one in reader_list.recent_bulk(tx, since=NOON + HOUR - UNDO, limit=9)
        ] == [number]
        assert reader_list.recent_bulk(tx, since=NOON + HOUR, limit=9) == ()
    with pytest.raises(UsageError, match="too long ago"):
        undo(store, number, after=timedelta(days=1))
    act(store, forget_expired, at=NOON + UNDO + HOUR)
    with store.read() as tx:
        assert not has_expired(tx, at=NOON + UNDO + HOUR)
        assert tx.exec_driver_sql("SELECT count(*) FROM bulk_reader").scalar_one() == 0
    assert undo(store, number) == 0


def test_nothing_is_undone_twice_and_nothing_that_never_was(store: Store) -> None:
    number = do(store, BulkAction.PAUSE, *crowd(store, State.ACTIVE))
    undo(store, number)
    with pytest.raises(UsageError, match="already been undone"):
        undo(store, number)
    with pytest.raises(InputError):
        undo(store, number + 1)
    with pytest.raises(UsageError, match="none of those"):
        do(store, BulkAction.RESUME, *everybody(store))


@pytest.mark.parametrize("order", ReaderOrder)
@pytest.mark.parametrize("down", [False, True])
def test_pages_hold_everybody_once_in_every_order(
    store: Store,
    order: ReaderOrder,
    down: bool,  # noqa: FBT001  a parameter of the test
) -> None:
    crowd(store, *[State.ACTIVE] * 7, *[State.PAUSED] * 4)
    with store.read() as tx:
        how: dict[str, Any] = {"order": order, "down": down, "limit": 3}
        parts = [reader_list.page(tx, Matching(), offset=at, **how) for at in range(0, 15, 3)]
    pages, totals = zip(*parts, strict=True)
    assert totals == (11,) * 5
    keys = {
        ReaderOrder.ADDED: lambda one: (0, one.id),
        ReaderOrder.ADDRESS: lambda one: (subscribers.folded(one.address, one.name), one.id),
        ReaderOrder.SINCE: lambda one: (one.since, one.id),
    }
    assert list(chain(*pages)) == sorted(everybody(store), key=keys[order], reverse=down)


@pytest.mark.parametrize("text", ["ÓSÉ", "ósé 100%", "100%", "_x", "/", "ann@", "a\0b"])
def test_words_are_found_as_they_are_written_in_any_case(store: Store, text: str) -> None:
    found, other = "Ann@town.example", "bo@town.example"
    with store.write() as tx:
        for address, name in ((found, "Ósé 100% _x / a\0b"), (other, "Bo Ose 1000 xx")):
            subscribers.add(tx, replace(reader(1), address=address, name=name), consent=IMPORTED)
    with store.read() as tx:
        people, total = reader_list.page(tx, Matching(text), limit=9)
        assert reader_list.page(tx, Matching(text), offset=1, limit=9) == ((), 1)
        assert reader_list.page(tx, Matching("nobody"), limit=9) == ((), 0)
    assert ([one.address for one in people], total) == ([found], 1)


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
        found = reader_list.mails_to(tx, number, limit=3)
        assert reader_list.mails_to(tx, 999) == ()
    assert [one.edition for one in found] == list(reversed(made))[:3]
    assert (found[0].status, found[0].reason) == (DeliveryStatus.SENT, "250 Taken")
    assert found[0].done == NOW
    assert {one.subscriber for one in found} == {number}
    assert found[1].status is DeliveryStatus.DUE


def test_the_newest_reason_for_silence_is_told_also_of_one_who_is_forgotten(store: Store) -> None:
    with store.write() as tx:
        number = subscribers.add(tx, reader(1), consent=IMPORTED)
        assert number
        assert reader_list.suppressed(tx, "r1@town.example") is None
        for state, at in ((State.BOUNCED, NOW), (State.COMPLAINED, NOW + timedelta(days=1))):
            subscribers.change_state(tx, number, state, consent=Consent(at, "bounced", "bounce"))
        subscribers.forget(tx, number)
    with store.read() as tx:
        found = reader_list.suppressed(tx, "R1@town.example")
        assert reader_list.suppressed(tx, "r2@town.example") is None
    assert found == (State.COMPLAINED, NOW + timedelta(days=1))


def test_those_wait_to_be_let_in_who_have_verified_and_are_not_in(store: Store) -> None:
    people = crowd(store, *STATES, State.PENDING)
    with store.write() as tx:
        for place, one in enumerate(people[:-1]):
            verified = Consent(NOON + place * HOUR, "verified", "form")
            subscribers.change_preferences(tx, one.id, one.preferences, consent=verified)
        (waits,) = reader_list.waiting(tx)
        administration.let_in(tx, waits.id, briefing="x", life=HOUR, actor=ADA)
        assert reader_list.waiting(tx) == ()
        found = subscribers.get(tx, waits.id)
    assert waits == people[STATES.index(State.PENDING)]
    assert found
    assert found.state is State.ACTIVE
