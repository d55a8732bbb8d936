import logging
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from io import StringIO

import pytest

from briefing.core.errors import MissingPartError, SettingsError
from briefing.mail.channel import AppriseService, webhook_headers, webhook_key
from briefing.mail.relay import Result, ResultKind
from tests.listener import Listener, free_port, listening

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105  of the standard itself


def test_a_webhook_is_signed_as_the_standard_does_it() -> None:
    at = datetime.fromtimestamp(1_614_265_330, UTC)
    content, id_ = b'{"test": 2432232314}', "msg_p5jXN8AQM9LWM0D4loKWxJek"
    assert webhook_headers(id_, content, key=webhook_key(SECRET), at=at) == {
        "webhook-id": id_,
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


@pytest.mark.parametrize(
    "secret", ["", SECRET.removeprefix("whsec_"), "whsec_c2hvcnQ=", "whsec_\u00e9", SECRET + "!"]
)
def test_what_is_no_secret_is_refused_and_not_repeated(secret: str) -> None:
    with pytest.raises(SettingsError, match=r"^its secret must be") as raised:
        webhook_key(secret)
    assert not secret or secret not in str(raised.value)


@pytest.fixture
def service() -> Iterator[Listener]:
    with listening() as listener:
        yield listener


@pytest.fixture
def everything() -> Iterator[StringIO]:
    """Return what a log of everything gets: pytest's own also gets what is kept from it."""
    root, log = logging.getLogger(), StringIO()
    handler, level = logging.StreamHandler(log), root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield log
    root.removeHandler(handler)
    root.setLevel(level)


def send(address: str, body: str = "- Harbor\n\nhttps://news.desk.example/2026-03-12") -> Result:
    pdf = b"%PDF-1.7"
    return AppriseService.at(address).send(
        "Ostra Desk", body, pdf=pdf, name="page.pdf", ready=lambda: None
    )


@pytest.mark.parametrize(
    ("answer", "kind", "told"),
    [
        (200, ResultKind.SENT, "accepted by JSON"),
        (404, ResultKind.REFUSED, "JSON answers 404"),
        (429, ResultKind.LATER, "JSON answers 429"),
        (503, ResultKind.LATER, "JSON answers 503"),
        # It got the message and hangs up.
        (0, ResultKind.AMBIGUOUS, "JSON has not answered; it may have arrived"),
    ],
)
def test_what_a_service_answers_is_told_without_its_address(
    service: Listener, everything: StringIO, answer: int, kind: ResultKind, told: str
) -> None:
    service.answers = [answer]
    result = send(f"json://desk:hidden@127.0.0.1:{service.port}/token")
    assert (result.kind, str(result)) == (kind, f"{told} (at the channel)")
    assert len(service.posted) == 1
    assert "token" not in everything.getvalue()
    assert "hidden" not in everything.getvalue()


def test_a_service_is_tried_again_and_a_redirect_not_followed(service: Listener) -> None:
    service.answers, service.location = [302, 204], f"http://127.0.0.1:{service.port}/elsewhere"
    assert send(f"json://127.0.0.1:{service.port}/token").kind is ResultKind.REFUSED
    assert len(service.posted) == 1
    result = send(f"json://127.0.0.1:{free_port()}/token")
    assert (result.kind, result.detail) == (ResultKind.LATER, "JSON cannot be reached")


def test_a_file_goes_only_where_files_are_taken(service: Listener) -> None:
    service.answers = [200]
    assert send(f"gotify://127.0.0.1:{service.port}/token").kind is ResultKind.SENT
    assert b"pdf" not in service.posted[0].body.lower()
    send(f"ntfy://127.0.0.1:{service.port}/desk")
    assert service.posted[1].body == b"%PDF-1.7"


def test_a_long_message_keeps_its_address(service: Listener) -> None:
    body = "\n".join(f"- Headline {number}" for number in range(5_000)) + "\n\nhttps://a.example/1"
    assert send(f"json://127.0.0.1:{service.port}/", body).kind is ResultKind.SENT
    said = service.posted[0].body.decode()
    assert len(said) < 40_000
    assert "\\n\\u2026\\n\\nhttps://a.example/1" in said


def test_unknown_addresses_and_a_missing_package_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError, match="Apprise does not know its address"):
        AppriseService.at("carrier-pigeon://hidden")
    monkeypatch.setitem(sys.modules, "apprise", None)
    with pytest.raises(MissingPartError, match=r"install briefing\[channels\]"):
        AppriseService.at("json://localhost")
