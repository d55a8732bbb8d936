from datetime import UTC, datetime, timedelta
from typing import cast

import pytest

from briefing.core.errors import SettingsError
from briefing.mail.relay import Pace, Rates, Relay, Result, ResultKind, Stage, bounce_kind, next_try
from briefing.mail.smtp import RelaySession, Wire, stuffed
from tests.examples import examples
from tests.listener import free_port
from tests.mail.relays import (
    MESSAGE,
    PASSWORD,
    READER,
    SENDER,
    At,
    Faulty,
    always,
    once,
    proof,
    real,
    relay,
    send,
    talking,
)
from tests.waiting import PATIENCE


def test_a_mail_arrives_as_it_was_written_and_a_connection_is_renewed_after_some() -> None:
    with real() as (port, taken), RelaySession(relay(port)) as session:
        assert send(session) == Result(ResultKind.SENT, Stage.DOT, 250, "2.0.0 Taken")
    (mail,) = taken
    assert (mail.sender, mail.recipient, mail.message) == (SENDER, READER, MESSAGE)
    with talking(renew_after=2) as (there, session):
        assert [send(session).kind for _ in range(5)] == [ResultKind.SENT] * 5
        assert there.connections == 3
        assert there.commands.count("QUIT") == 2


@pytest.mark.parametrize("offers", [(), ("PIPELINING", "SIZE 1000000", "8BITMIME")])
def test_many_mails_go_over_one_connection(offers: tuple[str, ...]) -> None:
    with talking(offers=offers) as (there, session):
        assert [send(session).kind for _ in range(5)] == [ResultKind.SENT] * 5
        assert there.connections == 1
        assert [mail.message for mail in there.taken] == [MESSAGE] * 5
        assert "RSET" not in there.commands
        size = f" SIZE={len(MESSAGE)}" if offers else ""
        assert f"MAIL FROM:<{SENDER}>{size}" in there.commands


@pytest.mark.parametrize("offers", [(), ("PIPELINING",)])
@examples("step, doing, kind, stage", kind=ResultKind, stage=Stage)
def test_each_fault_is_told_with_its_stage(
    step: str, doing: str, kind: ResultKind, stage: Stage, offers: tuple[str, ...]
) -> None:
    name = "dot_seconds" if step == "dot" else "answer_seconds"
    # A busy relay may be late already at the step before: then both get more time.
    for seconds in (0.1, 1.0, 10.0, 100.0) if doing in {"stall", "drip"} else (PATIENCE,):
        with Faulty(fault=once(step, doing), offers=offers).running() as there:
            with RelaySession(relay(there.port, **{name: seconds})) as session:
                result = send(session)
                assert result.detail.isprintable()
                # Whatever happened, the next mail goes, and once.
                session._relay = relay(there.port)
                second = send(session, message=MESSAGE.replace(b"<1@", b"<2@"))
                assert second.kind is ResultKind.SENT
            assert [mail.id for mail in there.taken].count("<2@desk.example>") == 1
        if result.stage is stage:
            break
    assert (result.kind, result.stage) == (kind, stage)


def test_a_drop_is_before_the_final_dot_and_an_ended_connection_called_again() -> None:
    long = MESSAGE + b"Berth.\r\n" * 500_000
    with Faulty(fault=once("body", "drop")).running() as there:
        with RelaySession(relay(there.port)) as session:
            result = send(session, message=long)
        assert (result.kind, result.stage) == (ResultKind.DROPPED, Stage.BODY)
        assert not there.taken

    def tired(at: At) -> str:
        return "421 4.7.0 Too many mails" if at.step == "MAIL" and at.here > 2 else ""

    with talking(fault=tired) as (there, session):
        assert [send(session).kind for _ in range(6)] == [ResultKind.SENT] * 6
        assert (there.connections, len(there.taken)) == (3, 6)


@pytest.mark.parametrize("doing", ["drop", "421 4.4.2 Idle"])
def test_a_connection_that_was_lost_between_two_mails_is_made_again(doing: str) -> None:
    with talking(fault=once("MAIL", doing, mail=2)) as (there, session):
        assert [send(session).kind for _ in range(2)] == [ResultKind.SENT] * 2
        assert len(there.taken) == 2


