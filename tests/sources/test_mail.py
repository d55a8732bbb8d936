from contextlib import suppress
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.core.errors import InputError
from briefing.sources import mail
from briefing.sources.mail import from_bytes, is_mail
from briefing.sources.records import ParsedDocument
from briefing.sources.sandbox.pool import shared
from tests.examples import examples
from tests.growth import is_linear
from tests.sources.outside import WHOLE, page

HEAD = (
    "From: Ana Reyes <ana@post.example>\nSubject: =?utf-8?q?Port_of_Northwick_=C3=B6pens?=\n"
    "Date: Sun, 04 Jan 2026 10:30:00 +0200\n"
)


def read(raw: str | bytes) -> ParsedDocument:
    return from_bytes(raw if isinstance(raw, bytes) else raw.encode(), parse=shared(), where="a")


def test_a_mail_or_mailing_list_becomes_a_document() -> None:
    document = read(f"{HEAD}Content-Language: en-GB\n\n{WHOLE}\n").document
    assert document.title == "Port of Northwick öpens"
    assert document.author == "Ana Reyes"
    assert document.publisher == "post.example"
    assert document.published == datetime(2026, 1, 4, 8, 30, tzinfo=UTC)
    assert document.text == WHOLE + "\n"
    assert (document.language, document.url) == ("en", "")
    head = "List-Id: Harbor Daily <daily.post.example>\nArchived-At: <https://post.example/d/7>\n"
    document = read(f"{HEAD}{head}\n{WHOLE}").document
    assert (document.publisher, document.url) == ("Harbor Daily", "https://post.example/d/7")
    bare = read(f"{HEAD}List-Id: <daily.post.example>\n\n{WHOLE}").document
    assert bare.publisher == "daily.post.example"


def both(plain: str, html: str, *, charset: str = "utf-8") -> bytes:
    message = EmailMessage()
    message["From"] = "ana@post.example"
    message.set_content(plain)
    message.add_alternative(html, subtype="html", charset=charset)
    message.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename="a.pdf")
    return message.as_bytes()


def test_the_part_that_says_more_is_taken() -> None:
    parsed = read(both(WHOLE, page("Another text than that of the plain part. " * 5).body.decode()))
    assert parsed.document.text.startswith("The port of Northwick")
    assert parsed.notes == ("1 attachments not read",)
    html = page("Der Hafen öffnete am Montag wieder, sagte die Hafenmeisterin am Abend. " * 5)
    raw = both("View this in your browser.", html.body.decode(), charset="iso-8859-1")
    document = read(raw).document
    assert "Der Hafen öffnete" in document.text
    assert document.title == "Port of Northwick opens again"
    assert document.language == "en"
    assert read(both("Ships came in.", "<p></p>")).document.text == "Ships came in.\n"
    with pytest.raises(InputError, match="no article text"):
        read(both(" ", "<p></p>"))


WRAPPED = """The port of Northwick opened again on Monday after three weeks of
repairs to its quay. Twelve ships waited outside the harbor, and the
first came in.

Grain:
wheat
rye
"""


@examples("sent, expected")
def test_lines_that_a_mail_program_broke_are_joined(sent: str, expected: str) -> None:
    assert read(f"{HEAD}\n{sent}").document.text == expected


def test_flowing_lines_nested_parts_and_odd_headers_are_read() -> None:
    head = HEAD + 'Content-Type: text/plain; format="Flowed"\n'
    text = read(f"{head}\nShips came \nin before\nnoon. \n> So \nit was.").document.text
    assert text == "Ships came in before\nnoon. \n> So it was."
    head = (
        "From: =?utf-8?q?A=1B=5B31m=0A?= <a@b.example>\nSubject: =?utf-8?q?x=0D=0ABcc=3A_y=00?=\n"
    )
    document = read(f"{head}\n{WHOLE}").document
    assert document.author.isprintable()
    assert document.title.isprintable()
    assert read(nested(9)).document.text == WHOLE


@examples("head, body, text")
def test_a_text_is_decoded_as_it_was_sent(head: str, body: bytes, text: str) -> None:
    assert read(HEAD.encode() + head.encode() + b"\n" + body).document.text == text


@examples("head")
def test_headers_that_make_no_sense_cost_nothing_but_themselves(head: str) -> None:
    assert read(f"{head}\n{WHOLE}").document.text == WHOLE


def nested(depth: int) -> str:
    opened = "".join(
        f'Content-Type: multipart/mixed; boundary="b{at}"\n\n--b{at}\n' for at in range(depth)
    )
    return f"From: a@b.example\n{opened}Content-Type: text/plain\n\n{WHOLE}"


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (nested(11).encode(), "nested deeper than 10 parts"),
        (nested(60).encode(), "too many lines or parts"),
        (b"From: a\n" + b"content-type: x\n" * 101, "too many lines or parts"),
        (b"From: a\n\n" + b"\n--b" * 2_001, "too many lines or parts"),
        (b"From: a\n\n" + b"\n" * 500_000, "too many lines or parts"),
        (b"From: a\n\n" + b"x" * mail.MAIL_LIMIT, "larger than 30,000,000 bytes"),
        (b"Content-Type: " + b"(" * 2_000 + b"\n\nx", "cannot be read .RecursionError."),
        (b"From: a@b.example\n\n", "no text in the mail"),
        (b"From: a\nContent-Type: image/png\n\nGIF", "no text in the mail"),
        (b"From: a\n\n\x7fELF\0", "not text"),
    ],
)
def test_a_mail_that_cannot_be_read_is_refused(raw: bytes, reason: str) -> None:
    with pytest.raises(InputError, match=reason) as caught:
        read(raw)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "raw",
    [
        HEAD.encode() * 2_000,
        b'From: a\nContent-Type: multipart/mixed; boundary="b"\n\n' + b"--b\n\n" * 2_000,
        b"From: a\nContent-Type: multipart/mixed; boundary=" + b'"' * 99_999 + b"\n\n",
        nested(9).encode() + b"\n" * 200_000,
    ],
)
def test_no_mail_takes_long(raw: bytes) -> None:
    def try_to_read(mail: bytes) -> None:
        with suppress(InputError):
            read(mail)

    assert is_linear(try_to_read, raw)


@given(st.binary(max_size=300))
def test_whatever_comes_is_a_document_or_a_reason(raw: bytes) -> None:
    with suppress(InputError):
        assert from_bytes(b"Subject: x\n" + raw, parse=_no_page).document.text


def _no_page(*_: object, **__: object) -> dict[str, str]:
    raise InputError("no page here")


@examples("head, expected")
def test_a_mail_is_known_by_its_headers(head: bytes, expected: bool) -> None:  # noqa: FBT001
    assert is_mail(head) is expected
