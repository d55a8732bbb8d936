from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

import pytest

from briefing.deliver import Claimed, Delivered, Envelope, Line, Plan, deliver
from briefing.errors import BusyError, InputError, StoreError
from briefing.mail.pace import Rates
from briefing.mail.relay import Kind, Result, Stage
from briefing.mail.smtp import Session
from briefing.model import Consent, Fate, State
from briefing.store import Store, deliveries, open_store, subscribers
from tests.mail.relays import At, Fault, Faulty, fine, real, relay
from tests.store.readers import EDITION, audience, fates, keep_edition, release_to

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

HOUR = timedelta(hours=1)


class Clock:
    """The real time, and later by as much as a test wants."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store("desk.db", folder=tmp_path)
    yield store
    store.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def run(store: Store, clock: Clock) -> Callable[..., Delivered]:
    """Return what runs a delivery; every failure of a step ends in a second."""

    def run(port: int, *, connections: int = 1, **told: Any) -> Delivered:
        settings = relay(port, **told.pop("relay", {}))
        given: dict[str, Any] = {
            "run": "test",
            "letters": letter,
            "connect": lambda: Session(settings),
            "plan": Plan(connections=connections, batch=3, **told.pop("plan", {})),
            "clock": clock,
            "sleep": time.sleep,
            "chance": lambda: 0.5,
        }
        return deliver(store, **{**given, **told})

    return run


def letter(one: Claimed) -> Envelope:
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"] = "desk@desk.example", one.to.address
    mail["Message-ID"] = f"<{one.to.address.partition('@')[0]}@desk.example>"
    mail.set_content("Two berths.\n")
    return Envelope(f"bounce+{one.delivery.id}@desk.example", one.to.address, mail.as_bytes())


def ids(there: Faulty) -> list[str]:
    return sorted(mail.id for mail in there.taken)


def expected(number: int) -> list[str]:
    return sorted(f"<r{one}@desk.example>" for one in range(number))


def at(step: str, doing: str, *, to: str = "r1@", times: int = 1) -> Fault:
    """Fail at a step of the mails to one reader, so many times."""
    left = [times]

    def fault(where: At) -> str:
        hit = where.step == step and where.to.startswith(to) and left[0] > 0
        left[0] -= hit
        return doing if hit else ""

    return fault


def reasons(store: Store) -> dict[str, str]:
    with store.read() as tx:
        return {one.address.partition("@")[0]: one.reason for one in deliveries.of(tx, EDITION)}


def state_of(store: Store, name: str) -> State:
    with store.read() as tx:
        found = subscribers.find(tx, f"{name}@town.example")
    assert found is not None
    return found.state


@pytest.mark.parametrize("connections", [1, 3])
def test_every_subscriber_gets_the_edition_once(
    store: Store, run: Callable[..., Delivered], connections: int
) -> None:
    release_to(store, 20)
    seen: list[str] = []
    with real() as (port, taken):
        watch = lambda one, result: seen.append(f"{one.to.address} {result.kind}")  # noqa: E731
        done = run(port, connections=connections, watch=watch)
        assert done == Delivered({Kind.SENT: 20})
        assert run(port, connections=connections) == Delivered({})
    assert sorted(mail.id for mail in taken) == expected(20)
    assert audience(store) == {Fate.SENT: 20}
    assert sorted(seen) == sorted(f"r{one}@town.example sent" for one in range(20))
    assert reasons(store)["r1"] == "250 2.0.0 Taken (at the final dot)"


#: Where, what, what the relay has after the second run, and what stands of the mail then.
PASSING = [
    ("RCPT", "drop", 5),
    ("DATA", "drop", 5),
    ("dot", "451 4.3.0 Later", 5),
    ("dot", "421 4.3.2 Closing", 5),
    ("RCPT", "450 4.2.0 Greylisted", 5),
    ("dot", "drop", 5),
    ("dot", "take and drop", 6),
    ("dot", "stall", 5),
]


@pytest.mark.parametrize(("step", "doing", "taken"), PASSING)
def test_what_fails_in_passing_is_sent_in_a_later_run(
    store: Store,
    run: Callable[..., Delivered],
    clock: Clock,
    *,
    step: str,
    doing: str,
    taken: int,
) -> None:
    release_to(store, 5)
    short = {"relay": {"dot_seconds": 0.2, "answer_seconds": 0.2}}
    # The first connection has served before: it is made anew once, and fails once more.
    with Faulty(
        fault=at(step, doing, times=2 if step != "dot" and doing == "drop" else 1)
    ).running() as there:
        first = run(there.port, **short)
        assert (first.sent, first.paused) == (4, "")
        assert audience(store) == {Fate.SENT: 4, Fate.DUE: 1}
        assert run(there.port, **short) == Delivered({})
        clock.ahead = timedelta(minutes=2)
        assert run(there.port, **short).sent == 1
        assert audience(store) == {Fate.SENT: 5}
        assert set(ids(there)) == set(expected(5))
        assert len(there.taken) == taken


@pytest.mark.parametrize("fault", [at("after", "drop"), at("QUIT", "421 Bye", to="", times=9)])
def test_what_was_accepted_is_not_sent_again(
    store: Store, run: Callable[..., Delivered], fault: Fault
) -> None:
    release_to(store, 5)
    with Faulty(fault=fault).running() as there:
        assert run(there.port).sent == 5
        assert ids(there) == expected(5)
    assert audience(store) == {Fate.SENT: 5}


def test_a_relay_that_ends_connections_after_some_mails_gets_all(
    store: Store, run: Callable[..., Delivered]
) -> None:
    release_to(store, 12)
    tired: Fault = lambda at: "421 Enough" if at.step == "MAIL" and at.here > 3 else ""  # noqa: E731
    with Faulty(fault=tired).running() as there:
        assert run(there.port, connections=2).sent == 12
        assert ids(there) == expected(12)


def test_in_doubt_a_mail_is_held_when_told_so(
    store: Store, run: Callable[..., Delivered], clock: Clock
) -> None:
    release_to(store, 5)
    with Faulty(fault=at("dot", "take and drop")).running() as there:
        assert run(there.port, plan={"resend": False}).sent == 4
        clock.ahead = HOUR
        assert run(there.port, plan={"resend": False}).sent == 0
        assert ids(there) == expected(5)
        assert audience(store) == {Fate.SENT: 4, Fate.HELD: 1}
        assert "the connection was closed (at the final dot)" in reasons(store)["r1"]
        with store.write() as tx:
            assert deliveries.decide(tx, EDITION, send=False, at=clock()) == 1
    assert audience(store) == {Fate.SENT: 4, Fate.SKIPPED: 1}


def test_in_doubt_a_mail_is_sent_again_only_once(
    store: Store, run: Callable[..., Delivered], clock: Clock
) -> None:
    release_to(store, 2)
    with Faulty(fault=at("dot", "take and drop", times=9)).running() as there:
        for _ in range(3):
            run(there.port)
            clock.ahead += HOUR
        assert Counter(ids(there)) == {"<r0@desk.example>": 1, "<r1@desk.example>": 2}
    assert audience(store) == {Fate.SENT: 1, Fate.HELD: 1}


def test_a_mail_that_is_never_taken_expires_with_its_last_answer(
    store: Store, run: Callable[..., Delivered], clock: Clock
) -> None:
    release_to(store, 2, life=HOUR)
    with Faulty(fault=at("RCPT", "450 4.2.0 Greylisted", times=99)).running() as there:
        waits = 0
        while audience(store).get(Fate.EXPIRED, 0) == 0:
            run(there.port)
            clock.ahead += timedelta(minutes=5)
            waits += 1
        assert 6 < waits < 12
    assert audience(store) == {Fate.SENT: 1, Fate.EXPIRED: 1}
    assert reasons(store)["r1"] == "given up: 450 4.2.0 Greylisted (at RCPT TO)"


def test_an_edition_past_its_life_is_not_sent(
    store: Store, run: Callable[..., Delivered], clock: Clock
) -> None:
    release_to(store, 5, life=HOUR)
    clock.ahead = 2 * HOUR
    with Faulty().running() as there:
        assert run(there.port) == Delivered({})
        assert there.connections == 0
    assert audience(store) == {Fate.EXPIRED: 5}


def test_a_dead_address_ends_the_subscription(store: Store, run: Callable[..., Delivered]) -> None:
    release_to(store, 3)
    with Faulty(fault=at("RCPT", "550 5.1.1 No such user")).running() as there:
        assert run(there.port).attempts == {Kind.SENT: 2, Kind.REFUSED: 1}
    assert audience(store) == {Fate.SENT: 2, Fate.REFUSED: 1}
    assert state_of(store, "r1") is State.BOUNCED
    with store.read() as tx:
        assert subscribers.is_suppressed(tx, "R1@town.example")
        *_, last = subscribers.consents(tx, 2)
    assert (last.what, last.how, last.words) == (
        "bounced",
        "bounce",
        "550 5.1.1 No such user (at RCPT TO)",
    )


@pytest.mark.parametrize(
    ("answer", "after"),
    [("552 5.2.2 Mailbox full", State.BOUNCED), ("550 5.7.1 Looks like spam", State.ACTIVE)],
)
def test_refusals_in_a_row_end_a_subscription_unless_they_are_about_us(
    store: Store, run: Callable[..., Delivered], answer: str, after: State
) -> None:
    release_to(store, 2)
    with Faulty(fault=at("RCPT", answer, times=99)).running() as there:
        for day in range(3):
            assert state_of(store, "r1") is State.ACTIVE
            if day:
                keep_edition(store, day=day)
            run(there.port, plan={"soft_limit": 3})
    assert state_of(store, "r1") is after
    assert state_of(store, "r0") is State.ACTIVE


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (at("AUTH", "535 5.7.8 Wrong", to=""), "535 relay 127.0.0.1:PORT: 5.7.8 Wrong"),
        (at("greeting", "421 Busy", to=""), "421 relay 127.0.0.1:PORT: Busy (at the greeting)"),
        (at("MAIL", "553 5.1.8 Who?", to=""), "553 relay 127.0.0.1:PORT: 5.1.8 Who?"),
    ],
)
def test_what_concerns_all_pauses_the_run_and_blames_nobody(
    store: Store, run: Callable[..., Delivered], fault: Fault, told: str
) -> None:
    release_to(store, 9)
    login = {"relay": {"user": "desk", "password": "hush"}}
    with Faulty(fault=fault, offers=("AUTH PLAIN",)).running() as there:
        done = run(there.port, **login)
        assert told.replace("PORT", str(there.port)) in done.paused
        assert done.attempts == {}
        assert audience(store) == {Fate.DUE: 9}
        with store.read() as tx:
            assert {one.tries for one in deliveries.of(tx, EDITION)} == {0}
        assert run(there.port, connections=3, **login).sent == 9
        assert ids(there) == expected(9)


def test_a_relay_that_is_down_all_day_costs_nobody_anything(
    store: Store, run: Callable[..., Delivered], clock: Clock
) -> None:
    release_to(store, 5, life=12 * HOUR)
    with Faulty().running() as there:
        port = there.port
    for _ in range(10):
        assert "Connection refused" in run(port, connections=2).paused
        clock.ahead += HOUR
    assert audience(store) == {Fate.DUE: 5}
    clock.ahead += 3 * HOUR
    assert run(port).paused == ""
    assert audience(store) == {Fate.EXPIRED: 5}
    assert {state_of(store, f"r{one}") for one in range(5)} == {State.ACTIVE}


@pytest.mark.parametrize(
    ("step", "doing", "told"),
    [
        ("RCPT", "550 5.7.1 Relaying denied", "4 mails in a row were refused"),
        ("MAIL", "451 4.3.0 Disk full", "4 mails in a row failed"),
        ("DATA", "drop", "4 mails in a row failed"),
    ],
)
def test_a_relay_that_fails_for_everybody_is_not_asked_for_everybody(
    store: Store, run: Callable[..., Delivered], step: str, doing: str, told: str
) -> None:
    release_to(store, 30)
    with Faulty(fault=at(step, doing, to="", times=999)).running() as there:
        done = run(there.port, plan={"patience": 4, "refusals": 4})
    assert told in done.paused
    # The last is recorded while the next is on its way.
    assert sum(done.attempts.values()) in {4, 5}
    assert {state_of(store, f"r{one}") for one in range(30)} == {State.ACTIVE}


def test_who_leaves_in_mid_run_gets_nothing_even_when_their_mail_is_on_its_way(
    store: Store, run: Callable[..., Delivered], clock: Clock
) -> None:
    release_to(store, 9)

    def leave(where: At) -> str:
        # r1's own mail is being sent; r8 is claimed in a later batch, r2 in this one.
        if where.step == "RCPT" and where.to.startswith("r0@"):
            with store.write() as tx:
                for number in (2, 3, 9):
                    consent = Consent(clock(), "left", "one-click")
                    subscribers.change_state(tx, number, State.UNSUBSCRIBED, consent=consent)
        return ""

    with Faulty(fault=leave).running() as there:
        assert run(there.port).sent == 6
        assert ids(there) == [f"<r{one}@desk.example>" for one in (0, 3, 4, 5, 6, 7)]
    assert audience(store) == {Fate.SENT: 6, Fate.SKIPPED: 3}


def test_a_letter_that_cannot_be_made_is_refused_alone(
    store: Store, run: Callable[..., Delivered]
) -> None:
    release_to(store, 4)

    def picky(one: Claimed) -> Envelope:
        if one.to.address.startswith("r2"):
            raise InputError("no mail can be sent to 'r2'")
        return letter(one)

    with Faulty().running() as there:
        assert run(there.port, letters=picky).attempts == {Kind.SENT: 3, Kind.REFUSED: 1}
    assert fates(store)["r2"] is Fate.REFUSED
    assert state_of(store, "r2") is State.ACTIVE


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_an_error_stops_all_and_gives_back_what_was_not_sent(
    store: Store, run: Callable[..., Delivered], error: type[BaseException]
) -> None:
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
        assert audience(store) == {Fate.SENT: sent, Fate.DUE: 30 - sent}
        run(there.port)
        assert ids(there) == expected(30)


def test_a_store_that_fails_stops_the_run_before_a_final_dot(
    store: Store, run: Callable[..., Delivered]
) -> None:
    release_to(store, 9)
    with Faulty().running() as there:

        def spoil(one: Claimed) -> Envelope:
            with store.write() as tx:
                if one.to.address.startswith("r4"):
                    tx.exec_driver_sql("ALTER TABLE delivery RENAME TO lost")
            return letter(one)

        with pytest.raises(StoreError, match="no such table"):
            run(there.port, letters=spoil)
        assert "<r4@desk.example>" not in ids(there)


def test_one_process_delivers_at_a_time(
    store: Store, run: Callable[..., Delivered], tmp_path: Path
) -> None:
    other = open_store("desk.db", folder=tmp_path)
    with Faulty().running() as there, other.alone("deliver"):
        with pytest.raises(BusyError, match="does 'deliver'"):
            run(there.port)
        assert run(there.port, plan={"alone": False}) == Delivered({})
    other.close()


def test_two_runs_at_once_share_the_work(store: Store, run: Callable[..., Delivered]) -> None:
    release_to(store, 40)
    done: list[Delivered] = []
    with Faulty().running() as there:
        crew = [
            threading.Thread(
                target=lambda name=name: done.append(
                    run(there.port, run=name, plan={"alone": False})
                )
            )
            for name in ("a", "b")
        ]
        for one in crew:
            one.start()
        for one in crew:
            one.join()
        assert ids(there) == expected(40)
    assert sum(one.sent for one in done) == 40


class Slow:
    """A connection on which time passes while a mail is sent."""

    def __init__(self, clock: Clock, by: timedelta) -> None:
        self._clock, self._by = clock, by
        self.sent: list[str] = []

    def send(
        self, sender: str, recipient: str, message: bytes, *, may_end: Callable[[], bool]
    ) -> Result:
        assert sender
        assert message
        if not may_end():
            return Result(Kind.WITHDRAWN, Stage.BODY)
        self._clock.ahead += self._by
        self.sent.append(recipient)
        return Result(Kind.SENT, Stage.DOT, 250, "OK")

    def close(self) -> None:
        pass


def test_what_has_waited_too_long_is_claimed_anew(
    store: Store, run: Callable[..., Delivered], clock: Clock
) -> None:
    release_to(store, 7)
    line = Slow(clock, timedelta(minutes=6))
    connect: Callable[[], Line] = lambda: line  # noqa: E731
    assert run(1, connect=connect, plan={"longest": timedelta(minutes=5)}).sent == 7
    assert line.sent == [f"r{one}@town.example" for one in range(7)]


def test_a_mail_whose_life_ends_while_it_waits_is_not_sent(
    store: Store, run: Callable[..., Delivered], clock: Clock
) -> None:
    release_to(store, 3, life=HOUR)
    line = Slow(clock, HOUR)
    connect: Callable[[], Line] = lambda: line  # noqa: E731
    assert run(1, connect=connect, plan={"longest": 9 * HOUR}).sent == 1
    assert audience(store) == {Fate.SENT: 1, Fate.EXPIRED: 2}


@pytest.mark.parametrize(
    ("rates", "connections", "number", "rate"),
    [
        (Rates(overall=60), 3, 61, 60),
        (Rates(by_connection=30), 2, 61, 60),
        (Rates(by_domain=30), 2, 31, 30),
    ],
)
def test_rates_are_kept(
    store: Store,
    run: Callable[..., Delivered],
    *,
    rates: Rates,
    connections: int,
    number: int,
    rate: float,
) -> None:
    release_to(store, number)
    with Faulty(offers=("PIPELINING",)).running() as there:
        began = time.perf_counter()
        assert run(there.port, connections=connections, plan={"rates": rates}).sent == number
        seconds = time.perf_counter() - began
    assert number / seconds < rate * 1.1  # the first goes at once
    assert number / seconds > rate * 0.7  # busy machines are late


def test_a_store_put_back_holds_what_may_have_been_sent(
    store: Store, run: Callable[..., Delivered], clock: Clock, tmp_path: Path
) -> None:
    from briefing.store.backup import backup, restore  # noqa: PLC0415

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
            assert audience(store) == {Fate.HELD: 6}
            assert "put back from a backup" in reasons(store)["r1"]
        # Tomorrow's goes out, and a person decides about today's.
        keep_edition(store, day=1)
        assert run(there.port).sent == 6
        with store.write() as tx:
            assert deliveries.decide(tx, EDITION, send=True, at=clock()) == 6
        assert run(there.port).sent == 6


def test_fine_is_no_fault() -> None:
    assert fine(At("MAIL", 1, 1)) == ""
