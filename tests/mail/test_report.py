import re
from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.core.model import BounceKind
from briefing.mail.bounce import IncomingKind, classify, owner_of
from tests.examples import examples
from tests.mail.returned import PATH, READER, complaint, failed, failing, letter, report

# Reports


def test_a_delivery_report_names_who_was_not_reached_and_why() -> None:
    diagnostic = (
        "550 5.1.1 <ada@readers.example>:\n Recipient\x07 address rejected: \u202eunknown user"
    )
    verdict = classify(report(failed("5.1.1", diagnostic)))
    (recipient,) = verdict.recipients
    assert (verdict.kind, *failing(verdict)) == (IncomingKind.BOUNCE, (READER,), ())
    assert recipient.status == "5.1.1"
    assert (
        recipient.diagnostic
        == "550 5.1.1 <ada@readers.example>: Recipient address rejected: unknown user"
    )
    assert verdict.to == (PATH,)
    assert verdict.senders == (PATH,)


def test_a_report_names_each_reader_once_by_the_address_that_we_wrote_to() -> None:
    fields = "\n\n".join(
        [
            failed("4.4.1", action="delayed"),
            failed("5.1.1"),
            failed("5.1.1", address="<bo@readers.example> (Bo)"),
            failed("4.2.2", action="Delayed (still trying)", address="cy@readers.example"),
            failed("2.0.0", action="delivered", address="di@readers.example"),
        ]
    )
    verdict = classify(report(fields))
    assert failing(verdict)[0] == (READER, "bo@readers.example")
    assert failing(verdict)[1] == ("cy@readers.example",)
    fields = f"Original-Recipient: rfc822;{READER}\n" + failed("5.1.1", address="x@inside.example")
    assert failing(classify(report(fields)))[0] == (READER,)


@examples("fields, permanent, temporary")
def test_an_odd_report(fields: str, permanent: tuple[str, ...], temporary: tuple[str, ...]) -> None:
    assert failing(classify(report(fields))) == (permanent, temporary)


def test_what_is_broken_names_nobody_and_what_tells_of_no_failure_is_no_bounce() -> None:
    raw = report(failed("5.1.1", address="jXrg@readers.example")).replace(b"jXrg", b"j\xf6rg")
    verdict = classify(raw)
    assert (verdict.kind, failing(verdict)[0]) == (IncomingKind.BOUNCE, ())
    assert owner_of(verdict, read_path={PATH: 7}.get) == 7
    head = "Content-Type: message/delivery-status\nContent-Transfer-Encoding: base64"
    assert classify(report("!", status_head=head)).recipients == ()
    verdict = classify(report(failed("2.0.0", action="relayed")))
    assert (verdict.kind, verdict.recipients) == (IncomingKind.OTHER, ())
    verdict = classify(report(failed("5.1.1", action="delayed")))
    assert failing(verdict)[1] == (READER,)
    assert [recipient.kind for recipient in verdict.recipients] == [BounceKind.SOFT]
    fields = failed("5.2.2", address="bo@readers.example") + "\n\n" + failed("5.1.1")
    worst = classify(report(fields)).worst
    assert worst is not None
    assert worst.address == READER


@pytest.mark.parametrize(
    ("encoding", "encode"),
    [
        ("base64", lambda text: b64encode(text.encode()).decode()),
        ("quoted-printable", lambda text: text.replace("@", "=40")),
    ],
    ids=["base64", "quoted"],
)
def test_a_report_that_is_encoded_against_the_rules_is_read(encoding: str, encode: object) -> None:
    raw = report(
        encode(failed("5.1.1")),  # type: ignore[operator]
        status_head=f"Content-Type: message/delivery-status\nContent-Transfer-Encoding: {encoding}",
    ).replace(b"Reporting-MTA: dns; mx.example\n\n", b"")
    assert failing(classify(raw))[0] == (READER,)


