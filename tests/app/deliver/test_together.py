from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest

from briefing.app.deliver import Delivered
from briefing.core.model import DeliveryStatus
from briefing.store import Store, claims
from tests.app.deliver.sending import ClockAhead, expected, ids, reasons
from tests.mail.relays import At, Faulty, fine
from tests.store.readers import audience, release_to, statuses
from tests.waiting import PATIENCE

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

TOGETHER = {"alone": False, "longest": timedelta(minutes=5)}


def test_two_runs_at_once_send_each_mail_once(
    store: Store, other: Store, run: Callable[..., Delivered]
) -> None:
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
    store: Store,
    other: Store,
    run: Callable[..., Delivered],
    clock: ClockAhead,
    *,
    alone: bool,
    resend: bool,
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
        assert "nobody knows whether it arrived" in reasons(store)["r0"]


def test_who_comes_back_after_its_lease_sends_nothing_twice(
    store: Store, other: Store, run: Callable[..., Delivered], clock: ClockAhead
) -> None:
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


def test_a_worker_whose_clock_is_ahead_takes_nothing_from_one_that_sends(
    store: Store, other: Store, run: Callable[..., Delivered], clock: ClockAhead
) -> None:
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
