from dataclasses import replace
from datetime import timedelta

import pytest

from briefing.app.deliver import Delivered
from briefing.core.model import DeliveryStatus, State
from briefing.mail.relay import Result, ResultKind
from briefing.mail.smtp import RelaySession
from briefing.store import Store, deliveries
from tests.app.deliver.sending import HOUR, ClockAhead, Run, at, expected, ids, reasons, state_of
from tests.examples import examples
from tests.mail.relays import HOST, Faulty, always, fine, proof, relay
from tests.store.readers import EDITION, audience, keep_edition, release_to
from tests.waiting import PATIENCE

CLOSED = "relay 127.0.0.1:PORT: the connection was closed"
#: Where, what, what the relay has in the end, and what is known of the mail between the two runs.
PASSING = [
    ("RCPT", "drop", 5, f"{CLOSED} (at RCPT TO)"),
    ("DATA", "drop", 5, f"{CLOSED} (at DATA)"),
    ("dot", "451 4.3.0 Later", 5, "451 4.3.0 Later (at the final dot)"),
    ("dot", "421 4.3.2 Closing", 5, "421 4.3.2 Closing (at the final dot)"),
    ("RCPT", "450 4.2.0 Greylisted", 5, "450 4.2.0 Greylisted (at RCPT TO)"),
    ("dot", "drop", 5, f"{CLOSED} (at the final dot)"),
    ("dot", "take and drop", 6, f"{CLOSED} (at the final dot)"),
    ("dot", "stall", 5, "relay 127.0.0.1:PORT: it did not answer in time (at the final dot)"),
]


class Impatient(RelaySession):
    """Waits for nothing but for the end of one mail in vain."""

    def send(self, sender: str, recipient: str, message: bytes, **_ready: object) -> Result:
        seconds = 0.2 if recipient.startswith("r1@") else PATIENCE
        self._relay = replace(self._relay, dot_seconds=seconds)
        return super().send(sender, recipient, message)


@pytest.mark.parametrize(("step", "doing", "taken", "told"), PASSING)
def test_what_fails_in_passing_is_sent_in_a_later_run(
    store: Store, run: Run, clock: ClockAhead, *, step: str, doing: str, taken: int, told: str
) -> None:
    release_to(store, 5)
    # The first connection has served before: it is made anew once, and fails once more.
    with Faulty(
        fault=at(step, doing, times=2 if step != "dot" and doing == "drop" else 1)
    ).running() as there:
        session = Impatient if doing == "stall" else RelaySession
        first = run(there.port, connect=lambda: session(relay(there.port)))
        assert (first.sent, first.paused) == (4, "")
        assert audience(store) == {DeliveryStatus.SENT: 4, DeliveryStatus.DUE: 1}
        assert reasons(store)["r1"] == told.replace("PORT", str(there.port))
        # Who is given up early, on a busy machine, has not even come to its fault.
        there.fault = fine
        assert run(there.port) == Delivered({})
        clock.ahead = timedelta(minutes=2)
        assert run(there.port).sent == 1
        assert audience(store) == {DeliveryStatus.SENT: 5}
        assert set(ids(there)) == set(expected(5))
        assert len(there.taken) == taken


@pytest.mark.parametrize(("step", "doing"), [("after", "drop"), ("QUIT", "421 Bye")])
def test_what_was_accepted_is_not_sent_again(
    store: Store, run: Run, clock: ClockAhead, *, step: str, doing: str
) -> None:
    release_to(store, 5)
    with Faulty(fault=always(step, doing)).running() as there:
        assert run(there.port) == Delivered({ResultKind.SENT: 5})
        clock.ahead = HOUR
        assert run(there.port) == Delivered({})
        assert ids(there) == expected(5)
    assert audience(store) == {DeliveryStatus.SENT: 5}
    assert set(reasons(store).values()) == {"250 2.0.0 Taken (at the final dot)"}