def test_a_report_is_read_however_it_is_wrapped() -> None:
    head = "Content-Type: message/global-delivery-status"
    verdict = classify(report(failed("5.1.1", address="jörg@bücher.example"), status_head=head))
    assert failing(verdict)[0] == ("jörg@bücher.example",)
    inner = report(failed("5.1.1")).decode().partition("MIME-Version: 1.0\n")[2]
    raw = letter(
        "From: MAILER-DAEMON@mx.example\nContent-Type: multipart/mixed; boundary=outer",
        f"--outer\n{inner}\n--outer\n\nA list\n--outer--\n",
    )
    assert failing(classify(raw))[0] == (READER,)


@examples("part")
def test_the_return_path_of_the_mail_that_came_back_is_found(part: str) -> None:
    raw = report(failed("5.1.1")).decode()
    start, end = raw.index("Content-Type: message/rfc822"), raw.index("--=_b--")
    raw = raw[:start] + part + raw[end:]
    assert classify(raw.encode()).senders == (PATH,)


# What a failure means


@examples("status, diagnostic, kind")
def test_only_a_dead_address_is_hard(status: str, diagnostic: str, kind: str) -> None:
    verdict = classify(report(failed(status, diagnostic)))
    assert failing(verdict)[0] == (READER,)
    assert verdict.worst is not None
    assert verdict.worst.kind == kind


# Complaints


def test_a_complaint_names_who_complains_and_praise_is_none() -> None:
    verdict = classify(complaint("abuse"))
    (recipient,) = verdict.recipients
    assert (verdict.kind, recipient.address, recipient.kind) == (
        IncomingKind.COMPLAINT,
        READER,
        BounceKind.COMPLAINT,
    )
    assert failing(verdict) == ((), ())
    assert verdict.senders == (PATH, "other@news.example")
    assert owner_of(verdict, read_path={PATH: 7}.get) == 7
    verdict = classify(complaint("abuse", rcpt="Original-Rcpt-To: redacted"))
    assert [recipient.address for recipient in verdict.recipients] == [""]
    assert owner_of(verdict, read_path={PATH: 7}.get) == 7
    for feedback in ["not-spam", "auth-failure", ""]:
        assert classify(complaint(feedback)).kind is IncomingKind.OTHER


# Any report

atoms = st.text("abcXYZ019!#$%&'*+/=?^_`{|}~-é", min_size=1, max_size=12)
locals_ = st.lists(atoms, min_size=1, max_size=3).map(".".join)
domains = st.lists(st.from_regex(r"[a-z0-9]{1,9}", fullmatch=True), min_size=1, max_size=4)
codes = st.tuples(st.sampled_from("45"), st.integers(0, 7), st.integers(0, 999))


@given(
    locals_,
    domains.map(".".join),
    codes,
    st.sampled_from(["failed", "Failed (bad mailbox)", "delayed"]),
    st.sampled_from([b"\n", b"\r\n"]),
)
def test_a_report_for_any_address_and_status_is_read_back(
    local: str, domain: str, code: tuple[str, int, int], action: str, end: bytes
) -> None:
    address, status = f"{local}@{domain}", ".".join(map(str, code))
    verdict = classify(report(failed(status, action=action, address=address)).replace(b"\n", end))
    assert failing(verdict) == (((), (address,)) if action == "delayed" else ((address,), ()))
    assert verdict.recipients[0].status == status


@given(st.text(max_size=600))
def test_what_a_server_said_is_one_line_that_shows(diagnostic: str) -> None:
    fields = failed(
        "5.1.1", re.sub(r"[\r\n\x0b\x0c\x1c-\x1e\x85\u2028\u2029]", " ", diagnostic) or "x"
    )
    (recipient,) = classify(report(fields.encode("utf-8", "replace").decode())).recipients
    assert recipient.diagnostic == recipient.diagnostic.strip()
    assert len(recipient.diagnostic) <= 300
