import threading
import time
from collections import Counter
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest

from briefing.app.deliver import Claimed, Delivered, DeliveryPlan, Dispatch, Envelope
from briefing.app.deliver.worker import DeliveryLog, DeliveryWorker, Rhythm
from briefing.core.errors import BusyError, StoreError
from briefing.core.model import Consent, DeliveryStatus, State
from briefing.mail.relay import Pace, Result, ResultKind, Stage
from briefing.store import Store, claims, deliveries, subscribers
from tests.app.deliver.sending import (
    HOUR,
    ClockAhead,
    Run,
    expected,
    ids,
    letter,
    reasons,
    subscriber,
)
from tests.mail.relays import At, Faulty, fine, real
from tests.store.readers import EDITION, audience, keep_edition, release_to, statuses
from tests.store.ready import act
from tests.waiting import PATIENCE


@pytest.mark.parametrize("connections", [1, 3])
def test_every_subscriber_gets_the_edition_once(store: Store, run: Run, connections: int) -> None:
    release_to(store, 20)
    seen: list[str] = []
    with real() as (port, taken):
        watch = lambda one, result: seen.append(f"{one.to.address} {result.kind}")  # noqa: E731
        assert run(port, connections=connections, watch=watch) == Delivered({ResultKind.SENT: 20})
        assert run(port, connections=connections) == Delivered({})
    assert sorted(mail.id for mail in taken) == expected(20)
    assert audience(store) == {DeliveryStatus.SENT: 20}
    assert sorted(seen) == sorted(f"r{one}@town.example sent" for one in range(20))
    assert reasons(store)["r1"] == "250 2.0.0 Taken (at the final dot)"


def test_who_leaves_gets_no_more(store: Store, other: Store, run: Run, clock: ClockAhead) -> None:
    release_to(store, 9)
    # r0's mail is on its way; r1 is next, r2 in the same batch, r8 is claimed in a later one.
    leaving = [subscriber(store, name).id for name in ("r0", "r1", "r2", "r8")]

    def leave(where: At) -> str:
        if where.step == "RCPT" and where.to.startswith("r0@"):
            with other.write() as tx:
                for number in leaving:
                    consent = Consent(clock(), "left", "one-click")
                    subscribers.change_state(tx, number, State.UNSUBSCRIBED, consent=consent)
        return ""

    with Faulty(fault=leave).running() as there:
        assert run(there.port).sent == 6
        assert ids(there) == [f"<r{one}@desk.example>" for one in (0, 3, 4, 5, 6, 7)]
    assert audience(store) == {DeliveryStatus.SENT: 6, DeliveryStatus.SKIPPED: 3}
    assert reasons(store)["r1"] == "no longer subscribed when its turn came"


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_an_error_gives_back_the_unsent(store: Store, run: Run, error: type[BaseException]) -> None:
    release_to(store, 30)
    made = Counter[str]()

    def broken(one: Claimed) -> Envelope:
        made["letters"] += 1
        if made["letters"] == 5:
            raise error("no more")
        return letter(one)

    with Faulty().running() as there:
        with pytest.raises(error, match="no more"):
            run(there.port, connections=2, letters=broken)
        sent = len(there.taken)
        assert 2 <= sent < 30
        assert audience(store) == {DeliveryStatus.SENT: sent, DeliveryStatus.DUE: 30 - sent}
        run(there.port)
        assert ids(there) == expected(30)


def rename(store: Store, was: str, to: str) -> None:
    """Take the table of deliveries away, or bring it back."""
    with store.write() as tx:
        tx.exec_driver_sql(f"ALTER TABLE {was} RENAME TO {to}")


def test_a_store_that_fails_stops_the_run_before_the_next_mail(store: Store, run: Run) -> None:
    release_to(store, 9)

    def spoil(where: At) -> str:
        if (where.step, where.mail) == ("RCPT", 4):
            rename(store, "delivery", "lost")
        return ""

    with Faulty(fault=spoil).running() as there:
        try:
            with pytest.raises(StoreError, match=r"no such table|does not exist"):
                run(there.port)
        finally:
            rename(store, "lost", "delivery")
        # The fourth has arrived and nobody could write it down: it is in doubt, and only it.
        assert ids(there) == expected(4)
        assert run(there.port).sent == 6
        assert Counter(ids(there)) == Counter([*expected(9), "<r3@desk.example>"])


