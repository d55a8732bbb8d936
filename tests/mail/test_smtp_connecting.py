import pytest

from briefing.core.errors import SettingsError
from briefing.mail.relay import Relay, ResultKind, Stage
from briefing.mail.smtp import RelaySession
from tests.mail.relays import PASSWORD, Faulty, always, proof, real, relay, send
from tests.ports import free_port
from tests.waiting import PATIENCE

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])


PAUSES = [
    ("greeting", "554 5.3.2 No service", Stage.GREETING, "554 relay 127.0.0.1:PORT: 5.3.2"),
    ("greeting", "421 Busy", Stage.GREETING, "421 relay 127.0.0.1:PORT: Busy"),
    ("greeting", "HTTP/1.1 400 Bad", Stage.GREETING, "not SMTP"),
    ("greeting", "drop", Stage.GREETING, "the connection was closed"),
    ("greeting", "stall", Stage.GREETING, "did not answer in time"),
    ("EHLO", "502 What", Stage.GREETING, "502 relay"),
    ("AUTH", "535 5.7.8 Wrong password", Stage.AUTH, "535 relay 127.0.0.1:PORT: 5.7.8"),
    ("AUTH", "454 4.7.0 Not now", Stage.AUTH, "454 relay"),
    ("AUTH", "drop", Stage.AUTH, "the connection was closed"),
]


@pytest.mark.parametrize(("step", "doing", "stage", "reason"), PAUSES)
def test_what_concerns_all_mails_pauses_with_one_line(
    step: str, doing: str, stage: Stage, reason: str
) -> None:
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


def test_a_relay_that_is_down_pauses() -> None:
    port = free_port()
    with RelaySession(relay(port)) as session:
        result = send(session)
    assert (result.kind, result.stage) == (ResultKind.PAUSE, Stage.CONNECT)
    assert str(result) == f"relay 127.0.0.1:{port}: Connection refused (at connecting)"


def test_a_relay_without_logins_pauses() -> None:
    with Faulty().running() as there, RelaySession(relay(there.port, user="d")) as session:
        assert send(session).kind is ResultKind.PAUSE


def test_a_password_that_cannot_be_sent_pauses() -> None:
    with (
        Faulty(offers=("AUTH LOGIN",)).running() as there,
        RelaySession(relay(there.port, user="d\udc80", password="é")) as session,  # noqa: S106  no real one
    ):
        assert send(session).detail.endswith("user and password must be ASCII")


def test_without_starttls_nothing_is_sent_in_the_open() -> None:
    with (
        Faulty(offers=("AUTH PLAIN",)).running() as there,
        RelaySession(
            relay(there.port, security="starttls", user="desk", password=PASSWORD)
        ) as session,
    ):
        result = send(session)
        assert (result.kind, result.stage) == (ResultKind.PAUSE, Stage.TLS)
        assert "offers no STARTTLS" in result.detail
        assert there.commands == ["EHLO localhost", "QUIT"]


@pytest.mark.parametrize(
    ("doing", "reason"),
    [
        ("454 TLS not now", "454 relay"),
        ("220 Go on\r\n250 injected", "sent plaintext after STARTTLS"),
        ("220 Go on", "WRONG_VERSION_NUMBER"),
    ],
)
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


def test_a_certificate_that_nobody_known_signed_is_refused() -> None:
    there = Faulty(tls=proof())
    settings = relay(0 + 1, security="starttls")
    with there.running():
        untrusting = Relay("127.0.0.1", there.port, connect_seconds=settings.connect_seconds)
        with RelaySession(untrusting) as session:
            result = send(session)
    assert result.kind is ResultKind.PAUSE
    assert "its certificate is not valid: unable to get local issuer" in result.detail


def test_what_was_offered_in_the_open_does_not_count() -> None:
    with (
        Faulty(tls=proof(), offers=("PIPELINING",)).running() as there,
        RelaySession(relay(there.port, security="starttls")) as session,
    ):
        assert send(session).kind is ResultKind.SENT
        assert [command.split(" ")[0] for command in there.commands][:3] == [
            "EHLO",
            "STARTTLS",
            "EHLO",
        ]


def test_mails_go_encrypted_after_logging_in() -> None:
    own = {"tls_context": proof(), "require_starttls": True, "auth_required": True}
    with real(**own) as (port, taken):
        settings = relay(port, security="starttls", user="desk", password=PASSWORD)
        with RelaySession(settings) as session:
            assert session.check().kind is ResultKind.SENT
            assert send(session).kind is ResultKind.SENT
    assert len(taken) == 1


def test_a_wrong_password_pauses() -> None:
    own = {"tls_context": proof(), "require_starttls": True, "auth_required": True}
    with real(**own) as (port, taken):
        settings = relay(port, security="starttls", user="desk", password="other")  # noqa: S106  a wrong one
        with RelaySession(settings) as session:
            result = send(session)
    assert (result.kind, result.stage, result.code) == (ResultKind.PAUSE, Stage.AUTH, 535), result
    assert not taken


def test_mails_go_encrypted_from_the_first_byte() -> None:
    there = Faulty(tls=proof(), implicit=True, offers=("AUTH PLAIN",))
    with there.running():
        settings = relay(there.port, security="tls", user="desk", password=PASSWORD)
        with RelaySession(settings) as session:
            assert send(session).kind is ResultKind.SENT
        assert "AUTH PLAIN AGRlc2sAaHVzaA==" in there.commands


@pytest.mark.parametrize("host", ["relay.example", "192.0.2.1", "2001:db8::1"])
def test_a_relay_elsewhere_without_tls_is_refused(host: str) -> None:
    with pytest.raises(SettingsError, match="without TLS mail and password"):
        Relay(host, 25, security="none")
    assert Relay(host, 25, security="none", allow_plain=True).longest > 600


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1"])
def test_a_relay_on_this_machine_may_go_without_tls(host: str) -> None:
    assert Relay(host, 25, security="none").context().check_hostname


@pytest.mark.parametrize(("port", "renew_after"), [(0, 1), (70_000, 1), (25, 0)])
def test_numbers_that_make_no_sense_are_refused(port: int, renew_after: int) -> None:
    with pytest.raises(SettingsError, match="port must be 1 to 65535"):
        Relay("relay.example", port, renew_after=renew_after)


def test_a_secret_is_not_shown() -> None:
    assert PASSWORD not in repr(relay(25, password=PASSWORD))