@pytest.mark.parametrize("doing", ["421 Bye", "drop", "500 What"])
def test_what_the_relay_says_to_good_bye_is_of_no_meaning(doing: str) -> None:
    with Faulty(fault=always("QUIT", doing)).running() as there:
        session = RelaySession(relay(there.port))
        assert send(session).kind is ResultKind.SENT
        session.close()
        session.close()


@pytest.mark.parametrize("offers", [(), ("PIPELINING",)])
def test_after_a_refusal_the_relay_is_told_to_forget_the_mail(offers: tuple[str, ...]) -> None:
    with talking(fault=once("RCPT", "550 5.1.1 Gone"), offers=offers) as (there, session):
        assert send(session).kind is ResultKind.REFUSED
        assert send(session).kind is ResultKind.SENT
        assert there.commands.count("RSET") == 1
        assert len(there.taken) == there.connections == 1


def test_a_refusal_counts_in_the_middle_of_answers_and_no_half_mail_stays() -> None:
    def fault(at: At) -> str:
        if at.mail > 1:
            return ""
        return {"RCPT": "550 5.1.1 Gone", "DATA": "drop"}.get(at.step, "")

    with talking(fault=fault, offers=("PIPELINING",)) as (_there, session):
        assert send(session) == Result(ResultKind.REFUSED, Stage.RCPT, 550, "5.1.1 Gone")
        assert send(session).kind is ResultKind.SENT
    with talking() as (there, session):
        with pytest.raises(TypeError):
            session.send(SENDER, READER, cast("bytes", MESSAGE.decode()))
        assert send(session).kind is ResultKind.SENT
        assert [mail.message for mail in there.taken] == [MESSAGE]


UTF8 = "zoë@ostra.example"


@examples("offers, to, message, reason")
def test_what_cannot_be_handed_over_is_refused_for_this_one_alone(
    offers: tuple[str, ...], to: str, message: bytes, reason: str
) -> None:
    with talking(offers=offers) as (there, session):
        result = send(session, to, message)
        assert (result.kind, result.code) == (ResultKind.REFUSED, 0)
        assert reason in result.detail
        assert send(session).kind is ResultKind.SENT
        assert len(there.taken) == 1


@examples("to, message, option")
def test_more_than_ascii_is_announced_when_needed(to: str, message: bytes, option: str) -> None:
    with talking(offers=("8BITMIME", "SMTPUTF8")) as (there, session):
        assert send(session, to, message).kind is ResultKind.SENT
        assert f"MAIL FROM:<{SENDER}>{option}" in there.commands
        assert [mail.recipient for mail in there.taken] == [to]


@examples("message, wire")
def test_a_message_cannot_end_before_its_end(message: bytes, wire: bytes) -> None:
    assert stuffed(message) == wire


def test_no_relay_can_hold_a_mail_beyond_the_time() -> None:
    # Without a deadline it never ends.
    with talking(fault=always("dot", "drip"), dot_seconds=0.2) as (_there, session):
        assert send(session).kind is ResultKind.AMBIGUOUS
    with pytest.raises(ConnectionResetError, match="the connection is closed"):
        Wire(relay(25)).docmd("NOOP")
    wire = Wire(relay(25))
    wire.within(0)
    with pytest.raises(TimeoutError, match="did not answer in time"):
        wire.open()


@examples("step, doing, stage, reason", stage=Stage)
def test_what_concerns_all_pauses(step: str, doing: str, stage: Stage, reason: str) -> None:
    # A busy machine may be late already when it connects: then it gets more time.
    for seconds in (0.2, 2.0, 20.0, 200.0) if doing == "stall" else (PATIENCE,):
        with Faulty(fault=always(step, doing), offers=("AUTH PLAIN",)).running() as there:
            short = {"connect_seconds": seconds}
            settings = relay(there.port, user="desk", password=PASSWORD, **short)
            with RelaySession(settings) as session:
                result = send(session)
        if result.stage is stage:
            break
    assert (result.kind, result.stage) == (ResultKind.PAUSE, stage)
    assert reason.replace("PORT", str(there.port)) in str(result)
    assert PASSWORD not in str(result)
    assert str(result).isprintable()


