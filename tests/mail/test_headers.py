import email
import email.policy
from datetime import UTC, datetime, timedelta
from email.header import decode_header, make_header
from email.message import EmailMessage, Message

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.core.errors import InputError
from briefing.core.model import Subscriber
from briefing.mail.headers import (
    checked_address,
    date_field,
    id_field,
    list_field,
    mailbox_field,
    one_line,
    subject_field,
)
from briefing.mail.message import Body, attachment, confirmation, html, multipart, plain, values
from tests.examples import examples
from tests.mail.nasty import IDS, NASTY, and_nasty
from tests.mail.test_message import AT, READER, SENDER
from tests.mail.test_message import read as read_mail


def read(field: bytes) -> EmailMessage:
    message = email.message_from_bytes(field + b"\r\n", policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    assert len(message.keys()) == 1
    assert not message.defects
    return message


def assert_lines(field: bytes) -> None:
    assert field.endswith(b"\r\n")
    lines = field[:-2].split(b"\r\n")
    assert all(len(line) <= 78 for line in lines)
    assert all(line.startswith(b" ") for line in lines[1:])
    assert not set(b"".join(lines)) - set(range(32, 127))


@and_nasty
@given(st.text(max_size=300))
def test_any_subject_reads_back_as_it_was(text: str) -> None:
    field = subject_field(text)
    assert_lines(field)
    subject = read(field)["Subject"]
    assert subject == one_line(text)
    assert not subject.defects


def test_a_plain_subject_stays_readable_and_a_long_name_reads_back_or_is_left_out() -> None:
    assert subject_field("Council votes") == b"Subject: Council votes\r\n"
    field = subject_field(" ".join(["twelve-signs"] * 12))
    assert b"=?" not in field
    assert field.count(b"\r\n ") == 2
    assert read(field)["Subject"] == " ".join(["twelve-signs"] * 12)
    name = "Владимир Константинопольский-Александрийский из порта"
    field = mailbox_field("To", "a@b.example", display_name=name)
    assert_lines(field)
    raw = field.decode().partition(":")[2].rpartition("<")[0].strip().replace("\r\n", "")
    assert str(make_header(decode_header(raw))) == name
    assert mailbox_field("To", "a@b.example", display_name="N" * 101) == b"To: a@b.example\r\n"


@and_nasty
@given(st.text(max_size=120))
def test_any_name_stays_in_its_field_and_breaks_out_of_no_address(name: str) -> None:
    to = mailbox_field("To", "a.osei@ministry.example", display_name=name)
    for field in (to, list_field("List-Id", "desk.b.example", display_name=name)):
        assert_lines(field)
        read(field)
        assert field.endswith((b"a.osei@ministry.example\r\n", b"example>\r\n"))
    (address,) = read(to)["To"].addresses
    assert address.addr_spec == "a.osei@ministry.example"


@examples("name")
def test_a_name_reads_back_as_it_was(name: str) -> None:
    (address,) = read(mailbox_field("To", "a@b.example", display_name=name))["To"].addresses
    assert address.display_name == name


@examples("address")
def test_an_address_that_is_none_is_refused_in_one_line(address: str) -> None:
    with pytest.raises(InputError, match="no mail can be sent there") as refused:
        checked_address(address)
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 500


def test_usual_addresses_are_taken_with_the_moment_of_their_mail() -> None:
    for address in (
        "a.osei+news@ministry.example",
        "o'neil_{x}@sub.xn--mnchen-3ya.example",
        "A@b.c",
    ):
        assert checked_address(address) == address
    assert list_field("List-Id", "desk.b.example", display_name="World Desk") == (
        b"List-Id: World Desk <desk.b.example>\r\n"
    )
    assert list_field("List-Id", "desk.b.example") == b"List-Id: <desk.b.example>\r\n"
    at = datetime(2026, 3, 12, 5, 30, tzinfo=UTC)
    assert date_field(at) == b"Date: Thu, 12 Mar 2026 05:30:00 +0000\r\n"
    field = id_field("desk/1", "desk/1 7", domain="b.example")
    assert field == id_field("desk/1", "desk/1 7", domain="b.example")
    assert field[:33] == id_field("desk/1", "desk/1 8", domain="b.example")[:33]
    assert field != id_field("desk/1", "desk/1 8", domain="b.example")
    assert read(field)["Message-ID"].endswith("@b.example>")
    text = "--=_mixed\r\nContent-Type: text/html\r\n\r\n<h1>taken over</h1>\r\n--=_mixed--\r\n"
    message = read_body(multipart("mixed", plain(text, blanks={}), plain("second", blanks={})))
    first, second = message.iter_parts()
    assert content(first) == text.replace("\r\n", "\n") + "\n"
    assert content(second) == "second\n"


BLANKS = {"address": "address-0af1", "leave": "leave-0af1"}


def read_body(body: Body, **personal: str) -> EmailMessage:
    raw = body.filled(values(personal))
    lines = raw.split(b"\r\n")
    assert max(map(len, lines)) <= 76
    assert not any(set(line) - {9, *range(32, 127)} for line in lines)
    message = email.message_from_bytes(b"MIME-Version: 1.0\r\n" + raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    assert not [part.defects for part in message.walk() if part.defects]
    return message


def content(part: EmailMessage | Message) -> str:
    assert isinstance(part, EmailMessage)
    return str(part.get_content()).replace("\r\n", "\n")


def decoded(text: str) -> str:
    return content(read_body(plain(text, blanks={})))


def test_what_is_personal_stands_in_the_holes_and_is_escaped_in_html() -> None:
    body = plain("To address-0af1.\n\nLeave:\nleave-0af1\n", blanks=BLANKS)
    assert body.placeholders == ("plain:address", "plain:leave")
    message = read_body(body, address="a@b.example", leave="https://b.example/u/1")
    assert content(message) == "To a@b.example.\n\nLeave:\nhttps://b.example/u/1\n\n"
    message = read_body(plain("address-0af1", blanks=BLANKS), address="leave-0af1", leave="x")
    assert content(message).strip() == "leave-0af1"
    assert (
        content(read_body(plain("address-0af1leave-0af1", blanks=BLANKS), address="", leave="b"))
        == "b\n"
    )
    assert plain("nothing", blanks=BLANKS).placeholders == ()
    body = html('<a href="leave-0af1">address-0af1</a>', blanks=BLANKS)
    message = read_body(body, address="o'neil&co@b.example", leave='https://b.example/?a="&b=<')
    assert message.get_content_type() == "text/html"
    assert content(message).strip() == (
        '<a href="https://b.example/?a=&quot;&amp;b=&lt;">o&#x27;neil&amp;co@b.example</a>'
    )


@pytest.mark.parametrize("text", NASTY, ids=IDS)
def test_no_text_breaks_its_part(text: str) -> None:
    both = multipart("alternative", plain(text, blanks={}), html(text, blanks={}))
    first, second = read_body(both).iter_parts()
    assert content(first) == content(second)


@given(
    st.text(st.characters(exclude_categories=("Cc", "Cs"), include_characters="\n\t"), max_size=400)
)
def test_any_text_reads_back_as_it_was_but_for_unseen_white_space(text: str) -> None:
    *lines, last = text.split("\n")
    assert decoded(text) == "".join(line.rstrip(" \t") + "\n" for line in lines) + last + "\n"


@given(st.integers(60, 90), st.sampled_from(("x", "=", "é", " ", ".", "🚢")))
def test_lines_of_any_length_stay_within_76_columns(length: int, sign: str) -> None:
    text = sign * length
    body = plain(f"{text}address-0af1{text}a\n{text}", blanks=BLANKS)
    assert content(read_body(body, address=text)) == f"{text * 3}a\n{text}\n"


def test_what_relays_would_change_is_not_there_and_files_read_back_byte_for_byte() -> None:
    text = "From here on\nFrom " + "x" * 69 + "\n.\n" + "trailing " * 9 + "\nFrom"
    raw = plain(text, blanks={}).filled({})
    assert b"\nFrom " not in raw
    assert b"\n.\r" not in raw
    assert b" \r" not in raw
    assert decoded(text) == text.replace(" \nFrom", "\nFrom") + "\n"
    assert decoded("one\r\ntwo\rthree\x00\x1b[0m\x7f") == "one\ntwo three  [0m \n"
    content = bytes(range(256)) * 300
    message = read_body(
        multipart("mixed", plain("text", blanks={}), attachment("desk-2026.pdf", content))
    )
    (attached,) = message.iter_attachments()
    assert attached.get_content() == content
    assert attached.get_content_type() == "application/pdf"
    assert attached.get_filename() == "desk-2026.pdf"


@pytest.mark.parametrize("name", NASTY, ids=IDS)
def test_the_name_of_a_file_breaks_out_of_nothing(name: str) -> None:
    message = read_body(multipart("mixed", attachment(f"{name}.pdf", b"%PDF-")))
    (attached,) = message.iter_parts()
    assert str(attached.get_filename()).endswith(".pdf")
    assert len(attached.keys()) == 3


TEXTS = ("Confirm:\nhttps://desk.example/c/1\n", '<a href="https://desk.example/c/1">Confirm</a>')
FIELDS = (
    "From Reply-To To Subject Date Message-ID Auto-Submitted MIME-Version Content-Type"
).split()


def test_a_confirmation_has_text_and_html_no_list_fields_and_an_id_of_its_own() -> None:
    mail = read_mail(confirmation(TEXTS, subject="Confirm Desk", to=READER, sender=SENDER, at=AT))
    assert mail.keys() == FIELDS
    assert mail["To"] == "Ama Osei <a.osei@ministry.example>"
    assert mail["Subject"] == "Confirm Desk"
    text, html = mail.iter_parts()
    assert text.get_content_type() == "text/plain"
    assert text.get_content().replace("\r\n", "\n").startswith(TEXTS[0])
    assert html.get_content().startswith(TEXTS[1])
    ids = {
        read_mail(confirmation(TEXTS, subject="C", to=READER, sender=SENDER, at=at))["Message-ID"]
        for at in (AT, AT, AT + timedelta(minutes=5))
    }
    assert len(ids) == 2
    with pytest.raises(InputError):
        confirmation(TEXTS, subject="C", to=Subscriber(7, "a\r\nb@c.example"), sender=SENDER, at=AT)


@pytest.mark.parametrize("text", NASTY, ids=IDS)
def test_no_word_adds_a_header(text: str) -> None:
    to = Subscriber(7, READER.address, text)
    mail = read_mail(confirmation((text, text), subject=text, to=to, sender=SENDER, at=AT))
    assert mail.keys() == FIELDS