class Line:
    """A connection, by which mails are taken."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    def send(self, sender: str, recipient: str, message: bytes, **_ready: object) -> Result:
        assert sender
        assert message
        self.sent.append(recipient)
        return self.taken()

    def taken(self) -> Result:
        return Result(ResultKind.SENT, Stage.DOT, 250, "OK")

    def close(self) -> None:
        pass


class Spoiler(Line):
    """A connection: its second mail is taken, and nobody can write that down until it is closed."""

    def __init__(self, store: Store) -> None:
        super().__init__()
        self._store = store

    def taken(self) -> Result:
        if len(self.sent) == 2:
            rename(self._store, "delivery", "lost")
        return super().taken()

    def close(self) -> None:
        if len(self.sent) == 2:
            rename(self._store, "lost", "delivery")


def test_what_was_sent_before_a_store_failed_is_not_sent_again(store: Store, run: Run) -> None:
    release_to(store, 4)
    line = Spoiler(store)
    with pytest.raises(StoreError, match=r"no such table|does not exist"):
        run(1, connect=lambda: line)
    assert audience(store) == {DeliveryStatus.SENT: 2, DeliveryStatus.DUE: 2}
    assert run(1, connect=lambda: line) == Delivered({ResultKind.SENT: 2})
    assert line.sent == [f"r{one}@town.example" for one in range(4)]


class Interrupted(Line):
    """A connection whose mail is taken only after the run has been interrupted and is over."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.over, self.closed = (threading.Event() for _ in range(3))

    def taken(self) -> Result:
        self.begun.set()
        assert self.over.wait(PATIENCE)
        return super().taken()

    def close(self) -> None:
        self.closed.set()


def test_a_connection_ends_with_an_interrupted_run(store: Store, clock: ClockAhead) -> None:
    release_to(store, 2)
    line, plan = Interrupted(), DeliveryPlan(connections=1)
    dispatch = Dispatch(letters=letter, connect=lambda: line, plan=plan, clock=clock)
    # As after a second Ctrl-C, which ends the wait for the connections.
    with DeliveryLog(store, dispatch) as log:
        rhythm = Rhythm(Pace(plan.rates), clock=clock, sleep=time.sleep, stop=log.stop)
        worker = DeliveryWorker("a", dispatch, log, rhythm)

        def carry() -> None:
            with pytest.raises(InterruptedError, match="the run has ended"):
                worker.carry()

        carrying = threading.Thread(target=carry, daemon=True)
        carrying.start()
        assert line.begun.wait(PATIENCE)
        log.stop.set()
    line.over.set()
    carrying.join(PATIENCE)
    assert line.closed.is_set()
    assert not carrying.is_alive()
    # It is in doubt, as after a kill.
    assert statuses(store)["r0"] is DeliveryStatus.CLAIMED


def test_one_process_delivers_at_a_time_unless_all_share_it(other: Store, run: Run) -> None:
    with Faulty().running() as there, other.alone("deliver"):
        for plan in ({}, {"alone": False}):
            with pytest.raises(BusyError, match="is running 'deliver'"):
                run(there.port, plan=plan)
    with Faulty().running() as there, other.alone("deliver", shared=True):
        assert run(there.port, plan={"alone": False}) == Delivered({})
        with pytest.raises(BusyError, match="is running 'deliver'"):
            run(there.port)


class Slow(Line):
    """A connection on which time passes while a mail is sent."""

    def __init__(self, clock: ClockAhead, by: timedelta) -> None:
        super().__init__()
        self._clock, self._by = clock, by

    def taken(self) -> Result:
        self._clock.ahead += self._by
        return super().taken()


class Pair(Line):
    """Two connections: one begins a mail, which ends when the other has paused the run."""

    def __init__(self) -> None:
        super().__init__()
        self._first, self._paused = threading.Lock(), threading.Event()

    def taken(self) -> Result:
        if not self._first.acquire(blocking=False):
            return Result(ResultKind.PAUSE, Stage.AUTH, 535, "Wrong")
        assert self._paused.wait(PATIENCE)
        return super().taken()

    def close(self) -> None:
        self._paused.set()


def test_when_one_connection_pauses_the_others_begin_no_mail(store: Store, run: Run) -> None:
    release_to(store, 5)
    pair = Pair()
    done = run(1, connections=2, connect=lambda: pair, plan={"batch": 1})
    assert done == Delivered({ResultKind.SENT: 1}, "535 Wrong (at logging in)")
    assert len(pair.sent) == 2
    assert audience(store) == {DeliveryStatus.SENT: 1, DeliveryStatus.DUE: 4}


@pytest.mark.parametrize(("minutes", "sent"), [(6, 7), (60, 1)])
def test_what_waited_too_long_is_claimed_anew_or_is_not_sent_any_more(
    store: Store, run: Run, clock: ClockAhead, *, minutes: int, sent: int
) -> None:
    release_to(store, 7, life=HOUR)
    line = Slow(clock, timedelta(minutes=minutes))
    assert run(1, connect=lambda: line, plan={"longest": timedelta(minutes=5)}).sent == sent
    assert line.sent == [f"r{one}@town.example" for one in range(sent)]
    assert statuses(store)["r6"] is (DeliveryStatus.SENT if sent == 7 else DeliveryStatus.EXPIRED)


