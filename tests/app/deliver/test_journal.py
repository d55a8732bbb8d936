"""What only the journal beside a store has is not lost, whoever needs it first."""

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date
from typing import Any

import pytest

from briefing.app.deliver import Claimed
from briefing.app.editions import Withdraw, withdraw
from briefing.core.errors import StoreError
from briefing.core.model import DeliveryStatus
from briefing.store import Store, Transaction, claims, deliveries
from briefing.store.audit import Actor
from briefing.store.claims import Journal, Settlement
from tests.app.deliver.sending import HOUR, ClockAhead, Run, expected, ids
from tests.mail.relays import Faulty
from tests.store.readers import EDITION, audience, leave, release_to, statuses
from tests.store.ready import act

pytestmark = [
    pytest.mark.allow_hosts(["127.0.0.1"]),
    # Only a store in a file has one.
    pytest.mark.parametrize("at", ["sqlite"], indirect=True),
]


Writing = Callable[[], AbstractContextManager[Transaction]]


def begin(journal: Journal, claimed: Claimed, *, clock: ClockAhead) -> bool:
    return journal.begin({"a/0": claimed.delivery}, at=clock(), lease=HOUR)


def claim(write: Writing, journal: Journal, *, clock: ClockAhead) -> tuple[Claimed, ...]:
    with write() as tx:
        journal.settle(tx, ["a/0"])
        return claims.claim(tx, worker="a/0", at=clock(), lease=HOUR, limit=9, resend=True)


def killed(store: Store, *, clock: ClockAhead) -> None:
    """Send to r0, begin to send to r1, and get no further."""
    journal = Journal(store.place, alone=True)
    with store.writer() as write:
        first, second, *_ = claim(write, journal, clock=clock)
        assert begin(journal, first, clock=clock)
        is_sent: dict[str, Any] = {"status": DeliveryStatus.SENT, "tries": 1, "worker": "a/0"}
        journal.end("a/0", [Settlement(first.delivery.id, at=clock(), **is_sent)])
        assert begin(journal, second, clock=clock)
    journal.sync("a/0")
    journal.close()
    assert audience(store) == {DeliveryStatus.CLAIMED: 3}


@pytest.mark.parametrize("resend", [True, False])
def test_a_killed_run_is_known(store: Store, run: Run, clock: ClockAhead, *, resend: bool) -> None:
    release_to(store, 3)
    killed(store, clock=clock)
    with store.place.beside("deliveries").open("ab") as file:
        file.write(b'{"settled": [{"number_": 3, "sta')  # as when the power is cut
    with Faulty().running() as there:
        run(there.port, plan={"resend": resend})
        assert ids(there) == [f"<r{one}@desk.example>" for one in ((1, 2) if resend else (2,))]
    doubtful = DeliveryStatus.SENT if resend else DeliveryStatus.HELD
    sent = DeliveryStatus.SENT
    assert statuses(store) == {"r0": sent, "r1": doubtful, "r2": sent}
    assert store.place.beside("deliveries").read_bytes() == b""


def test_a_decision_made_since_a_kill_stands(store: Store, run: Run, clock: ClockAhead) -> None:
    release_to(store, 3)
    killed(store, clock=clock)
    with store.write() as tx:
        deliveries.renew(tx, next(deliveries.of(tx, EDITION)).id, at=clock(), until=clock() + HOUR)
    with Faulty().running() as there:
        assert run(there.port).sent == 3
        assert ids(there) == expected(3)


def test_after_a_kill_a_withdrawal_is_told_as_well(store: Store, clock: ClockAhead) -> None:
    release_to(store, 3)
    killed(store, clock=clock)
    asked = Withdraw("Ostra Desk", date(2026, 3, 12), tell_readers=True)
    done = act(store, withdraw, asked, actor=Actor("command", clock()))
    assert (done.canceled, done.notices) == (1, 2)
    assert [*statuses(store).values()] == [
        DeliveryStatus.SENT,
        DeliveryStatus.CLAIMED,
        DeliveryStatus.SKIPPED,
    ]


def test_the_store_decides_once_others_write(store: Store, other: Store, clock: ClockAhead) -> None:
    release_to(store, 3)
    journal = Journal(store.place, alone=True)
    with store.writer() as write:
        assert not journal.begin({}, at=clock(), lease=HOUR)  # nothing is claimed
        first, second, third = claim(write, journal, clock=clock)
        assert begin(journal, first, clock=clock)
        with other.read():
            assert begin(journal, second, clock=clock)
        leave(other, 2)
        assert not begin(journal, third, clock=clock)
        # What was claimed before that stays for the store to decide.
        with write() as tx:
            journal.settle(tx, [])
        journal.clear()
        assert not begin(journal, third, clock=clock)
    journal.close()


def test_what_a_full_disk_does_not_take_is_for_the_store(store: Store, clock: ClockAhead) -> None:
    release_to(store, 2)
    journal = Journal(store.place, alone=True)
    with store.writer() as write:
        first, second = claim(write, journal, clock=clock)
        assert begin(journal, first, clock=clock)
        full = os.open("/dev/full", os.O_WRONLY)
        assert journal._file is not None
        os.dup2(full, journal._file)
        os.close(full)
        assert not begin(journal, second, clock=clock)
    with pytest.raises(StoreError, match=r"its journal: Invalid argument"):
        journal.sync("a/0")
    journal.close()
