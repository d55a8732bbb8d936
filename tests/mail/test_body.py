import email
import email.policy
from email.message import EmailMessage, Message

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.mail.message import Body, attachment, html, multipart, plain, values
from tests.mail.nasty import IDS, NASTY

BLANKS = {"address": "address-0af1", "leave": "leave-0af1"}


def read(body: Body, **personal: str) -> EmailMessage:
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
    return content(read(plain(text, blanks={})))


def test_what_is_personal_stands_in_the_holes_and_is_escaped_in_html() -> None:
    body = plain("To address-0af1.\n\nLeave:\nleave-0af1\n", blanks=BLANKS)
    assert body.placeholders == ("plain:address", "plain:leave")
    message = read(body, address="a@b.example", leave="https://b.example/u/1")
    assert content(message) == "To a@b.example.\n\nLeave:\nhttps://b.example/u/1\n\n"
    message = read(plain("address-0af1", blanks=BLANKS), address="leave-0af1", leave="x")
    assert content(message).strip() == "leave-0af1"
    assert (
        content(read(plain("address-0af1leave-0af1", blanks=BLANKS), address="", leave="b"))
        == "b\n"
    )
    assert plain("nothing", blanks=BLANKS).placeholders == ()
    body = html('<a href="leave-0af1">address-0af1</a>', blanks=BLANKS)
    message = read(body, address="o'neil&co@b.example", leave='https://b.example/?a="&b=<')
    assert message.get_content_type() == "text/html"
    assert content(message).strip() == (
        '<a href="https://b.example/?a=&quot;&amp;b=&lt;">o&#x27;neil&amp;co@b.example</a>'
    )


@pytest.mark.parametrize("text", NASTY, ids=IDS)
def test_no_text_breaks_its_part(text: str) -> None:
    both = multipart("alternative", plain(text, blanks={}), html(text, blanks={}))
    first, second = read(both).iter_parts()
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
    assert content(read(body, address=text)) == f"{text * 3}a\n{text}\n"


def test_what_relays_would_change_is_not_there_and_files_read_back_byte_for_byte() -> None:
    text = "From here on\nFrom " + "x" * 69 + "\n.\n" + "trailing " * 9 + "\nFrom"
    raw = plain(text, blanks={}).filled({})
    assert b"\nFrom " not in raw
    assert b"\n.\r" not in raw
    assert b" \r" not in raw
    assert decoded(text) == text.replace(" \nFrom", "\nFrom") + "\n"
    assert decoded("one\r\ntwo\rthree\x00\x1b[0m\x7f") == "one\ntwo three  [0m \n"
    content = bytes(range(256)) * 300
    message = read(
        multipart("mixed", plain("text", blanks={}), attachment("desk-2026.pdf", content))
    )
    (attached,) = message.iter_attachments()
    assert attached.get_content() == content
    assert attached.get_content_type() == "application/pdf"
    assert attached.get_filename() == "desk-2026.pdf"


@pytest.mark.parametrize("name", NASTY, ids=IDS)
def test_the_name_of_a_file_breaks_out_of_nothing(name: str) -> None:
    message = read(multipart("mixed", attachment(f"{name}.pdf", b"%PDF-")))
    (attached,) = message.iter_parts()
    assert str(attached.get_filename()).endswith(".pdf")
    assert len(attached.keys()) == 3


def test_text_cannot_forge_a_boundary() -> None:
    text = "--=_mixed\r\nContent-Type: text/html\r\n\r\n<h1>taken over</h1>\r\n--=_mixed--\r\n"
    message = read(multipart("mixed", plain(text, blanks={}), plain("second", blanks={})))
    first, second = message.iter_parts()
    assert content(first) == text.replace("\r\n", "\n") + "\n"
    assert content(second) == "second\n"
