from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import insert

from briefing.app.editions import Withdraw, Withdrawn, withdraw
from briefing.core.model import DeliveryStatus, EditionId, NoticeKind
from briefing.store import Store, archive, audit, deliveries, editions, subscribers, withdrawals
from briefing.store.audit import Actor
from briefing.store.claims import Claimed
from briefing.store.tables import EDITION as EDITIONS
from briefing.store.withdrawals import catalog
from tests.store import readers
from tests.store.readers import (
    EDITION,
    IMPORTED,
    audience,
    begin,
    insert_edition,
    reader,
    settle,
    statuses,
)
from tests.store.ready import act, employ, look

AT = datetime(2026, 3, 12, 8, tzinfo=UTC)
DAY, DESK = date(2026, 3, 12), "ostra-desk"
LEASE = timedelta(hours=1)


@pytest.fixture(autouse=True)
def employed(store: Store) -> None:
    employ(store, "ada")


def release(store: Store, number: int, *, day: int = 0) -> None:
    with store.write() as tx:
        for one in range(number):
            subscribers.add(tx, reader(one), consent=IMPORTED)
        insert_edition(tx, day=day, life=timedelta(hours=12))


def take_back(store: Store, *, day: date = DAY, reason: str = "", tell: bool = False) -> Withdrawn:
    asked = Withdraw("Ostra Desk", day, reason=reason, tell_readers=tell)
    return act(store, withdraw, asked, actor=Actor("ada", datetime.now(UTC), "203.0.113.0/24"))


def claim(store: Store, limit: int = 9) -> tuple[Claimed, ...]:
    return readers.claim(store, at=datetime.now(UTC), lease=LEASE, limit=limit)


def send(store: Store, mail: Claimed) -> None:
    assert begin(store, mail, at=datetime.now(UTC))
    settle(store, mail, DeliveryStatus.SENT, at=datetime.now(UTC))


def test_a_withdrawn_edition_is_no_part_of_its_briefing_and_is_kept(store: Store) -> None:
    release(store, 0)
    release(store, 0, day=1)
    done = take_back(store, reason="a wrong\x00 year")
    with store.read() as tx:
        assert editions.on(tx, DESK, DAY) is None
        assert list(archive.days(tx, DESK, first=DAY, last=date.max)) == [date(2026, 3, 13)]
        stored = editions.get(tx, EDITION)
        assert stored
        assert (stored.id, stored.day, stored.number) == (EDITION, DAY, 1)
        assert withdrawals.on(tx, DESK, DAY) == (done.withdrawal,)
        assert withdrawals.on(tx, "other-desk") == ()
        assert withdrawals.last_number(tx, DESK) == 2
        assert withdrawals.last_number(tx, "other-desk") == 0
        (act,) = audit.recent(tx)
    assert (act.who, act.what, act.origin) == ("ada", "withdraw edition", "203.0.113.0/24")
    assert done.withdrawal.reason.startswith("a wrong")


def test_its_day_takes_another_edition_which_can_be_withdrawn_too(store: Store) -> None:
    release(store, 0)
    take_back(store)
    with store.write() as tx:
        assert editions.get(tx, EDITION)
        again = f"{EDITION}-2"
        row = {"id": again, "briefing": DESK, "day": DAY, "number": 2, "record": "{}"}
        tx.execute(insert(EDITIONS), {**row, "made": AT, "since": AT, "until": AT})
    take_back(store)
    with store.read() as tx:
        assert [one.edition for one in withdrawals.on(tx, DESK, DAY)] == [again, EDITION]
        assert [one.id for one in catalog(tx, DESK, day=DAY)] == [again, EDITION]
        assert catalog(tx, DESK)[0].id == again


def test_nothing_of_it_is_sent_any_more_whatever_state_it_was_in(store: Store) -> None:
    release(store, 4)
    sent, begun, claimed = claim(store, limit=3)
    send(store, sent)
    now = datetime.now(UTC)
    assert begin(store, begun, at=now)
    assert take_back(store).canceled == 2
    # what was claimed is not begun any more
    assert not begin(store, claimed, at=now)
    # what was being sent failed in passing, and is due again
    settle(store, begun, DeliveryStatus.DUE, at=now, again=now)
    assert claim(store) == ()
    assert audience(store) == {DeliveryStatus.SENT: 1, DeliveryStatus.SKIPPED: 3}
    with store.read() as tx:
        row = {one.reason for one in deliveries.of(tx, EDITION, status=DeliveryStatus.SKIPPED)}
        assert row == {"the edition was withdrawn"}
        assert deliveries.next_due(tx) is None


def test_who_may_have_got_it_is_told_once(store: Store) -> None:
    release(store, 4)
    sent, begun, held = claim(store, limit=3)
    send(store, sent)
    now = datetime.now(UTC)
    assert begin(store, begun, held, at=now)
    settle(store, held, DeliveryStatus.HELD, at=now, ambiguous=True)
    assert take_back(store, tell=True).notices == 3
    notice = str(EditionId.parse(EDITION).notified(NoticeKind.WITHDRAWN))
    assert audience(store, notice) == {DeliveryStatus.DUE: 3}
    assert set(statuses(store, notice)) == {"r0", "r1", "r2"}
    taken = claim(store)
    assert len(taken) == 3
    for one in taken:
        send(store, one)
    assert claim(store) == ()
    with store.read() as tx:
        (entry,) = catalog(tx, DESK)
        assert entry.notices == {DeliveryStatus.SENT: 3}
        assert entry.withdrawal
        stored = editions.get(tx, notice)
        assert stored
        assert stored.files["notice"].decode().startswith("Withdrawn: Ostra Desk, ")


def test_an_edition_that_is_dated_ahead_hides_none_that_has_come_out(store: Store) -> None:
    release(store, 0)
    assert look(store, editions.current, "other-desk", DAY) is None
    release(store, 0, day=400)
    with store.read() as tx:
        found = editions.current(tx, DESK, DAY)
        assert found
        assert found.id == EDITION
        only = editions.current(tx, DESK, DAY - timedelta(days=1))
        assert only
        assert only.day == DAY + timedelta(days=400)
        assert editions.current(tx, DESK, date.max) == only