def test_a_relay_that_cannot_be_used_pauses_and_a_secret_is_not_shown() -> None:
    port = free_port()
    with RelaySession(relay(port)) as session:
        result = send(session)
    assert (result.kind, result.stage) == (ResultKind.PAUSE, Stage.CONNECT)
    assert str(result) == f"relay 127.0.0.1:{port}: Connection refused (at connecting)"
    with talking(user="d") as (_there, session):
        assert send(session).kind is ResultKind.PAUSE
    with talking(offers=("AUTH LOGIN",), user="d\udc80", password="é") as (_there, session):  # noqa: S106  no real one
        assert send(session).detail.endswith("user and password must be ASCII")
    assert PASSWORD not in repr(relay(25, password=PASSWORD))
    assert next_try(1, at=NOON, until=NOON + timedelta(minutes=1), chance=0.5) is None


def test_without_starttls_nothing_is_sent_in_the_open() -> None:
    own = {"security": "starttls", "user": "desk", "password": PASSWORD}
    with (
        Faulty(offers=("AUTH PLAIN",)).running() as there,
        RelaySession(relay(there.port, **own)) as session,
    ):
        result = send(session)
        assert (result.kind, result.stage) == (ResultKind.PAUSE, Stage.TLS)
        assert "offers no STARTTLS" in result.detail
        assert there.commands == ["EHLO localhost", "QUIT"]


@examples("doing, reason")
def test_a_starttls_that_fails_is_no_reason_to_go_on_in_the_open(doing: str, reason: str) -> None:
    with Faulty(fault=always("STARTTLS", doing), tls=proof()).running() as there:
        settings = relay(there.port, security="starttls")
        with RelaySession(settings) as session:
            result = send(session)
        assert (result.kind, result.stage) == (ResultKind.PAUSE, Stage.TLS)
        assert reason in str(result)
        assert not there.mails


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_for_another_name_is_refused(security: str) -> None:
    there = Faulty(tls=proof("other.example"), implicit=security == "tls")
    with there.running(), RelaySession(relay(there.port, security=security)) as session:
        result = send(session)
    assert result.kind is ResultKind.PAUSE
    assert "its certificate is not valid: IP address mismatch" in result.detail
    assert not there.mails


def test_a_certificate_that_nobody_signed_or_offers_in_the_open_do_not_count() -> None:
    there = Faulty(tls=proof())
    settings = relay(0 + 1, security="starttls")
    with there.running():
        untrusting = Relay("127.0.0.1", there.port, connect_seconds=settings.connect_seconds)
        with RelaySession(untrusting) as session:
            result = send(session)
    assert result.kind is ResultKind.PAUSE
    assert "its certificate is not valid: unable to get local issuer" in result.detail
    with talking(tls=proof(), offers=("PIPELINING",), security="starttls") as (there, session):
        assert send(session).kind is ResultKind.SENT
        assert [command.split(" ")[0] for command in there.commands][:3] == [
            "EHLO",
            "STARTTLS",
            "EHLO",
        ]


def test_mails_go_encrypted_after_logging_in_or_from_the_first_byte() -> None:
    own = {"tls_context": proof(), "require_starttls": True, "auth_required": True}
    with real(**own) as (port, taken):
        settings = relay(port, security="starttls", user="desk", password=PASSWORD)
        with RelaySession(settings) as session:
            assert session.check().kind is ResultKind.SENT
            assert send(session).kind is ResultKind.SENT
    assert len(taken) == 1
    there = Faulty(tls=proof(), implicit=True, offers=("AUTH PLAIN",))
    with there.running():
        settings = relay(there.port, security="tls", user="desk", password=PASSWORD)
        with RelaySession(settings) as session:
            assert send(session).kind is ResultKind.SENT
        assert "AUTH PLAIN AGRlc2sAaHVzaA==" in there.commands


