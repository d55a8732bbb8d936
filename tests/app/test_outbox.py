from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from threading import Event, Thread

import pytest

from briefing.app.deliver import DeliveryPlan, Dispatch, Envelope
from briefing.app.outbox import Outbox, OutboxWorker
from briefing.app.publish import publish
from briefing.app.release import ReleasePlan
from briefing.core.model import DeliveryStatus, Edition, MailKind, Preferences
from briefing.mail.relay import Result, ResultKind, Stage
from briefing.setup.clock import now
from briefing.setup.news import publish_edition
from briefing.store import Store, Transaction, deliveries, editions
from tests.mailroom import (
    ANN,
    BO,
    BRIEFING,
    CEM,
    DEE,
    LATE,
    Reader,
    config,
    opened,
    settings,
    subscribe,
    today,
)
from tests.mailroom import publish as publish_today
from tests.newsday import YESTERDAY
from tests.publishing import FIRST, Desk, at, open_at, publish_plan
from tests.store.ready import look, ready_store
from tests.waiting import PATIENCE

AT = datetime(2026, 3, 12, 6, 0, tzinfo=UTC)


def test_one_that_is_closed_just_before_it_looks_ends_without_a_wait() -> None:
    worker = OutboxWorker(lambda: None)

    class Woken(Event):
        """The wake of whoever closes it comes when it was found open, and is not yet cleared."""

        def clear(self) -> None:
            worker._closed.set()
            self.set()
            super().clear()

        def wait(self, timeout: float | None = None) -> bool:
            raise AssertionError(f"it waits for {timeout} seconds though it is closed")

    worker._woken = Woken()
    worker._run()


class Relay:
    """A connection that goes on with its first mail only when the outbox is to end."""

    def __init__(self) -> None:
        self.begun, self.goes = Event(), Event()
        self.taken = list[str]()

    def send(self, _: str, recipient: str, __: bytes, *, ready: object) -> Result:
        self.begun.set()
        assert self.goes.wait(PATIENCE)
        self.taken.append(recipient)
        return Result(ResultKind.SENT, Stage.DATA)

    def close(self) -> None:
        """Nothing is open."""


def put(store: Store, *, mails: int) -> list[int]:
    with store.write() as tx:
        return [
            deliveries.put_mail(
                tx,
                MailKind.ALERT,
                words=f"Disk {n}\nIt is full.",
                at=AT,
                until=AT + timedelta(days=1),
            )
            for n in range(mails)
        ]


def test_one_that_is_to_end_leaves_the_mails_that_it_has_not_begun(tmp_path: Path) -> None:
    relay = Relay()
    dispatch = Dispatch(
        letters=lambda mail: Envelope("desk@a.example", f"{mail.delivery.id}@b.example", b"x"),
        connect=lambda: relay,
        plan=DeliveryPlan(connections=1),
        clock=lambda: AT,
    )
    with ready_store("desk.db", folder=tmp_path) as store:
        first, *others = put(store, mails=5)
        worker = OutboxWorker(lambda: Outbox(store, dispatch))
        worker.__enter__()
        assert relay.begun.wait(PATIENCE)
        ending = Thread(target=worker.__exit__)
        ending.start()
        assert worker._closed.wait(PATIENCE)
        relay.goes.set()
        ending.join(PATIENCE)
        assert relay.taken == [f"{first}@b.example"]
        with store.read() as tx:
            found = [deliveries.get(tx, number) for number in (first, *others)]
        statuses = [mail.status for mail in found if mail]
        assert statuses == [DeliveryStatus.SENT, *[DeliveryStatus.DUE] * 4]
        # Another process sends them at once.
        sent = Outbox(store, dispatch).send()
        assert sent is not None
        assert sent.sent == 4


EDITION = f"{BRIEFING}/{today()}"


def test_everybody_who_wants_the_day_has_a_delivery_at_their_own_time(tmp_path: Path) -> None:
    other = tuple(day for day in range(7) if day != today().weekday())
    publish_today(tmp_path, ANN, BO, DEE, Reader("eve@readers.example", Preferences(days=other)))
    with opened(tmp_path) as store, store.read() as tx:
        made = editions.on(tx, BRIEFING, today())
        found = {one.address: one for one in deliveries.of(tx, EDITION)}
    assert made
    assert set(found) == {ANN.address, BO.address, DEE.address}
    assert {one.status for one in found.values()} == {DeliveryStatus.DUE}
    assert found[ANN.address].due == found[BO.address].due == made.made
    late = datetime.combine(today(), time(23, 59), tzinfo=UTC) + timedelta(hours=12)
    assert DEE.preferences.zone == LATE
    assert found[DEE.address].due == late
    assert found[DEE.address].until == late + timedelta(hours=12)
    assert found[ANN.address].until == made.made + timedelta(hours=12)


def test_an_edition_that_was_published_before_is_not_released_again(tmp_path: Path) -> None:
    publish_today(tmp_path, ANN)
    with opened(tmp_path) as store:
        subscribe(store, CEM)
        assert publish_edition(store, settings=settings(tmp_path), day=today()).printed is None
        with store.read() as tx:
            assert [one.address for one in deliveries.of(tx, EDITION)] == [ANN.address]


def test_an_edition_of_long_ago_goes_to_nobody(tmp_path: Path) -> None:
    config(tmp_path)
    with opened(tmp_path) as store:
        subscribe(store, ANN, BO)
        Desk(store).keep(*FIRST, when=now())
        publish_edition(store, settings=settings(tmp_path), day=YESTERDAY)
        with store.read() as tx:
            assert list(deliveries.of(tx, f"{BRIEFING}/{YESTERDAY}")) == []


def test_when_it_cannot_be_noted_no_edition_is_kept(tmp_path: Path) -> None:
    with open_at(tmp_path) as store:
        Desk(store).keep(*FIRST, when=at(YESTERDAY, 18))
        told: list[str] = []

        def release(tx: Transaction, edition: Edition, moment: datetime) -> None:
            assert moment == at(YESTERDAY, 20)
            assert editions.on(tx, BRIEFING, YESTERDAY)
            told.append(edition.id)
            raise RuntimeError("no room")

        with pytest.raises(RuntimeError, match="no room"):
            publish(
                store,
                publish_plan(release=ReleasePlan(to=release)),
                day=YESTERDAY,
                now=at(YESTERDAY, 20),
            )
        assert look(store, editions.last, BRIEFING) is None
        assert told == [f"{BRIEFING}/{YESTERDAY}"]
