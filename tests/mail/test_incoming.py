import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from briefing.mail.bounce import IncomingKind, classify
from briefing.mail.incoming import MAIL_LIMIT
from tests.mail.returned import READER, failed, failing, report

BOMBS = {
    "too-large": b"x" * (MAIL_LIMIT + 1),
    "large": b"x" * 5_000_000,
    "lines": b"\n" * 2_000_000,
    "addresses": b"To: " + b"a@" * 500_000,
    "headers": b"To: a@b.example\n" * 60_000,
    "quotes": b'X-Failed-Recipients: "' + b'"' * 900 + b"\n",
    "parameters": b'Content-Type: multipart/mixed; a="' + b";" * 1_000_000 + b'"\n\n',
    "deep": b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(5_000)
    ),
    "mails-in-mails": b"Content-Type: message/rfc822\n\n" * 50_000,
    "parts": b"Content-Type: multipart/mixed; boundary=x\n\n" + b"--x\n\na\n" * 50_000,
    "digest": b"Content-Type: multipart/digest; boundary=x\n\n" + b"--x\n\n" * 50_000,
    "subject": b"Subject: " + b"=?utf-8?q?a?= " * 50_000 + b"\n\n",
    "tags": b"Content-Type: text/html\n\n" + b"<" * 500_000,
    "patterns": b"From: MAILER-DAEMON@a.example\nSubject: failure notice\nContent-Type: "
    b"multipart/mixed; boundary=x\n\n--x\n\nThis Message was undeliverable due to the following "
    b"reason:\n" + (b"<" * 6 + b"a" * 240 + b"\n") * 500 + b"--x\n\n--x--\n",
    "recipients": report(
        (failed("5.1.1", "user " * 190, address="a" * 900) + "\nX: y\n\n") * 3_000
    ),
    "fields": report("".join(f"x{n}: y\n" for n in range(3_000)) + failed("5.1.1")),
    "charset": b"Content-Type: text/plain; charset=idna\n\n" + b"a." * 100_000,
    "no-charset": b'Content-Type: text/plain; charset="\xff\xfe"\n\nhi',
    "bytes": b"Subject: \xff\xfe \xe9\nFrom: \xff\nContent-Type: multipart/\xff; boundary=\xfe\n\n",
    "empty": b"",
}  # fmt: skip


@pytest.mark.parametrize("name", BOMBS)
def test_a_hostile_mail_is_read_in_time(name: str) -> None:
    start = time.process_time()
    verdict = classify(BOMBS[name])
    assert time.process_time() - start < 3
    assert verdict.kind in {IncomingKind.OTHER, IncomingKind.BOUNCE}
    assert failing(verdict)[0] == ()


def test_a_mail_that_is_large_or_broken_is_read() -> None:
    raw = report(
        failed("5.1.1"), returned="Content-Type: multipart/mixed; boundary=z\n\n" + "x" * 5_000_000
    )
    assert failing(classify(raw))[0] == (READER,)
    raw = b"Content-Type: text/plain; charset*=iso-8859-1'\xff'x%ff\nSubject: =?x?b?=?=\n\nhi"
    assert classify(raw).kind is IncomingKind.OTHER


words = st.sampled_from(
    [
        b"Content-Type: ", b"multipart/report", b"multipart/mixed", b"; boundary=b", b"\n--b\n",
        b"\n--b--\n", b"message/delivery-status", b"message/rfc822", b"\n\n", b"\r", b"\n ", b";",
        b"From: MAILER-DAEMON@a.example\n", b"Subject: failure notice\n", b"Action: failed\n",
        b"Final-Recipient: rfc822;", b"a@b.example", b"<a@b.example>:\n", b"Status: 5.1.1\n",
        b"Content-Transfer-Encoding: base64\n", b"charset=utf-7", b"=?utf-8?b?/w==?=",
        b"Hi. This is the\n\n", b"X-Failed-Recipients: ", b"message/feedback-report",
        b"Feedback-Type: abuse\n", b"To: ", b"\x00", b"(", b"\\", b"\xff", b'"',
    ]
)  # fmt: skip


@settings(max_examples=300)
@given(st.lists(st.one_of(words, st.binary(max_size=20)), max_size=60).map(b"".join))
@example(b"message/delivery-statusa@b.example\xee\x80\x80")  # for private use, shown by no font
def test_any_bytes_give_a_verdict(raw: bytes) -> None:
    verdict = classify(raw)
    texts = [verdict.reason, *verdict.to, *verdict.senders]
    texts += [
        part
        for recipient in verdict.recipients
        for part in (recipient.address, recipient.status, recipient.diagnostic)
    ]
    assert all(part.isprintable() for part in texts)
    assert all(len(part) <= 320 for part in texts)