def test_a_relay_elsewhere_without_tls_and_odd_numbers_are_refused() -> None:
    for host in ["relay.example", "192.0.2.1", "2001:db8::1"]:
        with pytest.raises(SettingsError, match="without TLS mail and password"):
            Relay(host, 25, security="none")
        assert Relay(host, 25, security="none", allow_plain=True).longest > 600
    for host in ["localhost", "127.0.0.1", "::1"]:
        assert Relay(host, 25, security="none").context().check_hostname
    for port, renew_after in [(0, 1), (70_000, 1), (25, 0)]:
        with pytest.raises(SettingsError, match="port must be 1 to 65535"):
            Relay("relay.example", port, renew_after=renew_after)


NOON = datetime(2026, 3, 12, 12, tzinfo=UTC)
LATE = NOON + timedelta(hours=12)


@examples("tries, chance, seconds")
def test_tries_wait_ever_longer_with_a_spread(tries: int, chance: float, seconds: int) -> None:
    assert next_try(tries, at=NOON, until=LATE, chance=chance) == NOON + timedelta(seconds=seconds)


@examples("code, detail, kind, status")
def test_refusals_told_apart(code: int, detail: str, kind: str | None, status: str) -> None:
    assert bounce_kind(Result(ResultKind.REFUSED, Stage.RCPT, code, detail)) == (kind, status)


def run(pace: Pace, *, seconds: float, late: float = 0.0, **of: str) -> int:
    """Send as fast as may be, waking up late each time; return how many went."""
    now, sent = 1_000.0, 0
    to = {"connection": "a", "domain": "town.example", **of}
    while now < 1_000 + seconds:
        wait = pace.wait(now, **to)
        if wait > 0:
            now += wait + late
            continue
        pace.take(now, **to)
        sent += 1
    return sent


@pytest.mark.parametrize("rate", [0.5, 1, 7, 100, 333])
@pytest.mark.parametrize("late", [0.0, 0.001, 0.01, 0.03])
@pytest.mark.parametrize("kind", ["overall", "by_connection", "by_domain"])
def test_a_rate_is_kept_also_by_who_wakes_up_late(rate: float, late: float, kind: str) -> None:
    seconds = 100 / rate + 20
    sent = run(Pace(Rates(**{kind: rate})), seconds=seconds, late=late)
    assert sent / seconds == pytest.approx(rate, rel=0.05, abs=1.5 / seconds)


def test_without_rates_nobody_waits_and_a_pause_or_clock_set_back_changes_none() -> None:
    pace = Pace(Rates())
    assert pace.is_free
    assert not Pace(Rates(by_domain=1)).is_free
    for _ in range(9):
        assert pace.wait(5.0, connection="a", domain="b") == 0
        pace.take(5.0, connection="a", domain="b")
    pace = Pace(Rates(overall=10))
    pace.take(0.0, connection="a", domain="b")
    sent = 0
    while pace.wait(1_000.0, connection="a", domain="b") == 0:
        pace.take(1_000.0, connection="a", domain="b")
        sent += 1
    assert sent == 1
    pace = Pace(Rates(overall=1))
    pace.take(9_000.0, connection="a", domain="b")
    assert pace.wait(10.0, connection="a", domain="b") == 0


def test_limits_count_by_connection_and_domain_and_forget_what_is_idle_longest() -> None:
    pace = Pace(Rates(by_connection=1, by_domain=0.5))
    pace.take(0.0, connection="a", domain="Town.example")
    waits = [
        pace.wait(0.0, connection=connection, domain=domain)
        for connection, domain in (("a", "x"), ("b", "town.example"), ("b", "x"))
    ]
    assert waits == pytest.approx([0.95, 1.95, 0])
    pace = Pace(Rates(by_domain=1), capacity=2)
    for domain in "abcb":
        pace.take(0.0, connection="a", domain=domain)
    assert pace.wait(0.0, connection="a", domain="a") == 0
    assert pace.wait(0.0, connection="a", domain="b") > 1
