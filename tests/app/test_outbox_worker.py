from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread

from briefing.app.deliver import DeliveryPlan, Dispatch, Envelope
from briefing.app.outbox import Outbox, OutboxWorker
from briefing.core.model import DeliveryStatus, MailKind
from briefing.mail.relay import Result, ResultKind, Stage
from briefing.store import Store, deliveries
from tests.store.ready import ready_store
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

    def send(self, _sender: str, recipient: str, _message: bytes) -> Result:
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
    with closing(ready_store("desk.db", folder=tmp_path)) as store:
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
