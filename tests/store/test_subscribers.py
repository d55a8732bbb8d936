from datetime import time, timedelta

import pytest

from briefing.core.model import Consent, Form, Preferences, State, Subscriber
from briefing.store import Store, reader_list, subscribers
from tests.store.news import DAY, NOON
from tests.store.readers import IMPORTED, reader
from tests.store.ready import act, look

WISHES = Preferences(
    *(("economy", "security"), ("africa", "banks"), Form.TEXT, (0, 4), time(6, 30), "Asia/Tokyo"),
    language="fr",
)
ASKED = Consent(NOON, "asked", "form", "203.0.113.0/24", "I want the briefing.")
LEFT = Consent(NOON + DAY, "left", "one-click")


def add(store: Store, new: Subscriber, *, consent: Consent = ASKED) -> int | None:
    return act(store, subscribers.add, new, consent=consent)


def added(store: Store, new: Subscriber) -> int:
    number = add(store, new)
    assert number is not None
    return number


def change(store: Store, number: int, state: State, *, consent: Consent = LEFT) -> bool:
    return act(store, subscribers.change_state, number, state, consent=consent, reason="why")


def get(store: Store, number: int) -> Subscriber | None:
    return look(store, subscribers.get, number)


def suppressed(store: Store, address: str) -> bool:
    return look(store, reader_list.suppressed, address) is not None


def log(store: Store, number: int) -> list[str]:
    return [entry.what for entry in look(store, subscribers.consents, number)]


def test_a_subscriber_comes_back_as_it_was_added(store: Store) -> None:
    new = Subscriber(0, "Zoë@xn--ostra.example", "Zoë \0 \ud800", preferences=WISHES, reason="a\nb")
    number = added(store, new)
    subscriber = get(store, number)
    assert subscriber == Subscriber(
        number, new.address, new.name, State.PENDING, WISHES, since=NOON, reason="a\nb"
    )
    with store.read() as tx:
        assert subscribers.find(tx, "ZOË@XN--ostra.example") == subscriber
        assert subscribers.find(tx, "zoe@xn--ostra.example") is None
        assert subscribers.consents(tx, number) == (ASKED,)
    assert get(store, number + 1) is None


def test_all_or_those_in_a_state_are_listed_however_many_there_are(store: Store) -> None:
    with store.write() as tx:
        for index in range(2_003):
            state = State.ACTIVE if index % 2 else State.PAUSED
            subscribers.add(tx, reader(index, state=state), consent=IMPORTED)
    with store.read() as tx:
        every = [entry.address for entry in subscribers.listed(tx)]
        active = [entry.name for entry in subscribers.listed(tx, state=State.ACTIVE)]
        counts = subscribers.counts(tx)
    assert every == [f"r{index}@town.example" for index in range(2_003)]
    assert active == [f"Reader {index}" for index in range(1, 2_003, 2)]
    assert counts == {State.ACTIVE: 1_001, State.PAUSED: 1_002}


def test_a_change_of_state_is_logged_once_and_who_asks_again_is_suppressed_until_they_confirm(
    store: Store,
) -> None:
    number = added(store, reader(1))
    assert change(store, number, State.UNSUBSCRIBED)
    assert not change(store, number, State.UNSUBSCRIBED)
    assert not change(store, number + 1, State.UNSUBSCRIBED)
    subscriber = get(store, number)
    assert subscriber is not None
    assert (subscriber.state, subscriber.since) == (State.UNSUBSCRIBED, LEFT.at)
    assert subscriber.reason == "why"
    assert log(store, number) == ["asked", "left"]
    change(store, number, State.PENDING, consent=ASKED)
    assert suppressed(store, "r1@town.example")
    change(store, number, State.ACTIVE, consent=Consent(NOON + 2 * DAY, "confirmed", "form"))
    assert not suppressed(store, "r1@town.example")
    assert log(store, number) == ["asked", "left", "asked", "confirmed"]


@pytest.mark.parametrize("state", State)
def test_who_left_bounced_or_complained_is_suppressed_for_good(store: Store, state: State) -> None:
    number = added(store, reader(1, state=State.ACTIVE))
    change(store, number, state)
    ends = state in {State.UNSUBSCRIBED, State.BOUNCED, State.COMPLAINED}
    assert suppressed(store, "R1@town.example") is ends
    with store.write() as tx:
        assert subscribers.forget(tx, number)
        assert not subscribers.forget(tx, number)
    assert suppressed(store, "r1@town.example") is ends
    assert not suppressed(store, "r2@town.example")
    # An import brings them back only for those who check for suppression first.
    added(store, reader(1))
    assert suppressed(store, "r1@town.example") is ends


def test_wishes_and_name_can_be_changed(store: Store) -> None:
    number = added(store, reader(1))
    bare = get(store, number)
    assert bare is not None
    assert bare.preferences == Preferences()
    changed = Consent(NOON + DAY, "changed", "form")
    with store.write() as tx:
        assert subscribers.change_preferences(tx, number, WISHES, consent=changed)
        assert not subscribers.change_preferences(tx, number + 1, WISHES, consent=changed)
    subscriber = get(store, number)
    assert subscriber is not None
    assert subscriber.preferences == WISHES
    assert log(store, number) == ["asked", "changed"]
    assert log(store, number + 1) == []


def test_what_was_asked_is_counted_by_what_by_whom_and_since(store: Store) -> None:
    hour = timedelta(hours=1)
    with store.write() as tx:
        for at, whom in ((0, "a@b.example"), (1, "A@b.example"), (2, "c@b.example")):
            subscribers.asked(tx, "address", whom, at=NOON + at * hour)
            subscribers.asked(tx, "all", "", at=NOON + at * hour)
    with store.write() as tx:
        assert subscribers.count(tx, "address", "a@b.example", since=NOON) == 2
        assert subscribers.count(tx, "address", "a@b.example", since=NOON + hour) == 1
        assert subscribers.count(tx, "network", "a@b.example", since=NOON) == 0
        assert subscribers.count(tx, "all", "", since=NOON) == 3
        assert subscribers.forget_asked(tx, before=NOON + hour) == 2
        assert subscribers.count(tx, "all", "", since=NOON) == 2