@pytest.mark.parametrize("at", ["sqlite"], indirect=True)  # the store's own suite has both
def test_a_store_put_back_holds(store: Store, run: Run, clock: ClockAhead, tmp_path: Path) -> None:
    from briefing.store.backup import restore  # noqa: PLC0415
    from tests.store.ready import backup  # noqa: PLC0415

    backup(store, tmp_path / "empty.backup", at=clock())
    release_to(store, 6)
    backup(store, tmp_path / "released.backup", at=clock())
    with ExitStack() as stack:
        there = stack.enter_context(Faulty().running())
        assert run(there.port).sent == 6
        for name, remade in (("released", False), ("empty", True)):
            store.close()
            restore("desk.db", folder=tmp_path, source=tmp_path / f"{name}.backup", replace=True)
            if remade:
                done = run(there.port)
                release_to(store, 6)
            done = run(there.port)
            assert done.sent == 0
            assert done.suspect == (0 if remade else 6)
            assert audience(store) == {DeliveryStatus.HELD: 6}
            assert "put back from a backup" in reasons(store)["r1"]
        # Tomorrow's goes out, and a person decides about today's.
        keep_edition(store, day=1)
        assert run(there.port).sent == 6
        assert act(store, deliveries.decide, EDITION, send=True, at=clock()) == 6
        assert run(there.port).sent == 6


TOGETHER = {"alone": False, "longest": timedelta(minutes=5)}


def test_two_runs_at_once_send_each_mail_once(store: Store, other: Store, run: Run) -> None:
    release_to(store, 60)
    done: list[Delivered] = []
    all_begun = threading.Barrier(4, timeout=PATIENCE)

    def meet(at: At) -> str:
        if at.step == "MAIL" and at.here == 1:
            all_begun.wait()
        return ""

    def send(name: str, at: Store) -> None:
        told = {"connections": 2, "plan": TOGETHER, "store": at}
        done.append(run(there.port, name=lambda: name, **told))

    with Faulty(fault=meet).running() as there:
        crew = [threading.Thread(target=send, args=one) for one in (("a", store), ("b", other))]
        for one in crew:
            one.start()
        for one in crew:
            one.join()
        assert ids(there) == expected(60)
    assert len(done) == 2
    assert sum(one.sent for one in done) == 60
    assert audience(store) == {DeliveryStatus.SENT: 60}


@pytest.mark.parametrize("resend", [True, False])
@pytest.mark.parametrize("alone", [True, False])
def test_what_a_killed_worker_held_is_free_when_its_lease_is_over(
    store: Store, other: Store, run: Run, clock: ClockAhead, *, alone: bool, resend: bool
) -> None:
    release_to(store, 4)
    lease = timedelta(minutes=10)
    with other.write() as tx:
        first, _ = claims.claim(
            tx, worker="dead/0", at=clock(), lease=lease, limit=2, resend=resend
        )
        claims.begin(tx, {first.delivery.id: "dead/0"}, at=clock(), lease=lease)
    plan = {**TOGETHER, "alone": alone, "resend": resend}
    with Faulty().running() as there:
        if not alone:
            # Another process may still be sending them; alone there is none.
            assert run(there.port, plan=plan).sent == 2
            assert audience(store) == {DeliveryStatus.CLAIMED: 2, DeliveryStatus.SENT: 2}
            clock.ahead = lease
        run(there.port, plan=plan)
        assert ids(there) == (expected(4) if resend else expected(4)[1:])
    assert statuses(store)["r0"] is (DeliveryStatus.SENT if resend else DeliveryStatus.HELD)
    assert audience(store).get(DeliveryStatus.SENT) == (4 if resend else 3)
    if not resend:
        assert "it may or may not have arrived" in reasons(store)["r0"]


def test_who_is_late_sends_no_more(store: Store, other: Store, run: Run, clock: ClockAhead) -> None:
    release_to(store, 3)
    with Faulty().running() as there:

        def asleep(at: At) -> str:
            if at.step == "DATA":
                # The process sleeps for longer than its lease, and another one goes on.
                there.fault = fine
                clock.ahead += timedelta(minutes=11)
                run(there.port, name=lambda: "b", plan=TOGETHER, store=other)
            return ""

        there.fault = asleep
        first = run(there.port, name=lambda: "a", plan=TOGETHER)
        seen = ids(there)
    assert set(seen) == set(expected(3))
    # The one that was on its way when it fell asleep is the one in doubt.
    assert seen.count("<r0@desk.example>") == 2
    assert len(seen) == 4
    assert first.sent == 1
    assert audience(store) == {DeliveryStatus.SENT: 3}


def test_a_fast_clock_takes_none(store: Store, other: Store, run: Run, clock: ClockAhead) -> None:
    release_to(store, 3)
    plan = {**TOGETHER, "watched": True}
    with Faulty().running() as there:

        def ahead(at: At) -> str:
            if at.step == "DATA":
                there.fault = fine
                clock.ahead = timedelta(hours=1)
                assert run(there.port, name=lambda: "b", plan=plan, store=other).sent == 0
                clock.ahead = timedelta()
            return ""

        there.fault = ahead
        assert run(there.port, name=lambda: "a", plan=plan).sent == 3
        assert ids(there) == expected(3)
    assert audience(store) == {DeliveryStatus.SENT: 3}