def test_a_mail_never_taken_has_its_last_answer(store: Store, run: Run, clock: ClockAhead) -> None:
    release_to(store, 2, life=HOUR)
    with Faulty(fault=at("RCPT", "450 4.2.0 Greylisted", times=99)).running() as there:
        waits = 0
        while audience(store).get(DeliveryStatus.EXPIRED, 0) == 0:
            run(there.port)
            clock.ahead += timedelta(minutes=5)
            waits += 1
        assert 6 < waits < 12
    assert audience(store) == {DeliveryStatus.SENT: 1, DeliveryStatus.EXPIRED: 1}
    assert reasons(store)["r1"] == "given up: 450 4.2.0 Greylisted (at RCPT TO)"


@pytest.mark.parametrize(
    ("answer", "after"),
    [("552 5.2.2 Mailbox full", State.BOUNCED), ("550 5.7.1 Looks like spam", State.ACTIVE)],
)
def test_refusals_in_a_row_end_a_reader(store: Store, run: Run, answer: str, after: State) -> None:
    release_to(store, 2)
    with Faulty(fault=at("RCPT", answer, times=99)).running() as there:
        for day in range(3):
            assert state_of(store, "r1") is State.ACTIVE
            if day:
                keep_edition(store, day=day)
            run(there.port, plan={"soft_limit": 3})
    assert state_of(store, "r1") is after
    assert state_of(store, "r0") is State.ACTIVE


@examples("step, doing, told")
def test_a_common_fault_pauses(store: Store, run: Run, *, step: str, doing: str, told: str) -> None:
    release_to(store, 9)
    login = {"relay": {"user": "desk", "password": "hush"}}
    with Faulty(fault=at(step, doing, to=""), offers=("AUTH PLAIN",)).running() as there:
        assert run(there.port, **login) == Delivered({}, told.replace("PORT", str(there.port)))
        assert_nothing_begun(store, 9)
        assert run(there.port, connections=3, **login).sent == 9
        assert ids(there) == expected(9)


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_bad_certificate_pauses_and_blames_nobody(store: Store, run: Run, security: str) -> None:
    release_to(store, 9)
    told = {"relay": {"security": security}}
    there = Faulty(tls=proof("other.example"), implicit=security == "tls")
    with there.running():
        done = run(there.port, connections=2, **told)
    assert done.paused.startswith(f"relay 127.0.0.1:{there.port}: its certificate is not valid: ")
    assert done.attempts == {}
    assert there.mails == 0
    assert_nothing_begun(store, 9)
    with Faulty(tls=proof(), implicit=security == "tls").running() as renewed:
        assert run(renewed.port, connections=2, **told).sent == 9
        assert ids(renewed) == expected(9)


def assert_nothing_begun(store: Store, number: int) -> None:
    assert audience(store) == {DeliveryStatus.DUE: number}
    with store.read() as tx:
        assert {(one.tries, one.reason) for one in deliveries.of(tx, EDITION)} == {(0, "")}


@pytest.mark.parametrize("back", [True, False])
def test_a_relay_is_down_all_day(store: Store, run: Run, clock: ClockAhead, *, back: bool) -> None:
    release_to(store, 5, life=12 * HOUR)
    with Faulty().running() as there:
        port = there.port
    for _ in range(10):
        done = run(port, connections=2)
        assert done == Delivered({}, f"relay {HOST}:{port}: Connection refused (at connecting)")
        clock.ahead += HOUR
    assert_nothing_begun(store, 5)
    clock.ahead += HOUR if back else 3 * HOUR
    with Faulty().running() as there:
        assert run(there.port) == Delivered({ResultKind.SENT: 5} if back else {})
        assert ids(there) == (expected(5) if back else [])
    assert audience(store) == {DeliveryStatus.SENT if back else DeliveryStatus.EXPIRED: 5}
    assert {state_of(store, f"r{one}") for one in range(5)} == {State.ACTIVE}


@examples("step, doing, told")
def test_a_fault_for_all_pauses(store: Store, run: Run, step: str, doing: str, told: str) -> None:
    release_to(store, 30)
    with Faulty(fault=at(step, doing, to="", times=999)).running() as there:
        done = run(there.port, plan={"patience": 4, "refusals": 4})
    assert told in done.paused
    # The last is recorded as the next begins.
    assert sum(done.attempts.values()) in {4, 5}
    assert {state_of(store, f"r{one}") for one in range(30)} == {State.ACTIVE}
