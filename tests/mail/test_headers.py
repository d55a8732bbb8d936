import email
import email.policy
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.core.errors import InputError
from briefing.mail.headers import (
    checked_address,
    date_field,
    id_field,
    list_field,
    mailbox_field,
    one_line,
    text_field,
)
from tests.examples import examples
from tests.mail.nasty import IDS, NASTY


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


@pytest.mark.parametrize("text", NASTY, ids=IDS)
def test_a_subject_reads_back_as_it_was(text: str) -> None:
    field = text_field("Subject", text)
    assert_lines(field)
    subject = read(field)["Subject"]
    assert subject == one_line(text)
    assert not subject.defects


@given(st.text(max_size=300))
def test_any_subject_reads_back_as_it_was(text: str) -> None:
    field = text_field("Subject", text)
    assert_lines(field)
    assert read(field)["Subject"] == one_line(text)


def test_a_plain_subject_stays_readable_on_short_lines() -> None:
    assert text_field("Subject", "Council votes") == b"Subject: Council votes\r\n"
    field = text_field("Subject", " ".join(["twelve-signs"] * 12))
    assert b"=?" not in field
    assert field.count(b"\r\n ") == 2
    assert read(field)["Subject"] == " ".join(["twelve-signs"] * 12)


@pytest.mark.parametrize("name", NASTY, ids=IDS)
def test_a_name_breaks_out_of_no_address(name: str) -> None:
    field = mailbox_field("To", "a.osei@ministry.example", display_name=name)
    assert_lines(field)
    (address,) = read(field)["To"].addresses
    assert address.addr_spec == "a.osei@ministry.example"


@given(st.text(max_size=120))
def test_any_name_stays_in_its_field(name: str) -> None:
    for field in (
        mailbox_field("To", "a.osei@ministry.example", display_name=name),
        list_field("List-Id", "desk.b.example", display_name=name),
    ):
        assert_lines(field)
        read(field)
        assert field.endswith((b"a.osei@ministry.example\r\n", b"example>\r\n"))


@examples("name")
def test_a_name_reads_back_as_it_was(name: str) -> None:
    (address,) = read(mailbox_field("To", "a@b.example", display_name=name))["To"].addresses
    assert address.display_name == name


def test_a_long_name_reads_back_or_is_left_out() -> None:
    name = "Владимир Константинопольский-Александрийский из порта"
    field = mailbox_field("To", "a@b.example", display_name=name)
    assert_lines(field)
    raw = field.decode().partition(":")[2].rpartition("<")[0].strip().replace("\r\n", "")
    assert str(make_header(decode_header(raw))) == name
    assert mailbox_field("To", "a@b.example", display_name="N" * 101) == b"To: a@b.example\r\n"


@examples("address")
def test_an_address_that_is_none_is_refused_in_one_line(address: str) -> None:
    with pytest.raises(InputError, match="no mail can be sent there") as refused:
        checked_address(address)
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 500


def test_usual_addresses_are_taken_and_a_list_has_name_and_identity() -> None:
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


def test_a_date_and_an_id_are_those_of_the_moment_and_the_mail() -> None:
    at = datetime(2026, 3, 12, 5, 30, tzinfo=UTC)
    assert date_field(at) == b"Date: Thu, 12 Mar 2026 05:30:00 +0000\r\n"
    field = id_field("desk/1", "desk/1 7", domain="b.example")
    assert field == id_field("desk/1", "desk/1 7", domain="b.example")
    assert field[:33] == id_field("desk/1", "desk/1 8", domain="b.example")[:33]
    assert field != id_field("desk/1", "desk/1 8", domain="b.example")
    assert read(field)["Message-ID"].endswith("@b.example>")
